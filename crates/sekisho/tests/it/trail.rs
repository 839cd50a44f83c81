//! `sekisho trail` on a small log: what is told, what is written, what is refused.

use std::fs;

use serde_json::{Value, json};

use crate::site::{finish, program};

fn record(time: &str, name: &str, key: &str) -> Value {
    json!({
        "eventVersion": "1.11", "eventTime": time, "eventSource": "s3.amazonaws.com", "eventName": name, "awsRegion": "eu-west-1",
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/taro", "accessKeyId": key},
        "sourceIPAddress": "203.0.113.7", "userAgent": "aws-cli/2.15.24", "recipientAccountId": "111122223333",
        "readOnly": true, "managementEvent": true, "eventCategory": "Management",
    })
}

/// A folder with CloudTrail's layout: three records, one of them in two files, and a file that is no log.
fn log() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let day = root.path().join("AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/02");
    fs::create_dir_all(&day).unwrap();
    let records = json!({"Records": [
        record("2026-03-02T11:05:11Z", "GetObject", "AKIAONE"), record("2026-03-02T12:05:11Z", "GetObject", "ASIATWO"),
        record("2026-03-03T00:00:00Z", "PutObject", "AKIAONE"),
    ]});
    let name = "111122223333_CloudTrail_eu-west-1_20260302T1210Z_A6kvhMoVeCsc7v8U.json";
    fs::write(day.join(name), records.to_string()).unwrap();
    fs::write(root.path().join(name), records.to_string()).unwrap();
    fs::write(root.path().join("notes.txt"), "nothing to see").unwrap();
    root
}

#[test]
fn a_log_is_read_kept_and_shown() {
    let root = log();
    let scan = finish(program(root.path(), &["trail", "scan", ".", "--out", "evidence", "--format", "json"])).expect(0);
    let told = scan.json();
    assert_eq!(told["findings"]["records"], 3, "the same file in two folders counts once");
    assert_eq!(told["findings"]["flaws"]["foreign"]["count"], 1);
    assert_eq!(told["evidence"]["principals"].as_array().unwrap().len(), 2, "the long-lived key, and sessions");
    assert!(root.path().join("evidence/2026-03-02.skev").exists());
    // What is read twice counts once.
    let again =
        finish(program(root.path(), &["trail", "scan", ".", "--out", "evidence", "--format", "json"])).expect(0);
    assert_eq!(again.json()["findings"]["objects"], 0);
    assert_eq!(again.json()["evidence"], told["evidence"]);

    let page = finish(program(root.path(), &["trail", "show", "AKIAONE", "evidence"])).expect(0);
    assert!(page.out.contains("s3.amazonaws.com:PutObject") && page.out.contains("user/taro"), "{}", page.out);
    let missing = finish(program(root.path(), &["trail", "show", "AKIATHREE", "evidence"])).expect(1);
    assert!(
        missing.messages.contains("management read: could have been seen since 2026-03-02"),
        "{}",
        missing.messages
    );

    let coverage =
        finish(program(root.path(), &["trail", "coverage", "evidence", "--format", "json"])).expect(0).json();
    assert_eq!(coverage["places"][0]["days"], 2);
    assert_eq!(coverage["classes_seen_since"]["management read"], "2026-03-02");
}

#[test]
fn rows_by_key_are_unfolded_and_filters_leave_out() {
    let root = log();
    let arguments = ["trail", "scan", "AWSLogs", "--by", "key", "--format", "ndjson", "--until", "2026-03-03"];
    let rows = finish(program(root.path(), &arguments)).expect(0);
    let mut keys: Vec<Value> = rows.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    keys.sort_by_key(|row| row["access_key_id"].as_str().map(str::to_owned));
    assert_eq!(keys.len(), 2);
    assert_eq!(
        keys[0],
        json!({
            "account": "111122223333", "arn": "arn:aws:iam::111122223333:user/taro", "access_key_id": "AKIAONE", "events": 1,
            "first": "2026-03-02T11:05:11Z", "last": "2026-03-02T11:05:11Z", "errors": 0, "distinct_actions": 1,
            "distinct_source_ips": 1,
        })
    );
    let other =
        finish(program(root.path(), &["trail", "scan", "AWSLogs", "--account", "444455556666", "--format", "json"]));
    assert_eq!(other.expect(0).json()["findings"]["objects"], 0, "pruned by the path");
}
