//! What changes of an IAM user rely on and make true, and the pieces that are read to know it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::claim::same_policy;
use crate::iam_user::{AccessKeyStatus, LastUse, OtherCredentialKind};

/// A piece of an IAM user that is read at once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IamPart {
    /// Whether it is there, and its id (`GetUser`).
    User,
    /// Its access keys (`ListAccessKeys`).
    Keys,
    /// Its SSH keys, service-specific credentials and signing certificates.
    Credentials,
    /// One inline policy (`GetUserPolicy`).
    Policy(String),
    /// Attached managed policies (`ListAttachedUserPolicies`).
    Attached,
    /// Its groups (`ListGroupsForUser`).
    Groups,
    /// Whether it has a console password (`GetLoginProfile`).
    Password,
    /// Its MFA devices (`ListMFADevices`).
    MfaDevices,
    /// All its inline policies (`ListUserPolicies`, `GetUserPolicy`).
    Policies,
    /// Path, boundary and tags (`GetUser`).
    Profile,
    /// When a key was last used (`GetAccessKeyLastUsed`).
    KeyUse(String),
    /// When somebody last signed in with the password (`GetUser`).
    PasswordUse,
}

/// What an [`IamPart`] held when it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IamPartValue {
    /// Its id and the value of its tag [`crate::iam_change::MARK`], none if there is no such user.
    User(Option<(String, Option<String>)>),
    /// Keys with their status.
    Keys(BTreeMap<String, AccessKeyStatus>),
    /// Whether each is active, by kind and id.
    Credentials(BTreeSet<(OtherCredentialKind, String, bool)>),
    /// Text of the policy.
    Policy(Option<String>),
    /// ARNs.
    Attached(BTreeSet<String>),
    /// Names.
    Groups(BTreeSet<String>),
    /// Whether there is one.
    Password(bool),
    /// Serial numbers.
    MfaDevices(BTreeSet<String>),
    /// Texts, by name.
    Policies(BTreeMap<String, String>),
    /// Path, boundary and tags.
    Profile {
        /// Its path.
        path: String,
        /// ARN of its permissions boundary.
        boundary: Option<String>,
        /// Its tags.
        tags: BTreeMap<String, String>,
    },
    /// When it was last used.
    LastUse(LastUse),
}

impl IamPart {
    /// What it holds where there is no such user.
    #[must_use]
    pub fn nothing(&self) -> IamPartValue {
        match self {
            Self::User => IamPartValue::User(None),
            Self::Keys => IamPartValue::Keys(BTreeMap::new()),
            Self::Credentials => IamPartValue::Credentials(BTreeSet::new()),
            Self::Policy(_) => IamPartValue::Policy(None),
            Self::Attached => IamPartValue::Attached(BTreeSet::new()),
            Self::Groups => IamPartValue::Groups(BTreeSet::new()),
            Self::Password => IamPartValue::Password(false),
            Self::MfaDevices => IamPartValue::MfaDevices(BTreeSet::new()),
            Self::Policies => IamPartValue::Policies(BTreeMap::new()),
            Self::Profile => IamPartValue::Profile { path: String::new(), boundary: None, tags: BTreeMap::new() },
            Self::KeyUse(_) | Self::PasswordUse => IamPartValue::LastUse(LastUse::Never),
        }
    }
}

/// One statement about an IAM user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum IamClaim {
    /// No user has this name.
    NoUser,
    /// The user that has it was made by Sekisho in the place of this one.
    UserIsMarked {
        /// Value of the tag [`crate::iam_change::MARK`].
        mark: String,
    },
    /// The user with this id has it, and not another one made since.
    UserIs {
        /// `AIDA…`
        id: String,
    },
    /// These are all its access keys.
    KeysAre {
        /// Keys with their status.
        keys: BTreeMap<String, AccessKeyStatus>,
    },
    /// The key has this status, or is not there.
    KeyIs {
        /// `AKIA…`
        key: String,
        /// Its status, none for no such key.
        status: Option<AccessKeyStatus>,
    },
    /// The credential is active, inactive, or not there.
    CredentialIs {
        /// What it is.
        kind: OtherCredentialKind,
        /// Its id.
        id: String,
        /// Whether it is active, none for no such credential.
        active: Option<bool>,
    },
    /// The inline policy says this, however it is formatted.
    PolicyIs {
        /// Its name.
        name: String,
        /// The document, none for no such policy.
        document: Option<String>,
    },
    /// The managed policy is attached, or not.
    PolicyAttached {
        /// ARN.
        policy: String,
        /// Whether it is attached.
        attached: bool,
    },
    /// It is in the group, or not.
    InGroup {
        /// Name.
        group: String,
        /// Whether it is.
        member: bool,
    },
    /// It has a console password, or none.
    HasPassword {
        /// Whether it has.
        password: bool,
    },
    /// It has the MFA device, or not.
    HasMfaDevice {
        /// Serial number.
        serial: String,
        /// Whether it has.
        there: bool,
    },
    /// These are all its MFA devices.
    MfaDevicesAre {
        /// Serial numbers.
        serials: BTreeSet<String>,
    },
    /// These are all its SSH keys, service-specific credentials and signing certificates.
    CredentialsAre {
        /// Whether each is active, by kind and id.
        credentials: BTreeSet<(OtherCredentialKind, String, bool)>,
    },
    /// These are all its groups.
    GroupsAre {
        /// Names.
        groups: BTreeSet<String>,
    },
    /// These are all its attached policies.
    AttachedAre {
        /// ARNs.
        policies: BTreeSet<String>,
    },
    /// These are all its inline policies, however they are formatted.
    PoliciesAre {
        /// Texts, by name.
        policies: BTreeMap<String, String>,
    },
    /// It lies there.
    PathIs {
        /// The path.
        path: String,
    },
    /// It has this permissions boundary, or none.
    BoundaryIs {
        /// ARN.
        boundary: Option<String>,
    },
    /// These are all its tags.
    TagsAre {
        /// Values, by key.
        tags: BTreeMap<String, String>,
    },
    /// A credential was not used after this, as AWS tells it.
    NotUsedAfter {
        /// `AKIA…`, none for the console password.
        key: Option<String>,
        /// Up to when its use is known.
        until: Timestamp,
    },
}

impl IamClaim {
    /// What to read to know whether it holds.
    #[must_use]
    pub fn part(&self) -> IamPart {
        match self {
            Self::NoUser | Self::UserIsMarked { .. } | Self::UserIs { .. } => IamPart::User,
            Self::KeysAre { .. } | Self::KeyIs { .. } => IamPart::Keys,
            Self::CredentialIs { .. } => IamPart::Credentials,
            Self::PolicyIs { name, .. } => IamPart::Policy(name.clone()),
            Self::PolicyAttached { .. } => IamPart::Attached,
            Self::InGroup { .. } => IamPart::Groups,
            Self::HasPassword { .. } => IamPart::Password,
            Self::HasMfaDevice { .. } | Self::MfaDevicesAre { .. } => IamPart::MfaDevices,
            Self::CredentialsAre { .. } => IamPart::Credentials,
            Self::GroupsAre { .. } => IamPart::Groups,
            Self::AttachedAre { .. } => IamPart::Attached,
            Self::PoliciesAre { .. } => IamPart::Policies,
            Self::PathIs { .. } | Self::BoundaryIs { .. } | Self::TagsAre { .. } => IamPart::Profile,
            Self::NotUsedAfter { key: Some(key), .. } => IamPart::KeyUse(key.clone()),
            Self::NotUsedAfter { key: None, .. } => IamPart::PasswordUse,
        }
    }

    /// Whether it holds of what was read; none when the value is of another part.
    #[must_use]
    pub fn holds(&self, value: &IamPartValue) -> Option<bool> {
        Some(match (self, value) {
            (Self::NoUser, IamPartValue::User(found)) => found.is_none(),
            (Self::UserIsMarked { mark }, IamPartValue::User(found)) => {
                found.as_ref().is_some_and(|(_, held)| held.as_ref() == Some(mark))
            }
            (Self::UserIs { id }, IamPartValue::User(found)) => found.as_ref().is_some_and(|(held, _)| held == id),
            (Self::KeysAre { keys }, IamPartValue::Keys(found)) => keys == found,
            (Self::KeyIs { key, status }, IamPartValue::Keys(found)) => found.get(key) == status.as_ref(),
            (Self::CredentialIs { kind, id, active }, IamPartValue::Credentials(found)) => match active {
                Some(active) => found.contains(&(*kind, id.clone(), *active)),
                None => !found.iter().any(|(held, name, _)| held == kind && name == id),
            },
            (Self::PolicyIs { document, .. }, IamPartValue::Policy(found)) => {
                same_policy(document.as_deref(), found.as_deref())
            }
            (Self::PolicyAttached { policy, attached }, IamPartValue::Attached(found)) => {
                found.contains(policy) == *attached
            }
            (Self::InGroup { group, member }, IamPartValue::Groups(found)) => found.contains(group) == *member,
            (Self::HasPassword { password }, IamPartValue::Password(found)) => password == found,
            (Self::HasMfaDevice { serial, there }, IamPartValue::MfaDevices(found)) => found.contains(serial) == *there,
            (Self::MfaDevicesAre { serials }, IamPartValue::MfaDevices(found)) => serials == found,
            (Self::CredentialsAre { credentials }, IamPartValue::Credentials(found)) => credentials == found,
            (Self::GroupsAre { groups }, IamPartValue::Groups(found)) => groups == found,
            (Self::AttachedAre { policies }, IamPartValue::Attached(found)) => policies == found,
            (Self::PoliciesAre { policies }, IamPartValue::Policies(found)) => same_policies(policies, found),
            (Self::PathIs { path: wanted }, IamPartValue::Profile { path, .. }) => wanted == path,
            (Self::BoundaryIs { boundary: wanted }, IamPartValue::Profile { boundary, .. }) => wanted == boundary,
            (Self::TagsAre { tags: wanted }, IamPartValue::Profile { tags, .. }) => wanted == tags,
            (Self::NotUsedAfter { until, .. }, IamPartValue::LastUse(last)) => match last {
                LastUse::Never => true,
                LastUse::At { at } => at <= until,
                LastUse::NotTold => false,
            },
            _ => return None,
        })
    }
}

fn same_policies(wanted: &BTreeMap<String, String>, found: &BTreeMap<String, String>) -> bool {
    wanted.len() == found.len()
        && wanted.iter().all(|(name, text)| {
            let held = found.get(name).map(String::as_str);
            held.is_some() && same_policy(Some(text), held)
        })
}
