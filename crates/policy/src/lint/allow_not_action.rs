use super::{Group, Rule, Subject};
use crate::policy::Effect;
use crate::problem::Problem;

pub(super) const RULE: Rule = Rule {
    name: "allow-not-action",
    summary: "an Allow with `NotAction` or `NotResource`, which also allows what AWS will add",
    group: Group::Review,
    check,
};

fn check(subject: &Subject<'_>, problems: &mut Vec<Problem>) {
    for statement in subject.policy.statements.iter().filter(|statement| statement.effect.value == Effect::Allow) {
        let clauses = [("NotAction", Some(&statement.action)), ("NotResource", statement.resource.as_ref())];
        for (element, clause) in clauses {
            if let Some(clause) = clause.filter(|clause| clause.negated) {
                let message = format!("an Allow with `{element}` allows everything else, also what does not exist yet");
                let problem = Problem::warning(RULE.name, clause.place.span, message);
                problems.push(problem.help("name what is allowed, or put the exception into a Deny"));
            }
        }
    }
}
