//! `typos` over everything that is committed; what it must not mend is in `_typos.toml`.

use super::Verdict;
use crate::{process::capture, workspace};

pub(super) fn check() -> Result<Verdict, String> {
    let Ok(answer) = capture(&workspace::root(), "typos", &["--format", "brief", "--hidden"]) else {
        return Ok(Verdict::Failed(
            "`typos` is missing; install it: pip install typos, or cargo install typos-cli".to_owned(),
        ));
    };
    if answer.success {
        return Ok(Verdict::Passed(String::new()));
    }
    Ok(Verdict::Failed(format!("{}\na word that is right goes into _typos.toml", answer.text())))
}
