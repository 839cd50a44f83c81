"""What takes its time: requests in progress, throttling, reads that lag behind writes. Against sandboxes made for it."""

import time

from botocore.exceptions import ClientError

from .harness import scenario
from .sso_assignment import Assigner

# how long one waits for what the lagging sandbox shows late
LAG_S = 2.2


def office(t, which):
    """Clients of another sandbox of the same company."""
    endpoint = t.place.others[which]
    sso, store = t.place.client("sso-admin", endpoint=endpoint), t.place.client("identitystore", endpoint=endpoint)
    found = sso.list_instances()["Instances"][0]
    return sso, store, found["InstanceArn"], found["IdentityStoreId"]


@scenario("timing", "in progress", needs="slow")
def in_progress(t):
    sso, store, instance, store_id = office(t, "slow")
    arn = sso.create_permission_set(InstanceArn=instance, Name="Slow")["PermissionSet"]["PermissionSetArn"]
    group = store.create_group(IdentityStoreId=store_id, DisplayName="slow")["GroupId"]
    desk = Assigner(t, arn, t.account, sso, instance)
    request = desk.create("GROUP", group)["RequestId"]
    now = lambda: sso.describe_account_assignment_creation_status(InstanceArn=instance, AccountAssignmentCreationRequestId=request)["AccountAssignmentCreationStatus"]["Status"]
    t.equal("in progress", now, "IN_PROGRESS")
    t.equal("not there yet", desk.listed, [])
    open_ids = lambda: [row["RequestId"] for row in sso.list_account_assignment_creation_status(InstanceArn=instance, Filter={"Status": "IN_PROGRESS"})["AccountAssignmentsCreationStatus"]]
    t.equal("among those in progress", open_ids, [request])
    t.refused("the same once more", "ConflictException", desk.create, kind="GROUP", principal=group)
    t.refused("its opposite meanwhile", "ConflictException", desk.delete, kind="GROUP", principal=group)
    t.refused("the set deleted meanwhile", "ConflictException", sso.delete_permission_set, InstanceArn=instance, PermissionSetArn=arn)
    t.equal("in the end", lambda: desk.created(request)["Status"], "SUCCEEDED")
    t.equal("and there", desk.listed, [("GROUP", group)])
    provision = {"InstanceArn": instance, "PermissionSetArn": arn, "TargetType": "ALL_PROVISIONED_ACCOUNTS"}
    for _ in range(3):
        sso.provision_permission_set(**provision)
    t.refused("a fourth provisioning at once", "ThrottlingException", sso.provision_permission_set, **provision)


@scenario("timing", "outstanding assignments", needs="slow")
def outstanding(t):
    sso, store, instance, store_id = office(t, "slow")
    arn = sso.create_permission_set(InstanceArn=instance, Name="Many")["PermissionSet"]["PermissionSetArn"]
    desk = Assigner(t, arn, t.account, sso, instance)
    groups = [store.create_group(IdentityStoreId=store_id, DisplayName=f"many-{number}")["GroupId"] for number in range(16)]
    for group in groups[:15]:
        desk.create("GROUP", group)
    t.refused("sixteenth", "ThrottlingException", desk.create, kind="GROUP", principal=groups[15])


@scenario("timing", "throttling", needs="busy")
def throttling(t):
    sso, store, instance, store_id = office(t, "busy")

    def storm(call):
        for number in range(20):
            try:
                call()
            except ClientError as error:
                return number, error.response["Error"]["Code"], error.response
        return 20, None, {}

    number, code, _ = storm(lambda: sso.list_permission_sets(InstanceArn=instance))
    t.equal("sso-admin", code, "ThrottlingException")
    t.holds("after the burst", 3 <= number <= 12)
    t.equal("all of its operations share the bucket", lambda: storm(lambda: sso.describe_instance(InstanceArn=instance))[1], "ThrottlingException")
    _, code, response = storm(lambda: store.list_groups(IdentityStoreId=store_id))
    t.equal("identitystore", code, "ThrottlingException")
    t.holds("says when to come back", response.get("RetryAfterSeconds", 0) >= 1)
    t.works("each of its operations has a bucket", store.list_users, IdentityStoreId=store_id)
    organizations = t.place.client("organizations", endpoint=t.place.others["busy"])
    t.equal("Organizations", lambda: storm(organizations.list_roots)[1], "TooManyRequestsException")
    time.sleep(2.5)
    t.works("a while later", sso.list_permission_sets, InstanceArn=instance)


@scenario("timing", "reads lag behind writes", needs="lagging")
def lagging(t):
    sso, store, instance, store_id = office(t, "lagging")
    arn = sso.create_permission_set(InstanceArn=instance, Name="Late")["PermissionSet"]["PermissionSetArn"]
    read = {"InstanceArn": instance, "PermissionSetArn": arn}
    t.refused("made, and not yet seen", "ResourceNotFoundException", sso.describe_permission_set, **read)
    t.refused("writes see it", "ConflictException", sso.create_permission_set, InstanceArn=instance, Name="Late")
    time.sleep(LAG_S)
    t.works("seen a while later", sso.describe_permission_set, **read)
    group = store.create_group(IdentityStoreId=store_id, DisplayName="late")["GroupId"]
    t.refused("a group, too", "ResourceNotFoundException", store.describe_group, IdentityStoreId=store_id, GroupId=group)
    time.sleep(LAG_S)
    desk = Assigner(t, arn, t.account, sso, instance)
    request = desk.create("GROUP", group)["RequestId"]
    t.equal("how a request stands is never late", lambda: desk.created(request)["Status"], "SUCCEEDED")
    t.equal("the assignment is", desk.listed, [])
    time.sleep(LAG_S)
    t.equal("and comes", desk.listed, [("GROUP", group)])
