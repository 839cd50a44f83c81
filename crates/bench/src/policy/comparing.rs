//! Comparing AWS's own versions with each other.

use std::collections::BTreeMap;
use std::slice::from_ref;
use std::time::Duration;

use bench::figure::count;
use bench::goal::Goal;
use bench::table::Table;
use policy::{Relation, compare};

use crate::history::Pair;
use crate::spread::{Spread, milliseconds, shortest};

/// Each comparison is timed so often, and the shortest time counts.
const RUNS: usize = 3;

const DECIDED_PERCENT: f64 = 99.8;
const P95: Duration = Duration::from_millis(2);
const CAP: Duration = Duration::from_millis(500);

pub(crate) fn run(pairs: &[Pair], quick: bool) -> Vec<Goal> {
    let chosen: Vec<&Pair> = pairs.iter().step_by(if quick { 8 } else { 1 }).collect();
    let mut times: Vec<(Duration, &Pair, Relation)> = Vec::new();
    let mut relations: BTreeMap<Relation, u64> = BTreeMap::new();
    for pair in &chosen {
        let (comparison, took) = shortest(RUNS, || compare(from_ref(&pair.before), from_ref(&pair.after)));
        let relation = comparison.all_strings.relation;
        times.push((took, pair, relation));
        *relations.entry(relation).or_default() += 1;
    }
    let spread = Spread::of(times.iter().map(|(time, _, _)| *time).collect());
    println!(
        "Comparing {} pairs of consecutive versions of AWS's managed policies, shortest of {RUNS} runs each\n",
        count(chosen.len() as u64)
    );
    let mut table = Table::new(&["the later version is", "pairs"]);
    for (relation, number) in &relations {
        table.row([relation.name().replace('_', " "), count(*number)]);
    }
    println!("{table}");
    let undecided =
        [Relation::PossiblyDifferent, Relation::Unknown].iter().filter_map(|relation| relations.get(relation));
    let undecided: u64 = undecided.sum();
    #[expect(clippy::cast_precision_loss, reason = "some thousands of pairs")]
    let decided = 100.0 - 100.0 * undecided as f64 / chosen.len().max(1) as f64;
    for (time, pair, relation) in &times {
        if matches!(relation, Relation::PossiblyDifferent | Relation::Unknown) {
            println!("  {} ({})", pair.name, milliseconds(*time));
            println!("    {}", compare(from_ref(&pair.before), from_ref(&pair.after)).all_strings);
        }
    }
    times.sort_by_key(|(time, _, _)| std::cmp::Reverse(*time));
    println!("  the longest:");
    for (time, pair, relation) in times.iter().take(5) {
        println!("  {:>8}  {relation}: {}", milliseconds(*time), pair.name);
    }
    println!();
    let times = format!(
        "p50 {}, p95 {}, longest {}",
        milliseconds(spread.median()),
        milliseconds(spread.quantile(0.95)),
        milliseconds(spread.most())
    );
    vec![
        Goal::new(
            format!("of AWS's version history at least {DECIDED_PERCENT} % is decided"),
            format!("{decided:.2} %, {undecided} of {} undecided", count(chosen.len() as u64)),
            decided >= DECIDED_PERCENT,
        ),
        Goal::new("a comparison takes at most 2 ms (p95)", times.clone(), spread.quantile(0.95) <= P95),
        Goal::new("no comparison takes longer than 500 ms", times, spread.most() <= CAP),
    ]
}
