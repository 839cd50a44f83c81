//! `sekisho trail`: evidence out of CloudTrail's files.

mod athena;
mod batch;
mod coverage;
mod files;
mod folder;
mod input;
mod packed;
mod remote;
mod scan;
mod show;
mod verify;
mod walk;

pub(super) use folder::read_days as evidence_of_days;

use crate::cli::trail::{TrailArguments, TrailCommand};
use crate::console::Console;
use crate::error::{CommandError, Exit};

pub(crate) fn run(arguments: &TrailArguments, console: &Console) -> Result<Exit, CommandError> {
    match &arguments.command {
        TrailCommand::Scan(arguments) => scan::run(arguments, console),
        TrailCommand::Show(arguments) => show::run(arguments, console),
        TrailCommand::Coverage(arguments) => coverage::run(arguments, console),
        TrailCommand::Verify(arguments) => verify::run(arguments, console),
        TrailCommand::Athena(arguments) => athena::run(arguments, console),
    }
}

/// An instant of the log.
fn at(seconds: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_second(seconds).unwrap_or_default()
}

/// `2026-03-02`
fn day(day: i64) -> String {
    at(day.saturating_mul(86_400)).strftime("%Y-%m-%d").to_string()
}

/// A count of the log for [`crate::render::words`].
fn size(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
