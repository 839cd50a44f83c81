//! Benches: the crate `bench` measures; this only builds and starts it, so that the tool itself stays light.

use crate::process::{cargo, watch};
use crate::workspace;
use clap::Subcommand;

/// What is measured.
#[derive(Subcommand)]
pub(crate) enum Bench {
    /// Calls of reading a company, time and memory of planning, time of applying: docs/benchmarks.md
    Reconcile {
        /// Fewer companies and runs, the same tables and goals: under a minute
        #[arg(long)]
        quick: bool,
    },
    /// Time and memory of reading CloudTrail, beside decompression alone, ClickHouse and DuckDB: docs/benchmarks.md
    Trail {
        /// A smaller corpus, the same tables and goals: under a minute
        #[arg(long)]
        quick: bool,
        /// Read this folder of log files instead of a corpus made for the run
        #[arg(long)]
        folder: Option<String>,
    },
}

/// Measures; true when every goal is met.
///
/// # Errors
/// When the bench cannot be started.
pub(crate) fn run(what: &Bench) -> Result<bool, String> {
    let package = match what {
        Bench::Reconcile { .. } => "bench",
        Bench::Trail { .. } => "trailbench",
    };
    let mut arguments = vec!["run", "--release", "--quiet", "--package", package, "--"];
    match what {
        Bench::Reconcile { quick } => {
            arguments.push("reconcile");
            arguments.extend(quick.then_some("--quick"));
        }
        Bench::Trail { quick, folder } => {
            arguments.push("compare");
            arguments.extend(quick.then_some("--quick"));
            arguments.extend(folder.iter().flat_map(|folder| ["--folder", folder]));
        }
    }
    watch(&workspace::root(), &cargo(), &arguments, &[])
}
