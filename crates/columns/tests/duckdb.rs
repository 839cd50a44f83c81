//! The table, read by DuckDB and compared with the same evidence as JSON.
//!
//! `SEKISHO_TEST_PYTHON` names an interpreter that has `duckdb`; `./test` sets it. Without it this says that it is skipped;
//! `SEKISHO_TEST_REQUIRE_ALL` makes that a failure.
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

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::{env, fs};

use serde_json::{Value, json};
use trail::evidence::{AddressRanges, EvidenceTally, Keep, Period};
use trail::{Options, Reader};

fn python() -> Option<PathBuf> {
    match env::var_os("SEKISHO_TEST_PYTHON") {
        Some(path) => Some(path.into()),
        None if env::var_os("SEKISHO_TEST_REQUIRE_ALL").is_some() => {
            panic!("SEKISHO_TEST_PYTHON is not set; run ./test")
        }
        None => {
            eprintln!("skipped: SEKISHO_TEST_PYTHON is not set; ./test sets it");
            None
        }
    }
}

fn record(number: u64) -> Value {
    let identity = match number % 4 {
        0 => {
            json!({"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/花子\u{0}\"", "accessKeyId": format!("AKIA{}", number % 3)})
        }
        1 => {
            json!({"type": "AssumedRole", "arn": format!("arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_A_1/p{number}@example.com"),
            "sessionContext": {"attributes": {"mfaAuthenticated": "true"}, "sourceIdentity": format!("p{}", number % 5)}})
        }
        2 => json!({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}),
        _ => json!({"arn": "arn:aws:sts::111122223333:assumed-role/r/s", "onBehalfOf": {"userId": "u-1"}}),
    };
    let mut record = json!({
        "eventTime": format!("2026-03-{:02}T{:02}:05:11Z", 1 + number % 28, number % 24),
        "eventSource": "s3.amazonaws.com", "eventName": format!("Call{}", number % 7), "awsRegion": "eu-west-1",
        "userIdentity": identity, "recipientAccountId": "111122223333", "sourceIPAddress": format!("10.{}.{}.1", number % 250, number % 7),
        "userAgent": "aws-cli/2.15.24", "readOnly": number.is_multiple_of(2),
        "resources": [{"ARN": format!("arn:aws:s3:::bucket/{number}"), "type": "AWS::S3::Object"}],
    });
    match number % 10 {
        0 => record["errorCode"] = json!("AccessDenied"),
        1 => {
            record["eventSource"] = json!("sts.amazonaws.com");
            record["eventName"] = json!("AssumeRole");
            record["requestParameters"] =
                json!({"roleArn": "arn:aws:iam::444455556666:role/r", "roleSessionName": format!("s{number}")});
        }
        2 => {
            record["eventName"] = json!("ConsoleLogin");
            record["responseElements"] = json!({"ConsoleLogin": "Success"});
        }
        _ => {}
    }
    record
}

fn evidence(records: &[Value]) -> Period {
    let options = Options::default();
    let mut reader = Reader::new(EvidenceTally::new(Keep::Total, Arc::new(AddressRanges::default())), &options);
    reader.read_bytes("object", json!({ "Records": records }).to_string().as_bytes());
    EvidenceTally::merge(vec![reader.finish().0]).total()
}

#[test]
fn duckdb_reads_what_the_json_says() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    for count in [0, 1, 3000] {
        let records: Vec<Value> = (0..count).map(record).collect();
        let period = evidence(&records);
        let (table, plain) = (folder.path().join("evidence.parquet"), folder.path().join("evidence.json"));
        let rows = columns::write_parquet(&period, fs::File::create(&table).unwrap()).unwrap();
        fs::write(&plain, serde_json::to_vec(&period).unwrap()).unwrap();
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/python/compare.py");
        let output = Command::new(&python)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .arg(script)
            .arg(&table)
            .arg(&plain)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), rows.to_string());
        assert!(rows >= count / 10, "{rows}");
    }
}
