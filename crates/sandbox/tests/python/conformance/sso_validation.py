"""Requests to sso-admin and identitystore that do not keep the model."""

from .harness import scenario

SET = r"[\w+=,.@-]+"


def one(value, member, constraint):
    told = "null" if value is None else f"'{value}'"
    return f"1 validation error detected: Value {told} at '{member}' failed to satisfy constraint: Member must {constraint}"


@scenario("sso-admin", "validation")
def validation(t):
    here = {"InstanceArn": t.instance_arn}
    a_set = {"PermissionSetArn": t.instance_arn.replace(":instance/", ":permissionSet/") + "/ps-0123456789abcdef", **here}
    rows = [
        ("create_permission_set", here, one(None, "name", "not be null")),
        ("create_permission_set", {"Name": "x"}, one(None, "instanceArn", "not be null")),
        ("create_permission_set", {"Name": "a b", **here}, one("a b", "name", f"satisfy regular expression pattern: {SET}")),
        ("create_permission_set", {"Name": "n" * 33, **here}, one("n" * 33, "name", "have length less than or equal to 32")),
        ("create_permission_set", {"Name": "x", "Description": "権限", **here}, None),
        ("create_permission_set", {"Name": "x", "Description": "d" * 701, **here}, None),
        ("create_permission_set", {"Name": "x", "SessionDuration": "8h", **here}, None),
        ("create_permission_set", {"Name": "x", "RelayState": "<x>", **here}, None),
        ("create_permission_set", {"Name": "x", "Tags": [{"Key": "k"}], **here}, one(None, "tags.1.member.value", "not be null")),
        ("create_permission_set", {"Name": "x", "InstanceArn": "arn:aws:sso:::instance/x"}, None),
        ("describe_permission_set", {"PermissionSetArn": "x", **here}, None),
        ("list_permission_sets", {"MaxResults": 0, **here}, one(0, "maxResults", "have value greater than or equal to 1")),
        ("list_permission_sets", {"MaxResults": 101, **here}, one(101, "maxResults", "have value less than or equal to 100")),
        ("list_accounts_for_provisioned_permission_set", {"ProvisioningStatus": "x", **a_set}, one("x", "provisioningStatus", "satisfy enum value set: [LATEST_PERMISSION_SET_PROVISIONED, LATEST_PERMISSION_SET_NOT_PROVISIONED]")),
        ("provision_permission_set", {"TargetType": "x", **a_set}, one("x", "targetType", "satisfy enum value set: [AWS_ACCOUNT, ALL_PROVISIONED_ACCOUNTS]")),
        ("attach_managed_policy_to_permission_set", {"ManagedPolicyArn": "x", **a_set}, None),
        ("attach_customer_managed_policy_reference_to_permission_set", {"CustomerManagedPolicyReference": {"Name": "a b"}, **a_set}, None),
        ("put_inline_policy_to_permission_set", a_set, one(None, "inlinePolicy", "not be null")),
        ("list_account_assignment_creation_status", {"Filter": {"Status": "x"}, **here}, one("x", "filter.status", "satisfy enum value set: [IN_PROGRESS, FAILED, SUCCEEDED]")),
        ("describe_account_assignment_creation_status", {"AccountAssignmentCreationRequestId": "x", **here}, None),
        ("tag_resource", {"ResourceArn": t.instance_arn, **here}, one(None, "tags", "not be null")),
        ("untag_resource", {"ResourceArn": t.instance_arn, "TagKeys": [], **here}, None),
        ("list_account_assignments", {**a_set, "AccountId": "1"}, None),
    ]
    for number, (operation, arguments, words) in enumerate(rows, 1):
        named = ", ".join(f"{key}={str(value)[:12]}" for key, value in arguments.items() if key not in ("InstanceArn", "PermissionSetArn"))
        t.refused(f"{number}. {operation}({named})", "ValidationException", getattr(t.sso, operation), words, **arguments)


@scenario("identitystore", "validation")
def store_validation(t):
    here = {"IdentityStoreId": t.store_id}
    rows = [
        ("create_user", {"UserName": "a\tb", **here}),
        ("create_user", {"UserName": "", **here}),
        ("create_user", {"UserName": "x", "DisplayName": "d" * 1025, **here}),
        ("create_user", {"UserName": "x", "Emails": [{"Value": "e" * 1025}], **here}),
        ("create_group", {"DisplayName": "", **here}),
        ("create_group", {"DisplayName": "g" * 1025, **here}),
        ("describe_user", here),
        ("describe_group", {"GroupId": "x", **here}),
        ("list_groups", {"MaxResults": 101, **here}),
        ("list_group_memberships", here),
        ("create_group_membership", {"GroupId": "00000000-0000-4000-8000-000000000000", "MemberId": {}, **here}),
        ("get_group_id", {"AlternateIdentifier": {}, **here}),
        ("update_user", {"UserId": "00000000-0000-4000-8000-000000000000", **here}),
        ("is_member_in_groups", {"MemberId": {"UserId": "00000000-0000-4000-8000-000000000000"}, **here}),
    ]
    for number, (operation, arguments) in enumerate(rows, 1):
        named = ", ".join(f"{key}={str(value)[:12]}" for key, value in arguments.items() if key != "IdentityStoreId")
        t.refused(f"{number}. {operation}({named})", "ValidationException", getattr(t.store, operation), **arguments)
