//! What AWS holds, as far as it could be read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::assignment::AssignmentTable;
use crate::id::{AccountId, GroupId, IdentityStoreId, InstanceArn, PermissionSetArn, PermissionSetName, UserId};
use crate::organization::{Account, Organization};
use crate::permission_set::ObservedPermissionSet;
use crate::principal::{Group, PrincipalId, User};
use crate::reading::Reading;

/// Which Identity Center an observation, a plan or a journal entry is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct InstanceKey {
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    /// The instance.
    pub instance: InstanceArn,
    /// Its identity store.
    pub identity_store: IdentityStoreId,
    /// The Region that serves permission sets and assignments; other Regions refuse them.
    pub primary_region: String,
}

/// What the caller may do in the organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallerRole {
    /// Runs in the management account.
    Management,
    /// Runs in an account that is delegated administrator of Identity Center.
    DelegatedAdministrator,
    /// Neither could be told: treated like a delegated administrator.
    Unknown,
}

/// Who reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// Account of the credentials.
    pub account: AccountId,
    /// ARN of the credentials' principal.
    pub arn: String,
    /// Its place in the organization.
    pub role: CallerRole,
}

/// A pair whose assignments are not, or not completely, known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IncompletePair {
    /// The set.
    pub set: PermissionSetName,
    /// The account.
    pub account: AccountId,
    /// Why, for people.
    pub reason: String,
    /// Whether all that may be missing are assignments of principals that were deleted.
    pub only_of_deleted: bool,
}

/// How much a reading cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ReadingCost {
    /// API calls, retries included.
    pub calls: u64,
    /// Answers that asked to slow down.
    pub throttled: u64,
    /// Time from first to last call.
    pub elapsed_ms: u64,
}

/// One observation: every part a [`Reading`], so that nothing unread can be mistaken for absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// The instance read.
    pub instance: InstanceKey,
    /// Who read.
    pub caller: Caller,
    /// When reading began.
    pub as_of: Timestamp,
    /// Roots, units, accounts.
    pub organization: Reading<Organization>,
    /// Users by id.
    pub users: Reading<BTreeMap<UserId, User>>,
    /// Groups by id.
    pub groups: Reading<BTreeMap<GroupId, Group>>,
    /// Members of each group that is in `groups`.
    pub memberships: BTreeMap<GroupId, Reading<Vec<UserId>>>,
    /// Whether all permission sets could be listed; the readable ones are in `permission_sets`.
    pub permission_set_listing: Reading<()>,
    /// Permission sets by name.
    pub permission_sets: BTreeMap<PermissionSetName, ObservedPermissionSet>,
    /// Sets that are there and whose name could not be read, with the reason.
    pub unreadable_sets: BTreeMap<PermissionSetArn, String>,
    /// Every assignment seen, also those of deleted principals.
    pub assignments: AssignmentTable,
    /// Provisioned pairs that may hold assignments besides those seen. Sorted.
    pub incomplete_pairs: Vec<IncompletePair>,
    /// What it cost.
    pub cost: ReadingCost,
}

impl Observed {
    /// The account, if the organization is known and holds it.
    #[must_use]
    pub fn account(&self, id: &AccountId) -> Option<&Account> {
        self.organization.value()?.accounts.get(id)
    }

    /// Name of an account; its id where the name is not known.
    #[must_use]
    pub fn account_label<'a>(&'a self, id: &'a AccountId) -> &'a str {
        self.account(id).map_or(id.as_str(), |account| account.name.as_str())
    }

    /// Whether the account owns the organization; none when the organization is unknown.
    #[must_use]
    pub fn is_management(&self, id: &AccountId) -> Option<bool> {
        self.organization.value().map(|organization| organization.is_management(id))
    }

    /// The user, if known and there.
    #[must_use]
    pub fn user(&self, id: &UserId) -> Option<&User> {
        self.users.value()?.get(id)
    }

    /// The group, if known and there.
    #[must_use]
    pub fn group(&self, id: &GroupId) -> Option<&Group> {
        self.groups.value()?.get(id)
    }

    /// `group:minimo-dev`, `user:hanako@example.com`; `group-id:…` when the name is not known.
    #[must_use]
    pub fn principal_label(&self, principal: &PrincipalId) -> String {
        match principal {
            PrincipalId::User(id) => match self.user(id) {
                Some(user) => format!("user:{}", user.user_name),
                None => format!("user-id:{id}"),
            },
            PrincipalId::Group(id) => match self.group(id) {
                Some(group) => format!("group:{}", group.display_name),
                None => format!("group-id:{id}"),
            },
        }
    }

    /// Whether the principal exists: none when users (or groups) are unknown.
    #[must_use]
    pub fn principal_exists(&self, principal: &PrincipalId) -> Option<bool> {
        match principal {
            PrincipalId::User(id) => self.users.value().map(|users| users.contains_key(id)),
            PrincipalId::Group(id) => self.groups.value().map(|groups| groups.contains_key(id)),
        }
    }

    /// Whether the assignments seen of this pair are all there are: `Err` says why not. A pair that is known not to
    /// be provisioned is complete and empty.
    ///
    /// # Errors
    /// The reason why the pair is not known in full.
    pub fn pair_complete(&self, set: &PermissionSetName, account: &AccountId) -> Result<(), String> {
        let Some(observed) = self.permission_sets.get(set) else {
            return match (self.permission_set_listing.reason(), self.unreadable_sets.is_empty()) {
                (Some(reason), _) => Err(reason.to_owned()),
                (None, false) => Err("some permission sets could not be read".to_owned()),
                (None, true) => Ok(()),
            };
        };
        if let Some(reason) = observed.provisioned.reason() {
            return Err(reason.to_owned());
        }
        self.incomplete_pair(set, account).map_or(Ok(()), |pair| Err(pair.reason.clone()))
    }

    /// Whether an assignment that was not seen in this pair is not there. Weaker than [`Self::pair_complete`]: what deleted
    /// principals may hold besides does not matter for those that live.
    ///
    /// # Errors
    /// The reason why it is not known.
    pub fn absence_known(&self, set: &PermissionSetName, account: &AccountId) -> Result<(), String> {
        if let Some(reason) = self.permission_sets.get(set).and_then(|observed| observed.provisioned.reason()) {
            return Err(reason.to_owned());
        }
        match self.incomplete_pair(set, account) {
            Some(pair) if !pair.only_of_deleted => Err(pair.reason.clone()),
            _ => Ok(()),
        }
    }

    fn incomplete_pair(&self, set: &PermissionSetName, account: &AccountId) -> Option<&IncompletePair> {
        let pairs = &self.incomplete_pairs;
        let at = pairs.binary_search_by(|pair| (&pair.set, &pair.account).cmp(&(set, account))).ok()?;
        pairs.get(at)
    }

    /// Everything that could not be read, one line each.
    #[must_use]
    pub fn unknown_parts(&self) -> Vec<String> {
        let mut parts = Vec::new();
        let mut note = |what: String, reason: Option<&str>| {
            if let Some(reason) = reason {
                parts.push(format!("{what}: {reason}"));
            }
        };
        note("accounts and OUs".into(), self.organization.reason());
        note("users".into(), self.users.reason());
        note("groups".into(), self.groups.reason());
        note("the list of permission sets".into(), self.permission_set_listing.reason());
        for (arn, reason) in &self.unreadable_sets {
            note(format!("permission set {arn}"), Some(reason));
        }
        for (group, members) in &self.memberships {
            let label = self.principal_label(&PrincipalId::Group(group.clone()));
            note(format!("members of {label}"), members.reason());
        }
        for (name, set) in &self.permission_sets {
            note(format!("managed policies of {name}"), set.managed_policies.reason());
            note(format!("customer managed policies of {name}"), set.customer_managed_policies.reason());
            note(format!("inline policy of {name}"), set.inline_policy.reason());
            note(format!("permissions boundary of {name}"), set.permissions_boundary.reason());
            note(format!("tags of {name}"), set.tags.reason());
            note(format!("accounts of {name}"), set.provisioned.reason());
        }
        // One line a reason: where assignments were listed per principal there are as many pairs as in the company.
        let mut by_reason: BTreeMap<&str, Vec<&IncompletePair>> = BTreeMap::new();
        for pair in &self.incomplete_pairs {
            by_reason.entry(&pair.reason).or_default().push(pair);
        }
        for (reason, pairs) in by_reason {
            let what = match pairs.as_slice() {
                [pair] => format!("{} in {}", pair.set, self.account_label(&pair.account)),
                many => format!("{} pairs of permission set and account", many.len()),
            };
            note(format!("assignments of {what}"), Some(reason));
        }
        parts
    }
}
