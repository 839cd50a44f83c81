//! # `account-not-active`
//!
//! Identity Center cannot work in accounts that are suspended, closed, or not in the organization: no operation goes there.

use model::finding::Finding;

use super::Rule;
use super::context::Context;

pub(super) const RULE: Rule =
    Rule { name: "account-not-active", summary: "an operation in an account that is not known to be in use", check };

fn check(context: &Context<'_>) -> Vec<Finding> {
    context
        .operations()
        .filter_map(|(_, operation)| {
            let account = operation.change.account()?;
            if context.is_active(account) {
                return None;
            }
            let state = context.observed.account(account).map_or("not known", |found| found.state.as_str());
            Some(RULE.refusal(format!("{}: the account is {state}", context.title(operation))))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::check::tests::refused;
    use crate::testing::World;
    use model::AccountState;

    #[test]
    fn nothing_happens_in_a_suspended_account() {
        let mut world = World::sample();
        world.declare("ReadOnly", "tools", "group:minimo-dev");
        let plan = world.plan();
        world.set_state("tools", AccountState::Suspended);
        assert_eq!(refused(&world, &plan), ["account-not-active"]);
        let plan = world.plan();
        assert!(plan.operations.is_empty());
        assert!(refused(&world, &plan).is_empty());
    }
}
