"""Roles for people and machines that an identity provider vouches for."""

import base64
import datetime
import json
import time

from .harness import allow, document, scenario, trusting
from .iam_provider import METADATA

ISSUER = "https://token.actions.githubusercontent.com"
SUBJECT = "repo:example/minimo:ref:refs/heads/main"


def token(**claims):
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": "sts.amazonaws.com", "sub": SUBJECT, "iat": now, "nbf": now - 5, "exp": now + 600} | claims
    part = lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
    return f"{part({'alg': 'RS256', 'kid': '1'})}.{part({k: v for k, v in claims.items() if v is not None})}.c2lnbmF0dXJl"


@scenario("sts", "web identity")
def web_identity(t):
    account = t.account
    url = ISSUER.removeprefix("https://")
    provider = t.iam.create_open_id_connect_provider(Url=ISSUER, ClientIDList=["sts.amazonaws.com"], ThumbprintList=["a" * 40])["OpenIDConnectProviderArn"]
    conditions = {"StringEquals": {f"{url}:aud": "sts.amazonaws.com"}, "StringLike": {f"{url}:sub": "repo:example/minimo:*"}}
    trust = trusting({"Federated": provider}, "sts:AssumeRoleWithWebIdentity", Condition=conditions)
    role = t.iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    t.iam.put_role_policy(RoleName="deploy", PolicyName="p", PolicyDocument=document(allow("iam:ListUsers")))
    # nobody signs: the client has no credentials at all
    sts = t.place.client("sts")
    call = lambda **more: sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="run-1", **more)
    told = t.works("becomes the role", call, WebIdentityToken=token())
    t.equal("arn", told.get("AssumedRoleUser", {}).get("Arn"), f"arn:aws:sts::{account}:assumed-role/deploy/run-1")
    t.equal("subject", told.get("SubjectFromWebIdentityToken"), SUBJECT)
    t.equal("audience and provider", (told.get("Audience"), told.get("Provider")), ("sts.amazonaws.com", provider))
    iam = t.place.client("iam", told.get("Credentials", {"AccessKeyId": "x", "SecretAccessKey": "x"}))
    t.works("may what the role may", iam.list_users)
    t.refused("and nothing else", "AccessDenied", iam.list_roles)
    denied = "Not authorized to perform sts:AssumeRoleWithWebIdentity"
    t.refused("another subject", "AccessDenied", call, denied, WebIdentityToken=token(sub="repo:stranger/x:ref:refs/heads/main"))
    t.refused("another audience", "InvalidIdentityToken", call, "Incorrect token audience", WebIdentityToken=token(aud="somebody"))
    t.refused("another issuer", "InvalidIdentityToken", call, "No OpenIDConnect provider found in your account for https://accounts.example.com", WebIdentityToken=token(iss="https://accounts.example.com"))
    t.refused("expired", "ExpiredTokenException", call, WebIdentityToken=token(exp=int(time.time()) - 10))
    t.refused("without end", "InvalidIdentityToken", call, "Missing a required claim: exp", WebIdentityToken=token(exp=None))
    broken = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"
    t.refused("no token", "InvalidIdentityToken", call, broken, WebIdentityToken="not-a-token")
    t.refused("no claims", "InvalidIdentityToken", call, broken, WebIdentityToken="e30.bm8.x")
    t.refused("no such role", "AccessDenied", sts.assume_role_with_web_identity, denied, RoleArn=role + "x", RoleSessionName="run-1", WebIdentityToken=token())
    t.refused("longer than the role's maximum", "ValidationError", call, WebIdentityToken=token(), DurationSeconds=7200)
    t.refused("session name", "ValidationError", sts.assume_role_with_web_identity, RoleArn=role, RoleSessionName="a b", WebIdentityToken=token())
    other = document(trusting(account))
    plain = t.iam.create_role(RoleName="not-for-web", AssumeRolePolicyDocument=other)["Role"]["Arn"]
    t.refused("a role that trusts no provider", "AccessDenied", sts.assume_role_with_web_identity, denied, RoleArn=plain, RoleSessionName="run-1", WebIdentityToken=token())
    inside = trusting({"Federated": provider}, "sts:AssumeRoleWithWebIdentity", Condition={"StringLike": {"aws:PrincipalOrgID": "o-*"}})
    closed = t.iam.create_role(RoleName="org-only", AssumeRolePolicyDocument=document(inside))["Role"]["Arn"]
    t.refused("nobody is in no organization", "AccessDenied", sts.assume_role_with_web_identity, denied, RoleArn=closed, RoleSessionName="run-1", WebIdentityToken=token())
    several = t.works("several audiences", call, WebIdentityToken=token(aud=["sts.amazonaws.com", "other"]))
    t.holds("credentials", several.get("Credentials"))
    t.works("narrowed by a session policy", call, WebIdentityToken=token(), Policy=document(allow("iam:ListRoles")))
    t.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=provider)
    t.refused("provider deleted", "InvalidIdentityToken", call, WebIdentityToken=token())


def assertion(role, provider, issuer="https://idp.example.com/saml", name="hanako@example.com", age=0, session="hanako", seconds=None):
    issued = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=age)
    stamp = lambda at: at.strftime("%Y-%m-%dT%H:%M:%SZ")
    attribute = lambda key, value: f'<saml:Attribute Name="https://aws.amazon.com/SAML/Attributes/{key}"><saml:AttributeValue>{value}</saml:AttributeValue></saml:Attribute>'
    attributes = attribute("Role", f"{role},{provider}")
    attributes += attribute("RoleSessionName", session) if session else ""
    attributes += attribute("SessionDuration", seconds) if seconds else ""
    text = f"""<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">
<saml:Assertion ID="_1" IssueInstant="{stamp(issued)}"><saml:Issuer>{issuer}</saml:Issuer><saml:Subject>
<saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">{name}</saml:NameID>
<saml:SubjectConfirmation><saml:SubjectConfirmationData Recipient="https://signin.aws.amazon.com/saml"/></saml:SubjectConfirmation></saml:Subject>
<saml:Conditions NotOnOrAfter="{stamp(issued + datetime.timedelta(hours=1))}"/>
<saml:AttributeStatement>{attributes}</saml:AttributeStatement></saml:Assertion></samlp:Response>"""
    return base64.b64encode(text.encode()).decode()


@scenario("sts", "SAML")
def saml(t):
    provider = t.iam.create_saml_provider(Name="Workspace", SAMLMetadataDocument=METADATA)["SAMLProviderArn"]
    condition = {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}
    trust = trusting({"Federated": provider}, "sts:AssumeRoleWithSAML", Condition=condition)
    role = t.iam.create_role(RoleName="landing", AssumeRolePolicyDocument=document(trust), MaxSessionDuration=7200)["Role"]["Arn"]
    t.iam.put_role_policy(RoleName="landing", PolicyName="p", PolicyDocument=document(allow("iam:ListUsers")))
    sts = t.place.client("sts")

    def call(text=None, **more):
        return sts.assume_role_with_saml(RoleArn=role, PrincipalArn=provider, SAMLAssertion=text or assertion(role, provider), **more)

    told = t.works("becomes the role", call)
    t.equal("arn", told.get("AssumedRoleUser", {}).get("Arn"), f"arn:aws:sts::{t.account}:assumed-role/landing/hanako")
    t.equal("subject", (told.get("Subject"), told.get("SubjectType")), ("hanako@example.com", "persistent"))
    t.equal("issuer and audience", (told.get("Issuer"), told.get("Audience")), ("https://idp.example.com/saml", "https://signin.aws.amazon.com/saml"))
    iam = t.place.client("iam", told.get("Credentials", {"AccessKeyId": "x", "SecretAccessKey": "x"}))
    t.works("may what the role may", iam.list_users)
    t.refused("another role in the assertion", "AccessDenied", call, "Not authorized to perform sts:AssumeRoleWithSAML", text=assertion(role + "x", provider))
    t.refused("another issuer", "InvalidIdentityToken", call, "Issuer not present in specified provider", text=assertion(role, provider, issuer="https://stranger.example.com"))
    t.refused("six minutes old", "ExpiredTokenException", call, "Token must be redeemed within 5 minutes of issuance", text=assertion(role, provider, age=360))
    t.refused("no session name", "InvalidIdentityToken", call, "RoleSessionName is required in AuthnResponse", text=assertion(role, provider, session=None))
    t.refused("bad session name", "InvalidIdentityToken", call, "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}", text=assertion(role, provider, session="a b"))
    t.refused("no XML", "InvalidIdentityToken", call, text=base64.b64encode(b"not xml").decode())
    t.refused("no provider", "InvalidIdentityToken", sts.assume_role_with_saml, "Specified provider doesn't exist.", RoleArn=role, PrincipalArn=provider + "x", SAMLAssertion=assertion(role, provider + "x"))
    t.works("as long as the assertion says", call, text=assertion(role, provider, seconds=7200))
    t.refused("longer than the role's maximum", "ValidationError", call, DurationSeconds=10800)
    t.iam.update_assume_role_policy(RoleName="landing", PolicyDocument=document(trusting(t.account)))
    t.refused("no longer trusted", "AccessDenied", call, "Not authorized to perform sts:AssumeRoleWithSAML")
    reserved = t.iam.list_roles(PathPrefix="/aws-reserved/sso.amazonaws.com/")["Roles"][0]["Arn"]
    t.refused("not roles of Identity Center", "AccessDenied", sts.assume_role_with_saml, RoleArn=reserved, PrincipalArn=provider, SAMLAssertion=assertion(reserved, provider))
