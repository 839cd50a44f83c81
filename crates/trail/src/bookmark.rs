//! What a folder of evidence holds: which objects were read, which could not be, and which files belong together.
//!
//! The bookmark names the files of its days. Whoever writes evidence writes the files of the days under new names first and the
//! bookmark last: until then the old ones count, from then on the new ones, and never some of each.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::filter::Filter;
use crate::findings::Findings;
use crate::hash::hash;
use crate::inflate::{Inflater, pack};
use crate::path::ObjectPath;
use crate::selectors::Recording;

const MAGIC: &[u8; 4] = b"SKBM";
const VERSION: u16 = 1;
/// A hundred million objects are less.
const LIMIT_BYTES: usize = 2 << 30;
/// Names kept of objects that could not be read.
const UNREAD: usize = 1000;
/// Changes of what trails record that are kept.
const RECORDINGS: usize = 100;

/// Why bytes are no bookmark.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum BookmarkError {
    /// Another kind of file.
    #[error("this is no bookmark")]
    Foreign,
    /// A newer Sekisho wrote it, or one that is too old.
    #[error("the bookmark has version {0}, and this program reads version {VERSION}")]
    Version(u16),
    /// It was cut off or changed.
    #[error("the bookmark is damaged")]
    Damaged,
    /// There is no memory for it.
    #[error("there is not enough memory for the bookmark")]
    Memory,
}

/// What evidence of a folder is about. Evidence of another part of the log cannot be added to it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    /// As [`Filter::accounts`], sorted.
    pub accounts: Vec<String>,
    /// As [`Filter::regions`], sorted.
    pub regions: Vec<String>,
    /// As [`Filter::since_s`].
    pub since_s: Option<i64>,
    /// As [`Filter::until_s`].
    pub until_s: Option<i64>,
    /// A hash of the ranges that addresses were folded with.
    pub ranges: u64,
}

impl Scope {
    /// The scope of a scan: its filter, and the text of its ranges of addresses.
    #[must_use]
    pub fn new(filter: &Filter, ranges: &str) -> Self {
        let sorted = |list: &[String]| {
            let set: BTreeSet<&String> = list.iter().collect();
            set.into_iter().cloned().collect()
        };
        Self {
            accounts: sorted(&filter.accounts),
            regions: sorted(&filter.regions),
            since_s: filter.since_s,
            until_s: filter.until_s,
            ranges: hash(ranges.as_bytes()),
        }
    }
}

/// Whether an object was read before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// It was not.
    New,
    /// It was.
    Read,
    /// Something of this name was, with another content.
    Changed,
}

/// Objects that were read: 8 bytes for each of CloudTrail's files, 16 for others.
///
/// CloudTrail's files have a random part in their names and are known by it wherever they lie, compressed or not. Others are
/// known by their whole name, and told to have changed when their mark (ETag or size) is another one. Names are
/// held as 64 bits of SHA-256: of ten million objects, two share them with a probability of 1 to 370,000.
#[derive(Debug, Clone, Default)]
pub struct SeenObjects {
    sorted: Vec<u64>,
    fresh: BTreeSet<u64>,
    others: BTreeMap<u64, u64>,
}

impl PartialEq for SeenObjects {
    fn eq(&self, other: &Self) -> bool {
        self.others == other.others && self.all() == other.all()
    }
}

impl Eq for SeenObjects {}

fn number(text: &[u8]) -> u64 {
    let digest = Sha256::digest(text);
    digest.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

/// The name by which CloudTrail's own files are known wherever they lie; none for others.
#[must_use]
pub(crate) fn unique_name<'a>(path: &ObjectPath<'a>, name: &'a str) -> Option<&'a str> {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let is_unique = path.delivered_s.is_some() && path.account.is_some();
    is_unique.then(|| file.strip_suffix(".gz").unwrap_or(file))
}

impl SeenObjects {
    const FRESH: usize = 1 << 16;

    /// Whether this object was read.
    #[must_use]
    pub fn before(&self, name: &str, mark: &str) -> Before {
        match unique_name(&ObjectPath::parse(name), name) {
            Some(unique) => {
                let wanted = number(unique.as_bytes());
                let is_there = self.fresh.contains(&wanted) || self.sorted.binary_search(&wanted).is_ok();
                if is_there { Before::Read } else { Before::New }
            }
            None => match self.others.get(&number(name.as_bytes())) {
                None => Before::New,
                Some(held) if *held == number(mark.as_bytes()) => Before::Read,
                Some(_) => Before::Changed,
            },
        }
    }

    /// Notes that it was read; false where something of this name was.
    pub fn insert(&mut self, name: &str, mark: &str) -> bool {
        if self.before(name, mark) != Before::New {
            return false;
        }
        match unique_name(&ObjectPath::parse(name), name) {
            Some(unique) => {
                self.fresh.insert(number(unique.as_bytes()));
                if self.fresh.len() > Self::FRESH {
                    self.sorted = self.all();
                    self.fresh.clear();
                }
            }
            None => drop(self.others.insert(number(name.as_bytes()), number(mark.as_bytes()))),
        }
        true
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sorted.len() + self.fresh.len() + self.others.len()
    }

    /// Whether none was.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn all(&self) -> Vec<u64> {
        let mut all = Vec::with_capacity(self.sorted.len() + self.fresh.len());
        all.extend_from_slice(&self.sorted);
        all.extend(&self.fresh);
        all.sort_unstable();
        all
    }
}

#[derive(Serialize, Deserialize)]
struct Written {
    /// Each number less the one before.
    steps: Vec<u64>,
    others: BTreeMap<u64, u64>,
}

impl Serialize for SeenObjects {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut last = 0;
        let steps = self.all().into_iter().map(|number| {
            let step = number - last;
            last = number;
            step
        });
        Written { steps: steps.collect(), others: self.others.clone() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SeenObjects {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Written::deserialize(deserializer)?;
        let mut sorted = Vec::with_capacity(written.steps.len());
        let mut last = 0_u64;
        for step in written.steps {
            last = last.checked_add(step).ok_or_else(|| serde::de::Error::custom("numbers out of order"))?;
            sorted.push(last);
        }
        Ok(Self { sorted, fresh: BTreeSet::new(), others: written.others })
    }
}

/// Objects, or folders of them, that could not be read or listed: what they hold is unknown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unread {
    /// How many.
    pub count: u64,
    /// Why, by name; the first thousand in the order of names.
    pub reasons: BTreeMap<String, String>,
}

impl Unread {
    /// Notes one.
    pub fn add(&mut self, name: &str, reason: &str) {
        self.count += 1;
        self.reasons.insert(name.to_owned(), reason.to_owned());
        if self.reasons.len() > UNREAD {
            self.reasons.pop_last();
        }
    }

    /// Adds others.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.reasons.extend(other.reasons.clone());
        while self.reasons.len() > UNREAD {
            self.reasons.pop_last();
        }
    }
}

/// What trails record, and when that was first read so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedFrom {
    /// When, in seconds since 1970.
    pub read_s: i64,
    /// What.
    pub recording: Recording,
}

/// What a folder of evidence holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bookmark {
    /// Grows by one with each time it is written.
    pub generation: u64,
    /// What the evidence is about.
    pub scope: Scope,
    /// The file of each day, by its name.
    pub files: BTreeMap<Option<i64>, String>,
    /// Files that the ones of this generation took the place of; nobody needs them.
    pub superseded: Vec<String>,
    /// What was read.
    pub seen: SeenObjects,
    /// What was wrong with it.
    pub findings: Findings,
    /// What could not be read by the last scan. The next one tries again.
    pub unread: Unread,
    /// Whether the last scan came to its end.
    pub is_complete: bool,
    /// What the trails record: each time it changed, oldest first.
    pub recordings: Vec<RecordedFrom>,
}

impl Bookmark {
    /// Notes what trails record.
    pub fn note_recording(&mut self, recording: Recording, read_s: i64) {
        if self.recordings.last().is_none_or(|last| last.recording != recording) {
            self.recordings.push(RecordedFrom { read_s, recording });
        }
        if self.recordings.len() > RECORDINGS {
            self.recordings.remove(0);
        }
    }

    /// The bytes of its file: `SKBM`, the version (2 bytes, little endian), a hash of what follows (8 bytes, against accidents only),
    /// then deflated postcard.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn write(&self) -> Result<Vec<u8>, BookmarkError> {
        let plain = postcard::to_allocvec(self).map_err(|_| BookmarkError::Memory)?;
        let packed = pack(&plain).ok_or(BookmarkError::Memory)?;
        let mut file = MAGIC.to_vec();
        file.extend_from_slice(&VERSION.to_le_bytes());
        file.extend_from_slice(&hash(&packed).to_le_bytes());
        file.extend_from_slice(&packed);
        Ok(file)
    }

    /// Reads what [`Self::write`] wrote.
    ///
    /// # Errors
    /// When it is no such file, or not whole.
    pub fn read(file: &[u8]) -> Result<Self, BookmarkError> {
        let rest = file.strip_prefix(MAGIC).ok_or(BookmarkError::Foreign)?;
        let (version, rest) = rest.split_first_chunk::<2>().ok_or(BookmarkError::Damaged)?;
        let version = u16::from_le_bytes(*version);
        if version != VERSION {
            return Err(BookmarkError::Version(version));
        }
        let (sum, packed) = rest.split_first_chunk::<8>().ok_or(BookmarkError::Damaged)?;
        if u64::from_le_bytes(*sum) != hash(packed) {
            return Err(BookmarkError::Damaged);
        }
        Self::read_packed(packed)
    }

    /// What is behind the checksum, which fuzzing cannot guess.
    fn read_packed(packed: &[u8]) -> Result<Self, BookmarkError> {
        let mut inflater = Inflater::new(LIMIT_BYTES).ok_or(BookmarkError::Memory)?;
        let (plain, error) = inflater.deflate(packed, packed.len().saturating_mul(2));
        if error.is_some() {
            return Err(BookmarkError::Damaged);
        }
        Self::read_plain(plain)
    }

    /// Reads what is within the envelope of [`Self::read`], without a checksum: for fuzzing.
    ///
    /// # Errors
    /// When it is no bookmark.
    #[doc(hidden)]
    pub fn read_plain(plain: &[u8]) -> Result<Self, BookmarkError> {
        let found: Self = postcard::from_bytes(plain).map_err(|_| BookmarkError::Damaged)?;
        // A name leads nowhere but into the folder itself.
        let is_name = |name: &String| !name.is_empty() && !name.contains(['/', '\\', '\0']) && !name.starts_with('.');
        if found.files.values().chain(&found.superseded).all(is_name) { Ok(found) } else { Err(BookmarkError::Damaged) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Before, Bookmark, BookmarkError, Scope, SeenObjects};
    use crate::filter::Filter;
    use proptest::prelude::*;

    const NAME: &str = "111122223333_CloudTrail_eu-west-1_20260302T1105Z_A6kvhMoVeCsc7v8U.json";

    #[test]
    fn cloudtrails_files_are_known_wherever_they_lie() {
        let mut seen = SeenObjects::default();
        assert!(seen.insert(&format!("s3://bucket/AWSLogs/{NAME}.gz"), "etag"));
        assert_eq!(seen.before(&format!("copy/{NAME}"), "other"), Before::Read);
        assert!(!seen.insert(NAME, "") && seen.len() == 1);
        assert!(seen.insert("logs/today.json", "1"));
        assert_eq!(seen.before("logs/today.json", "1"), Before::Read);
        assert_eq!(seen.before("logs/today.json", "2"), Before::Changed);
        assert_eq!(seen.before("logs/tomorrow.json", "1"), Before::New);
    }

    #[test]
    fn a_bookmark_is_whole_or_refused() {
        let mut bookmark = Bookmark { scope: Scope::new(&Filter::default(), ""), ..Bookmark::default() };
        bookmark.files.insert(Some(1), "1970-01-02.skev".into());
        bookmark.seen.insert(NAME, "");
        bookmark.unread.add("s3://b/k", "no such key");
        let file = bookmark.write().unwrap();
        assert_eq!(Bookmark::read(&file).unwrap(), bookmark);
        for cut in 0..file.len() {
            assert!(Bookmark::read(&file[..cut]).is_err(), "{cut}");
        }
        assert_eq!(Bookmark::read(b"SKEV\x01\0").unwrap_err(), BookmarkError::Foreign);
        bookmark.files.insert(Some(2), "../2.skev".into());
        assert_eq!(Bookmark::read(&bookmark.write().unwrap()).unwrap_err(), BookmarkError::Damaged);
    }

    proptest! {
        #[test]
        fn what_was_seen_is_kept(names in proptest::collection::vec("[a-c]{1,3}", 0..60), cloudtrail in any::<bool>()) {
            let mut seen = SeenObjects::default();
            let full = |name: &String| if cloudtrail { format!("{}{name}.json.gz", NAME.trim_end_matches("U.json")) } else { name.clone() };
            for name in &names {
                seen.insert(&full(name), "mark");
            }
            let bytes = postcard::to_allocvec(&seen).unwrap();
            let again: SeenObjects = postcard::from_bytes(&bytes).unwrap();
            prop_assert_eq!(again.len(), names.iter().collect::<std::collections::BTreeSet<_>>().len());
            for name in &names {
                prop_assert_eq!(again.before(&full(name), "mark"), Before::Read);
            }
            prop_assert_eq!(again.before("z", ""), Before::New);
        }
    }
}
