//! What the bytes of an object are, by looking at them: names lie.

pub(crate) mod table;
pub(crate) mod zip;

use crate::inflate::MAGIC;

/// Kinds of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Gzip,
    Zip,
    /// Rows with a header that names columns of CloudTrail's.
    Csv,
    /// JSON, one text or one a line.
    Text,
    Foreign,
}

/// Bytes at the beginning that are looked at.
pub(crate) const HEAD_BYTES: usize = 64 << 10;

/// What this is.
pub(crate) fn kind(bytes: &[u8]) -> Kind {
    if bytes.starts_with(&MAGIC) || (!bytes.is_empty() && bytes.len() < 3 && MAGIC.starts_with(bytes)) {
        return Kind::Gzip;
    }
    if zip::is_archive(bytes) {
        return Kind::Zip;
    }
    let head = bytes.get(..HEAD_BYTES).unwrap_or(bytes);
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    match head.first() {
        Some(b'{' | b'[') => Kind::Text,
        Some(_) if table::is_header(head.split(|byte| *byte == b'\n').next().unwrap_or_default()) => Kind::Csv,
        _ => Kind::Foreign,
    }
}

#[cfg(test)]
mod tests;
