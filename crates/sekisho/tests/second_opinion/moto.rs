//! The whole program against moto, an AWS nobody here wrote.
//!
//! Left out, because moto 5.2.5 does not have it: tags and boundaries of permission sets, the status of a provisioning. Read
//! per principal, because moto never lists the accounts of an assignment as provisioned.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::site::{Answer, finish, other_program, program as sekisho};
use crate::{json as run_json, rows, script};

/// A running moto with a small company in it, and a folder with a catalog for it.
struct Moto {
    child: Child,
    url: String,
    folder: tempfile::TempDir,
    company: Value,
    python: std::path::PathBuf,
}

impl Drop for Moto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Moto {
    fn start() -> Option<Self> {
        let (python, moto) = (other_program("SEKISHO_TEST_PYTHON")?, other_program("SEKISHO_TEST_MOTO")?);
        let mut child = Command::new(moto)
            .args(["-H", "127.0.0.1", "-p", "0"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let url = lines
            .find_map(|line| Some(line.ok()?.split_once("Running on ")?.1.trim().to_owned()))
            .expect("moto said where it runs");
        // moto writes a line a request; nobody reading would stop it.
        std::thread::spawn(move || lines.for_each(drop));
        let folder = tempfile::tempdir().unwrap();
        let mut moto = Self { child, url, folder, company: Value::Null, python };
        moto.company = moto.python("moto_company.py");
        Some(moto)
    }

    fn with_environment(&self, mut command: Command) -> Command {
        command
            .env("AWS_ENDPOINT_URL", &self.url)
            .env("AWS_REGION", "us-east-1")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "not-a-secret")
            .env("SEKISHO_RATE_FACTOR", "100");
        command
    }

    fn python(&self, name: &str) -> Value {
        let mut command = Command::new(&self.python);
        command.arg(script(name)).arg(&self.url);
        run_json(self.with_environment(command))
    }

    fn run(&self, arguments: &[&str]) -> Answer {
        let arguments = [arguments, &["--reading", "per-principal"]].concat();
        let arguments = arguments.as_slice();
        finish(self.with_environment(sekisho(self.folder.path(), arguments)))
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.folder.path().join("access").join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn id(&self, kind: &str, name: &str) -> String {
        self.company[kind][name].as_str().unwrap().to_owned()
    }
}

const SETTINGS: &str = "deployment: moto-test\nregion: us-east-1\n";
const READ_ONLY: &str = "name: ReadOnly\nsession_duration: PT4H\nmanaged_policies: [ReadOnlyAccess]\n";
const DEVELOPER: &str = "\
name: Developer
description: developer rights
session_duration: PT8H
managed_policies: [AmazonECS_FullAccess]
customer_managed_policies: [{name: deploy, path: /team/}]
inline_policies: [policies/s3.json]
";
const POLICY: &str = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::minimo-*/*"}]}"#;
const ASSIGNMENTS: &str = "\
- principals: [group:minimo-dev]
  permission_sets: [Developer, ReadOnly]
  accounts: [\"ou:/service/minimo/**\"]
- principals: [group:platform, user:hanako@example.com]
  permission_sets: [ReadOnly]
  accounts: [tag:env=staging]
";

fn expected(moto: &Moto) -> Vec<Value> {
    let group = |name: &str| ("GROUP", moto.id("groups", name));
    let hanako = ("USER", moto.id("users", "hanako@example.com"));
    let mut rows: Vec<Value> = Vec::new();
    let mut row = |set: &str, account: &str, principal: (&str, String)| {
        rows.push(json!([set, moto.id("accounts", account), principal.0, principal.1]));
    };
    for account in ["minimo-prod", "minimo-stg"] {
        row("Developer", account, group("minimo-dev"));
        row("ReadOnly", account, group("minimo-dev"));
    }
    for account in ["minimo-stg", "tools"] {
        row("ReadOnly", account, group("platform"));
        row("ReadOnly", account, hanako.clone());
    }
    rows
}

#[test]
fn moto_ends_as_declared_and_a_second_plan_is_empty() {
    let Some(moto) = Moto::start() else { return };
    moto.write("sekisho.yaml", SETTINGS);
    moto.write("permission-sets/read-only.yaml", READ_ONLY);
    moto.write("permission-sets/developer.yaml", DEVELOPER);
    moto.write("policies/s3.json", POLICY);
    moto.write("assignments/all.yaml", ASSIGNMENTS);
    moto.run(&["plan", "--format", "json"]).expect(2);
    moto.run(&["apply", "--yes"]).expect(0);
    moto.run(&["plan"]).expect(0);

    let read = moto.python("read_back.py");
    assert_eq!(rows(&read), rows(&json!({ "assignments": expected(&moto) })));
    let developer = &read["permission_sets"][0];
    assert_eq!(developer["name"], "Developer");
    assert_eq!(developer["description"], "developer rights");
    assert_eq!(developer["session_duration"], "PT8H");
    assert_eq!(developer["managed_policies"], json!(["arn:aws:iam::aws:policy/AmazonECS_FullAccess"]));
    assert_eq!(developer["customer_managed_policies"], json!(["/team/deploy"]));
    let inline = &developer["inline_policy"]["Statement"][0];
    assert_eq!(inline["Resource"], json!("arn:aws:s3:::minimo-*/*"));

    // One assignment less: Sekisho made it, so Sekisho takes it back; and who enters what is told alike.
    moto.write("assignments/all.yaml", &ASSIGNMENTS.replace(", user:hanako@example.com", ""));
    moto.run(&["apply", "--yes"]).expect(0);
    let read = moto.python("read_back.py");
    let hanako = moto.id("users", "hanako@example.com");
    let wanted: Vec<Value> = expected(&moto).into_iter().filter(|row| row[3] != json!(hanako)).collect();
    assert_eq!(rows(&read), rows(&json!({ "assignments": wanted })));

    // A catalog written from what moto holds changes nothing; that tags and boundaries are not in it is said.
    let imported = moto.run(&["import", "imported"]).expect(1);
    assert!(imported.messages.contains("not read, and so not written: tags of Developer"), "{}", imported.messages);
    moto.run(&["plan", "--catalog", "imported"]).expect(0);
}
