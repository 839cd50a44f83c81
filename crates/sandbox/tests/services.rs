//! CloudTrail, S3, account access, Athena and signing in through boto3 and the AWS CLI, clients nobody here wrote.
//!
//! `SEKISHO_TEST_PYTHON` names an interpreter with boto3; `./test` installs one. Without it the tests say that they are
//! skipped, unless `SEKISHO_TEST_REQUIRE_ALL` is set.
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
use std::process::Command;

use sandbox::{Company, Config, Sandbox, SandboxServer, Start};
use serde_json::Value;

/// How many checks each script makes; fewer means that it skipped some.
const CHECKS: usize = 114;
const SIGN_IN_CHECKS: usize = 22;
/// Of Athena; three of them by the AWS CLI.
const ATHENA_CHECKS: usize = 173;
/// Those of `aws sso login` and `aws configure sso`, with version 2 of the AWS CLI.
const LOGIN_CHECKS: usize = 10;

fn python() -> Option<OsString> {
    let python = std::env::var_os("SEKISHO_TEST_PYTHON");
    if python.is_none() {
        assert!(std::env::var_os("SEKISHO_TEST_REQUIRE_ALL").is_none(), "SEKISHO_TEST_PYTHON is not set; run ./test");
        eprintln!("skipped: SEKISHO_TEST_PYTHON is not set; ./test sets it");
    }
    python
}

/// A server on a free port, and what keeps it running.
fn server(config: Config) -> (tokio::runtime::Runtime, SandboxServer) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let sandbox = Sandbox::with_company(config, &Company::sample(), Start::Declared).unwrap();
    let server = runtime.block_on(SandboxServer::start("127.0.0.1:0".parse().unwrap(), sandbox)).unwrap();
    (runtime, server)
}

fn script(python: OsString, name: &str, arguments: &[&str], server: &SandboxServer) -> Vec<Value> {
    let key = server.administrator();
    let script = format!("{}/tests/python/{name}", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(python)
        .arg(script)
        .args(arguments)
        .env_clear()
        .env("HOME", "/nonexistent")
        .env("AWS2_PYTHONPATH", std::env::var_os("SEKISHO_TEST_AWS_CLI_2_PYTHONPATH").unwrap_or_default())
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_REGION", "ap-northeast-1")
        .env("AWS_DEFAULT_REGION", "ap-northeast-1")
        .env("AWS_ACCESS_KEY_ID", &key.access_key_id)
        .env("AWS_SECRET_ACCESS_KEY", &key.secret_access_key)
        .output()
        .unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let checks: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let failed: Vec<String> = checks.iter().filter(|check| check["passed"] == false).map(Value::to_string).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    checks
}

#[test]
fn boto3_reads_logs_and_buckets() {
    let Some(python) = python() else { return };
    let (runtime, server) = server(Config::calm());
    let account = server.with(|sandbox| sandbox.account_id("minimo-dev")).unwrap().to_string();
    let checks = script(python, "services.py", &[&server.endpoint_url(), &account], &server);
    assert_eq!(checks.len(), CHECKS);
    runtime.block_on(server.shutdown());
}

/// The query of `sekisho trail athena` and many others, held against DuckDB over the same records, and the API around them.
#[test]
fn athena_answers_as_duckdb_does() {
    let (Some(python), Some(aws)) = (python(), std::env::var("SEKISHO_TEST_AWS_CLI").ok()) else {
        eprintln!("skipped: SEKISHO_TEST_AWS_CLI is not set; ./test sets it");
        return;
    };
    let (runtime, server) = server(Config::calm());
    let query = concat!(env!("CARGO_MANIFEST_DIR"), "/../trail/src/athena/query.sql");
    let checks = script(python, "athena.py", &[&server.endpoint_url(), query, &aws], &server);
    assert_eq!(checks.len(), ATHENA_CHECKS);
    runtime.block_on(server.shutdown());
}

/// `SEKISHO_TEST_AWS_CLI` is version 1, which uses what was signed in to. `SEKISHO_TEST_AWS_CLI_2` is the command of version 2, and
/// `SEKISHO_TEST_AWS_CLI_2_PYTHONPATH` where its modules are, if it does not find them by itself.
#[test]
fn the_aws_cli_signs_in() {
    let (Some(python), Some(aws)) = (python(), std::env::var("SEKISHO_TEST_AWS_CLI").ok()) else {
        eprintln!("skipped: SEKISHO_TEST_AWS_CLI is not set; ./test sets it");
        return;
    };
    let (runtime, server) = server(Config::calm());
    let account = server.with(|sandbox| sandbox.account_id("minimo-dev")).unwrap().to_string();
    let home = tempfile::tempdir().unwrap();
    let url = server.endpoint_url();
    let second = std::env::var("SEKISHO_TEST_AWS_CLI_2").ok().filter(|path| !path.is_empty());
    let arguments = [&url, &account, home.path().to_str().unwrap(), &aws];
    let arguments: Vec<&str> = arguments.into_iter().chain(second.as_deref()).collect();
    let checks = script(python, "sign_in.py", &arguments, &server);
    let login = if second.is_some() { LOGIN_CHECKS } else { 0 };
    if login == 0 {
        assert!(
            std::env::var_os("SEKISHO_TEST_REQUIRE_ALL").is_none(),
            "SEKISHO_TEST_AWS_CLI_2 is not set; run ./test"
        );
        eprintln!("without `aws sso login`: SEKISHO_TEST_AWS_CLI_2 is not set");
    }
    assert_eq!(checks.len(), SIGN_IN_CHECKS + login);
    runtime.block_on(server.shutdown());
}
