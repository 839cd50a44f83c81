//! Measures what Sekisho costs, beside the usual ways of doing the same: `cargo xtask bench reconcile`.
//!
//! Calls and times of AWS are those of the sandbox in virtual time: real code of the product on one side, a state
//! machine on the other, no socket between. Planner and checker run in wall time.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::allow_attributes)
)]
#![expect(clippy::print_stdout, reason = "a bench prints its tables")]

mod apply;
mod bound;
mod calls;
mod company;
mod local_aws;
mod memory;
mod observation;
mod patterns;
mod planner;
mod scenario;

use std::process::ExitCode;
use std::time::Instant;

use clap::{Parser, Subcommand, ValueEnum};

use bench::goal::Goal;
use bench::{figure, goal, table};

#[derive(Parser)]
#[command(name = "bench", about = "Measures what Sekisho costs")]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Calls of reading, time and memory of planning, time of applying
    Reconcile {
        /// Fewer companies and runs, the same tables and goals
        #[arg(long)]
        quick: bool,
        /// One part only
        #[arg(long, value_enum)]
        only: Option<Part>,
    },
    /// Plans once in a process of its own, so that its memory can be told from everything else's
    #[command(hide = true)]
    PlanOnce(planner::Case),
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Calls,
    Planner,
    Apply,
}

fn main() -> ExitCode {
    let result = match Arguments::parse().command {
        Task::Reconcile { quick, only } => reconcile(quick, only),
        Task::PlanOnce(case) => planner::measure_here(&case).map(|line| {
            println!("{line}");
            true
        }),
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

/// Prints all tables; true when every goal is met.
fn reconcile(quick: bool, only: Option<Part>) -> Result<bool, String> {
    let started = Instant::now();
    let mut goals: Vec<Goal> = Vec::new();
    for (part, run) in [
        (Part::Calls, calls::run as fn(bool) -> Result<Vec<Goal>, String>),
        (Part::Planner, planner::run),
        (Part::Apply, apply::run),
    ] {
        if only.is_none_or(|only| only == part) {
            goals.extend(run(quick)?);
        }
    }
    println!("Goals\n");
    for goal in &goals {
        println!("{goal}");
    }
    let missed = goals.iter().filter(|goal| goal.met == Some(false)).count();
    let open = goals.iter().filter(|goal| goal.met.is_none()).count();
    let judged = goals.len() - open;
    let note = if open == 0 { String::new() } else { format!(", {open} shown and not judged") };
    println!(
        "\n{} of {judged} goals met{note}. The run took {:.0} s.",
        judged - missed,
        started.elapsed().as_secs_f64()
    );
    Ok(missed == 0)
}
