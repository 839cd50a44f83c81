"""The instance, permission sets, their tags."""

from .harness import scenario

UNKNOWN = "ps-0000000000000000"


def make(t, name, **more):
    return t.sso.create_permission_set(InstanceArn=t.instance_arn, Name=name, **more)["PermissionSet"]["PermissionSetArn"]


@scenario("sso-admin", "instance")
def instance(t):
    here = {"InstanceArn": t.instance_arn}
    told = t.works("told", t.sso.describe_instance, **here)
    t.equal("store and status", (told.get("IdentityStoreId"), told.get("Status")), (t.store_id, "ACTIVE"))
    t.equal("another region has none", lambda: t.place.client("sso-admin", region="us-west-2").list_instances()["Instances"], [])
    t.refused("nor answers for it", "ResourceNotFoundException", t.place.client("sso-admin", region="us-west-2").list_permission_sets, **here)
    other = t.instance_arn[:-1] + ("0" if t.instance_arn[-1] != "0" else "1")
    t.refused("another instance", "ResourceNotFoundException", t.sso.list_permission_sets, InstanceArn=other)
    t.equal("its region", lambda: [row["RegionName"] for row in t.sso.list_regions(**here)["Regions"]], ["ap-northeast-1"])
    t.works("region told", t.sso.describe_region, RegionName="ap-northeast-1", **here)
    t.refused("region without it", "ResourceNotFoundException", t.sso.describe_region, RegionName="us-west-2", **here)
    t.works("named", t.sso.update_instance, Name="example", **here)
    t.equal("name told", lambda: t.sso.describe_instance(**here)["Name"], "example")


@scenario("sso-admin", "permission set")
def permission_set(t):
    here = {"InstanceArn": t.instance_arn}
    made = t.works("made", t.sso.create_permission_set, Name="Trial", Description="tries", SessionDuration="PT2H", RelayState="https://example.com/", Tags=[{"Key": "a", "Value": "1"}], **here)
    found = made.get("PermissionSet", {})
    arn = found.get("PermissionSetArn", "")
    t.holds("arn", arn.startswith(t.instance_arn.replace(":instance/", ":permissionSet/") + "/ps-"))
    this = {"PermissionSetArn": arn, **here}
    get = lambda: t.sso.describe_permission_set(**this)["PermissionSet"]
    t.equal("told", lambda: (get()["Name"], get()["Description"], get()["SessionDuration"], get()["RelayState"]), ("Trial", "tries", "PT2H", "https://example.com/"))
    t.equal("an hour is usual", lambda: t.sso.describe_permission_set(PermissionSetArn=make(t, "Usual"), **here)["PermissionSet"]["SessionDuration"], "PT1H")
    t.refused("twice", "ConflictException", t.sso.create_permission_set, "PermissionSet with name Trial already exists.", Name="Trial", **here)
    missing = arn.rsplit("/", 1)[0] + "/" + UNKNOWN
    for operation in ("describe_permission_set", "delete_permission_set", "update_permission_set", "get_inline_policy_for_permission_set", "list_managed_policies_in_permission_set"):
        t.refused(f"unknown: {operation}", "ResourceNotFoundException", getattr(t.sso, operation), f"Could not find PermissionSet with arn {missing}.", PermissionSetArn=missing, **here)
    t.works("updated", t.sso.update_permission_set, Description="tries more", SessionDuration="PT4H", RelayState="https://example.com/", **this)
    t.equal("new description", lambda: (get()["Description"], get()["SessionDuration"]), ("tries more", "PT4H"))
    t.works("updated without relay state", t.sso.update_permission_set, Description="tries more", **this)
    t.equal("relay state is gone", lambda: get().get("RelayState"), None)
    t.equal("session stays", lambda: get()["SessionDuration"], "PT4H")
    t.refused("session too long", "ValidationException", t.sso.update_permission_set, SessionDuration="PT13H", **this)
    t.refused("session too short", "ValidationException", t.sso.update_permission_set, SessionDuration="PT30M", **this)
    t.works("deleted", t.sso.delete_permission_set, **this)
    t.refused("gone", "ResourceNotFoundException", get)
    t.refused("deleted twice", "ResourceNotFoundException", t.sso.delete_permission_set, **this)
    t.works("the name is free again", lambda: make(t, "Trial") and {})


@scenario("sso-admin", "pages of permission sets")
def pages(t):
    here = {"InstanceArn": t.instance_arn}
    for number in range(5):
        make(t, f"Paged{number}")
    every = [arn for page in t.sso.get_paginator("list_permission_sets").paginate(**here) for arn in page["PermissionSets"]]
    t.equal("none twice", len(every), len(set(every)))
    t.pages("all", t.sso, "list_permission_sets", "PermissionSets", 4, len(every), **here)
    first = t.sso.list_permission_sets(MaxResults=2, **here)
    t.refused("token of another listing", "ValidationException", t.sso.list_account_assignment_creation_status, NextToken=first.get("NextToken", "x"), **here)
    t.refused("bad token", "ValidationException", t.sso.list_permission_sets, NextToken="no token", **here)
    rest = t.sso.list_permission_sets(NextToken=first.get("NextToken", ""), **here)["PermissionSets"]
    t.equal("the rest follows", lambda: set(rest), set(every) - set(first["PermissionSets"]))


@scenario("sso-admin", "tags")
def tags(t):
    here = {"InstanceArn": t.instance_arn}
    this = {"ResourceArn": make(t, "Tagged", Tags=[{"Key": "a", "Value": "1"}]), **here}
    told = lambda: {tag["Key"]: tag["Value"] for tag in t.sso.list_tags_for_resource(**this)["Tags"]}
    t.equal("made with", told, {"a": "1"})
    t.works("added", t.sso.tag_resource, Tags=[{"Key": "b", "Value": ""}, {"Key": "a", "Value": "2"}], **this)
    t.equal("told", told, {"a": "2", "b": ""})
    t.works("taken away", t.sso.untag_resource, TagKeys=["a", "never"], **this)
    t.equal("left", told, {"b": ""})
    many = [{"Key": f"k{number}", "Value": ""} for number in range(50)]
    t.refused("more than fifty", "ServiceQuotaExceededException", t.sso.tag_resource, Tags=many, **this)
    t.refused("empty key", "ValidationException", t.sso.tag_resource, Tags=[{"Key": "", "Value": "x"}], **this)
    instance = {"ResourceArn": t.instance_arn, **here}
    t.works("instance tagged", t.sso.tag_resource, Tags=[{"Key": "a", "Value": "1"}], **instance)
    t.equal("instance's tags", lambda: t.sso.list_tags_for_resource(**instance)["Tags"], [{"Key": "a", "Value": "1"}])
    t.sso.untag_resource(TagKeys=["a"], **instance)
    unknown = this["ResourceArn"].rsplit("/", 1)[0] + "/" + UNKNOWN
    t.refused("unknown", "ResourceNotFoundException", t.sso.tag_resource, ResourceArn=unknown, Tags=[{"Key": "a", "Value": "1"}], **here)
