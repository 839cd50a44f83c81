//! The sample company's catalog, and three mistakes people make.

use std::collections::BTreeMap;

use include_dir::{Dir, include_dir};

use crate::commands::init::schemas;

static COMPANY: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../samples/company/access");

/// A slip of the fingers.
pub(super) struct Mistake {
    /// The file it is in.
    pub(super) file: &'static str,
    /// What was written.
    pub(super) wrong: &'static str,
    /// What was meant.
    pub(super) right: &'static str,
}

/// A misspelt set, Japanese where AWS takes Latin letters only, a misspelt group.
const MISTAKES: [Mistake; 3] = [
    Mistake { file: "assignments/minimo.yaml", wrong: "[Develper]", right: "[Developer]" },
    Mistake {
        file: "permission-sets/network-admin.yaml",
        wrong: "description: ネットワークの運用",
        right: "description: Runs networks",
    },
    Mistake { file: "assignments/contractors.yaml", wrong: "[group:contractor]", right: "[group:contractors]" },
];

/// The files of an embedded folder by path.
fn embedded(folder: &Dir<'_>) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut left = vec![folder];
    while let Some(folder) = left.pop() {
        left.extend(folder.dirs());
        for file in folder.files() {
            if let Some(text) = file.contents_utf8() {
                files.insert(file.path().to_string_lossy().into_owned(), text.to_owned());
            }
        }
    }
    files
}

/// The files as they shall be, with the schemas an editor checks them with.
pub(super) fn catalog() -> BTreeMap<String, String> {
    let mut files = embedded(&COMPANY);
    files.extend(schemas());
    files
}

/// The same files with the mistakes in them.
pub(super) fn with_mistakes(catalog: &BTreeMap<String, String>) -> (BTreeMap<String, String>, [Mistake; 3]) {
    let mut files = catalog.clone();
    for mistake in &MISTAKES {
        if let Some(text) = files.get_mut(mistake.file) {
            *text = text.replacen(mistake.right, mistake.wrong, 1);
        }
    }
    (files, MISTAKES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_made_and_the_files_are_otherwise_right() {
        let catalog = catalog();
        let (wrong, mistakes) = with_mistakes(&catalog);
        for mistake in &mistakes {
            assert_ne!(catalog[mistake.file], wrong[mistake.file], "{}", mistake.file);
        }
        let parsed = catalog::parse(&catalog::CatalogFiles { files: catalog });
        assert!(parsed.diagnostics.is_empty(), "{:#?}", parsed.diagnostics);
    }
}
