//! The chain of the journal: sealing new entries and checking old ones.

use jiff::Timestamp;
use model::journal::{JournalEntry, JournalEvent};
use model::observed::InstanceKey;
use ports::StoreError;

use crate::error::unwritable;

/// Where the chain of an instance ends.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Head {
    /// Sequence number of the last entry; 0 for an empty journal.
    pub(crate) sequence: u64,
    /// Its hash; empty for an empty journal.
    pub(crate) hash: String,
}

/// Turns events into the entries that follow `head`.
pub(crate) fn seal(
    head: &Head,
    instance: &InstanceKey,
    at: Timestamp,
    events: Vec<JournalEvent>,
) -> Result<Vec<JournalEntry>, StoreError> {
    let mut entries: Vec<JournalEntry> = Vec::with_capacity(events.len());
    let mut previous = head.hash.clone();
    let mut sequence = head.sequence;
    for event in events {
        sequence = sequence.saturating_add(1);
        let hash = JournalEntry::compute_hash(&previous, sequence, at, instance, &event).map_err(unwritable)?;
        let sealed = JournalEntry { sequence, at, instance: instance.clone(), event, previous, hash: hash.clone() };
        previous = hash;
        entries.push(sealed);
    }
    Ok(entries)
}

/// Checks the entries that follow `head`; answers the new head, or what is wrong.
pub(crate) fn follow(head: &Head, entries: &[JournalEntry]) -> Result<Head, String> {
    let mut head = head.clone();
    for entry in entries {
        let expected = head.sequence.saturating_add(1);
        if entry.sequence != expected {
            return Err(format!("entry {expected} is missing: {} comes instead", entry.sequence));
        }
        if entry.previous != head.hash {
            return Err(format!("entry {expected} does not follow the one before it"));
        }
        let hash = JournalEntry::compute_hash(&entry.previous, entry.sequence, entry.at, &entry.instance, &entry.event)
            .map_err(|error| format!("entry {expected} cannot be written again: {error}"))?;
        if hash != entry.hash {
            return Err(format!("entry {expected} is not what was written"));
        }
        head = Head { sequence: entry.sequence, hash };
    }
    Ok(head)
}
