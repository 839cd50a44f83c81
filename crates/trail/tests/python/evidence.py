"""Whole evidence the plain way: json and dict, without bounds. Usage: evidence.py FOLDER; the JSON of a period."""

import gzip
import ipaddress
import json
import pathlib
import sys
from datetime import date

from reference import instant, records, text, values

KINDS = {
    "AssumedRole": "role",
    "Role": "role",
    "IAMUser": "iam_user",
    "AWSService": "service",
    "Root": "root",
    "AWSAccount": "other_account",
    "IdentityCenterUser": "identity_center_user",
    "WebIdentityUser": "web_identity",
    "SAMLUser": "saml",
    "FederatedUser": "federated_user",
}
ORDER = "unknown service other_account identity_center_user web_identity saml federated_user role iam_user root".split()
TELLING = (
    ("Terraform/", "Terraform"), ("Pulumi/", "Pulumi"), ("aws-cdk", "aws-cdk"), ("Ansible", "Ansible"), ("kubernetes/", "kubernetes"),
    ("eksctl/", "eksctl"), ("configure-aws-credentials", "github-actions-credentials"), ("exec-env/CloudShell", "CloudShell"),
    ("exec-env/AWS_Lambda", "exec-env:AWS_Lambda"), ("exec-env/AWS_ECS", "exec-env:AWS_ECS"),
    ("S3Console", "S3Console"), ("aws-cli/", "aws-cli"), ("SignInFront", "sign-in"), ("Cyberduck/", "Cyberduck"),
)  # fmt: skip
BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
LISTS = (
    "actions errors resources addresses agents regions invoked_by on_behalf_of source_identities sessions providers classes"
).split()


def member(value, *names):
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return text(value)


def flag(value):
    return {True: True, False: False, "true": True, "false": False}.get(value) if isinstance(value, (bool, str)) else None


def first(*options):
    return next((option for option in options if option is not None), None)


def address(raw):
    try:
        found = ipaddress.ip_address(raw)
    except ValueError:
        if raw == "AWS Internal":
            return "aws-internal"
        return ("service:" if raw.endswith((".amazonaws.com", ".amazonaws.com.cn", ".amazon.com")) else "other:") + raw
    found = getattr(found, "ipv4_mapped", None) or found
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 48), strict=False))


def version(rest):
    rest = rest.lstrip("v")
    digits = ""
    for character in rest[:4]:
        if character not in "0123456789":
            break
        digits += character
    return digits


def named(family, number):
    return f"{family}/{number}" if number else family


def shortened(name):
    return name.encode()[:64].decode(errors="ignore")


def agent(raw):
    raw = raw.strip().lstrip("[").rstrip("]")
    if not raw:
        return "none"
    if raw == "AWS Internal":
        return "aws-internal"
    if raw.endswith(".amazonaws.com"):
        return "service:" + raw
    for mark, family in TELLING:
        if mark in raw:
            return named(family, version(raw.split(mark, 1)[1]) if mark.endswith("/") else "")
    if raw.startswith(("Mozilla/", "Opera/")):
        return "browser:" + next((name for mark, name in BROWSERS if mark in raw), "other")
    name, slash, rest = (raw.split(None, 1) or [raw])[0].partition("/")
    return named(shortened(name), version(rest) if slash else "")


def who(record):
    """Kind, principal, access key, opened by, session."""
    it = record.get("userIdentity")
    arn, source = member(it, "arn"), member(it, "sessionContext", "sourceIdentity")
    issuer, identity = member(it, "sessionContext", "sessionIssuer", "arn"), member(it, "principalId")
    kind = KINDS.get(member(it, "type"))
    if kind is None:
        marks = ((":assumed-role/", "role"), (":federated-user/", "federated_user"), (":user/", "iam_user"))
        kind = next((kind for mark, kind in marks if mark in (arn or "")), "unknown")
    principal, opened, session = arn, source, None
    if kind == "role":
        is_session = arn is not None and ":assumed-role/" in arn
        session = arn.rsplit("/", 1)[1] if is_session else None
        principal = first(issuer, arn.rsplit("/", 1)[0] if is_session else arn)
        if opened is None and "/AWSReservedSSO_" in (principal or ""):
            opened = session
    elif kind == "federated_user":
        session = arn.rsplit("/", 1)[1] if "/" in (arn or "") else None
        principal, opened = first(issuer, arn), first(opened, session)
    elif kind == "service":
        principal = first(member(it, "invokedBy"), arn)
    elif kind == "other_account":
        session = identity.rsplit(":", 1)[1] if ":" in (identity or "") else None
        principal = first(arn, identity and identity.split(":", 1)[0] if identity is not None else None, member(it, "accountId"))
    elif kind == "identity_center_user":
        principal = first(member(it, "onBehalfOf", "userId"), arn)
    elif kind in ("web_identity", "saml"):
        principal = first(member(it, "userName"), identity, arn)
    principal = first(principal, member(it, "invokedBy"), identity, member(it, "userName"), member(it, "accountId"), "")
    key = member(it, "accessKeyId")
    if not key or key.startswith("ASIA") or kind in ("role", "federated_user"):
        key = None
    return kind, principal, key, opened, session


def class_of(record, resources):
    category, management, reading = text(record.get("eventCategory")), flag(record.get("managementEvent")), flag(record.get("readOnly"))
    if category == "Management" or (not category and management is True):
        name = "management"
    elif category == "Data" or (not category and management is False):
        name = "data " + first(*(kind for _, kind in resources), text(record["eventSource"]))
    else:
        name = "".join(character.lower() if character.isascii() else character for character in category) if category else "unstated"
    return name + {True: " read", False: " write", None: ""}[reading]


def none():
    return {"events": 0, "last": "1970-01-01T00:00:00Z"}


def note(use, time):
    use["last"] = max(use["last"], time) if use["events"] else time
    use["events"] += 1


def put(held, name, time):
    if name is not None:
        note(held.setdefault(name, none()), time)


def fresh(time):
    counts = "reads writes sessions_with_mfa sessions_without_mfa from_console".split()
    return (
        {"kind": "unknown", "all": none(), "first": time, "succeeded": none(), "hours": {}}
        | {name: 0 for name in counts}
        | {"sign_ins": {name: none() for name in ("with_mfa", "without_mfa", "failed")}}
        | {name: {} for name in LISTS}
    )


principals, openings, coverage = {}, {}, {}


def add(record):
    time, timestamp, source, name = (text(record.get(part)) for part in ("eventTime", "@timestamp", "eventSource", "eventName"))
    time = first(time, timestamp)
    time = instant(time) if time is not None else None
    if time is None or source is None or name is None:
        return
    it = record.get("userIdentity")
    account = first(text(record.get("recipientAccountId")), member(it, "accountId"), "")
    kind, principal, key, opened, session = who(record)
    error, region = text(record.get("errorCode")), text(record.get("awsRegion"))
    resources = record.get("resources")
    resources = [part for part in resources if isinstance(part, dict)] if isinstance(resources, list) else []
    last_of = lambda part: next((text(part[name]) for name in reversed(part) if name in ("ARN", "arn")), None)
    resources = [(last_of(part), text(part.get("type"))) for part in resources]
    if error is None and name.startswith("AssumeRole") and source == "sts.amazonaws.com":
        role = member(record.get("requestParameters"), "roleArn")
        if role is not None:
            held = openings.setdefault(role, {"callers": {}, "sessions": {}})
            put(held["callers"], principal, time)
            put(held["sessions"], (member(record.get("requestParameters"), "roleSessionName") or "") + "\n" + principal, time)
    evidence = principals.setdefault((account, principal, key, opened), fresh(time))
    evidence["first"] = min(evidence["first"], time)
    evidence["kind"] = max(evidence["kind"], kind, key=ORDER.index)
    note(evidence["all"], time)
    action = evidence["actions"].setdefault(f"{source}:{name}", {"all": none(), "succeeded": none(), "denied": none()})
    note(action["all"], time)
    if error is None:
        note(evidence["succeeded"], time)
        note(action["succeeded"], time)
        for arn, _ in resources:
            put(evidence["resources"], None if arn is None else f"{source}:{name} {arn}", time)
    elif any(part in error for part in ("AccessDenied", "Unauthorized", "Forbidden", "NotAuthorized")):
        note(action["denied"], time)
    hour = date.fromisoformat(time[:10]).weekday() * 24 + int(time[11:13])
    evidence["hours"][hour] = evidence["hours"].get(hour, 0) + 1
    reading, mfa = flag(record.get("readOnly")), member(it, "sessionContext", "attributes", "mfaAuthenticated")
    evidence["reads"] += reading is True
    evidence["writes"] += reading is False
    evidence["sessions_with_mfa"] += mfa == "true"
    evidence["sessions_without_mfa"] += mfa == "false"
    evidence["from_console"] += flag(record.get("sessionCredentialFromConsole")) is True
    if name == "ConsoleLogin":
        outcome, used = member(record.get("responseElements"), "ConsoleLogin"), member(record.get("additionalEventData"), "MFAUsed")
        note(evidence["sign_ins"]["failed" if outcome != "Success" else "with_mfa" if used == "Yes" else "without_mfa"], time)
    place, program = text(record.get("sourceIPAddress")), text(record.get("userAgent"))
    put(evidence["addresses"], None if place is None else address(place), time)
    put(evidence["agents"], None if program is None else agent(program), time)
    put(evidence["errors"], error, time)
    put(evidence["regions"], region, time)
    put(evidence["invoked_by"], None if kind == "service" else member(it, "invokedBy"), time)
    put(evidence["on_behalf_of"], member(it, "onBehalfOf", "userId"), time)
    put(evidence["source_identities"], member(it, "sessionContext", "sourceIdentity"), time)
    put(evidence["sessions"], session, time)
    federated = member(it, "sessionContext", "webIdFederationData", "federatedProvider")
    put(evidence["providers"], first(federated, member(it, "identityProvider")), time)
    of_class = class_of(record, resources)
    put(evidence["classes"], of_class, time)
    covered = coverage.setdefault((account, region or "", time[:10]), [0, {}])
    covered[0] += 1
    put(covered[1], of_class, time)


for path in sorted(pathlib.Path(sys.argv[1]).rglob("*")):
    if path.name.endswith((".json", ".json.gz")):
        raw = path.read_bytes()
        raw = gzip.decompress(raw) if path.name.endswith(".gz") else raw
        for value in values(raw.decode("utf-8-sig")):
            for record in records(value):
                add(record)
names = "account principal access_key opened_by".split()
for evidence in principals.values():
    evidence["hours"] = sorted(map(list, evidence["hours"].items()))
json.dump(
    {
        "principals": [{"principal": dict(zip(names, key)), "evidence": evidence} for key, evidence in principals.items()],
        "openings": openings,
        "coverage": sorted([*key, *held] for key, held in coverage.items()),
    },
    sys.stdout,
)
