//! Customer managed policies and their versions.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::organization::Tags;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Policy {
    /// `ANPA…`
    pub(crate) id: String,
    pub(crate) description: Option<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) tags: Tags,
    /// By number (`v1` is 1). Numbers are never used again.
    pub(crate) versions: BTreeMap<u32, PolicyVersion>,
    pub(crate) default_version: u32,
    pub(crate) next_version: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PolicyVersion {
    pub(crate) document: String,
    pub(crate) created_at: Timestamp,
}

impl Policy {
    /// A policy of one version.
    pub(crate) fn new(id: String, document: String, at: Timestamp) -> Self {
        Self {
            id,
            description: None,
            created_at: at,
            updated_at: at,
            tags: Tags::new(),
            versions: BTreeMap::from([(1, PolicyVersion { document, created_at: at })]),
            default_version: 1,
            next_version: 2,
        }
    }

    /// The document in force.
    pub(crate) fn document(&self) -> &str {
        self.versions.get(&self.default_version).map_or("", |version| version.document.as_str())
    }
}
