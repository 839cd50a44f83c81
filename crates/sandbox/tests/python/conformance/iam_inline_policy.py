"""Policies written into users, groups and roles; and managed ones attached to them."""

import json

from .harness import GOOD, allow, document, scenario, trusting

HOLDERS = {
    "user": ("UserName", lambda t, name: t.iam.create_user(UserName=name), 2048),
    "group": ("GroupName", lambda t, name: t.iam.create_group(GroupName=name), 5120),
    "role": (
        "RoleName",
        lambda t, name: t.iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trusting(t.account))),
        10240,
    ),
}
S3 = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"


def inline(t, kind):
    parameter, make, most = HOLDERS[kind]
    make(t, f"inline-{kind}")
    name = {parameter: f"inline-{kind}"}
    put, get = getattr(t.iam, f"put_{kind}_policy"), getattr(t.iam, f"get_{kind}_policy")
    delete, names = getattr(t.iam, f"delete_{kind}_policy"), getattr(t.iam, f"list_{kind}_policies")
    t.works("put", put, PolicyName="p", PolicyDocument=GOOD, **name)
    # the document comes percent encoded; boto3 decodes it
    t.equal("told", lambda: get(PolicyName="p", **name)["PolicyDocument"], json.loads(GOOD))
    other = document(allow("sqs:*"))
    t.works("put again", put, PolicyName="p", PolicyDocument=other, **name)
    t.equal("replaced", lambda: get(PolicyName="p", **name)["PolicyDocument"], json.loads(other))
    t.equal("names", lambda: names(**name)["PolicyNames"], ["p"])
    missing = f"The {kind} policy with name q cannot be found."
    t.refused("unknown", "NoSuchEntity", get, missing, PolicyName="q", **name)
    t.refused("unknown deleted", "NoSuchEntity", delete, missing, PolicyName="q", **name)
    t.refused("of nobody", "NoSuchEntity", put, PolicyName="p", PolicyDocument=GOOD, **{parameter: "nobody"})
    for check, (broken, words) in BROKEN.items():
        t.refused(f"malformed: {check}", "MalformedPolicyDocument", put, words, PolicyName="x", PolicyDocument=broken, **name)
    large = document(allow("s3:GetObject", resource="arn:aws:s3:::" + "a" * most))
    t.refused("too large", "LimitExceeded", put, f"Maximum policy size of {most} bytes exceeded for {kind} inline-{kind}", PolicyName="x", PolicyDocument=large, **name)
    for number in range(5):
        put(PolicyName=f"page-{number}", PolicyDocument=GOOD, **name)
    t.pages("pages", t.iam, f"list_{kind}_policies", "PolicyNames", 4, 6, **name)
    t.works("deleted", delete, PolicyName="p", **name)


def of(statement):
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


# what is wrong, and AWS's words where they are known
BROKEN = {
    "no JSON": ("{", "Syntax errors in policy."),
    "no object": ("[]", None),
    "no effect": (of([{"Action": "s3:*", "Resource": "*"}]), "Syntax errors in policy."),
    "no action": (of([{"Effect": "Allow", "Resource": "*"}]), "Policy statement must contain actions."),
    "no resource": (of([{"Effect": "Allow", "Action": "s3:*"}]), "Policy statement must contain resources."),
    "unknown effect": (of([{"Effect": "allow", "Action": "s3:*", "Resource": "*"}]), None),
    "unknown version": (json.dumps({"Version": "2020-01-01", "Statement": [allow("s3:*")]}), "Syntax errors in policy."),
    "a principal": (of([{**allow("s3:*"), "Principal": "*"}]), "Policy document should not specify a principal."),
    "a Sid twice": (of([allow("s3:*", Sid="a"), allow("sqs:*", Sid="a")]), "Statement IDs (SID) in a single policy must be unique."),
    "an action without service": (of([allow("GetObject")]), "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."),
    "an action of two colons": (of([allow("s3:Get:Object")]), "Actions/Condition can contain only one colon."),
    "a resource that is no ARN": (of([allow("s3:*", resource="bucket")]), 'Resource bucket must be in ARN format or "*".'),
}


def attached(t, kind):
    parameter, make, _ = HOLDERS[kind]
    make(t, f"attached-{kind}")
    name = {parameter: f"attached-{kind}"}
    attach, detach = getattr(t.iam, f"attach_{kind}_policy"), getattr(t.iam, f"detach_{kind}_policy")
    listed = getattr(t.iam, f"list_attached_{kind}_policies")
    t.works("attached", attach, PolicyArn=S3, **name)
    t.works("attached twice", attach, PolicyArn=S3, **name)
    t.equal("listed", lambda: listed(**name)["AttachedPolicies"], [{"PolicyName": "AmazonS3ReadOnlyAccess", "PolicyArn": S3}])
    unknown = S3 + "x"
    t.refused("unknown", "NoSuchEntity", attach, f"Policy {unknown} does not exist or is not attachable.", PolicyArn=unknown, **name)
    t.refused("to nobody", "NoSuchEntity", attach, PolicyArn=S3, **{parameter: "nobody"})
    t.refused("not attached", "NoSuchEntity", detach, PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess", **name)
    t.works("detached", detach, PolicyArn=S3, **name)
    t.equal("none", lambda: listed(**name)["AttachedPolicies"], [])


for one in HOLDERS:
    scenario("iam", f"inline policy of a {one}")(lambda t, one=one: inline(t, one))
    scenario("iam", f"attached policy of a {one}")(lambda t, one=one: attached(t, one))


@scenario("iam", "ten attached policies")
def ten(t):
    t.iam.create_user(UserName="collector")
    arns = [f"arn:aws:iam::aws:policy/{name}" for name in (
        "ReadOnlyAccess", "AmazonS3ReadOnlyAccess", "AmazonSQSFullAccess", "AmazonSNSFullAccess", "AmazonEC2FullAccess",
        "AmazonRDSFullAccess", "AWSLambda_FullAccess", "AmazonDynamoDBFullAccess", "IAMReadOnlyAccess", "SecurityAudit",
        "AmazonVPCFullAccess",
    )]
    for arn in arns[:10]:
        t.iam.attach_user_policy(UserName="collector", PolicyArn=arn)
    t.refused("eleventh", "LimitExceeded", t.iam.attach_user_policy, "Cannot exceed quota for PoliciesPerUser: 10", UserName="collector", PolicyArn=arns[10])
    t.pages("pages", t.iam, "list_attached_user_policies", "AttachedPolicies", 4, 10, UserName="collector")


@scenario("iam", "permissions boundary")
def boundary(t):
    t.iam.create_user(UserName="bounded")
    t.iam.create_role(RoleName="bounded", AssumeRolePolicyDocument=document(trusting(t.account)))
    own = t.iam.create_policy(PolicyName="fence", PolicyDocument=GOOD)["Policy"]["Arn"]
    for kind, parameter in (("user", "UserName"), ("role", "RoleName")):
        name = {parameter: "bounded"}
        put, delete = getattr(t.iam, f"put_{kind}_permissions_boundary"), getattr(t.iam, f"delete_{kind}_permissions_boundary")
        told = lambda: getattr(t.iam, f"get_{kind}")(**name)[kind.title()].get("PermissionsBoundary")
        t.works(f"{kind}: put", put, PermissionsBoundary=own, **name)
        t.equal(f"{kind}: told", told, {"PermissionsBoundaryType": "PermissionsBoundaryPolicy", "PermissionsBoundaryArn": own})
        t.refused(f"{kind}: unknown", "NoSuchEntity", put, f"Scope ARN: {own}x does not exist or is not attachable.", PermissionsBoundary=own + "x", **name)
        t.works(f"{kind}: deleted", delete, **name)
        t.equal(f"{kind}: gone", told, None)
    t.iam.put_user_permissions_boundary(UserName="bounded", PermissionsBoundary=own)
    t.equal("counted", lambda: t.iam.get_policy(PolicyArn=own)["Policy"]["PermissionsBoundaryUsageCount"], 1)
    t.equal("listed", lambda: [u["UserName"] for u in t.iam.list_entities_for_policy(PolicyArn=own, PolicyUsageFilter="PermissionsBoundary")["PolicyUsers"]], ["bounded"])
    t.refused("a boundary in use is not deleted", "DeleteConflict", t.iam.delete_policy, PolicyArn=own)
