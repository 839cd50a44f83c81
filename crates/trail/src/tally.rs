//! What is done with a record.

use crate::scan::{Flaw, Record};

/// In which order a thread reads its objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Large objects come while tables are small, so that buffers and tables do not need the most memory at the same time.
    LargestFirst,
    /// One account after the other, each in the order of time: what a record counts for was looked at a moment ago. For
    /// tables that are much larger than the processor's caches.
    Near,
}

/// Collects records. Each thread has one of its own; they are added up at the end.
pub trait Tally: Send {
    /// Whether all of a record is wanted, or the common core only.
    const WHOLE: bool;
    /// In which order objects are best read.
    const ORDER: Order = Order::LargestFirst;
    /// Takes a record, whose time is known.
    ///
    /// # Errors
    /// When the record cannot count, or only with a text mended ([`Flaw::MendedText`]).
    fn add(&mut self, record: &Record<'_>, time_s: i64) -> Result<(), Flaw>;
    /// Called before the records of an object.
    fn begin(&mut self, _object: &str) {}
}
