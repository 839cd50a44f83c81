//! Plus, minus and what else is computed with numbers and times.

use super::failure::Failure;
use super::kind::Kind;
use super::moment;
use super::value::Value;

/// An operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulus,
}

impl Operator {
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulus => "%",
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Add => "addition",
            Self::Subtract => "subtraction",
            Self::Multiply => "multiplication",
            Self::Divide => "division",
            Self::Modulus => "modulus",
        }
    }
}

fn by_zero() -> Failure {
    Failure::new("DIVISION_BY_ZERO", "Division by zero")
}

/// What two decimals give: digits, scale, and those that both are brought to before.
pub(crate) fn decimal_kind(operator: Operator, left: (u8, u8), right: (u8, u8)) -> (u8, u8) {
    let ((left, left_scale), (right, right_scale)) = (left, right);
    let scale = left_scale.max(right_scale);
    let whole = (left - left_scale).max(right - right_scale);
    match operator {
        Operator::Add | Operator::Subtract => ((whole + scale + 1).min(38), scale),
        Operator::Multiply => ((left + right).min(38), left_scale + right_scale),
        Operator::Divide => ((left + right_scale + right_scale.saturating_sub(left_scale)).min(38), scale),
        Operator::Modulus => (((left - left_scale).min(right - right_scale) + scale).min(38), scale),
    }
}

/// `kind` is that of the numbers and of the result; of times, that of the result.
pub(crate) fn compute(operator: Operator, kind: &Kind, left: &Value, right: &Value) -> Result<Value, Failure> {
    match (left, right) {
        (Value::Null, _) | (_, Value::Null) => Ok(Value::Null),
        (Value::Integer(left), Value::Integer(right)) => integer(operator, kind, *left, *right),
        (Value::Double(left), Value::Double(right)) => Ok(Value::Double(match operator {
            Operator::Add => left + right,
            Operator::Subtract => left - right,
            Operator::Multiply => left * right,
            Operator::Divide => left / right,
            Operator::Modulus => left % right,
        })),
        (Value::Span(left), Value::Span(right)) => {
            let sum = if operator == Operator::Add { left.checked_add(*right) } else { left.checked_sub(*right) };
            sum.map(Value::Span).ok_or_else(|| Failure::out_of_range("interval overflow"))
        }
        (Value::Span(length), Value::Integer(times)) | (Value::Integer(times), Value::Span(length)) => {
            length.checked_mul(*times).map(Value::Span).ok_or_else(|| Failure::out_of_range("interval overflow"))
        }
        (at, Value::Span(length)) => {
            shifted(at, if operator == Operator::Subtract { length.saturating_neg() } else { *length }, kind)
        }
        (Value::Span(length), at) => shifted(at, *length, kind),
        (left, right) => {
            let between = left.as_integer().checked_sub(right.as_integer());
            let scale = if matches!(left, Value::Date(_)) { moment::DAY_MS } else { 1 };
            let between = between.and_then(|between| between.checked_mul(scale));
            between.map(Value::Span).ok_or_else(|| Failure::out_of_range("interval overflow"))
        }
    }
}

fn integer(operator: Operator, kind: &Kind, left: i64, right: i64) -> Result<Value, Failure> {
    if right == 0 && matches!(operator, Operator::Divide | Operator::Modulus) {
        return Err(by_zero());
    }
    let result = match operator {
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        Operator::Multiply => left.checked_mul(right),
        Operator::Divide => left.checked_div(right),
        Operator::Modulus => Some(left.checked_rem(right).unwrap_or(0)),
    };
    let fits = |value: &i64| *kind != Kind::Integer || i32::try_from(*value).is_ok();
    result.filter(fits).map(Value::Integer).ok_or_else(|| {
        Failure::out_of_range(format!("{kind} {} overflow: {left} {} {right}", operator.noun(), operator.sign()))
    })
}

/// A time that is moved by a span of days to milliseconds, or of months.
fn shifted(at: &Value, length: i64, span: &Kind) -> Result<Value, Failure> {
    let by_months = *span == Kind::Months;
    let moved = |at_ms: i64| {
        if by_months {
            moment::add_months(at_ms, length)
        } else {
            at_ms.checked_add(length).ok_or_else(|| Failure::out_of_range("timestamp overflow"))
        }
    };
    match at {
        Value::Date(days) => {
            if !by_months && length % moment::DAY_MS != 0 {
                return Err(Failure::argument("Cannot add hour, minutes or seconds to a date"));
            }
            let at_ms = days.checked_mul(moment::DAY_MS).ok_or_else(|| Failure::out_of_range("date overflow"))?;
            Ok(Value::Date(moved(at_ms)?.div_euclid(moment::DAY_MS)))
        }
        Value::Timestamp(at_ms) => moved(*at_ms).map(Value::Timestamp),
        Value::Zoned(at_ms, zone) => {
            let ahead = i64::from(*zone) * 60_000;
            Ok(Value::Zoned(moved(at_ms.saturating_add(ahead))?.saturating_sub(ahead), *zone))
        }
        _ => Err(Failure::new("GENERIC_INTERNAL_ERROR", "no time")),
    }
}

fn power(scale: u8) -> i128 {
    10_i128.checked_pow(u32::from(scale)).unwrap_or(i128::MAX)
}

/// The nearest multiple, halves away from zero.
pub(crate) fn divide_rounded(value: i128, by: i128) -> i128 {
    let (quotient, rest) = (value / by, value % by);
    if rest.unsigned_abs() * 2 >= by.unsigned_abs() {
        quotient + if (value < 0) == (by < 0) { 1 } else { -1 }
    } else {
        quotient
    }
}

/// A decimal of another scale.
pub(crate) fn rescale(value: i128, from: u8, to: u8) -> Option<i128> {
    if to >= from { value.checked_mul(power(to - from)) } else { Some(divide_rounded(value, power(from - to))) }
}

/// Whether so many digits hold it.
pub(crate) fn fits(value: i128, digits: u8) -> bool {
    value.unsigned_abs() < power(digits).unsigned_abs()
}

/// Two decimals with their scales, to one of `kind`.
pub(crate) fn decimal(
    operator: Operator,
    (left, left_scale): (i128, u8),
    (right, right_scale): (i128, u8),
    (digits, scale): (u8, u8),
) -> Result<Value, Failure> {
    let overflow = || Failure::out_of_range("Decimal overflow");
    if right == 0 && matches!(operator, Operator::Divide | Operator::Modulus) {
        return Err(by_zero());
    }
    let result = match operator {
        Operator::Multiply => left.checked_mul(right),
        Operator::Divide => {
            let shift = (scale + right_scale).checked_sub(left_scale).ok_or_else(overflow)?;
            left.checked_mul(power(shift)).map(|left| divide_rounded(left, right))
        }
        _ => {
            let both = left_scale.max(right_scale);
            let left = rescale(left, left_scale, both).ok_or_else(overflow)?;
            let right = rescale(right, right_scale, both).ok_or_else(overflow)?;
            match operator {
                Operator::Add => left.checked_add(right),
                Operator::Subtract => left.checked_sub(right),
                _ => left.checked_rem(right),
            }
        }
    };
    result.filter(|value| fits(*value, digits)).map(Value::Decimal).ok_or_else(overflow)
}
