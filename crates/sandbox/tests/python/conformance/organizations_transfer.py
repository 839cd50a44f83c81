"""A second organization, and an account that goes there and back without standing alone between."""

from .harness import deny, document, scenario


@scenario("organizations", "direct transfer")
def transfer(t):
    org, founder_name, name = t.organizations, "finance-systems", "tsubame-dev"
    founder, account = t.place.accounts()[founder_name], t.place.accounts()[name]
    theirs, own = t.place.enter(founder_name, "organizations"), t.place.enter(name, "organizations")
    iam, sso = t.place.enter(name, "iam"), t.sso
    here = org.describe_organization()["Organization"]
    target = lambda id: {"Target": {"Id": id, "Type": "ACCOUNT"}}
    reserved = lambda: [r["RoleName"] for r in iam.list_roles(PathPrefix="/aws-reserved/sso.amazonaws.com/")["Roles"]]

    # a member is not the founder of anything
    t.refused("a member founds none", "AlreadyInOrganizationException", own.create_organization)
    t.refused("a member deletes none", "AccessDeniedException", own.delete_organization)
    t.refused("it is not empty", "OrganizationNotEmptyException", org.delete_organization)
    t.works("removed", org.remove_account_from_organization, AccountId=founder)
    t.refused("who is in none, lists none", "AWSOrganizationsNotInUseException", theirs.list_accounts)
    t.refused("unknown feature set", "InvalidInputException", theirs.create_organization, FeatureSet="SOME")
    there = t.works("founded", theirs.create_organization, FeatureSet="ALL").get("Organization", {})
    t.equal("its management account", (there.get("MasterAccountId"), there.get("FeatureSet")), (founder, "ALL"))
    t.holds("another organization", lambda: there["Id"].startswith("o-") and there["Id"] != here["Id"])
    t.refused("not twice", "AlreadyInOrganizationException", theirs.create_organization)
    t.equal("alone in it", lambda: [(a["Id"], a["JoinedMethod"]) for a in theirs.list_accounts()["Accounts"]], [(founder, "INVITED")])
    t.equal("control policies are enabled", lambda: theirs.list_roots()["Roots"][0]["PolicyTypes"], [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}])
    t.refused("ours are not theirs", "AccountNotFoundException", theirs.describe_account, AccountId=account)
    t.refused("nor to be moved", "ChildNotFoundException", theirs.list_parents, ChildId=account)
    t.equal("no Identity Center", lambda: t.place.enter(founder_name, "sso-admin").list_instances()["Instances"], [])

    # there
    t.holds("roles before", reserved)
    own_handshakes = lambda: [(h["Id"], h["State"]) for h in own.list_handshakes_for_account(Filter={"ActionType": "INVITE"})["Handshakes"]]
    invitation = t.works("a member of ours is invited", theirs.invite_account_to_organization, **target(account), Notes="come over").get("Handshake", {})
    identity = invitation.get("Id", "")
    t.equal("in the name of the other", lambda: [p["Id"] for p in invitation["Parties"] if p["Type"] == "ORGANIZATION"], [there.get("Id", "o-").removeprefix("o-")])
    t.equal("received", own_handshakes, [(identity, "OPEN")])
    t.refused("not ours to cancel", "AccessDeniedException", org.cancel_handshake, HandshakeId=identity)
    t.equal("not among ours", lambda: [h["Id"] for h in org.list_handshakes_for_organization()["Handshakes"] if h["Id"] == identity], [])
    root = theirs.list_roots()["Roots"][0]["Id"]
    policy = theirs.create_policy(Name="NoGroups", Description="", Type="SERVICE_CONTROL_POLICY", Content=document(deny("iam:ListGroups")))["Policy"]["PolicySummary"]["Id"]
    theirs.attach_policy(PolicyId=policy, TargetId=root)
    t.works("their policy does not bind it yet", iam.list_groups)
    t.equal("accepted", lambda: own.accept_handshake(HandshakeId=identity)["Handshake"]["State"], "ACCEPTED")
    t.refused("accepted twice", "HandshakeAlreadyInStateException", own.accept_handshake, HandshakeId=identity)
    t.equal("in the other at once", lambda: own.describe_organization()["Organization"]["Id"], there.get("Id"))
    t.refused("no longer ours", "AccountNotFoundException", org.describe_account, AccountId=account)
    found = lambda: theirs.describe_account(AccountId=account)["Account"]
    t.equal("as invited", lambda: (found()["State"], found()["JoinedMethod"]), ("ACTIVE", "INVITED"))
    t.equal("at the root", lambda: theirs.list_parents(ChildId=account)["Parents"], [{"Id": root, "Type": "ROOT"}])
    t.equal("without tags", lambda: theirs.list_tags_for_resource(ResourceId=account)["Tags"], [])
    t.equal("roles of Identity Center are gone", reserved, [])
    t.refused("nobody is assigned there", "ResourceNotFoundException", sso.list_permission_sets_provisioned_to_account, AccountId=account, InstanceArn=t.instance_arn)
    t.refused("their policy binds it", "AccessDenied", iam.list_groups, ends="with an explicit deny in a service control policy")
    t.refused("theirs is not empty", "OrganizationNotEmptyException", theirs.delete_organization)
    t.refused("the management account does not go", "MasterCannotLeaveOrganizationException", theirs.leave_organization)
    t.refused("no effective policy", "EffectivePolicyNotFoundException", theirs.describe_effective_policy, PolicyType="TAG_POLICY", TargetId=account)
    t.refused("nor of others", "AccessDeniedException", own.describe_effective_policy, PolicyType="TAG_POLICY", TargetId=founder)

    # the management account of the other sees no invitation as long as it is that
    hidden = org.invite_account_to_organization(**target(founder))["Handshake"]["Id"]
    t.equal("unseen by a management account", lambda: theirs.list_handshakes_for_account()["Handshakes"], [])
    t.refused("and not followed", "MasterCannotLeaveOrganizationException", theirs.accept_handshake, HandshakeId=hidden)

    # and back
    t.works("registered", theirs.enable_aws_service_access, ServicePrincipal="config.amazonaws.com")
    theirs.register_delegated_administrator(AccountId=account, ServicePrincipal="config.amazonaws.com")
    back = org.invite_account_to_organization(**target(account), Tags=[{"Key": "came", "Value": "back"}])["Handshake"]["Id"]
    t.refused("a delegated administrator stays", "ConstraintViolationException", own.accept_handshake, members={"Reason": "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG"}, HandshakeId=back)
    theirs.deregister_delegated_administrator(AccountId=account, ServicePrincipal="config.amazonaws.com")
    t.equal("back", lambda: own.accept_handshake(HandshakeId=back)["Handshake"]["State"], "ACCEPTED")
    t.equal("ours again", lambda: org.describe_account(AccountId=account)["Account"]["Id"], account)
    t.equal("with the tags of the invitation", lambda: org.list_tags_for_resource(ResourceId=account)["Tags"], [{"Key": "came", "Value": "back"}])
    t.works("without their policy", iam.list_groups)
    t.works("deleted", theirs.delete_organization)
    t.refused("in none again", "AWSOrganizationsNotInUseException", theirs.describe_organization)
    t.equal("sees it now", lambda: [h["Id"] for h in theirs.list_handshakes_for_account()["Handshakes"] if h["State"] == "OPEN"], [hidden])
    t.equal("comes back as well", lambda: theirs.accept_handshake(HandshakeId=hidden)["Handshake"]["State"], "ACCEPTED")
    t.equal("all are ours", lambda: theirs.describe_organization()["Organization"]["Id"], here["Id"])
