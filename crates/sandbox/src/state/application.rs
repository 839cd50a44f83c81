//! What an instance of Identity Center holds besides permission sets: applications, token issuers, attributes.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::center::Principal;
use super::organization::Tags;

/// What can be signed in to besides accounts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Application {
    pub(crate) provider: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) enabled: bool,
    /// As given.
    pub(crate) portal_options: Option<Value>,
    /// The account it was made in.
    pub(crate) account: String,
    pub(crate) created_at: Timestamp,
    pub(crate) tags: Tags,
    /// Whether only those who are assigned may use it.
    pub(crate) assignment_required: bool,
    pub(crate) assigned: BTreeSet<Principal>,
    /// Targets by scope.
    pub(crate) scopes: BTreeMap<String, Vec<String>>,
}

/// Somebody else's tokens that applications may exchange.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TokenIssuer {
    pub(crate) name: String,
    /// `OidcJwtConfiguration`, as given.
    pub(crate) configuration: Value,
    pub(crate) tags: Tags,
}

/// What of an instance is not permission sets and assignments.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct InstanceSettings {
    pub(crate) name: Option<String>,
    /// Attributes for access control, as given; none where they are not enabled.
    pub(crate) attributes: Option<Value>,
    /// By ARN.
    pub(crate) applications: BTreeMap<String, Application>,
    /// By ARN.
    pub(crate) issuers: BTreeMap<String, TokenIssuer>,
}
