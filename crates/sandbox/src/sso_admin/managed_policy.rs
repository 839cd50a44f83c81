//! AWS managed policies of a set.

use serde_json::json;

use crate::call::Call;
use crate::error::{Answer, ApiError, done};
use crate::page::{Page, answer};
use crate::state::center::SetContent;

pub(super) fn attach(call: &mut Call<'_>) -> Answer {
    let id = call.set_to_change()?;
    let arn = call.required("ManagedPolicyArn")?.to_owned();
    check_known(call, &arn)?;
    let content = &call.set()?.1.content;
    if content.managed.contains(&arn) {
        return Err(ApiError::conflict(format!("Managed policy {arn} is already attached to the permission set.")));
    }
    check_room(call, content)?;
    call.world.center.edit(id, |content| content.managed.push(arn));
    done()
}

pub(super) fn detach(call: &mut Call<'_>) -> Answer {
    let id = call.set_to_change()?;
    let arn = call.required("ManagedPolicyArn")?.to_owned();
    if !call.set()?.1.content.managed.contains(&arn) {
        return Err(ApiError::not_found(format!("Managed policy {arn} is not attached to the permission set.")));
    }
    call.world.center.edit(id, |content| content.managed.retain(|other| *other != arn));
    done()
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    let content = call.set()?.1.content.clone();
    let policies = content.managed.iter().map(|arn| json!({"Name": arn.rsplit('/').next(), "Arn": arn}));
    answer("AttachedManagedPolicies", Page::<u64>::of(call, 100)?.slice(policies))
}

/// Refuses policies AWS does not have, where the configuration says which it has.
pub(super) fn check_known(call: &Call<'_>, arn: &str) -> Result<(), ApiError> {
    match &call.config.known_managed_policies {
        Some(known) if !known.contains(arn) => {
            Err(ApiError::not_found(format!("Managed policy {arn} does not exist.")))
        }
        _ if !arn.starts_with("arn:aws:iam::aws:policy/") => {
            Err(ApiError::validation(format!("{arn} is not the ARN of an AWS managed policy.")))
        }
        _ => Ok(()),
    }
}

/// Managed and customer managed policies share one quota.
pub(super) fn check_room(call: &Call<'_>, content: &SetContent) -> Result<(), ApiError> {
    if content.managed.len() + content.customer.len() >= call.config.quotas.policies_per_set {
        return Err(ApiError::quota("You have exceeded the number of policies of this permission set."));
    }
    Ok(())
}
