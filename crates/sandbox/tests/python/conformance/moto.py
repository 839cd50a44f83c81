"""Where moto differs from AWS, and what decides it.

`moto.tsv` names each check that moto does not pass, and the reason's key. `scenario/*` is a scenario that moto does not get to the end of;
its remaining checks say nothing about moto. What is listed and passes is as wrong as what is not listed and fails.
"""

import pathlib

VERSION = "5.2.5"

# key: what moto does, what says that AWS does otherwise
REASONS = {
    "absent": (
        "The operation is not there, or answers with an error of moto's own.",
        "botocore's model of the service lists it.",
    ),
    "validation": (
        "Requests are not held against the model: patterns, lengths, ranges, enumerations, required members, and what the API "
        "reference says beyond them.",
        "botocore's model of the request's shape (`pattern`, `min`, `max`, `enum`, `required`); the operation's page of the API reference.",
    ),
    "rights": (
        "Every call is allowed: identity policies, boundaries, session policies, service control policies and trust policies are not "
        "evaluated (unless a number of calls is set after which they are, without the last three).",
        "IAM User Guide, Policy evaluation logic.",
    ),
    "signature": (
        "Signatures, inactive and deleted keys and session tokens are not checked; a user's temporary credentials are nobody's.",
        "IAM User Guide, AWS Signature Version 4 and Managing access keys; STS API reference, GetSessionToken and GetFederationToken.",
    ),
    "federation": (
        "Web identity tokens and SAML assertions are hardly read: issuer, audience, times, subject and the role's trust do not matter.",
        "STS API reference, errors of AssumeRoleWithWebIdentity and AssumeRoleWithSAML; IAM User Guide, Troubleshoot SAML federation.",
    ),
    "quota": (
        "The quota is not kept.",
        "IAM User Guide, IAM and STS quotas; Organizations User Guide, Quotas; Identity Center User Guide, Quotas.",
    ),
    "malformed": (
        "The policy document is taken although it is none, or none of its kind.",
        "`MalformedPolicyDocument` among the operation's errors in botocore's model; IAM User Guide, Grammar of the JSON policy language.",
    ),
    "conflict": (
        "What AWS refuses because of what is there (names that differ in letter case only, things in use, things that are not there, "
        "what belongs to AWS) is done.",
        "The operation's errors in botocore's model (`EntityAlreadyExists`, `DeleteConflict`, `NoSuchEntity`, `ConflictException`, …).",
    ),
    "pages": (
        "The listing comes in one page whatever is asked for, or tokens are not looked at.",
        "`MaxItems`, `Marker`, `MaxResults` and `NextToken` in botocore's model of the operation, and its paginators.",
    ),
    "words": (
        "The code is AWS's, the words are not.",
        "What people report of AWS word for word; the places are named where the sandbox says it (`crates/sandbox/src`).",
    ),
    "code": ("Another error than the operation has.", "The operation's errors in botocore's model."),
    "shape": (
        "The answer lacks a member, or holds another form than AWS's.",
        "botocore's model of the answer's shape; IAM User Guide, IAM identifiers (prefixes of ids) and Credential reports.",
    ),
    "assignment": (
        "Assignments are done at once and for whatever is named, may be made twice, and leave no role in the account.",
        "Identity Center API reference, CreateAccountAssignment (asynchronous, `ResourceNotFoundException`); User Guide, IAM roles created "
        "by IAM Identity Center.",
    ),
    "instance": (
        "Every Region and every ARN has the instance.",
        "Identity Center User Guide, Regions: APIs are served in the instance's Region; `ResourceNotFoundException` in the model.",
    ),
    "membership": (
        "Accounts come, go and are closed without the rules for it.",
        "Organizations API reference: LeaveOrganization, RemoveAccountFromOrganization, CloseAccount, CreateAccount.",
    ),
    "delegation": (
        "Trusted access and the management account make no difference, and the last registration takes all with it.",
        "Organizations API reference: RegisterDelegatedAdministrator, reasons of ConstraintViolationException.",
    ),
    "follows": (
        "A consequence of an earlier difference in the same scenario: what the check looks at is not what AWS would have by then.",
        "The check before it.",
    ),
}

ROWS = pathlib.Path(__file__).with_name("moto.tsv").read_text().splitlines()
DIFFERENCES = dict(line.split("\t") for line in ROWS if not line.startswith("#"))


def judged(whole, checks):
    """The checks of a scenario that ran on moto: a listed one has to fail, every other to pass."""
    rows = []
    for check in checks:
        differs = check["name"] in DIFFERENCES
        passed, detail = check["passed"] != differs, check["detail"]
        if differs and not passed:
            detail = f"moto agrees now: take {check['name']} out of moto.tsv"
        rows.append({"name": check["name"], "passed": passed, "differs": differs, "detail": detail})
    ended = {check["name"] for check in checks}
    if f"{whole}/*" in DIFFERENCES and f"{whole}/*" not in ended:
        rows.append({"name": f"{whole}/*", "passed": False, "differs": True, "detail": "moto gets to the end of it now"})
    return rows


def unknown(names):
    """Listed differences that no check has the name of."""
    return sorted(name for name in DIFFERENCES if not name.endswith("/*") and name not in names)


def page():
    """docs/sandbox-moto.md"""
    lines = [
        "# Where moto differs from AWS",
        "",
        f"The checks of `crates/sandbox/tests/python/conformance` run against the sandbox and against moto {VERSION} (with AWS's managed",
        f"policies loaded). The sandbox passes all of them. These {len([n for n in DIFFERENCES if not n.endswith('/*')])} moto does not; each was seen to fail, and a test fails when one of them",
        "passes, or when one that is not here fails. Scenarios that need a sandbox made for them (`timing`, delegated administrators)",
        "do not run against moto. Nothing here was held against AWS itself: the sources are its documentation and botocore's models.",
        "",
        "This page is written by `INSTA_UPDATE=always cargo nextest run -p sandbox differences`.",
    ]
    for key, (what, source) in REASONS.items():
        found = {}
        for name, reason in DIFFERENCES.items():
            service, scenario, check = name.split("/", 2)
            if reason == key:
                found.setdefault(f"{service}: {scenario}", []).append("and all that follows" if check == "*" else check)
        if not found:
            continue
        lines += ["", f"## {key.capitalize()}", "", what, "", f"Decided by: {source}", ""]
        lines += [f"- **{scenario}**: {'; '.join(names)}" for scenario, names in found.items()]
    return "\n".join(lines) + "\n"
