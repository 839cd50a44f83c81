//! The journal of a process that may crash at any of its steps, and of a broken Sekisho.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use model::declared::Bindings;
use model::id::RunId;
use model::journal::{JournalEntry, JournalEvent, StepState};
use model::observed::InstanceKey;
use model::rules::Owned;
use ports::{Lease, RunRecord, StateStore, StoreError};
use tokio::sync::Notify;

use super::Mutation;

/// At which append the process crashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Crash {
    /// Counted from 0.
    pub(crate) append: usize,
    /// Whether the append is made all the same.
    pub(crate) after: bool,
}

/// A store, as one process has it.
pub(crate) struct WatchedStore {
    inner: Arc<dyn StateStore>,
    mutation: Option<Mutation>,
    crash: Option<Crash>,
    appends: AtomicUsize,
    pub(crate) crashed: Arc<Notify>,
}

impl WatchedStore {
    pub(crate) fn new(inner: Arc<dyn StateStore>, mutation: Option<Mutation>, crash: Option<Crash>) -> Self {
        Self { inner, mutation, crash, appends: AtomicUsize::new(0), crashed: Arc::default() }
    }

    fn dead() -> StoreError {
        StoreError::Database { message: "the process is gone".to_owned() }
    }
}

#[async_trait]
impl StateStore for WatchedStore {
    async fn acquire_lease(
        &self,
        instance: &InstanceKey,
        holder: &str,
        now: Timestamp,
        duration: Duration,
    ) -> Result<Lease, StoreError> {
        self.inner.acquire_lease(instance, holder, now, duration).await
    }

    async fn renew_lease(
        &self,
        instance: &InstanceKey,
        lease: &Lease,
        now: Timestamp,
        duration: Duration,
    ) -> Result<Lease, StoreError> {
        self.inner.renew_lease(instance, lease, now, duration).await
    }

    async fn release_lease(&self, instance: &InstanceKey, lease: &Lease) -> Result<(), StoreError> {
        self.inner.release_lease(instance, lease).await
    }

    async fn append(
        &self,
        instance: &InstanceKey,
        lease: &Lease,
        at: Timestamp,
        mut events: Vec<JournalEvent>,
    ) -> Result<(), StoreError> {
        if self.mutation == Some(Mutation::JournalForgotten) {
            events.retain(|event| !matches!(event, JournalEvent::Step { state: StepState::Started { .. }, .. }));
        }
        let append = self.appends.fetch_add(1, Ordering::SeqCst);
        match self.crash {
            Some(crash) if append == crash.append => {
                if crash.after {
                    self.inner.append(instance, lease, at, events).await?;
                }
                self.crashed.notify_one();
                Err(Self::dead())
            }
            Some(crash) if append > crash.append => Err(Self::dead()),
            _ => self.inner.append(instance, lease, at, events).await,
        }
    }

    async fn owned(&self, instance: &InstanceKey) -> Result<Owned, StoreError> {
        self.inner.owned(instance).await
    }

    async fn bindings(&self, instance: &InstanceKey) -> Result<Bindings, StoreError> {
        self.inner.bindings(instance).await
    }

    async fn runs(&self, instance: &InstanceKey, limit: u32) -> Result<Vec<RunRecord>, StoreError> {
        self.inner.runs(instance, limit).await
    }

    async fn run(&self, instance: &InstanceKey, run: &RunId) -> Result<Option<RunRecord>, StoreError> {
        self.inner.run(instance, run).await
    }

    async fn unfinished_runs(&self, instance: &InstanceKey) -> Result<Vec<RunRecord>, StoreError> {
        if self.mutation == Some(Mutation::RecoveryForgotten) {
            return Ok(Vec::new());
        }
        self.inner.unfinished_runs(instance).await
    }

    async fn entries(
        &self,
        instance: &InstanceKey,
        after_sequence: u64,
        limit: u32,
    ) -> Result<Vec<JournalEntry>, StoreError> {
        self.inner.entries(instance, after_sequence, limit).await
    }
}
