//! What an account's IAM holds besides users, groups, roles and policies.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::organization::Tags;

/// An OpenID Connect provider; its key is its URL without the scheme.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OidcProvider {
    /// Client ids (audiences), in the order they were given.
    pub(crate) clients: Vec<String>,
    pub(crate) thumbprints: Vec<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) tags: Tags,
}

/// A SAML provider; its key is its name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SamlProvider {
    pub(crate) metadata: String,
    pub(crate) uuid: String,
    pub(crate) created_at: Timestamp,
    /// AWS derives it from the metadata's certificates; here it is ten years.
    pub(crate) valid_until: Timestamp,
    pub(crate) tags: Tags,
}

/// What an EC2 instance is started with: a container for one role.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct InstanceProfile {
    /// `AIPA…`
    pub(crate) id: String,
    pub(crate) path: String,
    pub(crate) created_at: Timestamp,
    /// The role's name.
    pub(crate) role: Option<String>,
    pub(crate) tags: Tags,
}

/// A server certificate; its key is its name. The private key is checked and not kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ServerCertificate {
    /// `ASCA…`
    pub(crate) id: String,
    pub(crate) path: String,
    pub(crate) body: String,
    pub(crate) chain: Option<String>,
    pub(crate) uploaded_at: Timestamp,
    pub(crate) tags: Tags,
}

/// The account's own rules for passwords.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PasswordPolicy {
    pub(crate) minimum_length: usize,
    pub(crate) symbols: bool,
    pub(crate) numbers: bool,
    pub(crate) uppercase: bool,
    pub(crate) lowercase: bool,
    pub(crate) users_may_change: bool,
    /// Days; 0 never expires.
    pub(crate) max_age_days: u64,
    pub(crate) reuse_prevention: Option<u64>,
    pub(crate) hard_expiry: bool,
}
