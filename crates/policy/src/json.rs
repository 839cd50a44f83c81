//! A JSON reader that knows where every value stands and goes on after the usual slips (trailing and missing commas,
//! comments, single quotes), so that one look shows several problems; and a writer.

mod reader;
mod string;
mod writer;

pub(crate) use reader::read;
pub(crate) use writer::Writer;

use crate::span::{Span, Text};

/// Longest text that is read, in bytes. The longest policy AWS stores is 32 KiB; what is far beyond that is no policy.
pub const MAX_TEXT_BYTES: usize = 1024 * 1024;

/// Deepest nesting that is read. A policy needs 6.
pub const MAX_DEPTH: usize = 32;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) value: Value,
}

#[derive(Debug, Clone)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    /// As written.
    Number(String),
    String(String),
    Array(Vec<Node>),
    Object(Vec<Member>),
}

#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) name: Text,
    pub(crate) value: Node,
}

impl Value {
    /// What it is, for a message: "a string", "an array", …
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }
}
