//! Tags of everything in IAM that has some.

use std::collections::BTreeSet;

use super::page::{page, truncation};
use super::{
    Context, Family, Reply, holder, instance_profile, mfa_device, oidc_provider, policy, saml_provider,
    server_certificate,
};
use crate::error::ApiError;
use crate::state::organization::Tags;
use crate::wire::query::Form;
use crate::wire::xml::Xml;

pub(super) const OPERATIONS: Family = &[
    ("TagUser", |context| add(context, user)),
    ("UntagUser", |context| remove(context, user)),
    ("ListUserTags", |context| list(context, user)),
    ("TagRole", |context| add(context, role)),
    ("UntagRole", |context| remove(context, role)),
    ("ListRoleTags", |context| list(context, role)),
    ("TagPolicy", |context| add(context, policy::tags)),
    ("UntagPolicy", |context| remove(context, policy::tags)),
    ("ListPolicyTags", |context| list(context, policy::tags)),
    ("TagInstanceProfile", |context| add(context, instance_profile::tags)),
    ("UntagInstanceProfile", |context| remove(context, instance_profile::tags)),
    ("ListInstanceProfileTags", |context| list(context, instance_profile::tags)),
    ("TagMFADevice", |context| add(context, mfa_device::tags)),
    ("UntagMFADevice", |context| remove(context, mfa_device::tags)),
    ("ListMFADeviceTags", |context| list(context, mfa_device::tags)),
    ("TagOpenIDConnectProvider", |context| add(context, oidc_provider::tags)),
    ("UntagOpenIDConnectProvider", |context| remove(context, oidc_provider::tags)),
    ("ListOpenIDConnectProviderTags", |context| list(context, oidc_provider::tags)),
    ("TagSAMLProvider", |context| add(context, saml_provider::tags)),
    ("UntagSAMLProvider", |context| remove(context, saml_provider::tags)),
    ("ListSAMLProviderTags", |context| list(context, saml_provider::tags)),
    ("TagServerCertificate", |context| add(context, server_certificate::tags)),
    ("UntagServerCertificate", |context| remove(context, server_certificate::tags)),
    ("ListServerCertificateTags", |context| list(context, server_certificate::tags)),
];

/// Tags of one resource.
const MOST: usize = 50;

type Find = for<'a> fn(&'a mut Context<'_>) -> Result<&'a mut Tags, ApiError>;

fn user<'a>(context: &'a mut Context<'_>) -> Result<&'a mut Tags, ApiError> {
    let name = context.required("UserName")?.to_owned();
    Ok(&mut context.user(&name)?.tags)
}

fn role<'a>(context: &'a mut Context<'_>) -> Result<&'a mut Tags, ApiError> {
    let name = context.required("RoleName")?.to_owned();
    let role = context.role(&name)?;
    if holder::is_protected(&role.path) && role.is_reserved() {
        return Err(holder::protected(&name));
    }
    Ok(&mut role.tags)
}

fn add(context: &mut Context<'_>, find: Find) -> Reply {
    let new = given(context.form)?;
    let kept = find(context)?;
    let mut merged = kept.clone();
    merged.extend(new);
    check(&merged)?;
    *kept = merged;
    Ok(None)
}

fn remove(context: &mut Context<'_>, find: Find) -> Reply {
    let gone = context.form.texts("TagKeys");
    find(context)?.retain(|key, _| !gone.contains(key));
    Ok(None)
}

fn list(context: &mut Context<'_>, find: Find) -> Reply {
    let tags = find(context)?.clone();
    let (items, marker) = page(context, tags.iter().map(|(key, value)| (key, (key, value))))?;
    let written = items.into_iter().map(|(key, value)| Xml::default().leaf("Key", key).leaf("Value", value));
    Ok(Some(truncation(Xml::default().list("Tags", written), marker)))
}

/// The tags of a request.
pub(super) fn given(form: &Form) -> Result<Tags, ApiError> {
    let members = form.members("Tags");
    let pairs: Vec<(String, String)> = members
        .iter()
        .filter_map(|tag| Some((tag.get("Key")?.to_owned(), tag.get("Value").unwrap_or_default().to_owned())))
        .collect();
    let distinct: BTreeSet<String> = pairs.iter().map(|(key, _)| key.to_lowercase()).collect();
    let count = pairs.len();
    let tags: Tags = pairs.into_iter().collect();
    if distinct.len() < count {
        return Err(ApiError::new(
            "InvalidInput",
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
        ));
    }
    check(&tags)?;
    Ok(tags)
}

fn check(tags: &Tags) -> Result<(), ApiError> {
    if tags.len() > MOST {
        let message = format!("The number of tags has reached the maximum limit of {MOST}.");
        return Err(ApiError::new("LimitExceeded", message).with_status(409));
    }
    Ok(())
}

pub(super) fn tags_xml(tags: &Tags) -> impl Iterator<Item = Xml> {
    tags.iter().map(|(key, value)| Xml::default().leaf("Key", key).leaf("Value", value))
}
