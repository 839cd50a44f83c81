//! Users.

use super::page::{page, truncation};
use super::tag::{given, tags_xml};
use super::{Context, Family, Reply, already_exists, boundary, delete_conflict, no_such_entity};
use crate::error::ApiError;
use crate::state::iam_user::{ExtraKind, User};
use crate::state::id::{AccountId, upper};
use crate::wire::xml::{Xml, iso8601};

pub(super) const OPERATIONS: Family =
    &[("CreateUser", create), ("GetUser", get), ("ListUsers", list), ("UpdateUser", update), ("DeleteUser", delete)];

impl Context<'_> {
    /// The user with this name in the caller's account.
    pub(super) fn user(&mut self, name: &str) -> Result<&mut User, ApiError> {
        self.own().users.get_mut(name).ok_or_else(|| missing(name))
    }
}

pub(super) fn missing(name: &str) -> ApiError {
    no_such_entity(format!("The user with name {name} cannot be found."))
}

fn create(context: &mut Context<'_>) -> Reply {
    let account = context.account();
    let name = context.required("UserName")?.to_owned();
    check_free(context, &name)?;
    let boundary = boundary::wanted(context)?;
    let path = context.path();
    let id = format!("AIDA{}", upper(&mut context.world.rng, 17));
    let mut user = User::new(id, path, context.now);
    user.rights.boundary = boundary;
    user.tags = given(context.form)?;
    let described = describe(account, &name, &user, true);
    context.own().users.insert(name, user);
    Ok(Some(Xml::default().node("User", described)))
}

fn get(context: &mut Context<'_>) -> Reply {
    let (account, name) = (context.account(), context.user_name()?);
    let user = context.user(&name)?;
    Ok(Some(Xml::default().node("User", describe(account, &name, user, true))))
}

fn list(context: &mut Context<'_>) -> Reply {
    let account = context.account();
    let prefix = context.text("PathPrefix").unwrap_or("/").to_owned();
    let users = context.world.iam.get(&account).into_iter().flat_map(|iam| &iam.users);
    let users = users.filter(|(_, user)| user.path.starts_with(&prefix));
    let (items, marker) = page(context, users.map(|(name, user)| (name, (name, user))))?;
    let described: Vec<Xml> = items.into_iter().map(|(name, user)| describe(account, name, user, false)).collect();
    Ok(Some(truncation(Xml::default().list("Users", described), marker)))
}

/// Renames and moves; keys, sessions and the MFA device follow.
fn update(context: &mut Context<'_>) -> Reply {
    let account = context.account();
    let name = context.required("UserName")?.to_owned();
    let to = context.text("NewUserName").unwrap_or(&name).to_owned();
    let path = context.text("NewPath").map(str::to_owned);
    context.user(&name)?;
    if !to.eq_ignore_ascii_case(&name) {
        check_free(context, &to)?;
    }
    let iam = context.own();
    let Some(mut user) = iam.users.remove(&name) else { return Err(missing(&name)) };
    if let Some(path) = path {
        user.path = path;
    }
    let arn = user.arn(account, &to);
    iam.users.insert(to.clone(), user);
    for device in iam.devices.values_mut() {
        if let Some((owner, _)) = device.enabled.as_mut().filter(|(owner, _)| *owner == name) {
            owner.clone_from(&to);
        }
    }
    context.credentials.rename_user(account, &name, &to, &arn);
    Ok(None)
}

/// Refuses while anything hangs on the user, in the order AWS looks.
fn delete(context: &mut Context<'_>) -> Reply {
    let name = context.required("UserName")?.to_owned();
    let user = context.user(&name)?;
    let rests = [
        (!user.rights.attached.is_empty(), "Cannot delete entity, must detach all policies first."),
        (!user.rights.inline.is_empty(), "Cannot delete entity, must delete policies first."),
        (!user.keys.is_empty(), "Cannot delete entity, must delete access keys first."),
        (
            user.extras_of(ExtraKind::Certificate).next().is_some(),
            "Cannot delete entity, must delete signing certificates first.",
        ),
        (
            user.extras_of(ExtraKind::SshKey).next().is_some(),
            "Cannot delete entity, must delete SSH public keys first.",
        ),
        (
            user.extras_of(ExtraKind::ServiceCredential).next().is_some(),
            "Cannot delete entity, must delete service specific credentials first.",
        ),
        (!user.devices.is_empty(), "Cannot delete entity, must delete MFA device first."),
        (user.login.is_some(), "Cannot delete entity, must delete login profile first."),
        (!user.groups.is_empty(), "Cannot delete entity, must remove users from group first."),
    ];
    if let Some((_, message)) = rests.iter().find(|(rest, _)| *rest) {
        return Err(delete_conflict(message));
    }
    context.own().users.remove(&name);
    Ok(None)
}

fn check_free(context: &mut Context<'_>, name: &str) -> Result<(), ApiError> {
    if context.own().users.keys().any(|other| other.eq_ignore_ascii_case(name)) {
        return Err(already_exists(format!("User with name {name} already exists.")));
    }
    Ok(())
}

/// Boundary and tags are told by GetUser and CreateUser only.
pub(super) fn describe(account: AccountId, name: &str, user: &User, in_full: bool) -> Xml {
    let xml = Xml::default()
        .leaf("Path", &user.path)
        .leaf("UserName", name)
        .leaf("UserId", &user.id)
        .leaf("Arn", user.arn(account, name))
        .leaf("CreateDate", iso8601(user.created_at))
        .maybe("PasswordLastUsed", user.password_last_used.map(iso8601));
    if !in_full {
        return xml;
    }
    let xml = boundary::described(xml, user.rights.boundary.as_deref());
    if user.tags.is_empty() { xml } else { xml.list("Tags", tags_xml(&user.tags)) }
}
