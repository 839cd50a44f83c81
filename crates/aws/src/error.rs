//! From the SDK's errors to [`AwsError`].

use std::error::Error;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use ports::{AwsError, AwsErrorKind};

use crate::api::{Api, Need};

/// An error of our own making: an answer that makes no sense, a change that AWS's API cannot express.
pub(crate) fn own_error(api: &Api, kind: AwsErrorKind, message: impl Into<String>) -> AwsError {
    AwsError { kind, operation: api.action(), message: message.into(), code: None }
}

/// An answer that lacks, or has in another form, what AWS's model promises.
pub(crate) fn odd_answer(api: &Api, what: impl std::fmt::Display) -> AwsError {
    own_error(api, AwsErrorKind::Invalid, format!("AWS's answer cannot be used: {what}"))
}

/// Why a part is unknown: the error without the id of the request, so that a thousand parts that fail alike read alike.
/// The id is in the log.
pub(crate) fn reason(error: &AwsError) -> String {
    tracing::debug!(%error, "a part could not be read");
    let text = error.to_string();
    match text.rfind(REQUEST_ID) {
        Some(at) if text.ends_with(')') => text.get(..at).unwrap_or(&text).to_owned(),
        _ => text,
    }
}

const REQUEST_ID: &str = " (request id ";

/// A value of an answer, for people.
pub(crate) fn said(value: Option<&str>) -> String {
    value.map_or_else(|| "missing".to_owned(), |value| format!("`{value}`"))
}

/// A failed try.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What it was.
    pub(crate) error: AwsError,
    /// How long AWS asked to wait.
    pub(crate) retry_after: Option<Duration>,
}

/// What the SDK says about a failed try, in our words.
pub(crate) fn failure<E>(api: &Api, error: SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code).map(str::to_owned);
    let status = error.raw_response().map(|response| response.status().as_u16());
    let request_id = error.raw_response().and_then(|response| {
        let headers = response.headers();
        headers.get("x-amzn-requestid").or_else(|| headers.get("x-amz-request-id")).map(str::to_owned)
    });
    let retry_after = error.raw_response().and_then(retry_after);
    let (kind, mut message) = match &error {
        SdkError::ServiceError(context) => (
            kind_of(code.as_deref(), status),
            match (context.err().message(), &code) {
                (Some(message), _) => message.to_owned(),
                (None, Some(code)) => code.clone(),
                (None, None) => chain(context.err()),
            },
        ),
        SdkError::TimeoutError(_) => (AwsErrorKind::Transient, "no answer in time".to_owned()),
        SdkError::DispatchFailure(_) if has_credentials_error(&error) => (AwsErrorKind::Credentials, chain(&error)),
        SdkError::ConstructionFailure(_) if has_credentials_error(&error) => (AwsErrorKind::Credentials, chain(&error)),
        SdkError::DispatchFailure(context) if context.is_user() => (AwsErrorKind::Invalid, chain(&error)),
        SdkError::DispatchFailure(_) => (AwsErrorKind::Transient, chain(&error)),
        SdkError::ConstructionFailure(_) => (AwsErrorKind::Invalid, chain(&error)),
        // An answer that could not be read, of whatever status.
        _ => (kind_of(None, status), chain(&error)),
    };
    // AWS writes its errors in the protocol of the call. A page instead comes from an emulator that lacks the
    // operation; that a page followed a change is left open.
    if status == Some(500) && code.is_none() && is_page(&error) && !matches!(api.need, Need::Writing | Need::Retirement)
    {
        return Failure {
            error: own_error(api, AwsErrorKind::NotSupported, "the endpoint does not know this operation"),
            retry_after,
        };
    }
    if let Some(id) = request_id.filter(|id| !id.is_empty()) {
        message = format!("{message}{REQUEST_ID}{id})");
    }
    Failure { error: AwsError { kind, operation: api.action(), message, code }, retry_after }
}

fn is_page<E>(error: &SdkError<E, HttpResponse>) -> bool {
    let content_type = error.raw_response().and_then(|response| response.headers().get("content-type"));
    content_type.is_some_and(|content_type| content_type.starts_with("text/html"))
}

/// `RetryAfterSeconds` of the identity store's throttling, or HTTP's `Retry-After`; an hour at most.
fn retry_after(response: &HttpResponse) -> Option<Duration> {
    let from_body = || -> Option<u64> {
        let body: serde_json::Value = serde_json::from_slice(response.body().bytes()?).ok()?;
        body.get("RetryAfterSeconds")?.as_u64()
    };
    let seconds = from_body().or_else(|| response.headers().get("retry-after")?.trim().parse().ok())?;
    (seconds > 0).then(|| Duration::from_secs(seconds.min(3600)))
}

fn kind_of(code: Option<&str>, status: Option<u16>) -> AwsErrorKind {
    // Some protocols write `namespace#Code`.
    let code = code.map(|code| code.rsplit('#').next().unwrap_or(code));
    match code {
        Some(
            "ThrottlingException"
            | "Throttling"
            | "ThrottledException"
            | "TooManyRequestsException"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "RequestLimitExceeded"
            | "SlowDown",
        ) => AwsErrorKind::Throttled,
        Some(
            "AccessDeniedException"
            | "AccessDenied"
            | "UnauthorizedOperation"
            | "AuthorizationError"
            | "AccessDeniedForDependencyException",
        ) => AwsErrorKind::AccessDenied,
        Some(
            "ExpiredToken"
            | "ExpiredTokenException"
            | "RequestExpired"
            | "InvalidClientTokenId"
            | "InvalidAccessKeyId"
            | "InvalidToken"
            | "UnrecognizedClientException"
            | "SignatureDoesNotMatch"
            | "InvalidSignatureException"
            | "IncompleteSignature"
            | "IncompleteSignatureException"
            | "MissingAuthenticationToken"
            | "MissingAuthenticationTokenException"
            | "AuthFailure",
        ) => AwsErrorKind::Credentials,
        // IAM: something still hangs on the user, or an earlier change has not spread.
        Some(
            "ConflictException"
            | "ConcurrentModificationException"
            | "ConcurrentModification"
            | "DeleteConflict"
            | "DeleteConflictException"
            | "EntityTemporarilyUnmodifiable"
            | "EntityTemporarilyUnmodifiableException",
        ) => AwsErrorKind::Conflict,
        Some(
            "UnknownOperationException"
            | "InvalidAction"
            | "UnsupportedOperation"
            | "NotImplemented"
            | "UnsupportedAPIEndpointException"
            | "UnsupportedOperationException",
        ) => AwsErrorKind::NotSupported,
        Some("NoSuchEntity" | "NoSuchEntityException" | "NoSuchKey" | "NoSuchBucket") => AwsErrorKind::NotFound,
        Some(code) if code.ends_with("NotFoundException") => AwsErrorKind::NotFound,
        Some(
            "InternalServerException"
            | "InternalFailure"
            | "InternalError"
            | "ServiceException"
            | "ServiceUnavailable"
            | "ServiceUnavailableException"
            | "RequestTimeout"
            | "RequestTimeoutException",
        ) => AwsErrorKind::Transient,
        _ => match status {
            Some(429) => AwsErrorKind::Throttled,
            Some(501) => AwsErrorKind::NotSupported,
            Some(404) if code.is_none() => AwsErrorKind::NotSupported,
            Some(403) => AwsErrorKind::AccessDenied,
            Some(500..) => AwsErrorKind::Transient,
            // An answer that says "done" and cannot be read: what it did is open.
            Some(..400) | None => AwsErrorKind::Transient,
            Some(_) => AwsErrorKind::Invalid,
        },
    }
}

fn has_credentials_error(error: &(dyn Error + 'static)) -> bool {
    let mut at = Some(error);
    while let Some(error) = at {
        if error.is::<CredentialsError>() {
            return true;
        }
        at = error.source();
    }
    false
}

/// The error and its sources, `: ` between them, without repetitions.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut at = error.source();
    while let Some(source) = at {
        let part = source.to_string();
        if !text.ends_with(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
        at = source.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_decide_before_the_status() {
        for (code, status, kind) in [
            (Some("ThrottlingException"), 400, AwsErrorKind::Throttled),
            (Some("com.amazonaws.sso#ConflictException"), 400, AwsErrorKind::Conflict),
            (Some("ResourceNotFoundException"), 400, AwsErrorKind::NotFound),
            (Some("ParentNotFoundException"), 400, AwsErrorKind::NotFound),
            (Some("AccessDeniedException"), 400, AwsErrorKind::AccessDenied),
            (Some("ExpiredTokenException"), 403, AwsErrorKind::Credentials),
            (Some("ServiceQuotaExceededException"), 400, AwsErrorKind::Invalid),
            (Some("ValidationException"), 400, AwsErrorKind::Invalid),
            (Some("UnknownOperationException"), 400, AwsErrorKind::NotSupported),
            (Some("InternalServerException"), 400, AwsErrorKind::Transient),
            (Some("SomethingNew"), 503, AwsErrorKind::Transient),
            (None, 404, AwsErrorKind::NotSupported),
            (None, 501, AwsErrorKind::NotSupported),
            (None, 200, AwsErrorKind::Transient),
            (None, 418, AwsErrorKind::Invalid),
        ] {
            assert_eq!(kind_of(code, Some(status)), kind, "{code:?} {status}");
        }
    }
}
