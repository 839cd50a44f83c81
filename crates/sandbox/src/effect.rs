//! What really happened in IAM Identity Center, by whom: the ledger that proofs are made from, whatever a client believes.

use std::collections::VecDeque;
use std::sync::Arc;

use jiff::Timestamp;

use crate::state::center::{Boundary, Pair, PermissionSet, Principal};
use crate::state::id::{AccountId, SetId};

/// Who did what the `rival` fault does.
pub const RIVAL: &str = "rival";

/// One change of the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    /// When.
    pub at: Timestamp,
    /// ARN of the caller who asked for it, or [`RIVAL`].
    pub by: Arc<str>,
    /// What.
    pub deed: Deed,
}

/// A change of the state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// A principal got a set in an account.
    Assigned(Assignment),
    /// A principal lost it.
    Withdrawn(Assignment),
    /// The role of a set in an account was made or renewed.
    Provisioned {
        /// The account.
        account: AccountId,
        /// The set's name.
        set: String,
    },
    /// The role of a set in an account is gone.
    Unprovisioned {
        /// The account.
        account: AccountId,
        /// The set's name.
        set: String,
    },
    /// A set was made.
    SetCreated(SetState),
    /// A set was changed.
    SetChanged {
        /// As it was.
        before: Box<SetState>,
        /// As it is.
        after: Box<SetState>,
    },
    /// A set is gone.
    SetDeleted(SetState),
}

/// A principal, a set and an account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Assignment {
    /// The account.
    pub account: AccountId,
    /// The set's name.
    pub set: String,
    /// The principal; it may be gone.
    pub principal: Principal,
}

/// Everything about a permission set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "each name is AWS's")]
pub struct SetState {
    pub arn: String,
    pub name: String,
    pub description: Option<String>,
    pub relay_state: Option<String>,
    pub session_duration: String,
    pub managed_policies: Vec<String>,
    /// Name and path.
    pub customer_managed_policies: Vec<(String, String)>,
    pub inline_policy: Option<String>,
    /// An ARN, or path and name of a customer managed policy.
    pub permissions_boundary: Option<String>,
    pub tags: Vec<(String, String)>,
}

impl SetState {
    pub(crate) fn of(arn: String, set: &PermissionSet) -> Self {
        let mut managed_policies = set.content.managed.clone();
        managed_policies.sort();
        let customer = set.content.customer.iter().map(|policy| (policy.name.clone(), policy.path.clone()));
        let mut customer_managed_policies: Vec<(String, String)> = customer.collect();
        customer_managed_policies.sort();
        Self {
            arn,
            name: set.name.clone(),
            description: set.description.clone(),
            relay_state: set.relay_state.clone(),
            session_duration: set.content.session_duration.clone(),
            managed_policies,
            customer_managed_policies,
            inline_policy: set.content.inline.clone(),
            permissions_boundary: set.content.boundary.as_ref().map(|boundary| match boundary {
                Boundary::Managed(arn) => arn.clone(),
                Boundary::Customer(policy) => format!("{}{}", policy.path, policy.name),
            }),
            tags: set.tags.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
        }
    }
}

/// The latest effects, oldest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Effects {
    kept: VecDeque<Effect>,
    pub(crate) limit: usize,
}

impl Effects {
    pub(crate) fn add(&mut self, at: Timestamp, by: &Arc<str>, deed: Deed) {
        if self.limit == 0 {
            return;
        }
        if self.kept.len() >= self.limit {
            self.kept.pop_front();
        }
        self.kept.push_back(Effect { at, by: Arc::clone(by), deed });
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Effect> {
        self.kept.iter()
    }
}

/// What a change of a set means.
pub(crate) fn of_set(
    id: SetId,
    arn: String,
    before: Option<&PermissionSet>,
    after: Option<&PermissionSet>,
) -> Option<Deed> {
    debug_assert!(arn.ends_with(&id.to_string()), "the set's own ARN");
    let state = |set: &PermissionSet| SetState::of(arn.clone(), set);
    match (before.map(state), after.map(state)) {
        (None, Some(after)) => Some(Deed::SetCreated(after)),
        (Some(before), None) => Some(Deed::SetDeleted(before)),
        (Some(before), Some(after)) if before != after => {
            Some(Deed::SetChanged { before: Box::new(before), after: Box::new(after) })
        }
        _ => None,
    }
}

/// What a change of a pair means.
pub(crate) fn of_pair(account: AccountId, set: &str, before: Option<&Pair>, after: Option<&Pair>) -> Vec<Deed> {
    let nothing = Pair::default();
    let (before, after) = (before.unwrap_or(&nothing), after.unwrap_or(&nothing));
    let row = |principal: &Principal| Assignment { account, set: set.to_owned(), principal: *principal };
    let gone = before.principals.difference(&after.principals).map(|principal| Deed::Withdrawn(row(principal)));
    let come = after.principals.difference(&before.principals).map(|principal| Deed::Assigned(row(principal)));
    let role = match (before.role, after.role) {
        (Some(_), None) => Some(Deed::Unprovisioned { account, set: set.to_owned() }),
        (None, Some(_)) => Some(Deed::Provisioned { account, set: set.to_owned() }),
        (Some(old), Some(new)) if old.version != new.version => {
            Some(Deed::Provisioned { account, set: set.to_owned() })
        }
        _ => None,
    };
    gone.chain(come).chain(role).collect()
}
