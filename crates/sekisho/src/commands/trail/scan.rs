//! `sekisho trail scan`

use std::fs::{self, File};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;

use serde::Serialize;
use trail::evidence::{Evidence, Evidences, Keep, Period, PrincipalKey, write_period};
use trail::{Findings, KeyTally, Keys};

use super::files::{EVIDENCE, Files};
use super::{at, day, input, size};
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
    let keep = if arguments.out.is_some() { Keep::Days } else { Keep::Total };
    if let Some(folder) = &arguments.out {
        let is_used = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
        if is_used {
            return Err(CommandError::new(format!("`{}` is not empty; nothing was read", folder.display()))
                .hint("evidence adds up, so that what is read twice would count twice: name a new folder"));
        }
    }
    let (evidences, findings) = input::evidence(&arguments.inputs, keep, console)?;
    if let Some(folder) = &arguments.out {
        write(&evidences, folder)?;
        console.note(format!("{} written to {}", count(evidences.periods.len(), "day"), folder.display()));
    }
    let total = evidences.total();
    match arguments.format {
        ScanFormat::Text => console.lines(&lines(&total, console))?,
        ScanFormat::Json => console.json(&ScanV1 { schema_version: 1, findings: &findings, evidence: &total })?,
        ScanFormat::Parquet => {
            columns::write_parquet(&total, io::stdout())
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
    let mut files = Files::find(&arguments.inputs.paths)?;
    if !files.evidence.is_empty() {
        return Err(CommandError::new("evidence files do not keep temporary keys apart")
            .hint("give the folder of the log instead"));
    }
    let (tallies, _) = input::read(&arguments.inputs, &mut files, console, KeyTally::default);
    let threads = tallies.len();
    let written = Keys::merge(tallies).write_ndjson(threads, &mut BufWriter::new(io::stdout().lock()));
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(CommandError::new("cannot write to standard output").because(&error))
        }
        _ => Ok(Exit::Done),
    }
}

/// A file for each day. Each is whole or not there: written under another name first.
fn write(evidences: &Evidences, folder: &Path) -> Result<(), CommandError> {
    let failed = |error: &(dyn std::error::Error + 'static)| {
        CommandError::new(format!("cannot write evidence to `{}`", folder.display())).because(error)
    };
    fs::create_dir_all(folder).map_err(|error| failed(&error))?;
    for (number, period) in &evidences.periods {
        let name = number.map_or_else(|| "earlier".to_owned(), day);
        let bytes = write_period(period).map_err(|error| failed(&error))?;
        let partial = folder.join(format!("{name}.partial"));
        let mut file = File::create(&partial).map_err(|error| failed(&error))?;
        file.write_all(&bytes).and_then(|()| file.sync_all()).map_err(|error| failed(&error))?;
        fs::rename(&partial, folder.join(format!("{name}.{EVIDENCE}"))).map_err(|error| failed(&error))?;
    }
    Ok(())
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
