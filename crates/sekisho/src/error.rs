//! What goes wrong, as people see it: what happened, why, and what to do next. The kind gives the exit code.

use std::error::Error;
use std::fmt;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Nothing to do, or done.
    Done,
    /// An error that has been told already.
    Failed,
    /// Changes are pending.
    ChangesPending,
    /// Refused by a guard.
    Refused,
}

impl Exit {
    /// This, or a failure where there was a mistake and all else went well.
    #[must_use]
    pub(crate) fn unless(self, mistake: bool) -> Self {
        if mistake && self == Self::Done { Self::Failed } else { self }
    }

    /// The exit code.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::ChangesPending => 2,
            Self::Refused => 3,
        }
    }
}

/// What kind of error it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// What was asked for cannot be done, or the world does not allow it.
    Failure,
    /// A guard refuses it.
    Guard,
}

/// An error with its causes and what to do about it.
#[derive(Debug)]
pub(crate) struct CommandError {
    kind: ErrorKind,
    message: String,
    causes: Vec<String>,
    hints: Vec<String>,
}

impl CommandError {
    /// A failure: one sentence, lower case, no full stop.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Failure, message: message.into(), causes: Vec::new(), hints: Vec::new() }
    }

    /// A refusal by a guard.
    pub(crate) fn guard(message: impl Into<String>) -> Self {
        Self { kind: ErrorKind::Guard, ..Self::new(message) }
    }

    /// With the error it comes from, and what that one comes from.
    #[must_use]
    pub(crate) fn because(mut self, error: &(dyn Error + 'static)) -> Self {
        let mut next = Some(error);
        // No chain is this long; the bound is for one that bites its tail.
        for _ in 0..16 {
            let Some(error) = next else { break };
            let text = error.to_string();
            if self.causes.last() != Some(&text) {
                self.causes.push(text);
            }
            next = error.source();
        }
        self
    }

    /// With a reason in words.
    #[must_use]
    pub(crate) fn cause(mut self, cause: impl Into<String>) -> Self {
        self.causes.push(cause.into());
        self
    }

    /// With something to do.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The exit code it leads to.
    pub(crate) fn exit(&self) -> Exit {
        match self.kind {
            ErrorKind::Failure => Exit::Failed,
            ErrorKind::Guard => Exit::Refused,
        }
    }

    /// Reasons, outermost first.
    pub(crate) fn causes(&self) -> &[String] {
        &self.causes
    }

    /// What to do.
    pub(crate) fn hints(&self) -> &[String] {
        &self.hints
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl Error for CommandError {}
