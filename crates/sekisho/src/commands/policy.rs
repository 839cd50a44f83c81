//! `sekisho policy`: questions about IAM policies. Nothing here speaks to AWS.

mod catalogue;
mod check;
mod cluster;
mod compare;
mod explain;
mod input;
mod matching;
mod merge;
mod reference;
mod simulate;
mod translate;

use crate::cli::policy::PolicyCommand;
use crate::console::Console;
use crate::error::{CommandError, Exit};

pub(super) fn run(command: &PolicyCommand, console: &Console) -> Result<Exit, CommandError> {
    match command {
        PolicyCommand::Check(arguments) => check::run(arguments, console),
        PolicyCommand::Compare(arguments) => compare::run(arguments, console),
        PolicyCommand::Merge(arguments) => merge::run(arguments, console),
        PolicyCommand::Simulate(arguments) => simulate::run(arguments, console),
        PolicyCommand::Explain(arguments) => explain::run(arguments, console),
        PolicyCommand::Match(arguments) => matching::run(arguments, console),
        PolicyCommand::Translate(arguments) => translate::run(arguments, console),
        PolicyCommand::Cluster(arguments) => cluster::run(arguments, console),
        PolicyCommand::Catalogue(arguments) => catalogue::run(&arguments.command, console),
    }
}
