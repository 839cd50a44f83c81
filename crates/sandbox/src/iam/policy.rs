//! Customer managed policies. Each has one version.

use super::{Context, already_exists, no_such_entity, page, tags, tags_xml, truncation};
use crate::error::ApiError;
use crate::state::iam::{AccountIam, Policy, Rights};
use crate::state::id::{AccountId, upper};
use crate::wire::query::encode;
use crate::wire::xml::{Xml, iso8601};

pub(super) fn get(context: &mut Context<'_>) -> Result<Xml, ApiError> {
    let (account, key) = named(context)?;
    let iam = context.own();
    let policy = iam.policies.get(&key).ok_or_else(|| missing(account, &key))?;
    Ok(Xml::default().node("Policy", describe(account, &key, policy, iam)))
}

pub(super) fn get_version(context: &mut Context<'_>) -> Result<Xml, ApiError> {
    let (account, key) = named(context)?;
    let version = context.required("VersionId")?.to_owned();
    let policy = context.own().policies.get(&key).filter(|_| version == "v1").ok_or_else(|| missing(account, &key))?;
    let detail = Xml::default()
        .leaf("Document", encode(&policy.document, false))
        .leaf("VersionId", "v1")
        .leaf("IsDefaultVersion", "true")
        .leaf("CreateDate", iso8601(policy.created_at));
    Ok(Xml::default().node("PolicyVersion", detail))
}

/// Lists the account's own policies; those of AWS are not kept here.
pub(super) fn list(context: &mut Context<'_>) -> Result<Xml, ApiError> {
    let account = context.account();
    let local = context.form.get("Scope").is_none_or(|scope| scope == "Local" || scope == "All");
    let prefix = context.form.get("PathPrefix").unwrap_or("/").to_owned();
    let Some(iam) = context.world.iam.get(&account).filter(|_| local) else {
        return Ok(truncation(Xml::default().list("Policies", []), None));
    };
    let found = iam.policies.iter().filter(|(key, _)| key.starts_with(&prefix));
    let (items, marker) = page(context, found.map(|(key, policy)| (key.as_str(), (key, policy))));
    let described: Vec<Xml> = items.into_iter().map(|(key, policy)| describe(account, key, policy, iam)).collect();
    Ok(truncation(Xml::default().list("Policies", described), marker))
}

pub(super) fn create(context: &mut Context<'_>) -> Result<Xml, ApiError> {
    let account = context.account();
    let name = context.required("PolicyName")?;
    let path = context.form.get("Path").unwrap_or("/");
    let key = format!("{path}{name}");
    let document = context.required("PolicyDocument")?.to_owned();
    if !matches!(serde_json::from_str(&document), Ok(serde_json::Value::Object(_))) {
        return Err(ApiError::new("MalformedPolicyDocument", "Syntax errors in policy."));
    }
    let policy = Policy {
        id: format!("ANPA{}", upper(&mut context.world.rng, 17)),
        document,
        description: context.form.get("Description").map(str::to_owned),
        created_at: context.now,
        tags: tags(context.form).into_iter().collect(),
    };
    let iam = context.own();
    if iam.policies.contains_key(&key) {
        let bare = key.rsplit('/').next().unwrap_or(&key);
        return Err(already_exists(format!("A policy called {bare} already exists. Duplicate names are not allowed.")));
    }
    let described = describe(account, &key, &policy, iam);
    iam.policies.insert(key, policy);
    Ok(Xml::default().node("Policy", described))
}

pub(super) fn delete(context: &mut Context<'_>) -> Result<(), ApiError> {
    let (account, key) = named(context)?;
    let iam = context.own();
    if !iam.policies.contains_key(&key) {
        return Err(missing(account, &key));
    }
    if attachments(account, &key, iam) > 0 {
        let message = "Cannot delete a policy attached to entities.";
        return Err(ApiError::new("DeleteConflict", message).with_status(409));
    }
    iam.policies.remove(&key);
    Ok(())
}

/// The caller's account and the policy's key in it.
fn named(context: &Context<'_>) -> Result<(AccountId, String), ApiError> {
    let account = context.account();
    let arn = context.required("PolicyArn")?;
    let key = arn.strip_prefix(&format!("arn:aws:iam::{account}:policy"));
    let key = key.ok_or_else(|| no_such_entity(format!("Policy {arn} was not found.")))?;
    Ok((account, key.to_owned()))
}

fn missing(account: AccountId, key: &str) -> ApiError {
    no_such_entity(format!("Policy arn:aws:iam::{account}:policy{key} was not found."))
}

fn attachments(account: AccountId, key: &str, iam: &AccountIam) -> usize {
    let arn = format!("arn:aws:iam::{account}:policy{key}");
    let uses = iam.roles.values().filter(|role| match &role.rights {
        Rights::Reserved(content) if content.customer.is_empty() => false,
        _ => role.attached(account).contains(&arn),
    });
    uses.count()
}

fn describe(account: AccountId, key: &str, policy: &Policy, iam: &AccountIam) -> Xml {
    let (path, name) = key.rsplit_once('/').unwrap_or(("", key));
    let created = iso8601(policy.created_at);
    Xml::default()
        .leaf("PolicyName", name)
        .leaf("PolicyId", &policy.id)
        .leaf("Arn", format!("arn:aws:iam::{account}:policy{key}"))
        .leaf("Path", format!("{path}/"))
        .leaf("DefaultVersionId", "v1")
        .leaf("AttachmentCount", attachments(account, key, iam).to_string())
        .leaf("PermissionsBoundaryUsageCount", "0")
        .leaf("IsAttachable", "true")
        .maybe("Description", policy.description.as_ref())
        .leaf("CreateDate", &created)
        .leaf("UpdateDate", &created)
        .list("Tags", tags_xml(&policy.tags))
}
