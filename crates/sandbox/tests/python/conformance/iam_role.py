"""Roles, instance profiles, service-linked roles, and the roles of Identity Center."""

import json

from .harness import GOOD, document, scenario, trusting


@scenario("iam", "role")
def role(t):
    trust = document(trusting(t.account))
    made = t.works("made", t.iam.create_role, RoleName="reader", Path="/team/", AssumeRolePolicyDocument=trust, Description="reads", MaxSessionDuration=7200)
    made = made.get("Role", {})
    t.equal("arn", made.get("Arn"), f"arn:aws:iam::{t.account}:role/team/reader")
    t.holds("id", made.get("RoleId", "").startswith("AROA"))
    t.equal("trust", made.get("AssumeRolePolicyDocument"), json.loads(trust))
    get = lambda: t.iam.get_role(RoleName="reader")["Role"]
    t.equal("session", lambda: get()["MaxSessionDuration"], 7200)
    t.equal("never used", lambda: get()["RoleLastUsed"], {})
    t.refused("twice", "EntityAlreadyExists", t.iam.create_role, "Role with name reader already exists.", RoleName="reader", AssumeRolePolicyDocument=trust)
    for operation in ("get_role", "delete_role", "list_role_tags", "list_instance_profiles_for_role"):
        t.refused(f"unknown: {operation}", "NoSuchEntity", getattr(t.iam, operation), "The role with name nothing cannot be found.", RoleName="nothing")
    t.refused("trust is no JSON", "MalformedPolicyDocument", t.iam.create_role, "This policy contains invalid Json", RoleName="x", AssumeRolePolicyDocument="{")
    nobody = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]})
    t.refused("trust without a principal", "MalformedPolicyDocument", t.iam.create_role, RoleName="x", AssumeRolePolicyDocument=nobody)
    other = document(trusting(t.account, "s3:GetObject"))
    t.refused("trust about another action", "MalformedPolicyDocument", t.iam.create_role, "AssumeRole policy may only specify STS AssumeRole actions.", RoleName="y", AssumeRolePolicyDocument=other)
    resource = document({**trusting(t.account), "Resource": "*"})
    t.refused("trust about a resource", "MalformedPolicyDocument", t.iam.create_role, "Has prohibited field Resource.", RoleName="z", AssumeRolePolicyDocument=resource)
    t.refused("session too short", "ValidationError", t.iam.create_role, RoleName="x", AssumeRolePolicyDocument=trust, MaxSessionDuration=3599)
    t.refused("session too long", "ValidationError", t.iam.create_role, RoleName="x", AssumeRolePolicyDocument=trust, MaxSessionDuration=43201)
    large = document(*[trusting(f"arn:aws:iam::{t.account}:role/{'r' * 60}{number}") for number in range(20)])
    t.refused("trust too large", "LimitExceeded", t.iam.create_role, "Cannot exceed quota for ACLSizePerRole: 2048", RoleName="x", AssumeRolePolicyDocument=large)
    t.works("updated", t.iam.update_role, RoleName="reader", Description="", MaxSessionDuration=3600)
    t.holds("description gone", lambda: not get().get("Description"))
    described = t.works("described", t.iam.update_role_description, RoleName="reader", Description="again").get("Role", {})
    t.equal("answers with the role", described.get("Description"), "again")
    other = document(trusting(t.place.accounts()["minimo-prod"]))
    t.works("trust changed", t.iam.update_assume_role_policy, RoleName="reader", PolicyDocument=other)
    t.equal("trust told", lambda: get()["AssumeRolePolicyDocument"], json.loads(other))
    t.refused("trust broken", "MalformedPolicyDocument", t.iam.update_assume_role_policy, RoleName="reader", PolicyDocument="[]")
    t.iam.put_role_policy(RoleName="reader", PolicyName="p", PolicyDocument=GOOD)
    t.refused("deleted with a policy", "DeleteConflict", t.iam.delete_role, "Cannot delete entity, must delete policies first.", RoleName="reader")
    t.iam.delete_role_policy(RoleName="reader", PolicyName="p")
    t.works("deleted", t.iam.delete_role, RoleName="reader")


@scenario("iam", "listing of roles")
def listing(t):
    trust = document(trusting(t.account))
    for number in range(5):
        t.iam.create_role(RoleName=f"listed-{number}", Path="/listed/", AssumeRolePolicyDocument=trust, Tags=[{"Key": "a", "Value": "1"}])
    t.pages("pages", t.iam, "list_roles", "Roles", 2, 5, PathPrefix="/listed/")
    rows = t.iam.list_roles(PathPrefix="/listed/")["Roles"]
    t.holds("no tags in the list", all("Tags" not in row for row in rows))
    t.holds("no boundary in the list", all("PermissionsBoundary" not in row for row in rows))
    t.equal("tags of one", lambda: t.iam.list_role_tags(RoleName="listed-0")["Tags"], [{"Key": "a", "Value": "1"}])
    t.works("tagged", t.iam.tag_role, RoleName="listed-0", Tags=[{"Key": "b", "Value": "2"}])
    t.works("untagged", t.iam.untag_role, RoleName="listed-0", TagKeys=["a"])
    t.equal("tags told by GetRole", lambda: t.iam.get_role(RoleName="listed-0")["Role"]["Tags"], [{"Key": "b", "Value": "2"}])


@scenario("iam", "role of Identity Center")
def reserved(t):
    prefix = "/aws-reserved/sso.amazonaws.com/"
    roles = t.iam.list_roles(PathPrefix=prefix)["Roles"]
    t.holds("there", roles)
    name = roles[0]["RoleName"]
    t.holds("name and suffix", name.startswith("AWSReservedSSO_") and len(name.rsplit("_", 1)[1]) == 16)
    t.holds("trusts a SAML provider", "AWSSSO_" in json.dumps(roles[0]["AssumeRolePolicyDocument"]))
    words = f"Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS"
    for operation, arguments in {
        "delete_role": {},
        "update_role": {"Description": "x"},
        "update_assume_role_policy": {"PolicyDocument": document(trusting(t.account))},
        "put_role_policy": {"PolicyName": "p", "PolicyDocument": GOOD},
        "attach_role_policy": {"PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
        "put_role_permissions_boundary": {"PermissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
        "tag_role": {"Tags": [{"Key": "a", "Value": "1"}]},
    }.items():
        t.refused(f"protected: {operation}", "UnmodifiableEntity", getattr(t.iam, operation), words, RoleName=name, **arguments)
    trust = document(trusting(t.account))
    t.refused("path reserved", "InvalidInput", t.iam.create_role, RoleName="mine", Path=prefix, AssumeRolePolicyDocument=trust)


@scenario("iam", "instance profile")
def instance_profile(t):
    name = {"InstanceProfileName": "machine"}
    made = t.works("made", t.iam.create_instance_profile, Path="/fleet/", Tags=[{"Key": "a", "Value": "1"}], **name).get("InstanceProfile", {})
    t.equal("arn", made.get("Arn"), f"arn:aws:iam::{t.account}:instance-profile/fleet/machine")
    t.holds("id", made.get("InstanceProfileId", "").startswith("AIPA"))
    t.refused("twice", "EntityAlreadyExists", t.iam.create_instance_profile, "Instance Profile machine already exists.", **name)
    t.refused("unknown", "NoSuchEntity", t.iam.get_instance_profile, "Instance Profile nothing cannot be found.", InstanceProfileName="nothing")
    for role in ("machine", "machine-2"):
        t.iam.create_role(RoleName=role, AssumeRolePolicyDocument=document(trusting({"Service": "ec2.amazonaws.com"})))
    t.works("role added", t.iam.add_role_to_instance_profile, RoleName="machine", **name)
    t.refused("second role", "LimitExceeded", t.iam.add_role_to_instance_profile, "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1", RoleName="machine-2", **name)
    t.refused("no role", "NoSuchEntity", t.iam.add_role_to_instance_profile, RoleName="nothing", **name)
    get = lambda: t.iam.get_instance_profile(**name)["InstanceProfile"]
    t.equal("role told", lambda: [role["RoleName"] for role in get()["Roles"]], ["machine"])
    t.equal("of the role", lambda: [p["InstanceProfileName"] for p in t.iam.list_instance_profiles_for_role(RoleName="machine")["InstanceProfiles"]], ["machine"])
    t.equal("by path", lambda: [p["InstanceProfileName"] for p in t.iam.list_instance_profiles(PathPrefix="/fleet/")["InstanceProfiles"]], ["machine"])
    conflict = "Cannot delete entity, must remove roles from instance profile first."
    t.refused("profile deleted with a role", "DeleteConflict", t.iam.delete_instance_profile, conflict, **name)
    t.refused("role deleted in a profile", "DeleteConflict", t.iam.delete_role, conflict, RoleName="machine")
    t.works("tagged", t.iam.tag_instance_profile, Tags=[{"Key": "b", "Value": "2"}], **name)
    t.works("untagged", t.iam.untag_instance_profile, TagKeys=["a"], **name)
    t.equal("tags", lambda: t.iam.list_instance_profile_tags(**name)["Tags"], [{"Key": "b", "Value": "2"}])
    t.works("role removed", t.iam.remove_role_from_instance_profile, RoleName="machine", **name)
    t.equal("none told", lambda: get()["Roles"], [])
    t.refused("removed twice", "NoSuchEntity", t.iam.remove_role_from_instance_profile, RoleName="machine", **name)
    t.works("deleted", t.iam.delete_instance_profile, **name)


@scenario("iam", "service-linked role")
def service_linked(t):
    made = t.works("made", t.iam.create_service_linked_role, AWSServiceName="ecs.amazonaws.com", Description="x").get("Role", {})
    name = "AWSServiceRoleForECS"
    t.equal("arn", made.get("Arn"), f"arn:aws:iam::{t.account}:role/aws-service-role/ecs.amazonaws.com/{name}")
    t.equal("trust", lambda: made["AssumeRolePolicyDocument"]["Statement"][0]["Principal"], {"Service": "ecs.amazonaws.com"})
    taken = f"Service role name {name} has been taken in this account, please try a different suffix."
    t.refused("twice", "InvalidInput", t.iam.create_service_linked_role, taken, AWSServiceName="ecs.amazonaws.com")
    t.refused("no suffix here", "InvalidInput", t.iam.create_service_linked_role, "Custom suffix is not allowed for ecs.amazonaws.com", AWSServiceName="ecs.amazonaws.com", CustomSuffix="two")
    with_suffix = t.works("suffix", t.iam.create_service_linked_role, AWSServiceName="autoscaling.amazonaws.com", CustomSuffix="two").get("Role", {})
    t.equal("name with suffix", with_suffix.get("RoleName"), "AWSServiceRoleForAutoScaling_two")
    t.refused("protected", "UnmodifiableEntity", t.iam.delete_role, RoleName=name)
    t.refused("protected from policies", "UnmodifiableEntity", t.iam.put_role_policy, RoleName=name, PolicyName="p", PolicyDocument=GOOD)
    task = t.works("deleted", t.iam.delete_service_linked_role, RoleName=name).get("DeletionTaskId", "")
    t.holds("task", task.startswith(f"task/aws-service-role/ecs.amazonaws.com/{name}/"))
    t.equal("succeeded", lambda: t.iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"], "SUCCEEDED")
    t.refused("gone", "NoSuchEntity", t.iam.get_role, RoleName=name)
    t.refused("unknown task", "NoSuchEntity", t.iam.get_service_linked_role_deletion_status, DeletionTaskId=task[:-1] + "x")
    t.refused("deleted twice", "NoSuchEntity", t.iam.delete_service_linked_role, RoleName=name)
