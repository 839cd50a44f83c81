//! Programs this tool calls.

use std::path::Path;
use std::process::Command;

/// What a program said and how it ended.
pub(crate) struct Finished {
    /// It ended with exit code 0.
    pub(crate) success: bool,
    /// Its standard output.
    pub(crate) stdout: String,
    /// Its standard error.
    pub(crate) stderr: String,
}

impl Finished {
    /// Both outputs, standard error last, without blank ends.
    pub(crate) fn text(&self) -> String {
        format!("{}\n{}", self.stdout.trim_end(), self.stderr.trim_end()).trim().to_owned()
    }
}

/// Cargo as this tool was started by it, so that a chosen toolchain stays chosen.
pub(crate) fn cargo() -> String {
    environment("CARGO").unwrap_or_else(|| "cargo".to_owned())
}

/// A variable of the environment, when it is set and readable.
#[expect(clippy::disallowed_methods, reason = "a developer's tool owns its environment")]
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Runs a program to its end and keeps what it prints.
///
/// # Errors
/// When it cannot be started; the message says so in words.
pub(crate) fn capture(directory: &Path, program: &str, arguments: &[&str]) -> Result<Finished, String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(directory)
        .output()
        .map_err(|error| format!("`{program}` cannot be started: {error}"))?;
    Ok(Finished {
        success: output.status.success(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// Runs a program with this one's terminal; true when it ended with exit code 0.
///
/// # Errors
/// When it cannot be started.
pub(crate) fn watch(
    directory: &Path,
    program: &str,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> Result<bool, String> {
    let status = Command::new(program)
        .args(arguments)
        .envs(variables.iter().copied())
        .current_dir(directory)
        .status()
        .map_err(|error| format!("`{program}` cannot be started: {error}"))?;
    Ok(status.success())
}
