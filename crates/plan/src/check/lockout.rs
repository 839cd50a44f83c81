//! # `lockout`
//!
//! The administrators' last way into an account stays: of the principals and sets that a lockout rule names, one assignment with
//! people behind it remains in every account where there is one now. The same for the way in that Sekisho itself uses. A set of
//! such a rule that loses policies is a warning: whether the rest suffices is for people to say.

use std::collections::BTreeSet;

use model::finding::{Finding, Severity};
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
            let way = |state: &Observed| way_in(context, state, lockout, account);
            if guarded && way(&context.after) < way(context.observed) {
                findings.push(RULE.refusal_with_help(
                    format!("the administrators would lose their last way into {}", context.account_name(account)),
                    "declare one of the lockout rule's principals with one of its sets there",
                ));
            }
        }
    }
    findings.extend(own_way_in(context));
    findings.extend(weakened(context));
    findings
}

/// How sure it is that somebody can enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    /// Nobody can.
    None,
    /// Through a group whose members are not known.
    Perhaps,
    /// There are people.
    Sure,
}

/// How sure it is that one of the principals holds one of the sets in the account.
fn way_in(context: &Context<'_>, state: &Observed, lockout: &Lockout, account: &AccountId) -> Way {
    state
        .assignments
        .sets()
        .iter()
        .filter(|set| lockout.permission_sets.iter().any(|pattern| pattern.matches(set.as_str())))
        .flat_map(|set| state.assignments.pair_principals(set, account))
        .filter(|principal| lockout.principals.iter().any(|pattern| context.matches_principal(pattern, principal)))
        .map(|principal| people(state, principal))
        .max()
        .unwrap_or(Way::None)
}

fn people(state: &Observed, principal: &PrincipalId) -> Way {
    if let PrincipalId::Group(group) = principal
        && let Some(members) = state.memberships.get(group)
    {
        return match members.value() {
            None => Way::Perhaps,
            Some(members) if members.is_empty() => Way::None,
            Some(_) => Way::Sure,
        };
    }
    match (state.principal_exists(principal), principal) {
        (Some(false), _) => Way::None,
        (Some(true), PrincipalId::User(_)) => Way::Sure,
        _ => Way::Perhaps,
    }
}

/// Sets of lockout rules that lose policies.
fn weakened(context: &Context<'_>) -> Vec<Finding> {
    let is_way_in = |set: &PermissionSetName| {
        let mut patterns = context.rules.lockout.iter().flat_map(|lockout| &lockout.permission_sets);
        patterns.any(|pattern| pattern.matches(set.as_str()))
    };
    context
        .operations()
        .filter(|(_, operation)| {
            matches!(
                operation.change,
                Change::DetachManagedPolicy { .. }
                    | Change::DetachCustomerManagedPolicy { .. }
                    | Change::SetInlinePolicy { from: Some(_), .. }
                    | Change::SetPermissionsBoundary { to: Some(_), .. }
            ) && operation.change.set().is_some_and(|set| set.arn.is_some() && is_way_in(&set.name))
        })
        .map(|(_, operation)| {
            let message = format!("{}: administrators enter with this set", context.title(operation));
            Finding { severity: Severity::Warning, ..RULE.refusal(message) }
        })
        .collect()
}

/// The set and account of Sekisho's own credentials, where those come from Identity Center.
fn own_way_in(context: &Context<'_>) -> Option<Finding> {
    let caller = &context.observed.caller;
    let role = caller.arn.split(":assumed-role/AWSReservedSSO_").nth(1)?;
    let (role, session) = role.split_once('/')?;
    let (set, _suffix) = role.rsplit_once('_')?;
    let set = PermissionSetName::new(set).ok()?;
    let before = way_of(context.observed, &set, &caller.account, session);
    let after = way_of(&context.after, &set, &caller.account, session);
    (after < before).then(|| {
        RULE.refusal(format!(
            "Sekisho runs as {session} with {set} in {}, and the plan takes that away",
            context.account_name(&caller.account)
        ))
    })
}

/// How sure it is that the person holds the set in the account; that anybody does, if the person is not known.
fn way_of(state: &Observed, set: &PermissionSetName, account: &AccountId, user_name: &str) -> Way {
    let known = state
        .users
        .value()
        .and_then(|users| users.values().find(|user| user.user_name.eq_ignore_ascii_case(user_name)));
    let principals = state.assignments.pair_principals(set, account);
    let ways = principals.map(|principal| match (known, principal) {
        (None, _) => Way::Perhaps,
        (Some(user), PrincipalId::User(id)) if *id == user.id => Way::Sure,
        (Some(_), PrincipalId::User(_)) => Way::None,
        (Some(user), PrincipalId::Group(group)) => match state.memberships.get(group).map(|members| members.value()) {
            Some(Some(members)) if members.contains(&user.id) => Way::Sure,
            Some(None) => Way::Perhaps,
            _ => Way::None,
        },
    });
    ways.max().unwrap_or(Way::None)
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
    fn a_weakened_way_in_is_a_warning() {
        let mut world = World::sample();
        world.rules.lockout.push(Lockout {
            principals: vec![Pattern::new("*")],
            permission_sets: vec![Pattern::new("Admin")],
            accounts: vec![Pattern::new("*")],
        });
        world.change_set("Admin", |set| set.managed_policies.clear());
        world.change_set("Developer", |set| set.managed_policies.clear());
        let plan = world.plan();
        assert!(refused(&world, &plan).is_empty());
        assert_eq!(world.check(&plan).len(), 1);
    }

    #[test]
    fn a_group_of_unknown_people_is_no_way_in_to_rely_on() {
        let mut world = World::sample();
        world.exclusive();
        world.rules.lockout.push(Lockout {
            principals: vec![Pattern::new("*")],
            permission_sets: vec![Pattern::new("Admin")],
            accounts: vec![Pattern::new("*")],
        });
        let group = "g-platform-admins".parse().unwrap();
        world.observed.memberships.insert(group, model::Reading::unknown("throttled"));
        assert!(refused(&world, &world.plan()).is_empty());
        world.undeclare("Admin", "minimo-prod", "user:taro");
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
