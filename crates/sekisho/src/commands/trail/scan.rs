//! `sekisho trail scan`

use std::io::{self, BufWriter, IsTerminal};
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use trail::evidence::{Evidence, Gathering, Keep, Period, PrincipalKey};
use trail::{Findings, KeyTally, Keys, Scope, Unread};

use super::batch::BatchLimits;
use super::folder::{self, EvidenceFolder};
use super::input::{self, Asks, Input, Known};
use super::packed::Packing;
use super::{at, size};
use crate::cli::trail::{RowsBy, ScanArguments, ScanFormat};
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::render::layout::{Line, table};
use crate::render::style::{Ink, Text, harmless};
use crate::render::words::{count, thousands};

/// Principals shown in text.
const SHOWN: usize = 40;

pub(super) fn run(arguments: &ScanArguments, console: &Console) -> Result<Exit, CommandError> {
    if arguments.by == RowsBy::Key {
        return keys(arguments, console);
    }
    if arguments.format == ScanFormat::Parquet && io::stdout().is_terminal() {
        return Err(CommandError::new("a Parquet table is no text; nothing was read")
            .hint("sekisho trail scan PATH --format parquet > evidence.parquet"));
    }
    let known = match &arguments.out {
        Some(folder) => keep(arguments, folder, console)?,
        None => input::evidence(&arguments.inputs, Asks::Nothing, console)?,
    };
    let total = &known.total;
    match arguments.format {
        ScanFormat::Text => console.lines(&lines(total, console))?,
        ScanFormat::Json => {
            let (findings, unread) = (&known.findings, &known.unread);
            console.json(&ScanV1 { schema_version: 1, findings, unread, evidence: total })?;
        }
        ScanFormat::Parquet => {
            columns::write_parquet(total, io::stdout())
                .map_err(|error| CommandError::new("cannot write to standard output").because(&error))?;
        }
        ScanFormat::Ndjson => {
            for (principal, evidence) in &total.principals {
                let line = serde_json::to_string(&RowV1 { principal, evidence })
                    .map_err(|error| CommandError::new("cannot write the answer as JSON").because(&error))?;
                console.data(&format!("{line}\n"))?;
            }
        }
    }
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct ScanV1<'a> {
    schema_version: u32,
    findings: &'a Findings,
    unread: &'a Unread,
    evidence: &'a Period,
}

#[derive(Serialize)]
struct RowV1<'a> {
    principal: &'a PrincipalKey,
    evidence: &'a Evidence,
}

/// The common core, a line for each key.
fn keys(arguments: &ScanArguments, console: &Console) -> Result<Exit, CommandError> {
    if arguments.format != ScanFormat::Ndjson || arguments.out.is_some() {
        return Err(CommandError::new("rows by key can be millions and are written as NDJSON only")
            .hint("sekisho trail scan PATH --by key --format ndjson > FILE"));
    }
    let mut input = Input::find(&arguments.inputs, None, None, console)?.limited(BatchLimits::NONE);
    if input.has_evidence() {
        return Err(CommandError::new("evidence files do not keep temporary keys apart")
            .hint("give the folder of the log instead"));
    }
    let mut tallies = Vec::new();
    input.read(KeyTally::default, |more, _, _| {
        tallies.extend(more);
        Ok(())
    })?;
    let threads = tallies.len();
    let written = Keys::merge(tallies).write_ndjson(threads, &mut BufWriter::new(io::stdout().lock()));
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(CommandError::new("cannot write to standard output").because(&error))
        }
        _ => Ok(Exit::Done),
    }
}

/// Adds what is new to a folder of evidence; what the whole folder holds then.
fn keep(arguments: &ScanArguments, path: &Path, console: &Console) -> Result<Known, CommandError> {
    let inputs = &arguments.inputs;
    let (ranges, text) = input::ranges(inputs)?;
    let mut folder = EvidenceFolder::open(path, Scope::new(&input::filter(inputs), &text))?;
    let seen = std::mem::take(&mut folder.bookmark.seen);
    let had = seen.len();
    let mut input = Input::find(inputs, Some(seen), Some(path), console)?;
    let limits = if input.has_buckets() { BatchLimits::HELD } else { BatchLimits::KEPT };
    input = input.limited(limits);
    if input.has_evidence() {
        return Err(CommandError::new("evidence files cannot be added to a folder of evidence")
            .hint("give the folder of the log; `trail show` and `trail coverage` take several folders"));
    }
    if inputs.dedupe && had > 0 {
        console.note("--dedupe compares eventIDs of this scan only, not with what the folder holds already");
    }
    let recording = input.recording()?;
    folder.bookmark.is_complete = false;
    if let Some(recording) = recording {
        folder.bookmark.note_recording(recording, input::now());
    }
    // What is read and not yet written down, and how much that is.
    let (mut objects, mut bytes) = (0, 0);
    let packing = Arc::new(Packing::default());
    let gathering = Gathering::through(Keep::Days, ranges, Arc::<Packing>::clone(&packing));
    let most = inputs.bucket.batch.unwrap_or(BatchLimits::KEPT.objects);
    let findings = input.read(
        || gathering.tally(),
        |tallies, read, batches| {
            gathering.collect(tallies);
            (objects, bytes) = (objects + read.objects, bytes + read.bytes);
            folder.bookmark.findings.merge(read.findings.clone());
            if objects < most && bytes < BatchLimits::KEPT.bytes {
                return Ok(());
            }
            (objects, bytes) = (0, 0);
            folder.bookmark.seen = std::mem::take(&mut batches.seen);
            folder.bookmark.unread = batches.unread.clone();
            let written = packing.take_all().map_err(packed).and_then(|days| folder.commit(days));
            batches.seen = std::mem::take(&mut folder.bookmark.seen);
            written
        },
    )?;
    folder.bookmark.seen = std::mem::take(&mut input.batches.seen);
    folder.bookmark.unread = std::mem::take(&mut input.batches.unread);
    folder.bookmark.is_complete = true;
    folder.commit(packing.take_all().map_err(packed)?)?;
    console.note(format!(
        "{} of evidence in {}, from {}, {} of them new",
        count(folder.bookmark.files.len(), "day"),
        path.display(),
        count(folder.bookmark.seen.len(), "object"),
        thousands(folder.bookmark.seen.len() - had)
    ));
    drop(folder);
    let (total, bookmark) = folder::read(path)?;
    Ok(Known { total, findings, unread: bookmark.unread, recordings: bookmark.recordings, unfinished: Vec::new() })
}

fn packed(error: trail::evidence::StoreError) -> CommandError {
    CommandError::new("cannot hold the evidence").because(&error)
}

pub(super) fn lines(total: &Period, console: &Console) -> Vec<Line> {
    let mut rows: Vec<(&PrincipalKey, &Evidence)> = total.principals.iter().collect();
    rows.sort_by_key(|(key, evidence)| (std::cmp::Reverse(evidence.all.events), *key));
    let head = ["events", "errors", "last", "account", "principal"].map(|name| Text::new().with(Ink::Faint, name));
    let shown = rows.iter().take(SHOWN).map(|(key, evidence)| {
        let mut who = Text::new().with(Ink::Strong, harmless(&key.principal));
        if let Some(access_key) = &key.access_key {
            who = who.and(format!("  {}", harmless(access_key)));
        }
        if let Some(opened_by) = &key.opened_by {
            who = who.with(Ink::Faint, format!("  opened by {}", harmless(opened_by)));
        }
        vec![
            Text::plain(thousands(size(evidence.all.events))),
            Text::plain(thousands(size(evidence.failed()))),
            Text::plain(console.out.time(at(evidence.all.last))),
            Text::plain(harmless(&key.account)),
            who,
        ]
    });
    let mut lines = table(std::iter::once(head.to_vec()).chain(shown).collect(), 0);
    if rows.len() > SHOWN {
        let hidden = thousands(rows.len() - SHOWN);
        lines.push(Text::new().with(Ink::Faint, format!("… and {hidden} more; --format ndjson shows all")).into());
    }
    lines
}
