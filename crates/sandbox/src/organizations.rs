//! AWS Organizations: `AWSOrganizationsV20161128`.

mod account;
mod control_policy;
mod creation;
mod delegation;
mod departure;
mod handshake;
mod organization;
mod reference;
mod resource_policy;
mod service_access;
mod tag;
mod tree;

use crate::call::{Call, Standing};
use crate::error::{Answer, ApiError};
use crate::wire::route::unknown_operation;

/// What every account may call, be it in an organization or not.
const OF_EVERY_ACCOUNT: [&str; 7] = [
    "CreateOrganization",
    "DescribeOrganization",
    "LeaveOrganization",
    "AcceptHandshake",
    "DeclineHandshake",
    "DescribeHandshake",
    "ListHandshakesForAccount",
];

/// The most any listing gives out in a page.
const PAGE: usize = 20;

pub(crate) fn serve(call: &mut Call<'_>) -> Answer {
    let reads = call.operation.starts_with("List") || call.operation.starts_with("Describe");
    let allowed = match call.caller.standing {
        Standing::Management => true,
        Standing::Delegated => reads,
        // every account may ask what organization it is in, answer invitations and leave
        Standing::Member => call.operation == "DescribeEffectivePolicy",
        Standing::Outside => false,
    };
    let allowed = allowed || OF_EVERY_ACCOUNT.contains(&call.operation);
    if !allowed && call.caller.standing == Standing::Outside {
        return Err(not_in_use());
    }
    if !allowed {
        return Err(call.not_authorized());
    }
    match call.operation {
        "CreateOrganization" => organization::create(call),
        "DeleteOrganization" => organization::delete(call),
        "DescribeEffectivePolicy" => control_policy::effective(call),
        "DescribeOrganization" => organization::describe(call),
        "ListRoots" => organization::list_roots(call),
        "ListOrganizationalUnitsForParent" => tree::list_units(call),
        "ListAccountsForParent" => tree::list_accounts(call),
        "ListParents" => tree::list_parents(call),
        "ListChildren" => tree::list_children(call),
        "DescribeOrganizationalUnit" => tree::describe_unit(call),
        "CreateOrganizationalUnit" => tree::create_unit(call),
        "MoveAccount" => tree::move_account(call),
        "ListAccounts" => account::list(call),
        "DescribeAccount" => account::describe(call),
        "CreateAccount" => creation::start(call),
        "DescribeCreateAccountStatus" => creation::describe(call),
        "ListTagsForResource" => tag::list(call),
        "TagResource" => tag::add(call),
        "UntagResource" => tag::remove(call),
        "ListDelegatedAdministrators" => delegation::list(call),
        "ListDelegatedServicesForAccount" => delegation::services(call),
        "EnablePolicyType" => control_policy::enable(call),
        "DisablePolicyType" => control_policy::disable(call),
        "CreatePolicy" => control_policy::create(call),
        "UpdatePolicy" => control_policy::update(call),
        "DescribePolicy" => control_policy::describe(call),
        "DeletePolicy" => control_policy::delete(call),
        "ListPolicies" => control_policy::list(call),
        "AttachPolicy" => control_policy::attach(call),
        "DetachPolicy" => control_policy::detach(call),
        "ListPoliciesForTarget" => control_policy::list_of_target(call),
        "ListTargetsForPolicy" => control_policy::list_targets(call),
        "RegisterDelegatedAdministrator" => delegation::register(call),
        "DeregisterDelegatedAdministrator" => delegation::deregister(call),
        "EnableAWSServiceAccess" => service_access::enable(call),
        "DisableAWSServiceAccess" => service_access::disable(call),
        "ListAWSServiceAccessForOrganization" => service_access::list(call),
        "UpdateOrganizationalUnit" => tree::update_unit(call),
        "DeleteOrganizationalUnit" => tree::delete_unit(call),
        "InviteAccountToOrganization" => handshake::invite(call),
        "AcceptHandshake" => handshake::accept(call),
        "DeclineHandshake" => handshake::decline(call),
        "CancelHandshake" => handshake::cancel(call),
        "DescribeHandshake" => handshake::describe(call),
        "ListHandshakesForAccount" => handshake::list_of_account(call),
        "ListHandshakesForOrganization" => handshake::list(call),
        "LeaveOrganization" => departure::leave(call),
        "RemoveAccountFromOrganization" => departure::remove(call),
        "CloseAccount" => departure::close(call),
        "ListCreateAccountStatus" => creation::list(call),
        "PutResourcePolicy" => resource_policy::put(call),
        "DescribeResourcePolicy" => resource_policy::describe(call),
        "DeleteResourcePolicy" => resource_policy::delete(call),
        "EnableAllFeatures" => organization::enable_all_features(),
        _ => Err(unknown_operation()),
    }
}

fn not_in_use() -> ApiError {
    ApiError::new("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
}
