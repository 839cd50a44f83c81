//! Service-specific credentials (CodeCommit, Keyspaces, …).

use super::page::{page, truncation};
use super::{Context, Family, Reply, extra, quota, status};
use crate::state::iam_user::{Extra, ExtraKind};
use crate::state::id::{AccountId, secret};
use crate::wire::xml::{Xml, iso8601};

pub(super) const OPERATIONS: Family = &[
    ("CreateServiceSpecificCredential", create),
    ("ListServiceSpecificCredentials", list),
    ("ResetServiceSpecificCredential", reset),
    ("UpdateServiceSpecificCredential", |context| {
        extra::set_status(context, ExtraKind::ServiceCredential, ID).map(|()| None)
    }),
    ("DeleteServiceSpecificCredential", |context| {
        extra::remove(context, ExtraKind::ServiceCredential, ID).map(|()| None)
    }),
];

const ID: &str = "ServiceSpecificCredentialId";
/// For each service.
const MOST: usize = 2;

fn create(context: &mut Context<'_>) -> Reply {
    let (account, name) = (context.account(), context.required("UserName")?.to_owned());
    let service = context.required("ServiceName")?.to_owned();
    let present = extra::of_user(context, &name, ExtraKind::ServiceCredential)?;
    if present.iter().filter(|extra| extra.body == service).count() >= MOST {
        return Err(quota("ServiceSpecificCredentialsPerUser", MOST));
    }
    let password = secret(&mut context.world.rng);
    let made = extra::add(context, &name, ExtraKind::ServiceCredential, "ACCA", service)?;
    let described = describe(account, &name, &made).leaf("ServicePassword", password);
    Ok(Some(Xml::default().node("ServiceSpecificCredential", described)))
}

/// A new password for the same credential.
fn reset(context: &mut Context<'_>) -> Reply {
    let (account, name) = (context.account(), context.user_name()?);
    let id = context.required(ID)?.to_owned();
    let found = extra::of_user(context, &name, ExtraKind::ServiceCredential)?;
    let found = found.iter().find(|extra| extra.id == id);
    let found = found.ok_or_else(|| extra::missing(ExtraKind::ServiceCredential, &id))?;
    let described = describe(account, &name, found).leaf("ServicePassword", secret(&mut context.world.rng));
    Ok(Some(Xml::default().node("ServiceSpecificCredential", described)))
}

fn list(context: &mut Context<'_>) -> Reply {
    let (account, name) = (context.account(), context.user_name()?);
    let service = context.text("ServiceName").map(str::to_owned);
    let found = extra::of_user(context, &name, ExtraKind::ServiceCredential)?;
    let found = found.iter().filter(|extra| service.as_ref().is_none_or(|only| *only == extra.body));
    let (items, marker) = page(context, found.map(|extra| (&extra.id, extra)))?;
    let described = items.into_iter().map(|extra| describe(account, &name, extra));
    Ok(Some(truncation(Xml::default().list("ServiceSpecificCredentials", described), marker)))
}

fn describe(account: AccountId, name: &str, extra: &Extra) -> Xml {
    Xml::default()
        .leaf("UserName", name)
        .leaf("Status", status(extra.active))
        .leaf("ServiceUserName", format!("{name}-at-{account}"))
        .leaf("CreateDate", iso8601(extra.created_at))
        .leaf(ID, &extra.id)
        .leaf("ServiceName", &extra.body)
}
