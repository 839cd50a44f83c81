//! What is remembered between runs.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use model::declared::Bindings;
use model::id::{OperationId, RunId};
use model::journal::{JournalEntry, JournalEvent, StepState};
use model::observed::InstanceKey;
use model::plan::Plan;
use model::rules::Owned;

/// The state could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another run holds the lease.
    #[error("another run holds the lease: {holder}, until {until}")]
    Leased {
        /// Who.
        holder: String,
        /// Until when, unless renewed.
        until: Timestamp,
    },
    /// This run's lease ended or was taken over: it must not write any more.
    #[error("the lease of this run was lost")]
    LeaseLost,
    /// The state is damaged.
    #[error("the state at {place} is damaged: {message}")]
    Damaged {
        /// URL without password.
        place: String,
        /// What is wrong.
        message: String,
    },
    /// The database refused or could not be reached.
    #[error("{message}")]
    Database {
        /// What happened; no secrets.
        message: String,
    },
}

/// The right to write, for a while. `token` grows with each new lease: a late writer with an old one is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Who.
    pub holder: String,
    /// Fencing token.
    pub token: u64,
    /// Until when, unless renewed.
    pub until: Timestamp,
}

/// How an operation of a run stands.
#[derive(Debug, Clone, PartialEq)]
pub struct StepRecord {
    /// The operation.
    pub operation: OperationId,
    /// Its last state; none if it was never started.
    pub state: Option<StepState>,
    /// When that was written.
    pub at: Option<Timestamp>,
    /// When it was first started.
    pub started_at: Option<Timestamp>,
}

/// A run, as the journal tells it.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRecord {
    /// Its id.
    pub run: RunId,
    /// When it began.
    pub started: Timestamp,
    /// When it ended; none if it never did (it crashed, or is running).
    pub finished: Option<Timestamp>,
    /// Who started it.
    pub who: String,
    /// What it applied.
    pub plan: Plan,
    /// Each operation of the plan, in its order.
    pub steps: Vec<StepRecord>,
    /// How it ended, in one line.
    pub outcome: Option<String>,
}

/// The journal and what follows from it. All methods are about one instance, the one given.
#[async_trait]
pub trait StateStore: Send + Sync {
    /// Takes the lease, or the expired one of somebody else.
    ///
    /// # Errors
    /// [`StoreError::Leased`] when another run holds it.
    async fn acquire_lease(
        &self,
        instance: &InstanceKey,
        holder: &str,
        now: Timestamp,
        duration: Duration,
    ) -> Result<Lease, StoreError>;

    /// Extends the lease.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when it is another's by now.
    async fn renew_lease(
        &self,
        instance: &InstanceKey,
        lease: &Lease,
        now: Timestamp,
        duration: Duration,
    ) -> Result<Lease, StoreError>;

    /// Gives the lease back; nothing happens if it is another's by now.
    ///
    /// # Errors
    /// When the state cannot be written.
    async fn release_lease(&self, instance: &InstanceKey, lease: &Lease) -> Result<(), StoreError>;

    /// Appends events, all or none, durably: when this returns they survive a crash of the machine.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when the lease is another's by now.
    async fn append(
        &self,
        instance: &InstanceKey,
        lease: &Lease,
        at: Timestamp,
        events: Vec<JournalEvent>,
    ) -> Result<(), StoreError>;

    /// What the journal says Sekisho created and has not removed.
    ///
    /// # Errors
    /// When the state cannot be read.
    async fn owned(&self, instance: &InstanceKey) -> Result<Owned, StoreError>;

    /// What the catalog's names meant when they were last applied.
    ///
    /// # Errors
    /// When the state cannot be read.
    async fn bindings(&self, instance: &InstanceKey) -> Result<Bindings, StoreError>;

    /// The newest runs first.
    ///
    /// # Errors
    /// When the state cannot be read.
    async fn runs(&self, instance: &InstanceKey, limit: u32) -> Result<Vec<RunRecord>, StoreError>;

    /// One run.
    ///
    /// # Errors
    /// When the state cannot be read.
    async fn run(&self, instance: &InstanceKey, run: &RunId) -> Result<Option<RunRecord>, StoreError>;

    /// Runs that never ended, oldest first: they crashed, or left requests in flight.
    ///
    /// # Errors
    /// When the state cannot be read.
    async fn unfinished_runs(&self, instance: &InstanceKey) -> Result<Vec<RunRecord>, StoreError>;

    /// Entries of the journal after a sequence number, oldest first.
    ///
    /// # Errors
    /// When the state cannot be read.
    async fn entries(
        &self,
        instance: &InstanceKey,
        after_sequence: u64,
        limit: u32,
    ) -> Result<Vec<JournalEntry>, StoreError>;
}
