//! The simulation: the crate `simulation` runs it; this only builds and starts it, so that the tool itself stays light.

use crate::process::{cargo, watch};
use crate::workspace;

/// Runs seeds; true when none of them fails.
///
/// # Errors
/// When it cannot be started.
pub(crate) fn run(arguments: &[String]) -> Result<bool, String> {
    let mut all = vec!["run", "--release", "--quiet", "--package", "simulation", "--"];
    all.extend(arguments.iter().map(String::as_str));
    watch(&workspace::root(), &cargo(), &all, &[])
}
