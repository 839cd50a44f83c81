//! Which Identity Center, and who calls.

use model::id::{AccountId, IdentityStoreId, InstanceArn};
use model::observed::{Caller, CallerRole, InstanceKey};
use ports::{AwsError, AwsErrorKind};

use crate::api;
use crate::client::{Client, Inner};
use crate::error::{odd_answer, own_error};
use crate::page::{Page, pages, whole};

/// The service principal of IAM Identity Center.
const SERVICE_PRINCIPAL: &str = "sso.amazonaws.com";

/// The instance in use.
#[derive(Debug, Clone)]
pub(crate) struct Instance {
    pub(crate) key: InstanceKey,
}

impl Instance {
    /// Its ARN.
    pub(crate) fn arn(&self) -> &str {
        self.key.instance.as_str()
    }

    /// Its identity store.
    pub(crate) fn store(&self) -> &str {
        self.key.identity_store.as_str()
    }
}

/// What the organization says about the caller.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) management_account: Result<AccountId, AwsError>,
    pub(crate) role: CallerRole,
}

impl Client {
    /// The instance in use: partition, ARN, identity store, primary Region. Asked for once.
    ///
    /// # Errors
    /// When no instance is visible, or several are and none was chosen.
    pub async fn instance_key(&self) -> Result<InstanceKey, AwsError> {
        Ok(self.inner.instance().await?.key.clone())
    }

    /// Account and ARN of the credentials, and the caller's place in the organization.
    ///
    /// # Errors
    /// When the credentials are not valid.
    pub async fn caller(&self) -> Result<Caller, AwsError> {
        let (account, arn) = self.inner.caller_identity().await?;
        let role = self.inner.place(&account).await.role;
        Ok(Caller { account, arn, role })
    }
}

impl Inner {
    /// The instance, found once and remembered.
    pub(crate) async fn instance(&self) -> Result<&Instance, AwsError> {
        self.found_instance.get_or_try_init(|| self.find_instance()).await
    }

    async fn find_instance(&self) -> Result<Instance, AwsError> {
        let api = &api::LIST_INSTANCES;
        let visible = whole(
            pages(
                api,
                |found: &Found| found.arn.clone(),
                |token| async move {
                    let answer = self
                        .call(api, || self.sso.list_instances().max_results(100).set_next_token(token.clone()).send())
                        .await?;
                    let next = answer.next_token().map(str::to_owned);
                    Page::of(answer.instances.unwrap_or_default().into_iter().map(Found::parse), next)
                },
            )
            .await,
        )?;
        let chosen = self.choose_instance(visible)?;
        if let Some(primary) = chosen.primary_region.as_deref().filter(|primary| *primary != self.region) {
            return Err(own_error(
                api,
                AwsErrorKind::Invalid,
                format!(
                    "the primary Region of {} is {primary}, and only there permission sets and assignments are \
                     served: run with `--region {primary}` instead of {}",
                    chosen.arn, self.region
                ),
            ));
        }
        let partition = chosen.arn.as_str().split(':').nth(1).unwrap_or("aws").to_owned();
        Ok(Instance {
            key: InstanceKey {
                partition,
                instance: chosen.arn,
                identity_store: chosen.store,
                primary_region: self.region.clone(),
            },
        })
    }

    fn choose_instance(&self, visible: Vec<Found>) -> Result<Found, AwsError> {
        let api = &api::LIST_INSTANCES;
        let names = |found: &[Found]| found.iter().map(|one| one.arn.to_string()).collect::<Vec<_>>().join(", ");
        if let Some(wanted) = &self.wanted_instance {
            let seen = names(&visible);
            return visible.into_iter().find(|found| &found.arn == wanted).ok_or_else(|| {
                let others = if seen.is_empty() { "none".to_owned() } else { seen };
                let message = format!(
                    "the instance {wanted} is not visible in {} with these credentials; visible: {others}",
                    self.region
                );
                own_error(api, AwsErrorKind::NotFound, message)
            });
        }
        let mut active: Vec<Found> = visible.into_iter().filter(|found| found.active).collect();
        if active.len() > 1 {
            let message =
                format!("several instances of IAM Identity Center are visible, choose one: {}", names(&active));
            return Err(own_error(api, AwsErrorKind::Invalid, message));
        }
        active.pop().ok_or_else(|| {
            let message = format!(
                "no active instance of IAM Identity Center is visible in {}. It is served in its primary Region only: \
                 name that Region (`--region`), and run in the management account or in a delegated administrator \
                 account",
                self.region
            );
            own_error(api, AwsErrorKind::NotFound, message)
        })
    }

    /// Account and ARN of the credentials.
    pub(crate) async fn caller_identity(&self) -> Result<(AccountId, String), AwsError> {
        self.identity_of(&self.sts).await
    }

    /// The same of another client's credentials.
    pub(crate) async fn identity_of(&self, sts: &aws_sdk_sts::Client) -> Result<(AccountId, String), AwsError> {
        let api = &api::GET_CALLER_IDENTITY;
        let answer = self.call(api, || sts.get_caller_identity().send()).await?;
        let account = answer.account().ok_or_else(|| odd_answer(api, "no Account"))?;
        let account = AccountId::new(account).map_err(|error| odd_answer(api, error))?;
        Ok((account, answer.arn().unwrap_or_default().to_owned()))
    }

    /// Whose account is this in the organization?
    pub(crate) async fn place(&self, account: &AccountId) -> Place {
        let management_account = self.management_account().await;
        let role = match &management_account {
            Ok(management) if management == account => CallerRole::Management,
            _ => match self.is_delegated_administrator(account).await {
                Ok(true) => CallerRole::DelegatedAdministrator,
                Ok(false) | Err(_) => CallerRole::Unknown,
            },
        };
        Place { management_account, role }
    }

    async fn management_account(&self) -> Result<AccountId, AwsError> {
        let api = &api::DESCRIBE_ORGANIZATION;
        let answer = self.call(api, || self.organizations.describe_organization().send()).await?;
        let id = answer
            .organization()
            .and_then(|organization| organization.master_account_id())
            .ok_or_else(|| odd_answer(api, "no MasterAccountId"))?;
        AccountId::new(id).map_err(|error| odd_answer(api, error))
    }

    async fn is_delegated_administrator(&self, account: &AccountId) -> Result<bool, AwsError> {
        let api = &api::LIST_DELEGATED_ADMINISTRATORS;
        let administrators = whole(
            pages(api, String::clone, |token| async move {
                let answer = self
                    .call(api, || {
                        self.organizations
                            .list_delegated_administrators()
                            .service_principal(SERVICE_PRINCIPAL)
                            .max_results(20)
                            .set_next_token(token.clone())
                            .send()
                    })
                    .await?;
                let next = answer.next_token().map(str::to_owned);
                let ids = answer.delegated_administrators.unwrap_or_default().into_iter();
                Ok(Page { items: ids.filter_map(|administrator| administrator.id).collect(), next })
            })
            .await,
        )?;
        Ok(administrators.iter().any(|id| id == account.as_str()))
    }
}

/// An instance as listed.
#[derive(Debug)]
struct Found {
    arn: InstanceArn,
    store: IdentityStoreId,
    primary_region: Option<String>,
    active: bool,
}

impl Found {
    fn parse(listed: aws_sdk_ssoadmin::types::InstanceMetadata) -> Result<Self, AwsError> {
        let api = &api::LIST_INSTANCES;
        let arn = listed.instance_arn().ok_or_else(|| odd_answer(api, "an instance without InstanceArn"))?;
        let store = listed.identity_store_id().ok_or_else(|| odd_answer(api, "an instance without IdentityStoreId"))?;
        Ok(Self {
            arn: InstanceArn::new(arn).map_err(|error| odd_answer(api, error))?,
            store: IdentityStoreId::new(store).map_err(|error| odd_answer(api, error))?,
            primary_region: listed.primary_region().filter(|region| !region.is_empty()).map(str::to_owned),
            // Emulators leave the status out.
            active: listed.status().is_none_or(|status| *status == aws_sdk_ssoadmin::types::InstanceStatus::Active),
        })
    }
}
