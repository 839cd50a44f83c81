//! Sekisho: runs all human access to AWS accounts. Parses the command line, calls one of `commands`, and turns the answer
//! into an exit code.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::allow_attributes)
)]

mod cli;
mod commands;
mod console;
mod error;
mod folder;
mod render;
mod wiring;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use crate::cli::Cli;
use crate::console::Console;
use crate::error::{CommandError, Exit};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap's own code for a misused command line means "changes are pending" here.
            let code = if error.use_stderr() { Exit::Failed } else { Exit::Done };
            let _ = error.print();
            return ExitCode::from(code.code());
        }
    };
    start_logging();
    let console = Console::new(cli.color);
    let exit = runtime().and_then(|runtime| runtime.block_on(commands::run(cli.command, &console)));
    let exit = exit.unwrap_or_else(|error| {
        console.error(&error);
        error.exit()
    });
    ExitCode::from(exit.code())
}

fn runtime() -> Result<tokio::runtime::Runtime, CommandError> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| CommandError::new("cannot start").because(&error))
}

/// Logs of this program go to standard error when `SEKISHO_LOG` asks for them (`SEKISHO_LOG=engine=debug`); never those of the
/// AWS SDK, which may hold what was signed.
fn start_logging() {
    let Ok(filter) = EnvFilter::try_from_env("SEKISHO_LOG") else { return };
    let quiet = ["aws_config", "aws_sdk", "aws_smithy_runtime", "aws_runtime", "aws_sigv4", "hyper", "sqlx"];
    let filter = quiet.iter().fold(filter, |filter, target| match format!("{target}=warn").parse() {
        Ok(directive) => filter.add_directive(directive),
        Err(_) => filter,
    });
    // A second start is no error worth telling.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}
