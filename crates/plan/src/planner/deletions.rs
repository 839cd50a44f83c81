//! Sets that nobody declares: deleted where they are Sekisho's to delete and nothing is left of them.

use std::collections::{BTreeMap, BTreeSet};

use model::operation::Because;
use model::{AccountId, Change, Declared, ObservedPermissionSet, PermissionSetName};

use super::{Draft, Left, View, describe};

/// Decides about every observed set that is not declared.
pub(crate) fn plan_deletions(view: &View<'_>, declared: &Declared, drafts: &mut Vec<Draft>, left: &mut Left) {
    let assigned = sets_with_rows(declared);
    let withdrawn = withdrawals(drafts);
    let mut deletions = Vec::new();
    for (name, set) in &view.observed.permission_sets {
        if declared.permission_sets.contains_key(name)
            || declared.frozen_sets.contains_key(name)
            || assigned.contains(name)
        {
            continue;
        }
        let change = Change::DeletePermissionSet { set: view.reference(name) };
        match may_delete(view, declared, set) {
            Verdict::Shown(reason) => left.show(format!("permission set {name}"), reason),
            Verdict::Frozen(reason) => left.freeze(describe(view, &change), reason),
            Verdict::Ours => match remains(view, set, &withdrawn) {
                Some(reason) => left.freeze(describe(view, &change), reason),
                None => deletions.push(Draft::new(change, Because::Undeclared)),
            },
        }
    }
    drafts.extend(deletions);
}

enum Verdict {
    Ours,
    Shown(String),
    Frozen(String),
}

fn may_delete(view: &View<'_>, declared: &Declared, set: &ObservedPermissionSet) -> Verdict {
    let name = &set.name;
    if let Some(unresolved) = declared.unresolved.iter().find(|entry| entry.footprint.sets.contains(name)) {
        return Verdict::Frozen(format!("{}: {}", unresolved.source, unresolved.message));
    }
    match view.reserved_set(name, false) {
        Ok(None) => {}
        Ok(Some(reason)) => return Verdict::Shown(reason),
        Err(reason) => return Verdict::Frozen(reason),
    }
    if let Err(reason) = view.may_remove_set(set) {
        return Verdict::Shown(reason);
    }
    if let Some(reason) = view.foreign_deployment(set) {
        return Verdict::Shown(reason);
    }
    match view.protected_set(name).or_else(|| view.set_out_of_scope(name)).or_else(|| unknown_part(set)) {
        Some(reason) => Verdict::Frozen(reason),
        None => Verdict::Ours,
    }
}

/// A part that could not be read: without it the set could not be made again.
fn unknown_part(set: &ObservedPermissionSet) -> Option<String> {
    [
        ("managed policies", set.managed_policies.reason()),
        ("customer managed policies", set.customer_managed_policies.reason()),
        ("inline policy", set.inline_policy.reason()),
        ("permissions boundary", set.permissions_boundary.reason()),
        ("tags", set.tags.reason()),
        ("accounts", set.provisioned.reason()),
    ]
    .into_iter()
    .find_map(|(part, reason)| Some(format!("its {part} could not be read: {}", reason?)))
}

type Withdrawals = BTreeMap<PermissionSetName, BTreeMap<AccountId, usize>>;

/// Why an account would still have the set after the withdrawals of this plan.
fn remains(view: &View<'_>, set: &ObservedPermissionSet, withdrawn: &Withdrawals) -> Option<String> {
    let name = &set.name;
    let accounts = withdrawn.get(name);
    let provisioned = set.provisioned.value().map(Vec::as_slice).unwrap_or_default();
    for entry in provisioned {
        let account = &entry.account;
        if let Err(reason) = view.observed.pair_complete(name, account) {
            let account = view.account_text(account);
            return Some(format!("its assignments in {account} are not all known: {reason}"));
        }
        let seen = view.observed.assignments.pair(name, account).len();
        if seen == 0 {
            let account = view.account_text(account);
            return Some(format!("{account} has it without any assignment, which no call takes away"));
        }
        if accounts.and_then(|accounts| accounts.get(account)).copied().unwrap_or_default() < seen {
            return Some(format!("assignments in {} stay", view.account_text(account)));
        }
    }
    let stray = view.observed.assignments.accounts().iter().find(|account| {
        !provisioned.iter().any(|entry| entry.account == **account)
            && !view.observed.assignments.pair(name, account).is_empty()
    });
    stray.map(|account| format!("it is assigned in {}, where it is not provisioned", view.account_text(account)))
}

fn withdrawals(drafts: &[Draft]) -> Withdrawals {
    let mut withdrawn = Withdrawals::new();
    for Draft { change, .. } in drafts {
        if let Change::Withdraw { set, account, .. } = change {
            *withdrawn.entry(set.name.clone()).or_default().entry(account.clone()).or_default() += 1;
        }
    }
    withdrawn
}

fn sets_with_rows(declared: &Declared) -> BTreeSet<&PermissionSetName> {
    let table = &declared.assignments;
    table
        .rows()
        .chunk_by(|one, other| one.set == other.set)
        .filter_map(|rows| table.sets().get(rows.first()?.set as usize))
        .collect()
}
