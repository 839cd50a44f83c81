use std::collections::HashMap;

use super::{Group, Kind, Rule, Subject};
use crate::problem::Problem;
use crate::span::Span;

pub(super) const RULE: Rule = Rule {
    name: "sid",
    summary: "a `Sid` that stands twice or has characters AWS refuses",
    group: Group::Grammar,
    check,
};

fn check(subject: &Subject<'_>, problems: &mut Vec<Problem>) {
    // resource policies of some services take any text as Sid
    let strict = matches!(subject.kind, Kind::Identity | Kind::ServiceControl);
    let mut seen: HashMap<&str, Span> = HashMap::new();
    for sid in subject.policy.statements.iter().filter_map(|statement| statement.sid.as_ref()) {
        if strict && !sid.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let problem = Problem::error(RULE.name, sid.span, format!("`{}` is no valid `Sid`", sid.value));
            let kept: String = sid.chars().filter(char::is_ascii_alphanumeric).collect();
            let help =
                if kept.is_empty() { "leave it out: it has no effect".to_owned() } else { format!("write \"{kept}\"") };
            problems.push(problem.help(format!("only letters A-Z, a-z and digits are allowed; {help}")));
        }
        if sid.is_empty() {
            continue;
        }
        if let Some(first) = seen.get(sid.as_str()) {
            let problem = Problem::error(RULE.name, sid.span, format!("the `Sid` `{}` stands here twice", sid.value));
            problems.push(
                problem.related(*first, "first").help("a `Sid` must be unique in its policy; it may be left out"),
            );
        } else {
            seen.insert(sid, sid.span);
        }
    }
}
