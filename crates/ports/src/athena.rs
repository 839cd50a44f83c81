//! Queries that Amazon Athena runs over the log.

use async_trait::async_trait;

use crate::aws::AwsError;

/// A query to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AthenaQuery {
    /// The statement.
    pub sql: String,
    /// The database it is about, where the statement does not name one.
    pub database: Option<String>,
    /// The workgroup, whose own limits count as well.
    pub workgroup: Option<String>,
    /// Where results go (`s3://…`), where the workgroup does not say.
    pub output: Option<String>,
    /// The same token starts the same query once: 32 to 128 characters.
    pub token: String,
}

/// How far a query is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QueryState {
    /// Not ended yet.
    Running,
    /// Ended well.
    Succeeded,
    /// Ended badly, or stopped.
    Failed,
}

/// What Athena says of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryProgress {
    /// How far it is.
    pub state: QueryState,
    /// Why it ended, in AWS's words.
    pub reason: Option<String>,
    /// What it has read so far: what is paid for.
    pub scanned_bytes: u64,
}

/// A page of results: the texts of each row's columns, none for null.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueryPage {
    /// The rows. The first one of the first page names the columns.
    pub rows: Vec<Vec<Option<String>>>,
    /// Where the next page begins.
    pub next: Option<String>,
}

/// Runs queries. Retries of throttled and broken calls are behind it.
#[async_trait]
pub trait AthenaQueries: Send + Sync {
    /// Starts a query; its id.
    ///
    /// # Errors
    /// When AWS refuses it.
    async fn start_query(&self, query: &AthenaQuery) -> Result<String, AwsError>;

    /// How far a query is.
    ///
    /// # Errors
    /// When AWS does not say.
    async fn query_progress(&self, id: &str) -> Result<QueryProgress, AwsError>;

    /// Stops a query.
    ///
    /// # Errors
    /// When AWS refuses.
    async fn stop_query(&self, id: &str) -> Result<(), AwsError>;

    /// A page of the results of a query that ended well.
    ///
    /// # Errors
    /// When AWS does not give it.
    async fn query_page(&self, id: &str, next: Option<&str>) -> Result<QueryPage, AwsError>;
}
