//! Roles; among them the ones Identity Center made.

use policy::Kind;

use super::holder;
use super::page::{page, truncation};
use super::tag::{given, tags_xml};
use super::{Context, Family, Reply, already_exists, boundary, delete_conflict, document, quota};
use crate::error::ApiError;
use crate::state::iam::{OwnRights, Rights, Role};
use crate::state::id::{AccountId, upper};
use crate::wire::query::encode;
use crate::wire::xml::{Xml, iso8601};

pub(super) const OPERATIONS: Family = &[
    ("CreateRole", create),
    ("GetRole", get),
    ("ListRoles", list),
    ("DeleteRole", delete),
    ("UpdateRole", update),
    ("UpdateAssumeRolePolicy", update_trust),
    ("UpdateRoleDescription", update_description),
];

/// Characters of a trust policy without whitespace; more can be asked for.
const LARGEST_TRUST: usize = 2_048;
/// Seconds a session of a role may last.
const SESSION_SECONDS: std::ops::RangeInclusive<u64> = 3_600..=43_200;

impl Context<'_> {
    /// The role with this name in the caller's account.
    pub(super) fn role(&mut self, name: &str) -> Result<&mut Role, ApiError> {
        self.own().roles.get_mut(name).ok_or_else(|| holder::missing_role(name))
    }

    /// The same, refused where it is Identity Center's.
    fn own_role(&mut self, name: &str) -> Result<&mut Role, ApiError> {
        let role = self.role(name)?;
        if holder::is_protected(&role.path) { Err(holder::protected(name)) } else { Ok(role) }
    }
}

fn get(context: &mut Context<'_>) -> Reply {
    let (account, name) = (context.account(), context.required("RoleName")?.to_owned());
    let role = context.role(&name)?;
    let xml = describe(account, &name, role, true);
    let arn = role.arn(account, &name);
    let last = context.own().last_call(&arn);
    let used = last.map_or_else(Xml::default, |(at, region)| {
        Xml::default().leaf("LastUsedDate", iso8601(at)).leaf("Region", region)
    });
    Ok(Some(Xml::default().node("Role", xml.node("RoleLastUsed", used))))
}

fn list(context: &mut Context<'_>) -> Reply {
    let account = context.account();
    let prefix = context.text("PathPrefix").unwrap_or("/").to_owned();
    let roles = context.world.iam.get(&account).into_iter().flat_map(|iam| &iam.roles);
    let roles = roles.filter(|(_, role)| role.path.starts_with(&prefix));
    let (items, marker) = page(context, roles.map(|(name, role)| (name, (name, role))))?;
    let described: Vec<Xml> = items.into_iter().map(|(name, role)| describe(account, name, role, false)).collect();
    Ok(Some(truncation(Xml::default().list("Roles", described), marker)))
}

fn create(context: &mut Context<'_>) -> Reply {
    let (account, name, path) = (context.account(), context.required("RoleName")?.to_owned(), context.path());
    if holder::is_protected(&path) {
        return Err(ApiError::new("InvalidInput", format!("The path {path} is reserved for AWS.")));
    }
    let trust = context.required("AssumeRolePolicyDocument")?.to_owned();
    check_trust(&trust)?;
    let seconds = session_seconds(context)?.unwrap_or(*SESSION_SECONDS.start());
    let boundary = boundary::wanted(context)?;
    let tags = given(context.form)?;
    let role = Role {
        id: format!("AROA{}", upper(&mut context.world.rng, 17)),
        path,
        created_at: context.now,
        description: context.text("Description").map(str::to_owned),
        trust: trust.into(),
        max_session_seconds: seconds,
        tags,
        rights: Rights::Own(OwnRights { boundary, ..OwnRights::default() }),
    };
    let described = describe(account, &name, &role, true);
    let roles = &mut context.own().roles;
    if roles.keys().any(|other| other.eq_ignore_ascii_case(&name)) {
        return Err(already_exists(format!("Role with name {name} already exists.")));
    }
    roles.insert(name, role);
    Ok(Some(Xml::default().node("Role", described)))
}

fn delete(context: &mut Context<'_>) -> Reply {
    let (account, name) = (context.account(), context.required("RoleName")?.to_owned());
    let role = context.own_role(&name)?;
    if !role.attached(account).is_empty() {
        return Err(delete_conflict("Cannot delete entity, must detach all policies first."));
    }
    if !role.inline().is_empty() {
        return Err(delete_conflict("Cannot delete entity, must delete policies first."));
    }
    if context.own().instance_profiles.values().any(|profile| profile.role.as_ref() == Some(&name)) {
        // 99designs/iamy#68
        return Err(delete_conflict("Cannot delete entity, must remove roles from instance profile first."));
    }
    context.own().roles.remove(&name);
    Ok(None)
}

/// Without a description the role loses the one it has.
fn update(context: &mut Context<'_>) -> Reply {
    let name = context.required("RoleName")?.to_owned();
    let description = context.form.get("Description").map(str::to_owned);
    let seconds = session_seconds(context)?;
    let role = context.own_role(&name)?;
    if let Some(description) = description {
        role.description = Some(description).filter(|text| !text.is_empty());
    }
    role.max_session_seconds = seconds.unwrap_or(role.max_session_seconds);
    Ok(Some(Xml::default()))
}

fn update_trust(context: &mut Context<'_>) -> Reply {
    let name = context.required("RoleName")?.to_owned();
    let trust = context.required("PolicyDocument")?.to_owned();
    let role = context.own_role(&name)?;
    check_trust(&trust)?;
    role.trust = trust.into();
    Ok(None)
}

/// The older operation: it answers with the role.
fn update_description(context: &mut Context<'_>) -> Reply {
    let (account, name) = (context.account(), context.required("RoleName")?.to_owned());
    let description = context.form.get("Description").map(str::to_owned);
    let role = context.own_role(&name)?;
    role.description = description.filter(|text| !text.is_empty());
    Ok(Some(Xml::default().node("Role", describe(account, &name, role, true))))
}

fn check_trust(text: &str) -> Result<(), ApiError> {
    document::check(text, Kind::Trust)?;
    if policy::size_without_whitespace(text) > LARGEST_TRUST {
        // kubeflow/dashboard#29
        return Err(quota("ACLSizePerRole", LARGEST_TRUST));
    }
    Ok(())
}

/// Validation has already kept it within an integer's range.
fn session_seconds(context: &Context<'_>) -> Result<Option<u64>, ApiError> {
    let Some(text) = context.text("MaxSessionDuration") else { return Ok(None) };
    let seconds = text.parse().ok().filter(|seconds| SESSION_SECONDS.contains(seconds));
    match seconds {
        Some(seconds) => Ok(Some(seconds)),
        None => {
            Err(ApiError::new("ValidationError", format!("MaxSessionDuration {text} is not between 3600 and 43200.")))
        }
    }
}

pub(super) fn describe(account: AccountId, name: &str, role: &Role, in_full: bool) -> Xml {
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
    boundary::described(xml, role.boundary(account).as_deref()).list("Tags", tags_xml(&role.tags))
}
