//! Runs a plan's operations: dumb on purpose. It chooses nothing but the order, within what the plan allows.

mod item;
pub(crate) mod operation;
mod schedule;
mod tally;
mod verification;

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt as _};
use futures::stream::{FuturesUnordered, StreamExt as _};
use jiff::Timestamp;
use model::claim::PartValue;
use model::id::{OperationId, RunId};
use model::journal::StepState;
use model::operation::Operation;
use ports::AwsError;

use crate::cancellation::{Cancellation, Urgency};
use crate::context::Context;
use crate::executor::operation::{Attempt, Ended};
use crate::executor::schedule::{Phase, Schedule};
use crate::executor::tally::Tally;
use crate::executor::verification::Verifying;
use crate::gate::Precedence;
use crate::progress::{ApplyEvent, Counts};
use crate::summary::{OperationOutcome, Outcome};

/// Operations of which what they rely on is read before their turn: those next in the queues of the fifteen that are in
/// flight, and a few more.
const LOOKED_AHEAD: usize = 24;

/// An operation in words, for reasons and summaries.
pub(crate) fn what(operation: &Operation) -> String {
    if operation.meaning.summary.is_empty() {
        format!("{} {}", operation.change.kind().replace('_', " "), operation.change.identity())
    } else {
        operation.meaning.summary.clone()
    }
}

/// What is to be run.
pub(crate) struct Work<'a> {
    pub(crate) run: &'a RunId,
    pub(crate) operations: &'a [Operation],
    /// Whether every operation's assumptions are read again first, not only those of removals.
    pub(crate) look_at_all: bool,
    /// Operations that must not be sent, and why.
    pub(crate) withheld: &'a BTreeMap<OperationId, String>,
    pub(crate) cancellation: &'a Cancellation,
}

impl Work<'_> {
    fn looks_first(&self, operation: &Operation) -> bool {
        self.look_at_all || operation.change.is_removal()
    }
}

enum Event {
    /// AWS's last word on an operation.
    Ended(usize, Ended),
    /// A part was read, to verify these operations.
    Read { part: usize, asked: Vec<usize>, value: Result<PartValue, AwsError> },
    /// What an operation to come relies on was read.
    LookedAhead(usize),
    /// Rested long enough: a reading of this part may be repeated.
    Rested(usize),
    /// Waited long enough for others that the same reading would verify.
    Held(usize),
}

/// What a run of operations came to.
pub(crate) struct Executed {
    pub(crate) operations: Vec<OperationOutcome>,
    pub(crate) counts: Counts,
}

/// Runs the operations until each has an outcome.
pub(crate) async fn execute(context: &Context<'_>, work: &Work<'_>) -> Executed {
    let tally = Tally::new(context, u64::try_from(work.operations.len()).unwrap_or(u64::MAX));
    let (schedule, broken) = Schedule::new(work.operations, context.limits, |operation| work.looks_first(operation));
    let verifying = (0..schedule.part_count()).map(|_| Verifying::default()).collect();
    let count = schedule.len();
    let mut execution = Execution {
        context,
        work,
        tally: &tally,
        schedule,
        verifying,
        outcomes: (0..count).map(|_| None).collect(),
        began: vec![None; count],
        ended: vec![None; count],
        looked_at: BTreeSet::new(),
        operations_to_look_at: work.operations.iter().filter(|operation| work.looks_first(operation)).count(),
        looking: 0,
        awaiting_parts: 0,
        tasks: FuturesUnordered::new(),
    };
    for operation in work.operations {
        if let Some(set) = operation.change.set()
            && let Some(arn) = &set.arn
        {
            context.parts.learn_arn(&set.name, arn);
        }
    }
    for at in broken {
        execution.finish(at, Outcome::Skipped { reason: "it needs an operation that is not in the plan".to_owned() });
    }
    for (operation, at) in work.operations.iter().zip(0..) {
        if let Some(reason) = work.withheld.get(&operation.id) {
            execution.finish(at, Outcome::Skipped { reason: reason.clone() });
        }
    }
    execution.run().await;
    execution.close();
    let outcomes = execution.outcomes;
    let operations = work
        .operations
        .iter()
        .zip(outcomes)
        .map(|(operation, outcome)| OperationOutcome {
            operation: operation.id.clone(),
            what: what(operation),
            outcome: outcome.unwrap_or_else(|| Outcome::NotStarted { reason: "the run stopped".to_owned() }),
        })
        .collect();
    Executed { operations, counts: tally.counts() }
}

struct Execution<'a, 'c> {
    context: &'a Context<'c>,
    work: &'a Work<'a>,
    tally: &'a Tally<'a, 'c>,
    schedule: Schedule,
    verifying: Vec<Verifying>,
    outcomes: Vec<Option<Outcome>>,
    /// When each operation was taken up, and when AWS's last word on it came.
    began: Vec<Option<Timestamp>>,
    ended: Vec<Option<Timestamp>>,
    /// Operations of which what they rely on was read before their turn, and how many are left of which it should be.
    looked_at: BTreeSet<usize>,
    operations_to_look_at: usize,
    /// How many are being looked at.
    looking: usize,
    /// Parts that operations wait to be read.
    awaiting_parts: usize,
    tasks: FuturesUnordered<BoxFuture<'a, Event>>,
}

impl<'a> Execution<'a, '_> {
    async fn run(&mut self) {
        let context = self.context;
        let mut watch = pin!(async { futures::join!(context.watch(), context.settle()) });
        let mut told = false;
        loop {
            let urgency = context.halt.urgency();
            if urgency == Urgency::None {
                self.begin_ready();
                self.look_ahead();
                if self.schedule.nothing_waits() {
                    context.pacing.only_last_ones_left();
                }
            } else if !told {
                told = true;
                let reason = context.halt.reason().unwrap_or_else(|| "asked to".to_owned());
                let in_flight = self.tally.counts().in_flight;
                context.progress.event(&ApplyEvent::Stopping { reason: &reason, in_flight });
                for part in 0..self.verifying.len() {
                    self.verify(part);
                }
            }
            // Timers may be left; nothing they could bring matters any more.
            let looks = urgency == Urgency::None && self.looking > 0;
            if urgency == Urgency::Park || (self.schedule.active() == 0 && !looks) {
                return;
            }
            tokio::select! {
                biased;
                Some(event) = self.tasks.next() => self.handle(event),
                places = self.tally.places_left() => {
                    for at in places {
                        self.schedule.leave_place(at);
                    }
                }
                () = context.halt.beyond(urgency) => {}
                () = self.work.cancellation.beyond(urgency) => {
                    match self.work.cancellation.urgency() {
                        Urgency::Park => context.halt.park("stopped on request"),
                        _ => context.halt.finish("stopped on request"),
                    }
                }
                _ = &mut watch => {}
            }
        }
    }

    fn operation(&self, at: usize) -> Option<&'a Operation> {
        self.work.operations.get(at)
    }

    fn begin_ready(&mut self) {
        while let Some(at) = self.schedule.begin_next() {
            let Some(operation) = self.operation(at) else { return };
            if let Some(began) = self.began.get_mut(at) {
                *began = Some(self.context.clock.now());
            }
            let (context, run, tally) = (self.context, self.work.run, self.tally);
            let (look_first, is_needed) = (self.work.looks_first(operation), self.schedule.is_needed(at));
            let task = async move {
                let sign = |sign| tally.sign(at, operation, sign);
                let attempt = Attempt { context, run, operation, look_first, is_needed, sign: &sign };
                Event::Ended(at, attempt.perform().await)
            };
            self.tasks.push(task.boxed());
        }
        let mut workload = self.schedule.workload();
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let unread = self.awaiting_parts as f64;
        workload.calls += unread + workload.questions * self.context.settlement.calls_for_one();
        self.context.settlement.expect(workload.assignments + workload.provisionings);
        self.context.pacing.expect(workload);
    }

    /// Reads what the next operations rely on before their turn comes, so that no place among those in flight is taken
    /// up by looking.
    fn look_ahead(&mut self) {
        if self.operations_to_look_at == 0 {
            return;
        }
        for at in self.schedule.upcoming(LOOKED_AHEAD) {
            let Some(operation) = self.operation(at) else { continue };
            if !self.work.looks_first(operation) || !self.looked_at.insert(at) {
                continue;
            }
            self.operations_to_look_at = self.operations_to_look_at.saturating_sub(1);
            self.looking += 1;
            let context = self.context;
            self.tasks.push(
                async move {
                    for claim in &operation.before {
                        // An error will come again when it matters.
                        let age = context.limits.before_fresh;
                        let _ = context.parts.recent(claim.part(), age, Precedence::Question).await;
                    }
                    Event::LookedAhead(at)
                }
                .boxed(),
            );
        }
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Ended(at, ended) => self.operation_ended(at, ended),
            Event::Read { part, asked, value } => self.part_read(part, &asked, value),
            Event::LookedAhead(at) => {
                self.looking = self.looking.saturating_sub(1);
                self.schedule.looked(at);
            }
            Event::Rested(part) => {
                if let Some(state) = self.verifying.get_mut(part) {
                    state.resting = false;
                    state.urgent = true;
                }
                self.verify(part);
            }
            Event::Held(part) => {
                if let Some(state) = self.verifying.get_mut(part) {
                    state.urgent |= state.held;
                    state.held = false;
                }
                self.verify(part);
            }
        }
    }

    fn operation_ended(&mut self, at: usize, ended: Ended) {
        let Some(operation) = self.operation(at) else { return };
        let context = self.context;
        self.schedule.release(at);
        let part = self.schedule.part(at);
        let now = context.clock.now();
        let took = self.began.get(at).copied().flatten().map_or(Duration::ZERO, |began| context.since(began));
        let last_word = !matches!(ended, Ended::InFlight { .. } | Ended::Lost | Ended::NotStarted);
        if last_word {
            self.tally.ended(at, took, self.schedule.longest_queue());
            if let Some(slot) = self.ended.get_mut(at) {
                *slot = Some(now);
            }
        }
        match ended {
            Ended::Succeeded { created } | Ended::Seen { created } => self.succeeded(at, operation, created),
            Ended::AlreadySo => {
                self.schedule.ended(at);
                self.finish(at, Outcome::AlreadySo);
            }
            Ended::Failed { reason, advice, refused } => {
                self.finish(at, Outcome::Failed { reason, advice, refused });
            }
            Ended::Skipped { reason } => self.finish(at, Outcome::Skipped { reason }),
            Ended::InFlight { reason } => self.finish(at, Outcome::InFlight { reason }),
            Ended::NotStarted => self.finish(at, Outcome::NotStarted { reason: self.stop_reason() }),
            Ended::Lost if self.tally.was_started(at) => {
                self.finish(at, Outcome::InFlight { reason: self.stop_reason() });
            }
            Ended::Lost => self.finish(at, Outcome::NotStarted { reason: self.stop_reason() }),
        }
        // Others may have waited for this one to read their part.
        self.verify(part);
    }

    fn succeeded(&mut self, at: usize, operation: &Operation, created: Option<model::PermissionSetArn>) {
        let context = self.context;
        if let (Some(arn), Some(set)) = (&created, operation.change.set()) {
            context.parts.learn_arn(&set.name, arn);
        }
        context.parts.note(&operation.change);
        context.post_step(self.work.run, &operation.id, StepState::Succeeded { created });
        let part = self.schedule.part(at);
        if let Some(state) = self.verifying.get_mut(part) {
            self.awaiting_parts += usize::from(state.awaiting.is_empty());
            state.awaiting.push(at);
        }
        for urgent in self.schedule.ended(at) {
            if let Some(state) = self.verifying.get_mut(urgent) {
                state.urgent = true;
                state.awaited = true;
            }
            self.verify(urgent);
        }
    }

    /// Writes the outcome of an operation down, and those of all that needs it.
    fn finish(&mut self, at: usize, outcome: Outcome) {
        let good = outcome.is_good();
        let stopped = matches!(outcome, Outcome::NotStarted { .. });
        self.record(at, outcome);
        if good {
            self.schedule.finish_well(at);
            return;
        }
        for (lost, cause) in self.schedule.finish_badly(at) {
            let reason = self.operation(cause).map(|cause| format!("needs “{}”, which was not done", what(cause)));
            let reason = reason.unwrap_or_default();
            let part = self.schedule.part(lost);
            let outcome =
                if stopped { Outcome::NotStarted { reason: self.stop_reason() } } else { Outcome::Skipped { reason } };
            self.record(lost, outcome);
            self.verify(part);
        }
    }

    fn record(&mut self, at: usize, outcome: Outcome) {
        let Some(operation) = self.operation(at) else { return };
        if self.outcomes.get(at).is_none_or(Option::is_some) {
            return;
        }
        let state = match &outcome {
            Outcome::Verified => Some(self.context.verified(&operation.change)),
            // What somebody else removed is ours no more; what somebody else added is not ours.
            // What somebody else did to an IAM user is theirs, and not taken back.
            Outcome::AlreadySo if operation.change.is_removal() && operation.change.iam_user().is_none() => {
                Some(self.context.verified(&operation.change))
            }
            Outcome::AlreadySo => Some(StepState::Skipped { reason: StepState::ALREADY_SO.to_owned() }),
            Outcome::Failed { reason, advice, refused } => Some(StepState::Failed {
                reason: match advice {
                    Some(advice) => format!("{reason}; {advice}"),
                    None => reason.clone(),
                },
                refused: *refused,
            }),
            Outcome::Contradicted { found } => Some(StepState::Contradicted { found: found.clone() }),
            Outcome::Skipped { reason } | Outcome::NotStarted { reason } => {
                Some(StepState::Skipped { reason: reason.clone() })
            }
            // Stays as it is: the next run looks into it.
            Outcome::InFlight { .. } => None,
        };
        if let Some(state) = state {
            self.context.post_step(self.work.run, &operation.id, state);
        }
        let ended = self.ended.get(at).copied().flatten().is_some();
        self.tally.finished(at, operation, &outcome, ended);
        if let Some(slot) = self.outcomes.get_mut(at) {
            *slot = Some(outcome);
        }
    }

    fn stop_reason(&self) -> String {
        self.context.halt.reason().unwrap_or_else(|| "the run stopped".to_owned())
    }

    /// Gives everything that is left an outcome.
    fn close(&mut self) {
        self.tasks.clear();
        let stopped = self.context.halt.urgency() > Urgency::None;
        for at in 0..self.schedule.len() {
            if self.outcomes.get(at).is_none_or(Option::is_some) {
                continue;
            }
            let outcome = match self.schedule.phase(at) {
                Some(Phase::Ended) => {
                    Outcome::InFlight { reason: "AWS says it is done; it was not read again".to_owned() }
                }
                Some(Phase::Running) if self.tally.was_started(at) => {
                    Outcome::InFlight { reason: "it was not waited for".to_owned() }
                }
                _ if stopped => Outcome::NotStarted { reason: self.stop_reason() },
                _ => Outcome::Skipped { reason: "what it needs also needs it".to_owned() },
            };
            self.record(at, outcome);
        }
    }
}
