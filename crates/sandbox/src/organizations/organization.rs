//! The organization and its root.

use serde_json::{Value, json};

use super::PAGE;
use crate::call::Call;
use crate::error::{Answer, ApiError};
use crate::page::{Page, answer};

pub(super) fn describe(call: &Call<'_>) -> Answer {
    let organization = &call.world.organization;
    if !organization.accounts.contains_key(&call.caller.identity.account) {
        return Err(ApiError::new(
            "AWSOrganizationsNotInUseException",
            "Your account is not a member of an organization.",
        ));
    }
    let management = organization.accounts.get(&organization.management);
    Ok(json!({
        "Organization": {
            "Id": organization.id,
            "Arn": organization.arn(),
            "FeatureSet": "ALL",
            "MasterAccountArn": organization.account_arn(organization.management),
            "MasterAccountId": organization.management.to_string(),
            "MasterAccountEmail": management.map(|account| account.email.as_str()),
            "AvailablePolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}],
        }
    }))
}

/// The organization has them all.
pub(super) fn enable_all_features() -> Answer {
    let message = "The handshake request is invalid because the organization has already enabled all features.";
    Err(ApiError::new("HandshakeConstraintViolationException", message)
        .with("Reason", "ORGANIZATION_ALREADY_HAS_ALL_FEATURES"))
}

pub(super) fn list_roots(call: &Call<'_>) -> Answer {
    answer("Roots", Page::<u64>::of(call, PAGE)?.slice(std::iter::once(root(call))))
}

pub(super) fn root(call: &Call<'_>) -> Value {
    let organization = &call.world.organization;
    let enabled = organization.controls.then(|| json!({"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}));
    json!({
        "Id": organization.root,
        "Arn": organization.root_arn(),
        "Name": "Root",
        "PolicyTypes": enabled.into_iter().collect::<Vec<_>>(),
    })
}
