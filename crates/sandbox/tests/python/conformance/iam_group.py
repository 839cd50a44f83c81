"""Groups and who is in them."""

from .harness import GOOD, scenario


@scenario("iam", "group")
def group(t):
    made = t.works("made", t.iam.create_group, GroupName="builders", Path="/team/").get("Group", {})
    t.equal("arn", made.get("Arn"), f"arn:aws:iam::{t.account}:group/team/builders")
    t.holds("id", made.get("GroupId", "").startswith("AGPA"))
    t.refused("twice", "EntityAlreadyExists", t.iam.create_group, "Group with name builders already exists.", GroupName="builders")
    t.refused("in other letter case", "EntityAlreadyExists", t.iam.create_group, GroupName="Builders")
    missing = "The group with name nothing cannot be found."
    for operation in ("get_group", "delete_group", "list_group_policies", "list_attached_group_policies"):
        t.refused(f"unknown: {operation}", "NoSuchEntity", getattr(t.iam, operation), missing, GroupName="nothing")
    t.iam.create_user(UserName="builder-1")
    t.iam.create_user(UserName="builder-2")
    t.works("user added", t.iam.add_user_to_group, GroupName="builders", UserName="builder-1")
    t.works("added twice", t.iam.add_user_to_group, GroupName="builders", UserName="builder-1")
    t.iam.add_user_to_group(GroupName="builders", UserName="builder-2")
    t.equal("members", lambda: [u["UserName"] for u in t.iam.get_group(GroupName="builders")["Users"]], ["builder-1", "builder-2"])
    t.pages("pages of members", t.iam, "get_group", "Users", 1, 2, GroupName="builders")
    t.equal("groups of a user", lambda: [g["GroupName"] for g in t.iam.list_groups_for_user(UserName="builder-1")["Groups"]], ["builders"])
    t.refused("unknown user added", "NoSuchEntity", t.iam.add_user_to_group, GroupName="builders", UserName="nobody")
    t.refused("added to no group", "NoSuchEntity", t.iam.add_user_to_group, GroupName="nothing", UserName="builder-1")
    t.refused("deleted with members", "DeleteConflict", t.iam.delete_group, "Cannot delete entity, must remove users from group first.", GroupName="builders")
    for number in (1, 2):
        t.iam.remove_user_from_group(GroupName="builders", UserName=f"builder-{number}")
    t.iam.put_group_policy(GroupName="builders", PolicyName="p", PolicyDocument=GOOD)
    t.refused("deleted with a policy", "DeleteConflict", t.iam.delete_group, "Cannot delete entity, must delete policies first.", GroupName="builders")
    t.iam.delete_group_policy(GroupName="builders", PolicyName="p")
    t.works("deleted", t.iam.delete_group, GroupName="builders")


@scenario("iam", "renamed group")
def renamed(t):
    t.iam.create_group(GroupName="old-group")
    t.iam.create_group(GroupName="taken-group")
    t.iam.create_user(UserName="of-old-group")
    t.iam.add_user_to_group(GroupName="old-group", UserName="of-old-group")
    before = t.iam.get_group(GroupName="old-group")["Group"]["GroupId"]
    t.refused("to a taken name", "EntityAlreadyExists", t.iam.update_group, GroupName="old-group", NewGroupName="taken-group")
    t.works("renamed and moved", t.iam.update_group, GroupName="old-group", NewGroupName="new-group", NewPath="/moved/")
    t.refused("old name is gone", "NoSuchEntity", t.iam.get_group, GroupName="old-group")
    t.equal("same id", lambda: t.iam.get_group(GroupName="new-group")["Group"]["GroupId"], before)
    t.equal("members follow", lambda: [g["Arn"] for g in t.iam.list_groups_for_user(UserName="of-old-group")["Groups"]], [f"arn:aws:iam::{t.account}:group/moved/new-group"])


@scenario("iam", "limits of groups")
def limits(t):
    t.iam.create_user(UserName="everywhere")
    for number in range(11):
        t.iam.create_group(GroupName=f"many-{number:02}", Path="/many/")
    for number in range(10):
        t.iam.add_user_to_group(GroupName=f"many-{number:02}", UserName="everywhere")
    t.refused("eleventh group", "LimitExceeded", t.iam.add_user_to_group, "Cannot exceed quota for GroupsPerUser: 10", GroupName="many-10", UserName="everywhere")
    t.pages("pages of groups", t.iam, "list_groups", "Groups", 4, 11, PathPrefix="/many/")
    t.pages("pages of a user's groups", t.iam, "list_groups_for_user", "Groups", 4, 10, UserName="everywhere")
