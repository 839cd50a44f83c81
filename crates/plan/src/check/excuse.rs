//! Why a difference from what is declared may remain after a plan.

use model::rules::{OwnershipMode, Rules};
use model::{AccountId, ObservedPermissionSet, PermissionSetName, PrincipalId};

use super::context::Context;

impl Context<'_> {
    /// A declared assignment may be missing.
    pub(super) fn may_miss(&self, set: &PermissionSetName, account: &AccountId, principal: &PrincipalId) -> bool {
        if self.declared.frozen_sets.contains_key(set)
            || self.declared.frozen_by(set, account, principal).is_some()
            || self.is_reserved_set(set) != Some(false)
            || self.is_reserved_group(set, principal)
            || !self.is_active(account)
            || self.mode(set, Some(account), Some(principal)) == OwnershipMode::Observe
        {
            return true;
        }
        // Perhaps it is there already, given by somebody else.
        if self.observed.absence_known(set, account).is_err() {
            return true;
        }
        if self.directory_known(principal) && self.observed.principal_exists(principal) == Some(false) {
            return true;
        }
        let management = self.observed.is_management(account) != Some(false);
        if self.out_of_scope(set) || management && !self.rules.management_executor {
            return true;
        }
        match self.after.permission_sets.get(set) {
            Some(found) => !found.provisioned.is_known(),
            // The set was not created; that it may be missing is judged where sets are compared.
            None => true,
        }
    }

    /// An assignment nobody declares may stay.
    pub(super) fn may_stay(&self, set: &PermissionSetName, account: &AccountId, principal: &PrincipalId) -> bool {
        if self.declared.frozen_sets.contains_key(set)
            || self.declared.frozen_by(set, account, principal).is_some()
            || self.is_reserved_set(set) != Some(false)
            || self.is_reserved_group(set, principal)
            || !self.is_active(account)
            || !self.directory_known(principal)
        {
            return true;
        }
        match self.mode(set, Some(account), Some(principal)) {
            OwnershipMode::Observe => return true,
            OwnershipMode::Additive if !self.owns_assignment(set, account, principal) => return true,
            OwnershipMode::Additive | OwnershipMode::Exclusive => {}
        }
        let protected = &self.rules.protected;
        if protected.accounts.iter().any(|pattern| self.matches_account(pattern, account))
            || protected.principals.iter().any(|pattern| self.matches_principal(pattern, principal))
        {
            return true;
        }
        let management = self.observed.is_management(account) != Some(false);
        self.out_of_scope(set)
            || management && !self.rules.management_executor
            || self.replacement_is_missing(account, principal)
    }

    /// A declared set may differ from its declaration in parts that are known.
    pub(super) fn set_may_differ(&self, set: &PermissionSetName) -> bool {
        self.declared.frozen_sets.contains_key(set)
            || set.is_reserved() && self.is_reserved_set(set) == Some(true)
            || self.rules.protected.permission_sets.iter().any(|pattern| pattern.matches(set.as_str()))
            || self.mode(set, None, None) == OwnershipMode::Observe
            || self.out_of_scope(set)
    }

    /// A set nobody declares may stay.
    pub(super) fn set_may_stay(&self, found: &ObservedPermissionSet) -> bool {
        let set = &found.name;
        let foreign = found
            .tags
            .value()
            .and_then(|tags| tags.get(Rules::DEPLOYMENT_TAG))
            .is_some_and(|deployment| *deployment != self.rules.deployment);
        let removable = match self.mode(set, None, None) {
            OwnershipMode::Exclusive => true,
            OwnershipMode::Additive => self.owns_set(set),
            OwnershipMode::Observe => false,
        };
        let whole = found.managed_policies.is_known()
            && found.customer_managed_policies.is_known()
            && found.inline_policy.is_known()
            && found.permissions_boundary.is_known()
            && found.tags.is_known();
        !removable
            || foreign
            || !whole
            || self.set_may_differ(set)
            || self.is_reserved_set(set) != Some(false)
            || self.declared.unresolved.iter().any(|entry| entry.footprint.sets.contains(set))
            // Something of it stays, and that is judged where assignments are compared.
            || found.provisioned.value().is_none_or(|accounts| !accounts.is_empty())
    }
}
