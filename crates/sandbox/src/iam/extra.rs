//! What SSH keys, service-specific credentials and signing certificates have in common.

use super::{Context, no_such_entity};
use crate::error::ApiError;
use crate::state::iam_user::{Extra, ExtraKind};
use crate::state::id::upper;

/// Adds one to the user, with an id of this prefix.
pub(super) fn add(
    context: &mut Context<'_>,
    name: &str,
    kind: ExtraKind,
    prefix: &str,
    body: String,
) -> Result<Extra, ApiError> {
    context.user(name)?;
    let id = format!("{prefix}{}", upper(&mut context.world.rng, 20));
    let extra = Extra { kind, id, created_at: context.now, active: true, body };
    context.user(name)?.extras.push(extra.clone());
    Ok(extra)
}

/// Sets the status of the one that the request names in `parameter`.
pub(super) fn set_status(context: &mut Context<'_>, kind: ExtraKind, parameter: &str) -> Result<(), ApiError> {
    let (name, id) = (context.user_name()?, context.required(parameter)?.to_owned());
    let active = context.required("Status")? == "Active";
    let extras = &mut context.user(&name)?.extras;
    let found = extras.iter_mut().find(|extra| extra.kind == kind && extra.id == id);
    found.ok_or_else(|| missing(kind, &id))?.active = active;
    Ok(())
}

pub(super) fn remove(context: &mut Context<'_>, kind: ExtraKind, parameter: &str) -> Result<(), ApiError> {
    let (name, id) = (context.user_name()?, context.required(parameter)?.to_owned());
    let extras = &mut context.user(&name)?.extras;
    let at = extras.iter().position(|extra| extra.kind == kind && extra.id == id);
    extras.remove(at.ok_or_else(|| missing(kind, &id))?);
    Ok(())
}

/// Those of one user, by id.
pub(super) fn of_user(context: &mut Context<'_>, name: &str, kind: ExtraKind) -> Result<Vec<Extra>, ApiError> {
    let mut found: Vec<Extra> = context.user(name)?.extras_of(kind).cloned().collect();
    found.sort_by(|left, right| left.id.cmp(&right.id));
    Ok(found)
}

pub(super) fn missing(kind: ExtraKind, id: &str) -> ApiError {
    no_such_entity(match kind {
        ExtraKind::SshKey => format!("The Public Key with id {id} cannot be found."),
        ExtraKind::ServiceCredential => format!("No such credential {id} exists"),
        ExtraKind::Certificate => format!("The Certificate with id {id} cannot be found."),
    })
}
