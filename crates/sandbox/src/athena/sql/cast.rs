//! From one type to another.

use std::sync::Arc;

use serde_json::Value as Json;

use super::arithmetic::{divide_rounded, fits, rescale};
use super::failure::Failure;
use super::kind::Kind;
use super::moment;
use super::value::{Value, decimal_text};

/// Whether there is such a cast here; what Trino has and this engine has not is told as missing.
pub(crate) fn check(from: &Kind, to: &Kind) -> Result<(), Failure> {
    use Kind::{
        Array, Boolean, Date, Decimal, Double, Json, Map, Months, Row, Span, Timestamp, Unknown, Varchar, Zoned,
    };
    let unknown = || Err(Failure::new("TYPE_MISMATCH", format!("Cannot cast {from} to {to}")));
    match (from, to) {
        _ if from == to => Ok(()),
        (Unknown, _) => Ok(()),
        (Double | Row(_) | Map(..), Varchar) => Err(Failure::missing(format!("CAST({from} AS VARCHAR)"))),
        (Array(_), Varchar) => unknown(),
        (Json, Varchar | Boolean | Double | Kind::Integer | Kind::Bigint | Array(_) | Map(..)) => match to {
            Array(element) => check(&Json, element),
            Map(key, value) if **key == Varchar => check(&Json, value),
            Map(..) => Err(Failure::missing("CAST of JSON to a map whose keys are no texts")),
            _ => Ok(()),
        },
        (Json, _) => Err(Failure::missing(format!("CAST(json AS {to})"))),
        (Array(from), Json) => check(from, &Json),
        (Map(key, value), Json) if **key == Varchar => check(value, &Json),
        (Varchar | Boolean | Kind::Integer | Kind::Bigint, Json) => Ok(()),
        (_, Json) => Err(Failure::missing(format!("CAST({from} AS JSON)"))),
        (Array(from), Array(to)) => check(from, to),
        (Row(from), Row(to)) if from.len() == to.len() => {
            from.iter().zip(to).try_for_each(|((_, from), (_, to))| check(from, to))
        }
        (Map(key, value), Map(to_key, to_value)) => check(key, to_key).and_then(|()| check(value, to_value)),
        (Array(_) | Row(_) | Map(..), _) | (_, Array(_) | Row(_) | Map(..)) => unknown(),
        (Span | Months, Varchar) => Ok(()),
        (Span | Months, _) | (_, Span | Months) => unknown(),
        (Varchar, _) | (_, Varchar) => Ok(()),
        (from, to) if from.is_number() && to.is_number() => Ok(()),
        (Decimal(..), Boolean) | (Boolean, Decimal(..)) => Err(Failure::missing(format!("CAST({from} AS {to})"))),
        (Boolean, to) if to.is_number() => Ok(()),
        (from, Boolean) if from.is_number() => Ok(()),
        (Date | Timestamp | Zoned, Date | Timestamp | Zoned) => Ok(()),
        _ => unknown(),
    }
}

/// The value in another type, which [`check`] has found possible.
pub(crate) fn convert(value: Value, from: &Kind, to: &Kind) -> Result<Value, Failure> {
    use Kind::{Array, Bigint, Boolean, Date, Decimal, Double, Integer, Map, Row, Timestamp, Varchar, Zoned};
    if value.is_null() || from == to {
        return Ok(value);
    }
    match (&value, to) {
        (Value::Json(json), to) if *to != Kind::Json => from_json(json, to),
        (_, Kind::Json) => Ok(Value::Json(Arc::new(to_json(&value)))),
        (Value::Array(values), Array(to)) => {
            let inner = if let Array(from) = from { from } else { return Ok(value) };
            let values: Result<Vec<Value>, Failure> =
                values.iter().map(|value| convert(value.clone(), inner, to)).collect();
            Ok(Value::Array(values?.into()))
        }
        (Value::Row(values), Row(to)) => {
            let inner = if let Row(from) = from { from } else { return Ok(value) };
            let fields = values.iter().zip(inner).zip(to);
            let values: Result<Vec<Value>, Failure> =
                fields.map(|((value, (_, from)), (_, to))| convert(value.clone(), from, to)).collect();
            Ok(Value::Row(values?.into()))
        }
        (Value::Map(pairs), Map(to_key, to_value)) => {
            let Map(key, inner) = from else { return Ok(value) };
            let pairs = pairs.iter().map(|(name, value)| {
                Ok((convert(name.clone(), key, to_key)?, convert(value.clone(), inner, to_value)?))
            });
            Ok(Value::Map(pairs.collect::<Result<Vec<_>, Failure>>()?.into()))
        }
        (Value::Text(text), to) => from_text(text, to),
        (_, Varchar) => match (&value, from) {
            (Value::Decimal(number), Decimal(_, scale)) => Ok(Value::text(decimal_text(*number, *scale))),
            _ => Ok(Value::text(value.shown(from).unwrap_or_default())),
        },
        (Value::Boolean(truth), Integer | Bigint) => Ok(Value::Integer(i64::from(*truth))),
        (Value::Boolean(truth), Double) => Ok(Value::Double(if *truth { 1.0 } else { 0.0 })),
        (Value::Integer(number), Boolean) => Ok(Value::Boolean(*number != 0)),
        (Value::Double(number), Boolean) => Ok(Value::Boolean(*number != 0.0)),
        (Value::Integer(_) | Value::Double(_) | Value::Decimal(_), _) => number(&value, from, to),
        (Value::Date(days), Timestamp) => Ok(Value::Timestamp(days.saturating_mul(moment::DAY_MS))),
        (Value::Date(days), Zoned) => Ok(Value::Zoned(days.saturating_mul(moment::DAY_MS), 0)),
        (Value::Timestamp(at), Date) => Ok(Value::Date(at.div_euclid(moment::DAY_MS))),
        (Value::Timestamp(at), Zoned) => Ok(Value::Zoned(*at, 0)),
        (Value::Zoned(at, zone), Date) => {
            Ok(Value::Date(at.saturating_add(i64::from(*zone) * 60_000).div_euclid(moment::DAY_MS)))
        }
        (Value::Zoned(at, zone), Timestamp) => Ok(Value::Timestamp(at.saturating_add(i64::from(*zone) * 60_000))),
        _ => Err(Failure::missing(format!("CAST({from} AS {to})"))),
    }
}

fn integer(number: i64, to: &Kind) -> Result<Value, Failure> {
    if *to == Kind::Integer && i32::try_from(number).is_err() {
        return Err(Failure::out_of_range(format!("Out of range for integer: {number}")));
    }
    Ok(Value::Integer(number))
}

fn number(value: &Value, from: &Kind, to: &Kind) -> Result<Value, Failure> {
    let scale = if let Kind::Decimal(_, scale) = from { *scale } else { 0 };
    match (value, to) {
        (Value::Integer(number), Kind::Integer | Kind::Bigint) => integer(*number, to),
        (Value::Integer(_), Kind::Double) => Ok(Value::Double(value.as_double())),
        (Value::Double(_), Kind::Double) => Ok(value.clone()),
        (Value::Double(double), Kind::Integer | Kind::Bigint) => {
            let rounded = double.round();
            // both ends of the range are powers of two
            if !(-9.223_372_036_854_776e18..9.223_372_036_854_776e18).contains(&rounded) {
                return Err(Failure::new("INVALID_CAST_ARGUMENT", format!("Cannot cast {double} to {to}")));
            }
            #[expect(clippy::cast_possible_truncation, reason = "looked at above")]
            integer(rounded as i64, to)
        }
        (Value::Decimal(number), Kind::Integer | Kind::Bigint) => {
            let whole = divide_rounded(*number, 10_i128.checked_pow(u32::from(scale)).unwrap_or(i128::MAX));
            let whole = i64::try_from(whole).map_err(|_| Failure::cast(decimal_text(*number, scale), to))?;
            integer(whole, to)
        }
        (Value::Decimal(number), Kind::Double) => {
            let text = decimal_text(*number, scale);
            text.parse().map(Value::Double).map_err(|_| Failure::cast(text, to))
        }
        (Value::Integer(_) | Value::Decimal(_), Kind::Decimal(digits, to_scale)) => {
            let number = match value {
                Value::Decimal(number) => *number,
                _ => i128::from(value.as_integer()),
            };
            let scaled = rescale(number, scale, *to_scale).filter(|value| fits(*value, *digits));
            scaled.map(Value::Decimal).ok_or_else(|| Failure::cast(decimal_text(number, scale), to))
        }
        _ => Err(Failure::missing(format!("CAST({from} AS {to})"))),
    }
}

fn from_text(text: &str, to: &Kind) -> Result<Value, Failure> {
    let wrong = || Failure::cast(text, to);
    match to {
        Kind::Varchar => Ok(Value::text(text)),
        Kind::Boolean => match text.to_lowercase().as_str() {
            "t" | "true" | "1" => Ok(Value::Boolean(true)),
            "f" | "false" | "0" => Ok(Value::Boolean(false)),
            _ => Err(wrong()),
        },
        Kind::Integer | Kind::Bigint => {
            let number: i64 = text.trim().parse().map_err(|_| wrong())?;
            integer(number, to).map_err(|_| wrong())
        }
        Kind::Double => {
            let text = text.trim();
            match text {
                "NaN" => Ok(Value::Double(f64::NAN)),
                "Infinity" | "+Infinity" => Ok(Value::Double(f64::INFINITY)),
                "-Infinity" => Ok(Value::Double(f64::NEG_INFINITY)),
                _ if text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte)) => {
                    text.parse().map(Value::Double).map_err(|_| wrong())
                }
                _ => Err(wrong()),
            }
        }
        Kind::Decimal(digits, scale) => {
            let (number, own) = parse_decimal(text.trim()).ok_or_else(wrong)?;
            let scaled = rescale(number, own, *scale).filter(|value| fits(*value, *digits));
            scaled.map(Value::Decimal).ok_or_else(wrong)
        }
        Kind::Date => moment::parse_date(text).map(Value::Date).ok_or_else(wrong),
        Kind::Timestamp => match moment::parse_timestamp(text).ok_or_else(wrong)? {
            (at, None) => Ok(Value::Timestamp(at)),
            (at, Some(zone)) => Ok(Value::Timestamp(at.saturating_add(i64::from(zone) * 60_000))),
        },
        Kind::Zoned => {
            let (at, zone) = moment::parse_timestamp(text).ok_or_else(wrong)?;
            Ok(Value::Zoned(at, zone.unwrap_or(0)))
        }
        _ => Err(wrong()),
    }
}

/// Digits and scale of a decimal that is written out.
pub(crate) fn parse_decimal(text: &str) -> Option<(i128, u8)> {
    let (sign, rest) = match text.as_bytes().first()? {
        b'-' => (-1, text.get(1..)?),
        b'+' => (1, text.get(1..)?),
        _ => (1, text),
    };
    let (whole, part) = rest.split_once('.').unwrap_or((rest, ""));
    let digits = format!("{whole}{part}");
    if digits.is_empty() || digits.len() > 38 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some((digits.parse::<i128>().ok()? * sign, u8::try_from(part.len()).ok()?))
}

fn to_json(value: &Value) -> Json {
    match value {
        Value::Boolean(truth) => Json::from(*truth),
        Value::Integer(number) => Json::from(*number),
        Value::Text(text) => Json::from(&**text),
        Value::Json(json) => Json::clone(json),
        Value::Array(values) => Json::Array(values.iter().map(to_json).collect()),
        Value::Map(pairs) => {
            // Trino orders the keys
            let mut pairs: Vec<_> = pairs.iter().collect();
            pairs.sort_by(|(left, _), (right, _)| left.order(right));
            Json::Object(pairs.iter().map(|(key, value)| (key.as_text().to_owned(), to_json(value))).collect())
        }
        _ => Json::Null,
    }
}

fn from_json(json: &Json, to: &Kind) -> Result<Value, Failure> {
    let wrong = || Failure::new("INVALID_CAST_ARGUMENT", format!("Cannot cast to {to}. {json}"));
    match (json, to) {
        (Json::Null, _) => Ok(Value::Null),
        (_, Kind::Json) => Ok(Value::Json(Arc::new(json.clone()))),
        (Json::String(text), to) if !matches!(to, Kind::Array(_) | Kind::Map(..)) => {
            from_text(text, to).map_err(|_| wrong())
        }
        (Json::Bool(truth), Kind::Varchar) => Ok(Value::text(truth.to_string())),
        (Json::Bool(truth), to) => convert(Value::Boolean(*truth), &Kind::Boolean, to).map_err(|_| wrong()),
        (Json::Number(number), to) => match (number.as_i64(), to) {
            (Some(number), Kind::Varchar) => Ok(Value::text(number.to_string())),
            (Some(number), to) => convert(Value::Integer(number), &Kind::Bigint, to).map_err(|_| wrong()),
            (None, Kind::Double | Kind::Integer | Kind::Bigint) => {
                let number = number.as_f64().ok_or_else(wrong)?;
                convert(Value::Double(number), &Kind::Double, to).map_err(|_| wrong())
            }
            (None, to) => Err(Failure::missing(format!("CAST of the JSON number {number} AS {to}"))),
        },
        (Json::Array(values), Kind::Array(element)) => {
            let values: Result<Vec<Value>, Failure> = values.iter().map(|value| from_json(value, element)).collect();
            Ok(Value::Array(values?.into()))
        }
        (Json::Object(members), Kind::Map(_, value_kind)) => {
            let pairs =
                members.iter().map(|(key, value)| Ok((Value::text(key.as_str()), from_json(value, value_kind)?)));
            Ok(Value::Map(pairs.collect::<Result<Vec<_>, Failure>>()?.into()))
        }
        _ => Err(wrong()),
    }
}
