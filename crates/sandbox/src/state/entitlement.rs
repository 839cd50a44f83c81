//! Account access: principals of Identity Center on roles that are there already.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::center::Principal;
use super::id::{AccountId, Uuid};
use super::organization::Tags;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Entitlements {
    /// The one application there can be.
    pub(crate) application: Option<Application>,
    pub(crate) all: BTreeMap<Uuid, Entitlement>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Application {
    pub(crate) arn: String,
    pub(crate) created_at: Timestamp,
    pub(crate) tags: Tags,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Entitlement {
    pub(crate) principal: Principal,
    pub(crate) role_arn: String,
    pub(crate) account: AccountId,
    pub(crate) created_at: Timestamp,
}
