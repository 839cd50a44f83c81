//! Creating and deleting assignments: accepted at once, done later.

use serde_json::json;

use super::assignment_status::written;
use crate::call::{Call, Standing};
use crate::error::{Answer, ApiError};
use crate::state::center::PrincipalKind;
use crate::state::id::Uuid;
use crate::state::task::{Family, Job, Kind, Row, Status, Task};

const FAMILIES: [Family; 2] = [Family::Creation, Family::Deletion];

/// An assignment that is already there is accepted and succeeds once more.
pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let (set, _) = call.set()?;
    let principal = call.existing_principal()?;
    let row = Row { account: call.account("TargetId")?, set, principal };
    check_standing(call, row)?;
    check_not_in_flight(call, row)?;
    check_quotas(call, row)?;
    let (id, task) = accept(call, row, Kind::Assign(row));
    Ok(json!({"AccountAssignmentCreationStatus": written(call, id, &task)}))
}

/// An assignment that is not there is refused at once (the documentation lists ResourceNotFoundException without saying
/// when). The principal need not exist any more: this is how orphans are removed.
pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let (set, _) = call.set()?;
    let row = Row { account: call.account("TargetId")?, set, principal: call.principal()? };
    check_standing(call, row)?;
    check_not_in_flight(call, row)?;
    if !call.world.center.is_assigned(row.account, row.set, row.principal) {
        return Err(ApiError::not_found("The account assignment does not exist."));
    }
    let (id, task) = accept(call, row, Kind::Withdraw(row));
    Ok(json!({"AccountAssignmentDeletionStatus": written(call, id, &task)}))
}

/// A delegated administrator may not assign in the management account, nor use sets anywhere that are provisioned there.
fn check_standing(call: &Call<'_>, row: Row) -> Result<(), ApiError> {
    if call.caller.standing == Standing::Delegated && row.account == call.world.organization.management {
        return Err(call.not_authorized());
    }
    call.check_changeable(row.set)
}

fn check_not_in_flight(call: &Call<'_>, row: Row) -> Result<(), ApiError> {
    let same = |task: &Task| matches!(task.kind, Kind::Assign(other) | Kind::Withdraw(other) if other == row);
    if call.world.tasks.open(&FAMILIES).any(same) {
        return Err(ApiError::conflict("Another operation on this account assignment is in progress."));
    }
    if call.world.tasks.open(&FAMILIES).count() >= call.config.quotas.outstanding_assignments {
        return Err(ApiError::throttled("Too many account assignment operations are in progress."));
    }
    Ok(())
}

fn check_quotas(call: &Call<'_>, row: Row) -> Result<(), ApiError> {
    let center = &call.world.center;
    let Some(pair) = center.pair(row.account, row.set) else {
        if center.sets_of(row.account).count() >= call.config.quotas.permission_sets_per_account {
            return Err(ApiError::quota("You have exceeded the number of permission sets provisioned in the account."));
        }
        return Ok(());
    };
    let groups = pair.principals.iter().filter(|principal| principal.kind == PrincipalKind::Group).count();
    let new_group = row.principal.kind == PrincipalKind::Group && !pair.principals.contains(&row.principal);
    if new_group && groups >= call.config.quotas.groups_per_pair {
        return Err(ApiError::quota(
            "You have exceeded the number of groups assigned the permission set in the account.",
        ));
    }
    Ok(())
}

fn accept(call: &mut Call<'_>, row: Row, kind: Kind) -> (Uuid, Task) {
    let id = Uuid::random(&mut call.world.rng);
    let takes = call.config.latency.assignment.draw(&mut call.world.rng);
    let job = Job { task: id, account: row.account, takes, fails: false };
    let task = call.world.tasks.accept(id, kind, vec![job], &call.caller.identity.arn, call.now);
    debug_assert_eq!(task.status, Status::InProgress, "a job was given");
    (id, task)
}
