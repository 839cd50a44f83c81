//! What is written out in a query: numbers, texts, dates, types.

use sqlparser::ast::{
    ArrayElemTypeDef, DataType, DateTimeField, ExactNumberInfo, Expr, Interval, MapBracketKind, ObjectNamePart,
    TimezoneInfo, TrimWhereField, TypedString, Value as Literal,
};

use super::cast::parse_decimal;
use super::failure::Failure;
use super::kind::Kind;
use super::moment;
use super::translate::Typed;
use super::value::Value;

pub(crate) fn value(literal: &Literal) -> Result<Typed, Failure> {
    match literal {
        Literal::Number(digits, false) => number(digits),
        Literal::SingleQuotedString(text) | Literal::UnicodeStringLiteral(text) => {
            Ok(Typed::constant(Value::text(text.as_str()), Kind::Varchar))
        }
        Literal::Boolean(truth) => Ok(Typed::constant(Value::Boolean(*truth), Kind::Boolean)),
        Literal::Null => Ok(Typed::constant(Value::Null, Kind::Unknown)),
        other => Err(Failure::missing(format!("the literal {other}"))),
    }
}

/// An integer, a bigint, a decimal, or a double where there is an exponent.
pub(crate) fn number(digits: &str) -> Result<Typed, Failure> {
    let wrong = || Failure::new("INVALID_LITERAL", format!("Invalid numeric literal: {digits}"));
    if digits.contains(['e', 'E']) {
        return digits.parse().map(|number| Typed::constant(Value::Double(number), Kind::Double)).map_err(|_| wrong());
    }
    if digits.contains('.') {
        let (number, scale) = parse_decimal(digits).ok_or_else(wrong)?;
        let whole = digits.trim_start_matches(['-', '0']).split('.').next().map_or(0, str::len);
        let size = u8::try_from(whole).map_err(|_| wrong())?.saturating_add(scale).max(1);
        return Ok(Typed::constant(Value::Decimal(number), Kind::Decimal(size.min(38), scale)));
    }
    let number: i64 = digits.parse().map_err(|_| wrong())?;
    let kind = if i32::try_from(number).is_ok() { Kind::Integer } else { Kind::Bigint };
    Ok(Typed::constant(Value::Integer(number), kind))
}

/// `DATE '2026-03-01'`, `TIMESTAMP '2026-03-01 00:00:00'`
pub(crate) fn typed(typed: &TypedString) -> Result<Typed, Failure> {
    let Literal::SingleQuotedString(text) = &typed.value.value else {
        return Err(Failure::missing("a typed literal that is no text"));
    };
    let wrong = |kind: &str| {
        Failure::at("INVALID_LITERAL", typed.value.span, format!("'{text}' is not a valid {kind} literal"))
    };
    match &typed.data_type {
        DataType::Date => {
            let days = moment::parse_date(text).ok_or_else(|| wrong("date"))?;
            Ok(Typed::constant(Value::Date(days), Kind::Date))
        }
        DataType::Timestamp(None, TimezoneInfo::None) => {
            match moment::parse_timestamp(text).ok_or_else(|| wrong("timestamp"))? {
                (at, None) => Ok(Typed::constant(Value::Timestamp(at), Kind::Timestamp)),
                (at, Some(zone)) => Ok(Typed::constant(Value::Zoned(at, zone), Kind::Zoned)),
            }
        }
        other => Err(Failure::missing(format!("the literal {other} '…'"))),
    }
}

/// `INTERVAL '7' DAY`
pub(crate) fn interval(interval: &Interval) -> Result<Typed, Failure> {
    let missing = || Failure::missing(format!("{interval}"));
    if interval.last_field.is_some() || interval.leading_precision.is_some() {
        return Err(missing());
    }
    let text = match &*interval.value {
        Expr::Value(value) => match &value.value {
            Literal::SingleQuotedString(text) => text,
            _ => return Err(missing()),
        },
        _ => return Err(missing()),
    };
    let count: i64 = text
        .trim()
        .parse()
        .map_err(|_| Failure::new("INVALID_LITERAL", format!("'{text}' is not a valid interval literal")))?;
    let (length, kind) = match &interval.leading_field {
        Some(DateTimeField::Second) => (1000, Kind::Span),
        Some(DateTimeField::Minute) => (60_000, Kind::Span),
        Some(DateTimeField::Hour) => (3_600_000, Kind::Span),
        Some(DateTimeField::Day) => (moment::DAY_MS, Kind::Span),
        Some(DateTimeField::Month) => (1, Kind::Months),
        Some(DateTimeField::Year) => (12, Kind::Months),
        _ => return Err(missing()),
    };
    let length = count.checked_mul(length).ok_or_else(|| Failure::out_of_range("interval overflow"))?;
    Ok(Typed::constant(Value::Span(length), kind))
}

/// A type as it is written.
pub(crate) fn kind(data_type: &DataType) -> Result<Kind, Failure> {
    Ok(match data_type {
        DataType::Boolean => Kind::Boolean,
        DataType::Int(None) | DataType::Integer(None) => Kind::Integer,
        DataType::BigInt(None) => Kind::Bigint,
        DataType::Double(ExactNumberInfo::None) => Kind::Double,
        DataType::Decimal(info) => decimal(info)?,
        DataType::Varchar(None) => Kind::Varchar,
        DataType::Date => Kind::Date,
        DataType::Timestamp(None | Some(3), TimezoneInfo::None | TimezoneInfo::WithoutTimeZone) => Kind::Timestamp,
        DataType::Timestamp(None | Some(3), TimezoneInfo::WithTimeZone) => Kind::Zoned,
        DataType::JSON => Kind::Json,
        DataType::Array(ArrayElemTypeDef::Parenthesis(element)) => Kind::Array(Box::new(kind(element)?)),
        DataType::Map(key, value, MapBracketKind::Parentheses) => {
            Kind::Map(Box::new(kind(key)?), Box::new(kind(value)?))
        }
        DataType::Custom(name, parts) if is_named(name, "row") => row(parts)?,
        other => return Err(Failure::missing(format!("the type {other}"))),
    })
}

fn is_named(name: &sqlparser::ast::ObjectName, wanted: &str) -> bool {
    matches!(name.0.as_slice(), [ObjectNamePart::Identifier(ident)] if ident.value.eq_ignore_ascii_case(wanted))
}

fn decimal(info: &ExactNumberInfo) -> Result<Kind, Failure> {
    let (digits, scale) = match info {
        ExactNumberInfo::None => (38, 0),
        ExactNumberInfo::Precision(digits) => (*digits, 0),
        ExactNumberInfo::PrecisionAndScale(digits, scale) => (*digits, *scale),
    };
    match (u8::try_from(digits), u8::try_from(scale)) {
        (Ok(digits), Ok(scale)) if (1..=38).contains(&digits) && scale <= digits => Ok(Kind::Decimal(digits, scale)),
        _ => Err(Failure::new("INVALID_FUNCTION_ARGUMENT", format!("DECIMAL({digits}, {scale}) is no type"))),
    }
}

/// Members of a row: names and plain types, one behind the other.
fn row(parts: &[String]) -> Result<Kind, Failure> {
    let members = parts.chunks(2).map(|pair| match pair {
        [name, kind] => {
            let kind = match kind.to_lowercase().as_str() {
                "varchar" => Kind::Varchar,
                "boolean" => Kind::Boolean,
                "integer" | "int" => Kind::Integer,
                "bigint" => Kind::Bigint,
                "double" => Kind::Double,
                "date" => Kind::Date,
                "json" => Kind::Json,
                other => return Err(Failure::missing(format!("a member of the type {other} in ROW(…)"))),
            };
            Ok((Some(name.to_lowercase()), kind))
        }
        _ => Err(Failure::missing("ROW(…) without names")),
    });
    Ok(Kind::Row(members.collect::<Result<_, Failure>>()?))
}

pub(crate) fn trim_name(place: Option<&TrimWhereField>) -> &'static str {
    match place {
        None | Some(TrimWhereField::Both) => "trim",
        Some(TrimWhereField::Leading) => "ltrim",
        Some(TrimWhereField::Trailing) => "rtrim",
    }
}
