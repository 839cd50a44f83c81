//! A query from its start to its last row, within what it may cost.

use std::time::Duration;

use ports::{AthenaQueries, AthenaQuery, AwsError, Clock, QueryState};
use trail::athena::Row;

use super::super::input;
use crate::error::CommandError;
use crate::render::progress::Progress;

/// How much and how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// What a query may read: it is stopped when it has read more, and what it read until then is paid for.
    pub(super) scanned_bytes: u64,
    /// Time between two looks.
    pub(super) poll: Duration,
    /// The longest time of a query.
    pub(super) patience: Duration,
}

/// What a query that ended well came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ended {
    pub(super) id: String,
    pub(super) scanned_bytes: u64,
}

/// Runs queries.
pub(super) struct Run<'a> {
    pub(super) athena: &'a dyn AthenaQueries,
    pub(super) clock: &'a dyn Clock,
    pub(super) limits: Limits,
    pub(super) progress: &'a Progress,
}

fn refused(what: &str, error: &AwsError) -> CommandError {
    CommandError::new(what.to_owned()).because(error)
}

impl Run<'_> {
    /// Starts a query and waits until it has ended well.
    pub(super) async fn to_its_end(&self, query: &AthenaQuery) -> Result<Ended, CommandError> {
        let started = self.athena.start_query(query).await;
        let id = started.map_err(|error| refused("Athena does not take the query", &error))?;
        let began = self.clock.now();
        loop {
            let found = self.athena.query_progress(&id).await;
            let found = found.map_err(|error| {
                refused("Athena does not say how the query is", &error)
                    .hint(format!("the query goes on: its id is {id}"))
            })?;
            let scanned = input::bytes(found.scanned_bytes);
            self.progress.update(found.scanned_bytes >> 20, 0, &format!("MiB, {scanned} read"));
            match found.state {
                QueryState::Succeeded => return Ok(Ended { id, scanned_bytes: found.scanned_bytes }),
                QueryState::Failed => {
                    let reason = found.reason.unwrap_or_else(|| "Athena gives no reason".to_owned());
                    return Err(CommandError::new(format!("the query {id} ended without result: {reason}"))
                        .hint(format!("{scanned} were read")));
                }
                QueryState::Running => {}
            }
            if found.scanned_bytes > self.limits.scanned_bytes {
                let told = format!("the query has read {scanned}, more than `--max-bytes` allows, and was stopped");
                return Err(self
                    .stop(&id, told)
                    .await
                    .hint("--since, --until, --account and --region make it read less"));
            }
            let elapsed = Duration::try_from(self.clock.now().duration_since(began)).unwrap_or_default();
            if elapsed > self.limits.patience {
                let told = "the query took longer than `--max-minutes` allows, and was stopped".to_owned();
                return Err(self.stop(&id, told).await);
            }
            self.clock.sleep(self.limits.poll).await;
        }
    }

    async fn stop(&self, id: &str, told: String) -> CommandError {
        match self.athena.stop_query(id).await {
            Ok(()) => CommandError::new(told),
            Err(error) => refused(&format!("{told} — but AWS refused to stop it"), &error)
                .hint(format!("aws athena stop-query-execution --query-execution-id {id}")),
        }
    }

    /// Hands on all rows of a query; its first one names the columns.
    pub(super) async fn rows(
        &self,
        id: &str,
        mut take: impl FnMut(&Row) -> Result<(), CommandError>,
    ) -> Result<(), CommandError> {
        let (mut next, mut is_first) = (None, true);
        loop {
            let page = self.athena.query_page(id, next.as_deref()).await;
            let page = page.map_err(|error| refused("Athena does not give the results", &error))?;
            for cells in page.rows {
                if std::mem::take(&mut is_first) {
                    continue;
                }
                let length = cells.len();
                let row = Row::try_from(cells).map_err(|_| {
                    CommandError::new(format!("Athena gave a row of {length} columns, which is not the query's"))
                })?;
                take(&row)?;
            }
            match page.next {
                None => return Ok(()),
                Some(again) if next.as_ref() == Some(&again) => {
                    return Err(CommandError::new("Athena gives the same page of results again and again"));
                }
                Some(another) => next = Some(another),
            }
        }
    }
}
