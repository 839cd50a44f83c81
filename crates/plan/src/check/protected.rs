//! # `protected`
//!
//! Nothing is withdrawn in protected accounts or from protected principals; protected sets are neither changed nor deleted.

use model::Change;
use model::finding::Finding;

use super::Rule;
use super::context::Context;

pub(super) const RULE: Rule =
    Rule { name: "protected", summary: "a withdrawal from, or a change of, something protected", check };

fn check(context: &Context<'_>) -> Vec<Finding> {
    let protected = &context.rules.protected;
    let mut findings = Vec::new();
    for (_, operation) in context.operations() {
        let what = match &operation.change {
            Change::Withdraw { account, principal, .. } => {
                if protected.accounts.iter().any(|pattern| context.matches_account(pattern, account)) {
                    Some("the account is protected")
                } else if protected.principals.iter().any(|pattern| context.matches_principal(pattern, principal)) {
                    Some("the principal is protected")
                } else {
                    None
                }
            }
            Change::Assign { .. } => None,
            change => {
                let mut patterns = protected.permission_sets.iter();
                let set = change.set().filter(|set| patterns.any(|pattern| pattern.matches(set.name.as_str())));
                set.map(|_| "the permission set is protected")
            }
        };
        if let Some(what) = what {
            findings.push(RULE.refusal(format!("{}: {what}", context.title(operation))));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use crate::check::tests::refused;
    use crate::testing::World;
    use model::Pattern;

    #[test]
    fn protected_things_stay() {
        let mut world = World::sample();
        world.exclusive();
        world.undeclare("Admin", "minimo-prod", "user:taro");
        world.change_set("Developer", |set| set.attributes.description = Some("other".into()));
        let plan = world.plan();
        let free = world.rules.clone();
        let protect: [fn(&mut World); 3] = [
            |world| world.rules.protected.accounts.push(Pattern::new("minimo-*")),
            |world| world.rules.protected.principals.push(Pattern::new("user:taro")),
            |world| world.rules.protected.permission_sets.push(Pattern::new("Dev*")),
        ];
        for protect in protect {
            world.rules = free.clone();
            protect(&mut world);
            assert_eq!(refused(&world, &plan), ["protected"]);
            let again = world.plan();
            assert!(again.operations.len() < plan.operations.len());
            assert!(refused(&world, &again).is_empty());
        }
    }
}
