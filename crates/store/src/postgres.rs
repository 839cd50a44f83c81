//! The state in PostgreSQL: for several runners that share it.

use std::collections::HashMap;
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
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Postgres, Transaction};

use crate::backend::Backend;
use crate::chain::{self, Head};
use crate::error::{Place, out_of_range};
use crate::lease::{expiry, refused};
use crate::projection::Delta;
use crate::record::{Step, run_record};
use crate::sql::{EntryRow, InstanceRow, REBUILD_BATCH, implement_sql_store, statement};
use crate::text;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// How long to wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// The state in a database of a server. All writes of a batch are one statement for each table, so that a distant
/// server costs few round trips.
#[derive(Debug)]
pub(crate) struct PostgresStore {
    pool: PgPool,
    place: Place,
}

impl PostgresStore {
    /// Connects, and brings the schema up to date.
    pub(crate) async fn open(options: PgConnectOptions, place: Place) -> Result<Self, StoreError> {
        let pool = PgPoolOptions::new()
            .max_connections(4)
            .acquire_timeout(CONNECT_TIMEOUT)
            .connect_with(options.application_name("sekisho"))
            .await
            .map_err(|error| place.database(&error))?;
        MIGRATIONS.run(&pool).await.map_err(|error| place.migration(&error))?;
        Ok(Self { pool, place })
    }

    async fn begin(&self) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        self.pool.begin().await
    }

    async fn lock_instance(
        transaction: &mut Transaction<'static, Postgres>,
        key: &str,
    ) -> Result<Option<InstanceRow>, sqlx::Error> {
        sqlx::query_as(
            "SELECT id, head_sequence, head_hash, lease_token, lease_holder, lease_until \
             FROM sekisho_instance WHERE key = $1 FOR UPDATE",
        )
        .bind(key)
        .fetch_optional(&mut **transaction)
        .await
    }

    async fn insert_entries(
        transaction: &mut Transaction<'static, Postgres>,
        id: i64,
        rows: Vec<EntryRow>,
    ) -> Result<(), sqlx::Error> {
        let (mut sequences, mut instants, mut events) = (Vec::new(), Vec::new(), Vec::new());
        let (mut previous_hashes, mut hashes) = (Vec::new(), Vec::new());
        for (sequence, at, event, previous, hash) in rows {
            sequences.push(sequence);
            instants.push(at);
            events.push(event);
            previous_hashes.push(previous);
            hashes.push(hash);
        }
        sqlx::query(
            "INSERT INTO sekisho_journal (instance, sequence, at, event, previous, hash) \
             SELECT $1, row.sequence, row.at, row.event, row.previous, row.hash \
             FROM UNNEST($2::BIGINT[], $3::TEXT[], $4::TEXT[], $5::TEXT[], $6::TEXT[]) \
               AS row (sequence, at, event, previous, hash)",
        )
        .bind(id)
        .bind(sequences)
        .bind(instants)
        .bind(events)
        .bind(previous_hashes)
        .bind(hashes)
        .execute(&mut **transaction)
        .await
        .map(|_| ())
    }

    async fn project(
        transaction: &mut Transaction<'static, Postgres>,
        id: i64,
        rows: text::Rows,
    ) -> Result<(), sqlx::Error> {
        let to = &mut **transaction;
        for (run, sequence) in rows.runs_started {
            sqlx::query(statement::ADD_RUN).bind(id).bind(run).bind(sequence).execute(&mut *to).await?;
        }
        if !rows.steps.is_empty() {
            let mut columns: (Vec<String>, Vec<String>, Vec<Option<i64>>, Vec<i64>) = Default::default();
            for (run, operation, started, last) in rows.steps {
                columns.0.push(run);
                columns.1.push(operation);
                columns.2.push(started);
                columns.3.push(last);
            }
            sqlx::query(
                "INSERT INTO sekisho_step (instance, run, operation, started_sequence, last_sequence) \
                 SELECT $1, row.run, row.operation, row.started, row.last \
                 FROM UNNEST($2::TEXT[], $3::TEXT[], $4::BIGINT[], $5::BIGINT[]) AS row (run, operation, started, last) \
                 ON CONFLICT (instance, run, operation) DO UPDATE \
                 SET last_sequence = excluded.last_sequence, \
                     started_sequence = COALESCE(sekisho_step.started_sequence, excluded.started_sequence)",
            )
            .bind(id)
            .bind(columns.0)
            .bind(columns.1)
            .bind(columns.2)
            .bind(columns.3)
            .execute(&mut *to)
            .await?;
        }
        for (run, sequence) in rows.runs_finished {
            sqlx::query(statement::FINISH_RUN).bind(id).bind(run).bind(sequence).execute(&mut *to).await?;
        }
        if !rows.sets_gone.is_empty() {
            sqlx::query("DELETE FROM sekisho_owned_assignment WHERE instance = $1 AND permission_set = ANY($2)")
                .bind(id)
                .bind(rows.sets_gone)
                .execute(&mut *to)
                .await?;
        }
        if !rows.sets_added.is_empty() {
            sqlx::query(
                "INSERT INTO sekisho_owned_set (instance, arn) SELECT $1, UNNEST($2::TEXT[]) ON CONFLICT DO NOTHING",
            )
            .bind(id)
            .bind(rows.sets_added)
            .execute(&mut *to)
            .await?;
        }
        if !rows.sets_removed.is_empty() {
            sqlx::query("DELETE FROM sekisho_owned_set WHERE instance = $1 AND arn = ANY($2)")
                .bind(id)
                .bind(rows.sets_removed)
                .execute(&mut *to)
                .await?;
        }
        if !rows.assignments_added.is_empty() {
            let columns = columns_of(rows.assignments_added);
            sqlx::query(
                "INSERT INTO sekisho_owned_assignment (instance, permission_set, account, principal_kind, principal) \
                 SELECT $1, row.a, row.b, row.c, row.d \
                 FROM UNNEST($2::TEXT[], $3::TEXT[], $4::TEXT[], $5::TEXT[]) AS row (a, b, c, d) \
                 ON CONFLICT DO NOTHING",
            )
            .bind(id)
            .bind(columns.0)
            .bind(columns.1)
            .bind(columns.2)
            .bind(columns.3)
            .execute(&mut *to)
            .await?;
        }
        if !rows.assignments_removed.is_empty() {
            let columns = columns_of(rows.assignments_removed);
            sqlx::query(
                "DELETE FROM sekisho_owned_assignment \
                 USING UNNEST($2::TEXT[], $3::TEXT[], $4::TEXT[], $5::TEXT[]) AS row (a, b, c, d) \
                 WHERE instance = $1 AND permission_set = row.a AND account = row.b AND principal_kind = row.c \
                   AND principal = row.d",
            )
            .bind(id)
            .bind(columns.0)
            .bind(columns.1)
            .bind(columns.2)
            .bind(columns.3)
            .execute(&mut *to)
            .await?;
        }
        if !rows.bindings.is_empty() {
            let (names, ids): (Vec<String>, Vec<String>) = rows.bindings.into_iter().unzip();
            sqlx::query(
                "INSERT INTO sekisho_binding (instance, name, ids) \
                 SELECT $1, row.name, row.ids FROM UNNEST($2::TEXT[], $3::TEXT[]) AS row (name, ids) \
                 ON CONFLICT (instance, name) DO UPDATE SET ids = excluded.ids",
            )
            .bind(id)
            .bind(names)
            .bind(ids)
            .execute(&mut *to)
            .await?;
        }
        Ok(())
    }

    /// Nothing tells whether a process on another machine is alive: leases have to expire.
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "the other store has something to say here")]
    fn claim(&self, _instance: &InstanceKey) -> Result<bool, StoreError> {
        Ok(false)
    }

    #[expect(clippy::unused_self, reason = "the other store has something to do here")]
    fn let_go(&self, _instance: &InstanceKey) {}
}

fn columns_of(rows: Vec<text::AssignmentRow>) -> (Vec<String>, Vec<String>, Vec<String>, Vec<String>) {
    let mut columns: (Vec<String>, Vec<String>, Vec<String>, Vec<String>) = Default::default();
    for (set, account, kind, principal) in rows {
        columns.0.push(set);
        columns.1.push(account);
        columns.2.push(kind.to_owned());
        columns.3.push(principal);
    }
    columns
}

implement_sql_store!(PostgresStore);
