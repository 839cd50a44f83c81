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
}

/// Measures; true when every goal is met.
///
/// # Errors
/// When the bench cannot be started.
pub(crate) fn run(what: &Bench) -> Result<bool, String> {
    let mut arguments = vec!["run", "--release", "--quiet", "--package", "bench", "--"];
    match what {
        Bench::Reconcile { quick } => {
            arguments.push("reconcile");
            arguments.extend(quick.then_some("--quick"));
        }
    }
    watch(&workspace::root(), &cargo(), &arguments, &[])
}
