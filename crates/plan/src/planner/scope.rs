//! Which executor an operation needs (plan.md, `scope`).
//!
//! A delegated administrator cannot manage a set that is provisioned in the management account: not even assign it
//! elsewhere (IAM Identity Center, "Delegated administration"). What is unknown counts as provisioned there.

use std::collections::BTreeSet;

use model::{AccountId, Change, PermissionSetName, Scope};

use super::{Draft, View};

const NO_EXECUTOR: &str = "only the executor of the management account may do this, and it does not run here";

impl View<'_> {
    /// The management account, or why it is not known.
    pub(crate) fn management(&self) -> Result<&AccountId, String> {
        match self.observed.organization.value() {
            None => {
                let reason = self.observed.organization.reason().unwrap_or_default();
                Err(format!(
                    "the organization could not be read ({reason}), so the set may be in the management account"
                ))
            }
            Some(organization) => organization
                .management_account
                .as_ref()
                .ok_or_else(|| "which account is the management account is not known".to_owned()),
        }
    }

    /// Why operations on the set belong to the management account already now.
    pub(crate) fn reaches_management(&self, set: &PermissionSetName) -> Option<String> {
        let management = match self.management() {
            Ok(management) => management,
            Err(reason) => return Some(reason),
        };
        let Some(observed) = self.observed.permission_sets.get(set) else {
            return self.observed.pair_complete(set, management).err().map(|reason| {
                format!("whether `{set}` exists is not known ({reason}), so it may be in the management account")
            });
        };
        let Some(provisioned) = observed.provisioned.value() else {
            let reason = observed.provisioned.reason().unwrap_or_default();
            return Some(format!(
                "the accounts that have `{set}` could not be read ({reason}), so it may be in the management account"
            ));
        };
        (provisioned.iter().any(|entry| entry.account == *management)
            || !self.observed.assignments.pair(set, management).is_empty())
        .then(|| format!("`{set}` is in the management account"))
    }

    /// Why nothing about the set can be done without the executor of the management account.
    pub(crate) fn set_out_of_scope(&self, set: &PermissionSetName) -> Option<String> {
        if self.rules.management_executor {
            return None;
        }
        self.reaches_management(set).map(|reason| format!("{reason}: {NO_EXECUTOR}"))
    }

    /// The same for an assignment in an account, given that the set itself is in scope.
    pub(crate) fn account_out_of_scope(&self, account: &AccountId) -> Option<String> {
        if self.rules.management_executor || self.management().is_ok_and(|management| management != account) {
            return None;
        }
        Some(format!("{} is the management account: {NO_EXECUTOR}", self.account_text(account)))
    }
}

/// The sets whose operations belong to the management account, when these drafts are carried out.
pub(crate) fn management_sets(view: &View<'_>, drafts: &[Draft]) -> BTreeSet<PermissionSetName> {
    let management = view.management().ok();
    let mut sets: BTreeSet<PermissionSetName> = BTreeSet::new();
    let mut asked: BTreeSet<&PermissionSetName> = BTreeSet::new();
    for Draft { change, .. } in drafts {
        let Some(set) = change.set().map(|set| &set.name) else { continue };
        let enters = matches!(change, Change::Assign { account, .. } if Some(account) == management);
        if (asked.insert(set) && view.reaches_management(set).is_some()) || (enters && !sets.contains(set)) {
            sets.insert(set.clone());
        }
    }
    sets
}

/// The scope of a change.
pub(crate) fn scope_of(change: &Change, management_sets: &BTreeSet<PermissionSetName>) -> Scope {
    if let Some(user) = change.iam_user() {
        return Scope::Account(user.account.clone());
    }
    let management = change.set().is_some_and(|set| management_sets.contains(&set.name));
    if management { Scope::Management } else { Scope::Delegated }
}
