//! Trusted access of services.

use serde_json::json;

use super::PAGE;
use crate::call::Call;
use crate::error::{Answer, ApiError, done};
use crate::page::{Page, answer};
use crate::wire::epoch_seconds;

pub(super) fn enable(call: &mut Call<'_>) -> Answer {
    let service = service(call)?;
    let now = call.now;
    call.world.organization.trusted_services.entry(service).or_insert(now);
    done()
}

/// Disabling what is not enabled succeeds.
pub(super) fn disable(call: &mut Call<'_>) -> Answer {
    let service = service(call)?;
    call.world.organization.trusted_services.remove(&service);
    done()
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    let services = call.world.organization.trusted_services.iter();
    let rows =
        services.map(|(service, since)| json!({"ServicePrincipal": service, "DateEnabled": epoch_seconds(*since)}));
    answer("EnabledServicePrincipals", Page::<u64>::of(call, PAGE)?.slice(rows))
}

/// A service principal of AWS's form; which of them work with Organizations is not kept here.
pub(super) fn service(call: &Call<'_>) -> Result<String, ApiError> {
    let name = call.required("ServicePrincipal")?;
    if name.ends_with(".amazonaws.com") {
        return Ok(name.to_owned());
    }
    let message = "You specified an unrecognized service principal.";
    Err(ApiError::new("InvalidInputException", message).with("Reason", "UNRECOGNIZED_SERVICE_PRINCIPAL"))
}
