//! The journal and what follows from it, behind [`ports::StateStore`]: in memory, in SQLite, in PostgreSQL. This is the
//! only crate with SQL in it.
//!
//! The journal is append-only, and each entry carries the hash of the one before ([`model::journal`]). Everything else
//! (who owns what, what names meant, how far runs are) is changed in the transaction that appends, and can be rebuilt
//! from the journal. Every append checks the fencing token of its lease inside the transaction.
//!
//! A name that a run does not mention keeps the binding it had: what a name meant when it was last applied.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::allow_attributes)
)]

mod backend;
mod chain;
mod error;
mod lease;
mod location;
mod memory;
mod postgres;
mod presence;
mod projection;
mod record;
mod sql;
mod sqlite;
mod text;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use model::declared::Bindings;
use model::id::RunId;
use model::journal::{JournalEntry, JournalEvent};
use model::observed::InstanceKey;
use model::rules::Owned;
use ports::{Lease, RunRecord, StateStore, StoreError};

use crate::backend::Backend;
use crate::chain::Head;
use crate::location::Location;

/// How many entries are held in memory while a chain is checked.
const VERIFY_BATCH: u32 = 5_000;

/// How a state is opened.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Create the folder of a SQLite file that is not there: for the default place, which nobody wrote.
    pub create_folder: bool,
}

/// Opens the state at `url`: `sqlite://PATH`, `postgres://…` or `memory:`. A SQLite file is created where its folder
/// exists; schemas are brought up to date.
///
/// # Errors
/// When the URL is of no known kind, or the state cannot be opened. No error shows a password.
pub async fn open(url: &str) -> Result<Arc<Store>, StoreError> {
    open_with(url, Options::default()).await
}

/// Opens the state at `url` with options.
///
/// # Errors
/// As [`open`].
pub async fn open_with(url: &str, options: Options) -> Result<Arc<Store>, StoreError> {
    let backend: Box<dyn Backend> = match Location::parse(url)? {
        Location::Memory => Box::new(memory::Memory::new()),
        Location::Sqlite(path) => Box::new(sqlite::SqliteStore::open(&path, options.create_folder).await?),
        Location::Postgres(connect, place) => Box::new(postgres::PostgresStore::open(*connect, place).await?),
    };
    Ok(Arc::new(Store { backend }))
}

/// The URL as it may be shown: without password.
#[must_use]
pub fn redacted(url: &str) -> String {
    location::redacted(url)
}

/// An opened state.
pub struct Store {
    backend: Box<dyn Backend>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Store({})", self.place())
    }
}

impl Store {
    /// Where it is: the URL without password.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.backend.place().name
    }

    /// Checks the whole chain of an instance's journal and answers the number of its entries.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when an entry is missing, changed, or not the one written last.
    pub async fn verify_chain(&self, instance: &InstanceKey) -> Result<u64, StoreError> {
        let place = self.backend.place();
        let mut head = Head::default();
        loop {
            let entries = self.backend.entries(instance, head.sequence, VERIFY_BATCH).await?;
            if entries.is_empty() {
                break;
            }
            head = chain::follow(&head, &entries).map_err(|message| place.damaged(message))?;
        }
        // A run may be appending meanwhile: the chain may be longer than the head read first, never shorter.
        let recorded = self.backend.head(instance).await?;
        if recorded.sequence < head.sequence || (recorded.sequence == head.sequence && recorded.hash != head.hash) {
            return Err(place.damaged("the journal goes on after the entry written last"));
        }
        if recorded.sequence > head.sequence {
            let rest = self.backend.entries(instance, head.sequence, VERIFY_BATCH).await?;
            let reached = chain::follow(&head, &rest).map_err(|message| place.damaged(message))?;
            if reached.sequence < recorded.sequence {
                return Err(place.damaged(format!(
                    "the journal ends after entry {}; {} were written",
                    reached.sequence, recorded.sequence
                )));
            }
            head = reached;
        }
        Ok(head.sequence)
    }

    /// Makes everything that follows from the journal of an instance again.
    ///
    /// # Errors
    /// When the chain is damaged (nothing is changed then), or the state cannot be written.
    pub async fn rebuild(&self, instance: &InstanceKey) -> Result<(), StoreError> {
        self.verify_chain(instance).await?;
        self.backend.rebuild(instance).await
    }
}

#[async_trait]
impl StateStore for Store {
    async fn acquire_lease(
        &self,
        instance: &InstanceKey,
        holder: &str,
        now: Timestamp,
        duration: Duration,
    ) -> Result<Lease, StoreError> {
        self.backend.acquire_lease(instance, holder, now, duration).await
    }

    async fn renew_lease(
        &self,
        instance: &InstanceKey,
        lease: &Lease,
        now: Timestamp,
        duration: Duration,
    ) -> Result<Lease, StoreError> {
        self.backend.renew_lease(instance, lease, now, duration).await
    }

    async fn release_lease(&self, instance: &InstanceKey, lease: &Lease) -> Result<(), StoreError> {
        self.backend.release_lease(instance, lease).await
    }

    async fn append(
        &self,
        instance: &InstanceKey,
        lease: &Lease,
        at: Timestamp,
        events: Vec<JournalEvent>,
    ) -> Result<(), StoreError> {
        self.backend.append(instance, lease, at, events).await
    }

    async fn owned(&self, instance: &InstanceKey) -> Result<Owned, StoreError> {
        self.backend.owned(instance).await
    }

    async fn bindings(&self, instance: &InstanceKey) -> Result<Bindings, StoreError> {
        self.backend.bindings(instance).await
    }

    async fn runs(&self, instance: &InstanceKey, limit: u32) -> Result<Vec<RunRecord>, StoreError> {
        self.backend.runs(instance, limit).await
    }

    async fn run(&self, instance: &InstanceKey, run: &RunId) -> Result<Option<RunRecord>, StoreError> {
        self.backend.run(instance, run).await
    }

    async fn unfinished_runs(&self, instance: &InstanceKey) -> Result<Vec<RunRecord>, StoreError> {
        self.backend.unfinished_runs(instance).await
    }

    async fn entries(
        &self,
        instance: &InstanceKey,
        after_sequence: u64,
        limit: u32,
    ) -> Result<Vec<JournalEntry>, StoreError> {
        self.backend.entries(instance, after_sequence, limit).await
    }
}
