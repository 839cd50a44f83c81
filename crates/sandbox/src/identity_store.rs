//! The identity store: `AWSIdentityStore`.

mod attribute;
mod group;
mod lookup;
mod membership;
mod reference;
mod store;
mod user;

use crate::call::Call;
use crate::error::Answer;
use crate::wire::route::unknown_operation;

pub(crate) fn serve(call: &mut Call<'_>) -> Answer {
    if !call.administers_identity_center() {
        return Err(call.not_authorized());
    }
    if call.operation == "ListIdentityStores" {
        return store::list(call);
    }
    call.check_store()?;
    match call.operation {
        "ListUsers" => user::list(call),
        "DescribeUser" => user::describe(call),
        "CreateUser" => user::create(call),
        "UpdateUser" => user::update(call),
        "DeleteUser" => user::delete(call),
        "ListGroups" => group::list(call),
        "DescribeGroup" => group::describe(call),
        "CreateGroup" => group::create(call),
        "UpdateGroup" => group::update(call),
        "DeleteGroup" => group::delete(call),
        "GetUserId" => lookup::user_id(call),
        "GetGroupId" => lookup::group_id(call),
        "GetGroupMembershipId" => lookup::membership_id(call),
        "ListGroupMemberships" => membership::of_group(call),
        "ListGroupMembershipsForMember" => membership::of_member(call),
        "IsMemberInGroups" => membership::is_member(call),
        "CreateGroupMembership" => membership::create(call),
        "DeleteGroupMembership" => membership::delete(call),
        "DescribeGroupMembership" => membership::describe(call),
        "DescribeIdentityStore" => store::describe(call),
        "UpdateIdentityStore" => store::update(call),
        _ => Err(unknown_operation()),
    }
}
