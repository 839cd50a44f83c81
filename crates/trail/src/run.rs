//! Reads objects with several threads, each with its own buffers and tables.

mod ordered;
mod pieces;
mod shares;

use std::io::Read;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::dedupe::SeenIds;
use crate::filter::Filter;
use crate::findings::Findings;
use crate::inflate::{InflateError, Inflater};
use crate::input::{self, Kind};
use crate::scan::{Flaw, Record, Sink, Speed, scan};
use crate::tally::{Order, Tally};
use crate::time;
pub(crate) use ordered::in_order;
use shares::Shares;

/// A buffer of this size is kept from object to object; a larger one is given back when smaller objects come.
const fn kept_bytes(order: Order) -> usize {
    match order {
        Order::LargestFirst => 1 << 20,
        // Sizes go up and down, and memory that was given back has to be cleared once more.
        Order::Near => 16 << 20,
    }
}

/// Where objects come from: files of a folder, objects of a bucket, standard input. Called from several threads at once.
pub trait Source: Sync {
    /// How many objects there are.
    fn count(&self) -> usize;
    /// The name of an object, for reports.
    fn name(&self, number: usize) -> &str;
    /// Its size as it lies there, as far as known: it says when the object is read.
    fn size_bytes(&self, number: usize) -> u64;
    /// Whether objects are fetched before they are asked for, the largest first: then they are read in that order.
    fn reads_ahead(&self) -> bool {
        false
    }
    /// Appends its bytes.
    ///
    /// # Errors
    /// The reason in words, when it cannot be read. The scan goes on without it.
    fn read(&self, number: usize, into: &mut Vec<u8>) -> Result<(), String>;
    /// Opens an object that is to be read in pieces, because it is too large to be held or its size is not known. None for others.
    ///
    /// # Errors
    /// As for [`Source::read`].
    fn open(&self, _number: usize) -> Result<Option<Box<dyn Read + '_>>, String> {
        Ok(None)
    }
}

/// How to read.
#[derive(Debug)]
pub struct Options<'a> {
    /// Threads.
    pub threads: usize,
    /// The largest object that is read, compressed or decompressed.
    pub limit_bytes: usize,
    /// Which records count.
    pub filter: Filter,
    /// Event ids seen, where records are to count once.
    pub seen: Option<&'a SeenIds>,
    /// How the scanner looks at bytes.
    pub speed: Speed,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self { threads: 1, limit_bytes: 2 << 30, filter: Filter::default(), seen: None, speed: Speed::Detected }
    }
}

/// Follows a scan, and may end it. Called from several threads at once.
pub trait Observer: Sync {
    /// An object is done; `stored_bytes` is its size as it lies there. False ends the scan after the objects in work.
    fn done(&self, number: usize, stored_bytes: u64, text_bytes: u64) -> bool;
    /// An object could not be read.
    fn failed(&self, _name: &str, _reason: &str) {}
}

/// Nobody follows.
#[derive(Debug, Clone, Copy)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn done(&self, _number: usize, _stored_bytes: u64, _text_bytes: u64) -> bool {
        true
    }
}

/// Reads all objects of the source; a tally of each thread and what was found. Objects of one account go to one thread as far as
/// possible. Sizes fall, or rise and fall, for two threads at a time, so that not all of them hold a large one.
pub fn read_all<T: Tally, M: Fn() -> T + Sync>(
    source: &dyn Source,
    options: &Options<'_>,
    observer: &dyn Observer,
    make: M,
) -> (Vec<T>, Findings) {
    let threads = options.threads.clamp(1, source.count().max(1));
    let (shares, stopped) = (&Shares::new(source, threads, order_of::<T>(source)), &AtomicBool::new(false));
    let make = &make;
    let results: &Mutex<Vec<(T, Findings)>> = &Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for thread in 0..threads {
            scope.spawn(move || {
                let mut reader = Reader::new(make(), options);
                while !stopped.load(Ordering::Relaxed) {
                    let Some(number) = shares.next(thread) else { break };
                    let before = reader.findings.text_bytes;
                    let stored_bytes = match reader.read_object(source, number) {
                        Ok(bytes) => bytes,
                        Err(reason) => {
                            observer.failed(source.name(number), &reason);
                            0
                        }
                    };
                    if !observer.done(number, stored_bytes, reader.findings.text_bytes - before) {
                        stopped.store(true, Ordering::Relaxed);
                    }
                }
                let (tally, findings) = (reader.tally, reader.findings);
                if let Ok(mut results) = results.lock() {
                    results.push((tally, findings));
                }
            });
        }
    });
    let mut tallies = Vec::new();
    let mut findings = Findings::default();
    for (tally, found) in results.lock().map(|mut results| std::mem::take(&mut *results)).unwrap_or_default() {
        tallies.push(tally);
        findings.merge(found);
    }
    (tallies, findings)
}

fn order_of<T: Tally>(source: &dyn Source) -> Order {
    if source.reads_ahead() { Order::LargestFirst } else { T::ORDER }
}

/// One thread's buffers and tables.
pub struct Reader<'a, T> {
    tally: T,
    findings: Findings,
    options: &'a Options<'a>,
    inflater: Option<Inflater>,
    stored: Vec<u8>,
}

impl<'a, T: Tally> Reader<'a, T> {
    /// A reader with empty tables.
    pub fn new(tally: T, options: &'a Options<'a>) -> Self {
        let inflater = Inflater::new(options.limit_bytes).map(|inflater| inflater.keeping(kept_bytes(T::ORDER)));
        Self { tally, findings: Findings::default(), options, inflater, stored: Vec::new() }
    }

    /// What was collected.
    pub fn finish(self) -> (T, Findings) {
        (self.tally, self.findings)
    }

    fn read_object(&mut self, source: &dyn Source, number: usize) -> Result<u64, String> {
        let name = source.name(number);
        match source.open(number) {
            Ok(None) => {}
            Ok(Some(mut from)) => return self.read_pieces(name, &mut *from),
            Err(reason) => {
                self.findings.objects += 1;
                self.findings.add(Flaw::Unreadable, name, 0);
                return Err(reason);
            }
        }
        if source.size_bytes(number) > self.options.limit_bytes as u64 {
            self.findings.objects += 1;
            self.findings.add(Flaw::TooLarge, name, 0);
            return Ok(0);
        }
        let mut stored = std::mem::take(&mut self.stored);
        stored.clear();
        let wanted = usize::try_from(source.size_bytes(number)).unwrap_or(0);
        let kept = kept_bytes(T::ORDER);
        if stored.capacity() > kept && wanted < stored.capacity() / 16 * 15 {
            stored.shrink_to(wanted.max(kept));
        }
        // And one, so that the end is found without growing.
        stored.reserve_exact(wanted.saturating_add(1));
        let read = source.read(number, &mut stored);
        match &read {
            Ok(()) => self.read_bytes(name, &stored),
            Err(_) => {
                self.findings.objects += 1;
                self.findings.add(Flaw::Unreadable, name, 0);
            }
        }
        let length = stored.len() as u64;
        self.stored = stored;
        read.map(|()| length)
    }

    /// Reads the bytes of one object, as they lie there.
    pub fn read_bytes(&mut self, name: &str, stored: &[u8]) {
        self.findings.objects += 1;
        self.findings.stored_bytes += stored.len() as u64;
        self.tally.begin(name);
        self.read_layer(name, stored, 0);
    }

    /// What an object, or a member of an archive, consists of.
    fn read_layer(&mut self, name: &str, stored: &[u8], depth: u8) {
        match input::kind(stored) {
            Kind::Gzip if depth < 3 => {
                let Some(mut inflater) = self.inflater.take() else { return self.flaw(Flaw::Unreadable, name, 0) };
                let (text, error) = inflater.gzip(stored);
                let nested = match input::kind(text) {
                    Kind::Gzip | Kind::Zip => Some(text.to_vec()),
                    _ => {
                        self.read_layer(name, text, depth + 1);
                        None
                    }
                };
                self.inflater = Some(inflater);
                if let Some(nested) = nested {
                    self.read_layer(name, &nested, depth + 1);
                }
                if let Some(error) = error {
                    self.flaw(flaw_of(error), name, stored.len());
                }
            }
            Kind::Zip if depth < 3 => self.read_archive(name, stored, depth),
            Kind::Csv => self.read_table(name, stored),
            Kind::Text => self.read_text(name, stored),
            _ => self.flaw(Flaw::Foreign, name, 0),
        }
    }

    fn read_archive(&mut self, name: &str, stored: &[u8], depth: u8) {
        let Some(mut inflater) = Inflater::new(self.options.limit_bytes) else {
            return self.flaw(Flaw::Unreadable, name, 0);
        };
        let members = input::zip::members(stored);
        for member in &members.found {
            let inner = format!("{name}:{}", member.name);
            if member.size_bytes > self.options.limit_bytes {
                self.flaw(Flaw::TooLarge, &inner, 0);
                continue;
            }
            let (bytes, error) = match member.method {
                input::zip::STORED => (member.data, None),
                input::zip::DEFLATED => inflater.deflate(member.data, member.size_bytes),
                _ => (&[][..], Some(InflateError::Damaged)),
            };
            self.read_layer(&inner, bytes, depth + 1);
            if let Some(error) = error {
                self.flaw(flaw_of(error), &inner, 0);
            }
        }
        if let Some(at) = members.damaged_at {
            self.flaw(Flaw::CompressedDataTruncated, name, at);
        }
    }

    fn read_table(&mut self, name: &str, text: &[u8]) {
        self.findings.text_bytes += text.len() as u64;
        match input::table::records(text) {
            Some(records) => self.scan_text(name, &records),
            None => self.flaw(Flaw::Foreign, name, 0),
        }
    }

    fn read_text(&mut self, name: &str, text: &[u8]) {
        self.findings.text_bytes += text.len() as u64;
        self.scan_text(name, text);
    }

    fn scan_text(&mut self, name: &str, text: &[u8]) {
        let speed = self.options.speed;
        let mut filtering = Filtering { reader: self, object: name };
        scan(text, speed, &mut filtering);
    }

    fn flaw(&mut self, flaw: Flaw, name: &str, at_byte: usize) {
        self.findings.add(flaw, name, at_byte);
    }
}

fn flaw_of(error: InflateError) -> Flaw {
    match error {
        InflateError::Truncated => Flaw::CompressedDataTruncated,
        InflateError::Damaged => Flaw::CompressedDataDamaged,
        InflateError::TooLarge => Flaw::TooLarge,
        InflateError::TrailingBytes => Flaw::TrailingCompressedBytes,
    }
}

/// Between scanner and tally: which records count.
struct Filtering<'r, 'o, T> {
    reader: &'r mut Reader<'o, T>,
    object: &'r str,
}

impl<T: Tally> Sink for Filtering<'_, '_, T> {
    const WHOLE: bool = T::WHOLE;

    #[inline]
    fn record(&mut self, record: &Record<'_>) {
        let reader = &mut *self.reader;
        let core = &record.core;
        let parsed = match core.time.or(core.timestamp) {
            Some(text) if !text.is_escaped() => time::parse(text.raw),
            Some(text) => time::parse(&text.bytes()),
            None => None,
        };
        let (Some(time), Some(_), Some(_)) = (parsed, core.source, core.name) else {
            return reader.findings.add(Flaw::IncompleteRecord, self.object, 0);
        };
        if !reader.options.filter.takes(core, time) {
            reader.findings.filtered += 1;
            return;
        }
        if let (Some(seen), Some(id)) = (reader.options.seen, core.id)
            && !seen.insert(time.div_euclid(time::DAY_S), &id.bytes())
        {
            reader.findings.duplicates += 1;
            return;
        }
        match reader.tally.add(record, time) {
            Ok(()) => reader.findings.records += 1,
            Err(flaw) => {
                reader.findings.records += u64::from(flaw == Flaw::MendedText);
                reader.findings.add(flaw, self.object, 0);
            }
        }
    }

    fn flaw(&mut self, flaw: Flaw, at_byte: usize) {
        self.reader.findings.add(flaw, self.object, at_byte);
    }
}

/// Does the tasks with several threads; the results are in the order of the tasks.
pub fn spread<A: Send, B: Send>(tasks: Vec<A>, threads: usize, work: impl Fn(A) -> B + Sync) -> Vec<B> {
    if threads <= 1 || tasks.len() <= 1 {
        return tasks.into_iter().map(work).collect();
    }
    let queue = Mutex::new(tasks.into_iter().enumerate());
    let results: Mutex<Vec<(usize, B)>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let task = queue.lock().ok().and_then(|mut queue| queue.next());
                    let Some((number, task)) = task else { break };
                    let result = work(task);
                    if let Ok(mut results) = results.lock() {
                        results.push((number, result));
                    }
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_default();
    results.sort_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, result)| result).collect()
}
