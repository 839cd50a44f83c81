//! Why a query ends without result, in Athena's words.

use sqlparser::tokenizer::Span;

/// The reason a query failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// `COLUMN_NOT_FOUND: line 1:8: …`
    pub(crate) message: String,
    /// Whether the engine does not have what was asked for, rather than that it cannot be.
    pub(crate) is_missing: bool,
}

impl Failure {
    /// `code: message`
    pub(crate) fn new(code: &str, message: impl std::fmt::Display) -> Self {
        Self { message: format!("{code}: {message}"), is_missing: false }
    }

    /// With the place in the text.
    pub(crate) fn at(code: &str, span: Span, message: impl std::fmt::Display) -> Self {
        let (line, column) = (span.start.line, span.start.column);
        if line == 0 {
            return Self::new(code, message);
        }
        Self { message: format!("{code}: line {line}:{column}: {message}"), is_missing: false }
    }

    /// What this engine does not have.
    pub(crate) fn missing(what: impl std::fmt::Display) -> Self {
        Self { message: format!("NOT_SUPPORTED: the sandbox's engine does not have this: {what}"), is_missing: true }
    }

    pub(crate) fn cast(text: impl std::fmt::Display, kind: impl std::fmt::Display) -> Self {
        Self::new("INVALID_CAST_ARGUMENT", format!("Cannot cast '{text}' to {kind}"))
    }

    pub(crate) fn argument(message: impl std::fmt::Display) -> Self {
        Self::new("INVALID_FUNCTION_ARGUMENT", message)
    }

    pub(crate) fn out_of_range(message: impl std::fmt::Display) -> Self {
        Self::new("NUMERIC_VALUE_OUT_OF_RANGE", message)
    }

    /// Too much for this machine.
    pub(crate) fn exhausted() -> Self {
        Self::new("EXCEEDED_LOCAL_MEMORY_LIMIT", "Query exhausted resources at this scale factor")
    }

    /// Whether TRY and TRY_CAST make it NULL: what data are to blame for.
    pub(crate) fn is_of_data(&self) -> bool {
        ["INVALID_CAST_ARGUMENT", "INVALID_FUNCTION_ARGUMENT", "DIVISION_BY_ZERO", "NUMERIC_VALUE_OUT_OF_RANGE"]
            .iter()
            .any(|code| self.message.starts_with(code))
    }
}
