//! The checker: reviews a plan, whoever made it, and refuses it where a rule is broken.
//!
//! One rule a file. The rules decide with code of their own, so that a bug of the planner has to get past them as well.

mod account_not_active;
mod context;
mod effect;
mod empty_directory;
mod equals_declared;
mod excuse;
mod format;
mod guard_permission_set_deletions;
mod guard_withdrawals;
mod lockout;
mod missing;
mod observation_changed;
mod order;
mod ownership;
mod protected;
mod quotas;
mod removal_on_unknown;
mod reserved;
mod scope;
mod source;
mod unresolved;

use model::finding::{Finding, Severity};
use model::rules::Rules;
use model::{Declared, Observed, Plan};

use context::Context;

/// A rule of the checker.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Stable name in kebab case; [`Finding::rule`] says it.
    pub name: &'static str,
    /// What it refuses, in one sentence.
    pub summary: &'static str,
    check: fn(&Context<'_>) -> Vec<Finding>,
}

/// All rules, in the order of their findings.
pub const RULES: &[Rule] = &[
    format::RULE,
    observation_changed::RULE,
    effect::RULE,
    source::RULE,
    order::RULE,
    scope::RULE,
    removal_on_unknown::RULE,
    unresolved::RULE,
    empty_directory::RULE,
    ownership::RULE,
    reserved::RULE,
    protected::RULE,
    account_not_active::RULE,
    lockout::RULE,
    guard_withdrawals::RULE,
    guard_permission_set_deletions::RULE,
    quotas::RULE,
    equals_declared::RULE,
];

/// Findings of one rule that are told one by one.
const TOLD: usize = 20;

/// Reviews a plan against an observation, what is declared and the rules. A finding of [`Severity::Refusal`] stops the
/// run before its first write.
#[must_use]
pub fn check(plan: &Plan, observed: &Observed, declared: &Declared, rules: &Rules) -> Vec<Finding> {
    let context = Context::new(plan, observed, declared, rules);
    let mut findings = Vec::new();
    for rule in RULES {
        let mut found = (rule.check)(&context);
        if let Some(more) = found.len().checked_sub(TOLD).filter(|more| *more > 0) {
            let severity = found.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Refusal);
            found.truncate(TOLD);
            found.push(Finding {
                rule: rule.name.to_owned(),
                severity,
                message: format!("and {more} more of this kind"),
                help: None,
                source: None,
            });
        }
        findings.append(&mut found);
    }
    findings
}

impl Rule {
    /// A finding that refuses the plan.
    fn refusal(&self, message: impl Into<String>) -> Finding {
        Finding {
            rule: self.name.to_owned(),
            severity: Severity::Refusal,
            message: message.into(),
            help: None,
            source: None,
        }
    }

    /// The same, with what to do.
    fn refusal_with_help(&self, message: impl Into<String>, help: impl Into<String>) -> Finding {
        Finding { help: Some(help.into()), ..self.refusal(message) }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::testing::World;

    /// The rules that refuse the plan, each once.
    pub(crate) fn refused(world: &World, plan: &Plan) -> Vec<String> {
        let mut rules: Vec<String> = world
            .check(plan)
            .into_iter()
            .filter(|finding| finding.severity == Severity::Refusal)
            .map(|finding| finding.rule)
            .collect();
        rules.dedup();
        rules
    }

    #[test]
    fn rules_have_distinct_names_and_say_what_they_refuse() {
        let names: std::collections::BTreeSet<&str> = RULES.iter().map(|rule| rule.name).collect();
        assert_eq!(names.len(), RULES.len());
        assert!(RULES.iter().all(|rule| !rule.summary.is_empty() && !rule.summary.ends_with('.')));
    }
}
