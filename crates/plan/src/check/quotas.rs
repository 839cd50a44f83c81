//! # `quotas`
//!
//! What the plan adds has to fit into AWS's quotas afterwards: permission sets in the instance and in one account, policies of a
//! set, the size of its inline policy, groups of a pair. What was over a quota before and does not grow is left alone.

use std::collections::{BTreeMap, BTreeSet};

use model::finding::Finding;
use model::{AccountId, Change, Observed, ObservedPermissionSet, PermissionSetName, PrincipalId};

use super::Rule;
use super::context::Context;

pub(super) const RULE: Rule =
    Rule { name: "quotas", summary: "a plan whose result does not fit into AWS's quotas", check };

/// Bytes of an inline policy without whitespace, and as sent (IAM Identity Center quotas).
const INLINE_POLICY_BYTES: usize = 10_240;
const INLINE_POLICY_RAW_BYTES: usize = 32_768;

fn check(context: &Context<'_>) -> Vec<Finding> {
    let quotas = &context.rules.quotas;
    let (before, after) = (context.observed, &context.after);
    let mut findings = Vec::new();
    let mut held = |now: u64, then: u64, most: u64, what: String| {
        if then > most && then > now {
            findings.push(RULE.refusal_with_help(
                format!("{what}: {then} after the plan, the quota is {most}"),
                "if AWS raised the quota, say so under `quotas` in sekisho.yaml",
            ));
        }
    };
    held(
        before.permission_sets.len() as u64,
        after.permission_sets.len() as u64,
        quotas.permission_sets,
        "permission sets".to_owned(),
    );
    let mut sets: BTreeSet<&PermissionSetName> = BTreeSet::new();
    let mut accounts: BTreeSet<&AccountId> = BTreeSet::new();
    let mut pairs: BTreeSet<(&PermissionSetName, &AccountId)> = BTreeSet::new();
    for (_, operation) in context.operations() {
        let Some(set) = operation.change.set().map(|set| &set.name) else { continue };
        if let Change::Assign { account, .. } = &operation.change {
            accounts.insert(account);
            pairs.insert((set, account));
        }
        sets.insert(set);
    }
    for set in sets {
        let policies = |state: &Observed| state.permission_sets.get(set).map_or(0, policy_count);
        let what = format!("policies of {set}");
        held(policies(before), policies(after), quotas.policies_per_permission_set, what);
    }
    let (now, then) = (sets_per_account(before, &accounts), sets_per_account(after, &accounts));
    for account in accounts {
        let count = |counts: &BTreeMap<&AccountId, u64>| counts.get(account).copied().unwrap_or_default();
        let what = format!("permission sets in {}", context.account_name(account));
        held(count(&now), count(&then), quotas.permission_sets_per_account, what);
    }
    for (set, account) in pairs {
        let what = format!("groups assigned with {set} in {}", context.account_name(account));
        held(groups(before, set, account), groups(after, set, account), quotas.groups_per_pair, what);
    }
    findings.extend(large_inline_policies(context));
    findings
}

fn policy_count(set: &ObservedPermissionSet) -> u64 {
    let managed = set.managed_policies.value().map_or(0, BTreeSet::len);
    let customer = set.customer_managed_policies.value().map_or(0, BTreeSet::len);
    (managed + customer) as u64
}

fn sets_per_account<'a>(state: &Observed, accounts: &BTreeSet<&'a AccountId>) -> BTreeMap<&'a AccountId, u64> {
    let mut counts: BTreeMap<&AccountId, u64> = BTreeMap::new();
    if accounts.is_empty() {
        return counts;
    }
    for entry in state.permission_sets.values().filter_map(|set| set.provisioned.value()).flatten() {
        if let Some(account) = accounts.get(&entry.account) {
            *counts.entry(account).or_default() += 1;
        }
    }
    counts
}

fn groups(state: &Observed, set: &PermissionSetName, account: &AccountId) -> u64 {
    let principals = state.assignments.pair_principals(set, account);
    principals.filter(|principal| matches!(principal, PrincipalId::Group(_))).count() as u64
}

fn large_inline_policies(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (_, operation) in context.operations() {
        let Change::SetInlinePolicy { set, to: Some(text), .. } = &operation.change else { continue };
        let size = policy::size_without_whitespace(text);
        if size > INLINE_POLICY_BYTES || text.len() > INLINE_POLICY_RAW_BYTES {
            findings.push(RULE.refusal(format!(
                "the inline policy of {} has {size} bytes without whitespace ({} in all), the quota is {INLINE_POLICY_BYTES} ({INLINE_POLICY_RAW_BYTES})",
                set.name,
                text.len()
            )));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use crate::check::tests::refused;
    use crate::testing::World;
    use model::rules::Quotas;

    #[test]
    fn the_result_fits_into_the_quotas() {
        let mut world = World::sample();
        world.declare("ReadOnly", "tools", "group:minimo-dev");
        world.declare_set("New");
        world.change_set("New", |set| {
            set.managed_policies =
                [crate::testing::managed_policy("Billing"), crate::testing::managed_policy("Extra")].into();
        });
        world.declare("New", "minimo-prod", "group:minimo-dev");
        let plan = world.plan();
        assert!(refused(&world, &plan).is_empty());
        let roomy = Quotas::default();
        for tight in [
            Quotas { permission_sets: 2, ..roomy.clone() },
            Quotas { policies_per_permission_set: 1, ..roomy.clone() },
            Quotas { permission_sets_per_account: 1, ..roomy.clone() },
            Quotas { groups_per_pair: 0, ..roomy.clone() },
        ] {
            world.rules.quotas = tight.clone();
            assert_eq!(refused(&world, &plan), ["quotas"], "{tight:?}");
        }
        world.rules.quotas = roomy;
        world.change_set("New", |set| set.inline_policy = Some(format!("{{\"a\":\"{}\"}}", "x".repeat(10_240))));
        assert_eq!(refused(&world, &world.plan()), ["quotas"]);
    }
}
