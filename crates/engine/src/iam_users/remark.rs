//! What is worth a second look about a user, said without judging whose it is: facts that were read, held against limits.

use jiff::Timestamp;
use model::iam_user::{AccessKeyStatus, IamAccount, IamUser, LastUse, RootUser};
use model::reading::Reading;
use serde::Serialize;

/// From when on something is old.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Thresholds {
    /// Age of an active key, in days.
    pub key_age_days: i64,
    /// Time since the last use of a key or password, in days.
    pub unused_days: i64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { key_age_days: 90, unused_days: 90 }
    }
}

/// One remark about a user.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "remark", rename_all = "snake_case")]
pub enum Remark {
    /// A password and no second factor.
    PasswordWithoutMfa,
    /// It holds `AdministratorAccess`, itself or through a group.
    Administrator,
    /// An active key is older than the limit.
    OldKey {
        /// The key.
        key: String,
        /// Its age.
        days: i64,
    },
    /// An active key was not used for longer than the limit.
    UnusedKey {
        /// The key.
        key: String,
        /// Since its last use.
        days: i64,
    },
    /// An active key was never used, and is older than the limit for unused ones.
    NeverUsedKey {
        /// The key.
        key: String,
        /// Its age.
        days: i64,
    },
    /// Two keys can be used: a rotation that was not finished, or two owners.
    TwoActiveKeys,
    /// The password was not used for longer than the limit.
    UnusedPassword {
        /// Since its last use.
        days: i64,
    },
    /// The password was never used, as far as AWS knows.
    NeverUsedPassword,
    /// There is nothing to sign in with.
    NoCredentials,
    /// A part is not known.
    NotRead {
        /// Which.
        part: UserPart,
        /// Why.
        reason: String,
    },
}

/// Parts of a user that are read apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UserPart {
    /// The console password.
    Password,
    /// Access keys.
    AccessKeys,
    /// MFA devices.
    MfaDevices,
    /// SSH keys, service-specific credentials, certificates.
    OtherCredentials,
    /// When which service was called last.
    ServicesLastAccessed,
}

/// One remark about root.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "remark", rename_all = "snake_case")]
pub enum RootRemark {
    /// A password, as far as anybody knows, and no second factor.
    WithoutMfa,
    /// It has access keys, which no policy binds.
    AccessKeys,
    /// Somebody signed in as root within the limit for unused ones.
    UsedLately {
        /// Since then.
        days: i64,
    },
}

/// Whole days from one instant to another; never less than none.
#[must_use]
pub fn days_between(from: Timestamp, to: Timestamp) -> i64 {
    (to.duration_since(from).as_hours() / 24).max(0)
}

/// Remarks about a user, the weightiest first. `services_asked` tells whether services that were not read are a gap.
#[must_use]
pub fn remarks(
    user: &IamUser,
    account: &IamAccount,
    as_of: Timestamp,
    limits: Thresholds,
    services_asked: bool,
) -> Vec<Remark> {
    let mut found = Vec::new();
    let (password, keys) = (user.password.value(), user.access_keys.value());
    if password.is_some_and(Option::is_some) && user.mfa_devices.value().is_some_and(Vec::is_empty) {
        found.push(Remark::PasswordWithoutMfa);
    }
    if is_administrator(user, account) {
        found.push(Remark::Administrator);
    }
    let active = keys.into_iter().flatten().filter(|key| key.status == AccessKeyStatus::Active);
    for key in active.clone() {
        let (key_id, age) = (|| key.id.clone(), days_between(key.created, as_of));
        if age > limits.key_age_days {
            found.push(Remark::OldKey { key: key_id(), days: age });
        }
        match key.last_use {
            LastUse::At { at } if days_between(at, as_of) > limits.unused_days => {
                found.push(Remark::UnusedKey { key: key_id(), days: days_between(at, as_of) });
            }
            LastUse::Never if age > limits.unused_days => {
                found.push(Remark::NeverUsedKey { key: key_id(), days: age });
            }
            _ => {}
        }
    }
    if active.count() > 1 {
        found.push(Remark::TwoActiveKeys);
    }
    if let Some(Some(password)) = password {
        let age = days_between(password.changed.unwrap_or(user.created), as_of);
        match password.last_use {
            LastUse::At { at } if days_between(at, as_of) > limits.unused_days => {
                found.push(Remark::UnusedPassword { days: days_between(at, as_of) });
            }
            LastUse::Never if age > limits.unused_days => found.push(Remark::NeverUsedPassword),
            _ => {}
        }
    }
    let nothing = password.is_some_and(Option::is_none)
        && keys.is_some_and(Vec::is_empty)
        && user.other_credentials.value().is_some_and(Vec::is_empty);
    if nothing {
        found.push(Remark::NoCredentials);
    }
    found.extend(gaps(user, services_asked).map(|(part, reason)| Remark::NotRead { part, reason: reason.to_owned() }));
    found
}

/// What of a user is not known, with the reason. Services count only where they were asked for.
pub(super) fn gaps(user: &IamUser, services_asked: bool) -> impl Iterator<Item = (UserPart, &str)> {
    let services = user.services_last_accessed.reason().filter(|_| services_asked);
    [
        (UserPart::Password, user.password.reason()),
        (UserPart::AccessKeys, user.access_keys.reason()),
        (UserPart::MfaDevices, user.mfa_devices.reason()),
        (UserPart::OtherCredentials, user.other_credentials.reason()),
        (UserPart::ServicesLastAccessed, services),
    ]
    .into_iter()
    .filter_map(|(part, reason)| Some((part, reason?)))
}

/// Whether AWS's policy that allows everything is attached, directly or through a group.
fn is_administrator(user: &IamUser, account: &IamAccount) -> bool {
    let groups = user.groups.iter().filter_map(|name| account.groups.get(name));
    let through_groups = groups.flat_map(|group| &group.attached_policies);
    let mut policies = user.attached_policies.iter().chain(through_groups);
    policies.any(|arn| arn.split(':').nth(4) == Some("aws") && arn.ends_with(":policy/AdministratorAccess"))
}

/// Remarks about root; none of what could not be read.
#[must_use]
pub fn root_remarks(root: &Reading<RootUser>, as_of: Timestamp, limits: Thresholds) -> Vec<RootRemark> {
    let Some(root) = root.value() else { return Vec::new() };
    let mut found = Vec::new();
    if root.lacks_mfa() {
        found.push(RootRemark::WithoutMfa);
    }
    if root.access_keys {
        found.push(RootRemark::AccessKeys);
    }
    let uses = [root.password_last_use, root.key_last_use].into_iter().filter_map(|used| match used {
        LastUse::At { at } => Some(days_between(at, as_of)),
        LastUse::Never | LastUse::NotTold => None,
    });
    found.extend(uses.min().filter(|days| *days <= limits.unused_days).map(|days| RootRemark::UsedLately { days }));
    found
}

#[cfg(test)]
mod tests;
