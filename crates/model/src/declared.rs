//! What people declared, resolved to ids; and what could not be resolved, with what it freezes.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::assignment::AssignmentTable;
use crate::id::{AccountId, ManagedPolicyArn, PermissionSetName};
use crate::permission_set::{Attributes, CustomerManagedPolicy, PermissionsBoundary};
use crate::principal::PrincipalId;

/// Where a declaration stands: a line of a file, a record, a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Source {
    /// Path from the catalog's folder (`assignments/minimo.yaml`), or another system's name for its record.
    pub origin: String,
    /// Line, from 1; 0 where lines mean nothing.
    pub line: u32,
    /// Column in characters, from 1; 0 where columns mean nothing.
    pub column: u32,
}

impl std::fmt::Display for Source {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            0 => formatter.write_str(&self.origin),
            line => write!(formatter, "{}:{line}", self.origin),
        }
    }
}

/// A permission set as declared. Every part is said: what is empty here shall be empty in AWS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredPermissionSet {
    /// Name.
    pub name: PermissionSetName,
    /// Title in any language; never sent to AWS.
    pub title: Option<String>,
    /// Description, session duration, relay state.
    pub attributes: Attributes,
    /// AWS managed policies.
    pub managed_policies: BTreeSet<ManagedPolicyArn>,
    /// Customer managed policies.
    pub customer_managed_policies: BTreeSet<CustomerManagedPolicy>,
    /// One policy document (JSON text, printed compactly), already merged.
    pub inline_policy: Option<String>,
    /// Upper limit.
    pub permissions_boundary: Option<PermissionsBoundary>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Responsible people, as written (`group:…`, `user:…`).
    pub owners: Vec<String>,
    /// Where it is declared.
    pub source: Source,
}

/// All of a dimension, or a part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extent<T: Ord> {
    /// Whatever there is.
    All,
    /// These.
    Only(BTreeSet<T>),
}

impl<T: Ord> Extent<T> {
    /// Whether `value` belongs to it.
    pub fn contains(&self, value: &T) -> bool {
        match self {
            Self::All => true,
            Self::Only(values) => values.contains(value),
        }
    }
}

/// The assignments an unresolved declaration may be about: none of them is added or removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Footprint {
    /// Sets.
    pub sets: Extent<PermissionSetName>,
    /// Accounts.
    pub accounts: Extent<AccountId>,
    /// Principals.
    pub principals: Extent<PrincipalId>,
}

impl Footprint {
    /// Whether the assignment may be meant.
    #[must_use]
    pub fn covers(&self, set: &PermissionSetName, account: &AccountId, principal: &PrincipalId) -> bool {
        self.sets.contains(set) && self.accounts.contains(account) && self.principals.contains(principal)
    }
}

/// A declaration that could not be resolved. It freezes its footprint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unresolved {
    /// Where it stands.
    pub source: Source,
    /// What is wrong, in one sentence without a full stop: "no group named `minimo-devs`".
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// What stays as it is until this is mended.
    pub footprint: Footprint,
}

/// What a name in the catalog meant when it was last applied: user, group and account names, and selectors.
/// A name that now means another id is frozen until somebody confirms it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Bindings {
    /// Written form (`group:minimo-dev`, `user:hanako@example.com`, `account:minimo-prod`,
    /// `ou:/service/minimo/**`) → ids it resolved to.
    pub entries: BTreeMap<String, BTreeSet<String>>,
}

/// Everything declared, resolved against one observation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Declared {
    /// Commit, or hash of the catalog's files.
    pub version: String,
    /// Permission sets by name.
    pub permission_sets: BTreeMap<PermissionSetName, DeclaredPermissionSet>,
    /// Sets whose declaration is there and could not be read: nothing about them changes.
    pub frozen_sets: BTreeMap<PermissionSetName, String>,
    /// Places that declare assignments.
    pub sources: Vec<Source>,
    /// Assignments.
    pub assignments: AssignmentTable,
    /// For each row of `assignments` the index into `sources` of what declares it (the first, where several do).
    pub assignment_sources: Vec<u32>,
    /// What could not be resolved.
    pub unresolved: Vec<Unresolved>,
    /// What the names meant this time; recorded when the plan was applied.
    pub bindings: Bindings,
}

impl Declared {
    /// The first unresolved declaration whose footprint covers the assignment.
    #[must_use]
    pub fn frozen_by(
        &self,
        set: &PermissionSetName,
        account: &AccountId,
        principal: &PrincipalId,
    ) -> Option<&Unresolved> {
        self.unresolved.iter().find(|unresolved| unresolved.footprint.covers(set, account, principal))
    }

    /// Where the assignment in position `at` of the table's rows is declared.
    #[must_use]
    pub fn assignment_source(&self, at: usize) -> Option<&Source> {
        self.sources.get(*self.assignment_sources.get(at)? as usize)
    }
}
