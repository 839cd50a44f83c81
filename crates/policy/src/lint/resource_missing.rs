use super::{Group, Kind, Rule, Subject};
use crate::problem::Problem;
use crate::span::Span;

pub(super) const RULE: Rule = Rule {
    name: "resource",
    summary: "a statement without `Resource`, or a trust policy with one",
    group: Group::Grammar,
    check,
};

fn check(subject: &Subject<'_>, problems: &mut Vec<Problem>) {
    for (index, statement) in subject.policy.statements.iter().enumerate() {
        match (&statement.resource, subject.kind) {
            (None, Kind::Identity | Kind::ServiceControl) => {
                let start = statement.place.span.start;
                let message = format!("{} has neither `Resource` nor `NotResource`", statement.label(index));
                let problem = Problem::error(RULE.name, Span::new(start, start + 1), message);
                problems.push(problem.help("add \"Resource\": \"*\" if it is about all resources"));
            }
            (Some(resource), Kind::Trust) => {
                let problem = Problem::error(RULE.name, resource.place.span, "a trust policy has no `Resource`");
                problems.push(problem.help("the resource is the role itself: remove the element"));
            }
            _ => {}
        }
    }
}
