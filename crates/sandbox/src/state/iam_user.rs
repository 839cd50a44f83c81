//! IAM users and everything they sign in with.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::form;
use super::iam::OwnRights;
use super::id::AccountId;
use super::organization::Tags;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct User {
    /// `AIDA…`
    pub(crate) id: String,
    pub(crate) path: String,
    pub(crate) created_at: Timestamp,
    pub(crate) tags: Tags,
    /// Names of groups.
    pub(crate) groups: BTreeSet<String>,
    pub(crate) rights: OwnRights,
    pub(crate) login: Option<Login>,
    pub(crate) password_last_used: Option<Timestamp>,
    /// Access keys by id, without their secrets: those are kept where signatures are checked.
    pub(crate) keys: BTreeMap<String, AccessKey>,
    /// Serial numbers of MFA devices and since when.
    pub(crate) devices: BTreeMap<String, Timestamp>,
    /// SSH keys, service-specific credentials and signing certificates.
    pub(crate) extras: Vec<Extra>,
}

/// A console password.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Login {
    pub(crate) created_at: Timestamp,
    pub(crate) changed_at: Timestamp,
    pub(crate) reset_required: bool,
    /// SHA-256 of the password: only ChangePassword compares it, nobody signs in with it.
    pub(crate) digest: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AccessKey {
    pub(crate) created_at: Timestamp,
    pub(crate) active: bool,
    pub(crate) last_used: Option<LastUse>,
}

/// What GetAccessKeyLastUsed tells.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LastUse {
    pub(crate) at: Timestamp,
    pub(crate) region: String,
    #[serde(with = "form::name")]
    pub(crate) service: form::Name,
}

/// A virtual MFA device.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Device {
    /// Whose, and since when.
    pub(crate) enabled: Option<(String, Timestamp)>,
    pub(crate) tags: Tags,
}

/// A credential of a user besides password and access keys.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Extra {
    pub(crate) kind: ExtraKind,
    pub(crate) id: String,
    pub(crate) created_at: Timestamp,
    pub(crate) active: bool,
    /// The key's or certificate's text; the service of a service-specific credential.
    pub(crate) body: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ExtraKind {
    SshKey,
    ServiceCredential,
    Certificate,
}

impl User {
    /// A user with nothing.
    pub(crate) fn new(id: String, path: String, at: Timestamp) -> Self {
        Self {
            id,
            path,
            created_at: at,
            tags: Tags::new(),
            groups: BTreeSet::new(),
            rights: OwnRights::default(),
            login: None,
            password_last_used: None,
            keys: BTreeMap::new(),
            devices: BTreeMap::new(),
            extras: Vec::new(),
        }
    }

    pub(crate) fn arn(&self, account: AccountId, name: &str) -> String {
        format!("arn:aws:iam::{account}:user{}{name}", self.path)
    }

    /// The credentials of one kind.
    pub(crate) fn extras_of(&self, kind: ExtraKind) -> impl Iterator<Item = &Extra> {
        self.extras.iter().filter(move |extra| extra.kind == kind)
    }
}
