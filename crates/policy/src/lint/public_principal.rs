use super::{Group, Kind, Rule, Subject};
use crate::policy::{Effect, Principal};
use crate::problem::Problem;

pub(super) const RULE: Rule =
    Rule { name: "public-principal", summary: "an Allow for everyone, without condition", group: Group::Review, check };

fn check(subject: &Subject<'_>, problems: &mut Vec<Problem>) {
    if !matches!(subject.kind, Kind::Resource | Kind::Trust) {
        return;
    }
    for statement in subject
        .policy
        .statements
        .iter()
        .filter(|statement| statement.effect.value == Effect::Allow && statement.conditions.is_empty())
    {
        let Some(clause) = &statement.principal else { continue };
        let everyone = match &clause.who {
            Principal::Everyone => true,
            Principal::Listed(listed) => {
                listed.iter().any(|(kind, values)| kind.value == "AWS" && values.iter().any(|text| text.value == "*"))
            }
        };
        if everyone || clause.negated {
            let problem = Problem::warning(RULE.name, clause.place.span, "everyone in the world is allowed this");
            problems.push(problem.help("name accounts or roles, or add a condition such as `aws:PrincipalOrgID`"));
        }
    }
}
