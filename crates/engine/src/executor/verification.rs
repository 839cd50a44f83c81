//! Verification: what changed is read again, one reading for all operations that show in the same part.

use std::time::Duration;

use futures::future::FutureExt as _;
use model::claim::PartValue;
use model::operation::Operation;
use ports::{AwsError, AwsErrorKind};

use crate::cancellation::Urgency;
use crate::executor::operation::described;
use crate::executor::{Event, Execution};
use crate::gate::Precedence;
use crate::summary::Outcome;

/// Where the verification of a part stands.
#[derive(Debug, Default)]
pub(super) struct Verifying {
    /// Operations that ended and wait for a reading.
    pub(super) awaiting: Vec<usize>,
    pub(super) reading: bool,
    /// Read even if more operations will show in the part: something waits for these, or they have waited long.
    pub(super) urgent: bool,
    /// Operations wait for nothing but the reading.
    pub(super) awaited: bool,
    /// A reading that showed nothing yet is repeated later.
    pub(super) resting: bool,
    /// The longest wait for others has begun.
    pub(super) held: bool,
    pub(super) tries: u32,
}

impl Execution<'_, '_> {
    /// Reads a part, if operations wait for it and there is no reason to wait.
    pub(super) fn verify(&mut self, part: usize) {
        let stopping = self.context.halt.urgency() > Urgency::None;
        let more_to_come = self.schedule.part_has_outstanding(part) && !stopping;
        let Some(state) = self.verifying.get_mut(part) else { return };
        if state.awaiting.is_empty() || state.reading || state.resting {
            return;
        }
        let context = self.context;
        if more_to_come && !state.urgent {
            if !state.held {
                state.held = true;
                self.tasks.push(
                    async move {
                        context.clock.sleep(context.limits.verify_hold).await;
                        Event::Held(part)
                    }
                    .boxed(),
                );
            }
            return;
        }
        state.reading = true;
        // Where operations wait for it, a reading is part of their way.
        let precedence = if state.awaited { Precedence::Question } else { Precedence::Reading };
        state.awaited = false;
        state.urgent = false;
        state.held = false;
        let asked = state.awaiting.clone();
        let Some(claim) = asked.first().and_then(|at| self.work.operations.get(*at)).map(|first| &first.after) else {
            return;
        };
        let name = claim.part();
        self.tasks.push(
            async move {
                let value = context.parts.fresh(name, precedence).await.inspect_err(|error| context.note_error(error));
                Event::Read { part, asked, value }
            }
            .boxed(),
        );
    }

    pub(super) fn part_read(&mut self, part: usize, asked: &[usize], value: Result<PartValue, AwsError>) {
        let context = self.context;
        if let Some(state) = self.verifying.get_mut(part) {
            state.reading = false;
        }
        let mut not_yet = false;
        for at in asked.iter().copied() {
            let Some(operation) = self.operation(at) else { continue };
            let waited = self.ended.get(at).copied().flatten().map_or(Duration::ZERO, |ended| context.since(ended));
            let outcome = match &value {
                Ok(value) if operation.after.holds(value) == Some(true) => Some(Outcome::Verified),
                Ok(_) if waited >= context.limits.verify_patience => {
                    Some(Outcome::Contradicted { found: contradiction(operation) })
                }
                Err(error) if waited >= context.limits.verify_patience || is_final(error) => Some(Outcome::InFlight {
                    reason: format!("AWS says it is done, but it could not be read again: {error}"),
                }),
                Ok(_) | Err(_) => None,
            };
            match outcome {
                Some(outcome) => {
                    if let Some(state) = self.verifying.get_mut(part) {
                        state.awaiting.retain(|waiting| *waiting != at);
                        self.awaiting_parts -= usize::from(state.awaiting.is_empty()).min(self.awaiting_parts);
                    }
                    self.finish(at, outcome);
                }
                None => not_yet = true,
            }
        }
        if let Some(state) = self.verifying.get_mut(part) {
            if not_yet {
                state.tries += 1;
                state.resting = true;
                let wait = context.limits.backoff(state.tries, "verify");
                self.tasks.push(
                    async move {
                        context.clock.sleep(wait).await;
                        Event::Rested(part)
                    }
                    .boxed(),
                );
            } else {
                state.tries = 0;
            }
        }
        self.verify(part);
    }
}

/// Whether reading again is of no use.
fn is_final(error: &AwsError) -> bool {
    matches!(error.kind, AwsErrorKind::AccessDenied | AwsErrorKind::Invalid | AwsErrorKind::NotSupported)
}

fn contradiction(operation: &Operation) -> String {
    format!("AWS says it is done, but {}", described(&operation.after))
}
