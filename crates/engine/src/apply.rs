//! Applying a plan: lease, recovery, execution, journal, summary.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use model::Plan;
use model::finding::Severity;
use model::id::{OperationId, RunId, short_hash};
use model::journal::JournalEvent;
use model::observed::{Caller, InstanceKey};
use ports::{Lease, StateStore};

use crate::cancellation::{Cancellation, Halt, Urgency};
use crate::context::Context;
use crate::engine::Engine;
use crate::error::ApplyError;
use crate::executor::{Work, execute};
use crate::gate::Gate;
use crate::journal::Journal;
use crate::lease::{LeaseKeeper, acquire};
use crate::progress::{ApplyEvent, ApplyProgress, Counts};
use crate::recover::recover;
use crate::summary::{Recovered, RunSummary};

/// How a plan is applied.
#[derive(Debug, Clone, Default)]
pub struct ApplyOptions {
    /// Who applies it: ARN of the credentials, or another name. Written into the journal and shown to whoever waits for
    /// the lease.
    pub who: String,
    /// The plan was kept for a while (a file): every assumption is read again right before its operation, not only
    /// those of removals.
    pub kept: bool,
    /// By which the run can be asked to stop.
    pub cancellation: Cancellation,
}

/// The right to write, and the journal, for as long as it lives.
pub(crate) struct Session {
    store: Option<(Arc<dyn StateStore>, Lease)>,
    instance: InstanceKey,
    keeper: Option<LeaseKeeper>,
    journal: Journal,
    halt: Arc<Halt>,
    waited: bool,
}

impl Session {
    pub(crate) async fn open(
        engine: &Engine,
        instance: &InstanceKey,
        options: &ApplyOptions,
        progress: &dyn ApplyProgress,
    ) -> Result<Self, ApplyError> {
        let halt = Arc::new(Halt::default());
        let instance = instance.clone();
        let Some(store) = engine.store.clone() else {
            return Ok(Self { store: None, instance, keeper: None, journal: Journal::none(), halt, waited: false });
        };
        let clock = Arc::clone(&engine.clock);
        let (lease, waited) = acquire(
            store.as_ref(),
            clock.as_ref(),
            &instance,
            &options.who,
            &engine.limits,
            &options.cancellation,
            progress,
        )
        .await?;
        let keeper = LeaseKeeper::start(
            Arc::clone(&store),
            Arc::clone(&clock),
            instance.clone(),
            lease.clone(),
            &engine.limits,
            Arc::clone(&halt),
        );
        let journal = Journal::start(Arc::clone(&store), clock, instance.clone(), lease.clone(), Arc::clone(&halt));
        Ok(Self { store: Some((store, lease)), instance, keeper: Some(keeper), journal, halt, waited })
    }

    pub(crate) fn halt(&self) -> &Halt {
        &self.halt
    }

    /// Appends events, all or none.
    pub(crate) async fn append(&self, events: Vec<JournalEvent>, at: Timestamp) -> Result<(), ()> {
        let Some((store, lease)) = &self.store else { return Ok(()) };
        store.append(&self.instance, lease, at, events).await.map_err(|error| {
            self.halt.park(format!("the journal cannot be written: {error}"));
        })
    }

    fn token(&self) -> u64 {
        self.store.as_ref().map_or(0, |(_, lease)| lease.token)
    }

    /// Writes what is left and gives the lease back.
    pub(crate) async fn close(mut self) {
        self.journal.close().await;
        self.keeper.take();
        if let Some((store, lease)) = self.store
            && let Err(error) = store.release_lease(&self.instance, &lease).await
        {
            // It expires by itself.
            tracing::warn!(%error, "the lease could not be given back");
        }
    }
}

impl Engine {
    /// Applies a plan that [`Engine::prepare`] made or [`Engine::revalidate`] accepted.
    ///
    /// What earlier runs left in flight is settled first; if that was anything, the plan may be older than its end, and
    /// [`ApplyError::PlanAgain`] asks for a new one.
    ///
    /// # Errors
    /// When the run does not begin: another holds the lease, the plan is refused or has to be made again. Failures of
    /// single operations are in the summary.
    pub async fn apply(
        &self,
        plan: &Plan,
        options: &ApplyOptions,
        progress: &dyn ApplyProgress,
    ) -> Result<RunSummary, ApplyError> {
        usable(plan)?;
        let session = Session::open(self, &plan.instance, options, progress).await?;
        let applied = self.apply_in(&session, plan, options, progress).await;
        session.close().await;
        applied
    }

    /// Settles what earlier runs left in flight, and does nothing else.
    ///
    /// # Errors
    /// When another run holds the lease, or the state cannot be read. [`ApplyError::NoJournal`] without one.
    pub async fn recover(
        &self,
        instance: &InstanceKey,
        caller: &Caller,
        options: &ApplyOptions,
        progress: &dyn ApplyProgress,
    ) -> Result<Vec<Recovered>, ApplyError> {
        if self.store.is_none() {
            return Err(ApplyError::NoJournal);
        }
        let session = Session::open(self, instance, options, progress).await?;
        let recovered = self.recover_in(&session, caller, progress).await;
        session.close().await;
        recovered
    }

    async fn recover_in(
        &self,
        session: &Session,
        caller: &Caller,
        progress: &dyn ApplyProgress,
    ) -> Result<Vec<Recovered>, ApplyError> {
        let Some((store, _)) = &session.store else { return Ok(Vec::new()) };
        let runs = store.unfinished_runs(&session.instance).await?;
        let gate = Gate::new(self.limits.calls_per_second, self.clock.now());
        let context = Context::new(self, &session.journal, &session.halt, progress, &gate, caller);
        let halt = Arc::clone(&session.halt);
        let recovered = tokio::select! {
            biased;
            recovered = recover(&context, runs) => recovered,
            () = halt.beyond(Urgency::Finish) => return Err(stopped(&halt)),
        };
        Ok(recovered)
    }

    async fn apply_in(
        &self,
        session: &Session,
        plan: &Plan,
        options: &ApplyOptions,
        progress: &dyn ApplyProgress,
    ) -> Result<RunSummary, ApplyError> {
        let recovered = self.recover_in(session, &plan.observation.caller, progress).await?;
        if recovered.iter().any(|run| run.operations.len() > run.still_in_flight().count()) {
            return Err(ApplyError::PlanAgain { recovered });
        }
        let withheld = withheld(plan, &recovered);
        let started = self.clock.now();
        let run = run_id(started, plan, session.token());
        if plan.is_empty() {
            self.record_bindings(session, plan).await?;
            return Ok(RunSummary {
                run,
                plan: plan.id.clone(),
                started,
                finished: self.clock.now(),
                counts: Counts::default(),
                operations: Vec::new(),
                stopped: None,
                recovered,
            });
        }
        if options.cancellation.urgency() > Urgency::None {
            return Err(ApplyError::Stopped { reason: "stopped on request".to_owned() });
        }
        let began =
            JournalEvent::RunStarted { run: run.clone(), who: options.who.clone(), plan: Box::new(plan.clone()) };
        session.journal.write(began).await.map_err(|_| stopped(&session.halt))?;
        progress.event(&ApplyEvent::RunStarted { run: &run, operations: plan.operations.len() });

        let gate = Gate::new(self.limits.calls_per_second, self.clock.now());
        let caller = &plan.observation.caller;
        let context = Context::new(self, &session.journal, &session.halt, progress, &gate, caller);
        let old = context.since(plan.observation.as_of) > self.limits.fresh_for;
        let work = Work {
            run: &run,
            operations: &plan.operations,
            look_at_all: options.kept || session.waited || old,
            withheld: &withheld,
            cancellation: &options.cancellation,
        };
        let executed = execute(&context, &work).await;
        let summary = RunSummary {
            run,
            plan: plan.id.clone(),
            started,
            finished: self.clock.now(),
            counts: executed.counts,
            operations: executed.operations,
            stopped: session.halt.reason(),
            recovered,
        };
        end_run(session, plan, &summary).await;
        Ok(RunSummary { stopped: session.halt.reason(), ..summary })
    }

    /// With nothing to do, what the names mean may still be new.
    async fn record_bindings(&self, session: &Session, plan: &Plan) -> Result<(), ApplyError> {
        let Some((store, _)) = &session.store else { return Ok(()) };
        let known = store.bindings(&session.instance).await?;
        if plan.bindings.entries.iter().all(|(name, ids)| known.entries.get(name) == Some(ids)) {
            return Ok(());
        }
        let event = JournalEvent::BindingsRecorded { bindings: plan.bindings.clone() };
        session.journal.write(event).await.map_err(|_| stopped(&session.halt))
    }
}

/// Ends the run in the journal, unless something is left in flight: then the next run ends it.
async fn end_run(session: &Session, plan: &Plan, summary: &RunSummary) {
    let counts = &summary.counts;
    if counts.left_in_flight > 0 {
        return;
    }
    let finished = JournalEvent::RunFinished {
        run: summary.run.clone(),
        outcome: summary.outcome_line(),
        verified: counts.verified + counts.already_so,
        failed: counts.failed + counts.contradicted,
        skipped: counts.skipped + counts.not_started,
    };
    if summary.is_complete() && !plan.bindings.entries.is_empty() {
        session.journal.post(JournalEvent::BindingsRecorded { bindings: plan.bindings.clone() });
    }
    // Should this fail the run is told to stop, and the summary says so.
    let _ = session.journal.write(finished).await;
}

pub(crate) fn stopped(halt: &Halt) -> ApplyError {
    ApplyError::Stopped { reason: halt.reason().unwrap_or_else(|| "the run was asked to stop".to_owned()) }
}

/// Refuses a plan that is of another version, was edited, or that findings forbid.
pub(crate) fn usable(plan: &Plan) -> Result<(), ApplyError> {
    if plan.format_version != Plan::FORMAT_VERSION {
        return Err(ApplyError::Unusable {
            reason: format!("it has format {}, this Sekisho reads {}", plan.format_version, Plan::FORMAT_VERSION),
        });
    }
    if plan.content_id().ok().as_ref() != Some(&plan.id) {
        return Err(ApplyError::Unusable {
            reason: "its content does not match its id: it was changed after it was made".to_owned(),
        });
    }
    let findings: Vec<_> =
        plan.findings.iter().filter(|finding| finding.severity == Severity::Refusal).cloned().collect();
    if findings.is_empty() { Ok(()) } else { Err(ApplyError::Refused { findings }) }
}

/// Operations on what an earlier run still has in flight.
fn withheld(plan: &Plan, recovered: &[Recovered]) -> BTreeMap<OperationId, String> {
    let ids: BTreeSet<&OperationId> =
        recovered.iter().flat_map(Recovered::still_in_flight).map(|operation| &operation.operation).collect();
    if ids.is_empty() {
        return BTreeMap::new();
    }
    plan.operations
        .iter()
        .filter(|operation| ids.contains(&operation.id) || opposite(operation).is_some_and(|id| ids.contains(&id)))
        .map(|operation| (operation.id.clone(), "an earlier run's request for the same is still in flight".to_owned()))
        .collect()
}

/// The operation that would act on the same assignment the other way.
fn opposite(operation: &model::Operation) -> Option<OperationId> {
    use model::Change;
    let change = match operation.change.clone() {
        Change::Assign { set, account, principal } => Change::Withdraw { set, account, principal },
        Change::Withdraw { set, account, principal } => Change::Assign { set, account, principal },
        _ => return None,
    };
    Some(change.operation_id())
}

/// `run-20261122T041500Z-3fa9c1`: sorts by time; lease token and plan tell runs of the same second apart.
fn run_id(now: Timestamp, plan: &Plan, token: u64) -> RunId {
    let hash = short_hash([plan.id.as_str(), &token.to_string(), &now.to_string()]);
    let text = format!("run-{}-{}", now.strftime("%Y%m%dT%H%M%SZ"), hash.get(..6).unwrap_or_default());
    RunId::new(text).unwrap_or_else(|_| unreachable!("the text is not empty"))
}

/// How long a run took.
impl RunSummary {
    /// From begin to end.
    #[must_use]
    pub fn duration(&self) -> Duration {
        Duration::try_from(self.finished.duration_since(self.started)).unwrap_or_default()
    }
}
