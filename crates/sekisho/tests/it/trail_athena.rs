//! `sekisho trail athena`: what it prints, and whole runs against an Athena on loopback that runs the query.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::site::{Answer, finish, other_program, program};

struct Server {
    child: Child,
    url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(log: &Path) -> Option<Server> {
    let python = other_program("SEKISHO_TEST_PYTHON")?;
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut child = Command::new(python)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .arg(here.join("tests/python/athena_server.py"))
        .arg(here.join("../trail/tests/python"))
        .arg(log)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut url = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
    Some(Server { child, url: url.trim().to_owned() })
}

const PLACE: [&str; 7] =
    ["trail", "athena", "s3://org-trail/AWSLogs/o-exampleorg1", "--account", "111122223333", "--region", "eu-west-1"];

fn ask(folder: &Path, server: &Server, more: &[&str]) -> Answer {
    let arguments = [&PLACE[..], &["--endpoint-url", &server.url, "--athena-region", "eu-west-1"], more].concat();
    let mut command = program(folder, &arguments);
    command
        .env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .env("SEKISHO_RATE_FACTOR", "200");
    finish(command)
}

fn log(folder: &Path) {
    let record = |number: u64| {
        json!({
            "eventVersion": "1.11", "eventTime": format!("2026-03-{:02}T{:02}:05:11Z", 1 + number % 28, number % 24),
            "eventSource": "s3.amazonaws.com", "eventName": format!("Call{}", number % 11), "awsRegion": "eu-west-1",
            "userIdentity": {"type": "AssumedRole", "arn": format!("arn:aws:sts::111122223333:assumed-role/r{}/s{}", number % 9, number % 5)},
            "sourceIPAddress": format!("10.0.{}.1", number % 7), "userAgent": "aws-cli/2.15.24", "recipientAccountId": "111122223333",
            "readOnly": number % 2 == 0, "managementEvent": true, "eventCategory": "Management",
        })
    };
    let records: Vec<Value> = (0..500).map(record).collect();
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("log.json"), json!({ "Records": records }).to_string()).unwrap();
}

#[test]
fn the_table_and_the_query_are_printed_without_asking_anybody() {
    let folder = tempfile::tempdir().unwrap();
    let printed =
        finish(program(folder.path(), &[&PLACE[..], &["--since", "2026-03-02", "--print"]].concat())).expect(0);
    for part in [
        "CREATE EXTERNAL TABLE IF NOT EXISTS `default`.`sekisho_cloudtrail`",
        "'projection.day.range'='2026/03/02,NOW'",
        "'storage.location.template'='s3://org-trail/AWSLogs/o-exampleorg1/${account}/CloudTrail/${region}/${day}'",
        "FROM \"default\".\"sekisho_cloudtrail\"",
        "AND eventtime >= '2026-03-02T00:00:00Z'",
        "AND day >= '2026/03/01'",
    ] {
        assert!(printed.out.contains(part), "{part}: {}", printed.out);
    }
    let bad = [&PLACE[..], &["--table", "a`b", "--print"]].concat();
    finish(program(folder.path(), &bad)).expect(1);
}

#[test]
fn athena_gives_what_the_scan_gives() {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("log");
    log(&logs);
    let Some(server) = serve(&logs) else { return };
    let asked = ask(folder.path(), &server, &["--format", "json"]).expect(0);
    let scanned = finish(program(folder.path(), &["trail", "scan", "log", "--format", "json"])).expect(0).json();
    let (asked, messages) = (asked.json(), asked.messages);
    assert_eq!(asked["evidence"]["principals"], scanned["evidence"]["principals"]);
    assert_eq!(asked["evidence"]["coverage"], scanned["evidence"]["coverage"]);
    assert!(messages.contains("3.0 GB read by Athena"), "{messages}");
}

#[test]
fn a_query_is_stopped_when_it_costs_too_much_and_its_failure_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("log");
    log(&logs);
    let Some(server) = serve(&logs) else { return };
    let stopped = ask(folder.path(), &server, &["--max-bytes", "1500000000"]).expect(1);
    assert!(
        stopped.messages.contains("2.0 GB, more than `--max-bytes` allows, and was stopped"),
        "{}",
        stopped.messages
    );
    let late = ask(folder.path(), &server, &["--workgroup", "slow", "--max-minutes", "0"]).expect(1);
    assert!(late.messages.contains("longer than `--max-minutes` allows"), "{}", late.messages);
    let failed = ask(folder.path(), &server, &["--workgroup", "failing"]).expect(1);
    assert!(failed.messages.contains("HIVE_BAD_DATA: no such thing"), "{}", failed.messages);
}
