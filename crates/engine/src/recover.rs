//! Finding out what became of operations that an earlier run left in flight.

use std::time::Duration;

use futures::stream::{self, StreamExt as _};
use jiff::{SignedDuration, Timestamp};
use model::change::{Change, Lane};
use model::claim::PartValue;
use model::id::RunId;
use model::journal::{JournalEvent, PendingRequest, StepState};
use model::operation::Operation;
use ports::{AwsErrorKind, PollResult, RunRecord};

use crate::context::{Context, Followed};
use crate::executor::operation::described;
use crate::executor::what;
use crate::gate::Precedence;
use crate::progress::ApplyEvent;
use crate::summary::{OperationOutcome, Outcome, Recovered};

/// What AWS's lists say was asked of it; none where they were not read.
type Requests = Option<Vec<(PendingRequest, Change)>>;

/// Settles what the runs left in flight, oldest first. A run that is settled whole is ended in the journal.
pub(crate) async fn recover(context: &Context<'_>, runs: Vec<RunRecord>) -> Vec<Recovered> {
    let mut recovered = Vec::with_capacity(runs.len());
    for record in runs {
        recovered.push(recover_run(context, &record).await);
    }
    recovered
}

async fn recover_run(context: &Context<'_>, record: &RunRecord) -> Recovered {
    let open: Vec<(&Operation, &StepState)> = record
        .plan
        .operations
        .iter()
        .zip(&record.steps)
        .filter_map(|(operation, step)| Some((operation, step.state.as_ref()?)))
        .filter(|(_, state)| !state.is_final())
        .collect();
    context.progress.event(&ApplyEvent::Recovering { run: &record.run, operations: open.len() });
    let requests = requests_of(context, record, &open).await;
    let requests = &requests;
    let operations: Vec<OperationOutcome> = stream::iter(open)
        .map(|(operation, state)| async move {
            let sent = record.steps.iter().find(|step| step.operation == operation.id).and_then(|step| step.at);
            let outcome = settle(context, &record.run, operation, state, sent, requests).await;
            note(context, &record.run, operation, &outcome);
            OperationOutcome { operation: operation.id.clone(), what: what(operation), outcome }
        })
        .buffered(context.limits.assignments_in_flight.max(1))
        .collect()
        .await;
    let recovered = Recovered { run: record.run.clone(), operations };
    if recovered.still_in_flight().next().is_none() {
        context.journal.post(finished(record, &recovered));
    }
    recovered
}

/// Requests that AWS's lists name, where an operation was sent and its answer is not known.
async fn requests_of(context: &Context<'_>, record: &RunRecord, open: &[(&Operation, &StepState)]) -> Requests {
    let unanswered: Vec<Timestamp> = record
        .steps
        .iter()
        .filter(|step| matches!(step.state, Some(StepState::Started { .. })))
        .filter_map(|step| step.started_at)
        .collect();
    let asynchronous = open.iter().any(|(operation, state)| {
        matches!(state, StepState::Started { .. }) && operation.change.lane() != Lane::Direct
    });
    let latest = record.steps.iter().filter_map(|step| step.at).max()?;
    let oldest = unanswered.into_iter().min()?;
    // A request that left in the last moment may still be on its way.
    let settled = context.since(latest);
    if settled < context.limits.settle {
        context.clock.sleep(context.limits.settle - settled).await;
    }
    if !asynchronous {
        return None;
    }
    let skew = SignedDuration::try_from(context.limits.clock_skew).unwrap_or_default();
    let since = oldest.checked_sub(skew).unwrap_or(oldest);
    let mut tries = 0;
    loop {
        context.gate.pass(context.clock, Precedence::Change).await;
        match context.engine.read.requests_since(since).await {
            Ok(requests) => return Some(requests),
            Err(error) => {
                context.note_error(&error);
                tries += 1;
                let passing = matches!(error.kind, AwsErrorKind::Throttled | AwsErrorKind::Transient);
                if !passing || tries >= context.limits.attempts {
                    // The lists are hints: without them the effect is read, and that is what counts.
                    tracing::warn!(%error, "the lists of requests could not be read");
                    return None;
                }
                context.clock.sleep(context.limits.backoff(tries, record.run.as_str())).await;
            }
        }
    }
}

async fn settle(
    context: &Context<'_>,
    run: &RunId,
    operation: &Operation,
    state: &StepState,
    sent: Option<Timestamp>,
    requests: &Requests,
) -> Outcome {
    match state {
        StepState::Accepted { request } => follow(context, run, operation, request).await,
        StepState::Succeeded { created } => {
            if let (Some(arn), Some(set)) = (created, operation.change.set()) {
                context.parts.learn_arn(&set.name, arn);
            }
            verify(context, operation).await
        }
        _ => {
            let Some(writer) = context.writer(&operation.scope) else { return no_executor() };
            // AWS lists what was asked asynchronously, and knows of none that may have done it.
            let mut never_done = requests.is_some() && operation.change.lane() != Lane::Direct;
            let same = |(_, change): &&(PendingRequest, Change)| change.operation_id() == operation.id;
            for (request, _) in requests.iter().flatten().filter(same) {
                match writer.poll(request).await {
                    Ok(PollResult::InProgress) => {
                        let accepted = StepState::Accepted { request: request.clone() };
                        context.post_step(run, &operation.id, accepted);
                        return follow(context, run, operation, request).await;
                    }
                    Ok(PollResult::Failed(_)) => {}
                    Ok(PollResult::Succeeded) | Err(_) => never_done = false,
                }
            }
            match look(context, operation, sent, "AWS shows no trace of it: left to the next plan").await {
                // What somebody else gave meanwhile is not ours to take away.
                Outcome::Verified if never_done && !operation.change.is_removal() => Outcome::AlreadySo,
                outcome => outcome,
            }
        }
    }
}

async fn follow(context: &Context<'_>, run: &RunId, operation: &Operation, request: &PendingRequest) -> Outcome {
    let Some(writer) = context.writer(&operation.scope) else { return no_executor() };
    match context.follow(writer, &operation.scope, request, true, false, &|| ()).await {
        Followed::Succeeded => {
            context.post_step(run, &operation.id, StepState::Succeeded { created: None });
            verify(context, operation).await
        }
        Followed::Failed(reason) => {
            let advice = crate::advice::advice(&operation.change, None, &reason);
            Outcome::Failed { reason, advice, refused: false }
        }
        Followed::Forgotten => {
            let otherwise = "AWS does not know the request any more, and it is not so: left to the next plan";
            look(context, operation, None, otherwise).await
        }
        Followed::Unknown(reason) => Outcome::InFlight { reason },
    }
}

fn no_executor() -> Outcome {
    Outcome::InFlight { reason: "only the management account can tell, and no executor of its runs".to_owned() }
}

/// Whether it is so; a set that is there gets its ARN known.
async fn holds(context: &Context<'_>, operation: &Operation) -> Result<bool, ports::AwsError> {
    let value = context
        .parts
        .fresh(operation.after.part(), Precedence::Reading)
        .await
        .inspect_err(|error| context.note_error(error))?;
    let holds = operation.after.holds(&value) == Some(true);
    if holds
        && let PartValue::PermissionSet(Some((arn, _))) = &value
        && let Some(set) = operation.change.set()
    {
        context.parts.learn_arn(&set.name, arn);
    }
    Ok(holds)
}

/// Looks whether it is so, whatever became of the request: once, and again for a while where IAM, whose readings lag behind any change, was
/// asked for it (`sent`: when).
async fn look(context: &Context<'_>, operation: &Operation, sent: Option<Timestamp>, otherwise: &str) -> Outcome {
    let lags = operation.change.iam_user().is_some();
    let (mut tries, mut looks) = (0, 0);
    loop {
        match holds(context, operation).await {
            Ok(true) => return Outcome::Verified,
            Ok(false) if lags && sent.is_some_and(|sent| context.since(sent) < context.limits.verify_patience) => {
                looks += 1;
                context.clock.sleep(context.limits.backoff(looks, operation.id.as_str())).await;
            }
            Ok(false) => return Outcome::Skipped { reason: otherwise.to_owned() },
            Err(error) => {
                tries += 1;
                if tries >= context.limits.attempts {
                    return Outcome::InFlight { reason: format!("it could not be read: {error}") };
                }
                context.clock.sleep(context.limits.backoff(tries, operation.id.as_str())).await;
            }
        }
    }
}

/// Reads until what AWS says is done shows.
async fn verify(context: &Context<'_>, operation: &Operation) -> Outcome {
    let began = context.clock.now();
    let mut tries = 0;
    loop {
        let found = holds(context, operation).await;
        if matches!(found, Ok(true)) {
            return Outcome::Verified;
        }
        if context.since(began) >= context.limits.verify_patience {
            return match found {
                Ok(_) => {
                    Outcome::Contradicted { found: format!("AWS says it is done, but {}", described(&operation.after)) }
                }
                Err(error) => Outcome::InFlight {
                    reason: format!("AWS says it is done, but it could not be read again: {error}"),
                },
            };
        }
        tries += 1;
        let wait = context.limits.backoff(tries, operation.id.as_str());
        context.clock.sleep(wait.max(Duration::from_millis(10))).await;
    }
}

fn note(context: &Context<'_>, run: &RunId, operation: &Operation, outcome: &Outcome) {
    let state = match outcome {
        Outcome::Verified => context.verified(&operation.change),
        Outcome::AlreadySo => StepState::Skipped { reason: StepState::ALREADY_SO.to_owned() },
        Outcome::Failed { reason, advice, refused } => StepState::Failed {
            reason: advice.as_ref().map_or_else(|| reason.clone(), |advice| format!("{reason}; {advice}")),
            refused: *refused,
        },
        Outcome::Contradicted { found } => StepState::Contradicted { found: found.clone() },
        Outcome::Skipped { reason } | Outcome::NotStarted { reason } => StepState::Skipped { reason: reason.clone() },
        Outcome::InFlight { .. } => return,
    };
    context.post_step(run, &operation.id, state);
}

/// The entry that ends a run, counting what it did itself and what was settled now.
fn finished(record: &RunRecord, recovered: &Recovered) -> JournalEvent {
    let (mut verified, mut failed, mut skipped) = (0, 0, 0);
    for state in record.steps.iter().filter_map(|step| step.state.as_ref()) {
        match state {
            StepState::Verified { .. } => verified += 1,
            StepState::Failed { .. } | StepState::Contradicted { .. } => failed += 1,
            StepState::Skipped { .. } => skipped += 1,
            _ => {}
        }
    }
    for operation in &recovered.operations {
        match operation.outcome {
            Outcome::Verified | Outcome::AlreadySo => verified += 1,
            Outcome::Failed { .. } | Outcome::Contradicted { .. } => failed += 1,
            _ => skipped += 1,
        }
    }
    let outcome = "recovered: it did not end by itself".to_owned();
    JournalEvent::RunFinished { run: record.run.clone(), outcome, verified, failed, skipped }
}
