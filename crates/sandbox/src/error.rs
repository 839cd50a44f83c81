//! An AWS error before it is written in the caller's protocol.

use std::borrow::Cow;

use serde_json::Value;

/// What an operation answers when it refuses: code, message, HTTP status and the members AWS adds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ApiError {
    pub(crate) code: Cow<'static, str>,
    pub(crate) message: String,
    pub(crate) status: u16,
    pub(crate) members: Vec<(&'static str, Value)>,
}

impl ApiError {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code: Cow::Borrowed(code), message: message.into(), status: 400, members: Vec::new() }
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn with(mut self, member: &'static str, value: impl Into<Value>) -> Self {
        self.members.push((member, value.into()));
        self
    }

    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::new("ValidationException", message)
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new("ResourceNotFoundException", message)
    }

    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new("ConflictException", message)
    }

    pub(crate) fn denied(message: impl Into<String>) -> Self {
        Self::new("AccessDeniedException", message)
    }

    pub(crate) fn quota(message: impl Into<String>) -> Self {
        Self::new("ServiceQuotaExceededException", message)
    }

    pub(crate) fn throttled(message: impl Into<String>) -> Self {
        Self::new("ThrottlingException", message)
    }
}

/// What an operation of a JSON service answers.
pub(crate) type Answer = Result<Value, ApiError>;

/// The empty object most writes answer with.
pub(crate) fn done() -> Answer {
    Ok(Value::Object(serde_json::Map::new()))
}
