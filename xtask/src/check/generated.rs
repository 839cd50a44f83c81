//! Files that the binary prints are committed, so that editors and readers have them; here they are compared.

use super::Verdict;
use crate::generate;

pub(super) fn check() -> Result<Verdict, String> {
    let stale = generate::stale()?;
    if stale.is_empty() {
        return Ok(Verdict::Passed(String::new()));
    }
    let names: Vec<String> = stale.iter().map(|path| format!("{path} is not what the binary prints")).collect();
    Ok(Verdict::Failed(format!("{}\nput right by: cargo xtask generate", names.join("\n"))))
}
