//! Part 2: time and memory of planner and checker.

use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

use clap::Args;
use plan::testing::{Size, synthetic};
use plan::{PlanInput, check, plan};
use serde::{Deserialize, Serialize};

use crate::figure::count;
use crate::goal::Goal;
use crate::memory::peak_kib;
use crate::table::Table;

/// Times a plan is made.
const ROUNDS: usize = 5;
const MILLION: u64 = 1_000_000;
const MOST_MS: f64 = 1_000.0;
const MOST_MIB: f64 = 700.0;

/// What is planned.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Case {
    /// Assignments in all
    #[arg(long)]
    assignments: u32,
    /// Assignments that differ between declared and observed, of a thousand
    #[arg(long)]
    differences_per_mille: u32,
}

impl Case {
    /// As many accounts, sets and principals as with a million assignments, ten principals in a pair; five where there
    /// are few assignments.
    fn size(self) -> Size {
        let million = Size::million(self.differences_per_mille);
        let in_account = self.assignments / million.accounts;
        let principals_per_pair = if in_account >= 100 { 10 } else { 5 };
        Size { sets_per_account: in_account / principals_per_pair, principals_per_pair, ..million }
    }
}

/// What a child process found.
#[derive(Debug, Serialize, Deserialize)]
struct Measured {
    observed: u64,
    declared: u64,
    operations: u64,
    plan_ms: Vec<f64>,
    check_ms: Vec<f64>,
    input_peak_kib: Option<u64>,
    plan_peak_kib: Option<u64>,
    check_peak_kib: Option<u64>,
}

/// Measures in this process and answers a line of JSON: what the hidden command does.
pub(crate) fn measure_here(case: &Case) -> Result<String, String> {
    let (observed, declared, rules) = synthetic(&case.size(), 1);
    let input_peak_kib = peak_kib();
    let input = PlanInput {
        observed: &observed,
        declared: &declared,
        rules: &rules,
        created: observed.as_of,
        sekisho_version: env!("CARGO_PKG_VERSION"),
    };
    let mut plan_ms = Vec::new();
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        let made = black_box(plan(black_box(&input)));
        plan_ms.push(begin.elapsed().as_secs_f64() * 1_000.0);
        drop(made);
    }
    let plan_peak_kib = peak_kib();
    let made = plan(&input);
    let mut check_ms = Vec::new();
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        black_box(check(black_box(&made), &observed, &declared, &rules));
        check_ms.push(begin.elapsed().as_secs_f64() * 1_000.0);
    }
    let measured = Measured {
        observed: observed.assignments.rows().len() as u64,
        declared: declared.assignments.rows().len() as u64,
        operations: made.operations.len() as u64,
        plan_ms,
        check_ms,
        input_peak_kib,
        plan_peak_kib,
        check_peak_kib: peak_kib(),
    };
    serde_json::to_string(&measured).map_err(|error| error.to_string())
}

/// Measures in a fresh process.
fn measure(case: Case) -> Result<Measured, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let output = Command::new(program)
        .arg("plan-once")
        .args(["--assignments", &case.assignments.to_string()])
        .args(["--differences-per-mille", &case.differences_per_mille.to_string()])
        .output()
        .map_err(|error| format!("the measuring process cannot be started: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&said).map_err(|error| {
        let complaint = String::from_utf8_lossy(&output.stderr);
        format!("the measuring process said no figures ({error}): {said}{complaint}")
    })
}

/// Measures and prints, the same with and without `--quick`: it takes a few seconds.
pub(crate) fn run(_quick: bool) -> Result<Vec<Goal>, String> {
    println!("2. Planner and checker\n");
    println!(
        "  Each row is a process of its own. Times are wall time, the median of {ROUNDS}; memory is the most the process\n  \
         ever held (VmHWM), what it plans from included.\n"
    );
    let mut table = Table::new(&[
        "assignments",
        "differ",
        "operations",
        "plan",
        "slowest",
        "check",
        "input",
        "with plan",
        "with check",
    ]);
    let mut goals = Vec::new();
    for assignments in [50_000, 1_000_000] {
        for differences_per_mille in [0, 10] {
            let case = Case { assignments, differences_per_mille };
            let measured = measure(case)?;
            let slowest = measured.plan_ms.iter().copied().fold(0.0, f64::max);
            table.row([
                count(u64::from(assignments)),
                format!("{} %", f64::from(differences_per_mille) / 10.0),
                count(measured.operations),
                milliseconds(median(&measured.plan_ms)),
                milliseconds(slowest),
                milliseconds(median(&measured.check_ms)),
                mebibytes(measured.input_peak_kib),
                mebibytes(measured.plan_peak_kib),
                mebibytes(measured.check_peak_kib),
            ]);
            goals.extend(judge(case, &measured));
        }
    }
    println!("{table}");
    Ok(goals)
}

fn judge(case: Case, measured: &Measured) -> Vec<Goal> {
    let label = format!(
        "{} assignments, {} % differ",
        count(u64::from(case.assignments)),
        f64::from(case.differences_per_mille) / 10.0
    );
    let is_large = u64::from(case.assignments) >= MILLION;
    let took = median(&measured.plan_ms);
    let time = Goal {
        what: format!("time of the planner ({label})"),
        found: format!("{}, at most 1 s at a million", milliseconds(took)),
        met: is_large.then_some(took <= MOST_MS),
    };
    let peak = measured.plan_peak_kib;
    let memory = Goal {
        what: format!("memory of the planner ({label})"),
        found: format!(
            "{}, at most 700 MB at a million; {} with the checker",
            mebibytes(peak),
            mebibytes(measured.check_peak_kib)
        ),
        met: peak.filter(|_| is_large).map(|kib| kib as f64 / 1_024.0 * 1.048_576 <= MOST_MIB),
    };
    vec![time, memory]
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

fn milliseconds(value: f64) -> String {
    if value < 10.0 { format!("{value:.1} ms") } else { format!("{value:.0} ms") }
}

fn mebibytes(kib: Option<u64>) -> String {
    kib.map_or_else(|| "not told".to_owned(), |kib| format!("{} MB", kib * 1_024 / 1_000_000))
}
