//! What was read, or why it could not be: the only way to say that something is absent.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One part of an observation. "Absent" can be said of a [`Reading::Known`] value only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading<T> {
    /// Read in full at `as_of`.
    Known {
        /// What AWS answered.
        value: T,
        /// When the answer arrived.
        as_of: Timestamp,
    },
    /// Not read, or not in full.
    Unknown {
        /// Why, for people: "AWS refused: …".
        reason: String,
    },
}

impl<T> Reading<T> {
    /// A value read at `as_of`.
    pub fn known(value: T, as_of: Timestamp) -> Self {
        Self::Known { value, as_of }
    }

    /// A part that could not be read.
    pub fn unknown(reason: impl Into<String>) -> Self {
        Self::Unknown { reason: reason.into() }
    }

    /// The value, if it is known.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Known { value, .. } => Some(value),
            Self::Unknown { .. } => None,
        }
    }

    /// The value to change in place, if it is known.
    pub fn value_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Known { value, .. } => Some(value),
            Self::Unknown { .. } => None,
        }
    }

    /// Why the value is unknown.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Known { .. } => None,
            Self::Unknown { reason } => Some(reason),
        }
    }

    /// Whether the value is known.
    pub fn is_known(&self) -> bool {
        matches!(self, Self::Known { .. })
    }

    /// The same reading of a borrowed value.
    pub fn as_ref(&self) -> Reading<&T> {
        match self {
            Self::Known { value, as_of } => Reading::Known { value, as_of: *as_of },
            Self::Unknown { reason } => Reading::Unknown { reason: reason.clone() },
        }
    }

    /// Turns the value into another, if it is known.
    pub fn map<U>(self, turn: impl FnOnce(T) -> U) -> Reading<U> {
        match self {
            Self::Known { value, as_of } => Reading::Known { value: turn(value), as_of },
            Self::Unknown { reason } => Reading::Unknown { reason },
        }
    }
}
