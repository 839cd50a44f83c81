"""Applications, token issuers and attributes for access control, as records."""

from .harness import scenario
from .identitystore_user import person

CUSTOM = "arn:aws:sso::aws:applicationProvider/custom"


@scenario("sso-admin", "application")
def application(t):
    here = {"InstanceArn": t.instance_arn}
    t.equal("providers", lambda: CUSTOM in [row["ApplicationProviderArn"] for row in t.sso.list_application_providers()["ApplicationProviders"]], True)
    t.refused("unknown provider", "ResourceNotFoundException", t.sso.create_application, Name="x", ApplicationProviderArn=CUSTOM + "x", **here)
    made = t.works("made", t.sso.create_application, Name="wiki", ApplicationProviderArn=CUSTOM, Description="notes", **here)
    this = {"ApplicationArn": made.get("ApplicationArn", "")}
    get = lambda: t.sso.describe_application(**this)
    t.equal("told", lambda: (get()["Name"], get()["Status"], get()["ApplicationProviderArn"]), ("wiki", "ENABLED", CUSTOM))
    t.equal("listed", lambda: [row["Name"] for row in t.sso.list_applications(**here)["Applications"]], ["wiki"])
    t.works("updated", t.sso.update_application, Name="notes", Status="DISABLED", **this)
    t.equal("told anew", lambda: (get()["Name"], get()["Status"], get()["Description"]), ("notes", "DISABLED", "notes"))
    user = t.store.create_user(**person(t, "app-user"))["UserId"]
    row = {"PrincipalId": user, "PrincipalType": "USER", **this}
    t.works("assigned", t.sso.create_application_assignment, **row)
    t.refused("assigned twice", "ConflictException", t.sso.create_application_assignment, **row)
    t.works("assignment told", t.sso.describe_application_assignment, **row)
    t.equal("assignments", lambda: [r["PrincipalId"] for r in t.sso.list_application_assignments(**this)["ApplicationAssignments"]], [user])
    t.equal("of the principal", lambda: [r["ApplicationArn"] for r in t.sso.list_application_assignments_for_principal(PrincipalId=user, PrincipalType="USER", **here)["ApplicationAssignments"]], [this["ApplicationArn"]])
    t.equal("assignment required", lambda: t.sso.get_application_assignment_configuration(**this)["AssignmentRequired"], True)
    t.works("not required", t.sso.put_application_assignment_configuration, AssignmentRequired=False, **this)
    t.equal("told so", lambda: t.sso.get_application_assignment_configuration(**this)["AssignmentRequired"], False)
    t.works("scope", t.sso.put_application_access_scope, Scope="sso:account:access", AuthorizedTargets=[this["ApplicationArn"]], **this)
    t.equal("scopes", lambda: [s["Scope"] for s in t.sso.list_application_access_scopes(**this)["Scopes"]], ["sso:account:access"])
    t.works("scope deleted", t.sso.delete_application_access_scope, Scope="sso:account:access", **this)
    t.refused("scope gone", "ResourceNotFoundException", t.sso.get_application_access_scope, Scope="sso:account:access", **this)
    t.works("withdrawn", t.sso.delete_application_assignment, **row)
    t.refused("withdrawn twice", "ResourceNotFoundException", t.sso.delete_application_assignment, **row)
    tagged = {"ResourceArn": this["ApplicationArn"], **here}
    t.works("tagged", t.sso.tag_resource, Tags=[{"Key": "a", "Value": "1"}], **tagged)
    t.equal("tags", lambda: t.sso.list_tags_for_resource(**tagged)["Tags"], [{"Key": "a", "Value": "1"}])
    t.works("deleted", t.sso.delete_application, **this)
    t.refused("gone", "ResourceNotFoundException", get)


@scenario("sso-admin", "trusted token issuer")
def token_issuer(t):
    here = {"InstanceArn": t.instance_arn}
    configuration = {"OidcJwtConfiguration": {"IssuerUrl": "https://idp.example.com", "ClaimAttributePath": "email", "IdentityStoreAttributePath": "emails.value", "JwksRetrievalOption": "OPEN_ID_DISCOVERY"}}
    make = {"Name": "directory", "TrustedTokenIssuerType": "OIDC_JWT", "TrustedTokenIssuerConfiguration": configuration, **here}
    arn = t.works("made", t.sso.create_trusted_token_issuer, **make).get("TrustedTokenIssuerArn", "")
    this = {"TrustedTokenIssuerArn": arn}
    t.equal("told", lambda: t.sso.describe_trusted_token_issuer(**this)["TrustedTokenIssuerConfiguration"], configuration)
    t.refused("twice", "ConflictException", t.sso.create_trusted_token_issuer, **make)
    t.equal("listed", lambda: [row["TrustedTokenIssuerArn"] for row in t.sso.list_trusted_token_issuers(**here)["TrustedTokenIssuers"]], [arn])
    t.works("updated", t.sso.update_trusted_token_issuer, TrustedTokenIssuerConfiguration={"OidcJwtConfiguration": {"ClaimAttributePath": "sub"}}, **this)
    t.equal("the issuer stays", lambda: t.sso.describe_trusted_token_issuer(**this)["TrustedTokenIssuerConfiguration"]["OidcJwtConfiguration"]["IssuerUrl"], "https://idp.example.com")
    t.works("deleted", t.sso.delete_trusted_token_issuer, **this)
    t.refused("gone", "ResourceNotFoundException", t.sso.describe_trusted_token_issuer, **this)


@scenario("sso-admin", "attributes for access control")
def attributes(t):
    here = {"InstanceArn": t.instance_arn}
    wanted = lambda *keys: {"InstanceAccessControlAttributeConfiguration": {"AccessControlAttributes": [{"Key": key, "Value": {"Source": ["${path:enterprise.%s}" % key]}} for key in keys]}}
    t.refused("none", "ResourceNotFoundException", t.sso.describe_instance_access_control_attribute_configuration, **here)
    t.refused("none to update", "ResourceNotFoundException", t.sso.update_instance_access_control_attribute_configuration, **wanted("team"), **here)
    t.works("made", t.sso.create_instance_access_control_attribute_configuration, **wanted("costCenter"), **here)
    told = t.works("told", t.sso.describe_instance_access_control_attribute_configuration, **here)
    t.equal("enabled", (told.get("Status"), told.get("InstanceAccessControlAttributeConfiguration")), ("ENABLED", wanted("costCenter")["InstanceAccessControlAttributeConfiguration"]))
    t.refused("made twice", "ConflictException", t.sso.create_instance_access_control_attribute_configuration, **wanted("team"), **here)
    t.works("updated", t.sso.update_instance_access_control_attribute_configuration, **wanted("team", "division"), **here)
    t.equal("two", lambda: len(t.sso.describe_instance_access_control_attribute_configuration(**here)["InstanceAccessControlAttributeConfiguration"]["AccessControlAttributes"]), 2)
    t.refused("a key twice", "ValidationException", t.sso.update_instance_access_control_attribute_configuration, **wanted("team", "team"), **here)
    t.works("deleted", t.sso.delete_instance_access_control_attribute_configuration, **here)
    t.refused("deleted twice", "ResourceNotFoundException", t.sso.delete_instance_access_control_attribute_configuration, **here)
