//! Values, their order, and how they are written.

use std::cmp::Ordering;
use std::fmt::Write;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::kind::Kind;
use super::moment;

/// A value of some [`Kind`], which stands elsewhere.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Null,
    Boolean(bool),
    /// Integer and bigint.
    Integer(i64),
    /// Without its point.
    Decimal(i128),
    Double(f64),
    Text(Arc<str>),
    /// Days since 1970.
    Date(i64),
    /// Milliseconds since 1970, in no zone.
    Timestamp(i64),
    /// Milliseconds since 1970, and how many minutes its zone is ahead.
    Zoned(i64, i16),
    /// Milliseconds, or months.
    Span(i64),
    Json(Arc<serde_json::Value>),
    Array(Arc<[Value]>),
    Row(Arc<[Value]>),
    Map(Arc<[(Value, Value)]>),
}

/// A row of a relation.
pub(crate) type Row = Vec<Value>;

impl Value {
    pub(crate) fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Text(text.into())
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether it is TRUE: neither FALSE nor unknown.
    pub(crate) fn is_true(&self) -> bool {
        matches!(self, Self::Boolean(true))
    }

    pub(crate) fn as_text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            _ => "",
        }
    }

    pub(crate) fn as_integer(&self) -> i64 {
        match self {
            Self::Integer(number) | Self::Date(number) | Self::Timestamp(number) | Self::Span(number) => *number,
            Self::Zoned(number, _) => *number,
            _ => 0,
        }
    }

    pub(crate) fn as_double(&self) -> f64 {
        match self {
            Self::Double(number) => *number,
            #[expect(clippy::cast_precision_loss, reason = "as SQL's cast to double does")]
            Self::Integer(number) => *number as f64,
            _ => 0.0,
        }
    }

    pub(crate) fn elements(&self) -> &[Value] {
        match self {
            Self::Array(values) | Self::Row(values) => values,
            _ => &[],
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Boolean(_) => 1,
            Self::Integer(_) => 2,
            Self::Decimal(_) => 3,
            Self::Double(_) => 4,
            Self::Text(_) => 5,
            Self::Date(_) => 6,
            Self::Timestamp(_) => 7,
            Self::Zoned(..) => 8,
            Self::Span(_) => 9,
            Self::Json(_) => 10,
            Self::Array(_) => 11,
            Self::Row(_) => 12,
            Self::Map(_) => 13,
        }
    }

    /// The order of two values of one type, nulls first. NaN is the largest number and like itself.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Boolean(left), Self::Boolean(right)) => left.cmp(right),
            (Self::Integer(left), Self::Integer(right))
            | (Self::Date(left), Self::Date(right))
            | (Self::Timestamp(left), Self::Timestamp(right))
            | (Self::Span(left), Self::Span(right))
            | (Self::Zoned(left, _), Self::Zoned(right, _)) => left.cmp(right),
            (Self::Decimal(left), Self::Decimal(right)) => left.cmp(right),
            (Self::Double(left), Self::Double(right)) => {
                left.partial_cmp(right).unwrap_or_else(|| left.is_nan().cmp(&right.is_nan()))
            }
            (Self::Text(left), Self::Text(right)) => left.cmp(right),
            (Self::Json(left), Self::Json(right)) => left.to_string().cmp(&right.to_string()),
            (Self::Array(left), Self::Array(right)) | (Self::Row(left), Self::Row(right)) => {
                let pairs = left.iter().zip(right.iter());
                let first = pairs.map(|(left, right)| left.order(right)).find(|order| *order != Ordering::Equal);
                first.unwrap_or_else(|| left.len().cmp(&right.len()))
            }
            (Self::Map(left), Self::Map(right)) => {
                let sorted = |map: &Arc<[(Value, Value)]>| {
                    let mut map = map.to_vec();
                    map.sort_by(|(left, _), (right, _)| left.order(right));
                    map
                };
                let (left, right) = (sorted(left), sorted(right));
                let pairs = left.iter().zip(&right);
                let order = pairs.map(|(left, right)| left.0.order(&right.0).then_with(|| left.1.order(&right.1)));
                let first = order.into_iter().find(|order| *order != Ordering::Equal);
                first.unwrap_or_else(|| left.len().cmp(&right.len()))
            }
            _ => self.rank().cmp(&other.rank()),
        }
    }

    /// SQL's `=`: unknown where a null decides.
    pub(crate) fn equals(&self, other: &Self) -> Option<bool> {
        match (self, other) {
            (Self::Null, _) | (_, Self::Null) => None,
            (Self::Double(left), Self::Double(right)) => Some(left == right),
            (Self::Array(left), Self::Array(right)) | (Self::Row(left), Self::Row(right)) => {
                if left.len() != right.len() {
                    return Some(false);
                }
                let mut known = Some(true);
                for (left, right) in left.iter().zip(right.iter()) {
                    match left.equals(right) {
                        Some(false) => return Some(false),
                        None => known = None,
                        Some(true) => {}
                    }
                }
                known
            }
            _ => Some(self.order(other) == Ordering::Equal),
        }
    }

    /// As `GetQueryResults` and the file of results show it; none is null.
    pub(crate) fn shown(&self, kind: &Kind) -> Option<String> {
        let mut out = String::new();
        if self.is_null() {
            return None;
        }
        self.write(kind, &mut out);
        Some(out)
    }

    fn write(&self, kind: &Kind, out: &mut String) {
        match (self, kind) {
            (Self::Null, _) => out.push_str("null"),
            (Self::Boolean(value), _) => {
                let _ = write!(out, "{value}");
            }
            (Self::Integer(value), _) => {
                let _ = write!(out, "{value}");
            }
            (Self::Decimal(value), Kind::Decimal(_, scale)) => out.push_str(&decimal_text(*value, *scale)),
            (Self::Decimal(value), _) => out.push_str(&decimal_text(*value, 0)),
            (Self::Double(value), _) => out.push_str(&double_text(*value)),
            (Self::Text(text), _) => out.push_str(text),
            (Self::Date(days), _) => out.push_str(&moment::date_text(*days)),
            (Self::Timestamp(at), _) => out.push_str(&moment::timestamp_text(*at)),
            (Self::Zoned(at, minutes), _) => out.push_str(&moment::zoned_text(*at, *minutes)),
            (Self::Span(length), Kind::Months) => out.push_str(&moment::months_text(*length)),
            (Self::Span(length), _) => out.push_str(&moment::span_text(*length)),
            (Self::Json(json), _) => out.push_str(&json.to_string()),
            (Self::Array(values), kind) => {
                let element = if let Kind::Array(element) = kind { element } else { &Kind::Unknown };
                list(out, ('[', ']'), values.iter(), |value, out| value.write(element, out));
            }
            (Self::Row(values), kind) => {
                let fields = if let Kind::Row(fields) = kind { fields.as_slice() } else { &[] };
                let numbered = values.iter().enumerate();
                list(out, ('{', '}'), numbered, |(number, value), out| {
                    let named = fields.get(number);
                    let name = named.and_then(|(name, _)| name.clone()).unwrap_or_else(|| format!("field{number}"));
                    let _ = write!(out, "{name}=");
                    value.write(named.map_or(&Kind::Unknown, |(_, kind)| kind), out);
                });
            }
            (Self::Map(pairs), kind) => {
                let unknown = Kind::Unknown;
                let (key_kind, value_kind) =
                    if let Kind::Map(key, value) = kind { (&**key, &**value) } else { (&unknown, &unknown) };
                list(out, ('{', '}'), pairs.iter(), |(key, value), out| {
                    key.write(key_kind, out);
                    out.push('=');
                    value.write(value_kind, out);
                });
            }
        }
    }

    /// Bytes it takes, roughly.
    pub(crate) fn size_bytes(&self) -> usize {
        let own = size_of::<Self>();
        own + match self {
            Self::Text(text) => text.len(),
            Self::Json(_) => 256,
            Self::Array(values) | Self::Row(values) => values.iter().map(Self::size_bytes).sum(),
            Self::Map(pairs) => pairs.iter().map(|(key, value)| key.size_bytes() + value.size_bytes()).sum(),
            _ => 0,
        }
    }
}

fn list<T>(
    out: &mut String,
    (open, close): (char, char),
    items: impl Iterator<Item = T>,
    mut write: impl FnMut(T, &mut String),
) {
    out.push(open);
    for (number, item) in items.enumerate() {
        if number > 0 {
            out.push_str(", ");
        }
        write(item, out);
    }
    out.push(close);
}

/// Of a decimal: `-12.50`
pub(crate) fn decimal_text(value: i128, scale: u8) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let digits = value.unsigned_abs().to_string();
    let scale = usize::from(scale);
    if scale == 0 {
        return format!("{sign}{digits}");
    }
    let padded = format!("{digits:0>width$}", width = scale + 1);
    let (whole, part) = padded.split_at(padded.len() - scale);
    format!("{sign}{whole}.{part}")
}

/// As Java writes a double.
pub(crate) fn double_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let size = value.abs();
    if size == 0.0 || (1e-3..1e7).contains(&size) {
        return format!("{value:?}");
    }
    let text = format!("{value:E}");
    match text.split_once('E') {
        Some((mantissa, exponent)) if !mantissa.contains('.') => format!("{mantissa}.0E{exponent}"),
        _ => text,
    }
}

/// Alike as GROUP BY and DISTINCT see it: nulls are alike.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        self.rank() == other.rank() && self.order(other) == Ordering::Equal
    }
}

impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.rank().hash(state);
        match self {
            Self::Null => {}
            Self::Boolean(value) => value.hash(state),
            Self::Integer(value) | Self::Date(value) | Self::Timestamp(value) | Self::Span(value) => value.hash(state),
            Self::Zoned(value, _) => value.hash(state),
            Self::Decimal(value) => value.hash(state),
            // both zeros are alike, and so are all that are no number
            Self::Double(value) if *value == 0.0 => 0_u64.hash(state),
            Self::Double(value) if value.is_nan() => u64::MAX.hash(state),
            Self::Double(value) => value.to_bits().hash(state),
            Self::Text(text) => text.hash(state),
            Self::Json(json) => json.to_string().hash(state),
            Self::Array(values) | Self::Row(values) => values.hash(state),
            // in no order
            Self::Map(pairs) => pairs.len().hash(state),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_java_writes_them() {
        for (value, text) in [
            (1.0, "1.0"),
            (0.1, "0.1"),
            (-2.5, "-2.5"),
            (0.001, "0.001"),
            (0.0001, "1.0E-4"),
            (1e7, "1.0E7"),
            (12_345_678.9, "1.23456789E7"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(double_text(value), text);
        }
        assert_eq!(decimal_text(-5, 2), "-0.05");
        assert_eq!(decimal_text(1250, 2), "12.50");
    }

    #[test]
    fn a_null_within_makes_equality_unknown_unless_something_differs() {
        let array = |values: &[Value]| Value::Array(values.into());
        let one = Value::Integer(1);
        assert_eq!(array(&[one.clone(), Value::Null]).equals(&array(&[one.clone(), one.clone()])), None);
        let two = Value::Integer(2);
        assert_eq!(array(&[one.clone(), Value::Null]).equals(&array(&[two, one])), Some(false));
    }
}
