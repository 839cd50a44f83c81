//! IAM of one account.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::center::SetContent;
use super::form;
use super::iam_policy::Policy;
use super::iam_provider::{InstanceProfile, OidcProvider, PasswordPolicy, SamlProvider, ServerCertificate};
use super::iam_user::{Device, User};
use super::id::AccountId;
use super::organization::Tags;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct AccountIam {
    /// By name.
    pub(crate) users: BTreeMap<String, User>,
    /// By name.
    pub(crate) groups: BTreeMap<String, Group>,
    /// By name.
    pub(crate) roles: BTreeMap<String, Role>,
    /// By path and name, as they stand in the ARN after `:policy` (`/team/deploy`).
    pub(crate) policies: BTreeMap<String, Policy>,
    /// Virtual MFA devices by their ARN.
    pub(crate) devices: BTreeMap<String, Device>,
    pub(crate) alias: Option<String>,
    /// The latest credential report: when it was asked for, and its text.
    pub(crate) report: Option<(Timestamp, String)>,
    /// Jobs of GenerateServiceLastAccessedDetails: when started, whose ARN.
    pub(crate) access_jobs: BTreeMap<String, (Timestamp, String)>,
    /// When each principal (ARN of user or role) last called each service, and in which Region.
    #[serde(with = "form::accessed")]
    pub(crate) accessed: BTreeMap<(String, &'static str), (Timestamp, String)>,
    /// By URL without the scheme.
    pub(crate) oidc_providers: BTreeMap<String, OidcProvider>,
    /// By name.
    pub(crate) saml_providers: BTreeMap<String, SamlProvider>,
    /// By name.
    pub(crate) instance_profiles: BTreeMap<String, InstanceProfile>,
    /// By name.
    pub(crate) server_certificates: BTreeMap<String, ServerCertificate>,
    pub(crate) password_policy: Option<PasswordPolicy>,
    /// Ids of deletions of service-linked roles; here all of them have succeeded.
    pub(crate) role_deletions: BTreeSet<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Role {
    /// `AROA…`
    pub(crate) id: String,
    pub(crate) path: String,
    pub(crate) created_at: Timestamp,
    pub(crate) description: Option<String>,
    #[serde(with = "form::arc")]
    pub(crate) trust: Arc<str>,
    pub(crate) max_session_seconds: u64,
    pub(crate) tags: Tags,
    pub(crate) rights: Rights,
}

/// A group of users.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Group {
    /// `AGPA…`
    pub(crate) id: String,
    pub(crate) path: String,
    pub(crate) created_at: Timestamp,
    pub(crate) rights: OwnRights,
}

/// What a role may do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Rights {
    /// A copy of a permission set as it was when it was provisioned.
    #[serde(with = "form::content")]
    Reserved(Arc<SetContent>),
    /// Policies given to the role itself.
    Own(OwnRights),
}

/// Policies of one user, group or role.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct OwnRights {
    /// ARNs in the order they were attached.
    pub(crate) attached: Vec<String>,
    /// Documents by name.
    pub(crate) inline: BTreeMap<String, String>,
    /// ARN of the permissions boundary; a group has none.
    pub(crate) boundary: Option<String>,
}

impl Role {
    pub(crate) fn arn(&self, account: AccountId, name: &str) -> String {
        format!("arn:aws:iam::{account}:role{}{name}", self.path)
    }

    /// Whether Identity Center made it.
    pub(crate) fn is_reserved(&self) -> bool {
        matches!(self.rights, Rights::Reserved(_))
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

impl Group {
    pub(crate) fn arn(&self, account: AccountId, name: &str) -> String {
        format!("arn:aws:iam::{account}:group{}{name}", self.path)
    }
}

impl AccountIam {
    /// The names of a user's groups.
    pub(crate) fn groups_of<'a>(&'a self, user: &'a User) -> impl Iterator<Item = (&'a str, &'a Group)> {
        user.groups
            .iter()
            .filter_map(|name| self.groups.get_key_value(name))
            .map(|(name, group)| (name.as_str(), group))
    }

    /// How many users, groups and roles a policy is attached to.
    pub(crate) fn attachments(&self, account: AccountId, arn: &str) -> usize {
        let holds = |rights: &OwnRights| rights.attached.iter().any(|attached| attached == arn);
        let users = self.users.values().filter(|user| holds(&user.rights)).count();
        let groups = self.groups.values().filter(|group| holds(&group.rights)).count();
        let roles = self.roles.values().filter(|role| match &role.rights {
            Rights::Own(own) => holds(own),
            Rights::Reserved(content) => {
                content.managed.iter().any(|managed| managed == arn)
                    || content.customer.iter().any(|policy| policy.arn(account) == arn)
            }
        });
        users + groups + roles.count()
    }

    /// How many users and roles have a policy as their boundary.
    pub(crate) fn boundary_uses(&self, account: AccountId, arn: &str) -> usize {
        let users = self.users.values().filter(|user| user.rights.boundary.as_deref() == Some(arn)).count();
        users + self.roles.values().filter(|role| role.boundary(account).as_deref() == Some(arn)).count()
    }

    /// When a principal last called anything, and in which Region.
    pub(crate) fn last_call(&self, arn: &str) -> Option<(Timestamp, String)> {
        let from = (arn.to_owned(), "");
        let calls = self.accessed.range(from..).take_while(|((caller, _), _)| caller == arn);
        calls.map(|(_, call)| call.clone()).max_by_key(|(at, _)| *at)
    }

    /// The users and roles whose calls count for this ARN: itself, or the members of a group, or those that a policy is
    /// attached to.
    pub(crate) fn members(&self, account: AccountId, arn: &str) -> Vec<String> {
        let groups: Vec<&str> = self
            .groups
            .iter()
            .filter(|(name, group)| {
                group.arn(account, name) == arn || group.rights.attached.iter().any(|held| held == arn)
            })
            .map(|(name, _)| name.as_str())
            .collect();
        let users = self.users.iter().map(|(name, user)| (user.arn(account, name), user));
        let users = users.filter(|(own, user)| {
            own == arn
                || user.rights.attached.iter().any(|held| held == arn)
                || groups.iter().any(|group| user.groups.contains(*group))
        });
        let roles = self.roles.iter().map(|(name, role)| (role.arn(account, name), role));
        let roles = roles.filter(|(own, role)| own == arn || role.attached(account).iter().any(|held| held == arn));
        users.map(|(arn, _)| arn).chain(roles.map(|(arn, _)| arn)).collect()
    }
}
