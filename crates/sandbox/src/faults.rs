//! Failures on demand. Whether a call is struck follows from the seed, the number of the call and the kind of the fault alone: taking one
//! stroke out leaves all others where they are, as long as the calls stay the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use crate::state::id::AccountId;

/// What can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// The call is throttled although its bucket is not empty.
    Throttle,
    /// A storm begins: for some seconds every call is throttled.
    ThrottleStorm,
    /// 500, and nothing was done.
    InternalBefore,
    /// It was done, and then 500.
    InternalAfter,
    /// No answer ever, and nothing was done.
    TimeoutBefore,
    /// It was done, and no answer ever.
    TimeoutAfter,
    /// The request arrives twice; one of the two answers comes back.
    Duplicate,
    /// The connection breaks before or after it was done.
    Reset,
    /// The answer's body ends too early.
    Truncate,
    /// What was accepted stays IN_PROGRESS for the better part of an hour.
    Stuck,
    /// What was accepted ends FAILED at the end of its work.
    LateFailure,
    /// The token of a page is not known any more.
    LostToken,
    /// A page holds less than was asked for, and more follows.
    ShortPage,
    /// The call meets a machine whose clock is six minutes ahead, which finds its signature too old.
    ClockSkew,
    /// The credentials are expired for some seconds, until somebody renews them.
    Expired,
    /// The answer takes seconds.
    Slow,
    /// A write meets an earlier one that has not propagated: ConflictException, nothing done.
    Conflict,
    /// Somebody else changes something just before the call.
    Rival,
}

impl FaultKind {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::Throttle,
        Self::ThrottleStorm,
        Self::InternalBefore,
        Self::InternalAfter,
        Self::TimeoutBefore,
        Self::TimeoutAfter,
        Self::Duplicate,
        Self::Reset,
        Self::Truncate,
        Self::Stuck,
        Self::LateFailure,
        Self::LostToken,
        Self::ShortPage,
        Self::ClockSkew,
        Self::Expired,
        Self::Slow,
        Self::Conflict,
        Self::Rival,
    ];

    /// Whether it can make a difference to a call of this operation.
    pub(crate) fn concerns(self, operation: &str) -> bool {
        let lists = operation.starts_with("List");
        let works = ["CreateAccountAssignment", "DeleteAccountAssignment", "ProvisionPermissionSet", "CreateAccount"];
        match self {
            Self::LostToken | Self::ShortPage => lists,
            Self::Stuck | Self::LateFailure => works.contains(&operation),
            Self::Conflict => !is_reading(operation),
            _ => true,
        }
    }

    /// As written on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Throttle => "throttle",
            Self::ThrottleStorm => "throttle-storm",
            Self::InternalBefore => "internal-before",
            Self::InternalAfter => "internal-after",
            Self::TimeoutBefore => "timeout-before",
            Self::TimeoutAfter => "timeout-after",
            Self::Duplicate => "duplicate",
            Self::Reset => "reset",
            Self::Truncate => "truncate",
            Self::Stuck => "stuck",
            Self::LateFailure => "late-failure",
            Self::LostToken => "lost-token",
            Self::ShortPage => "short-page",
            Self::ClockSkew => "clock-skew",
            Self::Expired => "expired",
            Self::Slow => "slow",
            Self::Conflict => "conflict",
            Self::Rival => "rival",
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Whether an operation only looks.
pub(crate) fn is_reading(operation: &str) -> bool {
    let reads = ["Get", "BatchGet", "List", "Describe", "Is", "Simulate", "Generate", "Lookup", "Head"];
    reads.iter().any(|start| operation.starts_with(start))
}

/// A fault, or a chance of one, that cannot be understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FaultError {
    /// No fault has this name.
    #[error("no fault is called `{0}`; there are {all}", all = names())]
    Unknown(String),
    /// A chance is a number from 0 to 1.
    #[error("`{0}` is no chance: write a number from 0 to 1")]
    Chance(String),
    /// Neither a name nor `NAME=CHANCE`.
    #[error("`{0}` is not of the form KIND=RATE, as in `throttle=0.05`")]
    Form(String),
}

fn names() -> String {
    FaultKind::ALL.map(FaultKind::name).join(", ")
}

impl FromStr for FaultKind {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == text);
        found.ok_or_else(|| FaultError::Unknown(text.to_owned()))
    }
}

/// A fault and how often it strikes, as on the command line: `throttle=0.05`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FaultRate {
    /// Which.
    pub kind: FaultKind,
    /// Chance (0.0–1.0) for each call.
    pub chance: f64,
}

impl FromStr for FaultRate {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let (kind, chance) = text.split_once('=').ok_or_else(|| FaultError::Form(text.to_owned()))?;
        Ok(Self { kind: kind.trim().parse()?, chance: checked(chance.trim().parse().ok(), chance)? })
    }
}

/// A number that can be a chance.
pub(crate) fn checked(chance: Option<f64>, text: &str) -> Result<f64, FaultError> {
    chance.filter(|chance| (0.0..=1.0).contains(chance)).ok_or_else(|| FaultError::Chance(text.to_owned()))
}

/// One fault that struck: the number of the call (from 1), and what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stroke {
    /// The number of the call.
    pub call: u64,
    /// What struck it.
    pub kind: FaultKind,
}

/// What goes wrong. The default is nothing.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// Chance (0.0–1.0) of each fault for each call.
    pub chances: BTreeMap<FaultKind, f64>,
    /// Operations refused with AccessDenied, by name (`CreateAccountAssignment`).
    pub deny: BTreeSet<String>,
    /// Assignments (created or deleted) and provisionings that end FAILED: account and set name → AWS's reason.
    pub fail: BTreeMap<(AccountId, String), String>,
    /// Where there is a list, only its strokes fall: of those the chances would bring, the ones to keep.
    pub only: Option<BTreeSet<Stroke>>,
}

impl Faults {
    /// Faults by chance.
    pub fn by_chance(rates: impl IntoIterator<Item = FaultRate>) -> Self {
        Self { chances: rates.into_iter().map(|rate| (rate.kind, rate.chance)).collect(), ..Self::default() }
    }

    /// Sets how often a fault strikes; 0 takes it away.
    pub fn set(&mut self, kind: FaultKind, chance: f64) {
        if chance > 0.0 {
            self.chances.insert(kind, chance.min(1.0));
        } else {
            self.chances.remove(&kind);
        }
    }

    /// Whether the fault strikes this call.
    fn strikes(&self, seed: u64, call: u64, kind: FaultKind) -> bool {
        let Some(chance) = self.chances.get(&kind).copied() else { return false };
        if chance <= 0.0 || chance < dice(seed, call, kind).f64() {
            return false;
        }
        self.only.as_ref().is_none_or(|only| only.contains(&Stroke { call, kind }))
    }
}

/// The generator of one fault at one call.
fn dice(seed: u64, call: u64, kind: FaultKind) -> fastrand::Rng {
    let mixed = seed.rotate_left(32) ^ call.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    fastrand::Rng::with_seed(mixed ^ (kind as u64 + 1).wrapping_mul(0xD6E8_FEB8_6659_FD93))
}

/// The faults that strike one call, and the chance that goes with each.
#[derive(Debug, Clone, Default)]
pub(crate) struct Blow {
    seed: u64,
    call: u64,
    kinds: Vec<FaultKind>,
}

impl Blow {
    pub(crate) fn draw(faults: &Faults, seed: u64, call: u64) -> Self {
        let kinds = faults.chances.keys().copied().filter(|kind| faults.strikes(seed, call, *kind)).collect();
        Self { seed, call, kinds }
    }

    /// Further chance of a fault that strikes; none where it does not.
    pub(crate) fn of(&self, kind: FaultKind) -> Option<fastrand::Rng> {
        self.kinds.contains(&kind).then(|| {
            let mut dice = dice(self.seed, self.call, kind);
            // the first number decided that it strikes
            dice.u64(..);
            dice
        })
    }

    pub(crate) fn has(&self, kind: FaultKind) -> bool {
        self.kinds.contains(&kind)
    }

    pub(crate) fn kinds(&self) -> &[FaultKind] {
        &self.kinds
    }
}

/// What lasts longer than a call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Weather {
    storm_until: Option<Timestamp>,
    expired_until: Option<Timestamp>,
}

impl Weather {
    /// Whether all calls are throttled now; a storm that begins with this call included.
    pub(crate) fn storms(&mut self, blow: &Blow, now: Timestamp) -> bool {
        lasting(&mut self.storm_until, blow.of(FaultKind::ThrottleStorm), now, 10_000)
    }

    /// Whether the credentials are expired now.
    pub(crate) fn expired(&mut self, blow: &Blow, now: Timestamp) -> bool {
        lasting(&mut self.expired_until, blow.of(FaultKind::Expired), now, 40_000)
    }
}

fn lasting(until: &mut Option<Timestamp>, begins: Option<fastrand::Rng>, now: Timestamp, most_ms: i64) -> bool {
    if let Some(mut dice) = begins {
        let lasts = jiff::SignedDuration::from_millis(dice.i64(500..=most_ms));
        *until = (*until).max(now.checked_add(lasts).ok());
    }
    until.is_some_and(|until| now < until)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_as_they_are_written() {
        for kind in FaultKind::ALL {
            assert_eq!(format!("{kind}=0.25").parse(), Ok(FaultRate { kind, chance: 0.25 }));
        }
        for (text, wrong) in [
            ("throttle", FaultError::Form("throttle".to_owned())),
            ("brake=0.1", FaultError::Unknown("brake".to_owned())),
            ("throttle=2", FaultError::Chance("2".to_owned())),
            ("throttle=NaN", FaultError::Chance("NaN".to_owned())),
        ] {
            assert_eq!(text.parse::<FaultRate>(), Err(wrong));
        }
    }

    #[test]
    fn a_stroke_depends_on_nothing_but_seed_call_and_kind() {
        let mut faults = Faults::default();
        faults.set(FaultKind::Throttle, 0.2);
        let struck = |faults: &Faults| -> Vec<u64> {
            (1..=500).filter(|call| Blow::draw(faults, 7, *call).has(FaultKind::Throttle)).collect()
        };
        let alone = struck(&faults);
        assert!((60..140).contains(&alone.len()), "{}", alone.len());
        faults.set(FaultKind::Reset, 0.5);
        assert_eq!(struck(&faults), alone);
        let kept = alone[3];
        faults.only = Some([Stroke { call: kept, kind: FaultKind::Throttle }].into());
        assert_eq!(struck(&faults), [kept]);
    }

    #[test]
    fn weather_passes() {
        let mut faults = Faults::default();
        faults.set(FaultKind::ThrottleStorm, 1.0);
        let (storm, calm) = (Blow::draw(&faults, 1, 1), Blow::default());
        let mut weather = Weather::default();
        let now = Timestamp::UNIX_EPOCH;
        assert!(!weather.storms(&calm, now));
        assert!(weather.storms(&storm, now) && weather.storms(&calm, now));
        assert!(!weather.storms(&calm, now + jiff::SignedDuration::from_secs(11)));
    }
}
