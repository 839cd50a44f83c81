"""Drives IAM, STS and service control policies with boto3, a client nobody here wrote, and prints one line of JSON per check.

Usage: conformance.py ENDPOINT ACCOUNT. The credentials in the environment are those of an administrator of the management
account; ACCOUNT is a member account with the role OrganizationAccountAccessRole.
"""

import csv
import io
import json
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT, ACCOUNT = sys.argv[1:3]
PLAIN = Config(retries={"max_attempts": 1}, parameter_validation=False)
GOOD = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]})
SQS = "arn:aws:iam::aws:policy/AmazonSQSFullAccess"


def client(service, keys=None):
    named = {}
    if keys:
        named = {
            "aws_access_key_id": keys["AccessKeyId"],
            "aws_secret_access_key": keys["SecretAccessKey"],
            "aws_session_token": keys.get("SessionToken"),
        }
        # boto3 must not mix a user's key with a session token of the environment
        return boto3.session.Session(**named).client(service, endpoint_url=ENDPOINT, config=PLAIN)
    return boto3.client(service, endpoint_url=ENDPOINT, config=PLAIN)


def check(name, passed, detail=None):
    print(json.dumps({"name": name, "passed": bool(passed), "detail": None if passed else repr(detail)}))


def equal(name, found, expected):
    check(name, found == expected, (found, expected))


def refused(name, code, call, **arguments):
    try:
        answer = call(**arguments)
    except ClientError as error:
        told = error.response["Error"]
        check(name, told["Code"] == code, told)
        return told.get("Message", "")
    check(name, False, answer)
    return ""


def policy(effect, *actions, resource="*"):
    statement = {"Effect": effect, "Action": list(actions), "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def users(iam):
    made = iam.create_user(UserName="hanako", Path="/people/", Tags=[{"Key": "team", "Value": "minimo"}])["User"]
    equal("user arn", made["Arn"], f"arn:aws:iam::{ACCOUNT}:user/people/hanako")
    check("user id", made["UserId"].startswith("AIDA") and len(made["UserId"]) == 21, made)
    equal("user tags", iam.get_user(UserName="hanako")["User"]["Tags"], [{"Key": "team", "Value": "minimo"}])
    refused("user twice", "EntityAlreadyExists", iam.create_user, UserName="Hanako")
    refused("user unknown", "NoSuchEntity", iam.get_user, UserName="nobody")
    refused("user name", "ValidationError", iam.create_user, UserName="a b")
    refused("user name missing", "ValidationError", iam.create_user)
    refused("user page size", "ValidationError", iam.list_users, MaxItems=0)
    for number in range(7):
        iam.create_user(UserName=f"page-{number}")
    pages = list(iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 3}))
    names = [user["UserName"] for page in pages for user in page["Users"]]
    equal("user pages", (len(pages), names), (3, ["hanako"] + [f"page-{number}" for number in range(7)]))
    equal("user path prefix", [u["UserName"] for u in iam.list_users(PathPrefix="/people/")["Users"]], ["hanako"])
    for number in range(7):
        iam.delete_user(UserName=f"page-{number}")
    iam.tag_user(UserName="hanako", Tags=[{"Key": "owner", "Value": ""}])
    iam.untag_user(UserName="hanako", TagKeys=["team"])
    equal("user tags changed", iam.list_user_tags(UserName="hanako")["Tags"], [{"Key": "owner", "Value": ""}])


def credentials(iam):
    key = iam.create_access_key(UserName="hanako")["AccessKey"]
    check("key", key["AccessKeyId"].startswith("AKIA") and len(key["SecretAccessKey"]) == 40, key["AccessKeyId"])
    listed = iam.list_access_keys(UserName="hanako")["AccessKeyMetadata"]
    equal("key listed", [(row["AccessKeyId"], row["Status"]) for row in listed], [(key["AccessKeyId"], "Active")])
    used = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])
    equal("key never used", used["AccessKeyLastUsed"], {"ServiceName": "N/A", "Region": "N/A"})
    who = client("sts", key).get_caller_identity()
    equal("key signs", (who["Account"], who["Arn"]), (ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/people/hanako"))
    used = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])
    equal("key used", (used["UserName"], used["AccessKeyLastUsed"]["ServiceName"]), ("hanako", "sts"))
    iam.update_access_key(UserName="hanako", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    refused("key inactive", "InvalidClientTokenId", client("sts", key).get_caller_identity)
    refused("key inactive elsewhere", "UnrecognizedClientException", client("sso-admin", key).list_instances)
    iam.update_access_key(UserName="hanako", AccessKeyId=key["AccessKeyId"], Status="Active")
    equal("key active again", client("sts", key).get_caller_identity()["Account"], ACCOUNT)
    second = iam.create_access_key(UserName="hanako")["AccessKey"]["AccessKeyId"]
    refused("key quota", "LimitExceeded", iam.create_access_key, UserName="hanako")
    iam.delete_access_key(UserName="hanako", AccessKeyId=second)
    refused("key unknown", "NoSuchEntity", iam.delete_access_key, UserName="hanako", AccessKeyId=second)
    refused("login none", "NoSuchEntity", iam.get_login_profile, UserName="hanako")
    login = iam.create_login_profile(UserName="hanako", Password="long enough", PasswordResetRequired=True)["LoginProfile"]
    equal("login", login["PasswordResetRequired"], True)
    refused("login twice", "EntityAlreadyExists", iam.create_login_profile, UserName="hanako", Password="long enough")
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="hanako")["VirtualMFADevice"]
    equal("mfa seed", len(device["Base32StringSeed"]), 64)
    codes = {"AuthenticationCode1": "111111", "AuthenticationCode2": "222222"}
    iam.enable_mfa_device(UserName="hanako", SerialNumber=device["SerialNumber"], **codes)
    equal("mfa", [d["SerialNumber"] for d in iam.list_mfa_devices(UserName="hanako")["MFADevices"]], [device["SerialNumber"]])
    assigned = iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
    equal("mfa owner", [d["User"]["UserName"] for d in assigned], ["hanako"])
    refused("mfa in use", "DeleteConflict", iam.delete_virtual_mfa_device, SerialNumber=device["SerialNumber"])
    ssh = iam.upload_ssh_public_key(UserName="hanako", SSHPublicKeyBody="ssh-rsa AAAA hanako")["SSHPublicKey"]
    equal("ssh", iam.list_ssh_public_keys(UserName="hanako")["SSHPublicKeys"][0]["SSHPublicKeyId"], ssh["SSHPublicKeyId"])
    made = iam.create_service_specific_credential(UserName="hanako", ServiceName="codecommit.amazonaws.com")
    check("service credential", made["ServiceSpecificCredential"]["ServicePassword"], None)
    listed = iam.list_service_specific_credentials(UserName="hanako")["ServiceSpecificCredentials"]
    equal("service credential listed", [row["Status"] for row in listed], ["Active"])
    equal("certificates", iam.list_signing_certificates(UserName="hanako")["Certificates"], [])
    refused("user with rests", "DeleteConflict", iam.delete_user, UserName="hanako")
    return key


def policies(iam):
    iam.create_group(GroupName="dev")
    iam.add_user_to_group(GroupName="dev", UserName="hanako")
    equal("group of user", [g["GroupName"] for g in iam.list_groups_for_user(UserName="hanako")["Groups"]], ["dev"])
    equal("users of group", [u["UserName"] for u in iam.get_group(GroupName="dev")["Users"]], ["hanako"])
    refused("group with users", "DeleteConflict", iam.delete_group, GroupName="dev")
    iam.put_user_policy(UserName="hanako", PolicyName="own", PolicyDocument=GOOD)
    # boto3 decodes the document, which comes percent encoded
    equal("inline", iam.get_user_policy(UserName="hanako", PolicyName="own")["PolicyDocument"], json.loads(GOOD))
    equal("inline names", iam.list_user_policies(UserName="hanako")["PolicyNames"], ["own"])
    refused("inline broken", "MalformedPolicyDocument", iam.put_user_policy, UserName="hanako", PolicyName="x", PolicyDocument="{")
    large = policy("Allow", "s3:GetObject", resource="arn:aws:s3:::" + "a" * 2100)
    refused("inline large", "LimitExceeded", iam.put_user_policy, UserName="hanako", PolicyName="x", PolicyDocument=large)
    iam.attach_group_policy(GroupName="dev", PolicyArn=SQS)
    attached = iam.list_attached_group_policies(GroupName="dev")["AttachedPolicies"]
    equal("attached", attached, [{"PolicyName": "AmazonSQSFullAccess", "PolicyArn": SQS}])
    refused("attached unknown", "NoSuchEntity", iam.attach_user_policy, UserName="hanako", PolicyArn=SQS + "x")
    arn = iam.create_policy(PolicyName="mine", Path="/team/", PolicyDocument=GOOD)["Policy"]["Arn"]
    equal("policy arn", arn, f"arn:aws:iam::{ACCOUNT}:policy/team/mine")
    for _ in range(4):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=GOOD, SetAsDefault=True)
    refused("policy versions", "LimitExceeded", iam.create_policy_version, PolicyArn=arn, PolicyDocument=GOOD)
    refused("policy with versions", "DeleteConflict", iam.delete_policy, PolicyArn=arn)
    refused("policy in force", "DeleteConflict", iam.delete_policy_version, PolicyArn=arn, VersionId="v5")
    versions = [(v["VersionId"], v["IsDefaultVersion"]) for v in iam.list_policy_versions(PolicyArn=arn)["Versions"]]
    equal("policy versions listed", versions, [("v5", True), ("v4", False), ("v3", False), ("v2", False), ("v1", False)])
    document = iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"]
    equal("policy document", document, json.loads(GOOD))
    iam.put_user_permissions_boundary(UserName="hanako", PermissionsBoundary=arn)
    boundary = iam.get_user(UserName="hanako")["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"]
    equal("boundary", boundary, arn)
    equal("boundary counted", iam.get_policy(PolicyArn=arn)["Policy"]["PermissionsBoundaryUsageCount"], 1)
    iam.delete_user_permissions_boundary(UserName="hanako")
    aws = [p for page in iam.get_paginator("list_policies").paginate(Scope="AWS") for p in page["Policies"]]
    check("aws policies", len(aws) > 1000 and len({p["Arn"] for p in aws}) == len(aws), len(aws))
    document = iam.get_policy_version(PolicyArn=SQS, VersionId=iam.get_policy(PolicyArn=SQS)["Policy"]["DefaultVersionId"])
    equal("aws document", document["PolicyVersion"]["Document"]["Statement"][0]["Action"], ["sqs:*"])


def reports(iam):
    refused("report none", "ReportNotPresent", iam.get_credential_report)
    equal("report started", iam.generate_credential_report()["State"], "STARTED")
    equal("report complete", iam.generate_credential_report()["State"], "COMPLETE")
    report = iam.get_credential_report()
    rows = {row["user"]: row for row in csv.DictReader(io.StringIO(report["Content"].decode()))}
    equal("report users", sorted(rows), ["<root_account>", "hanako"])
    row = rows["hanako"]
    told = [row["password_enabled"], row["password_last_used"], row["mfa_active"], row["access_key_1_active"]]
    equal("report row", told, ["true", "no_information", "true", "true"])
    equal("report key use", (row["access_key_1_last_used_service"], row["access_key_2_last_rotated"]), ("sts", "N/A"))
    details = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}
    pages = 0
    for page in iam.get_paginator("get_account_authorization_details").paginate(PaginationConfig={"PageSize": 2}):
        pages += 1
        for name, rows in details.items():
            rows.extend(page[name])
    check("details pages", pages > 2, pages)
    user = details["UserDetailList"][0]
    equal("details user", (user["UserName"], user["GroupList"], user["UserPolicyList"][0]["PolicyDocument"]), ("hanako", ["dev"], json.loads(GOOD)))
    check("details policies", {SQS, f"arn:aws:iam::{ACCOUNT}:policy/team/mine"} <= {p["Arn"] for p in details["Policies"]}, details["Policies"])
    summary = iam.get_account_summary()["SummaryMap"]
    equal("summary", (summary["Users"], summary["Groups"], summary["MFADevicesInUse"]), (1, 1, 1))
    arn = f"arn:aws:iam::{ACCOUNT}:user/people/hanako"
    results = iam.simulate_principal_policy(
        PolicySourceArn=arn, ActionNames=["s3:GetObject", "s3:PutObject", "sqs:SendMessage"]
    )["EvaluationResults"]
    equal("simulation", [r["EvalDecision"] for r in results], ["allowed", "implicitDeny", "allowed"])
    equal("simulation source", results[0]["MatchedStatements"][0]["SourcePolicyId"], "user_hanako_own")
    job = iam.generate_service_last_accessed_details(Arn=f"arn:aws:iam::{ACCOUNT}:role/OrganizationAccountAccessRole")["JobId"]
    for _ in range(20):
        told = iam.get_service_last_accessed_details(JobId=job, MaxItems=1000)
        if told["JobStatus"] != "IN_PROGRESS":
            break
        time.sleep(0.1)
    used = {s["ServiceNamespace"] for s in told["ServicesLastAccessed"] if "LastAuthenticated" in s}
    equal("last accessed", (told["JobStatus"], used), ("COMPLETED", {"iam"}))


def rights(iam, key):
    own = client("iam", key)
    message = refused("denied", "AccessDenied", own.list_users)
    expected = (
        f"User: arn:aws:iam::{ACCOUNT}:user/people/hanako is not authorized to perform: iam:ListUsers on resource: "
        f"arn:aws:iam::{ACCOUNT}:user/ because no identity-based policy allows the iam:ListUsers action"
    )
    equal("denied in words", message, expected)
    iam.put_group_policy(GroupName="dev", PolicyName="list", PolicyDocument=policy("Allow", "iam:List*", "sts:AssumeRole"))
    equal("allowed by group", [user["UserName"] for user in own.list_users()["Users"]], ["hanako"])
    iam.put_user_permissions_boundary(UserName="hanako", PermissionsBoundary=SQS)
    message = refused("denied by boundary", "AccessDenied", own.list_users)
    check("boundary in words", message.endswith("because no permissions boundary allows the iam:ListUsers action"), message)
    iam.delete_user_permissions_boundary(UserName="hanako")
    iam.put_user_policy(UserName="hanako", PolicyName="no", PolicyDocument=policy("Deny", "iam:ListUsers"))
    message = refused("denied explicitly", "AccessDenied", own.list_users)
    check("deny in words", message.endswith("with an explicit deny in an identity-based policy"), message)
    iam.delete_user_policy(UserName="hanako", PolicyName="no")
    message = refused("denied json", "AccessDeniedException", client("sso-admin", key).list_instances)
    check("denied json in words", "sso:ListInstances on resource: * because no identity-based policy" in message, message)
    trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
    document = {"Version": "2012-10-17", "Statement": [trust]}
    role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps(document))["Role"]
    equal("role trust", role["AssumeRolePolicyDocument"], document)
    iam.attach_role_policy(RoleName="reader", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    sts = client("sts", key)
    session = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="me")["Credentials"]
    equal("role session", client("sts", session).get_caller_identity()["Arn"], f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/me")
    equal("role may", len(client("iam", session).list_users()["Users"]), 1)
    refused("role may not", "AccessDenied", client("iam", session).create_user, UserName="x")
    refused("role too long", "ValidationError", sts.assume_role, RoleArn=role["Arn"], RoleSessionName="me", DurationSeconds=7200)
    trust["Condition"] = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    iam.update_assume_role_policy(RoleName="reader", PolicyDocument=json.dumps(document))
    refused("role needs mfa", "AccessDenied", sts.assume_role, RoleArn=role["Arn"], RoleSessionName="me")
    code = {"SerialNumber": f"arn:aws:iam::{ACCOUNT}:mfa/hanako", "TokenCode": "123456"}
    check("role with mfa", sts.assume_role(RoleArn=role["Arn"], RoleSessionName="me", **code)["Credentials"], None)
    temporary = sts.get_session_token()["Credentials"]
    equal("session token", client("sts", temporary).get_caller_identity()["Arn"], f"arn:aws:iam::{ACCOUNT}:user/people/hanako")
    equal("key info", sts.get_access_key_info(AccessKeyId=key["AccessKeyId"])["Account"] if allow_info(iam) else None, ACCOUNT)


def allow_info(iam):
    iam.put_user_policy(UserName="hanako", PolicyName="info", PolicyDocument=policy("Allow", "sts:GetAccessKeyInfo"))
    return True


def control_policies(iam):
    organizations = client("organizations")
    content = policy("Deny", "iam:CreateUser")
    made = organizations.create_policy(Name="NoUsers", Description="", Type="SERVICE_CONTROL_POLICY", Content=content)
    policy_id = made["Policy"]["PolicySummary"]["Id"]
    equal("scp content", organizations.describe_policy(PolicyId=policy_id)["Policy"]["Content"], content)
    organizations.attach_policy(PolicyId=policy_id, TargetId=ACCOUNT)
    listed = organizations.list_policies_for_target(TargetId=ACCOUNT, Filter="SERVICE_CONTROL_POLICY")["Policies"]
    equal("scp listed", [row["Name"] for row in listed], ["FullAWSAccess", "NoUsers"])
    message = refused("scp denies", "AccessDenied", iam.create_user, UserName="x")
    check("scp in words", message.endswith("with an explicit deny in a service control policy"), message)
    organizations.detach_policy(PolicyId=policy_id, TargetId=ACCOUNT)
    check("scp gone", iam.create_user(UserName="x"), None)
    organizations.delete_policy(PolicyId=policy_id)
    refused("scp deleted", "PolicyNotFoundException", organizations.describe_policy, PolicyId=policy_id)


def main():
    role = f"arn:aws:iam::{ACCOUNT}:role/OrganizationAccountAccessRole"
    iam = client("iam", client("sts").assume_role(RoleArn=role, RoleSessionName="conformance")["Credentials"])
    users(iam)
    key = credentials(iam)
    policies(iam)
    reports(iam)
    rights(iam, key)
    control_policies(iam)


main()
