//! Reading and changing AWS. Two traits, so that what only looks cannot write.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use jiff::Timestamp;
use model::change::Change;
use model::claim::{Part, PartValue};
use model::id::{AccountId, PermissionSetArn};
use model::journal::PendingRequest;
use model::observed::Observed;
use model::reading::Reading;

/// What kind of failure it was: it decides whether trying again makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AwsErrorKind {
    /// Slow down; retries within the deadline did not help.
    Throttled,
    /// AWS's own failure (5xx), a time-out or a broken connection: the effect may or may not have happened.
    Transient,
    /// `ConflictException`: an earlier write has not propagated, or something is still in the way.
    Conflict,
    /// What the call names is not there.
    NotFound,
    /// Refused for lack of permission.
    AccessDenied,
    /// The credentials ended or are not valid.
    Credentials,
    /// The request is malformed, too large or over a quota: sending it again is useless.
    Invalid,
    /// The endpoint does not know the operation.
    NotSupported,
}

impl AwsErrorKind {
    /// Whether the same call may well succeed a little later.
    #[must_use]
    pub fn is_passing(self) -> bool {
        matches!(self, Self::Throttled | Self::Transient | Self::Credentials)
    }
}

/// A failed call.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{operation}: {message}")]
pub struct AwsError {
    /// What kind.
    pub kind: AwsErrorKind,
    /// The API operation: `sso:CreateAccountAssignment`.
    pub operation: String,
    /// AWS's message, as it came.
    pub message: String,
    /// AWS's error code: `ThrottlingException`.
    pub code: Option<String>,
}

/// Told while reading goes on.
pub trait CloudProgress: Send + Sync {
    /// `done` of `total` pieces of `what` were read; `total` may grow.
    fn reading(&self, what: &str, done: u64, total: u64);
}

impl CloudProgress for () {
    fn reading(&self, _what: &str, _done: u64, _total: u64) {}
}

/// Looks at AWS. Rates, retries of throttled and broken calls, and paging are behind it.
#[async_trait]
pub trait AwsRead: Send + Sync {
    /// Reads everything. A part that fails becomes an unknown reading.
    ///
    /// # Errors
    /// Only when nothing can be said at all: no credentials, no instance.
    async fn observe(&self, progress: &dyn CloudProgress) -> Result<Observed, AwsError>;

    /// Reads one part afresh.
    ///
    /// # Errors
    /// When the part cannot be read. A set that is gone is not an error for [`Part::PermissionSet`].
    async fn read(&self, part: &Part) -> Result<PartValue, AwsError>;

    /// Requests of any state made since `since` (less the clock skew) according to AWS's status lists, each
    /// described, as the change they make. The lists are hints: what is missing may still have happened.
    ///
    /// # Errors
    /// When the lists cannot be read.
    async fn requests_since(&self, since: Timestamp) -> Result<Vec<(PendingRequest, Change)>, AwsError>;

    /// Customer managed policies of these accounts, each as `path` + `name` (`/team/Boundary`), read through the role of
    /// that name (with its path) in each. An account that cannot be read is unknown, and nothing else fails. Nothing is
    /// known of an account that is not answered, as by a cloud without roles.
    async fn customer_policies(
        &self,
        _accounts: &[AccountId],
        _role_name: &str,
    ) -> BTreeMap<AccountId, Reading<BTreeSet<String>>> {
        BTreeMap::new()
    }
}

/// How a change began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Started {
    /// Done already.
    Done {
        /// ARN of a set that was created.
        created: Option<PermissionSetArn>,
    },
    /// To be polled.
    Accepted(PendingRequest),
}

/// How an asynchronous request stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PollResult {
    /// AWS works on it.
    InProgress,
    /// Done.
    Succeeded,
    /// Ended, with AWS's reason.
    Failed(String),
}

/// AWS's lists of asynchronous requests, one for each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StatusList {
    /// `ListAccountAssignmentCreationStatus`.
    AssignmentCreation,
    /// `ListAccountAssignmentDeletionStatus`.
    AssignmentDeletion,
    /// `ListPermissionSetProvisioningStatus`.
    Provisioning,
}

/// Changes AWS.
#[async_trait]
pub trait AwsWrite: Send + Sync {
    /// Sends a change. `set_arn` is the ARN of the change's set, unless the change creates it.
    ///
    /// # Errors
    /// When AWS refuses. [`AwsErrorKind::Transient`] leaves open whether it took effect.
    async fn start(&self, change: &Change, set_arn: Option<&PermissionSetArn>) -> Result<Started, AwsError>;

    /// Asks how a request stands.
    ///
    /// # Errors
    /// When the status cannot be read.
    async fn poll(&self, request: &PendingRequest) -> Result<PollResult, AwsError>;

    /// Ids of the requests that AWS's status list names as IN_PROGRESS: one call instead of a poll for each request. A
    /// hint only (order and retention of the lists are undocumented): it says when to poll, never how a request ended.
    ///
    /// # Errors
    /// When the list cannot be read; [`AwsErrorKind::NotSupported`] (the default) when there is none.
    async fn in_progress(&self, list: StatusList) -> Result<BTreeSet<String>, AwsError> {
        Err(no_list(list))
    }

    /// One page of AWS's list of requests of this kind that SUCCEEDED, from `token` on (none: from the start). The order
    /// is undocumented, and how far back it goes: who is not named has failed, or has not ended, or is forgotten.
    ///
    /// # Errors
    /// When the list cannot be read; [`AwsErrorKind::NotSupported`] (the default) when there is none.
    async fn succeeded(&self, list: StatusList, token: Option<String>) -> Result<RequestPage, AwsError> {
        drop(token);
        Err(no_list(list))
    }
}

fn no_list(list: StatusList) -> AwsError {
    AwsError {
        kind: AwsErrorKind::NotSupported,
        operation: format!("{list:?}"),
        message: "no status list is read here".to_owned(),
        code: None,
    }
}

/// One page of a list of requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestPage {
    /// Ids of requests.
    pub ids: BTreeSet<String>,
    /// Where the next page starts, if there is one.
    pub next: Option<String>,
}
