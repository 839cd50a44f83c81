//! The common core: one row per account, principal ARN and access key, unfolded and unbounded.

use hashbrown::HashTable;

use crate::hash::{hash, is_same, join};
use crate::intern::{Interner, Numbers};
use crate::json;
use crate::scan::{Flaw, Record, Spelling, Text};
use crate::tally::{Order, Tally};
use crate::time;

/// Parts of the table by hash, so that several threads can merge tables.
const SHARDS: usize = 64;
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

impl Row {
    fn empty(hash: u64, text_at: usize, lengths: [u32; 3]) -> Self {
        Self {
            hash,
            text_at,
            lengths,
            first: i64::MAX,
            last: i64::MIN,
            events: 0,
            errors: 0,
            actions: Numbers::default(),
            addresses: Numbers::default(),
        }
    }

    fn take(&mut self) -> Self {
        let (actions, addresses) = (std::mem::take(&mut self.actions), std::mem::take(&mut self.addresses));
        Self { actions, addresses, ..*self }
    }

    /// Adds what another thread found, with what its numbers are among all; none where they are the same.
    fn absorb(&mut self, other: &Self, numbers: &[Vec<u32>; 2]) {
        self.events += other.events;
        self.errors += other.errors;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
        let [actions, addresses] = numbers;
        for (ours, theirs, numbers) in
            [(&mut self.actions, &other.actions, actions), (&mut self.addresses, &other.addresses, addresses)]
        {
            for number in theirs.iter() {
                ours.insert(numbers.get(number as usize).copied().unwrap_or(number));
            }
        }
    }
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
    // A row for every key there ever was, most of them for an hour.
    const ORDER: Order = Order::Near;

    #[inline]
    fn add(&mut self, record: &Record<'_>, time: i64) -> Result<(), Flaw> {
        let core = &record.core;
        let (Some(source), Some(name)) = (core.source, core.name) else { return Err(Flaw::IncompleteRecord) };
        let key = [core.account, core.arn, core.access_key];
        let mut mended = false;
        let action = if source.is_escaped() || name.is_escaped() {
            self.actions.number_of_pair(source.meant().as_bytes(), name.meant().as_bytes())
        } else {
            self.actions.number_of_pair(source.raw, name.raw)
        };
        let address = core.address.map(|address| self.addresses.number(&address.bytes()));
        let row = if key.iter().flatten().any(Text::is_escaped) {
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
            return self.row_of_mended(key.map(|part| part.map(|raw| Text { raw, spelling: Spelling::Plain })), mended);
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
        self.rows.push(Row::empty(hash, text_at, lengths));
        let rows = &self.rows;
        self.index.insert_unique(hash, number, |number| rows.get(*number as usize).map_or(0, |row| row.hash));
        number
    }
}

/// The common core of all that was read.
#[derive(Debug)]
pub struct Keys {
    /// The shards of each thread that hold the same hashes.
    tasks: Vec<Vec<Shard>>,
    /// For each thread, what its numbers of actions and addresses are among all; the first thread's stay what they are.
    numbers: Vec<[Vec<u32>; 2]>,
}

impl Keys {
    /// Adds up what several threads read.
    #[must_use]
    pub fn merge(tallies: Vec<KeyTally>) -> Self {
        let mut tasks: Vec<Vec<Shard>> = (0..SHARDS).map(|_| Vec::with_capacity(tallies.len())).collect();
        let mut texts: [Vec<Interner>; 2] = Default::default();
        for tally in tallies {
            for (task, shard) in tasks.iter_mut().zip(tally.shards) {
                task.push(shard);
            }
            let [actions, addresses] = &mut texts;
            actions.push(tally.actions);
            addresses.push(tally.addresses);
        }
        let mut mapped = crate::run::spread(Vec::from(texts), 2, numbers_among_all).into_iter();
        let (actions, addresses) = (mapped.next().unwrap_or_default(), mapped.next().unwrap_or_default());
        Self { tasks, numbers: actions.into_iter().zip(addresses).map(|(left, right)| [left, right]).collect() }
    }

    /// Writes one JSON object a line: `account`, `arn`, `access_key_id` (each null where the log has none), `events`,
    /// `first`, `last`, `errors`, `distinct_actions`, `distinct_source_ips`. The order depends on the rows alone. Returns how
    /// many there are.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_ndjson(self, threads: usize, out: &mut dyn std::io::Write) -> std::io::Result<usize> {
        let (numbers, mut rows) = (&self.numbers, 0);
        let task = |shards: Vec<Shard>| {
            let mut text = Vec::with_capacity(shards.iter().map(|shard| shard.rows.len()).sum::<usize>() * 300);
            let rows = write(shards, numbers, &mut text);
            (rows, text)
        };
        crate::run::in_order(self.tasks, threads, task, |(count, text): (usize, Vec<u8>)| {
            rows += count;
            out.write_all(&text)
        })?;
        Ok(rows)
    }
}

/// For each of several sets of texts, what its numbers are among all of them.
fn numbers_among_all(texts: Vec<Interner>) -> Vec<Vec<u32>> {
    let mut texts = texts.into_iter();
    let Some(mut all) = texts.next() else { return Vec::new() };
    let others = texts.map(|other| all.absorb(&other)).collect::<Vec<_>>();
    std::iter::once(Vec::new()).chain(others).collect()
}

/// A line of JSON for each row, in the order of their hashes: the same whatever the number of threads. Returns how many.
///
/// Sorting tells as well which rows two threads have both: no table of all rows is needed.
fn write(mut shards: Vec<Shard>, numbers: &[[Vec<u32>; 2]], out: &mut Vec<u8>) -> usize {
    let mut order: Vec<(u64, u32, u32)> = Vec::with_capacity(shards.iter().map(|shard| shard.rows.len()).sum());
    for (thread, shard) in (0_u32..).zip(&mut shards) {
        // Needed no more.
        shard.index = HashTable::new();
        order.extend((0_u32..).zip(&shard.rows).map(|(number, row)| (row.hash, thread, number)));
    }
    order.sort_unstable();
    let mut rows = 0;
    for same_hash in order.chunk_by(|left, right| left.0 == right.0) {
        if let &[(_, thread, number)] = same_hash {
            rows += 1;
            if let Some((shard, row)) = row_at(&shards, (thread, number)) {
                write_row(shard.key(row), row, out);
            }
        } else {
            rows += write_merged(&mut shards, numbers, same_hash, out);
        }
    }
    rows
}

fn row_at(shards: &[Shard], (thread, number): (u32, u32)) -> Option<(&Shard, &Row)> {
    let shard = shards.get(thread as usize)?;
    Some((shard, shard.rows.get(number as usize)?))
}

/// Rows of one hash: those of the same key are one, and other keys stand in order.
fn write_merged(
    shards: &mut [Shard],
    numbers: &[[Vec<u32>; 2]],
    same_hash: &[(u64, u32, u32)],
    out: &mut Vec<u8>,
) -> usize {
    let mut merged: Vec<([Option<Vec<u8>>; 3], Row)> = Vec::new();
    for (_, thread, number) in same_hash {
        let Some(shard) = shards.get_mut(*thread as usize) else { continue };
        let Some(row) = shard.rows.get_mut(*number as usize).map(Row::take) else { continue };
        let key = shard.key(&row).map(|part| part.map(<[u8]>::to_vec));
        let place = match merged.iter().position(|(held, _)| *held == key) {
            Some(place) => place,
            None => {
                merged.push((key, Row::empty(row.hash, 0, row.lengths)));
                merged.len() - 1
            }
        };
        if let (Some((_, held)), Some(numbers)) = (merged.get_mut(place), numbers.get(*thread as usize)) {
            held.absorb(&row, numbers);
        }
    }
    merged.sort_by(|left, right| left.0.cmp(&right.0));
    for (key, row) in &merged {
        write_row([&key[0], &key[1], &key[2]].map(|part| part.as_deref()), row, out);
    }
    merged.len()
}

fn write_row([account, arn, access_key]: [Option<&[u8]>; 3], row: &Row, out: &mut Vec<u8>) {
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
