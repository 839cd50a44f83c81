//! What one user signs in with. The report is believed where it is definite, and IAM is asked for the rest.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::types::{AccessKeyMetadata, StatusType};
use aws_smithy_types::DateTime;
use model::credential_report::{ReportKey, Told};
use model::iam_user::{AccessKey, LastUse, OtherCredential, OtherCredentialKind, Password};
use model::reading::Reading;
use ports::{AwsError, AwsErrorKind};
use tokio::sync::OnceCell;

use super::authorization::{PAGE_SIZE, next};
use super::part::key_status;
use super::report::Row;
use super::session::Session;
use crate::api::{self, Api};
use crate::client::timestamp;
use crate::error::odd_answer;
use crate::page::{Page, pages, whole};

/// When the passwords of an account were used, for users that the report does not tell of; read when first needed.
#[derive(Default)]
pub(super) struct PasswordUses(OnceCell<Result<BTreeMap<String, LastUse>, AwsError>>);

impl Session {
    /// The console password.
    pub(super) async fn password(
        &self,
        user: &str,
        row: Option<&Row<'_>>,
        uses: &PasswordUses,
    ) -> Reading<Option<Password>> {
        if let Some(Row { row, as_of }) = row {
            match row.password_enabled {
                Told::Value(false) => return Reading::known(None, *as_of),
                Told::Value(true) => {
                    let changed = row.password_changed.value().copied();
                    let last_use = match row.password_used {
                        Told::Value(at) => LastUse::At { at },
                        Told::NoInformation => LastUse::Never,
                        _ => LastUse::NotTold,
                    };
                    return Reading::known(Some(Password { changed, last_use }), *as_of);
                }
                _ => {}
            }
        }
        self.reading(self.asked_password(user, uses).await)
    }

    async fn asked_password(&self, user: &str, uses: &PasswordUses) -> Result<Option<Password>, AwsError> {
        let api = &api::GET_LOGIN_PROFILE;
        match self.call(api, |iam| iam.get_login_profile().user_name(user).send()).await {
            Ok(_) => {
                let uses = uses.0.get_or_init(|| Box::pin(self.password_uses())).await;
                let last_use = match uses.as_ref().map_err(Clone::clone)?.get(user) {
                    Some(used) => *used,
                    None => LastUse::NotTold,
                };
                Ok(Some(Password { changed: None, last_use }))
            }
            Err(error) if error.kind == AwsErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn password_uses(&self) -> Result<BTreeMap<String, LastUse>, AwsError> {
        let api = &api::LIST_IAM_USERS;
        let users = pages(
            api,
            |(name, _): &(String, LastUse)| name.clone(),
            |marker| async move {
                let marker = &marker;
                let answer = self
                    .call(api, |iam| iam.list_users().max_items(PAGE_SIZE).set_marker(marker.clone()).send())
                    .await?;
                let next = next(api, answer.is_truncated(), answer.marker())?;
                let users = answer.users.into_iter();
                Page::of(users.map(|user| Ok((user.user_name, password_use(user.password_last_used.as_ref())))), next)
            },
        );
        Ok(whole(users.await)?.into_iter().collect())
    }

    /// Access keys. Their ids are listed; when they were used tells the report of those it can be sure about.
    pub(super) async fn access_keys(&self, user: &str, row: Option<&Row<'_>>) -> Reading<Vec<AccessKey>> {
        let listed = match self.listed_keys(user).await {
            Ok(listed) => listed,
            Err(error) => return self.reading(Err(error)),
        };
        let mut as_of = self.inner.clock.now();
        let mut keys = Vec::with_capacity(listed.len());
        for key in &listed {
            let slot = row.and_then(|row| Some((slot_of(key, &listed, &row.row.keys)?, row.as_of)));
            let read = match slot.and_then(|(slot, at)| Some((used_of(slot)?, at))) {
                Some((used, at)) => {
                    as_of = as_of.min(at);
                    Ok(used)
                }
                None => self.asked_use(key).await,
            };
            match read.and_then(|used| access_key(key, used)) {
                Ok(key) => keys.push(key),
                Err(error) => return self.reading(Err(error)),
            }
        }
        Reading::known(keys, as_of)
    }

    pub(super) async fn listed_keys(&self, user: &str) -> Result<Vec<AccessKeyMetadata>, AwsError> {
        let api = &api::LIST_ACCESS_KEYS;
        let id = |key: &AccessKeyMetadata| key.access_key_id().map(str::to_owned);
        let keys = pages(api, id, |marker| async move {
            let marker = &marker;
            let answer =
                self.call(api, |iam| iam.list_access_keys().user_name(user).set_marker(marker.clone()).send()).await?;
            let next = next(api, answer.is_truncated(), answer.marker())?;
            Page::of(answer.access_key_metadata.into_iter().map(Ok), next)
        });
        whole(keys.await)
    }

    /// When a key was last used.
    pub(super) async fn key_use(&self, id: &str) -> Result<LastUse, AwsError> {
        Ok(self.asked_use_of(id).await?.last)
    }

    async fn asked_use(&self, key: &AccessKeyMetadata) -> Result<Used, AwsError> {
        self.asked_use_of(key.access_key_id().unwrap_or_default()).await
    }

    async fn asked_use_of(&self, id: &str) -> Result<Used, AwsError> {
        let api = &api::ACCESS_KEY_LAST_USED;
        let answer = self.call(api, |iam| iam.get_access_key_last_used().access_key_id(id).send()).await?;
        let used = answer.access_key_last_used().ok_or_else(|| odd_answer(api, "no AccessKeyLastUsed"))?;
        let told = |text: &str| (!text.is_empty() && text != "N/A").then(|| text.to_owned());
        let last = match used.last_used_date() {
            Some(at) => LastUse::At { at: timestamp(at).ok_or_else(|| odd_answer(api, "LastUsedDate out of range"))? },
            None => LastUse::Never,
        };
        Ok(Used { last, region: told(used.region()), service: told(used.service_name()) })
    }

    /// Serial numbers of MFA devices; who has none according to the report is not asked about.
    pub(super) async fn mfa_devices(&self, user: &str, row: Option<&Row<'_>>) -> Reading<Vec<String>> {
        if let Some(Row { row, as_of }) = row
            && row.mfa == Told::Value(false)
        {
            return Reading::known(Vec::new(), *as_of);
        }
        let devices = self.listed_mfa_devices(user).await;
        self.reading(devices.map(|devices| devices.into_iter().collect()))
    }

    pub(super) async fn listed_mfa_devices(&self, user: &str) -> Result<BTreeSet<String>, AwsError> {
        let api = &api::LIST_MFA_DEVICES;
        let devices = pages(api, String::clone, |marker| async move {
            let marker = &marker;
            let answer =
                self.call(api, |iam| iam.list_mfa_devices().user_name(user).set_marker(marker.clone()).send()).await?;
            let next = next(api, answer.is_truncated(), answer.marker())?;
            Ok(Page { items: answer.mfa_devices.into_iter().map(|device| device.serial_number).collect(), next })
        });
        Ok(whole(devices.await)?.into_iter().collect())
    }

    /// SSH keys, service-specific credentials and signing certificates: known together, or not at all.
    pub(super) async fn other_credentials(&self, user: &str) -> Reading<Vec<OtherCredential>> {
        let read = tokio::try_join!(
            Box::pin(self.ssh_keys(user)),
            Box::pin(self.service_credentials(user)),
            Box::pin(self.certificates(user)),
        );
        self.reading(read.map(|(ssh, services, certificates)| [ssh, services, certificates].concat()))
    }

    pub(super) async fn ssh_keys(&self, user: &str) -> Result<Vec<OtherCredential>, AwsError> {
        let api = &api::LIST_SSH_PUBLIC_KEYS;
        let keys = pages(api, id_of, |marker| async move {
            let marker = &marker;
            let answer = self
                .call(api, |iam| iam.list_ssh_public_keys().user_name(user).set_marker(marker.clone()).send())
                .await?;
            let next = next(api, answer.is_truncated(), answer.marker())?;
            let keys = answer.ssh_public_keys.unwrap_or_default().into_iter().map(|key| {
                let active = key.status == StatusType::Active;
                let kind = OtherCredentialKind::SshPublicKey;
                other(api, kind, key.ssh_public_key_id, active, Some(&key.upload_date), None)
            });
            Page::of(keys, next)
        });
        whole(keys.await)
    }

    pub(super) async fn service_credentials(&self, user: &str) -> Result<Vec<OtherCredential>, AwsError> {
        let api = &api::LIST_SERVICE_CREDENTIALS;
        let credentials = pages(api, id_of, |marker| async move {
            let marker = &marker;
            let answer = self
                .call(api, |iam| {
                    iam.list_service_specific_credentials().user_name(user).set_marker(marker.clone()).send()
                })
                .await?;
            let next = next(api, answer.is_truncated(), answer.marker())?;
            let credentials = answer.service_specific_credentials.unwrap_or_default().into_iter().map(|one| {
                let active = one.status == StatusType::Active;
                let kind = OtherCredentialKind::ServiceSpecificCredential;
                let service = Some(one.service_name);
                other(api, kind, one.service_specific_credential_id, active, Some(&one.create_date), service)
            });
            Page::of(credentials, next)
        });
        whole(credentials.await)
    }

    pub(super) async fn certificates(&self, user: &str) -> Result<Vec<OtherCredential>, AwsError> {
        let api = &api::LIST_SIGNING_CERTIFICATES;
        let certificates = pages(api, id_of, |marker| async move {
            let marker = &marker;
            let answer = self
                .call(api, |iam| iam.list_signing_certificates().user_name(user).set_marker(marker.clone()).send())
                .await?;
            let next = next(api, answer.is_truncated(), answer.marker())?;
            let certificates = answer.certificates.into_iter().map(|one| {
                let active = one.status == StatusType::Active;
                let kind = OtherCredentialKind::SigningCertificate;
                other(api, kind, one.certificate_id, active, one.upload_date.as_ref(), None)
            });
            Page::of(certificates, next)
        });
        whole(certificates.await)
    }
}

/// A time that is told and cannot be held was some time.
pub(super) fn password_use(told: Option<&DateTime>) -> LastUse {
    match told {
        None => LastUse::Never,
        Some(told) => timestamp(told).map_or(LastUse::NotTold, |at| LastUse::At { at }),
    }
}

/// When and where a key was used.
#[derive(Debug)]
struct Used {
    last: LastUse,
    region: Option<String>,
    service: Option<String>,
}

/// The report's slot of a key, where there can be no doubt: nothing but the time it was made ties them together.
fn slot_of<'a>(key: &AccessKeyMetadata, keys: &[AccessKeyMetadata], slots: &'a [ReportKey]) -> Option<&'a ReportKey> {
    let made = key.create_date()?.secs();
    let same = |slot: &&ReportKey| slot.rotated.value().is_some_and(|at| at.as_second() == made);
    let mut fitting = slots.iter().filter(same);
    let (slot, another) = (fitting.next()?, fitting.next());
    let alone = keys.iter().filter(|key| key.create_date().map(DateTime::secs) == Some(made)).count() == 1;
    let active = key.status() == Some(&StatusType::Active);
    (another.is_none() && alone && slot.active == Told::Value(active)).then_some(slot)
}

fn used_of(slot: &ReportKey) -> Option<Used> {
    let last = match slot.used {
        Told::Value(at) => LastUse::At { at },
        Told::NotApplicable => LastUse::Never,
        _ => return None,
    };
    Some(Used { last, region: slot.region.value().cloned(), service: slot.service.value().cloned() })
}

fn access_key(key: &AccessKeyMetadata, used: Used) -> Result<AccessKey, AwsError> {
    let api = &api::LIST_ACCESS_KEYS;
    let id = key.access_key_id().ok_or_else(|| odd_answer(api, "a key without AccessKeyId"))?;
    let status = key_status(key)?;
    let created = key.create_date().and_then(timestamp);
    Ok(AccessKey {
        id: id.to_owned(),
        status,
        created: created.ok_or_else(|| odd_answer(api, format!("{id} without CreateDate")))?,
        last_use: used.last,
        last_region: used.region,
        last_service: used.service,
    })
}

fn id_of(credential: &OtherCredential) -> String {
    credential.id.clone()
}

fn other(
    api: &Api,
    kind: OtherCredentialKind,
    id: String,
    active: bool,
    created: Option<&DateTime>,
    service: Option<String>,
) -> Result<OtherCredential, AwsError> {
    let created = created.and_then(timestamp).ok_or_else(|| odd_answer(api, format!("{id} without a date")))?;
    Ok(OtherCredential { kind, id, active, created, service })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    #[test]
    fn a_time_that_cannot_be_held_is_not_never() {
        assert_eq!(password_use(None), LastUse::Never);
        assert_eq!(password_use(Some(&DateTime::from_secs(0))), LastUse::At { at: Timestamp::UNIX_EPOCH });
        assert_eq!(password_use(Some(&DateTime::from_secs(i64::MAX))), LastUse::NotTold);
    }
}
