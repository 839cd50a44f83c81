//! What the log shows of IAM users and of their keys, summed up as far as decisions about them need it; and what it could show at all.
//!
//! Everything here adds up: parts in any order give the same sum. Days are counted since 1970, times are seconds since 1970, both UTC.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::id::AccountId;

/// Most resources kept of one action.
pub const MOST_RESOURCES: usize = 64;

/// What the log shows of IAM users.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IamUse {
    /// By ARN of the user. Who is not here was not seen, which is not the same as not there.
    pub users: BTreeMap<String, UserUse>,
    /// What could be seen, by account. An account that is not here was not in the log.
    pub coverage: BTreeMap<AccountId, LogCoverage>,
    /// What people did in sessions of Identity Center, by user name in lower case.
    #[serde(default)]
    pub portal: BTreeMap<String, PortalUse>,
}

/// What somebody did in sessions of Identity Center.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PortalUse {
    /// By account.
    pub accounts: BTreeMap<AccountId, Seen>,
}

impl PortalUse {
    /// The last event in any account, in seconds since 1970.
    #[must_use]
    pub fn last_s(&self) -> Option<i64> {
        self.accounts.values().filter(|seen| seen.events > 0).map(|seen| seen.last_s).max()
    }
}

/// What the log shows of one user.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserUse {
    /// Done without a long-lived key: the console, and temporary credentials of the user.
    pub keyless: Activity,
    /// By access key.
    pub keys: BTreeMap<String, Activity>,
    /// Roles of which the user opened sessions, by ARN.
    pub roles: BTreeMap<String, Seen>,
}

/// How often and when last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Events.
    pub events: u64,
    /// The last one.
    pub last_s: i64,
}

impl Seen {
    /// Adds others.
    pub fn add(&mut self, other: Self) {
        if other.events == 0 {
            return;
        }
        self.last_s = if self.events == 0 { other.last_s } else { self.last_s.max(other.last_s) };
        self.events += other.events;
    }
}

/// Days, sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<i32>")]
pub struct Days(Vec<i32>);

impl From<Vec<i32>> for Days {
    fn from(mut days: Vec<i32>) -> Self {
        days.sort_unstable();
        days.dedup();
        Self(days)
    }
}

impl Days {
    /// Adds a day.
    pub fn insert(&mut self, day: i32) {
        if let Err(place) = self.0.binary_search(&day) {
            self.0.insert(place, day);
        }
    }

    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        for day in &other.0 {
            self.insert(*day);
        }
    }

    /// Whether this day is among them.
    #[must_use]
    pub fn contains(&self, day: i32) -> bool {
        self.0.binary_search(&day).is_ok()
    }

    /// In order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = i32> + ExactSizeIterator + '_ {
        self.0.iter().copied()
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The first and the last.
    #[must_use]
    pub fn span(&self) -> Option<(i32, i32)> {
        Some((*self.0.first()?, *self.0.last()?))
    }
}

/// One day of an [`Activity`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayUse {
    /// Events.
    pub events: u64,
    /// The hours (UTC) in which there were events: bit 0 is midnight to one.
    pub hours: u32,
}

/// What was done with one action.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionUse {
    /// All events.
    pub all: Seen,
    /// Those that were refused for want of permission.
    pub denied: u64,
    /// The days.
    pub days: Days,
}

/// Sign-ins to the console.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIns {
    /// With a second factor.
    pub with_mfa: Seen,
    /// Without one.
    pub without_mfa: Seen,
    /// Failed ones.
    pub failed: Seen,
}

/// What was done with one credential.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// All events.
    pub all: Seen,
    /// The first one.
    pub first_s: i64,
    /// Events of which the day is not known.
    pub undated: u64,
    /// Days with events.
    pub days: BTreeMap<i32, DayUse>,
    /// By `eventSource:eventName`.
    pub actions: BTreeMap<String, ActionUse>,
    /// Resources by `eventSource:eventName`, where the log names them; [`MOST_RESOURCES`] of each.
    pub resources: BTreeMap<String, BTreeSet<String>>,
    /// Programs: `aws-cli/2`, `Boto3/1`, `browser:Chrome`, `service:…`.
    pub agents: BTreeMap<String, Seen>,
    /// Places: `203.0.113.0/24`, `range:office`, `service:…`, `aws-internal`.
    pub addresses: BTreeMap<String, Seen>,
    /// Regions.
    pub regions: BTreeMap<String, Seen>,
    /// AWS's services that called for it.
    pub invoked_by: BTreeMap<String, Seen>,
    /// Sign-ins to the console.
    pub sign_ins: SignIns,
    /// Events that the console made.
    pub from_console: u64,
    /// Events of sessions that were opened with a second factor.
    pub with_mfa: u64,
    /// Lists that are not whole, because there was too much of it.
    pub truncated: BTreeSet<String>,
}

impl Activity {
    /// Whether there was anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.events == 0
    }

    /// The last use of each service, by the first part of `eventSource`: `s3` of `s3.amazonaws.com`.
    #[must_use]
    pub fn services(&self) -> BTreeMap<&str, i64> {
        let mut services = BTreeMap::new();
        for (name, action) in &self.actions {
            let source = name.split(['.', ':']).next().unwrap_or_default();
            let last = services.entry(source).or_insert(action.all.last_s);
            *last = action.all.last_s.max(*last);
        }
        services
    }

    /// Adds another part of the same credential's activity.
    pub fn add(&mut self, other: &Self) {
        if other.is_empty() {
            return;
        }
        self.first_s = if self.is_empty() { other.first_s } else { self.first_s.min(other.first_s) };
        self.all.add(other.all);
        self.undated += other.undated;
        for (day, theirs) in &other.days {
            let ours = self.days.entry(*day).or_default();
            ours.events += theirs.events;
            ours.hours |= theirs.hours;
        }
        for (name, theirs) in &other.actions {
            let ours = self.actions.entry(name.clone()).or_default();
            ours.all.add(theirs.all);
            ours.denied += theirs.denied;
            ours.days.add(&theirs.days);
        }
        for (name, theirs) in &other.resources {
            for resource in theirs {
                self.name_resource(name, resource);
            }
        }
        for (ours, theirs) in [
            (&mut self.agents, &other.agents),
            (&mut self.addresses, &other.addresses),
            (&mut self.regions, &other.regions),
            (&mut self.invoked_by, &other.invoked_by),
        ] {
            for (name, seen) in theirs {
                ours.entry(name.clone()).or_default().add(*seen);
            }
        }
        self.sign_ins.with_mfa.add(other.sign_ins.with_mfa);
        self.sign_ins.without_mfa.add(other.sign_ins.without_mfa);
        self.sign_ins.failed.add(other.sign_ins.failed);
        self.from_console += other.from_console;
        self.with_mfa += other.with_mfa;
        self.truncated.extend(other.truncated.iter().cloned());
    }

    /// Notes a resource of an action. Of too many the first by name stay, so that the order does not matter.
    pub fn name_resource(&mut self, action: &str, resource: &str) {
        let held = self.resources.entry(action.to_owned()).or_default();
        held.insert(resource.to_owned());
        if held.len() > MOST_RESOURCES {
            held.pop_last();
            self.truncated.insert(format!("resources of {action}"));
        }
    }
}

impl UserUse {
    /// Adds another part of the same user's activity.
    pub fn add(&mut self, other: &Self) {
        self.keyless.add(&other.keyless);
        for (key, activity) in &other.keys {
            self.keys.entry(key.clone()).or_default().add(activity);
        }
        for (role, seen) in &other.roles {
            self.roles.entry(role.clone()).or_default().add(*seen);
        }
    }

    /// The last use of each service, over all credentials.
    #[must_use]
    pub fn services(&self) -> BTreeMap<&str, i64> {
        let mut services: BTreeMap<&str, i64> = BTreeMap::new();
        for activity in self.keys.values().chain([&self.keyless]) {
            for (service, last_s) in activity.services() {
                let held = services.entry(service).or_insert(last_s);
                *held = last_s.max(*held);
            }
        }
        services
    }
}

/// Whether a class of events could be seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassCoverage {
    /// Whether trails record it in full, as their event selectors say; none where those are not known.
    pub is_recorded: Option<bool>,
    /// The first day since which one could have been seen.
    pub visible_since: Option<i32>,
}

/// Fewest days by which it can be told that a region has stopped.
const FEWEST_DAYS: usize = 5;
const DAY_S: i64 = 86_400;

/// What of one account was in the log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogCoverage {
    /// Days with anything.
    pub days: Days,
    /// Days with anything, by region.
    pub regions: BTreeMap<String, Days>,
    /// The last event.
    pub end_s: i64,
    /// The last event, by region.
    #[serde(default)]
    pub region_ends_s: BTreeMap<String, i64>,
    /// The longest time from an event to its delivery, as far as it is known.
    pub longest_delay_s: u64,
    /// By class: `management read`, `data AWS::S3::Object write`.
    pub classes: BTreeMap<String, ClassCoverage>,
    /// What makes the log less than whole, in words: objects that could not be read, Regions left out.
    pub flaws: BTreeSet<String>,
}

impl LogCoverage {
    /// Days without anything between days with something.
    #[must_use]
    pub fn gap_days(&self) -> Vec<i32> {
        let Some((first, last)) = self.days.span() else { return Vec::new() };
        (first..=last).filter(|day| !self.days.contains(*day)).collect()
    }

    /// When a region was heard of last (in seconds), if it seems that its log has stopped: it had a rhythm (something on five days at
    /// least), and has been silent for longer than `most_s` and than ever before, while the log of the account went on.
    #[must_use]
    pub fn stopped(&self, region: &str, most_s: i64) -> Option<i64> {
        let days = self.regions.get(region).filter(|days| days.len() >= FEWEST_DAYS)?;
        let (_, last_day) = days.span()?;
        let pauses = days.iter().zip(days.iter().skip(1)).map(|(one, next)| i64::from(next - one - 1));
        let longest_s = pauses.max().unwrap_or_default() * DAY_S;
        let last_s = self.region_ends_s.get(region).copied().unwrap_or((i64::from(last_day) + 1) * DAY_S);
        (self.end_s - last_s > most_s.max(longest_s + DAY_S)).then_some(last_s)
    }

    /// How many days the log reaches over.
    #[must_use]
    pub fn length_days(&self) -> i32 {
        self.days.span().map_or(0, |(first, last)| last - first + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn activity() -> impl Strategy<Value = Activity> {
        let row = (0..40_i32, 0..24_u32, 0..5_u8, 0..90_u8);
        proptest::collection::vec(row, 0..60).prop_map(|rows| {
            let mut sum = Activity::default();
            for (day, hour, action, resource) in rows {
                sum.add(&one(day, hour, action, resource));
            }
            sum
        })
    }

    fn one(day: i32, hour: u32, action: u8, resource: u8) -> Activity {
        let at = i64::from(day) * 86_400 + i64::from(hour) * 3_600;
        let seen = Seen { events: 1, last_s: at };
        let name = format!("s3.amazonaws.com:Action{action}");
        let mut made = Activity { all: seen, first_s: at, ..Activity::default() };
        made.days.insert(day, DayUse { events: 1, hours: 1 << hour });
        made.actions.insert(name.clone(), ActionUse { all: seen, denied: 0, days: vec![day].into() });
        made.agents.insert(format!("Boto3/{action}"), seen);
        made.name_resource(&name, &format!("arn:aws:s3:::b/{resource}"));
        made
    }

    proptest! {
        #[test]
        fn parts_add_up_in_any_order(one in activity(), two in activity(), three in activity()) {
            let sum = |parts: [&Activity; 3]| {
                let mut sum = Activity::default();
                parts.into_iter().for_each(|part| sum.add(part));
                sum
            };
            prop_assert_eq!(sum([&one, &two, &three]), sum([&three, &one, &two]));
            let mut nested = two.clone();
            nested.add(&three);
            let mut whole = one.clone();
            whole.add(&nested);
            prop_assert_eq!(whole, sum([&one, &two, &three]));
        }
    }

    #[test]
    fn a_region_that_was_heard_of_and_is_silent_longer_than_ever_has_stopped() {
        let log = |days: Vec<i32>, end_day: i64| LogCoverage {
            regions: [("eu-west-1".to_owned(), days.into())].into(),
            end_s: end_day * DAY_S,
            ..LogCoverage::default()
        };
        let stopped = |days, end_day| log(days, end_day).stopped("eu-west-1", 2 * DAY_S).is_some();
        assert!(!stopped((0..20).collect(), 22) && stopped((0..20).collect(), 23));
        // Silent for ten days before.
        assert!(!stopped(vec![0, 1, 2, 13, 14], 26) && stopped(vec![0, 1, 2, 13, 14], 27));
        // Too seldom to tell; never heard of.
        assert!(!stopped(vec![0, 1, 2, 3], 90) && !stopped(Vec::new(), 90));
        let mut exact = log((0..20).collect(), 22);
        exact.region_ends_s.insert("eu-west-1".to_owned(), 19 * DAY_S + 60);
        assert_eq!(exact.stopped("eu-west-1", 2 * DAY_S), Some(19 * DAY_S + 60));
    }

    #[test]
    fn gaps_lie_between_days() {
        let coverage = LogCoverage { days: vec![3, 1, 6, 3].into(), ..LogCoverage::default() };
        assert_eq!((coverage.gap_days(), coverage.length_days()), (vec![2, 4, 5], 6));
        assert_eq!(LogCoverage::default().gap_days(), Vec::<i32>::new());
    }
}
