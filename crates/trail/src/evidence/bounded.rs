//! Lists that cannot outgrow their bound and still add up: those with the smallest hashes stay.
//!
//! Whether an entry is among the `LIMIT` smallest depends on the set of keys alone, and can only end as more keys come. So what stays
//! in the list was never out of it, its counts are complete, and lists of two ranges joined are the list of both.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use hashbrown::HashTable;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::hash::{hash, is_same};

/// What adds up.
pub trait Sum: Default {
    /// Adds the other.
    fn add(&mut self, other: &Self);
}

/// As far as an entry is looked for around its likely place.
const STEPS: usize = 16;

#[derive(Debug, Clone)]
struct Entry<V> {
    hash: u64,
    key: Arc<str>,
    value: V,
}

/// A map from texts that keeps `LIMIT` entries at most, and says so.
#[derive(Clone)]
pub struct Bounded<V, const LIMIT: usize> {
    /// By hash: those with the smallest are the first. Most lists are short, so that a table would take several times the memory.
    entries: Vec<Entry<V>>,
    /// Where the last one was found: the same comes again and again. May lie outside of the list.
    recent: u32,
    truncated: bool,
}

impl<V, const LIMIT: usize> Default for Bounded<V, LIMIT> {
    fn default() -> Self {
        Self { entries: Vec::new(), recent: 0, truncated: false }
    }
}

impl<V: Sum, const LIMIT: usize> Bounded<V, LIMIT> {
    /// The entry of this key, a new one where it was not there; none where the bound leaves it out. Bytes that are no UTF-8 are
    /// mended.
    #[inline]
    pub(crate) fn entry(&mut self, key: &[u8], names: &mut Names) -> Option<&mut V> {
        self.entry_of(hash(key), key, names)
    }

    /// [`Self::entry`] where the hash is known.
    #[inline]
    pub(crate) fn entry_of(&mut self, wanted: u64, key: &[u8], names: &mut Names) -> Option<&mut V> {
        self.entry_held(wanted, key, names, true)
    }

    /// [`Self::entry`] of a key that hardly stands in another list: its text is held here alone.
    #[inline]
    pub(crate) fn entry_alone(&mut self, key: &[u8], names: &mut Names) -> Option<&mut V> {
        self.entry_held(hash(key), key, names, false)
    }

    #[inline]
    fn entry_held(&mut self, wanted: u64, key: &[u8], names: &mut Names, is_shared: bool) -> Option<&mut V> {
        let recent = self.recent as usize;
        if self.entries.get(recent).is_some_and(|entry| entry.hash == wanted && is_same(entry.key.as_bytes(), key)) {
            return self.entries.get_mut(recent).map(|entry| &mut entry.value);
        }
        match self.find(wanted, key) {
            Ok(place) => {
                self.recent = u32::try_from(place).unwrap_or(0);
                self.entries.get_mut(place).map(|entry| &mut entry.value)
            }
            Err(place) => self.insert(place, wanted, key, names, is_shared),
        }
    }

    /// The entry of this text, a new one where it was not there; none where the bound leaves it out.
    pub(crate) fn of(&mut self, key: &str) -> Option<&mut V> {
        self.admit(hash(key.as_bytes()), key.into())
    }

    /// Where the entry is, or would be.
    #[inline]
    fn find(&self, wanted: u64, key: &[u8]) -> Result<usize, usize> {
        let mut place = self.place_of(wanted);
        while let Some(entry) = self.entries.get(place).filter(|entry| entry.hash == wanted) {
            if is_same(entry.key.as_bytes(), key) {
                return Ok(place);
            }
            place += 1;
        }
        Err(place)
    }

    /// The first entry whose hash is not smaller. Hashes are evenly spread, so that it lies near where it should: a few steps from
    /// there cost less than halving, each step of which waits for memory.
    #[inline]
    fn place_of(&self, wanted: u64) -> usize {
        let entries = &*self.entries;
        let share = (wanted >> 32) * entries.len() as u64;
        let guess = match entries.last() {
            None => return 0,
            // Most lists are not full: of them the last one is not looked at, it lies apart from the others.
            Some(_) if !self.truncated => share >> 32,
            Some(last) if wanted > last.hash => return entries.len(),
            Some(last) => share / ((last.hash >> 32) + 1),
        };
        let mut place = usize::try_from(guess).unwrap_or(0).min(entries.len() - 1);
        let is_smaller = |place: usize| entries.get(place).is_some_and(|entry| entry.hash < wanted);
        for _ in 0..STEPS {
            if is_smaller(place) {
                place += 1;
            } else if place > 0 && !is_smaller(place - 1) {
                place -= 1;
            } else {
                return place;
            }
        }
        entries.partition_point(|entry| entry.hash < wanted)
    }

    #[cold]
    #[inline(never)]
    fn insert(&mut self, place: usize, wanted: u64, key: &[u8], names: &mut Names, is_shared: bool) -> Option<&mut V> {
        match std::str::from_utf8(key) {
            // Most of what comes to a full list is turned away, and costs nothing more than this.
            Ok(_) if place >= LIMIT => {
                self.truncated = true;
                None
            }
            Ok(text) => {
                if self.entries.len() < LIMIT {
                    names.grown_bytes += Names::ENTRY_BYTES + if is_shared { 0 } else { text.len() };
                }
                self.admit_at(place, wanted, names.get(wanted, text, is_shared))
            }
            Err(_) => {
                let text = String::from_utf8_lossy(key).into_owned();
                let wanted = hash(text.as_bytes());
                self.admit(wanted, names.get(wanted, &text, is_shared))
            }
        }
    }

    fn admit(&mut self, wanted: u64, key: Arc<str>) -> Option<&mut V> {
        match self.find(wanted, key.as_bytes()) {
            Ok(place) => self.entries.get_mut(place).map(|entry| &mut entry.value),
            Err(place) => self.admit_at(place, wanted, key),
        }
    }

    /// A new entry, before the one at `place`; the last one gives way where the list is full.
    fn admit_at(&mut self, place: usize, wanted: u64, key: Arc<str>) -> Option<&mut V> {
        if self.entries.len() >= LIMIT {
            self.truncated = true;
            if place >= LIMIT {
                return None;
            }
            self.entries.truncate(LIMIT - 1);
        }
        if self.entries.len() == self.entries.capacity() {
            // By a quarter, not by half: there are many lists.
            self.entries.reserve_exact(self.entries.len() / 4 + 1);
        }
        self.entries.insert(place, Entry { hash: wanted, key, value: V::default() });
        self.entries.get_mut(place).map(|entry| &mut entry.value)
    }

    /// Adds another list.
    pub fn merge(&mut self, other: &Self) {
        self.truncated |= other.truncated;
        for theirs in &other.entries {
            if let Some(value) = self.admit(theirs.hash, Arc::clone(&theirs.key)) {
                value.add(&theirs.value);
            }
        }
    }

    /// Whether something was left out.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        self.truncated
    }

    /// How many entries are held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What is held for this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&V> {
        let place = self.find(hash(key.as_bytes()), key.as_bytes()).ok()?;
        self.entries.get(place).map(|entry| &entry.value)
    }

    /// The entries in the order of their keys.
    #[must_use]
    pub fn sorted(&self) -> BTreeMap<&str, &V> {
        self.entries.iter().map(|entry| (&*entry.key, &entry.value)).collect()
    }
}

impl<V: Sum + PartialEq, const LIMIT: usize> PartialEq for Bounded<V, LIMIT> {
    fn eq(&self, other: &Self) -> bool {
        self.truncated == other.truncated && self.sorted() == other.sorted()
    }
}

impl<V: Sum + fmt::Debug, const LIMIT: usize> fmt::Debug for Bounded<V, LIMIT> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Bounded").field("truncated", &self.truncated).field("entries", &self.sorted()).finish()
    }
}

#[derive(Serialize)]
#[serde(bound = "V: Serialize")]
struct Written<'a, V> {
    truncated: bool,
    #[serde(serialize_with = "in_order")]
    entries: &'a [Entry<V>],
}

/// As a map, in the order of keys.
fn in_order<V: Serialize, S: Serializer>(entries: &[Entry<V>], serializer: S) -> Result<S::Ok, S::Error> {
    let mut entries: Vec<_> = entries.iter().collect();
    entries.sort_unstable_by(|left, right| left.key.cmp(&right.key));
    serializer.collect_map(entries.into_iter().map(|entry| (&entry.key, &entry.value)))
}

#[derive(Deserialize)]
#[serde(bound = "V: DeserializeOwned")]
struct Read<V> {
    truncated: bool,
    entries: BTreeMap<Arc<str>, V>,
}

impl<V: Sum + Serialize, const LIMIT: usize> Serialize for Bounded<V, LIMIT> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Written { truncated: self.truncated, entries: &self.entries }.serialize(serializer)
    }
}

impl<'de, V: Sum + DeserializeOwned, const LIMIT: usize> Deserialize<'de> for Bounded<V, LIMIT> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = Read::<V>::deserialize(deserializer)?;
        let mut list = Self { truncated: read.truncated, ..Self::default() };
        for (key, value) in read.entries {
            if let Some(place) = list.admit(hash(key.as_bytes()), key) {
                *place = value;
            }
        }
        Ok(list)
    }
}

/// Texts that stand in many lists, held once in each thread. Bounded: hostile logs name what they like.
#[derive(Debug, Default)]
pub(crate) struct Names {
    held: HashTable<(u64, Arc<str>)>,
    /// About what the lists took of memory since this was last set to zero.
    pub(crate) grown_bytes: usize,
}

impl Names {
    const MOST: usize = 1 << 14;
    const LONGEST_BYTES: usize = 256;
    /// What an entry of a list takes beside its text.
    const ENTRY_BYTES: usize = 96;

    fn get(&mut self, wanted: u64, text: &str, is_shared: bool) -> Arc<str> {
        if !is_shared {
            return text.into();
        }
        if let Some((_, held)) =
            self.held.find(wanted, |(hash, held)| *hash == wanted && is_same(held.as_bytes(), text.as_bytes()))
        {
            return Arc::clone(held);
        }
        let name: Arc<str> = text.into();
        if self.held.len() < Self::MOST && text.len() <= Self::LONGEST_BYTES {
            self.held.insert_unique(wanted, (wanted, Arc::clone(&name)), |(hash, _)| *hash);
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::{Bounded, Names, Sum};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[derive(Debug, Clone, Copy, Default, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Count(u64);
    impl Sum for Count {
        fn add(&mut self, other: &Self) {
            self.0 += other.0;
        }
    }

    fn list(keys: &[u16]) -> Bounded<Count, 8> {
        let mut names = Names::default();
        let mut list: Bounded<Count, 8> = Bounded::default();
        for key in keys {
            if let Some(count) = list.entry(key.to_string().as_bytes(), &mut names) {
                count.0 += 1;
            }
        }
        list
    }

    proptest! {
        /// Wherever hashes lie, also where somebody has chosen them.
        #[test]
        fn an_entry_is_found_where_halving_finds_it(
            even in proptest::collection::vec(any::<u64>(), 0..60),
            close in proptest::collection::vec(0..50_u64, 0..60),
            around in any::<u64>(),
            truncated in any::<bool>(),
        ) {
            let close = close.into_iter().map(|by| around.saturating_add(by));
            let mut hashes: Vec<u64> = even.into_iter().chain(close).collect();
            hashes.sort_unstable();
            let entries = hashes.iter().map(|hash| super::Entry { hash: *hash, key: "".into(), value: Count(0) });
            let list = Bounded::<Count, 128> { entries: entries.collect(), recent: 0, truncated };
            for wanted in hashes.iter().flat_map(|hash| [hash.saturating_sub(1), *hash, hash.saturating_add(1)]).chain([0, around, u64::MAX]) {
                prop_assert_eq!(list.place_of(wanted), hashes.partition_point(|hash| *hash < wanted));
            }
        }

        #[test]
        fn parts_add_up_to_the_whole(keys in proptest::collection::vec(0..30_u16, 0..200), cut in 0..200_usize) {
            let (left, right) = keys.split_at(cut.min(keys.len()));
            let whole = list(&keys);
            let (mut forth, mut back) = (list(left), list(right));
            forth.merge(&list(right));
            back.merge(&list(left));
            prop_assert_eq!(&forth, &whole);
            prop_assert_eq!(&back, &whole);
            let mut counts: BTreeMap<String, u64> = BTreeMap::new();
            for key in &keys {
                *counts.entry(key.to_string()).or_default() += 1;
            }
            prop_assert_eq!(whole.len(), counts.len().min(8));
            prop_assert_eq!(whole.is_truncated(), counts.len() > 8);
            for (key, count) in whole.sorted() {
                prop_assert_eq!(counts[key], count.0);
            }
            let text = serde_json::to_string(&whole).unwrap();
            prop_assert_eq!(serde_json::from_str::<Bounded<Count, 8>>(&text).unwrap(), whole);
        }
    }
}
