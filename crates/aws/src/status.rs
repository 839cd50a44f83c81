//! How asynchronous requests stand.

use aws_sdk_ssoadmin::types::{AccountAssignmentOperationStatus, PermissionSetProvisioningStatus, StatusValues};
use model::journal::PendingRequest;
use ports::{AwsError, PollResult};

use crate::api::{self, Api};
use crate::client::Inner;
use crate::error::{odd_answer, said};

impl Inner {
    /// Asks once.
    pub(crate) async fn poll(&self, request: &PendingRequest) -> Result<PollResult, AwsError> {
        match request {
            PendingRequest::AssignmentCreation(id) => {
                let api = &api::DESCRIBE_CREATION_STATUS;
                let status = self.creation_status(id).await?;
                polled(api, status.status(), status.failure_reason())
            }
            PendingRequest::AssignmentDeletion(id) => {
                let api = &api::DESCRIBE_DELETION_STATUS;
                let status = self.deletion_status(id).await?;
                polled(api, status.status(), status.failure_reason())
            }
            PendingRequest::Provisioning(id) => {
                let api = &api::DESCRIBE_PROVISIONING_STATUS;
                let status = self.provisioning_status(id).await?;
                polled(api, status.status(), status.failure_reason())
            }
        }
    }

    pub(crate) async fn creation_status(&self, id: &str) -> Result<AccountAssignmentOperationStatus, AwsError> {
        let api = &api::DESCRIBE_CREATION_STATUS;
        let instance = self.instance().await?.arn();
        let answer = self
            .call(api, || {
                self.sso
                    .describe_account_assignment_creation_status()
                    .instance_arn(instance)
                    .account_assignment_creation_request_id(id)
                    .send()
            })
            .await?;
        answer.account_assignment_creation_status.ok_or_else(|| odd_answer(api, "no status"))
    }

    pub(crate) async fn deletion_status(&self, id: &str) -> Result<AccountAssignmentOperationStatus, AwsError> {
        let api = &api::DESCRIBE_DELETION_STATUS;
        let instance = self.instance().await?.arn();
        let answer = self
            .call(api, || {
                self.sso
                    .describe_account_assignment_deletion_status()
                    .instance_arn(instance)
                    .account_assignment_deletion_request_id(id)
                    .send()
            })
            .await?;
        answer.account_assignment_deletion_status.ok_or_else(|| odd_answer(api, "no status"))
    }

    pub(crate) async fn provisioning_status(&self, id: &str) -> Result<PermissionSetProvisioningStatus, AwsError> {
        let api = &api::DESCRIBE_PROVISIONING_STATUS;
        let instance = self.instance().await?.arn();
        let answer = self
            .call(api, || {
                self.sso
                    .describe_permission_set_provisioning_status()
                    .instance_arn(instance)
                    .provision_permission_set_request_id(id)
                    .send()
            })
            .await?;
        answer.permission_set_provisioning_status.ok_or_else(|| odd_answer(api, "no status"))
    }
}

fn polled(api: &Api, status: Option<&StatusValues>, reason: Option<&str>) -> Result<PollResult, AwsError> {
    match status {
        Some(StatusValues::InProgress) => Ok(PollResult::InProgress),
        Some(StatusValues::Succeeded) => Ok(PollResult::Succeeded),
        Some(StatusValues::Failed) => {
            let reason = reason.filter(|reason| !reason.trim().is_empty()).unwrap_or("AWS gave no reason");
            Ok(PollResult::Failed(reason.to_owned()))
        }
        other => Err(odd_answer(api, format!("Status {}", said(other.map(StatusValues::as_str))))),
    }
}
