use std::collections::HashMap;

use super::{Group, Rule, Subject};
use crate::catalogue;
use crate::compare::overlap::can_meet;
use crate::pattern::{Dialect, Pattern, Reading};
use crate::policy::{Clause, Statement, Version};
use crate::problem::Problem;
use crate::span::Text;

pub(super) const RULE: Rule = Rule {
    name: "resource-mismatch",
    summary: "an action that none of its statement's resources fits, so that the statement does nothing for it",
    group: Group::Review,
    check,
};

fn check(subject: &Subject<'_>, problems: &mut Vec<Problem>) {
    for statement in &subject.policy.statements {
        let Some(resource) = statement.resource.as_ref().filter(|clause| !clause.negated) else { continue };
        if statement.action.negated || resource.patterns().any(|text| text == "*") {
            continue;
        }
        check_statement(statement, resource, subject.policy.version(), problems);
    }
}

fn check_statement(statement: &Statement, resource: &Clause, version: Version, problems: &mut Vec<Problem>) {
    // a type's wildcards stand for names, never for several parts of an ARN
    let compile = |text: &str| Pattern::compile(text, Dialect::resource(version, Reading::Segments));
    let resources: Vec<Pattern> = resource.patterns().map(compile).collect();
    // many actions share their resource types
    let mut known: HashMap<&str, bool> = HashMap::new();
    for text in &statement.action.values {
        // a wildcard is taken as meant for those of its actions that fit
        let Some(action) = catalogue::find(text) else { continue };
        if action.resources().next().is_none() {
            let message = format!("`{}` knows no resources: only `\"Resource\": \"*\"` allows it", text.value);
            problems
                .push(Problem::warning(RULE.name, text.span, message).related(resource.place.span, "these resources"));
            continue;
        }
        let fits = action.resources().any(|kind| {
            *known.entry(kind).or_insert_with(|| {
                let kind = compile(kind);
                resources.iter().any(|pattern| can_meet(&kind, pattern))
            })
        });
        if !fits {
            problems.push(mismatch(text, resource, &action.resources().collect::<Vec<_>>()));
        }
    }
}

fn mismatch(action: &Text, resource: &Clause, types: &[&str]) -> Problem {
    let message = format!("none of the resources fits `{}`", action.value);
    let shown: Vec<String> = types.iter().take(3).map(|text| format!("`{text}`")).collect();
    let problem = Problem::warning(RULE.name, action.span, message).related(resource.place.span, "these resources");
    problem.help(format!("it is for {} (catalogue of {})", shown.join(", "), catalogue::date()))
}
