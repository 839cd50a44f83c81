use super::{Group, Rule, Subject};
use crate::problem::Problem;

pub(super) const RULE: Rule = Rule {
    name: "empty-list",
    summary: "a list without values, which makes its statement do nothing or everything",
    group: Group::Grammar,
    check,
};

fn check(subject: &Subject<'_>, problems: &mut Vec<Problem>) {
    for statement in &subject.policy.statements {
        let clauses = [("Action", Some(&statement.action)), ("Resource", statement.resource.as_ref())];
        for (element, clause) in clauses.into_iter().filter_map(|(element, clause)| Some((element, clause?))) {
            if !clause.values.is_empty() {
                continue;
            }
            let message = if clause.negated {
                format!("`Not{element}` is an empty list: the statement is about everything")
            } else {
                format!("`{element}` is an empty list: the statement is about nothing")
            };
            problems.push(
                Problem::warning(RULE.name, clause.place.span, message).help("fill the list, or remove the statement"),
            );
        }
        for condition in statement.conditions.iter().filter(|condition| condition.values.is_empty()) {
            let message = format!("the condition on `{}` has no values", condition.key.value);
            problems.push(
                Problem::warning(RULE.name, condition.key.span, message).help("fill the list, or remove the condition"),
            );
        }
    }
}
