//! The organization and its root.

use serde_json::{Value, json};

use super::PAGE;
use crate::call::Call;
use crate::error::Answer;
use crate::page::{Page, answer};

pub(super) fn describe(call: &Call<'_>) -> Answer {
    let organization = &call.world.organization;
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
