//! The commands, one file each: what is asked for, done, and shown.

mod announce;
mod apply;
mod catalog_input;
mod check;
mod completions;
mod convert;
mod demo;
mod desk;
mod drift;
mod fmt;
mod iam_policy;
mod iam_users;
mod import;
mod init;
mod internal;
mod interrupt;
mod people;
mod plan;
mod policy;
mod retire;
mod runs;
mod sandbox;
mod trail;
mod undo;
mod verdicts;
mod who;
mod why;

use engine::ApplyError;

use crate::cli::Command;
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::wiring::{aws_error, state_error};

/// Does what the command line says.
pub(crate) async fn run(command: Command, console: &Console) -> Result<Exit, CommandError> {
    match command {
        Command::Init(arguments) => init::run(&arguments, console),
        Command::Import(arguments) => import::run(&arguments, console).await,
        Command::Fmt(arguments) => fmt::run(&arguments, console),
        Command::Check(arguments) => check::run(&arguments, console).await,
        Command::Plan(arguments) => plan::run(&arguments, console).await,
        Command::Apply(arguments) => apply::run(&arguments, console).await,
        Command::Undo(arguments) => undo::run(&arguments, console).await,
        Command::Runs(arguments) => runs::run(&arguments, console).await,
        Command::Drift(arguments) => drift::run(&arguments, console).await,
        Command::Who(arguments) => who::run(&arguments, console).await,
        Command::Why(arguments) => why::run(&arguments, console).await,
        Command::Policy(arguments) => policy::run(&arguments.command, console),
        Command::Trail(arguments) => trail::run(&arguments, console),
        Command::IamUsers(arguments) => iam_users::run(&arguments.command, console).await,
        Command::Announce(arguments) => announce::run(&arguments, console).await,
        Command::Convert(arguments) => convert::run(&arguments, console),
        Command::IamPolicy(arguments) => iam_policy::run(&arguments, console),
        Command::Demo(arguments) => demo::run(&arguments, console).await,
        Command::Sandbox(arguments) => sandbox::run(&arguments, console).await,
        Command::Completions(arguments) => completions::run(&arguments, console),
        Command::Internal(arguments) => internal::run(&arguments, console),
    }
}

/// Why a run does not begin, with what to do.
pub(crate) fn engine_error(error: &ApplyError) -> CommandError {
    match error {
        ApplyError::Aws(error) => aws_error("AWS refused", error),
        ApplyError::Store(error) => state_error("the state could not be used", error),
        ApplyError::Unusable { .. } => {
            CommandError::new(error.to_string()).hint("make the plan again: `sekisho plan --out FILE`")
        }
        ApplyError::Stale { changed } => {
            let told = CommandError::new(format!("{error}; nothing was changed"));
            let hidden = changed.len().saturating_sub(STALE_SHOWN);
            let told = changed.iter().take(STALE_SHOWN).fold(told, |told, changed| told.cause(changed));
            let told = if hidden > 0 { told.cause(format!("… and {hidden} more")) } else { told };
            told.hint("make the plan again and look at it: `sekisho plan --out FILE`")
        }
        ApplyError::Refused { findings } => {
            let first = findings.first().map(|finding| finding.message.clone()).unwrap_or_default();
            let told = CommandError::guard(format!("the plan is refused, and nothing was changed: {first}"));
            findings.iter().filter_map(|finding| finding.help.clone()).fold(told, CommandError::hint)
        }
        ApplyError::PlanAgain { .. } => CommandError::new(error.to_string()).hint("make the plan again"),
        ApplyError::Stopped { .. } => CommandError::new(error.to_string()),
        ApplyError::NoJournal => {
            CommandError::new(error.to_string()).hint("name the state with `--state` or `SEKISHO_STATE_URL`")
        }
        ApplyError::NoSuchRun { newest, .. } => {
            let told = CommandError::new(error.to_string());
            match newest.is_empty() {
                true => told.hint("there is no run in the journal yet"),
                false => told.hint(format!("the newest runs are {}", newest.join(", "))),
            }
        }
    }
}

/// How many changed assumptions of a stale plan are told.
const STALE_SHOWN: usize = 5;
