//! Server certificates. They are looked at no closer than that they are PEM.

use jiff::SignedDuration;

use super::page::{page, truncation};
use super::tag::{given, tags_xml};
use super::{Context, Family, Reply, already_exists, no_such_entity, quota};
use crate::error::ApiError;
use crate::state::iam_provider::ServerCertificate;
use crate::state::id::{AccountId, upper};
use crate::state::organization::Tags;
use crate::wire::xml::{Xml, iso8601};

pub(super) const OPERATIONS: Family = &[
    ("UploadServerCertificate", upload),
    ("GetServerCertificate", get),
    ("ListServerCertificates", list),
    ("UpdateServerCertificate", update),
    ("DeleteServerCertificate", delete),
];

/// IAM's quota of an account.
const MOST: usize = 20;
/// What stands for the end that AWS reads in the certificate.
const VALID: SignedDuration = SignedDuration::from_hours(365 * 24);

impl Context<'_> {
    fn server_certificate(&mut self) -> Result<(String, &mut ServerCertificate), ApiError> {
        let name = self.required("ServerCertificateName")?.to_owned();
        match self.own().server_certificates.get_mut(&name) {
            Some(certificate) => Ok((name, certificate)),
            None => Err(no_such_entity(format!("The Server Certificate with name {name} cannot be found."))),
        }
    }
}

pub(super) fn tags<'a>(context: &'a mut Context<'_>) -> Result<&'a mut Tags, ApiError> {
    Ok(&mut context.server_certificate()?.1.tags)
}

fn upload(context: &mut Context<'_>) -> Reply {
    let (account, name) = (context.account(), context.required("ServerCertificateName")?.to_owned());
    let body = context.required("CertificateBody")?.to_owned();
    if !body.trim_start().starts_with("-----BEGIN CERTIFICATE-----") {
        return Err(ApiError::new("MalformedCertificate", format!("Certificate {name} is malformed")));
    }
    if !context.required("PrivateKey")?.contains("PRIVATE KEY-----") {
        return Err(ApiError::new("MalformedCertificate", "Unable to parse key."));
    }
    let chain = context.text("CertificateChain").map(str::to_owned);
    let (path, tags, uploaded_at) = (context.path(), given(context.form)?, context.now);
    check_free(context, &name)?;
    if context.own().server_certificates.len() >= MOST {
        return Err(quota("ServerCertificatesPerAccount", MOST));
    }
    let id = format!("ASCA{}", upper(&mut context.world.rng, 17));
    let certificate = ServerCertificate { id, path, body, chain, uploaded_at, tags };
    let xml = Xml::default().node("ServerCertificateMetadata", metadata(account, &name, &certificate));
    let xml = if certificate.tags.is_empty() { xml } else { xml.list("Tags", tags_xml(&certificate.tags)) };
    context.own().server_certificates.insert(name, certificate);
    Ok(Some(xml))
}

fn get(context: &mut Context<'_>) -> Reply {
    let account = context.account();
    let (name, certificate) = context.server_certificate()?;
    let xml = Xml::default()
        .node("ServerCertificateMetadata", metadata(account, &name, certificate))
        .leaf("CertificateBody", &certificate.body)
        .maybe("CertificateChain", certificate.chain.as_ref());
    let xml = if certificate.tags.is_empty() { xml } else { xml.list("Tags", tags_xml(&certificate.tags)) };
    Ok(Some(Xml::default().node("ServerCertificate", xml)))
}

fn list(context: &mut Context<'_>) -> Reply {
    let account = context.account();
    let prefix = context.text("PathPrefix").unwrap_or("/").to_owned();
    let certificates = context.world.iam.get(&account).into_iter().flat_map(|iam| &iam.server_certificates);
    let certificates = certificates.filter(|(_, certificate)| certificate.path.starts_with(&prefix));
    let (items, marker) = page(context, certificates.map(|(name, found)| (name, metadata(account, name, found))))?;
    Ok(Some(truncation(Xml::default().list("ServerCertificateMetadataList", items), marker)))
}

fn update(context: &mut Context<'_>) -> Reply {
    let (name, _) = context.server_certificate()?;
    let to = context.text("NewServerCertificateName").unwrap_or(&name).to_owned();
    let path = context.text("NewPath").map(str::to_owned);
    if to != name {
        check_free(context, &to)?;
    }
    let certificates = &mut context.own().server_certificates;
    if let Some(mut certificate) = certificates.remove(&name) {
        certificate.path = path.unwrap_or(certificate.path);
        certificates.insert(to, certificate);
    }
    Ok(None)
}

fn delete(context: &mut Context<'_>) -> Reply {
    let (name, _) = context.server_certificate()?;
    context.own().server_certificates.remove(&name);
    Ok(None)
}

fn check_free(context: &mut Context<'_>, name: &str) -> Result<(), ApiError> {
    if context.own().server_certificates.contains_key(name) {
        return Err(already_exists(format!("The Server Certificate with name {name} already exists.")));
    }
    Ok(())
}

fn metadata(account: AccountId, name: &str, certificate: &ServerCertificate) -> Xml {
    let expires_at = certificate.uploaded_at.checked_add(VALID).unwrap_or(certificate.uploaded_at);
    Xml::default()
        .leaf("Path", &certificate.path)
        .leaf("ServerCertificateName", name)
        .leaf("ServerCertificateId", &certificate.id)
        .leaf("Arn", format!("arn:aws:iam::{account}:server-certificate{}{name}", certificate.path))
        .leaf("UploadDate", iso8601(certificate.uploaded_at))
        .leaf("Expiration", iso8601(expires_at))
}
