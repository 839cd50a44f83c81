//! The organization and its root.

use serde_json::{Value, json};

use super::{PAGE, not_in_use};
use crate::call::{Call, Standing};
use crate::error::{Answer, ApiError, done};
use crate::page::{Page, answer};
use crate::state::organization::Organization;
use crate::state::task::{Family, Kind};

pub(super) fn describe(call: &Call<'_>) -> Answer {
    if call.caller.standing == Standing::Outside {
        return Err(not_in_use());
    }
    Ok(written(&call.world.organization))
}

/// The caller's account becomes the management account: AWS's API reference of CreateOrganization. Service control policies are
/// enabled in the root.
pub(super) fn create(call: &mut Call<'_>) -> Answer {
    if call.caller.standing != Standing::Outside {
        let message = "The AWS account is already a member of an organization.";
        return Err(ApiError::new("AlreadyInOrganizationException", message));
    }
    if call.text("FeatureSet") == Some("CONSOLIDATED_BILLING") {
        let message = "Organizations have all features here; FeatureSet has to be ALL.";
        return Err(ApiError::new("InvalidInputException", message).with("Reason", "INVALID_ENUM"));
    }
    let (account, now) = (call.caller.identity.account, call.now);
    let made = call.world.found_organization(account, now).map(written);
    made.ok_or_else(|| ApiError::new("ServiceException", "The account is not known to stand alone."))
}

/// Of the management account alone is an organization empty; it stands alone afterwards.
pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let (organization, tasks) = (&call.world.organization, &call.world.tasks);
    let id = organization.management;
    let coming = tasks.open(&[Family::AccountCreation]).any(|task| match &task.kind {
        Kind::CreateAccount { organization: Some(other), .. } => *other == organization.id,
        _ => false,
    });
    // it has Identity Center, which is made with it and never taken away here
    let first = !call.world.others.contains_key(&organization.id);
    if first || coming || organization.accounts.len() > 1 {
        let message = "To delete the organization, you must first remove all accounts except the management account.";
        return Err(ApiError::new("OrganizationNotEmptyException", message));
    }
    if let Some(kept) = call.world.organization.remove_account(id) {
        call.world.standalone.insert(id, kept);
    }
    done()
}

fn written(organization: &Organization) -> Value {
    let management = organization.accounts.get(&organization.management);
    json!({
        "Organization": {
            "Id": organization.id,
            "Arn": organization.arn(),
            "FeatureSet": "ALL",
            "MasterAccountArn": organization.account_arn(organization.management),
            "MasterAccountId": organization.management.to_string(),
            "MasterAccountEmail": management.map(|account| account.email.as_str()),
            "AvailablePolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}],
        }
    })
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
