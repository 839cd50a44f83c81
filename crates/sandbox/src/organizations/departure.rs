//! Accounts that leave the organization or are closed.

use jiff::SignedDuration;

use super::not_in_use;
use crate::call::{Call, Standing};
use crate::error::{Answer, ApiError, done};
use crate::state::id::{AccountId, Uuid};
use crate::state::membership::Way;
use crate::state::organization::AccountState;
use crate::state::task::{Family, Job, Kind};

/// How long an account that was made in the organization has to stay: AWS's documentation of LeaveOrganization.
const WAITING_PERIOD: SignedDuration = SignedDuration::from_hours(4 * 24);
/// Accounts that can be closed in 30 days where there are few: AWS's documentation of CloseAccount.
const MOST_CLOSED: usize = 250;

pub(super) fn leave(call: &mut Call<'_>) -> Answer {
    let id = call.caller.identity.account;
    if call.caller.standing == Standing::Outside {
        return Err(not_in_use());
    }
    check(call, id)?;
    call.world.depart(id, Way::Left, call.now);
    done()
}

pub(super) fn remove(call: &mut Call<'_>) -> Answer {
    let id = call.account_of("AccountId")?.id;
    check(call, id)?;
    call.world.depart(id, Way::Removed, call.now);
    done()
}

/// Whether the account may go, be it to stand alone or to another organization: AWS's reasons of ConstraintViolationException; that a closed or
/// suspended account cannot be migrated: its user guide, Migrating an account to another organization. Payment method, contact and
/// support plan, which AWS wants before an account stands alone, are taken as given.
pub(super) fn check(call: &Call<'_>, id: AccountId) -> Result<(), ApiError> {
    let organization = &call.world.organization;
    if id == organization.management {
        let message = "You can't remove a management account from an organization.";
        return Err(ApiError::new("MasterCannotLeaveOrganizationException", message));
    }
    if organization.is_delegated(id) {
        let message = "You attempted to remove an account that is registered as a delegated administrator for a service \
                       integrated with your organization.";
        return Err(limit("CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG", message));
    }
    let closed = organization.accounts.get(&id).is_some_and(|account| account.state != AccountState::Active);
    if closed {
        let message = "You attempted to remove an account that is closed or being closed from the organization.";
        return Err(ApiError::new("ConstraintViolationException", message));
    }
    let young = organization
        .accounts
        .get(&id)
        .is_some_and(|account| !account.invited && call.now.duration_since(account.joined_at) < WAITING_PERIOD);
    if young {
        let message = "Your account can't leave the organization until four days after it was created.";
        return Err(limit("WAIT_PERIOD_ACTIVE", message));
    }
    Ok(())
}

/// Accepted at once; the account is `PENDING_CLOSURE` until it is `SUSPENDED`.
pub(super) fn close(call: &mut Call<'_>) -> Answer {
    let account = call.account_of("AccountId")?;
    let (id, state) = (account.id, account.state);
    let organization = &call.world.organization;
    if id == organization.management {
        return Err(limit("CANNOT_CLOSE_MANAGEMENT_ACCOUNT", "You attempted to close the management account."));
    }
    match state {
        AccountState::Active => {}
        AccountState::PendingClosure => {
            let message = "The request failed because it conflicts with the current state of the specified resource.";
            return Err(ApiError::new("ConflictException", message));
        }
        AccountState::Suspended => {
            let message = "You attempted to close an account that is already closed.";
            return Err(ApiError::new("AccountAlreadyClosedException", message));
        }
    }
    let most = MOST_CLOSED.max(organization.accounts.len() / 5).min(1_000);
    let closed = organization.accounts.values().filter(|account| account.state != AccountState::Active).count();
    if closed >= most {
        return Err(limit(
            "CLOSE_ACCOUNT_QUOTA_EXCEEDED",
            "You have exceeded close account quota for the past 30 days.",
        ));
    }
    if let Some(account) = call.world.organization.accounts.get_mut(&id) {
        account.state = AccountState::PendingClosure;
    }
    let task = Uuid::random(&mut call.world.rng);
    let takes = call.config.latency.account_creation.draw(&mut call.world.rng);
    let job = Job { task, account: id, takes, fails: false };
    let kind = Kind::CloseAccount { account: id };
    debug_assert_eq!(kind.family(), Family::AccountClosure);
    call.world.tasks.accept(task, kind, vec![job], &call.caller.identity.arn, call.now);
    done()
}

fn limit(reason: &'static str, message: &str) -> ApiError {
    ApiError::new("ConstraintViolationException", message).with("Reason", reason)
}
