//! Customer managed policies of a set, by name and path. They are looked up in an account only when it is provisioned.

use serde_json::{Value, json};

use super::managed_policy::check_room;
use crate::call::Call;
use crate::error::{Answer, ApiError, done};
use crate::page::{Page, answer};
use crate::state::center::PolicyName;

pub(super) fn attach(call: &mut Call<'_>) -> Answer {
    let id = call.set_to_change()?;
    let policy = read(call.input.get("CustomerManagedPolicyReference"))?;
    let content = &call.set()?.1.content;
    // a role cannot carry two policies of one name, whatever their paths
    if content.customer.iter().any(|other| other.name == policy.name) {
        let message = format!("Customer managed policy {} is already attached to the permission set.", policy.name);
        return Err(ApiError::conflict(message));
    }
    check_room(call, content)?;
    call.world.center.edit(id, |content| content.customer.push(policy));
    done()
}

pub(super) fn detach(call: &mut Call<'_>) -> Answer {
    let id = call.set_to_change()?;
    let policy = read(call.input.get("CustomerManagedPolicyReference"))?;
    if !call.set()?.1.content.customer.contains(&policy) {
        let message = format!("Customer managed policy {} is not attached to the permission set.", policy.name);
        return Err(ApiError::not_found(message));
    }
    call.world.center.edit(id, |content| content.customer.retain(|other| *other != policy));
    done()
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    let content = call.set()?.1.content.clone();
    let policies = content.customer.iter().map(written);
    answer("CustomerManagedPolicyReferences", Page::<u64>::of(call, 100)?.slice(policies))
}

/// Reads `{Name, Path}`; the path is `/` where none is given.
pub(super) fn read(value: Option<&Value>) -> Result<PolicyName, ApiError> {
    let text = |name: &str| value?.get(name)?.as_str();
    let name = text("Name").ok_or_else(|| ApiError::validation("Name is required"))?;
    Ok(PolicyName { name: name.to_owned(), path: text("Path").unwrap_or("/").to_owned() })
}

pub(super) fn written(policy: &PolicyName) -> Value {
    json!({"Name": policy.name, "Path": policy.path})
}
