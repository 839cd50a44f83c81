//! What SQLite and PostgreSQL have in common: the statements, and all methods whose text is the same for both drivers.
//! The driver's types differ throughout, so the methods are written once as a macro.

/// Statements that both databases understand.
pub(crate) mod statement {
    pub(crate) const ADD_INSTANCE: &str = "INSERT INTO sekisho_instance (key) VALUES ($1) ON CONFLICT (key) DO NOTHING";
    pub(crate) const INSTANCE: &str = "SELECT id, head_sequence, head_hash, lease_token, lease_holder, lease_until \
         FROM sekisho_instance WHERE key = $1";
    pub(crate) const SET_LEASE: &str =
        "UPDATE sekisho_instance SET lease_token = $2, lease_holder = $3, lease_until = $4 WHERE id = $1";
    pub(crate) const RENEW_LEASE: &str = "UPDATE sekisho_instance SET lease_until = $3 \
         WHERE key = $1 AND lease_token = $2 AND lease_holder IS NOT NULL";
    pub(crate) const RELEASE_LEASE: &str = "UPDATE sekisho_instance SET lease_holder = NULL, lease_until = NULL \
         WHERE key = $1 AND lease_token = $2";
    pub(crate) const SET_HEAD: &str = "UPDATE sekisho_instance SET head_sequence = $2, head_hash = $3 WHERE id = $1";
    pub(crate) const HASH_AT: &str = "SELECT hash FROM sekisho_journal WHERE instance = $1 AND sequence = $2";
    pub(crate) const EVENT_AT: &str = "SELECT at, event FROM sekisho_journal WHERE instance = $1 AND sequence = $2";
    pub(crate) const ENTRIES: &str = "SELECT sequence, at, event, previous, hash FROM sekisho_journal \
         WHERE instance = $1 AND sequence > $2 ORDER BY sequence LIMIT $3";
    pub(crate) const ADD_RUN: &str = "INSERT INTO sekisho_run (instance, run, started_sequence) VALUES ($1, $2, $3)";
    pub(crate) const FINISH_RUN: &str =
        "UPDATE sekisho_run SET finished_sequence = $3 WHERE instance = $1 AND run = $2";
    pub(crate) const RUNS: &str = "SELECT run, started_sequence, finished_sequence FROM sekisho_run \
         WHERE instance = $1 ORDER BY started_sequence DESC LIMIT $2";
    pub(crate) const OPEN_RUNS: &str = "SELECT run, started_sequence, finished_sequence FROM sekisho_run \
         WHERE instance = $1 AND finished_sequence IS NULL ORDER BY started_sequence";
    pub(crate) const RUN: &str = "SELECT run, started_sequence, finished_sequence FROM sekisho_run \
         WHERE instance = $1 AND run = $2";
    pub(crate) const STEPS: &str = "SELECT step.operation, newest.at, newest.event, oldest.at \
         FROM sekisho_step AS step \
         JOIN sekisho_journal AS newest ON newest.instance = step.instance AND newest.sequence = step.last_sequence \
         LEFT JOIN sekisho_journal AS oldest \
           ON oldest.instance = step.instance AND oldest.sequence = step.started_sequence \
         WHERE step.instance = $1 AND step.run = $2";
    pub(crate) const OWNED_SETS: &str = "SELECT arn FROM sekisho_owned_set WHERE instance = $1";
    pub(crate) const OWNED_ASSIGNMENTS: &str = "SELECT permission_set, account, principal_kind, principal \
         FROM sekisho_owned_assignment WHERE instance = $1";
    pub(crate) const BINDINGS: &str = "SELECT name, ids FROM sekisho_binding WHERE instance = $1";
    /// Empties the projections, those that others refer to last.
    pub(crate) const EMPTY_PROJECTIONS: [&str; 5] = [
        "DELETE FROM sekisho_step WHERE instance = $1",
        "DELETE FROM sekisho_run WHERE instance = $1",
        "DELETE FROM sekisho_owned_set WHERE instance = $1",
        "DELETE FROM sekisho_owned_assignment WHERE instance = $1",
        "DELETE FROM sekisho_binding WHERE instance = $1",
    ];
}

/// How many entries a rebuild holds in memory at once.
pub(crate) const REBUILD_BATCH: i64 = 5_000;

/// Row of `sekisho_instance`.
pub(crate) type InstanceRow = (i64, i64, String, i64, Option<String>, Option<String>);
/// Row of `sekisho_journal`, without its instance.
pub(crate) type EntryRow = (i64, String, String, String, String);

/// Implements `StateStore` and `Backend` for a type with the fields `pool: sqlx::Pool<$database>` and `place: Place`
/// and these methods of its own:
/// `begin(&self)` (a transaction that writes), `lock_instance(&mut tx, key)` (the row, held until the end),
/// `insert_entries(&mut tx, id, rows)`, `project(&mut tx, id, delta)`, and for liveness `claim(instance)` (whether the
/// one who held the lease is certainly dead) and `let_go(instance)`.
macro_rules! implement_sql_store {
    ($store:ty) => {
        impl $store {
            async fn instance_row(&self, instance: &InstanceKey) -> Result<Option<InstanceRow>, StoreError> {
                sqlx::query_as(statement::INSTANCE)
                    .bind(text::key(instance)?)
                    .fetch_optional(&self.pool)
                    .await
                    .map_err(|error| self.place.database(&error))
            }

            async fn event_at(&self, id: i64, sequence: i64) -> Result<(Timestamp, JournalEvent), StoreError> {
                let row: Option<(String, String)> = sqlx::query_as(statement::EVENT_AT)
                    .bind(id)
                    .bind(sequence)
                    .fetch_optional(&self.pool)
                    .await
                    .map_err(|error| self.place.database(&error))?;
                let (at, event) =
                    row.ok_or_else(|| self.place.damaged(format!("entry {sequence} of the journal is missing")))?;
                Ok((text::instant(&self.place, &at)?, text::event(&self.place, &event)?))
            }

            async fn record(
                &self,
                id: i64,
                (run, started, finished): (String, i64, Option<i64>),
            ) -> Result<RunRecord, StoreError> {
                let run = text::id::<RunId>(&self.place, run)?;
                let rows: Vec<(String, String, String, Option<String>)> = sqlx::query_as(statement::STEPS)
                    .bind(id)
                    .bind(run.as_str())
                    .fetch_all(&self.pool)
                    .await
                    .map_err(|error| self.place.database(&error))?;
                let mut steps = HashMap::with_capacity(rows.len());
                for (operation, at, event, started_at) in rows {
                    let JournalEvent::Step { state, .. } = text::event(&self.place, &event)? else {
                        return Err(self.place.damaged(format!("a step of run {run} is something else")));
                    };
                    let at = text::instant(&self.place, &at)?;
                    let started_at = started_at.map(|text| text::instant(&self.place, &text)).transpose()?;
                    steps.insert(text::id::<OperationId>(&self.place, operation)?, Step { state, at, started_at });
                }
                let began = self.event_at(id, started).await?;
                let ended = match finished {
                    Some(sequence) => Some(self.event_at(id, sequence).await?),
                    None => None,
                };
                run_record(&self.place, &run, began, ended, steps)
            }

            async fn records(
                &self,
                id: i64,
                rows: Vec<(String, i64, Option<i64>)>,
            ) -> Result<Vec<RunRecord>, StoreError> {
                let mut records = Vec::with_capacity(rows.len());
                for row in rows {
                    records.push(self.record(id, row).await?);
                }
                Ok(records)
            }

            /// Takes the lease inside a transaction. `holder_is_dead`: the row's lease does not count.
            async fn take_lease(
                &self,
                instance: &InstanceKey,
                holder: &str,
                now: Timestamp,
                duration: Duration,
                holder_is_dead: bool,
            ) -> Result<Lease, StoreError> {
                let failed = |error: sqlx::Error| self.place.database(&error);
                let key = text::key(instance)?;
                let mut transaction = self.begin().await.map_err(failed)?;
                sqlx::query(statement::ADD_INSTANCE).bind(&key).execute(&mut *transaction).await.map_err(failed)?;
                let row = Self::lock_instance(&mut transaction, &key).await.map_err(failed)?;
                let (id, _, _, token, held_by, until) = row.ok_or(StoreError::LeaseLost)?;
                if let (Some(held_by), Some(until)) = (held_by, until) {
                    let until = text::instant(&self.place, &until)?;
                    if until > now && !holder_is_dead {
                        return Err(refused(&held_by, until));
                    }
                }
                let token = token.saturating_add(1);
                let until = expiry(now, duration);
                sqlx::query(statement::SET_LEASE)
                    .bind(id)
                    .bind(token)
                    .bind(holder)
                    .bind(until.to_string())
                    .execute(&mut *transaction)
                    .await
                    .map_err(failed)?;
                transaction.commit().await.map_err(failed)?;
                Ok(Lease { holder: holder.to_owned(), token: u64::try_from(token).map_err(out_of_range)?, until })
            }
        }

        #[async_trait]
        impl StateStore for $store {
            async fn acquire_lease(
                &self,
                instance: &InstanceKey,
                holder: &str,
                now: Timestamp,
                duration: Duration,
            ) -> Result<Lease, StoreError> {
                let holder_is_dead = self.claim(instance)?;
                let lease = self.take_lease(instance, holder, now, duration, holder_is_dead).await;
                if lease.is_err() && holder_is_dead {
                    self.let_go(instance);
                }
                lease
            }

            async fn renew_lease(
                &self,
                instance: &InstanceKey,
                lease: &Lease,
                now: Timestamp,
                duration: Duration,
            ) -> Result<Lease, StoreError> {
                // Whoever took an expired lease over from a process that is still there gets its place when it goes.
                self.claim(instance)?;
                let until = expiry(now, duration);
                let renewed = sqlx::query(statement::RENEW_LEASE)
                    .bind(text::key(instance)?)
                    .bind(i64::try_from(lease.token).map_err(out_of_range)?)
                    .bind(until.to_string())
                    .execute(&self.pool)
                    .await
                    .map_err(|error| self.place.database(&error))?;
                if renewed.rows_affected() == 0 {
                    return Err(StoreError::LeaseLost);
                }
                Ok(Lease { until, ..lease.clone() })
            }

            async fn release_lease(&self, instance: &InstanceKey, lease: &Lease) -> Result<(), StoreError> {
                let released = sqlx::query(statement::RELEASE_LEASE)
                    .bind(text::key(instance)?)
                    .bind(i64::try_from(lease.token).map_err(out_of_range)?)
                    .execute(&self.pool)
                    .await
                    .map_err(|error| self.place.database(&error))?;
                if released.rows_affected() > 0 {
                    self.let_go(instance);
                }
                Ok(())
            }

            async fn append(
                &self,
                instance: &InstanceKey,
                lease: &Lease,
                at: Timestamp,
                events: Vec<JournalEvent>,
            ) -> Result<(), StoreError> {
                let failed = |error: sqlx::Error| self.place.database(&error);
                let mut transaction = self.begin().await.map_err(failed)?;
                let row = Self::lock_instance(&mut transaction, &text::key(instance)?).await.map_err(failed)?;
                let Some((id, sequence, hash, token, Some(_), _)) = row else { return Err(StoreError::LeaseLost) };
                if u64::try_from(token).ok() != Some(lease.token) {
                    return Err(StoreError::LeaseLost);
                }
                let head = Head { sequence: u64::try_from(sequence).map_err(out_of_range)?, hash };
                if head.sequence > 0 {
                    let found: Option<(String,)> = sqlx::query_as(statement::HASH_AT)
                        .bind(id)
                        .bind(sequence)
                        .fetch_optional(&mut *transaction)
                        .await
                        .map_err(failed)?;
                    if found.map(|(hash,)| hash) != Some(head.hash.clone()) {
                        return Err(self.place.damaged("the newest entry of the journal is not the one written last"));
                    }
                }
                let entries = chain::seal(&head, instance, at, events)?;
                let Some(last) = entries.last() else { return Ok(()) };
                let rows = text::rows(&entries)?;
                let new_head = (i64::try_from(last.sequence).map_err(out_of_range)?, last.hash.clone());
                Self::insert_entries(&mut transaction, id, rows).await.map_err(failed)?;
                Self::project(&mut transaction, id, text::Rows::of(Delta::of(&entries))?).await.map_err(failed)?;
                sqlx::query(statement::SET_HEAD)
                    .bind(id)
                    .bind(new_head.0)
                    .bind(new_head.1)
                    .execute(&mut *transaction)
                    .await
                    .map_err(failed)?;
                transaction.commit().await.map_err(failed)
            }

            async fn owned(&self, instance: &InstanceKey) -> Result<Owned, StoreError> {
                let failed = |error: sqlx::Error| self.place.database(&error);
                let Some((id, ..)) = self.instance_row(instance).await? else { return Ok(Owned::default()) };
                let sets: Vec<(String,)> =
                    sqlx::query_as(statement::OWNED_SETS).bind(id).fetch_all(&self.pool).await.map_err(failed)?;
                let assignments: Vec<(String, String, String, String)> = sqlx::query_as(statement::OWNED_ASSIGNMENTS)
                    .bind(id)
                    .fetch_all(&self.pool)
                    .await
                    .map_err(failed)?;
                let mut owned = Owned::default();
                for (arn,) in sets {
                    owned.permission_sets.insert(text::id(&self.place, arn)?);
                }
                for row in assignments {
                    owned.assignments.insert(text::assignment(&self.place, row)?);
                }
                Ok(owned)
            }

            async fn bindings(&self, instance: &InstanceKey) -> Result<Bindings, StoreError> {
                let Some((id, ..)) = self.instance_row(instance).await? else { return Ok(Bindings::default()) };
                let rows: Vec<(String, String)> = sqlx::query_as(statement::BINDINGS)
                    .bind(id)
                    .fetch_all(&self.pool)
                    .await
                    .map_err(|error| self.place.database(&error))?;
                let mut bindings = Bindings::default();
                for (name, ids) in rows {
                    let ids = serde_json::from_str(&ids)
                        .map_err(|error| self.place.damaged(format!("the ids bound to `{name}`: {error}")))?;
                    bindings.entries.insert(name, ids);
                }
                Ok(bindings)
            }

            async fn runs(&self, instance: &InstanceKey, limit: u32) -> Result<Vec<RunRecord>, StoreError> {
                let Some((id, ..)) = self.instance_row(instance).await? else { return Ok(Vec::new()) };
                let rows = sqlx::query_as(statement::RUNS)
                    .bind(id)
                    .bind(i64::from(limit))
                    .fetch_all(&self.pool)
                    .await
                    .map_err(|error| self.place.database(&error))?;
                self.records(id, rows).await
            }

            async fn run(&self, instance: &InstanceKey, run: &RunId) -> Result<Option<RunRecord>, StoreError> {
                let Some((id, ..)) = self.instance_row(instance).await? else { return Ok(None) };
                let row = sqlx::query_as(statement::RUN)
                    .bind(id)
                    .bind(run.as_str())
                    .fetch_optional(&self.pool)
                    .await
                    .map_err(|error| self.place.database(&error))?;
                match row {
                    Some(row) => self.record(id, row).await.map(Some),
                    None => Ok(None),
                }
            }

            async fn unfinished_runs(&self, instance: &InstanceKey) -> Result<Vec<RunRecord>, StoreError> {
                let Some((id, ..)) = self.instance_row(instance).await? else { return Ok(Vec::new()) };
                let rows = sqlx::query_as(statement::OPEN_RUNS)
                    .bind(id)
                    .fetch_all(&self.pool)
                    .await
                    .map_err(|error| self.place.database(&error))?;
                self.records(id, rows).await
            }

            async fn entries(
                &self,
                instance: &InstanceKey,
                after_sequence: u64,
                limit: u32,
            ) -> Result<Vec<JournalEntry>, StoreError> {
                let Some((id, ..)) = self.instance_row(instance).await? else { return Ok(Vec::new()) };
                let rows: Vec<EntryRow> = sqlx::query_as(statement::ENTRIES)
                    .bind(id)
                    .bind(i64::try_from(after_sequence).map_err(out_of_range)?)
                    .bind(i64::from(limit))
                    .fetch_all(&self.pool)
                    .await
                    .map_err(|error| self.place.database(&error))?;
                rows.into_iter().map(|row| text::entry(&self.place, instance, row)).collect()
            }
        }

        #[async_trait]
        impl Backend for $store {
            fn place(&self) -> &Place {
                &self.place
            }

            async fn head(&self, instance: &InstanceKey) -> Result<Head, StoreError> {
                let Some((_, sequence, hash, ..)) = self.instance_row(instance).await? else {
                    return Ok(Head::default());
                };
                Ok(Head { sequence: u64::try_from(sequence).map_err(out_of_range)?, hash })
            }

            async fn rebuild(&self, instance: &InstanceKey) -> Result<(), StoreError> {
                let failed = |error: sqlx::Error| self.place.database(&error);
                let key = text::key(instance)?;
                let mut transaction = self.begin().await.map_err(failed)?;
                let Some((id, ..)) = Self::lock_instance(&mut transaction, &key).await.map_err(failed)? else {
                    return Ok(());
                };
                for statement in statement::EMPTY_PROJECTIONS {
                    sqlx::query(statement).bind(id).execute(&mut *transaction).await.map_err(failed)?;
                }
                let mut after = 0_i64;
                loop {
                    let rows: Vec<EntryRow> = sqlx::query_as(statement::ENTRIES)
                        .bind(id)
                        .bind(after)
                        .bind(REBUILD_BATCH)
                        .fetch_all(&mut *transaction)
                        .await
                        .map_err(failed)?;
                    let Some(last) = rows.last() else { break };
                    after = last.0;
                    let entries: Vec<JournalEntry> = rows
                        .into_iter()
                        .map(|row| text::entry(&self.place, instance, row))
                        .collect::<Result<_, _>>()?;
                    Self::project(&mut transaction, id, text::Rows::of(Delta::of(&entries))?).await.map_err(failed)?;
                }
                transaction.commit().await.map_err(failed)
            }
        }
    };
}

pub(crate) use implement_sql_store;
