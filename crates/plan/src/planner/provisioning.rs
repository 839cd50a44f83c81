//! Provisioning: accounts that have a set get its newest version.
//!
//! An edit of a set reaches accounts only with `ProvisionPermissionSet`. An account that gets its first assignment of a set gets
//! the newest version with it.

use std::collections::{BTreeMap, HashMap};

use model::operation::Because;
use model::rules::OwnershipMode;
use model::{AccountId, Change, Declared, ObservedPermissionSet, PermissionSetName};

use super::draft::alters_set;
use super::sets::set_gate;
use super::{Draft, Left, View, describe};

/// A set whose accounts are looked at.
pub(crate) struct Reprovisioning<'a> {
    pub(crate) set: &'a ObservedPermissionSet,
    /// Why every account needs it: the set changes in this plan. None: only accounts with an older version.
    pub(crate) changed: Option<Because>,
    /// Why nothing is provisioned, though it should be.
    pub(crate) gate: Option<String>,
}

/// Decides for all declared sets.
pub(crate) fn plan_provisioning(view: &View<'_>, declared: &Declared, drafts: &mut Vec<Draft>, left: &mut Left) {
    let mut changed: BTreeMap<PermissionSetName, Because> = BTreeMap::new();
    for Draft { change, because } in drafts.iter().filter(|draft| alters_set(&draft.change)) {
        if let Some(set) = change.set() {
            changed.entry(set.name.clone()).or_insert_with(|| because.clone());
        }
    }
    let sets: Vec<Reprovisioning<'_>> = declared
        .permission_sets
        .keys()
        .filter(|name| !declared.frozen_sets.contains_key(*name))
        .filter_map(|name| {
            let set = view.observed.permission_sets.get(name)?;
            Some(Reprovisioning { set, changed: changed.remove(name), gate: set_gate(view, name) })
        })
        .collect();
    let provisions = provision(view, &sets, drafts, left);
    drafts.extend(provisions);
}

/// A provisioning for each account that has one of the sets, still has it after the drafts, and needs it.
pub(crate) fn provision(view: &View<'_>, sets: &[Reprovisioning<'_>], drafts: &[Draft], left: &mut Left) -> Vec<Draft> {
    let balance = balance(drafts);
    let mut provisions = Vec::new();
    for Reprovisioning { set, changed, gate } in sets {
        let Some(provisioned) = set.provisioned.value() else {
            if changed.is_some() {
                let reason = set.provisioned.reason().unwrap_or_default();
                left.freeze(
                    format!("provision the accounts that have {}", set.name),
                    format!("they could not be read: {reason}"),
                );
            }
            continue;
        };
        for entry in provisioned.iter().filter(|entry| changed.is_some() || !entry.latest) {
            let account = &entry.account;
            if is_emptied(view, &balance, &set.name, account) {
                continue;
            }
            let change = Change::Provision { set: view.reference(&set.name), account: account.clone() };
            let waits = gate
                .clone()
                .or_else(|| observed_only(view, &set.name, account))
                .or_else(|| if entry.latest { None } else { unknown_content(set) });
            if let Err(reason) = view.account_open(account) {
                if view.is_closed(account) {
                    left.freeze_closed(account, describe(view, &change), &reason);
                } else {
                    left.freeze(describe(view, &change), reason);
                }
            } else if let Some(reason) = waits {
                left.freeze(describe(view, &change), reason);
            } else {
                provisions.push(Draft::new(change, changed.clone().unwrap_or(Because::Outdated)));
            }
        }
    }
    provisions
}

type Balance<'d> = HashMap<(&'d PermissionSetName, &'d AccountId), (usize, bool)>;

/// For each pair: how many are withdrawn, and whether anybody is assigned.
fn balance(drafts: &[Draft]) -> Balance<'_> {
    let mut balance = Balance::new();
    for Draft { change, .. } in drafts {
        match change {
            Change::Withdraw { set, account, .. } => balance.entry((&set.name, account)).or_default().0 += 1,
            Change::Assign { set, account, .. } => balance.entry((&set.name, account)).or_default().1 = true,
            _ => {}
        }
    }
    balance
}

fn is_emptied(view: &View<'_>, balance: &Balance<'_>, set: &PermissionSetName, account: &AccountId) -> bool {
    let Some((withdrawn, assigned)) = balance.get(&(set, account)) else { return false };
    !assigned
        && *withdrawn > 0
        && view.observed.pair_complete(set, account).is_ok()
        && view.observed.assignments.pair(set, account).len() == *withdrawn
}

fn observed_only(view: &View<'_>, set: &PermissionSetName, account: &AccountId) -> Option<String> {
    (view.account_mode(set, account) == OwnershipMode::Observe).then(|| "ownership is `observe` here".to_owned())
}

/// The account has an older version, and what the newest one says is not known in full: nobody knows what it would get.
fn unknown_content(set: &ObservedPermissionSet) -> Option<String> {
    [
        ("managed policies", set.managed_policies.reason()),
        ("customer managed policies", set.customer_managed_policies.reason()),
        ("inline policy", set.inline_policy.reason()),
        ("permissions boundary", set.permissions_boundary.reason()),
    ]
    .into_iter()
    .find_map(|(part, reason)| Some(format!("the {part} of {} could not be read: {}", set.name, reason?)))
}
