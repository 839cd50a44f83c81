"""Scenarios, their checks, and the clients that make them."""

import json
import sys
import traceback

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from . import moto

# parameters go out as they are: the server has to refuse them, not the client
PLAIN = Config(retries={"max_attempts": 1, "mode": "standard"}, parameter_validation=False)
SCENARIOS = []
MOTO_ACCOUNTS = (
    "minimo-dev", "minimo-prod", "tsubame-dev", "finance-systems", "corporate-site", "hr-systems", "sandbox-frontend", "legacy-shop",
)


def scenario(service, name, needs=None):
    """Registers a function of one `Scenario`; it makes what it needs under names of its own."""

    def register(function):
        SCENARIOS.append((service, name, needs, function))
        return function

    return register


class Place:
    """Where the checks run: endpoints, and the company behind them."""

    def __init__(self, target, endpoint, others=None):
        self.target = target
        self.endpoint = endpoint
        self.others = others or {}
        self.kept = {}
        self.session = boto3.session.Session()

    @property
    def is_moto(self):
        return self.target == "moto"

    def client(self, service, keys=None, region=None, endpoint=None):
        named = {"region_name": region} if region else {}
        if keys:
            named |= {
                "aws_access_key_id": keys["AccessKeyId"],
                "aws_secret_access_key": keys["SecretAccessKey"],
                "aws_session_token": keys.get("SessionToken"),
            }
        # one session: it reads each service's model once
        return self.session.client(service, endpoint_url=endpoint or self.endpoint, config=PLAIN, **named)

    def kept_client(self, service):
        return self.keep(("client", service), lambda: self.client(service))

    def keep(self, key, make):
        if key not in self.kept:
            self.kept[key] = make()
        return self.kept[key]

    def accounts(self):
        """Ids of accounts by name; moto gets the few that are needed."""
        return self.keep("accounts", self.find_accounts)

    def find_accounts(self):
        organizations = self.kept_client("organizations")
        if self.is_moto:
            organizations.create_organization(FeatureSet="ALL")
            for name in MOTO_ACCOUNTS:
                organizations.create_account(AccountName=name, Email=f"{name}@example.com")
        pages = organizations.get_paginator("list_accounts").paginate()
        return {account["Name"]: account["Id"] for page in pages for account in page["Accounts"]}

    def enter(self, account, service):
        """A client of the administrator's role in a member account."""

        def credentials():
            role = f"arn:aws:iam::{self.accounts()[account]}:role/OrganizationAccountAccessRole"
            return self.kept_client("sts").assume_role(RoleArn=role, RoleSessionName="conformance")["Credentials"]

        keys = self.keep(("keys", account), credentials)
        return self.keep(("client", account, service), lambda: self.client(service, keys))

    def instance(self):
        """ARN of the Identity Center instance and id of its store."""

        def find():
            found = self.kept_client("sso-admin").list_instances()["Instances"][0]
            return found["InstanceArn"], found["IdentityStoreId"]

        return self.keep("instance", find)


class Scenario:
    """One scenario under way: says of each check whether it holds."""

    def __init__(self, place, service, name):
        self.place = place
        self.service = service
        self.name = name
        self.checks = []

    # ---- who calls --------------------------------------------------------------------------------------------------

    @property
    def account(self):
        """The account in which IAM is checked."""
        return self.place.accounts()["minimo-dev"]

    @property
    def iam(self):
        return self.place.enter("minimo-dev", "iam")

    @property
    def sts(self):
        return self.place.enter("minimo-dev", "sts")

    @property
    def organizations(self):
        return self.place.kept_client("organizations")

    @property
    def sso(self):
        return self.place.kept_client("sso-admin")

    @property
    def store(self):
        return self.place.kept_client("identitystore")

    @property
    def instance_arn(self):
        return self.place.instance()[0]

    @property
    def store_id(self):
        return self.place.instance()[1]

    def user(self, name, *statements):
        """An IAM user with this inline policy, and the key to call as the user."""
        self.iam.create_user(UserName=name)
        if statements:
            self.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document(*statements))
        return self.iam.create_access_key(UserName=name)["AccessKey"]

    # ---- checks -----------------------------------------------------------------------------------------------------

    def note(self, check, passed, detail):
        name = f"{self.service}/{self.name}/{check}"
        self.checks.append({"name": name, "passed": bool(passed), "detail": None if passed else repr(detail)[:600]})

    def holds(self, check, value):
        """A value, or a call whose answer must be true. Whatever goes wrong on the way is a failure of this check alone."""
        try:
            found = value() if callable(value) else value
        except Exception as error:
            found, value = False, error
        self.note(check, found, value)

    def equal(self, check, value, expected):
        """A value, or a call whose answer must be this."""
        try:
            found = value() if callable(value) else value
        except Exception as error:
            self.note(check, False, error)
            return
        self.note(check, found == expected, (found, expected))

    def works(self, check, call, **arguments):
        """The call succeeds; hands back its answer."""
        try:
            answer = call(**arguments)
        except Exception as error:
            self.note(check, False, error)
            return {}
        self.note(check, True, None)
        return answer

    def refused(self, check, code, call, says=None, ends=None, members=None, **arguments):
        """The call is refused with this code, in these words, with these members of the error."""
        try:
            answer = call(**arguments)
        except ClientError as error:
            told, response = error.response["Error"], error.response
            message = told.get("Message", "")
            right = told["Code"] == code and (says is None or says == message)
            right = right and (ends is None or message.endswith(ends))
            right = right and all(response.get(key, told.get(key)) == value for key, value in (members or {}).items())
            self.note(check, right, (told, {key: response.get(key) for key in members or {}}, code, says or ends))
            return
        except Exception as error:
            self.note(check, False, error)
            return
        answer.pop("ResponseMetadata", None)
        self.note(check, False, ("answered", answer))

    def pages(self, check, client, operation, key, size, expected, parameter="PageSize", **arguments):
        """All pages of a listing hold these, and none more than `size`."""

        def listed():
            pages = client.get_paginator(operation).paginate(PaginationConfig={parameter: size}, **arguments)
            rows = [list(page[key]) for page in pages]
            return max(map(len, rows)) <= size, len([row for row in rows if row]), sum(map(len, rows))

        self.equal(check, listed, (True, -(-expected // size), expected))


def document(*statements, version="2012-10-17"):
    return json.dumps({"Version": version, "Statement": list(statements)})


def allow(*actions, resource="*", **more):
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


def deny(*actions, resource="*", **more):
    return {"Effect": "Deny", "Action": list(actions), "Resource": resource, **more}


def trusting(principal, action="sts:AssumeRole", **more):
    principal = principal if isinstance(principal, dict) else {"AWS": principal}
    return {"Effect": "Allow", "Principal": principal, "Action": action, **more}


GOOD = document(allow("s3:GetObject"))


def run(place, only=None):
    """Runs every scenario that this place can; hands back whether all is as `moto.py` says."""
    well, names = True, set()
    for service, name, needs, function in SCENARIOS:
        whole = f"{service}/{name}"
        if (only and not whole.startswith(only)) or (needs and needs not in place.others):
            continue
        made = Scenario(place, service, name)
        try:
            function(made)
        except Exception:
            made.note("*", False, traceback.format_exc(limit=3))
        rows = moto.judged(whole, made.checks) if place.is_moto else made.checks
        for row in rows:
            well = well and row["passed"]
            names.add(row["name"])
            print(json.dumps(row), flush=True)
    stale = [] if only or place.is_moto else moto.unknown(names)
    for name in stale:
        print(json.dumps({"name": name, "passed": False, "detail": "moto.tsv names a check that is not there"}))
    return well and not stale


def fail(message):
    print(message, file=sys.stderr)
    sys.exit(2)
