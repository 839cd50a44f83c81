//! YAML text → a tree in which everything knows its place.
//!
//! Scalars stay text: what a value means is decided where it is used, so an account id keeps its leading zero and
//! `no` is not a boolean.

mod builder;
mod problem;
mod write;

pub(crate) use builder::{Document, read};
pub(crate) use granit_parser::ScalarStyle;
pub(crate) use write::{comment, flow_list, is_plain, quote, scalar};

use std::collections::HashMap;

use crate::diagnostic::Span;

/// Longest file that is read, in bytes.
const MAX_FILE_BYTES: usize = 16 * 1024 * 1024;

/// Deepest nesting of lists and mappings.
const MAX_DEPTH: usize = 48;

/// Most nodes that aliases may add to a file.
const MAX_ALIASED_NODES: usize = 10_000;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) value: Value,
}

#[derive(Debug, Clone)]
pub(crate) enum Value {
    Scalar {
        text: String,
        style: ScalarStyle,
    },
    Sequence {
        items: Vec<Node>,
        flow: bool,
    },
    Mapping {
        entries: Vec<Entry>,
        flow: bool,
    },
    /// It was refused, and that was said.
    Broken,
}

/// A key and its value.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) key: Key,
    pub(crate) value: Node,
}

#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) span: Span,
    pub(crate) text: String,
    pub(crate) style: ScalarStyle,
}

impl Node {
    /// What it is, for a message.
    pub(crate) fn kind(&self) -> &'static str {
        match &self.value {
            Value::Scalar { .. } if self.is_null() => "nothing",
            Value::Scalar { .. } => "text",
            Value::Sequence { .. } => "a list",
            Value::Mapping { .. } => "a mapping",
            Value::Broken => "nothing readable",
        }
    }

    /// Whether nothing stands here: empty, `~` or `null` without quotes.
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, style: ScalarStyle::Plain } if is_null_text(text))
    }

    /// Whether both mean the same; the order of keys and the style of scalars do not count.
    pub(crate) fn means(&self, other: &Self) -> bool {
        match (&self.value, &other.value) {
            (Value::Scalar { text, .. }, Value::Scalar { text: other_text, .. }) => {
                text == other_text && self.is_null() == other.is_null()
            }
            (Value::Sequence { items, .. }, Value::Sequence { items: others, .. }) => {
                items.len() == others.len() && items.iter().zip(others).all(|(item, other)| item.means(other))
            }
            (Value::Mapping { entries, .. }, Value::Mapping { entries: others, .. }) => {
                // Keys are unique: a mapping that repeats one is refused when it is read.
                let others: HashMap<&str, &Self> =
                    others.iter().map(|other| (other.key.text.as_str(), &other.value)).collect();
                entries.len() == others.len()
                    && entries
                        .iter()
                        .all(|entry| others.get(entry.key.text.as_str()).is_some_and(|other| entry.value.means(other)))
            }
            _ => false,
        }
    }
}

pub(crate) fn is_null_text(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}
