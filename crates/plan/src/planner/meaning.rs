//! What changes mean, in words.

use model::operation::Meaning;
use model::permission_set::Attributes;
use model::{AccountId, Change, PermissionSetName, PrincipalId, SessionDuration};

use super::inline::inline_change;
use super::outcome::Outcome;
use super::{Draft, View};

/// What a change would do, as a command: "assign group:minimo-dev to minimo-prod (4444…) with Developer".
pub(crate) fn describe(view: &View<'_>, change: &Change) -> String {
    let set = match change.set() {
        Some(set) => &set.name,
        None => return change.identity(),
    };
    match change {
        Change::IamUser { .. } => change.identity(),
        Change::CreatePermissionSet { .. } => format!("create permission set {set}"),
        Change::UpdatePermissionSet { from, to, .. } => format!("change {} of {set}", attribute_names(from, to)),
        Change::DeletePermissionSet { .. } => format!("delete permission set {set}"),
        Change::AttachManagedPolicy { policy, .. } => format!("attach {} to {set}", policy.name()),
        Change::DetachManagedPolicy { policy, .. } => format!("detach {} from {set}", policy.name()),
        Change::AttachCustomerManagedPolicy { policy, .. } => format!("attach {policy} to {set}"),
        Change::DetachCustomerManagedPolicy { policy, .. } => format!("detach {policy} from {set}"),
        Change::SetInlinePolicy { to: Some(_), .. } => format!("put the inline policy of {set}"),
        Change::SetInlinePolicy { to: None, .. } => format!("delete the inline policy of {set}"),
        Change::SetPermissionsBoundary { to: Some(to), .. } => format!("limit {set} by {to}"),
        Change::SetPermissionsBoundary { to: None, .. } => format!("delete the permissions boundary of {set}"),
        Change::SetTag { key, to: Some(to), .. } => format!("tag {set} with {key} = {to}"),
        Change::SetTag { key, to: None, .. } => format!("remove tag {key} from {set}"),
        Change::Provision { account, .. } => format!("provision {set} in {}", view.account_text(account)),
        Change::Assign { account, principal, .. } => {
            let who = view.observed.principal_label(principal);
            format!("assign {who} to {} with {set}", view.account_text(account))
        }
        Change::Withdraw { account, principal, .. } => {
            let who = view.observed.principal_label(principal);
            format!("withdraw {who} from {} with {set}", view.account_text(account))
        }
    }
}

/// What the operation means. `empties`: a withdrawal is the last of its pair (`Some(false)`: it may be). `compare`: whether a
/// changed inline policy is compared with what it was.
pub(crate) fn meaning(outcome: &Outcome<'_>, draft: &Draft, empties: Option<bool>, compare: bool) -> Meaning {
    let view = outcome.view;
    let change = &draft.change;
    let set = match change.set() {
        Some(set) => &set.name,
        None => return Meaning { summary: change.identity(), warnings: Vec::new() },
    };
    let mut warnings = Vec::new();
    let summary = match change {
        Change::IamUser { .. } => change.identity(),
        Change::CreatePermissionSet { .. } => format!("{set} is a new permission set"),
        Change::UpdatePermissionSet { from, to, .. } => attribute_changes(set, from, to),
        Change::DeletePermissionSet { .. } => format!("{set} is gone; nobody holds it any more"),
        Change::AttachManagedPolicy { policy, .. } => format!("{set} gains {}", policy.name()),
        Change::DetachManagedPolicy { policy, .. } => format!("{set} loses {}", policy.name()),
        Change::AttachCustomerManagedPolicy { policy, .. } => {
            format!("{set} gains the customer managed policy {policy}")
        }
        Change::DetachCustomerManagedPolicy { policy, .. } => {
            format!("{set} loses the customer managed policy {policy}")
        }
        Change::SetInlinePolicy { from, to, .. } => inline_change(set, from.as_deref(), to.as_deref(), compare),
        Change::SetPermissionsBoundary { from, to, .. } => match (from, to) {
            (None, Some(to)) => format!("{set} is limited by {to}"),
            (Some(from), Some(to)) => format!("{set} is limited by {to} instead of {from}"),
            (Some(from), None) => format!("{set} is no longer limited by {from}"),
            (None, None) => format!("{set} stays without a limit"),
        },
        Change::SetTag { .. } => describe(view, change),
        Change::Provision { account, .. } => {
            warnings.extend(open_sessions(view, set));
            format!("{} gets the newest version of {set}", view.account_text(account))
        }
        Change::Assign { account, principal, .. } => {
            if view.management().is_ok_and(|management| management == account) {
                let account = view.account_text(account);
                warnings.push(format!("{account} is the management account: it rules the whole organization"));
            }
            format!("{} can enter {} with {set}", who(view, principal), view.account_text(account))
        }
        Change::Withdraw { account, principal, .. } => {
            warnings.extend(vanishing_role(view, set, account, empties));
            warnings.extend(open_sessions(view, set));
            withdrawal(outcome, set, account, principal)
        }
    };
    Meaning { summary, warnings }
}

fn withdrawal(outcome: &Outcome<'_>, set: &PermissionSetName, account: &AccountId, principal: &PrincipalId) -> String {
    let view = outcome.view;
    let place = view.account_text(account);
    if view.is_gone(principal) {
        let label = view.observed.principal_label(principal);
        return format!("{label}, who exists no longer, is taken out of {place} with {set}");
    }
    let group = match principal {
        PrincipalId::User(user) => outcome.group_path(set, account, user),
        PrincipalId::Group(_) => None,
    };
    match group {
        Some(group) => {
            format!("{} still enters {place} with {set}, now only through {group}", who(view, principal))
        }
        None => format!("{} can no longer enter {place} with {set}", who(view, principal)),
    }
}

/// `group:minimo-dev (12 people)`.
fn who(view: &View<'_>, principal: &PrincipalId) -> String {
    let label = view.observed.principal_label(principal);
    match view.people_text(principal) {
        Some(people) => format!("{label} ({people})"),
        None => label,
    }
}

fn vanishing_role(
    view: &View<'_>,
    set: &PermissionSetName,
    account: &AccountId,
    empties: Option<bool>,
) -> Option<String> {
    let place = view.account_text(account);
    Some(match empties? {
        true => format!(
            "last assignment of {set} in {place}: the role AWSReservedSSO_{set}_… disappears there; a later one gets another suffix"
        ),
        false => format!(
            "perhaps the last assignment of {set} in {place} (not all are known): then the role AWSReservedSSO_{set}_… disappears there"
        ),
    })
}

fn open_sessions(view: &View<'_>, set: &PermissionSetName) -> Option<String> {
    let duration = view.observed.permission_sets.get(set)?.attributes.session_duration;
    Some(format!("open sessions keep the old rights for up to {}", hours(duration)))
}

fn hours(duration: SessionDuration) -> String {
    match (duration.minutes() / 60, duration.minutes() % 60) {
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

fn attribute_names(from: &Attributes, to: &Attributes) -> String {
    let names: Vec<&str> = [
        ("session duration", from.session_duration != to.session_duration),
        ("description", from.description != to.description),
        ("relay state", from.relay_state != to.relay_state),
    ]
    .into_iter()
    .filter_map(|(name, differs)| differs.then_some(name))
    .collect();
    names.join(", ")
}

fn attribute_changes(set: &PermissionSetName, from: &Attributes, to: &Attributes) -> String {
    let mut changes = Vec::new();
    if from.session_duration != to.session_duration {
        changes.push(format!("session duration {} → {}", from.session_duration, to.session_duration));
    }
    let text = |text: &Option<String>| text.as_deref().map_or_else(|| "none".to_owned(), |text| format!("“{text}”"));
    if from.description != to.description {
        changes.push(format!("description {} → {}", text(&from.description), text(&to.description)));
    }
    if from.relay_state != to.relay_state {
        changes.push(format!("relay state {} → {}", text(&from.relay_state), text(&to.relay_state)));
    }
    format!("{set}: {}", changes.join(", "))
}
