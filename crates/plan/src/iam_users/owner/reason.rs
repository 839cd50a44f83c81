//! Why somebody is taken for an owner, as data; in English here.

use std::fmt::{Display, Formatter, Result};

use serde::{Serialize, Serializer};

/// What of the user tells of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Its name.
    Name {
        /// The name.
        name: String,
    },
    /// A tag, or a note on a key.
    Tag {
        /// Its name.
        key: String,
        /// Its value.
        value: String,
    },
}

/// A way to write somebody's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameForm {
    /// Their name in the directory.
    DirectoryName,
    /// Family and given name.
    FullName,
    /// Family name and the first letter of the given name.
    FamilyNameWithInitial,
    /// Given name and the first letter of the family name.
    GivenNameWithInitial,
    /// Family name.
    FamilyName,
    /// Given name.
    GivenName,
    /// Consonants of the family name.
    FamilyNameWithoutVowels,
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnerReason {
    /// It is a user name or address of the directory.
    CalledSo {
        /// What tells it.
        told: Told,
    },
    /// It is a form of their name.
    Fits {
        /// What tells it.
        told: Told,
        /// Whether it is written in the same way, not only sounds so.
        is_exact: bool,
        /// Which form.
        form: NameForm,
    },
    /// Somebody fits a little.
    TooLittle {
        /// Who.
        person: String,
        /// Why.
        why: Vec<OwnerReason>,
    },
    /// One of several whom it fits.
    Candidate {
        /// Who.
        person: String,
        /// Why.
        why: Vec<OwnerReason>,
    },
    /// It fits nobody.
    NobodyFits,
    /// Somebody said so.
    Settled,
}

impl Display for Told {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        match self {
            Self::Name { name } => write!(out, "`{name}`"),
            Self::Tag { key, value } => write!(out, "tag {key} = {value}"),
        }
    }
}

impl Display for OwnerReason {
    /// The sentence in English.
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        let all = |why: &[Self]| why.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        match self {
            Self::CalledSo { told: told @ Told::Name { .. } } => {
                write!(out, "{told} is what the directory calls them")
            }
            Self::CalledSo { told } => write!(out, "{told}, which is what the directory calls them"),
            Self::Fits { told, is_exact, form } => {
                let form = match form {
                    NameForm::DirectoryName => "their name in the directory",
                    NameForm::FullName => "their full name",
                    NameForm::FamilyNameWithInitial => "their family name with an initial",
                    NameForm::GivenNameWithInitial => "their given name with an initial",
                    NameForm::FamilyName => "their family name",
                    NameForm::GivenName => "their given name",
                    NameForm::FamilyNameWithoutVowels => "their family name without its vowels",
                };
                write!(out, "{told} {} {form}", if *is_exact { "is" } else { "sounds like" })
            }
            Self::TooLittle { person, why } => write!(out, "too little for {person}: {}", all(why)),
            Self::Candidate { person, why } => write!(out, "{person}: {}", all(why)),
            Self::NobodyFits => out.write_str("no name, tag or address of it fits anybody in the directory"),
            Self::Settled => out.write_str("settled by hand"),
        }
    }
}

impl Serialize for OwnerReason {
    /// As the sentence in English.
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
