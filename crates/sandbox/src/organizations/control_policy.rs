//! Service control policies. Other policy types are not served.

use policy::Kind;
use serde_json::{Value, json};

use super::{PAGE, organization};
use crate::call::{Call, Standing, tags};
use crate::error::{Answer, ApiError, done};
use crate::page::{Page, answer};
use crate::state::id::{AccountId, lower};
use crate::state::organization::{ControlPolicy, FULL_ACCESS};

const TYPE: &str = "SERVICE_CONTROL_POLICY";
/// Bytes of a policy, white space included.
const LARGEST: usize = 10_240;
/// Policies on one target.
const MOST_ATTACHED: usize = 10;

pub(super) fn enable(call: &mut Call<'_>) -> Answer {
    check_root(call)?;
    if call.world.organization.controls {
        return Err(ApiError::new(
            "PolicyTypeAlreadyEnabledException",
            "The specified policy type is already enabled.",
        ));
    }
    call.world.organization.enable_controls();
    Ok(json!({"Root": organization::root(call)}))
}

/// Takes every attachment away; enabling it again brings back only AWS's own policy.
pub(super) fn disable(call: &mut Call<'_>) -> Answer {
    check_root(call)?;
    let organization = &mut call.world.organization;
    if !organization.controls {
        return Err(not_enabled());
    }
    organization.controls = false;
    organization.attached.clear();
    Ok(json!({"Root": organization::root(call)}))
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    check_type(call, "Type")?;
    let (name, content) = (call.required("Name")?.to_owned(), call.required("Content")?.to_owned());
    check_content(&content)?;
    check_name(call, &name, "")?;
    let description = call.text("Description").unwrap_or_default().to_owned();
    let tags = tags(call.input.get("Tags")).into_iter().collect();
    let id = format!("p-{}", lower(&mut call.world.rng, 8));
    let made = ControlPolicy { name, description, content, of_aws: false, tags };
    call.world.organization.policies.insert(id.clone(), made);
    described(call, &id)
}

pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let id = own(call)?;
    let name = call.text("Name").map(str::to_owned);
    let (description, content) = (call.text("Description").map(str::to_owned), call.text("Content").map(str::to_owned));
    if let Some(content) = &content {
        check_content(content)?;
    }
    if let Some(name) = &name {
        check_name(call, name, &id)?;
    }
    if let Some(policy) = call.world.organization.policies.get_mut(&id) {
        policy.name = name.unwrap_or_else(|| policy.name.clone());
        policy.description = description.unwrap_or_else(|| policy.description.clone());
        policy.content = content.unwrap_or_else(|| policy.content.clone());
    }
    described(call, &id)
}

pub(super) fn describe(call: &Call<'_>) -> Answer {
    let id = existing(call)?;
    described(call, &id)
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let id = own(call)?;
    let organization = &mut call.world.organization;
    if organization.attached.values().any(|ids| ids.contains(&id)) {
        let message = "The policy is attached to one or more entities. You must detach it before you can delete it.";
        return Err(ApiError::new("PolicyInUseException", message));
    }
    organization.policies.remove(&id);
    done()
}

pub(super) fn list(call: &Call<'_>) -> Answer {
    check_type(call, "Filter")?;
    let ids = call.world.organization.policies.keys();
    answer("Policies", Page::<u64>::of(call, PAGE)?.slice(ids.filter_map(|id| summary(call, id))))
}

/// There are no policies here of the types that effective ones are made from, so no account has any. A member may ask after itself alone: AWS's
/// Reference: API operations by account.
pub(super) fn effective(call: &Call<'_>) -> Answer {
    let own = call.caller.identity.account;
    let asked = match call.text("TargetId") {
        Some(text) => AccountId::parse(text),
        None => Some(own),
    };
    if call.caller.standing == Standing::Member && asked != Some(own) {
        return Err(call.not_authorized());
    }
    if !asked.is_some_and(|id| call.world.organization.accounts.contains_key(&id)) {
        return Err(no_target());
    }
    let message = "You attempted to describe an effective policy that doesn't exist.";
    Err(ApiError::new("EffectivePolicyNotFoundException", message))
}

pub(super) fn attach(call: &mut Call<'_>) -> Answer {
    let (id, target) = (existing(call)?, target(call)?);
    let organization = &mut call.world.organization;
    if !organization.controls {
        return Err(not_enabled());
    }
    let attached = organization.attached.entry(target).or_default();
    if attached.contains(&id) {
        let message = "The selected policy is already attached to the specified target.";
        return Err(ApiError::new("DuplicatePolicyAttachmentException", message));
    }
    if attached.len() >= MOST_ATTACHED {
        return Err(limit(
            "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            "You have exceeded the number of attached policies.",
        ));
    }
    attached.insert(id);
    done()
}

/// The last one stays: a target without any would lose every right.
pub(super) fn detach(call: &mut Call<'_>) -> Answer {
    let (id, target) = (existing(call)?, target(call)?);
    let attached = call.world.organization.attached.entry(target).or_default();
    if !attached.contains(&id) {
        let message = "The policy isn't attached to the specified target in the specified root.";
        return Err(ApiError::new("PolicyNotAttachedException", message));
    }
    if attached.len() == 1 {
        return Err(limit(
            "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            "You cannot remove the last policy of this type.",
        ));
    }
    attached.remove(&id);
    done()
}

pub(super) fn list_of_target(call: &Call<'_>) -> Answer {
    check_type(call, "Filter")?;
    let target = target(call)?;
    let ids = call.world.organization.attached.get(&target).into_iter().flatten();
    answer("Policies", Page::<u64>::of(call, PAGE)?.slice(ids.filter_map(|id| summary(call, id))))
}

pub(super) fn list_targets(call: &Call<'_>) -> Answer {
    let id = existing(call)?;
    let organization = &call.world.organization;
    let targets = organization.attached.iter().filter(|(_, ids)| ids.contains(&id));
    let rows = targets.map(|(target, _)| {
        let account = AccountId::parse(target).and_then(|id| organization.accounts.get(&id));
        let unit = organization.units.get(target);
        match (account, unit) {
            (Some(account), _) => json!({
                "TargetId": target, "Arn": organization.account_arn(account.id), "Name": account.name, "Type": "ACCOUNT",
            }),
            (None, Some(unit)) => json!({
                "TargetId": target, "Arn": organization.unit_arn(&unit.id), "Name": unit.name, "Type": "ORGANIZATIONAL_UNIT",
            }),
            (None, None) => json!({
                "TargetId": target, "Arn": organization.root_arn(), "Name": "Root", "Type": "ROOT",
            }),
        }
    });
    answer("Targets", Page::<u64>::of(call, PAGE)?.slice(rows))
}

fn check_root(call: &Call<'_>) -> Result<(), ApiError> {
    check_type(call, "PolicyType")?;
    if call.required("RootId")? == call.world.organization.root {
        return Ok(());
    }
    Err(ApiError::new("RootNotFoundException", "You specified a root that doesn't exist."))
}

fn check_type(call: &Call<'_>, member: &str) -> Result<(), ApiError> {
    if call.required(member)? == TYPE {
        return Ok(());
    }
    Err(ApiError::new("PolicyTypeNotAvailableForOrganizationException", "This policy type is not available here."))
}

fn check_name(call: &Call<'_>, name: &str, own: &str) -> Result<(), ApiError> {
    if call.world.organization.policies.iter().any(|(id, policy)| policy.name == name && id != own) {
        return Err(ApiError::new("DuplicatePolicyException", "A policy with the same name already exists."));
    }
    Ok(())
}

fn check_content(text: &str) -> Result<(), ApiError> {
    if text.len() > LARGEST {
        return Err(limit("POLICY_CONTENT_LIMIT_EXCEEDED", "You have exceeded the maximum size of a policy."));
    }
    let parsed = policy::parse(text).policy;
    let sound = parsed
        .is_some_and(|parsed| !policy::check(&parsed, Kind::ServiceControl).iter().any(policy::Problem::is_error));
    if sound {
        return Ok(());
    }
    let message = "The provided policy document does not meet the requirements of the specified policy type.";
    Err(ApiError::new("MalformedPolicyDocumentException", message))
}

fn existing(call: &Call<'_>) -> Result<String, ApiError> {
    let id = call.required("PolicyId")?;
    if call.world.organization.policies.contains_key(id) {
        return Ok(id.to_owned());
    }
    Err(ApiError::new("PolicyNotFoundException", "You specified a policy that doesn't exist."))
}

/// A policy that is not AWS's.
fn own(call: &Call<'_>) -> Result<String, ApiError> {
    let id = existing(call)?;
    if id == FULL_ACCESS {
        return Err(ApiError::new("InvalidInputException", "You can't modify an immutable policy.")
            .with("Reason", "IMMUTABLE_POLICY"));
    }
    Ok(id)
}

fn target(call: &Call<'_>) -> Result<String, ApiError> {
    let id = call.required("TargetId")?;
    let organization = &call.world.organization;
    let account = AccountId::parse(id).is_some_and(|account| organization.accounts.contains_key(&account));
    if account || organization.is_parent(id) {
        return Ok(id.to_owned());
    }
    Err(no_target())
}

fn no_target() -> ApiError {
    ApiError::new("TargetNotFoundException", "You specified a target that doesn't exist.")
}

fn not_enabled() -> ApiError {
    ApiError::new("PolicyTypeNotEnabledException", "The specified policy type isn't currently enabled in this root.")
}

fn limit(reason: &'static str, message: &str) -> ApiError {
    ApiError::new("ConstraintViolationException", message).with("Reason", reason)
}

fn summary(call: &Call<'_>, id: &str) -> Option<Value> {
    let organization = &call.world.organization;
    let policy = organization.policies.get(id)?;
    Some(json!({
        "Id": id,
        "Arn": organization.policy_arn(id),
        "Name": policy.name,
        "Description": policy.description,
        "Type": TYPE,
        "AwsManaged": policy.of_aws,
    }))
}

fn described(call: &Call<'_>, id: &str) -> Answer {
    let content = call.world.organization.policies.get(id).map(|policy| policy.content.as_str());
    Ok(json!({"Policy": {"PolicySummary": summary(call, id), "Content": content}}))
}
