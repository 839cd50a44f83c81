"""Becoming a role, and temporary credentials."""

from .harness import allow, document, scenario, trusting


@scenario("sts", "caller identity")
def identity(t):
    who = t.works("asked", t.sts.get_caller_identity)
    t.equal("account", who.get("Account"), t.account)
    t.equal("arn", who.get("Arn"), f"arn:aws:sts::{t.account}:assumed-role/OrganizationAccountAccessRole/conformance")
    t.holds("id", who.get("UserId", "").startswith("AROA") and who.get("UserId", "").endswith(":conformance"))


@scenario("sts", "assuming a role")
def assume(t):
    account, other = t.account, t.place.accounts()["minimo-prod"]
    key, stranger = t.user("assumer", allow("sts:AssumeRole")), t.user("not-assumer", allow("s3:*"))
    sts, denied = t.place.client("sts", key), t.place.client("sts", stranger)
    make = lambda name, *statements, **more: t.iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(*statements), **more)["Role"]["Arn"]
    mine = make("for-account", trusting(account))
    told = t.works("by the account", sts.assume_role, RoleArn=mine, RoleSessionName="me")
    credentials = told.get("Credentials", {})
    t.holds("temporary key", credentials.get("AccessKeyId", "").startswith("ASIA") and credentials.get("SessionToken"))
    t.equal("session arn", told.get("AssumedRoleUser", {}).get("Arn"), f"arn:aws:sts::{account}:assumed-role/for-account/me")
    t.equal("calls as the role", lambda: t.place.client("sts", credentials).get_caller_identity()["Arn"], f"arn:aws:sts::{account}:assumed-role/for-account/me")
    without = {**credentials, "SessionToken": "x"}
    t.refused("key without its token", "InvalidClientTokenId", t.place.client("sts", without).get_caller_identity)
    words = f"User: arn:aws:iam::{account}:user/not-assumer is not authorized to perform: sts:AssumeRole on resource: {mine} because no identity-based policy allows the sts:AssumeRole action"
    t.refused("without the right", "AccessDenied", denied.assume_role, words, RoleArn=mine, RoleSessionName="me")
    named = make("for-user", trusting(f"arn:aws:iam::{account}:user/not-assumer"))
    t.works("named within its account it needs no right", denied.assume_role, RoleArn=named, RoleSessionName="me")
    t.refused("not named", "AccessDenied", sts.assume_role, RoleArn=named, RoleSessionName="me")
    elsewhere = make("for-other-account", trusting(other))
    t.refused("trusts another account", "AccessDenied", sts.assume_role, RoleArn=elsewhere, RoleSessionName="me")
    t.refused("no such role", "AccessDenied", sts.assume_role, RoleArn=mine + "x", RoleSessionName="me")
    external = make("external", trusting(account, Condition={"StringEquals": {"sts:ExternalId": "42"}}))
    t.refused("without the external id", "AccessDenied", sts.assume_role, RoleArn=external, RoleSessionName="me")
    t.works("with the external id", sts.assume_role, RoleArn=external, RoleSessionName="me", ExternalId="42")
    short = make("short", trusting(account))
    longer = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    t.refused("longer than the role's maximum", "ValidationError", sts.assume_role, longer, RoleArn=short, RoleSessionName="me", DurationSeconds=7200)
    t.refused("less than a quarter of an hour", "ValidationError", sts.assume_role, RoleArn=short, RoleSessionName="me", DurationSeconds=899)
    t.refused("session name", "ValidationError", sts.assume_role, RoleArn=short, RoleSessionName="a b")
    t.refused("session name of one letter", "ValidationError", sts.assume_role, RoleArn=short, RoleSessionName="a")
    t.refused("broken session policy", "MalformedPolicyDocument", sts.assume_role, RoleArn=short, RoleSessionName="me", Policy="{")
    chained = t.place.client("sts", credentials)
    long_one = make("long", trusting(account), MaxSessionDuration=43200)
    t.iam.put_role_policy(RoleName="for-account", PolicyName="p", PolicyDocument=document(allow("sts:AssumeRole")))
    t.works("role chaining", chained.assume_role, RoleArn=long_one, RoleSessionName="me")
    hour = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
    t.refused("role chaining for more than an hour", "ValidationError", chained.assume_role, hour, RoleArn=long_one, RoleSessionName="me", DurationSeconds=7200)
    t.holds("use of a role is told", lambda: "LastUsedDate" in t.iam.get_role(RoleName="for-account")["Role"]["RoleLastUsed"])


@scenario("sts", "session tags and source identity")
def tags(t):
    key = t.user("tagger", allow("sts:*"))
    sts = t.place.client("sts", key)
    plain = t.iam.create_role(RoleName="no-tags", AssumeRolePolicyDocument=document(trusting(t.account)))["Role"]["Arn"]
    both = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    open_role = t.iam.create_role(RoleName="with-tags", AssumeRolePolicyDocument=document(trusting(t.account, both)))["Role"]["Arn"]
    team = [{"Key": "team", "Value": "minimo"}]
    words = f"User: arn:aws:iam::{t.account}:user/tagger is not authorized to perform: sts:TagSession on resource: {plain}"
    t.refused("trust without TagSession", "AccessDenied", sts.assume_role, words, RoleArn=plain, RoleSessionName="me", Tags=team)
    t.works("trust with TagSession", sts.assume_role, RoleArn=open_role, RoleSessionName="me", Tags=team)
    t.refused("trust without SetSourceIdentity", "AccessDenied", sts.assume_role, RoleArn=plain, RoleSessionName="me", SourceIdentity="hanako")
    told = t.works("trust with SetSourceIdentity", sts.assume_role, RoleArn=open_role, RoleSessionName="me", SourceIdentity="hanako")
    t.equal("source identity is told", told.get("SourceIdentity"), "hanako")
    statement = allow("iam:ListUsers", Condition={"StringEquals": {"aws:PrincipalTag/team": "minimo"}})
    t.iam.put_role_policy(RoleName="with-tags", PolicyName="p", PolicyDocument=document(statement))
    open_session = lambda **more: t.place.client("iam", sts.assume_role(RoleArn=open_role, RoleSessionName="me", **more)["Credentials"])
    t.works("the tag decides", lambda: open_session(Tags=team).list_users())
    t.refused("its lack does", "AccessDenied", lambda: open_session().list_users())


@scenario("sts", "MFA")
def mfa(t):
    key = t.user("with-mfa", allow("sts:AssumeRole", "iam:ListUsers"))
    sts = t.place.client("sts", key)
    serial = t.iam.create_virtual_mfa_device(VirtualMFADeviceName="with-mfa")["VirtualMFADevice"]["SerialNumber"]
    t.iam.enable_mfa_device(UserName="with-mfa", SerialNumber=serial, AuthenticationCode1="111111", AuthenticationCode2="222222")
    trust = trusting(t.account, Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    role = t.iam.create_role(RoleName="needs-mfa", AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    t.refused("without", "AccessDenied", sts.assume_role, RoleArn=role, RoleSessionName="me")
    t.works("with", sts.assume_role, RoleArn=role, RoleSessionName="me", SerialNumber=serial, TokenCode="123456")
    wrong = "MultiFactorAuthentication failed with invalid MFA one time pass code. "
    t.refused("not one's own device", "AccessDenied", sts.assume_role, wrong, RoleArn=role, RoleSessionName="me", SerialNumber=serial + "x", TokenCode="123456")
    t.refused("code of five digits", "ValidationError", sts.assume_role, RoleArn=role, RoleSessionName="me", SerialNumber=serial, TokenCode="12345")
    session = sts.get_session_token(SerialNumber=serial, TokenCode="123456")["Credentials"]
    t.works("a session with MFA becomes the role", t.place.client("sts", session).assume_role, RoleArn=role, RoleSessionName="me")
    t.works("and calls IAM", t.place.client("iam", session).list_users)


@scenario("sts", "session token")
def session_token(t):
    key = t.user("session-user", allow("iam:ListUsers", "sso:ListInstances", "sts:GetAccessKeyInfo"))
    sts = t.place.client("sts", key)
    session = t.works("told", sts.get_session_token, DurationSeconds=900).get("Credentials", {})
    t.equal("calls as the user", lambda: t.place.client("sts", session).get_caller_identity()["Arn"], f"arn:aws:iam::{t.account}:user/session-user")
    t.refused("no IAM without MFA", "InvalidClientTokenId", t.place.client("iam", session).list_users)
    t.refused("no session of a session", "AccessDenied", t.place.client("sts", session).get_session_token, "Cannot call GetSessionToken with session credentials")
    t.refused("nor anything else of STS", "AccessDenied", t.place.client("sts", session).get_access_key_info, AccessKeyId=key["AccessKeyId"])
    t.refused("too short", "ValidationError", sts.get_session_token, DurationSeconds=899)
    t.refused("too long", "ValidationError", sts.get_session_token, DurationSeconds=129601)
    t.equal("account of a key", lambda: sts.get_access_key_info(AccessKeyId=key["AccessKeyId"])["Account"], t.account)
    t.refused("no message to decode", "InvalidAuthorizationMessageException", t.sts.decode_authorization_message, EncodedMessage="x")
    t.iam.update_access_key(UserName="session-user", AccessKeyId=key["AccessKeyId"], Status="Inactive")
    t.refused("inactive keys open no session", "InvalidClientTokenId", sts.get_session_token)


@scenario("sts", "federation token")
def federation_token(t):
    key = t.user("federator", allow("sts:GetFederationToken", "iam:ListUsers", "sso:ListInstances", "organizations:DescribeOrganization"))
    sts = t.place.client("sts", key)
    told = t.works("told", sts.get_federation_token, Name="guest", Policy=document(allow("organizations:*", "iam:*")))
    keys = told.get("Credentials", {})
    arn = f"arn:aws:sts::{t.account}:federated-user/guest"
    t.equal("user", told.get("FederatedUser", {}), {"FederatedUserId": f"{t.account}:guest", "Arn": arn})
    t.equal("calls as the federated user", lambda: t.place.client("sts", keys).get_caller_identity()["Arn"], arn)
    t.works("what both allow", t.place.client("organizations", keys).describe_organization)
    t.refused("what the session policy lacks", "AccessDeniedException", t.place.client("sso-admin", keys).list_instances)
    t.refused("never IAM", "InvalidClientTokenId", t.place.client("iam", keys).list_users)
    t.refused("nor STS", "AccessDenied", t.place.client("sts", keys).get_session_token)
    t.iam.update_user(UserName="federator", NewUserName="federator-2")
    t.equal("keeps its name when the user is renamed", lambda: t.place.client("sts", keys).get_caller_identity()["Arn"], arn)
    t.works("and its rights", t.place.client("organizations", keys).describe_organization)
    bare = sts.get_federation_token(Name="bare")["Credentials"]
    t.refused("without a policy nothing", "AccessDeniedException", t.place.client("organizations", bare).describe_organization)
    t.refused("a role cannot", "AccessDenied", t.sts.get_federation_token, "Cannot call GetFederationToken with session credentials", Name="guest")
    t.refused("bad name", "ValidationError", sts.get_federation_token, Name="a b")
    t.refused("without the right", "AccessDenied", t.place.client("sts", t.user("not-federator")).get_federation_token, Name="guest")
