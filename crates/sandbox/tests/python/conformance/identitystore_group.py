"""Groups of the identity store and who is in them."""

from .harness import scenario
from .identitystore_user import person


@scenario("identitystore", "group")
def group(t):
    store = {"IdentityStoreId": t.store_id}
    made = t.works("made", t.store.create_group, DisplayName="climbers", Description="people who climb", **store)
    identity = made.get("GroupId", "")
    get = lambda: t.store.describe_group(GroupId=identity, **store)
    t.equal("told", lambda: (get()["DisplayName"], get()["Description"]), ("climbers", "people who climb"))
    t.refused("twice", "ConflictException", t.store.create_group, members={"Reason": "UNIQUENESS_CONSTRAINT_VIOLATION"}, DisplayName="climbers", **store)
    t.refused("without a name", "ValidationException", t.store.create_group, **store)
    t.refused("unknown", "ResourceNotFoundException", t.store.describe_group, members={"ResourceType": "GROUP"}, GroupId="00000000-0000-4000-8000-000000000000", **store)
    key = {"UniqueAttribute": {"AttributePath": "displayName", "AttributeValue": "climbers"}}
    t.equal("by name", lambda: t.store.get_group_id(AlternateIdentifier=key, **store)["GroupId"], identity)
    change = lambda path, value: t.store.update_group(GroupId=identity, Operations=[{"AttributePath": path, **value}], **store)
    t.works("renamed", lambda: change("displayName", {"AttributeValue": "boulderers"}))
    t.refused("old name", "ResourceNotFoundException", t.store.get_group_id, AlternateIdentifier=key, **store)
    t.works("description removed", lambda: change("description", {}))
    t.equal("no description", lambda: get().get("Description"), None)
    t.refused("name removed", "ValidationException", lambda: change("displayName", {}))
    t.equal("filtered", lambda: [g["GroupId"] for g in t.store.list_groups(Filters=[{"AttributePath": "DisplayName", "AttributeValue": "boulderers"}], **store)["Groups"]], [identity])
    listed = [g["GroupId"] for page in t.store.get_paginator("list_groups").paginate(PaginationConfig={"PageSize": 4}, **store) for g in page["Groups"]]
    t.pages("pages", t.store, "list_groups", "Groups", 4, len(listed), **store)
    t.works("deleted", t.store.delete_group, GroupId=identity, **store)
    t.refused("gone", "ResourceNotFoundException", get)
    t.refused("deleted twice", "ResourceNotFoundException", t.store.delete_group, GroupId=identity, **store)


@scenario("identitystore", "membership")
def membership(t):
    store = {"IdentityStoreId": t.store_id}
    one, other = (t.store.create_group(DisplayName=name, **store)["GroupId"] for name in ("rowers", "runners"))
    user = t.store.create_user(**person(t, "member"))["UserId"]
    member = {"UserId": user}
    made = t.works("made", t.store.create_group_membership, GroupId=one, MemberId=member, **store)
    identity = made.get("MembershipId", "")
    t.refused("twice", "ConflictException", t.store.create_group_membership, members={"Reason": "UNIQUENESS_CONSTRAINT_VIOLATION"}, GroupId=one, MemberId=member, **store)
    nobody = {"UserId": "00000000-0000-4000-8000-000000000000"}
    t.refused("of nobody", "ResourceNotFoundException", t.store.create_group_membership, GroupId=one, MemberId=nobody, **store)
    t.refused("in no group", "ResourceNotFoundException", t.store.create_group_membership, GroupId=nobody["UserId"], MemberId=member, **store)
    t.equal("told", lambda: t.store.describe_group_membership(MembershipId=identity, **store)["MemberId"], member)
    t.equal("found", lambda: t.store.get_group_membership_id(GroupId=one, MemberId=member, **store)["MembershipId"], identity)
    t.refused("not found", "ResourceNotFoundException", t.store.get_group_membership_id, GroupId=other, MemberId=member, **store)
    t.equal("of the group", lambda: [m["MembershipId"] for m in t.store.list_group_memberships(GroupId=one, **store)["GroupMemberships"]], [identity])
    t.store.create_group_membership(GroupId=other, MemberId=member, **store)
    t.equal("of the member", lambda: sorted(m["GroupId"] for m in t.store.list_group_memberships_for_member(MemberId=member, **store)["GroupMemberships"]), sorted([one, other]))
    t.pages("pages of the member", t.store, "list_group_memberships_for_member", "GroupMemberships", 1, 2, MemberId=member, **store)
    asked = lambda: {row["GroupId"]: row["MembershipExists"] for row in t.store.is_member_in_groups(MemberId=member, GroupIds=[one, nobody["UserId"]], **store)["Results"]}
    t.equal("asked about", asked, {one: True, nobody["UserId"]: False})
    t.refused("asked about none", "ValidationException", t.store.is_member_in_groups, MemberId=member, GroupIds=[], **store)
    t.works("deleted", t.store.delete_group_membership, MembershipId=identity, **store)
    t.refused("deleted twice", "ResourceNotFoundException", t.store.delete_group_membership, MembershipId=identity, **store)
    t.store.delete_group(GroupId=other, **store)
    t.equal("gone with the group", lambda: t.store.list_group_memberships_for_member(MemberId=member, **store)["GroupMemberships"], [])
    t.store.create_group_membership(GroupId=one, MemberId=member, **store)
    t.store.delete_user(UserId=user, **store)
    t.equal("gone with the user", lambda: t.store.list_group_memberships(GroupId=one, **store)["GroupMemberships"], [])
