//! The common core against a plain Python program (`json` and `dict`): on hostile files made here, and on real logs.
//!
//! `SEKISHO_TEST_PYTHON` names the interpreter; `./test` sets it. `SEKISHO_TEST_CLOUDTRAIL` names a folder of real logs. Without
//! them these tests say that they are skipped; `SEKISHO_TEST_REQUIRE_ALL` makes a missing interpreter a failure.
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

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use common::{Files, python};
use serde_json::Value;
use trail::{Findings, KeyTally, Keys, Options, Speed, Unobserved, read_all};

type Rows = BTreeSet<String>;

fn ours(folder: &Path, threads: usize, speed: Speed) -> (Rows, Findings) {
    let options = Options { threads, speed, ..Options::default() };
    let (tallies, findings) = read_all(&Files::below(folder), &options, &Unobserved, KeyTally::default);
    let mut out = Vec::new();
    Keys::merge(tallies).write_ndjson(threads, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let rows = text.lines().map(|line| {
        let row: Value = serde_json::from_str(line).unwrap();
        let names = [
            "account",
            "arn",
            "access_key_id",
            "events",
            "first",
            "last",
            "errors",
            "distinct_actions",
            "distinct_source_ips",
        ];
        Value::Array(names.iter().map(|name| row[name].clone()).collect()).to_string()
    });
    (rows.collect(), findings)
}

fn reference(python: &Path, folder: &Path) -> Rows {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/python/reference.py");
    let output = Command::new(python).env("PYTHONDONTWRITEBYTECODE", "1").arg(script).arg(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    rows.iter().map(Value::to_string).collect()
}

fn compare(python: &Path, folder: &Path) -> Findings {
    let expected = reference(python, folder);
    let (found, findings) = ours(folder, 3, Speed::Detected);
    assert_eq!(found.difference(&expected).collect::<Vec<_>>(), Vec::<&String>::new(), "only ours");
    assert_eq!(expected.difference(&found).collect::<Vec<_>>(), Vec::<&String>::new(), "only the reference's");
    assert_eq!(ours(folder, 1, Speed::Portable), (found, findings.clone()));
    findings
}

/// Numbers without chance.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
    fn one<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[usize::try_from(self.below(list.len() as u64)).unwrap()]
    }
}

/// The text in quotes, some of its characters escaped in one of the ways in which JSON allows it.
fn quoted(text: &str, random: &mut Random) -> String {
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => drop(write!(out, "\\{character}")),
            '/' if random.below(4) == 0 => out.push_str("\\/"),
            _ if u32::from(character) < 0x20 || random.below(12) == 0 => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04X}");
                }
            }
            _ => out.push(character),
        }
    }
    out.push('"');
    out
}

fn space(random: &mut Random) -> &'static str {
    random.one(&["", "", "", "", " ", "\n    ", "\t", "\r\n"])
}

const KEYS: [&str; 8] = [
    "eventTime",
    "eventSource",
    "eventName",
    "sourceIPAddress",
    "errorCode",
    "recipientAccountId",
    "userIdentity",
    "requestParameters",
];

fn value(key: &str, random: &mut Random, depth: u8) -> String {
    if random.below(40) == 0 {
        return random
            .one(&["null", "1", "true", "{}", "[]", "[{\"eventName\":\"x\"}]", r#""\ud800""#, r#""\udc00x""#])
            .to_owned();
    }
    let text = match key {
        "eventTime" => format!("2026-03-{:02}T{:02}:05:11Z", 1 + random.below(28), random.below(24)),
        "eventSource" => random.one(&["s3.amazonaws.com", "sts.amazonaws.com", "a:b"]).to_owned(),
        "eventName" => random.one(&["GetObject", "AssumeRole", "b:c", "c", "関所"]).to_owned(),
        "sourceIPAddress" => format!("10.0.0.{}", random.below(30)),
        "errorCode" => random.one(&["AccessDenied", ""]).to_owned(),
        "recipientAccountId" => random.one(&["111122223333", "444455556666"]).to_owned(),
        "arn" => format!(
            "arn:aws:iam::111122223333:user/{}/{}",
            random.one(&["é", "x", "\u{0}", "😀", "\""]),
            random.below(6)
        ),
        "accessKeyId" => random.one(&["", "AKIA1", "ASIA2"]).to_owned(),
        _ if depth < 4 => {
            return object(
                random,
                depth + 1,
                &["arn", "accessKeyId", "eventName", "Records", "sessionContext", "policy"],
            );
        }
        _ => "{\"Statement\":[{\"Sid\":\"}]\\\"".to_owned(),
    };
    quoted(&text, random)
}

fn object(random: &mut Random, depth: u8, keys: &[&str]) -> String {
    let mut keys: Vec<&str> = keys.iter().filter(|_| random.below(12) != 0).copied().collect();
    if random.below(3) == 0 {
        keys.push(random.one(&["eventName", "arn", "userIdentity", "eventTime", "accessKeyId"]));
    }
    for at in (1..keys.len()).rev() {
        keys.swap(at, usize::try_from(random.below(at as u64 + 1)).unwrap());
    }
    let members: Vec<String> = keys
        .into_iter()
        .map(|key| {
            let value = value(key, random, depth);
            let (a, b, c, d) = (space(random), space(random), space(random), space(random));
            format!("{a}{}{b}:{c}{value}{d}", quoted(key, random))
        })
        .collect();
    format!("{{{}{}}}", members.join(","), space(random))
}

#[test]
fn hostile_files_give_the_same_as_plain_python() {
    let Some(python) = python() else { return };
    let folder = env::temp_dir().join(format!("sekisho-trail-reference-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let mut random = Random(20_260_301);
    for number in 0..60 {
        let records: Vec<String> = (0..random.below(60)).map(|_| object(&mut random, 0, &KEYS)).collect();
        let text = match number % 4 {
            0 => format!("{{\"Records\":[{}]}}", records.join(",")),
            1 => format!(" {{ \"x\": {{\"Records\":[1]}}, \"Records\" : [ {} ] }}\n", records.join(" ,\n")),
            2 => format!("[{}]", records.join(",")),
            _ => records.iter().map(|record| record.replace(['\n', '\r'], " ") + "\n").collect(),
        };
        fs::write(folder.join(format!("{number}.json")), text).unwrap();
    }
    let findings = compare(&python, &folder);
    fs::remove_dir_all(&folder).unwrap();
    assert!(findings.records > 500, "{findings:?}");
}

#[test]
fn real_logs_give_the_same_as_plain_python() {
    let Some(python) = python() else { return };
    let Some(folder) = env::var_os("SEKISHO_TEST_CLOUDTRAIL") else {
        eprintln!("skipped: SEKISHO_TEST_CLOUDTRAIL names no folder of real logs");
        return;
    };
    let findings = compare(&python, Path::new(&folder));
    assert!(findings.records > 0);
    assert!(findings.flaws.is_empty(), "{findings:?}");
}
