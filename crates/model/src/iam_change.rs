//! Changes of one IAM user: the steps by which a user is retired, and taken back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use crate::iam_claim::{IamClaim, IamPart, IamPartValue};
use crate::iam_user::{AccessKeyStatus, IamUser, OtherCredentialKind};

/// Tag of a user that was made again: the id of the user whose place it takes.
pub const MARK: &str = "sekisho:takes-the-place-of";

/// A change of one IAM user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum IamStep {
    /// Makes an access key active or inactive (`UpdateAccessKey`).
    SetKeyStatus {
        /// `AKIA…`
        key: String,
        /// As it was.
        from: AccessKeyStatus,
        /// As it shall be.
        to: AccessKeyStatus,
    },
    /// Deletes an access key (`DeleteAccessKey`): nothing brings it back.
    DeleteKey {
        /// `AKIA…`
        key: String,
    },
    /// Makes an SSH key, service-specific credential or signing certificate active or inactive.
    SetCredentialStatus {
        /// What it is. A change of a user is written with its own `kind` beside this.
        #[serde(rename = "credential")]
        kind: OtherCredentialKind,
        /// Its id.
        id: String,
        /// Whether it shall be active.
        active: bool,
    },
    /// Deletes an SSH key, service-specific credential or signing certificate.
    DeleteCredential {
        /// What it is. A change of a user is written with its own `kind` beside this.
        #[serde(rename = "credential")]
        kind: OtherCredentialKind,
        /// Its id.
        id: String,
    },
    /// Puts an inline policy of the user, or deletes it (`to` is none).
    SetPolicy {
        /// Its name.
        name: String,
        /// Text as it was.
        from: Option<String>,
        /// Text as it shall be.
        to: Option<String>,
    },
    /// Attaches a managed policy.
    AttachPolicy {
        /// ARN of the policy.
        policy: String,
    },
    /// Detaches a managed policy.
    DetachPolicy {
        /// ARN of the policy.
        policy: String,
    },
    /// Adds the user to a group.
    JoinGroup {
        /// Name of the group.
        group: String,
    },
    /// Takes the user out of a group.
    LeaveGroup {
        /// Name of the group.
        group: String,
    },
    /// Deletes the console password (`DeleteLoginProfile`): nobody knows it afterwards.
    DeletePassword,
    /// Takes an MFA device off the user; a virtual one is deleted.
    RemoveMfaDevice {
        /// Serial number or ARN.
        serial: String,
    },
    /// Creates the user with path, tags and boundary (`CreateUser`).
    CreateUser {
        /// Its path.
        path: String,
        /// Its tags.
        tags: BTreeMap<String, String>,
        /// ARN of its permissions boundary.
        boundary: Option<String>,
        /// Value of the tag [`MARK`], by which the user is known for this one and no other of the name.
        mark: String,
    },
    /// Deletes the user (`DeleteUser`).
    DeleteUser {
        /// Everything it was: from this it can be made again, with other keys.
        definition: Box<IamUser>,
    },
}

impl IamStep {
    /// Name of the change in snake case: the kind of its operation.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::SetKeyStatus { to: AccessKeyStatus::Active, .. } => "activate_key",
            Self::SetKeyStatus { .. } => "deactivate_key",
            Self::DeleteKey { .. } => "delete_key",
            Self::SetCredentialStatus { active: true, .. } => "activate_credential",
            Self::SetCredentialStatus { .. } => "deactivate_credential",
            Self::DeleteCredential { .. } => "delete_credential",
            Self::SetPolicy { to: Some(_), .. } => "put_user_policy",
            Self::SetPolicy { .. } => "delete_user_policy",
            Self::AttachPolicy { .. } => "attach_user_policy",
            Self::DetachPolicy { .. } => "detach_user_policy",
            Self::JoinGroup { .. } => "add_user_to_group",
            Self::LeaveGroup { .. } => "remove_user_from_group",
            Self::DeletePassword => "delete_login_profile",
            Self::RemoveMfaDevice { .. } => "deactivate_mfa_device",
            Self::CreateUser { .. } => "create_user",
            Self::DeleteUser { .. } => "delete_user",
        }
    }

    /// What of the user it acts on; empty for the user itself.
    #[must_use]
    pub fn object(&self) -> &str {
        match self {
            Self::SetKeyStatus { key, .. } | Self::DeleteKey { key } => key,
            Self::SetCredentialStatus { id, .. } | Self::DeleteCredential { id, .. } => id,
            Self::SetPolicy { name, .. } => name,
            Self::AttachPolicy { policy } | Self::DetachPolicy { policy } => policy,
            Self::JoinGroup { group } | Self::LeaveGroup { group } => group,
            Self::RemoveMfaDevice { serial } => serial,
            Self::DeletePassword | Self::CreateUser { .. } | Self::DeleteUser { .. } => "",
        }
    }

    /// Whether it takes something away. What switches off takes away as well; a policy may do either, so it counts.
    #[must_use]
    pub fn is_removal(&self) -> bool {
        match self {
            Self::SetKeyStatus { to, .. } => *to != AccessKeyStatus::Active,
            Self::SetCredentialStatus { active, .. } => !active,
            Self::AttachPolicy { .. } | Self::JoinGroup { .. } | Self::CreateUser { .. } => false,
            _ => true,
        }
    }

    /// What it relies on, of what it acts on.
    #[must_use]
    pub fn relies_on(&self) -> IamClaim {
        match self.clone() {
            Self::SetKeyStatus { key, from, .. } => IamClaim::KeyIs { key, status: Some(from) },
            // A key that works is never deleted.
            Self::DeleteKey { key } => IamClaim::KeyIs { key, status: Some(AccessKeyStatus::Inactive) },
            Self::SetCredentialStatus { kind, id, active } => {
                IamClaim::CredentialIs { kind, id, active: Some(!active) }
            }
            Self::DeleteCredential { kind, id } => IamClaim::CredentialIs { kind, id, active: Some(false) },
            Self::SetPolicy { name, from, .. } => IamClaim::PolicyIs { name, document: from },
            Self::AttachPolicy { policy } => IamClaim::PolicyAttached { policy, attached: false },
            Self::DetachPolicy { policy } => IamClaim::PolicyAttached { policy, attached: true },
            Self::JoinGroup { group } => IamClaim::InGroup { group, member: false },
            Self::LeaveGroup { group } => IamClaim::InGroup { group, member: true },
            Self::DeletePassword => IamClaim::HasPassword { password: true },
            Self::RemoveMfaDevice { serial } => IamClaim::HasMfaDevice { serial, there: true },
            Self::CreateUser { .. } => IamClaim::NoUser,
            Self::DeleteUser { definition } => IamClaim::UserIs { id: definition.id },
        }
    }

    /// What it makes true.
    #[must_use]
    pub fn makes_true(&self) -> IamClaim {
        match self.clone() {
            Self::SetKeyStatus { key, to, .. } => IamClaim::KeyIs { key, status: Some(to) },
            Self::DeleteKey { key } => IamClaim::KeyIs { key, status: None },
            Self::SetCredentialStatus { kind, id, active } => IamClaim::CredentialIs { kind, id, active: Some(active) },
            Self::DeleteCredential { kind, id } => IamClaim::CredentialIs { kind, id, active: None },
            Self::SetPolicy { name, to, .. } => IamClaim::PolicyIs { name, document: to },
            Self::AttachPolicy { policy } => IamClaim::PolicyAttached { policy, attached: true },
            Self::DetachPolicy { policy } => IamClaim::PolicyAttached { policy, attached: false },
            Self::JoinGroup { group } => IamClaim::InGroup { group, member: true },
            Self::LeaveGroup { group } => IamClaim::InGroup { group, member: false },
            Self::DeletePassword => IamClaim::HasPassword { password: false },
            Self::RemoveMfaDevice { serial } => IamClaim::HasMfaDevice { serial, there: false },
            Self::CreateUser { mark, .. } => IamClaim::UserIsMarked { mark },
            Self::DeleteUser { .. } => IamClaim::NoUser,
        }
    }

    /// Whether one call makes it: refused, nothing of it was done.
    #[must_use]
    pub fn is_one_call(&self) -> bool {
        !matches!(self, Self::RemoveMfaDevice { .. })
    }

    /// Whether "not found" as an answer means that it is done.
    #[must_use]
    pub fn is_done_when_gone(&self) -> bool {
        matches!(
            self,
            Self::DeleteKey { .. }
                | Self::DeleteCredential { .. }
                | Self::SetPolicy { to: None, .. }
                | Self::DetachPolicy { .. }
                | Self::LeaveGroup { .. }
                | Self::DeletePassword
                | Self::RemoveMfaDevice { .. }
                | Self::DeleteUser { .. }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam_user::IamUserRef;
    use crate::id::AccountId;
    use crate::{Change, Claim};

    /// A password for repositories was switched off, and the journal could not be read any more: `kind` stood in it twice.
    #[test]
    fn every_step_and_its_claims_read_back_as_they_were_written() {
        let user = IamUserRef { account: AccountId::new("111122223333").unwrap(), name: "taro".to_owned() };
        let text = || Some("{}".to_owned());
        let mut steps = vec![
            IamStep::SetKeyStatus {
                key: "AKIA1".to_owned(),
                from: AccessKeyStatus::Active,
                to: AccessKeyStatus::Inactive,
            },
            IamStep::DeleteKey { key: "AKIA1".to_owned() },
            IamStep::SetPolicy { name: "own".to_owned(), from: text(), to: text() },
            IamStep::AttachPolicy { policy: "arn".to_owned() },
            IamStep::DetachPolicy { policy: "arn".to_owned() },
            IamStep::JoinGroup { group: "developers".to_owned() },
            IamStep::LeaveGroup { group: "developers".to_owned() },
            IamStep::DeletePassword,
            IamStep::RemoveMfaDevice { serial: "GAHT1".to_owned() },
            IamStep::CreateUser { path: "/".to_owned(), tags: BTreeMap::new(), boundary: text(), mark: "A".to_owned() },
        ];
        for kind in [
            OtherCredentialKind::SshPublicKey,
            OtherCredentialKind::ServiceSpecificCredential,
            OtherCredentialKind::SigningCertificate,
        ] {
            steps.push(IamStep::SetCredentialStatus { kind, id: "ACCA1".to_owned(), active: false });
            steps.push(IamStep::DeleteCredential { kind, id: "ACCA1".to_owned() });
        }
        for step in steps {
            for says in [step.relies_on(), step.makes_true()] {
                let claim = Claim::Iam { user: user.clone(), says };
                let written = serde_json::to_string(&claim).unwrap();
                assert_eq!(serde_json::from_str::<Claim>(&written).unwrap(), claim, "{written}");
            }
            let change = Change::IamUser { user: user.clone(), step };
            let written = serde_json::to_string(&change).unwrap();
            assert_eq!(serde_json::from_str::<Change>(&written).unwrap(), change, "{written}");
        }
    }
}
