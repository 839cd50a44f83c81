//! Part 1: how many calls it takes to read a company.

use std::time::Duration;

use sandbox::Config;

use crate::bound::Bound;
use crate::company::Shape;
use crate::figure::{count, ratio, time, times};
use crate::goal::Goal;
use crate::local_aws::{Executor, LocalAws, in_virtual_time};
use crate::observation::{Cost, observe};
use crate::patterns::{Holdings, Lists, Pattern};
use crate::table::Table;

/// From a request to its answer.
const NETWORK: Duration = Duration::from_millis(60);
/// Where Terraform's pattern is to be beaten by ten.
const LARGE: u64 = 50_000;
/// Up to so many people.
const MOST_PEOPLE: usize = 1_000;

const SIZES: [Shape; 5] = [
    Shape { accounts: 100, sets: 40, groups: 60, people: 150, pairs: 2_500, density: 1 },
    Shape { accounts: 500, sets: 120, groups: 250, people: 400, pairs: 12_500, density: 1 },
    Shape { accounts: 2_000, sets: 300, groups: 800, people: 1_000, pairs: 50_000, density: 1 },
    Shape { accounts: 2_000, sets: 300, groups: 800, people: 1_000, pairs: 10_000, density: 5 },
    Shape { accounts: 2_000, sets: 300, groups: 2_000, people: 20_000, pairs: 50_000, density: 1 },
];

/// The first two, and the one of the large ones that has fewest pairs.
const QUICK_SIZES: [usize; 3] = [0, 1, 3];

struct Measured {
    shape: Shape,
    holdings: Holdings,
    bound: Bound,
    all_pairs: Lists,
    per_assignment: Lists,
    per_pair: Lists,
    delegated: Cost,
    management: Cost,
}

/// Measures and prints; the goals are judged at the end of the run.
pub(crate) fn run(quick: bool) -> Result<Vec<Goal>, String> {
    println!("1. Calls it takes to read a company\n");
    println!(
        "  Rows of Sekisho are measured: its own client, the sandbox's answers, AWS's rates, {} ms on the network, virtual\n  \
         time. The other rows are the `ListAccountAssignments` calls of the pattern alone, {} rows a page, and not what\n  \
         else it reads: executed against the sandbox, or counted from what it holds where that would be too many. Their\n  \
         time is that of the calls at 20 a second.\n",
        NETWORK.as_millis(),
        100
    );
    let most = if quick { 15_000 } else { 60_000 };
    let mut goals = Vec::new();
    for (shape, at) in SIZES.into_iter().zip(0..) {
        if quick && !QUICK_SIZES.contains(&at) {
            continue;
        }
        let measured = in_virtual_time(measure(shape, most))?;
        measured.print();
        goals.extend(measured.goals());
    }
    Ok(goals)
}

async fn measure(shape: Shape, most: u64) -> Result<Measured, String> {
    let company = shape.company(1);
    // Empty pages are AWS's caprice; without them the bound is exact.
    let config = Config { empty_page_chance: 0.0, call_log_limit: 0, trail: None, ..Config::default() };
    let local = LocalAws::new(config, &company, NETWORK)?;
    let names = company.accounts.iter().map(|account| account.name.clone()).collect();
    let sets = company.permission_sets.iter().map(|set| set.name.clone()).collect();
    let holdings = Holdings::of(&local.sandbox(), names, sets);
    let bound = Bound::of(&company, &holdings);
    let (_, delegated) = observe(&local, Executor::Delegated).await?;
    let (_, management) = observe(&local, Executor::Management).await?;
    let now = local.clock.now();
    // Each pattern has AWS's rates for itself.
    let lists = |pattern, day: i64| {
        let begin = now.checked_add(jiff::SignedDuration::from_hours(24 * day)).map_err(|error| error.to_string())?;
        holdings.lists(pattern, &mut local.sandbox(), begin, most)
    };
    let all_pairs = lists(Pattern::AccountsTimesSets, 1)?;
    let per_assignment = lists(Pattern::PerAssignment, 2)?;
    let per_pair = lists(Pattern::PerPair, 3)?;
    Ok(Measured { shape, bound, all_pairs, per_assignment, per_pair, delegated, management, holdings })
}

impl Measured {
    fn label(&self) -> String {
        format!(
            "{} accounts, {} assignments, {} a pair, {} people",
            count(self.shape.accounts as u64),
            count(self.holdings.assignments()),
            self.density(),
            count(self.shape.people as u64)
        )
    }

    fn density(&self) -> String {
        format!("{:.1}", ratio(self.holdings.assignments(), self.holdings.pairs.len() as u64))
    }

    fn print(&self) {
        println!(
            "  {} accounts, {} sets, {} groups, {} people; {} assignments in {} provisioned pairs: density {}\n",
            count(self.shape.accounts as u64),
            count(self.shape.sets as u64),
            count(self.shape.groups as u64),
            count(self.shape.people as u64),
            count(self.holdings.assignments()),
            count(self.holdings.pairs.len() as u64),
            self.density()
        );
        let mut table = Table::new(&["way of reading", "lists", "Identity Center", "all services", "time", "source"]);
        table.words_last = true;
        let patterns = [
            ("accounts × sets", &self.all_pairs),
            ("one list per assignment (Terraform)", &self.per_assignment),
            ("one list per provisioned pair", &self.per_pair),
        ];
        for (name, lists) in patterns {
            let (calls, took) = (count(lists.calls), time(lists.time()));
            table.row([name, &calls, "", "", &took, lists.source()]);
        }
        for (name, cost) in [("delegated administrator", &self.delegated), ("management account", &self.management)] {
            let way = if cost.is_per_principal() { "per principal" } else { "per pair" };
            let source = if cost.throttled == 0 {
                "measured".to_owned()
            } else {
                format!("measured, {} throttled", cost.throttled)
            };
            table.row([
                format!("Sekisho, {name} ({way})"),
                count(cost.lists()),
                count(cost.identity_center()),
                count(cost.total()),
                time(cost.elapsed),
                source,
            ]);
        }
        println!("{table}");
        println!("  bound  {} = {}", self.bound.formula(), count(self.bound.calls()));
        println!("{}\n", self.bound.terms());
    }

    fn goals(&self) -> Vec<Goal> {
        let label = self.label();
        let mut goals: Vec<Goal> =
            [("delegated administrator", &self.delegated), ("management account", &self.management)]
                .into_iter()
                .map(|(name, cost)| {
                    let (calls, most) = (cost.total(), self.bound.calls());
                    let found = format!("{} calls, at most {} = {}", count(calls), self.bound.formula(), count(most));
                    Goal::new(format!("calls of the {name} ({label})"), found, calls <= most)
                })
                .collect();
        goals.push(self.against_terraform(&label));
        goals
    }

    /// Like for like: lists against lists. What is read besides (sets, organization, directory) has to be read in every way
    /// and is said beside it.
    fn against_terraform(&self, label: &str) -> Goal {
        let (terraform, lists) = (self.per_assignment.calls, self.management.lists());
        let (identity_center, all) = (self.management.identity_center(), self.management.total());
        // Where nearly as many people must be asked as there are pairs, no way of asking is ten times better.
        let is_judged = self.holdings.assignments() >= LARGE && self.shape.people <= MOST_PEOPLE;
        Goal {
            what: format!("management account's lists against one list per assignment ({label})"),
            found: format!(
                "{} against {}: {} fewer, wanted 10 × at {} ({} fewer than all calls of Identity Center, {} than all services)",
                count(lists),
                count(terraform),
                times(terraform, lists),
                count(LARGE),
                times(terraform, identity_center),
                times(terraform, all)
            ),
            met: is_judged.then(|| ratio(terraform, lists) >= 10.0),
        }
    }
}
