//! What a figure is held against.

use std::fmt;

/// A goal, and whether it was reached.
pub struct Goal {
    /// What is measured, where.
    pub what: String,
    /// What was found, and what was wanted.
    pub found: String,
    /// Whether it was reached; none where the goal is not set for this size.
    pub met: Option<bool>,
}

impl Goal {
    /// A goal of this run.
    pub fn new(what: impl Into<String>, found: impl Into<String>, met: bool) -> Self {
        Self { what: what.into(), found: found.into(), met: Some(met) }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = match self.met {
            Some(true) => "PASS",
            Some(false) => "FAIL",
            None => "-   ",
        };
        write!(formatter, "  {verdict}  {}\n        {}", self.what, self.found)
    }
}
