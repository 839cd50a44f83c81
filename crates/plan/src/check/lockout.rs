//! # `lockout`
//!
//! The administrators' last way into an account stays: of the principals and sets that a lockout rule names, one assignment with
//! people behind it remains in every account where there is one now. The same for the way in that Sekisho itself uses.

use std::collections::BTreeSet;

use model::finding::Finding;
use model::rules::Lockout;
use model::{AccountId, Change, Observed, PermissionSetName, PrincipalId};

use super::Rule;
use super::context::Context;

pub(super) const RULE: Rule =
    Rule { name: "lockout", summary: "the removal of the last way in for administrators or for Sekisho", check };

fn check(context: &Context<'_>) -> Vec<Finding> {
    let touched: BTreeSet<&AccountId> = context
        .operations()
        .filter_map(|(_, operation)| match &operation.change {
            Change::Withdraw { account, .. } => Some(account),
            _ => None,
        })
        .collect();
    let mut findings = Vec::new();
    for account in touched {
        for lockout in &context.rules.lockout {
            let guarded = lockout.accounts.iter().any(|pattern| context.matches_account(pattern, account));
            if guarded
                && ways_in(context, context.observed, lockout, account)
                && !ways_in(context, &context.after, lockout, account)
            {
                findings.push(RULE.refusal_with_help(
                    format!("the administrators would lose their last way into {}", context.account_name(account)),
                    "declare one of the lockout rule's principals with one of its sets there",
                ));
            }
        }
    }
    findings.extend(own_way_in(context));
    findings
}

/// Whether one of the principals, with somebody behind it, holds one of the sets in the account.
fn ways_in(context: &Context<'_>, state: &Observed, lockout: &Lockout, account: &AccountId) -> bool {
    state
        .assignments
        .sets()
        .iter()
        .filter(|set| lockout.permission_sets.iter().any(|pattern| pattern.matches(set.as_str())))
        .flat_map(|set| state.assignments.pair_principals(set, account))
        .any(|principal| {
            lockout.principals.iter().any(|pattern| context.matches_principal(pattern, principal))
                && has_people(state, principal)
        })
}

fn has_people(state: &Observed, principal: &PrincipalId) -> bool {
    match principal {
        PrincipalId::User(_) => state.principal_exists(principal) != Some(false),
        PrincipalId::Group(group) => match state.memberships.get(group) {
            // Unknown members: not a way in one can rely on, unless it was the only one before as well.
            Some(members) => members.value().is_none_or(|members| !members.is_empty()),
            None => state.principal_exists(principal) != Some(false),
        },
    }
}

/// The set and account of Sekisho's own credentials, where those come from Identity Center.
fn own_way_in(context: &Context<'_>) -> Option<Finding> {
    let caller = &context.observed.caller;
    let role = caller.arn.split(":assumed-role/AWSReservedSSO_").nth(1)?;
    let (role, session) = role.split_once('/')?;
    let (set, _suffix) = role.rsplit_once('_')?;
    let set = PermissionSetName::new(set).ok()?;
    let before = people_of(context.observed, &set, &caller.account, session);
    let after = people_of(&context.after, &set, &caller.account, session);
    (before && !after).then(|| {
        RULE.refusal(format!(
            "Sekisho runs as {session} with {set} in {}, and the plan takes that away",
            context.account_name(&caller.account)
        ))
    })
}

/// Whether the person is assigned in the pair, directly or through a group; or, not being known, anybody is.
fn people_of(state: &Observed, set: &PermissionSetName, account: &AccountId, user_name: &str) -> bool {
    let known = state
        .users
        .value()
        .and_then(|users| users.values().find(|user| user.user_name.eq_ignore_ascii_case(user_name)));
    let mut principals = state.assignments.pair_principals(set, account);
    match known {
        None => principals.next().is_some(),
        Some(user) => principals.any(|principal| match principal {
            PrincipalId::User(id) => *id == user.id,
            PrincipalId::Group(group) => state
                .memberships
                .get(group)
                .is_some_and(|members| members.value().is_none_or(|members| members.contains(&user.id))),
        }),
    }
}

#[cfg(test)]
mod tests {
    use crate::check::tests::refused;
    use crate::testing::World;
    use model::Pattern;
    use model::rules::Lockout;

    #[test]
    fn somebody_keeps_a_way_in() {
        let mut world = World::sample();
        world.exclusive();
        world.rules.lockout.push(Lockout {
            principals: vec![Pattern::new("group:platform-admins"), Pattern::new("user:taro")],
            permission_sets: vec![Pattern::new("Admin")],
            accounts: vec![Pattern::new("*")],
        });
        world.undeclare("Admin", "minimo-prod", "user:taro");
        assert!(refused(&world, &world.plan()).is_empty());
        world.undeclare("Admin", "minimo-prod", "group:platform-admins");
        assert_eq!(refused(&world, &world.plan()), ["lockout"]);
    }

    #[test]
    fn sekisho_keeps_its_own_way_in() {
        let mut world = World::sample();
        world.exclusive();
        world.observed.caller.account = world.account("minimo-prod");
        world.observed.caller.arn = format!(
            "arn:aws:sts::{}:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/taro",
            world.account("minimo-prod")
        );
        world.undeclare("Admin", "minimo-prod", "user:taro");
        assert_eq!(refused(&world, &world.plan()), ["lockout"]);
    }
}
