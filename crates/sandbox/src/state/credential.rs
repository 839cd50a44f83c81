//! Access keys and who stands behind them.

use std::collections::HashMap;

use jiff::Timestamp;

use super::id::AccountId;

/// Every key that can sign.
#[derive(Debug, Clone, Default)]
pub(crate) struct Credentials {
    pub(crate) keys: HashMap<String, Credential>,
}

#[derive(Clone)]
pub(crate) struct Credential {
    pub(crate) secret: String,
    /// Of a session; must be sent with every call.
    pub(crate) token: Option<String>,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) identity: Identity,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Credential of {}", self.identity.arn)
    }
}

/// The answer of GetCallerIdentity.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    pub(crate) account: AccountId,
    pub(crate) arn: String,
    pub(crate) user_id: String,
    pub(crate) is_session: bool,
}

impl Credentials {
    /// Sessions that ended long ago need not be told from unknown ones.
    pub(crate) fn forget_expired(&mut self, before: Timestamp) {
        self.keys.retain(|_, key| key.expires_at.is_none_or(|expires_at| expires_at > before));
    }
}
