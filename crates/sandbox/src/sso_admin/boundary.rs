//! The permissions boundary of a set.

use serde_json::{Value, json};

use super::customer_policy::{read, written};
use super::managed_policy::check_known;
use crate::call::Call;
use crate::error::{Answer, ApiError, done};
use crate::state::center::Boundary;

pub(super) fn put(call: &mut Call<'_>) -> Answer {
    let id = call.set_to_change()?;
    let given = call.input.get("PermissionsBoundary");
    let customer = given.and_then(|given| given.get("CustomerManagedPolicyReference")).filter(|value| !value.is_null());
    let managed = given.and_then(|given| given.get("ManagedPolicyArn")).and_then(Value::as_str);
    let boundary = match (customer, managed) {
        (Some(customer), None) => Boundary::Customer(read(Some(customer))?),
        (None, Some(arn)) => {
            check_known(call, arn)?;
            Boundary::Managed(arn.to_owned())
        }
        _ => {
            let message = "Exactly one of CustomerManagedPolicyReference and ManagedPolicyArn must be given.";
            return Err(ApiError::validation(message));
        }
    };
    if call.set()?.1.content.boundary.as_ref() != Some(&boundary) {
        call.world.center.edit(id, |content| content.boundary = Some(boundary));
    }
    done()
}

pub(super) fn get(call: &Call<'_>) -> Answer {
    let (_, set) = call.set()?;
    match &set.content.boundary {
        None => Err(none()),
        Some(Boundary::Managed(arn)) => Ok(json!({"PermissionsBoundary": {"ManagedPolicyArn": arn}})),
        Some(Boundary::Customer(policy)) => {
            Ok(json!({"PermissionsBoundary": {"CustomerManagedPolicyReference": written(policy)}}))
        }
    }
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let id = call.set_to_change()?;
    if call.set()?.1.content.boundary.is_none() {
        return Err(none());
    }
    call.world.center.edit(id, |content| content.boundary = None);
    done()
}

fn none() -> ApiError {
    ApiError::not_found("The permission set has no permissions boundary.")
}
