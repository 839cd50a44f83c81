//! The texts a catalog is made of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The texts of a catalog, by path from its folder with `/` between parts: `permission-sets/developer.yaml`.
/// Hidden paths (a part begins with `.`) are no part of the catalog.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CatalogFiles {
    /// Path → text.
    pub files: BTreeMap<String, String>,
}

impl CatalogFiles {
    /// A catalog of these files.
    pub fn new<P: Into<String>, T: Into<String>>(files: impl IntoIterator<Item = (P, T)>) -> Self {
        Self { files: files.into_iter().map(|(path, text)| (path.into(), text.into())).collect() }
    }

    /// The files that are read: all but hidden ones.
    pub(crate) fn visible(&self) -> impl Iterator<Item = (&str, &str)> {
        let visible = |path: &str| !path.split('/').any(|part| part.starts_with('.'));
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str())).filter(move |(path, _)| visible(path))
    }
}

/// What a file declares, as its path says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum FileKind {
    /// `sekisho.yaml`.
    Settings,
    /// `accounts.yaml`.
    Accounts,
    /// `people.yaml`.
    People,
    /// `iam-users.yaml`.
    IamUsers,
    /// `permission-sets/*.yaml`.
    PermissionSet,
    /// `assignments/*.yaml`.
    Assignments,
    /// `policies/*.json`.
    Policy,
    /// `exceptions/*.yaml`: not in this version.
    Exceptions,
    /// `switch-roles/*.yaml`.
    SwitchRoles,
}

/// Folders and files at the top, for "did you mean".
pub(crate) const KNOWN_NAMES: [&str; 9] = [
    "sekisho.yaml",
    "accounts.yaml",
    "people.yaml",
    "iam-users.yaml",
    "permission-sets/",
    "assignments/",
    "policies/",
    "exceptions/",
    "switch-roles/",
];

impl FileKind {
    /// The kind of the file at `path`; none if it has no place in a catalog.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let yaml = path.strip_suffix(".yaml").or_else(|| path.strip_suffix(".yml"));
        match (path.split_once('/'), yaml) {
            (None, Some("sekisho")) => Some(Self::Settings),
            (None, Some("accounts")) => Some(Self::Accounts),
            (None, Some("people")) => Some(Self::People),
            (None, Some("iam-users")) => Some(Self::IamUsers),
            (Some(("permission-sets", _)), Some(_)) => Some(Self::PermissionSet),
            (Some(("assignments", _)), Some(_)) => Some(Self::Assignments),
            (Some(("exceptions", _)), Some(_)) => Some(Self::Exceptions),
            (Some(("switch-roles", _)), Some(_)) => Some(Self::SwitchRoles),
            (Some(("policies", _)), None) if path.ends_with(".json") => Some(Self::Policy),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_say_what_a_file_is() {
        for (path, kind) in [
            ("sekisho.yaml", Some(FileKind::Settings)),
            ("people.yml", Some(FileKind::People)),
            ("assignments/service/minimo.yaml", Some(FileKind::Assignments)),
            ("policies/s3.json", Some(FileKind::Policy)),
            ("policies/s3.yaml", None),
            ("assigments/minimo.yaml", None),
            ("permission-sets.yaml", None),
        ] {
            assert_eq!(FileKind::of(path), kind, "{path}");
        }
    }
}
