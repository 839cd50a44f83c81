//! What the checker, and the planner's warnings, have to say.

use serde::{Deserialize, Serialize};

use crate::declared::Source;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Probably not what is wanted.
    Warning,
    /// The plan is refused: nothing is written.
    Refusal,
}

/// One thing to know about a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule that says it, in kebab case: `guard-withdrawals`. Stable; documented one by one.
    pub rule: String,
    /// How much it weighs.
    pub severity: Severity,
    /// One sentence, lower case, no full stop.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// The declaration it is about.
    pub source: Option<Source>,
}
