//! What every command promises: help, exit codes, streams.

use std::io::Read;
use std::process::Stdio;

use sandbox::Start;

use crate::site::{Site, finish, program};

const COMMANDS: [&str; 18] = [
    "init",
    "import",
    "fmt",
    "check",
    "plan",
    "apply",
    "undo",
    "runs",
    "drift",
    "who",
    "why",
    "policy",
    "trail",
    "iam-policy",
    "demo",
    "sandbox",
    "completions",
    "internal",
];

#[test]
fn help_goes_to_standard_output_and_misuse_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    for command in COMMANDS {
        let help = finish(program(folder.path(), &[command, "--help"])).expect(0);
        assert!(help.out.contains("Usage:"), "{command}");
        // 2 means that changes are pending; a misused command line must not say so.
        finish(program(folder.path(), &[command, "--no-such-flag"])).expect(1);
    }
    finish(program(folder.path(), &[])).expect(1);
    assert!(finish(program(folder.path(), &["--version"])).expect(0).out.starts_with("sekisho 0."));
}

#[test]
fn completions_for_every_shell() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(finish(program(folder.path(), &["completions", shell])).expect(0).out.contains("sekisho"), "{shell}");
    }
}

#[test]
fn policies_of_both_executors_are_json() {
    let folder = tempfile::tempdir().unwrap();
    for scope in ["delegated", "management"] {
        let policy = finish(program(folder.path(), &["iam-policy", "--scope", scope])).expect(0).json();
        assert_eq!(policy["Version"], "2012-10-17", "{scope}");
    }
}

#[test]
fn schemas_are_json() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["sekisho", "accounts", "people", "permission-set", "assignments"] {
        let schema = finish(program(folder.path(), &["internal", "schema", name])).expect(0).json();
        assert!(schema.is_object(), "{name}");
    }
    finish(program(folder.path(), &["internal", "schema", "none"])).expect(1);
}

#[test]
fn no_credentials_is_an_error_with_help() {
    let site = Site::new(Start::Declared).with_sample_catalog();
    let mut command = site.command(&["plan"]);
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    let answer = finish(command).expect(1);
    assert!(answer.messages.contains("--profile"), "{}", answer.messages);
    let mut command = site.command(&["plan"]);
    command.env("AWS_SECRET_ACCESS_KEY", "wrong+secret");
    let answer = finish(command).expect(1);
    assert!(!answer.messages.contains("wrong+secret"), "{}", answer.messages);
}

#[test]
fn a_reader_who_leaves_early_is_no_crash() {
    let site = Site::new(Start::BeforeMigration).with_sample_catalog();
    let mut command = site.command(&["plan", "--full"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut messages = String::new();
    child.stderr.take().unwrap().read_to_string(&mut messages).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(2), "{messages}");
    assert!(!messages.contains("panicked"), "{messages}");
}

#[test]
fn the_sandbox_listens_on_loopback_only_and_stops_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let refused = finish(program(folder.path(), &["sandbox", "--listen", "0.0.0.0:0"])).expect(1);
    assert!(refused.messages.contains("loopback"), "{}", refused.messages);
    let mut command = program(folder.path(), &["sandbox", "--listen", "127.0.0.1:0", "--empty", "--speed", "5"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    let mut told = String::new();
    let mut some = [0; 256];
    while !told.contains("SEKISHO_RATE_FACTOR=5\n") {
        let read = out.read(&mut some).unwrap();
        assert_ne!(read, 0, "{told}");
        told.push_str(&String::from_utf8_lossy(&some[..read]));
    }
    assert!(told.contains("export AWS_ENDPOINT_URL=http://127.0.0.1:"), "{told}");
    let stop = std::process::Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(stop.success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}
