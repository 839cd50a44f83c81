use super::{Group, Rule, Subject};
use crate::operator::Comparison as C;
use crate::policy::Condition;
use crate::problem::Problem;
use crate::value;

pub(super) const RULE: Rule = Rule {
    name: "condition-value",
    summary: "a value its operator cannot read: a date, number, IP range, ARN or boolean that is none",
    group: Group::Grammar,
    check,
};

fn check(subject: &Subject<'_>, problems: &mut Vec<Problem>) {
    for condition in subject.policy.statements.iter().flat_map(|statement| &statement.conditions) {
        let Some(operator) = condition.parsed_operator() else { continue };
        for value in &condition.values {
            let text = value.text();
            if text.contains("${") {
                continue;
            }
            if let Some(wanted) = complaint(operator.comparison, text) {
                let message = format!("`{text}` is not {wanted}, which `{}` compares", condition.operator.value);
                problems.push(
                    Problem::error(RULE.name, value.span, message).maybe_help(help(operator.comparison, condition)),
                );
            }
        }
    }
}

fn complaint(comparison: C, text: &str) -> Option<&'static str> {
    let (fits, wanted) = match comparison.negates().unwrap_or(comparison) {
        C::Bool | C::Null => (text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false"), "true or false"),
        C::NumericEquals
        | C::NumericLessThan
        | C::NumericLessThanEquals
        | C::NumericGreaterThan
        | C::NumericGreaterThanEquals => (value::number(text).is_some(), "a number"),
        C::DateEquals | C::DateLessThan | C::DateLessThanEquals | C::DateGreaterThan | C::DateGreaterThanEquals => {
            (value::date(text).is_some(), "a date")
        }
        C::IpAddress => (value::IpRange::parse(text).is_some(), "an IP address or range"),
        C::ArnEquals | C::ArnLike => (text == "*" || text.starts_with("arn:") || text.starts_with('*'), "an ARN"),
        C::BinaryEquals => (value::is_base64(text), "base64"),
        _ => return None,
    };
    (!fits).then_some(wanted)
}

fn help(comparison: C, condition: &Condition) -> Option<String> {
    let text = match comparison.negates().unwrap_or(comparison) {
        C::DateEquals | C::DateLessThan | C::DateLessThanEquals | C::DateGreaterThan | C::DateGreaterThanEquals => {
            "write it as 2026-12-01T18:00:00Z, or as seconds since 1970".to_owned()
        }
        C::IpAddress => "write it as 203.0.113.0/24 or 2001:db8::/32".to_owned(),
        C::ArnEquals | C::ArnLike if condition.operator.contains("Not") => {
            "for other texts use `StringNotLike`".to_owned()
        }
        C::ArnEquals | C::ArnLike => "for other texts use `StringLike`".to_owned(),
        _ => return None,
    };
    Some(text)
}
