//! What one seed comes to: everything about a run that is drawn by chance, before anything runs.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sandbox::{FaultKind, Stroke};

use crate::mutation::Mutation;

/// One run, as a seed has it or as it was cut down from that.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Where all chance comes from.
    pub seed: u64,
    /// How large the company is.
    pub size: Size,
    /// How often the catalog is edited and applied before the faults cease.
    pub rounds: u32,
    /// Chance of each fault for each call.
    pub faults: BTreeMap<FaultKind, f64>,
    /// Where there is a list, no other strokes fall.
    pub only: Option<BTreeSet<Stroke>>,
    /// How long reads lag behind writes at most.
    pub lag: Duration,
    /// Whether the process may crash or be told to stop.
    pub crashes: bool,
    /// Whether plans may be kept for a while before they are applied.
    pub kept_plans: bool,
    /// What is broken on purpose.
    pub mutation: Option<Mutation>,
    /// The only rule that is looked at; all if none is named.
    pub rule: Option<&'static str>,
}

/// How large a company is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each name says it")]
pub struct Size {
    pub accounts: usize,
    pub sets: usize,
    pub groups: usize,
    pub people: usize,
    /// Entries of the catalog at the beginning.
    pub entries: usize,
}

impl Size {
    const SMALL: Self = Self { accounts: 3, sets: 2, groups: 2, people: 3, entries: 3 };
    const MEDIUM: Self = Self { accounts: 6, sets: 4, groups: 4, people: 6, entries: 6 };
    const LARGE: Self = Self { accounts: 14, sets: 7, groups: 7, people: 10, entries: 10 };

    /// The smallest company in which anything can happen.
    pub const LEAST: Self = Self { accounts: 1, sets: 1, groups: 1, people: 1, entries: 1 };
}

/// A generator of its own for each subject, so that one subject drawn otherwise leaves the others as they are.
pub(crate) fn chance(seed: u64, subject: &str, number: u64) -> fastrand::Rng {
    let mut mixed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ number.wrapping_mul(0xC2B2_AE3D_27D4_EB4F);
    for byte in subject.bytes() {
        mixed = (mixed ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3).rotate_left(17);
    }
    fastrand::Rng::with_seed(mixed)
}

impl Scenario {
    /// The run of a seed.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        let mut dice = chance(seed, "scenario", 0);
        let size = match dice.u8(..100) {
            0..70 => Size::SMALL,
            70..95 => Size::MEDIUM,
            _ => Size::LARGE,
        };
        Self {
            seed,
            size,
            rounds: dice.u32(1..=3),
            faults: faults(&mut dice),
            only: None,
            lag: Duration::from_millis(*dice.choice([0, 0, 800, 5_000, 15_000].iter()).unwrap_or(&0)),
            crashes: dice.u8(..100) < 60,
            kept_plans: dice.u8(..100) < 40,
            mutation: None,
            rule: None,
        }
    }

    /// The same run with something broken on purpose, judged by the rule that is there to notice.
    #[must_use]
    pub fn broken_by(self, mutation: Mutation) -> Self {
        Self { mutation: Some(mutation), rule: Some(mutation.breaks()), ..self }
    }
}

/// A few kinds of faults, seldom or often. One seed in eight has none but the rival, one in sixteen none at all.
fn faults(dice: &mut fastrand::Rng) -> BTreeMap<FaultKind, f64> {
    let mut faults = BTreeMap::new();
    let weather = dice.u8(..16);
    if weather == 0 {
        return faults;
    }
    if weather > 2 {
        for kind in FaultKind::ALL {
            if kind != FaultKind::Rival && dice.u8(..100) < 30 {
                faults.insert(kind, rate(kind, dice));
            }
        }
    }
    if dice.u8(..100) < 60 {
        faults.insert(FaultKind::Rival, rate(FaultKind::Rival, dice));
    }
    faults
}

/// How often: of what is rare on AWS, or ends a run, less.
fn rate(kind: FaultKind, dice: &mut fastrand::Rng) -> f64 {
    let most = match kind {
        FaultKind::ThrottleStorm | FaultKind::Expired => 0.01,
        FaultKind::Rival => 0.03,
        FaultKind::Stuck | FaultKind::LateFailure | FaultKind::ShortPage | FaultKind::LostToken => 0.25,
        FaultKind::ClockSkew => 0.02,
        _ => 0.1,
    };
    let share = dice.f64();
    // squared: seldom more often than often
    most * share * share
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_cover_every_fault_every_size_and_calm() {
        let scenarios: Vec<Scenario> = (0..500).map(Scenario::of).collect();
        for kind in FaultKind::ALL {
            assert!(scenarios.iter().any(|scenario| scenario.faults.contains_key(&kind)), "{kind}");
        }
        for size in [Size::SMALL, Size::MEDIUM, Size::LARGE] {
            assert!(scenarios.iter().any(|scenario| scenario.size == size));
        }
        assert!(scenarios.iter().any(|scenario| scenario.faults.is_empty()));
    }
}
