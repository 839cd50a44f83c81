//! # `source`
//!
//! No operation without a reason that can be looked up: a declaration that says so, the fact that nobody declares what is
//! removed, an account with an older version, or a run that is taken back.

use model::finding::Finding;
use model::operation::Because;
use model::{Change, Operation, Source};

use super::Rule;
use super::context::Context;

pub(super) const RULE: Rule =
    Rule { name: "source", summary: "an operation whose reason is not found in the catalog or in AWS", check };

fn check(context: &Context<'_>) -> Vec<Finding> {
    context
        .operations()
        .filter_map(|(_, operation)| {
            let wrong = unfounded(context, operation)?;
            let source = match &operation.because {
                Because::Declared { source } => Some(source.clone()),
                _ => None,
            };
            Some(Finding { source, ..RULE.refusal(format!("{}: {wrong}", context.title(operation))) })
        })
        .collect()
}

fn unfounded(context: &Context<'_>, operation: &Operation) -> Option<&'static str> {
    let declared = context.declared;
    let Some(set) = operation.change.set().map(|set| &set.name) else {
        return Some("IAM users are not declared in a catalog: `sekisho iam-users retire` changes them");
    };
    let assigned = match &operation.change {
        Change::Assign { account, principal, .. } | Change::Withdraw { account, principal, .. } => {
            declared_at(context, set, account, principal)
        }
        _ => None,
    };
    match (&operation.because, &operation.change) {
        (Because::Retirement { .. }, _) => Some("only IAM users are retired"),
        (Because::Undo { run }, _) => run.is_empty().then_some("it names no run to take back"),
        (Because::Declared { source }, Change::Assign { .. }) => match assigned {
            None => Some("nobody declares it"),
            Some(declared) => (declared != source || source.origin.is_empty()).then_some("it is declared elsewhere"),
        },
        (Because::Declared { .. }, Change::Withdraw { .. } | Change::DeletePermissionSet { .. }) => {
            Some("no declaration asks for a removal")
        }
        (Because::Declared { source }, _) => match declared.permission_sets.get(set) {
            None => Some("nobody declares the permission set"),
            Some(declared) => (declared.source != *source).then_some("the permission set is declared elsewhere"),
        },
        (Because::Undeclared, Change::Withdraw { .. }) => assigned.is_some().then_some("it is declared"),
        (Because::Undeclared, Change::DeletePermissionSet { .. }) => {
            let in_use = declared.assignments.iter().any(|(assigned, _, _)| assigned == set);
            (declared.permission_sets.contains_key(set) || in_use).then_some("the permission set is declared")
        }
        (Because::Undeclared, _) => Some("only what is removed can be undeclared"),
        (Because::Outdated, Change::Provision { account, .. }) => {
            let provisioned = context.observed.permission_sets.get(set).and_then(|found| found.provisioned.value());
            let stale = provisioned
                .is_some_and(|accounts| accounts.iter().any(|entry| entry.account == *account && !entry.latest));
            (!stale).then_some("the account has the newest version")
        }
        (Because::Outdated, _) => Some("only accounts can be outdated"),
    }
}

fn declared_at<'a>(
    context: &Context<'a>,
    set: &model::PermissionSetName,
    account: &model::AccountId,
    principal: &model::PrincipalId,
) -> Option<&'a Source> {
    let table = &context.declared.assignments;
    let row = table.find(set, account, principal)?;
    let at = table.rows().partition_point(|other| *other < row);
    context.declared.assignment_source(at)
}

#[cfg(test)]
mod tests {
    use crate::check::tests::refused;
    use crate::testing::World;
    use model::operation::Because;

    #[test]
    fn every_operation_has_a_reason() {
        let mut world = World::sample();
        world.declare("ReadOnly", "tools", "group:minimo-dev");
        let plan = world.plan();
        let because = |because: Because| {
            let mut plan = plan.clone();
            plan.operations[0].because = because;
            crate::seal(&mut plan);
            plan
        };
        let Because::Declared { source } = &plan.operations[0].because else { panic!("declared") };
        let mut elsewhere = source.clone();
        elsewhere.line += 1;
        for wrong in [Because::Undeclared, Because::Outdated, Because::Declared { source: elsewhere }] {
            assert_eq!(refused(&world, &because(wrong)), ["source"]);
        }
        let mut without = World::sample();
        without.rules = world.rules.clone();
        assert!(refused(&without, &plan).contains(&"source".to_owned()));
    }
}
