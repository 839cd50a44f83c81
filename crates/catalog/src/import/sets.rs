//! Permission sets, one file each.

use std::collections::BTreeSet;

use model::{ManagedPolicyArn, Observed, ObservedPermissionSet, PermissionsBoundary, Rules};

use super::text::{Item, list, plain_list, slug, unique};
use crate::files::{CatalogFiles, FileKind};
use crate::format::pretty_json;
use crate::schema::header;
use crate::yaml::scalar;

/// Writes all sets; answers what is left out, and why.
pub(super) fn write(observed: &Observed, catalog: &mut CatalogFiles) -> Vec<String> {
    let mut left_out = Vec::new();
    let mut taken = BTreeSet::new();
    for set in observed.permission_sets.values() {
        if set.name.is_reserved() {
            left_out.push(format!("{}: the name is kept for AWS and Control Tower", set.name));
            continue;
        }
        if let Some(reason) = unread(set) {
            left_out.push(format!("{}: it could not be read in full ({})", set.name, one_line(reason)));
            continue;
        }
        let name = unique(&mut taken, slug(set.name.as_str()));
        let text = set_file(observed, set, &name, catalog);
        catalog.files.insert(format!("permission-sets/{name}.yaml"), text);
    }
    for (arn, reason) in &observed.unreadable_sets {
        left_out.push(format!("{arn}: it could not be read ({})", one_line(reason)));
    }
    if let Some(reason) = observed.permission_set_listing.reason() {
        left_out.push(format!("perhaps others: not all permission sets could be listed ({})", one_line(reason)));
    }
    left_out
}

fn one_line(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).take(200).collect()
}

/// Why a part of the set is not known.
fn unread(set: &ObservedPermissionSet) -> Option<&str> {
    let parts = [
        set.managed_policies.reason(),
        set.customer_managed_policies.reason(),
        set.inline_policy.reason(),
        set.permissions_boundary.reason(),
        set.tags.reason(),
    ];
    parts.into_iter().flatten().next()
}

fn set_file(observed: &Observed, set: &ObservedPermissionSet, name: &str, catalog: &mut CatalogFiles) -> String {
    let mut text = format!("{}name: {}\n", header(FileKind::PermissionSet), scalar(set.name.as_str()));
    if let Some(description) = set.attributes.description.as_deref().filter(|text| !text.trim().is_empty()) {
        text.push_str(&format!("description: {}\n", scalar(description)));
    }
    text.push_str(&format!("session_duration: {}\n", set.attributes.session_duration));
    if let Some(relay_state) = set.attributes.relay_state.as_deref().filter(|text| !text.trim().is_empty()) {
        text.push_str(&format!("relay_state: {}\n", scalar(relay_state)));
    }
    let partition = &observed.instance.partition;
    if let Some(policies) = set.managed_policies.value().filter(|policies| !policies.is_empty()) {
        let items: Vec<Item> = policies.iter().map(|arn| managed(arn, partition)).collect();
        list(&mut text, "", "managed_policies", &items);
    }
    if let Some(policies) = set.customer_managed_policies.value().filter(|policies| !policies.is_empty()) {
        text.push_str("customer_managed_policies:\n");
        for policy in policies {
            text.push_str(&format!("  - {{name: {}, path: {}}}\n", scalar(&policy.name), scalar(&policy.path)));
        }
    }
    if let Some(Some(policy)) =
        set.inline_policy.value().filter(|policy| policy.as_ref().is_some_and(|text| !text.trim().is_empty()))
    {
        let path = format!("policies/{name}.json");
        let valid = serde_json::from_str::<serde::de::IgnoredAny>(policy).is_ok();
        catalog.files.insert(path.clone(), if valid { pretty_json(policy) } else { policy.clone() });
        plain_list(&mut text, "", "inline_policies", [path]);
    }
    match set.permissions_boundary.value() {
        Some(Some(PermissionsBoundary::Managed(arn))) => {
            text.push_str(&format!("permissions_boundary: {}\n", scalar(&managed(arn, partition).text)));
        }
        Some(Some(PermissionsBoundary::CustomerManaged(policy))) => {
            let (name, path) = (scalar(&policy.name), scalar(&policy.path));
            text.push_str(&format!("permissions_boundary: {{name: {name}, path: {path}}}\n"));
        }
        _ => {}
    }
    tags(&mut text, set);
    text
}

fn tags(text: &mut String, set: &ObservedPermissionSet) {
    let own = |key: &str| !key.to_ascii_lowercase().starts_with("aws:") && key != Rules::DEPLOYMENT_TAG;
    let tags: Vec<(&String, &String)> = set.tags.value().into_iter().flatten().filter(|(key, _)| own(key)).collect();
    if tags.is_empty() {
        return;
    }
    text.push_str("tags:\n");
    for (key, value) in tags {
        text.push_str(&format!("  {}: {}\n", scalar(key), scalar(value)));
    }
}

/// The short name where it means just this ARN.
fn managed(arn: &ManagedPolicyArn, partition: &str) -> Item {
    let commercial = arn.as_str().strip_prefix(&format!("arn:{partition}:")).map(|rest| format!("arn:aws:{rest}"));
    let known = policy::managed::resolve(arn.name()).map(|policy| policy.arn());
    let short = known.is_some() && known == commercial;
    Item { text: if short { arn.name().to_owned() } else { arn.as_str().to_owned() }, about: String::new() }
}
