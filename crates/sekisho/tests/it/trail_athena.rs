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
            "readOnly": number.is_multiple_of(2), "managementEvent": true, "eventCategory": "Management",
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

/// moto's server, which gives prepared results on the real protocol.
fn moto() -> Option<Server> {
    let program = other_program("SEKISHO_TEST_MOTO")?;
    let mut command = Command::new(program);
    let mut child =
        command.args(["-H", "127.0.0.1", "-p", "0"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let url = lines.find_map(|line| Some(line.ok()?.split_once("Running on ")?.1.trim().to_owned()));
    // It writes a line a request; nobody reading would stop it.
    std::thread::spawn(move || lines.for_each(drop));
    Some(Server { child, url: url.expect("moto said where it runs") })
}

/// Sends JSON to a server on loopback, without a client library.
fn post(url: &str, path: &str, body: &Value) {
    use std::io::{Read, Write};
    let host = url.trim_start_matches("http://");
    let mut stream = std::net::TcpStream::connect(host).unwrap();
    let body = body.to_string();
    let head = format!(
        "POST {path} HTTP/1.0\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains(" 201 "), "{answer}");
}

#[test]
fn moto_takes_the_queries_and_its_rows_are_read() {
    let Some(server) = moto() else { return };
    let folder = tempfile::tempdir().unwrap();
    let row = |cells: [Option<&str>; 12]| {
        let cells: Vec<Value> =
            cells.iter().map(|cell| cell.map_or(json!({}), |cell| json!({"VarCharValue": cell}))).collect();
        json!({ "Data": cells })
    };
    let (first, last) = (Some("2026-03-01T00:00:00Z"), Some("2026-03-02T00:00:00Z"));
    let counted = |entry| {
        let who = Some("arn:aws:iam::111122223333:user/taro");
        row([
            Some("111122223333"),
            who,
            Some("AKIAONE"),
            None,
            Some(entry),
            Some("3"),
            first,
            last,
            Some("3"),
            last,
            Some("0"),
            None,
        ])
    };
    let rows = [row([Some("in_account"); 12]), counted("all|"), counted("kind|iam_user"), counted("region|eu-west-1")];
    // A result for each query that is started: the table's, then the query's.
    let results = json!([{"rows": [], "column_info": []}, {"rows": rows, "column_info": []}]);
    let queued = json!({"account_id": "123456789012", "region": "eu-west-1", "results": results});
    post(&server.url, "/moto-api/static/athena/query-results", &queued);
    let asked = ask(folder.path(), &server, &["--output", "s3://results/", "--format", "json"]).expect(0).json();
    let found = &asked["evidence"]["principals"][0];
    assert_eq!(found["principal"]["access_key"], "AKIAONE");
    assert_eq!(found["evidence"]["kind"], "iam_user");
    assert_eq!(found["evidence"]["regions"]["entries"]["eu-west-1"]["events"], 3);
}
