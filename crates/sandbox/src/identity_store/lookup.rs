//! Ids by something else that is unique.

use serde_json::{Value, json};

use super::reference::{arn, no_group, no_user, not_found};
use crate::call::Call;
use crate::error::{Answer, ApiError};
use crate::state::id::Uuid;

enum Key<'a> {
    Attribute { path: String, value: &'a str },
    External { issuer: &'a str, id: &'a str },
}

pub(super) fn user_id(call: &Call<'_>) -> Answer {
    let directory = &call.world.directory;
    let found = match key(call)? {
        Key::Attribute { path, value } if path == "username" => directory.user_named(value),
        Key::Attribute { path, value } if path == "emails.value" => {
            match directory.users_with_email(value).as_slice() {
                [only] => Some(*only),
                _ => None,
            }
        }
        Key::Attribute { path, .. } => return Err(unsupported(&path)),
        Key::External { issuer, id } => {
            let known = |ids: &[(String, String)]| ids.iter().any(|(a, b)| a == issuer && b == id);
            directory.users.iter().find(|(_, user)| known(&user.external_ids)).map(|(id, _)| *id)
        }
    };
    let id: Uuid = found.ok_or_else(|| no_user(""))?;
    Ok(json!({"IdentityStoreId": directory.id(), "UserId": id.to_string(), "UserArn": arn("user", id)}))
}

pub(super) fn group_id(call: &Call<'_>) -> Answer {
    let directory = &call.world.directory;
    let found = match key(call)? {
        Key::Attribute { path, value } if path == "displayname" => directory.group_named(value),
        Key::Attribute { path, .. } => return Err(unsupported(&path)),
        Key::External { issuer, id } => {
            let known = |ids: &[(String, String)]| ids.iter().any(|(a, b)| a == issuer && b == id);
            directory.groups.iter().find(|(_, group)| known(&group.external_ids)).map(|(id, _)| *id)
        }
    };
    let id: Uuid = found.ok_or_else(|| no_group(""))?;
    Ok(json!({"IdentityStoreId": directory.id(), "GroupId": id.to_string(), "GroupArn": arn("group", id)}))
}

pub(super) fn membership_id(call: &Call<'_>) -> Answer {
    let (group, _) = call.group()?;
    let user = call.member()?;
    let found = call.world.directory.members(group).get(&user);
    let id = *found.ok_or_else(|| not_found("GROUP_MEMBERSHIP", "", "MEMBERSHIP not found."))?;
    Ok(json!({
        "IdentityStoreId": call.world.directory.id(),
        "MembershipId": id.to_string(),
        "MembershipArn": arn("membership", id),
    }))
}

fn key<'a>(call: &'a Call<'_>) -> Result<Key<'a>, ApiError> {
    let given = call.input.get("AlternateIdentifier");
    let text = |outer: &str, inner: &str| given?.get(outer)?.get(inner)?.as_str();
    if let (Some(issuer), Some(id)) = (text("ExternalId", "Issuer"), text("ExternalId", "Id")) {
        return Ok(Key::External { issuer, id });
    }
    let path = text("UniqueAttribute", "AttributePath").unwrap_or_default().to_ascii_lowercase();
    let value = given.and_then(|given| given.get("UniqueAttribute")?.get("AttributeValue").and_then(Value::as_str));
    let value = value.ok_or_else(|| ApiError::validation("AttributeValue must be a string."))?;
    Ok(Key::Attribute { path, value })
}

fn unsupported(path: &str) -> ApiError {
    ApiError::validation(format!("Attribute path {path} is not unique."))
}
