//! Reading pieces of one IAM user again, through the door of its account.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_iam::types::{AccessKeyMetadata, StatusType, User};
use model::iam_change::{IamPart, IamPartValue, MARK};
use model::iam_user::{AccessKeyStatus, IamUserRef};
use model::id::AccountId;
use percent_encoding::percent_decode_str;
use ports::{AwsError, AwsErrorKind, IamDoor};
use tokio::sync::OnceCell;

use super::authorization::next;
use super::credentials::password_use;
use super::session::Session;
use crate::api::{self, Api};
use crate::client::Client;
use crate::error::{odd_answer, own_error, said};
use crate::page::{Page, pages, whole};

/// Accounts that were entered, each once.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<AccountId, Arc<OnceCell<Session>>>>);

impl Sessions {
    fn of(&self, account: &AccountId) -> Arc<OnceCell<Session>> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(held.entry(account.clone()).or_default())
    }
}

/// An account that was entered, kept as long as somebody works in it.
pub(super) struct Entered(Arc<OnceCell<Session>>);

impl Entered {
    pub(super) fn session(&self) -> Result<&Session, AwsError> {
        self.0
            .get()
            .ok_or_else(|| own_error(&api::GET_IAM_USER, AwsErrorKind::Transient, "the account was not entered"))
    }
}

impl Client {
    /// Enters the account, or stays in it.
    pub(super) async fn entered(&self, account: &AccountId) -> Result<Entered, AwsError> {
        let cell = self.sessions.of(account);
        cell.get_or_try_init(|| async {
            let door = self.door(account).await?;
            Session::open(&self.inner, account, &door).await
        })
        .await?;
        Ok(Entered(cell))
    }

    async fn door(&self, account: &AccountId) -> Result<IamDoor, AwsError> {
        let doors = &self.inner.doors;
        if let Some(door) = doors.named.get(account) {
            return Ok(door.clone());
        }
        if self.inner.caller().await?.0 == *account {
            return Ok(IamDoor::Own);
        }
        doors.role.clone().map(IamDoor::RoleNamed).ok_or_else(|| {
            let message = format!("no role is named through which account {account} can be entered");
            own_error(&api::ASSUME_ROLE, AwsErrorKind::AccessDenied, message)
        })
    }

    /// Reads a piece of a user now.
    ///
    /// # Errors
    /// When it cannot be read. Where there is no such user AWS says so (not found), but for the user itself.
    pub(crate) async fn read_iam_part(&self, user: &IamUserRef, of: &IamPart) -> Result<IamPartValue, AwsError> {
        let entered = self.entered(&user.account).await?;
        let session = entered.session()?;
        let name = user.name.as_str();
        Ok(match of {
            IamPart::User => IamPartValue::User(session.user_id(name).await?),
            IamPart::Keys => IamPartValue::Keys(session.key_states(name).await?),
            IamPart::Credentials => {
                let (ssh, services, certificates) = tokio::try_join!(
                    Box::pin(session.ssh_keys(name)),
                    Box::pin(session.service_credentials(name)),
                    Box::pin(session.certificates(name)),
                )?;
                let all = ssh.into_iter().chain(services).chain(certificates);
                IamPartValue::Credentials(all.map(|one| (one.kind, one.id, one.active)).collect())
            }
            IamPart::Policy(policy) => IamPartValue::Policy(session.inline_policy(name, policy).await?),
            IamPart::Attached => IamPartValue::Attached(session.attached_policies(name).await?),
            IamPart::Groups => IamPartValue::Groups(session.groups(name).await?),
            IamPart::Password => IamPartValue::Password(session.has_password(name).await?),
            IamPart::MfaDevices => IamPartValue::MfaDevices(session.listed_mfa_devices(name).await?),
            IamPart::Policies => IamPartValue::Policies(session.inline_policies(name).await?),
            IamPart::Profile => session.profile(name).await?,
            IamPart::KeyUse(key) => IamPartValue::LastUse(session.key_use(key).await?),
            IamPart::PasswordUse => {
                let used = session.found(name).await?.password_last_used;
                IamPartValue::LastUse(password_use(used.as_ref()))
            }
        })
    }
}

impl Session {
    /// The user now; not found is an error.
    async fn found(&self, user: &str) -> Result<User, AwsError> {
        let api = &api::GET_IAM_USER;
        let answer = self.call(api, |iam| iam.get_user().user_name(user).send()).await?;
        let found = answer.user.ok_or_else(|| odd_answer(api, "no User"))?;
        // Without a name AWS answers with the caller's own user: never take one for another.
        if !found.user_name.eq_ignore_ascii_case(user) {
            return Err(odd_answer(api, format!("the user {}", found.user_name)));
        }
        Ok(found)
    }

    async fn profile(&self, user: &str) -> Result<IamPartValue, AwsError> {
        let found = self.found(user).await?;
        let boundary = found.permissions_boundary.and_then(|boundary| boundary.permissions_boundary_arn);
        let tags = found.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect();
        Ok(IamPartValue::Profile { path: found.path, boundary, tags })
    }

    async fn user_id(&self, user: &str) -> Result<Option<(String, Option<String>)>, AwsError> {
        match self.found(user).await {
            Ok(found) => {
                let tags = found.tags.unwrap_or_default();
                let mark = tags.into_iter().find(|tag| tag.key == MARK).map(|tag| tag.value);
                Ok(Some((found.user_id, mark)))
            }
            Err(error) if error.kind == AwsErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn key_states(&self, user: &str) -> Result<BTreeMap<String, AccessKeyStatus>, AwsError> {
        let listed = self.listed_keys(user).await?;
        listed.iter().map(|key| Ok((key_id(key)?, key_status(key)?))).collect()
    }

    async fn inline_policy(&self, user: &str, policy: &str) -> Result<Option<String>, AwsError> {
        let api = &api::GET_USER_POLICY;
        match self.call(api, |iam| iam.get_user_policy().user_name(user).policy_name(policy).send()).await {
            Ok(answer) => {
                let text = percent_decode_str(&answer.policy_document).decode_utf8();
                Ok(Some(text.map_err(|_| odd_answer(api, "a policy that is not UTF-8"))?.into_owned()))
            }
            Err(error) if error.kind == AwsErrorKind::NotFound => {
                // No such policy, or no such user: the latter is for whoever asked to know.
                match self.user_id(user).await? {
                    Some(_) => Ok(None),
                    None => Err(error),
                }
            }
            Err(error) => Err(error),
        }
    }

    async fn inline_policies(&self, user: &str) -> Result<BTreeMap<String, String>, AwsError> {
        let api = &api::LIST_USER_POLICIES;
        let names = pages(api, String::clone, |marker| async move {
            let marker = &marker;
            let answer = self
                .call(api, |iam| iam.list_user_policies().user_name(user).set_marker(marker.clone()).send())
                .await?;
            let next = next(api, answer.is_truncated(), answer.marker())?;
            Page::of(answer.policy_names.into_iter().map(Ok), next)
        });
        let mut policies = BTreeMap::new();
        for name in whole(names.await)? {
            // One that went away meanwhile is not there.
            if let Some(text) = self.inline_policy(user, &name).await? {
                policies.insert(name, text);
            }
        }
        Ok(policies)
    }

    async fn attached_policies(&self, user: &str) -> Result<BTreeSet<String>, AwsError> {
        let api = &api::LIST_ATTACHED_USER_POLICIES;
        let policies = pages(api, String::clone, |marker| async move {
            let marker = &marker;
            let answer = self
                .call(api, |iam| iam.list_attached_user_policies().user_name(user).set_marker(marker.clone()).send())
                .await?;
            let next = next(api, answer.is_truncated(), answer.marker())?;
            let attached = answer.attached_policies.unwrap_or_default().into_iter();
            Page::of(
                attached.map(|one| one.policy_arn.ok_or_else(|| odd_answer(api, "a policy without PolicyArn"))),
                next,
            )
        });
        Ok(whole(policies.await)?.into_iter().collect())
    }

    async fn groups(&self, user: &str) -> Result<BTreeSet<String>, AwsError> {
        let api = &api::LIST_GROUPS_FOR_USER;
        let groups = pages(api, String::clone, |marker| async move {
            let marker = &marker;
            let answer = self
                .call(api, |iam| iam.list_groups_for_user().user_name(user).set_marker(marker.clone()).send())
                .await?;
            let next = next(api, answer.is_truncated(), answer.marker())?;
            Page::of(answer.groups.into_iter().map(|group| Ok(group.group_name)), next)
        });
        Ok(whole(groups.await)?.into_iter().collect())
    }

    async fn has_password(&self, user: &str) -> Result<bool, AwsError> {
        let api = &api::GET_LOGIN_PROFILE;
        match self.call(api, |iam| iam.get_login_profile().user_name(user).send()).await {
            Ok(_) => Ok(true),
            Err(error) if error.kind == AwsErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

fn key_id(key: &AccessKeyMetadata) -> Result<String, AwsError> {
    let api: &Api = &api::LIST_ACCESS_KEYS;
    key.access_key_id().map(str::to_owned).ok_or_else(|| odd_answer(api, "a key without AccessKeyId"))
}

/// What AWS says of a key's status.
pub(super) fn key_status(key: &AccessKeyMetadata) -> Result<AccessKeyStatus, AwsError> {
    match key.status().map(StatusType::as_str) {
        Some("Active") => Ok(AccessKeyStatus::Active),
        Some("Inactive") => Ok(AccessKeyStatus::Inactive),
        Some("Expired") => Ok(AccessKeyStatus::Expired),
        other => {
            let id = key.access_key_id().unwrap_or_default();
            Err(odd_answer(&api::LIST_ACCESS_KEYS, format!("{id} with Status {}", said(other))))
        }
    }
}
