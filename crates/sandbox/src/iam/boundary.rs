//! Permissions boundaries of users and roles.

use super::holder::Holder;
use super::{Context, Family, Reply, no_such_entity, policy};
use crate::error::ApiError;
use crate::wire::xml::Xml;

pub(super) const OPERATIONS: Family = &[
    ("PutUserPermissionsBoundary", |context| put(context, Holder::User)),
    ("DeleteUserPermissionsBoundary", |context| delete(context, Holder::User)),
    ("PutRolePermissionsBoundary", |context| put(context, Holder::Role)),
    ("DeleteRolePermissionsBoundary", |context| delete(context, Holder::Role)),
];

fn put(context: &mut Context<'_>, holder: Holder) -> Reply {
    let name = holder.named(context)?;
    context.required("PermissionsBoundary")?;
    holder.rights(context, &name)?;
    let boundary = wanted(context)?;
    holder.rights(context, &name)?.boundary = boundary;
    Ok(None)
}

fn delete(context: &mut Context<'_>, holder: Holder) -> Reply {
    let name = holder.named(context)?;
    if holder.rights(context, &name)?.boundary.take().is_none() {
        return Err(no_such_entity(format!("Permissions boundary of {} {name} cannot be found.", holder.word())));
    }
    Ok(None)
}

/// The boundary of the request, if it names one that exists.
pub(super) fn wanted(context: &mut Context<'_>) -> Result<Option<String>, ApiError> {
    let Some(arn) = context.text("PermissionsBoundary").map(str::to_owned) else { return Ok(None) };
    if !policy::exists(context, &arn) {
        return Err(no_such_entity(format!("Scope ARN: {arn} does not exist or is not attachable.")));
    }
    Ok(Some(arn))
}

/// Adds the boundary to a description.
pub(super) fn described(xml: Xml, arn: Option<&str>) -> Xml {
    match arn {
        None => xml,
        Some(arn) => xml.node(
            "PermissionsBoundary",
            Xml::default()
                .leaf("PermissionsBoundaryType", "PermissionsBoundaryPolicy")
                .leaf("PermissionsBoundaryArn", arn),
        ),
    }
}
