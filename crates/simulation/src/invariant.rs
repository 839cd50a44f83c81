//! What must hold whatever happens. Each rule looks at what really happened and at what was declared; none of them asks the planner, the
//! checker or the executor.

mod access;
mod claimed;
mod convergence;
mod declared;
mod duplicate;
mod guard;
mod journal;
mod ownership;
mod quiet;
mod stale;

use std::fmt;

use crate::evidence::Evidence;
use crate::scenario::Scenario;

/// A rule that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Name of the rule.
    pub invariant: &'static str,
    /// What happened, in words.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.invariant, self.what)
    }
}

type Found = Result<(), String>;
type Rule = (&'static str, fn(&Evidence<'_>, &Scenario) -> Found);

/// Rules that hold at every time, by name.
const ALWAYS: [Rule; 9] = [
    ("declared", declared::check),
    ("access", access::check),
    ("ownership", ownership::check),
    ("guard", guard::check),
    ("claimed", claimed::check),
    ("journal", journal::check),
    ("duplicate", duplicate::check),
    ("stale", stale::check),
    ("quiet", quiet::check),
];

/// Names of all rules.
#[must_use]
pub fn names() -> Vec<&'static str> {
    ALWAYS.iter().map(|(name, _)| *name).chain(["convergence", "known-end"]).collect()
}

/// Holds what has happened so far against the rules.
pub(crate) fn check(evidence: &Evidence<'_>, scenario: &Scenario) -> Result<(), Violation> {
    let asked = |rule: &&Rule| scenario.rule.is_none_or(|only| only == rule.0);
    ALWAYS
        .iter()
        .filter(asked)
        .try_for_each(|(invariant, rule)| rule(evidence, scenario).map_err(|what| Violation { invariant, what }))
}

/// Holds the end against what was declared.
pub(crate) fn check_at_rest(evidence: &Evidence<'_>, scenario: &Scenario, unfinished: usize) -> Result<(), Violation> {
    let asked = |name: &str| scenario.rule.is_none_or(|only| only == name);
    if asked("known-end") {
        journal::check_at_rest(evidence, unfinished).map_err(|what| Violation { invariant: "known-end", what })?;
    }
    if asked("convergence") {
        convergence::check(evidence).map_err(|what| Violation { invariant: "convergence", what })?;
    }
    Ok(())
}
