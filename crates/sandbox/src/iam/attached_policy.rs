//! Managed policies attached to users, groups and roles.

use super::holder::Holder;
use super::page::{page, truncation};
use super::{Context, Family, Reply, no_such_entity, policy, quota};
use crate::wire::xml::Xml;

pub(super) const OPERATIONS: Family = &[
    ("AttachUserPolicy", |context| attach(context, Holder::User)),
    ("DetachUserPolicy", |context| detach(context, Holder::User)),
    ("ListAttachedUserPolicies", |context| list(context, Holder::User)),
    ("AttachGroupPolicy", |context| attach(context, Holder::Group)),
    ("DetachGroupPolicy", |context| detach(context, Holder::Group)),
    ("ListAttachedGroupPolicies", |context| list(context, Holder::Group)),
    ("AttachRolePolicy", |context| attach(context, Holder::Role)),
    ("DetachRolePolicy", |context| detach(context, Holder::Role)),
    ("ListAttachedRolePolicies", |context| list(context, Holder::Role)),
];

/// IAM's own default; more can be asked for in each account.
const MOST: usize = 10;

/// Attaching what is attached succeeds.
fn attach(context: &mut Context<'_>, holder: Holder) -> Reply {
    let (name, arn) = (holder.named(context)?, context.required("PolicyArn")?.to_owned());
    holder.rights(context, &name)?;
    if !policy::exists(context, &arn) {
        return Err(no_such_entity(format!("Policy {arn} does not exist or is not attachable.")));
    }
    let attached = &mut holder.rights(context, &name)?.attached;
    if attached.contains(&arn) {
        return Ok(None);
    }
    if attached.len() >= MOST {
        return Err(quota(holder.attached_quota(), MOST));
    }
    attached.push(arn);
    Ok(None)
}

fn detach(context: &mut Context<'_>, holder: Holder) -> Reply {
    let (name, arn) = (holder.named(context)?, context.required("PolicyArn")?.to_owned());
    let attached = &mut holder.rights(context, &name)?.attached;
    if !attached.contains(&arn) {
        return Err(no_such_entity(format!("Policy {arn} was not found.")));
    }
    attached.retain(|other| *other != arn);
    Ok(None)
}

fn list(context: &mut Context<'_>, holder: Holder) -> Reply {
    let name = holder.named(context)?;
    let prefix = context.text("PathPrefix").unwrap_or("/").to_owned();
    let mut attached = holder.held(context, &name)?.attached;
    attached.retain(|arn| arn.split_once(":policy").is_some_and(|(_, path)| path.starts_with(&prefix)));
    attached.sort();
    let (items, marker) = page(context, attached.iter().map(|arn| (arn, arn)))?;
    Ok(Some(truncation(Xml::default().list("AttachedPolicies", items.into_iter().map(|arn| written(arn))), marker)))
}

/// Name and ARN.
pub(super) fn written(arn: &str) -> Xml {
    Xml::default().leaf("PolicyName", arn.rsplit('/').next().unwrap_or(arn)).leaf("PolicyArn", arn)
}
