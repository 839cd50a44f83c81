//! Changing one IAM user, through the door of its account.

use std::collections::BTreeMap;
use std::fmt;

use aws_sdk_iam::types::{StatusType, Tag};
use model::iam_change::{IamStep, MARK};
use model::iam_user::{AccessKeyStatus, IamUserRef, OtherCredentialKind};
use ports::{AwsError, AwsErrorKind, Started};

use super::session::Session;
use crate::api;
use crate::client::Client;
use crate::error::{odd_answer, own_error};
use crate::write::DONE;

/// An access key as AWS tells it once and never again.
pub struct NewAccessKey {
    /// `AKIA…`
    pub id: String,
    /// Its secret: for whoever asked for the key, and for nobody's log.
    pub secret: String,
}

impl fmt::Debug for NewAccessKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("NewAccessKey").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Client {
    /// Makes a change of a user.
    pub(crate) async fn change_iam_user(&self, user: &IamUserRef, step: &IamStep) -> Result<Started, AwsError> {
        let entered = self.entered(&user.account).await?;
        entered.session()?.change(&user.name, step).await?;
        Ok(DONE)
    }

    /// Makes a new access key for a user.
    ///
    /// # Errors
    /// When AWS refuses: a user has two keys at most.
    pub async fn create_access_key(&self, user: &IamUserRef) -> Result<NewAccessKey, AwsError> {
        let api = &api::CREATE_ACCESS_KEY;
        let entered = self.entered(&user.account).await?;
        let name = user.name.as_str();
        let answer = entered.session()?.call(api, |iam| iam.create_access_key().user_name(name).send()).await?;
        let key = answer.access_key.ok_or_else(|| odd_answer(api, "no AccessKey"))?;
        Ok(NewAccessKey { id: key.access_key_id, secret: key.secret_access_key })
    }
}

impl Session {
    async fn change(&self, user: &str, step: &IamStep) -> Result<(), AwsError> {
        match step {
            IamStep::SetKeyStatus { key, to, .. } => {
                let status = status(*to == AccessKeyStatus::Active);
                let api = &api::UPDATE_ACCESS_KEY;
                self.call(api, |iam| {
                    iam.update_access_key().user_name(user).access_key_id(key).status(status.clone()).send()
                })
                .await?;
            }
            IamStep::DeleteKey { key } => {
                let api = &api::DELETE_ACCESS_KEY;
                self.call(api, |iam| iam.delete_access_key().user_name(user).access_key_id(key).send()).await?;
            }
            IamStep::SetCredentialStatus { kind, id, active } => self.set_credential(user, *kind, id, *active).await?,
            IamStep::DeleteCredential { kind, id } => self.delete_credential(user, *kind, id).await?,
            IamStep::SetPolicy { name, to, .. } => self.set_policy(user, name, to.as_deref()).await?,
            IamStep::AttachPolicy { policy } => {
                let api = &api::ATTACH_USER_POLICY;
                self.call(api, |iam| iam.attach_user_policy().user_name(user).policy_arn(policy).send()).await?;
            }
            IamStep::DetachPolicy { policy } => {
                let api = &api::DETACH_USER_POLICY;
                self.call(api, |iam| iam.detach_user_policy().user_name(user).policy_arn(policy).send()).await?;
            }
            IamStep::JoinGroup { group } => {
                let api = &api::ADD_USER_TO_GROUP;
                self.call(api, |iam| iam.add_user_to_group().user_name(user).group_name(group).send()).await?;
            }
            IamStep::LeaveGroup { group } => {
                let api = &api::REMOVE_USER_FROM_GROUP;
                self.call(api, |iam| iam.remove_user_from_group().user_name(user).group_name(group).send()).await?;
            }
            IamStep::DeletePassword => {
                let api = &api::DELETE_LOGIN_PROFILE;
                self.call(api, |iam| iam.delete_login_profile().user_name(user).send()).await?;
            }
            IamStep::RemoveMfaDevice { serial } => self.remove_mfa_device(user, serial).await?,
            IamStep::CreateUser { path, tags, boundary, mark } => {
                let mut tags = tags.clone();
                tags.insert(MARK.to_owned(), mark.clone());
                self.create_user(user, path, &tags, boundary.as_deref()).await?;
            }
            IamStep::DeleteUser { .. } => {
                self.call(&api::DELETE_USER, |iam| iam.delete_user().user_name(user).send()).await?;
            }
        }
        Ok(())
    }

    async fn set_policy(&self, user: &str, name: &str, to: Option<&str>) -> Result<(), AwsError> {
        match to {
            Some(document) => {
                self.call(&api::PUT_USER_POLICY, |iam| {
                    iam.put_user_policy().user_name(user).policy_name(name).policy_document(document).send()
                })
                .await?;
            }
            None => {
                self.call(&api::DELETE_USER_POLICY, |iam| {
                    iam.delete_user_policy().user_name(user).policy_name(name).send()
                })
                .await?;
            }
        }
        Ok(())
    }

    async fn create_user(
        &self,
        user: &str,
        path: &str,
        tags: &BTreeMap<String, String>,
        boundary: Option<&str>,
    ) -> Result<(), AwsError> {
        let api = &api::CREATE_USER;
        let tag = |(key, value): (&String, &String)| {
            let built = Tag::builder().key(key).value(value).build();
            built.map_err(|error| own_error(api, AwsErrorKind::Invalid, error.to_string()))
        };
        let tags: Vec<Tag> = tags.iter().map(tag).collect::<Result<_, _>>()?;
        let tags = (!tags.is_empty()).then_some(tags);
        self.call(api, |iam| {
            iam.create_user()
                .user_name(user)
                .path(path)
                .set_tags(tags.clone())
                .set_permissions_boundary(boundary.map(str::to_owned))
                .send()
        })
        .await?;
        Ok(())
    }

    async fn set_credential(
        &self,
        user: &str,
        kind: OtherCredentialKind,
        id: &str,
        active: bool,
    ) -> Result<(), AwsError> {
        let status = &status(active);
        match kind {
            OtherCredentialKind::SshPublicKey => {
                self.call(&api::UPDATE_SSH_PUBLIC_KEY, |iam| {
                    iam.update_ssh_public_key().user_name(user).ssh_public_key_id(id).status(status.clone()).send()
                })
                .await?;
            }
            OtherCredentialKind::ServiceSpecificCredential => {
                self.call(&api::UPDATE_SERVICE_CREDENTIAL, |iam| {
                    iam.update_service_specific_credential()
                        .user_name(user)
                        .service_specific_credential_id(id)
                        .status(status.clone())
                        .send()
                })
                .await?;
            }
            OtherCredentialKind::SigningCertificate => {
                self.call(&api::UPDATE_SIGNING_CERTIFICATE, |iam| {
                    iam.update_signing_certificate().user_name(user).certificate_id(id).status(status.clone()).send()
                })
                .await?;
            }
        }
        Ok(())
    }

    async fn delete_credential(&self, user: &str, kind: OtherCredentialKind, id: &str) -> Result<(), AwsError> {
        match kind {
            OtherCredentialKind::SshPublicKey => {
                self.call(&api::DELETE_SSH_PUBLIC_KEY, |iam| {
                    iam.delete_ssh_public_key().user_name(user).ssh_public_key_id(id).send()
                })
                .await?;
            }
            OtherCredentialKind::ServiceSpecificCredential => {
                self.call(&api::DELETE_SERVICE_CREDENTIAL, |iam| {
                    iam.delete_service_specific_credential().user_name(user).service_specific_credential_id(id).send()
                })
                .await?;
            }
            OtherCredentialKind::SigningCertificate => {
                self.call(&api::DELETE_SIGNING_CERTIFICATE, |iam| {
                    iam.delete_signing_certificate().user_name(user).certificate_id(id).send()
                })
                .await?;
            }
        }
        Ok(())
    }

    /// Takes the device off; a virtual one, whose serial number is an ARN of the account, is deleted as well: it is of no use to
    /// anybody else.
    async fn remove_mfa_device(&self, user: &str, serial: &str) -> Result<(), AwsError> {
        let api = &api::DEACTIVATE_MFA_DEVICE;
        let is_virtual = serial.starts_with("arn:") && serial.contains(":mfa/");
        let taken_off = self.call(api, |iam| iam.deactivate_mfa_device().user_name(user).serial_number(serial).send());
        match taken_off.await {
            // An earlier try may have come this far.
            Err(error) if !is_virtual || error.kind != AwsErrorKind::NotFound => return Err(error),
            _ if !is_virtual => return Ok(()),
            _ => {}
        }
        let api = &api::DELETE_VIRTUAL_MFA_DEVICE;
        match self.call(api, |iam| iam.delete_virtual_mfa_device().serial_number(serial).send()).await {
            Err(error) if error.kind != AwsErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

fn status(active: bool) -> StatusType {
    if active { StatusType::Active } else { StatusType::Inactive }
}
