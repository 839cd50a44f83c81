//! Users.

use serde_json::{Map, Value, json};

use super::attribute::{apply, check_user, operations, writable};
use super::reference::{arn, duplicate, filter, insert_external_ids, insert_stamps};
use crate::call::Call;
use crate::error::{Answer, ApiError, done};
use crate::page::{Page, answer};
use crate::state::directory::{Stamps, User};
use crate::state::id::Uuid;

pub(super) fn list(call: &Call<'_>) -> Answer {
    let page = Page::<Uuid>::of(call, 100)?;
    let directory = &call.world.directory;
    if let Some(name) = filter(call, "UserName")? {
        let found = directory.user_named(name).and_then(|id| Some((id, directory.users.get(&id)?)));
        return answer("Users", page.cut(found.into_iter().map(|(id, user)| (id, written(call, id, user)))));
    }
    let users = directory.users.range(page.range());
    answer("Users", page.cut(users.map(|(id, user)| (*id, written(call, *id, user)))))
}

pub(super) fn describe(call: &Call<'_>) -> Answer {
    let (id, user) = call.user()?;
    Ok(written(call, id, user))
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let given = writable().filter_map(|name| Some((name.to_owned(), call.input.get(name)?.clone())));
    let attributes: Map<String, Value> = given.filter(|(_, value)| !value.is_null()).collect();
    check_user(&attributes)?;
    if call.world.directory.users.len() >= call.config.quotas.users {
        return Err(ApiError::quota("You have exceeded the number of users of this identity store."));
    }
    let stamps = Stamps::new(call.now, &call.caller_arn());
    let user = User { attributes, external_ids: Vec::new(), enabled: true, stamps };
    if call.world.directory.user_named(user.user_name()).is_some() {
        return Err(duplicate("Duplicate UserName"));
    }
    let id = Uuid::random(&mut call.world.rng);
    call.world.directory.put_user(id, user);
    Ok(json!({
        "IdentityStoreId": call.world.directory.id(),
        "UserId": id.to_string(),
        "UserArn": arn("user", id),
        "Revision": "1",
    }))
}

/// All operations are applied or none.
pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let (id, user) = call.user()?;
    call.check_revision(&user.stamps)?;
    let mut attributes = user.attributes.clone();
    for (path, value) in operations(call.input) {
        apply(&mut attributes, path, value)?;
    }
    check_user(&attributes)?;
    let mut stamps = user.stamps.clone();
    stamps.touch(call.now, &call.caller_arn());
    let revision = stamps.revision;
    let changed = User { attributes, external_ids: user.external_ids.clone(), enabled: user.enabled, stamps };
    if call.world.directory.user_named(changed.user_name()).is_some_and(|other| other != id) {
        return Err(duplicate("Duplicate UserName"));
    }
    call.world.directory.put_user(id, changed);
    Ok(json!({
        "IdentityStoreId": call.world.directory.id(),
        "UserId": id.to_string(),
        "UserArn": arn("user", id),
        "Revision": revision.to_string(),
    }))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let (id, user) = call.user()?;
    call.check_revision(&user.stamps)?;
    call.world.directory.remove_user(id);
    done()
}

fn written(call: &Call<'_>, id: Uuid, user: &User) -> Value {
    let mut body = Map::new();
    body.insert("IdentityStoreId".to_owned(), Value::from(call.world.directory.id()));
    body.insert("UserId".to_owned(), Value::from(id.to_string()));
    body.insert("UserArn".to_owned(), Value::from(arn("user", id)));
    body.insert("Revision".to_owned(), Value::from(user.stamps.revision.to_string()));
    for (name, value) in &user.attributes {
        // extensions are told only to whoever names them
        if name != "Extensions" || call.input.contains_key("Extensions") {
            body.insert(name.clone(), value.clone());
        }
    }
    insert_external_ids(&mut body, &user.external_ids);
    body.insert("UserStatus".to_owned(), Value::from(if user.enabled { "ENABLED" } else { "DISABLED" }));
    insert_stamps(&mut body, &user.stamps);
    Value::Object(body)
}
