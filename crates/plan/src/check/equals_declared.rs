//! # `equals-declared`
//!
//! The plan, applied to the observation in memory, has to end at what is declared, wherever nothing stands in the way: unknown,
//! unresolved, reserved, protected, not owned, out of scope, or not in use. A plan that takes a run back is not held to that.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use model::finding::Finding;
use model::rules::{OwnershipMode, Rules};
use model::{AccountId, DeclaredPermissionSet, ObservedPermissionSet, PermissionSetName, PrincipalId};

use super::Rule;
use super::context::Context;

pub(super) const RULE: Rule =
    Rule { name: "equals-declared", summary: "a plan that does not end at what is declared, without a reason", check };

fn check(context: &Context<'_>) -> Vec<Finding> {
    if context.is_undo() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    compare_assignments(context, &mut findings);
    for declared in context.declared.permission_sets.values() {
        compare_set(context, declared, &mut findings);
    }
    let table = &context.declared.assignments;
    let assigned: BTreeSet<&PermissionSetName> = table
        .rows()
        .chunk_by(|one, other| one.set == other.set)
        .filter_map(|rows| table.sets().get(rows.first()?.set as usize))
        .collect();
    for (name, found) in &context.after.permission_sets {
        let wanted = context.declared.permission_sets.contains_key(name) || assigned.contains(name);
        if !wanted && !context.set_may_stay(found) {
            findings.push(RULE.refusal(format!("permission set {name} is not declared, and the plan leaves it")));
        }
    }
    findings
}

fn compare_assignments(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let place = |set: &PermissionSetName, account: &AccountId, principal: &PrincipalId| {
        let who = context.observed.principal_label(principal);
        format!("{set} in {} for {who}", context.account_name(account))
    };
    let mut wanted = context.declared.assignments.iter().peekable();
    let mut found = context.after.assignments.iter().peekable();
    loop {
        let order = match (wanted.peek(), found.peek()) {
            (None, None) => return,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(one), Some(other)) => one.cmp(other),
        };
        let one = if order.is_le() { wanted.next() } else { None };
        let other = if order.is_ge() { found.next() } else { None };
        match (one, other) {
            (Some((set, account, principal)), None) if !context.may_miss(set, account, principal) => {
                let row = place(set, account, principal);
                findings.push(RULE.refusal(format!("{row} is declared, and the plan does not make it so")));
            }
            (None, Some((set, account, principal))) if !context.may_stay(set, account, principal) => {
                let row = place(set, account, principal);
                findings.push(RULE.refusal(format!("{row} is not declared, and the plan leaves it")));
            }
            _ => {}
        }
    }
}

fn compare_set(context: &Context<'_>, declared: &DeclaredPermissionSet, findings: &mut Vec<Finding>) {
    let name = &declared.name;
    if context.set_may_differ(name) {
        return;
    }
    let mut differs = |what: &str| {
        findings.push(RULE.refusal(format!("{what} of {name} is not as declared after the plan")));
    };
    let Some(found) = context.after.permission_sets.get(name) else {
        let absent = context.observed.permission_set_listing.is_known() && context.observed.unreadable_sets.is_empty();
        if absent {
            findings.push(RULE.refusal(format!("permission set {name} is declared, and the plan does not create it")));
        }
        return;
    };
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    if text(&found.attributes.description) != text(&declared.attributes.description)
        || text(&found.attributes.relay_state) != text(&declared.attributes.relay_state)
        || found.attributes.session_duration != declared.attributes.session_duration
    {
        differs("description, session duration or relay state");
    }
    if found.managed_policies.value().is_some_and(|attached| *attached != declared.managed_policies) {
        differs("the set of managed policies");
    }
    let customer = found.customer_managed_policies.value();
    if customer.is_some_and(|attached| *attached != declared.customer_managed_policies) {
        differs("the set of customer managed policies");
    }
    let inline = found.inline_policy.value();
    if inline.is_some_and(|text| !same_document(text.as_deref(), declared.inline_policy.as_deref())) {
        differs("the inline policy");
    }
    if found.permissions_boundary.value().is_some_and(|boundary| *boundary != declared.permissions_boundary) {
        differs("the permissions boundary");
    }
    if !tags_fit(context, declared, found) {
        differs("the tags");
    }
    for account in stale_accounts(context, found) {
        findings.push(
            RULE.refusal(format!("{} keeps an older version of {name} after the plan", context.account_name(account))),
        );
    }
}

fn tags_fit(context: &Context<'_>, declared: &DeclaredPermissionSet, found: &ObservedPermissionSet) -> bool {
    let Some(tags) = found.tags.value() else { return true };
    let ours = |key: &str| !key.starts_with("aws:") && key != Rules::DEPLOYMENT_TAG;
    let may_stay = match context.mode(&found.name, None, None) {
        OwnershipMode::Exclusive => false,
        OwnershipMode::Additive => !context.owns_set(&found.name),
        OwnershipMode::Observe => true,
    };
    // A set this plan creates has no tags but those it was given.
    let may_stay = may_stay && context.observed.permission_sets.contains_key(&found.name);
    declared.tags.iter().all(|(key, value)| !ours(key) || tags.get(key) == Some(value))
        && tags.keys().all(|key| !ours(key) || declared.tags.contains_key(key) || may_stay)
}

/// Accounts that keep an older version, without a reason.
fn stale_accounts<'c>(context: &'c Context<'_>, found: &'c ObservedPermissionSet) -> Vec<&'c AccountId> {
    let content_known = found.managed_policies.is_known()
        && found.customer_managed_policies.is_known()
        && found.inline_policy.is_known()
        && found.permissions_boundary.is_known();
    let was_stale = |account: &AccountId| {
        let before = context.observed.permission_sets.get(&found.name).and_then(|set| set.provisioned.value());
        before.is_some_and(|accounts| accounts.iter().any(|entry| entry.account == *account && !entry.latest))
    };
    found
        .provisioned
        .value()
        .into_iter()
        .flatten()
        .filter(|entry| !entry.latest)
        .map(|entry| &entry.account)
        .filter(|account| context.is_active(account))
        .filter(|account| context.mode(&found.name, Some(account), None) != OwnershipMode::Observe)
        .filter(|account| content_known || !was_stale(account))
        .collect()
}

/// Whether two documents say the same: as JSON, or else as policies.
fn same_document(left: Option<&str>, right: Option<&str>) -> bool {
    let (Some(left), Some(right)) = (left, right) else { return left.is_none() && right.is_none() };
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    if left == right || (json(left).is_some() && json(left) == json(right)) {
        return true;
    }
    let fingerprint = |text: &str| policy::parse(text).policy.map(|policy| policy.fingerprint());
    fingerprint(left).is_some() && fingerprint(left) == fingerprint(right)
}

#[cfg(test)]
mod tests {
    use crate::check::tests::refused;
    use crate::testing::World;

    #[test]
    fn a_plan_that_forgets_something_is_refused() {
        let mut world = World::sample();
        world.exclusive();
        world.declare("ReadOnly", "tools", "group:minimo-dev");
        world.undeclare("Admin", "minimo-prod", "user:taro");
        world.undeclare_set("Unused");
        world.declare_set("New");
        world.change_set("Developer", |set| {
            set.attributes.description = Some("other".into());
            set.inline_policy = Some(r#"{"Version":"2012-10-17","Statement":[]}"#.into());
            set.managed_policies.clear();
            set.tags.insert("team".into(), "minimo".into());
        });
        let plan = world.plan();
        assert!(refused(&world, &plan).is_empty());
        assert!(plan.operations.len() >= 9, "{}", plan.operations.len());
        for at in 0..plan.operations.len() {
            let mut damaged = plan.clone();
            let forgotten = damaged.operations.remove(at);
            for operation in &mut damaged.operations {
                operation.needs.retain(|needed| *needed != forgotten.id);
            }
            crate::seal(&mut damaged);
            let rules = refused(&world, &damaged);
            assert!(rules.contains(&"equals-declared".to_owned()), "{} {rules:?}", forgotten.change.identity());
        }
    }
}
