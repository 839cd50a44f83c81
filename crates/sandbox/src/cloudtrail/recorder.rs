//! Records from the call to where they are read: kept for LookupEvents, and written to S3 every five minutes.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::event::{self, Event, Noted};
use super::membership;
use crate::config::TrailSettings;
use crate::s3;
use crate::state::id::{AccountId, upper};
use crate::state::membership::Membership;
use crate::state::world::World;

/// How long one object collects records.
const WINDOW_S: i64 = 300;
/// Records that wait for their object, before some are packed early.
const WAITING_BYTES: usize = 8 << 20;

/// Five minutes of an account in a Region; ordered by time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Window {
    /// Number of the window since 1970.
    number: i64,
    account: AccountId,
    region: String,
}

/// Records of a window, packed or not yet.
#[derive(Debug, Clone, Default)]
struct Waiting {
    events: Vec<Arc<Event>>,
    /// Objects that were full before the window was over.
    packed: Vec<Vec<u8>>,
}

/// Everything CloudTrail holds. Both its memory and the bytes of its objects are bounded: the oldest goes.
#[derive(Debug, Clone)]
pub(crate) struct Recorder {
    settings: TrailSettings,
    seed: u64,
    /// Calls and sign-ins that were handed in: each has ids of its own.
    noted: u64,
    kept: VecDeque<Arc<Event>>,
    kept_bytes: usize,
    waiting: BTreeMap<Window, Waiting>,
    waiting_bytes: usize,
    /// Bucket, key and size of the objects that were written, oldest first.
    written: VecDeque<(String, String, usize)>,
    written_bytes: usize,
    /// Nothing is due before this.
    next_due: Option<Timestamp>,
}

impl Recorder {
    pub(crate) fn new(settings: TrailSettings, seed: u64) -> Self {
        Self {
            settings,
            seed,
            noted: 0,
            kept: VecDeque::new(),
            kept_bytes: 0,
            waiting: BTreeMap::new(),
            waiting_bytes: 0,
            written: VecDeque::new(),
            written_bytes: 0,
            next_due: None,
        }
    }

    /// Records a call that was answered.
    pub(crate) fn note(&mut self, world: &World, noted: &Noted<'_>) {
        let mut ids = self.ids();
        for event in event::of(world, noted, &mut ids) {
            self.add_of(world, event);
        }
    }

    /// Records that an account joined an organization or departed from it.
    pub(crate) fn note_membership(&mut self, world: &World, told: &Membership) {
        let event = membership::event(told, &mut self.ids());
        self.add_of(world, event);
    }

    /// Where the ids of the next call's events come from: other ones for each call and each seed.
    pub(crate) fn ids(&mut self) -> fastrand::Rng {
        self.noted += 1;
        let mixed = self.seed.rotate_left(32) ^ self.noted.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        fastrand::Rng::with_seed(mixed ^ 0x6576_656e_7473)
    }

    /// Records an event; the organization's trail writes those of its own accounts.
    pub(crate) fn add_of(&mut self, world: &World, event: Event) {
        let with_trail = !world.trails.is_empty() && world.organization.accounts.contains_key(&event.account);
        self.add(event, with_trail);
    }

    fn add(&mut self, event: Event, with_trail: bool) {
        let event = Arc::new(event);
        let size = event.size_bytes();
        if with_trail {
            let number = event.at.as_second().div_euclid(WINDOW_S);
            let window = Window { number, account: event.account, region: event.region.clone() };
            let due = self.due(&window);
            self.next_due = Some(self.next_due.map_or(due, |next| next.min(due)));
            self.waiting.entry(window).or_default().events.push(Arc::clone(&event));
            self.waiting_bytes += size;
            if self.waiting_bytes > WAITING_BYTES {
                self.pack_all();
            }
        }
        self.kept.push_back(event);
        self.kept_bytes += size;
        while self.kept_bytes > self.settings.kept_bytes {
            let Some(oldest) = self.kept.pop_front() else { break };
            self.kept_bytes = self.kept_bytes.saturating_sub(oldest.size_bytes());
        }
    }

    /// What is late by chance, is so for a window: records of an account and Region arrive in order.
    fn dice(&self, window: &Window) -> fastrand::Rng {
        let mut seed = self.seed ^ window.number.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for byte in window.account.to_string().bytes().chain(window.region.bytes()) {
            seed = seed.wrapping_mul(0x100_0000_01b3) ^ u64::from(byte);
        }
        fastrand::Rng::with_seed(seed)
    }

    fn delay(&self, window: &Window) -> SignedDuration {
        let delay = self.settings.delay.draw(&mut self.dice(window));
        SignedDuration::try_from(delay).unwrap_or(SignedDuration::MAX)
    }

    fn due(&self, window: &Window) -> Timestamp {
        let end = Timestamp::from_second((window.number + 1) * WINDOW_S).unwrap_or(Timestamp::MAX);
        end.checked_add(self.delay(window)).unwrap_or(Timestamp::MAX)
    }

    /// The records that LookupEvents knows by now, newest first, each with its position, which never changes.
    pub(super) fn visible(&self, account: AccountId, region: &str, now: Timestamp) -> impl Iterator<Item = &Event> {
        let mut known: Option<(Window, SignedDuration)> = None;
        self.kept.iter().rev().map(Arc::as_ref).filter(move |event| {
            if event.account != account || event.region != region {
                return false;
            }
            let number = event.at.as_second().div_euclid(WINDOW_S);
            let same = known.as_ref().filter(|(window, _)| window.number == number).map(|(_, delay)| *delay);
            let delay = same.unwrap_or_else(|| {
                let window = Window { number, account, region: event.region.clone() };
                let delay = self.delay(&window);
                known = Some((window, delay));
                delay
            });
            event.at.checked_add(delay).is_ok_and(|visible_at| visible_at <= now)
        })
    }

    /// Writes the objects that are due by `now`.
    /// Whether any was.
    pub(crate) fn deliver(&mut self, world: &mut World, now: Timestamp) -> bool {
        if self.next_due.is_none_or(|due| due > now) {
            return false;
        }
        let due: Vec<Window> = self.waiting.keys().filter(|window| self.due(window) <= now).cloned().collect();
        for window in due {
            let Some(waiting) = self.waiting.remove(&window) else { continue };
            let at = self.due(&window);
            let mut dice = self.dice(&window);
            let rest = self.taken(&waiting.events);
            for bytes in waiting.packed.into_iter().chain(rest) {
                self.write(world, &window, at, &mut dice, bytes);
            }
        }
        self.next_due = self.waiting.keys().map(|window| self.due(window)).min();
        true
    }

    fn write(&mut self, world: &mut World, window: &Window, at: Timestamp, dice: &mut fastrand::Rng, bytes: Vec<u8>) {
        for trail in &mut world.trails {
            let key = key(&world.organization.id, window, at, &upper(dice, 16));
            let size = bytes.len();
            let headers = [("content-type", "application/json"), ("content-encoding", "gzip")];
            if !world.storage.put(&trail.bucket, &key, s3::of_aws(bytes.clone(), at, &headers)) {
                continue;
            }
            trail.delivered_at = Some(at);
            self.written.push_back((trail.bucket.clone(), key, size));
            self.written_bytes += size;
        }
        while self.written_bytes > self.settings.object_bytes {
            let Some((bucket, key, size)) = self.written.pop_front() else { break };
            world.storage.remove(&bucket, &key);
            self.written_bytes = self.written_bytes.saturating_sub(size);
        }
    }

    fn pack_all(&mut self) {
        let all = std::mem::take(&mut self.waiting);
        for (window, mut waiting) in all {
            let events = std::mem::take(&mut waiting.events);
            waiting.packed.extend(self.taken(&events));
            self.waiting.insert(window, waiting);
        }
        self.bound_packed();
    }

    /// Lets no more wait than the bucket would keep.
    fn bound_packed(&mut self) {
        let size = |waiting: &Waiting| waiting.packed.iter().map(Vec::len).sum::<usize>();
        let mut excess = self.waiting.values().map(size).sum::<usize>().saturating_sub(self.settings.object_bytes);
        for waiting in self.waiting.values_mut() {
            while excess > 0 && !waiting.packed.is_empty() {
                excess = excess.saturating_sub(waiting.packed.remove(0).len());
            }
        }
    }

    /// The records as one file, which do not wait any more.
    fn taken(&mut self, events: &[Arc<Event>]) -> Option<Vec<u8>> {
        let size: usize = events.iter().map(|event| event.size_bytes()).sum();
        self.waiting_bytes = self.waiting_bytes.saturating_sub(size);
        packed(events)
    }

    /// For a state file; the events, of which there are many, are not copied for it.
    pub(crate) fn saved(&self) -> SavedRecords<&Event> {
        let waits = self.waiting.iter().map(|(window, waiting)| {
            let packed = waiting.packed.iter().map(hex::encode).collect();
            (window.clone(), packed, waiting.events.iter().map(Arc::as_ref).collect())
        });
        SavedRecords {
            noted: self.noted,
            kept: self.kept.iter().map(Arc::as_ref).collect(),
            waiting: waits.collect(),
            written: self.written.iter().cloned().collect(),
        }
    }

    /// Goes on with what a state file holds.
    pub(crate) fn take_up(&mut self, saved: SavedRecords<Event>) {
        self.noted = saved.noted;
        for event in saved.kept {
            self.kept_bytes += event.size_bytes();
            self.kept.push_back(Arc::new(event));
        }
        for (window, objects, events) in saved.waiting {
            let packed = objects.iter().filter_map(|object| hex::decode(object).ok()).collect();
            self.waiting_bytes += events.iter().map(Event::size_bytes).sum::<usize>();
            self.waiting.insert(window, Waiting { events: events.into_iter().map(Arc::new).collect(), packed });
        }
        self.written_bytes = saved.written.iter().map(|(_, _, size)| size).sum();
        self.written = saved.written.into();
        self.next_due = self.waiting.keys().map(|window| self.due(window)).min();
    }
}

/// What a state file holds of the records.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SavedRecords<E = Event> {
    #[serde(default)]
    noted: u64,
    kept: Vec<E>,
    /// Objects that were full before they were due, in hexadecimal digits, and records without an object yet.
    waiting: Vec<(Window, Vec<String>, Vec<E>)>,
    written: Vec<(String, String, usize)>,
}

/// The records as one file of CloudTrail's, if there are any.
fn packed(events: &[Arc<Event>]) -> Option<Vec<u8>> {
    if events.is_empty() {
        return None;
    }
    let texts: Vec<&str> = events.iter().map(|event| event.text.as_str()).collect();
    Some(gzip(format!("{{\"Records\":[{}]}}", texts.join(",")).as_bytes()))
}

/// `AWSLogs/o-…/<account>/CloudTrail/<region>/2026/11/22/<account>_CloudTrail_<region>_20261122T0005Z_….json.gz`
fn key(organization: &str, window: &Window, at: Timestamp, unique: &str) -> String {
    let Window { account, region, .. } = window;
    let (day, minute) = (at.strftime("%Y/%m/%d"), at.strftime("%Y%m%dT%H%MZ"));
    format!(
        "AWSLogs/{organization}/{account}/CloudTrail/{region}/{day}/{account}_CloudTrail_{region}_{minute}_{unique}.json.gz"
    )
}

/// One member of gzip (RFC 1952), packed quickly.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    const QUICKLY: u8 = 1;
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    out.extend(miniz_oxide::deflate::compress_to_vec(bytes, QUICKLY));
    out.extend(s3::crc32(bytes).to_le_bytes());
    out.extend(u32::try_from(bytes.len() & 0xffff_ffff).unwrap_or(0).to_le_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(number: u64) -> Event {
        // what cannot be packed well
        let mut dice = fastrand::Rng::with_seed(number);
        Event {
            at: Timestamp::UNIX_EPOCH,
            account: AccountId::from_number(1),
            region: "us-east-1".to_owned(),
            id: number.to_string(),
            name: String::new(),
            source: String::new(),
            user_name: String::new(),
            key: None,
            reads: true,
            resources: Vec::new(),
            text: upper(&mut dice, 4_000),
        }
    }

    #[test]
    fn a_busy_window_takes_no_more_than_it_may() {
        let bytes = 1 << 20;
        let settings = TrailSettings { kept_bytes: bytes, object_bytes: bytes, ..TrailSettings::default() };
        let mut recorder = Recorder::new(settings, 1);
        for number in 0..5_000 {
            recorder.add(event(number), true);
        }
        let packed = recorder.waiting.values().flat_map(|waiting| &waiting.packed).map(Vec::len).sum::<usize>();
        assert!(packed <= bytes, "{packed}");
        assert!(recorder.waiting_bytes <= WAITING_BYTES && recorder.kept_bytes <= bytes);
    }
}
