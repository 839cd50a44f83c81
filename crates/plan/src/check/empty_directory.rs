//! # `empty-directory`
//!
//! When not a single user, or group, is found although some are assigned, the directory was most likely not read: nothing is
//! withdrawn from them.

use model::finding::{Finding, Severity};
use model::{Change, PrincipalId};

use super::Rule;
use super::context::Context;

pub(super) const RULE: Rule =
    Rule { name: "empty-directory", summary: "withdrawals while the directory looks empty", check };

type IsKind = fn(&PrincipalId) -> bool;

fn check(context: &Context<'_>) -> Vec<Finding> {
    let observed = context.observed;
    let kinds: [(&str, bool, IsKind); 2] = [
        ("user", observed.users.value().is_some_and(|users| users.is_empty()), |principal| {
            matches!(principal, PrincipalId::User(_))
        }),
        ("group", observed.groups.value().is_some_and(|groups| groups.is_empty()), |principal| {
            matches!(principal, PrincipalId::Group(_))
        }),
    ];
    let mut findings = Vec::new();
    for (name, empty, is_kind) in kinds {
        if !empty || !observed.assignments.principals().iter().any(is_kind) {
            continue;
        }
        let withdrawals = context
            .operations()
            .filter(
                |(_, operation)| matches!(&operation.change, Change::Withdraw { principal, .. } if is_kind(principal)),
            )
            .count();
        let message = format!("the identity store shows not a single {name}, though {name}s are assigned");
        let help = Some("look whether the directory was emptied or could not be read".to_owned());
        findings.push(match withdrawals {
            0 => Finding { severity: Severity::Warning, help, ..RULE.refusal(message) },
            count => Finding { help, ..RULE.refusal(format!("{message}; the plan withdraws {count} of them")) },
        });
    }
    findings
}

#[cfg(test)]
mod tests {
    use crate::check::tests::refused;
    use crate::testing::World;
    use model::Reading;

    #[test]
    fn nothing_is_withdrawn_from_an_empty_directory() {
        let mut world = World::sample();
        world.exclusive();
        world.undeclare("Admin", "minimo-prod", "user:taro");
        let plan = world.plan();
        let as_of = world.observed.as_of;
        world.observed.users = Reading::known(Default::default(), as_of);
        assert!(refused(&world, &plan).contains(&"empty-directory".to_owned()));
        let plan = world.plan();
        assert!(plan.operations.is_empty());
        assert!(refused(&world, &plan).is_empty());
        assert_eq!(world.check(&plan)[0].rule, "empty-directory");
    }
}
