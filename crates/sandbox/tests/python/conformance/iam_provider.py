"""Identity providers and server certificates."""

from .harness import scenario

GITHUB = "https://token.actions.githubusercontent.com"
THUMB = "6938fd4d98bab03faadb97b34396831e3780aea1"
METADATA = (
    '<?xml version="1.0"?><EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example.com/saml">'
    '<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
    f'<!-- {"x" * 900} --><SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example.com/sso"/>'
    "</IDPSSODescriptor></EntityDescriptor>"
)
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
KEY = "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----"


@scenario("iam", "OpenID Connect provider")
def oidc(t):
    made = t.works("made", t.iam.create_open_id_connect_provider, Url=GITHUB, ClientIDList=["sts.amazonaws.com"], ThumbprintList=[THUMB])
    arn = f"arn:aws:iam::{t.account}:oidc-provider/token.actions.githubusercontent.com"
    t.equal("arn", made.get("OpenIDConnectProviderArn"), arn)
    name = {"OpenIDConnectProviderArn": arn}
    get = lambda: t.iam.get_open_id_connect_provider(**name)
    t.equal("url without scheme", lambda: get()["Url"], "token.actions.githubusercontent.com")
    t.equal("clients", lambda: get()["ClientIDList"], ["sts.amazonaws.com"])
    t.equal("listed", lambda: [row["Arn"] for row in t.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]], [arn])
    t.refused("twice", "EntityAlreadyExists", t.iam.create_open_id_connect_provider, f"Provider with url {GITHUB} already exists.", Url=GITHUB, ThumbprintList=[THUMB])
    t.refused("no https", "ValidationError", t.iam.create_open_id_connect_provider, "Invalid Open ID Connect Provider URL", Url="ftp://example.com", ThumbprintList=[THUMB])
    t.refused("no url", "ValidationError", t.iam.create_open_id_connect_provider, Url="example", ThumbprintList=[THUMB])
    t.refused("bad thumbprint", "ValidationError", t.iam.create_open_id_connect_provider, Url="https://a.example.com", ThumbprintList=["short"])
    six = [THUMB[:-1] + str(number) for number in range(6)]
    t.refused("six thumbprints", "InvalidInput", t.iam.create_open_id_connect_provider, "Thumbprint list must contain fewer than 5 entries.", Url="https://a.example.com", ThumbprintList=six)
    t.works("client added", t.iam.add_client_id_to_open_id_connect_provider, ClientID="other", **name)
    t.works("client added twice", t.iam.add_client_id_to_open_id_connect_provider, ClientID="other", **name)
    t.equal("two clients", lambda: sorted(get()["ClientIDList"]), ["other", "sts.amazonaws.com"])
    t.works("client removed", t.iam.remove_client_id_from_open_id_connect_provider, ClientID="other", **name)
    t.works("client removed twice", t.iam.remove_client_id_from_open_id_connect_provider, ClientID="other", **name)
    t.works("thumbprints replaced", t.iam.update_open_id_connect_provider_thumbprint, ThumbprintList=six[:1], **name)
    t.equal("thumbprints told", lambda: get()["ThumbprintList"], six[:1])
    t.works("tagged", t.iam.tag_open_id_connect_provider, Tags=[{"Key": "a", "Value": "1"}], **name)
    t.equal("tags", lambda: t.iam.list_open_id_connect_provider_tags(**name)["Tags"], [{"Key": "a", "Value": "1"}])
    t.works("untagged", t.iam.untag_open_id_connect_provider, TagKeys=["a"], **name)
    t.works("deleted", t.iam.delete_open_id_connect_provider, **name)
    t.refused("gone", "NoSuchEntity", t.iam.get_open_id_connect_provider, f"OpenIDConnect Provider not found for arn {arn}", **name)


@scenario("iam", "SAML provider")
def saml(t):
    made = t.works("made", t.iam.create_saml_provider, Name="Directory", SAMLMetadataDocument=METADATA, Tags=[{"Key": "a", "Value": "1"}])
    arn = f"arn:aws:iam::{t.account}:saml-provider/Directory"
    t.equal("arn", made.get("SAMLProviderArn"), arn)
    name = {"SAMLProviderArn": arn}
    t.equal("metadata", lambda: t.iam.get_saml_provider(**name)["SAMLMetadataDocument"], METADATA)
    t.holds("valid for a while", lambda: t.iam.get_saml_provider(**name)["ValidUntil"])
    t.equal("listed", lambda: [row["Arn"] for row in t.iam.list_saml_providers()["SAMLProviderList"]], [arn])
    t.refused("twice", "EntityAlreadyExists", t.iam.create_saml_provider, Name="Directory", SAMLMetadataDocument=METADATA)
    t.refused("short metadata", "ValidationError", t.iam.create_saml_provider, Name="Short", SAMLMetadataDocument="<a/>")
    t.refused("no metadata", "InvalidInput", t.iam.create_saml_provider, "Could not parse metadata.", Name="Broken", SAMLMetadataDocument="x" * 1000)
    other = METADATA.replace("/saml", "/other")
    t.works("updated", t.iam.update_saml_provider, SAMLMetadataDocument=other, **name)
    t.equal("metadata changed", lambda: t.iam.get_saml_provider(**name)["SAMLMetadataDocument"], other)
    t.works("tagged", t.iam.tag_saml_provider, Tags=[{"Key": "b", "Value": "2"}], **name)
    t.works("untagged", t.iam.untag_saml_provider, TagKeys=["a"], **name)
    t.equal("tags", lambda: t.iam.list_saml_provider_tags(**name)["Tags"], [{"Key": "b", "Value": "2"}])
    t.works("deleted", t.iam.delete_saml_provider, **name)
    t.refused("gone", "NoSuchEntity", t.iam.get_saml_provider, **name)


@scenario("iam", "server certificate")
def server_certificate(t):
    name = {"ServerCertificateName": "shop"}
    made = t.works("uploaded", t.iam.upload_server_certificate, CertificateBody=CERTIFICATE, PrivateKey=KEY, Path="/cloudfront/", **name)
    metadata = made.get("ServerCertificateMetadata", {})
    t.equal("arn", metadata.get("Arn"), f"arn:aws:iam::{t.account}:server-certificate/cloudfront/shop")
    t.equal("body", lambda: t.iam.get_server_certificate(**name)["ServerCertificate"]["CertificateBody"], CERTIFICATE)
    t.equal("listed", lambda: [row["ServerCertificateName"] for row in t.iam.list_server_certificates(PathPrefix="/cloudfront/")["ServerCertificateMetadataList"]], ["shop"])
    t.refused("twice", "EntityAlreadyExists", t.iam.upload_server_certificate, CertificateBody=CERTIFICATE, PrivateKey=KEY, **name)
    t.refused("malformed", "MalformedCertificate", t.iam.upload_server_certificate, ServerCertificateName="x", CertificateBody="MIIB", PrivateKey=KEY)
    t.works("renamed", t.iam.update_server_certificate, NewServerCertificateName="store", **name)
    t.refused("old name", "NoSuchEntity", t.iam.get_server_certificate, "The Server Certificate with name shop cannot be found.", **name)
    t.works("tagged", t.iam.tag_server_certificate, ServerCertificateName="store", Tags=[{"Key": "a", "Value": "1"}])
    t.equal("tags", lambda: t.iam.list_server_certificate_tags(ServerCertificateName="store")["Tags"], [{"Key": "a", "Value": "1"}])
    t.works("untagged", t.iam.untag_server_certificate, ServerCertificateName="store", TagKeys=["a"])
    t.works("deleted", t.iam.delete_server_certificate, ServerCertificateName="store")
    t.refused("deleted twice", "NoSuchEntity", t.iam.delete_server_certificate, ServerCertificateName="store")
