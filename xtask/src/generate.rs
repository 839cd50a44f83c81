//! Files that are printed by the binary and committed: JSON Schema files for editors, the reference of the command line.

use crate::process::{capture, cargo};
use crate::workspace;
use serde_json::Value;
use std::fs;

/// Schema files by name: what `sekisho internal schema NAME` prints.
const SCHEMAS: [&str; 7] =
    ["sekisho", "accounts", "people", "iam-users", "permission-set", "assignments", "switch-roles"];

/// Writes what is not current; with `check` only says so. True when nothing is left to do.
///
/// # Errors
/// When the binary cannot be built, fails, or a file cannot be written.
pub(crate) fn run(check: bool) -> Result<bool, String> {
    let root = workspace::root();
    let mut stale = 0;
    for (path, text) in wanted()? {
        if fs::read_to_string(root.join(&path)).is_ok_and(|present| present == text) {
            continue;
        }
        stale += 1;
        if check {
            println!("not current: {path}");
            continue;
        }
        let file = root.join(&path);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        fs::write(&file, text).map_err(|error| format!("{path}: {error}"))?;
        println!("wrote {path}");
    }
    Ok(!check || stale == 0)
}

/// Paths of generated files that are missing or differ from what the binary prints.
///
/// # Errors
/// When the binary cannot be built or fails.
pub(crate) fn stale() -> Result<Vec<String>, String> {
    let root = workspace::root();
    let differs =
        |(path, text): &(String, String)| !fs::read_to_string(root.join(path)).is_ok_and(|present| present == *text);
    Ok(wanted()?.into_iter().filter(differs).map(|(path, _)| path).collect())
}

/// Every generated file: path from the root, and text.
fn wanted() -> Result<Vec<(String, String)>, String> {
    let binary = build()?;
    let mut files = vec![("docs/cli.md".to_owned(), printed(&binary, &["internal", "cli-reference"])?)];
    for name in SCHEMAS {
        files.push((format!("schema/{name}.json"), printed(&binary, &["internal", "schema", name])?));
    }
    Ok(files)
}

/// Builds the binary once; cargo says where it put it.
fn build() -> Result<String, String> {
    let arguments =
        ["build", "--quiet", "--locked", "--package", "sekisho", "--message-format", "json-render-diagnostics"];
    let answer = capture(&workspace::root(), &cargo(), &arguments)?;
    if !answer.success {
        return Err(format!("`sekisho` does not build:\n{}", answer.stderr.trim_end()));
    }
    let messages = answer.stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut executables = messages.filter_map(|message| message.get("executable")?.as_str().map(str::to_owned));
    executables.next_back().ok_or_else(|| "cargo does not say where `sekisho` is".to_owned())
}

fn printed(binary: &str, arguments: &[&str]) -> Result<String, String> {
    let answer = capture(&workspace::root(), binary, arguments)?;
    if answer.success && !answer.stdout.is_empty() {
        return Ok(answer.stdout);
    }
    Err(format!("`sekisho {}` failed:\n{}", arguments.join(" "), answer.text()))
}
