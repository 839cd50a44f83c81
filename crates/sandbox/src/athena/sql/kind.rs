//! Types of Trino, as far as they are spoken here.

use std::fmt;

/// A type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// That of `NULL`.
    Unknown,
    Boolean,
    Integer,
    Bigint,
    /// Digits, and how many of them stand behind the point.
    Decimal(u8, u8),
    Double,
    Varchar,
    Date,
    /// Of milliseconds, without a zone.
    Timestamp,
    /// Of milliseconds, with a zone.
    Zoned,
    /// Of days to milliseconds.
    Span,
    /// Of years and months.
    Months,
    Json,
    Array(Box<Kind>),
    Map(Box<Kind>, Box<Kind>),
    Row(Vec<(Option<String>, Kind)>),
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => formatter.write_str("unknown"),
            Self::Boolean => formatter.write_str("boolean"),
            Self::Integer => formatter.write_str("integer"),
            Self::Bigint => formatter.write_str("bigint"),
            Self::Decimal(digits, scale) => write!(formatter, "decimal({digits}, {scale})"),
            Self::Double => formatter.write_str("double"),
            Self::Varchar => formatter.write_str("varchar"),
            Self::Date => formatter.write_str("date"),
            Self::Timestamp => formatter.write_str("timestamp(3)"),
            Self::Zoned => formatter.write_str("timestamp(3) with time zone"),
            Self::Span => formatter.write_str("interval day to second"),
            Self::Months => formatter.write_str("interval year to month"),
            Self::Json => formatter.write_str("json"),
            Self::Array(element) => write!(formatter, "array({element})"),
            Self::Map(key, value) => write!(formatter, "map({key}, {value})"),
            Self::Row(fields) => {
                formatter.write_str("row(")?;
                for (number, (name, kind)) in fields.iter().enumerate() {
                    let comma = if number == 0 { "" } else { ", " };
                    match name {
                        Some(name) => write!(formatter, "{comma}\"{name}\" {kind}")?,
                        None => write!(formatter, "{comma}{kind}")?,
                    }
                }
                formatter.write_str(")")
            }
        }
    }
}

impl Kind {
    /// As Athena's API calls it.
    pub(crate) fn api_name(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Boolean => "boolean",
            Self::Integer => "integer",
            Self::Bigint => "bigint",
            Self::Decimal(..) => "decimal",
            Self::Double => "double",
            Self::Varchar => "varchar",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
            Self::Zoned => "timestamp with time zone",
            Self::Span => "interval day to second",
            Self::Months => "interval year to month",
            Self::Json => "json",
            Self::Array(_) => "array",
            Self::Map(..) => "map",
            Self::Row(_) => "row",
        }
    }

    /// Precision and scale, as Athena's API tells them.
    pub(crate) fn size(&self) -> (u64, u64) {
        match self {
            Self::Integer => (10, 0),
            Self::Bigint => (19, 0),
            Self::Double => (17, 0),
            Self::Decimal(digits, scale) => (u64::from(*digits), u64::from(*scale)),
            Self::Varchar => (2_147_483_647, 0),
            Self::Timestamp | Self::Zoned => (3, 0),
            _ => (0, 0),
        }
    }

    pub(crate) fn is_number(&self) -> bool {
        matches!(self, Self::Integer | Self::Bigint | Self::Double | Self::Decimal(..))
    }

    /// Whether values of it are in order.
    pub(crate) fn is_orderable(&self) -> bool {
        match self {
            Self::Json | Self::Map(..) => false,
            Self::Array(element) => element.is_orderable(),
            Self::Row(fields) => fields.iter().all(|(_, kind)| kind.is_orderable()),
            _ => true,
        }
    }

    /// The least type that both become, if there is one.
    pub(crate) fn common(&self, other: &Self) -> Option<Self> {
        use Kind::{Array, Bigint, Date, Decimal, Double, Integer, Map, Row, Timestamp, Unknown, Zoned};
        if self == other {
            return Some(self.clone());
        }
        Some(match (self, other) {
            (Unknown, kind) | (kind, Unknown) => kind.clone(),
            (Integer, Bigint) | (Bigint, Integer) => Bigint,
            (Double, kind) | (kind, Double) if kind.is_number() => Double,
            (Decimal(..), kind) | (kind, Decimal(..)) if kind.is_number() => {
                let ((left, left_scale), (right, right_scale)) = (self.digits()?, other.digits()?);
                let scale = left_scale.max(right_scale);
                let whole = (left - left_scale).max(right - right_scale);
                Decimal((whole + scale).min(38), scale)
            }
            (Date, Timestamp) | (Timestamp, Date) => Timestamp,
            (Date | Timestamp, Zoned) | (Zoned, Date | Timestamp) => Zoned,
            (Array(left), Array(right)) => Array(Box::new(left.common(right)?)),
            (Map(key, value), Map(other_key, other_value)) => {
                Map(Box::new(key.common(other_key)?), Box::new(value.common(other_value)?))
            }
            (Row(left), Row(right)) if left.len() == right.len() => {
                let fields = left.iter().zip(right).map(|((name, kind), (other_name, other))| {
                    let name = if name == other_name { name.clone() } else { None };
                    Some((name, kind.common(other)?))
                });
                Row(fields.collect::<Option<_>>()?)
            }
            _ => return None,
        })
    }

    /// Digits and scale of a number that is exact.
    pub(crate) fn digits(&self) -> Option<(u8, u8)> {
        match self {
            Self::Integer => Some((10, 0)),
            Self::Bigint => Some((19, 0)),
            Self::Decimal(digits, scale) => Some((*digits, *scale)),
            _ => None,
        }
    }
}
