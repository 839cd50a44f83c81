//! Measures the reader of CloudTrail beside others: `cargo xtask bench trail`.
#![expect(clippy::print_stdout, reason = "a bench prints its tables")]

mod folder;
mod once;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "trailbench", about = "Measures the reader of CloudTrail")]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Reads a folder once in a process of its own, so that its memory can be told from everything else's
    #[command(hide = true)]
    Once(once::Case),
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Task::Once(case) => once::measure(&case).map(|line| println!("{line}")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            println!("error: {message}");
            ExitCode::FAILURE
        }
    }
}
