//! Functions of dates and times.

use super::failure::Failure;
use super::function::{Gives, Signature, Want};
use super::moment::{self, DAY_MS, Unit};
use super::text::functions;
use super::value::Value;

use Want::{Double, Moment, Text, Whole, Zoned};

pub(crate) const FUNCTIONS: &[Signature] = functions![
    "date_diff", [Text, Moment, Moment], Gives::Bigint, difference;
    "date_add", [Text, Whole, Moment], Gives::Same(2), add;
    "date_trunc", [Text, Moment], Gives::Same(1), truncate;
    "date_parse", [Text, Text], Gives::Timestamp, |a| moment::parse(nth(a, 0), nth(a, 1)).map(Value::Timestamp);
    "date_format", [Moment, Text], Gives::Text, |a| moment::format(local(a, 0), nth(a, 1)).map(Value::text);
    "from_iso8601_timestamp", [Text], Gives::Zoned, |a| from_iso(nth(a, 0));
    "from_iso8601_date", [Text], Gives::Date, |a| moment::parse_date(nth(a, 0)).map(Value::Date)
        .ok_or_else(|| Failure::argument(format!("Invalid format: \"{}\"", nth(a, 0))));
    "to_iso8601", [Moment], Gives::Text, |a| to_iso(a);
    "to_unixtime", [Moment], Gives::Double, |a| Ok(Value::Double(seconds(a)));
    "from_unixtime", [Double], Gives::Zoned, |a| from_unixtime(a);
    "at_timezone", [Zoned, Text], Gives::Zoned, at_zone;
    "year", [Moment], Gives::Bigint, |a| field("year", a);
    "quarter", [Moment], Gives::Bigint, |a| field("quarter", a);
    "month", [Moment], Gives::Bigint, |a| field("month", a);
    "week", [Moment], Gives::Bigint, |a| field("week", a);
    "week_of_year", [Moment], Gives::Bigint, |a| field("week", a);
    "day", [Moment], Gives::Bigint, |a| field("day", a);
    "day_of_month", [Moment], Gives::Bigint, |a| field("day", a);
    "day_of_week", [Moment], Gives::Bigint, |a| field("dow", a);
    "dow", [Moment], Gives::Bigint, |a| field("dow", a);
    "day_of_year", [Moment], Gives::Bigint, |a| field("doy", a);
    "doy", [Moment], Gives::Bigint, |a| field("doy", a);
    "hour", [Moment], Gives::Bigint, |a| field("hour", a);
    "minute", [Moment], Gives::Bigint, |a| field("minute", a);
    "second", [Moment], Gives::Bigint, |a| field("second", a);
    "millisecond", [Moment], Gives::Bigint, |a| field("millisecond", a);
];

fn nth(arguments: &[Value], number: usize) -> &str {
    arguments.get(number).map_or("", Value::as_text)
}

/// Milliseconds since 1970 on the clock of the value's own zone.
fn local(arguments: &[Value], number: usize) -> i64 {
    match arguments.get(number) {
        Some(Value::Date(days)) => days.saturating_mul(DAY_MS),
        Some(Value::Zoned(at, zone)) => at.saturating_add(i64::from(*zone) * 60_000),
        Some(value) => value.as_integer(),
        None => 0,
    }
}

/// The value on the same clock at another time.
fn back(like: Option<&Value>, at_ms: i64) -> Value {
    match like {
        Some(Value::Date(_)) => Value::Date(at_ms.div_euclid(DAY_MS)),
        Some(Value::Zoned(_, zone)) => Value::Zoned(at_ms.saturating_sub(i64::from(*zone) * 60_000), *zone),
        _ => Value::Timestamp(at_ms),
    }
}

fn unit_for(text: &str, of: Option<&Value>) -> Result<Unit, Failure> {
    let unit = Unit::parse(text)?;
    if matches!(of, Some(Value::Date(_))) && unit.is_of_clock() {
        return Err(Failure::argument(format!("'{text}' is not a valid DATE field")));
    }
    Ok(unit)
}

fn difference(arguments: &[Value]) -> Result<Value, Failure> {
    let unit = unit_for(nth(arguments, 0), arguments.get(1))?;
    // between zones the instants count
    let instants = |number: usize| match arguments.get(number) {
        Some(Value::Zoned(at, _)) => *at,
        _ => local(arguments, number),
    };
    moment::difference(unit, instants(1), instants(2)).map(Value::Integer)
}

fn add(arguments: &[Value]) -> Result<Value, Failure> {
    let unit = unit_for(nth(arguments, 0), arguments.get(2))?;
    let count = arguments.get(1).map_or(0, Value::as_integer);
    Ok(back(arguments.get(2), moment::add(unit, count, local(arguments, 2))?))
}

fn truncate(arguments: &[Value]) -> Result<Value, Failure> {
    let unit = unit_for(nth(arguments, 0), arguments.get(1))?;
    Ok(back(arguments.get(1), moment::truncate(unit, local(arguments, 1))?))
}

pub(crate) fn field(name: &str, arguments: &[Value]) -> Result<Value, Failure> {
    moment::field(name, local(arguments, 0)).map(Value::Integer)
}

fn from_iso(text: &str) -> Result<Value, Failure> {
    let (at, zone) = moment::parse_iso(text).ok_or_else(|| Failure::argument(format!("Invalid format: \"{text}\"")))?;
    Ok(Value::Zoned(at, zone))
}

fn to_iso(arguments: &[Value]) -> Result<Value, Failure> {
    let text = match arguments.first() {
        Some(Value::Date(days)) => moment::date_text(*days),
        Some(Value::Zoned(_, zone)) => {
            let clock = moment::timestamp_text(local(arguments, 0)).replacen(' ', "T", 1);
            let zone = if *zone == 0 { "Z".to_owned() } else { moment::zone_text(*zone) };
            format!("{clock}{zone}")
        }
        _ => moment::timestamp_text(local(arguments, 0)).replacen(' ', "T", 1),
    };
    Ok(Value::text(text))
}

#[expect(clippy::cast_precision_loss, reason = "SQL asks for a double")]
fn seconds(arguments: &[Value]) -> f64 {
    let at_ms = match arguments.first() {
        Some(Value::Zoned(at, _)) => *at,
        _ => local(arguments, 0),
    };
    at_ms as f64 / 1000.0
}

fn from_unixtime(arguments: &[Value]) -> Result<Value, Failure> {
    let seconds = arguments.first().map_or(0.0, Value::as_double);
    if !(-1e11..1e11).contains(&seconds) {
        return Err(Failure::argument("the time is out of the calendar's range"));
    }
    #[expect(clippy::cast_possible_truncation, reason = "looked at above")]
    Ok(Value::Zoned((seconds * 1000.0).round() as i64, 0))
}

pub(crate) fn at_zone(arguments: &[Value]) -> Result<Value, Failure> {
    let zone = nth(arguments, 1);
    let zone = moment::parse_zone(zone).ok_or_else(|| Failure::missing(format!("the time zone {zone}")))?;
    match arguments.first() {
        Some(Value::Zoned(at, _)) => Ok(Value::Zoned(*at, zone)),
        _ => Ok(Value::Null),
    }
}
