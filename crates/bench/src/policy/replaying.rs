//! Requests against what comparisons and merges claimed.

use std::slice::from_ref;
use std::time::Instant;

use bench::figure::count;
use bench::goal::Goal;
use bench::table::Table;
use policy::merge::{Level, merge_at};
use policy::{Policy, PolicyComparison, Relation, compare, managed};

use crate::aimed::policies::{changed, generated};
use crate::aimed::random::Random;
use crate::aimed::requests::Pair as Asked;
use crate::history::Pair;

const REQUESTS: u64 = 500_000;

/// What was asked of one kind of pairs.
#[derive(Default)]
struct Tally {
    pairs: u64,
    /// Pairs of which something is claimed never to be.
    claimed: u64,
    requests: u64,
    /// Requests that one side allows and the other does not.
    apart: u64,
    contradictions: u64,
}

pub(crate) fn run(pairs: &[Pair], quick: bool) -> Vec<Goal> {
    let started = Instant::now();
    let mut random = Random::new(20_261_122);
    let less = if quick { 10 } else { 1 };
    println!("Asking requests aimed at what was compared, under both readings of wildcards\n");
    let mut tallies: Vec<(&str, Tally)> = Vec::new();

    let mut tally = Tally::default();
    for pair in pairs.iter().step_by(4 * less) {
        let (before, after) = (from_ref(&pair.before), from_ref(&pair.after));
        tally.ask(before, after, &compare(before, after), 120, &mut random);
    }
    tallies.push(("AWS's versions", tally));

    let mut tally = Tally::default();
    for managed in managed::all().iter().step_by(less) {
        let Some(first) = managed.policy() else { continue };
        let second = changed(&first, &mut random);
        let (first, second) = (from_ref(&first), from_ref(&second));
        tally.ask(first, second, &compare(first, second), 120, &mut random);
    }
    tallies.push(("managed policies changed in one place", tally));

    let mut tally = Tally::default();
    for _ in 0..6_000 / less {
        let first = generated(&mut random);
        let second = changed(&first, &mut random);
        let (first, second) = (from_ref(&first), from_ref(&second));
        tally.ask(first, second, &compare(first, second), 60, &mut random);
    }
    tallies.push(("generated: negations, variables, all kinds of conditions", tally));

    let mut tally = Tally::default();
    let all: Vec<Policy> = managed::all().iter().filter_map(|managed| managed.policy()).collect();
    for sources in all.chunks(10).step_by(less) {
        for level in Level::ALL {
            if let Ok(merged) = merge_at(sources, level) {
                tally.ask(sources, from_ref(&merged.policy), &merged.proof, 150, &mut random);
            }
        }
    }
    tallies.push(("ten policies and what they were merged into", tally));
    finish(&tallies, quick, started)
}

fn finish(tallies: &[(&str, Tally)], quick: bool, started: Instant) -> Vec<Goal> {
    let mut table =
        Table::new(&["pairs", "number", "with a claim", "requests", "that tell them apart", "contradictions"]);
    for (what, tally) in tallies {
        let figures = [tally.pairs, tally.claimed, tally.requests, tally.apart, tally.contradictions].map(count);
        table.row(std::iter::once((*what).to_owned()).chain(figures));
    }
    println!("{table}");
    let requests: u64 = tallies.iter().map(|(_, tally)| tally.requests).sum();
    let contradictions: u64 = tallies.iter().map(|(_, tally)| tally.contradictions).sum();
    let wanted = if quick { REQUESTS / 10 } else { REQUESTS };
    vec![Goal::new(
        format!("of at least {} requests none contradicts a claim", count(wanted)),
        format!(
            "{} requests, {contradictions} contradictions, in {:.0} s",
            count(requests),
            started.elapsed().as_secs_f64()
        ),
        contradictions == 0 && requests >= wanted,
    )]
}

impl Tally {
    fn ask(
        &mut self,
        first: &[Policy],
        second: &[Policy],
        comparison: &PolicyComparison,
        requests: usize,
        random: &mut Random,
    ) {
        let claims = !matches!(comparison.all_strings.relation, Relation::Incomparable | Relation::Unknown);
        let Some(pair) = Asked::of(first, second).filter(|_| claims) else {
            self.pairs += 1;
            return;
        };
        self.pairs += 1;
        self.claimed += 1;
        for _ in 0..requests {
            let request = pair.request(random);
            self.requests += 1;
            self.apart += u64::from(pair.tells_apart(&request));
            if let Some(broken) = pair.contradiction(comparison, &request) {
                self.contradictions += 1;
                if self.contradictions <= 3 {
                    println!("  CONTRADICTION {broken}\n");
                }
            }
        }
    }
}
