//! Answers on their way to the wire, and what faults make of requests and answers.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::error::ApiError;
use crate::faults::{Blow, FaultKind};
use crate::state::task::Mishap;
use crate::wire::route::{NoRoute, Protocol, Route, Service};
use crate::wire::xml::{self, Xml};
use crate::wire::{Delivery, Plain, WireRequest, WireResponse};
use crate::{iam, s3, sts};

/// What an operation answers, by its protocol.
pub(super) enum Reply {
    Json(Value),
    Xml(Option<Xml>),
    Plain(Plain),
}

/// What befalls the work that a call asks for.
pub(super) fn mishap(blow: &Blow) -> Mishap {
    let longer = blow.of(FaultKind::Stuck).map(|mut dice| Duration::from_secs(dice.u64(20 * 60..=50 * 60)));
    Mishap { longer: longer.unwrap_or_default(), fails: blow.has(FaultKind::LateFailure) }
}

/// Makes a page shorter than it was asked for, or its token one that nobody knows.
pub(super) fn strike_listing(blow: &Blow, operation: &str, input: &mut Map<String, Value>) {
    if !operation.starts_with("List") {
        return;
    }
    if let Some(mut dice) = blow.of(FaultKind::ShortPage) {
        input.insert("MaxResults".to_owned(), Value::from(dice.u64(1..=2)));
    }
    if blow.has(FaultKind::LostToken) && input.contains_key("NextToken") {
        input.insert("NextToken".to_owned(), Value::from("a token of yesterday"));
    }
}

/// How the answer to a call that was looked at gets back.
pub(super) fn delivery(blow: &Blow, breaks: bool, body: usize) -> Delivery {
    if breaks {
        return Delivery::Reset;
    }
    if blow.has(FaultKind::TimeoutAfter) {
        return Delivery::Never;
    }
    if let Some(mut dice) = blow.of(FaultKind::Truncate) {
        return Delivery::Truncated(dice.usize(..body.max(1)));
    }
    let late = blow.of(FaultKind::Slow).map(|mut dice| Duration::from_millis(dice.u64(500..=25_000)));
    late.map_or(Delivery::Whole, Delivery::Late)
}

pub(super) fn read_body(body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(body) {
        Ok(Value::Object(input)) => Ok(input),
        _ => Err(ApiError::new("SerializationException", "The request body is not a JSON object.")),
    }
}

/// The answer to a request that is for nobody.
pub(super) fn nowhere(nowhere: &NoRoute, request: &WireRequest, request_id: &str) -> WireResponse {
    let error = &nowhere.error;
    match nowhere.protocol {
        Protocol::Json => WireResponse::json_error(error, request_id),
        Protocol::Query => WireResponse::xml(400, xml::failure(sts::NAMESPACE, error, request_id), request_id),
        Protocol::RestJson => WireResponse::rest_error(error, request_id),
        Protocol::RestXml => s3::error::written(error, request_id, request.method == "HEAD"),
    }
}

pub(super) fn write(
    route: &Route,
    request: &WireRequest,
    reply: Result<Reply, ApiError>,
    request_id: &str,
) -> WireResponse {
    let namespace = if route.service == Service::Iam { iam::NAMESPACE } else { sts::NAMESPACE };
    match (reply, route.service.protocol()) {
        (Ok(Reply::Json(value)), _) => WireResponse::json_ok(&value, request_id),
        (Ok(Reply::Xml(result)), _) => {
            WireResponse::xml(200, xml::success(namespace, &route.operation, result, request_id), request_id)
        }
        (Ok(Reply::Plain(plain)), Protocol::RestXml) => plain.written("x-amz-request-id", request_id),
        (Ok(Reply::Plain(plain)), _) => plain.written("x-amzn-requestid", request_id),
        (Err(error), Protocol::Query) => {
            WireResponse::xml(error.status, xml::failure(namespace, &error, request_id), request_id)
        }
        (Err(error), Protocol::RestXml) => s3::error::written(&error, request_id, request.method == "HEAD"),
        (Err(error), Protocol::RestJson) => WireResponse::rest_error(&error, request_id),
        (Err(error), Protocol::Json) => WireResponse::json_error(&error, request_id),
    }
}
