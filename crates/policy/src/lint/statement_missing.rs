use super::{Group, Rule, Subject};
use crate::problem::Problem;
use crate::span::Span;

pub(super) const RULE: Rule =
    Rule { name: "no-statement", summary: "a policy without a single statement", group: Group::Grammar, check };

fn check(subject: &Subject<'_>, problems: &mut Vec<Problem>) {
    if subject.policy.statements.is_empty() {
        let problem = Problem::error(RULE.name, Span::new(0, 1), "the policy has no statement");
        problems.push(problem.help("a policy needs at least one; to allow nothing, leave the policy out"));
    }
}
