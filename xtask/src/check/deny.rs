//! `cargo deny`: what dependencies are licensed under, come from and are known to suffer from (deny.toml).

use super::Verdict;
use crate::process::{capture, cargo};
use crate::workspace;

pub(super) fn check() -> Result<Verdict, String> {
    let root = workspace::root();
    let answer = capture(&root, &cargo(), &["deny", "--log-level", "error", "check", "bans", "licenses", "sources"])?;
    if answer.stderr.contains("no such command") {
        return Ok(Verdict::Failed(
            "`cargo deny` is missing; install it: cargo install --locked cargo-deny".to_owned(),
        ));
    }
    if !answer.success {
        return Ok(Verdict::Failed(answer.text()));
    }
    // The database is a git repository: without a way to it the other three still count.
    let fetched = capture(&root, "timeout", &["60", &cargo(), "deny", "fetch", "db"]);
    if !fetched.is_ok_and(|fetched| fetched.success) {
        return Ok(Verdict::Passed(
            "bans, licences, sources; advisories skipped: their database cannot be fetched from here".to_owned(),
        ));
    }
    let advisories =
        capture(&root, &cargo(), &["deny", "--log-level", "error", "check", "--disable-fetch", "advisories"])?;
    if advisories.success {
        return Ok(Verdict::Passed("bans, licences, sources, advisories".to_owned()));
    }
    Ok(Verdict::Failed(advisories.text()))
}
