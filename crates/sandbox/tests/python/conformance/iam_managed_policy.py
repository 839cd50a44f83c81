"""Managed policies, their versions, and who has them."""

import json

from .harness import GOOD, allow, document, scenario

SQS = "arn:aws:iam::aws:policy/AmazonSQSFullAccess"


@scenario("iam", "managed policy")
def policy(t):
    made = t.works("made", t.iam.create_policy, PolicyName="mine", Path="/team/", PolicyDocument=GOOD, Description="what it is for")
    made = made.get("Policy", {})
    arn = f"arn:aws:iam::{t.account}:policy/team/mine"
    t.equal("arn", made.get("Arn"), arn)
    t.holds("id", made.get("PolicyId", "").startswith("ANPA"))
    t.equal("version", made.get("DefaultVersionId"), "v1")
    t.equal("attachments", (made.get("AttachmentCount"), made.get("IsAttachable")), (0, True))
    t.equal("description told by GetPolicy", lambda: t.iam.get_policy(PolicyArn=arn)["Policy"]["Description"], "what it is for")
    taken = "A policy called mine already exists. Duplicate names are not allowed."
    t.refused("twice", "EntityAlreadyExists", t.iam.create_policy, taken, PolicyName="mine", Path="/team/", PolicyDocument=GOOD)
    t.refused("same name elsewhere", "EntityAlreadyExists", t.iam.create_policy, PolicyName="mine", PolicyDocument=GOOD)
    t.refused("no JSON", "MalformedPolicyDocument", t.iam.create_policy, "Syntax errors in policy.", PolicyName="broken", PolicyDocument="{")
    large = document(allow("s3:GetObject", resource="arn:aws:s3:::" + "a" * 6200))
    t.refused("too large", "LimitExceeded", t.iam.create_policy, "Cannot exceed quota for PolicySize: 6144", PolicyName="large", PolicyDocument=large)
    unknown = arn + "x"
    for operation in ("get_policy", "delete_policy", "list_policy_versions", "list_entities_for_policy"):
        t.refused(f"unknown: {operation}", "NoSuchEntity", getattr(t.iam, operation), f"Policy {unknown} was not found.", PolicyArn=unknown)
    t.iam.create_user(UserName="holder")
    t.iam.attach_user_policy(UserName="holder", PolicyArn=arn)
    t.equal("attachment counted", lambda: t.iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"], 1)
    t.equal("entities", lambda: [u["UserName"] for u in t.iam.list_entities_for_policy(PolicyArn=arn)["PolicyUsers"]], ["holder"])
    t.equal("only roles", lambda: t.iam.list_entities_for_policy(PolicyArn=arn, EntityFilter="Role")["PolicyUsers"], [])
    t.refused("deleted in use", "DeleteConflict", t.iam.delete_policy, "Cannot delete a policy attached to entities.", PolicyArn=arn)
    t.iam.detach_user_policy(UserName="holder", PolicyArn=arn)
    t.works("deleted", t.iam.delete_policy, PolicyArn=arn)
    t.refused("gone", "NoSuchEntity", t.iam.get_policy, PolicyArn=arn)


@scenario("iam", "policy versions")
def versions(t):
    arn = t.iam.create_policy(PolicyName="versioned", PolicyDocument=GOOD)["Policy"]["Arn"]
    second = document(allow("sqs:*"))
    made = t.works("second", t.iam.create_policy_version, PolicyArn=arn, PolicyDocument=second, SetAsDefault=True)
    t.equal("number", made.get("PolicyVersion", {}).get("VersionId"), "v2")
    listed = lambda: [(v["VersionId"], v["IsDefaultVersion"]) for v in t.iam.list_policy_versions(PolicyArn=arn)["Versions"]]
    t.equal("newest first", listed, [("v2", True), ("v1", False)])
    text = lambda version: t.iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    t.equal("document of the first", lambda: text("v1"), json.loads(GOOD))
    t.equal("document of the second", lambda: text("v2"), json.loads(second))
    t.equal("default of the policy", lambda: t.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"], "v2")
    t.works("default set back", t.iam.set_default_policy_version, PolicyArn=arn, VersionId="v1")
    t.equal("default is back", lambda: t.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"], "v1")
    missing = f"Policy {arn} version v9 does not exist or is not attachable."
    t.refused("unknown told", "NoSuchEntity", t.iam.get_policy_version, missing, PolicyArn=arn, VersionId="v9")
    t.refused("unknown as default", "NoSuchEntity", t.iam.set_default_policy_version, missing, PolicyArn=arn, VersionId="v9")
    t.refused("unknown deleted", "NoSuchEntity", t.iam.delete_policy_version, missing, PolicyArn=arn, VersionId="v9")
    t.refused("no version", "ValidationError", t.iam.get_policy_version, PolicyArn=arn, VersionId="9")
    t.refused("default deleted", "DeleteConflict", t.iam.delete_policy_version, "Cannot delete the default version of a policy.", PolicyArn=arn, VersionId="v1")
    t.refused("malformed", "MalformedPolicyDocument", t.iam.create_policy_version, PolicyArn=arn, PolicyDocument="{")
    for _ in range(3):
        t.iam.create_policy_version(PolicyArn=arn, PolicyDocument=GOOD)
    words = "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version."
    t.refused("sixth", "LimitExceeded", t.iam.create_policy_version, words, PolicyArn=arn, PolicyDocument=GOOD)
    t.refused("policy with versions deleted", "DeleteConflict", t.iam.delete_policy, PolicyArn=arn)
    t.works("version deleted", t.iam.delete_policy_version, PolicyArn=arn, VersionId="v3")
    again = t.works("room again", t.iam.create_policy_version, PolicyArn=arn, PolicyDocument=GOOD)
    t.equal("numbers are not used again", again.get("PolicyVersion", {}).get("VersionId"), "v6")
    t.pages("pages", t.iam, "list_policy_versions", "Versions", 2, 5, PolicyArn=arn)


@scenario("iam", "AWS's policies")
def of_aws(t):
    found = t.works("told", t.iam.get_policy, PolicyArn=SQS).get("Policy", {})
    t.equal("path and name", (found.get("Path"), found.get("PolicyName")), ("/", "AmazonSQSFullAccess"))
    version = found.get("DefaultVersionId", "v1")
    document_of = lambda: t.iam.get_policy_version(PolicyArn=SQS, VersionId=version)["PolicyVersion"]["Document"]
    t.equal("document", lambda: document_of()["Statement"][0]["Action"], ["sqs:*"])
    pages = t.iam.get_paginator("list_policies").paginate(Scope="AWS", PaginationConfig={"PageSize": 1000})
    arns = [policy["Arn"] for page in pages for policy in page["Policies"]]
    t.holds("more than a thousand", len(arns) > 1000)
    t.equal("none twice", len(arns), len(set(arns)))
    local = t.iam.list_policies(Scope="Local")["Policies"]
    t.holds("not among the local ones", all(":aws:policy" not in policy["Arn"] for policy in local))
    for operation, arguments in {
        "delete_policy": {},
        "create_policy_version": {"PolicyDocument": GOOD},
        "delete_policy_version": {"VersionId": "v1"},
        "set_default_policy_version": {"VersionId": "v1"},
    }.items():
        t.refused(f"not ours: {operation}", "AccessDenied", getattr(t.iam, operation), PolicyArn=SQS, **arguments)
    job = t.works("job function", t.iam.get_policy, PolicyArn="arn:aws:iam::aws:policy/job-function/ViewOnlyAccess")
    t.equal("path of a job function", job.get("Policy", {}).get("Path"), "/job-function/")


@scenario("iam", "tags of a policy")
def tags(t):
    arn = t.iam.create_policy(PolicyName="tagged", PolicyDocument=GOOD, Tags=[{"Key": "a", "Value": "1"}])["Policy"]["Arn"]
    told = lambda: {tag["Key"]: tag["Value"] for tag in t.iam.list_policy_tags(PolicyArn=arn)["Tags"]}
    t.equal("made with", told, {"a": "1"})
    t.works("tagged", t.iam.tag_policy, PolicyArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    t.works("untagged", t.iam.untag_policy, PolicyArn=arn, TagKeys=["a"])
    t.equal("told", told, {"b": "2"})
    t.equal("told by GetPolicy", lambda: t.iam.get_policy(PolicyArn=arn)["Policy"]["Tags"], [{"Key": "b", "Value": "2"}])
    t.refused("unknown", "NoSuchEntity", t.iam.tag_policy, PolicyArn=arn + "x", Tags=[{"Key": "b", "Value": "2"}])
