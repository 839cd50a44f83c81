//! Access keys and who stands behind them.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::form;
use super::id::{AccountId, secret, upper};
use crate::cloudtrail::Origin;
use crate::config::Config;

/// Every key that can sign.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Credentials {
    pub(crate) keys: HashMap<String, Credential>,
    /// Of sessions: since when, and for whom.
    pub(crate) origins: HashMap<String, Origin>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Credential {
    pub(crate) secret: String,
    /// Of a session; must be sent with every call.
    pub(crate) token: Option<String>,
    pub(crate) expires_at: Option<Timestamp>,
    /// An inactive key is refused as if it did not exist.
    pub(crate) active: bool,
    pub(crate) identity: Identity,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Credential of {}", self.identity.arn)
    }
}

/// The answer of GetCallerIdentity, and where the caller's rights come from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) account: AccountId,
    pub(crate) arn: String,
    pub(crate) user_id: String,
    pub(crate) principal: IamPrincipal,
    pub(crate) session: Option<Session>,
}

/// A user or role, by its name in its account.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum IamPrincipal {
    User(String),
    Role(String),
}

/// What temporary credentials add.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Session {
    /// Documents of the session policies.
    #[serde(with = "form::arc")]
    pub(crate) policies: Arc<[String]>,
    /// Whether an MFA code was shown.
    pub(crate) with_mfa: bool,
    /// Session tags.
    #[serde(with = "form::arc")]
    pub(crate) tags: Arc<[(String, String)]>,
    /// Whether a browser opened it, with a password.
    #[serde(default)]
    pub(crate) from_console: bool,
}

impl Identity {
    /// Whether a role's session calls.
    pub(crate) fn is_role_session(&self) -> bool {
        matches!(self.principal, IamPrincipal::Role(_))
    }

    /// Whether GetFederationToken made it.
    pub(crate) fn is_federated(&self) -> bool {
        self.arn.contains(":federated-user/")
    }
}

/// What a new session signs with; told once.
pub(crate) struct Opened {
    pub(crate) key: String,
    pub(crate) secret: String,
    pub(crate) token: String,
    pub(crate) expires_at: Timestamp,
}

impl Credentials {
    /// Opens a session. Where the clock runs faster than the wall, sessions do not end, and none is forgotten.
    pub(crate) fn open(
        &mut self,
        rng: &mut fastrand::Rng,
        config: &Config,
        identity: Identity,
        origin: Origin,
        lasts: SignedDuration,
    ) -> Opened {
        let now = origin.opened_at;
        if config.speed <= 1 {
            let long_ago = now.checked_sub(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MIN);
            self.forget_expired(long_ago);
        }
        let opened = Opened {
            key: format!("ASIA{}", upper(rng, 16)),
            secret: secret(rng),
            token: format!("IQoJb3JpZ2luX2Vj{}{}{}", secret(rng), secret(rng), secret(rng)),
            expires_at: now.checked_add(lasts).unwrap_or(Timestamp::MAX),
        };
        let credential = Credential {
            secret: opened.secret.clone(),
            token: Some(opened.token.clone()),
            expires_at: Some(opened.expires_at),
            active: true,
            identity,
        };
        self.origins.insert(opened.key.clone(), origin);
        self.keys.insert(opened.key.clone(), credential);
        opened
    }

    /// Sessions that ended long ago need not be told from unknown ones.
    fn forget_expired(&mut self, before: Timestamp) {
        self.keys.retain(|_, key| key.expires_at.is_none_or(|expires_at| expires_at > before));
        self.origins.retain(|key, _| self.keys.contains_key(key));
    }

    /// Makes the keys and sessions of a user follow the user's new name.
    pub(crate) fn rename_user(&mut self, account: AccountId, from: &str, to: &str, arn: &str) {
        for credential in self.keys.values_mut() {
            let identity = &mut credential.identity;
            if identity.account == account && identity.principal == IamPrincipal::User(from.to_owned()) {
                identity.principal = IamPrincipal::User(to.to_owned());
                // a federated user has a name of its own
                if !identity.is_federated() {
                    arn.clone_into(&mut identity.arn);
                }
            }
        }
    }
}
