//! Reading what the command line names, with progress, and telling what was wrong with it.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use trail::evidence::{AddressRanges, EvidenceTally, Evidences, Keep, read_period};
use trail::{Filter, Findings, Flaw, Observer, Options, SeenIds, Source, Speed, Tally, read_all};

use super::files::Files;
use super::size;
use crate::cli::trail::TrailInputs;
use crate::console::Console;
use crate::error::CommandError;
use crate::render::progress::Progress;
use crate::render::words::{count, duration_ms};

/// Objects larger than this are named and left out.
const LIMIT_BYTES: usize = 4 << 30;

struct Watching {
    progress: Progress,
    total_bytes: u64,
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
        self.progress.update(done >> 20, self.total_bytes >> 20, &format!("MiB, {}/s of text", bytes(rate)));
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

fn filter(inputs: &TrailInputs) -> Filter {
    Filter {
        accounts: inputs.accounts.clone(),
        regions: inputs.regions.clone(),
        since_s: inputs.since,
        until_s: inputs.until,
    }
}

/// Reads all logs with a tally of each thread.
pub(super) fn read<T: Tally, M: Fn() -> T + Sync>(
    inputs: &TrailInputs,
    files: &mut Files,
    console: &Console,
    make: M,
) -> (Vec<T>, Findings) {
    let filter = filter(inputs);
    let selection = files.select(&filter);
    for (number, what) in [
        (selection.repeated, "that is there twice counts once"),
        (selection.pruned, "cannot hold what is asked for and was not read"),
        (selection.other_kinds, "of digests or Insights holds no calls and was not read"),
    ] {
        if number > 0 {
            console.note(format!("{} {what}", count(number, "file")));
        }
    }
    let seen = inputs.dedupe.then(SeenIds::default);
    let threads = inputs
        .threads
        .map_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get), usize::from);
    let options = Options { threads, limit_bytes: LIMIT_BYTES, filter, seen: seen.as_ref(), speed: Speed::Detected };
    let watching = Watching {
        progress: Progress::start("Reading CloudTrail", &console.messages),
        total_bytes: files.total_bytes(),
        done_bytes: AtomicU64::new(0),
        text_bytes: AtomicU64::new(0),
        failures: Mutex::default(),
    };
    let (tallies, findings) = read_all(files, &options, &watching, make);
    watching.progress.finish();
    for (name, reason) in
        watching.failures.lock().map(|mut failures| std::mem::take(&mut *failures)).unwrap_or_default()
    {
        console.warn(format!("cannot read `{name}`: {reason}"));
    }
    if files.count() > 0 {
        tell(&findings, watching.progress.elapsed_ms(), console);
    }
    if let Some(seen) = &seen {
        console.note(format!(
            "{} left out because their eventID was there before; telling took {} of memory",
            count(size(findings.duplicates), "record"),
            bytes(seen.memory_bytes())
        ));
    }
    (tallies, findings)
}

/// Reads evidence: of logs, and what was written before.
pub(super) fn evidence(
    inputs: &TrailInputs,
    keep: Keep,
    console: &Console,
) -> Result<(Evidences, Findings), CommandError> {
    let ranges = match &inputs.ranges {
        None => AddressRanges::default(),
        Some(path) => address_ranges(path)?,
    };
    let ranges = Arc::new(ranges);
    let mut files = Files::find(&inputs.paths)?;
    let (tallies, findings) = read(inputs, &mut files, console, || EvidenceTally::new(keep, Arc::clone(&ranges)));
    let mut evidences = EvidenceTally::merge(tallies);
    let is_filtered = filter(inputs) != Filter::default();
    if is_filtered && !files.evidence.is_empty() {
        return Err(CommandError::new("evidence files are sums already and cannot be filtered")
            .hint("give the folder of the log instead, or leave the filters out"));
    }
    for path in &files.evidence {
        let refused = |error: &(dyn std::error::Error + 'static)| {
            CommandError::new(format!("cannot read `{}`", path.display())).because(error)
        };
        let file = fs::read(path).map_err(|error| refused(&error))?;
        let period = read_period(&file).map_err(|error| refused(&error))?;
        evidences.merge(Evidences { periods: [(None, period)].into() });
    }
    Ok((evidences, findings))
}

/// Named ranges of addresses.
pub(super) fn address_ranges(path: &Path) -> Result<AddressRanges, CommandError> {
    let text = fs::read_to_string(path)
        .map_err(|error| CommandError::new(format!("cannot read `{}`", path.display())).because(&error))?;
    AddressRanges::parse(&text)
        .map_err(|error| CommandError::new(format!("`{}` holds no ranges", path.display())).because(&error))
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

fn words(flaw: Flaw) -> &'static str {
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
