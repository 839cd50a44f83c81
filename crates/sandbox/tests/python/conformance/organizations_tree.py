"""The tree: root, organizational units, accounts, tags."""

import time

from .harness import scenario


@scenario("organizations", "organization")
def organization(t):
    told = t.works("told", t.organizations.describe_organization).get("Organization", {})
    t.holds("id", told.get("Id", "").startswith("o-"))
    t.equal("features", told.get("FeatureSet"), "ALL")
    management = told.get("MasterAccountId", "")
    t.equal("arn", told.get("Arn"), f"arn:aws:organizations::{management}:organization/{told.get('Id')}")
    roots = t.organizations.list_roots()["Roots"]
    t.equal("one root", (len(roots), roots[0]["Id"][:2]), (1, "r-"))
    account = t.organizations.describe_account(AccountId=management)["Account"]
    t.equal("management account", account["Arn"], f"arn:aws:organizations::{management}:account/{told.get('Id')}/{management}")
    t.refused("all features are enabled", "HandshakeConstraintViolationException", t.organizations.enable_all_features, members={"Reason": "ORGANIZATION_ALREADY_HAS_ALL_FEATURES"})


@scenario("organizations", "organizational unit")
def unit(t):
    org, root = t.organizations, t.organizations.list_roots()["Roots"][0]["Id"]
    made = t.works("made", org.create_organizational_unit, ParentId=root, Name="Workloads", Tags=[{"Key": "a", "Value": "1"}])
    unit_id = made.get("OrganizationalUnit", {}).get("Id", "")
    t.holds("id", unit_id.startswith("ou-" + root.removeprefix("r-") + "-"))
    t.refused("twice", "DuplicateOrganizationalUnitException", org.create_organizational_unit, ParentId=root, Name="Workloads")
    t.works("same name elsewhere", org.create_organizational_unit, ParentId=unit_id, Name="Workloads")
    t.refused("no parent", "ParentNotFoundException", org.create_organizational_unit, ParentId="ou-abcd-12345678", Name="x")
    t.equal("told", lambda: org.describe_organizational_unit(OrganizationalUnitId=unit_id)["OrganizationalUnit"]["Name"], "Workloads")
    t.refused("unknown", "OrganizationalUnitNotFoundException", org.describe_organizational_unit, OrganizationalUnitId="ou-abcd-12345678")
    t.equal("tags", lambda: org.list_tags_for_resource(ResourceId=unit_id)["Tags"], [{"Key": "a", "Value": "1"}])
    t.works("renamed", org.update_organizational_unit, OrganizationalUnitId=unit_id, Name="Services")
    t.equal("new name", lambda: org.describe_organizational_unit(OrganizationalUnitId=unit_id)["OrganizationalUnit"]["Name"], "Services")
    other = org.create_organizational_unit(ParentId=root, Name="Other")["OrganizationalUnit"]["Id"]
    t.refused("renamed to a taken name", "DuplicateOrganizationalUnitException", org.update_organizational_unit, OrganizationalUnitId=other, Name="Services")
    t.refused("deleted with a child", "OrganizationalUnitNotEmptyException", org.delete_organizational_unit, OrganizationalUnitId=unit_id)
    account = t.place.accounts()["finance-systems"]
    here = org.list_parents(ChildId=account)["Parents"][0]["Id"]
    t.refused("moved from where it is not", "SourceParentNotFoundException", org.move_account, AccountId=account, SourceParentId=other, DestinationParentId=unit_id)
    t.refused("moved to nowhere", "DestinationParentNotFoundException", org.move_account, AccountId=account, SourceParentId=here, DestinationParentId="ou-abcd-12345678")
    t.refused("moved to where it is", "DuplicateAccountException", org.move_account, AccountId=account, SourceParentId=here, DestinationParentId=here)
    t.works("moved", org.move_account, AccountId=account, SourceParentId=here, DestinationParentId=other)
    t.equal("parent", lambda: org.list_parents(ChildId=account)["Parents"], [{"Id": other, "Type": "ORGANIZATIONAL_UNIT"}])
    t.equal("accounts of the unit", lambda: [a["Id"] for a in org.list_accounts_for_parent(ParentId=other)["Accounts"]], [account])
    t.equal("children of the unit", lambda: org.list_children(ParentId=other, ChildType="ACCOUNT")["Children"], [{"Id": account, "Type": "ACCOUNT"}])
    t.refused("deleted with an account", "OrganizationalUnitNotEmptyException", org.delete_organizational_unit, OrganizationalUnitId=other)
    org.move_account(AccountId=account, SourceParentId=other, DestinationParentId=here)
    t.works("deleted", org.delete_organizational_unit, OrganizationalUnitId=other)
    t.refused("gone", "OrganizationalUnitNotFoundException", org.delete_organizational_unit, OrganizationalUnitId=other)


@scenario("organizations", "depth of the tree")
def depth(t):
    parent = t.organizations.list_roots()["Roots"][0]["Id"]
    for level in range(1, 6):
        parent = t.organizations.create_organizational_unit(ParentId=parent, Name=f"Level{level}")["OrganizationalUnit"]["Id"]
    t.refused("sixth level", "ConstraintViolationException", t.organizations.create_organizational_unit, members={"Reason": "OU_DEPTH_LIMIT_EXCEEDED"}, ParentId=parent, Name="Level6")


@scenario("organizations", "new account")
def new_account(t):
    org = t.organizations
    asked = t.works("accepted", org.create_account, AccountName="newcomer", Email="newcomer@example.com").get("CreateAccountStatus", {})
    t.equal("in progress", asked.get("State"), "IN_PROGRESS")
    t.holds("request id", asked.get("Id", "").startswith("car-"))

    def ended():
        for _ in range(50):
            status = org.describe_create_account_status(CreateAccountRequestId=asked["Id"])["CreateAccountStatus"]
            if status["State"] != "IN_PROGRESS":
                return status
            time.sleep(0.1)

    status = ended() or {}
    t.equal("succeeded", status.get("State"), "SUCCEEDED")
    account = status.get("AccountId", "")
    t.equal("active", lambda: org.describe_account(AccountId=account)["Account"]["State"], "ACTIVE")
    t.equal("created", lambda: org.describe_account(AccountId=account)["Account"]["JoinedMethod"], "CREATED")
    root = org.list_roots()["Roots"][0]["Id"]
    t.equal("at the root", lambda: org.list_parents(ChildId=account)["Parents"], [{"Id": root, "Type": "ROOT"}])
    role = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
    t.works("can be entered", t.place.kept_client("sts").assume_role, RoleArn=role, RoleSessionName="new")
    again = org.create_account(AccountName="other", Email="newcomer@example.com")["CreateAccountStatus"]
    told = lambda: org.describe_create_account_status(CreateAccountRequestId=again["Id"])["CreateAccountStatus"]
    t.equal("address taken", lambda: (told()["State"], told()["FailureReason"]), ("FAILED", "EMAIL_ALREADY_EXISTS"))
    t.equal("requests that succeeded", lambda: account in [row.get("AccountId") for row in org.list_create_account_status(States=["SUCCEEDED"])["CreateAccountStatuses"]], True)
    t.equal("requests that failed", lambda: [row["State"] for row in org.list_create_account_status(States=["FAILED"])["CreateAccountStatuses"]], ["FAILED"])
    t.refused("unknown request", "CreateAccountStatusNotFoundException", org.describe_create_account_status, CreateAccountRequestId="car-" + "0" * 32)
    t.refused("too young to leave", "ConstraintViolationException", org.remove_account_from_organization, members={"Reason": "WAIT_PERIOD_ACTIVE"}, AccountId=account)


@scenario("organizations", "listing accounts")
def listing(t):
    org = t.organizations
    first = org.list_accounts(MaxResults=3)
    t.equal("page of three", len(first["Accounts"]), 3)
    t.holds("token", first.get("NextToken"))
    rest = org.list_accounts(MaxResults=20, NextToken=first.get("NextToken", ""))
    seen = {account["Id"] for account in first["Accounts"]}
    t.holds("next page holds others", lambda: rest["Accounts"] and not seen & {a["Id"] for a in rest["Accounts"]})
    t.refused("bad token", "InvalidInputException", org.list_accounts, members={"Reason": "INVALID_NEXT_TOKEN"}, NextToken="x")
    t.refused("another operation's token", "InvalidInputException", org.list_roots, NextToken=first.get("NextToken", "x"))
    t.refused("page too large", "InvalidInputException", org.list_accounts, members={"Reason": "MAX_VALUE_EXCEEDED"}, MaxResults=21)
    t.refused("page of none", "InvalidInputException", org.list_accounts, members={"Reason": "MIN_VALUE_EXCEEDED"}, MaxResults=0)
    t.refused("no account id", "InvalidInputException", org.describe_account, members={"Reason": "INVALID_PATTERN"}, AccountId="1")
    t.refused("missing", "InvalidInputException", org.describe_account, members={"Reason": "INPUT_REQUIRED"})
    t.refused("unknown account", "AccountNotFoundException", org.describe_account, "You specified an account that doesn't exist.", AccountId="000000000001")
    t.refused("children of nothing", "ParentNotFoundException", org.list_accounts_for_parent, ParentId="r-zzzz")
    t.refused("parents of nothing", "ChildNotFoundException", org.list_parents, ChildId="000000000001")
    t.refused("unknown kind of child", "InvalidInputException", org.list_children, ParentId="r-zzzz", ChildType="x")


@scenario("organizations", "tags")
def tags(t):
    org, account = t.organizations, t.place.accounts()["tsubame-dev"]
    before = {tag["Key"]: tag["Value"] for tag in org.list_tags_for_resource(ResourceId=account)["Tags"]}
    told = lambda: {tag["Key"]: tag["Value"] for tag in org.list_tags_for_resource(ResourceId=account)["Tags"]}
    t.works("added", org.tag_resource, ResourceId=account, Tags=[{"Key": "cost-center", "Value": "42"}])
    t.equal("told", told, before | {"cost-center": "42"})
    t.works("replaced", org.tag_resource, ResourceId=account, Tags=[{"Key": "cost-center", "Value": "43"}])
    t.works("taken away", org.untag_resource, ResourceId=account, TagKeys=["cost-center"])
    t.equal("as before", told, before)
    t.refused("unknown target", "TargetNotFoundException", org.tag_resource, ResourceId="000000000001", Tags=[{"Key": "a", "Value": "1"}])
    many = [{"Key": f"k{number}", "Value": ""} for number in range(51)]
    t.refused("more than fifty", "ConstraintViolationException", org.tag_resource, members={"Reason": "MAX_TAG_LIMIT_EXCEEDED"}, ResourceId=account, Tags=many)
    root = org.list_roots()["Roots"][0]["Id"]
    t.works("root tagged", org.tag_resource, ResourceId=root, Tags=[{"Key": "a", "Value": "1"}])
    t.equal("root's tags", lambda: org.list_tags_for_resource(ResourceId=root)["Tags"], [{"Key": "a", "Value": "1"}])


@scenario("organizations", "trusted services and delegated administrators")
def delegation(t):
    org, account = t.organizations, t.place.accounts()["minimo-prod"]
    service = "guardduty.amazonaws.com"
    register = {"AccountId": account, "ServicePrincipal": service}
    t.refused("before access is enabled", "ConstraintViolationException", org.register_delegated_administrator, members={"Reason": "SERVICE_ACCESS_NOT_ENABLED"}, **register)
    t.works("access enabled", org.enable_aws_service_access, ServicePrincipal=service)
    t.equal("access told", lambda: service in [row["ServicePrincipal"] for row in org.list_aws_service_access_for_organization()["EnabledServicePrincipals"]], True)
    t.refused("no service", "InvalidInputException", org.enable_aws_service_access, members={"Reason": "UNRECOGNIZED_SERVICE_PRINCIPAL"}, ServicePrincipal="moto")
    t.works("registered", org.register_delegated_administrator, **register)
    t.refused("registered twice", "AccountAlreadyRegisteredException", org.register_delegated_administrator, **register)
    t.equal("told", lambda: [row["Id"] for row in org.list_delegated_administrators(ServicePrincipal=service)["DelegatedAdministrators"]], [account])
    t.equal("services told", lambda: [row["ServicePrincipal"] for row in org.list_delegated_services_for_account(AccountId=account)["DelegatedServices"]], [service])
    management = org.describe_organization()["Organization"]["MasterAccountId"]
    t.refused("not the management account", "ConstraintViolationException", org.register_delegated_administrator, members={"Reason": "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR"}, AccountId=management, ServicePrincipal=service)
    t.refused("unknown account", "AccountNotFoundException", org.register_delegated_administrator, AccountId="000000000001", ServicePrincipal=service)
    t.refused("it cannot be removed", "ConstraintViolationException", org.remove_account_from_organization, members={"Reason": "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG"}, AccountId=account)
    t.works("deregistered", org.deregister_delegated_administrator, **register)
    t.refused("deregistered twice", "AccountNotRegisteredException", org.deregister_delegated_administrator, **register)
    t.refused("no services left", "AccountNotRegisteredException", org.list_delegated_services_for_account, AccountId=account)
    t.works("access disabled", org.disable_aws_service_access, ServicePrincipal=service)
    t.refused("one administrator of Identity Center", "ConstraintViolationException", org.register_delegated_administrator, members={"Reason": "MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED"}, AccountId=account, ServicePrincipal="sso.amazonaws.com")


@scenario("organizations", "resource policy")
def resource_policy(t):
    org, account = t.organizations, t.place.accounts()["minimo-prod"]
    statement = '{"Version": "2012-10-17", "Statement": [{"Sid": "a", "Effect": "Allow", "Principal": {"AWS": "%s"}, "Action": "organizations:ListAccounts", "Resource": "*"}]}' % account
    t.refused("none", "ResourcePolicyNotFoundException", org.describe_resource_policy)
    made = t.works("put", org.put_resource_policy, Content=statement).get("ResourcePolicy", {})
    t.holds("id", made.get("ResourcePolicySummary", {}).get("Id", "").startswith("rp-"))
    t.equal("told", lambda: org.describe_resource_policy()["ResourcePolicy"]["Content"], statement)
    nobody = statement.replace('"Principal": {"AWS": "%s"}, ' % account, "")
    t.refused("without a principal", "InvalidInputException", org.put_resource_policy, members={"Reason": "INVALID_PRINCIPAL"}, Content=nobody)
    t.refused("no JSON", "InvalidInputException", org.put_resource_policy, members={"Reason": "INVALID_RESOURCE_POLICY_JSON"}, Content="{")
    t.works("deleted", org.delete_resource_policy)
    t.refused("deleted twice", "ResourcePolicyNotFoundException", org.delete_resource_policy)
