//! `cargo fmt --check`, for the workspace and for the fuzz targets beside it.

use super::Verdict;
use crate::process::{capture, cargo};
use crate::workspace;

pub(super) fn check() -> Result<Verdict, String> {
    let root = workspace::root();
    let mut files = Vec::new();
    // `--all` follows paths: beside the workspace it would read everything twice.
    for (folder, packages) in [(root.clone(), "--all"), (root.join("fuzz"), "--package=sekisho-fuzz")] {
        let answer = capture(&folder, &cargo(), &["fmt", packages, "--", "--check", "-l"])?;
        if !answer.success && answer.stdout.is_empty() {
            return Ok(Verdict::Failed(answer.text()));
        }
        let prefix = format!("{}/", root.display());
        files.extend(answer.stdout.lines().map(|file| file.trim_start_matches(&prefix).to_owned()));
    }
    files.sort();
    files.dedup();
    if files.is_empty() {
        return Ok(Verdict::Passed(String::new()));
    }
    Ok(Verdict::Failed(format!("{}\nput right by: cargo fmt --all", files.join("\n"))))
}
