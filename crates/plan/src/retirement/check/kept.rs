//! Whether all that a user was is kept when it is deleted.

use std::collections::{BTreeMap, BTreeSet};

use model::IamStep;
use model::iam_user::IamUser;
use model::retirement::RetirementCase;

/// What is not kept of the user that was seen, as it was before Sekisho changed it.
pub(super) fn difference(kept: &IamUser, seen: &IamUser, case: Option<&RetirementCase>) -> Option<&'static str> {
    let mut groups: BTreeSet<&str> = seen.groups.iter().map(String::as_str).collect();
    let mut attached: BTreeSet<&str> = seen.attached_policies.iter().map(String::as_str).collect();
    let mut inline: BTreeMap<&str, &str> =
        seen.inline_policies.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    for made in case.into_iter().flat_map(|case| case.steps.iter().rev()) {
        match &made.step {
            IamStep::JoinGroup { group } => _ = groups.remove(group.as_str()),
            IamStep::LeaveGroup { group } => _ = groups.insert(group),
            IamStep::AttachPolicy { policy } => _ = attached.remove(policy.as_str()),
            IamStep::DetachPolicy { policy } => _ = attached.insert(policy),
            IamStep::SetPolicy { name, from: Some(from), .. } => _ = inline.insert(name, from),
            IamStep::SetPolicy { name, from: None, .. } => _ = inline.remove(name.as_str()),
            _ => {}
        }
    }
    let kept_inline = kept.inline_policies.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    let same = [
        (kept.id == seen.id && kept.name == seen.name && kept.created == seen.created, "its id"),
        (kept.path == seen.path, "its path"),
        (kept.tags == seen.tags, "its tags"),
        (kept.permissions_boundary == seen.permissions_boundary, "its boundary"),
        (kept.groups.iter().map(String::as_str).collect::<BTreeSet<_>>() == groups, "its groups"),
        (
            kept.attached_policies.iter().map(String::as_str).collect::<BTreeSet<_>>() == attached,
            "its attached policies",
        ),
        (kept_inline.collect::<BTreeMap<_, _>>() == inline, "its inline policies"),
        (kept.access_keys == seen.access_keys, "its access keys"),
        (kept.password == seen.password, "its password"),
        (kept.mfa_devices == seen.mfa_devices, "its MFA devices"),
        (kept.other_credentials == seen.other_credentials, "its SSH keys, service credentials and certificates"),
    ];
    same.into_iter().find(|(is_same, _)| !is_same).map(|(_, what)| what)
}
