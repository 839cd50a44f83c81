//! Inline policies of users, groups and roles.

use policy::Kind;

use super::holder::Holder;
use super::page::{page, truncation};
use super::{Context, Family, Reply, document, no_such_entity};
use crate::error::ApiError;
use crate::wire::query::encode;
use crate::wire::xml::Xml;

pub(super) const OPERATIONS: Family = &[
    ("PutUserPolicy", |context| put(context, Holder::User)),
    ("GetUserPolicy", |context| get(context, Holder::User)),
    ("DeleteUserPolicy", |context| delete(context, Holder::User)),
    ("ListUserPolicies", |context| list(context, Holder::User)),
    ("PutGroupPolicy", |context| put(context, Holder::Group)),
    ("GetGroupPolicy", |context| get(context, Holder::Group)),
    ("DeleteGroupPolicy", |context| delete(context, Holder::Group)),
    ("ListGroupPolicies", |context| list(context, Holder::Group)),
    ("PutRolePolicy", |context| put(context, Holder::Role)),
    ("GetRolePolicy", |context| get(context, Holder::Role)),
    ("DeleteRolePolicy", |context| delete(context, Holder::Role)),
    ("ListRolePolicies", |context| list(context, Holder::Role)),
];

fn put(context: &mut Context<'_>, holder: Holder) -> Reply {
    let (name, policy) = (holder.named(context)?, context.required("PolicyName")?.to_owned());
    let text = context.required("PolicyDocument")?.to_owned();
    let rights = holder.rights(context, &name)?;
    document::check(&text, Kind::Identity)?;
    let others = rights.inline.iter().filter(|(other, _)| **other != policy);
    let size: usize = others.map(|(_, text)| policy::size_without_whitespace(text)).sum();
    let most = holder.inline_limit();
    if size + policy::size_without_whitespace(&text) > most {
        let message = format!("Maximum policy size of {most} bytes exceeded for {} {name}", holder.word());
        return Err(ApiError::new("LimitExceeded", message).with_status(409));
    }
    rights.inline.insert(policy, text);
    Ok(None)
}

fn get(context: &mut Context<'_>, holder: Holder) -> Reply {
    let (name, policy) = (holder.named(context)?, context.required("PolicyName")?.to_owned());
    let held = holder.held(context, &name)?;
    let text = held.inline.get(&policy).ok_or_else(|| missing(holder, &policy))?;
    let xml = Xml::default().leaf(holder.parameter(), &name).leaf("PolicyName", &policy);
    Ok(Some(xml.leaf("PolicyDocument", encode(text, false))))
}

fn delete(context: &mut Context<'_>, holder: Holder) -> Reply {
    let (name, policy) = (holder.named(context)?, context.required("PolicyName")?.to_owned());
    holder.rights(context, &name)?.inline.remove(&policy).ok_or_else(|| missing(holder, &policy))?;
    Ok(None)
}

fn list(context: &mut Context<'_>, holder: Holder) -> Reply {
    let name = holder.named(context)?;
    let held = holder.held(context, &name)?;
    let (names, marker) = page(context, held.inline.keys().map(|name| (name, name.clone())))?;
    Ok(Some(truncation(Xml::default().texts("PolicyNames", names), marker)))
}

fn missing(holder: Holder, policy: &str) -> ApiError {
    no_such_entity(format!("The {} policy with name {policy} cannot be found.", holder.word()))
}
