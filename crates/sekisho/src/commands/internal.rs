//! `sekisho internal`: files that are generated from the program itself.

use clap::CommandFactory;

use crate::cli::{Cli, InternalArguments, InternalCommand};
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::render::cli_reference;

pub(super) fn run(arguments: &InternalArguments, console: &Console) -> Result<Exit, CommandError> {
    match &arguments.command {
        InternalCommand::CliReference => console.data(&cli_reference::markdown(Cli::command()))?,
        InternalCommand::Schema { name } => {
            let schemas = catalog::schemas();
            let schema = schemas.get(name.as_str()).ok_or_else(|| {
                let names: Vec<&str> = schemas.keys().copied().collect();
                CommandError::new(format!("no schema named `{name}`")).hint(format!("there are {}", names.join(", ")))
            })?;
            console.data(&format!("{}\n", schema.trim_end()))?;
        }
    }
    Ok(Exit::Done)
}
