//! What an operation relies on, makes true, and can be taken back with.

use model::operation::{Because, Inverse};
use model::{Change, Claim, ProvisionedState};

use super::{Draft, View};

/// What must hold right before the operation. Part by part, so that one call reads it.
pub(crate) fn before(draft: &Draft) -> Vec<Claim> {
    let claim = match &draft.change {
        Change::CreatePermissionSet { set, .. } => Claim::NoPermissionSet { name: set.name.clone() },
        Change::UpdatePermissionSet { set, from, .. } => {
            Claim::AttributesAre { set: set.clone(), attributes: from.clone() }
        }
        Change::DeletePermissionSet { set } => {
            return vec![
                Claim::PermissionSetExists { set: set.clone() },
                Claim::NowhereProvisioned { set: set.clone() },
            ];
        }
        Change::AttachManagedPolicy { set, policy } => {
            Claim::ManagedPolicy { set: set.clone(), policy: policy.clone(), attached: false }
        }
        Change::DetachManagedPolicy { set, policy } => {
            Claim::ManagedPolicy { set: set.clone(), policy: policy.clone(), attached: true }
        }
        Change::AttachCustomerManagedPolicy { set, policy } => {
            Claim::CustomerManagedPolicy { set: set.clone(), policy: policy.clone(), attached: false }
        }
        Change::DetachCustomerManagedPolicy { set, policy } => {
            Claim::CustomerManagedPolicy { set: set.clone(), policy: policy.clone(), attached: true }
        }
        Change::SetInlinePolicy { set, from, .. } => Claim::InlinePolicyIs { set: set.clone(), document: from.clone() },
        Change::SetPermissionsBoundary { set, from, .. } => {
            Claim::BoundaryIs { set: set.clone(), boundary: from.clone() }
        }
        Change::SetTag { set, key, from, .. } => {
            Claim::TagIs { set: set.clone(), key: key.clone(), value: from.clone() }
        }
        // After a change of the set AWS says "not the latest", sooner or later; before one, it says so now.
        Change::Provision { set, account } if draft.because == Because::Outdated => {
            Claim::ProvisionedIs { set: set.clone(), account: account.clone(), state: ProvisionedState::Stale }
        }
        Change::Provision { set, .. } => Claim::PermissionSetExists { set: set.clone() },
        Change::Assign { set, account, principal } => Claim::Assigned {
            set: set.clone(),
            account: account.clone(),
            principal: principal.clone(),
            assigned: false,
        },
        Change::Withdraw { set, account, principal } => {
            Claim::Assigned { set: set.clone(), account: account.clone(), principal: principal.clone(), assigned: true }
        }
        Change::IamUser { user, step } => Claim::Iam { user: user.clone(), says: step.relies_on() },
    };
    vec![claim]
}

/// What holds once the operation is done.
pub(crate) fn after(change: &Change) -> Claim {
    match change {
        Change::CreatePermissionSet { set, .. } => Claim::PermissionSetExists { set: set.clone() },
        Change::UpdatePermissionSet { set, to, .. } => {
            Claim::AttributesAre { set: set.clone(), attributes: to.clone() }
        }
        Change::DeletePermissionSet { set } => Claim::NoPermissionSet { name: set.name.clone() },
        Change::AttachManagedPolicy { set, policy } => {
            Claim::ManagedPolicy { set: set.clone(), policy: policy.clone(), attached: true }
        }
        Change::DetachManagedPolicy { set, policy } => {
            Claim::ManagedPolicy { set: set.clone(), policy: policy.clone(), attached: false }
        }
        Change::AttachCustomerManagedPolicy { set, policy } => {
            Claim::CustomerManagedPolicy { set: set.clone(), policy: policy.clone(), attached: true }
        }
        Change::DetachCustomerManagedPolicy { set, policy } => {
            Claim::CustomerManagedPolicy { set: set.clone(), policy: policy.clone(), attached: false }
        }
        Change::SetInlinePolicy { set, to, .. } => Claim::InlinePolicyIs { set: set.clone(), document: to.clone() },
        Change::SetPermissionsBoundary { set, to, .. } => Claim::BoundaryIs { set: set.clone(), boundary: to.clone() },
        Change::SetTag { set, key, to, .. } => Claim::TagIs { set: set.clone(), key: key.clone(), value: to.clone() },
        Change::Provision { set, account } => {
            Claim::ProvisionedIs { set: set.clone(), account: account.clone(), state: ProvisionedState::Latest }
        }
        Change::Assign { set, account, principal } => {
            Claim::Assigned { set: set.clone(), account: account.clone(), principal: principal.clone(), assigned: true }
        }
        Change::Withdraw { set, account, principal } => Claim::Assigned {
            set: set.clone(),
            account: account.clone(),
            principal: principal.clone(),
            assigned: false,
        },
        Change::IamUser { user, step } => Claim::Iam { user: user.clone(), says: step.makes_true() },
    }
}

/// What takes the operation back. `empties` says that a withdrawal is, or may be, the last of its pair.
pub(crate) fn inverse(view: &View<'_>, draft: &Draft, empties: bool) -> Inverse {
    let exact = |change: Change| Inverse::Exact { change: Box::new(change) };
    match draft.change.clone() {
        Change::CreatePermissionSet { set, .. } => exact(Change::DeletePermissionSet { set }),
        Change::UpdatePermissionSet { set, from, to } => exact(Change::UpdatePermissionSet { set, from: to, to: from }),
        Change::DeletePermissionSet { set } => {
            let changes = view.observed.permission_sets.get(&set.name).map(recreation).unwrap_or_default();
            Inverse::Approximate { changes, differs: "the set returns with another ARN".to_owned() }
        }
        Change::AttachManagedPolicy { set, policy } => exact(Change::DetachManagedPolicy { set, policy }),
        Change::DetachManagedPolicy { set, policy } => exact(Change::AttachManagedPolicy { set, policy }),
        Change::AttachCustomerManagedPolicy { set, policy } => {
            exact(Change::DetachCustomerManagedPolicy { set, policy })
        }
        Change::DetachCustomerManagedPolicy { set, policy } => {
            exact(Change::AttachCustomerManagedPolicy { set, policy })
        }
        Change::SetInlinePolicy { set, from, to } => exact(Change::SetInlinePolicy { set, from: to, to: from }),
        Change::SetPermissionsBoundary { set, from, to } => {
            exact(Change::SetPermissionsBoundary { set, from: to, to: from })
        }
        Change::SetTag { set, key, from, to } => exact(Change::SetTag { set, key, from: to, to: from }),
        Change::Provision { .. } if draft.because == Because::Outdated => {
            Inverse::None { reason: "the older version is not kept anywhere".to_owned() }
        }
        Change::Provision { .. } => {
            Inverse::None { reason: "taking back the change of the set provisions the account again".to_owned() }
        }
        Change::IamUser { user, step } => match model::retirement::inverse(&step) {
            Some(step) => exact(Change::IamUser { user, step }),
            None => Inverse::None { reason: "AWS does not bring it back".to_owned() },
        },
        Change::Assign { set, account, principal } => exact(Change::Withdraw { set, account, principal }),
        Change::Withdraw { set, account, principal } => {
            let assign = Change::Assign { set, account, principal };
            if empties {
                let differs = "the role in the account returns with another suffix".to_owned();
                Inverse::Approximate { changes: vec![assign], differs }
            } else {
                exact(assign)
            }
        }
    }
}

/// The changes that make a set like this one.
pub(crate) fn recreation(observed: &model::ObservedPermissionSet) -> Vec<Change> {
    let set = model::PermissionSetRef { name: observed.name.clone(), arn: None };
    let tags = observed.tags.value().cloned().unwrap_or_default();
    let own_tags = tags.into_iter().filter(|(key, _)| !key.starts_with("aws:")).collect();
    let mut changes =
        vec![Change::CreatePermissionSet { set: set.clone(), attributes: observed.attributes.clone(), tags: own_tags }];
    for policy in observed.managed_policies.value().into_iter().flatten() {
        changes.push(Change::AttachManagedPolicy { set: set.clone(), policy: policy.clone() });
    }
    for policy in observed.customer_managed_policies.value().into_iter().flatten() {
        changes.push(Change::AttachCustomerManagedPolicy { set: set.clone(), policy: policy.clone() });
    }
    if let Some(to @ Some(_)) = observed.inline_policy.value() {
        changes.push(Change::SetInlinePolicy { set: set.clone(), from: None, to: to.clone() });
    }
    if let Some(to @ Some(_)) = observed.permissions_boundary.value() {
        changes.push(Change::SetPermissionsBoundary { set, from: None, to: to.clone() });
    }
    changes
}
