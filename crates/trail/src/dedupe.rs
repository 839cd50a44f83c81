//! Records that count once although they stand in several objects: by their `eventID`.

use std::sync::Mutex;

use hashbrown::HashTable;

use crate::hash::{hash, join};

const SHARDS: usize = 64;

/// Event ids seen, per day. All threads share one.
///
/// An id takes 16 bytes and its place in a table that is half full: about 36 bytes a record. Ids that are no UUID are held by
/// a hash of 128 bits.
#[derive(Debug)]
pub struct SeenIds {
    shards: Vec<Mutex<HashTable<u128>>>,
}

impl Default for SeenIds {
    fn default() -> Self {
        Self { shards: (0..SHARDS).map(|_| Mutex::new(HashTable::new())).collect() }
    }
}

impl SeenIds {
    /// Notes an id; whether it is new on that day (days since 1970).
    pub fn insert(&self, day: i64, id: &[u8]) -> bool {
        let key = number(id) ^ u128::from(day.cast_unsigned()).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        let spread = mix(key);
        let Some(shard) = self.shards.get((spread >> 7) as usize % SHARDS) else { return true };
        let Ok(mut shard) = shard.lock() else { return true };
        match shard.entry(spread, |held| *held == key, |held| mix(*held)) {
            hashbrown::hash_table::Entry::Occupied(_) => false,
            hashbrown::hash_table::Entry::Vacant(place) => {
                place.insert(key);
                true
            }
        }
    }

    /// Memory taken by the ids.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        let sizes =
            self.shards.iter().filter_map(|shard| shard.lock().ok().map(|shard| shard.allocation_size() as u64));
        sizes.sum()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the two halves")]
fn mix(key: u128) -> u64 {
    join(key as u64, (key >> 64) as u64)
}

/// The 128 bits of a UUID; for other texts a hash.
fn number(id: &[u8]) -> u128 {
    let mut number = 0_u128;
    let mut digits = 0;
    for byte in id {
        match char::from(*byte).to_digit(16) {
            Some(digit) => {
                number = number << 4 | u128::from(digit);
                digits += 1;
            }
            None if *byte == b'-' => {}
            None => digits = 99,
        }
    }
    if digits == 32 && id.len() == 36 {
        return number;
    }
    let first = hash(id);
    u128::from(first) << 64 | u128::from(hash(&[id, b"\xff"].concat()))
}

#[cfg(test)]
mod tests {
    use super::SeenIds;

    #[test]
    fn an_id_counts_once_a_day() {
        let seen = SeenIds::default();
        for id in ["a0ed971f-389f-406a-9fcf-887c5ca6903a", "A0", "", "a0ed971f-389f-406a-9fcf-887c5ca6903b"] {
            assert!(
                seen.insert(1, id.as_bytes()) && !seen.insert(1, id.as_bytes()) && seen.insert(2, id.as_bytes()),
                "{id}"
            );
        }
        assert!(seen.memory_bytes() > 0);
    }
}
