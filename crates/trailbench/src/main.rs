//! Measures the reader of CloudTrail beside others: `cargo xtask bench trail`.
#![expect(clippy::print_stdout, reason = "a bench prints its tables")]

mod compare;
mod corpus;
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
    /// Sekisho, decompression alone, ClickHouse and DuckDB side by side
    Compare(compare::Comparison),
    /// Writes the corpus of the comparison, to look at
    #[command(hide = true)]
    Corpus {
        /// Where to
        folder: std::path::PathBuf,
        /// Files
        #[arg(long, default_value_t = 200)]
        files: usize,
        /// Megabytes of all files together, decompressed
        #[arg(long, default_value_t = 300)]
        megabytes: u64,
        /// So many files of the same size each, of accounts that are evenly busy; left out: no two alike
        #[arg(long)]
        times: Option<usize>,
    },
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Task::Once(case) => once::measure(&case).map(|line| {
            println!("{line}");
            true
        }),
        Task::Compare(comparison) => compare::run(&comparison),
        Task::Corpus { folder, files, megabytes, times } => {
            let bytes = megabytes * 1_000_000;
            let size = corpus::Size { files, bytes, times: times.unwrap_or(1), is_even: times.is_some() };
            corpus::write(&folder, size, compare::SEED, 2).map(|made| {
                println!("{made:?}");
                true
            })
        }
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
