//! One measurement in this process.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::BufWriter;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use clap::{Args, ValueEnum};
use trail::evidence::{AddressRanges, Evidences, Gathering, Keep, Spill, read_parts, write_part, write_period};
use trail::{Inflater, KeyTally, Keys, Options, Source, Unobserved, read_all};

use crate::folder::Folder;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum What {
    /// Reading and decompressing, nothing else.
    Inflate,
    /// The common core, written as NDJSON.
    Core,
    /// Whole evidence of all time, written as a file.
    Whole,
    /// Whole evidence kept apart by days, each day written as a file.
    Days,
}

/// A measurement.
#[derive(Debug, Clone, Args)]
pub(crate) struct Case {
    /// What.
    #[arg(long, value_enum)]
    pub(crate) what: What,
    /// Threads.
    #[arg(long, default_value_t = 2)]
    pub(crate) threads: usize,
    /// Where the result goes.
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
    /// The folder.
    pub(crate) folder: PathBuf,
}

/// Measures; a line of JSON.
pub(crate) fn measure(case: &Case) -> Result<String, String> {
    let started = Instant::now();
    let folder = Folder::open(&case.folder, case.threads)?;
    let (events, rows) = match case.what {
        What::Inflate => (inflate(&folder, case.threads)?, 0),
        What::Core => core(&folder, case)?,
        What::Whole => whole(&folder, case, Keep::Total)?,
        What::Days => whole(&folder, case, Keep::Days)?,
    };
    let seconds = started.elapsed().as_secs_f64();
    let peak = peak_kib().unwrap_or(0);
    Ok(serde_json::json!({"seconds": seconds, "peak_kib": peak, "events": events, "rows": rows}).to_string())
}

fn core(folder: &Folder, case: &Case) -> Result<(u64, usize), String> {
    let options = Options { threads: case.threads, ..Options::default() };
    let (tallies, findings) = read_all(folder, &options, &Unobserved, KeyTally::default);
    let keys = Keys::merge(tallies);
    let path = case.out.clone().unwrap_or_else(|| PathBuf::from("/dev/null"));
    let mut out = BufWriter::new(File::create(path).map_err(|error| error.to_string())?);
    let rows = keys.write_ndjson(case.threads, &mut out).map_err(|error| error.to_string())?;
    Ok((findings.records, rows))
}

fn whole(folder: &Folder, case: &Case, keep: Keep) -> Result<(u64, usize), String> {
    let options = Options { threads: case.threads, ..Options::default() };
    let ranges = Arc::new(AddressRanges::default());
    let days = Arc::new(Days { folder: case.out.clone(), parts: Mutex::default() });
    let gathering = match keep {
        Keep::Total => Gathering::new(keep, ranges),
        Keep::Days => Gathering::through(keep, ranges, Arc::<Days>::clone(&days)),
    };
    let (tallies, findings) = read_all(folder, &options, &Unobserved, || gathering.tally());
    let mut evidences = gathering.finish(tallies);
    let mut rows = 0;
    if keep == Keep::Days {
        // As `trail scan --out` does it: the parts of one day after the other.
        let parts = std::mem::take(&mut *days.parts.lock().map_err(|error| error.to_string())?);
        for (day, path) in parts {
            let bytes = fs::read(&path).map_err(|error| error.to_string())?;
            let (period, _) = read_parts(&bytes).map_err(|error| error.to_string())?;
            rows += period.principals.len();
            fs::write(&path, write_period(period, case.threads).map_err(|error| error.to_string())?)
                .map_err(|error| error.to_string())?;
            evidences.periods.remove(&day);
        }
    }
    for (day, period) in evidences.periods {
        rows += period.principals.len();
        let file = write_period(period, case.threads).map_err(|error| error.to_string())?;
        if let Some(out) = &case.out {
            let name = format!("{}.{}", out.display(), day.unwrap_or_default());
            fs::write(name, file).map_err(|error| error.to_string())?;
        }
    }
    Ok((findings.records, rows))
}

/// Parts of evidence by day, in files beside `out`.
#[derive(Debug)]
struct Days {
    folder: Option<PathBuf>,
    parts: Mutex<BTreeMap<Option<i64>, PathBuf>>,
}

impl Spill for Days {
    fn take(&self, part: Evidences) {
        let (Ok(mut parts), Some(folder)) = (self.parts.lock(), &self.folder) else { return };
        for (day, period) in part.periods {
            let path = PathBuf::from(format!("{}.{}", folder.display(), day.unwrap_or_default()));
            let is_new = parts.insert(day, path.clone()).is_none();
            let file = OpenOptions::new().create(true).append(!is_new).write(true).truncate(is_new).open(path);
            if let Ok(mut file) = file {
                drop(write_part(period, &mut file));
            }
        }
    }
}

fn inflate(folder: &Folder, threads: usize) -> Result<u64, String> {
    let mut order: Vec<usize> = (0..folder.count()).collect();
    order.sort_by_key(|number| std::cmp::Reverse(folder.size_bytes(*number)));
    let (next, bytes) = (AtomicUsize::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let Some(mut inflater) = Inflater::new(1 << 30) else { return };
                let mut stored = Vec::new();
                while let Some(number) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                    stored.clear();
                    if folder.read(*number, &mut stored).is_ok() {
                        bytes.fetch_add(inflater.gzip(&stored).0.len() as u64, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    Ok(bytes.into_inner())
}

/// The most resident memory this process ever had, in KiB (`VmHWM`); none where the system does not tell.
pub(crate) fn peak_kib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
