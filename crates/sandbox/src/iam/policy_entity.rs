//! Who a managed policy is attached to.

use super::page::{page, truncation};
use super::{Context, Family, Reply, policy};
use crate::wire::xml::Xml;

pub(super) const OPERATIONS: Family = &[("ListEntitiesForPolicy", list)];

fn list(context: &mut Context<'_>) -> Reply {
    let (account, arn) = (context.account(), context.required("PolicyArn")?.to_owned());
    if !policy::exists(context, &arn) {
        return Err(policy::missing(&arn));
    }
    let filter = context.text("EntityFilter").map(str::to_owned);
    let as_boundary = context.text("PolicyUsageFilter") == Some("PermissionsBoundary");
    let prefix = context.text("PathPrefix").unwrap_or("/").to_owned();
    let wanted = |kind: &str| filter.as_deref().is_none_or(|only| only == kind);
    let uses = |attached: &[String], boundary: Option<&str>| {
        if as_boundary { boundary == Some(arn.as_str()) } else { attached.contains(&arn) }
    };
    let iam = context.own().clone();
    let mut found: Vec<(String, (&str, Xml))> = Vec::new();
    for (name, group) in iam.groups.iter().filter(|_| wanted("Group")) {
        if group.path.starts_with(&prefix) && uses(&group.rights.attached, None) {
            let xml = Xml::default().leaf("GroupName", name).leaf("GroupId", &group.id);
            found.push((format!("1 {name}"), ("PolicyGroups", xml)));
        }
    }
    for (name, role) in iam.roles.iter().filter(|_| wanted("Role")) {
        if role.path.starts_with(&prefix) && uses(&role.attached(account), role.boundary(account).as_deref()) {
            let xml = Xml::default().leaf("RoleName", name).leaf("RoleId", &role.id);
            found.push((format!("2 {name}"), ("PolicyRoles", xml)));
        }
    }
    for (name, user) in iam.users.iter().filter(|_| wanted("User")) {
        if user.path.starts_with(&prefix) && uses(&user.rights.attached, user.rights.boundary.as_deref()) {
            let xml = Xml::default().leaf("UserName", name).leaf("UserId", &user.id);
            found.push((format!("3 {name}"), ("PolicyUsers", xml)));
        }
    }
    let (items, marker) = page(context, found.into_iter())?;
    let (mut groups, mut roles, mut users) = (Vec::new(), Vec::new(), Vec::new());
    for (list, xml) in items {
        match list {
            "PolicyGroups" => groups.push(xml),
            "PolicyRoles" => roles.push(xml),
            _ => users.push(xml),
        }
    }
    let xml = Xml::default().list("PolicyGroups", groups).list("PolicyRoles", roles).list("PolicyUsers", users);
    Ok(Some(truncation(xml, marker)))
}
