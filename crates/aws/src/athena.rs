//! Queries in Athena.

use async_trait::async_trait;
use aws_sdk_athena::types::{QueryExecutionContext, QueryExecutionState, ResultConfiguration};
use ports::{AthenaQueries, AthenaQuery, AwsError, QueryPage, QueryProgress, QueryState};

use crate::api;
use crate::client::Client;
use crate::error::odd_answer;

/// Rows of a page: the most that AWS gives.
const PAGE_ROWS: i32 = 1000;

impl Client {
    fn athena(&self) -> aws_sdk_athena::Client {
        aws_sdk_athena::Client::new(&self.inner.config)
    }
}

#[async_trait]
impl AthenaQueries for Client {
    async fn start_query(&self, query: &AthenaQuery) -> Result<String, AwsError> {
        let api = &api::START_QUERY;
        let client = &self.athena();
        let answer = self
            .inner
            .call(api, || {
                let context = QueryExecutionContext::builder().set_database(query.database.clone()).build();
                let output = query.output.clone();
                let output = output.map(|place| ResultConfiguration::builder().output_location(place).build());
                client
                    .start_query_execution()
                    .query_string(&query.sql)
                    .client_request_token(&query.token)
                    .query_execution_context(context)
                    .set_work_group(query.workgroup.clone())
                    .set_result_configuration(output)
                    .send()
            })
            .await?;
        answer.query_execution_id.ok_or_else(|| odd_answer(api, "no id"))
    }

    async fn query_progress(&self, id: &str) -> Result<QueryProgress, AwsError> {
        let api = &api::GET_QUERY;
        let client = &self.athena();
        let answer = self.inner.call(api, || client.get_query_execution().query_execution_id(id).send()).await?;
        let found = answer.query_execution.ok_or_else(|| odd_answer(api, "no query"))?;
        let status = found.status.ok_or_else(|| odd_answer(api, "no status"))?;
        let state = match &status.state {
            Some(QueryExecutionState::Queued | QueryExecutionState::Running) => QueryState::Running,
            Some(QueryExecutionState::Succeeded) => QueryState::Succeeded,
            Some(QueryExecutionState::Failed | QueryExecutionState::Cancelled) => QueryState::Failed,
            other => return Err(odd_answer(api, format!("the state {other:?}"))),
        };
        let scanned = found.statistics.and_then(|statistics| statistics.data_scanned_in_bytes).unwrap_or(0);
        Ok(QueryProgress {
            state,
            reason: status.state_change_reason,
            scanned_bytes: u64::try_from(scanned).unwrap_or(0),
        })
    }

    async fn stop_query(&self, id: &str) -> Result<(), AwsError> {
        let client = &self.athena();
        self.inner
            .call(&api::STOP_QUERY, || client.stop_query_execution().query_execution_id(id).send())
            .await
            .map(drop)
    }

    async fn query_page(&self, id: &str, next: Option<&str>) -> Result<QueryPage, AwsError> {
        let client = &self.athena();
        let next = next.map(str::to_owned);
        let answer = self
            .inner
            .call(&api::GET_QUERY_RESULTS, || {
                let request = client.get_query_results().query_execution_id(id).max_results(PAGE_ROWS);
                request.set_next_token(next.clone()).send()
            })
            .await?;
        let rows = answer.result_set.and_then(|set| set.rows).unwrap_or_default();
        let rows = rows.into_iter().map(|row| {
            let cells = row.data.unwrap_or_default();
            cells.into_iter().map(|cell| cell.var_char_value).collect()
        });
        Ok(QueryPage { rows: rows.collect(), next: answer.next_token.filter(|next| !next.is_empty()) })
    }
}
