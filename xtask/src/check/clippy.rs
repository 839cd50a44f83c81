//! `cargo clippy` over all crates and all targets; a warning is a failure.

use super::Verdict;
use crate::process::{capture, cargo};
use crate::workspace;

pub(super) fn check() -> Result<Verdict, String> {
    let arguments = ["clippy", "--workspace", "--all-targets", "--locked", "--quiet", "--", "-D", "warnings"];
    let answer = capture(&workspace::root(), &cargo(), &arguments)?;
    if answer.success {
        return Ok(Verdict::Passed(String::new()));
    }
    Ok(Verdict::Failed(answer.text()))
}
