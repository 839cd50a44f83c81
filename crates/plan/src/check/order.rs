//! # `order`
//!
//! Every operation comes after those it needs, and needs those without which it would fail or do harm:
//! the changes of one permission set one after the other, creation first; provisioning and assigning after the changes of the
//! set; assigning after provisioning in the same account; deleting after all withdrawals; withdrawing after what replaces it for
//! the same people in the account, and after a new assignment of a pair that would be empty in between.

use std::collections::{BTreeMap, BTreeSet};

use model::finding::Finding;
use model::{AccountId, Change, GroupId, Operation, PermissionSetName, PrincipalId, UserId};

use super::Rule;
use super::context::Context;

pub(super) const RULE: Rule =
    Rule { name: "order", summary: "an operation that comes before, or does not wait for, what it depends on", check };

fn check(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, operation) in context.operations() {
        for needed in &operation.needs {
            match context.positions.get(needed) {
                None => findings.push(
                    RULE.refusal(format!("{} needs {needed}, which is not in the plan", context.title(operation))),
                ),
                Some(position) if *position >= at => findings
                    .push(RULE.refusal(format!("{} comes before {needed}, which it needs", context.title(operation)))),
                Some(_) => {}
            }
        }
    }
    let required = Required::new(context);
    for (at, operation) in context.operations() {
        let direct: BTreeSet<usize> =
            operation.needs.iter().filter_map(|needed| context.positions.get(needed)).copied().collect();
        for needed in required.of(context, at, operation) {
            if !direct.contains(&needed)
                && !reaches(context, at, needed)
                && let Some(needed) = context.plan.operations.get(needed)
            {
                findings.push(RULE.refusal(format!(
                    "{} does not wait for {}",
                    context.title(operation),
                    context.title(needed)
                )));
            }
        }
    }
    findings
}

/// Whether `from` waits for `to`, directly or through others that come between them.
fn reaches(context: &Context<'_>, from: usize, to: usize) -> bool {
    let mut visited = BTreeSet::new();
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        let Some(operation) = context.plan.operations.get(at) else { continue };
        for position in operation.needs.iter().filter_map(|needed| context.positions.get(needed)) {
            if *position == to {
                return true;
            }
            if *position > to && visited.insert(*position) {
                open.push(*position);
            }
        }
    }
    false
}

type Pair<'a> = (&'a PermissionSetName, &'a AccountId);

/// Who has to wait for whom.
struct Required<'a> {
    /// Changes of a set, in the order of the plan; tags may go their own way.
    changes: BTreeMap<&'a PermissionSetName, Vec<usize>>,
    provisions: BTreeMap<Pair<'a>, usize>,
    grants: BTreeMap<&'a AccountId, Vec<(usize, &'a PermissionSetName, &'a PrincipalId)>>,
    withdrawals: BTreeMap<Pair<'a>, Vec<usize>>,
    people: BTreeMap<&'a GroupId, Option<BTreeSet<&'a UserId>>>,
}

impl<'a> Required<'a> {
    fn new(context: &Context<'a>) -> Self {
        let mut required = Self {
            changes: BTreeMap::new(),
            provisions: BTreeMap::new(),
            grants: BTreeMap::new(),
            withdrawals: BTreeMap::new(),
            people: BTreeMap::new(),
        };
        for (at, operation) in context.operations() {
            match &operation.change {
                Change::Provision { set, account } => {
                    required.provisions.insert((&set.name, account), at);
                }
                Change::Assign { set, account, principal } => {
                    required.grants.entry(account).or_default().push((at, &set.name, principal));
                    required.learn(context, principal);
                }
                Change::Withdraw { set, account, principal } => {
                    required.withdrawals.entry((&set.name, account)).or_default().push(at);
                    required.learn(context, principal);
                }
                Change::SetTag { .. } | Change::DeletePermissionSet { .. } => {}
                change => {
                    if let Some(set) = change.set() {
                        required.changes.entry(&set.name).or_default().push(at);
                    }
                }
            }
        }
        required
    }

    fn learn(&mut self, context: &Context<'a>, principal: &'a PrincipalId) {
        let PrincipalId::Group(group) = principal else { return };
        self.people.entry(group).or_insert_with(|| match context.observed.memberships.get(group) {
            Some(reading) => reading.value().map(|members| members.iter().collect()),
            None => (context.observed.principal_exists(principal) == Some(false)).then(BTreeSet::new),
        });
    }

    fn of(&self, context: &Context<'_>, at: usize, operation: &Operation) -> Vec<usize> {
        let last = |set: &PermissionSetName| self.changes.get(set).and_then(|changes| changes.last()).copied();
        match &operation.change {
            Change::Provision { set, .. } => last(&set.name).into_iter().collect(),
            Change::Assign { set, account, .. } => {
                let provision = self.provisions.get(&(&set.name, account)).copied();
                last(&set.name).into_iter().chain(provision).collect()
            }
            Change::Withdraw { set, account, principal } => {
                self.before_withdrawal(context, at, &set.name, account, principal)
            }
            Change::DeletePermissionSet { set } => self
                .withdrawals
                .iter()
                .filter(|((name, _), _)| **name == set.name)
                .flat_map(|(_, withdrawals)| withdrawals)
                .copied()
                .collect(),
            Change::SetTag { .. } => Vec::new(),
            change => {
                let changes = change.set().and_then(|set| self.changes.get(&set.name));
                let changes = changes.map(Vec::as_slice).unwrap_or_default();
                changes.iter().take_while(|other| **other < at).last().copied().into_iter().collect()
            }
        }
    }

    fn before_withdrawal(
        &self,
        context: &Context<'_>,
        at: usize,
        set: &PermissionSetName,
        account: &AccountId,
        principal: &PrincipalId,
    ) -> Vec<usize> {
        let grants = self.grants.get(account).map(Vec::as_slice).unwrap_or_default();
        let mut first: Vec<usize> = grants
            .iter()
            .filter(|(_, _, granted)| self.overlap(principal, granted))
            .map(|(grant, _, _)| *grant)
            .collect();
        let here: Vec<usize> =
            grants.iter().filter(|(_, granted, _)| *granted == set).map(|(grant, _, _)| *grant).collect();
        let withdrawn = self.withdrawals.get(&(set, account)).map_or(0, Vec::len);
        let assigned = context.observed.assignments.pair_principals(set, account).count();
        let one_is_waited_for = here.iter().any(|grant| first.contains(grant));
        if withdrawn >= assigned && !one_is_waited_for {
            // Any of them will do; the first in the plan stands for all unless another is waited for.
            let waited = here.iter().find(|grant| reaches(context, at, **grant));
            first.extend(waited.or_else(|| here.first()));
        }
        first
    }

    fn overlap(&self, left: &PrincipalId, right: &PrincipalId) -> bool {
        if left == right {
            return true;
        }
        match (left, right) {
            (PrincipalId::User(_), PrincipalId::User(_)) => false,
            (PrincipalId::User(user), PrincipalId::Group(group))
            | (PrincipalId::Group(group), PrincipalId::User(user)) => {
                self.people.get(group).is_none_or(|people| people.as_ref().is_none_or(|people| people.contains(user)))
            }
            (PrincipalId::Group(left), PrincipalId::Group(right)) => {
                let people = |group| self.people.get(group).and_then(Option::as_ref);
                match (people(left), people(right)) {
                    (Some(left), Some(right)) => left.intersection(right).next().is_some(),
                    (Some(known), None) | (None, Some(known)) => !known.is_empty(),
                    (None, None) => true,
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::tests::refused;
    use crate::testing::World;

    #[test]
    fn every_need_is_needed_and_the_order_respects_it() {
        let mut world = World::sample();
        world.exclusive();
        world.change_set("Developer", |set| {
            set.attributes.description = Some("other".into());
            set.inline_policy = Some(r#"{"Version":"2012-10-17","Statement":[]}"#.into());
        });
        world.declare("ReadOnly", "minimo-prod", "user:taro");
        world.undeclare("Admin", "minimo-prod", "user:taro");
        let plan = world.plan();
        assert!(refused(&world, &plan).is_empty());
        let mut dropped = 0;
        for at in 0..plan.operations.len() {
            for need in 0..plan.operations[at].needs.len() {
                let mut damaged = plan.clone();
                let needed = damaged.operations[at].needs.remove(need);
                crate::seal(&mut damaged);
                assert_eq!(refused(&world, &damaged), ["order"], "{at} without {needed}");
                let mut reordered = plan.clone();
                let operation = reordered.operations.remove(at);
                reordered.operations.insert(0, operation);
                crate::seal(&mut reordered);
                assert!(refused(&world, &reordered).contains(&"order".to_owned()), "{at} first");
                dropped += 1;
            }
        }
        assert!(dropped >= 4, "{dropped}");
    }
}
