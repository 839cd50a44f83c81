//! What a run tells while it goes on.

use std::time::Duration;

use jiff::Timestamp;
use model::id::RunId;
use model::operation::Operation;
use serde::{Deserialize, Serialize};

use crate::summary::Outcome;

/// How many operations stand where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// All of the plan.
    pub operations: u64,
    /// Not begun yet.
    pub waiting: u64,
    /// Sent to AWS, not ended there.
    pub in_flight: u64,
    /// Ended at AWS, not verified yet.
    pub unverified: u64,
    /// Verified.
    pub verified: u64,
    /// Somebody else had done it before.
    pub already_so: u64,
    /// Refused, or ended as FAILED.
    pub failed: u64,
    /// Done says AWS; reading shows otherwise.
    pub contradicted: u64,
    /// Not done, with a reason of its own.
    pub skipped: u64,
    /// Left in flight for the next run.
    pub left_in_flight: u64,
    /// Not done because the run stopped.
    pub not_started: u64,
}

impl Counts {
    /// Operations about which nothing more will be learnt in this run.
    #[must_use]
    pub fn finished(&self) -> u64 {
        self.verified
            + self.already_so
            + self.failed
            + self.contradicted
            + self.skipped
            + self.left_in_flight
            + self.not_started
    }

    /// Operations that did not come to a good end.
    #[must_use]
    pub fn problems(&self) -> u64 {
        self.failed + self.contradicted + self.skipped + self.left_in_flight + self.not_started
    }
}

/// Where a run stands, for a progress bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Snapshot {
    /// How many operations stand where.
    pub counts: Counts,
    /// Answers that asked to slow down, as far as they reached the engine.
    pub throttled: u64,
    /// Time left, from the rate so far; none while too little is known.
    pub remaining: Option<Duration>,
}

/// One thing that happened.
#[derive(Debug)]
pub enum ApplyEvent<'a> {
    /// Another run holds the lease.
    WaitingForLease {
        /// Who.
        holder: &'a str,
        /// Until when, unless renewed.
        until: Timestamp,
    },
    /// An earlier run left operations in flight; they are looked into first.
    Recovering {
        /// The earlier run.
        run: &'a RunId,
        /// How many operations.
        operations: usize,
    },
    /// The run begins.
    RunStarted {
        /// The run.
        run: &'a RunId,
        /// How many operations.
        operations: usize,
    },
    /// An operation is being sent to AWS.
    Started {
        /// The operation.
        operation: &'a Operation,
        /// Where the run stands.
        snapshot: Snapshot,
    },
    /// AWS took it and works on it.
    Accepted {
        /// The operation.
        operation: &'a Operation,
        /// Where the run stands.
        snapshot: Snapshot,
    },
    /// Nothing more will happen to the operation in this run.
    Finished {
        /// The operation.
        operation: &'a Operation,
        /// How it ended.
        outcome: &'a Outcome,
        /// Where the run stands.
        snapshot: Snapshot,
    },
    /// The run waits.
    Paused {
        /// Why: "the credentials ended".
        reason: &'a str,
        /// For how long.
        wait: Duration,
    },
    /// The run starts nothing new.
    Stopping {
        /// Why.
        reason: &'a str,
        /// Operations that are waited for.
        in_flight: u64,
    },
}

/// Hears what happens. Called from the task that runs the operations: it should return soon.
pub trait ApplyProgress: Send + Sync {
    /// Something happened.
    fn event(&self, event: &ApplyEvent<'_>);
}

impl ApplyProgress for () {
    fn event(&self, _event: &ApplyEvent<'_>) {}
}
