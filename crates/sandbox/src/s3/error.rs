//! S3's refusals: codes of its own, and a document without the wrapper of the query services.

use policy::Permissions;

use crate::authorize::{self, Asked};
use crate::error::ApiError;
use crate::wire::xml::Xml;
use crate::wire::{Delivery, WireResponse};

pub(crate) fn not_implemented() -> ApiError {
    ApiError::new("NotImplemented", "A header you provided implies functionality that is not implemented")
        .with_status(501)
}

pub(super) fn denied() -> ApiError {
    ApiError::new("AccessDenied", "Access Denied").with_status(403)
}

/// The bucket is in another Region, which clients find out from the header.
pub(super) fn elsewhere(region: &str) -> ApiError {
    ApiError::new(
        "PermanentRedirect",
        "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future \
         requests to this endpoint.",
    )
    .with_status(301)
    .with("Region", region)
}

pub(super) fn invalid_argument(message: &str, name: &str, value: &str) -> ApiError {
    ApiError::new("InvalidArgument", message).with("ArgumentName", name).with("ArgumentValue", value)
}

/// That a key is not there is told only to those who may list the bucket.
pub(crate) fn hidden(error: ApiError, asked: &Asked<'_>, permissions: &Permissions) -> ApiError {
    if error.code != "NoSuchKey" {
        return error;
    }
    let bucket = asked.input.get("Bucket").and_then(serde_json::Value::as_str).unwrap_or_default();
    let request = authorize::request(asked, "s3:ListBucket", &format!("arn:aws:s3:::{bucket}"));
    if permissions.evaluate(&request).is_allowed() { error } else { denied() }
}

/// Code, status and message under which S3 says what other services say otherwise.
fn translated(error: &ApiError) -> (&str, u16, &str) {
    let own = error.message.as_str();
    match error.code.as_ref() {
        "InvalidClientTokenId" => {
            ("InvalidAccessKeyId", 403, "The AWS Access Key Id you provided does not exist in our records.")
        }
        "MissingAuthenticationToken" => ("AccessDenied", 403, "Access Denied"),
        "IncompleteSignature" => {
            ("AuthorizationHeaderMalformed", 400, "The authorization header is malformed; the format is wrong.")
        }
        "ExpiredToken" => ("ExpiredToken", 400, "The provided token has expired."),
        "Throttling" => ("SlowDown", 503, "Please reduce your request rate."),
        "ServiceFailure" => ("InternalError", 500, "We encountered an internal error. Please try again."),
        "ConcurrentModification" => (
            "OperationAborted",
            409,
            "A conflicting conditional operation is currently in progress against this resource. Please try again.",
        ),
        "ValidationError" => ("InvalidRequest", 400, own),
        other => (other, error.status, own),
    }
}

/// The answer to a refused request; to `HEAD` without a document.
pub(crate) fn written(error: &ApiError, request_id: &str, head: bool) -> WireResponse {
    let (code, status, message) = translated(error);
    let mut inner = Xml::default().leaf("Code", code).leaf("Message", message);
    let mut headers = vec![("x-amz-request-id".to_owned(), request_id.to_owned())];
    for (name, value) in &error.members {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if *name == "Region" {
            headers.push(("x-amz-bucket-region".to_owned(), text.clone()));
        }
        inner = inner.leaf(name, text);
    }
    let document = Xml::default().node("Error", inner.leaf("RequestId", request_id).leaf("HostId", "sandbox"));
    let empty = head || status == 304;
    let body = if empty { Vec::new() } else { document.document().into_bytes() };
    if !empty {
        headers.push(("content-type".to_owned(), "application/xml".to_owned()));
    }
    WireResponse { status, headers, body, delivery: Delivery::Whole }
}
