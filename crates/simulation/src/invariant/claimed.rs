//! # `claimed`
//!
//! Success is claimed only after a terminal status and a reading after it: when the journal says `verified`, AWS's request had ended well,
//! what was wanted was so, and somebody had looked.

use jiff::Timestamp;
use model::Change;
use sandbox::SetState;

use super::Found;
use crate::evidence::{Evidence, Told, earlier, is_sekisho, row_of};
use crate::scenario::Scenario;

/// How old a reading may be on which it rests that something was so already.
const FRESH_S: i64 = 35;

pub(super) fn check(evidence: &Evidence<'_>, scenario: &Scenario) -> Found {
    let lag_s = i64::try_from(scenario.lag.as_secs()).unwrap_or(i64::MAX).saturating_add(1);
    for told in &evidence.operations {
        let (Some(change), Some(verified)) = (told.change, told.verified) else { continue };
        let name = || format!("{} {}", change.kind(), change.identity());
        if let Some(end) = request_end(evidence, told) {
            match end {
                None => return Err(format!("verified while AWS still worked on it: {}", name())),
                Some((at, _)) if at > verified => {
                    return Err(format!("verified while AWS still worked on it: {}", name()));
                }
                Some((_, Some(reason))) => return Err(format!("verified, but AWS failed it ({reason}): {}", name())),
                Some((_, None)) => {}
            }
        }
        let since = earlier(told.started.unwrap_or_else(|| earlier(verified, FRESH_S)), lag_s);
        if !was_so(evidence, change, since, verified) {
            return Err(format!("verified, but it was never so: {}", name()));
        }
        let ended = request_end(evidence, told).flatten().map(|(at, _)| at);
        let looked_since = ended.or(told.started).unwrap_or(since);
        if !was_read(evidence, change, looked_since, verified) {
            return Err(format!("verified, but nobody had looked after it was done: {}", name()));
        }
    }
    Ok(())
}

type End = Option<(Timestamp, Option<String>)>;

/// How the request that the journal names ended; none where it names none.
fn request_end(evidence: &Evidence<'_>, told: &Told<'_>) -> Option<End> {
    let id = told.request?;
    evidence.asked.iter().find(|asked| asked.id == id).map(|asked| asked.ended.clone())
}

/// Whether what the change makes true was true at some time.
fn was_so(evidence: &Evidence<'_>, change: &Change, from: Timestamp, to: Timestamp) -> bool {
    let Some(set) = change.set().map(|set| set.name.as_str()) else { return false };
    let has = |fits: &dyn Fn(&SetState) -> bool| evidence.states(set, from, to).into_iter().flatten().any(fits);
    // of a set that is gone, nothing is left of what was to be taken off it
    if change.is_removal() && evidence.states(set, from, to).contains(&None) {
        return true;
    }
    match change {
        Change::IamUser { .. } => false,
        Change::Assign { .. } => row_of(change).is_some_and(|row| evidence.was_ever(&row, true, from, to)),
        Change::Withdraw { .. } => row_of(change).is_some_and(|row| evidence.was_ever(&row, false, from, to)),
        Change::CreatePermissionSet { .. } => has(&|_| true),
        Change::DeletePermissionSet { .. } => evidence.states(set, from, to).contains(&None),
        Change::AttachManagedPolicy { policy, .. } => {
            has(&|set| set.managed_policies.iter().any(|found| found == policy.as_str()))
        }
        Change::DetachManagedPolicy { policy, .. } => {
            has(&|set| !set.managed_policies.iter().any(|found| found == policy.as_str()))
        }
        Change::SetInlinePolicy { to, .. } => has(&|set| set.inline_policy.is_some() == to.is_some()),
        Change::SetPermissionsBoundary { to, .. } => has(&|set| set.permissions_boundary.is_some() == to.is_some()),
        Change::SetTag { key, to, .. } => {
            has(&|set| set.tags.iter().find(|(found, _)| found == key).map(|(_, value)| value) == to.as_ref())
        }
        Change::UpdatePermissionSet { to, .. } => has(&|set| set.description == to.description),
        Change::AttachCustomerManagedPolicy { .. }
        | Change::DetachCustomerManagedPolicy { .. }
        | Change::Provision { .. } => true,
    }
}

/// Whether somebody of ours read, with an answer, what the change shows in.
fn was_read(evidence: &Evidence<'_>, change: &Change, from: Timestamp, to: Timestamp) -> bool {
    let operations: &[&str] = match change {
        Change::Assign { .. } | Change::Withdraw { .. } => {
            &["ListAccountAssignments", "ListAccountAssignmentsForPrincipal"]
        }
        Change::Provision { .. } => &["ListAccountsForProvisionedPermissionSet"],
        // No simulated run changes IAM users.
        Change::IamUser { .. } => &[],
        Change::CreatePermissionSet { .. }
        | Change::UpdatePermissionSet { .. }
        | Change::DeletePermissionSet { .. } => &["DescribePermissionSet", "ListPermissionSets"],
        Change::AttachManagedPolicy { .. } | Change::DetachManagedPolicy { .. } => {
            &["ListManagedPoliciesInPermissionSet"]
        }
        Change::AttachCustomerManagedPolicy { .. } | Change::DetachCustomerManagedPolicy { .. } => {
            &["ListCustomerManagedPolicyReferencesInPermissionSet"]
        }
        Change::SetInlinePolicy { .. } => &["GetInlinePolicyForPermissionSet"],
        Change::SetPermissionsBoundary { .. } => &["GetPermissionsBoundaryForPermissionSet"],
        Change::SetTag { .. } => &["ListTagsForResource"],
    };
    let account = change.account().map(|account| format!("arn:aws:sso:::account/{account}"));
    let pair = operations.contains(&"ListAccountAssignments");
    evidence.sandbox.calls().log().any(|call| {
        let ours = call.caller.as_ref().is_some_and(|caller| is_sekisho(&caller.arn));
        // a set that is gone is what its removal is about
        let fine = call.error.as_deref().is_none_or(|error| error == "ResourceNotFoundException");
        let fits = operations.contains(&call.operation.as_str())
            && (!pair || account.as_ref().is_none_or(|account| call.resources.contains(account)));
        ours && fine && fits && call.at >= from && call.at <= to
    })
}
