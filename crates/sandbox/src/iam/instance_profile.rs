//! Instance profiles: what hands a role to an EC2 instance.

use super::page::{page, truncation};
use super::tag::{given, tags_xml};
use super::{Context, Family, Reply, already_exists, delete_conflict, holder, no_such_entity, quota, role};
use crate::error::ApiError;
use crate::state::iam::AccountIam;
use crate::state::iam_provider::InstanceProfile;
use crate::state::id::{AccountId, upper};
use crate::state::organization::Tags;
use crate::wire::xml::{Xml, iso8601};

pub(super) const OPERATIONS: Family = &[
    ("CreateInstanceProfile", create),
    ("GetInstanceProfile", get),
    ("ListInstanceProfiles", list),
    ("ListInstanceProfilesForRole", list_of_role),
    ("DeleteInstanceProfile", delete),
    ("AddRoleToInstanceProfile", add_role),
    ("RemoveRoleFromInstanceProfile", remove_role),
];

/// IAM's quota of an account.
const MOST: usize = 1_000;

impl Context<'_> {
    fn instance_profile(&mut self) -> Result<(String, &mut InstanceProfile), ApiError> {
        let name = self.required("InstanceProfileName")?.to_owned();
        match self.own().instance_profiles.get_mut(&name) {
            Some(profile) => Ok((name, profile)),
            None => Err(no_such_entity(format!("Instance Profile {name} cannot be found."))),
        }
    }
}

pub(super) fn tags<'a>(context: &'a mut Context<'_>) -> Result<&'a mut Tags, ApiError> {
    Ok(&mut context.instance_profile()?.1.tags)
}

fn create(context: &mut Context<'_>) -> Reply {
    let (account, name) = (context.account(), context.required("InstanceProfileName")?.to_owned());
    let (path, tags, now) = (context.path(), given(context.form)?, context.now);
    let profiles = &context.own().instance_profiles;
    if profiles.keys().any(|other| other.eq_ignore_ascii_case(&name)) {
        return Err(already_exists(format!("Instance Profile {name} already exists.")));
    }
    if profiles.len() >= MOST {
        return Err(quota("InstanceProfilesPerAccount", MOST));
    }
    let id = format!("AIPA{}", upper(&mut context.world.rng, 17));
    let profile = InstanceProfile { id, path, created_at: now, role: None, tags };
    let described = describe(account, context.own(), &name, &profile);
    context.own().instance_profiles.insert(name, profile);
    Ok(Some(Xml::default().node("InstanceProfile", described)))
}

fn get(context: &mut Context<'_>) -> Reply {
    let account = context.account();
    let (name, profile) = context.instance_profile()?;
    let profile = profile.clone();
    Ok(Some(Xml::default().node("InstanceProfile", describe(account, context.own(), &name, &profile))))
}

fn list(context: &mut Context<'_>) -> Reply {
    let prefix = context.text("PathPrefix").unwrap_or("/").to_owned();
    listed(context, |profile| profile.path.starts_with(&prefix))
}

fn list_of_role(context: &mut Context<'_>) -> Reply {
    let name = context.required("RoleName")?.to_owned();
    context.role(&name)?;
    listed(context, |profile| profile.role.as_deref() == Some(name.as_str()))
}

fn listed(context: &mut Context<'_>, wanted: impl Fn(&InstanceProfile) -> bool) -> Reply {
    let account = context.account();
    let Some(iam) = context.world.iam.get(&account) else {
        return Ok(Some(truncation(Xml::default().list("InstanceProfiles", []), None)));
    };
    let profiles = iam.instance_profiles.iter().filter(|(_, profile)| wanted(profile));
    let (items, marker) = page(context, profiles.map(|(name, profile)| (name, (name, profile))))?;
    let described = items.into_iter().map(|(name, profile)| describe(account, iam, name, profile));
    Ok(Some(truncation(Xml::default().list("InstanceProfiles", described), marker)))
}

fn delete(context: &mut Context<'_>) -> Reply {
    let (name, profile) = context.instance_profile()?;
    if profile.role.is_some() {
        // 99designs/iamy#47
        return Err(delete_conflict("Cannot delete entity, must remove roles from instance profile first."));
    }
    context.own().instance_profiles.remove(&name);
    Ok(None)
}

fn add_role(context: &mut Context<'_>) -> Reply {
    let role = context.required("RoleName")?.to_owned();
    context.instance_profile()?;
    check_role(context, &role)?;
    let (_, profile) = context.instance_profile()?;
    if profile.role.is_some() {
        // hashicorp/terraform#3851
        return Err(quota("InstanceSessionsPerInstanceProfile", 1));
    }
    profile.role = Some(role);
    Ok(None)
}

fn remove_role(context: &mut Context<'_>) -> Reply {
    let role = context.required("RoleName")?.to_owned();
    context.instance_profile()?;
    check_role(context, &role)?;
    let (name, profile) = context.instance_profile()?;
    if profile.role.as_ref() != Some(&role) {
        return Err(no_such_entity(format!("Role {role} is not in Instance Profile {name}.")));
    }
    profile.role = None;
    Ok(None)
}

/// Roles that only AWS modifies go into no instance profile.
fn check_role(context: &mut Context<'_>, name: &str) -> Result<(), ApiError> {
    let found = context.role(name)?;
    if holder::is_protected(&found.path) { Err(holder::protected(name)) } else { Ok(()) }
}

fn describe(account: AccountId, iam: &AccountIam, name: &str, profile: &InstanceProfile) -> Xml {
    let held = profile.role.as_ref().and_then(|role| iam.roles.get_key_value(role));
    let roles = held.map(|(name, found)| role::describe(account, name, found, false));
    let xml = Xml::default()
        .leaf("Path", &profile.path)
        .leaf("InstanceProfileName", name)
        .leaf("InstanceProfileId", &profile.id)
        .leaf("Arn", format!("arn:aws:iam::{account}:instance-profile{}{name}", profile.path))
        .leaf("CreateDate", iso8601(profile.created_at))
        .list("Roles", roles);
    if profile.tags.is_empty() { xml } else { xml.list("Tags", tags_xml(&profile.tags)) }
}
