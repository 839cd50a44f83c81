//! placeholder
use std::path::Path;
pub(crate) fn run(_npm: Option<&Path>, _python: Option<&Path>) {}
