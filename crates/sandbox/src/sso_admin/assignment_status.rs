//! How far creations and deletions are.

use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::error::{Answer, ApiError};
use crate::page::{Leaf, Page, answer};
use crate::state::id::Uuid;
use crate::state::task::{Family, Kind, Status, Task};
use crate::wire::epoch_seconds;

pub(super) fn describe_creation(call: &Call<'_>) -> Answer {
    call.check_instance()?;
    let (id, task) = request_id(call, "AccountAssignmentCreationRequestId", Family::Creation)?;
    Ok(json!({"AccountAssignmentCreationStatus": written(call, id, task)}))
}

pub(super) fn describe_deletion(call: &Call<'_>) -> Answer {
    call.check_instance()?;
    let (id, task) = request_id(call, "AccountAssignmentDeletionRequestId", Family::Deletion)?;
    Ok(json!({"AccountAssignmentDeletionStatus": written(call, id, task)}))
}

pub(super) fn list_creations(call: &Call<'_>) -> Answer {
    list(call, "AccountAssignmentsCreationStatus", Family::Creation)
}

pub(super) fn list_deletions(call: &Call<'_>) -> Answer {
    list(call, "AccountAssignmentsDeletionStatus", Family::Deletion)
}

fn list(call: &Call<'_>, name: &str, family: Family) -> Answer {
    call.check_instance()?;
    answer(name, listed(call, family)?)
}

/// A page of the tasks of a family that the filter lets through. AWS documents no order: here it is that of the ids, which
/// says nothing.
pub(super) fn listed(call: &Call<'_>, family: Family) -> Result<Leaf<Value>, ApiError> {
    let page = Page::<Uuid>::of(call, 100)?;
    let mut tasks: Vec<(Uuid, &Task)> =
        call.world.tasks.family(family).filter(|(_, task)| status_filter(call, task)).collect();
    tasks.sort_unstable_by_key(|(id, _)| *id);
    let start = page.after().map_or(0, |after| tasks.partition_point(|(id, _)| id <= after));
    Ok(page.cut(tasks.iter().skip(start).map(|(id, task)| (*id, metadata(*id, task)))))
}

/// The task of this family that the member names.
pub(super) fn request_id<'a>(call: &'a Call<'_>, member: &str, family: Family) -> Result<(Uuid, &'a Task), ApiError> {
    let text = call.required(member)?;
    let found = Uuid::parse(text).and_then(|id| Some((id, call.world.tasks.get(id)?)));
    let found = found.filter(|(_, task)| task.kind.family() == family);
    found.ok_or_else(|| ApiError::not_found(format!("Request {text} does not exist.")))
}

/// Whether the filter `Filter.Status` lets the task through.
fn status_filter(call: &Call<'_>, task: &Task) -> bool {
    call.nested("Filter", "Status").is_none_or(|status| status == task.status.name())
}

/// What the listings tell: never what the request was about.
fn metadata(id: Uuid, task: &Task) -> Value {
    json!({
        "Status": task.status.name(),
        "RequestId": id.to_string(),
        "CreatedDate": epoch_seconds(task.created_at),
    })
}

pub(super) fn written(call: &Call<'_>, id: Uuid, task: &Task) -> Value {
    let mut body = Map::new();
    body.insert("Status".to_owned(), Value::from(task.status.name()));
    body.insert("RequestId".to_owned(), Value::from(id.to_string()));
    if let Status::Failed(reason) = &task.status {
        body.insert("FailureReason".to_owned(), Value::from(reason.as_str()));
    }
    if let Kind::Assign(row) | Kind::Withdraw(row) = &task.kind {
        body.insert("TargetId".to_owned(), Value::from(row.account.to_string()));
        body.insert("TargetType".to_owned(), Value::from("AWS_ACCOUNT"));
        body.insert("PermissionSetArn".to_owned(), Value::from(call.world.center.set_arn(row.set)));
        body.insert("PrincipalType".to_owned(), Value::from(row.principal.kind.name()));
        body.insert("PrincipalId".to_owned(), Value::from(row.principal.id.to_string()));
    }
    body.insert("CreatedDate".to_owned(), epoch_seconds(task.created_at));
    Value::Object(body)
}
