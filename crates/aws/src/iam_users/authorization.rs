//! Users, groups, roles and managed policies of an account, with all their policies: `GetAccountAuthorizationDetails`.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::types::{AttachedPolicy, GroupDetail, ManagedPolicyDetail, PolicyDetail, RoleDetail, Tag, UserDetail};
use aws_smithy_types::DateTime;
use jiff::Timestamp;
use model::iam_user::{IamAccount, IamGroup, IamRole, IamUser};
use model::reading::Reading;
use percent_encoding::percent_decode_str;
use ports::AwsError;

use super::session::Session;
use crate::api;
use crate::client::timestamp;
use crate::error::odd_answer;
use crate::page::{Page, pages, whole};

/// Most items on a page of IAM.
pub(super) const PAGE_SIZE: i32 = 1000;

/// An item of the listing.
enum Detail {
    User(Box<IamUser>),
    Group(String, IamGroup),
    Role(String, IamRole),
    Policy(String, String),
}

impl Detail {
    /// Kind and name: an item that comes twice is known by it.
    fn key(&self) -> (u8, String) {
        match self {
            Self::User(user) => (0, user.name.clone()),
            Self::Group(name, _) => (1, name.clone()),
            Self::Role(name, _) => (2, name.clone()),
            Self::Policy(arn, _) => (3, arn.clone()),
        }
    }
}

impl Session {
    /// The account as the listing tells it; what it does not tell of users is unknown still.
    pub(super) async fn authorization(&self) -> Result<IamAccount, AwsError> {
        let api = &api::AUTHORIZATION_DETAILS;
        let details = pages(api, Detail::key, |marker| async move {
            let marker = &marker;
            let answer = self
                .call(api, |iam| {
                    let call = iam.get_account_authorization_details().max_items(PAGE_SIZE);
                    call.set_marker(marker.clone()).send()
                })
                .await?;
            let next = next(api, answer.is_truncated(), answer.marker())?;
            let users = answer.user_detail_list.unwrap_or_default().into_iter().map(user);
            let groups = answer.group_detail_list.unwrap_or_default().into_iter().map(group);
            let roles = answer.role_detail_list.unwrap_or_default().into_iter().map(role);
            let policies = answer.policies.unwrap_or_default().into_iter().map(policy);
            Page::of(users.chain(groups).chain(roles).chain(policies), next)
        });
        let mut account = IamAccount::default();
        for detail in whole(details.await)? {
            match detail {
                Detail::User(user) => drop(account.users.insert(user.name.clone(), *user)),
                Detail::Group(name, group) => drop(account.groups.insert(name, group)),
                Detail::Role(name, role) => drop(account.roles.insert(name, role)),
                Detail::Policy(arn, text) => drop(account.managed_policies.insert(arn, text)),
            }
        }
        forget_others(&mut account);
        Ok(account)
    }
}

/// Of AWS's own policies only those stay that concern a user: the others are many and long.
fn forget_others(account: &mut IamAccount) {
    let users = account.users.values();
    let of_users = users.flat_map(|user| user.attached_policies.iter().chain(&user.permissions_boundary));
    let of_groups = account.groups.values().flat_map(|group| &group.attached_policies);
    let used: BTreeSet<String> = of_users.chain(of_groups).cloned().collect();
    account.managed_policies.retain(|arn, _| arn.split(':').nth(4) != Some("aws") || used.contains(arn));
}

/// Where the next page starts. A list that says it goes on and does not say where is not whole.
pub(super) fn next(api: &api::Api, truncated: bool, marker: Option<&str>) -> Result<Option<String>, AwsError> {
    match (truncated, marker.filter(|marker| !marker.is_empty())) {
        (false, _) => Ok(None),
        (true, Some(marker)) => Ok(Some(marker.to_owned())),
        (true, None) => Err(odd_answer(api, "a page without Marker that is not the last")),
    }
}

fn user(detail: UserDetail) -> Result<Detail, AwsError> {
    let unread = || "not read".to_owned();
    let name = named(detail.user_name, "a user without UserName")?;
    Ok(Detail::User(Box::new(IamUser {
        id: named(detail.user_id, "a user without UserId")?,
        arn: named(detail.arn, "a user without Arn")?,
        path: detail.path.unwrap_or_else(|| "/".to_owned()),
        created: time(detail.create_date.as_ref(), "a user without CreateDate")?,
        tags: tags(detail.tags),
        groups: detail.group_list.unwrap_or_default(),
        attached_policies: attached(detail.attached_managed_policies)?,
        inline_policies: inline(detail.user_policy_list)?,
        permissions_boundary: detail.permissions_boundary.and_then(|boundary| boundary.permissions_boundary_arn),
        password: Reading::unknown(unread()),
        access_keys: Reading::unknown(unread()),
        mfa_devices: Reading::unknown(unread()),
        other_credentials: Reading::unknown(unread()),
        services_last_accessed: Reading::unknown(unread()),
        name,
    })))
}

fn group(detail: GroupDetail) -> Result<Detail, AwsError> {
    let name = named(detail.group_name, "a group without GroupName")?;
    let path = format!("{}{name}", detail.path.as_deref().unwrap_or("/"));
    let group = IamGroup {
        path,
        attached_policies: attached(detail.attached_managed_policies)?,
        inline_policies: inline(detail.group_policy_list)?,
    };
    Ok(Detail::Group(name, group))
}

fn role(detail: RoleDetail) -> Result<Detail, AwsError> {
    let name = named(detail.role_name, "a role without RoleName")?;
    let role = IamRole {
        arn: named(detail.arn, "a role without Arn")?,
        trust_policy: document(detail.assume_role_policy_document.as_deref().unwrap_or_default())?,
        tags: tags(detail.tags),
    };
    Ok(Detail::Role(name, role))
}

fn policy(detail: ManagedPolicyDetail) -> Result<Detail, AwsError> {
    let arn = named(detail.arn, "a policy without Arn")?;
    let versions = detail.policy_version_list.unwrap_or_default();
    let default = detail.default_version_id.as_deref();
    let found = versions.iter().find(|version| version.is_default_version() || version.version_id() == default);
    let text = found.and_then(|version| version.document());
    let text =
        text.ok_or_else(|| odd_answer(&api::AUTHORIZATION_DETAILS, format!("{arn} without a default version")))?;
    Ok(Detail::Policy(arn, document(text)?))
}

fn named(text: Option<String>, missing: &str) -> Result<String, AwsError> {
    text.filter(|text| !text.is_empty()).ok_or_else(|| odd_answer(&api::AUTHORIZATION_DETAILS, missing))
}

fn time(time: Option<&DateTime>, missing: &str) -> Result<Timestamp, AwsError> {
    time.and_then(timestamp).ok_or_else(|| odd_answer(&api::AUTHORIZATION_DETAILS, missing))
}

fn tags(tags: Option<Vec<Tag>>) -> BTreeMap<String, String> {
    tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect()
}

fn attached(policies: Option<Vec<AttachedPolicy>>) -> Result<Vec<String>, AwsError> {
    let policies = policies.unwrap_or_default().into_iter();
    policies.map(|policy| named(policy.policy_arn, "an attached policy without PolicyArn")).collect()
}

fn inline(policies: Option<Vec<PolicyDetail>>) -> Result<BTreeMap<String, String>, AwsError> {
    let policies = policies.unwrap_or_default().into_iter();
    let read = policies.map(|policy| {
        let name = named(policy.policy_name, "an inline policy without PolicyName")?;
        Ok((name, document(policy.policy_document.as_deref().unwrap_or_default())?))
    });
    read.collect()
}

/// IAM writes documents percent-encoded.
fn document(text: &str) -> Result<String, AwsError> {
    match percent_decode_str(text).decode_utf8() {
        Ok(text) if !text.is_empty() => Ok(text.into_owned()),
        Ok(_) => Err(odd_answer(&api::AUTHORIZATION_DETAILS, "a policy without a document")),
        Err(_) => Err(odd_answer(&api::AUTHORIZATION_DETAILS, "a policy that is not UTF-8")),
    }
}
