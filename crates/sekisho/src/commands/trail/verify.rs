//! `sekisho trail verify`

mod inventory;
mod keys;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ports::AwsErrorKind;
use serde::Serialize;
use trail::Inflater;
use trail::digest::{Backfill, Digest, Kind, Problem, ReadDigest, Verification, content, hash_of, is_digest};

use self::inventory::{Inventory, Item};
use self::keys::Keys;
use super::{at, input, remote};
use crate::cli::Format;
use crate::cli::trail::VerifyArguments;
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::render::layout::Line;
use crate::render::progress::Progress;
use crate::render::style::{Ink, Text, harmless};
use crate::render::words::{count, thousands};

/// Log files larger than this, decompressed, are not compared.
const LIMIT_BYTES: usize = 4 << 30;
/// Objects of a kind that are named in text.
const SHOWN: usize = 10;
/// Digests come every hour; one that is overdue by this much does not come.
const OVERDUE_S: i64 = 3 * 3600;

pub(super) fn run(arguments: &VerifyArguments, console: &Console) -> Result<Exit, CommandError> {
    let inventory = Inventory::find(arguments)?;
    let mut problems = BTreeSet::new();
    let digests = read_digests(&inventory, arguments, &mut problems);
    if digests.is_empty() && problems.is_empty() {
        return Err(CommandError::new("there are no digest files, so that nothing can be verified")
            .hint("they lie in `AWSLogs/…/CloudTrail-Digest`; log file validation may be switched off for the trail")
            .hint("give the folder above both `CloudTrail` and `CloudTrail-Digest`, and a time in which it was switched on"));
    }
    let keys = Keys::find(arguments, &inventory, &digests, console)?;
    let read = digests.len();
    let mut found = Verification::of(digests, inventory.in_bucket(), arguments.from, &keys);
    let compared = compare(&inventory, &found, console, &mut problems);
    let logs = inventory.items.iter().filter(|item| item.is_log_of(arguments.from, arguments.to));
    found.judge_unnamed(logs.map(|item| (item.place.as_str(), item.name.as_str())));
    problems.extend(std::mem::take(&mut found.problems));
    let told = VerifyV1 {
        schema_version: 1,
        digests: read,
        valid_digests: found.valid_digests,
        logs: found.expected.len(),
        valid_logs: compared,
        newest: newest(&found, arguments),
        problems: problems.iter().map(|problem| ProblemV1 { problem, meaning: problem.kind.meaning() }).collect(),
    };
    match arguments.format.format {
        Format::Json => console.json(&told)?,
        Format::Text => console.lines(&lines(&told))?,
    }
    let fails = problems.iter().any(|problem| fails(problem.kind, inventory.in_bucket()));
    Ok(if fails { Exit::Failed } else { Exit::Done })
}

/// Whether the log cannot be relied on: something was changed, or a signature that should be there cannot be checked. Who changes a
/// digest can name a key that nobody knows.
fn fails(kind: Kind, in_bucket: bool) -> bool {
    kind.is_evidence_of_change() || kind == Kind::KeyUnknown || (kind == Kind::SignatureUnknown && in_bucket)
}

#[derive(Serialize)]
struct VerifyV1<'a> {
    schema_version: u32,
    /// Digests that were read.
    digests: usize,
    /// Signed by a known key, and chained as they should be.
    valid_digests: usize,
    /// Log files that they name.
    logs: usize,
    /// Those that are as the digests say.
    valid_logs: usize,
    newest: Vec<NewestV1>,
    problems: Vec<ProblemV1<'a>>,
}

#[derive(Serialize)]
struct ProblemV1<'a> {
    #[serde(flatten)]
    problem: &'a Problem,
    meaning: &'static str,
}

/// Up to when digests speak.
#[derive(Serialize)]
struct NewestV1 {
    account: String,
    region: String,
    ends: String,
    /// Whether later ones should be there.
    is_overdue: bool,
}

fn newest(found: &Verification, arguments: &VerifyArguments) -> Vec<NewestV1> {
    let until = arguments.to.unwrap_or_else(input::now);
    let one = |((account, region), end): (&(String, String), &i64)| NewestV1 {
        account: account.clone(),
        region: region.clone(),
        ends: at(*end).to_string(),
        is_overdue: until - end > OVERDUE_S,
    };
    found.newest_s.iter().map(one).collect()
}

/// Reads all digests; those that cannot be read are problems.
fn read_digests(
    inventory: &Inventory,
    arguments: &VerifyArguments,
    problems: &mut BTreeSet<Problem>,
) -> Vec<ReadDigest> {
    let wanted = inventory.items.iter().filter(|item| item.is_digest_of(arguments.from, arguments.to));
    let items: Vec<&Item> = wanted.collect();
    let mut digests = Vec::new();
    for some in items.chunks(usize::from(arguments.bucket.parallel)) {
        for (item, read) in inventory.read_with_signature(some) {
            let told = match read {
                Ok((bytes, signature)) => {
                    Digest::read(&bytes).map(|read| (read, signature)).map_err(|error| error.to_string())
                }
                Err(error) => Err(error),
            };
            match told {
                Ok(((digest, content_hash), signature)) => digests.push(ReadDigest {
                    name: item.name.clone(),
                    place: item.place.clone(),
                    backfill: is_digest(&item.name).unwrap_or(Backfill::No),
                    digest,
                    content_hash,
                    signature,
                }),
                Err(detail) => {
                    problems.insert(Problem { kind: Kind::DigestUnreadable, name: item.name.clone(), detail });
                }
            }
        }
    }
    digests
}

/// Compares the log files that are there with what is expected of them; how many are right.
fn compare(inventory: &Inventory, found: &Verification, console: &Console, problems: &mut BTreeSet<Problem>) -> usize {
    let places: BTreeMap<&str, &Item> = inventory.items.iter().map(|item| (item.place.as_str(), item)).collect();
    let mut tasks: Vec<(&Item, BTreeSet<&str>)> = Vec::new();
    for (place, expected) in &found.expected {
        match places.get(place.as_str()) {
            Some(item) => tasks.push((item, expected.iter().map(|expected| expected.hash.as_str()).collect())),
            None => {
                let first = expected.first();
                let name = first.map_or_else(String::new, |first| format!("s3://{}/{}", first.bucket, first.key));
                problems.insert(Problem { kind: Kind::LogMissing, name, detail: String::new() });
            }
        }
    }
    // The largest first, as they are read ahead.
    tasks.sort_by_key(|(item, _)| (std::cmp::Reverse(item.size_bytes), &item.name));
    let reading = inventory.reading(tasks.iter().map(|(item, _)| *item));
    let progress = Progress::start("Verifying", &console.messages);
    let (next, valid, bad) = (AtomicUsize::new(0), AtomicUsize::new(0), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    std::thread::scope(|scope| {
        for _ in 0..threads.min(tasks.len()) {
            scope.spawn(|| {
                let mut inflater = Inflater::new(LIMIT_BYTES);
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some((item, hashes)) = tasks.get(number) else { break };
                    let judged = match (reading.take(number), &mut inflater) {
                        (Err((AwsErrorKind::NotFound, reason)), _) => Err((Kind::LogMissing, reason)),
                        (Err((_, reason)), _) => Err((Kind::LogUnreadable, reason)),
                        (Ok(_), None) => Err((Kind::LogUnreadable, "there is not enough memory".to_owned())),
                        (Ok(bytes), Some(inflater)) => judge(&bytes, hashes, inflater),
                    };
                    match judged {
                        Ok(()) => drop(valid.fetch_add(1, Ordering::Relaxed)),
                        Err((kind, detail)) => {
                            if let Ok(mut bad) = bad.lock() {
                                bad.push(Problem { kind, name: item.name.clone(), detail });
                            }
                        }
                    }
                    progress.update(number as u64, tasks.len() as u64, "log files");
                }
            });
        }
    });
    progress.finish();
    problems.extend(bad.into_inner().unwrap_or_default());
    valid.into_inner()
}

fn judge(bytes: &[u8], hashes: &BTreeSet<&str>, inflater: &mut Inflater) -> Result<(), (Kind, String)> {
    let content = content(bytes, inflater).map_err(|error| (Kind::LogChanged, error.to_string()))?;
    let hash = hash_of(content);
    let other = hashes.iter().find(|expected| **expected != hash);
    other.map_or(Ok(()), |expected| Err((Kind::LogChanged, format!("SHA-256 {hash}, delivered with {expected}"))))
}

fn lines(told: &VerifyV1<'_>) -> Vec<Line> {
    let fact = |valid: usize, all: usize, noun: &str, what: &str| {
        let ink = if valid == all { Ink::Strong } else { Ink::Warning };
        Line::from(Text::new().with(ink, thousands(valid)).and(format!(" of {} {what}", count(all, noun))))
    };
    let unreadable = told.problems.iter().filter(|one| one.problem.kind == Kind::DigestUnreadable).count();
    let mut lines = vec![
        fact(told.valid_digests, told.digests + unreadable, "digest", "signed by CloudTrail and chained"),
        fact(told.valid_logs, told.logs, "log file", "as the digests say"),
    ];
    for newest in &told.newest {
        let overdue = if newest.is_overdue {
            ": later ones were removed, or validation or the trail is switched off since"
        } else {
            ""
        };
        let text = format!("{} {}: digests until {}{overdue}", newest.account, newest.region, newest.ends);
        let ink = if newest.is_overdue { Ink::Warning } else { Ink::Faint };
        lines.push(Line::from(Text::new().with(ink, harmless(&text))).hanging(2));
    }
    let mut kinds: BTreeMap<Kind, Vec<&Problem>> = BTreeMap::new();
    for one in &told.problems {
        kinds.entry(one.problem.kind).or_default().push(one.problem);
    }
    for (kind, problems) in kinds {
        lines.push(Line::empty());
        let ink = if kind.is_evidence_of_change() { Ink::Error } else { Ink::Warning };
        let text = Text::new().with(ink, format!("{} × ", thousands(problems.len()))).and(kind.meaning());
        lines.push(Line::from(text).hanging(2));
        for problem in problems.iter().take(SHOWN) {
            let detail = if problem.detail.is_empty() { String::new() } else { format!(": {}", problem.detail) };
            lines.push(Line::from(Text::plain(harmless(&format!("  {}{detail}", problem.name)))).hanging(4));
        }
        if problems.len() > SHOWN {
            let hidden = thousands(problems.len() - SHOWN);
            lines.push(Text::new().with(Ink::Faint, format!("  … and {hidden} more; --format json names them")).into());
        }
    }
    lines
}
