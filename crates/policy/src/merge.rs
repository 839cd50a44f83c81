//! Several policies as one that allows exactly the same, small enough to fit; every result comes with its proof.
//!
//! What is denied stays denied word for word in meaning, also where nothing is allowed: a Deny binds other policies too.

mod bits;
mod cover;
mod example;
mod glance;
mod level0;
mod level1;
mod normal;
mod proposal;
mod superfluous;
mod table;

use std::fmt;

pub use level1::IntroducedWildcard;
pub use proposal::{Attachment, Proposal, propose};

use crate::compare::{Comparison, Relation, compare, compare_denies};
use crate::policy::Policy;
use normal::Normal;
use table::Table;

/// A rung of the ladder. Each is smaller and takes more liberty than the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Equal over all texts: nothing but fewer words.
    L0,
    /// Also folds reading actions by their first word (`s3:Get*`), where that adds no action of the catalogue.
    L1Read,
    /// Also folds any allowed action at the limits of words.
    L1Word,
    /// Also folds anywhere in a name.
    L1Char,
}

impl Level {
    /// All levels, in order.
    pub const ALL: [Self; 4] = [Self::L0, Self::L1Read, Self::L1Word, Self::L1Char];

    /// As on the command line: `l0`, `l1-read`, …
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::L0 => "l0",
            Self::L1Read => "l1-read",
            Self::L1Word => "l1-word",
            Self::L1Char => "l1-char",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A merged policy with its proof.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// The one policy.
    pub policy: Policy,
    /// How far the ladder was climbed.
    pub level: Level,
    /// Bytes without whitespace.
    pub size: usize,
    /// Bytes that the sources take when they are only put one after the other, without names.
    pub plain_size: usize,
    /// The merged policy compared with the sources: equal over all texts at L0; above, equal over the catalogue and never less. That the
    /// Denies are equal over all texts was proven besides.
    pub proof: Comparison,
    /// Wildcards that were not in the sources; none at L0.
    pub wildcards: Vec<IntroducedWildcard>,
}

/// Why there is no merged policy.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MergeError {
    /// There was nothing to merge.
    #[error("there is no statement to merge")]
    Nothing,
    /// The result could not be proven to be equal; so it is not given.
    #[error("the merged policy could not be proven equal to its sources: {because}")]
    Unproven {
        /// What stood in the way.
        because: String,
    },
    /// Nothing fits the limit.
    #[error("the smallest form has {} bytes without whitespace; {limit} are allowed", smallest.size)]
    TooLarge {
        /// The smallest that was found, proven.
        smallest: Box<Merged>,
        /// What was to be kept.
        limit: usize,
    },
}

/// Merges at the first level that fits into `limit` bytes without whitespace.
///
/// # Errors
/// When nothing fits, when there is nothing to merge, or when no proof was found.
pub fn merge(policies: &[Policy], limit: usize) -> Result<Merged, MergeError> {
    let mut reduced = Reduced::of(policies)?;
    let mut smallest: Option<Merged> = None;
    for level in Level::ALL {
        let merged = match reduced.at(policies, level) {
            Ok(merged) => merged,
            // a higher level takes more liberty, and rests on the one before
            Err(error) if smallest.is_none() => return Err(error),
            Err(_) => continue,
        };
        if merged.size <= limit {
            return Ok(merged);
        }
        if smallest.as_ref().is_none_or(|best| merged.size < best.size) {
            smallest = Some(merged);
        }
    }
    match smallest {
        Some(smallest) => Err(MergeError::TooLarge { smallest: Box::new(smallest), limit }),
        None => Err(MergeError::Nothing),
    }
}

/// Merges at the given level, whatever the size.
///
/// # Errors
/// When there is nothing to merge, or when no proof was found.
pub fn merge_at(policies: &[Policy], level: Level) -> Result<Merged, MergeError> {
    Reduced::of(policies)?.at(policies, level)
}

/// What all levels start from.
struct Reduced {
    table: Table,
    statements: Vec<Normal>,
    plain_size: usize,
}

impl Reduced {
    fn of(policies: &[Policy]) -> Result<Self, MergeError> {
        let mut table = Table::default();
        let plain = Normal::of(policies, &mut table);
        if plain.is_empty() {
            return Err(MergeError::Nothing);
        }
        let plain_size = normal::policy(&plain, &table).size();
        let reduced = level0::reduce(plain, &mut table);
        let statements = superfluous::drop_superfluous(reduced, &mut table);
        Ok(Self { table, statements, plain_size })
    }

    fn at(&mut self, policies: &[Policy], level: Level) -> Result<Merged, MergeError> {
        let table = &mut self.table;
        if level == Level::L0 {
            return proven(policies, normal::policy(&self.statements, table), level, Vec::new(), self.plain_size);
        }
        let (folded, wildcards) = level1::fold(&self.statements, level, table);
        // wildcards may meet others now
        let statements = level0::reduce(folded, table);
        proven(policies, normal::policy(&statements, table), level, wildcards, self.plain_size)
    }
}

/// The policy with its proof, or why there is none.
fn proven(
    policies: &[Policy],
    policy: Policy,
    level: Level,
    wildcards: Vec<IntroducedWildcard>,
    plain_size: usize,
) -> Result<Merged, MergeError> {
    let proof = compare(policies, std::slice::from_ref(&policy));
    let broader_by_future = matches!(proof.all_strings.relation, Relation::Equal | Relation::Broader)
        && proof.catalogue.relation == Relation::Equal;
    let denies = compare_denies(policies, std::slice::from_ref(&policy));
    if denies.relation != Relation::Equal {
        return Err(MergeError::Unproven { because: format!("the Denies are {}", denies.relation) });
    }
    let proven = if level == Level::L0 { proof.all_strings.relation == Relation::Equal } else { broader_by_future };
    if !proven {
        let because = format!("over all texts {}; over the catalogue {}", proof.all_strings, proof.catalogue);
        return Err(MergeError::Unproven { because });
    }
    Ok(Merged { size: policy.size(), plain_size, policy, level, proof, wildcards })
}
