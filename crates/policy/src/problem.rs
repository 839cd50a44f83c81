//! What is wrong with a policy, said so that its author can mend it.

use std::fmt;

use crate::span::{Span, line_column};

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Allowed, and worth a thought.
    Advice,
    /// AWS takes it; it most likely does not do what its author wants.
    Warning,
    /// AWS refuses it.
    Error,
}

impl Severity {
    /// `error`, `warning` or `advice`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Advice => "advice",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// One thing that is wrong, at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// How bad it is.
    pub severity: Severity,
    /// Stable name of the rule that found it, such as `unknown-element`.
    pub rule: &'static str,
    /// The bytes it is about.
    pub span: Span,
    /// What is wrong: lower case, user input in backticks.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Another place that matters, with what it is ("first here").
    pub related: Option<(Span, String)>,
}

impl Problem {
    /// A problem of the given severity.
    #[must_use]
    pub fn new(severity: Severity, rule: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { severity, rule, span, message: message.into(), help: None, related: None }
    }

    /// A problem for which AWS refuses the policy.
    #[must_use]
    pub fn error(rule: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, rule, span, message)
    }

    /// A problem AWS does not mind.
    #[must_use]
    pub fn warning(rule: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, rule, span, message)
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds what to do about it, if anything is known.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }

    /// Adds another place that matters.
    #[must_use]
    pub fn related(mut self, span: Span, what: impl Into<String>) -> Self {
        self.related = Some((span, what.into()));
        self
    }

    /// Whether AWS refuses the policy for it.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// One line for a log or a test: `line:column: severity[rule]: message (help)`.
    #[must_use]
    pub fn render(&self, text: &str) -> String {
        let (line, column) = line_column(text, self.span.start);
        let mut out = format!("{line}:{column}: {}[{}]: {}", self.severity, self.rule, self.message);
        if let Some((span, what)) = &self.related {
            let (line, column) = line_column(text, span.start);
            out.push_str(&format!("; {what} at {line}:{column}"));
        }
        if let Some(help) = &self.help {
            out.push_str(&format!("\n    help: {help}"));
        }
        out
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Problem {}
