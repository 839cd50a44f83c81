//! Measures the policy engine on real policies: `cargo xtask bench policy`.
//!
//! Everything runs in wall time on one thread. AWS's own version history and the peers come from npm and PyPI; where they are not
//! installed the bench says so and goes on with the rest.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::allow_attributes)
)]
#![expect(clippy::print_stdout, reason = "a bench prints its tables")]

#[path = "../../policy/tests/aimed/aimed.rs"]
mod aimed;
#[path = "policy/comparing.rs"]
mod comparing;
#[path = "policy/composition.rs"]
mod composition;
#[path = "policy/evaluating.rs"]
mod evaluating;
#[path = "policy/history.rs"]
mod history;
#[path = "policy/matching.rs"]
mod matching;
#[path = "policy/merging.rs"]
mod merging;
#[path = "policy/peers.rs"]
mod peers;
#[path = "policy/replaying.rs"]
mod replaying;
#[path = "policy/spread.rs"]
mod spread;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use bench::goal::Goal;
use clap::{Parser, ValueEnum};

#[derive(Parser)]
#[command(name = "bench-policy", about = "Measures the policy engine on real policies")]
struct Arguments {
    /// Fewer pairs, groups and requests; the same tables and goals
    #[arg(long)]
    quick: bool,
    /// One part only
    #[arg(long, value_enum)]
    only: Option<Part>,
    /// Of the groups to merge, only those with this in their title
    #[arg(long)]
    group: Option<String>,
    /// Merge at this level only: `l0`, `l1-word`, …
    #[arg(long)]
    level: Option<String>,
    /// The folder in which npm installed what is compared with
    #[arg(long)]
    npm: Option<PathBuf>,
    /// A Python interpreter that has parliament
    #[arg(long)]
    python: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Evaluate,
    Compare,
    Merge,
    Match,
    Replay,
    Peers,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            println!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Prints all tables; true when every goal is met.
fn run(arguments: &Arguments) -> Result<bool, String> {
    let started = Instant::now();
    let quick = arguments.quick;
    let wanted = |part: Part| arguments.only.is_none_or(|only| only == part);
    let mut goals: Vec<Goal> = Vec::new();
    // what is unpacked at the first use is not part of any figure
    let unpacking = Instant::now();
    let policies = policy::managed::all().iter().filter(|managed| managed.policy().is_some()).count();
    let actions = policy::catalogue::services().iter().map(|service| service.actions().len()).sum::<usize>();
    println!(
        "{policies} managed policies of {} and {actions} actions of {} unpacked and read in {:.0} ms\n",
        policy::managed::DATE,
        policy::catalogue::DATE,
        unpacking.elapsed().as_secs_f64() * 1e3
    );
    if wanted(Part::Evaluate) {
        goals.extend(evaluating::run(quick));
    }
    if wanted(Part::Compare) || wanted(Part::Replay) {
        let history = arguments
            .npm
            .as_deref()
            .map_or_else(|| Err("no folder with npm packages was named".to_owned()), history::read);
        match history {
            Err(why) => {
                println!("AWS's version history: not measured, {why}\n");
                goals.push(Goal { what: "comparing AWS's version history".to_owned(), found: why, met: None });
            }
            Ok(pairs) => {
                if wanted(Part::Compare) {
                    goals.extend(comparing::run(&pairs, quick));
                }
                if wanted(Part::Replay) {
                    goals.extend(replaying::run(&pairs, quick));
                }
            }
        }
    }
    if wanted(Part::Merge) {
        goals.extend(merging::run(quick, arguments.group.as_deref(), arguments.level.as_deref()));
    }
    if wanted(Part::Match) {
        goals.extend(matching::run(quick));
    }
    if wanted(Part::Peers) {
        peers::run(arguments.npm.as_deref(), arguments.python.as_deref());
    }
    println!("Goals\n");
    for goal in &goals {
        println!("{goal}");
    }
    let missed = goals.iter().filter(|goal| goal.met == Some(false)).count();
    let judged = goals.iter().filter(|goal| goal.met.is_some()).count();
    println!("\n{} of {judged} goals met. The run took {:.0} s.", judged - missed, started.elapsed().as_secs_f64());
    Ok(missed == 0)
}
