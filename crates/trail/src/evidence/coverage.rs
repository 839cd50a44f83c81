//! What of the log was there to be read. Who did not see a class of events cannot say that it was never used.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Use;
use super::bounded::{Bounded, Names, Sum};
use crate::hash::is_same;
use crate::path::ObjectPath;
use crate::scan::Record;
use crate::time::DAY_S;

/// A part of the log.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CoverageKey {
    /// The account.
    pub account: Arc<str>,
    /// The region.
    pub region: Arc<str>,
    /// Days since 1970: of the events; of the delivery where an object held none.
    pub day: i64,
}

/// What there was of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Covered {
    /// Objects delivered on that day, as far as their paths tell.
    pub objects: u64,
    /// Records.
    pub records: u64,
    /// The longest time from an event to the delivery of its object, as far as names of objects tell; in seconds.
    pub longest_delay_s: u64,
    /// Classes of events that were seen: `management read`, `management write`, `data AWS::S3::Object read`, `insight`, …; `unstated` where
    /// the record says neither (logs before 2020).
    pub classes: Bounded<Use, 128>,
}

impl Sum for Covered {
    fn add(&mut self, other: &Self) {
        self.objects += other.objects;
        self.records += other.records;
        self.longest_delay_s = self.longest_delay_s.max(other.longest_delay_s);
        self.classes.merge(&other.classes);
    }
}

/// Days without anything between days with something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The account.
    pub account: Arc<str>,
    /// The region.
    pub region: Arc<str>,
    /// The first day without, since 1970.
    pub from_day: i64,
    /// The last day without.
    pub to_day: i64,
}

/// What of the log was read: accounts, regions, days, classes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Coverage {
    /// The parts.
    pub parts: BTreeMap<CoverageKey, Covered>,
}

impl Serialize for Coverage {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.parts)
    }
}

impl<'de> Deserialize<'de> for Coverage {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let parts: Vec<(CoverageKey, Covered)> = Vec::deserialize(deserializer)?;
        Ok(Self { parts: parts.into_iter().collect() })
    }
}

impl Coverage {
    /// Adds what was read elsewhere.
    pub fn merge(&mut self, other: &Self) {
        for (key, covered) in &other.parts {
            self.parts.entry(key.clone()).or_default().add(covered);
        }
    }

    /// Days on which an account was silent in a region, between days on which it was not. A quiet region looks like a missing
    /// one: CloudTrail delivers nothing where nothing happened.
    #[must_use]
    pub fn gaps(&self) -> Vec<Gap> {
        let mut gaps = Vec::new();
        let mut before: Option<&CoverageKey> = None;
        for key in self.parts.keys() {
            if let Some(last) = before
                && (&last.account, &last.region) == (&key.account, &key.region)
                && key.day > last.day + 1
            {
                gaps.push(Gap {
                    account: Arc::clone(&key.account),
                    region: Arc::clone(&key.region),
                    from_day: last.day + 1,
                    to_day: key.day - 1,
                });
            }
            before = Some(key);
        }
        gaps
    }

    /// For an account, or for all, the first day from which on a class was seen. Only since then could a use of it have been seen; a class
    /// that is missing here is unknown, not unused.
    #[must_use]
    pub fn seen_since(&self, account: Option<&str>) -> BTreeMap<String, i64> {
        let mut since: BTreeMap<String, i64> = BTreeMap::new();
        for (key, covered) in &self.parts {
            if account.is_none_or(|account| account == &*key.account) {
                for class in covered.classes.sorted().into_keys() {
                    let first = since.entry(class.to_owned()).or_insert(key.day);
                    *first = (*first).min(key.day);
                }
            }
        }
        since
    }

    /// Accounts and regions of which something was read.
    #[must_use]
    pub fn places(&self) -> BTreeSet<(&str, &str)> {
        self.parts.keys().map(|key| (&*key.account, &*key.region)).collect()
    }
}

/// Coverage while records come in.
#[derive(Debug, Default)]
pub(crate) struct CoverageTally {
    coverage: Coverage,
    /// The part that the last record belonged to, out of the map so that the next one finds it at once.
    current: Option<(CoverageKey, Covered)>,
    delivered_s: Option<i64>,
}

impl CoverageTally {
    pub(crate) fn begin(&mut self, object: &str) {
        let path = ObjectPath::parse(object);
        self.delivered_s = path.delivered_s;
        if let (Some(account), Some(region), Some(day)) = (path.account, path.region, path.day) {
            let key = CoverageKey { account: account.into(), region: region.into(), day };
            self.coverage.parts.entry(key).or_default().objects += 1;
        }
    }

    /// Notes a record of this class.
    #[inline]
    pub(crate) fn note(&mut self, account: &[u8], record: &Record<'_>, time: i64, class: &[u8], names: &mut Names) {
        let day = time.div_euclid(DAY_S);
        let region = part(record.core.region);
        let is_current = self.current.as_ref().is_some_and(|(key, _)| {
            key.day == day && is_same(key.account.as_bytes(), account) && is_same(key.region.as_bytes(), &region)
        });
        if !is_current {
            self.flush();
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).as_ref().into();
            let key = CoverageKey { account: text(account), region: text(&region), day };
            self.current = Some((key, Covered::default()));
        }
        let Some((_, covered)) = &mut self.current else { return };
        covered.records += 1;
        if let Some(delay) = self.delivered_s.and_then(|delivered| u64::try_from(delivered - time).ok()) {
            covered.longest_delay_s = covered.longest_delay_s.max(delay);
        }
        if let Some(class) = covered.classes.entry(class, names) {
            class.note(time);
        }
    }

    fn flush(&mut self) {
        if let Some((key, covered)) = self.current.take() {
            self.coverage.parts.entry(key).or_default().add(&covered);
        }
    }

    /// Takes out what was noted; goes on with the same object.
    pub(crate) fn take(&mut self) -> Self {
        self.flush();
        Self { coverage: std::mem::take(&mut self.coverage), current: None, delivered_s: self.delivered_s }
    }

    pub(crate) fn finish(mut self) -> Coverage {
        self.flush();
        self.coverage
    }
}

fn part(text: Option<crate::scan::Text<'_>>) -> std::borrow::Cow<'_, [u8]> {
    text.map_or(std::borrow::Cow::Borrowed(b""), |text| text.bytes())
}

/// Writes the class of a record.
#[inline]
pub(crate) fn class(record: &Record<'_>, out: &mut Vec<u8>) {
    let more = &record.more;
    let category = more.category.map_or(&b""[..], |text| text.raw);
    match (category, more.management) {
        (b"Management", _) | (b"", Some(true)) => out.extend_from_slice(b"management"),
        (b"Data", _) | (b"", Some(false)) => {
            out.extend_from_slice(b"data ");
            match record.resources.iter().find_map(|resource| resource.kind) {
                Some(kind) => out.extend_from_slice(&kind.bytes()),
                None => out.extend_from_slice(record.core.source.map_or(b"", |source| source.raw)),
            }
        }
        (b"", None) => out.extend_from_slice(b"unstated"),
        (other, _) => out.extend(other.iter().map(u8::to_ascii_lowercase)),
    }
    match more.read_only {
        Some(true) => out.extend_from_slice(b" read"),
        Some(false) => out.extend_from_slice(b" write"),
        None => {}
    }
}
