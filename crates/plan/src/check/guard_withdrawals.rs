//! # `guard-withdrawals`
//!
//! A run that would withdraw more than `guards` allow stops before its first write: in all, in percent of what there is (from ten
//! withdrawals on), in one account, from one principal.

use std::collections::BTreeMap;

use model::finding::Finding;
use model::{AccountId, Change, PrincipalId};

use super::Rule;
use super::context::Context;

pub(super) const RULE: Rule =
    Rule { name: "guard-withdrawals", summary: "more withdrawals than the guards allow", check };

/// Below this number a percentage says nothing.
const PERCENT_FROM: u64 = 10;

fn check(context: &Context<'_>) -> Vec<Finding> {
    let guards = &context.rules.guards;
    let mut total = 0_u64;
    let mut accounts: BTreeMap<&AccountId, u64> = BTreeMap::new();
    let mut principals: BTreeMap<&PrincipalId, u64> = BTreeMap::new();
    for (_, operation) in context.operations() {
        if let Change::Withdraw { account, principal, .. } = &operation.change {
            total += 1;
            *accounts.entry(account).or_default() += 1;
            *principals.entry(principal).or_default() += 1;
        }
    }
    let mut findings = Vec::new();
    let mut guard = |message: String, name: &str| {
        findings.push(RULE.refusal_with_help(
            message,
            format!("look at the plan; if it is right, raise `guards.{name}` in sekisho.yaml"),
        ));
    };
    if total > guards.max_withdrawals {
        guard(
            format!("the plan withdraws {total} assignments, at most {} are allowed", guards.max_withdrawals),
            "max_withdrawals",
        );
    }
    let observed = context.observed.assignments.rows().len() as u64;
    if total >= PERCENT_FROM && total * 100 > observed * u64::from(guards.max_withdrawals_percent) {
        guard(
            format!(
                "the plan withdraws {total} of {observed} assignments, at most {} % are allowed",
                guards.max_withdrawals_percent
            ),
            "max_withdrawals_percent",
        );
    }
    for (account, count) in accounts {
        if count > guards.max_withdrawals_per_account {
            let account = context.account_name(account);
            let most = guards.max_withdrawals_per_account;
            guard(
                format!("the plan withdraws {count} assignments in {account}, at most {most} are allowed"),
                "max_withdrawals_per_account",
            );
        }
    }
    for (principal, count) in principals {
        if count > guards.max_withdrawals_per_principal {
            let principal = context.observed.principal_label(principal);
            let most = guards.max_withdrawals_per_principal;
            guard(
                format!("the plan withdraws {count} assignments from {principal}, at most {most} are allowed"),
                "max_withdrawals_per_principal",
            );
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use crate::check::tests::refused;
    use crate::testing::World;
    use model::rules::Guards;

    #[test]
    fn too_many_withdrawals_are_refused() {
        let mut world = World::sample();
        world.exclusive();
        for at in 0..12 {
            world.observe("ReadOnly", "tools", &format!("user:extra-{at}"));
        }
        world.undeclare("Admin", "minimo-prod", "user:taro");
        let plan = world.plan();
        let lax = Guards {
            max_withdrawals: 13,
            max_withdrawals_percent: 100,
            max_withdrawals_per_account: 12,
            max_withdrawals_per_principal: 1,
            max_permission_set_deletions: 0,
        };
        for (guards, refusals) in [
            (lax.clone(), 0),
            (Guards { max_withdrawals: 12, ..lax.clone() }, 1),
            (Guards { max_withdrawals_percent: 10, ..lax.clone() }, 1),
            (Guards { max_withdrawals_per_account: 11, ..lax.clone() }, 1),
            (Guards { max_withdrawals_per_principal: 0, ..lax }, 13),
        ] {
            world.rules.guards = guards;
            let found = world.check(&plan);
            assert_eq!(found.len(), refusals, "{found:#?}");
            assert!(found.iter().all(|finding| finding.rule == "guard-withdrawals"));
        }
        world.rules.guards = Guards::default();
        assert_eq!(refused(&world, &plan), ["guard-withdrawals"]);
    }
}
