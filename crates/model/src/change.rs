//! The changes Sekisho can make in AWS, as data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::iam_change::IamStep;
use crate::iam_user::IamUserRef;
use crate::id::{AccountId, ManagedPolicyArn, OperationId, PermissionSetArn, PermissionSetName, short_hash};
use crate::permission_set::{Attributes, CustomerManagedPolicy, PermissionsBoundary};
use crate::principal::PrincipalId;

/// A permission set by name, and by ARN unless the same plan creates it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PermissionSetRef {
    /// Name.
    pub name: PermissionSetName,
    /// ARN as observed; none while the set is still to be created.
    pub arn: Option<PermissionSetArn>,
}

/// Which executor an operation needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// A delegated administrator may do it.
    Delegated,
    /// Only the management account may: the set is, or will be, provisioned there.
    Management,
    /// IAM of this account, entered through its door.
    Account(AccountId),
}

/// The limit an operation counts against besides the calls per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// Answered at once.
    Direct,
    /// Asynchronous assignment: at most 15 outstanding (quota of IAM Identity Center).
    Assignment,
    /// Provisioning: at most 3 at a time.
    Provisioning,
}

/// One change. Variants are called like the API calls they make, where there is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Change {
    /// Creates a set with its attributes and tags.
    CreatePermissionSet {
        /// The set; its ARN becomes known.
        set: PermissionSetRef,
        /// Description, session duration, relay state.
        attributes: Attributes,
        /// Tags, the deployment's included.
        tags: BTreeMap<String, String>,
    },
    /// Changes description, session duration, relay state.
    UpdatePermissionSet {
        /// The set.
        set: PermissionSetRef,
        /// As they were.
        from: Attributes,
        /// As they shall be.
        to: Attributes,
    },
    /// Deletes a set that no account has any more.
    DeletePermissionSet {
        /// The set.
        set: PermissionSetRef,
    },
    /// Attaches an AWS managed policy.
    AttachManagedPolicy {
        /// The set.
        set: PermissionSetRef,
        /// The policy.
        policy: ManagedPolicyArn,
    },
    /// Detaches an AWS managed policy.
    DetachManagedPolicy {
        /// The set.
        set: PermissionSetRef,
        /// The policy.
        policy: ManagedPolicyArn,
    },
    /// Attaches a reference to a customer managed policy.
    AttachCustomerManagedPolicy {
        /// The set.
        set: PermissionSetRef,
        /// The policy.
        policy: CustomerManagedPolicy,
    },
    /// Detaches a reference to a customer managed policy.
    DetachCustomerManagedPolicy {
        /// The set.
        set: PermissionSetRef,
        /// The policy.
        policy: CustomerManagedPolicy,
    },
    /// Puts the inline policy, or deletes it (`to` is none).
    SetInlinePolicy {
        /// The set.
        set: PermissionSetRef,
        /// Text as it was.
        from: Option<String>,
        /// Text as it shall be.
        to: Option<String>,
    },
    /// Puts the permissions boundary, or deletes it.
    SetPermissionsBoundary {
        /// The set.
        set: PermissionSetRef,
        /// As it was.
        from: Option<PermissionsBoundary>,
        /// As it shall be.
        to: Option<PermissionsBoundary>,
    },
    /// Puts a tag, or removes it.
    SetTag {
        /// The set.
        set: PermissionSetRef,
        /// Key of the tag.
        key: String,
        /// Value as it was.
        from: Option<String>,
        /// Value as it shall be.
        to: Option<String>,
    },
    /// Brings an account to the newest version of a set.
    Provision {
        /// The set.
        set: PermissionSetRef,
        /// The account.
        account: AccountId,
    },
    /// Lets a principal into an account with a set (`CreateAccountAssignment`).
    Assign {
        /// The set.
        set: PermissionSetRef,
        /// The account.
        account: AccountId,
        /// Who.
        principal: PrincipalId,
    },
    /// Takes it back (`DeleteAccountAssignment`).
    Withdraw {
        /// The set.
        set: PermissionSetRef,
        /// The account.
        account: AccountId,
        /// Who.
        principal: PrincipalId,
    },
    /// Changes an IAM user.
    IamUser {
        /// The user.
        user: IamUserRef,
        /// What is done to it.
        #[serde(flatten)]
        step: IamStep,
    },
}

impl Change {
    /// Name of the change in snake case: the variant's as in JSON, or the step's.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::CreatePermissionSet { .. } => "create_permission_set",
            Self::UpdatePermissionSet { .. } => "update_permission_set",
            Self::DeletePermissionSet { .. } => "delete_permission_set",
            Self::AttachManagedPolicy { .. } => "attach_managed_policy",
            Self::DetachManagedPolicy { .. } => "detach_managed_policy",
            Self::AttachCustomerManagedPolicy { .. } => "attach_customer_managed_policy",
            Self::DetachCustomerManagedPolicy { .. } => "detach_customer_managed_policy",
            Self::SetInlinePolicy { .. } => "set_inline_policy",
            Self::SetPermissionsBoundary { .. } => "set_permissions_boundary",
            Self::SetTag { .. } => "set_tag",
            Self::Provision { .. } => "provision",
            Self::Assign { .. } => "assign",
            Self::Withdraw { .. } => "withdraw",
            Self::IamUser { step, .. } => step.kind(),
        }
    }

    /// The set it acts on, if it acts on one.
    #[must_use]
    pub fn set(&self) -> Option<&PermissionSetRef> {
        match self {
            Self::CreatePermissionSet { set, .. }
            | Self::UpdatePermissionSet { set, .. }
            | Self::DeletePermissionSet { set }
            | Self::AttachManagedPolicy { set, .. }
            | Self::DetachManagedPolicy { set, .. }
            | Self::AttachCustomerManagedPolicy { set, .. }
            | Self::DetachCustomerManagedPolicy { set, .. }
            | Self::SetInlinePolicy { set, .. }
            | Self::SetPermissionsBoundary { set, .. }
            | Self::SetTag { set, .. }
            | Self::Provision { set, .. }
            | Self::Assign { set, .. }
            | Self::Withdraw { set, .. } => Some(set),
            Self::IamUser { .. } => None,
        }
    }

    /// The IAM user it changes, if it changes one.
    #[must_use]
    pub fn iam_user(&self) -> Option<&IamUserRef> {
        match self {
            Self::IamUser { user, .. } => Some(user),
            _ => None,
        }
    }

    /// The account whose role it changes: no two such operations run at once.
    #[must_use]
    pub fn account(&self) -> Option<&AccountId> {
        match self {
            Self::Provision { account, .. } | Self::Assign { account, .. } | Self::Withdraw { account, .. } => {
                Some(account)
            }
            _ => None,
        }
    }

    /// The principal it is about.
    #[must_use]
    pub fn principal(&self) -> Option<&PrincipalId> {
        match self {
            Self::Assign { principal, .. } | Self::Withdraw { principal, .. } => Some(principal),
            _ => None,
        }
    }

    /// The limit it counts against.
    #[must_use]
    pub fn lane(&self) -> Lane {
        match self {
            Self::Assign { .. } | Self::Withdraw { .. } => Lane::Assignment,
            Self::Provision { .. } => Lane::Provisioning,
            _ => Lane::Direct,
        }
    }

    /// Whether it takes something away: rights, or a set. Such an operation rests on a fresh reading.
    #[must_use]
    pub fn is_removal(&self) -> bool {
        match self {
            Self::DeletePermissionSet { .. }
            | Self::DetachManagedPolicy { .. }
            | Self::DetachCustomerManagedPolicy { .. }
            | Self::Withdraw { .. } => true,
            Self::SetInlinePolicy { from, .. } => from.is_some(),
            // A boundary that comes takes rights away; one that goes gives them.
            Self::SetPermissionsBoundary { .. } => true,
            Self::SetTag { to, .. } => to.is_none(),
            Self::IamUser { step, .. } => step.is_removal(),
            _ => false,
        }
    }

    /// Whether one call makes it: refused, nothing of it was done.
    #[must_use]
    pub fn is_one_call(&self) -> bool {
        match self {
            Self::IamUser { step, .. } => step.is_one_call(),
            _ => true,
        }
    }

    /// Whether "not found" as an answer means that it is done.
    #[must_use]
    pub fn is_done_when_gone(&self) -> bool {
        match self {
            Self::IamUser { step, .. } => step.is_done_when_gone(),
            _ => self.is_removal(),
        }
    }

    /// What it acts on, as one line: the identity of the operation.
    #[must_use]
    pub fn identity(&self) -> String {
        let set = self.set().map_or("", |set| set.name.as_str());
        match self {
            Self::IamUser { user, step } => format!("{} {} {}", user.account, user.name, step.object()),
            Self::AttachManagedPolicy { policy, .. } | Self::DetachManagedPolicy { policy, .. } => {
                format!("{set} {policy}")
            }
            Self::AttachCustomerManagedPolicy { policy, .. } | Self::DetachCustomerManagedPolicy { policy, .. } => {
                format!("{set} {policy}")
            }
            Self::SetTag { key, .. } => format!("{set} {key}"),
            Self::Provision { account, .. } => format!("{set} {account}"),
            Self::Assign { account, principal, .. } | Self::Withdraw { account, principal, .. } => {
                format!("{set} {account} {principal}")
            }
            _ => set.to_string(),
        }
    }

    /// Stable id: two plans name the same change alike.
    ///
    /// # Panics
    /// Never: a hash is not empty.
    #[must_use]
    pub fn operation_id(&self) -> OperationId {
        let hash = short_hash([self.kind(), &self.identity()]);
        OperationId::new(format!("{}-{hash}", self.kind())).unwrap_or_else(|_| unreachable!("the text is not empty"))
    }
}
