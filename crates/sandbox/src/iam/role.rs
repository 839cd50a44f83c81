//! Roles; among them the ones Identity Center made.

use super::{Context, already_exists, no_such_entity, page, tags, tags_xml, truncation};
use crate::error::ApiError;
use crate::state::iam::{OwnRights, Rights, Role};
use crate::state::id::{AccountId, upper};
use crate::wire::query::encode;
use crate::wire::xml::{Xml, iso8601};

/// Roles below this path belong to Identity Center and are changed by nobody else.
const RESERVED_PATH: &str = "/aws-reserved/";

pub(super) fn get(context: &mut Context<'_>) -> Result<Xml, ApiError> {
    let (account, name) = (context.account(), context.required("RoleName")?.to_owned());
    let role = find(context, &name)?;
    Ok(Xml::default().node("Role", describe(account, &name, role, true)))
}

pub(super) fn list(context: &mut Context<'_>) -> Result<Xml, ApiError> {
    let account = context.account();
    let prefix = context.form.get("PathPrefix").unwrap_or("/").to_owned();
    let roles = context.world.iam.get(&account).into_iter().flat_map(|iam| &iam.roles);
    let roles = roles.filter(|(_, role)| role.path.starts_with(&prefix));
    let (items, marker) = page(context, roles.map(|(name, role)| (name.as_str(), (name, role))));
    let described: Vec<Xml> = items.into_iter().map(|(name, role)| describe(account, name, role, false)).collect();
    Ok(truncation(Xml::default().list("Roles", described), marker))
}

pub(super) fn create(context: &mut Context<'_>) -> Result<Xml, ApiError> {
    let account = context.account();
    let name = context.required("RoleName")?.to_owned();
    let path = context.form.get("Path").unwrap_or("/").to_owned();
    if path.starts_with(RESERVED_PATH) {
        return Err(ApiError::new("InvalidInput", "Paths starting with /aws-reserved/ are reserved."));
    }
    let trust = context.required("AssumeRolePolicyDocument")?.to_owned();
    if !matches!(serde_json::from_str(&trust), Ok(serde_json::Value::Object(_))) {
        return Err(ApiError::new("MalformedPolicyDocument", "This policy contains invalid Json"));
    }
    let seconds = context.form.get("MaxSessionDuration").and_then(|text| text.parse().ok()).unwrap_or(3_600);
    let boundary = context.form.get("PermissionsBoundary").map(str::to_owned);
    let role = Role {
        id: format!("AROA{}", upper(&mut context.world.rng, 17)),
        path,
        created_at: context.now,
        description: context.form.get("Description").map(str::to_owned),
        trust: trust.into(),
        max_session_seconds: seconds,
        tags: tags(context.form).into_iter().collect(),
        rights: Rights::Own(OwnRights { boundary, ..OwnRights::default() }),
    };
    let described = describe(account, &name, &role, true);
    let roles = &mut context.own().roles;
    if roles.keys().any(|other| other.eq_ignore_ascii_case(&name)) {
        return Err(already_exists(format!("Role with name {name} already exists.")));
    }
    roles.insert(name, role);
    Ok(Xml::default().node("Role", described))
}

pub(super) fn delete(context: &mut Context<'_>) -> Result<(), ApiError> {
    let (account, name) = (context.account(), context.required("RoleName")?.to_owned());
    let role = find(context, &name)?;
    if role.path.starts_with(RESERVED_PATH) {
        let message = format!(
            "Cannot perform the operation on the protected role '{name}' - this role is only \
                               modifiable by AWS"
        );
        return Err(ApiError::new("UnmodifiableEntity", message));
    }
    if !role.attached(account).is_empty() || !role.inline().is_empty() {
        let message = "Cannot delete entity, must detach all policies first.";
        return Err(ApiError::new("DeleteConflict", message).with_status(409));
    }
    context.own().roles.remove(&name);
    Ok(())
}

pub(super) fn list_attached(context: &mut Context<'_>) -> Result<Xml, ApiError> {
    let (account, name) = (context.account(), context.required("RoleName")?.to_owned());
    let policies = find(context, &name)?.attached(account);
    let described = policies
        .iter()
        .map(|arn| Xml::default().leaf("PolicyName", arn.rsplit('/').next().unwrap_or(arn)).leaf("PolicyArn", arn));
    Ok(truncation(Xml::default().list("AttachedPolicies", described), None))
}

pub(super) fn list_inline(context: &mut Context<'_>) -> Result<Xml, ApiError> {
    let name = context.required("RoleName")?.to_owned();
    let names: Vec<String> = find(context, &name)?.inline().into_iter().map(|(name, _)| name.to_owned()).collect();
    Ok(truncation(Xml::default().texts("PolicyNames", names), None))
}

pub(super) fn get_inline(context: &mut Context<'_>) -> Result<Xml, ApiError> {
    let (name, policy) = (context.required("RoleName")?.to_owned(), context.required("PolicyName")?.to_owned());
    let role = find(context, &name)?;
    let document = role.inline().into_iter().find(|(other, _)| *other == policy).map(|(_, document)| document);
    let document =
        document.ok_or_else(|| no_such_entity(format!("The role policy with name {policy} cannot be found.")))?;
    Ok(Xml::default()
        .leaf("RoleName", &name)
        .leaf("PolicyName", &policy)
        .leaf("PolicyDocument", encode(document, false)))
}

fn find<'a>(context: &'a mut Context<'_>, name: &str) -> Result<&'a Role, ApiError> {
    let found = context.own().roles.get(name);
    found.ok_or_else(|| no_such_entity(format!("The role with name {name} cannot be found.")))
}

fn describe(account: AccountId, name: &str, role: &Role, in_full: bool) -> Xml {
    let xml = Xml::default()
        .leaf("Path", &role.path)
        .leaf("RoleName", name)
        .leaf("RoleId", &role.id)
        .leaf("Arn", role.arn(account, name))
        .leaf("CreateDate", iso8601(role.created_at))
        .leaf("AssumeRolePolicyDocument", encode(&role.trust, false))
        .maybe("Description", role.description.as_ref())
        .leaf("MaxSessionDuration", role.max_session_seconds.to_string());
    if !in_full {
        return xml;
    }
    let xml = match role.boundary(account) {
        None => xml,
        Some(arn) => xml.node(
            "PermissionsBoundary",
            Xml::default()
                .leaf("PermissionsBoundaryType", "PermissionsBoundaryPolicy")
                .leaf("PermissionsBoundaryArn", arn),
        ),
    };
    xml.list("Tags", tags_xml(&role.tags)).node("RoleLastUsed", Xml::default())
}
