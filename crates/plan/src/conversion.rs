//! From IAM users to permission sets: what a user may do, carried over as it is; the same in fewer sets; and a rehearsal, in which what
//! people really did is held against the sets before anybody loses anything.
//!
//! Read in this order: [`rights`], [`sets`], [`groups`], [`rehearsal`].

pub mod groups;
mod naming;
pub mod rehearsal;
pub mod rights;
pub mod sets;

pub use groups::{GroupFinding, GroupProposal, Memberships};
pub use rehearsal::{Actor, Rehearsed, RehearsedOutcome, rehearse};
pub use rights::{Boundary, Left, Origin, Rights, SourcePolicy, TranslationNote, rights};
pub use sets::{Conversion, ConversionOptions, ConvertedMember, ConvertedSet, Grant, InlineSource, Shape, convert};

#[cfg(test)]
mod tests;
