//! The query for Athena gives the same evidence as the scanner: translated by `sqlglot`, run by `duckdb`, over hostile records made here and
//! real logs.
//!
//! `SEKISHO_TEST_PYTHON` names an interpreter that has both; `./test` sets it. `SEKISHO_TEST_CLOUDTRAIL` names a folder of real logs.
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

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use common::{Random, evidence, invented, python};
use trail::athena::{Place, Row, Span, add_row, query, table};
use trail::evidence::{AddressRanges, Period};

fn place() -> Place {
    Place {
        database: "log".to_owned(),
        table: "cloudtrail".to_owned(),
        location: "s3://example-trail/AWSLogs/o-exampleorg1".to_owned(),
        accounts: vec!["111122223333".to_owned(), "444455556666".to_owned()],
        regions: vec!["eu-west-1".to_owned(), "us-east-1".to_owned()],
        first_day: 20_454,
    }
}

fn from_athena(python: &Path, folder: &Path) -> Period {
    let work = tempfile::tempdir().unwrap();
    let (definition, text) = (work.path().join("table.sql"), work.path().join("query.sql"));
    fs::write(&definition, table(&place()).unwrap()).unwrap();
    fs::write(&text, query(&place(), &Span::default())).unwrap();
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/python/athena.py");
    let output = Command::new(python)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .args([script, definition, text, folder.to_owned()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows: Vec<Row> = serde_json::from_slice(&output.stdout).unwrap();
    let mut period = Period::default();
    for row in &rows {
        add_row(&mut period, row, &AddressRanges::default()).unwrap();
    }
    period
}

fn compare(python: &Path, folder: &Path) {
    let found = from_athena(python, folder);
    let mut expected = evidence(folder);
    for (key, evidence) in &expected.principals {
        assert_eq!(found.principals.get(key), Some(evidence), "{key:?}");
    }
    assert_eq!(found.principals.len(), expected.principals.len());
    assert_eq!(found.openings, expected.openings);
    // Of objects and delays the rows tell nothing.
    for covered in expected.coverage.parts.values_mut() {
        (covered.objects, covered.longest_delay_s) = (0, 0);
    }
    expected.coverage.parts.retain(|_, covered| covered.records > 0);
    assert_eq!(found.coverage, expected.coverage);
    assert!(!expected.principals.is_empty());
}

#[test]
fn the_query_gives_the_same_evidence_of_invented_logs() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut random = Random(20_261_122);
    for number in 0..20 {
        let records: Vec<String> = (0..60).map(|_| invented(&mut random)).collect();
        fs::write(folder.path().join(format!("{number}.json")), format!("{{\"Records\":[{}]}}", records.join(",")))
            .unwrap();
    }
    compare(&python, folder.path());
}

#[test]
fn the_query_gives_the_same_evidence_of_real_logs() {
    let Some(python) = python() else { return };
    let Some(folder) = env::var_os("SEKISHO_TEST_CLOUDTRAIL") else {
        eprintln!("skipped: SEKISHO_TEST_CLOUDTRAIL names no folder of real logs");
        return;
    };
    compare(&python, Path::new(&folder));
}

#[test]
fn names_cannot_leave_the_definition() {
    for bad in ["a`b", "a'b", "a b", "", "s3://b/x'; DROP TABLE x"] {
        assert!(table(&Place { table: bad.to_owned(), ..place() }).is_err(), "{bad}");
        assert!(table(&Place { location: bad.to_owned(), ..place() }).is_err(), "{bad}");
    }
    let text = query(
        &place(),
        &Span { accounts: vec!["1' OR '1'='1".to_owned()], since_s: Some(1_772_409_600), ..Span::default() },
    );
    assert!(text.contains("account IN ('1'' OR ''1''=''1')"), "{text}");
    assert!(text.contains("day >= '2026/03/01'") && text.contains("eventtime >= '2026-03-02T00:00:00Z'"), "{text}");
}
