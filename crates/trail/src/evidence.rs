//! Evidence: what a principal, and each of its long-lived keys, really did.

mod address;
mod agent;
mod bounded;
mod coverage;
mod fold;
mod folds;
mod period;
mod spill;
mod store;
mod table;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::time::as_text;

pub use address::{AddressRanges, BadRange};
pub use bounded::{Bounded, Sum};
pub use coverage::{Coverage, CoverageKey, Covered, Gap};
pub use fold::PrincipalKind;
pub use period::{Evidences, Openings, Period};
pub use spill::{Gathering, Spill};
pub use store::{StoreError, read_parts, read_period, write_part, write_period};
pub use table::{EvidenceTally, Keep};

/// Whose evidence it is.
///
/// Temporary keys are folded: a session of a role belongs to the role and to whoever opened it, where the session says who that
/// was; a session of an IAM user belongs to the user.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PrincipalKey {
    /// The account in which it was done (`recipientAccountId`); empty where the log names none.
    pub account: Arc<str>,
    /// ARN of the user or role; for services their name, for others what the log has.
    pub principal: Arc<str>,
    /// The long-lived access key; none for passwords, sessions and services.
    pub access_key: Option<Arc<str>>,
    /// Who opened the session: the source identity, or the Identity Center user; none where the session does not say.
    pub opened_by: Option<Arc<str>>,
}

/// How often, and when last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// Events.
    pub events: u64,
    /// The last one, in seconds since 1970.
    #[serde(with = "as_text")]
    pub last: i64,
}

impl Use {
    #[inline]
    pub(crate) fn note(&mut self, time: i64) {
        self.last = if self.events == 0 { time } else { self.last.max(time) };
        self.events += 1;
    }
}

impl Sum for Use {
    fn add(&mut self, other: &Self) {
        self.last = if self.events == 0 { other.last } else { self.last.max(other.last) };
        self.events += other.events;
    }
}

/// Use of one action.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionUse {
    /// All events, and the last of them.
    pub all: Use,
    /// Those without an error.
    pub succeeded: Use,
    /// Those that were refused for want of permission.
    pub denied: Use,
}

impl Sum for ActionUse {
    fn add(&mut self, other: &Self) {
        for (ours, theirs) in
            [(&mut self.all, &other.all), (&mut self.succeeded, &other.succeeded), (&mut self.denied, &other.denied)]
        {
            if theirs.events > 0 {
                ours.add(theirs);
            }
        }
    }
}

/// Sign-ins to the console.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsoleSignIns {
    /// With a second factor.
    pub with_mfa: Use,
    /// Without one that AWS knows of; federated sign-ins bring theirs elsewhere.
    pub without_mfa: Use,
    /// Failed ones.
    pub failed: Use,
}

/// Events by hour of the week (0 is Monday 00:00, 167 Sunday 23:00; UTC): the hours in which there was something.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<(u8, u64)>", into = "Vec<(u8, u64)>")]
pub struct Hours {
    /// A bit for each hour with events.
    present: [u64; 3],
    /// Their events, in the order of the hours.
    events: Vec<u64>,
}

impl Hours {
    #[inline]
    pub(crate) fn note(&mut self, time: i64) {
        // 1970-01-01 was a Thursday.
        let hour = (time.div_euclid(3600) + 3 * 24).rem_euclid(168);
        self.add(u8::try_from(hour).unwrap_or(0), 1);
    }

    #[inline]
    pub(crate) fn add(&mut self, hour: u8, events: u64) {
        let Some(place) = self.place(hour) else { return };
        if !self.has(hour) {
            return self.insert(place, hour, events);
        }
        if let Some(held) = self.events.get_mut(place) {
            *held += events;
        }
    }

    #[cold]
    fn insert(&mut self, place: usize, hour: u8, events: u64) {
        if let Some(word) = self.present.get_mut(usize::from(hour / 64)) {
            *word |= 1 << (hour % 64);
            self.events.insert(place, events);
        }
    }

    fn has(&self, hour: u8) -> bool {
        self.present.get(usize::from(hour / 64)).is_some_and(|word| word >> (hour % 64) & 1 == 1)
    }

    /// How many hours before this one have events; none where there is no such hour.
    #[inline]
    fn place(&self, hour: u8) -> Option<usize> {
        let [first, second, third] = self.present;
        let below = (1_u64 << (hour % 64)) - 1;
        let count = match hour {
            0..64 => (first & below).count_ones(),
            64..128 => first.count_ones() + (second & below).count_ones(),
            128..168 => first.count_ones() + second.count_ones() + (third & below).count_ones(),
            168.. => return None,
        };
        usize::try_from(count).ok()
    }

    /// Hours with their events.
    fn pairs(&self) -> impl Iterator<Item = (u8, u64)> {
        (0..168).filter(|hour| self.has(*hour)).zip(self.events.iter().copied())
    }

    /// Events in this hour (0–23) of this weekday (0 is Monday).
    #[must_use]
    pub fn get(&self, weekday: u8, hour: u8) -> u64 {
        let wanted = weekday.saturating_mul(24).saturating_add(hour);
        if hour >= 24 || !self.has(wanted) {
            return 0;
        }
        self.place(wanted).and_then(|place| self.events.get(place)).copied().unwrap_or(0)
    }
}

impl From<Hours> for Vec<(u8, u64)> {
    fn from(hours: Hours) -> Self {
        hours.pairs().collect()
    }
}

impl TryFrom<Vec<(u8, u64)>> for Hours {
    type Error = String;

    fn try_from(list: Vec<(u8, u64)>) -> Result<Self, String> {
        let mut hours = Self::default();
        for (hour, events) in list {
            if hour >= 168 {
                return Err(format!("a week has no hour {hour}"));
            }
            hours.add(hour, events);
        }
        Ok(hours)
    }
}

/// What a principal did in a period. Two of them add up ([`Evidence::merge`]).
///
/// All lists are bounded and say when they are truncated. Times are seconds since 1970, UTC.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// What the log says that it is.
    pub kind: PrincipalKind,
    /// All events.
    pub all: Use,
    /// The first one.
    #[serde(with = "as_text")]
    pub first: i64,
    /// Those without an error.
    pub succeeded: Use,
    /// Those with `readOnly: true`.
    pub reads: u64,
    /// Those with `readOnly: false`.
    pub writes: u64,
    /// Events of sessions that were opened with a second factor, and without.
    pub sessions_with_mfa: u64,
    /// Events of sessions that were opened without one.
    pub sessions_without_mfa: u64,
    /// Events from the console (`sessionCredentialFromConsole`).
    pub from_console: u64,
    /// Sign-ins to the console.
    pub sign_ins: ConsoleSignIns,
    /// Events by weekday and hour.
    pub hours: Hours,
    /// `eventSource:eventName`
    pub actions: Bounded<ActionUse, 2048>,
    /// By error code.
    pub errors: Bounded<Use, 256>,
    /// By `eventSource:eventName resource`, for those that succeeded.
    pub resources: Bounded<Use, 128>,
    /// `aws-internal`, `service:…`, `range:…` (of the ranges given), else the address's /24 or /48.
    pub addresses: Bounded<Use, 128>,
    /// Families of user agents with the main version: `aws-cli/2`, `Boto3/1`, `browser:Chrome`.
    pub agents: Bounded<Use, 128>,
    /// Regions.
    pub regions: Bounded<Use, 64>,
    /// Services that called for it.
    pub invoked_by: Bounded<Use, 128>,
    /// Users of the identity store for whom it was done.
    pub on_behalf_of: Bounded<Use, 256>,
    /// Source identities.
    pub source_identities: Bounded<Use, 256>,
    /// Names of role sessions.
    pub sessions: Bounded<Use, 128>,
    /// Where federated sessions come from.
    pub providers: Bounded<Use, 32>,
    /// Classes of events, as [`Covered::classes`].
    pub classes: Bounded<Use, 128>,
}

impl Evidence {
    /// Adds what the same principal did elsewhere or at another time.
    pub fn merge(&mut self, other: &Self) {
        if other.all.events == 0 {
            return;
        }
        self.first = if self.all.events == 0 { other.first } else { self.first.min(other.first) };
        self.kind = self.kind.max(other.kind);
        for (ours, theirs) in [
            (&mut self.all, &other.all),
            (&mut self.succeeded, &other.succeeded),
            (&mut self.sign_ins.with_mfa, &other.sign_ins.with_mfa),
            (&mut self.sign_ins.without_mfa, &other.sign_ins.without_mfa),
            (&mut self.sign_ins.failed, &other.sign_ins.failed),
        ] {
            if theirs.events > 0 {
                ours.add(theirs);
            }
        }
        self.reads += other.reads;
        self.writes += other.writes;
        self.sessions_with_mfa += other.sessions_with_mfa;
        self.sessions_without_mfa += other.sessions_without_mfa;
        self.from_console += other.from_console;
        for (hour, events) in other.hours.pairs() {
            self.hours.add(hour, events);
        }
        self.actions.merge(&other.actions);
        self.errors.merge(&other.errors);
        self.resources.merge(&other.resources);
        self.addresses.merge(&other.addresses);
        self.agents.merge(&other.agents);
        self.regions.merge(&other.regions);
        self.invoked_by.merge(&other.invoked_by);
        self.on_behalf_of.merge(&other.on_behalf_of);
        self.source_identities.merge(&other.source_identities);
        self.sessions.merge(&other.sessions);
        self.providers.merge(&other.providers);
        self.classes.merge(&other.classes);
    }

    /// Events with an error.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.all.events - self.succeeded.events
    }
}

/// Writes what an address is folded to.
pub(crate) fn fold_address(raw: &str, ranges: &AddressRanges, out: &mut Vec<u8>) {
    address::fold(raw.as_bytes(), ranges, out);
}

/// Writes what a user agent is folded to.
pub(crate) fn fold_agent(raw: &str, out: &mut Vec<u8>) {
    agent::fold(raw, out);
}

#[cfg(test)]
mod tests;
