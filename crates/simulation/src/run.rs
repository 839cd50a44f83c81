//! A whole run of a scenario: rounds of edits and applying while everything goes wrong, then calm, then the account of it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use engine::{ApplyError, ApplyOptions, Cancellation, Engine, Executors, Limits, Prepared, RunSummary};
use jiff::Timestamp;
use model::Plan;
use ports::{AwsRead, AwsWrite, StateStore};
use sandbox::{Assignment, Company, FaultKind, Stroke};

use crate::cloud::{Cloud, Executor};
use crate::edit::{Author, describe};
use crate::evidence::{Before, Evidence};
use crate::history::History;
use crate::invariant::{self, Violation};
use crate::mutation::{Crash, Meddled, Mutation, WatchedStore};
use crate::organisation::company;
use crate::scenario::{Scenario, chance};
use crate::wish::{Guards, Wish};

/// How often a run is tried after the faults have ceased before it counts as never at rest.
const LAST_TRIES: u32 = 10;
/// How long after the faults have ceased: what was stuck has ended by then.
const CALM: Duration = Duration::from_secs(2 * 3_600);

/// What a run came to.
#[derive(Debug)]
pub struct Outcome {
    /// The invariant that did not hold, if there is one.
    pub violation: Option<Violation>,
    /// What happened, line by line.
    pub history: Vec<String>,
    /// Every stroke of a fault that fell.
    pub strokes: BTreeSet<Stroke>,
    /// Calls that AWS was asked.
    pub calls: u64,
    /// What all calls and effects come to: the same for the same run.
    pub digest: u64,
}

/// One attempt to bring AWS to what is declared.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    /// On AWS's clock.
    pub(crate) began: Timestamp,
    pub(crate) ended: Timestamp,
    /// Since when it was writing, if it came to that.
    pub(crate) applying: Option<Timestamp>,
    pub(crate) wish: Wish,
    pub(crate) rows: BTreeSet<Assignment>,
    pub(crate) plan: Option<Plan>,
    pub(crate) crashed: bool,
}

/// How a process ends before its time.
#[derive(Debug, Clone, Copy)]
enum End {
    None,
    AtAppend(Crash),
    After(Duration),
    /// Told to finish, and a while later to leave everything.
    Told(Duration, Option<Duration>),
}

/// Runs a scenario from its beginning to its end.
#[must_use]
pub fn simulate(scenario: &Scenario) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let broken = |what: String| Outcome {
        violation: Some(Violation { invariant: "simulation", what }),
        history: Vec::new(),
        strokes: BTreeSet::new(),
        calls: 0,
        digest: 0,
    };
    match runtime {
        Ok(runtime) => runtime.block_on(async {
            let company = company(scenario);
            let runner = Runner::new(scenario, &company).await;
            match runner {
                Ok(runner) => runner.run().await,
                Err(what) => broken(what),
            }
        }),
        Err(error) => broken(format!("the runtime does not start: {error}")),
    }
}

struct Runner<'a> {
    scenario: &'a Scenario,
    company: &'a Company,
    cloud: Cloud,
    store: Arc<dyn StateStore>,
    wish: Wish,
    attempts: Vec<Attempt>,
    history: History,
    before: Before,
    executor: Executor,
    processes: u64,
}

impl<'a> Runner<'a> {
    async fn new(scenario: &'a Scenario, company: &'a Company) -> Result<Self, String> {
        let cloud = Cloud::new(scenario, company)?;
        let store = store::open("memory:").await.map_err(|error| error.to_string())?;
        let wish = Author::new(scenario, company, 0).first(scenario);
        let before = Before::of(&cloud.sandbox());
        let delegated = chance(scenario.seed, "executor", 0).u8(..100) < 40;
        let executor = if delegated { Executor::Delegated } else { Executor::Management };
        let mut history = History::default();
        history.say(cloud.now(), format!("catalog: {}", describe(&wish)));
        let (attempts, processes) = (Vec::new(), 0);
        Ok(Self { scenario, company, cloud, store, wish, attempts, history, before, executor, processes })
    }

    async fn run(mut self) -> Outcome {
        let violation = self.live().await.err();
        let strokes = self.strokes();
        let sandbox = self.cloud.sandbox();
        let calls = sandbox.calls().total();
        let digest = crate::history::digest(&sandbox);
        let history = self.history.told(&sandbox);
        drop(sandbox);
        Outcome { violation, history, strokes, calls, digest }
    }

    fn strokes(&self) -> BTreeSet<Stroke> {
        let sandbox = self.cloud.sandbox();
        let calls = sandbox.calls().log();
        calls.flat_map(|call| call.faults.iter().map(|kind| Stroke { call: call.number, kind: *kind })).collect()
    }

    async fn live(&mut self) -> Result<(), Violation> {
        for round in 0..self.scenario.rounds {
            let mut dice = chance(self.scenario.seed, "round", u64::from(round));
            if round > 0 {
                self.edit(round);
            }
            for number in 0..dice.u32(1..=2) {
                self.attempt(round, number).await;
                self.check(false).await?;
                self.wait(Duration::from_secs(dice.u64(0..900))).await;
            }
        }
        self.rest().await
    }

    fn edit(&mut self, round: u32) {
        let edits = Author::new(self.scenario, self.company, round).edit(&mut self.wish);
        for edit in edits {
            self.history.say(self.cloud.now(), format!("catalog: {edit}"));
        }
    }

    async fn wait(&self, time: Duration) {
        self.cloud.clock.sleep(time).await;
        let now = self.cloud.now();
        self.cloud.sandbox().advance(now);
    }

    /// The faults cease, and somebody has looked at what is to be removed: now it has to come to rest.
    async fn rest(&mut self) -> Result<(), Violation> {
        self.cloud.calm();
        self.wait(CALM).await;
        self.wish.guards = Guards::WIDE;
        self.history.say(self.cloud.now(), "the faults cease; the guards are wide".to_owned());
        for _ in 0..LAST_TRIES {
            let done = self.last_attempt().await;
            self.check(false).await?;
            if done {
                return self.check(true).await;
            }
            self.wait(Duration::from_secs(600)).await;
        }
        if self.scenario.rule.is_some_and(|rule| rule != "convergence") {
            return Ok(());
        }
        let last = self.history.last();
        Err(Violation { invariant: "convergence", what: format!("not at rest after {LAST_TRIES} tries: {last}") })
    }

    async fn last_attempt(&mut self) -> bool {
        let begun = self.begin();
        let Some(engine) = self.process(None).await else { return false };
        match self.prepare(&engine).await {
            Some(prepared) => {
                let empty = prepared.plan.is_empty();
                let ended = self.apply(&engine, &prepared, false, End::None, begun).await;
                empty && ended.is_some_and(|summary| summary.is_complete())
            }
            None => {
                self.note(begun, None, None, false);
                false
            }
        }
    }

    async fn attempt(&mut self, round: u32, number: u32) {
        let mut dice = chance(self.scenario.seed, "attempt", u64::from(round) * 100 + u64::from(number));
        let end = if self.scenario.crashes { draw_end(&mut dice) } else { End::None };
        let kept = self.scenario.kept_plans && dice.u8(..100) < 50;
        let begun = self.begin();
        let crash = match end {
            End::AtAppend(crash) => Some(crash),
            _ => None,
        };
        let Some(engine) = self.process(crash).await else { return };
        let Some(mut prepared) = self.prepare(&engine).await else { return self.note(begun, None, None, false) };
        if kept {
            self.leave_lying(&mut dice).await;
            if dice.bool() {
                self.edit(round + 1_000);
            }
            match self.revalidate(&engine, &prepared).await {
                Some(again) => prepared = again,
                None => return self.note(begun, None, None, false),
            }
        }
        self.apply(&engine, &prepared, kept, end, begun).await;
    }

    /// The plan lies around for up to half an hour; the rival does not.
    async fn leave_lying(&self, dice: &mut fastrand::Rng) {
        for _ in 0..3 {
            self.wait(Duration::from_secs(dice.u64(0..600))).await;
            let seed = dice.u64(..);
            if self.scenario.faults.contains_key(&FaultKind::Rival) {
                self.cloud.sandbox().meddle(self.cloud.now(), seed);
            }
        }
        self.wait(Duration::from_secs(dice.u64(0..300))).await;
    }

    fn begin(&mut self) -> Timestamp {
        let now = self.cloud.now();
        self.history.say(now, format!("attempt {}", self.attempts.len() + 1));
        now
    }

    /// A new process: nothing is known but what the journal holds.
    async fn process(&mut self, crash: Option<Crash>) -> Option<Process> {
        self.processes += 1;
        let seed = self.scenario.seed.wrapping_add(self.processes);
        let mutation = self.scenario.mutation;
        let client = Arc::new(self.cloud.client(self.executor, seed).await.ok()?);
        let management = match self.executor {
            Executor::Management => None,
            Executor::Delegated => Some(Arc::new(self.cloud.client(Executor::Management, !seed).await.ok()?)),
        };
        let store = Arc::new(WatchedStore::new(Arc::clone(&self.store), mutation, crash));
        let crashed = Arc::clone(&store.crashed);
        let reader = Arc::new(Meddled::new(client, mutation));
        let management = management.map(|client| Arc::new(Meddled::new(client, mutation)) as Arc<dyn AwsWrite>);
        let engine = Engine {
            read: Arc::clone(&reader) as Arc<dyn AwsRead>,
            write: Executors { delegated: reader as Arc<dyn AwsWrite>, management },
            store: Some(store as Arc<dyn StateStore>),
            clock: Arc::clone(&self.cloud.clock),
            limits: Limits::default(),
            version: "simulation".to_owned(),
        };
        Some(Process { engine, crashed })
    }

    /// The catalog as this Sekisho reads it.
    fn catalog(&self) -> catalog::Catalog {
        let mut files = self.wish.files();
        if let Some(settings) = self.scenario.mutation.and_then(|mutation| mutation.misread(&self.wish)) {
            files.files.insert("sekisho.yaml".to_owned(), settings);
        }
        // from the second attempt on: by then there is something to lose
        if self.scenario.mutation == Some(Mutation::UnreadableFileAsEmpty) && !self.attempts.is_empty() {
            files.files.remove("assignments/all.yaml");
        }
        let parsed = catalog::parse(&files);
        debug_assert!(!parsed.has_errors(), "{:#?}\n{files:#?}", parsed.diagnostics);
        parsed.catalog
    }

    async fn prepare(&mut self, process: &Process) -> Option<Prepared> {
        let catalog = self.catalog();
        match process.engine.prepare(&catalog, &BTreeSet::new(), &()).await {
            Ok(mut prepared) => {
                if let Some(mutation) = self.scenario.mutation {
                    mutation.twist(&mut prepared.plan);
                }
                self.history.plan(self.cloud.now(), &prepared.plan);
                Some(prepared)
            }
            Err(error) => {
                self.history.say(self.cloud.now(), format!("no plan: {error}"));
                None
            }
        }
    }

    async fn revalidate(&mut self, process: &Process, kept: &Prepared) -> Option<Prepared> {
        if matches!(self.scenario.mutation, Some(Mutation::StalePlanApplied | Mutation::NoRecheck)) {
            return Some(kept.clone());
        }
        let catalog = self.catalog();
        match process.engine.revalidate(&kept.plan, &catalog, &BTreeSet::new(), &()).await {
            Ok(prepared) => Some(prepared),
            Err(error) => {
                self.history.say(self.cloud.now(), format!("the kept plan is refused: {error}"));
                None
            }
        }
    }

    async fn apply(
        &mut self,
        process: &Process,
        prepared: &Prepared,
        kept: bool,
        end: End,
        begun: Timestamp,
    ) -> Option<RunSummary> {
        let stale = self.scenario.mutation == Some(Mutation::StalePlanApplied);
        let cancellation = Cancellation::new();
        let options =
            ApplyOptions { who: "simulation".to_owned(), kept: kept && !stale, cancellation: cancellation.clone() };
        let applying = self.cloud.now();
        let applied = {
            let run = process.engine.apply(&prepared.plan, &options, &());
            tokio::select! {
                biased;
                () = gone(process, end, &self.cloud, &cancellation) => None,
                applied = run => Some(applied),
            }
        };
        let now = self.cloud.now();
        let told = match &applied {
            None => format!("the process is gone: {end:?}"),
            Some(Ok(summary)) => {
                for problem in summary.problems() {
                    self.history.say(now, format!("  {}: {:?}", problem.what, problem.outcome));
                }
                summary.outcome_line()
            }
            Some(Err(ApplyError::Refused { findings })) => {
                let rules: Vec<&str> = findings.iter().map(|finding| finding.rule.as_str()).collect();
                format!("refused: {}", rules.join(", "))
            }
            Some(Err(error)) => format!("not applied: {error}"),
        };
        self.history.say(now, told);
        self.note(begun, Some(applying), Some(prepared.plan.clone()), applied.is_none());
        applied.and_then(Result::ok)
    }

    fn note(&mut self, began: Timestamp, applying: Option<Timestamp>, plan: Option<Plan>, crashed: bool) {
        let rows = self.wish.rows(self.company, &self.cloud.sandbox());
        let (ended, wish) = (self.cloud.now(), self.wish.clone());
        self.attempts.push(Attempt { began, ended, applying, wish, rows, plan, crashed });
    }

    /// Holds everything that is known to have happened against the invariants.
    async fn check(&self, at_rest: bool) -> Result<(), Violation> {
        let instance = self.attempts.iter().rev().find_map(|attempt| attempt.plan.as_ref()).map(|plan| &plan.instance);
        let (journal, unfinished) = match instance {
            Some(instance) => {
                let lost = |error: ports::StoreError| Violation { invariant: "simulation", what: error.to_string() };
                let entries = self.store.entries(instance, 0, u32::MAX).await.map_err(lost)?;
                (entries, self.store.unfinished_runs(instance).await.map_err(lost)?.len())
            }
            None => (Vec::new(), 0),
        };
        let sandbox = self.cloud.sandbox();
        let evidence = Evidence::new(&sandbox, &self.cloud, self.company, &self.before, &self.attempts, &journal);
        invariant::check(&evidence, self.scenario)?;
        if at_rest {
            invariant::check_at_rest(&evidence, self.scenario, unfinished)?;
        }
        Ok(())
    }
}

/// A process of Sekisho.
struct Process {
    engine: Engine,
    crashed: Arc<tokio::sync::Notify>,
}

/// Returns when the process is gone; tells it to stop where that is what happens to it.
async fn gone(process: &Process, end: End, cloud: &Cloud, cancellation: &Cancellation) {
    match end {
        End::None => {}
        End::AtAppend(_) => return process.crashed.notified().await,
        End::After(time) => return cloud.clock.sleep(time).await,
        End::Told(time, more) => {
            cloud.clock.sleep(time).await;
            cancellation.finish();
            if let Some(more) = more {
                cloud.clock.sleep(more).await;
                cancellation.park();
            }
        }
    }
    std::future::pending().await
}

fn draw_end(dice: &mut fastrand::Rng) -> End {
    let time = |dice: &mut fastrand::Rng| Duration::from_millis(dice.u64(0..40_000));
    match dice.u8(..10) {
        0..3 => End::AtAppend(Crash { append: dice.usize(..25), after: dice.bool() }),
        3..6 => End::After(time(dice)),
        6 => End::Told(time(dice), None),
        7 => End::Told(time(dice), Some(time(dice))),
        _ => End::None,
    }
}
