//! Attributes for access control: which of a user's attributes become session tags.

use serde_json::{Value, json};

use crate::call::Call;
use crate::error::{Answer, ApiError, done};

const MEMBER: &str = "InstanceAccessControlAttributeConfiguration";

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    call.check_instance()?;
    let wanted = wanted(call)?;
    let kept = &mut call.world.center.settings.attributes;
    if kept.is_some() {
        return Err(ApiError::conflict("The access control attribute configuration already exists for this instance."));
    }
    *kept = Some(wanted);
    done()
}

pub(super) fn describe(call: &Call<'_>) -> Answer {
    call.check_instance()?;
    let kept = call.world.center.settings.attributes.as_ref().ok_or_else(missing)?;
    Ok(json!({"Status": "ENABLED", "InstanceAccessControlAttributeConfiguration": kept}))
}

pub(super) fn update(call: &mut Call<'_>) -> Answer {
    call.check_instance()?;
    let wanted = wanted(call)?;
    *call.world.center.settings.attributes.as_mut().ok_or_else(missing)? = wanted;
    done()
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    call.check_instance()?;
    call.world.center.settings.attributes.take().ok_or_else(missing)?;
    done()
}

fn wanted(call: &Call<'_>) -> Result<Value, ApiError> {
    let given = call.input.get(MEMBER).cloned().unwrap_or_default();
    let list = given.get("AccessControlAttributes").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut keys: Vec<&str> = list.iter().filter_map(|attribute| attribute.get("Key")?.as_str()).collect();
    keys.sort_unstable();
    if keys.windows(2).any(|pair| pair.first() == pair.last()) {
        return Err(ApiError::validation("Attribute keys must be unique."));
    }
    Ok(given)
}

fn missing() -> ApiError {
    ApiError::not_found("The access control attribute configuration does not exist for this instance.")
}
