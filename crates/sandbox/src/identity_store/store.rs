//! The identity store itself.

use serde_json::{Value, json};

use crate::call::{Call, Standing};
use crate::error::Answer;
use crate::page::{Page, answer};

pub(super) fn describe(call: &Call<'_>) -> Answer {
    let mut body = written(call);
    if let (Some(body), Some(network)) = (body.as_object_mut(), &call.world.directory.network) {
        body.insert("NetworkConfiguration".to_owned(), network.clone());
    }
    Ok(body)
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    let here = (call.region == call.config.region).then(|| written(call));
    answer("IdentityStores", Page::<u64>::of(call, 100)?.slice(here.into_iter()))
}

/// Where calls may come from. It is kept and told; every call here comes from this machine.
pub(super) fn update(call: &mut Call<'_>) -> Answer {
    if call.caller.standing != Standing::Management {
        return Err(call.not_authorized());
    }
    if let Some(network) = call.input.get("NetworkConfiguration") {
        call.world.directory.network = Some(network.clone());
    }
    Ok(written(call))
}

fn written(call: &Call<'_>) -> Value {
    let (store, management) = (call.world.directory.id(), call.world.organization.management);
    json!({
        "IdentityStoreId": store,
        "IdentityStoreArn": format!("arn:aws:identitystore::{management}:identitystore/{store}"),
    })
}
