use super::{Group, Kind, Rule, Subject};
use crate::problem::Problem;

pub(super) const RULE: Rule = Rule {
    name: "principal",
    summary: "a principal where none may stand, or none where one must",
    group: Group::Grammar,
    check,
};

fn check(subject: &Subject<'_>, problems: &mut Vec<Problem>) {
    let wants_principal = matches!(subject.kind, Kind::Resource | Kind::Trust);
    for (index, statement) in subject.policy.statements.iter().enumerate() {
        match &statement.principal {
            Some(clause) if !wants_principal => {
                let element = if clause.negated { "NotPrincipal" } else { "Principal" };
                let message = format!("`{element}` is not allowed in a policy of this kind");
                let problem = Problem::error(RULE.name, clause.place.span, message);
                problems.push(problem.help("the principal is whoever the policy is attached to: remove the element"));
            }
            None if wants_principal => {
                let message = format!("{} has no `Principal`", statement.label(index));
                problems.push(Problem::error(RULE.name, statement.place.span, message));
            }
            _ => {}
        }
    }
}
