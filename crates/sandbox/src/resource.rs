//! Which ARNs a call acts on, for the call log. They are what a policy's `Resource` has to cover.

use crate::call::Call;
use crate::wire::route::Service;

/// Instance, permission set and account of an sso-admin request; the store of an identitystore request.
pub(crate) fn of(call: &Call<'_>) -> Vec<String> {
    match call.service {
        Service::SsoAdmin => sso_admin(call),
        Service::IdentityStore => {
            let management = call.world.organization.management;
            let store = call
                .text("IdentityStoreId")
                .map(|id| format!("arn:aws:identitystore::{management}:identitystore/{id}"));
            store.into_iter().collect()
        }
        Service::Organizations | Service::Iam | Service::Sts => Vec::new(),
    }
}

fn sso_admin(call: &Call<'_>) -> Vec<String> {
    let arns = ["InstanceArn", "PermissionSetArn", "ResourceArn"].into_iter().filter_map(|name| call.text(name));
    let accounts = ["TargetId", "AccountId"].into_iter().filter_map(|name| call.text(name));
    arns.map(str::to_owned).chain(accounts.map(|account| format!("arn:aws:sso:::account/{account}"))).collect()
}
