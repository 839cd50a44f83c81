"""The calls that Terraform's provider makes for `aws_ssoadmin_*` and `aws_identitystore_*`, in the order in which it is known to make them.

Terraform itself is not run here, and the provider's source was not read for this: what it calls is from knowing it.
"""

from .harness import GOOD, scenario
from .identitystore_user import person
from .sso_assignment import Assigner


@scenario("terraform", "data sources")
def data(t):
    found = t.works("aws_ssoadmin_instances", t.sso.list_instances)
    t.equal("arns and identity_store_ids", [(i["InstanceArn"], i["IdentityStoreId"]) for i in found["Instances"]], [t.place.instance()])
    name = {"UniqueAttribute": {"AttributePath": "DisplayName", "AttributeValue": "everyone"}}
    t.works("aws_identitystore_group by display name", t.store.get_group_id, IdentityStoreId=t.store_id, AlternateIdentifier=name)
    t.works("sts, which every provider block asks first", t.place.kept_client("sts").get_caller_identity)


@scenario("terraform", "permission set and what hangs on it")
def permission_set(t):
    here = {"InstanceArn": t.instance_arn}
    made = t.works("create", t.sso.create_permission_set, Name="tf-example", Description="by Terraform", SessionDuration="PT2H", Tags=[{"Key": "a", "Value": "1"}], **here)
    this = {"PermissionSetArn": made["PermissionSet"]["PermissionSetArn"], **here}
    tagged = {"ResourceArn": this["PermissionSetArn"], **here}
    t.works("read", t.sso.describe_permission_set, **this)
    t.equal("read: tags", lambda: t.sso.list_tags_for_resource(**tagged)["Tags"], [{"Key": "a", "Value": "1"}])
    seen = lambda: [t.sso.describe_permission_set(**this)["PermissionSet"][name] for name in ("Description", "SessionDuration")]
    t.equal("plan: nothing has changed", seen, ["by Terraform", "PT2H"])
    t.works("managed_policy_attachment: create", t.sso.attach_managed_policy_to_permission_set, ManagedPolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess", **this)
    desk = Assigner(t, this["PermissionSetArn"], t.account)
    t.equal("managed_policy_attachment: provision", lambda: desk.provisioned(TargetType="ALL_PROVISIONED_ACCOUNTS")["Status"], "SUCCEEDED")
    t.equal("managed_policy_attachment: read", lambda: [p["Name"] for p in t.sso.list_managed_policies_in_permission_set(**this)["AttachedManagedPolicies"]], ["ReadOnlyAccess"])
    t.works("permission_set_inline_policy: create", t.sso.put_inline_policy_to_permission_set, InlinePolicy=GOOD, **this)
    t.equal("permission_set_inline_policy: read", lambda: t.sso.get_inline_policy_for_permission_set(**this)["InlinePolicy"], GOOD)
    reference = {"Name": "deploy-artifacts", "Path": "/team/"}
    t.works("customer_managed_policy_attachment: create", t.sso.attach_customer_managed_policy_reference_to_permission_set, CustomerManagedPolicyReference=reference, **this)
    t.equal("customer_managed_policy_attachment: read", lambda: t.sso.list_customer_managed_policy_references_in_permission_set(**this)["CustomerManagedPolicyReferences"], [reference])
    t.works("customer_managed_policy_attachment: delete", t.sso.detach_customer_managed_policy_reference_from_permission_set, CustomerManagedPolicyReference=reference, **this)
    t.works("permissions_boundary_attachment: create", t.sso.put_permissions_boundary_to_permission_set, PermissionsBoundary={"ManagedPolicyArn": "arn:aws:iam::aws:policy/PowerUserAccess"}, **this)
    t.works("permissions_boundary_attachment: read", t.sso.get_permissions_boundary_for_permission_set, **this)
    t.works("permissions_boundary_attachment: delete", t.sso.delete_permissions_boundary_from_permission_set, **this)
    t.refused("permissions_boundary_attachment: read once more", "ResourceNotFoundException", t.sso.get_permissions_boundary_for_permission_set, **this)
    t.works("update", t.sso.update_permission_set, Description="changed", SessionDuration="PT3H", **this)
    t.equal("update: provision", lambda: desk.provisioned(TargetType="ALL_PROVISIONED_ACCOUNTS")["Status"], "SUCCEEDED")
    t.equal("update: read", seen, ["changed", "PT3H"])
    t.works("update: tags", t.sso.tag_resource, Tags=[{"Key": "b", "Value": "2"}], **tagged)
    t.works("update: tags taken away", t.sso.untag_resource, TagKeys=["a"], **tagged)
    t.works("permission_set_inline_policy: delete", t.sso.delete_inline_policy_from_permission_set, **this)
    t.works("managed_policy_attachment: delete", t.sso.detach_managed_policy_from_permission_set, ManagedPolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess", **this)
    t.works("delete", t.sso.delete_permission_set, **this)
    t.refused("read of what is gone", "ResourceNotFoundException", t.sso.describe_permission_set, **this)


@scenario("terraform", "users, groups, assignment")
def assignment(t):
    store = {"IdentityStoreId": t.store_id}
    user = t.works("aws_identitystore_user: create", t.store.create_user, **person(t, "tf-user"))["UserId"]
    t.works("aws_identitystore_user: read", t.store.describe_user, UserId=user, **store)
    group = t.works("aws_identitystore_group: create", t.store.create_group, DisplayName="tf-group", **store)["GroupId"]
    t.works("aws_identitystore_group: read", t.store.describe_group, GroupId=group, **store)
    made = t.works("aws_identitystore_group_membership: create", t.store.create_group_membership, GroupId=group, MemberId={"UserId": user}, **store)
    t.works("aws_identitystore_group_membership: read", t.store.describe_group_membership, MembershipId=made["MembershipId"], **store)
    person_now, group_now = lambda: t.store.describe_user(UserId=user, **store), lambda: t.store.describe_group(GroupId=group, **store)
    t.equal("plan: nothing has changed", lambda: (person_now()["DisplayName"], group_now()["DisplayName"]), ("Tf-User", "tf-group"))
    titled = [{"AttributePath": "displayName", "AttributeValue": "Terraform"}, {"AttributePath": "title", "AttributeValue": "Engineer"}]
    t.works("aws_identitystore_user: update", t.store.update_user, UserId=user, Operations=titled, **store)
    t.equal("aws_identitystore_user: read after the update", lambda: (person_now()["DisplayName"], person_now()["Title"]), ("Terraform", "Engineer"))
    described = [{"AttributePath": "description", "AttributeValue": "by Terraform"}]
    t.works("aws_identitystore_group: update", t.store.update_group, GroupId=group, Operations=described, **store)
    t.equal("aws_identitystore_group: read after the update", lambda: group_now()["Description"], "by Terraform")
    arn = t.sso.create_permission_set(InstanceArn=t.instance_arn, Name="tf-assigned")["PermissionSet"]["PermissionSetArn"]
    desk = Assigner(t, arn, t.account)
    t.equal("aws_ssoadmin_account_assignment: looked for first", desk.listed, [])
    request = t.works("aws_ssoadmin_account_assignment: create", desk.create, kind="GROUP", principal=group)["RequestId"]
    t.equal("aws_ssoadmin_account_assignment: wait", lambda: desk.created(request)["Status"], "SUCCEEDED")
    t.equal("aws_ssoadmin_account_assignment: read", desk.listed, [("GROUP", group)])
    request = t.works("aws_ssoadmin_account_assignment: delete", desk.delete, kind="GROUP", principal=group)["RequestId"]
    t.equal("aws_ssoadmin_account_assignment: wait for its end", lambda: desk.deleted(request)["Status"], "SUCCEEDED")
    t.equal("aws_ssoadmin_account_assignment: read of what is gone", desk.listed, [])
    t.works("aws_identitystore_group_membership: delete", t.store.delete_group_membership, MembershipId=made["MembershipId"], **store)
    t.refused("aws_identitystore_group_membership: read of what is gone", "ResourceNotFoundException", t.store.describe_group_membership, MembershipId=made["MembershipId"], **store)
    t.works("aws_identitystore_group: delete", t.store.delete_group, GroupId=group, **store)
    t.refused("aws_identitystore_group: read of what is gone", "ResourceNotFoundException", group_now)
    t.works("aws_identitystore_user: delete", t.store.delete_user, UserId=user, **store)
    t.refused("aws_identitystore_user: read of what is gone", "ResourceNotFoundException", person_now)
    t.works("aws_ssoadmin_permission_set: delete", t.sso.delete_permission_set, InstanceArn=t.instance_arn, PermissionSetArn=arn)
