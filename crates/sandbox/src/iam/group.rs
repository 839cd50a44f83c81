//! Groups and who is in them.

use super::page::{page, truncation};
use super::{Context, Family, Reply, already_exists, delete_conflict, no_such_entity, quota, user};
use crate::error::ApiError;
use crate::state::iam::{Group, OwnRights};
use crate::state::id::{AccountId, upper};
use crate::wire::xml::{Xml, iso8601};

pub(super) const OPERATIONS: Family = &[
    ("CreateGroup", create),
    ("GetGroup", get),
    ("ListGroups", list),
    ("UpdateGroup", update),
    ("DeleteGroup", delete),
    ("AddUserToGroup", add),
    ("RemoveUserFromGroup", remove),
    ("ListGroupsForUser", list_of_user),
];

const MOST_PER_USER: usize = 10;

impl Context<'_> {
    /// The group with this name in the caller's account.
    pub(super) fn group(&mut self, name: &str) -> Result<&mut Group, ApiError> {
        self.own().groups.get_mut(name).ok_or_else(|| missing(name))
    }
}

pub(super) fn missing(name: &str) -> ApiError {
    no_such_entity(format!("The group with name {name} cannot be found."))
}

fn create(context: &mut Context<'_>) -> Reply {
    let (account, name, path) = (context.account(), context.required("GroupName")?.to_owned(), context.path());
    check_free(context, &name)?;
    let id = format!("AGPA{}", upper(&mut context.world.rng, 17));
    let group = Group { id, path, created_at: context.now, rights: OwnRights::default() };
    let described = describe(account, &name, &group);
    context.own().groups.insert(name, group);
    Ok(Some(Xml::default().node("Group", described)))
}

fn get(context: &mut Context<'_>) -> Reply {
    let (account, name) = (context.account(), context.required("GroupName")?.to_owned());
    let group = describe(account, &name, context.group(&name)?);
    let users = context.world.iam.get(&account).into_iter().flat_map(|iam| &iam.users);
    let members = users.filter(|(_, user)| user.groups.contains(&name));
    let (items, marker) = page(context, members.map(|(name, user)| (name, (name, user))))?;
    let users: Vec<Xml> =
        items.into_iter().map(|(name, member)| user::describe(account, name, member, false)).collect();
    Ok(Some(truncation(Xml::default().node("Group", group).list("Users", users), marker)))
}

fn list(context: &mut Context<'_>) -> Reply {
    let account = context.account();
    let prefix = context.text("PathPrefix").unwrap_or("/").to_owned();
    let groups = context.world.iam.get(&account).into_iter().flat_map(|iam| &iam.groups);
    let groups = groups.filter(|(_, group)| group.path.starts_with(&prefix));
    let (items, marker) = page(context, groups.map(|(name, group)| (name, (name, group))))?;
    let described: Vec<Xml> = items.into_iter().map(|(name, group)| describe(account, name, group)).collect();
    Ok(Some(truncation(Xml::default().list("Groups", described), marker)))
}

fn update(context: &mut Context<'_>) -> Reply {
    let name = context.required("GroupName")?.to_owned();
    let to = context.text("NewGroupName").unwrap_or(&name).to_owned();
    let path = context.text("NewPath").map(str::to_owned);
    context.group(&name)?;
    if !to.eq_ignore_ascii_case(&name) {
        check_free(context, &to)?;
    }
    let iam = context.own();
    let Some(mut group) = iam.groups.remove(&name) else { return Err(missing(&name)) };
    if let Some(path) = path {
        group.path = path;
    }
    iam.groups.insert(to.clone(), group);
    for user in iam.users.values_mut() {
        if user.groups.remove(&name) {
            user.groups.insert(to.clone());
        }
    }
    Ok(None)
}

fn delete(context: &mut Context<'_>) -> Reply {
    let name = context.required("GroupName")?.to_owned();
    let rights = context.group(&name)?.rights.clone();
    let iam = context.own();
    let rests = [
        (
            iam.users.values().any(|user| user.groups.contains(&name)),
            "Cannot delete entity, must remove users from group first.",
        ),
        (!rights.attached.is_empty(), "Cannot delete entity, must detach all policies first."),
        (!rights.inline.is_empty(), "Cannot delete entity, must delete policies first."),
    ];
    if let Some((_, message)) = rests.iter().find(|(rest, _)| *rest) {
        return Err(delete_conflict(message));
    }
    iam.groups.remove(&name);
    Ok(None)
}

fn add(context: &mut Context<'_>) -> Reply {
    let (group, name) = (context.required("GroupName")?.to_owned(), context.required("UserName")?.to_owned());
    context.group(&group)?;
    let user = context.user(&name)?;
    if !user.groups.contains(&group) && user.groups.len() >= MOST_PER_USER {
        return Err(quota("GroupsPerUser", MOST_PER_USER));
    }
    user.groups.insert(group);
    Ok(None)
}

/// Somebody who is not a member is removed without a word, as AWS does.
fn remove(context: &mut Context<'_>) -> Reply {
    let (group, name) = (context.required("GroupName")?.to_owned(), context.required("UserName")?.to_owned());
    context.group(&group)?;
    context.user(&name)?.groups.remove(&group);
    Ok(None)
}

fn list_of_user(context: &mut Context<'_>) -> Reply {
    let (account, name) = (context.account(), context.required("UserName")?.to_owned());
    let groups = context.user(&name)?.groups.clone();
    let all = &context.world.iam;
    let found = groups.iter().filter_map(|group| Some((group, (group, all.get(&account)?.groups.get(group)?))));
    let (items, marker) = page(context, found)?;
    let described: Vec<Xml> = items.into_iter().map(|(name, group)| describe(account, name, group)).collect();
    Ok(Some(truncation(Xml::default().list("Groups", described), marker)))
}

fn check_free(context: &mut Context<'_>, name: &str) -> Result<(), ApiError> {
    if context.own().groups.keys().any(|other| other.eq_ignore_ascii_case(name)) {
        return Err(already_exists(format!("Group with name {name} already exists.")));
    }
    Ok(())
}

fn describe(account: AccountId, name: &str, group: &Group) -> Xml {
    Xml::default()
        .leaf("Path", &group.path)
        .leaf("GroupName", name)
        .leaf("GroupId", &group.id)
        .leaf("Arn", group.arn(account, name))
        .leaf("CreateDate", iso8601(group.created_at))
}
