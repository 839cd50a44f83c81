//! Permission sets themselves.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::session_duration::seconds;
use crate::call::{Call, tags};
use crate::error::{Answer, ApiError, done};
use crate::page::{Page, answer};
use crate::state::center::{PermissionSet, SetContent};
use crate::state::id::SetId;
use crate::state::task::Family;
use crate::state::world::reserved_name;
use crate::wire::epoch_seconds;

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    call.check_instance()?;
    let name = call.required("Name")?.to_owned();
    let duration = call.text("SessionDuration").unwrap_or("PT1H").to_owned();
    let session_seconds = check_duration(&duration)?;
    let tags = tags(call.input.get("Tags"));
    if tags.len() > call.config.quotas.tags_per_resource {
        return Err(ApiError::quota("Too many tags."));
    }
    if call.world.center.set_named(&name).is_some() {
        return Err(ApiError::conflict(format!("PermissionSet with name {name} already exists.")));
    }
    if call.world.center.sets.len() >= call.config.quotas.permission_sets {
        return Err(ApiError::quota("You have exceeded the number of permission sets of this instance."));
    }
    let set = PermissionSet {
        name,
        description: call.text("Description").map(str::to_owned),
        relay_state: call.text("RelayState").map(str::to_owned),
        created_at: call.now,
        tags: tags.into_iter().collect(),
        content: Arc::new(SetContent { session_duration: duration, session_seconds, ..SetContent::default() }),
        version: 1,
    };
    let id = SetId(call.world.rng.u64(..));
    let body = written(call, id, &set);
    call.world.center.add_set(id, set);
    Ok(json!({ "PermissionSet": body }))
}

pub(super) fn describe(call: &Call<'_>) -> Answer {
    let (id, set) = call.set()?;
    Ok(json!({ "PermissionSet": written(call, id, set) }))
}

/// Members that are absent stay as they are, but for the relay state, which is cleared
/// (hashicorp/terraform-provider-aws#17411; the description cannot be removed, #41897). Only the session duration lives in the accounts' roles; description and
/// relay state make no role stale.
pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let id = call.set_to_change()?;
    let description = call.text("Description").map(str::to_owned);
    let relay_state = call.text("RelayState").map(str::to_owned);
    if let Some(duration) = call.text("SessionDuration").map(str::to_owned) {
        let session_seconds = check_duration(&duration)?;
        let same = call.set()?.1.content.session_duration == duration;
        if !same {
            call.world.center.edit(id, |content| {
                content.session_duration = duration;
                content.session_seconds = session_seconds;
            });
        }
    }
    if let Some(set) = call.world.center.set_mut(id) {
        set.description = description.or(set.description.take());
        set.relay_state = relay_state;
    }
    done()
}

/// Refused while anybody is assigned the set. Pairs that are provisioned without assignments go with it.
pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let id = call.set_to_change()?;
    let name = call.set()?.1.name.clone();
    let families = [Family::Creation, Family::Deletion, Family::Provisioning];
    let busy = call.world.tasks.open(&families).any(|task| task.kind.set() == Some(id));
    if busy || call.world.center.is_in_use(id) {
        return Err(ApiError::conflict(
            "Could not delete because PermissionSet has ApplicationProfile associated with it.",
        ));
    }
    for (account, role) in call.world.center.remove_set(id) {
        call.world.destroy_role_named(account, &reserved_name(&name, role.suffix));
    }
    done()
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    call.check_instance()?;
    let page = Page::<SetId>::of(call, 100)?;
    let center = &call.world.center;
    let sets = center.sets.range(page.range()).map(|(id, _)| (*id, Value::from(center.set_arn(*id))));
    answer("PermissionSets", page.cut(sets))
}

fn check_duration(text: &str) -> Result<u64, ApiError> {
    seconds(text)
        .filter(|seconds| (3_600..=43_200).contains(seconds))
        .ok_or_else(|| ApiError::validation(format!("SessionDuration {text} is not between 1 hour and 12 hours.")))
}

fn written(call: &Call<'_>, id: SetId, set: &PermissionSet) -> Value {
    let mut body = Map::new();
    body.insert("Name".to_owned(), Value::from(set.name.as_str()));
    body.insert("PermissionSetArn".to_owned(), Value::from(call.world.center.set_arn(id)));
    if let Some(description) = &set.description {
        body.insert("Description".to_owned(), Value::from(description.as_str()));
    }
    body.insert("CreatedDate".to_owned(), epoch_seconds(set.created_at));
    body.insert("SessionDuration".to_owned(), Value::from(set.content.session_duration.as_str()));
    if let Some(relay_state) = &set.relay_state {
        body.insert("RelayState".to_owned(), Value::from(relay_state.as_str()));
    }
    Value::Object(body)
}
