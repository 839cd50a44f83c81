//! The limits a plan is made under: ownership, guards, protected things, quotas.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, PermissionSetArn, PermissionSetName};
use crate::pattern::Pattern;
use crate::principal::PrincipalId;

/// What Sekisho may remove.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnershipMode {
    /// Only what the journal says Sekisho created.
    #[default]
    Additive,
    /// Whatever is not declared.
    Exclusive,
    /// Nothing is added, changed or removed; differences are shown.
    Observe,
}

/// One ownership rule; the first that fits decides, additive if none does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnershipRule {
    /// What Sekisho may remove.
    pub mode: OwnershipMode,
    /// Names of sets.
    pub permission_sets: Pattern,
    /// Names or ids of accounts.
    pub accounts: Pattern,
    /// Principals as written: `group:minimo-*`, `user:*`, `*`.
    pub principals: Pattern,
}

/// Limits on removals in one run. A run that would remove more stops before its first write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guards {
    /// Most assignments withdrawn in one run.
    pub max_withdrawals: u64,
    /// Most assignments withdrawn in one run, in percent of those observed; counts from ten withdrawals on.
    pub max_withdrawals_percent: u8,
    /// Most assignments withdrawn in one account.
    pub max_withdrawals_per_account: u64,
    /// Most assignments withdrawn from one principal.
    pub max_withdrawals_per_principal: u64,
    /// Most permission sets deleted in one run.
    pub max_permission_set_deletions: u64,
}

impl Default for Guards {
    fn default() -> Self {
        Self {
            max_withdrawals: 50,
            max_withdrawals_percent: 10,
            max_withdrawals_per_account: 20,
            max_withdrawals_per_principal: 20,
            max_permission_set_deletions: 3,
        }
    }
}

/// What no plan touches. All are patterns on names or ids.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Protected {
    /// Names or ids of accounts in which nothing is withdrawn.
    pub accounts: Vec<Pattern>,
    /// Principals (`group:platform-admins`) from whom nothing is withdrawn.
    pub principals: Vec<Pattern>,
    /// Sets that are neither changed nor deleted.
    pub permission_sets: Vec<Pattern>,
    /// Sets of Control Tower and AWS (`AWS*`) that were adopted all the same.
    pub adopted_permission_sets: Vec<Pattern>,
}

/// The administrators' way in, which no plan may close.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lockout {
    /// Principals as written, at least one of which keeps …
    pub principals: Vec<Pattern>,
    /// … one of these sets …
    pub permission_sets: Vec<Pattern>,
    /// … in every one of these accounts (names or ids) where it has one now.
    pub accounts: Vec<Pattern>,
}

/// Service quotas that a plan is held against (AWS's defaults of November 2026; raise them here when AWS did).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quotas {
    /// Permission sets in an instance.
    pub permission_sets: u64,
    /// Sets provisioned in one account.
    pub permission_sets_per_account: u64,
    /// Managed and customer managed policies of one set.
    pub policies_per_permission_set: u64,
    /// Groups assigned in one pair.
    pub groups_per_pair: u64,
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            permission_sets: 3_500,
            permission_sets_per_account: 500,
            policies_per_permission_set: 25,
            groups_per_pair: 100,
        }
    }
}

/// What this deployment created, as its journal says; `None` in [`Rules::owned`] when there is no journal.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Owned {
    /// Sets it created.
    pub permission_sets: BTreeSet<PermissionSetArn>,
    /// Assignments it created.
    pub assignments: BTreeSet<(PermissionSetName, AccountId, PrincipalId)>,
}

/// Everything a plan is made under.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rules {
    /// Id of this deployment: value of the tag [`Rules::DEPLOYMENT_TAG`] on the sets it creates.
    pub deployment: String,
    /// Ownership, first match decides.
    pub ownership: Vec<OwnershipRule>,
    /// Limits on removals.
    pub guards: Guards,
    /// Out of reach.
    pub protected: Protected,
    /// The administrators' way in.
    pub lockout: Vec<Lockout>,
    /// Quotas.
    pub quotas: Quotas,
    /// Whether operations of scope `management` may be planned: an executor of the management account runs.
    pub management_executor: bool,
    /// What the journal says Sekisho created. Without a journal nothing is removed additively.
    pub owned: Option<Owned>,
    /// Customer managed policies and boundaries found in accounts, where they could be read: account → `path+name`.
    pub customer_policies: BTreeMap<AccountId, BTreeSet<String>>,
}

impl Rules {
    /// Key of the tag that marks a set as created by a deployment.
    pub const DEPLOYMENT_TAG: &'static str = "sekisho:deployment";
}
