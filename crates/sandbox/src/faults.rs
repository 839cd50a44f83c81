//! Failures on demand. Chances are drawn from the sandbox's seeded generator.

use std::collections::{BTreeMap, BTreeSet};

use crate::state::id::AccountId;

/// What goes wrong. The default is nothing.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// Chance (0.0–1.0) that a call is throttled although its bucket is not empty.
    pub throttle_chance: f64,
    /// Chance that a call fails with an internal error and has no effect.
    pub internal_before_chance: f64,
    /// Chance that a call takes effect and then fails with an internal error.
    pub internal_after_chance: f64,
    /// Operations refused with AccessDenied, by name (`CreateAccountAssignment`).
    pub deny: BTreeSet<String>,
    /// Assignments (created or deleted) and provisionings that end FAILED: account and set name → AWS's reason.
    pub fail: BTreeMap<(AccountId, String), String>,
}

/// What the dice said about one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stroke {
    None,
    Throttle,
    InternalBefore,
    InternalAfter,
}

impl Faults {
    /// Draws for one call; without chances the generator is not touched, so that a calm run stays reproducible.
    pub(crate) fn draw(&self, rng: &mut fastrand::Rng) -> Stroke {
        let mut hit = |chance: f64| chance > 0.0 && rng.f64() < chance;
        if hit(self.throttle_chance) {
            Stroke::Throttle
        } else if hit(self.internal_before_chance) {
            Stroke::InternalBefore
        } else if hit(self.internal_after_chance) {
            Stroke::InternalAfter
        } else {
            Stroke::None
        }
    }
}
