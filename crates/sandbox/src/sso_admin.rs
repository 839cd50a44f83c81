//! IAM Identity Center: `SWBExternalService`.

mod access_attribute;
mod application;
mod application_assignment;
mod assignment;
mod assignment_list;
mod assignment_status;
mod boundary;
mod customer_policy;
mod inline_policy;
mod instance;
mod managed_policy;
mod permission_set;
mod provisioned;
mod provisioning;
mod reference;
mod session_duration;
mod tag;
mod token_issuer;

use crate::call::Call;
use crate::error::Answer;
use crate::wire::route::unknown_operation;

pub(crate) use session_duration::seconds as session_seconds;

pub(crate) fn serve(call: &mut Call<'_>) -> Answer {
    let account = call.caller.identity.account;
    if call.operation == "ListInstances" && !call.world.organization.accounts.contains_key(&account) {
        // nothing is visible to accounts of other organizations or none
        return Ok(serde_json::json!({"Instances": []}));
    }
    if !call.administers_identity_center() {
        return Err(call.not_authorized());
    }
    match call.operation {
        "ListInstances" => instance::list(call),
        "DescribeInstance" => instance::describe(call),
        "ListRegions" => instance::list_regions(call),
        "DescribeRegion" => instance::describe_region(call),
        "CreatePermissionSet" => permission_set::create(call),
        "DescribePermissionSet" => permission_set::describe(call),
        "UpdatePermissionSet" => permission_set::update(call),
        "DeletePermissionSet" => permission_set::delete(call),
        "ListPermissionSets" => permission_set::list(call),
        "AttachManagedPolicyToPermissionSet" => managed_policy::attach(call),
        "DetachManagedPolicyFromPermissionSet" => managed_policy::detach(call),
        "ListManagedPoliciesInPermissionSet" => managed_policy::list(call),
        "AttachCustomerManagedPolicyReferenceToPermissionSet" => customer_policy::attach(call),
        "DetachCustomerManagedPolicyReferenceFromPermissionSet" => customer_policy::detach(call),
        "ListCustomerManagedPolicyReferencesInPermissionSet" => customer_policy::list(call),
        "PutInlinePolicyToPermissionSet" => inline_policy::put(call),
        "GetInlinePolicyForPermissionSet" => inline_policy::get(call),
        "DeleteInlinePolicyFromPermissionSet" => inline_policy::delete(call),
        "PutPermissionsBoundaryToPermissionSet" => boundary::put(call),
        "GetPermissionsBoundaryForPermissionSet" => boundary::get(call),
        "DeletePermissionsBoundaryFromPermissionSet" => boundary::delete(call),
        "TagResource" => tag::add(call),
        "UntagResource" => tag::remove(call),
        "ListTagsForResource" => tag::list(call),
        "ProvisionPermissionSet" => provisioning::start(call),
        "DescribePermissionSetProvisioningStatus" => provisioning::describe(call),
        "ListPermissionSetProvisioningStatus" => provisioning::list(call),
        "ListAccountsForProvisionedPermissionSet" => provisioned::accounts(call),
        "ListPermissionSetsProvisionedToAccount" => provisioned::sets(call),
        "CreateAccountAssignment" => assignment::create(call),
        "DeleteAccountAssignment" => assignment::delete(call),
        "ListAccountAssignments" => assignment_list::of_pair(call),
        "ListAccountAssignmentsForPrincipal" => assignment_list::of_principal(call),
        "DescribeAccountAssignmentCreationStatus" => assignment_status::describe_creation(call),
        "DescribeAccountAssignmentDeletionStatus" => assignment_status::describe_deletion(call),
        "ListAccountAssignmentCreationStatus" => assignment_status::list_creations(call),
        "ListAccountAssignmentDeletionStatus" => assignment_status::list_deletions(call),
        _ => serve_settings(call),
    }
}

/// What an instance holds besides permission sets and assignments.
fn serve_settings(call: &mut Call<'_>) -> Answer {
    match call.operation {
        "UpdateInstance" => instance::update(call),
        "CreateInstanceAccessControlAttributeConfiguration" => access_attribute::create(call),
        "DescribeInstanceAccessControlAttributeConfiguration" => access_attribute::describe(call),
        "UpdateInstanceAccessControlAttributeConfiguration" => access_attribute::update(call),
        "DeleteInstanceAccessControlAttributeConfiguration" => access_attribute::delete(call),
        "ListApplicationProviders" => application::list_providers(call),
        "DescribeApplicationProvider" => application::describe_provider(call),
        "CreateApplication" => application::create(call),
        "DescribeApplication" => application::describe(call),
        "ListApplications" => application::list(call),
        "UpdateApplication" => application::update(call),
        "DeleteApplication" => application::delete(call),
        "CreateApplicationAssignment" => application_assignment::create(call),
        "DescribeApplicationAssignment" => application_assignment::describe(call),
        "DeleteApplicationAssignment" => application_assignment::delete(call),
        "ListApplicationAssignments" => application_assignment::list(call),
        "ListApplicationAssignmentsForPrincipal" => application_assignment::list_of_principal(call),
        "PutApplicationAssignmentConfiguration" => application_assignment::put_configuration(call),
        "GetApplicationAssignmentConfiguration" => application_assignment::get_configuration(call),
        "PutApplicationAccessScope" => application_assignment::put_scope(call),
        "GetApplicationAccessScope" => application_assignment::get_scope(call),
        "DeleteApplicationAccessScope" => application_assignment::delete_scope(call),
        "ListApplicationAccessScopes" => application_assignment::list_scopes(call),
        "CreateTrustedTokenIssuer" => token_issuer::create(call),
        "DescribeTrustedTokenIssuer" => token_issuer::describe(call),
        "ListTrustedTokenIssuers" => token_issuer::list(call),
        "UpdateTrustedTokenIssuer" => token_issuer::update(call),
        "DeleteTrustedTokenIssuer" => token_issuer::delete(call),
        _ => Err(unknown_operation()),
    }
}
