//! What Sekisho did, read back by clients nobody here wrote: boto3 and the AWS CLI, against the sandbox and against moto.
//!
//! `SEKISHO_TEST_PYTHON`, `SEKISHO_TEST_AWS_CLI` and `SEKISHO_TEST_MOTO` name the programs; `./test` installs them. Without
//! them these tests say that they are skipped, unless `SEKISHO_TEST_REQUIRE_ALL` is set.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::allow_attributes,
    clippy::disallowed_methods,
    clippy::print_stderr,
    missing_docs,
    dead_code,
    reason = "tests may fail loudly, read the environment, and say why they are skipped"
)]

#[path = "it/site.rs"]
mod site;

#[path = "second_opinion/moto.rs"]
mod moto;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use sandbox::{Company, Start};
use serde_json::Value;

use site::{Site, other_program};

/// Runs a program to its end and reads what it printed as JSON.
fn json(mut command: Command) -> Value {
    let output = command.env("PYTHONDONTWRITEBYTECODE", "1").output().unwrap();
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

fn script(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/python").join(name)
}

/// Set name, account, `USER` or `GROUP`, principal id.
type Row = (String, String, String, String);

fn rows(read: &Value) -> BTreeSet<Row> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    read["assignments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (text(&row[0]), text(&row[1]), text(&row[2]), text(&row[3])))
        .collect()
}

/// What the sample company declares, with the sandbox's ids.
fn declared_rows(site: &Site) -> BTreeSet<Row> {
    site.server.with(|sandbox| {
        Company::sample()
            .assigned()
            .unwrap()
            .into_iter()
            .map(|assigned| {
                let kind = if assigned.principal.starts_with("user:") { "USER" } else { "GROUP" };
                let id = sandbox.principal(&assigned.principal).unwrap().id.to_string();
                let account = sandbox.account_id(&assigned.account).unwrap();
                (assigned.permission_set, account.to_string(), kind.to_owned(), id)
            })
            .collect()
    })
}

#[test]
fn boto3_reads_back_what_was_applied() {
    let Some(python) = other_program("SEKISHO_TEST_PYTHON") else { return };
    let site = Site::new(Start::BeforeMigration).with_sample_catalog();
    site.run(&["plan"]).expect(2);
    site.run(&["apply", "--yes"]).expect(0);
    site.run(&["plan"]).expect(0);
    let found =
        rows(&json(site.second(&python, &[script("read_back.py").to_str().unwrap(), &site.server.endpoint_url()])));
    let declared = declared_rows(&site);
    assert_eq!(declared.difference(&found).collect::<Vec<_>>(), Vec::<&Row>::new(), "declared and not in AWS");
    // Nobody declares these, and Sekisho did not make them: they stay, and drift shows each.
    let drift = site.run(&["drift", "--format", "json"]).expect(2).json();
    let in_aws_only = drift["in_aws_only"].as_array().unwrap().len();
    assert_eq!(found.difference(&declared).count(), in_aws_only);
}

#[test]
fn the_aws_cli_sees_the_same_pair() {
    let (Some(python), Some(aws)) = (other_program("SEKISHO_TEST_PYTHON"), other_program("SEKISHO_TEST_AWS_CLI"))
    else {
        return;
    };
    let site = Site::new(Start::BeforeMigration).with_sample_catalog();
    site.run(&["apply", "--yes"]).expect(0);
    let found =
        rows(&json(site.second(&python, &[script("read_back.py").to_str().unwrap(), &site.server.endpoint_url()])));
    let (instance, account, set) = site.server.with(|sandbox| {
        (
            sandbox.instance_arn().to_string(),
            sandbox.account_id("minimo-stg").unwrap().to_string(),
            sandbox.permission_set_arn("Developer").unwrap().to_string(),
        )
    });
    let listed = json(site.second(
        &aws,
        &[
            "sso-admin",
            "list-account-assignments",
            "--instance-arn",
            &instance,
            "--account-id",
            &account,
            "--permission-set-arn",
            &set,
            "--output",
            "json",
        ],
    ));
    let by_cli: BTreeSet<String> = listed["AccountAssignments"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["PrincipalId"].as_str().unwrap().to_owned())
        .collect();
    let by_boto3: BTreeSet<String> =
        found.iter().filter(|row| row.0 == "Developer" && row.1 == account).map(|row| row.3.clone()).collect();
    assert!(!by_cli.is_empty());
    assert_eq!(by_cli, by_boto3);
    let described = json(site.second(
        &aws,
        &[
            "sso-admin",
            "describe-permission-set",
            "--instance-arn",
            &instance,
            "--permission-set-arn",
            &set,
            "--output",
            "json",
        ],
    ));
    assert_eq!(described["PermissionSet"]["SessionDuration"], "PT8H");
}

impl Site {
    /// Another program, with the credentials and the endpoint Sekisho has.
    fn second(&self, program: &std::path::Path, arguments: &[&str]) -> Command {
        let given = self.command(&[]);
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.folder.path());
        for (name, value) in given.get_envs() {
            if let Some(value) = value {
                command.env(name, value);
            }
        }
        command.env("AWS_DEFAULT_REGION", "ap-northeast-1");
        command
    }
}
