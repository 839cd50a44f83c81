//! The resource-based delegation policy of the organization. It is kept and told; what it grants is not evaluated.

use policy::Kind;
use serde_json::{Value, json};

use crate::call::Call;
use crate::error::{Answer, ApiError, done};
use crate::state::handshake::ResourcePolicy;
use crate::state::id::lower;

pub(super) fn put(call: &mut Call<'_>) -> Answer {
    let content = call.required("Content")?.to_owned();
    let Some(parsed) = policy::parse(&content).policy else {
        let message = "You provided a policy that is not valid JSON, or not in the policy language.";
        return Err(ApiError::new("InvalidInputException", message).with("Reason", "INVALID_RESOURCE_POLICY_JSON"));
    };
    let named = parsed.statements.iter().all(|statement| statement.principal.is_some());
    if !named || policy::check(&parsed, Kind::Resource).iter().any(policy::Problem::is_error) {
        let message = "You specified an invalid principal element in the policy.";
        return Err(ApiError::new("InvalidInputException", message).with("Reason", "INVALID_PRINCIPAL"));
    }
    let id = match &call.world.organization.resource_policy {
        Some(kept) => kept.id.clone(),
        None => format!("rp-{}", lower(&mut call.world.rng, 8)),
    };
    call.world.organization.resource_policy = Some(ResourcePolicy { id, content });
    Ok(json!({"ResourcePolicy": written(call)}))
}

pub(super) fn describe(call: &Call<'_>) -> Answer {
    match written(call) {
        Value::Null => Err(missing()),
        body => Ok(json!({ "ResourcePolicy": body })),
    }
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    call.world.organization.resource_policy.take().ok_or_else(missing)?;
    done()
}

fn missing() -> ApiError {
    let message = "We can't find a resource policy request with the parameter that you specified.";
    ApiError::new("ResourcePolicyNotFoundException", message)
}

fn written(call: &Call<'_>) -> Value {
    let organization = &call.world.organization;
    organization.resource_policy.as_ref().map_or(Value::Null, |policy| {
        let arn = format!(
            "arn:aws:organizations::{}:resourcepolicy/{}/{}",
            organization.management, organization.id, policy.id
        );
        json!({"ResourcePolicySummary": {"Id": policy.id, "Arn": arn}, "Content": policy.content})
    })
}
