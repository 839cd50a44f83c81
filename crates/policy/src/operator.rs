//! Condition operators.

use std::fmt;

/// What an operator compares, without prefix and suffix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the variants are AWS's names")]
pub enum Comparison {
    StringEquals,
    StringNotEquals,
    StringEqualsIgnoreCase,
    StringNotEqualsIgnoreCase,
    StringLike,
    StringNotLike,
    NumericEquals,
    NumericNotEquals,
    NumericLessThan,
    NumericLessThanEquals,
    NumericGreaterThan,
    NumericGreaterThanEquals,
    DateEquals,
    DateNotEquals,
    DateLessThan,
    DateLessThanEquals,
    DateGreaterThan,
    DateGreaterThanEquals,
    Bool,
    BinaryEquals,
    IpAddress,
    NotIpAddress,
    ArnEquals,
    ArnLike,
    ArnNotEquals,
    ArnNotLike,
    Null,
}

use Comparison as C;

impl Comparison {
    /// All of them.
    pub const ALL: [Self; 27] = [
        C::StringEquals,
        C::StringNotEquals,
        C::StringEqualsIgnoreCase,
        C::StringNotEqualsIgnoreCase,
        C::StringLike,
        C::StringNotLike,
        C::NumericEquals,
        C::NumericNotEquals,
        C::NumericLessThan,
        C::NumericLessThanEquals,
        C::NumericGreaterThan,
        C::NumericGreaterThanEquals,
        C::DateEquals,
        C::DateNotEquals,
        C::DateLessThan,
        C::DateLessThanEquals,
        C::DateGreaterThan,
        C::DateGreaterThanEquals,
        C::Bool,
        C::BinaryEquals,
        C::IpAddress,
        C::NotIpAddress,
        C::ArnEquals,
        C::ArnLike,
        C::ArnNotEquals,
        C::ArnNotLike,
        C::Null,
    ];

    /// AWS's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            C::StringEquals => "StringEquals",
            C::StringNotEquals => "StringNotEquals",
            C::StringEqualsIgnoreCase => "StringEqualsIgnoreCase",
            C::StringNotEqualsIgnoreCase => "StringNotEqualsIgnoreCase",
            C::StringLike => "StringLike",
            C::StringNotLike => "StringNotLike",
            C::NumericEquals => "NumericEquals",
            C::NumericNotEquals => "NumericNotEquals",
            C::NumericLessThan => "NumericLessThan",
            C::NumericLessThanEquals => "NumericLessThanEquals",
            C::NumericGreaterThan => "NumericGreaterThan",
            C::NumericGreaterThanEquals => "NumericGreaterThanEquals",
            C::DateEquals => "DateEquals",
            C::DateNotEquals => "DateNotEquals",
            C::DateLessThan => "DateLessThan",
            C::DateLessThanEquals => "DateLessThanEquals",
            C::DateGreaterThan => "DateGreaterThan",
            C::DateGreaterThanEquals => "DateGreaterThanEquals",
            C::Bool => "Bool",
            C::BinaryEquals => "BinaryEquals",
            C::IpAddress => "IpAddress",
            C::NotIpAddress => "NotIpAddress",
            C::ArnEquals => "ArnEquals",
            C::ArnLike => "ArnLike",
            C::ArnNotEquals => "ArnNotEquals",
            C::ArnNotLike => "ArnNotLike",
            C::Null => "Null",
        }
    }

    /// The operator this one negates, if it is a negation; a missing key satisfies a negated operator.
    #[must_use]
    pub const fn negates(self) -> Option<Self> {
        Some(match self {
            C::StringNotEquals => C::StringEquals,
            C::StringNotEqualsIgnoreCase => C::StringEqualsIgnoreCase,
            C::StringNotLike => C::StringLike,
            C::NumericNotEquals => C::NumericEquals,
            C::DateNotEquals => C::DateEquals,
            C::NotIpAddress => C::IpAddress,
            C::ArnNotEquals => C::ArnEquals,
            C::ArnNotLike => C::ArnLike,
            _ => return None,
        })
    }
}

/// How an operator treats a key with several values in the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Quantifier {
    /// No prefix: for keys with one value.
    Single,
    /// `ForAllValues:`; true when the request has no value.
    ForAllValues,
    /// `ForAnyValue:`; false when the request has no value.
    ForAnyValue,
}

/// An operator in full: `ForAnyValue:StringLikeIfExists`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Operator {
    /// The prefix.
    pub quantifier: Quantifier,
    /// What is compared.
    pub comparison: Comparison,
    /// The suffix `IfExists`: true when the request lacks the key.
    pub if_exists: bool,
}

impl Operator {
    /// Understands an operator's name; letter case does not matter. `None` when AWS knows no such operator.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (quantifier, rest) = match text.split_once(':') {
            None => (Quantifier::Single, text),
            Some((prefix, rest)) if prefix.eq_ignore_ascii_case("ForAllValues") => (Quantifier::ForAllValues, rest),
            Some((prefix, rest)) if prefix.eq_ignore_ascii_case("ForAnyValue") => (Quantifier::ForAnyValue, rest),
            Some(_) => return None,
        };
        let find =
            |name: &str| Comparison::ALL.into_iter().find(|comparison| comparison.name().eq_ignore_ascii_case(name));
        if let Some(comparison) = find(rest) {
            return Some(Self { quantifier, comparison, if_exists: false });
        }
        let split = rest.len().checked_sub("IfExists".len())?;
        let suffix = rest.get(split..)?;
        let comparison = find(rest.get(..split)?)?;
        let known = suffix.eq_ignore_ascii_case("IfExists") && comparison != Comparison::Null;
        known.then_some(Self { quantifier, comparison, if_exists: true })
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self.quantifier {
            Quantifier::Single => "",
            Quantifier::ForAllValues => "ForAllValues:",
            Quantifier::ForAnyValue => "ForAnyValue:",
        })?;
        formatter.write_str(self.comparison.name())?;
        formatter.write_str(if self.if_exists { "IfExists" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operator_is_read_back_from_its_name() {
        for comparison in Comparison::ALL {
            for quantifier in [Quantifier::Single, Quantifier::ForAllValues, Quantifier::ForAnyValue] {
                for if_exists in [false, true] {
                    let operator = Operator { quantifier, comparison, if_exists };
                    let expected = (!(if_exists && comparison == Comparison::Null)).then_some(operator);
                    assert_eq!(Operator::parse(&operator.to_string()), expected);
                    assert_eq!(Operator::parse(&operator.to_string().to_lowercase()), expected);
                }
            }
        }
    }

    #[test]
    fn what_is_no_operator_is_none() {
        for text in [
            "",
            "String",
            "StringEqual",
            "ForEach:StringEquals",
            "IfExists",
            "ForAnyValue:",
            "é",
            "StringEqualsIfExistsIfExists",
        ] {
            assert_eq!(Operator::parse(text), None, "{text}");
        }
    }
}
