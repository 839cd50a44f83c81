//! Finding the AWS managed policy that says the same.

use std::time::Duration;

use bench::figure::count;
use bench::goal::Goal;
use bench::table::Table;
use policy::merge::{Level, merge_at};
use policy::{Policy, Relation, managed, match_managed};

use crate::merging::GROUPS;
use crate::spread::{Spread, milliseconds, shortest};

const GOAL: Duration = Duration::from_millis(50);

pub(crate) fn run(quick: bool) -> Vec<Goal> {
    // the first use reads all managed policies
    let (_, reading) = shortest(1, || match_managed(&[], 1).len());
    let step = if quick { 40 } else { 4 };
    println!(
        "Matching against all {} managed policies (read once, in {})\n",
        count(managed::all().len() as u64),
        milliseconds(reading)
    );
    let mut table = Table::new(&["asked for", "policies", "found equal", "found broader", "p50", "p95", "longest"]);
    let mut longest = Vec::new();
    let alone: Vec<Vec<Policy>> =
        managed::all().iter().step_by(step).filter_map(|managed| Some(vec![managed.policy()?])).collect();
    let group = |names: &[&str]| names.iter().filter_map(|name| managed::resolve(name)?.policy()).collect::<Vec<_>>();
    let groups: Vec<Vec<Policy>> = GROUPS.iter().map(|(_, names)| group(names)).collect();
    let merged = groups.iter().filter_map(|group| Some(vec![merge_at(group, Level::L0).ok()?.policy])).collect();
    for (what, asked) in [("managed policies one by one", alone), ("ten at once", groups), ("ten merged", merged)] {
        let (mut equal, mut broader) = (0_u64, 0_u64);
        let mut times = Vec::new();
        for policies in &asked {
            let (found, took) = shortest(if quick { 1 } else { 4 }, || match_managed(policies, 5));
            equal += u64::from(found.iter().any(|found| found.relation == Relation::Equal));
            broader += u64::from(found.iter().any(|found| found.relation == Relation::Broader));
            times.push(took);
        }
        let spread = Spread::of(times);
        let figures = [spread.median(), spread.quantile(0.95), spread.most()].map(milliseconds);
        table
            .row([what.to_owned(), count(asked.len() as u64), count(equal), count(broader)].into_iter().chain(figures));
        longest.push(spread.most());
    }
    println!("{table}");
    let spread = Spread::of(longest);
    vec![Goal::new(
        "the managed policies that contain a policy are found in at most 50 ms",
        format!("{} at most", milliseconds(spread.most())),
        spread.most() <= GOAL,
    )]
}
