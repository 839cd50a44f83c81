//! # `scope`
//!
//! Every operation on a permission set that is, may be, or by this plan will be in the management account belongs to the
//! executor of that account, and no other operation does. Without that executor there is no such operation.

use model::Scope;
use model::finding::Finding;

use super::Rule;
use super::context::Context;

pub(super) const RULE: Rule = Rule { name: "scope", summary: "an operation given to the wrong executor", check };

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (_, operation) in context.operations() {
        // Changes of IAM users have a checker of their own.
        let Some(set) = operation.change.set() else { continue };
        let right = if context.management_sets.contains(&set.name) { Scope::Management } else { Scope::Delegated };
        if operation.scope != right {
            let executor = match right {
                Scope::Management => "the management account",
                _ => "the delegated administrator",
            };
            findings.push(RULE.refusal(format!("{} belongs to the executor of {executor}", context.title(operation))));
        } else if right == Scope::Management && !context.rules.management_executor {
            findings.push(RULE.refusal(format!(
                "{} needs the executor of the management account, which does not run",
                context.title(operation)
            )));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use crate::check::tests::refused;
    use crate::testing::World;
    use model::Scope;

    #[test]
    fn operations_go_to_their_executor() {
        let mut world = World::sample();
        world.rules.management_executor = true;
        world.declare("ReadOnly", "management", "group:platform-admins");
        world.declare("Admin", "tools", "group:platform-admins");
        let plan = world.plan();
        assert!(refused(&world, &plan).is_empty());
        for at in 0..plan.operations.len() {
            let mut damaged = plan.clone();
            let scope = &mut damaged.operations[at].scope;
            *scope = if *scope == Scope::Management { Scope::Delegated } else { Scope::Management };
            crate::seal(&mut damaged);
            assert_eq!(refused(&world, &damaged), ["scope"]);
        }
        world.rules.management_executor = false;
        assert!(refused(&world, &plan).contains(&"scope".to_owned()));
    }
}
