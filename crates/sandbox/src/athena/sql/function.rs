//! Functions of a row: what they are called, what they take, what they give.

use std::sync::Arc;

use super::expression::{Expression, Frame};
use super::failure::Failure;
use super::kind::Kind;
use super::pattern::{self, Pattern};
use super::value::Value;
use super::{arithmetic, collection, json, text, time};

/// A function that is ready to be called.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Scalar {
    /// None of its arguments is null when it is called: a null gives a null.
    Plain(Plain),
    RegularReplace(Pattern),
    RegularExtract(Pattern),
    /// A step of a JSON path.
    JsonExtract(Arc<[json::Step]>, bool),
    /// Two decimals of these scales, to one of these digits and scale.
    Decimal(arithmetic::Operator, u8, u8, (u8, u8)),
}

/// A function by what does it.
#[derive(Clone, Copy)]
pub(crate) struct Plain {
    pub(crate) name: &'static str,
    pub(crate) compute: fn(&[Value]) -> Result<Value, Failure>,
}

impl std::fmt::Debug for Plain {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name)
    }
}

/// By name: names are given once each.
impl PartialEq for Plain {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Scalar {
    pub(crate) fn pattern_parts(&self) -> Box<dyn Iterator<Item = &Expression> + '_> {
        match self {
            Self::RegularReplace(pattern) | Self::RegularExtract(pattern) => Box::new(pattern.parts()),
            _ => Box::new(std::iter::empty()),
        }
    }

    pub(crate) fn compute(&self, arguments: &[Expression], frame: Frame<'_>) -> Result<Value, Failure> {
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let value = argument.compute(frame)?;
            if value.is_null() {
                return Ok(Value::Null);
            }
            values.push(value);
        }
        match (self, values.as_slice()) {
            (Self::Plain(plain), values) => (plain.compute)(values),
            (Self::RegularReplace(pattern), [text, rest @ ..]) => {
                let Some(compiled) = pattern.ready(frame)? else { return Ok(Value::Null) };
                let replacement = rest.first().map_or("", Value::as_text);
                pattern::replace(&compiled, text.as_text(), replacement).map(Value::text)
            }
            (Self::RegularExtract(pattern), [text, rest @ ..]) => {
                let Some(compiled) = pattern.ready(frame)? else { return Ok(Value::Null) };
                compiled.check(text.as_text())?;
                let group = rest.first().map_or(0, Value::as_integer);
                let group = usize::try_from(group).ok().filter(|group| *group < compiled.regex.captures_len());
                let group = group.ok_or_else(|| {
                    Failure::argument(format!(
                        "Pattern has {} groups. Cannot access that one",
                        compiled.regex.captures_len() - 1
                    ))
                })?;
                let found = compiled.regex.captures(text.as_text()).and_then(|captures| captures.get(group));
                Ok(found.map_or(Value::Null, |found| Value::text(found.as_str())))
            }
            (Self::JsonExtract(path, as_scalar), [of]) => json::extract(of, path, *as_scalar),
            (Self::Decimal(operator, left_scale, right_scale, kind), [Value::Decimal(left), Value::Decimal(right)]) => {
                arithmetic::decimal(*operator, (*left, *left_scale), (*right, *right_scale), *kind)
            }
            _ => Err(Failure::new("GENERIC_INTERNAL_ERROR", "a function without its arguments")),
        }
    }
}

/// What an argument has to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Want {
    Text,
    Whole,
    Double,
    /// Any of the three kinds of time.
    Moment,
    Zoned,
    Json,
    /// An array of whatever.
    List,
}

/// One form of a function.
pub(crate) struct Signature {
    pub(crate) name: &'static str,
    pub(crate) wants: &'static [Want],
    pub(crate) gives: Gives,
    pub(crate) compute: fn(&[Value]) -> Result<Value, Failure>,
}

/// The type of what a function gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gives {
    Text,
    Texts,
    Bigint,
    Double,
    Truth,
    Date,
    Timestamp,
    Zoned,
    Json,
    /// That of the argument with this number.
    Same(usize),
    /// That of the elements of the first argument.
    Element,
    /// Elements of arrays within the first argument.
    Flat,
    /// An array of bigints.
    Numbers,
}

impl Gives {
    pub(crate) fn kind(self, arguments: &[Kind]) -> Kind {
        let first = arguments.first().unwrap_or(&Kind::Unknown);
        match self {
            Self::Text => Kind::Varchar,
            Self::Texts => Kind::Array(Box::new(Kind::Varchar)),
            Self::Bigint => Kind::Bigint,
            Self::Double => Kind::Double,
            Self::Truth => Kind::Boolean,
            Self::Date => Kind::Date,
            Self::Timestamp => Kind::Timestamp,
            Self::Zoned => Kind::Zoned,
            Self::Json => Kind::Json,
            Self::Same(number) => arguments.get(number).cloned().unwrap_or(Kind::Unknown),
            Self::Element => match first {
                Kind::Array(element) => (**element).clone(),
                _ => Kind::Unknown,
            },
            Self::Numbers => Kind::Array(Box::new(Kind::Bigint)),
            Self::Flat => match first {
                Kind::Array(element) => (**element).clone(),
                _ => Kind::Unknown,
            },
        }
    }
}

/// All forms of the functions that have no rules of their own.
pub(crate) fn signatures(name: &str) -> impl Iterator<Item = &'static Signature> {
    let all = text::FUNCTIONS.iter().chain(time::FUNCTIONS).chain(collection::FUNCTIONS).chain(json::FUNCTIONS);
    all.filter(move |signature| signature.name == name)
}

impl Want {
    /// What the argument is brought to; none where it cannot be.
    pub(crate) fn target(self, kind: &Kind) -> Option<Kind> {
        let is_unknown = *kind == Kind::Unknown;
        match self {
            Self::Text => (*kind == Kind::Varchar || is_unknown).then_some(Kind::Varchar),
            Self::Whole => (matches!(kind, Kind::Integer | Kind::Bigint) || is_unknown).then_some(Kind::Bigint),
            Self::Double => (kind.is_number() || is_unknown).then_some(Kind::Double),
            Self::Moment => {
                (matches!(kind, Kind::Date | Kind::Timestamp | Kind::Zoned) || is_unknown).then(|| kind.clone())
            }
            Self::Zoned => (*kind == Kind::Zoned || is_unknown).then_some(Kind::Zoned),
            Self::Json => (*kind == Kind::Json || is_unknown).then_some(Kind::Json),
            Self::List => (matches!(kind, Kind::Array(_)) || is_unknown).then(|| kind.clone()),
        }
    }
}
