//! Small tables in the threads: what they collect goes elsewhere from time to time, where it is added up.

use std::sync::{Arc, Mutex};

use super::{AddressRanges, EvidenceTally, Evidences, Keep};

/// Takes evidence while more comes in. Parts of it add up in any order. Called from several threads at once.
pub trait Spill: Send + Sync + std::fmt::Debug {
    /// Takes a part.
    fn take(&self, part: Evidences);
}

/// What all threads together collect before they hand it on: each has an equal share. Threads hold different accounts, so that most
/// often this is never reached; handing on costs what lists take to grow again.
const MOST_BYTES: usize = 128 << 20;

/// Where a table hands on what it holds.
#[derive(Debug)]
pub(super) struct Outlet {
    pub(super) to: Arc<dyn Spill>,
    /// One for each table of the same kind.
    tables: Arc<()>,
}

impl Outlet {
    /// Whether a table that holds so many bytes hands them on.
    #[inline]
    pub(super) fn takes(&self, held_bytes: usize) -> bool {
        // One more is held by who made the tables.
        held_bytes > MOST_BYTES / Arc::strong_count(&self.tables).saturating_sub(1).max(1)
    }
}

/// Evidence of several threads that is added up while it comes in, so that what many of them see is held once.
#[derive(Debug)]
pub struct Gathering {
    keep: Keep,
    ranges: Arc<AddressRanges>,
    sum: Arc<Memory>,
    tables: Arc<()>,
    /// Where else it goes.
    elsewhere: Option<Arc<dyn Spill>>,
}

#[derive(Debug, Default)]
struct Memory(Mutex<Evidences>);

impl Spill for Memory {
    fn take(&self, part: Evidences) {
        // A thread that stopped within `merge` leaves a sum that is short of a part: there is none, nothing there can panic.
        let mut sum = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        sum.merge(part);
    }
}

impl Gathering {
    /// Nothing yet.
    #[must_use]
    pub fn new(keep: Keep, ranges: Arc<AddressRanges>) -> Self {
        Self { keep, ranges, sum: Arc::default(), tables: Arc::default(), elsewhere: None }
    }

    /// Evidence that goes elsewhere instead of being added up here.
    #[must_use]
    pub fn through(keep: Keep, ranges: Arc<AddressRanges>, spill: Arc<dyn Spill>) -> Self {
        Self { elsewhere: Some(spill), ..Self::new(keep, ranges) }
    }

    /// A table for a thread.
    #[must_use]
    pub fn tally(&self) -> EvidenceTally {
        let to: Arc<dyn Spill> = match &self.elsewhere {
            Some(spill) => Arc::clone(spill),
            None => Arc::<Memory>::clone(&self.sum),
        };
        let outlet = Outlet { to, tables: Arc::clone(&self.tables) };
        EvidenceTally::new(self.keep, Arc::clone(&self.ranges)).spilling(outlet)
    }

    /// Takes in what threads still hold that are done.
    pub fn collect(&self, tallies: Vec<EvidenceTally>) {
        for mut tally in tallies {
            tally.spill();
        }
    }

    /// All of it, with what the threads still hold; nothing where it went elsewhere.
    #[must_use]
    pub fn finish(self, tallies: Vec<EvidenceTally>) -> Evidences {
        self.collect(tallies);
        let mut sum = self.sum.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        std::mem::take(&mut *sum)
    }
}
