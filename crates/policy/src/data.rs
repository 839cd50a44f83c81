//! The embedded data. Sources and licences: `data/README.md`.

use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;

pub(crate) const MANAGED_NAMES: &str = include_str!("../data/managed-names.tsv");
pub(crate) const MANAGED_DOCUMENTS: &[u8] = include_bytes!("../data/managed-documents.jsonl.zz");
pub(crate) const ACTION_CATALOGUE: &[u8] = include_bytes!("../data/action-catalogue.tsv.zz");

/// Far more than any of the files; keeps a damaged build from filling the memory.
const MAX_INFLATED_BYTES: usize = 64 * 1024 * 1024;

/// The text of a compressed file. Empty if the file is damaged, which the tests rule out.
pub(crate) fn inflate(compressed: &[u8]) -> String {
    decompress_to_vec_zlib_with_limit(compressed, MAX_INFLATED_BYTES)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_default()
}
