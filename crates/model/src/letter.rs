//! Letters about the new way in, as far as a program sent them.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// To whom a letter goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterReader {
    /// One person.
    Person,
    /// Everybody in a group.
    Team,
}

/// A letter: to whom, and which one of those that person or team may get. What it says is not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// To whom.
    pub reader: LetterReader,
    /// Id of the user or group in the identity store: a name may be given to another.
    pub id: String,
    /// User name, or name of the group.
    pub name: String,
    /// `en`, `ja`.
    pub language: String,
    /// `everyone`, `engineers`.
    pub audience: String,
    /// When the old way ends, as it says: another day is another letter.
    pub ends: Option<Date>,
}

impl Letter {
    /// Whether whoever got the other one need not get this.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.reader == other.reader
            && self.id == other.id
            && self.language == other.language
            && self.audience == other.audience
            && self.ends == other.ends
    }
}
