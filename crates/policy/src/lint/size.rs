use super::{Group, Rule, Subject};
use crate::problem::Problem;
use crate::span::Span;

pub(super) const RULE: Rule =
    Rule { name: "size", summary: "a policy larger than its place allows", group: Group::Mistake, check };

fn check(subject: &Subject<'_>, problems: &mut Vec<Problem>) {
    let Some(limit) = subject.limit else { return };
    let size = subject.policy.size();
    if size > limit {
        let message = format!("the policy has {size} bytes without whitespace; {limit} are allowed");
        let spare = size - subject.policy.without_names().size();
        let help = if spare > 0 {
            format!("its names (`Id`, `Sid`) alone take {spare} bytes")
        } else {
            "merge statements, or split it".to_owned()
        };
        problems.push(Problem::error(RULE.name, Span::new(0, 1), message).help(help));
    }
}
