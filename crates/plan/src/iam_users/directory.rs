//! The people a company knows, whichever list they come from.

use serde::{Deserialize, Serialize};

/// How somebody stands in the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Works here.
    #[default]
    Active,
    /// Known there, and disabled or removed. Who was never known has not left.
    Left,
}

/// Somebody.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DirectoryPerson {
    /// Sign-in name.
    pub user_name: String,
    /// Given name.
    #[serde(default)]
    pub given_name: String,
    /// Family name.
    #[serde(default)]
    pub family_name: String,
    /// Name as people read it.
    #[serde(default)]
    pub display_name: Option<String>,
    /// E-mail address.
    #[serde(default)]
    pub email: Option<String>,
    /// How they stand.
    #[serde(default)]
    pub standing: Standing,
    /// Names of the groups they are in: teams, functions.
    #[serde(default)]
    pub groups: Vec<String>,
}

impl DirectoryPerson {
    /// The name to show.
    #[must_use]
    pub fn label(&self) -> String {
        let name = self
            .display_name
            .clone()
            .unwrap_or_else(|| format!("{} {}", self.family_name, self.given_name).trim().to_owned());
        if name.is_empty() { self.user_name.clone() } else { format!("{name} ({})", self.user_name) }
    }
}

/// Everybody, and what people settled by hand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directory {
    /// The people.
    pub people: Vec<DirectoryPerson>,
    /// Settled answers.
    pub settled: Vec<Settled>,
}

/// A settled answer: whose a user is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// Name of the IAM user.
    pub user: String,
    /// In this account only.
    pub account: Option<String>,
    /// `user_name` or e-mail address of the owner; of somebody who is not in the directory, too. None: nobody's, a system.
    pub owner: Option<String>,
}
