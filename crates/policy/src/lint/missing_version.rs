use super::{Group, Rule, Subject};
use crate::policy::Version;
use crate::problem::Problem;
use crate::span::Span;

pub(super) const RULE: Rule = Rule {
    name: "old-version",
    summary: "no `Version`, or the old one: `${…}` is plain text in it",
    group: Group::Mistake,
    check,
};

fn check(subject: &Subject<'_>, problems: &mut Vec<Problem>) {
    let policy = subject.policy;
    if policy.version() == Version::V2012 {
        return;
    }
    let (span, message) = match policy.declared_version {
        None => (Span::new(0, 1), "the policy has no `Version`, so AWS reads it as 2008-10-17".to_owned()),
        Some(version) => {
            (version.span, format!("version `{}` of the language does not know policy variables", version.value))
        }
    };
    let texts = policy.statements.iter().flat_map(|statement| {
        let resources = statement.resource.iter().flat_map(|clause| clause.patterns());
        resources
            .chain(statement.conditions.iter().flat_map(|condition| condition.values.iter().map(|value| value.text())))
    });
    let problem = match texts.into_iter().find(|text| text.contains("${")) {
        Some(text) => Problem::warning(RULE.name, span, format!("{message}; `{text}` matches only that very text")),
        None => Problem::new(crate::Severity::Advice, RULE.name, span, message),
    };
    problems.push(problem.help("write \"Version\": \"2012-10-17\""));
}
