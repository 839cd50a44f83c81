//! # `ownership`
//!
//! Only what is Sekisho's is removed: what its journal says it created, or anything undeclared where ownership is `exclusive`.
//! Where it is `observe` nothing is done at all.

use model::finding::Finding;
use model::operation::Because;
use model::rules::{OwnershipMode, Rules};
use model::{Change, Operation};

use super::Rule;
use super::context::Context;

pub(super) const RULE: Rule =
    Rule { name: "ownership", summary: "the removal of something Sekisho does not own", check };

fn check(context: &Context<'_>) -> Vec<Finding> {
    context
        .operations()
        .filter_map(|(_, operation)| {
            let wrong = trespass(context, operation)?;
            Some(RULE.refusal(format!("{}: {wrong}", context.title(operation))))
        })
        .collect()
}

fn trespass(context: &Context<'_>, operation: &Operation) -> Option<&'static str> {
    let change = &operation.change;
    let set = &change.set()?.name;
    let mode = context.mode(set, change.account(), change.principal());
    if mode == OwnershipMode::Observe {
        return Some("ownership is `observe` here");
    }
    let exclusive = mode == OwnershipMode::Exclusive;
    let undo = matches!(operation.because, Because::Undo { .. });
    let allowed = match change {
        Change::Withdraw { account, principal, .. } => exclusive || context.owns_assignment(set, account, principal),
        Change::DeletePermissionSet { .. } => {
            let tags = context.observed.permission_sets.get(set).and_then(|found| found.tags.value());
            let foreign = tags
                .and_then(|tags| tags.get(Rules::DEPLOYMENT_TAG))
                .is_some_and(|deployment| *deployment != context.rules.deployment);
            !foreign && (exclusive || context.owns_set(set))
        }
        Change::SetTag { key, to: None, .. } => {
            !key.starts_with("aws:") && (undo || exclusive || context.owns_set(set))
        }
        Change::SetTag { key, .. } => !key.starts_with("aws:"),
        _ => true,
    };
    (!allowed).then_some("Sekisho does not own it")
}

#[cfg(test)]
mod tests {
    use crate::check::tests::refused;
    use crate::testing::World;
    use model::rules::Owned;

    #[test]
    fn only_what_is_owned_is_removed() {
        let mut world = World::sample();
        world.exclusive();
        world.undeclare("Admin", "minimo-prod", "user:taro");
        world.undeclare_set("Unused");
        let plan = world.plan();
        assert_eq!(plan.operations.len(), 2);
        assert!(refused(&world, &plan).is_empty());
        world.rules.ownership.clear();
        assert_eq!(refused(&world, &plan), ["ownership"]);
        let row = world.row("Admin", "minimo-prod", "user:taro");
        let arn = world.observed_set("Unused").arn.clone();
        world.rules.owned = Some(Owned { assignments: [row].into(), permission_sets: [arn].into() });
        assert!(refused(&world, &plan).is_empty());
    }
}
