//! Permission sets: create, and bring every part to what is declared.

use std::collections::{BTreeMap, BTreeSet};

use model::operation::Because;
use model::permission_set::Attributes;
use model::rules::{OwnershipMode, Rules};
use model::{
    Change, Declared, DeclaredPermissionSet, ObservedPermissionSet, PermissionSetName, PermissionSetRef, Reading,
};

use super::draft::part_rank;
use super::{Draft, Left, View, describe, policies};

/// Declared sets that neither exist nor will after this plan, with the reason.
pub(crate) type Missing<'a> = BTreeMap<&'a PermissionSetName, String>;

/// Decides the changes of all declared sets.
pub(crate) fn plan_sets<'a>(view: &View<'_>, declared: &'a Declared, left: &mut Left) -> (Vec<Draft>, Missing<'a>) {
    for (name, reason) in &declared.frozen_sets {
        left.freeze(format!("change permission set {name}"), reason);
    }
    let mut drafts = Vec::new();
    let mut missing = Missing::new();
    for (name, set) in &declared.permission_sets {
        if let Some(reason) = declared.frozen_sets.get(name) {
            if !view.observed.permission_sets.contains_key(name) {
                missing.insert(name, reason.clone());
            }
            continue;
        }
        let changes = match view.observed.permission_sets.get(name) {
            Some(observed) => differing_parts(view, set, observed, left),
            None => match absence_unknown(view, name) {
                None => creation(view, set),
                Some(reason) => {
                    left.freeze(format!("create permission set {name}"), &reason);
                    missing.insert(name, reason);
                    continue;
                }
            },
        };
        match set_gate(view, name) {
            None => {
                let because = Because::Declared { source: set.source.clone() };
                drafts.extend(changes.into_iter().map(|change| Draft::new(change, because.clone())));
            }
            Some(reason) => {
                if let Some(create @ Change::CreatePermissionSet { .. }) = changes.first() {
                    left.freeze(describe(view, create), &reason);
                    missing.insert(name, reason);
                } else {
                    for change in &changes {
                        left.freeze(describe(view, change), &reason);
                    }
                }
            }
        }
    }
    (drafts, missing)
}

/// Why nothing about the set itself may change, though it is declared.
pub(crate) fn set_gate(view: &View<'_>, name: &PermissionSetName) -> Option<String> {
    let observe = || (view.set_mode(name) == OwnershipMode::Observe).then(|| "ownership is `observe` here".to_owned());
    view.reserved_name(name)
        .or_else(|| view.protected_set(name))
        .or_else(observe)
        .or_else(|| view.set_out_of_scope(name))
}

/// Why a set that was not seen may be there all the same.
fn absence_unknown(view: &View<'_>, name: &PermissionSetName) -> Option<String> {
    if let Some(reason) = view.observed.permission_set_listing.reason() {
        return Some(format!("permission sets could not be listed, so whether `{name}` exists is not known: {reason}"));
    }
    let (arn, reason) = view.observed.unreadable_sets.first_key_value()?;
    Some(format!("permission set {arn} could not be read and may be `{name}`: {reason}"))
}

fn creation(view: &View<'_>, set: &DeclaredPermissionSet) -> Vec<Change> {
    let reference = PermissionSetRef { name: set.name.clone(), arn: None };
    let mut tags: BTreeMap<String, String> =
        set.tags.iter().filter(|(key, _)| !untouched(key)).map(|(key, value)| (key.clone(), value.clone())).collect();
    if !view.rules.deployment.is_empty() {
        tags.insert(Rules::DEPLOYMENT_TAG.to_owned(), view.rules.deployment.clone());
    }
    let mut changes =
        vec![Change::CreatePermissionSet { set: reference.clone(), attributes: set.attributes.clone(), tags }];
    changes.extend(set_difference(&reference, &BTreeSet::new(), &set.managed_policies, attach_managed, detach_managed));
    changes.extend(set_difference(
        &reference,
        &BTreeSet::new(),
        &set.customer_managed_policies,
        attach_customer,
        detach_customer,
    ));
    if set.inline_policy.is_some() {
        changes.push(Change::SetInlinePolicy { set: reference.clone(), from: None, to: set.inline_policy.clone() });
    }
    if set.permissions_boundary.is_some() {
        let to = set.permissions_boundary.clone();
        changes.push(Change::SetPermissionsBoundary { set: reference, from: None, to });
    }
    changes
}

fn differing_parts(
    view: &View<'_>,
    wanted: &DeclaredPermissionSet,
    found: &ObservedPermissionSet,
    left: &mut Left,
) -> Vec<Change> {
    let name = &found.name;
    let reference = PermissionSetRef { name: name.clone(), arn: Some(found.arn.clone()) };
    let mut changes = Vec::new();
    if !same_attributes(&found.attributes, &wanted.attributes) {
        let (from, to) = (found.attributes.clone(), wanted.attributes.clone());
        changes.push(Change::UpdatePermissionSet { set: reference.clone(), from, to });
    }
    if let Some(attached) = known(&found.managed_policies, "the managed policies", name, left) {
        changes.extend(set_difference(&reference, attached, &wanted.managed_policies, attach_managed, detach_managed));
    }
    if let Some(attached) = known(&found.customer_managed_policies, "the customer managed policies", name, left) {
        let wanted = &wanted.customer_managed_policies;
        changes.extend(set_difference(&reference, attached, wanted, attach_customer, detach_customer));
    }
    if let Some(text) = known(&found.inline_policy, "the inline policy", name, left)
        && !policies::same(text.as_deref(), wanted.inline_policy.as_deref())
    {
        let (from, to) = (text.clone(), wanted.inline_policy.clone());
        changes.push(Change::SetInlinePolicy { set: reference.clone(), from, to });
    }
    if let Some(boundary) = known(&found.permissions_boundary, "the permissions boundary", name, left)
        && *boundary != wanted.permissions_boundary
    {
        let (from, to) = (boundary.clone(), wanted.permissions_boundary.clone());
        changes.push(Change::SetPermissionsBoundary { set: reference.clone(), from, to });
    }
    // Stable: within one kind the order is that of the names.
    changes.sort_by_key(part_rank);
    if let Some(tags) = known(&found.tags, "the tags", name, left) {
        changes.extend(differing_tags(view, wanted, found, tags, &reference, left));
    }
    changes
}

fn differing_tags(
    view: &View<'_>,
    wanted: &DeclaredPermissionSet,
    found: &ObservedPermissionSet,
    tags: &BTreeMap<String, String>,
    reference: &PermissionSetRef,
    left: &mut Left,
) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut put = |key: &String, from: Option<&String>, to: Option<&String>| {
        changes.push(Change::SetTag { set: reference.clone(), key: key.clone(), from: from.cloned(), to: to.cloned() });
    };
    for (key, value) in wanted.tags.iter().filter(|(key, _)| !untouched(key)) {
        if tags.get(key) != Some(value) {
            put(key, tags.get(key), Some(value));
        }
    }
    let may_remove = view.may_remove_set(found);
    for (key, value) in tags.iter().filter(|(key, _)| !untouched(key) && !wanted.tags.contains_key(*key)) {
        match &may_remove {
            Ok(()) => put(key, Some(value), None),
            Err(reason) => left.show(format!("tag {key} = {value} on {}", found.name), reason),
        }
    }
    changes
}

/// Tags that are not the catalog's to decide: AWS's own, and the deployment's.
fn untouched(key: &str) -> bool {
    key.starts_with("aws:") || key == Rules::DEPLOYMENT_TAG
}

/// Whether AWS cannot tell them apart: it has no empty texts.
pub(crate) fn same_attributes(left: &Attributes, right: &Attributes) -> bool {
    let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    text(&left.description) == text(&right.description)
        && text(&left.relay_state) == text(&right.relay_state)
        && left.session_duration == right.session_duration
}

fn known<'r, T>(reading: &'r Reading<T>, what: &str, set: &PermissionSetName, left: &mut Left) -> Option<&'r T> {
    if let Some(reason) = reading.reason() {
        left.freeze(format!("change {what} of {set}"), format!("{what} could not be read: {reason}"));
    }
    reading.value()
}

fn set_difference<T: Ord + Clone>(
    reference: &PermissionSetRef,
    found: &BTreeSet<T>,
    wanted: &BTreeSet<T>,
    attach: fn(PermissionSetRef, T) -> Change,
    detach: fn(PermissionSetRef, T) -> Change,
) -> Vec<Change> {
    let gone = found.difference(wanted).map(|policy| detach(reference.clone(), policy.clone()));
    let new = wanted.difference(found).map(|policy| attach(reference.clone(), policy.clone()));
    gone.chain(new).collect()
}

fn attach_managed(set: PermissionSetRef, policy: model::ManagedPolicyArn) -> Change {
    Change::AttachManagedPolicy { set, policy }
}

fn detach_managed(set: PermissionSetRef, policy: model::ManagedPolicyArn) -> Change {
    Change::DetachManagedPolicy { set, policy }
}

fn attach_customer(set: PermissionSetRef, policy: model::CustomerManagedPolicy) -> Change {
    Change::AttachCustomerManagedPolicy { set, policy }
}

fn detach_customer(set: PermissionSetRef, policy: model::CustomerManagedPolicy) -> Change {
    Change::DetachCustomerManagedPolicy { set, policy }
}
