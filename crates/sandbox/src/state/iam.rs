//! IAM of one account: roles and customer managed policies.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::center::SetContent;
use super::id::AccountId;
use super::organization::Tags;

#[derive(Debug, Clone, Default)]
pub(crate) struct AccountIam {
    /// By name.
    pub(crate) roles: BTreeMap<String, Role>,
    /// By path and name, as they stand in the ARN after `:policy` (`/team/deploy`).
    pub(crate) policies: BTreeMap<String, Policy>,
    pub(crate) alias: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Role {
    /// `AROA…`
    pub(crate) id: String,
    pub(crate) path: String,
    pub(crate) created_at: Timestamp,
    pub(crate) description: Option<String>,
    pub(crate) trust: Arc<str>,
    pub(crate) max_session_seconds: u64,
    pub(crate) tags: Tags,
    pub(crate) rights: Rights,
}

/// What a role may do.
#[derive(Debug, Clone)]
pub(crate) enum Rights {
    /// A copy of a permission set as it was when it was provisioned.
    Reserved(Arc<SetContent>),
    /// Policies given to the role itself.
    Own(OwnRights),
}

#[derive(Debug, Clone, Default)]
pub(crate) struct OwnRights {
    pub(crate) attached: Vec<String>,
    pub(crate) inline: BTreeMap<String, String>,
    pub(crate) boundary: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Policy {
    /// `ANPA…`
    pub(crate) id: String,
    pub(crate) document: String,
    pub(crate) description: Option<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) tags: Tags,
}

impl Role {
    pub(crate) fn arn(&self, account: AccountId, name: &str) -> String {
        format!("arn:aws:iam::{account}:role{}{name}", self.path)
    }

    /// ARNs of the attached policies.
    pub(crate) fn attached(&self, account: AccountId) -> Vec<String> {
        match &self.rights {
            Rights::Reserved(content) => {
                let customer = content.customer.iter().map(|policy| policy.arn(account));
                content.managed.iter().cloned().chain(customer).collect()
            }
            Rights::Own(own) => own.attached.clone(),
        }
    }

    /// Name and document of the inline policies.
    pub(crate) fn inline(&self) -> Vec<(&str, &str)> {
        match &self.rights {
            Rights::Reserved(content) => {
                content.inline.iter().map(|document| ("AwsSSOInlinePolicy", document.as_str())).collect()
            }
            Rights::Own(own) => own.inline.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect(),
        }
    }

    /// ARN of the permissions boundary.
    pub(crate) fn boundary(&self, account: AccountId) -> Option<String> {
        use super::center::Boundary;
        match &self.rights {
            Rights::Reserved(content) => content.boundary.as_ref().map(|boundary| match boundary {
                Boundary::Managed(arn) => arn.clone(),
                Boundary::Customer(policy) => policy.arn(account),
            }),
            Rights::Own(own) => own.boundary.clone(),
        }
    }
}
