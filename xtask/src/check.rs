//! The checks: one file each, fast ones first.

mod clippy;
mod deny;
mod dependencies;
mod format;
mod generated;
mod lines;
mod purity;
mod shear;
mod spelling;

use std::time::{Duration, Instant};

/// What a check found.
pub(crate) enum Verdict {
    /// All is well; a few words on what was looked at.
    Passed(String),
    /// What is wrong, one problem a line where possible.
    Failed(String),
}

/// A check: its name, what it is for, how it is done. The function's `Err` means that the check itself broke.
struct Check {
    name: &'static str,
    purpose: &'static str,
    run: fn() -> Result<Verdict, String>,
}

const CHECKS: [Check; 9] = [
    Check { name: "fmt", purpose: "rustfmt has nothing to change", run: format::check },
    Check { name: "lines", purpose: "no file of Rust is longer than one can hold in mind", run: lines::check },
    Check { name: "dependencies", purpose: "every crate uses only what its room may use", run: dependencies::check },
    Check { name: "purity", purpose: "pure crates touch no clock, environment, file or network", run: purity::check },
    Check { name: "typos", purpose: "no misspelt word", run: spelling::check },
    Check { name: "shear", purpose: "no dependency is declared and unused", run: shear::check },
    Check { name: "deny", purpose: "licences, sources, duplicates and advisories of dependencies", run: deny::check },
    Check { name: "clippy", purpose: "no warning, in no target", run: clippy::check },
    Check { name: "generated", purpose: "schema/ and docs/cli.md say what the binary says", run: generated::check },
];

/// Prints the checks and what each is for.
pub(crate) fn list() {
    for check in &CHECKS {
        println!("{:<13} {}", check.name, check.purpose);
    }
}

/// Runs the checks named, or all; true when none failed.
///
/// # Errors
/// When a name is not a check's.
pub(crate) fn run(names: &[String]) -> Result<bool, String> {
    if let Some(unknown) = names.iter().find(|name| CHECKS.iter().all(|check| check.name != name.as_str())) {
        return Err(format!("no check named `{unknown}`; `cargo xtask check --list` tells them"));
    }
    let mut failed = Vec::new();
    for check in CHECKS.iter().filter(|check| names.is_empty() || names.iter().any(|name| name == check.name)) {
        let start = Instant::now();
        let verdict = (check.run)().unwrap_or_else(Verdict::Failed);
        if matches!(verdict, Verdict::Failed(_)) {
            failed.push(check.name);
        }
        show(check.name, &verdict, start.elapsed());
    }
    if failed.is_empty() {
        return Ok(true);
    }
    println!("\n{} of the checks failed: {}", failed.len(), failed.join(", "));
    Ok(false)
}

fn show(name: &str, verdict: &Verdict, took: Duration) {
    let seconds = took.as_secs_f64();
    match verdict {
        Verdict::Passed(words) => show_lines(&format!("ok    {name:<13} {seconds:>6.1} s"), words),
        Verdict::Failed(problems) => {
            println!("FAIL  {name:<13} {seconds:>6.1} s");
            for line in problems.lines() {
                println!("      {line}");
            }
        }
    }
}

/// The first line of the words stands behind the head, the others below.
fn show_lines(head: &str, words: &str) {
    let mut lines = words.lines();
    println!("{head}  {}", lines.next().unwrap_or_default());
    for line in lines {
        println!("      {line}");
    }
}
