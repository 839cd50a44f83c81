//! Checks, benches and generated documents of this workspace: `cargo xtask --help`.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::allow_attributes)
)]
#![expect(clippy::print_stdout, reason = "a developer's tool talks to the terminal")]

mod bench;
mod check;
mod fuzz;
mod generate;
mod process;
mod rust_text;
mod simulate;
mod workspace;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Checks, benches and generated documents of this workspace")]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run every check, or the ones named; `--list` tells what each is for
    Check {
        /// Names of checks; none means all
        names: Vec<String>,
        /// Say what there is and stop
        #[arg(long)]
        list: bool,
    },
    /// Write the generated files: schema/*.json and docs/cli.md
    Generate {
        /// Write nothing; fail when a file is not current
        #[arg(long)]
        check: bool,
    },
    /// Measure what Sekisho costs, in release mode
    Bench {
        #[command(subcommand)]
        what: bench::Bench,
    },
    /// Run Sekisho against the sandbox through everything that can go wrong, a run for each seed: docs/simulation.md
    #[command(disable_help_flag = true)]
    Simulate {
        /// `--seeds N --from S`; `--help` tells the rest
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Run the fuzz targets, each for some seconds, from their seeds
    Fuzz {
        /// Seconds for each target
        #[arg(long, default_value_t = 30)]
        seconds: u32,
        /// Only these targets
        targets: Vec<String>,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Task::Check { list: true, .. } => {
            check::list();
            Ok(true)
        }
        Task::Check { names, list: false } => check::run(&names),
        Task::Bench { what } => bench::run(&what),
        Task::Generate { check } => generate::run(check),
        Task::Simulate { arguments } => simulate::run(&arguments),
        Task::Fuzz { seconds, targets } => fuzz::run(seconds, &targets),
    };
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            println!("error: {message}");
            ExitCode::FAILURE
        }
    }
}
