//! On a terminal: the question, the bar, and a line that is never wider than the terminal.

use std::process::Command;

use sandbox::Start;
use serde_json::Value;

use crate::site::{Site, other_program};

/// The program on a terminal of so many columns, answering its question.
fn on_a_terminal(site: &Site, columns: u16, answer: &str, arguments: &[&str]) -> Option<Value> {
    let python = other_program("SEKISHO_TEST_PYTHON")?;
    let plain = site.command(arguments);
    let mut command = Command::new(python);
    command
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/terminal.py"))
        .args([&columns.to_string(), answer])
        .arg(plain.get_program())
        .args(plain.get_args())
        .current_dir(site.folder.path())
        .env_clear()
        .envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .env("TERM", "xterm-256color");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// What is left to read when colours and movements of the cursor are taken out; a line redrawn is several lines.
fn lines(seen: &Value) -> Vec<String> {
    let mut plain = String::new();
    let mut characters = seen["text"].as_str().unwrap().chars();
    while let Some(character) = characters.next() {
        match character {
            '\u{1b}' => {
                // CSI sequences end with a letter.
                while characters.next().is_some_and(|next| !next.is_ascii_alphabetic()) {}
            }
            '\r' => plain.push('\n'),
            other => plain.push(other),
        }
    }
    plain.lines().map(str::to_owned).collect()
}

#[test]
fn a_question_answered_with_anything_but_yes_changes_nothing() {
    let site = Site::new(Start::BeforeMigration).with_sample_catalog();
    let before = site.server.with(|sandbox| sandbox.assigned());
    for answer in ["no", "y", ""] {
        let Some(seen) = on_a_terminal(&site, 100, answer, &["apply"]) else { return };
        assert_eq!(seen["asked"], true, "{seen:#}");
        assert_ne!(seen["code"], 0, "{seen:#}");
        assert_eq!(site.server.with(|sandbox| sandbox.assigned()), before);
    }
}

#[test]
fn a_bar_is_drawn_while_a_plan_is_applied() {
    let site = Site::slow(Start::BeforeMigration).with_sample_catalog();
    let Some(seen) = on_a_terminal(&site, 90, "yes", &["apply"]) else { return };
    assert_eq!(seen["code"], 0, "{seen:#}");
    let lines = lines(&seen);
    let bars: Vec<&String> = lines.iter().filter(|line| line.contains('━')).collect();
    assert!(bars.iter().any(|line| line.starts_with("Applying")), "{lines:#?}");
    assert!(bars.iter().any(|line| line.contains("in flight")), "{bars:#?}");
    let widest = bars.iter().map(|line| line.chars().count()).max().unwrap();
    assert!(widest <= 90, "{bars:#?}");
    assert!(seen["text"].as_str().unwrap().contains("\u{1b}[32m"), "no colour on a terminal");
    site.run(&["plan"]).expect(0);
}
