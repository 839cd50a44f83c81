//! `sekisho completions`

use clap::CommandFactory;

use crate::cli::{Cli, CompletionsArguments};
use crate::console::Console;
use crate::error::{CommandError, Exit};

pub(super) fn run(arguments: &CompletionsArguments, console: &Console) -> Result<Exit, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "sekisho", &mut script);
    console.data(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
