//! IAM, STS and service control policies through boto3, a client nobody here wrote.
//!
//! `SEKISHO_TEST_PYTHON` names an interpreter with boto3; `./test` installs one. Without it the test says that it is
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

use std::process::Command;

use sandbox::{Company, Config, Sandbox, SandboxServer, Start};
use serde_json::Value;

/// How many checks the script makes; fewer means that it skipped some.
const CHECKS: usize = 89;

#[test]
fn boto3_cannot_tell() {
    let Some(python) = std::env::var_os("SEKISHO_TEST_PYTHON") else {
        assert!(std::env::var_os("SEKISHO_TEST_REQUIRE_ALL").is_none(), "SEKISHO_TEST_PYTHON is not set; run ./test");
        eprintln!("skipped: SEKISHO_TEST_PYTHON is not set; ./test sets it");
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let config = Config::calm();
    let key = config.administrator.clone();
    let sandbox = Sandbox::with_company(config, &Company::sample(), Start::Declared).unwrap();
    let account = sandbox.account_id("minimo-dev").unwrap().to_string();
    let server = runtime.block_on(SandboxServer::start("127.0.0.1:0".parse().unwrap(), sandbox)).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/conformance.py");
    let output = Command::new(python)
        .args([script, &server.endpoint_url(), &account])
        .env_clear()
        .env("HOME", "/nonexistent")
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
    assert_eq!(checks.len(), CHECKS);
    runtime.block_on(server.shutdown());
}
