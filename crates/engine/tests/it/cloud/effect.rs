//! What a change does to permission sets and assignments.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use model::permission_set::ProvisionedAccount;
use model::{Change, ObservedPermissionSet, PermissionSetArn, PermissionSetName, Reading};

use super::Row;

pub(super) fn apply(
    sets: &mut BTreeMap<PermissionSetName, ObservedPermissionSet>,
    rows: &mut BTreeSet<Row>,
    change: &Change,
) {
    let as_of = Timestamp::UNIX_EPOCH;
    let name = &change.set().unwrap().name;
    match change {
        Change::CreatePermissionSet { attributes, tags, .. } => {
            sets.insert(
                name.clone(),
                ObservedPermissionSet {
                    arn: arn_of(name),
                    name: name.clone(),
                    created: None,
                    attributes: attributes.clone(),
                    managed_policies: Reading::known(Default::default(), as_of),
                    customer_managed_policies: Reading::known(Default::default(), as_of),
                    inline_policy: Reading::known(None, as_of),
                    permissions_boundary: Reading::known(None, as_of),
                    tags: Reading::known(tags.clone(), as_of),
                    provisioned: Reading::known(vec![], as_of),
                },
            );
        }
        Change::DeletePermissionSet { .. } => {
            sets.remove(name);
        }
        Change::Assign { account, principal, .. } => {
            rows.insert((name.clone(), account.clone(), principal.clone()));
            if let Some(provisioned) = sets.get_mut(name).and_then(|set| set.provisioned.value_mut())
                && let Err(at) = provisioned.binary_search_by(|entry| entry.account.cmp(account))
            {
                provisioned.insert(at, ProvisionedAccount { account: account.clone(), latest: true });
            }
        }
        Change::Withdraw { account, principal, .. } => {
            rows.remove(&(name.clone(), account.clone(), principal.clone()));
            if !rows.iter().any(|(set, of, _)| set == name && of == account)
                && let Some(provisioned) = sets.get_mut(name).and_then(|set| set.provisioned.value_mut())
            {
                provisioned.retain(|entry| entry.account != *account);
            }
        }
        Change::Provision { account, .. } => {
            if let Some(provisioned) = sets.get_mut(name).and_then(|set| set.provisioned.value_mut()) {
                for entry in provisioned.iter_mut().filter(|entry| entry.account == *account) {
                    entry.latest = true;
                }
            }
        }
        other => {
            let Some(set) = sets.get_mut(name) else { return };
            match other {
                Change::UpdatePermissionSet { to, .. } => set.attributes = to.clone(),
                Change::AttachManagedPolicy { policy, .. } => {
                    set.managed_policies.value_mut().unwrap().insert(policy.clone());
                }
                Change::DetachManagedPolicy { policy, .. } => {
                    set.managed_policies.value_mut().unwrap().remove(policy);
                }
                Change::AttachCustomerManagedPolicy { policy, .. } => {
                    set.customer_managed_policies.value_mut().unwrap().insert(policy.clone());
                }
                Change::DetachCustomerManagedPolicy { policy, .. } => {
                    set.customer_managed_policies.value_mut().unwrap().remove(policy);
                }
                Change::SetInlinePolicy { to, .. } => set.inline_policy = Reading::known(to.clone(), as_of),
                Change::SetPermissionsBoundary { to, .. } => {
                    set.permissions_boundary = Reading::known(to.clone(), as_of);
                }
                Change::SetTag { key, to, .. } => {
                    let tags = set.tags.value_mut().unwrap();
                    match to {
                        Some(value) => tags.insert(key.clone(), value.clone()),
                        None => tags.remove(key),
                    };
                    return;
                }
                _ => {}
            }
            for entry in set.provisioned.value_mut().unwrap() {
                entry.latest = false;
            }
        }
    }
}

pub(super) fn arn_of(name: &PermissionSetName) -> PermissionSetArn {
    format!("arn:aws:sso:::permissionSet/ssoins-7223000000000000/ps-{}", model::id::short_hash([name.as_str()]))
        .parse()
        .unwrap()
}
