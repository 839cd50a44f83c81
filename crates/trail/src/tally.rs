//! What is done with a record.

use crate::scan::{Flaw, Record};

/// Collects records. Each thread has one of its own; they are added up at the end.
pub trait Tally: Send {
    /// Whether all of a record is wanted, or the common core only.
    const WHOLE: bool;
    /// Takes a record, whose time is known.
    ///
    /// # Errors
    /// When the record cannot count, or only with a text mended ([`Flaw::MendedText`]).
    fn add(&mut self, record: &Record<'_>, time_s: i64) -> Result<(), Flaw>;
    /// Called before the records of an object.
    fn begin(&mut self, _object: &str) {}
}
