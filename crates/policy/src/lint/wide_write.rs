use super::{Group, Rule, Subject};
use crate::catalogue::{self, AccessLevel};
use crate::glob;
use crate::policy::Effect;
use crate::problem::Problem;

pub(super) const RULE: Rule = Rule {
    name: "wide-write",
    summary: "a wildcard that allows changes on all resources, without condition",
    group: Group::Review,
    check,
};

fn check(subject: &Subject<'_>, problems: &mut Vec<Problem>) {
    for statement in &subject.policy.statements {
        let everything = statement
            .resource
            .as_ref()
            .is_some_and(|clause| !clause.negated && clause.patterns().any(|text| text == "*"));
        if statement.effect.value == Effect::Deny
            || statement.action.negated
            || !everything
            || !statement.conditions.is_empty()
        {
            continue;
        }
        for text in statement.action.values.iter().filter(|text| text.contains(['*', '?'])) {
            if matches!(text.as_str(), "*" | "*:*") {
                let problem = Problem::warning(RULE.name, text.span, "this allows everything in the account");
                problems.push(problem.help("fit for administrators only; name the services otherwise"));
                continue;
            }
            let (changes, permissions) = counts(text);
            if changes + permissions > 0 {
                let also = if permissions > 0 {
                    format!(", {permissions} of them changing permissions")
                } else {
                    String::new()
                };
                let message = format!(
                    "`{}` allows {} changing actions on all resources{also}",
                    text.value,
                    changes + permissions
                );
                let problem = Problem::new(crate::Severity::Advice, RULE.name, text.span, message);
                problems.push(problem.help("name the actions, the resources, or add a condition"));
            }
        }
    }
}

/// How many actions of the catalogue the pattern matches that change things, and that change permissions.
fn counts(pattern: &str) -> (usize, usize) {
    let Some((service, name)) = pattern.split_once(':') else { return (0, 0) };
    let matching = catalogue::actions(service).iter().filter(|action| glob::matches_ignore_case(name, action.name));
    let levels: Vec<AccessLevel> = matching.map(|action| action.level).collect();
    let count = |wanted: AccessLevel| levels.iter().filter(|level| **level == wanted).count();
    (count(AccessLevel::Write), count(AccessLevel::PermissionsManagement))
}
