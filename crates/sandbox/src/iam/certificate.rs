//! X.509 signing certificates.

use super::page::{page, truncation};
use super::{Context, Family, Reply, extra, quota, status};
use crate::error::ApiError;
use crate::state::iam_user::{Extra, ExtraKind};
use crate::wire::xml::{Xml, iso8601};

pub(super) const OPERATIONS: Family = &[
    ("UploadSigningCertificate", upload),
    ("ListSigningCertificates", list),
    ("UpdateSigningCertificate", |context| {
        extra::set_status(context, ExtraKind::Certificate, "CertificateId").map(|()| None)
    }),
    ("DeleteSigningCertificate", |context| {
        extra::remove(context, ExtraKind::Certificate, "CertificateId").map(|()| None)
    }),
];

const MOST: usize = 2;

fn upload(context: &mut Context<'_>) -> Reply {
    let name = context.user_name()?;
    let body = context.required("CertificateBody")?.to_owned();
    let present = extra::of_user(context, &name, ExtraKind::Certificate)?;
    if !body.trim_start().starts_with("-----BEGIN CERTIFICATE-----") {
        return Err(ApiError::new(
            "MalformedCertificate",
            "Unable to parse certificate. Please ensure the certificate is in PEM format.",
        ));
    }
    if present.iter().any(|extra| extra.body == body) {
        return Err(ApiError::new("DuplicateCertificate", "The certificate is already associated with an IAM user.")
            .with_status(409));
    }
    if present.len() >= MOST {
        return Err(quota("SigningCertificatesPerUser", MOST));
    }
    let made = extra::add(context, &name, ExtraKind::Certificate, "ASCA", body)?;
    Ok(Some(Xml::default().node("Certificate", describe(&name, &made))))
}

fn list(context: &mut Context<'_>) -> Reply {
    let name = context.user_name()?;
    let found = extra::of_user(context, &name, ExtraKind::Certificate)?;
    let (items, marker) = page(context, found.iter().map(|extra| (&extra.id, extra)))?;
    let described = items.into_iter().map(|extra| describe(&name, extra));
    Ok(Some(truncation(Xml::default().list("Certificates", described), marker)))
}

fn describe(name: &str, extra: &Extra) -> Xml {
    Xml::default()
        .leaf("UserName", name)
        .leaf("CertificateId", &extra.id)
        .leaf("CertificateBody", &extra.body)
        .leaf("Status", status(extra.active))
        .leaf("UploadDate", iso8601(extra.created_at))
}
