//! What was wrong with what was read: counted, and the first of each kind by name.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::scan::Flaw;

/// Examples kept of each kind.
const EXAMPLES: usize = 20;

/// Where something was wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// Name of the object.
    pub object: String,
    /// Byte of the text after decompression; of the compressed data where that could not be read; zero where it is not known.
    pub at_byte: u64,
}

/// What was wrong with one kind of flaw.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flawed {
    /// How often.
    pub count: u64,
    /// The first places in the order of names, twenty at most.
    pub examples: BTreeSet<Place>,
}

/// What was read, and what was wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    /// Objects read, also those in which something was wrong.
    pub objects: u64,
    /// Their size as they lie there.
    pub stored_bytes: u64,
    /// Their size decompressed.
    pub text_bytes: u64,
    /// Records that count.
    pub records: u64,
    /// Records left out by a filter of account, region or time.
    pub filtered: u64,
    /// Records left out because their `eventID` was there before.
    pub duplicates: u64,
    /// What was wrong.
    pub flaws: BTreeMap<Flaw, Flawed>,
}

impl Findings {
    /// Notes a flaw.
    pub fn add(&mut self, flaw: Flaw, object: &str, at_byte: usize) {
        let flawed = self.flaws.entry(flaw).or_default();
        flawed.count += 1;
        let place = Place { object: object.to_owned(), at_byte: at_byte as u64 };
        if flawed.examples.len() < EXAMPLES || flawed.examples.last().is_some_and(|last| place < *last) {
            flawed.examples.insert(place);
            if flawed.examples.len() > EXAMPLES {
                flawed.examples.pop_last();
            }
        }
    }

    /// Adds what another thread, or another run, found.
    pub fn merge(&mut self, other: Self) {
        self.objects += other.objects;
        self.stored_bytes += other.stored_bytes;
        self.text_bytes += other.text_bytes;
        self.records += other.records;
        self.filtered += other.filtered;
        self.duplicates += other.duplicates;
        for (flaw, theirs) in other.flaws {
            let flawed = self.flaws.entry(flaw).or_default();
            flawed.count += theirs.count;
            flawed.examples.extend(theirs.examples);
            while flawed.examples.len() > EXAMPLES {
                flawed.examples.pop_last();
            }
        }
    }

    /// How often this was wrong.
    #[must_use]
    pub fn count(&self, flaw: Flaw) -> u64 {
        self.flaws.get(&flaw).map_or(0, |flawed| flawed.count)
    }
}
