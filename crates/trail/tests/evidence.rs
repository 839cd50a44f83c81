//! Whole evidence against a plain Python program (`json` and `dict`): hostile records made here, and real logs. Below its bound a list is the
//! same; above it, it holds as many entries as it may, each as it is in the other's, and says that it is truncated.
//!
//! `SEKISHO_TEST_PYTHON` names the interpreter; `./test` sets it. `SEKISHO_TEST_CLOUDTRAIL` names a folder of real logs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::allow_attributes,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "tests may fail loudly, read the environment, and say why they are skipped"
)]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use common::{Random, evidence, invented, python};
use serde_json::Value;

/// Lists of evidence and their bounds.
const BOUNDS: [(&str, usize); 14] = [
    ("actions", 1024),
    ("errors", 256),
    ("resources", 32),
    ("addresses", 32),
    ("agents", 64),
    ("regions", 64),
    ("invoked_by", 128),
    ("on_behalf_of", 64),
    ("source_identities", 64),
    ("sessions", 32),
    ("providers", 32),
    ("classes", 128),
    ("callers", 64),
    ("sessions of a role", 128),
];

fn same_list(name: &str, ours: &Value, theirs: &Value, truncated: &mut usize) {
    let (_, bound) = BOUNDS.iter().find(|(list, _)| *list == name).unwrap();
    let (held, all) = (ours["entries"].as_object().unwrap(), theirs.as_object().unwrap());
    assert_eq!(ours["truncated"], all.len() > *bound, "{name}");
    assert_eq!(held.len(), all.len().min(*bound), "{name}");
    *truncated += usize::from(all.len() > *bound);
    for (key, value) in held {
        assert_eq!(Some(value), all.get(key), "{name} {key}");
    }
}

fn by_key(period: &Value) -> BTreeMap<String, &Value> {
    let rows = period["principals"].as_array().unwrap();
    rows.iter().map(|row| (row["principal"].to_string(), &row["evidence"])).collect()
}

/// How many lists were truncated.
fn compare(python: &Path, folder: &Path) -> usize {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/python/evidence.py");
    let output = Command::new(python).env("PYTHONDONTWRITEBYTECODE", "1").arg(script).arg(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let theirs: Value = serde_json::from_slice(&output.stdout).unwrap();
    let period = evidence(folder);
    let ours = serde_json::to_value(&period).unwrap();
    let (found, expected) = (by_key(&ours), by_key(&theirs));
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    let mut truncated = 0;
    for (key, ours) in &found {
        let theirs = expected[key];
        for (name, value) in ours.as_object().unwrap() {
            if BOUNDS.iter().any(|(list, _)| list == name) {
                same_list(name, value, &theirs[name], &mut truncated);
            } else {
                assert_eq!(value, &theirs[name], "{key} {name}");
            }
        }
    }
    let (found, expected) = (ours["openings"].as_object().unwrap(), theirs["openings"].as_object().unwrap());
    assert_eq!(found.len(), expected.len());
    for (role, ours) in found {
        same_list("callers", &ours["callers"], &expected[role]["callers"], &mut truncated);
        same_list("sessions of a role", &ours["sessions"], &expected[role]["sessions"], &mut truncated);
    }
    let covered = period.coverage.parts.iter().filter(|(_, covered)| covered.records > 0);
    let covered: Vec<Value> = covered
        .map(|(key, covered)| {
            let day = jiff::Timestamp::from_second(key.day * 86_400).unwrap().to_string();
            let classes = serde_json::to_value(&covered.classes).unwrap();
            serde_json::json!([key.account, key.region, day[..10], covered.records, classes["entries"]])
        })
        .collect();
    let mut expected = theirs["coverage"].as_array().unwrap().clone();
    expected.sort_by_key(|part| (part[0].to_string(), part[1].to_string(), part[2].to_string()));
    let mut covered = covered;
    covered.sort_by_key(|part| (part[0].to_string(), part[1].to_string(), part[2].to_string()));
    assert_eq!(covered, expected);
    assert!(!period.principals.is_empty());
    truncated
}

#[test]
fn hostile_records_give_the_same_as_plain_python() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random(20_261_123);
    for number in 0..60 {
        let mut records: Vec<String> = (0..100).map(|_| invented(&mut random)).collect();
        if number % 3 == 0 {
            // As PHP writes it, and keys that hold escapes.
            records = records
                .into_iter()
                .map(|record| record.replace('/', "\\/").replace("\"arn\"", "\"\\u0061rn\""))
                .collect();
        }
        // One principal with more of everything than a list holds.
        records.extend((0..40).map(|entry| {
            format!(
                "{{\"eventTime\":\"2026-03-02T11:05:11Z\",\"eventSource\":\"s3\",\"eventName\":\"Get{entry}x{number}\",\"sourceIPAddress\":\"10.{number}.{entry}.1\",\
                 \"userIdentity\":{{\"type\":\"AssumedRole\",\"arn\":\"arn:aws:sts::1:assumed-role/busy/s{entry}x{number}\"}},\
                 \"resources\":[{{\"ARN\":\"arn:aws:s3:::b/{entry}/{number}\"}}],\"recipientAccountId\":\"111122223333\"}}"
            )
        }));
        let text = match number % 2 {
            0 => format!("{{\"Records\":[{}]}}", records.join(",\n")),
            _ => records.join("\n"),
        };
        fs::write(folder.path().join(format!("{number}.json")), text).unwrap();
    }
    let truncated = compare(&python, folder.path());
    assert!(truncated >= 4, "{truncated}");
}

#[test]
fn real_logs_give_the_same_as_plain_python() {
    let Some(python) = python() else { return };
    let Some(folder) = env::var_os("SEKISHO_TEST_CLOUDTRAIL") else {
        eprintln!("skipped: SEKISHO_TEST_CLOUDTRAIL names no folder of real logs");
        return;
    };
    compare(&python, Path::new(&folder));
}
