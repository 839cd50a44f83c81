//! IAM users of an account and everything that hangs on them, as they were read: the stock that is taken before anybody is moved.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::AccountId;
use crate::reading::Reading;

/// IAM of all accounts that were looked into.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct IamInventory {
    /// By account. An account that could not be entered is unknown, with AWS's reason.
    pub accounts: BTreeMap<AccountId, Reading<IamAccount>>,
}

/// An inventory with what it takes to read it later: it is written to a file and read again, so that whoever works on it needs no AWS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IamStock {
    /// Version of this form; see [`IamStock::SCHEMA_VERSION`].
    pub schema_version: u32,
    /// When the reading began. Each part has its own, later or (credential report) earlier time.
    pub as_of: Timestamp,
    /// Whether it was asked when each user last called which service.
    pub services_asked: bool,
    /// Names of accounts, as far as anybody knows them.
    pub account_names: BTreeMap<AccountId, String>,
    /// Accounts that were left out on purpose, with the reason: suspended ones.
    pub left_out: BTreeMap<AccountId, String>,
    /// Why the accounts of an organization are not among them, if they are not: whoever has none, or may not list them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without_organization: Option<String>,
    /// What was read.
    pub inventory: IamInventory,
}

impl IamStock {
    /// The form that is written.
    pub const SCHEMA_VERSION: u32 = 1;

    /// `minimo-prod (111122223333)`, or the id alone.
    #[must_use]
    pub fn label(&self, account: &AccountId) -> String {
        match self.account_names.get(account) {
            Some(name) => format!("{name} ({account})"),
            None => account.to_string(),
        }
    }
}

/// IAM of one account, as far as it bears on its users.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct IamAccount {
    /// The users, by name.
    pub users: BTreeMap<String, IamUser>,
    /// The groups, by name.
    pub groups: BTreeMap<String, IamGroup>,
    /// Documents (default versions) of managed policies that a user or group of the account has or is bounded by, and all
    /// customer managed ones, by ARN. AWS managed policies that are embedded in the program may be missing here.
    pub managed_policies: BTreeMap<String, String>,
    /// Roles: what their trust policies name matters to whoever wants to retire a user.
    pub roles: BTreeMap<String, IamRole>,
    /// The root user.
    pub root: Reading<RootUser>,
}

/// One IAM user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IamUser {
    /// `AIDA…`: a user that was made again under the same name has another.
    pub id: String,
    /// Name, unique in the account whatever the case.
    pub name: String,
    /// `arn:aws:iam::111122223333:user/path/name`
    pub arn: String,
    /// `/`, or `/team/`.
    pub path: String,
    /// When it was made.
    pub created: Timestamp,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Names of its groups.
    pub groups: Vec<String>,
    /// ARNs of attached managed policies.
    pub attached_policies: Vec<String>,
    /// Its own policies: JSON text by name.
    pub inline_policies: BTreeMap<String, String>,
    /// ARN of the permissions boundary.
    pub permissions_boundary: Option<String>,
    /// Its console password.
    pub password: Reading<Option<Password>>,
    /// Access keys, at most two (AWS's quota).
    pub access_keys: Reading<Vec<AccessKey>>,
    /// Serial numbers (ARNs) of MFA devices.
    pub mfa_devices: Reading<Vec<String>>,
    /// SSH keys, service-specific credentials, signing certificates.
    pub other_credentials: Reading<Vec<OtherCredential>>,
    /// By service, when it was last called on this user's behalf (`GetServiceLastAccessedDetails`): at least 400 days back, up to 4 h behind,
    /// refused attempts included. Services without a time were never called in that period.
    pub services_last_accessed: Reading<BTreeMap<String, Option<Timestamp>>>,
}

/// When something was used last. AWS's three answers are three different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "used", rename_all = "snake_case")]
pub enum LastUse {
    /// At this time (keys: exact to 15 min, passwords: to 5 min).
    At {
        /// When.
        at: Timestamp,
    },
    /// Never, since AWS keeps track (`N/A` for a key, `no_information` for a password that was never used since 2014-10-20).
    Never,
    /// AWS does not say (`not_supported`).
    NotTold,
}

/// A console password (login profile).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Password {
    /// When it was set or last changed; none where the credential report was not to be had.
    pub changed: Option<Timestamp>,
    /// When somebody signed in with it.
    pub last_use: LastUse,
}

/// An access key, without its secret, which AWS tells nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessKey {
    /// `AKIA…`
    pub id: String,
    /// Whether it can be used.
    pub status: AccessKeyStatus,
    /// When it was made.
    pub created: Timestamp,
    /// When it was used.
    pub last_use: LastUse,
    /// In which region, where AWS says so.
    pub last_region: Option<String>,
    /// For which service (`s3`), where AWS says so.
    pub last_service: Option<String>,
}

/// Whether a key can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessKeyStatus {
    /// It can.
    Active,
    /// It was made inactive and can be made active again.
    Inactive,
    /// It came to its end.
    Expired,
}

impl AccessKeyStatus {
    /// `active`
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Expired => "expired",
        }
    }
}

/// A credential besides password and access keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherCredential {
    /// What it is.
    pub kind: OtherCredentialKind,
    /// Its id.
    pub id: String,
    /// Whether it can be used.
    pub active: bool,
    /// When it was made.
    pub created: Timestamp,
    /// The service a service-specific credential is for (`codecommit.amazonaws.com`).
    pub service: Option<String>,
}

/// Kinds of [`OtherCredential`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OtherCredentialKind {
    /// An SSH public key (CodeCommit).
    SshPublicKey,
    /// User name and password for one service (CodeCommit, Amazon Keyspaces, Bedrock).
    ServiceSpecificCredential,
    /// An X.509 certificate (old SOAP interfaces).
    SigningCertificate,
}

/// A group of IAM users.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct IamGroup {
    /// Path and name: `/team/developers`.
    pub path: String,
    /// ARNs of attached managed policies.
    pub attached_policies: Vec<String>,
    /// Its own policies: JSON text by name.
    pub inline_policies: BTreeMap<String, String>,
}

/// A role, as far as it bears on users.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct IamRole {
    /// ARN.
    pub arn: String,
    /// Who may take it: the trust policy, JSON text.
    pub trust_policy: String,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

/// The root user of an account: the one credential that no policy binds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootUser {
    /// Whether it has a second factor (`AccountMFAEnabled`).
    pub mfa: bool,
    /// Whether it has access keys (`AccountAccessKeysPresent`).
    pub access_keys: bool,
    /// Whether it has a password (`AccountPasswordPresent`): central root management of AWS Organizations takes it away, and then there is
    /// nothing that a second factor could guard. None where AWS does not say.
    #[serde(default)]
    pub password: Option<bool>,
    /// When somebody signed in with its password, where the credential report says so.
    pub password_last_use: LastUse,
    /// When one of its keys was used, where the credential report says so.
    pub key_last_use: LastUse,
}

impl RootUser {
    /// When anything of it was used; never only if that is said of password and keys.
    #[must_use]
    pub fn last_use(&self) -> LastUse {
        match (self.password_last_use, self.key_last_use) {
            (LastUse::At { at: one }, LastUse::At { at: another }) => LastUse::At { at: one.max(another) },
            (at @ LastUse::At { .. }, _) | (_, at @ LastUse::At { .. }) => at,
            (LastUse::Never, LastUse::Never) => LastUse::Never,
            _ => LastUse::NotTold,
        }
    }

    /// Whether somebody who knows its password alone can sign in. What AWS does not say is not taken for safe.
    #[must_use]
    pub fn lacks_mfa(&self) -> bool {
        !self.mfa && self.password != Some(false)
    }
}

/// Which user: a name is unique in its account only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IamUserRef {
    /// The account.
    pub account: AccountId,
    /// The name.
    pub name: String,
}

impl IamInventory {
    /// All users that could be read, in order of account and name.
    pub fn users(&self) -> impl Iterator<Item = (IamUserRef, &IamUser)> {
        let accounts = self.accounts.iter().filter_map(|(id, account)| Some((id, account.value()?)));
        accounts.flat_map(|(id, account)| {
            let users = account.users.iter();
            users.map(|(name, user)| (IamUserRef { account: id.clone(), name: name.clone() }, user))
        })
    }

    /// Accounts that could not be read, with the reason.
    pub fn unread(&self) -> impl Iterator<Item = (&AccountId, &str)> {
        self.accounts.iter().filter_map(|(id, account)| Some((id, account.reason()?)))
    }
}

impl Default for Reading<RootUser> {
    fn default() -> Self {
        Self::unknown("not read")
    }
}
