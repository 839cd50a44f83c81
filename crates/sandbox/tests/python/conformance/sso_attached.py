"""What hangs on a permission set: policies and the boundary."""

import json

from .harness import GOOD, allow, document, scenario
from .sso_permission_set import make

READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"


@scenario("sso-admin", "managed policies")
def managed(t):
    this = {"InstanceArn": t.instance_arn, "PermissionSetArn": make(t, "Managed")}
    attach, detach = t.sso.attach_managed_policy_to_permission_set, t.sso.detach_managed_policy_from_permission_set
    listed = lambda: t.sso.list_managed_policies_in_permission_set(**this)["AttachedManagedPolicies"]
    t.works("attached", attach, ManagedPolicyArn=READ, **this)
    t.equal("listed", listed, [{"Name": "ReadOnlyAccess", "Arn": READ}])
    t.refused("attached twice", "ConflictException", attach, ManagedPolicyArn=READ, **this)
    t.refused("not AWS's", "ValidationException", attach, ManagedPolicyArn=f"arn:aws:iam::{t.account}:policy/mine", **this)
    t.refused("not attached", "ResourceNotFoundException", detach, ManagedPolicyArn=READ + "x", **this)
    t.works("detached", detach, ManagedPolicyArn=READ, **this)
    t.equal("none", listed, [])
    for policy in t.iam.list_policies(Scope="AWS", MaxItems=25)["Policies"]:
        attach(ManagedPolicyArn=policy["Arn"], **this)
    t.refused("twenty-sixth", "ServiceQuotaExceededException", attach, ManagedPolicyArn=READ, **this)
    t.pages("pages", t.sso, "list_managed_policies_in_permission_set", "AttachedManagedPolicies", 10, 25, **this)


@scenario("sso-admin", "customer managed policies")
def customer(t):
    this = {"InstanceArn": t.instance_arn, "PermissionSetArn": make(t, "Customer")}
    attach = t.sso.attach_customer_managed_policy_reference_to_permission_set
    detach = t.sso.detach_customer_managed_policy_reference_from_permission_set
    listed = lambda: t.sso.list_customer_managed_policy_references_in_permission_set(**this)["CustomerManagedPolicyReferences"]
    t.works("attached", attach, CustomerManagedPolicyReference={"Name": "deploy", "Path": "/team/"}, **this)
    t.works("path is / where none is given", attach, CustomerManagedPolicyReference={"Name": "other"}, **this)
    t.equal("listed", listed, [{"Name": "deploy", "Path": "/team/"}, {"Name": "other", "Path": "/"}])
    t.refused("attached twice", "ConflictException", attach, CustomerManagedPolicyReference={"Name": "deploy", "Path": "/team/"}, **this)
    t.refused("without a name", "ValidationException", attach, CustomerManagedPolicyReference={}, **this)
    t.refused("bad path", "ValidationException", attach, CustomerManagedPolicyReference={"Name": "x", "Path": "team"}, **this)
    t.refused("another path is not it", "ResourceNotFoundException", detach, CustomerManagedPolicyReference={"Name": "deploy", "Path": "/"}, **this)
    t.works("detached", detach, CustomerManagedPolicyReference={"Name": "deploy", "Path": "/team/"}, **this)
    t.equal("left", listed, [{"Name": "other", "Path": "/"}])


@scenario("sso-admin", "inline policy")
def inline(t):
    this = {"InstanceArn": t.instance_arn, "PermissionSetArn": make(t, "Inline")}
    put = t.sso.put_inline_policy_to_permission_set
    get = lambda: t.sso.get_inline_policy_for_permission_set(**this)["InlinePolicy"]
    t.equal("none is an empty text", get, "")
    t.works("put", put, InlinePolicy=GOOD, **this)
    t.equal("told as it was put", get, GOOD)
    t.works("replaced", put, InlinePolicy=document(allow("sqs:*")), **this)
    t.equal("told anew", get, document(allow("sqs:*")))
    for check, text in {
        "no JSON": "{",
        "no statement": json.dumps({"Version": "2012-10-17"}),
        "no effect": json.dumps({"Version": "2012-10-17", "Statement": [{"Action": "s3:*", "Resource": "*"}]}),
        "a principal": json.dumps({"Version": "2012-10-17", "Statement": [{**allow("s3:*"), "Principal": "*"}]}),
    }.items():
        t.refused(f"malformed: {check}", "ValidationException", put, InlinePolicy=text, **this)
    t.refused("too large", "ValidationException", put, InlinePolicy=document(allow("s3:*", resource="arn:aws:s3:::" + "a" * 10300)), **this)
    t.works("white space does not count", put, InlinePolicy=GOOD.replace(" ", " " * 2000), **this)
    t.works("deleted", t.sso.delete_inline_policy_from_permission_set, **this)
    t.works("deleted twice", t.sso.delete_inline_policy_from_permission_set, **this)
    t.equal("empty again", get, "")


@scenario("sso-admin", "permissions boundary")
def boundary(t):
    this = {"InstanceArn": t.instance_arn, "PermissionSetArn": make(t, "Bounded")}
    put, get = t.sso.put_permissions_boundary_to_permission_set, lambda: t.sso.get_permissions_boundary_for_permission_set(**this)
    t.refused("none", "ResourceNotFoundException", get)
    t.works("AWS's policy", put, PermissionsBoundary={"ManagedPolicyArn": READ}, **this)
    t.equal("told", lambda: get()["PermissionsBoundary"], {"ManagedPolicyArn": READ})
    reference = {"CustomerManagedPolicyReference": {"Name": "fence", "Path": "/team/"}}
    t.works("the account's policy", put, PermissionsBoundary=reference, **this)
    t.equal("one only", lambda: get()["PermissionsBoundary"], reference)
    t.refused("both", "ValidationException", put, PermissionsBoundary={"ManagedPolicyArn": READ, **reference}, **this)
    t.refused("neither", "ValidationException", put, PermissionsBoundary={}, **this)
    t.works("deleted", t.sso.delete_permissions_boundary_from_permission_set, **this)
    t.refused("deleted twice", "ResourceNotFoundException", t.sso.delete_permissions_boundary_from_permission_set, **this)
