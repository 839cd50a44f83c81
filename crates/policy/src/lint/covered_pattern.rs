use super::{Group, Rule, Subject};
use crate::compare::containment::is_within;
use crate::pattern::{Dialect, Pattern, Reading};
use crate::policy::Clause;
use crate::problem::Problem;

pub(super) const RULE: Rule = Rule {
    name: "covered-pattern",
    summary: "an action or resource that another one of the same list covers",
    group: Group::Review,
    check,
};

fn check(subject: &Subject<'_>, problems: &mut Vec<Problem>) {
    let resources = Dialect::resource(subject.policy.version(), Reading::Crossing);
    for statement in &subject.policy.statements {
        clause(&statement.action, Dialect { fold: false, ..Dialect::ACTION }, true, problems);
        if let Some(resource) = &statement.resource {
            clause(resource, resources, false, problems);
        }
    }
}

fn clause(clause: &Clause, dialect: Dialect, lower: bool, problems: &mut Vec<Problem>) {
    let compile = |text: &str| Pattern::compile(&if lower { text.to_lowercase() } else { text.to_owned() }, dialect);
    let compiled: Vec<Pattern> = clause.patterns().map(compile).collect();
    let entries: Vec<(&crate::Text, &Pattern)> = clause.values.iter().zip(&compiled).collect();
    for (index, (text, pattern)) in entries.iter().enumerate() {
        let covers = |(other, (_, outer)): &(usize, &(&crate::Text, &Pattern))| {
            // of two that say the same, the later one is too many
            *other != index && is_within(pattern, outer) && (*other < index || !is_within(outer, pattern))
        };
        if let Some((_, (by, _))) = entries.iter().enumerate().find(covers) {
            let message = format!("`{}` is covered by `{}`", text.value, by.value);
            let problem = Problem::new(crate::Severity::Advice, RULE.name, text.span, message);
            problems.push(problem.related(by.span, "covered here").help("remove it"));
        }
    }
}
