//! Evidence that is not written down yet, packed as it will stand in its file: a tenth of what it takes in tables.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use trail::evidence::{Evidences, Period, Spill, StoreError, read_parts, write_part};

/// Evidence by day, in parts that add up.
pub(super) type PackedDays = BTreeMap<Option<i64>, Vec<u8>>;

/// Where threads put what they have collected.
#[derive(Debug, Default)]
pub(super) struct Packing(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    days: PackedDays,
    /// The first error; what comes after it is lost as well.
    failed: Option<StoreError>,
}

impl Spill for Packing {
    fn take(&self, part: Evidences) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (day, period) in part.periods {
            if let Err(error) = write_part(period, held.days.entry(day).or_default()) {
                held.failed.get_or_insert(error);
            }
        }
    }
}

impl Packing {
    /// All that was put here; then there is nothing.
    ///
    /// # Errors
    /// When something could not be packed, for want of memory.
    pub(super) fn take_all(&self) -> Result<PackedDays, StoreError> {
        let held = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        held.failed.map_or(Ok(held.days), Err)
    }
}

/// Adds up the parts of a day.
pub(super) fn unpack(parts: &[u8]) -> Result<Period, StoreError> {
    read_parts(parts).map(|(period, _)| period)
}
