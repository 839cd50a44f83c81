//! Delegated administrators.

use serde_json::json;

use super::PAGE;
use super::account::written;
use crate::call::Call;
use crate::error::{Answer, ApiError};
use crate::page::{Page, answer};
use crate::wire::epoch_seconds;

pub(super) fn list(call: &Call<'_>) -> Answer {
    let organization = &call.world.organization;
    let service = call.text("ServicePrincipal");
    let found =
        organization.delegations.iter().filter(|row| service.is_none_or(|asked| asked == row.service_principal));
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

pub(super) fn services(call: &Call<'_>) -> Answer {
    let id = call.account_of("AccountId")?.id;
    let mut found = call.world.organization.delegations.iter().filter(|row| row.account == id).peekable();
    if found.peek().is_none() {
        return Err(ApiError::new(
            "AccountNotRegisteredException",
            "The specified account is not a delegated administrator for this Amazon Web Services service.",
        ));
    }
    let rows = found.map(
        |row| json!({"ServicePrincipal": row.service_principal, "DelegationEnabledDate": epoch_seconds(row.since)}),
    );
    answer("DelegatedServices", Page::<u64>::of(call, PAGE)?.slice(rows))
}
