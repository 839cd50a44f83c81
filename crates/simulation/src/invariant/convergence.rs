//! # `convergence`
//!
//! When the faults have ceased and Sekisho says that there is nothing to do, AWS is what is declared: the assignments, every part of the
//! sets, and the roles in the accounts. What is not Sekisho's to change is as others left it.

use std::collections::BTreeSet;

use sandbox::{Assignment, Principal, SetState};

use super::Found;
use crate::evidence::{Evidence, is_sekisho};
use crate::organisation::{CUSTOMER_POLICY, RESERVED_SET};
use crate::wish::{INLINE, Ownership, SetWish, Wish};

pub(super) fn check(evidence: &Evidence<'_>) -> Found {
    let Some(last) = evidence.attempts.last() else { return Ok(()) };
    let observed_only = match &last.wish.ownership {
        Ownership::Except(name) => evidence.sandbox.account_id(name),
        Ownership::Exclusive | Ownership::Additive => None,
    };
    let protected = last.wish.protected.as_ref();
    let protected = protected.and_then(|group| evidence.sandbox.principal(&format!("group:{group}")));
    let concerns = |row: &&Assignment| Some(row.account) != observed_only && row.set != RESERVED_SET;
    let found = evidence.rows();
    if let Some(missing) = last.rows.iter().filter(concerns).find(|row| !found.contains(*row)) {
        return Err(format!("declared, and not there: {}", evidence.words(missing)));
    }
    let extra = found.iter().filter(concerns).filter(|row| !last.rows.contains(*row));
    if let Some(extra) = extra.into_iter().find(|row| is_ours_to_remove(evidence, &last.wish, row, protected)) {
        return Err(format!("there, and not declared: {}", evidence.words(extra)));
    }
    sets(evidence, &last.wish)?;
    roles(evidence, &last.wish, &found)
}

fn is_ours_to_remove(evidence: &Evidence<'_>, wish: &Wish, row: &Assignment, protected: Option<Principal>) -> bool {
    if Some(row.principal) == protected {
        return false;
    }
    if wish.ownership != Ownership::Additive {
        return true;
    }
    // what Sekisho gave itself, and nobody took and gave again
    let last = evidence.turns(row).last();
    last.is_some_and(|turn| turn.there && turn.by_sekisho) && is_owned(evidence, row)
}

/// Whether the journal says that Sekisho gave it, or should say so: it saw the request through.
fn is_owned(evidence: &Evidence<'_>, row: &Assignment) -> bool {
    evidence.operations.iter().any(|told| {
        told.verified.is_some()
            && told.change.and_then(crate::evidence::row_of).as_ref() == Some(row)
            && told.change.is_some_and(|change| matches!(change, model::Change::Assign { .. }))
    })
}

fn sets(evidence: &Evidence<'_>, wish: &Wish) -> Found {
    let found = evidence.sandbox.permission_sets();
    for (name, declared) in &wish.sets {
        let Some(set) = found.get(name) else { return Err(format!("the set {name} is declared, and not there")) };
        if let Some(part) = differs(declared, set, &wish.ownership) {
            return Err(format!("{part} of {name} is not as declared: {set:?}"));
        }
    }
    if wish.ownership == Ownership::Additive {
        return Ok(());
    }
    let held: BTreeSet<String> = evidence.rows().into_iter().map(|row| row.set).collect();
    for set in found.values().filter(|set| !wish.sets.contains_key(&set.name) && set.name != RESERVED_SET) {
        // a role without assignments is taken away by no call, and a set that has one is left alone
        let roles = evidence.sandbox.provisioned().into_iter().any(|fact| fact.permission_set == set.name);
        if !held.contains(&set.name) && !roles && wish.ownership == Ownership::Exclusive {
            return Err(format!("the set {} is not declared, and still there", set.name));
        }
    }
    Ok(())
}

/// The first part of a set that is not as declared.
fn differs(declared: &SetWish, set: &SetState, ownership: &Ownership) -> Option<&'static str> {
    let inline = |text: Option<&str>| text.and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
    let wanted = declared.inline.and_then(|at| INLINE.get(at)).copied();
    let customer: Vec<(String, String)> =
        declared.customer.then(|| (CUSTOMER_POLICY.0.to_owned(), CUSTOMER_POLICY.1.to_owned())).into_iter().collect();
    let boundary = declared.boundary.as_ref().map(|name| format!("arn:aws:iam::aws:policy/{name}"));
    let mut managed = declared.managed_arns();
    managed.sort();
    let tags = declared.tags.iter().all(|(key, value)| set.tags.iter().any(|(found, is)| found == key && is == value));
    let undeclared = set.tags.iter().any(|(key, _)| !declared.tags.contains_key(key) && !key.starts_with("sekisho:"));
    [
        (set.description.as_deref() != Some(declared.description.as_str()), "the description"),
        (set.session_duration != format!("PT{}H", declared.hours), "the session duration"),
        (set.relay_state != declared.relay_state, "the relay state"),
        (set.managed_policies != managed, "a managed policy"),
        (set.customer_managed_policies != customer, "a customer managed policy"),
        (same(inline(set.inline_policy.as_deref()), inline(wanted)), "the inline policy"),
        (set.permissions_boundary != boundary, "the boundary"),
        (!tags || (undeclared && *ownership == Ownership::Exclusive), "a tag"),
    ]
    .into_iter()
    .find(|(wrong, _)| *wrong)
    .map(|(_, part)| part)
}

/// Whether two policies differ: one action in a list is that action.
fn same(found: Option<serde_json::Value>, wanted: Option<serde_json::Value>) -> bool {
    found.is_some() != wanted.is_some() || found.map(flat) != wanted.map(flat)
}

/// The statements with every single value as a list, without Sids.
fn flat(policy: serde_json::Value) -> Vec<String> {
    let statements = policy.get("Statement").cloned().unwrap_or_default();
    let statements = match statements {
        serde_json::Value::Array(statements) => statements,
        other => vec![other],
    };
    let text = |statement: &serde_json::Value, key: &str| match statement.get(key) {
        Some(serde_json::Value::Array(items)) => {
            let mut items: Vec<String> = items.iter().map(ToString::to_string).collect();
            items.sort();
            items.join(",")
        }
        Some(one) => one.to_string(),
        None => String::new(),
    };
    let keys = ["Effect", "Action", "Resource"];
    let mut flat: Vec<String> =
        statements.iter().map(|statement| keys.map(|key| text(statement, key)).join(" ")).collect();
    flat.sort();
    flat
}

/// Every role of a declared set is of its latest version.
fn roles(evidence: &Evidence<'_>, wish: &Wish, rows: &BTreeSet<Assignment>) -> Found {
    let observed_only = match &wish.ownership {
        Ownership::Except(name) => Some(name.as_str()),
        Ownership::Exclusive | Ownership::Additive => None,
    };
    debug_assert!(
        evidence.effects.iter().all(|effect| !effect.by.is_empty() || is_sekisho(&effect.by)),
        "somebody did it"
    );
    for fact in evidence.sandbox.provisioned() {
        let declared = wish.sets.contains_key(&fact.permission_set) && Some(fact.account.as_str()) != observed_only;
        let held = rows.iter().any(|row| {
            row.set == fact.permission_set && evidence.sandbox.account_id(&fact.account) == Some(row.account)
        });
        if declared && held && !fact.latest {
            return Err(format!("{} has an old version of {}", fact.account, fact.permission_set));
        }
    }
    Ok(())
}
