//! Faults put into the comparison on purpose, one at a time, to see that the oracles notice them. Only in the crate's own tests.

use std::cell::Cell;

/// A rule of the comparison made weaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weakness {
    /// What the other side denies is not looked at.
    TheirDeniesIgnored,
    /// What this side denies counts as more than it denies.
    OurDeniesWithoutConditions,
    /// Another statement covers a pattern whatever its conditions.
    CoveredWhateverConditions,
    /// `NotResource` is taken for `Resource`.
    NotResourceTakenPlain,
    /// `NotAction` is taken for `Action`.
    NotActionTakenPlain,
    /// A match that hangs on a variable is taken for a match.
    PerhapsTakenForYes,
    /// A key is never absent.
    NoAbsentKey,
    /// A key never has several values.
    NoSeveralValues,
    /// Numbers between two that are named do not exist.
    NothingBetweenNumbers,
    /// Addresses behind a range do not exist.
    NothingBehindRanges,
    /// Tests with variables imply each other.
    VariablesImplyEachOther,
    /// Only the crossing reading of wildcards is looked at.
    OneReadingOnly,
    /// Only actions that are written out or known are looked at.
    WrittenActionsOnly,
    /// Gains are looked for where losses can be, and the other way round.
    DirectionsTurnedRound,
    /// Exact texts among wildcards are not looked at.
    LiteralsLeftOut,
    /// A pattern is within another whose first three characters it shares.
    WithinByBeginning,
    /// A `?` may also be nothing.
    OneMayBeNothing,
    /// Of the conditions of the other statements only the first counts.
    FirstConditionOnly,
}

impl Weakness {
    pub(crate) const ALL: [Self; 18] = [
        Self::TheirDeniesIgnored,
        Self::OurDeniesWithoutConditions,
        Self::CoveredWhateverConditions,
        Self::NotResourceTakenPlain,
        Self::NotActionTakenPlain,
        Self::PerhapsTakenForYes,
        Self::NoAbsentKey,
        Self::NoSeveralValues,
        Self::NothingBetweenNumbers,
        Self::NothingBehindRanges,
        Self::VariablesImplyEachOther,
        Self::OneReadingOnly,
        Self::WrittenActionsOnly,
        Self::DirectionsTurnedRound,
        Self::LiteralsLeftOut,
        Self::WithinByBeginning,
        Self::OneMayBeNothing,
        Self::FirstConditionOnly,
    ];
}

thread_local! {
    static PRESENT: Cell<Option<Weakness>> = const { Cell::new(None) };
}

/// Whether the comparison has this weakness now.
pub(crate) fn has(weakness: Weakness) -> bool {
    PRESENT.get() == Some(weakness)
}

/// Does the work with this weakness.
pub(crate) fn with<T>(weakness: Option<Weakness>, work: impl FnOnce() -> T) -> T {
    PRESENT.set(weakness);
    let result = work();
    PRESENT.set(None);
    result
}

mod tests {
    use std::slice::from_ref;

    use super::{Weakness, with};
    use crate::compare::compare;

    use crate::compare::aimed::policies::{changed, generated};
    use crate::compare::aimed::random::Random;
    use crate::compare::aimed::requests::Pair;

    /// The number of pairs after which some request contradicts what is claimed; none if that does not happen.
    fn noticed_after(weakness: Option<Weakness>, pairs: usize) -> Option<usize> {
        let mut random = Random::new(7);
        (0..pairs).find(|_| {
            let first = generated(&mut random);
            let mut second = changed(&first, &mut random);
            if random.chance(40) {
                second = changed(&second, &mut random);
            }
            let (first, second) = (from_ref(&first), from_ref(&second));
            let comparison = with(weakness, || compare(first, second));
            let pair = Pair::of(first, second).unwrap();
            (0..40).any(|_| pair.contradiction(&comparison, &pair.request(&mut random)).is_some())
        })
    }

    #[test]
    fn requests_notice_every_weakened_rule() {
        assert_eq!(noticed_after(None, 1_000), None, "the comparison as it is");
        let unnoticed: Vec<Weakness> =
            Weakness::ALL.into_iter().filter(|weakness| noticed_after(Some(*weakness), 6_000).is_none()).collect();
        assert!(unnoticed.is_empty(), "not noticed: {unnoticed:?}");
    }
}
