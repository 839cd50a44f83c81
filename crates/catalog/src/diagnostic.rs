//! What the catalog has to say about its texts: a message with a place, a label and help.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The catalog is refused.
    Error,
    /// Probably not what is meant.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// `error`, `warning`, `note`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// A half-open range of bytes in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The range from `start` to before `end`.
    #[must_use]
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }
}

/// Another place that matters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Related {
    /// Path from the catalog's folder.
    pub file: String,
    /// Bytes in that file.
    pub span: Span,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What it is: "first declared here".
    pub label: String,
}

/// One thing to say about the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Stable name of the rule, in kebab case: `unknown-key`.
    pub code: String,
    /// One sentence: lower case, no full stop, user input in backticks.
    pub message: String,
    /// Path from the catalog's folder.
    pub file: String,
    /// Bytes in that file.
    pub span: Span,
    /// Line, from 1; 0 when it is about the file as a whole.
    pub line: u32,
    /// Column in characters, from 1; 0 when it is about the file as a whole.
    pub column: u32,
    /// What stands under the marked text.
    pub label: Option<String>,
    /// What to do.
    pub help: Option<String>,
    /// Other places that matter.
    pub related: Vec<Related>,
}

impl Diagnostic {
    /// Something to say about a place.
    pub(crate) fn new(severity: Severity, code: &str, place: &Place, message: impl Into<String>) -> Self {
        Self {
            severity,
            code: code.to_owned(),
            message: message.into(),
            file: place.file.to_string(),
            span: place.span,
            line: place.line,
            column: place.column,
            label: None,
            help: None,
            related: Vec::new(),
        }
    }

    /// Whether the catalog is refused for it.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    pub(crate) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }

    pub(crate) fn related(mut self, place: &Place, label: impl Into<String>) -> Self {
        self.related.push(Related {
            file: place.file.to_string(),
            span: place.span,
            line: place.line,
            column: place.column,
            label: label.into(),
        });
        self
    }
}

/// Where something stands. No part of a value's meaning: all places are equal.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) file: Arc<str>,
    pub(crate) span: Span,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl PartialEq for Place {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Place {}

impl Place {
    /// A file as a whole.
    pub(crate) fn file(file: &str) -> Self {
        Self { file: file.into(), span: Span::default(), line: 0, column: 0 }
    }

    pub(crate) fn source(&self) -> model::Source {
        model::Source { origin: self.file.to_string(), line: self.line, column: self.column }
    }
}

/// A file's text, ready to tell lines and columns.
#[derive(Debug)]
pub(crate) struct SourceFile<'a> {
    pub(crate) path: Arc<str>,
    pub(crate) text: &'a str,
    line_starts: Vec<usize>,
}

impl<'a> SourceFile<'a> {
    pub(crate) fn new(path: &str, text: &'a str) -> Self {
        Self { path: path.into(), text, line_starts: line_starts(text) }
    }

    pub(crate) fn place(&self, span: Span) -> Place {
        let line = self.line_starts.partition_point(|start| *start <= span.start);
        let start = self.line_starts.get(line.saturating_sub(1)).copied().unwrap_or_default();
        let before = self.text.get(start..span.start).unwrap_or_default();
        let column = before.chars().filter(|character| *character != '\u{feff}').count() + 1;
        Place {
            file: Arc::clone(&self.path),
            span,
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(column).unwrap_or(u32::MAX),
        }
    }

    pub(crate) fn error(&self, code: &str, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Error, code, &self.place(span), message)
    }

    pub(crate) fn warning(&self, code: &str, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Warning, code, &self.place(span), message)
    }

    pub(crate) fn note(&self, code: &str, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(Severity::Note, code, &self.place(span), message)
    }
}

/// First byte of every line; a line ends with LF, CR LF, or CR alone.
pub(crate) fn line_starts(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let ends = bytes.iter().enumerate().filter(|(at, byte)| match byte {
        b'\n' => true,
        b'\r' => bytes.get(at + 1) != Some(&b'\n'),
        _ => false,
    });
    std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect()
}

/// The line that holds a byte, from 0.
pub(crate) fn line_of(starts: &[usize], at: usize) -> usize {
    starts.partition_point(|start| *start <= at).saturating_sub(1)
}

/// `10240` as `10,240`.
pub(crate) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 account`, `2 accounts`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", thousands(number))
}

/// "a, b, c and 4 more".
pub(crate) fn some_of<'a>(names: impl ExactSizeIterator<Item = &'a str>, limit: usize) -> String {
    let all = names.len();
    let shown: Vec<String> = names.take(limit).map(|name| format!("`{name}`")).collect();
    let rest = all - shown.len();
    match rest {
        0 => shown.join(", "),
        _ => format!("{} and {} more", shown.join(", "), thousands(rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters() {
        let file = SourceFile::new("a.yaml", "\u{feff}a: 1\r\n日本: x\rz");
        let at = |needle: &str| {
            let start = file.text.find(needle).unwrap();
            let place = file.place(Span::new(start, start + 1));
            (place.line, place.column)
        };
        assert_eq!(at("a"), (1, 1));
        assert_eq!(at("x"), (2, 5));
        assert_eq!(at("z"), (3, 1));
    }

    #[test]
    fn numbers_for_people() {
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(10_240), "10,240");
        assert_eq!(thousands(1_000_000), "1,000,000");
        assert_eq!(count(1, "account"), "1 account");
        assert_eq!(some_of(["a", "b", "c"].into_iter(), 2), "`a`, `b` and 1 more");
    }
}
