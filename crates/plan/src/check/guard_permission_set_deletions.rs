//! # `guard-permission-set-deletions`
//!
//! A run that would delete more permission sets than `guards.max_permission_set_deletions` stops before its first write.

use model::Change;
use model::finding::Finding;

use super::Rule;
use super::context::Context;

pub(super) const RULE: Rule = Rule {
    name: "guard-permission-set-deletions",
    summary: "more deletions of permission sets than the guards allow",
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let deletions = context
        .operations()
        .filter(|(_, operation)| matches!(operation.change, Change::DeletePermissionSet { .. }))
        .count() as u64;
    let most = context.rules.guards.max_permission_set_deletions;
    if deletions <= most {
        return Vec::new();
    }
    vec![RULE.refusal_with_help(
        format!("the plan deletes {deletions} permission sets, at most {most} are allowed"),
        "look at the plan; if it is right, raise `guards.max_permission_set_deletions` in sekisho.yaml",
    )]
}

#[cfg(test)]
mod tests {
    use crate::check::tests::refused;
    use crate::testing::World;

    #[test]
    fn too_many_deletions_are_refused() {
        let mut world = World::sample();
        world.exclusive();
        world.undeclare_set("Unused");
        let plan = world.plan();
        assert!(refused(&world, &plan).is_empty());
        world.rules.guards.max_permission_set_deletions = 0;
        assert_eq!(refused(&world, &plan), ["guard-permission-set-deletions"]);
    }
}
