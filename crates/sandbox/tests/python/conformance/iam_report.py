"""What IAM tells about the whole account: reports, details, simulations. In an account of its own, which is otherwise empty."""

import csv
import io
import json
import time

from .harness import GOOD, allow, deny, document, scenario

SQS = "arn:aws:iam::aws:policy/AmazonSQSFullAccess"


def office(t):
    """A user with a key and rights of every kind, made once."""

    def make():
        iam = t.place.enter("minimo-prod", "iam")
        iam.create_user(UserName="reported", Path="/people/")
        iam.create_login_profile(UserName="reported", Password="Long-Enough1")
        iam.create_group(GroupName="reported-group")
        iam.add_user_to_group(GroupName="reported-group", UserName="reported")
        iam.put_user_policy(UserName="reported", PolicyName="own_policy", PolicyDocument=GOOD)
        iam.attach_group_policy(GroupName="reported-group", PolicyArn=SQS)
        key = iam.create_access_key(UserName="reported")["AccessKey"]
        t.place.client("sts", key).get_caller_identity()
        return iam, key

    return t.place.keep("report office", make)


@scenario("iam", "credential report")
def credential_report(t):
    iam, _ = office(t)
    t.refused("none", "ReportNotPresent", iam.get_credential_report)
    t.equal("started", lambda: iam.generate_credential_report()["State"], "STARTED")
    t.equal("complete", lambda: iam.generate_credential_report()["State"], "COMPLETE")
    report = t.works("told", iam.get_credential_report)
    t.equal("format", report.get("ReportFormat"), "text/csv")
    rows = {row["user"]: row for row in csv.DictReader(io.StringIO(report["Content"].decode()))}
    t.equal("users", sorted(rows), ["<root_account>", "reported"])
    row = rows["reported"]
    for column, expected in {
        "password_enabled": "true",
        "password_last_used": "no_information",
        "mfa_active": "false",
        "access_key_1_active": "true",
        "access_key_1_last_used_service": "sts",
        "access_key_2_active": "false",
        "access_key_2_last_rotated": "N/A",
        "cert_1_active": "false",
        "cert_1_last_rotated": "N/A",
    }.items():
        t.equal(column, lambda: row[column], expected)
    root = rows.get("<root_account>", {})
    t.equal("root's password", root.get("password_enabled"), "not_supported")


@scenario("iam", "account authorization details")
def details(t):
    iam, _ = office(t)
    found = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}
    pages = 0
    for page in iam.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": 2}):
        pages += 1
        for name, rows in found.items():
            rows.extend(page[name])
    t.holds("pages", pages > 2)
    user = next(row for row in found["UserDetailList"] if row["UserName"] == "reported")
    t.equal("groups of the user", user["GroupList"], ["reported-group"])
    t.equal("inline policy of the user", user["UserPolicyList"][0]["PolicyDocument"], json.loads(GOOD))
    t.equal("policy of the group", [p["PolicyArn"] for p in found["GroupDetailList"][0]["AttachedManagedPolicies"]], [SQS])
    t.holds("AWS's policies that are attached", SQS in {row["Arn"] for row in found["Policies"]})
    only = lambda: iam.get_account_authorization_details(Filter=["Group"])
    t.equal("only groups", lambda: (len(only()["GroupDetailList"]), only()["UserDetailList"], only()["RoleDetailList"]), (1, [], []))
    t.refused("unknown filter", "ValidationError", iam.get_account_authorization_details, Filter=["Nothing"])


@scenario("iam", "account summary")
def summary(t):
    iam, _ = office(t)
    told = iam.get_account_summary()["SummaryMap"]
    t.equal("users and groups", (told["Users"], told["Groups"]), (1, 1))
    for key, value in {
        "AccessKeysPerUserQuota": 2,
        "GroupsPerUserQuota": 10,
        "VersionsPerPolicyQuota": 5,
        "PolicySizeQuota": 6144,
        "UserPolicySizeQuota": 2048,
        "GroupPolicySizeQuota": 5120,
        "AssumeRolePolicySizeQuota": 2048,
        "MFADevicesInUse": 0,
    }.items():
        t.equal(key, told.get(key), value)


@scenario("iam", "simulation")
def simulation(t):
    iam, _ = office(t)
    arn = f"arn:aws:iam::{t.place.accounts()['minimo-prod']}:user/people/reported"
    decided = lambda **more: [
        (row["EvalActionName"], row["EvalDecision"]) for row in iam.simulate_principal_policy(PolicySourceArn=arn, **more)["EvaluationResults"]
    ]
    t.equal("by inline and group", lambda: decided(ActionNames=["s3:GetObject", "sqs:SendMessage", "ec2:RunInstances"]), [("s3:GetObject", "allowed"), ("sqs:SendMessage", "allowed"), ("ec2:RunInstances", "implicitDeny")])
    no = document(deny("s3:*"))
    t.equal("with one more policy", lambda: decided(ActionNames=["s3:GetObject"], PolicyInputList=[no]), [("s3:GetObject", "explicitDeny")])
    row = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["s3:GetObject"])["EvaluationResults"][0]
    t.equal("which policy", row["MatchedStatements"][0]["SourcePolicyId"], "user_reported_own_policy")
    t.refused("no such user", "NoSuchEntity", iam.simulate_principal_policy, PolicySourceArn=arn + "x", ActionNames=["s3:GetObject"])
    t.refused("no ARN", "ValidationError", iam.simulate_principal_policy, PolicySourceArn="x", ActionNames=["s3:GetObject"])
    t.refused("no action", "InvalidInput", iam.simulate_principal_policy, PolicySourceArn=arn, ActionNames=["getobject"])
    custom = lambda **more: [row["EvalDecision"] for row in iam.simulate_custom_policy(**more)["EvaluationResults"]]
    t.equal("custom policy", lambda: custom(PolicyInputList=[GOOD], ActionNames=["s3:GetObject", "s3:PutObject"]), ["allowed", "implicitDeny"])
    fence = document(allow("sqs:*"))
    t.equal("custom boundary", lambda: custom(PolicyInputList=[GOOD], PermissionsBoundaryPolicyInputList=[fence], ActionNames=["s3:GetObject"]), ["implicitDeny"])
    where = document(allow("s3:GetObject", Condition={"StringEquals": {"aws:RequestedRegion": "ap-northeast-1"}}))
    here = [{"ContextKeyName": "aws:RequestedRegion", "ContextKeyValues": ["ap-northeast-1"], "ContextKeyType": "string"}]
    t.equal("condition holds", lambda: custom(PolicyInputList=[where], ActionNames=["s3:GetObject"], ContextEntries=here), ["allowed"])
    t.equal("condition does not", lambda: custom(PolicyInputList=[where], ActionNames=["s3:GetObject"]), ["implicitDeny"])
    t.refused("broken custom policy", "InvalidInput", iam.simulate_custom_policy, PolicyInputList=["{"], ActionNames=["s3:GetObject"])
    t.equal("context keys", lambda: iam.get_context_keys_for_custom_policy(PolicyInputList=[where])["ContextKeyNames"], ["aws:RequestedRegion"])
    variable = document(allow("s3:*", resource="arn:aws:s3:::home/${aws:username}/*"))
    t.equal("context keys in variables", lambda: iam.get_context_keys_for_custom_policy(PolicyInputList=[variable])["ContextKeyNames"], ["aws:username"])
    t.equal("context keys of a principal", lambda: iam.get_context_keys_for_principal_policy(PolicySourceArn=arn, PolicyInputList=[where])["ContextKeyNames"], ["aws:RequestedRegion"])


@scenario("iam", "service last accessed")
def last_accessed(t):
    iam, _ = office(t)
    account = t.place.accounts()["minimo-prod"]
    arn = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
    job = iam.generate_service_last_accessed_details(Arn=arn)["JobId"]

    def told():
        for _ in range(50):
            found = iam.get_service_last_accessed_details(JobId=job, MaxItems=1000)
            if found["JobStatus"] != "IN_PROGRESS":
                return found
            time.sleep(0.1)

    t.equal("completed", lambda: told()["JobStatus"], "COMPLETED")
    t.equal("services used", lambda: {s["ServiceNamespace"] for s in told()["ServicesLastAccessed"] if "LastAuthenticated" in s}, {"iam"})
    t.holds("services allowed", lambda: len(told()["ServicesLastAccessed"]) > 100)
    entities = lambda: iam.get_service_last_accessed_details_with_entities(JobId=job, ServiceNamespace="iam")["EntityDetailsList"]
    t.equal("who", lambda: [row["EntityInfo"]["Name"] for row in entities()], ["OrganizationAccountAccessRole"])
    t.refused("unknown job", "NoSuchEntity", iam.get_service_last_accessed_details, JobId=job[:-1] + ("0" if job[-1] != "0" else "1"))
    t.refused("unknown principal", "NoSuchEntity", iam.generate_service_last_accessed_details, Arn=f"arn:aws:iam::{account}:user/nobody")
    user = f"arn:aws:iam::{account}:user/people/reported"
    grants = lambda *services: [
        (row["ServiceNamespace"], [(p["PolicyName"], p["PolicyType"]) for p in row["Policies"]])
        for row in iam.list_policies_granting_service_access(Arn=user, ServiceNamespaces=list(services))["PoliciesGrantingServiceAccess"]
    ]
    t.equal("policies granting access", lambda: grants("s3", "sqs", "ec2"), [("s3", [("own_policy", "INLINE")]), ("sqs", [("AmazonSQSFullAccess", "MANAGED")]), ("ec2", [])])
