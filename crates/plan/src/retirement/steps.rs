//! The operations of a retirement: what each relies on, what it makes true, what takes it back.

use std::collections::{BTreeMap, BTreeSet};

use model::change::Scope;
use model::iam_user::{AccessKeyStatus, IamUser, IamUserRef};
use model::operation::{Because, Inverse, Meaning};
use model::retirement::{DENIAL_POLICY, DENY_ALL_ARN_END, REDUCED_POLICY, RetirementCase, inverse};
use model::{Change, Claim, IamClaim, IamStep, Operation};
use serde_json::json;

use super::last_look::definition_claims;
use super::standing::without_own_steps;

/// Most characters of all inline policies of a user together, white space aside.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
const MOST_INLINE: usize = 2_048;
/// Most managed policies attached to a user, unless the quota was raised. Same place.
const MOST_ATTACHED: usize = 10;
/// Denies everything: unlike a deleted password this can be taken back.
const DENIAL: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;

/// One operation on a user. `on`: what must hold of the user besides, whatever the step is about.
#[must_use]
pub fn operation_of(user: &IamUserRef, on: &[IamClaim], step: IamStep, why: &str) -> Operation {
    let claim = |says| Claim::Iam { user: user.clone(), says };
    let relies_on = step.relies_on();
    // The executor goes by this order: what the step itself is about comes last.
    let before = on.iter().filter(|says| **says != relies_on).cloned().chain([relies_on.clone()]).map(claim).collect();
    let after = claim(step.makes_true());
    let meaning = Meaning { summary: summary(&user.name, &step), warnings: warnings(&step) };
    let taken_back = match (&step, inverse(&step)) {
        (_, Some(step)) => Inverse::Exact { change: Box::new(Change::IamUser { user: user.clone(), step }) },
        (IamStep::DeleteUser { definition }, _) => Inverse::Approximate {
            changes: recreation(user, definition, why).into_iter().map(|operation| operation.change).collect(),
            differs: "the user returns with another id, without password, keys and MFA".to_owned(),
        },
        (IamStep::CreateUser { .. }, _) => Inverse::None { reason: "a user is retired, not undone".to_owned() },
        _ => Inverse::None { reason: "AWS keeps nothing of it".to_owned() },
    };
    let change = Change::IamUser { user: user.clone(), step };
    Operation {
        id: change.operation_id(),
        change,
        before,
        after,
        inverse: taken_back,
        needs: Vec::new(),
        scope: Scope::Account(user.account.clone()),
        because: Because::Retirement { why: why.to_owned() },
        meaning,
    }
}

/// The step that denies everything: an inline policy, or AWS's own where that does not fit. None where neither does.
pub(super) fn denial(user: &IamUser) -> Option<Option<IamStep>> {
    if user.inline_policies.get(DENIAL_POLICY).is_some_and(|text| model::claim::same_policy(Some(text), Some(DENIAL))) {
        return Some(None);
    }
    let from = user.inline_policies.get(DENIAL_POLICY).cloned();
    let others = user.inline_policies.iter().filter(|(name, _)| *name != DENIAL_POLICY).map(|(_, text)| size(text));
    if others.sum::<usize>() + size(DENIAL) <= MOST_INLINE {
        let step = IamStep::SetPolicy { name: DENIAL_POLICY.to_owned(), from, to: Some(DENIAL.to_owned()) };
        return Some(Some(step));
    }
    let policy = aws_policy(user, "AWSDenyAll");
    if user.attached_policies.contains(&policy) {
        return Some(None);
    }
    (user.attached_policies.len() < MOST_ATTACHED).then_some(Some(IamStep::AttachPolicy { policy }))
}

fn size(text: &str) -> usize {
    text.chars().filter(|letter| !letter.is_whitespace()).count()
}

fn aws_policy(user: &IamUser, name: &str) -> String {
    let partition = user.arn.split(':').nth(1).filter(|partition| !partition.is_empty()).unwrap_or("aws");
    format!("arn:{partition}:iam::aws:policy/{name}")
}

/// Makes keys and other credentials inactive, and denies everything. Nothing is lost by it. `rests_on` is looked at before the first step, which
/// the others wait for.
#[must_use]
pub fn switching_off(reference: &IamUserRef, user: &IamUser, rests_on: &[IamClaim], why: &str) -> Vec<Operation> {
    let mut steps: Vec<IamStep> = denial(user).flatten().into_iter().collect();
    for key in user.access_keys.value().into_iter().flatten() {
        if key.status == AccessKeyStatus::Active {
            let (from, to) = (AccessKeyStatus::Active, AccessKeyStatus::Inactive);
            steps.push(IamStep::SetKeyStatus { key: key.id.clone(), from, to });
        }
    }
    for one in user.other_credentials.value().into_iter().flatten().filter(|one| one.active) {
        steps.push(IamStep::SetCredentialStatus { kind: one.kind, id: one.id.clone(), active: false });
    }
    taking_up(reference, user, &steps, rests_on, why)
}

/// Goes on with a switching off: these steps of it. `rests_on` is looked at before the first one, which the others wait for.
#[must_use]
pub fn taking_up(
    reference: &IamUserRef,
    user: &IamUser,
    steps: &[IamStep],
    rests_on: &[IamClaim],
    why: &str,
) -> Vec<Operation> {
    let mut on = vec![IamClaim::UserIs { id: user.id.clone() }];
    on.extend(rests_on.iter().cloned());
    let mut operations: Vec<Operation> = Vec::with_capacity(steps.len());
    for step in steps.iter().cloned() {
        let mut operation = operation_of(reference, &on, step, why);
        operation.needs.extend(operations.first().map(|first| first.id.clone()));
        on.truncate(1);
        operations.push(operation);
    }
    operations
}

/// Takes back what Sekisho did to a user, the last first; one that cannot be taken back keeps no other from it. Deleted things do not
/// return this way.
#[must_use]
pub fn restoration(reference: &IamUserRef, case: &RetirementCase, why: &str) -> Vec<Operation> {
    let steps = case.steps.iter().rev().filter_map(|made| inverse(&made.step));
    let on: Vec<IamClaim> = case.user_id.iter().map(|id| IamClaim::UserIs { id: id.clone() }).collect();
    let operations = steps.map(|step| operation_of(reference, &on, step, why));
    // The same step may have been made twice, with something between.
    let mut seen = BTreeSet::new();
    operations.filter(|operation| seen.insert(operation.id.clone())).collect()
}

/// Deletes a user that is switched off: credentials first, the policy that denies everything last but one, each step only when the one
/// before is seen to be done. Before the first one `rests_on` and everything that is kept of the user is read again.
#[must_use]
pub fn deletion(
    reference: &IamUserRef,
    user: &IamUser,
    case: Option<&RetirementCase>,
    rests_on: &[IamClaim],
    why: &str,
) -> Vec<Operation> {
    let definition = Box::new(without_own_steps(user, case));
    let keys: Vec<(String, AccessKeyStatus)> =
        user.access_keys.value().into_iter().flatten().map(|key| (key.id.clone(), key.status)).collect();
    let mut steps: Vec<IamStep> = keys.iter().map(|(key, _)| IamStep::DeleteKey { key: key.clone() }).collect();
    if user.password.value().is_some_and(Option::is_some) {
        steps.push(IamStep::DeletePassword);
    }
    let devices = user.mfa_devices.value().into_iter().flatten();
    steps.extend(devices.map(|serial| IamStep::RemoveMfaDevice { serial: serial.clone() }));
    let others = user.other_credentials.value().into_iter().flatten();
    steps.extend(others.map(|one| IamStep::DeleteCredential { kind: one.kind, id: one.id.clone() }));
    steps.extend(user.groups.iter().map(|group| IamStep::LeaveGroup { group: group.clone() }));
    let (denials, attached): (Vec<&String>, Vec<&String>) =
        user.attached_policies.iter().partition(|policy| policy.ends_with(model::retirement::DENY_ALL_ARN_END));
    let detach = |policy: &&String| IamStep::DetachPolicy { policy: (*policy).clone() };
    steps.extend(attached.iter().map(detach));
    let (own, inline): (Vec<_>, Vec<_>) = user.inline_policies.iter().partition(|(name, _)| *name == DENIAL_POLICY);
    let drop_policy = |(name, text): (&String, &String)| IamStep::SetPolicy {
        name: name.clone(),
        from: Some(text.clone()),
        to: None,
    };
    steps.extend(inline.into_iter().map(drop_policy));
    steps.extend(denials.iter().map(detach));
    steps.extend(own.into_iter().map(drop_policy));
    steps.push(IamStep::DeleteUser { definition });
    // A key that nobody saw when this was planned, or a user that is allowed something again, stops it wherever it is.
    let mut keys: BTreeMap<String, AccessKeyStatus> = keys.into_iter().collect();
    let mut denied: Vec<IamClaim> = denial_claims(user);
    let mut operations = Vec::with_capacity(steps.len());
    for step in steps {
        let mut on = vec![IamClaim::UserIs { id: user.id.clone() }, IamClaim::KeysAre { keys: keys.clone() }];
        on.extend(denied.iter().cloned());
        if operations.is_empty() {
            on.extend(rests_on.iter().cloned());
            on.extend(definition_claims(user));
        } else if matches!(step, IamStep::DeleteUser { .. }) {
            // AWS deletes no user on which anything hangs; these it deletes with it.
            let with_it = |claim: &IamClaim| {
                matches!(claim, IamClaim::PathIs { .. } | IamClaim::TagsAre { .. } | IamClaim::BoundaryIs { .. })
            };
            on.extend(definition_claims(user).into_iter().filter(with_it));
        }
        if let IamStep::DeleteKey { key } = &step {
            keys.remove(key);
        }
        let gone = step.relies_on();
        operations.push(operation_of(reference, &on, step, why));
        denied.retain(|claim| *claim != gone);
    }
    chained(operations)
}

/// What denies the user everything, as it is seen.
fn denial_claims(user: &IamUser) -> Vec<IamClaim> {
    let inline = user.inline_policies.get(DENIAL_POLICY);
    let inline = inline.map(|text| IamClaim::PolicyIs { name: DENIAL_POLICY.to_owned(), document: Some(text.clone()) });
    let attached = user.attached_policies.iter().filter(|policy| policy.ends_with(DENY_ALL_ARN_END));
    let attached = attached.map(|policy| IamClaim::PolicyAttached { policy: policy.clone(), attached: true });
    inline.into_iter().chain(attached).collect()
}

/// Whether something denies the user everything.
#[must_use]
pub fn is_denied(user: &IamUser) -> bool {
    !denial_claims(user).is_empty()
}

/// Makes a deleted user again: path, tags, boundary, groups and policies. Keys, password and MFA are new, whoever makes them.
#[must_use]
pub fn recreation(reference: &IamUserRef, definition: &IamUser, why: &str) -> Vec<Operation> {
    let create = IamStep::CreateUser {
        path: definition.path.clone(),
        tags: definition.tags.clone(),
        boundary: definition.permissions_boundary.clone(),
        mark: definition.id.clone(),
    };
    // It has no id yet; by its mark it is known for the one that was made here.
    let on = [IamClaim::UserIsMarked { mark: definition.id.clone() }];
    let groups = definition.groups.iter().map(|group| IamStep::JoinGroup { group: group.clone() });
    let attached = definition.attached_policies.iter().map(|policy| IamStep::AttachPolicy { policy: policy.clone() });
    let inline = definition.inline_policies.iter().map(|(name, text)| IamStep::SetPolicy {
        name: name.clone(),
        from: None,
        to: Some(text.clone()),
    });
    let create = operation_of(reference, &[], create, why);
    let rest = groups.chain(attached).chain(inline).map(|step| {
        let mut operation = operation_of(reference, &on, step, why);
        operation.needs = vec![create.id.clone()];
        operation
    });
    let rest: Vec<Operation> = rest.collect();
    [create].into_iter().chain(rest).collect()
}

/// What a user that stays may still do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reduction {
    /// Roles it may take, with a second factor: ARNs.
    pub roles: Vec<String>,
    /// Roles it may take without one: ARNs.
    pub without_mfa: Vec<String>,
}

/// Leaves a user reading, its own MFA, and the roles it may take; its other rights go. Everything can be taken back.
///
/// # Errors
/// Why not: what it may keep does not fit beside what it has.
pub fn reduction(
    reference: &IamUserRef,
    user: &IamUser,
    to: &Reduction,
    why: &str,
) -> Result<Vec<Operation>, &'static str> {
    if is_denied(user) {
        return Err("it is switched off, and would be let in again");
    }
    let read_only = aws_policy(user, "ReadOnlyAccess");
    let document = reduced(user, to);
    let present: usize = user.inline_policies.values().map(|text| size(text)).sum();
    if size(&document) > MOST_INLINE {
        return Err("the roles do not fit into one policy of a user (2,048 characters)");
    }
    let adds_read_only = !user.attached_policies.contains(&read_only);
    if adds_read_only && user.attached_policies.len() >= MOST_ATTACHED {
        return Err("ten policies are attached already, and ReadOnlyAccess does not fit beside them");
    }
    let keep = IamStep::SetPolicy {
        name: REDUCED_POLICY.to_owned(),
        from: user.inline_policies.get(REDUCED_POLICY).cloned(),
        to: Some(document.clone()),
    };
    let mut steps = Vec::new();
    if adds_read_only {
        steps.push(IamStep::AttachPolicy { policy: read_only.clone() });
    }
    let inline = user.inline_policies.iter().filter(|(name, _)| *name != REDUCED_POLICY);
    let dropped =
        inline.map(|(name, text)| IamStep::SetPolicy { name: name.clone(), from: Some(text.clone()), to: None });
    // What it keeps comes first, unless there is no room for it before something goes.
    let fits = present + size(&document) <= MOST_INLINE;
    if fits {
        steps.push(keep.clone());
    }
    steps.extend(user.groups.iter().map(|group| IamStep::LeaveGroup { group: group.clone() }));
    let others = user.attached_policies.iter().filter(|policy| **policy != read_only);
    steps.extend(others.map(|policy| IamStep::DetachPolicy { policy: policy.clone() }));
    steps.extend(dropped);
    if !fits {
        steps.push(keep);
    }
    let on = [IamClaim::UserIs { id: user.id.clone() }];
    Ok(chained(steps.into_iter().map(|step| operation_of(reference, &on, step, why)).collect()))
}

/// Own MFA and password, and the roles.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_examples_aws_my-sec-creds-self-manage-mfa-only.html>
fn reduced(user: &IamUser, to: &Reduction) -> String {
    let own = ["user", "mfa"].map(|kind| {
        let partition = user.arn.split(':').nth(1).unwrap_or("aws");
        format!("arn:{partition}:iam::*:{kind}/${{aws:username}}")
    });
    let mut statements = vec![json!({
        "Effect": "Allow",
        "Action": [
            "iam:ChangePassword", "iam:CreateVirtualMFADevice", "iam:EnableMFADevice", "iam:GetUser",
            "iam:ListMFADevices", "iam:ResyncMFADevice",
        ],
        "Resource": own,
    })];
    if !to.roles.is_empty() {
        statements.push(json!({
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Resource": to.roles,
            "Condition": { "Bool": { "aws:MultiFactorAuthPresent": "true" } },
        }));
    }
    if !to.without_mfa.is_empty() {
        statements.push(json!({ "Effect": "Allow", "Action": "sts:AssumeRole", "Resource": to.without_mfa }));
    }
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

/// Each waits for the one before.
fn chained(mut operations: Vec<Operation>) -> Vec<Operation> {
    let ids: Vec<_> = operations.iter().map(|operation| operation.id.clone()).collect();
    for (operation, before) in operations.iter_mut().skip(1).zip(ids) {
        operation.needs.push(before);
    }
    operations
}

/// What a step means for the user, in words.
fn summary(user: &str, step: &IamStep) -> String {
    match step {
        IamStep::SetKeyStatus { key, to: AccessKeyStatus::Active, .. } => format!("key {key} of {user} works again"),
        IamStep::SetKeyStatus { key, .. } => format!("key {key} of {user} stops working; it can be made active again"),
        IamStep::DeleteKey { key } => format!("key {key} of {user} is gone for good"),
        IamStep::SetCredentialStatus { id, active: true, .. } => format!("credential {id} of {user} works again"),
        IamStep::SetCredentialStatus { id, .. } => format!("credential {id} of {user} stops working"),
        IamStep::DeleteCredential { id, .. } => format!("credential {id} of {user} is gone for good"),
        IamStep::SetPolicy { name, to: Some(_), .. } if name == DENIAL_POLICY => {
            format!("{user} is denied everything, the console included")
        }
        IamStep::SetPolicy { name, to: None, .. } if name == DENIAL_POLICY => {
            format!("{user} is no longer denied everything")
        }
        IamStep::SetPolicy { name, from: Some(_), to: Some(_) } => format!("inline policy {name} of {user} changes"),
        IamStep::SetPolicy { name, to: Some(_), .. } => format!("{user} gets the inline policy {name}"),
        IamStep::SetPolicy { name, .. } => format!("{user} loses the inline policy {name}"),
        IamStep::AttachPolicy { policy } => format!("{user} gets {}", last(policy)),
        IamStep::DetachPolicy { policy } => format!("{user} loses {}", last(policy)),
        IamStep::JoinGroup { group } => format!("{user} joins the group {group}"),
        IamStep::LeaveGroup { group } => format!("{user} leaves the group {group}"),
        IamStep::DeletePassword => format!("the console password of {user} is gone for good"),
        IamStep::RemoveMfaDevice { serial } => format!("{user} loses the MFA device {}", last(serial)),
        IamStep::CreateUser { .. } => format!("{user} is there again, with another id"),
        IamStep::DeleteUser { .. } => format!("{user} is deleted; what it was is in the journal"),
    }
}

fn last(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

fn warnings(step: &IamStep) -> Vec<String> {
    match step {
        IamStep::SetPolicy { name, to: Some(_), .. } if name == DENIAL_POLICY => {
            vec!["roles that it has taken stay open until their sessions end".to_owned()]
        }
        _ => Vec::new(),
    }
}
