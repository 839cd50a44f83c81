//! Everything that decides about rights in an account, in one listing.

use policy::managed;

use super::page::{page, truncation};
use super::tag::tags_xml;
use super::{Context, Family, Reply, attached_policy, boundary, policy as own, policy_version, role, user};
use crate::state::iam::{AccountIam, OwnRights};
use crate::state::id::AccountId;
use crate::wire::query::encode;
use crate::wire::xml::{Xml, iso8601};

pub(super) const OPERATIONS: Family = &[("GetAccountAuthorizationDetails", get)];

/// The listings, in the order they are given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum List {
    Users,
    Groups,
    Roles,
    Policies,
}

fn get(context: &mut Context<'_>) -> Reply {
    let account = context.account();
    let filter = context.form.texts("Filter");
    let wanted = |kind: &str| filter.is_empty() || filter.iter().any(|only| only == kind);
    let iam = context.own().clone();
    let mut rows: Vec<(String, (List, Xml))> = Vec::new();
    for (name, found) in iam.users.iter().filter(|_| wanted("User")) {
        let groups = found.groups.iter().cloned();
        let xml = user::describe(account, name, found, true).texts("GroupList", groups);
        rows.push((format!("1 {name}"), (List::Users, held(xml, "UserPolicyList", &found.rights))));
    }
    for (name, found) in iam.groups.iter().filter(|_| wanted("Group")) {
        let xml = Xml::default()
            .leaf("Path", &found.path)
            .leaf("GroupName", name)
            .leaf("GroupId", &found.id)
            .leaf("Arn", found.arn(account, name))
            .leaf("CreateDate", iso8601(found.created_at));
        rows.push((format!("2 {name}"), (List::Groups, held(xml, "GroupPolicyList", &found.rights))));
    }
    for (name, found) in iam.roles.iter().filter(|_| wanted("Role")) {
        let inline = found.inline().into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
        let rights = OwnRights { attached: found.attached(account), inline, boundary: None };
        let xml = role::describe(account, name, found, false).list("InstanceProfileList", []);
        let xml = boundary::described(xml, found.boundary(account).as_deref()).list("Tags", tags_xml(&found.tags));
        rows.push((format!("3 {name}"), (List::Roles, held(xml, "RolePolicyList", &rights))));
    }
    rows.extend(policies(account, &iam, wanted("LocalManagedPolicy"), wanted("AWSManagedPolicy")));
    let (items, marker) = page(context, rows.into_iter())?;
    let mut lists = [const { Vec::new() }; 4];
    for (list, xml) in items {
        if let Some(rows) = lists.get_mut(list as usize) {
            rows.push(xml);
        }
    }
    let [users, groups, roles, policies] = lists;
    let xml = Xml::default().list("UserDetailList", users).list("GroupDetailList", groups);
    Ok(Some(truncation(xml.list("RoleDetailList", roles).list("Policies", policies), marker)))
}

/// The account's own policies, and those of AWS that are in use.
fn policies(account: AccountId, iam: &AccountIam, local: bool, of_aws: bool) -> Vec<(String, (List, Xml))> {
    let mut rows = Vec::new();
    for (key, found) in iam.policies.iter().filter(|_| local) {
        let versions = found.versions.iter().rev();
        let versions = versions.map(|(number, version)| {
            policy_version::describe(*number, version, *number == found.default_version, true)
        });
        let xml = own::describe(account, key, found, iam, false).list("PolicyVersionList", versions);
        rows.push((format!("4 {}", own::arn_of(account, key)), (List::Policies, xml)));
    }
    let users = iam.users.values().flat_map(|user| user.rights.attached.iter().chain(&user.rights.boundary).cloned());
    let groups = iam.groups.values().flat_map(|group| group.rights.attached.iter().cloned());
    let roles = iam.roles.values().flat_map(|role| role.attached(account).into_iter().chain(role.boundary(account)));
    let mut used: Vec<String> = users.chain(groups).chain(roles).filter(|_| of_aws).collect();
    used.sort();
    used.dedup();
    for found in used.iter().filter_map(|arn| managed::by_arn(arn)) {
        let version = Xml::default()
            .leaf("Document", encode(found.document(), false))
            .leaf("VersionId", found.version)
            .leaf("IsDefaultVersion", "true")
            .leaf("CreateDate", found.updated);
        let xml = own::describe_managed(account, found, iam).list("PolicyVersionList", [version]);
        rows.push((format!("4 {}", found.arn()), (List::Policies, xml)));
    }
    rows
}

fn held(xml: Xml, list: &str, rights: &OwnRights) -> Xml {
    let inline = rights
        .inline
        .iter()
        .map(|(name, text)| Xml::default().leaf("PolicyName", name).leaf("PolicyDocument", encode(text, false)));
    let attached = rights.attached.iter().map(|arn| attached_policy::written(arn));
    xml.list(list, inline).list("AttachedManagedPolicies", attached)
}
