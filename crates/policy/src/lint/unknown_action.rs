use super::{Group, Rule, Subject, action_form};
use crate::catalogue;
use crate::glob;
use crate::nearest::{did_you_mean, nearest};
use crate::problem::Problem;
use crate::span::Text;

pub(super) const RULE: Rule = Rule {
    name: "unknown-action",
    summary: "a service or action that the catalogue does not know, or a wildcard that matches none",
    group: Group::Mistake,
    check,
};

fn check(subject: &Subject<'_>, problems: &mut Vec<Problem>) {
    for action in subject.policy.statements.iter().flat_map(|statement| &statement.action.values) {
        problems.extend(complaint(action));
    }
}

fn complaint(action: &Text) -> Option<Problem> {
    let (prefix, name) = action.split_once(':')?;
    if prefix == "*" || action_form::complaint(action).is_some() {
        return None;
    }
    let Some(service) = catalogue::service(prefix) else {
        let names = catalogue::services().iter().map(|service| service.name);
        let message = format!("no service has the prefix `{prefix}` (catalogue of {})", catalogue::date());
        return Some(
            Problem::warning(RULE.name, action.span, message).maybe_help(did_you_mean(&nearest(prefix, names, 3))),
        );
    };
    if name.contains(['*', '?']) {
        let any = service.actions().iter().any(|known| glob::matches_ignore_case(name, known.name));
        return (!any).then(|| {
            let message = format!(
                "`{}` matches no action of {} (catalogue of {})",
                action.value,
                service.name,
                catalogue::date()
            );
            Problem::warning(RULE.name, action.span, message)
        });
    }
    if service.action(name).is_some() {
        return None;
    }
    let message = format!("no action `{}` is known (catalogue of {})", action.value, catalogue::date());
    let close = nearest(name, service.actions().iter().map(|known| known.name), 3);
    let close: Vec<String> = close.iter().map(|name| format!("{}:{name}", service.name)).collect();
    let close: Vec<&str> = close.iter().map(String::as_str).collect();
    Some(Problem::warning(RULE.name, action.span, message).maybe_help(did_you_mean(&close)))
}
