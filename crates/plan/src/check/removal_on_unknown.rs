//! # `removal-on-unknown`
//!
//! Nothing is removed that was not seen, and nobody loses an assignment while another one that is declared for them in the account is not
//! made. A removal says in `before` what it relies on, so that the executor reads it again.

use model::finding::Finding;
use model::{Change, Claim, Operation, PermissionSetName};

use super::Rule;
use super::context::Context;

pub(super) const RULE: Rule =
    Rule { name: "removal-on-unknown", summary: "a removal that rests on something that could not be read", check };

fn check(context: &Context<'_>) -> Vec<Finding> {
    let created: Vec<&PermissionSetName> = context
        .operations()
        .filter(|(_, operation)| matches!(operation.change, Change::CreatePermissionSet { .. }))
        .filter_map(|(_, operation)| Some(&operation.change.set()?.name))
        .collect();
    context
        .operations()
        .filter(|(_, operation)| operation.change.is_removal())
        .filter(|(_, operation)| operation.change.set().is_some_and(|set| !created.contains(&&set.name)))
        .filter_map(|(_, operation)| {
            let wrong = ungrounded(context, operation)?;
            Some(RULE.refusal(format!("{}: {wrong}", context.title(operation))))
        })
        .collect()
}

fn ungrounded(context: &Context<'_>, operation: &Operation) -> Option<&'static str> {
    let observed = context.observed;
    let reference = operation.change.set()?.clone();
    let Some(set) = observed.permission_sets.get(&reference.name) else {
        return Some("the permission set was not seen");
    };
    let says = |claim: Claim| operation.before.contains(&claim);
    if reference.arn.as_ref() != Some(&set.arn) {
        return Some("it names another permission set than was seen");
    }
    let (seen, relied_on) = match &operation.change {
        Change::Withdraw { account, principal, .. } => (
            observed.assignments.find(&set.name, account, principal).is_some()
                && context.directory_known(principal)
                && observed.organization.is_known(),
            says(Claim::Assigned {
                set: reference,
                account: account.clone(),
                principal: principal.clone(),
                assigned: true,
            }),
        ),
        Change::DetachManagedPolicy { policy, .. } => (
            set.managed_policies.value().is_some_and(|attached| attached.contains(policy)),
            says(Claim::ManagedPolicy { set: reference, policy: policy.clone(), attached: true }),
        ),
        Change::DetachCustomerManagedPolicy { policy, .. } => (
            set.customer_managed_policies.value().is_some_and(|attached| attached.contains(policy)),
            says(Claim::CustomerManagedPolicy { set: reference, policy: policy.clone(), attached: true }),
        ),
        Change::SetInlinePolicy { from, .. } => (
            set.inline_policy.value() == Some(from),
            says(Claim::InlinePolicyIs { set: reference, document: from.clone() }),
        ),
        Change::SetPermissionsBoundary { from, .. } => (
            set.permissions_boundary.value() == Some(from),
            says(Claim::BoundaryIs { set: reference, boundary: from.clone() }),
        ),
        Change::SetTag { key, from, .. } => (
            set.tags.value().is_some_and(|tags| tags.get(key) == from.as_ref()),
            says(Claim::TagIs { set: reference, key: key.clone(), value: from.clone() }),
        ),
        Change::DeletePermissionSet { .. } => (
            set.managed_policies.is_known()
                && set.customer_managed_policies.is_known()
                && set.inline_policy.is_known()
                && set.permissions_boundary.is_known()
                && set.tags.is_known()
                && set.provisioned.is_known()
                && !observed.incomplete_pairs.iter().any(|pair| pair.set == set.name),
            says(Claim::NowhereProvisioned { set: reference }),
        ),
        _ => (true, true),
    };
    let is_ahead = match &operation.change {
        Change::Withdraw { account, principal, .. } => {
            !context.is_undo() && context.replacement_is_missing(account, principal)
        }
        _ => false,
    };
    if is_ahead {
        Some("what is declared for the same people in the account is not made")
    } else if !seen {
        Some("what it removes was not seen, or not in full")
    } else if !relied_on {
        Some("it does not say what it relies on")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use crate::check::tests::refused;
    use crate::testing::World;
    use model::Reading;

    #[test]
    fn removals_rest_on_what_was_seen() {
        let mut world = World::sample();
        world.exclusive();
        world.undeclare("Admin", "minimo-prod", "user:taro");
        world.change_set("Developer", |set| set.managed_policies.clear());
        let plan = world.plan();
        assert!(refused(&world, &plan).is_empty());
        let mut silent = plan.clone();
        silent.operations[0].before.clear();
        crate::seal(&mut silent);
        assert_eq!(refused(&world, &silent), ["removal-on-unknown"]);
        world.observed_set("Developer").managed_policies = Reading::unknown("AWS refused");
        assert!(refused(&world, &plan).contains(&"removal-on-unknown".to_owned()));
    }
}
