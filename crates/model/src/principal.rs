//! Users and groups of the identity store.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{GroupId, UserId};

/// Who an assignment is for. Users sort before groups.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "type", content = "id", rename_all = "snake_case")]
pub enum PrincipalId {
    /// One person.
    User(UserId),
    /// A group.
    Group(GroupId),
}

impl PrincipalId {
    /// The bare id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::User(id) => id.as_str(),
            Self::Group(id) => id.as_str(),
        }
    }

    /// `user` or `group`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Group(_) => "group",
        }
    }
}

impl fmt::Display for PrincipalId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.kind(), self.as_str())
    }
}

/// A user of the identity store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Id in the identity store; a re-hired person gets another.
    pub id: UserId,
    /// Sign-in name, unique in the store.
    pub user_name: String,
    /// Name as people read it.
    pub display_name: Option<String>,
    /// Primary e-mail address.
    pub email: Option<String>,
}

impl User {
    /// The name to show: the display name, else the user name.
    #[must_use]
    pub fn label(&self) -> &str {
        self.display_name.as_deref().unwrap_or(&self.user_name)
    }
}

/// A group of the identity store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Id in the identity store.
    pub id: GroupId,
    /// Name, unique in the store.
    pub display_name: String,
}
