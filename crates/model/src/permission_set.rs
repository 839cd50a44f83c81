//! Permission sets as AWS holds them, part by part.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, ManagedPolicyArn, PermissionSetArn, PermissionSetName};
use crate::{Reading, SessionDuration};

/// A customer managed policy, found in each account by name and path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CustomerManagedPolicy {
    /// Name of the IAM policy.
    pub name: String,
    /// Path, `/` if nothing else was said.
    pub path: String,
}

impl fmt::Display for CustomerManagedPolicy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", self.path, self.name)
    }
}

/// The upper limit of a permission set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PermissionsBoundary {
    /// An AWS managed policy.
    Managed(ManagedPolicyArn),
    /// A policy that must exist in every account.
    CustomerManaged(CustomerManagedPolicy),
}

impl fmt::Display for PermissionsBoundary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Managed(arn) => arn.fmt(formatter),
            Self::CustomerManaged(policy) => policy.fmt(formatter),
        }
    }
}

/// What `UpdatePermissionSet` can change.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Attributes {
    /// Free text, Latin-1, at most 700 characters.
    pub description: Option<String>,
    /// How long a portal session lasts.
    pub session_duration: SessionDuration,
    /// Console page a sign-in opens on, at most 240 characters.
    pub relay_state: Option<String>,
}

/// Whether an account has the newest version of a set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvisionedAccount {
    /// The account.
    pub account: AccountId,
    /// False when the stored set is newer than what was provisioned there
    /// (`LATEST_PERMISSION_SET_NOT_PROVISIONED`).
    pub latest: bool,
}

/// A permission set as AWS holds it. What `DescribePermissionSet` answers is known, or the set would be among
/// [`crate::Observed::unreadable_sets`]; every other part is a reading of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ObservedPermissionSet {
    /// ARN in its instance.
    pub arn: PermissionSetArn,
    /// Name.
    pub name: PermissionSetName,
    /// When it was created, if AWS said so.
    pub created: Option<Timestamp>,
    /// Description, session duration, relay state.
    pub attributes: Attributes,
    /// Attached AWS managed policies.
    pub managed_policies: Reading<BTreeSet<ManagedPolicyArn>>,
    /// Attached references to customer managed policies.
    pub customer_managed_policies: Reading<BTreeSet<CustomerManagedPolicy>>,
    /// The inline policy's text, as stored; none if there is none.
    pub inline_policy: Reading<Option<String>>,
    /// The boundary, none if there is none.
    pub permissions_boundary: Reading<Option<PermissionsBoundary>>,
    /// Tags.
    pub tags: Reading<BTreeMap<String, String>>,
    /// Accounts in which it is provisioned, by id.
    pub provisioned: Reading<Vec<ProvisionedAccount>>,
}
