//! # `unresolved`
//!
//! What a declaration that could not be resolved may be about stays as it is: neither added nor removed.

use model::finding::Finding;
use model::operation::Because;
use model::{Change, Operation};

use super::Rule;
use super::context::Context;

pub(super) const RULE: Rule = Rule {
    name: "unresolved",
    summary: "an operation in the footprint of a declaration that could not be resolved",
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context
        .operations()
        .filter(|(_, operation)| !matches!(operation.because, Because::Undo { .. }))
        .filter_map(|(_, operation)| frozen(context, operation))
        .collect()
}

fn frozen(context: &Context<'_>, operation: &Operation) -> Option<Finding> {
    let set = &operation.change.set()?.name;
    if let Some(reason) = context.declared.frozen_sets.get(set) {
        return Some(RULE.refusal(format!("{}: {reason}", context.title(operation))));
    }
    // A plan from a file carries what was unresolved when it was made.
    let unresolved = context.declared.unresolved.iter().chain(&context.plan.unresolved);
    let covering = unresolved.into_iter().find(|entry| {
        let footprint = &entry.footprint;
        match &operation.change {
            Change::Assign { account, principal, .. } | Change::Withdraw { account, principal, .. } => {
                footprint.covers(set, account, principal)
            }
            Change::DeletePermissionSet { .. } => footprint.sets.contains(set),
            _ => false,
        }
    })?;
    let message = format!("{}: {} ({})", context.title(operation), covering.message, covering.source);
    Some(Finding { source: Some(covering.source.clone()), help: covering.help.clone(), ..RULE.refusal(message) })
}

#[cfg(test)]
mod tests {
    use crate::check::tests::refused;
    use crate::testing::World;
    use model::{Extent, Footprint, Source, Unresolved};

    #[test]
    fn a_footprint_is_left_alone() {
        let mut world = World::sample();
        world.exclusive();
        world.undeclare("Admin", "minimo-prod", "user:taro");
        let plan = world.plan();
        assert_eq!(plan.operations.len(), 1);
        world.declared.unresolved.push(Unresolved {
            source: Source { origin: "assignments/x.yaml".into(), line: 3, column: 1 },
            message: "no group named `minimo-devs`".into(),
            help: None,
            footprint: Footprint {
                sets: Extent::Only(["Admin".parse().unwrap()].into()),
                accounts: Extent::All,
                principals: Extent::All,
            },
        });
        assert!(refused(&world, &plan).contains(&"unresolved".to_owned()));
        assert!(world.plan().operations.is_empty());
        world.declared.unresolved.clear();
        world.declared.frozen_sets.insert("Admin".parse().unwrap(), "line 3 is not YAML".into());
        assert!(refused(&world, &plan).contains(&"unresolved".to_owned()));
    }
}
