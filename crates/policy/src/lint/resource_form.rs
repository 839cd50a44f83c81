use super::{Group, Rule, Subject};
use crate::problem::Problem;

pub(super) const RULE: Rule =
    Rule { name: "resource-form", summary: "a resource that is neither an ARN nor `*`", group: Group::Grammar, check };

fn check(subject: &Subject<'_>, problems: &mut Vec<Problem>) {
    for resource in subject
        .policy
        .statements
        .iter()
        .filter_map(|statement| statement.resource.as_ref())
        .flat_map(|clause| &clause.values)
    {
        if let Some(help) = complaint(resource) {
            let problem = Problem::error(RULE.name, resource.span, format!("`{}` is no resource", resource.value));
            problems.push(problem.help(help));
        }
    }
}

fn complaint(resource: &str) -> Option<String> {
    if resource == "*" {
        return None;
    }
    let trimmed = resource.trim();
    if trimmed != resource {
        return Some(format!("remove the spaces around it: \"{trimmed}\""));
    }
    let form =
        "an ARN is `arn:partition:service:region:account:resource`, such as `arn:aws:s3:::bucket/*`; `*` means all";
    if !resource.starts_with("arn:") {
        return Some(form.to_owned());
    }
    // a wildcard or a variable may stand for several of the six parts
    let open = resource.contains(['*', '?']) || resource.contains("${");
    (!open && resource.split(':').count() < 6).then(|| form.to_owned())
}
