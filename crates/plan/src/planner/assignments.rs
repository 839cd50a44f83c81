//! Assignments: who is let in, who is taken out, what is left alone.

use std::collections::BTreeSet;

use model::operation::Because;
use model::rules::OwnershipMode;
use model::{AccountId, AssignmentKey, Change, Declared, PermissionSetName, PrincipalId, Source};

use super::difference::Difference;
use super::held::Held;
use super::ownership::Removal;
use super::sets::Missing;
use super::{Draft, Left, View, describe};

/// Decides which declared assignments that were not seen are made.
pub(crate) fn plan_additions<'a>(
    view: &View<'a>,
    declared: &Declared,
    difference: &Difference<'a>,
    missing: &Missing<'_>,
    drafts: &mut Vec<Draft>,
    left: &mut Left,
) -> Held<'a> {
    let mut held = Held::new(view.observed);
    for rows in difference.added.chunk_by(|one, other| one.0.set == other.0.set) {
        let Some((set, _, _)) = rows.first().and_then(|(key, _)| difference.names(*key)) else { continue };
        if let Some(reason) = whole_set_waits(view, declared, missing, set) {
            left.freeze(what_waits(view, difference, set, rows), &reason);
            for (_, account, principal) in rows.iter().filter_map(|(key, _)| difference.names(*key)) {
                held.add(account, principal, view.is_gone(principal), &reason);
            }
            continue;
        }
        for (key, position) in rows {
            let Some((set, account, principal)) = difference.names(*key) else { continue };
            let change =
                Change::Assign { set: view.reference(set), account: account.clone(), principal: principal.clone() };
            if let Some(reason) = addition_waits(view, declared, set, account, principal) {
                leave(view, left, account, &change, &reason);
                held.add(account, principal, view.is_gone(principal), &reason);
                continue;
            }
            let because = declared
                .assignment_source(*position as usize)
                .map_or_else(nowhere, |source| Because::Declared { source: source.clone() });
            drafts.push(Draft::new(change, because));
        }
    }
    held
}

/// Decides which assignments that nobody declares are withdrawn.
pub(crate) fn plan_removals(
    view: &View<'_>,
    declared: &Declared,
    difference: &Difference<'_>,
    held: &mut Held<'_>,
    drafts: &mut Vec<Draft>,
    left: &mut Left,
) {
    for rows in difference.removed.chunk_by(|one, other| one.set == other.set) {
        let Some((set, _, _)) = rows.first().and_then(|key| difference.names(*key)) else { continue };
        let reserved = view.reserved_set(set, declared.permission_sets.contains_key(set));
        let out_of_scope = view.set_out_of_scope(set);
        for key in rows {
            let Some((set, account, principal)) = difference.names(*key) else { continue };
            let change =
                Change::Withdraw { set: view.reference(set), account: account.clone(), principal: principal.clone() };
            match removal_waits(view, declared, &reserved, set, account, principal) {
                Removal::Shown(reason) => left.show(assignment_text(view, set, account, principal), reason),
                Removal::Undecided(reason) => leave(view, left, account, &change, &reason),
                Removal::Allowed => {
                    let waits = out_of_scope
                        .clone()
                        .or_else(|| view.account_out_of_scope(account))
                        .or_else(|| held.waits(account, principal));
                    match waits {
                        Some(reason) => left.freeze(describe(view, &change), reason),
                        None => drafts.push(Draft::new(change, Because::Undeclared)),
                    }
                }
            }
        }
    }
}

/// Why nobody new gets the set anywhere.
fn whole_set_waits(
    view: &View<'_>,
    declared: &Declared,
    missing: &Missing<'_>,
    set: &PermissionSetName,
) -> Option<String> {
    if let Some(reason) = declared.frozen_sets.get(set) {
        return Some(reason.clone());
    }
    if let Some(reason) = missing.get(set) {
        return Some(format!("permission set {set} is not there and is not created: {reason}"));
    }
    let reserved = match view.reserved_set(set, declared.permission_sets.contains_key(set)) {
        Ok(reserved) => reserved,
        Err(reason) => Some(reason),
    };
    if let Some(reason) = reserved.or_else(|| view.set_out_of_scope(set)) {
        return Some(reason);
    }
    let Some(observed) = view.observed.permission_sets.get(set) else {
        // Declared: this plan creates it.
        let created = declared.permission_sets.contains_key(set);
        return (!created).then(|| format!("there is no permission set `{set}`"));
    };
    observed
        .provisioned
        .reason()
        .map(|reason| format!("who has `{set}` already is not known, its accounts could not be read: {reason}"))
}

/// Why one declared assignment is not made.
fn addition_waits(
    view: &View<'_>,
    declared: &Declared,
    set: &PermissionSetName,
    account: &AccountId,
    principal: &PrincipalId,
) -> Option<String> {
    if let Some(unresolved) = declared.frozen_by(set, account, principal) {
        return Some(format!("{}: {}", unresolved.source, unresolved.message));
    }
    if let Err(reason) = view.account_open(account) {
        return Some(reason);
    }
    if let Err(reason) = view.observed.absence_known(set, account) {
        return Some(format!("who has `{set}` in it already is not known: {reason}"));
    }
    if view.is_gone(principal) {
        return Some(format!("{} does not exist", view.observed.principal_label(principal)));
    }
    if view.mode(set, account, principal) == OwnershipMode::Observe {
        return Some("ownership is `observe` here".to_owned());
    }
    view.reserved_principal(set, principal).or_else(|| view.account_out_of_scope(account))
}

/// Whether an assignment nobody declares may be withdrawn, scope aside.
fn removal_waits(
    view: &View<'_>,
    declared: &Declared,
    reserved: &Result<Option<String>, String>,
    set: &PermissionSetName,
    account: &AccountId,
    principal: &PrincipalId,
) -> Removal {
    if let Some(reason) = declared.frozen_sets.get(set) {
        return Removal::Undecided(reason.clone());
    }
    if let Some(unresolved) = declared.frozen_by(set, account, principal) {
        return Removal::Undecided(format!("{}: {}", unresolved.source, unresolved.message));
    }
    let reserved = match reserved {
        Ok(reserved) => reserved.clone().or_else(|| view.reserved_principal(set, principal)),
        Err(reason) => return Removal::Undecided(reason.clone()),
    };
    if let Some(reason) = reserved {
        return Removal::Shown(reason);
    }
    match view.removal_of(set, account, principal) {
        Removal::Allowed => {}
        other => return other,
    }
    if let Some(reason) = view.protected_assignment(account, principal) {
        return Removal::Undecided(reason);
    }
    match view.account_open(account) {
        Ok(()) => Removal::Allowed,
        Err(reason) => Removal::Undecided(reason),
    }
}

fn leave(view: &View<'_>, left: &mut Left, account: &AccountId, change: &Change, reason: &str) {
    if view.is_closed(account) && view.account_open(account).is_err_and(|closed| closed == reason) {
        left.freeze_closed(account, describe(view, change), reason);
    } else {
        left.freeze(describe(view, change), reason);
    }
}

/// One line for all rows of a set: a thousand of them say no more.
fn what_waits(
    view: &View<'_>,
    difference: &Difference<'_>,
    set: &PermissionSetName,
    rows: &[(AssignmentKey, u32)],
) -> String {
    if let [(key, _)] = rows
        && let Some((set, account, principal)) = difference.names(*key)
    {
        let (account, principal) = (account.clone(), principal.clone());
        return describe(view, &Change::Assign { set: view.reference(set), account, principal });
    }
    let accounts: BTreeSet<u32> = rows.iter().map(|(key, _)| key.account).collect();
    let principals: BTreeSet<u32> = rows.iter().map(|(key, _)| key.principal).collect();
    let plural = |count: usize, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
    format!(
        "assign {} to {} with {set}: {}",
        plural(principals.len(), "principal"),
        plural(accounts.len(), "account"),
        plural(rows.len(), "assignment")
    )
}

/// An assignment as a fact: "Admin in minimo-prod (444455556666) for user:taro".
fn assignment_text(view: &View<'_>, set: &PermissionSetName, account: &AccountId, principal: &PrincipalId) -> String {
    let gone = if view.is_gone(principal) { ", who exists no longer" } else { "" };
    format!("{set} in {} for {}{gone}", view.account_text(account), view.observed.principal_label(principal))
}

/// A row whose source index points nowhere: the checker refuses it.
fn nowhere() -> Because {
    Because::Declared { source: Source { origin: String::new(), line: 0, column: 0 } }
}
