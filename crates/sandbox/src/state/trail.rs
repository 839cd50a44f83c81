//! CloudTrail's trails, as far as they are: one of the organization, in the management account.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::AccountId;

/// A trail of the whole organization.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Trail {
    pub(crate) name: String,
    pub(crate) account: AccountId,
    pub(crate) home_region: String,
    pub(crate) bucket: String,
    pub(crate) started_at: Timestamp,
    /// When it last wrote an object.
    pub(crate) delivered_at: Option<Timestamp>,
    /// Types of resources (`AWS::S3::Object`) of which its files hold data events: those it came with, for the sandbox itself records none.
    #[serde(default)]
    pub(crate) data_types: Vec<String>,
    /// Whether it says that it records writes only.
    #[serde(default)]
    pub(crate) writes_only: bool,
}

impl Trail {
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:cloudtrail:{}:{}:trail/{}", self.home_region, self.account, self.name)
    }
}
