"""Accounts that leave, are invited and come back; accounts that are closed."""

import time

from .harness import document, scenario


@scenario("organizations", "leaving and coming back")
def leaving(t):
    org, name = t.organizations, "corporate-site"
    account = t.place.accounts()[name]
    own = t.place.enter(name, "organizations")
    sso, instance = t.sso, {"InstanceArn": t.instance_arn}
    sets = lambda: sso.list_permission_sets_provisioned_to_account(AccountId=account, **instance)["PermissionSets"]
    t.holds("assignments before", sets)
    management = org.describe_organization()["Organization"]["MasterAccountId"]
    t.refused("the management account stays", "MasterCannotLeaveOrganizationException", org.leave_organization)
    t.refused("nor is it removed", "MasterCannotLeaveOrganizationException", org.remove_account_from_organization, AccountId=management)
    t.refused("unknown account removed", "AccountNotFoundException", org.remove_account_from_organization, AccountId="000000000001")
    t.works("left", own.leave_organization)
    t.refused("no longer listed", "AccountNotFoundException", org.describe_account, AccountId=account)
    t.refused("in no organization", "AWSOrganizationsNotInUseException", own.describe_organization)
    t.refused("left twice", "AWSOrganizationsNotInUseException", own.leave_organization)
    t.refused("no assignments there", "ResourceNotFoundException", sso.list_permission_sets_provisioned_to_account, AccountId=account, **instance)
    iam = t.place.enter(name, "iam")
    roles = lambda: [r["RoleName"] for r in iam.list_roles(PathPrefix="/aws-reserved/sso.amazonaws.com/")["Roles"]]
    t.equal("roles of Identity Center are gone", roles, [])
    t.works("its own IAM stays", iam.create_user, UserName="stays")

    invite = {"Target": {"Id": account, "Type": "ACCOUNT"}, "Notes": "come back", "Tags": [{"Key": "again", "Value": "yes"}]}
    made = t.works("invited", org.invite_account_to_organization, **invite).get("Handshake", {})
    identity = made.get("Id", "")
    t.equal("open", (made.get("State"), made.get("Action")), ("OPEN", "INVITE"))
    t.refused("invited twice", "DuplicateHandshakeException", org.invite_account_to_organization, **invite)
    t.refused("invited as a member", "HandshakeConstraintViolationException", org.invite_account_to_organization, members={"Reason": "ALREADY_IN_AN_ORGANIZATION"}, Target={"Id": t.account, "Type": "ACCOUNT"})
    t.refused("no account id", "InvalidInputException", org.invite_account_to_organization, Target={"Id": "x", "Type": "ACCOUNT"})
    t.equal("sent", lambda: [h["Id"] for h in org.list_handshakes_for_organization()["Handshakes"]], [identity])
    t.equal("received", lambda: [h["Id"] for h in own.list_handshakes_for_account()["Handshakes"]], [identity])
    t.equal("told to the invited", lambda: own.describe_handshake(HandshakeId=identity)["Handshake"]["State"], "OPEN")
    t.refused("somebody else accepts", "AccessDeniedException", t.place.enter("minimo-dev", "organizations").accept_handshake, HandshakeId=identity)
    t.equal("declined", lambda: own.decline_handshake(HandshakeId=identity)["Handshake"]["State"], "DECLINED")
    t.refused("declined twice", "HandshakeAlreadyInStateException", own.decline_handshake, HandshakeId=identity)
    t.refused("accepted after declining", "InvalidHandshakeTransitionException", own.accept_handshake, HandshakeId=identity)
    second = org.invite_account_to_organization(**invite)["Handshake"]["Id"]
    t.equal("canceled", lambda: org.cancel_handshake(HandshakeId=second)["Handshake"]["State"], "CANCELED")
    third = org.invite_account_to_organization(**invite)["Handshake"]["Id"]
    t.equal("accepted", lambda: own.accept_handshake(HandshakeId=third)["Handshake"]["State"], "ACCEPTED")
    found = lambda: org.describe_account(AccountId=account)["Account"]
    t.equal("back as invited", lambda: (found()["State"], found()["JoinedMethod"]), ("ACTIVE", "INVITED"))
    t.equal("tags of the invitation", lambda: org.list_tags_for_resource(ResourceId=account)["Tags"], [{"Key": "again", "Value": "yes"}])
    root = org.list_roots()["Roots"][0]["Id"]
    t.equal("at the root", lambda: org.list_parents(ChildId=account)["Parents"][0]["Id"], root)
    t.equal("no assignments came back", sets, [])
    t.works("invited accounts may leave at once", org.remove_account_from_organization, AccountId=account)
    t.refused("unknown handshake", "HandshakeNotFoundException", org.describe_handshake, HandshakeId="h-0123456789")
    t.refused("bad handshake id", "InvalidInputException", org.describe_handshake, HandshakeId="x")


@scenario("organizations", "leaving is an action like others")
def guarded(t):
    name = "hr-systems"
    account = t.place.accounts()[name]
    content = document({"Effect": "Deny", "Action": "organizations:LeaveOrganization", "Resource": "*"})
    policy = t.organizations.create_policy(Name="StayHere", Description="", Type="SERVICE_CONTROL_POLICY", Content=content)["Policy"]["PolicySummary"]["Id"]
    t.organizations.attach_policy(PolicyId=policy, TargetId=account)
    own = t.place.enter(name, "organizations")
    t.refused("a service control policy forbids it", "AccessDeniedException", own.leave_organization, ends="with an explicit deny in a service control policy")
    t.organizations.detach_policy(PolicyId=policy, TargetId=account)
    t.works("without it", own.leave_organization)


@scenario("organizations", "closing an account")
def closing(t):
    org, account = t.organizations, t.place.accounts()["sandbox-frontend"]
    management = org.describe_organization()["Organization"]["MasterAccountId"]
    t.refused("not the management account", "ConstraintViolationException", org.close_account, members={"Reason": "CANNOT_CLOSE_MANAGEMENT_ACCOUNT"}, AccountId=management)
    t.refused("unknown", "AccountNotFoundException", org.close_account, AccountId="000000000001")
    t.works("accepted", org.close_account, AccountId=account)

    def ended():
        for _ in range(50):
            state = org.describe_account(AccountId=account)["Account"]["State"]
            if state != "PENDING_CLOSURE":
                return state
            time.sleep(0.1)

    t.equal("suspended", ended, "SUSPENDED")
    t.refused("closed twice", "AccountAlreadyClosedException", org.close_account, AccountId=account)
    role = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
    t.refused("cannot be entered", "AccessDenied", t.place.kept_client("sts").assume_role, RoleArn=role, RoleSessionName="closed")
    t.holds("still listed", lambda: account in [a["Id"] for page in org.get_paginator("list_accounts").paginate() for a in page["Accounts"]])


@scenario("organizations", "closing takes its time", needs="slow")
def pending(t):
    org = t.place.client("organizations", endpoint=t.place.others["slow"])
    account = {a["Name"]: a["Id"] for page in org.get_paginator("list_accounts").paginate() for a in page["Accounts"]}["sandbox-backend"]
    t.works("accepted", org.close_account, AccountId=account)
    t.equal("pending", lambda: org.describe_account(AccountId=account)["Account"]["State"], "PENDING_CLOSURE")
    t.refused("closed twice meanwhile", "ConflictException", org.close_account, AccountId=account)
    give_up = time.monotonic() + 120
    while org.describe_account(AccountId=account)["Account"]["State"] == "PENDING_CLOSURE" and time.monotonic() < give_up:
        time.sleep(0.2)
    t.equal("suspended", lambda: org.describe_account(AccountId=account)["Account"]["State"], "SUSPENDED")
