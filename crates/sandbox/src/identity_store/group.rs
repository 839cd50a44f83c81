//! Groups.

use serde_json::{Map, Value, json};

use super::attribute::{check_reserved, operations};
use super::reference::{arn, duplicate, filter, insert_external_ids, insert_stamps};
use crate::call::Call;
use crate::error::{Answer, ApiError, done};
use crate::page::{Page, answer};
use crate::state::directory::{Group, Stamps};
use crate::state::id::Uuid;

pub(super) fn list(call: &Call<'_>) -> Answer {
    let page = Page::<Uuid>::of(call, 100)?;
    let directory = &call.world.directory;
    if let Some(name) = filter(call, "DisplayName")? {
        let found = directory.group_named(name).and_then(|id| Some((id, directory.groups.get(&id)?)));
        return answer("Groups", page.cut(found.into_iter().map(|(id, group)| (id, written(call, id, group)))));
    }
    let groups = directory.groups.range(page.range());
    answer("Groups", page.cut(groups.map(|(id, group)| (*id, written(call, *id, group)))))
}

pub(super) fn describe(call: &Call<'_>) -> Answer {
    let (id, group) = call.group()?;
    Ok(written(call, id, group))
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let missing = || ApiError::validation("Missing required attribute: displayName");
    let display_name = call.text("DisplayName").ok_or_else(missing)?.to_owned();
    check_reserved(&display_name)?;
    if call.world.directory.group_named(&display_name).is_some() {
        return Err(duplicate("Duplicate GroupDisplayName"));
    }
    if call.world.directory.groups.len() >= call.config.quotas.groups {
        return Err(ApiError::quota("You have exceeded the number of groups of this identity store."));
    }
    let group = Group {
        display_name,
        description: call.text("Description").map(str::to_owned),
        external_ids: Vec::new(),
        stamps: Stamps::new(call.now, &call.caller_arn()),
    };
    let id = Uuid::random(&mut call.world.rng);
    call.world.directory.put_group(id, group);
    Ok(brief(call, id, 1))
}

/// All operations are applied or none.
pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let (id, group) = call.group()?;
    call.check_revision(&group.stamps)?;
    let mut changed = Group {
        display_name: group.display_name.clone(),
        description: group.description.clone(),
        external_ids: group.external_ids.clone(),
        stamps: group.stamps.clone(),
    };
    for (path, value) in operations(call.input) {
        let text = value.and_then(Value::as_str).map(str::to_owned);
        match (path.to_ascii_lowercase().as_str(), text) {
            ("displayname", Some(name)) => changed.display_name = name,
            ("displayname", None) => return Err(ApiError::validation("displayName cannot be removed.")),
            ("description", text) => changed.description = text,
            _ => return Err(ApiError::validation(format!("Attribute path {path} is not supported."))),
        }
    }
    check_reserved(&changed.display_name)?;
    if call.world.directory.group_named(&changed.display_name).is_some_and(|other| other != id) {
        return Err(duplicate("Duplicate GroupDisplayName"));
    }
    changed.stamps.touch(call.now, &call.caller_arn());
    let revision = changed.stamps.revision;
    call.world.directory.put_group(id, changed);
    Ok(brief(call, id, revision))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let (id, group) = call.group()?;
    call.check_revision(&group.stamps)?;
    call.world.directory.remove_group(id);
    done()
}

fn brief(call: &Call<'_>, id: Uuid, revision: u64) -> Value {
    json!({
        "IdentityStoreId": call.world.directory.id(),
        "GroupId": id.to_string(),
        "GroupArn": arn("group", id),
        "Revision": revision.to_string(),
    })
}

fn written(call: &Call<'_>, id: Uuid, group: &Group) -> Value {
    let mut body = Map::new();
    body.insert("IdentityStoreId".to_owned(), Value::from(call.world.directory.id()));
    body.insert("GroupId".to_owned(), Value::from(id.to_string()));
    body.insert("GroupArn".to_owned(), Value::from(arn("group", id)));
    body.insert("Revision".to_owned(), Value::from(group.stamps.revision.to_string()));
    body.insert("DisplayName".to_owned(), Value::from(group.display_name.as_str()));
    if let Some(description) = &group.description {
        body.insert("Description".to_owned(), Value::from(description.as_str()));
    }
    insert_external_ids(&mut body, &group.external_ids);
    insert_stamps(&mut body, &group.stamps);
    Value::Object(body)
}
