//! Places in a text.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

/// A half-open range of bytes in the text a value was read from. `0..0` for values that were not read from a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, PartialOrd, Ord)]
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

    /// From the start of this span to the end of `other`.
    #[must_use]
    pub const fn to(self, other: Self) -> Self {
        Self { start: self.start, end: other.end }
    }

    /// Length in bytes.
    #[must_use]
    pub const fn len(self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// Whether the span covers no byte.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// A value with the place it was read from. The place is no part of the value: equality, order and hash ignore it.
#[derive(Clone, Copy, Default)]
pub struct Spanned<T> {
    /// What was read.
    pub value: T,
    /// Where it stands, quotes included.
    pub span: Span,
}

/// A string of a policy with its place.
pub type Text = Spanned<String>;

/// A place that is no part of the meaning of what holds it.
pub type Place = Spanned<()>;

impl<T> Spanned<T> {
    /// A value read from `span`.
    pub const fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }

    /// A value that was not read from a text.
    pub fn unplaced(value: T) -> Self {
        Self { value, span: Span::default() }
    }
}

impl<T> Deref for Spanned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl From<&str> for Text {
    fn from(value: &str) -> Self {
        Self::unplaced(value.to_owned())
    }
}

impl<T: PartialEq> PartialEq for Spanned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Spanned<T> {}

impl<T: PartialOrd> PartialOrd for Spanned<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        self.value.partial_cmp(&other.value)
    }
}

impl<T: Ord> Ord for Spanned<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.value.cmp(&other.value)
    }
}

impl<T: Hash> Hash for Spanned<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

impl<T: fmt::Debug> fmt::Debug for Spanned<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(formatter)
    }
}

/// Line and column of a byte offset, both counted from 1; the column counts characters. An offset beyond the end is the end.
#[must_use]
pub fn line_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.bytes().take(offset);
    let (mut line, mut line_start) = (1, 0);
    for (index, byte) in before.enumerate() {
        if byte == b'\n' {
            line += 1;
            line_start = index + 1;
        }
    }
    let column = text.char_indices().filter(|(index, _)| (line_start..offset).contains(index)).count() + 1;
    (line, column)
}
