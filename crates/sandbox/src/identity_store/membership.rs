//! Who is in which group.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::reference::{arn, duplicate, insert_stamps, parse_resource};
use crate::call::{Call, texts};
use crate::error::{Answer, done};
use crate::page::{Page, answer};
use crate::state::directory::{Membership, Stamps};
use crate::state::id::Uuid;

pub(super) fn of_group(call: &Call<'_>) -> Answer {
    let (group, _) = call.group()?;
    listed(call, call.world.directory.members(group))
}

pub(super) fn of_member(call: &Call<'_>) -> Answer {
    let user = call.member()?;
    listed(call, call.world.directory.groups_of(user))
}

fn listed(call: &Call<'_>, memberships: &BTreeMap<Uuid, Uuid>) -> Answer {
    let page = Page::<Uuid>::of(call, 100)?;
    let all = &call.world.directory.memberships;
    let found = memberships.range(page.range()).filter_map(|(key, id)| Some((*key, written(call, *id, all.get(id)?))));
    answer("GroupMemberships", page.cut(found))
}

pub(super) fn is_member(call: &Call<'_>) -> Answer {
    let user = call.member()?;
    let groups = call.world.directory.groups_of(user);
    let results: Vec<Value> = texts(call.input.get("GroupIds"))
        .into_iter()
        .map(|text| {
            let exists = parse_resource(&text).is_some_and(|group| groups.contains_key(&group));
            json!({"GroupId": text, "MemberId": {"UserId": user.to_string()}, "MembershipExists": exists})
        })
        .collect();
    Ok(json!({ "Results": results }))
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let (group, _) = call.group()?;
    let user = call.member()?;
    if call.world.directory.members(group).contains_key(&user) {
        return Err(duplicate("Member and Group relationship already exists."));
    }
    let id = Uuid::random(&mut call.world.rng);
    let stamps = Stamps::new(call.now, &call.caller_arn());
    call.world.directory.add_membership(id, Membership { group, user, stamps });
    Ok(json!({
        "IdentityStoreId": call.world.directory.id(),
        "MembershipId": id.to_string(),
        "MembershipArn": arn("membership", id),
    }))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let (id, _) = call.membership()?;
    call.world.directory.remove_membership(id);
    done()
}

pub(super) fn describe(call: &Call<'_>) -> Answer {
    let (id, membership) = call.membership()?;
    Ok(written(call, id, membership))
}

fn written(call: &Call<'_>, id: Uuid, membership: &Membership) -> Value {
    let mut body = Map::new();
    body.insert("IdentityStoreId".to_owned(), Value::from(call.world.directory.id()));
    body.insert("MembershipId".to_owned(), Value::from(id.to_string()));
    body.insert("MembershipArn".to_owned(), Value::from(arn("membership", id)));
    body.insert("GroupId".to_owned(), Value::from(membership.group.to_string()));
    body.insert("MemberId".to_owned(), json!({"UserId": membership.user.to_string()}));
    insert_stamps(&mut body, &membership.stamps);
    Value::Object(body)
}
