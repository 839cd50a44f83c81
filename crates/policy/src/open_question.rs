//! What AWS's documentation leaves open. Everything here reads a policy in one way; what would be otherwise if AWS read it the other way
//! is never claimed: a comparison says "possibly", a simulation adds that it hangs on it.
//!
//! How far wildcards reach within an ARN is the third such question: see [`Reading`](crate::Reading).

use std::fmt;

use crate::operator::{Operator, Quantifier};
use crate::policy::{Clause, Policy, Statement};

/// A question without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OpenQuestion {
    /// `ForAnyValue:…IfExists` and a request without the key: `IfExists` alone makes such a condition true, `ForAnyValue` alone makes
    /// it false. Here `IfExists` wins.
    AnyValueIfExists,
    /// A resource such as `arn:aws:sqs`, with fewer parts than an ARN has: here it is a text as any other, which matches no resource. Other
    /// programs complete it with wildcards.
    IncompleteArn,
}

impl OpenQuestion {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::AnyValueIfExists, Self::IncompleteArn];

    /// As in JSON output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AnyValueIfExists => "any_value_if_exists",
            Self::IncompleteArn => "incomplete_arn",
        }
    }

    /// The policy that says, read in the way of this program, what the given one says if AWS reads it the other way. `None` where that is
    /// the same.
    #[must_use]
    pub fn other_way(self, policy: &Policy) -> Option<Policy> {
        // most policies raise no question
        let raises = |statement: &Statement| match self {
            Self::AnyValueIfExists => {
                statement.conditions.iter().any(|condition| without_if_exists(&condition.operator).is_some())
            }
            Self::IncompleteArn => statement.resource.iter().flat_map(Clause::patterns).any(is_incomplete_arn),
        };
        if !policy.statements.iter().any(raises) {
            return None;
        }
        let mut other = policy.clone();
        for statement in &mut other.statements {
            match self {
                Self::AnyValueIfExists => {
                    for condition in &mut statement.conditions {
                        if let Some(operator) = without_if_exists(&condition.operator) {
                            condition.operator.value = operator;
                        }
                    }
                }
                Self::IncompleteArn => {
                    let patterns = statement.resource.iter_mut().flat_map(|clause| &mut clause.values);
                    for pattern in patterns.filter(|text| is_incomplete_arn(text)) {
                        let missing = 6_usize.saturating_sub(pattern.split(':').count());
                        pattern.value.push_str(&":*".repeat(missing));
                    }
                }
            }
        }
        Some(other)
    }

    /// The same for several policies; `None` where none of them raises the question.
    pub(crate) fn other_way_of_all(self, policies: &[Policy]) -> Option<Vec<Policy>> {
        let turned: Vec<Option<Policy>> = policies.iter().map(|policy| self.other_way(policy)).collect();
        let any = turned.iter().any(Option::is_some);
        any.then(|| turned.into_iter().zip(policies).map(|(other, own)| other.unwrap_or_else(|| own.clone())).collect())
    }
}

impl fmt::Display for OpenQuestion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::AnyValueIfExists => {
                "it hangs on whether `ForAnyValue:…IfExists` holds without the key, which AWS does not say"
            }
            Self::IncompleteArn => "it hangs on what AWS takes an incomplete ARN for",
        })
    }
}

/// An ARN that ends before its last part, and not with a star, which could stand for the rest.
pub(crate) fn is_incomplete_arn(text: &str) -> bool {
    text.starts_with("arn:") && !text.ends_with('*') && text.bytes().filter(|byte| *byte == b':').take(5).count() < 5
}

/// `ForAnyValue:StringEquals` for `ForAnyValue:StringEqualsIfExists`; `None` for every other operator.
fn without_if_exists(operator: &str) -> Option<String> {
    let parsed =
        Operator::parse(operator).filter(|known| known.if_exists && known.quantifier == Quantifier::ForAnyValue)?;
    Some(Operator { if_exists: false, ..parsed }.to_string())
}
