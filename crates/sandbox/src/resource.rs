//! Which ARNs a call acts on, for the call log. They are what a policy's `Resource` has to cover.

use serde_json::Value;

use crate::authorize::Asked;
use crate::wire::route::Service;

/// Instance, permission set and account of an sso-admin request; the store of an identitystore request.
pub(crate) fn of(call: &Asked<'_>) -> Vec<String> {
    match call.service {
        Service::SsoAdmin => sso_admin(call),
        Service::IdentityStore => {
            let management = call.world.organization.management;
            let store = text(call, "IdentityStoreId")
                .map(|id| format!("arn:aws:identitystore::{management}:identitystore/{id}"));
            store.into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn sso_admin(call: &Asked<'_>) -> Vec<String> {
    let arns = ["InstanceArn", "PermissionSetArn", "ResourceArn"].into_iter().filter_map(|name| text(call, name));
    let accounts = ["TargetId", "AccountId"].into_iter().filter_map(|name| text(call, name));
    arns.map(str::to_owned).chain(accounts.map(|account| format!("arn:aws:sso:::account/{account}"))).collect()
}

fn text<'a>(call: &Asked<'a>, member: &str) -> Option<&'a str> {
    call.input.get(member).and_then(Value::as_str)
}
