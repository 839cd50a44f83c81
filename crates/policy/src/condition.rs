//! Conditions, taken apart once.

use crate::operator::{Comparison as C, Operator, Quantifier};
use crate::pattern::{Dialect, Pattern};
use crate::policy::{Condition, Version};
use crate::request::Context;
use crate::value::{self, IpRange};

/// A condition that can be tested.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Test {
    pub(crate) operator: Operator,
    /// In lower case.
    pub(crate) key: String,
    pub(crate) values: Values,
}

/// What a request's value is compared with. A value of the policy that its operator cannot read matches nothing and is left out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Values {
    Patterns(Vec<Pattern>),
    Numbers(Vec<f64>),
    Dates(Vec<i128>),
    Ranges(Vec<IpRange>),
    /// `Null`: the values of the policy.
    Absence(Vec<bool>),
}

impl Test {
    /// `None` when AWS knows no such operator.
    pub(crate) fn compile(condition: &Condition, version: Version) -> Option<Self> {
        let operator = condition.parsed_operator()?;
        let texts = || condition.values.iter().map(|value| value.text());
        let variables = version == Version::V2012;
        let patterns = |wildcards: bool, variables: bool, fold: bool, parts: bool| {
            let dialect = Dialect { wildcards, variables, fold, parts };
            Values::Patterns(texts().map(|text| Pattern::compile(text, dialect)).collect())
        };
        let values = match operator.comparison.negates().unwrap_or(operator.comparison) {
            C::StringEquals => patterns(false, variables, false, false),
            C::StringEqualsIgnoreCase => patterns(false, variables, true, false),
            C::StringLike => patterns(true, variables, false, false),
            C::ArnEquals | C::ArnLike => patterns(true, variables, false, true),
            // variables are for string and ARN operators only
            C::Bool => patterns(false, false, true, false),
            C::BinaryEquals => patterns(false, false, false, false),
            C::IpAddress => Values::Ranges(texts().filter_map(IpRange::parse).collect()),
            C::Null => Values::Absence(texts().filter_map(boolean).collect()),
            C::DateEquals | C::DateLessThan | C::DateLessThanEquals | C::DateGreaterThan | C::DateGreaterThanEquals => {
                Values::Dates(texts().filter_map(value::date).collect())
            }
            _ => Values::Numbers(texts().filter_map(value::number).collect()),
        };
        Some(Self { operator, key: condition.key.to_lowercase(), values })
    }

    /// Whether it holds for a request.
    pub(crate) fn holds(&self, context: &Context) -> bool {
        let request = context.get(&self.key);
        if let Values::Absence(wanted) = &self.values {
            return wanted.contains(&request.is_none());
        }
        let negated = self.operator.comparison.negates().is_some();
        let Some(request) = request else {
            return self.operator.if_exists
                || match self.operator.quantifier {
                    Quantifier::Single => negated,
                    Quantifier::ForAllValues => true,
                    Quantifier::ForAnyValue => false,
                };
        };
        let matches = |value: &String| self.matches_value(value, context);
        match self.operator.quantifier {
            Quantifier::Single => request.iter().any(matches) != negated,
            Quantifier::ForAllValues => request.iter().all(|value| matches(value) != negated),
            Quantifier::ForAnyValue => request.iter().any(|value| matches(value) != negated),
        }
    }

    /// Whether one value of the request matches one of the policy's, negation left aside.
    pub(crate) fn matches_value(&self, request: &str, context: &Context) -> bool {
        match &self.values {
            Values::Patterns(patterns) => patterns.iter().any(|pattern| pattern.matches(request, context)),
            Values::Numbers(numbers) => value::number(request)
                .is_some_and(|request| numbers.iter().any(|number| self.compare(request.partial_cmp(number)))),
            Values::Dates(dates) => value::date(request)
                .is_some_and(|request| dates.iter().any(|date| self.compare(Some(request.cmp(date))))),
            Values::Ranges(ranges) => {
                IpRange::parse(request).is_some_and(|request| ranges.iter().any(|range| range.contains(&request)))
            }
            Values::Absence(_) => false,
        }
    }

    fn compare(&self, ordering: Option<std::cmp::Ordering>) -> bool {
        let Some(ordering) = ordering else { return false };
        match self.operator.comparison {
            C::NumericLessThan | C::DateLessThan => ordering.is_lt(),
            C::NumericLessThanEquals | C::DateLessThanEquals => ordering.is_le(),
            C::NumericGreaterThan | C::DateGreaterThan => ordering.is_gt(),
            C::NumericGreaterThanEquals | C::DateGreaterThanEquals => ordering.is_ge(),
            _ => ordering.is_eq(),
        }
    }

    /// Whether a value of the policy holds a variable, so that it can match anything.
    pub(crate) fn has_variables(&self) -> bool {
        matches!(&self.values, Values::Patterns(patterns) if patterns.iter().any(|pattern| pattern.has_variables))
    }
}

fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}
