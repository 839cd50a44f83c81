//! Invitations into the organization, and what else belongs to it as a whole.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::id::AccountId;
use super::organization::Tags;

/// An invitation of one account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Handshake {
    /// `h-…`
    pub(crate) id: String,
    /// Whom: an account, or the e-mail address of its owner.
    pub(crate) target: Target,
    pub(crate) state: HandshakeState,
    pub(crate) requested_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) notes: Option<String>,
    /// Of the account once it has joined.
    pub(crate) tags: Tags,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Target {
    Account(AccountId),
    Email(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum HandshakeState {
    Open,
    Canceled,
    Accepted,
    Declined,
}

/// The resource-based delegation policy of the organization.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ResourcePolicy {
    /// `rp-…`
    pub(crate) id: String,
    pub(crate) content: String,
}

impl Handshake {
    /// `State`, which time alone can end.
    pub(crate) fn state_name(&self, now: Timestamp) -> &'static str {
        match self.state {
            HandshakeState::Open if self.expires_at <= now => "EXPIRED",
            HandshakeState::Open => "OPEN",
            HandshakeState::Canceled => "CANCELED",
            HandshakeState::Accepted => "ACCEPTED",
            HandshakeState::Declined => "DECLINED",
        }
    }
}
