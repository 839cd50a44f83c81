//! Why a run does not begin.

use model::finding::Finding;
use ports::{AwsError, StoreError};

use crate::summary::Recovered;

/// A run that did not begin, or could not be ended in order.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// AWS could not be read.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// The state could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The plan is of another version, or was changed after it was made.
    #[error("the plan cannot be used: {reason}")]
    Unusable {
        /// Why.
        reason: String,
    },
    /// The plan rests on what is no longer so. Nothing was changed.
    #[error("the plan is stale: {} of its assumptions no longer hold", changed.len())]
    Stale {
        /// What changed, one line each.
        changed: Vec<String>,
    },
    /// Findings forbid the plan. Nothing was changed.
    #[error("the plan is refused: {}", findings.first().map_or("", |finding| finding.message.as_str()))]
    Refused {
        /// Those of severity refusal.
        findings: Vec<Finding>,
    },
    /// An earlier run left operations in flight; they were looked into. The plan may have been made before they ended:
    /// make it again. Nothing else was changed.
    #[error("an earlier run left operations in flight; they are settled now, and the plan has to be made again")]
    PlanAgain {
        /// What became of them.
        recovered: Vec<Recovered>,
    },
    /// The run was asked to stop before it began.
    #[error("stopped before anything was changed: {reason}")]
    Stopped {
        /// Why.
        reason: String,
    },
    /// There is no journal, so nothing is known of earlier runs.
    #[error("there is no journal: without a state URL nothing is known of earlier runs")]
    NoJournal,
    /// The journal knows no such run.
    #[error("the journal knows no run `{run}`")]
    NoSuchRun {
        /// As asked for.
        run: String,
        /// The newest runs, newest first.
        newest: Vec<String>,
    },
}
