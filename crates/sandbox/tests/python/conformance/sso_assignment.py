"""Assignments, provisioning, and the roles they leave in accounts."""

import time

from .harness import GOOD, scenario
from .identitystore_user import person
from .sso_permission_set import UNKNOWN, make


def ended(describe, key, request, **arguments):
    """The status once it is no longer in progress."""
    give_up = time.monotonic() + 120
    while time.monotonic() < give_up:
        status = describe(**{request[0]: request[1]}, **arguments)[key]
        if status["Status"] != "IN_PROGRESS":
            return status
        time.sleep(0.05)


class Assigner:
    """One set, one account, and what AWS says about assignments of it."""

    def __init__(self, t, arn, account, sso=None, instance=None):
        self.sso = sso or t.sso
        self.here = {"InstanceArn": instance or t.instance_arn}
        self.row = {"TargetId": account, "TargetType": "AWS_ACCOUNT", "PermissionSetArn": arn, **self.here}

    def create(self, kind, principal):
        told = self.sso.create_account_assignment(PrincipalType=kind, PrincipalId=principal, **self.row)
        return told["AccountAssignmentCreationStatus"]

    def delete(self, kind, principal):
        told = self.sso.delete_account_assignment(PrincipalType=kind, PrincipalId=principal, **self.row)
        return told["AccountAssignmentDeletionStatus"]

    def created(self, request):
        name = "AccountAssignmentCreationRequestId"
        return ended(self.sso.describe_account_assignment_creation_status, "AccountAssignmentCreationStatus", (name, request), **self.here)

    def deleted(self, request):
        name = "AccountAssignmentDeletionRequestId"
        return ended(self.sso.describe_account_assignment_deletion_status, "AccountAssignmentDeletionStatus", (name, request), **self.here)

    def provisioned(self, **target):
        told = self.sso.provision_permission_set(PermissionSetArn=self.row["PermissionSetArn"], **target, **self.here)
        request = told["PermissionSetProvisioningStatus"]["RequestId"]
        name = "ProvisionPermissionSetRequestId"
        return ended(self.sso.describe_permission_set_provisioning_status, "PermissionSetProvisioningStatus", (name, request), **self.here)

    def listed(self):
        pages = self.sso.get_paginator("list_account_assignments").paginate(
            AccountId=self.row["TargetId"], PermissionSetArn=self.row["PermissionSetArn"], **self.here
        )
        return [(row["PrincipalType"], row["PrincipalId"]) for page in pages for row in page["AccountAssignments"]]


@scenario("sso-admin", "assignment")
def assignment(t):
    arn = make(t, "Assigned", Tags=[])
    user = t.store.create_user(**person(t, "assigned"))["UserId"]
    group = t.store.create_group(IdentityStoreId=t.store_id, DisplayName="assigned")["GroupId"]
    desk = Assigner(t, arn, t.account)
    asked = t.works("accepted", desk.create, kind="USER", principal=user)
    t.equal("in progress", asked.get("Status"), "IN_PROGRESS")
    status = desk.created(asked["RequestId"])
    t.equal("succeeded", status["Status"], "SUCCEEDED")
    t.equal("status names what was asked", (status["TargetId"], status["PrincipalId"], status["PermissionSetArn"]), (t.account, user, arn))
    t.equal("listed", desk.listed, [("USER", user)])
    again = desk.created(desk.create("USER", user)["RequestId"])
    t.equal("assigned twice succeeds", again["Status"], "SUCCEEDED")
    t.equal("and is there once", desk.listed, [("USER", user)])
    desk.created(desk.create("GROUP", group)["RequestId"])
    t.equal("group, too", lambda: sorted(desk.listed()), sorted([("USER", user), ("GROUP", group)]))
    here = desk.here
    t.equal("accounts of the set", lambda: t.sso.list_accounts_for_provisioned_permission_set(PermissionSetArn=arn, **here)["AccountIds"], [t.account])
    t.equal("sets of the account", lambda: arn in [s for page in t.sso.get_paginator("list_permission_sets_provisioned_to_account").paginate(AccountId=t.account, **here) for s in page["PermissionSets"]], True)
    of_user = lambda: t.sso.list_account_assignments_for_principal(PrincipalType="USER", PrincipalId=user, **here)["AccountAssignments"]
    t.equal("of the principal", lambda: [(row["AccountId"], row["PermissionSetArn"]) for row in of_user()], [(t.account, arn)])
    t.store.create_group_membership(IdentityStoreId=t.store_id, GroupId=group, MemberId={"UserId": user})
    t.equal("through the group, too", lambda: sorted(row["PrincipalType"] for row in of_user()), ["GROUP", "USER"])
    t.refused("set in use deleted", "ConflictException", t.sso.delete_permission_set, PermissionSetArn=arn, **here)
    gone = desk.delete("USER", user)
    t.equal("deletion accepted", gone["Status"], "IN_PROGRESS")
    t.equal("deletion succeeded", lambda: desk.deleted(gone["RequestId"])["Status"], "SUCCEEDED")
    t.equal("left", desk.listed, [("GROUP", group)])
    t.refused("deleted twice", "ResourceNotFoundException", desk.delete, kind="USER", principal=user)
    ids = lambda call, key: [row["RequestId"] for page in t.sso.get_paginator(call).paginate(**here) for row in page[key]]
    t.holds("request among the creations", lambda: asked["RequestId"] in ids("list_account_assignment_creation_status", "AccountAssignmentsCreationStatus"))
    t.holds("request among the deletions", lambda: gone["RequestId"] in ids("list_account_assignment_deletion_status", "AccountAssignmentsDeletionStatus"))
    t.refused("a creation is no deletion", "ResourceNotFoundException", t.sso.describe_account_assignment_deletion_status, AccountAssignmentDeletionRequestId=asked["RequestId"], **here)
    t.equal("none in progress", lambda: t.sso.list_account_assignment_creation_status(Filter={"Status": "IN_PROGRESS"}, **here)["AccountAssignmentsCreationStatus"], [])
    t.refused("unknown request", "ResourceNotFoundException", t.sso.describe_account_assignment_creation_status, AccountAssignmentCreationRequestId="00000000-0000-4000-8000-000000000000", **here)


@scenario("sso-admin", "assignments that are refused")
def refused(t):
    arn = make(t, "Refused")
    group = t.store.create_group(IdentityStoreId=t.store_id, DisplayName="refused")["GroupId"]
    row = {"InstanceArn": t.instance_arn, "TargetId": t.account, "TargetType": "AWS_ACCOUNT", "PermissionSetArn": arn, "PrincipalType": "GROUP", "PrincipalId": group}
    ask = lambda **more: t.sso.create_account_assignment(**(row | more))
    nobody = "00000000-0000-4000-8000-000000000000"
    t.refused("unknown account", "ResourceNotFoundException", ask, TargetId="000000000001")
    t.refused("unknown set", "ResourceNotFoundException", ask, PermissionSetArn=arn.rsplit("/", 1)[0] + "/" + UNKNOWN)
    t.refused("unknown group", "ResourceNotFoundException", ask, f"GROUP not found: {nobody}", PrincipalId=nobody)
    t.refused("a group is no user", "ResourceNotFoundException", ask, f"USER not found: {group}", PrincipalType="USER")
    t.refused("unknown kind of target", "ValidationException", ask, TargetType="OU")
    t.refused("unknown kind of principal", "ValidationException", ask, PrincipalType="ROLE")
    t.refused("no account id", "ValidationException", ask, TargetId="minimo-dev")
    for member in ("TargetId", "PermissionSetArn", "PrincipalType", "PrincipalId", "InstanceArn"):
        less = {key: value for key, value in row.items() if key != member}
        t.refused(f"without {member}", "ValidationException", t.sso.create_account_assignment, **less)
    t.refused("list of an unknown account", "ResourceNotFoundException", t.sso.list_account_assignments, AccountId="000000000001", PermissionSetArn=arn, InstanceArn=t.instance_arn)
    missing = make(t, "LacksPolicy")
    t.sso.attach_customer_managed_policy_reference_to_permission_set(InstanceArn=t.instance_arn, PermissionSetArn=missing, CustomerManagedPolicyReference={"Name": "is-not-there"})
    desk = Assigner(t, missing, t.account)
    failed = desk.created(desk.create("GROUP", group)["RequestId"])
    t.equal("a policy that the account lacks", failed["Status"], "FAILED")
    t.holds("says which", lambda: f"arn:aws:iam::{t.account}:policy/is-not-there" in failed["FailureReason"])
    t.equal("nothing is assigned", desk.listed, [])


@scenario("sso-admin", "roles in accounts")
def roles(t):
    arn = make(t, "Roles", SessionDuration="PT2H", Description="in accounts")
    group = t.store.create_group(IdentityStoreId=t.store_id, DisplayName="of-roles")["GroupId"]
    t.sso.put_inline_policy_to_permission_set(InstanceArn=t.instance_arn, PermissionSetArn=arn, InlinePolicy=GOOD)
    desk = Assigner(t, arn, t.account)
    role = lambda: [r for page in t.iam.get_paginator("list_roles").paginate(PathPrefix="/aws-reserved/sso.amazonaws.com/") for r in page["Roles"] if r["RoleName"].startswith("AWSReservedSSO_Roles_")]
    t.equal("none before", role, [])
    desk.created(desk.create("GROUP", group)["RequestId"])
    t.equal("one after", lambda: len(role()), 1)
    first = role()[0]["RoleName"]
    t.equal("session", lambda: role()[0]["MaxSessionDuration"], 7200)
    t.equal("inline policy", lambda: t.iam.list_role_policies(RoleName=first)["PolicyNames"], ["AwsSSOInlinePolicy"])
    here = {"PermissionSetArn": arn, **desk.here}
    t.sso.attach_managed_policy_to_permission_set(ManagedPolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess", **here)
    attached = lambda: [p["PolicyName"] for p in t.iam.list_attached_role_policies(RoleName=first)["AttachedPolicies"]]
    t.equal("a change reaches no role by itself", attached, [])
    stale = lambda: t.sso.list_accounts_for_provisioned_permission_set(ProvisioningStatus="LATEST_PERMISSION_SET_NOT_PROVISIONED", **here)["AccountIds"]
    t.equal("stale", stale, [t.account])
    t.equal("provisioned", lambda: desk.provisioned(TargetType="AWS_ACCOUNT", TargetId=t.account)["Status"], "SUCCEEDED")
    t.equal("reached the role", attached, ["ReadOnlyAccess"])
    t.equal("no longer stale", stale, [])
    t.equal("same role", lambda: role()[0]["RoleName"], first)
    t.sso.update_permission_set(SessionDuration="PT4H", **here)
    t.equal("provisioned everywhere", lambda: desk.provisioned(TargetType="ALL_PROVISIONED_ACCOUNTS")["Status"], "SUCCEEDED")
    t.equal("new session", lambda: role()[0]["MaxSessionDuration"], 14400)
    desk.deleted(desk.delete("GROUP", group)["RequestId"])
    t.equal("the last assignment takes the role with it", role, [])
    desk.created(desk.create("GROUP", group)["RequestId"])
    t.holds("a new one has a new suffix", lambda: role()[0]["RoleName"] != first)
    t.refused("account needed", "ValidationException", t.sso.provision_permission_set, TargetType="AWS_ACCOUNT", **here)
    t.refused("unknown account", "ResourceNotFoundException", t.sso.provision_permission_set, TargetType="AWS_ACCOUNT", TargetId="000000000001", **here)
    t.refused("unknown request", "ResourceNotFoundException", t.sso.describe_permission_set_provisioning_status, ProvisionPermissionSetRequestId="00000000-0000-4000-8000-000000000000", **desk.here)
    t.store.delete_group(IdentityStoreId=t.store_id, GroupId=group)
    t.equal("an orphan stays", desk.listed, [("GROUP", group)])
    t.equal("and can be withdrawn", lambda: desk.deleted(desk.delete("GROUP", group)["RequestId"])["Status"], "SUCCEEDED")
    t.works("then the set is deleted", t.sso.delete_permission_set, **here)


@scenario("sso-admin", "suspended account")
def suspended(t):
    arn = make(t, "Suspended")
    group = t.store.create_group(IdentityStoreId=t.store_id, DisplayName="of-suspended")["GroupId"]
    desk = Assigner(t, arn, t.place.accounts()["legacy-shop"])
    status = desk.created(desk.create("GROUP", group)["RequestId"])
    t.equal("accepted, then failed", status["Status"], "FAILED")
    t.holds("says why", lambda: "SUSPENDED" in status["FailureReason"])
