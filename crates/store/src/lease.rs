//! What all stores say alike about leases.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use ports::StoreError;

/// When a lease taken `now` ends.
pub(crate) fn expiry(now: Timestamp, duration: Duration) -> Timestamp {
    SignedDuration::try_from(duration)
        .ok()
        .and_then(|duration| now.checked_add(duration).ok())
        .unwrap_or(Timestamp::MAX)
}

/// Somebody else has it.
pub(crate) fn refused(holder: &str, until: Timestamp) -> StoreError {
    StoreError::Leased { holder: holder.to_owned(), until }
}
