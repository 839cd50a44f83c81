use super::{Group, Rule, Subject};
use crate::nearest::{did_you_mean, nearest};
use crate::operator::{Comparison, Operator};
use crate::problem::Problem;

pub(super) const RULE: Rule = Rule {
    name: "unknown-operator",
    summary: "a condition operator that does not exist",
    group: Group::Grammar,
    check,
};

fn check(subject: &Subject<'_>, problems: &mut Vec<Problem>) {
    let mut last = None;
    for condition in subject.policy.statements.iter().flat_map(|statement| &statement.conditions) {
        // an operator with several keys is several conditions
        let same_as_last = last.replace(condition.operator.span) == Some(condition.operator.span)
            && !condition.operator.span.is_empty();
        if same_as_last {
            continue;
        }
        match Operator::parse(&condition.operator) {
            None => {
                let problem = Problem::error(
                    RULE.name,
                    condition.operator.span,
                    format!("no condition operator `{}`", condition.operator.value),
                );
                problems.push(problem.maybe_help(suggestion(&condition.operator)));
            }
            Some(known) if known.to_string() != condition.operator.value => {
                let problem = Problem::warning(
                    RULE.name,
                    condition.operator.span,
                    format!("the operator `{}` is written `{known}`", condition.operator.value),
                );
                problems.push(problem.help(format!("write \"{known}\"")));
            }
            Some(_) => {}
        }
    }
}

fn suggestion(operator: &str) -> Option<String> {
    let (prefix, rest) = operator.split_once(':').map_or((None, operator), |(prefix, rest)| (Some(prefix), rest));
    if rest.eq_ignore_ascii_case("NullIfExists") {
        return Some("`Null` itself asks whether the key exists: leave out `IfExists`".to_owned());
    }
    let (name, suffix) = rest.strip_suffix("IfExists").map_or((rest, ""), |name| (name, "IfExists"));
    let prefix = match prefix {
        None => String::new(),
        Some(prefix) => format!("{}:", nearest(prefix, ["ForAnyValue", "ForAllValues"], 1).first()?),
    };
    let candidates = nearest(name, Comparison::ALL.map(Comparison::name), 2);
    let full: Vec<String> = candidates.iter().map(|name| format!("{prefix}{name}{suffix}")).collect();
    did_you_mean(&full.iter().map(String::as_str).collect::<Vec<_>>())
}
