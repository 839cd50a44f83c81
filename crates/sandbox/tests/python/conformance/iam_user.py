"""Users."""

from .harness import GOOD, scenario


@scenario("iam", "user")
def user(t):
    made = t.works("made", t.iam.create_user, UserName="hanako", Path="/people/", Tags=[{"Key": "team", "Value": "minimo"}])
    found = made.get("User", {})
    t.equal("arn", found.get("Arn"), f"arn:aws:iam::{t.account}:user/people/hanako")
    t.holds("id", found.get("UserId", "").startswith("AIDA") and len(found.get("UserId", "")) == 21)
    t.equal("path", found.get("Path"), "/people/")
    t.equal("tags told by GetUser", lambda: t.iam.get_user(UserName="hanako")["User"]["Tags"], [{"Key": "team", "Value": "minimo"}])
    t.holds("tags not told by ListUsers", lambda: all("Tags" not in u for u in t.iam.list_users()["Users"]))
    t.holds("no password, no last use", lambda: "PasswordLastUsed" not in t.iam.get_user(UserName="hanako")["User"])
    t.refused("twice", "EntityAlreadyExists", t.iam.create_user, "User with name hanako already exists.", UserName="hanako")
    t.refused("in other letter case", "EntityAlreadyExists", t.iam.create_user, UserName="HANAKO")
    for operation in ("get_user", "delete_user", "update_user", "list_groups_for_user", "list_access_keys"):
        call = getattr(t.iam, operation)
        t.refused(f"unknown: {operation}", "NoSuchEntity", call, "The user with name nobody cannot be found.", UserName="nobody")
    t.works("deleted", t.iam.delete_user, UserName="hanako")
    t.refused("deleted twice", "NoSuchEntity", t.iam.delete_user, UserName="hanako")


@scenario("iam", "pages of users")
def pages(t):
    for number in range(7):
        t.iam.create_user(UserName=f"page-{number}", Path="/pages/")
    t.pages("of 3", t.iam, "list_users", "Users", 3, 7, PathPrefix="/pages/")
    t.pages("of 7", t.iam, "list_users", "Users", 7, 7, PathPrefix="/pages/")
    first = t.iam.list_users(PathPrefix="/pages/", MaxItems=3)
    t.equal("truncated", first["IsTruncated"], True)
    t.equal("in order", [u["UserName"] for u in first["Users"]], ["page-0", "page-1", "page-2"])
    t.iam.delete_user(UserName="page-0")
    # a marker survives what happens between two pages
    rest = t.iam.list_users(PathPrefix="/pages/", Marker=first.get("Marker", ""))
    t.equal("what is deleted between pages hides nothing", [u["UserName"] for u in rest["Users"]], [f"page-{n}" for n in range(3, 7)])
    t.equal("not truncated", rest["IsTruncated"], False)
    t.refused("bad marker", "ValidationError", t.iam.list_users, "Invalid Marker.", Marker="no marker")
    t.equal("by path", lambda: t.iam.list_users(PathPrefix="/nobody/")["Users"], [])


@scenario("iam", "renamed user")
def renamed(t):
    t.iam.create_user(UserName="old-name")
    t.iam.create_user(UserName="taken-name")
    key = t.iam.create_access_key(UserName="old-name")["AccessKey"]
    t.iam.put_user_policy(UserName="old-name", PolicyName="p", PolicyDocument=GOOD)
    t.iam.create_group(GroupName="of-renamed")
    t.iam.add_user_to_group(GroupName="of-renamed", UserName="old-name")
    before = t.iam.get_user(UserName="old-name")["User"]["UserId"]
    t.refused("to a taken name", "EntityAlreadyExists", t.iam.update_user, UserName="old-name", NewUserName="taken-name")
    t.works("renamed and moved", t.iam.update_user, UserName="old-name", NewUserName="new-name", NewPath="/moved/")
    t.refused("old name is gone", "NoSuchEntity", t.iam.get_user, UserName="old-name")
    after = t.works("new name is there", t.iam.get_user, UserName="new-name").get("User", {})
    t.equal("same id", after.get("UserId"), before)
    t.equal("arn follows", after.get("Arn"), f"arn:aws:iam::{t.account}:user/moved/new-name")
    t.equal("policies follow", lambda: t.iam.list_user_policies(UserName="new-name")["PolicyNames"], ["p"])
    t.equal("groups follow", lambda: [u["UserName"] for u in t.iam.get_group(GroupName="of-renamed")["Users"]], ["new-name"])
    t.equal("keys follow", lambda: t.place.client("sts", key).get_caller_identity()["Arn"], f"arn:aws:iam::{t.account}:user/moved/new-name")


@scenario("iam", "deletion of a user")
def deletion(t):
    name = {"UserName": "leaver"}
    t.iam.create_user(**name)
    conflict = "Cannot delete entity, must "

    def blocked(check, words):
        t.refused(check, "DeleteConflict", t.iam.delete_user, conflict + words, **name)

    t.iam.create_group(GroupName="of-leaver")
    t.iam.add_user_to_group(GroupName="of-leaver", **name)
    blocked("group", "remove users from group first.")
    t.iam.remove_user_from_group(GroupName="of-leaver", **name)
    t.iam.create_login_profile(Password="Long-Enough1", **name)
    blocked("login profile", "delete login profile first.")
    t.iam.delete_login_profile(**name)
    serial = t.iam.create_virtual_mfa_device(VirtualMFADeviceName="leaver")["VirtualMFADevice"]["SerialNumber"]
    t.iam.enable_mfa_device(SerialNumber=serial, AuthenticationCode1="111111", AuthenticationCode2="222222", **name)
    blocked("device", "delete MFA device first.")
    t.iam.deactivate_mfa_device(SerialNumber=serial, **name)
    ssh = t.iam.upload_ssh_public_key(SSHPublicKeyBody="ssh-rsa AAAA leaver", **name)["SSHPublicKey"]["SSHPublicKeyId"]
    blocked("ssh key", "delete SSH public keys first.")
    t.iam.delete_ssh_public_key(SSHPublicKeyId=ssh, **name)
    key = t.iam.create_access_key(**name)["AccessKey"]["AccessKeyId"]
    blocked("access key", "delete access keys first.")
    t.iam.delete_access_key(AccessKeyId=key, **name)
    t.iam.put_user_policy(PolicyName="p", PolicyDocument=GOOD, **name)
    blocked("inline policy", "delete policies first.")
    t.iam.delete_user_policy(PolicyName="p", **name)
    t.iam.attach_user_policy(PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess", **name)
    blocked("attached policy", "detach all policies first.")
    t.iam.detach_user_policy(PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess", **name)
    t.works("nothing left", t.iam.delete_user, **name)


@scenario("iam", "tags of a user")
def tags(t):
    name = {"UserName": "tagged"}
    t.iam.create_user(**name)

    def told():
        return {tag["Key"]: tag["Value"] for tag in t.iam.list_user_tags(**name)["Tags"]}

    t.works("added", t.iam.tag_user, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}], **name)
    t.equal("told", told, {"a": "1", "b": ""})
    t.works("replaced", t.iam.tag_user, Tags=[{"Key": "a", "Value": "2"}], **name)
    t.equal("replaced one", told, {"a": "2", "b": ""})
    t.works("taken away", t.iam.untag_user, TagKeys=["a", "never"], **name)
    t.equal("left", told, {"b": ""})
    double = [{"Key": "x", "Value": "1"}, {"Key": "x", "Value": "2"}]
    t.refused("key twice", "InvalidInput", t.iam.tag_user, "Duplicate tag keys found. Please note that Tag keys are case insensitive.", Tags=double, **name)
    cases = [{"Key": "Team", "Value": "1"}, {"Key": "team", "Value": "2"}]
    t.refused("key twice in other letter case", "InvalidInput", t.iam.tag_user, Tags=cases, **name)
    t.refused("unknown user", "NoSuchEntity", t.iam.tag_user, UserName="nobody", Tags=[{"Key": "a", "Value": "1"}])
    many = [{"Key": f"k{number}", "Value": ""} for number in range(49)]
    t.iam.tag_user(Tags=many, **name)
    t.refused("more than fifty", "LimitExceeded", t.iam.tag_user, Tags=[{"Key": "one-more", "Value": ""}], **name)
    t.pages("pages", t.iam, "list_user_tags", "Tags", 20, 50, **name)
