"""Service control policies as things: made, attached, listed."""

from .harness import allow, deny, document, scenario

FULL = "p-FullAWSAccess"


@scenario("organizations", "service control policy")
def policy(t):
    org, account = t.organizations, t.place.accounts()["tsubame-dev"]
    content = document(deny("iam:CreateUser"))
    make = {"Description": "no users", "Type": "SERVICE_CONTROL_POLICY", "Content": content}
    made = t.works("made", org.create_policy, Name="NoUsers", **make).get("Policy", {}).get("PolicySummary", {})
    identity = made.get("Id", "")
    t.holds("id", identity.startswith("p-"))
    t.equal("not AWS's", made.get("AwsManaged"), False)
    t.equal("content", lambda: org.describe_policy(PolicyId=identity)["Policy"]["Content"], content)
    t.refused("twice", "DuplicatePolicyException", org.create_policy, Name="NoUsers", **make)
    for check, broken in {"no JSON": "{", "a principal": document({**deny("s3:*"), "Principal": "*"})}.items():
        t.refused(f"malformed: {check}", "MalformedPolicyDocumentException", org.create_policy, Name="x", Description="", Type="SERVICE_CONTROL_POLICY", Content=broken)
    large = document(deny("s3:*", resource="arn:aws:s3:::" + "a" * 10300))
    t.refused("too large", "ConstraintViolationException", org.create_policy, members={"Reason": "POLICY_CONTENT_LIMIT_EXCEEDED"}, Name="x", Description="", Type="SERVICE_CONTROL_POLICY", Content=large)
    t.refused("unknown type", "InvalidInputException", org.create_policy, Name="x", Description="", Type="x", Content=content)
    t.works("updated", org.update_policy, PolicyId=identity, Name="NoNewUsers")
    t.equal("new name", lambda: org.describe_policy(PolicyId=identity)["Policy"]["PolicySummary"]["Name"], "NoNewUsers")
    t.equal("listed", lambda: {FULL, identity} <= {p["Id"] for p in org.list_policies(Filter="SERVICE_CONTROL_POLICY")["Policies"]}, True)
    t.works("attached", org.attach_policy, PolicyId=identity, TargetId=account)
    t.refused("attached twice", "DuplicatePolicyAttachmentException", org.attach_policy, PolicyId=identity, TargetId=account)
    t.equal("of the target", lambda: {p["Id"] for p in org.list_policies_for_target(TargetId=account, Filter="SERVICE_CONTROL_POLICY")["Policies"]}, {FULL, identity})
    t.equal("targets", lambda: [(row["TargetId"], row["Type"]) for row in org.list_targets_for_policy(PolicyId=identity)["Targets"]], [(account, "ACCOUNT")])
    t.refused("deleted in use", "PolicyInUseException", org.delete_policy, PolicyId=identity)
    t.refused("attached to nothing", "TargetNotFoundException", org.attach_policy, PolicyId=identity, TargetId="000000000001")
    t.works("detached", org.detach_policy, PolicyId=identity, TargetId=account)
    t.refused("detached twice", "PolicyNotAttachedException", org.detach_policy, PolicyId=identity, TargetId=account)
    t.refused("the last one stays", "ConstraintViolationException", org.detach_policy, members={"Reason": "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"}, PolicyId=FULL, TargetId=account)
    t.refused("AWS's is not changed", "InvalidInputException", org.update_policy, members={"Reason": "IMMUTABLE_POLICY"}, PolicyId=FULL, Name="x")
    t.refused("nor deleted", "InvalidInputException", org.delete_policy, PolicyId=FULL)
    t.works("deleted", org.delete_policy, PolicyId=identity)
    t.refused("gone", "PolicyNotFoundException", org.describe_policy, "You specified a policy that doesn't exist.", PolicyId=identity)
    t.refused("gone for attaching", "PolicyNotFoundException", org.attach_policy, PolicyId=identity, TargetId=account)
    t.equal("AWS's own", lambda: org.describe_policy(PolicyId=FULL)["Policy"]["PolicySummary"]["AwsManaged"], True)


@scenario("organizations", "policies on a target")
def many(t):
    org, account = t.organizations, t.place.accounts()["tsubame-dev"]
    ids = []
    for number in range(10):
        made = org.create_policy(Name=f"Many{number}", Description="", Type="SERVICE_CONTROL_POLICY", Content=document(allow("*")))
        ids.append(made["Policy"]["PolicySummary"]["Id"])
    for identity in ids[:9]:
        org.attach_policy(PolicyId=identity, TargetId=account)
    t.refused("eleventh", "ConstraintViolationException", org.attach_policy, members={"Reason": "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"}, PolicyId=ids[9], TargetId=account)
    for identity in ids[:9]:
        org.detach_policy(PolicyId=identity, TargetId=account)
    t.pages("pages of policies", org, "list_policies_for_target", "Policies", 20, 1, TargetId=account, Filter="SERVICE_CONTROL_POLICY")


@scenario("organizations", "type of policies")
def types(t):
    org, root = t.organizations, t.organizations.list_roots()["Roots"][0]
    t.equal("enabled", root["PolicyTypes"], [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}])
    on = {"RootId": root["Id"], "PolicyType": "SERVICE_CONTROL_POLICY"}
    t.refused("enabled twice", "PolicyTypeAlreadyEnabledException", org.enable_policy_type, **on)
    t.works("disabled", org.disable_policy_type, **on)
    t.refused("disabled twice", "PolicyTypeNotEnabledException", org.disable_policy_type, **on)
    t.equal("none enabled", lambda: org.list_roots()["Roots"][0]["PolicyTypes"], [])
    t.refused("nothing is attached now", "PolicyTypeNotEnabledException", org.attach_policy, PolicyId=FULL, TargetId=root["Id"])
    t.works("enabled again", org.enable_policy_type, **on)
    t.equal("AWS's policy is everywhere", lambda: [p["Id"] for p in org.list_policies_for_target(TargetId=root["Id"], Filter="SERVICE_CONTROL_POLICY")["Policies"]], [FULL])
    t.refused("no such root", "RootNotFoundException", org.enable_policy_type, RootId="r-zzzz", PolicyType="SERVICE_CONTROL_POLICY")
