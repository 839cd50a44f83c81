//! A look into single accounts, through a role in each: which customer managed policies are there?

use std::collections::{BTreeMap, BTreeSet};

use aws_credential_types::Credentials;
use futures::FutureExt;
use model::id::AccountId;
use model::reading::Reading;
use ports::{AwsError, AwsErrorKind};

use crate::api;
use crate::client::{Client, Inner};
use crate::cut_answer::RefusesCutAnswers;
use crate::error::{odd_answer, own_error, reason};
use crate::observe::in_parallel;
use crate::page::{Page, pages, whole};

impl Client {
    /// Customer managed policies of accounts, each as `path` + `name` (`/team/Boundary`), read through the role of
    /// that name (with its path, if it has one) in each account; in the caller's own account without a role. An
    /// account that cannot be read is unknown, and nothing else fails.
    pub async fn customer_policies(
        &self,
        accounts: &[AccountId],
        role_name: &str,
    ) -> BTreeMap<AccountId, Reading<BTreeSet<String>>> {
        let (own, partition) = match self.inner.caller_identity().await {
            Ok((own, arn)) => (own, arn.split(':').nth(1).unwrap_or("aws").to_owned()),
            Err(error) => {
                let reason = reason(&error);
                return accounts.iter().map(|id| (id.clone(), Reading::unknown(reason.clone()))).collect();
            }
        };
        let read = in_parallel(accounts.len(), |at| {
            let (account, own, partition) = (accounts.get(at), &own, &partition);
            async move {
                let account = account?;
                let role = (account != own)
                    .then(|| format!("arn:{partition}:iam::{account}:role/{}", role_name.trim_start_matches('/')));
                Some((account.clone(), self.inner.reading(self.inner.policies_in(role.as_deref()).await)))
            }
            .boxed()
        });
        read.await.into_iter().flatten().collect()
    }
}

impl Inner {
    async fn policies_in(&self, role: Option<&str>) -> Result<BTreeSet<String>, AwsError> {
        let mut config = aws_sdk_iam::config::Builder::from(&self.config);
        if let Some(role) = role {
            config = config.credentials_provider(self.assume(role, "sekisho-inspection").await?);
        }
        let iam = &aws_sdk_iam::Client::from_conf(config.interceptor(RefusesCutAnswers).build());
        let api = &api::LIST_POLICIES;
        let policies = pages(api, String::clone, |marker| async move {
            let answer = self
                .call(api, || {
                    iam.list_policies()
                        .scope(aws_sdk_iam::types::PolicyScopeType::Local)
                        .max_items(1000)
                        .set_marker(marker.clone())
                        .send()
                })
                .await?;
            let next = answer.marker().filter(|_| answer.is_truncated()).map(str::to_owned);
            let policies = answer.policies.unwrap_or_default().into_iter();
            Page::of(
                policies.map(|policy| {
                    let name = policy.policy_name().ok_or_else(|| odd_answer(api, "a policy without PolicyName"))?;
                    Ok(format!("{}{name}", policy.path().unwrap_or("/")))
                }),
                next,
            )
        });
        Ok(whole(policies.await)?.into_iter().collect())
    }

    /// Credentials of a role; its log names the session.
    pub(crate) async fn assume(&self, role: &str, session: &str) -> Result<Credentials, AwsError> {
        let api = &api::ASSUME_ROLE;
        let answer = self
            .call(api, || self.sts.assume_role().role_arn(role).role_session_name(session).send())
            .await
            // The caller's own credentials are fine; it is this role that cannot be had.
            .map_err(|error| AwsError { message: format!("{role}: {}", error.message), ..error })?;
        let credentials = answer.credentials.ok_or_else(|| own_error(api, AwsErrorKind::Invalid, "no Credentials"))?;
        let expiry = std::time::SystemTime::try_from(credentials.expiration).ok();
        Ok(Credentials::new(
            credentials.access_key_id,
            credentials.secret_access_key,
            Some(credentials.session_token),
            expiry,
            "inspection role",
        ))
    }
}
