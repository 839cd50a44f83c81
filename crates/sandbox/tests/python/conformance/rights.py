"""Every call is decided by policies, boundaries, session policies and service control policies, and refusals say what is missing."""

import json

from .harness import allow, deny, document, scenario, trusting


@scenario("rights", "a user's own policies")
def own(t):
    key = t.user("decided", allow("iam:GetUser"))
    iam, arn = t.place.client("iam", key), f"arn:aws:iam::{t.account}:user/decided"
    t.works("allowed", iam.get_user, UserName="decided")
    words = f"User: {arn} is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::{t.account}:user/ because no identity-based policy allows the iam:ListUsers action"
    t.refused("not allowed", "AccessDenied", iam.list_users, words)
    t.refused("JSON service", "AccessDeniedException", t.place.client("sso-admin", key).list_instances, f"User: {arn} is not authorized to perform: sso:ListInstances on resource: * because no identity-based policy allows the sso:ListInstances action")
    t.works("who am I needs no right", t.place.client("sts", key).get_caller_identity)
    t.iam.put_user_policy(UserName="decided", PolicyName="no", PolicyDocument=document(deny("iam:GetUser")))
    t.refused("denied", "AccessDenied", iam.get_user, ends="with an explicit deny in an identity-based policy", UserName="decided")
    t.iam.delete_user_policy(UserName="decided", PolicyName="no")
    t.works("allowed again", iam.get_user, UserName="decided")
    t.iam.delete_user_policy(UserName="decided", PolicyName="own")
    t.refused("nothing at all", "AccessDenied", iam.get_user, UserName="decided")


@scenario("rights", "groups, managed policies, boundaries")
def around(t):
    key = t.user("surrounded")
    iam = t.place.client("iam", key)
    t.iam.create_group(GroupName="listers")
    t.iam.put_group_policy(GroupName="listers", PolicyName="p", PolicyDocument=document(allow("iam:ListUsers", "iam:ListRoles")))
    t.refused("before", "AccessDenied", iam.list_users)
    t.iam.add_user_to_group(GroupName="listers", UserName="surrounded")
    t.works("by the group", iam.list_users)
    fence = t.iam.create_policy(PolicyName="only-users", PolicyDocument=document(allow("iam:ListUsers")))["Policy"]["Arn"]
    t.iam.put_user_permissions_boundary(UserName="surrounded", PermissionsBoundary=fence)
    t.works("within the boundary", iam.list_users)
    t.refused("beyond the boundary", "AccessDenied", iam.list_roles, ends="because no permissions boundary allows the iam:ListRoles action")
    wider = document(allow("iam:ListRoles"))
    t.iam.create_policy_version(PolicyArn=fence, PolicyDocument=wider, SetAsDefault=True)
    t.works("a new version counts at once", iam.list_roles)
    t.refused("and the old one no more", "AccessDenied", iam.list_users)
    t.iam.delete_user_permissions_boundary(UserName="surrounded")
    t.works("without a boundary", iam.list_users)
    t.iam.remove_user_from_group(GroupName="listers", UserName="surrounded")
    t.refused("out of the group", "AccessDenied", iam.list_users)


@scenario("rights", "resources and conditions")
def narrowed(t):
    here = f"arn:aws:iam::{t.account}:user"
    key = t.user(
        "narrow",
        allow("iam:CreateUser", resource=f"{here}/team/*"),
        allow("iam:ListUsers", Condition={"StringEquals": {"aws:RequestedRegion": "ap-northeast-1"}}),
        allow("iam:ListRoles", Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),
        allow("iam:AttachUserPolicy", Condition={"ArnEquals": {"iam:PolicyARN": "arn:aws:iam::aws:policy/ReadOnlyAccess"}}),
        allow("iam:GetUser", resource=f"{here}/${{aws:username}}"),
    )
    iam = t.place.client("iam", key)
    t.works("path allowed", iam.create_user, UserName="of-team", Path="/team/")
    t.refused("other path", "AccessDenied", iam.create_user, UserName="of-nobody")
    t.works("region holds", iam.list_users)
    t.refused("another region", "AccessDenied", t.place.client("iam", key, region="us-east-1").list_users)
    t.refused("address does not", "AccessDenied", iam.list_roles)
    t.works("policy that may be attached", iam.attach_user_policy, UserName="narrow", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    t.refused("policy that may not", "AccessDenied", iam.attach_user_policy, UserName="narrow", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")


@scenario("rights", "service control policies")
def controlled(t):
    organizations, account = t.organizations, t.place.accounts()["minimo-dev"]
    make = lambda name, *statements: organizations.create_policy(Name=name, Description="", Type="SERVICE_CONTROL_POLICY", Content=document(*statements))["Policy"]["PolicySummary"]["Id"]
    policy = make("NoAliases", deny("iam:CreateAccountAlias"))
    t.works("before", t.iam.create_account_alias, AccountAlias="example-controlled")
    organizations.attach_policy(PolicyId=policy, TargetId=account)
    t.refused("denied", "AccessDenied", t.iam.create_account_alias, ends="with an explicit deny in a service control policy", AccountAlias="example-controlled-2")
    t.works("the management account is not bound", t.place.kept_client("iam").create_account_alias, AccountAlias="example-management")
    organizations.detach_policy(PolicyId=policy, TargetId=account)
    t.works("after", t.iam.delete_account_alias, AccountAlias="example-controlled")
    root = organizations.list_roots()["Roots"][0]["Id"]
    organizations.attach_policy(PolicyId=policy, TargetId=root)
    t.refused("inherited from the root", "AccessDenied", t.iam.create_account_alias, ends="with an explicit deny in a service control policy", AccountAlias="example-controlled")
    organizations.detach_policy(PolicyId=policy, TargetId=root)
    organizations.delete_policy(PolicyId=policy)
    only = make("OnlyIam", allow("iam:*", "sts:*"))
    organizations.attach_policy(PolicyId=only, TargetId=account)
    organizations.detach_policy(PolicyId="p-FullAWSAccess", TargetId=account)
    t.works("allowed list", t.iam.list_users)
    elsewhere = t.place.enter("minimo-dev", "organizations")
    t.refused("what no policy allows", "AccessDeniedException", elsewhere.describe_organization, ends="because no service control policy allows the organizations:DescribeOrganization action")
    organizations.attach_policy(PolicyId="p-FullAWSAccess", TargetId=account)
    organizations.detach_policy(PolicyId=only, TargetId=account)
    t.works("as it was", elsewhere.describe_organization)


@scenario("rights", "delegated administrator", needs="delegated")
def delegated(t):
    keys = dict(zip(("AccessKeyId", "SecretAccessKey"), t.place.others["delegated"].split(",")))
    sso, organizations = t.place.client("sso-admin", keys), t.place.client("organizations", keys)
    instance = {"InstanceArn": t.instance_arn}
    sets = {}
    for arn in [arn for page in t.sso.get_paginator("list_permission_sets").paginate(**instance) for arn in page["PermissionSets"]]:
        sets[t.sso.describe_permission_set(PermissionSetArn=arn, **instance)["PermissionSet"]["Name"]] = arn
    management = t.organizations.describe_organization()["Organization"]["MasterAccountId"]
    user = t.store.list_users(IdentityStoreId=t.store_id, MaxResults=1)["Users"][0]["UserId"]
    row = lambda account, name: {"TargetId": account, "TargetType": "AWS_ACCOUNT", "PermissionSetArn": sets[name], "PrincipalType": "USER", "PrincipalId": user, **instance}
    t.works("lists sets", sso.list_permission_sets, **instance)
    t.works("changes a set of member accounts", sso.update_permission_set, PermissionSetArn=sets["ReadOnly"], Description="Reads everything, changes nothing", **instance)
    t.refused("not one of the management account", "AccessDeniedException", sso.update_permission_set, PermissionSetArn=sets["BillingView"], Description="x", **instance)
    t.refused("nor its inline policy", "AccessDeniedException", sso.put_inline_policy_to_permission_set, PermissionSetArn=sets["BillingView"], InlinePolicy=document(allow("s3:*")), **instance)
    t.refused("nor its tags", "AccessDeniedException", sso.tag_resource, ResourceArn=sets["BillingView"], Tags=[{"Key": "a", "Value": "1"}], **instance)
    t.refused("nor deletes it", "AccessDeniedException", sso.delete_permission_set, PermissionSetArn=sets["BillingView"], **instance)
    t.works("assigns in a member account", sso.create_account_assignment, **row(t.account, "ReadOnly"))
    t.refused("not in the management account", "AccessDeniedException", sso.create_account_assignment, **row(management, "ReadOnly"))
    t.refused("nor a set of the management account elsewhere", "AccessDeniedException", sso.create_account_assignment, **row(t.account, "BillingView"))
    t.refused("nor lists by principal", "AccessDeniedException", sso.list_account_assignments_for_principal, PrincipalId=user, PrincipalType="USER", **instance)
    t.works("lists accounts", organizations.list_accounts)
    t.refused("makes none", "AccessDeniedException", organizations.create_account, AccountName="x", Email="x@example.com")
    t.refused("member: no Identity Center", "AccessDeniedException", t.place.enter("minimo-prod", "sso-admin").list_permission_sets, **instance)
    t.refused("member: no identity store", "AccessDeniedException", t.place.enter("minimo-prod", "identitystore").list_users, IdentityStoreId=t.store_id)
    t.refused("member: no accounts", "AccessDeniedException", t.place.enter("minimo-prod", "organizations").list_accounts)
    t.works("member: its organization", t.place.enter("minimo-prod", "organizations").describe_organization)


@scenario("rights", "by resource in Identity Center")
def by_resource(t):
    management = t.place.kept_client("iam")
    instance = {"InstanceArn": t.instance_arn}
    made = t.sso.create_permission_set(Name="OnlyThis", **instance)["PermissionSet"]["PermissionSetArn"]
    other = t.sso.create_permission_set(Name="NotThis", **instance)["PermissionSet"]["PermissionSetArn"]
    management.create_user(UserName="set-editor")
    statement = allow("sso:UpdatePermissionSet", "sso:DescribePermissionSet", resource=[t.instance_arn, made])
    management.put_user_policy(UserName="set-editor", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    sso = t.place.client("sso-admin", management.create_access_key(UserName="set-editor")["AccessKey"])
    t.works("the set it names", sso.update_permission_set, PermissionSetArn=made, Description="x", **instance)
    t.refused("another set", "AccessDeniedException", sso.update_permission_set, PermissionSetArn=other, Description="x", **instance)
    t.refused("another action", "AccessDeniedException", sso.delete_permission_set, PermissionSetArn=made, **instance)
    t.refused("the list", "AccessDeniedException", sso.list_permission_sets, **instance)


@scenario("rights", "role sessions")
def sessions(t):
    t.iam.create_role(RoleName="narrowed", AssumeRolePolicyDocument=document(trusting(t.account)))
    t.iam.put_role_policy(RoleName="narrowed", PolicyName="p", PolicyDocument=document(allow("iam:ListUsers", "iam:ListRoles")))
    role = f"arn:aws:iam::{t.account}:role/narrowed"
    key = t.user("narrower", allow("sts:AssumeRole"))
    sts = t.place.client("sts", key)
    whole = t.place.client("iam", sts.assume_role(RoleArn=role, RoleSessionName="whole")["Credentials"])
    t.works("all of the role", whole.list_roles)
    part = sts.assume_role(RoleArn=role, RoleSessionName="part", Policy=document(allow("iam:ListUsers")))["Credentials"]
    part = t.place.client("iam", part)
    t.works("what both allow", part.list_users)
    t.refused("what the session policy lacks", "AccessDenied", part.list_roles, ends="because no session policy allows the iam:ListRoles action")
    by_arn = sts.assume_role(RoleArn=role, RoleSessionName="arn", PolicyArns=[{"arn": "arn:aws:iam::aws:policy/IAMReadOnlyAccess"}])["Credentials"]
    t.works("a managed session policy", t.place.client("iam", by_arn).list_users)
    t.refused("gives nothing more", "AccessDenied", t.place.client("iam", by_arn).list_groups)
    t.iam.delete_role_policy(RoleName="narrowed", PolicyName="p")
    t.refused("what the role loses, its sessions lose", "AccessDenied", whole.list_users)
    t.iam.delete_role(RoleName="narrowed")
    t.refused("a session outlives its role by nothing", "InvalidClientTokenId", whole.list_users)
