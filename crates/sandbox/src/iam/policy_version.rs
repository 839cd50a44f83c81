//! Versions of managed policies.

use policy::managed;

use super::page::{page, truncation};
use super::{Context, Family, Reply, delete_conflict, no_such_entity, policy as own};
use crate::error::ApiError;
use crate::state::iam_policy::PolicyVersion;
use crate::wire::query::encode;
use crate::wire::xml::{Xml, iso8601};

pub(super) const OPERATIONS: Family = &[
    ("CreatePolicyVersion", create),
    ("GetPolicyVersion", get),
    ("ListPolicyVersions", list),
    ("DeletePolicyVersion", delete),
    ("SetDefaultPolicyVersion", set_default),
];

const MOST: usize = 5;

fn create(context: &mut Context<'_>) -> Reply {
    let (document, now) = (context.required("PolicyDocument")?.to_owned(), context.now);
    let as_default = context.text("SetAsDefault") == Some("true");
    let (_, policy) = context.own_policy()?;
    own::check_document(&document)?;
    if policy.versions.len() >= MOST {
        let message = "A managed policy can have up to 5 versions. Before you create a new version, you must delete an \
                       existing version.";
        return Err(ApiError::new("LimitExceeded", message).with_status(409));
    }
    let number = policy.next_version;
    policy.next_version += 1;
    policy.versions.insert(number, PolicyVersion { document, created_at: now });
    if as_default {
        policy.default_version = number;
        policy.updated_at = now;
    }
    let described = Xml::default()
        .leaf("VersionId", format!("v{number}"))
        .leaf("IsDefaultVersion", flag(as_default))
        .leaf("CreateDate", iso8601(now));
    Ok(Some(Xml::default().node("PolicyVersion", described)))
}

fn get(context: &mut Context<'_>) -> Reply {
    let arn = context.required("PolicyArn")?.to_owned();
    let wanted = context.required("VersionId")?.to_owned();
    if let Some(policy) = managed::by_arn(&arn) {
        if policy.version != wanted {
            return Err(missing(&arn, &wanted));
        }
        let described = Xml::default()
            .leaf("Document", encode(policy.document(), false))
            .leaf("VersionId", policy.version)
            .leaf("IsDefaultVersion", "true")
            .leaf("CreateDate", policy.updated);
        return Ok(Some(Xml::default().node("PolicyVersion", described)));
    }
    let (arn, policy) = context.own_policy()?;
    let version = number(&wanted).and_then(|number| policy.versions.get_key_value(&number));
    let (number, version) = version.ok_or_else(|| missing(&arn, &wanted))?;
    let described = describe(*number, version, *number == policy.default_version, true);
    Ok(Some(Xml::default().node("PolicyVersion", described)))
}

/// Newest first, as AWS lists them.
fn list(context: &mut Context<'_>) -> Reply {
    let arn = context.required("PolicyArn")?;
    if let Some(policy) = managed::by_arn(arn) {
        let only = Xml::default().leaf("VersionId", policy.version).leaf("IsDefaultVersion", "true");
        let only = only.leaf("CreateDate", policy.updated);
        return Ok(Some(truncation(Xml::default().list("Versions", [only]), None)));
    }
    let policy = context.own_policy()?.1.clone();
    let newest_first = policy.versions.iter().rev();
    let keyed = newest_first.map(|(number, version)| {
        let key = format!("{:010}", u32::MAX - number);
        (key, describe(*number, version, *number == policy.default_version, false))
    });
    let (described, marker) = page(context, keyed)?;
    Ok(Some(truncation(Xml::default().list("Versions", described), marker)))
}

fn delete(context: &mut Context<'_>) -> Reply {
    let wanted = context.required("VersionId")?.to_owned();
    let (arn, policy) = context.own_policy()?;
    let number = number(&wanted).filter(|number| policy.versions.contains_key(number));
    let number = number.ok_or_else(|| missing(&arn, &wanted))?;
    if number == policy.default_version {
        return Err(delete_conflict("Cannot delete the default version of a policy."));
    }
    policy.versions.remove(&number);
    Ok(None)
}

fn set_default(context: &mut Context<'_>) -> Reply {
    let (wanted, now) = (context.required("VersionId")?.to_owned(), context.now);
    let (arn, policy) = context.own_policy()?;
    let number = number(&wanted).filter(|number| policy.versions.contains_key(number));
    policy.default_version = number.ok_or_else(|| missing(&arn, &wanted))?;
    policy.updated_at = now;
    Ok(None)
}

pub(super) fn describe(number: u32, version: &PolicyVersion, is_default: bool, with_document: bool) -> Xml {
    let document = with_document.then(|| encode(&version.document, false));
    Xml::default()
        .maybe("Document", document)
        .leaf("VersionId", format!("v{number}"))
        .leaf("IsDefaultVersion", flag(is_default))
        .leaf("CreateDate", iso8601(version.created_at))
}

fn flag(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

fn number(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.parse().ok()
}

fn missing(arn: &str, version: &str) -> ApiError {
    no_such_entity(format!("Policy {arn} version {version} does not exist or is not attachable."))
}
