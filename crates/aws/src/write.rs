//! Changes, and the [`AwsWrite`] door.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use aws_sdk_ssoadmin::types::{
    CustomerManagedPolicyReference, PermissionsBoundary as SdkBoundary, PrincipalType, ProvisionTargetType,
    StatusValues, Tag, TargetType,
};
use model::change::{Change, PermissionSetRef};
use model::id::{AccountId, ManagedPolicyArn, PermissionSetArn, PermissionSetName};
use model::journal::PendingRequest;
use model::permission_set::{Attributes, CustomerManagedPolicy, PermissionsBoundary};
use model::principal::PrincipalId;
use ports::{AwsError, AwsErrorKind, AwsWrite, PollResult, RequestPage, Started, StatusList};

use crate::api::{self, Api};
use crate::client::{Client, Inner};
use crate::error::own_error;

pub(crate) const DONE: Started = Started::Done { created: None };

#[async_trait]
impl AwsWrite for Client {
    async fn start(&self, change: &Change, set_arn: Option<&PermissionSetArn>) -> Result<Started, AwsError> {
        match change {
            Change::IamUser { user, step } => self.change_iam_user(user, step).await,
            _ => self.inner.start(change, set_arn).await,
        }
    }

    async fn poll(&self, request: &PendingRequest) -> Result<PollResult, AwsError> {
        self.inner.poll(request).await
    }

    async fn in_progress(&self, list: StatusList) -> Result<BTreeSet<String>, AwsError> {
        self.inner.in_progress(list).await
    }

    async fn succeeded(&self, list: StatusList, token: Option<String>) -> Result<RequestPage, AwsError> {
        self.inner.succeeded(list, token).await
    }
}

impl Inner {
    async fn start(&self, change: &Change, set_arn: Option<&PermissionSetArn>) -> Result<Started, AwsError> {
        if let Change::CreatePermissionSet { set, attributes, tags } = change {
            return self.create_permission_set(&set.name, attributes, tags).await;
        }
        let arn = match set_arn {
            Some(arn) => arn.clone(),
            None => match self.arn_of(set_of(change)?).await {
                Err(error) if error.kind == AwsErrorKind::NotFound && takes_away(change) => return Ok(DONE),
                found => found?,
            },
        };
        let arn = &arn;
        match change {
            // answered above
            Change::CreatePermissionSet { .. } | Change::IamUser { .. } => Ok(DONE),
            Change::UpdatePermissionSet { from, to, .. } => self.update_permission_set(arn, from, to).await,
            Change::DeletePermissionSet { .. } => self.delete_permission_set(arn).await,
            Change::AttachManagedPolicy { policy, .. } => self.attach_managed_policy(arn, policy).await,
            Change::DetachManagedPolicy { policy, .. } => self.detach_managed_policy(arn, policy).await,
            Change::AttachCustomerManagedPolicy { policy, .. } => {
                self.attach_customer_managed_policy(arn, policy).await
            }
            Change::DetachCustomerManagedPolicy { policy, .. } => {
                self.detach_customer_managed_policy(arn, policy).await
            }
            Change::SetInlinePolicy { to, .. } => self.set_inline_policy(arn, to.as_deref()).await,
            Change::SetPermissionsBoundary { to, .. } => self.set_permissions_boundary(arn, to.as_ref()).await,
            Change::SetTag { key, to, .. } => self.set_tag(arn, key, to.as_deref()).await,
            Change::Provision { account, .. } => self.provision(arn, account).await,
            Change::Assign { account, principal, .. } => self.assign(arn, account, principal).await,
            Change::Withdraw { account, principal, .. } => self.withdraw(arn, account, principal).await,
        }
    }

    async fn create_permission_set(
        &self,
        name: &PermissionSetName,
        attributes: &Attributes,
        tags: &BTreeMap<String, String>,
    ) -> Result<Started, AwsError> {
        let api = &api::CREATE_PERMISSION_SET;
        let instance = self.instance().await?.arn();
        let tags: Vec<Tag> = tags.iter().map(|(key, value)| tag(api, key, value)).collect::<Result<_, _>>()?;
        let tags = (!tags.is_empty()).then_some(tags);
        let answer = self
            .call(api, || {
                self.sso
                    .create_permission_set()
                    .instance_arn(instance)
                    .name(name.as_str())
                    .set_description(attributes.description.clone())
                    .session_duration(attributes.session_duration.to_string())
                    .set_relay_state(attributes.relay_state.clone())
                    .set_tags(tags.clone())
                    .send()
            })
            .await?;
        let arn = answer.permission_set().and_then(|set| set.permission_set_arn());
        // It was created; only its ARN is missing, which reading it by name tells.
        let arn = arn.and_then(|arn| PermissionSetArn::new(arn).ok()).ok_or_else(|| {
            own_error(api, AwsErrorKind::Transient, "AWS created the permission set and did not say its ARN")
        })?;
        self.learn_name(&arn, name);
        Ok(Started::Done { created: Some(arn) })
    }

    async fn update_permission_set(
        &self,
        arn: &PermissionSetArn,
        from: &Attributes,
        to: &Attributes,
    ) -> Result<Started, AwsError> {
        let api = &api::UPDATE_PERMISSION_SET;
        // A description left out stays as it was, and an empty one is refused (minimum length 1); the console cannot
        // clear it either (hashicorp/terraform-provider-aws#41897).
        if from.description.is_some() && to.description.is_none() {
            return Err(own_error(
                api,
                AwsErrorKind::Invalid,
                "AWS cannot remove the description of a permission set, only replace it: declare another text, or \
                 keep the present one",
            ));
        }
        let instance = self.instance().await?.arn();
        self.call(api, || {
            self.sso
                .update_permission_set()
                .instance_arn(instance)
                .permission_set_arn(arn.as_str())
                .set_description(to.description.clone())
                .session_duration(to.session_duration.to_string())
                // A relay state left out is cleared (hashicorp/terraform-provider-aws#17411): always send it.
                .set_relay_state(to.relay_state.clone())
                .send()
        })
        .await?;
        Ok(DONE)
    }

    async fn delete_permission_set(&self, arn: &PermissionSetArn) -> Result<Started, AwsError> {
        let instance = self.instance().await?.arn();
        let result = self
            .call(&api::DELETE_PERMISSION_SET, || {
                self.sso.delete_permission_set().instance_arn(instance).permission_set_arn(arn.as_str()).send()
            })
            .await;
        let done = gone_is_done(result)?;
        self.forget_name(arn);
        Ok(done)
    }

    async fn attach_managed_policy(
        &self,
        arn: &PermissionSetArn,
        policy: &ManagedPolicyArn,
    ) -> Result<Started, AwsError> {
        let instance = self.instance().await?.arn();
        let result = self
            .call(&api::ATTACH_MANAGED_POLICY, || {
                self.sso
                    .attach_managed_policy_to_permission_set()
                    .instance_arn(instance)
                    .permission_set_arn(arn.as_str())
                    .managed_policy_arn(policy.as_str())
                    .send()
            })
            .await;
        match result {
            // AWS says conflict as well where the policy is attached already.
            Err(error) if is_unclear(&error) && self.managed_policies(arn).await?.contains(policy) => Ok(DONE),
            result => result.map(|_| DONE),
        }
    }

    async fn detach_managed_policy(
        &self,
        arn: &PermissionSetArn,
        policy: &ManagedPolicyArn,
    ) -> Result<Started, AwsError> {
        let instance = self.instance().await?.arn();
        gone_is_done(
            self.call(&api::DETACH_MANAGED_POLICY, || {
                self.sso
                    .detach_managed_policy_from_permission_set()
                    .instance_arn(instance)
                    .permission_set_arn(arn.as_str())
                    .managed_policy_arn(policy.as_str())
                    .send()
            })
            .await,
        )
    }

    async fn attach_customer_managed_policy(
        &self,
        arn: &PermissionSetArn,
        policy: &CustomerManagedPolicy,
    ) -> Result<Started, AwsError> {
        let api = &api::ATTACH_CUSTOMER_MANAGED_POLICY;
        let instance = self.instance().await?.arn();
        let reference = reference(api, policy)?;
        let result = self
            .call(api, || {
                self.sso
                    .attach_customer_managed_policy_reference_to_permission_set()
                    .instance_arn(instance)
                    .permission_set_arn(arn.as_str())
                    .customer_managed_policy_reference(reference.clone())
                    .send()
            })
            .await;
        match result {
            Err(error) if is_unclear(&error) && self.customer_managed_policies(arn).await?.contains(policy) => Ok(DONE),
            result => result.map(|_| DONE),
        }
    }

    async fn detach_customer_managed_policy(
        &self,
        arn: &PermissionSetArn,
        policy: &CustomerManagedPolicy,
    ) -> Result<Started, AwsError> {
        let api = &api::DETACH_CUSTOMER_MANAGED_POLICY;
        let instance = self.instance().await?.arn();
        let reference = reference(api, policy)?;
        gone_is_done(
            self.call(api, || {
                self.sso
                    .detach_customer_managed_policy_reference_from_permission_set()
                    .instance_arn(instance)
                    .permission_set_arn(arn.as_str())
                    .customer_managed_policy_reference(reference.clone())
                    .send()
            })
            .await,
        )
    }

    async fn set_inline_policy(&self, arn: &PermissionSetArn, to: Option<&str>) -> Result<Started, AwsError> {
        let instance = self.instance().await?.arn();
        let Some(document) = to else {
            return gone_is_done(
                self.call(&api::DELETE_INLINE_POLICY, || {
                    self.sso
                        .delete_inline_policy_from_permission_set()
                        .instance_arn(instance)
                        .permission_set_arn(arn.as_str())
                        .send()
                })
                .await,
            );
        };
        self.call(&api::PUT_INLINE_POLICY, || {
            self.sso
                .put_inline_policy_to_permission_set()
                .instance_arn(instance)
                .permission_set_arn(arn.as_str())
                .inline_policy(document)
                .send()
        })
        .await?;
        Ok(DONE)
    }

    async fn set_permissions_boundary(
        &self,
        arn: &PermissionSetArn,
        to: Option<&PermissionsBoundary>,
    ) -> Result<Started, AwsError> {
        let instance = self.instance().await?.arn();
        let Some(boundary) = to else {
            return gone_is_done(
                self.call(&api::DELETE_PERMISSIONS_BOUNDARY, || {
                    self.sso
                        .delete_permissions_boundary_from_permission_set()
                        .instance_arn(instance)
                        .permission_set_arn(arn.as_str())
                        .send()
                })
                .await,
            );
        };
        let api = &api::PUT_PERMISSIONS_BOUNDARY;
        let boundary = match boundary {
            PermissionsBoundary::Managed(policy) => SdkBoundary::builder().managed_policy_arn(policy.as_str()).build(),
            PermissionsBoundary::CustomerManaged(policy) => {
                SdkBoundary::builder().customer_managed_policy_reference(reference(api, policy)?).build()
            }
        };
        self.call(api, || {
            self.sso
                .put_permissions_boundary_to_permission_set()
                .instance_arn(instance)
                .permission_set_arn(arn.as_str())
                .permissions_boundary(boundary.clone())
                .send()
        })
        .await?;
        Ok(DONE)
    }

    async fn set_tag(&self, arn: &PermissionSetArn, key: &str, to: Option<&str>) -> Result<Started, AwsError> {
        let instance = self.instance().await?.arn();
        let Some(value) = to else {
            return gone_is_done(
                self.call(&api::UNTAG_RESOURCE, || {
                    self.sso.untag_resource().instance_arn(instance).resource_arn(arn.as_str()).tag_keys(key).send()
                })
                .await,
            );
        };
        let api = &api::TAG_RESOURCE;
        let tag = tag(api, key, value)?;
        self.call(api, || {
            self.sso.tag_resource().instance_arn(instance).resource_arn(arn.as_str()).tags(tag.clone()).send()
        })
        .await?;
        Ok(DONE)
    }

    async fn provision(&self, arn: &PermissionSetArn, account: &AccountId) -> Result<Started, AwsError> {
        let api = &api::PROVISION_PERMISSION_SET;
        let instance = self.instance().await?.arn();
        let answer = self
            .call(api, || {
                self.sso
                    .provision_permission_set()
                    .instance_arn(instance)
                    .permission_set_arn(arn.as_str())
                    .target_type(ProvisionTargetType::AwsAccount)
                    .target_id(account.as_str())
                    .send()
            })
            .await?;
        let status = answer.permission_set_provisioning_status.ok_or_else(|| unsaid(api))?;
        accepted(api, status.status(), status.request_id(), PendingRequest::Provisioning)
    }

    async fn assign(
        &self,
        arn: &PermissionSetArn,
        account: &AccountId,
        principal: &PrincipalId,
    ) -> Result<Started, AwsError> {
        let api = &api::CREATE_ACCOUNT_ASSIGNMENT;
        let instance = self.instance().await?.arn();
        let result = self
            .call(api, || {
                self.sso
                    .create_account_assignment()
                    .instance_arn(instance)
                    .permission_set_arn(arn.as_str())
                    .target_type(TargetType::AwsAccount)
                    .target_id(account.as_str())
                    .principal_type(principal_type(principal))
                    .principal_id(principal.as_str())
                    .send()
            })
            .await;
        match result {
            Ok(answer) => {
                let status = answer.account_assignment_creation_status.ok_or_else(|| unsaid(api))?;
                accepted(api, status.status(), status.request_id(), PendingRequest::AssignmentCreation)
            }
            // A conflict that stays may be the assignment itself, made by somebody else or by a try that broke off.
            Err(error) if is_unclear(&error) => match self.pair_principals(arn, account).await {
                Ok(principals) if principals.contains(principal) => Ok(DONE),
                _ => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    async fn withdraw(
        &self,
        arn: &PermissionSetArn,
        account: &AccountId,
        principal: &PrincipalId,
    ) -> Result<Started, AwsError> {
        let api = &api::DELETE_ACCOUNT_ASSIGNMENT;
        let instance = self.instance().await?.arn();
        let result = self
            .call(api, || {
                self.sso
                    .delete_account_assignment()
                    .instance_arn(instance)
                    .permission_set_arn(arn.as_str())
                    .target_type(TargetType::AwsAccount)
                    .target_id(account.as_str())
                    .principal_type(principal_type(principal))
                    .principal_id(principal.as_str())
                    .send()
            })
            .await;
        match result {
            Ok(answer) => {
                let status = answer.account_assignment_deletion_status.ok_or_else(|| unsaid(api))?;
                accepted(api, status.status(), status.request_id(), PendingRequest::AssignmentDeletion)
            }
            Err(error) => gone_is_done::<()>(Err(error)),
        }
    }
}

/// The set a change acts on; one of an IAM user does not come here.
fn set_of(change: &Change) -> Result<&PermissionSetRef, AwsError> {
    change.set().ok_or_else(|| {
        own_error(&api::DESCRIBE_PERMISSION_SET, AwsErrorKind::Invalid, "the change is not about a permission set")
    })
}

/// Whether a change is already made when its set is gone.
fn takes_away(change: &Change) -> bool {
    matches!(
        change,
        Change::DeletePermissionSet { .. }
            | Change::DetachManagedPolicy { .. }
            | Change::DetachCustomerManagedPolicy { .. }
            | Change::SetInlinePolicy { to: None, .. }
            | Change::SetPermissionsBoundary { to: None, .. }
            | Change::SetTag { to: None, .. }
            | Change::Withdraw { .. }
    )
}

/// Whether the change may have been made all the same.
fn is_unclear(error: &AwsError) -> bool {
    matches!(error.kind, AwsErrorKind::Conflict | AwsErrorKind::Transient)
}

/// What is to be taken away and is not there is done.
fn gone_is_done<T>(result: Result<T, AwsError>) -> Result<Started, AwsError> {
    match result {
        Ok(_) => Ok(DONE),
        Err(error) if error.kind == AwsErrorKind::NotFound => Ok(DONE),
        Err(error) => Err(error),
    }
}

fn unsaid(api: &Api) -> AwsError {
    own_error(api, AwsErrorKind::Transient, "AWS took the request and did not say which it is")
}

fn accepted(
    api: &Api,
    status: Option<&StatusValues>,
    id: Option<&str>,
    request: impl Fn(String) -> PendingRequest,
) -> Result<Started, AwsError> {
    match (status, id) {
        (Some(StatusValues::Succeeded), _) => Ok(DONE),
        (_, Some(id)) if !id.is_empty() => Ok(Started::Accepted(request(id.to_owned()))),
        _ => Err(unsaid(api)),
    }
}

fn principal_type(principal: &PrincipalId) -> PrincipalType {
    match principal {
        PrincipalId::User(_) => PrincipalType::User,
        PrincipalId::Group(_) => PrincipalType::Group,
    }
}

fn tag(api: &Api, key: &str, value: &str) -> Result<Tag, AwsError> {
    let tag = Tag::builder().key(key).value(value).build();
    tag.map_err(|error| own_error(api, AwsErrorKind::Invalid, error.to_string()))
}

fn reference(api: &Api, policy: &CustomerManagedPolicy) -> Result<CustomerManagedPolicyReference, AwsError> {
    let reference = CustomerManagedPolicyReference::builder().name(&policy.name).path(&policy.path).build();
    reference.map_err(|error| own_error(api, AwsErrorKind::Invalid, error.to_string()))
}
