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
}

impl Trail {
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:cloudtrail:{}:{}:trail/{}", self.home_region, self.account, self.name)
    }
}
