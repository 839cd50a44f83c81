//! What every operation of a run shares.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use model::change::{Change, Scope};
use model::claim::Claim;
use model::id::{OperationId, PermissionSetArn, RunId};
use model::journal::{JournalEvent, PendingRequest, StepState};
use model::observed::{Caller, CallerRole};
use ports::{AwsError, AwsErrorKind, AwsWrite, Clock, PollResult, Started};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::cancellation::{Halt, Urgency};
use crate::engine::Engine;
use crate::journal::{Journal, JournalLost};
use crate::limits::Limits;
use crate::meter::CallMeter;
use crate::pacing::{Pacing, listed_as};
use crate::parts::Parts;
use crate::progress::{ApplyEvent, ApplyProgress};

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
    pub(crate) meter: &'a CallMeter,
    pub(crate) runs_in_management_account: bool,
    throttled: AtomicU64,
}

impl<'a> Context<'a> {
    pub(crate) fn new(
        engine: &'a Engine,
        journal: &'a Journal,
        halt: &'a Arc<Halt>,
        progress: &'a dyn ApplyProgress,
        meter: &'a CallMeter,
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
            parts: Parts::new(engine.read.as_ref(), clock, meter),
            pacing: Pacing::new(&engine.limits),
            meter,
            runs_in_management_account: caller.role == CallerRole::Management,
            throttled: AtomicU64::new(0),
        }
    }

    /// The executor for a scope, if there is one.
    pub(crate) fn writer(&self, scope: &Scope) -> Option<&'a dyn AwsWrite> {
        match scope {
            Scope::Delegated => Some(self.engine.write.delegated.as_ref()),
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
        tokio::select! {
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
        StepState::Verified { change: Box::new(change.clone()), set_arn: self.parts.arn(change.set()) }
    }

    /// Sends a change.
    pub(crate) async fn send(
        &self,
        writer: &dyn AwsWrite,
        change: &Change,
        arn: Option<&PermissionSetArn>,
    ) -> Result<Started, AwsError> {
        let _on_the_way = self.meter.call(self.clock.now());
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
        left_list: &(dyn Fn() + Send + Sync),
    ) -> Followed {
        let accepted = self.clock.now();
        let in_flight = self.pacing.accepted(request, scope, accepted);
        let (list, id) = listed_as(request);
        let mut wait = if resumed {
            Duration::ZERO
        } else {
            self.pacing.first_wait(list, scope, self.pacing.spare_now(self.meter, accepted))
        };
        let mut at_least = Duration::ZERO;
        let (mut pauses, mut missing, mut troubles) = (0, 0_u32, 0_u32);
        loop {
            tokio::select! {
                () = self.clock.sleep(wait) => {}
                () = in_flight.gone() => {
                    // Whatever takes its place goes first; how this one ended can wait that long.
                    left_list();
                    self.clock.sleep(self.limits.shortest_poll).await;
                }
            }
            // Only the first question has to be: what is left over is for the others.
            let on_the_way =
                if at_least.is_zero() { self.meter.call(self.clock.now()) } else { self.meter.extra_call() };
            let asked = self.since(accepted);
            let answer = writer.poll(request).await;
            drop(on_the_way);
            let last_trouble = match answer {
                Ok(ended @ (PollResult::Succeeded | PollResult::Failed(_))) => {
                    if !resumed {
                        self.pacing.ended(list, at_least, asked);
                    }
                    return match ended {
                        PollResult::Failed(reason) => Followed::Failed(reason),
                        _ => Followed::Succeeded,
                    };
                }
                Ok(PollResult::InProgress) => {
                    at_least = asked;
                    let now = self.clock.now();
                    wait = self.pacing.next_wait(list, asked, self.pacing.spare_now(self.meter, now), now);
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
        let mut last = self.clock.now();
        loop {
            let lists = self.pacing.next_lists(self.clock, self.meter, last).await;
            last = self.clock.now();
            for (list, scope) in lists {
                let Some(writer) = self.writer(&scope) else { continue };
                let asked = self.clock.now();
                match writer.in_progress(list).await {
                    Ok(ids) => self.pacing.listed(list, &scope, asked, &ids),
                    Err(error) => {
                        self.note_error(&error);
                        let passing = [AwsErrorKind::Throttled, AwsErrorKind::Transient, AwsErrorKind::Credentials];
                        if !passing.contains(&error.kind) {
                            self.pacing.close_list(list, &scope);
                        }
                    }
                }
            }
        }
    }

    /// Reads what a claim is about now, and says whether it holds.
    pub(crate) async fn holds_now(&self, claim: &Claim) -> Result<bool, AwsError> {
        let value = self.parts.fresh(claim.part()).await.inspect_err(|error| self.note_error(error))?;
        Ok(claim.holds(&value) == Some(true))
    }
}
