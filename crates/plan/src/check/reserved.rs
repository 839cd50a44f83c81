//! # `reserved-names`
//!
//! Sets and groups named `AWS*`, and sets tagged by Control Tower, are somebody else's and are left alone unless they were
//! adopted (`protected.adopted_permission_sets`).

use model::finding::Finding;

use super::Rule;
use super::context::Context;

pub(super) const RULE: Rule =
    Rule { name: "reserved-names", summary: "an operation on a set or group of AWS or Control Tower", check };

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (_, operation) in context.operations() {
        let change = &operation.change;
        let Some(set) = change.set().map(|set| &set.name) else { continue };
        let reserved = match context.is_reserved_set(set) {
            Some(reserved) => reserved,
            // Unknown tags: an addition does Control Tower no harm, a removal might.
            None => change.is_removal(),
        };
        let group = change.principal().is_some_and(|principal| context.is_reserved_group(set, principal));
        if reserved || group {
            findings.push(RULE.refusal(format!("{}: it belongs to AWS or Control Tower", context.title(operation))));
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
    fn control_tower_is_left_alone() {
        let mut world = World::sample();
        world.exclusive();
        world.rules.protected.adopted_permission_sets.push(Pattern::new("AWS*"));
        world.undeclare("AWSAdministratorAccess", "tools", "group:AWSControlTowerAdmins");
        world.declare("AWSAdministratorAccess", "tools", "group:platform-admins");
        let plan = world.plan();
        assert_eq!(plan.operations.len(), 2);
        assert!(refused(&world, &plan).is_empty());
        world.rules.protected.adopted_permission_sets.clear();
        assert_eq!(refused(&world, &plan), ["reserved-names"]);
        assert!(world.plan().operations.is_empty());
    }
}
