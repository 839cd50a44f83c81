//! Part 3: how long it takes to apply 1,200 assignment operations.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use aws::{Client, ReadingMode};
use engine::{ApplyOptions, Engine, Executors, Limits, RunSummary};
use model::Plan;
use model::claim::Part;
use sandbox::{Config, Latency, Span};

use crate::company::Shape;
use crate::figure::{at_twenty_a_second, count, time};
use crate::goal::Goal;
use crate::local_aws::{Executor, LocalAws, in_virtual_time};
use crate::observation::observe;
use crate::scenario::{OPERATIONS, Scenario};
use crate::table::Table;

/// Outstanding assignment operations AWS allows.
const OUTSTANDING: u32 = 15;
/// How much longer than the bound a run may take.
const TOLERANCE: f64 = 1.05;
const VERSION: &str = env!("CARGO_PKG_VERSION");

const SHAPE: Shape = Shape { accounts: 120, sets: 40, groups: 60, people: 200, pairs: 1_500, density: 2 };
/// As long as people see an assignment take on AWS; not documented.
const USUAL_MS: (u64, u64) = (1_500, 5_000);

const SPREAD: Scenario = Scenario {
    name: "added, over all accounts",
    withdrawals: 0,
    in_one_account: 0,
    added_in_pair: 1,
    latency_ms: USUAL_MS,
    network_ms: 0,
};
const MIXED: Scenario = Scenario { name: "two thirds added, one third withdrawn", withdrawals: 400, ..SPREAD };
const SCENARIOS: [Scenario; 6] = [
    SPREAD,
    MIXED,
    Scenario { name: "mixed, 60 ms on the network", network_ms: 60, ..MIXED },
    Scenario { name: "four principals in each pair", added_in_pair: 4, ..SPREAD },
    BUSY,
    Scenario { name: "AWS quick: 0.5–1.5 s each", latency_ms: (500, 1_500), ..SPREAD },
];
const BUSY: Scenario = Scenario { name: "120 of them in one account", in_one_account: 120, ..SPREAD };
const QUICK_SCENARIOS: [Scenario; 3] = [SPREAD, MIXED, BUSY];

/// What no run can be shorter than.
struct LowerBound {
    /// Calls without which no operation is known to be done.
    mandatory: u64,
    /// Σ latency ÷ 15.
    places: Duration,
    /// Operations of one account, one after the other.
    chain: Duration,
}

impl LowerBound {
    fn of(plan: &Plan, local: &LocalAws) -> Self {
        let work = local.sandbox().work_accepted();
        let all: Duration = work.values().sum();
        Self {
            mandatory: mandatory_calls(plan),
            places: all / OUTSTANDING,
            chain: work.values().max().copied().unwrap_or_default(),
        }
    }

    fn rate(&self) -> Duration {
        at_twenty_a_second(self.mandatory)
    }

    fn time(&self) -> Duration {
        self.rate().max(self.places).max(self.chain)
    }

    /// Which of the three it is.
    fn reason(&self) -> &'static str {
        if self.time() == self.places {
            "places"
        } else if self.time() == self.chain {
            "chain"
        } else {
            "rate"
        }
    }
}

/// Per operation the change and one question how it ended; per pair one reading to verify, and one before something is
/// withdrawn in it.
fn mandatory_calls(plan: &Plan) -> u64 {
    let verified: HashSet<Part> = plan.operations.iter().map(|operation| operation.after.part()).collect();
    let looked_at: HashSet<Part> = plan
        .operations
        .iter()
        .filter(|operation| operation.change.is_removal())
        .flat_map(|operation| operation.before.iter().map(model::Claim::part))
        .collect();
    (2 * plan.operations.len() + verified.len() + looked_at.len()) as u64
}

struct Measured {
    scenario: Scenario,
    took: Duration,
    bound: LowerBound,
    calls: u64,
    throttled: u64,
}

impl Measured {
    fn share(&self) -> f64 {
        self.took.as_secs_f64() / self.bound.time().as_secs_f64()
    }
}

/// Measures and prints; the goals are judged at the end of the run.
pub(crate) fn run(quick: bool) -> Result<Vec<Goal>, String> {
    println!("3. Applying {} assignment operations\n", count(OPERATIONS as u64));
    println!(
        "  Engine, client and journal of the product against the sandbox, in virtual time; every operation ends verified by\n  \
         reading it again. The bound is the longest of: mandatory calls ÷ 20, Σ latency ÷ {OUTSTANDING} places, and the work of the\n  \
         busiest account. AWS takes 1.5–5 s for an operation where nothing else is said.\n"
    );
    let mut table = Table::new(&[
        "run",
        "took",
        "bound",
        "took/bound",
        "calls ÷ 20",
        "Σ ÷ 15",
        "chain",
        "calls",
        "mandatory",
        "throttled",
    ]);
    let scenarios: &[Scenario] = if quick { &QUICK_SCENARIOS } else { &SCENARIOS };
    let mut goals = Vec::new();
    for scenario in scenarios {
        let measured = in_virtual_time(measure(*scenario))?;
        table.row([
            scenario.name.to_owned(),
            seconds(measured.took),
            format!("{} ({})", seconds(measured.bound.time()), measured.bound.reason()),
            format!("{:.3}", measured.share()),
            seconds(measured.bound.rate()),
            seconds(measured.bound.places),
            seconds(measured.bound.chain),
            count(measured.calls),
            count(measured.bound.mandatory),
            count(measured.throttled),
        ]);
        goals.push(Goal::new(
            format!("applying {} operations ({})", count(OPERATIONS as u64), measured.scenario.name),
            format!(
                "{} against at least {}: {:+.1} %, at most +5 %",
                time(measured.took),
                time(measured.bound.time()),
                (measured.share() - 1.0) * 100.0
            ),
            measured.share() <= TOLERANCE,
        ));
    }
    println!("{table}");
    Ok(goals)
}

async fn measure(scenario: Scenario) -> Result<Measured, String> {
    let (least, most) = scenario.latency_ms;
    let assignment = Span::milliseconds(least, most);
    let config = Config {
        latency: Latency { assignment, ..Latency::default() },
        empty_page_chance: 0.0,
        call_log_limit: 0,
        trail: None,
        ..Config::default()
    };
    let network = Duration::from_millis(scenario.network_ms);
    let local = LocalAws::new(config, &SHAPE.company(1), network)?;
    let (observed, _) = observe(&local, Executor::Delegated).await?;
    let plan = scenario.plan(&observed, VERSION)?;
    let client = local.client(Executor::Delegated, ReadingMode::Auto).await?;
    let summary = apply(&local, &client, &plan).await?;
    let took = Duration::try_from(summary.finished.duration_since(summary.started)).unwrap_or_default();
    let (calls, throttled) = client.call_totals();
    verify(&scenario, &local, &observed)?;
    Ok(Measured { scenario, took, bound: LowerBound::of(&plan, &local), calls, throttled })
}

async fn apply(local: &LocalAws, client: &Client, plan: &Plan) -> Result<RunSummary, String> {
    let client = Arc::new(client.clone());
    let store = store::open("memory:").await.map_err(|error| error.to_string())?;
    let engine = Engine {
        read: client.clone(),
        write: Executors { delegated: client, management: None },
        store: Some(store),
        clock: Arc::clone(&local.clock),
        limits: Limits::default(),
        version: VERSION.to_owned(),
    };
    let options = ApplyOptions { who: "bench".to_owned(), ..ApplyOptions::default() };
    let summary = engine.apply(plan, &options, &()).await.map_err(|error| error.to_string())?;
    if summary.is_complete() && summary.counts.verified == OPERATIONS as u64 {
        return Ok(summary);
    }
    let first = summary.problems().next().map(|problem| format!("; one of them: {problem:?}")).unwrap_or_default();
    Err(format!("{}{first}", summary.outcome_line()))
}

/// What the sandbox holds afterwards, beside what the run claims.
fn verify(scenario: &Scenario, local: &LocalAws, before: &model::Observed) -> Result<(), String> {
    let wanted = before.assignments.rows().len() + OPERATIONS - 2 * scenario.withdrawals;
    let found = local.sandbox().assigned().len();
    if found == wanted {
        return Ok(());
    }
    Err(format!("{found} assignments are there after the run, {wanted} should be"))
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}
