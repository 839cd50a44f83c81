//! SSH public keys (CodeCommit).

use sha2::{Digest, Sha256};

use super::page::{page, truncation};
use super::{Context, Family, Reply, extra, quota, status};
use crate::error::ApiError;
use crate::state::iam_user::{Extra, ExtraKind};
use crate::wire::xml::{Xml, iso8601};

pub(super) const OPERATIONS: Family = &[
    ("UploadSSHPublicKey", upload),
    ("ListSSHPublicKeys", list),
    ("GetSSHPublicKey", get),
    ("UpdateSSHPublicKey", |context| extra::set_status(context, ExtraKind::SshKey, "SSHPublicKeyId").map(|()| None)),
    ("DeleteSSHPublicKey", |context| extra::remove(context, ExtraKind::SshKey, "SSHPublicKeyId").map(|()| None)),
];

const MOST: usize = 5;

fn upload(context: &mut Context<'_>) -> Reply {
    let name = context.required("UserName")?.to_owned();
    let body = context.required("SSHPublicKeyBody")?.to_owned();
    let present = extra::of_user(context, &name, ExtraKind::SshKey)?;
    if !(body.starts_with("ssh-rsa ") || body.starts_with("-----BEGIN PUBLIC KEY-----")) {
        return Err(ApiError::new(
            "UnrecognizedPublicKeyEncoding",
            "The public key encoding format is unsupported or unrecognized.",
        ));
    }
    if present.iter().any(|extra| extra.body == body) {
        return Err(ApiError::new(
            "DuplicateSSHPublicKey",
            "The SSH public key is already associated with the specified IAM user.",
        ));
    }
    if present.len() >= MOST {
        return Err(quota("SSHPublicKeysPerUser", MOST));
    }
    let made = extra::add(context, &name, ExtraKind::SshKey, "APKA", body)?;
    Ok(Some(Xml::default().node("SSHPublicKey", described(&name, &made))))
}

/// The body as it was uploaded, whichever encoding is asked for.
fn get(context: &mut Context<'_>) -> Reply {
    let (name, id) = (context.required("UserName")?.to_owned(), context.required("SSHPublicKeyId")?.to_owned());
    let found = extra::of_user(context, &name, ExtraKind::SshKey)?;
    let found = found.iter().find(|extra| extra.id == id).ok_or_else(|| extra::missing(ExtraKind::SshKey, &id))?;
    Ok(Some(Xml::default().node("SSHPublicKey", described(&name, found))))
}

fn described(name: &str, key: &Extra) -> Xml {
    let digest = Sha256::digest(&key.body);
    let pairs: Vec<String> = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    Xml::default()
        .leaf("UserName", name)
        .leaf("SSHPublicKeyId", &key.id)
        .leaf("Fingerprint", pairs.join(":"))
        .leaf("SSHPublicKeyBody", &key.body)
        .leaf("Status", status(key.active))
        .leaf("UploadDate", iso8601(key.created_at))
}

fn list(context: &mut Context<'_>) -> Reply {
    let name = context.user_name()?;
    let found = extra::of_user(context, &name, ExtraKind::SshKey)?;
    let (items, marker) = page(context, found.iter().map(|extra| (&extra.id, extra)))?;
    let described = items.into_iter().map(|extra| {
        Xml::default()
            .leaf("UserName", &name)
            .leaf("SSHPublicKeyId", &extra.id)
            .leaf("Status", status(extra.active))
            .leaf("UploadDate", iso8601(extra.created_at))
    });
    Ok(Some(truncation(Xml::default().list("SSHPublicKeys", described), marker)))
}
