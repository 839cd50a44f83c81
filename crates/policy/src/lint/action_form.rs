use super::{Group, Rule, Subject};
use crate::problem::Problem;
use crate::span::Text;

pub(super) const RULE: Rule = Rule {
    name: "action-form",
    summary: "an action that is not of the form `service:Name`",
    group: Group::Grammar,
    check,
};

fn check(subject: &Subject<'_>, problems: &mut Vec<Problem>) {
    for action in subject.policy.statements.iter().flat_map(|statement| &statement.action.values) {
        if let Some(help) = complaint(action) {
            let problem = Problem::error(RULE.name, action.span, format!("`{}` is no action", action.value));
            problems.push(problem.help(help));
        }
    }
}

/// What to do about an action that is none.
pub(super) fn complaint(action: &Text) -> Option<String> {
    if action.as_str() == "*" {
        return None;
    }
    let Some((service, name)) = action.split_once(':') else {
        return Some("an action is `service:Name`, such as `s3:GetObject`, or `*` for all".to_owned());
    };
    let trimmed = action.trim();
    if trimmed != action.as_str() {
        return Some(format!("remove the spaces around it: \"{trimmed}\""));
    }
    if name.is_empty() {
        return Some(format!("write `{service}:*` for all actions of the service"));
    }
    let service_fits = !service.is_empty() && service.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !service_fits && action.as_str() != "*:*" {
        return Some("the service before the colon is written out, without wildcards".to_owned());
    }
    let name_fits = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'*' | b'?' | b'-' | b'_'));
    (!name_fits).then(|| "an action's name has letters, digits, `*` and `?`".to_owned())
}
