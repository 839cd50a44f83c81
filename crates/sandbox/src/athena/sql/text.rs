//! Functions of texts and numbers. Positions count characters and begin with one.

use super::failure::Failure;
use super::function::{Gives, Signature, Want};
use super::value::Value;

use Want::{Double, Text, Whole};

/// The longest text a function makes.
const LONGEST: usize = 1 << 20;

macro_rules! functions {
    ($($name:literal, [$($want:expr),*], $gives:expr, $compute:expr;)*) => {
        &[$(Signature { name: $name, wants: &[$($want),*], gives: $gives, compute: $compute }),*]
    };
}
pub(crate) use functions;

fn nth(arguments: &[Value], number: usize) -> &str {
    arguments.get(number).map_or("", Value::as_text)
}

fn whole(arguments: &[Value], number: usize) -> i64 {
    arguments.get(number).map_or(0, Value::as_integer)
}

fn real(arguments: &[Value], number: usize) -> f64 {
    arguments.get(number).map_or(0.0, Value::as_double)
}

fn count(number: usize) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

pub(crate) const FUNCTIONS: &[Signature] = functions![
    "lower", [Text], Gives::Text, |a| Ok(Value::text(nth(a, 0).to_lowercase()));
    "upper", [Text], Gives::Text, |a| Ok(Value::text(nth(a, 0).to_uppercase()));
    "length", [Text], Gives::Bigint, |a| Ok(count(nth(a, 0).chars().count()));
    "trim", [Text], Gives::Text, |a| Ok(Value::text(nth(a, 0).trim_matches(is_space)));
    "ltrim", [Text], Gives::Text, |a| Ok(Value::text(nth(a, 0).trim_start_matches(is_space)));
    "rtrim", [Text], Gives::Text, |a| Ok(Value::text(nth(a, 0).trim_end_matches(is_space)));
    "reverse", [Text], Gives::Text, |a| Ok(Value::text(nth(a, 0).chars().rev().collect::<String>()));
    "replace", [Text, Text], Gives::Text, |a| replace(nth(a, 0), nth(a, 1), "");
    "replace", [Text, Text, Text], Gives::Text, |a| replace(nth(a, 0), nth(a, 1), nth(a, 2));
    "strpos", [Text, Text], Gives::Bigint, |a| Ok(position(nth(a, 0), nth(a, 1)));
    "substr", [Text, Whole], Gives::Text, |a| Ok(substring(nth(a, 0), whole(a, 1), i64::MAX));
    "substr", [Text, Whole, Whole], Gives::Text, |a| Ok(substring(nth(a, 0), whole(a, 1), whole(a, 2)));
    "split", [Text, Text], Gives::Texts, |a| split(nth(a, 0), nth(a, 1), i64::MAX);
    "split", [Text, Text, Whole], Gives::Texts, |a| split(nth(a, 0), nth(a, 1), whole(a, 2));
    "split_part", [Text, Text, Whole], Gives::Text, |a| split_part(nth(a, 0), nth(a, 1), whole(a, 2));
    "starts_with", [Text, Text], Gives::Truth, |a| Ok(Value::Boolean(nth(a, 0).starts_with(nth(a, 1))));
    "lpad", [Text, Whole, Text], Gives::Text, |a| pad(nth(a, 0), whole(a, 1), nth(a, 2), true);
    "rpad", [Text, Whole, Text], Gives::Text, |a| pad(nth(a, 0), whole(a, 1), nth(a, 2), false);
    "abs", [Whole], Gives::Same(0), |a| whole(a, 0).checked_abs().map(Value::Integer)
        .ok_or_else(|| Failure::out_of_range("Value -9223372036854775808 is out of range for abs(bigint)"));
    "abs", [Double], Gives::Double, |a| Ok(Value::Double(real(a, 0).abs()));
    "floor", [Whole], Gives::Same(0), |a| Ok(Value::Integer(whole(a, 0)));
    "floor", [Double], Gives::Double, |a| Ok(Value::Double(real(a, 0).floor()));
    "ceil", [Whole], Gives::Same(0), |a| Ok(Value::Integer(whole(a, 0)));
    "ceil", [Double], Gives::Double, |a| Ok(Value::Double(real(a, 0).ceil()));
    "ceiling", [Double], Gives::Double, |a| Ok(Value::Double(real(a, 0).ceil()));
    "round", [Whole], Gives::Same(0), |a| Ok(Value::Integer(whole(a, 0)));
    "round", [Double], Gives::Double, |a| Ok(Value::Double(real(a, 0).round()));
    "round", [Double, Whole], Gives::Double, |a| Ok(Value::Double(rounded(real(a, 0), whole(a, 1))));
    "sqrt", [Double], Gives::Double, |a| Ok(Value::Double(real(a, 0).sqrt()));
    "ln", [Double], Gives::Double, |a| Ok(Value::Double(real(a, 0).ln()));
    "log10", [Double], Gives::Double, |a| Ok(Value::Double(real(a, 0).log10()));
    "power", [Double, Double], Gives::Double, |a| Ok(Value::Double(real(a, 0).powf(real(a, 1))));
    "pow", [Double, Double], Gives::Double, |a| Ok(Value::Double(real(a, 0).powf(real(a, 1))));
];

/// What Trino's `trim` takes away.
fn is_space(letter: char) -> bool {
    letter.is_whitespace() && !matches!(letter, '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{85}')
}

fn bounded(text: String) -> Result<Value, Failure> {
    if text.len() > LONGEST {
        return Err(Failure::argument("the text becomes too long"));
    }
    Ok(Value::text(text))
}

fn replace(text: &str, what: &str, with: &str) -> Result<Value, Failure> {
    let found = text.matches(what).count();
    if found.saturating_mul(with.len()).saturating_add(text.len()) > LONGEST {
        return Err(Failure::argument("the text becomes too long"));
    }
    Ok(Value::text(text.replace(what, with)))
}

pub(crate) fn position(text: &str, what: &str) -> Value {
    let at = text.find(what).and_then(|at| text.get(..at));
    at.map_or(Value::Integer(0), |before| count(before.chars().count() + 1))
}

fn substring(text: &str, from: i64, length: i64) -> Value {
    let all = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let first = if from < 0 { all.saturating_add(from) } else { from - 1 };
    if from == 0 || first < 0 || first >= all || length <= 0 {
        return Value::text("");
    }
    let (skip, take) = (usize::try_from(first).unwrap_or(0), usize::try_from(length).unwrap_or(usize::MAX));
    Value::text(text.chars().skip(skip).take(take).collect::<String>())
}

fn split(text: &str, by: &str, most: i64) -> Result<Value, Failure> {
    let most = usize::try_from(most).unwrap_or(0);
    if by.is_empty() {
        return Err(Failure::argument("The delimiter may not be the empty string"));
    }
    if most == 0 {
        return Err(Failure::argument("Limit must be positive"));
    }
    Ok(Value::Array(text.splitn(most, by).map(Value::text).collect()))
}

fn split_part(text: &str, by: &str, number: i64) -> Result<Value, Failure> {
    let Some(number) = usize::try_from(number).ok().filter(|number| *number > 0) else {
        return Err(Failure::argument("Index must be greater than zero"));
    };
    if by.is_empty() {
        return Err(Failure::missing("split_part by an empty text"));
    }
    Ok(text.split(by).nth(number - 1).map_or(Value::Null, Value::text))
}

fn pad(text: &str, length: i64, with: &str, left: bool) -> Result<Value, Failure> {
    let length = usize::try_from(length).ok().filter(|length| *length <= LONGEST / 4);
    let length = length.ok_or_else(|| Failure::argument("Target length must be in the range"))?;
    if with.is_empty() {
        return Err(Failure::argument("Padding string must not be empty"));
    }
    let own = text.chars().count();
    if own >= length {
        return Ok(Value::text(text.chars().take(length).collect::<String>()));
    }
    let padding: String = with.chars().cycle().take(length - own).collect();
    bounded(if left { padding + text } else { text.to_owned() + &padding })
}

fn rounded(value: f64, places: i64) -> f64 {
    let places = i32::try_from(places.clamp(-300, 300)).unwrap_or(0);
    let factor = 10_f64.powi(places);
    let scaled = (value * factor).round() / factor;
    if scaled.is_finite() { scaled } else { value }
}
