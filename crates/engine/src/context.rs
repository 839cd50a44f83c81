//! What every operation of a run shares.

use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use model::change::{Change, Scope};
use model::claim::Claim;
use model::id::{OperationId, PermissionSetArn, RunId};
use model::journal::{JournalEvent, PendingRequest, StepState};
use model::observed::{Caller, CallerRole};
use ports::{AwsError, AwsErrorKind, AwsWrite, Clock, PollResult, Started, StatusList};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::cancellation::{Halt, Urgency};
use crate::engine::Engine;
use crate::gate::{Gate, Precedence};
use crate::journal::{Journal, JournalLost};
use crate::limits::Limits;
use crate::pacing::{Pacing, listed_as};
use crate::parts::Parts;
use crate::progress::{ApplyEvent, ApplyProgress};
use crate::settlement::{Batch, Settlement, Told};

/// How a request that was followed ended.
#[derive(Debug)]
pub(crate) enum Followed {
    /// AWS says it is done.
    Succeeded,
    /// AWS says it failed.
    Failed(String),
    /// AWS does not know the request any more.
    Forgotten,
    /// Not known, for this reason.
    Unknown(String),
}

/// What every operation of a run shares.
pub(crate) struct Context<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) clock: &'a dyn Clock,
    pub(crate) limits: &'a Limits,
    pub(crate) journal: &'a Journal,
    pub(crate) halt: &'a Arc<Halt>,
    pub(crate) progress: &'a dyn ApplyProgress,
    pub(crate) parts: Parts<'a>,
    pub(crate) pacing: Pacing,
    pub(crate) settlement: Settlement,
    pub(crate) gate: &'a Gate,
    pub(crate) runs_in_management_account: bool,
    throttled: AtomicU64,
}

impl<'a> Context<'a> {
    pub(crate) fn new(
        engine: &'a Engine,
        journal: &'a Journal,
        halt: &'a Arc<Halt>,
        progress: &'a dyn ApplyProgress,
        gate: &'a Gate,
        caller: &Caller,
    ) -> Self {
        let clock = engine.clock.as_ref();
        Self {
            engine,
            clock,
            limits: &engine.limits,
            journal,
            halt,
            progress,
            parts: Parts::new(engine.read.as_ref(), clock, gate),
            pacing: Pacing::new(&engine.limits),
            settlement: Settlement::new(&engine.limits),
            gate,
            runs_in_management_account: caller.role == CallerRole::Management,
            throttled: AtomicU64::new(0),
        }
    }

    /// The executor for a scope, if there is one.
    pub(crate) fn writer(&self, scope: &Scope) -> Option<&'a dyn AwsWrite> {
        match scope {
            // Accounts are entered through their doors, whoever calls.
            Scope::Delegated | Scope::Account(_) => Some(self.engine.write.delegated.as_ref()),
            Scope::Management => self.engine.write.management.as_deref().or_else(|| {
                // Whoever runs in the management account may do all of it.
                self.runs_in_management_account.then(|| self.engine.write.delegated.as_ref())
            }),
        }
    }

    pub(crate) fn since(&self, instant: Timestamp) -> Duration {
        Duration::try_from(self.clock.now().duration_since(instant)).unwrap_or_default()
    }

    /// Answers that asked to slow down.
    pub(crate) fn throttled(&self) -> u64 {
        self.throttled.load(Ordering::Relaxed)
    }

    pub(crate) fn note_error(&self, error: &AwsError) {
        if error.kind == AwsErrorKind::Throttled {
            self.throttled.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits, unless the run stops meanwhile; says whether it may go on.
    pub(crate) async fn pause(&self, wait: Duration) -> bool {
        // In a given order here and everywhere, so that a simulated run is the same every time.
        tokio::select! {
            biased;
            () = self.clock.sleep(wait) => self.halt.urgency() == Urgency::None,
            () = self.halt.beyond(Urgency::None) => false,
        }
    }

    /// Waits for new credentials; says whether it is worth trying again. `pauses` counts.
    pub(crate) async fn pause_for_credentials(&self, pauses: &mut u32, error: &AwsError) -> bool {
        *pauses += 1;
        if *pauses > self.limits.credential_pauses {
            self.halt.finish(format!("the credentials are not valid any more: {}", error.message));
            return false;
        }
        let wait = self.limits.credential_pause;
        self.progress.event(&ApplyEvent::Paused { reason: "the credentials ended: waiting for new ones", wait });
        self.pause(wait).await
    }

    pub(crate) fn post_step(&self, run: &RunId, operation: &OperationId, state: StepState) {
        self.journal.post(JournalEvent::Step { run: run.clone(), operation: operation.clone(), state });
    }

    pub(crate) async fn write_step(
        &self,
        run: &RunId,
        operation: &OperationId,
        state: StepState,
    ) -> Result<(), JournalLost> {
        self.journal.write(JournalEvent::Step { run: run.clone(), operation: operation.clone(), state }).await
    }

    /// The journal's word for an operation that was verified.
    pub(crate) fn verified(&self, change: &Change) -> StepState {
        let set_arn = change.set().and_then(|set| self.parts.arn(set));
        StepState::Verified { change: Box::new(change.clone()), set_arn }
    }

    /// Sends a change.
    pub(crate) async fn send(
        &self,
        writer: &dyn AwsWrite,
        change: &Change,
        arn: Option<&PermissionSetArn>,
    ) -> Result<Started, AwsError> {
        self.gate.pass(self.clock, Precedence::Change).await;
        writer.start(change, arn).await.inspect_err(|error| self.note_error(error))
    }

    /// Asks how a request stands until it has ended, AWS forgets it, or patience ends. `resumed`: it was accepted some
    /// time ago, so that it is asked about at once and nothing is learnt from how long it takes. `left_list` is called
    /// when AWS no longer lists it as in progress.
    pub(crate) async fn follow(
        &self,
        writer: &dyn AwsWrite,
        scope: &Scope,
        request: &PendingRequest,
        resumed: bool,
        is_needed: bool,
        left_list: &(dyn Fn() + Send + Sync),
    ) -> Followed {
        let accepted = self.clock.now();
        let in_flight = self.pacing.accepted(request, scope, accepted);
        let (list, id) = listed_as(request);
        let mut wait = if resumed { Duration::ZERO } else { self.pacing.first_wait(list, scope, accepted) };
        let mut at_least = Duration::ZERO;
        let (mut pauses, mut missing, mut troubles) = (0, 0_u32, 0_u32);
        loop {
            let listed = tokio::select! {
                biased;
                () = self.clock.sleep(wait) => false,
                () = in_flight.gone() => {
                    left_list();
                    if !resumed {
                        let took = self.since(accepted);
                        self.pacing.ended(list, took, took);
                    }
                    true
                }
            };
            if listed && !resumed && self.settled(list, scope, id, is_needed).await {
                return Followed::Succeeded;
            }
            // Measured before waiting for its turn: else waiting would make later questions come later still.
            let asked = self.since(accepted);
            let mut turn = pin!(self.gate.pass(self.clock, Precedence::Question));
            tokio::select! {
                biased;
                () = &mut turn => {}
                () = in_flight.gone(), if !listed => {
                    left_list();
                    turn.await;
                }
            }
            let last_trouble = match writer.poll(request).await {
                Ok(ended @ (PollResult::Succeeded | PollResult::Failed(_))) => {
                    if !resumed && !listed {
                        self.pacing.ended(list, at_least, asked);
                    }
                    return match ended {
                        PollResult::Failed(reason) => Followed::Failed(reason),
                        _ => Followed::Succeeded,
                    };
                }
                Ok(PollResult::InProgress) => {
                    at_least = asked;
                    wait = self.pacing.next_wait(list, asked, self.clock.now());
                    None
                }
                Err(error) => {
                    self.note_error(&error);
                    match error.kind {
                        // A request that was only just accepted may not be known everywhere yet.
                        AwsErrorKind::NotFound => {
                            missing += 1;
                            if missing >= self.limits.attempts {
                                return Followed::Forgotten;
                            }
                        }
                        AwsErrorKind::Credentials => {
                            if !self.pause_for_credentials(&mut pauses, &error).await {
                                return Followed::Unknown(error.to_string());
                            }
                        }
                        AwsErrorKind::Throttled | AwsErrorKind::Transient | AwsErrorKind::Conflict => {}
                        AwsErrorKind::AccessDenied | AwsErrorKind::Invalid | AwsErrorKind::NotSupported => {
                            return Followed::Unknown(error.to_string());
                        }
                    }
                    troubles += 1;
                    wait = self.limits.backoff(troubles, id);
                    Some(error)
                }
            };
            if self.since(accepted) >= self.limits.poll_deadline {
                let minutes = self.limits.poll_deadline.as_secs().div_ceil(60);
                return Followed::Unknown(match last_trouble {
                    Some(error) => error.to_string(),
                    None => format!("AWS has not ended it within {minutes} minutes"),
                });
            }
        }
    }

    /// Reads the lists of requests in progress whenever that is worth it. Never returns.
    pub(crate) async fn watch(&self) {
        loop {
            let due = self.pacing.next_lists(self.clock).await;
            futures::future::join_all(due.iter().map(|(list, scope)| self.read_list(*list, scope))).await;
        }
    }

    async fn read_list(&self, list: StatusList, scope: &Scope) {
        let Some(writer) = self.writer(scope) else { return };
        self.gate.pass(self.clock, Precedence::List).await;
        let asked = self.clock.now();
        match writer.in_progress(list).await {
            Ok(ids) => self.pacing.listed(list, scope, asked, &ids),
            Err(error) => {
                self.note_error(&error);
                if !error.kind.is_passing() {
                    self.pacing.close_list(list, scope);
                }
            }
        }
    }

    /// Lets a request that ended wait for others; says whether AWS lists it as succeeded.
    async fn settled(&self, list: StatusList, scope: &Scope, id: &str, is_needed: bool) -> bool {
        if self.halt.urgency() > Urgency::None {
            return false;
        }
        let Some(told) = self.settlement.join(list, scope, id, is_needed, self.clock.now()) else { return false };
        tokio::select! {
            told = told => matches!(told, Ok(Told::Succeeded)),
            () = self.halt.beyond(Urgency::None) => false,
        }
    }

    /// Learns how requests ended, many at once, whenever that is worth it. Never returns.
    pub(crate) async fn settle(&self) {
        loop {
            let batch = self.settlement.next(self.clock).await;
            let (succeeded, pages) =
                if self.settlement.is_worth_it(&batch) { self.succeeded(&batch).await } else { (BTreeSet::new(), 0) };
            self.settlement.settle(&batch, &succeeded, pages);
        }
    }

    /// Which of these requests AWS lists as succeeded, and after how many pages.
    async fn succeeded(&self, batch: &Batch) -> (BTreeSet<String>, usize) {
        let (mut succeeded, mut pages, mut token) = (BTreeSet::new(), 0, None);
        let Some(writer) = self.writer(&batch.scope) else { return (succeeded, pages) };
        while pages < batch.most_pages() && succeeded.len() < batch.ids.len() {
            self.gate.pass(self.clock, Precedence::Question).await;
            pages += 1;
            match writer.succeeded(batch.list, token.take()).await {
                Ok(page) => {
                    succeeded.extend(page.ids.into_iter().filter(|id| batch.ids.contains(id)));
                    token = page.next;
                }
                Err(error) => {
                    self.note_error(&error);
                    if !error.kind.is_passing() {
                        self.settlement.close(batch);
                    }
                }
            }
            if token.is_none() {
                break;
            }
        }
        (succeeded, pages)
    }

    /// Reads what a claim is about now, and says whether it holds.
    pub(crate) async fn holds_now(&self, claim: &Claim) -> Result<bool, AwsError> {
        let value =
            self.parts.fresh(claim.part(), Precedence::Change).await.inspect_err(|error| self.note_error(error))?;
        Ok(claim.holds(&value) == Some(true))
    }
}
