//! Putting a run together from its journal entries.

use std::collections::HashMap;

use jiff::Timestamp;
use model::id::{OperationId, RunId};
use model::journal::{JournalEvent, StepState};
use ports::{RunRecord, StepRecord, StoreError};

use crate::error::Place;

/// What is known of one operation: its last state, when that was, when it was first started.
pub(crate) struct Step {
    pub(crate) state: StepState,
    pub(crate) at: Timestamp,
    pub(crate) started_at: Option<Timestamp>,
}

/// The record of a run, given the events that began and ended it and how far its operations are.
pub(crate) fn run_record(
    place: &Place,
    id: &RunId,
    (started, began): (Timestamp, JournalEvent),
    ended: Option<(Timestamp, JournalEvent)>,
    mut steps: HashMap<OperationId, Step>,
) -> Result<RunRecord, StoreError> {
    let JournalEvent::RunStarted { run, who, plan } = began else {
        return Err(place.damaged(format!("run {id} does not begin with its plan")));
    };
    let (finished, outcome) = match ended {
        None => (None, None),
        Some((at, JournalEvent::RunFinished { outcome, .. })) => (Some(at), Some(outcome)),
        Some(_) => return Err(place.damaged(format!("the end of run {id} is something else"))),
    };
    let steps = plan
        .operations
        .iter()
        .map(|operation| match steps.remove(&operation.id) {
            Some(step) => StepRecord {
                operation: operation.id.clone(),
                state: Some(step.state),
                at: Some(step.at),
                started_at: step.started_at,
            },
            None => StepRecord { operation: operation.id.clone(), state: None, at: None, started_at: None },
        })
        .collect();
    Ok(RunRecord { run, started, finished, who, plan: *plan, steps, outcome })
}
