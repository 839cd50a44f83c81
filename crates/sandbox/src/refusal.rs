//! What AWS answers to calls that never reach their operation.

use crate::call::Caller;
use crate::error::ApiError;
use crate::wire::route::{Route, Service};

pub(crate) fn unknown_key(xml: bool) -> ApiError {
    let code = if xml { "InvalidClientTokenId" } else { "UnrecognizedClientException" };
    let error = ApiError::new(code, "The security token included in the request is invalid.");
    if xml { error.with_status(403) } else { error }
}

pub(crate) fn missing_token(xml: bool) -> ApiError {
    let code = if xml { "MissingAuthenticationToken" } else { "MissingAuthenticationTokenException" };
    ApiError::new(code, "Request is missing Authentication Token").with_status(if xml { 403 } else { 400 })
}

pub(crate) fn incomplete_signature(xml: bool) -> ApiError {
    let code = if xml { "IncompleteSignature" } else { "IncompleteSignatureException" };
    ApiError::new(code, "Authorization header is not of the form AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…")
}

pub(crate) fn wrong_signature(xml: bool, message: &str) -> ApiError {
    let code = if xml { "SignatureDoesNotMatch" } else { "InvalidSignatureException" };
    let error = ApiError::new(code, message);
    if xml { error.with_status(403) } else { error }
}

pub(crate) fn signature_expired(xml: bool) -> ApiError {
    wrong_signature(xml, "Signature expired: the request's time is earlier than the server's by more than 5 min.")
}

pub(crate) fn expired(xml: bool) -> ApiError {
    let code = if xml { "ExpiredToken" } else { "ExpiredTokenException" };
    let error = ApiError::new(code, "The security token included in the request is expired");
    if xml { error.with_status(403) } else { error }
}

pub(crate) fn denied_by_order(route: &Route, caller: &Caller) -> ApiError {
    let action = format!("{}:{}", route.service.signing_name(), route.operation);
    let message = format!("User: {} is not authorized to perform: {action}", caller.identity.arn);
    if route.service.speaks_xml() {
        return ApiError::new("AccessDenied", message).with_status(403);
    }
    ApiError::denied(message)
}

pub(crate) fn internal(service: Service) -> ApiError {
    let code = match service {
        Service::SsoAdmin | Service::IdentityStore | Service::Athena => "InternalServerException",
        Service::SsoOidc | Service::SsoPortal | Service::AccountAccess => "InternalServerException",
        Service::CloudTrail => "InternalFailure",
        Service::Organizations => "ServiceException",
        Service::Iam | Service::Sts | Service::S3 => "ServiceFailure",
    };
    ApiError::new(code, "An internal error occurred.").with_status(500)
}

/// An earlier write has not propagated.
pub(crate) fn in_propagation(service: Service) -> ApiError {
    let message = "The request conflicts with an earlier one that has not propagated yet. Try again later.";
    match service {
        Service::Organizations => ApiError::new("ConcurrentModificationException", message),
        service if service.speaks_xml() => ApiError::new("ConcurrentModification", message).with_status(409),
        _ => ApiError::conflict(message),
    }
}

pub(crate) fn throttled(service: Service, wait_s: f64) -> ApiError {
    match service {
        Service::Organizations => ApiError::new(
            "TooManyRequestsException",
            "AWS Organizations can't complete your request because another request is already in progress. Try again \
             later.",
        ),
        Service::IdentityStore => {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a wait of seconds, not less than 1"
            )]
            let seconds = wait_s.ceil().clamp(1.0, 3_600.0) as u64;
            ApiError::throttled("Rate exceeded").with("RetryAfterSeconds", seconds)
        }
        Service::SsoPortal => ApiError::new("TooManyRequestsException", "Rate exceeded").with_status(429),
        Service::SsoOidc => ApiError::new("SlowDownException", "Rate exceeded").with("error", "slow_down"),
        Service::AccountAccess => ApiError::throttled("Rate exceeded").with_status(429),
        service if service.speaks_xml() => ApiError::new("Throttling", "Rate exceeded"),
        _ => ApiError::throttled("Rate exceeded"),
    }
}
