//! The common core: one row per account, principal ARN and access key, unfolded and unbounded.

use hashbrown::HashTable;

use crate::hash::{hash, is_same, join};
use crate::intern::{Interner, Numbers};
use crate::json;
use crate::scan::{Flaw, Record, Text};
use crate::tally::Tally;
use crate::time;

/// Parts of the table by hash, so that several threads can merge tables.
const SHARDS: usize = 32;
/// Length of a part that is missing.
const MISSING: u32 = u32::MAX;

/// The common core of what one thread reads.
#[derive(Debug)]
pub struct KeyTally {
    shards: Vec<Shard>,
    actions: Interner,
    addresses: Interner,
}

#[derive(Debug, Default)]
struct Shard {
    index: HashTable<u32>,
    rows: Vec<Row>,
    texts: Vec<u8>,
}

#[derive(Debug)]
struct Row {
    hash: u64,
    text_at: usize,
    /// Lengths of account, ARN and access key, which stand one after the other.
    lengths: [u32; 3],
    first: i64,
    last: i64,
    events: u64,
    errors: u64,
    actions: Numbers,
    addresses: Numbers,
}

impl Default for KeyTally {
    fn default() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Shard::default()).collect(),
            actions: Interner::default(),
            addresses: Interner::default(),
        }
    }
}

impl Tally for KeyTally {
    const WHOLE: bool = false;

    #[inline]
    fn add(&mut self, record: &Record<'_>, time: i64) -> Result<(), Flaw> {
        let core = &record.core;
        let (Some(source), Some(name)) = (core.source, core.name) else { return Err(Flaw::IncompleteRecord) };
        let key = [core.account, core.arn, core.access_key];
        let mut mended = false;
        let action = if source.escaped || name.escaped {
            self.actions.number_of_pair(source.meant().as_bytes(), name.meant().as_bytes())
        } else {
            self.actions.number_of_pair(source.raw, name.raw)
        };
        let address = core.address.map(|address| self.addresses.number(&address.bytes()));
        let row = if key.iter().flatten().any(|part| part.escaped) {
            self.row_of_mended(key, &mut mended)
        } else {
            let raw = key.map(|part| part.map(|part| part.raw));
            self.row(raw, &mut mended)
        };
        let Some(row) = row else { return Ok(()) };
        row.events += 1;
        row.errors += u64::from(core.error.is_some());
        row.first = row.first.min(time);
        row.last = row.last.max(time);
        row.actions.insert(action);
        if let Some(address) = address {
            row.addresses.insert(address);
        }
        if mended { Err(Flaw::MendedText) } else { Ok(()) }
    }
}

impl KeyTally {
    #[inline]
    fn row(&mut self, key: [Option<&[u8]>; 3], mended: &mut bool) -> Option<&mut Row> {
        let wanted = hash_of(key);
        let shard = self.shards.get_mut(shard_of(wanted))?;
        if let Some(number) = shard.find(wanted, key) {
            return self.shards.get_mut(shard_of(wanted))?.rows.get_mut(number as usize);
        }
        // Looked at once for each new row: what is no UTF-8 is mended, and the row looked for again.
        if key.iter().flatten().any(|part| std::str::from_utf8(part).is_err()) {
            return self.row_of_mended(key.map(|part| part.map(|raw| Text { raw, escaped: false })), mended);
        }
        let shard = self.shards.get_mut(shard_of(wanted))?;
        let number = shard.insert(wanted, key);
        shard.rows.get_mut(number as usize)
    }

    #[cold]
    #[inline(never)]
    fn row_of_mended(&mut self, key: [Option<Text<'_>>; 3], mended: &mut bool) -> Option<&mut Row> {
        *mended |= key.iter().flatten().any(|part| part.check().is_err());
        let meant = key.map(|part| part.map(|part| part.meant()));
        let [account, arn, access_key] = &meant;
        let parts = [account, arn, access_key].map(|part| part.as_ref().map(|part| part.as_bytes()));
        let wanted = hash_of(parts);
        let shard = self.shards.get_mut(shard_of(wanted))?;
        let number = shard.find(wanted, parts).unwrap_or_else(|| shard.insert(wanted, parts));
        shard.rows.get_mut(number as usize)
    }
}

#[inline(always)]
fn hash_of(key: [Option<&[u8]>; 3]) -> u64 {
    let [account, arn, access_key] = key.map(|part| part.map_or(1, hash));
    join(join(account, arn), access_key)
}

#[inline(always)]
fn shard_of(hash: u64) -> usize {
    // Other bits than those that the tables look at.
    (hash >> 20) as usize % SHARDS
}

impl Shard {
    #[inline]
    fn find(&self, wanted: u64, key: [Option<&[u8]>; 3]) -> Option<u32> {
        let same = |number: &u32| {
            self.rows.get(*number as usize).is_some_and(|row| {
                row.hash == wanted
                    && self.key(row).iter().zip(&key).all(|(ours, theirs)| match (ours, theirs) {
                        (Some(ours), Some(theirs)) => is_same(ours, theirs),
                        (ours, theirs) => ours.is_none() && theirs.is_none(),
                    })
            })
        };
        self.index.find(wanted, same).copied()
    }

    #[inline]
    fn key(&self, row: &Row) -> [Option<&[u8]>; 3] {
        let mut at = row.text_at;
        row.lengths.map(|length| {
            if length == MISSING {
                return None;
            }
            let part = self.texts.get(at..at + length as usize);
            at += length as usize;
            part
        })
    }

    #[cold]
    #[inline(never)]
    fn insert(&mut self, hash: u64, key: [Option<&[u8]>; 3]) -> u32 {
        let number = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        let text_at = self.texts.len();
        for part in key.iter().flatten() {
            self.texts.extend_from_slice(part);
        }
        let lengths = key.map(|part| part.map_or(MISSING, |part| u32::try_from(part.len()).unwrap_or(MISSING - 1)));
        self.rows.push(Row {
            hash,
            text_at,
            lengths,
            first: i64::MAX,
            last: i64::MIN,
            events: 0,
            errors: 0,
            actions: Numbers::default(),
            addresses: Numbers::default(),
        });
        let rows = &self.rows;
        self.index.insert_unique(hash, number, |number| rows.get(*number as usize).map_or(0, |row| row.hash));
        number
    }

    /// Adds another shard of the same hashes.
    fn absorb(&mut self, other: &Self, actions: &[u32], addresses: &[u32]) {
        for theirs in &other.rows {
            let key = other.key(theirs);
            let number = self.find(theirs.hash, key).unwrap_or_else(|| self.insert(theirs.hash, key));
            let Some(row) = self.rows.get_mut(number as usize) else { continue };
            row.events += theirs.events;
            row.errors += theirs.errors;
            row.first = row.first.min(theirs.first);
            row.last = row.last.max(theirs.last);
            for number in theirs.actions.iter().filter_map(|number| actions.get(number as usize)) {
                row.actions.insert(*number);
            }
            for number in theirs.addresses.iter().filter_map(|number| addresses.get(number as usize)) {
                row.addresses.insert(*number);
            }
        }
    }

    /// A line of JSON for each row, in the order of their hashes: the same whatever the number of threads.
    fn write(&mut self, out: &mut Vec<u8>) {
        self.rows.sort_unstable_by_key(|row| row.hash);
        for row in &self.rows {
            let [account, arn, access_key] = self.key(row);
            for (name, part) in [("{\"account\":", account), (",\"arn\":", arn), (",\"access_key_id\":", access_key)] {
                out.extend_from_slice(name.as_bytes());
                json::write_text(part, out);
            }
            json::write_number(",\"events\":", row.events, out);
            out.extend_from_slice(b",\"first\":\"");
            time::write(row.first, out);
            out.extend_from_slice(b"\",\"last\":\"");
            time::write(row.last, out);
            json::write_number("\",\"errors\":", row.errors, out);
            json::write_number(",\"distinct_actions\":", row.actions.len(), out);
            json::write_number(",\"distinct_source_ips\":", row.addresses.len(), out);
            out.extend_from_slice(b"}\n");
        }
    }
}

/// The common core of all that was read.
#[derive(Debug)]
pub struct Keys {
    shards: Vec<Shard>,
}

impl Keys {
    /// Adds up what several threads read.
    #[must_use]
    pub fn merge(tallies: Vec<KeyTally>) -> Self {
        let threads = tallies.len();
        let mut tallies = tallies.into_iter();
        let Some(mut first) = tallies.next() else { return Self { shards: Vec::new() } };
        let mut others: Vec<(Vec<Shard>, Vec<u32>, Vec<u32>)> = Vec::new();
        for other in tallies {
            let actions = first.actions.absorb(&other.actions);
            let addresses = first.addresses.absorb(&other.addresses);
            others.push((other.shards, actions, addresses));
        }
        // One shard of each thread makes a task; its memory is given back as soon as it is added.
        let mut tasks: Vec<(Shard, Vec<Shard>)> = first.shards.into_iter().map(|shard| (shard, Vec::new())).collect();
        let mut numbers = Vec::new();
        for (shards, actions, addresses) in others {
            for (task, shard) in tasks.iter_mut().zip(shards) {
                task.1.push(shard);
            }
            numbers.push((actions, addresses));
        }
        let shards = crate::run::spread(tasks, threads, |(mut base, parts)| {
            for (part, (actions, addresses)) in parts.into_iter().zip(&numbers) {
                base.absorb(&part, actions, addresses);
            }
            base
        });
        Self { shards }
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.rows.len()).sum()
    }

    /// Whether nothing was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Number of events.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.shards.iter().flat_map(|shard| &shard.rows).map(|row| row.events).sum()
    }

    /// Writes one JSON object a line: `account`, `arn`, `access_key_id` (each null where the log has none), `events`,
    /// `first`, `last`, `errors`, `distinct_actions`, `distinct_source_ips`. The order depends on the rows alone.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_ndjson(self, threads: usize, out: &mut dyn std::io::Write) -> std::io::Result<()> {
        let mut shards = self.shards.into_iter();
        loop {
            let some: Vec<Shard> = shards.by_ref().take(threads.max(1) * 2).collect();
            if some.is_empty() {
                return Ok(());
            }
            let texts = crate::run::spread(some, threads, |mut shard| {
                let mut text = Vec::with_capacity(shard.rows.len() * 300);
                shard.write(&mut text);
                text
            });
            for text in texts {
                out.write_all(&text)?;
            }
        }
    }
}
