//! What became of a run.

use jiff::Timestamp;
use model::id::{OperationId, PlanId, RunId};
use serde::{Deserialize, Serialize};

use crate::progress::Counts;

/// What became of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// Done, and read again: it is so.
    Verified,
    /// Somebody else had done it before: nothing was sent.
    AlreadySo,
    /// AWS refused, or ended it as FAILED.
    Failed {
        /// AWS's reason.
        reason: String,
        /// What to do.
        advice: Option<String>,
        /// AWS answered each time, and refused: nothing was changed. For the journal.
        #[serde(skip)]
        refused: bool,
    },
    /// AWS said done; reading again shows otherwise.
    Contradicted {
        /// What was found.
        found: String,
    },
    /// Not sent.
    Skipped {
        /// Why.
        reason: String,
    },
    /// Sent, and its end is not known: the next run looks into it before it does anything else.
    InFlight {
        /// Why.
        reason: String,
    },
    /// Not sent because the run stopped.
    NotStarted {
        /// Why.
        reason: String,
    },
}

impl Outcome {
    /// Whether what the operation wanted is so.
    #[must_use]
    pub fn is_good(&self) -> bool {
        matches!(self, Self::Verified | Self::AlreadySo)
    }
}

/// An operation and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationOutcome {
    /// The operation.
    pub operation: OperationId,
    /// What it does, in words.
    pub what: String,
    /// What became of it.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// What became of the operations an earlier run left in flight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovered {
    /// The earlier run.
    pub run: RunId,
    /// Its operations that were in flight.
    pub operations: Vec<OperationOutcome>,
}

impl Recovered {
    /// Operations whose end is still not known.
    pub fn still_in_flight(&self) -> impl Iterator<Item = &OperationOutcome> {
        self.operations.iter().filter(|operation| matches!(operation.outcome, Outcome::InFlight { .. }))
    }
}

/// What became of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSummary {
    /// The run. Without a journal it is a name and nothing more.
    pub run: RunId,
    /// What it applied.
    pub plan: PlanId,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Timestamp,
    /// How many operations ended how.
    pub counts: Counts,
    /// Each operation of the plan, in its order.
    pub operations: Vec<OperationOutcome>,
    /// Why the run stopped before all was tried.
    pub stopped: Option<String>,
    /// What earlier runs had left in flight.
    pub recovered: Vec<Recovered>,
}

impl RunSummary {
    /// Whether everything in the plan is so now.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.stopped.is_none() && self.operations.iter().all(|operation| operation.outcome.is_good())
    }

    /// Operations that did not come to a good end.
    pub fn problems(&self) -> impl Iterator<Item = &OperationOutcome> {
        self.operations.iter().filter(|operation| !operation.outcome.is_good())
    }

    /// The run in one line, for the journal: "310 verified, 8 failed".
    #[must_use]
    pub fn outcome_line(&self) -> String {
        let counts = &self.counts;
        let parts: Vec<String> = [
            (counts.verified, "verified"),
            (counts.already_so, "already so"),
            (counts.failed, "failed"),
            (counts.contradicted, "contradicted"),
            (counts.skipped, "skipped"),
            (counts.left_in_flight, "in flight"),
            (counts.not_started, "not started"),
        ]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
        let line = if parts.is_empty() { "nothing to do".to_owned() } else { parts.join(", ") };
        match &self.stopped {
            Some(reason) => format!("{line}; stopped: {reason}"),
            None => line,
        }
    }
}
