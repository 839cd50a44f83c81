//! # `effect`
//!
//! An operation has to do something, and what it says it makes true has to follow from it: otherwise verification would look
//! at the wrong thing.

use model::finding::Finding;

use super::Rule;
use super::context::Context;

pub(super) const RULE: Rule = Rule {
    name: "effect",
    summary: "an operation that changes nothing, or whose `after` does not follow from it",
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for ((_, operation), step) in context.operations().zip(&context.steps) {
        if step.already == Some(true) {
            findings.push(RULE.refusal(format!("{} would change nothing", context.title(operation))));
        } else if step.after == Some(false) {
            findings.push(RULE.refusal(format!("what {} says of itself does not follow", context.title(operation))));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use crate::check::tests::refused;
    use crate::testing::World;

    #[test]
    fn an_operation_does_what_it_says() {
        let mut world = World::sample();
        world.declare("ReadOnly", "tools", "group:minimo-dev");
        world.declare("ReadOnly", "tools", "user:sato");
        let mut plan = world.plan();
        let other = plan.operations[1].after.clone();
        plan.operations[0].after = other;
        crate::seal(&mut plan);
        assert!(refused(&world, &plan).contains(&"effect".to_owned()));
    }
}
