"""Signs in to the access portal as people do and uses what it gives out, with boto3 and the real AWS CLI. Prints one line of JSON per check.

Usage: sign_in.py ENDPOINT ACCOUNT HOME AWS [AWS2]. HOME is an empty folder, AWS the program of version 1; AWS2 is version 2, which alone has
`aws sso login` and `aws configure sso` of today. The credentials in the environment are those of an administrator of the management account.
"""

import base64
import configparser
import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.error
import urllib.request

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from configure_sso import configure as configure_sso

ENDPOINT, ACCOUNT, HOME, AWS = sys.argv[1:5]
AWS2 = sys.argv[5] if len(sys.argv) > 5 else None
REGION, USER, SESSION = "ap-northeast-1", "hanako.yamada@example.com", "sandbox"
HOME = pathlib.Path(HOME)
CACHE = HOME / ".aws/sso/cache"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
OPEN = Config(signature_version=UNSIGNED, retries={"max_attempts": 1})
OIDC = boto3.client("sso-oidc", endpoint_url=ENDPOINT, config=OPEN)


def check(name, passed, detail=None):
    print(json.dumps({"name": name, "passed": bool(passed), "detail": None if passed else repr(detail)}), flush=True)


def equal(name, found, expected):
    check(name, found == expected, (found, expected))


def refused(name, wanted, call, **arguments):
    try:
        check(name, False, call(**arguments))
    except ClientError as error:
        equal(name, error.response["Error"]["Code"], wanted)


def post(path, **body):
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(f"{ENDPOINT}{path}", json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read() or b"{}")


def company():
    """A set that may become a role of the same account, for one person."""
    iam_of = boto3.client("sts", endpoint_url=ENDPOINT).assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/OrganizationAccountAccessRole", RoleSessionName="prepare"
    )["Credentials"]
    names = {"AccessKeyId": "aws_access_key_id", "SecretAccessKey": "aws_secret_access_key", "SessionToken": "aws_session_token"}
    iam = boto3.session.Session(**{names[k]: v for k, v in iam_of.items() if k in names}).client("iam", endpoint_url=ENDPOINT)
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName="Deeper", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
    center = boto3.client("sso-admin", endpoint_url=ENDPOINT)
    instance = center.list_instances()["Instances"][0]
    arn = instance["InstanceArn"]
    one = center.create_permission_set(InstanceArn=arn, Name="Chain", SessionDuration="PT2H")["PermissionSet"]["PermissionSetArn"]
    inline = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": f"arn:aws:iam::{ACCOUNT}:role/Deeper"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [inline]})
    center.put_inline_policy_to_permission_set(InstanceArn=arn, PermissionSetArn=one, InlinePolicy=document)
    store = boto3.client("identitystore", endpoint_url=ENDPOINT)
    unique = {"UniqueAttribute": {"AttributePath": "userName", "AttributeValue": USER}}
    user = store.get_user_id(IdentityStoreId=instance["IdentityStoreId"], AlternateIdentifier=unique)["UserId"]
    center.create_account_assignment(
        InstanceArn=arn, PermissionSetArn=one, TargetId=ACCOUNT, TargetType="AWS_ACCOUNT", PrincipalType="USER", PrincipalId=user
    )
    center.list_permission_sets(InstanceArn=arn)
    return f"https://{instance['IdentityStoreId']}.awsapps.com/start"


def configure(start_url):
    (HOME / ".aws").mkdir(parents=True, exist_ok=True)
    (HOME / ".aws/config").write_text(
        f"[sso-session {SESSION}]\nsso_start_url = {start_url}\nsso_region = {REGION}\n"
        f"sso_registration_scopes = sso:account:access\n\n[profile chain]\nsso_session = {SESSION}\n"
        f"sso_account_id = {ACCOUNT}\nsso_role_name = Chain\nregion = {REGION}\n\n[profile deeper]\n"
        f"role_arn = arn:aws:iam::{ACCOUNT}:role/Deeper\nsource_profile = chain\nregion = {REGION}\n"
    )


def signed_in(start_url):
    """A client of the portal and the token of the person, with nothing checked on the way."""
    client = OIDC.register_client(clientName="test", clientType="public", scopes=["sso:account:access"])
    keys = {name: client[name] for name in ("clientId", "clientSecret")}
    waiting = OIDC.start_device_authorization(**keys, startUrl=start_url)
    post("/_sandbox/device", user_code=waiting["userCode"], user_name=USER)
    return client, OIDC.create_token(**keys, grantType=DEVICE_GRANT, deviceCode=waiting["deviceCode"])


def by_device(start_url):
    client = OIDC.register_client(clientName="test", clientType="public", scopes=["sso:account:access"])
    keys = {name: client[name] for name in ("clientId", "clientSecret")}
    refused("another start URL", "InvalidRequestException", OIDC.start_device_authorization, **keys, startUrl="https://example.com/start")
    waiting = OIDC.start_device_authorization(**keys, startUrl=start_url)
    ask = dict(keys, grantType=DEVICE_GRANT, deviceCode=waiting["deviceCode"])
    refused("pending", "AuthorizationPendingException", OIDC.create_token, **ask)
    page = urllib.request.urlopen(waiting["verificationUriComplete"])
    check("page", waiting["userCode"] in page.read().decode() and page.headers["content-type"].startswith("text/html"))
    equal("a code of nobody", post("/_sandbox/device", user_code="AAAA-AAAA", user_name=USER)[0], 404)
    equal("nobody", post("/_sandbox/device", user_code=waiting["userCode"], user_name="x")[0], 404)
    equal("approved", post("/_sandbox/device", user_code=waiting["userCode"], user_name=USER)[0], 200)
    token = OIDC.create_token(**ask)
    equal("token", (token["tokenType"], token["expiresIn"]), ("Bearer", 28800))
    return client, token


def by_code():
    redirect = "http://127.0.0.1:49152/oauth/callback"
    client = OIDC.register_client(
        clientName="test", clientType="public", scopes=["sso:account:access"], issuerUrl="https://example.com",
        grantTypes=["authorization_code", "refresh_token"], redirectUris=["http://127.0.0.1/oauth/callback"],
    )
    verifier = "v" * 64
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    query = (
        f"response_type=code&client_id={client['clientId']}&redirect_uri={redirect}&state=s&code_challenge_method=S256"
        f"&scopes=sso%3Aaccount%3Aaccess&code_challenge={challenge}"
    )
    check("page to authorize", b"<form>" in urllib.request.urlopen(f"{ENDPOINT}/authorize?{query}").read())
    status, told = post("/_sandbox/authorize", query=query, user_name=USER)
    code, state = re.fullmatch(re.escape(redirect) + r"\?code=(.*)&state=(.*)", told["location"]).groups()
    equal("authorized", (status, state), (200, "s"))
    keys = {name: client[name] for name in ("clientId", "clientSecret")}
    token = OIDC.create_token(**keys, grantType="authorization_code", code=code, codeVerifier=verifier, redirectUri=redirect)
    check("token for a code", "refreshToken" in token, token)
    again = dict(keys, grantType="authorization_code", code=code, codeVerifier=verifier, redirectUri=redirect)
    refused("a code twice", "InvalidGrantException", OIDC.create_token, **again)


def cached(start_url, client, token, expires_in):
    """The token as the CLI keeps it."""
    stamp = lambda seconds: (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
    CACHE.mkdir(parents=True, exist_ok=True)
    kept = {
        "startUrl": start_url, "region": REGION, "accessToken": token["accessToken"], "refreshToken": token["refreshToken"],
        "expiresAt": stamp(expires_in), "clientId": client["clientId"], "clientSecret": client["clientSecret"],
        "registrationExpiresAt": stamp(86400),
    }
    (CACHE / f"{hashlib.sha1(SESSION.encode()).hexdigest()}.json").write_text(json.dumps(kept))


def environment(**more):
    # no key of the environment: the profile alone says who it is
    return {"HOME": str(HOME), "PATH": os.environ["PATH"], "AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL": ENDPOINT} | more


def aws(*arguments, program=None, **more):
    done = subprocess.run([*(program or [AWS]), *arguments, "--output", "json"], env=environment(**more), capture_output=True, text=True)
    return json.loads(done.stdout) if done.returncode == 0 and done.stdout else {"failed": done.stderr}


def arns(name, with_source_profile=True, **how):
    told = aws("sts", "get-caller-identity", "--profile", "chain", **how)
    check(f"{name}: session of the set", re.fullmatch(rf"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Chain_[0-9a-f]{{16}}/{USER}", told.get("Arn", "")), told)
    if with_source_profile:
        told = aws("sts", "get-caller-identity", "--profile", "deeper", **how)
        check(f"{name}: role behind it", ":assumed-role/Deeper/" in told.get("Arn", ""), told)
    role = f"arn:aws:iam::{ACCOUNT}:role/Deeper"
    told = aws("sts", "assume-role", "--role-arn", role, "--role-session-name", "visitor", "--profile", "chain", **how)
    check(f"{name}: assume-role", told.get("AssumedRoleUser", {}).get("Arn", "").endswith("/Deeper/visitor"), told)
    told = aws("iam", "list-users", "--profile", "chain", **how)
    check(f"{name}: what the set does not allow", "AccessDenied" in told.get("failed", ""), told)


def login(program, rules):
    """`aws sso login` of version 2 from its start to its end."""
    process = subprocess.Popen(
        [*program, "sso", "login", "--no-browser", "--sso-session", SESSION], env=environment(**rules), stdout=subprocess.PIPE, text=True
    )
    code = None
    for line in process.stdout:
        if re.fullmatch(r"[A-Z2-7]{4}-[A-Z2-7]{4}", line.strip()):
            code = line.strip()
            equal("aws sso login: code", post("/_sandbox/device", user_code=code, user_name=USER)[0], 200)
    equal("aws sso login", process.wait(timeout=60), 0)


def configured_by_hand(program, rules, start_url):
    """`aws configure sso` in a home without any configuration, and the profile it writes."""
    home = HOME / "fresh"
    home.mkdir()
    portal = boto3.client("sso", endpoint_url=ENDPOINT, config=OPEN)
    token = signed_in(start_url)[1]["accessToken"]
    pages = portal.get_paginator("list_accounts").paginate(accessToken=token)
    accounts = [one["accountId"] for page in pages for one in page["accountList"]]
    pages = portal.get_paginator("list_account_roles").paginate(accessToken=token, accountId=ACCOUNT)
    roles = [one["roleName"] for page in pages for one in page["roleList"]]
    check("aws configure sso: there is something to choose", len(accounts) > 1 and len(roles) > 1, (accounts, roles))
    answers = {
        "session": "by-hand", "start_url": start_url, "region": REGION, "account": ACCOUNT, "account_at": accounts.index(ACCOUNT),
        "role": "Chain", "role_at": roles.index("Chain"), "profile": "chain-by-hand",
    }
    own = environment(**rules) | {"HOME": str(home)}
    approve = lambda code: equal("aws configure sso: code", post("/_sandbox/device", user_code=code, user_name=USER)[0], 200)
    code, shown = configure_sso(program, own, answers, approve)
    check("aws configure sso", code == 0 and "--profile chain-by-hand" in shown, (code, shown))
    written = configparser.ConfigParser()
    written.read(home / ".aws/config")
    session = {"sso_start_url": start_url, "sso_region": REGION, "sso_registration_scopes": "sso:account:access"}
    profile = {"sso_session": "by-hand", "sso_account_id": ACCOUNT, "sso_role_name": "Chain", "region": REGION, "output": "json"}
    found = {name: dict(written[name]) for name in written.sections()}
    equal("aws configure sso: file", found, {"sso-session by-hand": session, "profile chain-by-hand": profile})
    done = subprocess.run([*program, "sts", "get-caller-identity", "--profile", "chain-by-hand"], env=own, capture_output=True, text=True)
    wanted = rf"arn:aws:sts::{ACCOUNT}:assumed-role/AWSReservedSSO_Chain_[0-9a-f]{{16}}/{USER}"
    check("aws configure sso: profile", done.returncode == 0 and re.fullmatch(wanted, json.loads(done.stdout)["Arn"]), done)


def rule_sets():
    """Releases before 2.13 know no AWS_ENDPOINT_URL: endpoints of their own models take its place."""
    named = {"Region": "AWS::Region", "Endpoint": "SDK::Endpoint"}
    flags = {"UseDualStack": "AWS::UseDualStack", "UseFIPS": "AWS::UseFIPS"}
    text = {name: {"builtIn": key, "required": False, "documentation": "", "type": "String"} for name, key in named.items()}
    text |= {name: {"builtIn": key, "required": True, "default": False, "documentation": "", "type": "Boolean"} for name, key in flags.items()}
    endpoint = {"url": ENDPOINT, "properties": {}, "headers": {}}
    rules = {"version": "1.0", "parameters": text, "rules": [{"conditions": [], "endpoint": endpoint, "type": "endpoint"}]}
    for service in ["sso-oidc/2019-06-10", "sso/2019-06-10", "sts/2011-06-15", "iam/2010-05-08"]:
        folder = HOME / "models" / service
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "endpoint-rule-set-1.json").write_text(json.dumps(rules))
    return {"AWS_DATA_PATH": str(HOME / "models"), "PYTHONPATH": os.environ.get("AWS2_PYTHONPATH", "")}


start_url = company()
configure(start_url)
client, token = by_device(start_url)
by_code()
cached(start_url, client, token, 28800)
arns("signed in")
listed = aws("sso", "list-accounts", "--access-token", token["accessToken"], "--region", REGION)
check("accounts", ACCOUNT in [one["accountId"] for one in listed.get("accountList", [])], listed)
roles = aws("sso", "list-account-roles", "--access-token", token["accessToken"], "--account-id", ACCOUNT, "--region", REGION)
check("roles", "Chain" in [one["roleName"] for one in roles.get("roleList", [])], roles)
cached(start_url, client, token, -60)
for kept in (HOME / ".aws/cli/cache").glob("*.json"):
    kept.unlink()
arns("renewed by the refresh token")
aws("sso", "logout", "--access-token", token["accessToken"], "--region", REGION)
told = aws("sso", "list-accounts", "--access-token", token["accessToken"], "--region", REGION)
check("signed out", "UnauthorizedException" in told.get("failed", ""), told)
if AWS2:
    program, rules = AWS2.split(" "), rule_sets()
    for kept in [*CACHE.glob("*.json"), *(HOME / ".aws/cli/cache").glob("*.json")]:
        kept.unlink()
    login(program, rules)
    # 2.9.19 cannot take a profile with an sso-session for a source_profile
    arns("aws sso login", with_source_profile=False, program=program, **rules)
    configured_by_hand(program, rules, start_url)
