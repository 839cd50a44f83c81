//! The parts of one permission set, each by the call that reads it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use model::id::{AccountId, GroupId, ManagedPolicyArn, PermissionSetArn, PermissionSetName, UserId};
use model::permission_set::{Attributes, CustomerManagedPolicy, PermissionsBoundary, ProvisionedAccount};
use model::principal::PrincipalId;
use model::session_duration::SessionDuration;
use ports::{AwsError, AwsErrorKind};

use aws_sdk_ssoadmin::types::{CustomerManagedPolicyReference, PrincipalType, ProvisioningStatus};

use crate::api::{self, Api};
use crate::client::{Inner, timestamp};
use crate::error::{odd_answer, said};
use crate::page::{Broken, Page, pages, whole};

/// Most items on a page of sso-admin and of the identity store.
pub(crate) const PAGE_SIZE: i32 = 100;

/// What `DescribePermissionSet` answers.
#[derive(Debug, Clone)]
pub(crate) struct Described {
    pub(crate) name: PermissionSetName,
    pub(crate) attributes: Attributes,
    pub(crate) created: Option<Timestamp>,
}

impl Inner {
    /// ARNs of all sets.
    pub(crate) async fn permission_set_arns(&self) -> Result<Vec<PermissionSetArn>, AwsError> {
        let api = &api::LIST_PERMISSION_SETS;
        let instance = self.instance().await?.arn();
        whole(
            pages(api, PermissionSetArn::clone, |token| async move {
                let answer = self
                    .call(api, || {
                        self.sso
                            .list_permission_sets()
                            .instance_arn(instance)
                            .max_results(PAGE_SIZE)
                            .set_next_token(token.clone())
                            .send()
                    })
                    .await?;
                let next = answer.next_token().map(str::to_owned);
                let arns = answer.permission_sets.unwrap_or_default().into_iter();
                Page::of(arns.map(|arn| PermissionSetArn::new(arn).map_err(|error| odd_answer(api, error))), next)
            })
            .await,
        )
    }

    /// Name and attributes; none if there is no such set.
    pub(crate) async fn describe(&self, arn: &PermissionSetArn) -> Result<Option<Described>, AwsError> {
        let api = &api::DESCRIBE_PERMISSION_SET;
        let instance = self.instance().await?.arn();
        let answer = self
            .call(api, || {
                self.sso.describe_permission_set().instance_arn(instance).permission_set_arn(arn.as_str()).send()
            })
            .await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) if error.kind == AwsErrorKind::NotFound => {
                self.forget_name(arn);
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let set = answer.permission_set.ok_or_else(|| odd_answer(api, "no PermissionSet"))?;
        let name = set.name().ok_or_else(|| odd_answer(api, "no Name"))?;
        let name = PermissionSetName::new(name).map_err(|error| odd_answer(api, error))?;
        self.learn_name(arn, &name);
        Ok(Some(Described {
            name,
            created: set.created_date().and_then(timestamp),
            attributes: Attributes {
                session_duration: session_duration(set.session_duration())
                    .ok_or_else(|| odd_answer(api, format!("SessionDuration {}", said(set.session_duration()))))?,
                description: set.description.filter(|text| !text.is_empty()),
                relay_state: set.relay_state.filter(|text| !text.is_empty()),
            },
        }))
    }

    /// AWS managed policies.
    pub(crate) async fn managed_policies(
        &self,
        arn: &PermissionSetArn,
    ) -> Result<BTreeSet<ManagedPolicyArn>, AwsError> {
        let api = &api::LIST_MANAGED_POLICIES;
        let instance = self.instance().await?.arn();
        let policies = pages(api, ManagedPolicyArn::clone, |token| async move {
            let answer = self
                .call(api, || {
                    self.sso
                        .list_managed_policies_in_permission_set()
                        .instance_arn(instance)
                        .permission_set_arn(arn.as_str())
                        .max_results(PAGE_SIZE)
                        .set_next_token(token.clone())
                        .send()
                })
                .await?;
            let next = answer.next_token().map(str::to_owned);
            let policies = answer.attached_managed_policies.unwrap_or_default().into_iter();
            Page::of(policies.map(|policy| managed_policy(api, policy.arn())), next)
        });
        Ok(whole(policies.await)?.into_iter().collect())
    }

    /// References to customer managed policies.
    pub(crate) async fn customer_managed_policies(
        &self,
        arn: &PermissionSetArn,
    ) -> Result<BTreeSet<CustomerManagedPolicy>, AwsError> {
        let api = &api::LIST_CUSTOMER_MANAGED_POLICIES;
        let instance = self.instance().await?.arn();
        let policies = pages(api, CustomerManagedPolicy::clone, |token| async move {
            let answer = self
                .call(api, || {
                    self.sso
                        .list_customer_managed_policy_references_in_permission_set()
                        .instance_arn(instance)
                        .permission_set_arn(arn.as_str())
                        .max_results(PAGE_SIZE)
                        .set_next_token(token.clone())
                        .send()
                })
                .await?;
            let next = answer.next_token().map(str::to_owned);
            let policies = answer.customer_managed_policy_references.unwrap_or_default().into_iter();
            Page::of(policies.map(|policy| customer_managed_policy(api, &policy)), next)
        });
        Ok(whole(policies.await)?.into_iter().collect())
    }

    /// The inline policy's text; AWS answers an empty text where there is none.
    pub(crate) async fn inline_policy(&self, arn: &PermissionSetArn) -> Result<Option<String>, AwsError> {
        let api = &api::GET_INLINE_POLICY;
        let instance = self.instance().await?.arn();
        let answer = self
            .call(api, || {
                self.sso
                    .get_inline_policy_for_permission_set()
                    .instance_arn(instance)
                    .permission_set_arn(arn.as_str())
                    .send()
            })
            .await?;
        Ok(answer.inline_policy.filter(|text| !text.trim().is_empty()))
    }

    /// The boundary; AWS answers "not found" where there is none.
    pub(crate) async fn permissions_boundary(
        &self,
        arn: &PermissionSetArn,
    ) -> Result<Option<PermissionsBoundary>, AwsError> {
        let api = &api::GET_PERMISSIONS_BOUNDARY;
        let instance = self.instance().await?.arn();
        let answer = self
            .call(api, || {
                self.sso
                    .get_permissions_boundary_for_permission_set()
                    .instance_arn(instance)
                    .permission_set_arn(arn.as_str())
                    .send()
            })
            .await;
        let boundary = match answer {
            Ok(answer) => answer.permissions_boundary,
            Err(error) if error.kind == AwsErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let Some(boundary) = boundary else { return Ok(None) };
        match (boundary.customer_managed_policy_reference(), boundary.managed_policy_arn()) {
            (Some(policy), None) => {
                Ok(Some(PermissionsBoundary::CustomerManaged(customer_managed_policy(api, policy)?)))
            }
            (None, Some(arn)) => Ok(Some(PermissionsBoundary::Managed(managed_policy(api, Some(arn))?))),
            (None, None) => Ok(None),
            (Some(_), Some(_)) => Err(odd_answer(api, "a boundary of two policies")),
        }
    }

    /// Tags.
    pub(crate) async fn permission_set_tags(
        &self,
        arn: &PermissionSetArn,
    ) -> Result<BTreeMap<String, String>, AwsError> {
        let api = &api::LIST_TAGS;
        let instance = self.instance().await?.arn();
        let tags = pages(
            api,
            |tag: &(String, String)| tag.0.clone(),
            |token| async move {
                let answer = self
                    .call(api, || {
                        self.sso
                            .list_tags_for_resource()
                            .instance_arn(instance)
                            .resource_arn(arn.as_str())
                            .set_next_token(token.clone())
                            .send()
                    })
                    .await?;
                let next = answer.next_token().map(str::to_owned);
                let tags = answer.tags.unwrap_or_default().into_iter();
                Ok(Page { items: tags.map(|tag| (tag.key, tag.value)).collect(), next })
            },
        );
        Ok(whole(tags.await)?.into_iter().collect())
    }

    /// Accounts that have the set, sorted, and which of them have its newest version.
    pub(crate) async fn provisioned(&self, arn: &PermissionSetArn) -> Result<Vec<ProvisionedAccount>, AwsError> {
        let all = self.provisioned_accounts(arn, None).await?;
        if all.is_empty() {
            return Ok(Vec::new());
        }
        let outdated =
            self.provisioned_accounts(arn, Some(ProvisioningStatus::LatestPermissionSetNotProvisioned)).await?;
        // One that turned up between the two listings has an old version: it belongs to the list.
        Ok(all
            .union(&outdated)
            .map(|account| ProvisionedAccount { account: account.clone(), latest: !outdated.contains(account) })
            .collect())
    }

    async fn provisioned_accounts(
        &self,
        arn: &PermissionSetArn,
        status: Option<ProvisioningStatus>,
    ) -> Result<BTreeSet<AccountId>, AwsError> {
        let api = &api::LIST_PROVISIONED_ACCOUNTS;
        let instance = self.instance().await?.arn();
        let status = &status;
        let accounts = pages(api, AccountId::clone, |token| async move {
            let answer = self
                .call(api, || {
                    self.sso
                        .list_accounts_for_provisioned_permission_set()
                        .instance_arn(instance)
                        .permission_set_arn(arn.as_str())
                        .set_provisioning_status(status.clone())
                        .max_results(PAGE_SIZE)
                        .set_next_token(token.clone())
                        .send()
                })
                .await?;
            let next = answer.next_token().map(str::to_owned);
            let ids = answer.account_ids.unwrap_or_default().into_iter();
            Page::of(ids.map(|id| AccountId::new(id).map_err(|error| odd_answer(api, error))), next)
        });
        Ok(whole(accounts.await)?.into_iter().collect())
    }

    /// Who is assigned in a pair.
    pub(crate) async fn pair_principals(
        &self,
        arn: &PermissionSetArn,
        account: &AccountId,
    ) -> Result<Vec<PrincipalId>, Broken<PrincipalId>> {
        let api = &api::LIST_ASSIGNMENTS;
        let instance = match self.instance().await {
            Ok(instance) => instance.arn(),
            Err(error) => return Err(Broken { read: Vec::new(), error }),
        };
        pages(api, PrincipalId::clone, |token| async move {
            let answer = self
                .call(api, || {
                    self.sso
                        .list_account_assignments()
                        .instance_arn(instance)
                        .permission_set_arn(arn.as_str())
                        .account_id(account.as_str())
                        .max_results(PAGE_SIZE)
                        .set_next_token(token.clone())
                        .send()
                })
                .await?;
            let next = answer.next_token().map(str::to_owned);
            let rows = answer.account_assignments.unwrap_or_default().into_iter();
            Page::of(rows.map(|row| principal(api, row.principal_type(), row.principal_id())), next)
        })
        .await
    }
}

/// A principal as answered.
pub(crate) fn principal(api: &Api, kind: Option<&PrincipalType>, id: Option<&str>) -> Result<PrincipalId, AwsError> {
    let id = id.ok_or_else(|| odd_answer(api, "no PrincipalId"))?;
    match kind {
        Some(PrincipalType::User) => UserId::new(id).map(PrincipalId::User),
        Some(PrincipalType::Group) => GroupId::new(id).map(PrincipalId::Group),
        other => return Err(odd_answer(api, format!("PrincipalType {}", said(other.map(PrincipalType::as_str))))),
    }
    .map_err(|error| odd_answer(api, error))
}

fn managed_policy(api: &Api, arn: Option<&str>) -> Result<ManagedPolicyArn, AwsError> {
    ManagedPolicyArn::new(arn.unwrap_or_default()).map_err(|error| odd_answer(api, error))
}

fn customer_managed_policy(
    api: &Api,
    policy: &CustomerManagedPolicyReference,
) -> Result<CustomerManagedPolicy, AwsError> {
    if policy.name().is_empty() {
        return Err(odd_answer(api, "a customer managed policy without Name"));
    }
    let path = policy.path().filter(|path| !path.is_empty()).unwrap_or("/");
    Ok(CustomerManagedPolicy { name: policy.name().to_owned(), path: path.to_owned() })
}

/// A session duration as answered: one hour if none is set (AWS's default); emulators write bare seconds.
fn session_duration(text: Option<&str>) -> Option<SessionDuration> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Some(SessionDuration::default()) };
    match text.parse::<u32>() {
        Ok(seconds) if seconds.is_multiple_of(60) => SessionDuration::from_minutes(u16::try_from(seconds / 60).ok()?),
        Ok(_) => None,
        Err(_) => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_durations_of_aws_and_of_emulators() {
        let minutes = |text| session_duration(text).map(SessionDuration::minutes);
        assert_eq!(minutes(Some("PT8H")), Some(480));
        assert_eq!(minutes(None), Some(60));
        assert_eq!(minutes(Some("3600")), Some(60));
        assert_eq!(minutes(Some("3601")), None);
        assert_eq!(minutes(Some("P1D")), None);
    }
}
