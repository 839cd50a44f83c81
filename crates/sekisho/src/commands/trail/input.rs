//! Reading what the command line names, with progress, and telling what was wrong with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use aws::Storage;
use engine::objects::PrefetchLimits;
use trail::evidence::{AddressRanges, Evidences, Gathering, Keep, Period};
use trail::selectors::Recording;
use trail::{
    Filter, Findings, Flaw, Observer, Options, RecordedFrom, SeenIds, SeenObjects, Speed, Tally, Unread, read_all,
};

use super::batch::{BatchLimits, Batches};
use super::files::Files;
use super::folder;
use super::remote::{self, Location};
use super::size;
use crate::cli::trail::TrailInputs;
use crate::console::Console;
use crate::error::CommandError;
use crate::render::progress::Progress;
use crate::render::words::{count, duration_ms};

/// Objects larger than this are named and left out.
pub(super) const LIMIT_BYTES: usize = 4 << 30;
/// Names of a kind that are told.
const SHOWN: usize = 20;

struct Watching {
    progress: Progress,
    /// Grows with each batch.
    total_bytes: AtomicU64,
    done_bytes: AtomicU64,
    text_bytes: AtomicU64,
    /// Why files could not be read, the first twenty.
    failures: Mutex<Vec<(String, String)>>,
}

impl Observer for Watching {
    fn done(&self, _number: usize, stored_bytes: u64, text_bytes: u64) -> bool {
        let done = self.done_bytes.fetch_add(stored_bytes, Ordering::Relaxed) + stored_bytes;
        let text = self.text_bytes.fetch_add(text_bytes, Ordering::Relaxed) + text_bytes;
        let rate = text * 1000 / self.progress.elapsed_ms().max(1);
        let total = self.total_bytes.load(Ordering::Relaxed);
        self.progress.update(done >> 20, total >> 20, &format!("MiB, {}/s of text", bytes(rate)));
        true
    }

    fn failed(&self, name: &str, reason: &str) {
        if let Ok(mut failures) = self.failures.lock()
            && failures.len() < 20
        {
            failures.push((name.to_owned(), reason.to_owned()));
        }
    }
}

/// `3.1 GB`
pub(super) fn bytes(number: u64) -> String {
    let (unit, name) = match number {
        0..1_000_000 => (1_000, "kB"),
        1_000_000..1_000_000_000 => (1_000_000, "MB"),
        _ => (1_000_000_000, "GB"),
    };
    format!("{}.{} {name}", number / unit, number % unit * 10 / unit)
}

pub(super) fn filter(inputs: &TrailInputs) -> Filter {
    Filter {
        accounts: inputs.accounts.clone(),
        regions: inputs.regions.clone(),
        since_s: inputs.since,
        until_s: inputs.until,
    }
}

/// What a batch was.
pub(super) struct BatchRead {
    /// Objects.
    pub(super) objects: usize,
    /// Their bytes as they lie there.
    pub(super) bytes: u64,
    /// What was found in them.
    pub(super) findings: Findings,
}

/// All that the command line names, to be read batch by batch.
pub(super) struct Input<'a> {
    inputs: &'a TrailInputs,
    console: &'a Console,
    /// What is read.
    pub(super) batches: Batches,
    storage: Option<Storage>,
    buckets: Vec<Location>,
    /// Evidence that was written before.
    evidence: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

impl<'a> Input<'a> {
    /// Looks what is there. `seen` is what an earlier scan read into `out`.
    pub(super) fn find(
        inputs: &'a TrailInputs,
        seen: Option<SeenObjects>,
        out: Option<&Path>,
        console: &'a Console,
    ) -> Result<Self, CommandError> {
        let mut files = Files::find(&inputs.paths)?;
        // The folder that is written to may lie among the logs.
        if let Some(out) = out.and_then(|out| fs::canonicalize(out).ok()) {
            files.folders.retain(|path| !fs::canonicalize(path).is_ok_and(|path| path == out));
        }
        if seen.is_some() && files.has_standard_input() {
            return Err(CommandError::new("standard input has no name to remember that it was read")
                .hint("give the file, or leave `--out` out"));
        }
        let filter = filter(inputs);
        let (logs, selection) = files.select(&filter);
        for (number, what) in [
            (selection.repeated, "there under another name as well: counted once"),
            (selection.pruned, "left out: no place for what is asked for"),
            (selection.other_kinds, "of digests or Insights left out: no calls in them"),
        ] {
            if number > 0 {
                console.note(format!("{} {what}", count(number, "file")));
            }
        }
        if filter != Filter::default() && files.has_evidence() {
            return Err(CommandError::new("evidence files are sums already and cannot be filtered")
                .hint("give the folder of the log instead, or leave the filters out"));
        }
        let storage = (!files.buckets.is_empty()).then(|| remote::connect(&inputs.bucket));
        let batches = Batches::new(logs, files.buckets.clone(), storage.clone(), filter, seen);
        let (buckets, evidence, folders) = (files.buckets, files.evidence, files.folders);
        Ok(Self { inputs, console, batches, storage, buckets, evidence, folders })
    }

    /// With so much in a batch.
    pub(super) fn limited(mut self, limits: BatchLimits) -> Self {
        let flags = &self.inputs.bucket;
        let limits = BatchLimits { objects: flags.batch.unwrap_or(limits.objects).max(1), ..limits };
        let ahead = PrefetchLimits { in_flight: usize::from(flags.parallel), ..PrefetchLimits::default() };
        self.batches = self.batches.limited(limits, ahead);
        self
    }

    /// Whether a bucket is read.
    pub(super) fn has_buckets(&self) -> bool {
        !self.buckets.is_empty()
    }

    /// Whether evidence that was written before is among the input.
    pub(super) fn has_evidence(&self) -> bool {
        !self.evidence.is_empty() || !self.folders.is_empty()
    }

    /// What trails record, as far as it can be known here: from the file given, else from CloudTrail where a bucket is read.
    pub(super) fn recording(&self) -> Result<Option<Recording>, CommandError> {
        let buckets: Vec<&str> = self.buckets.iter().map(|location| location.bucket.as_str()).collect();
        if let Some(path) = &self.inputs.event_selectors {
            let refused = |error: &(dyn std::error::Error + 'static)| {
                CommandError::new(format!("cannot read `{}`", path.display())).because(error)
            };
            let text = fs::read(path).map_err(|error| refused(&error))?;
            let mut recording = Recording::parse(&text).map_err(|error| refused(&error))?;
            if !buckets.is_empty() {
                recording.keep_buckets(&buckets);
            }
            return Ok(Some(recording));
        }
        let Some(storage) = &self.storage else { return Ok(None) };
        match remote::recording(storage, &buckets) {
            Ok(recording) => Ok(Some(recording)),
            Err(reason) => {
                remote::tell_unknown(&reason, self.console);
                Ok(None)
            }
        }
    }

    /// Reads all logs with a tally of each thread; `each` takes the tallies of a batch.
    pub(super) fn read<T: Tally>(
        &mut self,
        make: impl Fn() -> T + Sync,
        mut each: impl FnMut(Vec<T>, &BatchRead, &mut Batches) -> Result<(), CommandError>,
    ) -> Result<Findings, CommandError> {
        let (inputs, console) = (self.inputs, self.console);
        let seen = inputs.dedupe.then(SeenIds::default);
        let threads = inputs
            .threads
            .map_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get), usize::from);
        let options = Options {
            threads,
            limit_bytes: LIMIT_BYTES,
            filter: filter(inputs),
            seen: seen.as_ref(),
            speed: Speed::Detected,
        };
        let watching = Watching {
            progress: Progress::start("Reading CloudTrail", &console.messages),
            total_bytes: AtomicU64::new(0),
            done_bytes: AtomicU64::new(0),
            text_bytes: AtomicU64::new(0),
            failures: Mutex::default(),
        };
        let mut findings = Findings::default();
        while let Some(batch) = self.batches.next()? {
            watching.total_bytes.fetch_add(batch.total_bytes(), Ordering::Relaxed);
            let (tallies, found) = read_all(&batch, &options, &watching, &make);
            let read = BatchRead { objects: batch.len(), bytes: batch.total_bytes(), findings: found };
            self.batches.done(batch);
            each(tallies, &read, &mut self.batches)?;
            findings.merge(read.findings);
        }
        watching.progress.finish();
        for (name, reason) in
            watching.failures.lock().map(|mut failures| std::mem::take(&mut *failures)).unwrap_or_default()
        {
            console.warn(format!("cannot read `{name}`: {reason}"));
        }
        self.tell_left_out();
        let unread = self.batches.unread.count;
        if unread > 0 {
            console.warn(format!(
                "{} could not be read and counts nowhere: what is told is not all; another scan tries again",
                count(size(unread), "object")
            ));
        }
        if findings.objects > 0 {
            tell(&findings, watching.progress.elapsed_ms(), console);
        }
        if let Some(seen) = &seen {
            console.note(format!(
                "{} left out because their eventID was there before; telling took {} of memory",
                count(size(findings.duplicates), "record"),
                bytes(seen.memory_bytes())
            ));
        }
        Ok(findings)
    }

    fn tell_left_out(&self) {
        let (left_out, console) = (&self.batches.left_out, self.console);
        for (number, noun, what) in [
            (left_out.read_before, "object", "read by an earlier scan, and not again"),
            (left_out.repeated, "object", "there under another name as well: counted once"),
            (left_out.pruned, "object", "left out: no place for what is asked for"),
            (left_out.other_kinds, "object", "of digests or Insights left out: no calls in them"),
            (left_out.other_services, "folder", "of other services in `AWSLogs` left out"),
        ] {
            if number > 0 {
                console.note(format!("{} {what}", count(number, noun)));
            }
        }
        for name in left_out.changed.iter().take(SHOWN) {
            console.warn(format!(
                "`{name}` has changed since it was read; what is new in it does not count. A scan into a new folder reads it"
            ));
        }
        if left_out.changed.len() > SHOWN {
            console.warn(format!("… and {} more that changed", left_out.changed.len() - SHOWN));
        }
        for (name, reason) in self.batches.unread.reasons.iter().filter(|(name, _)| name.ends_with('*')).take(SHOWN) {
            console.warn(format!("cannot list `{name}`: {reason}"));
        }
    }
}

/// Evidence, and what is to be known about it.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The evidence of all that was read.
    pub(super) total: Period,
    /// What was wrong with it.
    pub(super) findings: Findings,
    /// What could not be read.
    pub(super) unread: Unread,
    /// Folders of evidence whose last scan did not come to its end.
    pub(super) unfinished: Vec<String>,
    /// What trails record.
    pub(super) recordings: Vec<RecordedFrom>,
}

/// How addresses are folded, and the text it was read from.
pub(super) fn ranges(inputs: &TrailInputs) -> Result<(Arc<AddressRanges>, String), CommandError> {
    let Some(path) = &inputs.ranges else { return Ok((Arc::default(), String::new())) };
    ranges_of(path).map(|(ranges, text)| (Arc::new(ranges), text))
}

fn ranges_of(path: &Path) -> Result<(AddressRanges, String), CommandError> {
    let text = fs::read_to_string(path)
        .map_err(|error| CommandError::new(format!("cannot read `{}`", path.display())).because(&error))?;
    let ranges = AddressRanges::parse(&text)
        .map_err(|error| CommandError::new(format!("`{}` holds no ranges", path.display())).because(&error))?;
    Ok((ranges, text))
}

/// Whether it matters what the trails record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    /// It does.
    WhatIsRecorded,
    /// It does not.
    Nothing,
}

/// Reads evidence: of logs, and what was written before.
pub(super) fn evidence(inputs: &TrailInputs, asks: Asks, console: &Console) -> Result<Known, CommandError> {
    let (ranges, _) = ranges(inputs)?;
    let mut input = Input::find(inputs, None, None, console)?;
    let limits = if input.has_buckets() { BatchLimits::HELD } else { BatchLimits::NONE };
    input = input.limited(limits);
    let mut known = Known::default();
    let gathering = Gathering::new(Keep::Total, ranges);
    known.findings = input.read(
        || gathering.tally(),
        |tallies, _, _| {
            gathering.collect(tallies);
            Ok(())
        },
    )?;
    let mut evidences = gathering.finish(Vec::new());
    known.unread = std::mem::take(&mut input.batches.unread);
    for path in &input.evidence {
        evidences.merge(Evidences { periods: [(None, folder::read_file(path)?)].into() });
    }
    for path in &input.folders {
        let (period, bookmark) = folder::read(path)?;
        evidences.merge(Evidences { periods: [(None, period)].into() });
        known.unread.merge(&bookmark.unread);
        known.findings.merge(bookmark.findings);
        if !bookmark.is_complete {
            known.unfinished.push(path.display().to_string());
        }
        known.recordings.extend(bookmark.recordings);
    }
    known.recordings.sort_by_key(|from| from.read_s);
    if (asks == Asks::WhatIsRecorded || inputs.event_selectors.is_some())
        && let Some(recording) = input.recording()?
    {
        known.recordings.push(RecordedFrom { read_s: now(), recording });
    }
    known.total = evidences.total();
    Ok(known)
}

/// Seconds since 1970.
pub(super) fn now() -> i64 {
    remote::clock().now().as_second()
}

/// Named ranges of addresses.
pub(super) fn address_ranges(path: &Path) -> Result<AddressRanges, CommandError> {
    ranges_of(path).map(|(ranges, _)| ranges)
}

/// What was read, and what was wrong with it, on standard error.
fn tell(findings: &Findings, elapsed_ms: u64, console: &Console) {
    console.note(format!(
        "{} in {} ({}, {} of text) read in {}",
        count(size(findings.records), "record"),
        count(size(findings.objects), "file"),
        bytes(findings.stored_bytes),
        bytes(findings.text_bytes),
        duration_ms(elapsed_ms)
    ));
    if findings.filtered > 0 {
        console.note(format!("{} left out by the filters", count(size(findings.filtered), "record")));
    }
    for (flaw, flawed) in &findings.flaws {
        let place = flawed.examples.first().map_or_else(String::new, |place| format!(", first in {}", place.object));
        console.warn(format!("{} × {}{place}", flawed.count, words(*flaw)));
    }
}

pub(super) fn words(flaw: Flaw) -> &'static str {
    match flaw {
        Flaw::Unreadable => "a file could not be read",
        Flaw::CompressedDataTruncated => "a compressed file is cut off; what was before the cut counts",
        Flaw::CompressedDataDamaged => "a compressed file is damaged; what was before the damage counts",
        Flaw::TooLarge => "a file is larger than 4 GiB and was not read to its end",
        Flaw::TrailingCompressedBytes => "a compressed file is followed by something else",
        Flaw::Foreign => "a file holds no CloudTrail records",
        Flaw::Truncated => "a file ends within a record",
        Flaw::Malformed => "a file is no JSON from some place on; the rest was not read",
        Flaw::MalformedRecord => "a record is no JSON; the next one was found again",
        Flaw::NotARecord => "something in a list of records is no record",
        Flaw::IncompleteRecord => "a record has no time, source or name, and counts nowhere",
        Flaw::MendedText => "a name holds bytes that are no text; U+FFFD stands in their place",
        Flaw::RepeatedRecords => "a file names `Records` twice; all of them count",
        Flaw::TrailingBytes => "a file goes on behind its JSON text",
    }
}
