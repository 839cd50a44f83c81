"""The real AWS CLI: listings, pages, profiles with role_arn, the output of errors."""

import json
import os
import pathlib
import subprocess
import tempfile


def run(endpoint, program):
    """Runs the checks; hands back whether all passed."""
    with tempfile.TemporaryDirectory() as home:
        desk = Desk(endpoint, program, pathlib.Path(home))
        checks(desk)
        return desk.well


class Desk:
    """One home directory and what the CLI says in it."""

    def __init__(self, endpoint, program, home):
        self.program, self.home, self.well = program, home, True
        self.environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(home),
            "AWS_CONFIG_FILE": str(home / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(home / "credentials"),
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        (home / "config").write_text("[default]\nregion = ap-northeast-1\n")
        (home / "credentials").write_text(
            "[default]\naws_access_key_id = {AWS_ACCESS_KEY_ID}\naws_secret_access_key = {AWS_SECRET_ACCESS_KEY}\n".format(**os.environ)
        )

    def aws(self, *arguments):
        return subprocess.run([self.program, *arguments], env=self.environment, capture_output=True, text=True, timeout=60, check=False)

    def told(self, *arguments):
        done = self.aws(*arguments)
        return json.loads(done.stdout) if done.returncode == 0 and done.stdout.strip() else {"failed": done.stderr}

    def check(self, name, passed, detail=None):
        self.well = self.well and bool(passed)
        print(json.dumps({"name": f"aws-cli/{name}", "passed": bool(passed), "detail": None if passed else repr(detail)[:600]}), flush=True)

    def equal(self, name, found, expected):
        self.check(name, found == expected, (found, expected))


def checks(desk):
    who = desk.told("sts", "get-caller-identity")
    desk.check("sts get-caller-identity", who.get("Arn", "").endswith(":user/sandbox-administrator"), who)
    accounts = desk.told("organizations", "list-accounts").get("Accounts", [])
    desk.equal("organizations list-accounts gathers all pages", len(accounts), 40)
    first = desk.told("organizations", "list-accounts", "--max-items", "3")
    desk.equal("--max-items 3", len(first.get("Accounts", [])), 3)
    rest = desk.told("organizations", "list-accounts", "--max-items", "3", "--starting-token", first.get("NextToken", ""))
    ids = lambda page: {account["Id"] for account in page.get("Accounts", [])}
    desk.check("--starting-token goes on", len(ids(rest)) == 3 and not ids(first) & ids(rest), rest)
    small = desk.told("organizations", "list-accounts", "--page-size", "7")
    desk.equal("--page-size 7", len(small.get("Accounts", [])), 40)
    alone = desk.told("organizations", "list-accounts", "--no-paginate")
    desk.equal("--no-paginate is one page", len(alone.get("Accounts", [])), 20)
    by_name = {account["Name"]: account["Id"] for account in accounts}
    minimo = by_name["minimo-dev"]
    text = desk.aws("organizations", "describe-account", "--account-id", minimo, "--query", "Account.Name", "--output", "text")
    desk.equal("--query --output text", text.stdout, "minimo-dev\n")
    table = desk.aws("organizations", "list-roots", "--output", "table")
    desk.check("--output table", "ListRoots" in table.stdout, table.stderr)

    instance = desk.told("sso-admin", "list-instances")["Instances"][0]
    here = ("--instance-arn", instance["InstanceArn"])
    made = desk.told("sso-admin", "create-permission-set", *here, "--name", "FromCli", "--session-duration", "PT2H", "--tags", "Key=a,Value=1")
    arn = made.get("PermissionSet", {}).get("PermissionSetArn", "")
    desk.check("sso-admin create-permission-set", "/ps-" in arn, made)
    (desk.home / "policy.json").write_text('{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}')
    done = desk.aws("sso-admin", "put-inline-policy-to-permission-set", *here, "--permission-set-arn", arn, "--inline-policy", f"file://{desk.home}/policy.json")
    desk.equal("policy from a file", done.returncode, 0)
    group = desk.told("identitystore", "get-group-id", "--identity-store-id", instance["IdentityStoreId"], "--alternate-identifier", '{"UniqueAttribute": {"AttributePath": "displayName", "AttributeValue": "sre"}}')
    asked = desk.told(
        "sso-admin", "create-account-assignment", *here, "--permission-set-arn", arn, "--target-type", "AWS_ACCOUNT",
        "--target-id", minimo, "--principal-type", "GROUP", "--principal-id", group.get("GroupId", ""),
    )
    status = asked.get("AccountAssignmentCreationStatus", {})
    desk.equal("create-account-assignment", status.get("Status"), "IN_PROGRESS")
    told = desk.told("sso-admin", "describe-account-assignment-creation-status", *here, "--account-assignment-creation-request-id", status.get("RequestId", ""))
    desk.equal("its status", told.get("AccountAssignmentCreationStatus", {}).get("Status"), "SUCCEEDED")

    done = desk.aws("sso-admin", "describe-permission-set", *here, "--permission-set-arn", arn[:-1] + ("0" if arn[-1] != "0" else "1"))
    desk.equal("an error's exit code", done.returncode, 255)
    desk.check("an error's words", "An error occurred (ResourceNotFoundException) when calling the DescribePermissionSet operation: Could not find PermissionSet" in done.stderr, done.stderr)
    done = desk.aws("iam", "get-user", "--user-name", "nobody")
    desk.check("IAM's error", "An error occurred (NoSuchEntity) when calling the GetUser operation: The user with name nobody cannot be found." in done.stderr, done.stderr)
    done = desk.aws("sso-admin", "list-permission-sets", "--region", "us-west-2", *here)
    desk.check("another region", "(ResourceNotFoundException)" in done.stderr, done.stderr)

    with (desk.home / "config").open("a") as file:
        file.write(f"\n[profile minimo]\nrole_arn = arn:aws:iam::{minimo}:role/OrganizationAccountAccessRole\nsource_profile = default\nregion = ap-northeast-1\n")
        file.write("\n[profile session]\nrole_arn = arn:aws:iam::{}:role/chained\nsource_profile = minimo\nrole_session_name = chain\nregion = ap-northeast-1\n".format(minimo))
    who = desk.told("sts", "get-caller-identity", "--profile", "minimo")
    desk.check("a profile with role_arn", f":sts::{minimo}:assumed-role/OrganizationAccountAccessRole/botocore-session-" in who.get("Arn", ""), who)
    trust = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": minimo}, "Action": "sts:AssumeRole"}]})
    done = desk.aws("iam", "create-role", "--profile", "minimo", "--role-name", "chained", "--assume-role-policy-document", trust)
    desk.equal("iam create-role through the profile", done.returncode, 0)
    who = desk.told("sts", "get-caller-identity", "--profile", "session")
    desk.equal("a profile whose source is a role", who.get("Arn"), f"arn:aws:sts::{minimo}:assumed-role/chained/chain")
    done = desk.aws("iam", "list-users", "--profile", "session")
    desk.check("which may do nothing", "(AccessDenied)" in done.stderr and "assumed-role/chained/chain is not authorized to perform: iam:ListUsers" in done.stderr, done.stderr)
    assumed = desk.told("sts", "assume-role", "--role-arn", f"arn:aws:iam::{minimo}:role/OrganizationAccountAccessRole", "--role-session-name", "by-hand")
    desk.check("sts assume-role", assumed.get("Credentials", {}).get("AccessKeyId", "").startswith("ASIA"), assumed)
    users = desk.told("iam", "create-user", "--profile", "minimo", "--user-name", "from-cli", "--tags", "Key=a,Value=1")
    desk.equal("iam create-user", users.get("User", {}).get("Arn"), f"arn:aws:iam::{minimo}:user/from-cli")
    report = desk.told("iam", "get-role", "--profile", "minimo", "--role-name", "chained")
    desk.equal("documents are decoded", report.get("Role", {}).get("AssumeRolePolicyDocument"), json.loads(trust))
    done = desk.aws("iam", "wait", "user-exists", "--profile", "minimo", "--user-name", "from-cli")
    desk.equal("iam wait user-exists", done.returncode, 0)
    transfer(desk, by_name)


def transfer(desk, by_name):
    """An account goes to another organization and comes back, with the commands a person would type."""
    founder, account = by_name["corporate-site"], by_name["hr-systems"]
    with (desk.home / "config").open("a") as file:
        for profile, id in (("founder", founder), ("member", account)):
            file.write(f"\n[profile {profile}]\nrole_arn = arn:aws:iam::{id}:role/OrganizationAccountAccessRole\nsource_profile = default\nregion = ap-northeast-1\n")
    here = desk.told("organizations", "describe-organization")["Organization"]["Id"]
    desk.equal("remove-account-from-organization", desk.aws("organizations", "remove-account-from-organization", "--account-id", founder).returncode, 0)
    there = desk.told("organizations", "create-organization", "--profile", "founder").get("Organization", {}).get("Id", "")
    desk.check("create-organization", there.startswith("o-") and there != here, there)

    def moves(name, profile, expected):
        made = desk.told("organizations", "invite-account-to-organization", "--target", f"Id={account},Type=ACCOUNT", *profile)
        received = desk.told("organizations", "list-handshakes-for-account", "--profile", "member", "--query", "Handshakes[?State=='OPEN'].Id")
        desk.equal(f"{name}: invited", received, [made.get("Handshake", {}).get("Id")])
        accepted = desk.told("organizations", "accept-handshake", "--profile", "member", "--handshake-id", received[0])
        desk.equal(f"{name}: accept-handshake", accepted.get("Handshake", {}).get("State"), "ACCEPTED")
        told = desk.told("organizations", "describe-organization", "--profile", "member")
        desk.equal(f"{name}: describe-organization", told.get("Organization", {}).get("Id"), expected)
        listed = desk.told("organizations", "list-accounts", *profile, "--query", f"Accounts[?Id=='{account}'].[State,JoinedMethod]")
        desk.equal(f"{name}: list-accounts", listed, [["ACTIVE", "INVITED"]])

    moves("over", ("--profile", "founder"), there)
    moves("back", (), here)
    desk.equal("delete-organization", desk.aws("organizations", "delete-organization", "--profile", "founder").returncode, 0)
