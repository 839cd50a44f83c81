//! The state in a SQLite file: the default.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use model::declared::Bindings;
use model::id::{OperationId, RunId};
use model::journal::{JournalEntry, JournalEvent};
use model::observed::InstanceKey;
use model::rules::Owned;
use ports::{Lease, RunRecord, StateStore, StoreError};
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, Transaction};

use crate::backend::Backend;
use crate::chain::{self, Head};
use crate::error::{Place, out_of_range};
use crate::lease::{expiry, refused};
use crate::presence::Presence;
use crate::projection::Delta;
use crate::record::{Step, run_record};
use crate::sql::{EntryRow, InstanceRow, REBUILD_BATCH, implement_sql_store, statement};
use crate::text;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// How long a writer waits for another to finish.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// The state in a file.
#[derive(Debug)]
pub(crate) struct SqliteStore {
    pool: SqlitePool,
    place: Place,
    presence: Presence,
}

impl SqliteStore {
    /// Opens the file, or creates it (readable by its owner only) where its folder exists.
    pub(crate) async fn open(path: &Path, create_folder: bool) -> Result<Self, StoreError> {
        let place = Place { name: format!("sqlite://{}", path.display()), secret: None };
        let refuse =
            |message: String| StoreError::Database { message: format!("the state at {}: {message}", place.name) };
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
            if !create_folder {
                return Err(refuse(format!("the folder `{}` does not exist; create it first", folder.display())));
            }
            std::fs::create_dir_all(folder)
                .map_err(|error| refuse(format!("the folder `{}` cannot be created: {error}", folder.display())))?;
        }
        // SQLite gives its side files the rights of the main one.
        OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path)
            .map_err(|error| refuse(format!("the file cannot be opened: {error}")))?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let pool = SqlitePoolOptions::new()
            .max_connections(4)
            .acquire_timeout(BUSY_TIMEOUT)
            .connect_with(options)
            .await
            .map_err(|error| place.database(&error))?;
        MIGRATIONS.run(&pool).await.map_err(|error| place.migration(&error))?;
        Ok(Self { pool, place, presence: Presence::beside(path) })
    }

    /// A transaction that is a writer from the start: one that becomes a writer later can be refused half-way.
    async fn begin(&self) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
        self.pool.begin_with("BEGIN IMMEDIATE").await
    }

    async fn lock_instance(
        transaction: &mut Transaction<'static, Sqlite>,
        key: &str,
    ) -> Result<Option<InstanceRow>, sqlx::Error> {
        sqlx::query_as(statement::INSTANCE).bind(key).fetch_optional(&mut **transaction).await
    }

    async fn insert_entries(
        transaction: &mut Transaction<'static, Sqlite>,
        id: i64,
        rows: Vec<EntryRow>,
    ) -> Result<(), sqlx::Error> {
        for (sequence, at, event, previous, hash) in rows {
            sqlx::query(
                "INSERT INTO sekisho_journal (instance, sequence, at, event, previous, hash) \
                 VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(id)
            .bind(sequence)
            .bind(at)
            .bind(event)
            .bind(previous)
            .bind(hash)
            .execute(&mut **transaction)
            .await?;
        }
        Ok(())
    }

    async fn project(
        transaction: &mut Transaction<'static, Sqlite>,
        id: i64,
        rows: text::Rows,
    ) -> Result<(), sqlx::Error> {
        let to = &mut **transaction;
        for (run, sequence) in rows.runs_started {
            sqlx::query(statement::ADD_RUN).bind(id).bind(run).bind(sequence).execute(&mut *to).await?;
        }
        for (run, operation, started, last) in rows.steps {
            sqlx::query(
                "INSERT INTO sekisho_step (instance, run, operation, started_sequence, last_sequence) \
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT (instance, run, operation) DO UPDATE \
                 SET last_sequence = excluded.last_sequence, \
                     started_sequence = COALESCE(sekisho_step.started_sequence, excluded.started_sequence)",
            )
            .bind(id)
            .bind(run)
            .bind(operation)
            .bind(started)
            .bind(last)
            .execute(&mut *to)
            .await?;
        }
        for (run, sequence) in rows.runs_finished {
            sqlx::query(statement::FINISH_RUN).bind(id).bind(run).bind(sequence).execute(&mut *to).await?;
        }
        for set in rows.sets_gone {
            sqlx::query("DELETE FROM sekisho_owned_assignment WHERE instance = $1 AND permission_set = $2")
                .bind(id)
                .bind(set)
                .execute(&mut *to)
                .await?;
        }
        for arn in rows.sets_added {
            sqlx::query("INSERT INTO sekisho_owned_set (instance, arn) VALUES ($1, $2) ON CONFLICT DO NOTHING")
                .bind(id)
                .bind(arn)
                .execute(&mut *to)
                .await?;
        }
        for arn in rows.sets_removed {
            sqlx::query("DELETE FROM sekisho_owned_set WHERE instance = $1 AND arn = $2")
                .bind(id)
                .bind(arn)
                .execute(&mut *to)
                .await?;
        }
        for (set, account, kind, principal) in rows.assignments_added {
            sqlx::query(
                "INSERT INTO sekisho_owned_assignment (instance, permission_set, account, principal_kind, principal) \
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
            )
            .bind(id)
            .bind(set)
            .bind(account)
            .bind(kind)
            .bind(principal)
            .execute(&mut *to)
            .await?;
        }
        for (set, account, kind, principal) in rows.assignments_removed {
            sqlx::query(
                "DELETE FROM sekisho_owned_assignment WHERE instance = $1 AND permission_set = $2 AND account = $3 \
                 AND principal_kind = $4 AND principal = $5",
            )
            .bind(id)
            .bind(set)
            .bind(account)
            .bind(kind)
            .bind(principal)
            .execute(&mut *to)
            .await?;
        }
        for (name, ids) in rows.bindings {
            sqlx::query(
                "INSERT INTO sekisho_binding (instance, name, ids) VALUES ($1, $2, $3) \
                 ON CONFLICT (instance, name) DO UPDATE SET ids = excluded.ids",
            )
            .bind(id)
            .bind(name)
            .bind(ids)
            .execute(&mut *to)
            .await?;
        }
        Ok(())
    }

    fn claim(&self, instance: &InstanceKey) -> Result<bool, StoreError> {
        self.presence.claim(instance).map_err(|error| StoreError::Database {
            message: format!("the lock file beside {} cannot be used: {error}", self.place.name),
        })
    }

    fn let_go(&self, instance: &InstanceKey) {
        self.presence.let_go(instance);
    }
}

implement_sql_store!(SqliteStore);
