//! `cargo xtask simulate`: many seeds, or one again.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::allow_attributes)
)]
#![expect(clippy::print_stdout, reason = "a developer's tool talks to the terminal")]

mod replay;

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Parser;
use simulation::{Mutation, Outcome, Scenario, Violation, shrink, simulate};

use crate::replay::Replay;

/// Runs of a shrinking.
const SHRINKING_RUNS: u32 = 400;
/// Lines of a history that are shown.
const SHOWN_LINES: usize = 400;

/// Runs Sekisho against the sandbox through everything that can go wrong, a run for each seed
#[derive(Debug, Parser)]
#[command(name = "cargo xtask simulate")]
struct Arguments {
    /// How many seeds
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Threads; all processors if left out
    #[arg(long)]
    threads: Option<usize>,
    /// Go on after a seed that fails, and tell all that do
    #[arg(long)]
    keep_going: bool,
    /// Do not cut a run that fails down
    #[arg(long)]
    no_shrink: bool,
    /// Break Sekisho in each way there is, and tell how many seeds it takes until a rule notices; `--seeds` at most
    #[arg(long)]
    mutations: bool,
    /// Tell what happened also of a run that does not fail
    #[arg(long)]
    history: bool,
    #[command(flatten)]
    replay: Replay,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match if arguments.mutations { mutations(&arguments) } else { run(&arguments) } {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            println!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

/// A table: each mutation, and when it is noticed.
fn mutations(arguments: &Arguments) -> Result<bool, String> {
    println!("{:<25} {:>6} {:>5}  {:<12} what it says", "mutation", "seed", "runs", "rule");
    let mut all = true;
    for mutation in Mutation::ALL {
        match noticed(arguments, mutation)? {
            Some((seed, runs, violation)) => {
                println!("{:<25} {seed:>6} {runs:>5}  {:<12} {}", mutation.name(), violation.invariant, violation.what);
            }
            None => {
                all = false;
                println!("{:<25} not noticed in {} seeds", mutation.name(), arguments.seeds);
            }
        }
    }
    Ok(all)
}

fn noticed(arguments: &Arguments, mutation: Mutation) -> Result<Option<(u64, u64, Violation)>, String> {
    for runs in 1..=arguments.seeds {
        let seed = arguments.from + runs - 1;
        let scenario = arguments.replay.scenario(seed)?.broken_by(mutation);
        if let Some(violation) = simulate(&scenario).violation {
            return Ok(Some((seed, runs, violation)));
        }
    }
    Ok(None)
}

struct Totals {
    next: AtomicU64,
    done: AtomicU64,
    calls: AtomicU64,
    strokes: AtomicU64,
    stop: AtomicBool,
    failed: Mutex<Vec<u64>>,
}

fn run(arguments: &Arguments) -> Result<bool, String> {
    let began = Instant::now();
    let end = arguments.from.saturating_add(arguments.seeds);
    let totals = Totals {
        next: AtomicU64::new(arguments.from),
        done: AtomicU64::new(0),
        calls: AtomicU64::new(0),
        strokes: AtomicU64::new(0),
        stop: AtomicBool::new(false),
        failed: Mutex::default(),
    };
    arguments.replay.scenario(arguments.from)?;
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..arguments.threads.unwrap_or(processors).max(1) {
            scope.spawn(|| work(arguments, &totals, end, began));
        }
    });
    let mut failed = totals.failed.into_inner().unwrap_or_else(PoisonError::into_inner);
    failed.sort_unstable();
    for seed in failed.iter().take(if arguments.keep_going { usize::MAX } else { 1 }) {
        tell(arguments, *seed)?;
    }
    let (done, took) = (totals.done.into_inner(), began.elapsed());
    println!(
        "{done} seeds from {}: {} failed; {} calls, {} of them struck by a fault; {:.1} s, {:.1} ms a seed",
        arguments.from,
        failed.len(),
        totals.calls.into_inner(),
        totals.strokes.into_inner(),
        took.as_secs_f64(),
        took.as_secs_f64() * 1_000.0 / done.max(1) as f64
    );
    Ok(failed.is_empty())
}

fn work(arguments: &Arguments, totals: &Totals, end: u64, began: Instant) {
    let mut told = Duration::ZERO;
    loop {
        let seed = totals.next.fetch_add(1, Ordering::Relaxed);
        if seed >= end || totals.stop.load(Ordering::Relaxed) {
            return;
        }
        let Ok(scenario) = arguments.replay.scenario(seed) else { return };
        let outcome = simulate(&scenario);
        let done = totals.done.fetch_add(1, Ordering::Relaxed) + 1;
        totals.calls.fetch_add(outcome.calls, Ordering::Relaxed);
        totals.strokes.fetch_add(outcome.strokes.len() as u64, Ordering::Relaxed);
        if arguments.history && outcome.violation.is_none() {
            show(&outcome);
        }
        if outcome.violation.is_some() {
            totals.failed.lock().unwrap_or_else(PoisonError::into_inner).push(seed);
            totals.stop.store(!arguments.keep_going, Ordering::Relaxed);
        }
        let elapsed = began.elapsed();
        if elapsed > told + Duration::from_secs(30) {
            told = elapsed;
            println!("… {done} of {} seeds, {:.0} s", arguments.seeds, elapsed.as_secs_f64());
        }
    }
}

/// Tells of a seed that fails, cut down, and how to see it again.
fn tell(arguments: &Arguments, seed: u64) -> Result<(), String> {
    let scenario = arguments.replay.scenario(seed)?;
    let (scenario, outcome, runs) = if arguments.no_shrink {
        let outcome = simulate(&scenario);
        (scenario, outcome, 1)
    } else {
        let shrunk = shrink(&scenario, SHRINKING_RUNS);
        (shrunk.scenario, shrunk.outcome, shrunk.runs)
    };
    println!("seed {seed} fails (cut down in {runs} runs)");
    show(&outcome);
    match &outcome.violation {
        Some(violation) => println!("✗ {violation}"),
        None => println!("✗ it does not fail a second time: something in it is not deterministic"),
    }
    println!("again: cargo xtask simulate --from {seed} --seeds 1 --no-shrink{}\n", Replay::of(&scenario).text());
    Ok(())
}

fn show(outcome: &Outcome) {
    let skipped = outcome.history.len().saturating_sub(SHOWN_LINES);
    if skipped > 0 {
        println!("  … {skipped} lines before");
    }
    for line in outcome.history.iter().skip(skipped) {
        println!("  {line}");
    }
}

/// A scenario of its seed, or what the command line makes of it.
impl Replay {
    fn scenario(&self, seed: u64) -> Result<Scenario, String> {
        self.apply(Scenario::of(seed))
    }
}
