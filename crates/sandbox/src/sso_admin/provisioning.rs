//! Bringing the roles in the accounts up to the set as it is now.

use serde_json::{Map, Value, json};

use super::assignment_status::{listed, request_id};
use crate::call::Call;
use crate::error::{Answer, ApiError};
use crate::page::answer;
use crate::state::id::{AccountId, Uuid};
use crate::state::task::{Family, Job, Kind, Status, Task};
use crate::wire::epoch_seconds;

/// Starts provisioning one account (where the set need not be assigned) or all that have the set.
pub(super) fn start(call: &mut Call<'_>) -> Answer {
    let set = call.set_to_change()?;
    let account = match call.required("TargetType")? {
        "AWS_ACCOUNT" => {
            call.text("TargetId").ok_or_else(|| ApiError::validation("TargetId is required for AWS_ACCOUNT."))?;
            Some(call.account("TargetId")?)
        }
        _ => None,
    };
    let management = call.world.organization.management;
    if call.caller.standing == crate::call::Standing::Delegated && account == Some(management) {
        return Err(call.not_authorized());
    }
    if call.world.tasks.open(&[Family::Provisioning]).count() >= call.config.quotas.outstanding_provisionings {
        return Err(ApiError::throttled("Too many ProvisionPermissionSet operations are in progress."));
    }
    let targets: Vec<AccountId> = match account {
        Some(account) => vec![account],
        None => call.world.center.accounts_of(set).collect(),
    };
    let id = Uuid::random(&mut call.world.rng);
    let latency = call.config.latency.provisioning;
    let jobs = targets.into_iter().map(|account| {
        let takes = latency.draw(&mut call.world.rng);
        Job { task: id, account, takes, fails: false }
    });
    let jobs = jobs.collect();
    let task = call.world.tasks.accept(id, Kind::Provision { set, account }, jobs, &call.caller.identity.arn, call.now);
    // where nothing is provisioned there is nothing to do, but AWS answers as if it had just begun
    let mut begun = task;
    begun.status = Status::InProgress;
    Ok(json!({"PermissionSetProvisioningStatus": written(call, id, &begun)}))
}

pub(super) fn describe(call: &Call<'_>) -> Answer {
    call.check_instance()?;
    let (id, task) = request_id(call, "ProvisionPermissionSetRequestId", Family::Provisioning)?;
    Ok(json!({"PermissionSetProvisioningStatus": written(call, id, task)}))
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    call.check_instance()?;
    answer("PermissionSetsProvisioningStatus", listed(call, Family::Provisioning)?)
}

fn written(call: &Call<'_>, id: Uuid, task: &Task) -> Value {
    let mut body = Map::new();
    body.insert("Status".to_owned(), Value::from(task.status.name()));
    body.insert("RequestId".to_owned(), Value::from(id.to_string()));
    if let Kind::Provision { set, account } = &task.kind {
        if let Some(account) = account {
            body.insert("AccountId".to_owned(), Value::from(account.to_string()));
        }
        body.insert("PermissionSetArn".to_owned(), Value::from(call.world.center.set_arn(*set)));
    }
    if let Status::Failed(reason) = &task.status {
        body.insert("FailureReason".to_owned(), Value::from(reason.as_str()));
    }
    body.insert("CreatedDate".to_owned(), epoch_seconds(task.created_at));
    Value::Object(body)
}
