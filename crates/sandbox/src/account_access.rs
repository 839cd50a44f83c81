//! Account access: Identity Center's principals on roles that are there already, without a permission set.

mod application;
mod entitlement;

use serde_json::{Map, Value};

use crate::call::Call;
use crate::error::{Answer, ApiError};
use crate::wire::query::{Form, decode};
use crate::wire::route::{NoRoute, Protocol, Route, Service, unknown_operation};
use crate::wire::{Plain, WireRequest};

/// By method and path.
pub(crate) fn route(request: &WireRequest) -> Result<Route, NoRoute> {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let (folder, name) = path.trim_start_matches('/').split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
    let (operation, member) = match (request.method.as_str(), folder, name.is_empty()) {
        ("POST", "applications", true) => ("CreateApplication", ""),
        ("GET", "applications", false) => ("GetApplication", "applicationArn"),
        ("DELETE", "applications", false) => ("DeleteApplication", "applicationArn"),
        ("POST", "applications-list", true) => ("ListApplications", ""),
        ("POST", "entitlements", true) => ("CreateEntitlement", ""),
        ("GET", "entitlements", false) => ("GetEntitlement", "entitlementId"),
        ("DELETE", "entitlements", false) => ("DeleteEntitlement", "entitlementId"),
        ("POST", "entitlements-list", true) => ("ListEntitlements", ""),
        _ => return Err(NoRoute { protocol: Protocol::RestJson, error: unknown_operation().with_status(404) }),
    };
    let mut input = Map::new();
    if !member.is_empty() {
        input.insert(member.to_owned(), Value::from(decode(name, false)));
    }
    if let Some(arn) = Form::parse(query).get("applicationArn") {
        input.insert("applicationArn".to_owned(), Value::from(arn));
    }
    Ok(Route { service: Service::AccountAccess, operation: operation.to_owned(), form: None, input: Some(input) })
}

pub(crate) fn serve(call: &mut Call<'_>) -> Result<Plain, ApiError> {
    if !call.administers_identity_center() {
        return Err(call.not_authorized().with_status(403));
    }
    let deletes = call.operation.starts_with("Delete");
    let answer: Answer = match call.operation {
        "CreateApplication" => application::create(call),
        "GetApplication" => application::get(call),
        "ListApplications" => application::list(call),
        "DeleteApplication" => application::delete(call),
        "CreateEntitlement" => entitlement::create(call),
        "GetEntitlement" => entitlement::get(call),
        "ListEntitlements" => entitlement::list(call),
        "DeleteEntitlement" => entitlement::delete(call),
        _ => Err(unknown_operation()),
    };
    let answer = answer.map_err(status)?;
    Ok(if deletes { Plain::empty(204) } else { Plain::json(&answer) })
}

/// REST's statuses of the errors.
fn status(error: ApiError) -> ApiError {
    let status = match error.code.as_ref() {
        "ResourceNotFoundException" => 404,
        "ConflictException" | "AlreadyCreatedException" => 409,
        "AccessDeniedException" => 403,
        "ServiceQuotaExceededException" => 402,
        _ => error.status,
    };
    error.with_status(status)
}
