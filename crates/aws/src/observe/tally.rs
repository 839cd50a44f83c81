//! Counts what was read, and tells.

use std::sync::atomic::{AtomicU64, Ordering};

use ports::CloudProgress;

/// Progress of one kind of piece.
pub(crate) struct Tally<'a> {
    progress: &'a dyn CloudProgress,
    what: &'static str,
    done: AtomicU64,
    total: AtomicU64,
}

impl<'a> Tally<'a> {
    /// Nothing read of nothing known.
    pub(crate) fn new(progress: &'a dyn CloudProgress, what: &'static str) -> Self {
        Self { progress, what, done: AtomicU64::new(0), total: AtomicU64::new(0) }
    }

    /// There are this many more.
    pub(crate) fn expect(&self, more: usize) {
        self.total.fetch_add(u64::try_from(more).unwrap_or_default(), Ordering::Relaxed);
        self.tell();
    }

    /// One more was read.
    pub(crate) fn done(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
        self.tell();
    }

    fn tell(&self) {
        self.progress.reading(self.what, self.done.load(Ordering::Relaxed), self.total.load(Ordering::Relaxed));
    }
}

impl Tally<'_> {
    /// A page of a list whose length is not known before its end.
    pub(crate) fn page(&self, items: usize) {
        let items = u64::try_from(items).unwrap_or_default();
        self.total.fetch_add(items, Ordering::Relaxed);
        self.done.fetch_add(items, Ordering::Relaxed);
        self.tell();
    }
}
