//! The catalog a newcomer starts with.

use crate::files::{CatalogFiles, FileKind};
use crate::schema::header;

/// A small catalog with comments that explain it. It declares two permission sets and no assignments, so it passes every
/// check and its plan adds the two sets and nothing else.
#[must_use]
pub fn template() -> CatalogFiles {
    let files = [
        ("sekisho.yaml", FileKind::Settings, include_str!("template/sekisho.yaml")),
        ("permission-sets/read-only.yaml", FileKind::PermissionSet, include_str!("template/read-only.yaml")),
        ("permission-sets/developer.yaml", FileKind::PermissionSet, include_str!("template/developer.yaml")),
        ("assignments/example.yaml", FileKind::Assignments, include_str!("template/example.yaml")),
    ];
    let mut catalog = CatalogFiles::default();
    for (path, kind, text) in files {
        catalog.files.insert(path.to_owned(), format!("{}{text}", header(kind)));
    }
    catalog.files.insert("policies/developer.json".to_owned(), include_str!("template/developer.json").to_owned());
    catalog
}
