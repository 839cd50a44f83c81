"""Requests that do not keep the model: AWS names the value, the member and the constraint."""

from .harness import GOOD, scenario

LONG = "n" * 129
NAME = "The specified value for {} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"


def one(value, member, constraint):
    told = "null" if value is None else f"'{value}'"
    return f"1 validation error detected: Value {told} at '{member}' failed to satisfy constraint: Member must {constraint}"


# operation, arguments, words
ROWS = [
    ("create_user", {}, one(None, "userName", "not be null")),
    ("create_user", {"UserName": "a b"}, NAME.format("userName")),
    ("create_user", {"UserName": "名前"}, NAME.format("userName")),
    ("create_user", {"UserName": LONG[:65]}, one(LONG[:65], "userName", "have length less than or equal to 64")),
    ("create_user", {"UserName": "ok", "Path": "people"}, None),
    ("get_user", {"UserName": "a b"}, NAME.format("userName")),
    ("list_users", {"MaxItems": 0}, one(0, "maxItems", "have value greater than or equal to 1")),
    ("list_users", {"MaxItems": 1001}, one(1001, "maxItems", "have value less than or equal to 1000")),
    ("list_users", {"PathPrefix": "people"}, None),
    ("create_group", {}, one(None, "groupName", "not be null")),
    ("create_group", {"GroupName": "a b"}, NAME.format("groupName")),
    ("create_group", {"GroupName": LONG}, one(LONG, "groupName", "have length less than or equal to 128")),
    ("create_role", {"RoleName": "ok"}, one(None, "assumeRolePolicyDocument", "not be null")),
    ("create_role", {"RoleName": "a/b", "AssumeRolePolicyDocument": GOOD}, NAME.format("roleName")),
    ("create_role", {"RoleName": LONG[:65], "AssumeRolePolicyDocument": GOOD}, one(LONG[:65], "roleName", "have length less than or equal to 64")),
    ("create_policy", {"PolicyName": "ok"}, one(None, "policyDocument", "not be null")),
    ("create_policy", {"PolicyName": "a b", "PolicyDocument": GOOD}, NAME.format("policyName")),
    ("get_policy", {"PolicyArn": "short"}, one("short", "policyArn", "have length greater than or equal to 20")),
    ("put_user_policy", {"UserName": "ok", "PolicyName": "p"}, one(None, "policyDocument", "not be null")),
    ("put_user_policy", {"UserName": "ok", "PolicyName": "a b", "PolicyDocument": GOOD}, NAME.format("policyName")),
    ("update_access_key", {"UserName": "ok", "AccessKeyId": "AKIAAAAAAAAAAAAAAAAA"}, one(None, "status", "not be null")),
    ("update_access_key", {"UserName": "ok", "AccessKeyId": "AKIAAAAAAAAAAAAAAAAA", "Status": "Off"}, one("Off", "status", "satisfy enum value set: [Active, Inactive, Expired]")),
    ("update_access_key", {"UserName": "ok", "AccessKeyId": "AKIA", "Status": "Active"}, one("AKIA", "accessKeyId", "have length greater than or equal to 16")),
    ("create_login_profile", {"UserName": "ok", "Password": ""}, None),
    ("enable_mfa_device", {"UserName": "ok", "SerialNumber": "arn:aws:iam::123456789012:mfa/x", "AuthenticationCode1": "12345", "AuthenticationCode2": "123456"}, None),
    ("tag_user", {"UserName": "ok"}, one(None, "tags", "not be null")),
    ("tag_user", {"UserName": "ok", "Tags": [{"Key": "", "Value": "v"}]}, None),
    ("tag_user", {"UserName": "ok", "Tags": [{"Key": "k"}]}, one(None, "tags.1.member.value", "not be null")),
    ("list_policies", {"Scope": "Mine"}, one("Mine", "scope", "satisfy enum value set: [All, AWS, Local]")),
    ("list_virtual_mfa_devices", {"AssignmentStatus": "x"}, one("x", "assignmentStatus", "satisfy enum value set: [Assigned, Unassigned, Any]")),
    ("create_instance_profile", {"InstanceProfileName": "a b"}, NAME.format("instanceProfileName")),
    ("create_saml_provider", {"Name": "ok"}, one(None, "sAMLMetadataDocument", "not be null")),
    ("create_open_id_connect_provider", {}, one(None, "url", "not be null")),
    ("simulate_custom_policy", {"PolicyInputList": [GOOD]}, one(None, "actionNames", "not be null")),
    ("get_service_last_accessed_details", {"JobId": "x"}, None),
]


@scenario("iam", "validation")
def validation(t):
    for number, (operation, arguments, words) in enumerate(ROWS, 1):
        named = ", ".join(f"{key}={str(value)[:12]}" for key, value in arguments.items() if value != GOOD)
        t.refused(f"{number}. {operation}({named})", "ValidationError", getattr(t.iam, operation), words, **arguments)
    message = "2 validation errors detected: Value null at 'groupName' failed to satisfy constraint: Member must not be null; Value null at 'userName' failed to satisfy constraint: Member must not be null"
    t.refused("two at once", "ValidationError", t.iam.add_user_to_group, message)
    t.refused("unknown operation", "InvalidAction", t.iam.accept_delegation_request, DelegationRequestId="x" * 20)
