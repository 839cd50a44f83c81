//! `cargo shear`: dependencies that are declared and not used.

use super::Verdict;
use crate::process::{capture, cargo};
use crate::workspace;

pub(super) fn check() -> Result<Verdict, String> {
    let answer = capture(&workspace::root(), &cargo(), &["shear"])?;
    if answer.success {
        return Ok(Verdict::Passed(String::new()));
    }
    if answer.stderr.contains("no such command") {
        return Ok(Verdict::Failed(
            "`cargo shear` is missing; install it: cargo install --locked cargo-shear".to_owned(),
        ));
    }
    Ok(Verdict::Failed(answer.text()))
}
