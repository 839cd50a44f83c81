//! Managed policies: the account's own, and AWS's to be read.

use policy::Kind;
use policy::managed::{self, ManagedPolicy};

use super::page::{page, truncation};
use super::tag::{given, tags_xml};
use super::{Context, Family, Reply, already_exists, delete_conflict, document, no_such_entity};
use crate::error::ApiError;
use crate::state::iam::AccountIam;
use crate::state::iam_policy::Policy;
use crate::state::id::{AccountId, upper};
use crate::state::organization::Tags;
use crate::wire::xml::{Xml, iso8601};

pub(super) const OPERATIONS: Family =
    &[("CreatePolicy", create), ("GetPolicy", get), ("ListPolicies", list), ("DeletePolicy", delete)];

/// Characters of a document without whitespace.
const LARGEST: usize = policy::MANAGED_POLICY_LIMIT;

impl Context<'_> {
    /// The account's own policy that the request names by its ARN, with its ARN.
    pub(super) fn own_policy(&mut self) -> Result<(String, &mut Policy), ApiError> {
        let (account, arn) = (self.account(), self.required("PolicyArn")?.to_owned());
        if arn.starts_with(managed::ARN_PREFIX) {
            let message = "Policy is outside your own account.";
            return Err(ApiError::new("AccessDenied", message).with_status(403));
        }
        let key = key_of(account, &arn).unwrap_or_default().to_owned();
        match self.own().policies.get_mut(&key) {
            Some(policy) => Ok((arn, policy)),
            None => Err(missing(&arn)),
        }
    }
}

/// Whether a policy can be attached in the caller's account.
pub(super) fn exists(context: &mut Context<'_>, arn: &str) -> bool {
    if arn.starts_with(managed::ARN_PREFIX) {
        let known = context.config.known_managed_policies.as_ref().is_some_and(|known| known.contains(arn));
        return known || managed::by_arn(arn).is_some();
    }
    let account = context.account();
    key_of(account, arn).is_some_and(|key| context.own().policies.contains_key(key))
}

/// The tags of the policy that the request names.
pub(super) fn tags<'a>(context: &'a mut Context<'_>) -> Result<&'a mut Tags, ApiError> {
    Ok(&mut context.own_policy()?.1.tags)
}

pub(super) fn missing(arn: &str) -> ApiError {
    no_such_entity(format!("Policy {arn} was not found."))
}

fn get(context: &mut Context<'_>) -> Reply {
    let (account, arn) = (context.account(), context.required("PolicyArn")?.to_owned());
    let iam = context.own();
    if let Some(policy) = managed::by_arn(&arn) {
        return Ok(Some(Xml::default().node("Policy", describe_managed(account, policy, iam))));
    }
    let key = key_of(account, &arn).unwrap_or_default();
    let policy = iam.policies.get(key).ok_or_else(|| missing(&arn))?;
    Ok(Some(Xml::default().node("Policy", describe(account, key, policy, iam, true))))
}

fn list(context: &mut Context<'_>) -> Reply {
    let account = context.account();
    let scope = context.text("Scope").unwrap_or("All");
    let prefix = context.text("PathPrefix").unwrap_or("/").to_owned();
    let only_attached = context.text("OnlyAttached") == Some("true");
    let boundaries = context.text("PolicyUsageFilter") == Some("PermissionsBoundary");
    let Some(iam) = context.world.iam.get(&account) else {
        return Ok(Some(truncation(Xml::default().list("Policies", []), None)));
    };
    let wanted = |arn: &str| {
        let path = arn.split_once(":policy").is_some_and(|(_, path)| path.starts_with(&prefix));
        let uses = || if boundaries { iam.boundary_uses(account, arn) } else { iam.attachments(account, arn) };
        path && (!(only_attached || boundaries) || uses() > 0)
    };
    let own = iam.policies.iter().filter(|_| scope != "AWS");
    let own = own.map(|(key, policy)| (arn_of(account, key), describe(account, key, policy, iam, false)));
    // AWS's policies in the order of their ARNs, so that a marker means the same on every page
    let mut of_aws: Vec<&ManagedPolicy> = managed::all().iter().filter(|_| scope != "Local").collect();
    of_aws.sort_by_cached_key(|policy| policy.arn());
    let of_aws = of_aws.into_iter().map(|policy| (policy.arn(), describe_managed(account, *policy, iam)));
    let found = own.chain(of_aws).filter(|(arn, _)| wanted(arn));
    let (described, marker) = page(context, found)?;
    Ok(Some(truncation(Xml::default().list("Policies", described), marker)))
}

fn create(context: &mut Context<'_>) -> Reply {
    let account = context.account();
    let name = context.required("PolicyName")?.to_owned();
    let key = format!("{}{name}", context.path());
    let document = context.required("PolicyDocument")?.to_owned();
    check_document(&document)?;
    let tags = given(context.form)?;
    let taken = |other: &String| other.rsplit('/').next().is_some_and(|other| other.eq_ignore_ascii_case(&name));
    if context.own().policies.keys().any(taken) {
        return Err(already_exists(format!("A policy called {name} already exists. Duplicate names are not allowed.")));
    }
    let id = format!("ANPA{}", upper(&mut context.world.rng, 17));
    let mut policy = Policy::new(id, document, context.now);
    policy.description = context.text("Description").map(str::to_owned);
    policy.tags = tags;
    let iam = context.own();
    let described = describe(account, &key, &policy, iam, true);
    iam.policies.insert(key, policy);
    Ok(Some(Xml::default().node("Policy", described)))
}

fn delete(context: &mut Context<'_>) -> Reply {
    let account = context.account();
    let (arn, policy) = context.own_policy()?;
    let versions = policy.versions.len();
    let iam = context.own();
    if iam.attachments(account, &arn) + iam.boundary_uses(account, &arn) > 0 {
        return Err(delete_conflict("Cannot delete a policy attached to entities."));
    }
    if versions > 1 {
        return Err(delete_conflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. \
             The default version is deleted with the policy.",
        ));
    }
    iam.policies.remove(key_of(account, &arn).unwrap_or_default());
    Ok(None)
}

pub(super) fn check_document(text: &str) -> Result<(), ApiError> {
    document::check(text, Kind::Identity)?;
    if policy::size_without_whitespace(text) > LARGEST {
        let message = format!("Cannot exceed quota for PolicySize: {LARGEST}");
        return Err(ApiError::new("LimitExceeded", message).with_status(409));
    }
    Ok(())
}

/// Path and name (`/team/deploy`) of one of the account's own policies.
pub(super) fn key_of(account: AccountId, arn: &str) -> Option<&str> {
    arn.strip_prefix(&format!("arn:aws:iam::{account}:policy"))
}

pub(super) fn arn_of(account: AccountId, key: &str) -> String {
    format!("arn:aws:iam::{account}:policy{key}")
}

/// Description and tags are told of a single policy only.
pub(super) fn describe(account: AccountId, key: &str, policy: &Policy, iam: &AccountIam, in_full: bool) -> Xml {
    let (path, name) = key.rsplit_once('/').unwrap_or(("", key));
    let arn = arn_of(account, key);
    let xml = Xml::default()
        .leaf("PolicyName", name)
        .leaf("PolicyId", &policy.id)
        .leaf("Arn", &arn)
        .leaf("Path", format!("{path}/"))
        .leaf("DefaultVersionId", format!("v{}", policy.default_version))
        .leaf("AttachmentCount", iam.attachments(account, &arn).to_string())
        .leaf("PermissionsBoundaryUsageCount", iam.boundary_uses(account, &arn).to_string())
        .leaf("IsAttachable", "true")
        .leaf("CreateDate", iso8601(policy.created_at))
        .leaf("UpdateDate", iso8601(policy.updated_at));
    if !in_full {
        return xml;
    }
    xml.maybe("Description", policy.description.as_ref()).list("Tags", tags_xml(&policy.tags))
}

/// When AWS first published it is not in the embedded data: the newest version's date stands for it.
pub(super) fn describe_managed(account: AccountId, policy: ManagedPolicy, iam: &AccountIam) -> Xml {
    let arn = policy.arn();
    Xml::default()
        .leaf("PolicyName", policy.name)
        .leaf("PolicyId", format!("ANPA{}", managed_id(policy.name)))
        .leaf("Arn", &arn)
        .leaf("Path", policy.path)
        .leaf("DefaultVersionId", policy.version)
        .leaf("AttachmentCount", iam.attachments(account, &arn).to_string())
        .leaf("PermissionsBoundaryUsageCount", iam.boundary_uses(account, &arn).to_string())
        .leaf("IsAttachable", "true")
        .leaf("CreateDate", policy.updated)
        .leaf("UpdateDate", policy.updated)
}

/// Seventeen characters made of the name: the same policy has the same id everywhere.
fn managed_id(name: &str) -> String {
    use sha2::{Digest, Sha256};
    hex::encode_upper(Sha256::digest(name)).chars().take(17).collect()
}
