//! # `observation-changed`
//!
//! What an operation relies on has to hold at its place in the run. It does not when AWS was changed since the plan was
//! made: the plan is stale.

use model::finding::Finding;

use super::Rule;
use super::context::Context;

pub(super) const RULE: Rule = Rule {
    name: "observation-changed",
    summary: "an operation that relies on something that does not hold: the plan is stale",
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    context
        .operations()
        .zip(&context.steps)
        .filter(|(_, step)| step.before.contains(&Some(false)))
        .map(|((_, operation), _)| {
            RULE.refusal_with_help(
                format!("{} relies on something that is no longer so", context.title(operation)),
                "make a new plan",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use crate::check::tests::refused;
    use crate::testing::World;

    #[test]
    fn a_stale_plan_is_refused() {
        let mut world = World::sample();
        world.declare("ReadOnly", "tools", "group:minimo-dev");
        let plan = world.plan();
        world.observe("ReadOnly", "tools", "group:minimo-dev");
        assert!(refused(&world, &plan).contains(&"observation-changed".to_owned()));
    }
}
