"""Users of the identity store."""

from .harness import scenario


def person(t, name, **more):
    return {
        "IdentityStoreId": t.store_id,
        "UserName": name,
        "DisplayName": name.title(),
        "Name": {"GivenName": name.title(), "FamilyName": "Test"},
        "Emails": [{"Value": f"{name}@users.example.com", "Type": "work", "Primary": True}],
    } | more


@scenario("identitystore", "user")
def user(t):
    store = {"IdentityStoreId": t.store_id}
    made = t.works("made", t.store.create_user, **person(t, "akari"))
    identity = made.get("UserId", "")
    t.equal("store told", made.get("IdentityStoreId"), t.store_id)
    get = lambda: t.store.describe_user(UserId=identity, **store)
    t.equal("name", lambda: get()["Name"], {"GivenName": "Akari", "FamilyName": "Test"})
    t.equal("e-mail", lambda: get()["Emails"][0]["Value"], "akari@users.example.com")
    t.equal("status", lambda: get()["UserStatus"], "ENABLED")
    t.refused("twice", "ConflictException", t.store.create_user, members={"Reason": "UNIQUENESS_CONSTRAINT_VIOLATION"}, **person(t, "akari"))
    t.refused("in other letter case", "ConflictException", t.store.create_user, **person(t, "AKARI"))
    for member in ("UserName", "DisplayName", "Name"):
        arguments = person(t, "lacking")
        del arguments[member]
        t.refused(f"without {member}", "ValidationException", t.store.create_user, **arguments)
    t.refused("reserved name", "ValidationException", t.store.create_user, **person(t, "Administrator"))
    t.refused("long name", "ValidationException", t.store.create_user, **person(t, "n" * 129))
    t.refused("no such store", "ResourceNotFoundException", t.store.list_users, IdentityStoreId="d-0123456789")
    t.refused("no store id", "ValidationException", t.store.list_users, IdentityStoreId="x")
    missing = {"ResourceType": "USER"}
    t.refused("unknown", "ResourceNotFoundException", t.store.describe_user, members=missing, UserId="00000000-0000-4000-8000-000000000000", **store)
    t.refused("no user id", "ValidationException", t.store.describe_user, UserId="x", **store)
    key = lambda path, value: {"UniqueAttribute": {"AttributePath": path, "AttributeValue": value}}
    find = lambda path, value: t.store.get_user_id(AlternateIdentifier=key(path, value), **store)["UserId"]
    t.equal("by name", lambda: find("userName", "akari"), identity)
    t.equal("by e-mail", lambda: find("emails.value", "akari@users.example.com"), identity)
    t.refused("by unknown name", "ResourceNotFoundException", t.store.get_user_id, AlternateIdentifier=key("userName", "nobody"), **store)
    t.refused("by something not unique", "ValidationException", t.store.get_user_id, AlternateIdentifier=key("displayName", "Akari"), **store)
    t.refused("by nothing", "ValidationException", t.store.get_user_id, AlternateIdentifier={}, **store)
    t.equal("filtered", lambda: [u["UserId"] for u in t.store.list_users(Filters=[{"AttributePath": "UserName", "AttributeValue": "akari"}], **store)["Users"]], [identity])
    t.refused("filtered by another attribute", "ValidationException", t.store.list_users, Filters=[{"AttributePath": "Title", "AttributeValue": "x"}], **store)
    t.works("deleted", t.store.delete_user, UserId=identity, **store)
    t.refused("gone", "ResourceNotFoundException", get)
    t.refused("deleted twice", "ResourceNotFoundException", t.store.delete_user, UserId=identity, **store)


@scenario("identitystore", "changed user")
def changed(t):
    store = {"IdentityStoreId": t.store_id}
    identity = t.store.create_user(**person(t, "aoi", Title="Engineer"))["UserId"]
    t.store.create_user(**person(t, "taken"))
    get = lambda: t.store.describe_user(UserId=identity, **store)
    change = lambda *operations, **more: t.store.update_user(UserId=identity, Operations=[{"AttributePath": path, **value} for path, value in operations], **store, **more)
    t.works("one attribute", lambda: change(("displayName", {"AttributeValue": "Aoi T."})))
    t.equal("told", lambda: get()["DisplayName"], "Aoi T.")
    t.works("part of the name", lambda: change(("name.familyName", {"AttributeValue": "Tanaka"})))
    t.equal("the other part stays", lambda: get()["Name"], {"GivenName": "Aoi", "FamilyName": "Tanaka"})
    t.works("removed", lambda: change(("title", {})))
    t.equal("gone", lambda: get().get("Title"), None)
    t.works("renamed", lambda: change(("userName", {"AttributeValue": "aoi.tanaka"})))
    t.refused("to a taken name", "ConflictException", lambda: change(("userName", {"AttributeValue": "taken"})), members={"Reason": "UNIQUENESS_CONSTRAINT_VIOLATION"})
    t.refused("what is required is not removed", "ValidationException", lambda: change(("displayName", {})))
    t.refused("no such attribute", "ValidationException", lambda: change(("shoeSize", {"AttributeValue": "42"})))
    t.refused("all or nothing", "ValidationException", lambda: change(("title", {"AttributeValue": "Boss"}), ("shoeSize", {"AttributeValue": "42"})))
    t.equal("nothing was changed", lambda: get().get("Title"), None)
    t.refused("no operation", "ValidationException", t.store.update_user, UserId=identity, Operations=[], **store)
    before = get().get("Revision", "")
    t.works("of this revision", lambda: change(("title", {"AttributeValue": "Lead"}), Revision=before))
    t.refused("of an old revision", "ConflictException", lambda: change(("title", {"AttributeValue": "Boss"}), Revision=before), members={"Reason": "CONCURRENT_MODIFICATION"})


@scenario("identitystore", "pages of users")
def pages(t):
    store = {"IdentityStoreId": t.store_id}
    for number in range(5):
        t.store.create_user(**person(t, f"paged-{number}"))
    listed = [u["UserId"] for page in t.store.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 7}, **store) for u in page["Users"]]
    t.equal("none twice", len(listed), len(set(listed)))
    t.pages("all", t.store, "list_users", "Users", 7, len(listed), **store)
    t.refused("page too large", "ValidationException", t.store.list_users, MaxResults=101, **store)
    t.refused("page of none", "ValidationException", t.store.list_users, MaxResults=0, **store)
    t.refused("bad token", "ValidationException", t.store.list_users, NextToken="x", **store)
    told = t.works("store told", t.store.describe_identity_store, **store)
    t.equal("store's arn", told.get("IdentityStoreArn", "").rsplit("/", 1)[-1], t.store_id)
    t.equal("stores", lambda: [row["IdentityStoreId"] for row in t.store.list_identity_stores()["IdentityStores"]], [t.store_id])
