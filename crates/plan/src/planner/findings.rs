//! The planner's own warnings.

use std::collections::{BTreeMap, BTreeSet};

use model::finding::{Finding, Severity};
use model::{AccountId, Change, CustomerManagedPolicy, Declared, PermissionSetName, PermissionsBoundary};

use super::{Draft, Left, View};

/// Customer managed policies and boundaries that an account lacks where a set goes: AWS will refuse.
pub(crate) fn missing_customer_policies(
    view: &View<'_>,
    declared: Option<&Declared>,
    drafts: &[Draft],
) -> Vec<Finding> {
    if view.rules.customer_policies.is_empty() {
        return Vec::new();
    }
    let mut needed: BTreeMap<&PermissionSetName, BTreeSet<CustomerManagedPolicy>> = BTreeMap::new();
    let mut missing: BTreeMap<(&PermissionSetName, CustomerManagedPolicy), BTreeSet<&AccountId>> = BTreeMap::new();
    for Draft { change, .. } in drafts {
        let (Change::Assign { set, account, .. } | Change::Provision { set, account }) = change else { continue };
        let Some(present) = view.rules.customer_policies.get(account) else { continue };
        let wanted = needed.entry(&set.name).or_insert_with(|| customer_policies(view, declared, &set.name));
        for policy in wanted.iter().filter(|policy| !present.contains(&policy.to_string())) {
            missing.entry((&set.name, policy.clone())).or_default().insert(account);
        }
    }
    missing
        .into_iter()
        .map(|((set, policy), accounts)| Finding {
            rule: "customer-policy-missing".to_owned(),
            severity: Severity::Warning,
            message: format!("{set} names `{policy}`, which does not exist in {}", listed(view, &accounts)),
            help: Some(format!("create the policy `{}` with path `{}` there first", policy.name, policy.path)),
            source: declared.and_then(|declared| Some(declared.permission_sets.get(set)?.source.clone())),
        })
        .collect()
}

/// What the set names once the plan is carried out.
fn customer_policies(
    view: &View<'_>,
    declared: Option<&Declared>,
    set: &PermissionSetName,
) -> BTreeSet<CustomerManagedPolicy> {
    let wanted = declared.and_then(|declared| declared.permission_sets.get(set));
    let observed = view.observed.permission_sets.get(set);
    let mut policies = match (wanted, observed) {
        (Some(wanted), _) => wanted.customer_managed_policies.clone(),
        (None, Some(observed)) => observed.customer_managed_policies.value().cloned().unwrap_or_default(),
        (None, None) => BTreeSet::new(),
    };
    let boundary = match (wanted, observed) {
        (Some(wanted), _) => wanted.permissions_boundary.as_ref(),
        (None, Some(observed)) => observed.permissions_boundary.value().and_then(Option::as_ref),
        (None, None) => None,
    };
    if let Some(PermissionsBoundary::CustomerManaged(policy)) = boundary {
        policies.insert(policy.clone());
    }
    policies
}

/// Accounts that are not in use, where the plan leaves something out.
pub(crate) fn closed_accounts(left: &Left) -> Vec<Finding> {
    left.closed
        .values()
        .map(|closed| {
            let (count, verb) = match closed.operations {
                1 => ("1 operation".to_owned(), "is"),
                count => (format!("{count} operations"), "are"),
            };
            Finding {
                rule: "account-not-active".to_owned(),
                severity: Severity::Note,
                message: format!("{count} {verb} left out: {}", closed.reason),
                help: None,
                source: None,
            }
        })
        .collect()
}

/// `tools (777788889999), web (…) and 3 more accounts`.
fn listed(view: &View<'_>, accounts: &BTreeSet<&AccountId>) -> String {
    const SHOWN: usize = 3;
    let names: Vec<String> = accounts.iter().take(SHOWN).map(|account| view.account_text(account)).collect();
    match accounts.len().saturating_sub(SHOWN) {
        0 => names.join(", "),
        1 => format!("{} and 1 more account", names.join(", ")),
        more => format!("{} and {more} more accounts", names.join(", ")),
    }
}
