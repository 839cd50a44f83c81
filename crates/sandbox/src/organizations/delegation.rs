//! Delegated administrators.

use serde_json::json;

use super::PAGE;
use super::account::written;
use super::service_access::service;
use crate::call::Call;
use crate::error::{Answer, ApiError, done};
use crate::page::{Page, answer};
use crate::state::organization::{AccountState, Delegation};
use crate::wire::epoch_seconds;

pub(super) fn list(call: &Call<'_>) -> Answer {
    let organization = &call.world.organization;
    let service = call.text("ServicePrincipal");
    let found = organization
        .delegations
        .iter()
        .filter(|row| service.is_none_or(|asked| asked == row.service_principal.as_str()));
    let rows = found.filter_map(|row| {
        let mut body = written(call, organization.accounts.get(&row.account)?);
        if let Some(body) = body.as_object_mut() {
            body.shift_remove("Paths");
            body.insert("DelegationEnabledDate".to_owned(), epoch_seconds(row.since));
        }
        Some(body)
    });
    answer("DelegatedAdministrators", Page::<u64>::of(call, PAGE)?.slice(rows))
}

/// Identity Center takes one delegated administrator; of other services AWS's limits are not kept.
pub(super) fn register(call: &mut Call<'_>) -> Answer {
    let service = service(call)?;
    let account = call.account_of("AccountId")?;
    let (id, state) = (account.id, account.state);
    let organization = &call.world.organization;
    if id == organization.management {
        let message =
            "You attempted to register the management account of the organization as a delegated administrator.";
        return Err(limit("CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR", message));
    }
    if state != AccountState::Active {
        let message = "You cannot register a suspended account as a delegated administrator.";
        return Err(limit("CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR", message));
    }
    if organization.administers(id, &service) {
        let message =
            "The specified account is already a delegated administrator for this Amazon Web Services service.";
        return Err(ApiError::new("AccountAlreadyRegisteredException", message));
    }
    let taken = organization.delegations.iter().any(|row| row.service_principal == service);
    if service == "sso.amazonaws.com" && taken {
        let message = "You attempted to register more delegated administrators than allowed for the service principal.";
        return Err(limit("MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED", message));
    }
    // Identity Center has it since it was enabled
    if service != "sso.amazonaws.com" && !organization.trusted_services.contains_key(&service) {
        let message = "You attempted to register a delegated administrator before you enabled service access. Call the \
                       EnableAWSServiceAccess API first.";
        return Err(limit("SERVICE_ACCESS_NOT_ENABLED", message));
    }
    let since = call.now;
    call.world.organization.delegations.push(Delegation { account: id, service_principal: service, since });
    done()
}

pub(super) fn deregister(call: &mut Call<'_>) -> Answer {
    let service = service(call)?;
    let id = call.account_of("AccountId")?.id;
    if !call.world.organization.administers(id, &service) {
        return Err(not_registered());
    }
    call.world.organization.delegations.retain(|row| row.account != id || row.service_principal != service);
    done()
}

fn limit(reason: &'static str, message: &str) -> ApiError {
    ApiError::new("ConstraintViolationException", message).with("Reason", reason)
}

fn not_registered() -> ApiError {
    let message = "The specified account is not a delegated administrator for this Amazon Web Services service.";
    ApiError::new("AccountNotRegisteredException", message)
}

pub(super) fn services(call: &Call<'_>) -> Answer {
    let id = call.account_of("AccountId")?.id;
    let mut found = call.world.organization.delegations.iter().filter(|row| row.account == id).peekable();
    if found.peek().is_none() {
        return Err(not_registered());
    }
    let rows = found.map(
        |row| json!({"ServicePrincipal": row.service_principal, "DelegationEnabledDate": epoch_seconds(row.since)}),
    );
    answer("DelegatedServices", Page::<u64>::of(call, PAGE)?.slice(rows))
}
