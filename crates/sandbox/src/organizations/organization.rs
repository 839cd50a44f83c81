//! The organization and its root.

use serde_json::json;

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
    let organization = &call.world.organization;
    let root = json!({
        "Id": organization.root,
        "Arn": organization.root_arn(),
        "Name": "Root",
        "PolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}],
    });
    answer("Roots", Page::<u64>::of(call, PAGE)?.slice(std::iter::once(root)))
}
