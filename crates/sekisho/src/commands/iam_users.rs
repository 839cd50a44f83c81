//! `sekisho iam-users`

mod export;
mod file;
mod list;
mod progress;
mod show;
mod stock;

use engine::iam_users::Thresholds;

use crate::cli::iam_users::{IamUsersCommand, LimitFlags};
use crate::console::Console;
use crate::error::{CommandError, Exit};

pub(super) async fn run(command: &IamUsersCommand, console: &Console) -> Result<Exit, CommandError> {
    match command {
        IamUsersCommand::List(arguments) => list::run(arguments, console).await,
        IamUsersCommand::Show(arguments) => show::run(arguments, console).await,
        IamUsersCommand::Export(arguments) => export::run(arguments, console).await,
        IamUsersCommand::Progress(arguments) => progress::run(arguments, console).await,
        IamUsersCommand::Retire(command) => super::retire::run(command, console).await,
        IamUsersCommand::Verdicts(command) => super::verdicts::run(command, console),
    }
}

fn limits(flags: &LimitFlags) -> Thresholds {
    Thresholds { key_age_days: i64::from(flags.key_age), unused_days: i64::from(flags.unused) }
}
