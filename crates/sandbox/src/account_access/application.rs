//! The application that connects account access with the instance.

use serde_json::{Value, json};

use crate::call::Call;
use crate::error::{Answer, ApiError, done};
use crate::state::entitlement::Application;
use crate::state::id::lower;
use crate::wire::epoch_seconds;

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let source = call.input.get("identitySource").and_then(|source| source.get("identityCenter"));
    let instance = source.and_then(|center| center.get("instanceArn")).and_then(Value::as_str).unwrap_or_default();
    if instance != call.world.center.arn() {
        return Err(ApiError::validation("The instance of IAM Identity Center is not one of this organization."));
    }
    if call.world.entitlements.application.is_some() {
        return Err(ApiError::new("AlreadyCreatedException", "An application exists already."));
    }
    let tags = call.input.get("tags").and_then(Value::as_object).into_iter().flatten();
    let tags = tags.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect();
    let account = call.caller.identity.account;
    let name = lower(&mut call.world.rng, 16);
    let arn = format!("arn:aws:account-access:{}:{account}:application/{name}", call.region);
    call.world.entitlements.application = Some(Application { arn: arn.clone(), created_at: call.now, tags });
    Ok(json!({ "applicationArn": arn }))
}

/// The application that the request names.
pub(super) fn found<'a>(call: &'a Call<'_>) -> Result<&'a Application, ApiError> {
    let arn = call.required("applicationArn")?;
    let application = call.world.entitlements.application.as_ref().filter(|application| application.arn == arn);
    application.ok_or_else(|| ApiError::not_found(format!("Application {arn} not found.")))
}

pub(super) fn get(call: &Call<'_>) -> Answer {
    let application = found(call)?;
    let at = epoch_seconds(application.created_at);
    Ok(json!({
        "identitySource": {"identityCenter": {"instanceArn": call.world.center.arn()}},
        "status": "ACTIVE",
        "createdAt": at,
        "updatedAt": at,
        "tags": application.tags,
    }))
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    let told = call.world.entitlements.application.iter().map(|application| {
        let at = epoch_seconds(application.created_at);
        json!({"applicationArn": application.arn, "createdAt": at, "updatedAt": at})
    });
    Ok(json!({ "applications": told.collect::<Vec<_>>() }))
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    found(call)?;
    if !call.world.entitlements.all.is_empty() {
        return Err(ApiError::conflict("The application has entitlements."));
    }
    call.world.entitlements.application = None;
    done()
}
