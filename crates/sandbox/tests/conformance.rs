//! The sandbox, and moto where moto is right, before clients nobody here wrote: boto3 and AWS CLI. The checks stand in
//! `tests/python/conformance`.
//!
//! `SEKISHO_TEST_PYTHON` names an interpreter with boto3, `SEKISHO_TEST_MOTO` moto's server, `SEKISHO_TEST_AWS_CLI` the command line;
//! `./test` installs them. Without one its test says that it is skipped, unless `SEKISHO_TEST_REQUIRE_ALL` is set.
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

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

use sandbox::{Company, Config, KeyPair, Latency, Rate, Rates, Sandbox, SandboxServer, Span, Start};
use serde_json::Value;
use tokio::runtime::Runtime;

/// How many checks there are; fewer means that some were not reached.
const CHECKS: usize = 1336;
const CLI_CHECKS: usize = 35;

/// What the tests of another program need; none where it is missing and may be.
fn program(variable: &str) -> Option<OsString> {
    let found = std::env::var_os(variable);
    if found.is_none() {
        assert!(std::env::var_os("SEKISHO_TEST_REQUIRE_ALL").is_none(), "{variable} is not set; run ./test");
        eprintln!("skipped: {variable} is not set; ./test sets it");
    }
    found
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

fn serve(runtime: &Runtime, config: Config) -> SandboxServer {
    let sandbox = Sandbox::with_company(config, &Company::sample(), Start::Declared).unwrap();
    runtime.block_on(SandboxServer::start("127.0.0.1:0".parse().unwrap(), sandbox)).unwrap()
}

fn python(interpreter: &OsString, key: &KeyPair, arguments: &[&str]) -> Output {
    Command::new(interpreter)
        .args(["-m", "conformance"])
        .args(arguments)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python"))
        .env_clear()
        .env("HOME", "/nonexistent")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env("AWS_REGION", "ap-northeast-1")
        .env("AWS_DEFAULT_REGION", "ap-northeast-1")
        .env("AWS_ACCESS_KEY_ID", &key.access_key_id)
        .env("AWS_SECRET_ACCESS_KEY", &key.secret_access_key)
        .output()
        .unwrap()
}

/// The checks of a run in which none failed.
fn passed(output: &Output) -> Vec<Value> {
    let told = String::from_utf8(output.stdout.clone()).unwrap();
    let checks: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let failed: Vec<String> = checks.iter().filter(|check| check["passed"] == false).map(Value::to_string).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    checks
}

#[test]
fn boto3_cannot_tell() {
    let Some(interpreter) = program("SEKISHO_TEST_PYTHON") else { return };
    let runtime = runtime();
    let exactly = |milliseconds| Span::milliseconds(milliseconds, milliseconds);
    let config = Config::calm();
    let (key, delegated) = (config.administrator.clone(), config.delegated.clone());
    let latency =
        Latency { assignment: exactly(5_000), provisioning: exactly(5_000), account_creation: exactly(3_000) };
    // slower than AWS, so that a machine under load exceeds them
    let rate = Rate::new(0.5, 5.0);
    let rates = Rates {
        sso_admin: rate,
        identity_store_each: rate,
        organizations_read_each: rate,
        organizations_write_each: rate,
        lookup_events_each: rate,
        account_access: rate,
    };
    let servers = [
        ("", serve(&runtime, config)),
        ("--slow", serve(&runtime, Config { latency, ..Config::calm() })),
        ("--lagging", serve(&runtime, Config { lag: exactly(2_000), ..Config::calm() })),
        ("--busy", serve(&runtime, Config { rates: Some(rates), ..Config::calm() })),
    ];
    let urls: Vec<(&str, String)> = servers.iter().map(|(flag, server)| (*flag, server.endpoint_url())).collect();
    let delegated = format!("{},{}", delegated.access_key_id, delegated.secret_access_key);
    let mut arguments = vec!["sandbox", urls[0].1.as_str(), "--delegated", delegated.as_str()];
    arguments.extend(urls.iter().skip(1).flat_map(|(flag, url)| [*flag, url.as_str()]));
    let checks = passed(&python(&interpreter, &key, &arguments));
    assert_eq!(checks.len(), CHECKS);
    for (_, server) in servers {
        runtime.block_on(server.shutdown());
    }
}

#[test]
fn aws_cli_cannot_tell() {
    let (Some(interpreter), Some(cli)) = (program("SEKISHO_TEST_PYTHON"), program("SEKISHO_TEST_AWS_CLI")) else {
        return;
    };
    let runtime = runtime();
    let config = Config::calm();
    let key = config.administrator.clone();
    let server = serve(&runtime, config);
    let checks = passed(&python(&interpreter, &key, &["cli", &server.endpoint_url(), cli.to_str().unwrap()]));
    assert_eq!(checks.len(), CLI_CHECKS);
    runtime.block_on(server.shutdown());
}

/// A running moto, ended when dropped.
struct Moto {
    child: Child,
    url: String,
}

impl Moto {
    fn start(program: &OsString) -> Self {
        let mut command = Command::new(program);
        command.env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true");
        command.args(["-H", "127.0.0.1", "-p", "0"]).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let url = lines.find_map(|line| Some(line.ok()?.split_once("Running on ")?.1.trim().to_owned()));
        // moto writes a line a request; nobody reading would stop it
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, url: url.expect("moto says where it runs") }
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What `moto.py` calls a difference has to be one, and nothing else may be.
#[test]
fn moto_differs_where_the_list_says_and_nowhere_else() {
    let (Some(interpreter), Some(moto)) = (program("SEKISHO_TEST_PYTHON"), program("SEKISHO_TEST_MOTO")) else {
        return;
    };
    let moto = Moto::start(&moto);
    let output = python(&interpreter, &KeyPair::new("testing", "testing"), &["moto", &moto.url]);
    let checks = passed(&output);
    let differ = checks.iter().filter(|check| check["differs"] == true).count();
    assert!(checks.len() > differ, "moto passes none of {}", checks.len());
}

#[test]
fn the_documented_differences_are_the_real_ones() {
    let Some(interpreter) = program("SEKISHO_TEST_PYTHON") else { return };
    let output = python(&interpreter, &KeyPair::new("x", "x"), &["differences"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let real = String::from_utf8(output.stdout).unwrap();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/sandbox-moto.md");
    if std::env::var_os("INSTA_UPDATE").is_some_and(|value| value == "always") {
        std::fs::write(path, real).unwrap();
        return;
    }
    let page = std::fs::read_to_string(path).unwrap();
    assert!(
        page == real,
        "docs/sandbox-moto.md is stale: INSTA_UPDATE=always cargo nextest run -p sandbox differences"
    );
}
