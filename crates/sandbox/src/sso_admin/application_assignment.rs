//! Who may use an application, and what applications may ask for.

use serde_json::{Value, json};

use crate::call::{Call, texts};
use crate::error::{Answer, ApiError, done};
use crate::page::{Page, answer};
use crate::state::center::Principal;

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    call.application()?;
    let principal = call.existing_principal()?;
    let (_, found) = call.application()?;
    if !found.assigned.insert(principal) {
        return Err(ApiError::conflict("The principal is already assigned to the application."));
    }
    done()
}

pub(super) fn describe(call: &mut Call<'_>) -> Answer {
    let principal = call.principal()?;
    let (arn, found) = call.application()?;
    if found.assigned.contains(&principal) { Ok(written(&arn, principal)) } else { Err(missing()) }
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let principal = call.principal()?;
    let (_, found) = call.application()?;
    if found.assigned.remove(&principal) { done() } else { Err(missing()) }
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let (arn, found) = call.application()?;
    let rows: Vec<Value> = found.assigned.iter().map(|principal| written(&arn, *principal)).collect();
    answer("ApplicationAssignments", Page::<u64>::of(call, 100)?.slice(rows.into_iter()))
}

pub(super) fn list_of_principal(call: &Call<'_>) -> Answer {
    call.check_instance()?;
    let principal = call.existing_principal()?;
    let only = call.nested("Filter", "ApplicationArn");
    let found = call.world.center.settings.applications.iter();
    let found =
        found.filter(|(arn, found)| found.assigned.contains(&principal) && only.is_none_or(|only| only == *arn));
    let rows = found.map(|(arn, _)| written(arn, principal));
    answer("ApplicationAssignments", Page::<u64>::of(call, 100)?.slice(rows))
}

pub(super) fn put_configuration(call: &mut Call<'_>) -> Answer {
    let required = call.input.get("AssignmentRequired") == Some(&Value::Bool(true));
    call.application()?.1.assignment_required = required;
    done()
}

pub(super) fn get_configuration(call: &mut Call<'_>) -> Answer {
    Ok(json!({"AssignmentRequired": call.application()?.1.assignment_required}))
}

pub(super) fn put_scope(call: &mut Call<'_>) -> Answer {
    let (scope, targets) = (call.required("Scope")?.to_owned(), texts(call.input.get("AuthorizedTargets")));
    call.application()?.1.scopes.insert(scope, targets);
    done()
}

pub(super) fn get_scope(call: &mut Call<'_>) -> Answer {
    let scope = call.required("Scope")?.to_owned();
    let (_, found) = call.application()?;
    let targets = found.scopes.get(&scope).ok_or_else(|| no_scope(&scope))?;
    Ok(json!({"Scope": scope, "AuthorizedTargets": targets}))
}

pub(super) fn delete_scope(call: &mut Call<'_>) -> Answer {
    let scope = call.required("Scope")?.to_owned();
    call.application()?.1.scopes.remove(&scope).ok_or_else(|| no_scope(&scope))?;
    done()
}

pub(super) fn list_scopes(call: &mut Call<'_>) -> Answer {
    let scopes = call.application()?.1.scopes.clone();
    let rows = scopes.iter().map(|(scope, targets)| json!({"Scope": scope, "AuthorizedTargets": targets}));
    answer("Scopes", Page::<u64>::of(call, 10)?.slice(rows))
}

fn written(arn: &str, principal: Principal) -> Value {
    json!({
        "ApplicationArn": arn,
        "PrincipalId": principal.id.to_string(),
        "PrincipalType": principal.kind.name(),
    })
}

fn missing() -> ApiError {
    ApiError::not_found("The application assignment does not exist.")
}

fn no_scope(scope: &str) -> ApiError {
    ApiError::not_found(format!("The application has no access scope {scope}."))
}
