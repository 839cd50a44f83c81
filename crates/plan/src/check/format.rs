//! # `format`
//!
//! A plan is read only when its format is known, its id is the hash of its content, it is for this instance, and every
//! operation carries its own id, once. A file that was edited, cut or mixed up is refused.

use std::collections::BTreeSet;

use model::Plan;
use model::finding::Finding;

use super::Rule;
use super::context::Context;

pub(super) const RULE: Rule = Rule {
    name: "format",
    summary: "a plan whose id does not match its content, or which is for another instance",
    check,
};

fn check(context: &Context<'_>) -> Vec<Finding> {
    let plan = context.plan;
    let mut findings = Vec::new();
    if plan.format_version != Plan::FORMAT_VERSION {
        findings.push(RULE.refusal_with_help(
            format!("the plan has format {}, this version reads {}", plan.format_version, Plan::FORMAT_VERSION),
            "make a new plan",
        ));
    }
    if plan.content_id().ok().as_ref() != Some(&plan.id) {
        findings.push(RULE.refusal_with_help(
            format!("the plan is not what it was when it was made: its content does not match its id {}", plan.id),
            "make a new plan; a plan file is not to be edited",
        ));
    }
    if plan.instance != context.observed.instance {
        findings.push(RULE.refusal(format!(
            "the plan is for {} and this is {}",
            plan.instance.instance, context.observed.instance.instance
        )));
    }
    let mut ids = BTreeSet::new();
    for (_, operation) in context.operations() {
        if operation.id != operation.change.operation_id() {
            findings.push(RULE.refusal(format!("{} carries the id of another operation", context.title(operation))));
        }
        if !ids.insert(&operation.id) {
            findings.push(RULE.refusal(format!("{} is in the plan twice", context.title(operation))));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use crate::check::tests::refused;
    use crate::testing::World;

    #[test]
    fn an_edited_plan_is_refused() {
        let mut world = World::sample();
        world.declare("ReadOnly", "tools", "group:minimo-dev");
        let plan = world.plan();
        assert!(refused(&world, &plan).is_empty());
        let mut edited = plan.clone();
        edited.sekisho_version = "9".into();
        assert_eq!(refused(&world, &edited), ["format"]);
        let mut twice = plan.clone();
        twice.operations.push(plan.operations[0].clone());
        crate::seal(&mut twice);
        assert!(refused(&world, &twice).contains(&"format".to_owned()));
        let mut other = plan;
        other.instance.primary_region = "us-east-1".into();
        crate::seal(&mut other);
        assert_eq!(refused(&world, &other), ["format"]);
    }
}
