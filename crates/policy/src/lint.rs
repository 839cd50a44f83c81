//! What can be said against a policy without running it. One rule is one file.
//!
//! Grammar rules find what AWS refuses (or takes and ignores); the others give advice.

mod action_form;
mod allow_not_action;
mod condition_value;
mod covered_pattern;
mod empty_list;
mod missing_version;
mod principal;
mod privilege_escalation;
mod public_principal;
mod resource_form;
mod resource_mismatch;
mod resource_missing;
mod sid;
mod size;
mod statement_missing;
mod unknown_action;
mod unknown_key;
mod unknown_operator;
mod wide_write;

use crate::policy::Policy;
use crate::problem::Problem;

/// What a policy is used as; each kind has elements of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Attached to a user, group, role or permission set.
    Identity,
    /// On a resource: has principals.
    Resource,
    /// A role's trust policy: has principals and no resource.
    Trust,
    /// An organization's service control policy.
    ServiceControl,
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// What it is used as.
    pub kind: Kind,
    /// Most bytes without whitespace it may have, if that matters where it is used.
    pub limit: Option<usize>,
}

/// What kind of thing a rule finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// What AWS refuses when it stores the policy, or takes and ignores.
    Grammar,
    /// What is most likely not meant.
    Mistake,
    /// What a reviewer would ask about: rights that are wide, dangerous or said twice.
    Review,
}

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Stable name; problems carry it.
    pub name: &'static str,
    /// What it finds, in one line.
    pub summary: &'static str,
    /// What kind of thing it finds.
    pub group: Group,
    check: fn(&Subject<'_>, &mut Vec<Problem>),
}

/// All rules, in the order they run.
pub const RULES: [&Rule; 19] = [
    &statement_missing::RULE,
    &missing_version::RULE,
    &sid::RULE,
    &principal::RULE,
    &action_form::RULE,
    &resource_missing::RULE,
    &resource_form::RULE,
    &empty_list::RULE,
    &unknown_operator::RULE,
    &condition_value::RULE,
    &size::RULE,
    &unknown_action::RULE,
    &unknown_key::RULE,
    &resource_mismatch::RULE,
    &covered_pattern::RULE,
    &allow_not_action::RULE,
    &public_principal::RULE,
    &wide_write::RULE,
    &privilege_escalation::RULE,
];

/// Runs the grammar rules: would AWS take this as a policy of this kind?
#[must_use]
pub fn check(policy: &Policy, kind: Kind) -> Vec<Problem> {
    run(&Subject { policy, kind, limit: None }, |rule| rule.group == Group::Grammar)
}

/// Runs the rules that find mistakes, those of grammar included.
#[must_use]
pub fn lint(subject: &Subject<'_>) -> Vec<Problem> {
    run(subject, |rule| rule.group != Group::Review)
}

/// Runs all rules.
#[must_use]
pub fn review(subject: &Subject<'_>) -> Vec<Problem> {
    run(subject, |_| true)
}

fn run(subject: &Subject<'_>, wanted: impl Fn(&Rule) -> bool) -> Vec<Problem> {
    let mut problems = Vec::new();
    for rule in RULES {
        if wanted(rule) {
            (rule.check)(subject, &mut problems);
        }
    }
    problems.sort_by_key(|problem| problem.span);
    problems
}
