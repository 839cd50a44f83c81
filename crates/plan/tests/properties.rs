//! What holds for every organization, catalog and reading.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::allow_attributes,
    reason = "tests may fail loudly"
)]

use std::collections::{BTreeMap, BTreeSet};

use model::finding::Severity;
use model::rules::OwnershipMode;
use model::{AccountId, Change, Observed, OperationId, PermissionSetName, Plan, PrincipalId, Scope, UserId};
use plan::testing::{Random, RandomShape, Row, World, blind, owned_after, random_world, text};
use plan::{UndoInput, seal, simulate, undo};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

const CLEAR: RandomShape = RandomShape { obstacles: false, ownership: OwnershipMode::Exclusive };
const HARD: RandomShape = RandomShape { obstacles: true, ownership: OwnershipMode::Exclusive };
const ADDITIVE: RandomShape = RandomShape { obstacles: true, ownership: OwnershipMode::Additive };

/// Rules that may refuse a good plan: limits people set.
const LIMITS: [&str; 3] = ["guard-withdrawals", "guard-permission-set-deletions", "lockout"];

fn refusals(world: &World, plan: &Plan) -> Vec<String> {
    world
        .check(plan)
        .into_iter()
        .filter(|finding| finding.severity == Severity::Refusal && !LIMITS.contains(&finding.rule.as_str()))
        .map(|finding| format!("{}: {}", finding.rule, finding.message))
        .collect()
}

fn removals(plan: &Plan) -> BTreeSet<OperationId> {
    plan.operations
        .iter()
        .filter(|operation| operation.change.is_removal())
        .map(|operation| operation.id.clone())
        .collect()
}

fn after(world: &World, plan: &Plan) -> World {
    let mut next = world.clone();
    next.observed = simulate(&world.observed, &plan.operations);
    next
}

/// Without names in tables that no assignment uses.
fn canonical(observed: &Observed) -> Observed {
    simulate(observed, &[])
}

fn config() -> ProptestConfig {
    // More with PROPTEST_CASES=20000.
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

fn ends_at_what_is_declared(seed: u64) -> Result<(), TestCaseError> {
    let world = random_world(seed, CLEAR);
    let plan = world.plan();
    prop_assert_eq!(refusals(&world, &plan), Vec::<String>::new(), "{}", text(&plan, &world.observed));
    let next = after(&world, &plan);
    // All that is declared, but what is declared for people who do not exist.
    let wanted: Vec<_> = next
        .declared
        .assignments
        .iter()
        .filter(|(set, account, who)| {
            world.observed.principal_exists(who) == Some(true)
                || world.observed.assignments.find(set, account, who).is_some()
        })
        .collect();
    let held = |set: &model::PermissionSetName, account: &model::AccountId, who: &model::PrincipalId| {
        next.declared.assignments.find(set, account, who).is_some()
    };
    for (set, account, who) in &wanted {
        prop_assert!(next.observed.assignments.find(set, account, who).is_some(), "{set} {account} {who}");
    }
    for (set, account, who) in next.observed.assignments.iter() {
        // What replaces it could not be made: its people keep what they hold.
        let waits = next.declared.assignments.iter().any(|(_, place, principal)| {
            place == account && principal == who && world.observed.principal_exists(who) == Some(false)
        });
        // Not a single group, though groups are assigned: a directory that was read while it was empty takes nothing away.
        let is_empty = match who {
            PrincipalId::Group(_) => world.observed.groups.value().is_some_and(BTreeMap::is_empty),
            PrincipalId::User(_) => world.observed.users.value().is_some_and(BTreeMap::is_empty),
        };
        prop_assert!(held(set, account, who) || waits || is_empty, "{set} {account} {who}");
    }
    let again = next.plan();
    prop_assert!(
        again.operations.is_empty(),
        "{}\n---\n{}",
        text(&plan, &world.observed),
        text(&again, &next.observed)
    );
    prop_assert_eq!(refusals(&next, &again), Vec::<String>::new());
    Ok(())
}

/// Found with many cases: a group list that came back empty makes no group of it a deleted one.
#[test]
fn an_emptied_directory_lets_nobody_be_taken_out_earlier() {
    let full = random_world(2_783_045_512_127_597_486, HARD);
    let mut partial = full.clone();
    partial.observed = blind(&full.observed, 12_964_570_789_577_669_519);
    assert!(removals(&partial.plan()).is_subset(&removals(&full.plan())));
}

/// Worlds that random ones seldom are.
#[test]
fn a_directory_without_a_single_group_is_clear_as_well() {
    ends_at_what_is_declared(10_713_741_293_145_794_946).unwrap();
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_clear_plan_ends_at_what_is_declared(seed: u64) {
        ends_at_what_is_declared(seed)?;
    }

    #[test]
    fn a_hard_plan_passes_the_checker_and_settles(seed: u64, additive: bool) {
        let world = random_world(seed, if additive { ADDITIVE } else { HARD });
        let plan = world.plan();
        prop_assert_eq!(refusals(&world, &plan), Vec::<String>::new(), "{}", text(&plan, &world.observed));
        let mut next = after(&world, &plan);
        next.rules.owned = next.rules.owned.map(|owned| owned_after(Some(&owned), &plan.operations, &next.observed));
        let again = next.plan();
        prop_assert!(again.operations.is_empty(), "{}\n---\n{}", text(&plan, &world.observed), text(&again, &next.observed));
    }

    #[test]
    fn additive_removes_nothing_that_is_not_owned(seed: u64) {
        let mut world = random_world(seed, ADDITIVE);
        world.rules.ownership.retain(|rule| rule.mode != OwnershipMode::Exclusive);
        let owned = world.rules.owned.clone().unwrap_or_default();
        for operation in world.plan().operations {
            match &operation.change {
                Change::Withdraw { set, account, principal } => {
                    prop_assert!(owned.assignments.contains(&(set.name.clone(), account.clone(), principal.clone())));
                }
                Change::DeletePermissionSet { set } | Change::SetTag { set, to: None, .. } => {
                    prop_assert!(owned.permission_sets.contains(set.arn.as_ref().unwrap()));
                }
                _ => {}
            }
        }
    }

    #[test]
    fn nothing_is_removed_because_it_was_not_seen(seed: u64, blindness: u64, additive: bool) {
        let full = random_world(seed, if additive { ADDITIVE } else { HARD });
        let mut partial = full.clone();
        partial.observed = blind(&full.observed, blindness);
        let plan = partial.plan();
        let (seen, all) = (removals(&plan), removals(&full.plan()));
        prop_assert!(seen.is_subset(&all), "{:?}\n{}", seen.difference(&all).collect::<Vec<_>>(), text(&plan, &partial.observed));
        for operation in plan.operations.iter().filter(|operation| operation.change.is_removal()) {
            let deletes = matches!(operation.change, Change::DeletePermissionSet { .. });
            let created = operation.change.set().is_some_and(|set| set.arn.is_none());
            for claim in &operation.before {
                // A deletion relies on what the withdrawals before it make true.
                prop_assert!(deletes || created || claim.holds_in(&partial.observed) == Some(true), "{:?}", operation);
                prop_assert!(claim.holds_in(&partial.observed).is_some() || created, "{:?}", operation);
            }
        }
        prop_assert_eq!(refusals(&partial, &plan), Vec::<String>::new(), "{}", text(&plan, &partial.observed));
        let next = after(&partial, &plan);
        let again = next.plan();
        prop_assert!(again.operations.is_empty(), "{}\n---\n{}", text(&plan, &partial.observed), text(&again, &next.observed));
    }

    #[test]
    fn a_damaged_plan_is_refused(seed: u64, dice: u64) {
        let world = random_world(seed, if seed.is_multiple_of(2) { CLEAR } else { HARD });
        let plan = world.plan();
        let mut random = Random::new(dice);
        for damage in [drop_need, flip_scope, reorder, withdraw_declared, forge_reason] {
            let mut damaged = plan.clone();
            if damage(&world, &mut damaged, &mut random) {
                prop_assert_ne!(refusals(&world, &damaged).len(), 0, "edited: {}", text(&damaged, &world.observed));
                seal(&mut damaged);
                prop_assert_ne!(refusals(&world, &damaged).len(), 0, "{}\n---\n{}", text(&plan, &world.observed), text(&damaged, &world.observed));
            }
        }
    }

    #[test]
    fn nobody_is_locked_out_in_between(seed: u64, dice: u64, failures in 0_u32..40) {
        let world = random_world(seed, if seed.is_multiple_of(2) { CLEAR } else { HARD });
        let plan = world.plan();
        let mut random = Random::new(dice);
        let rows = |observed: &Observed| -> BTreeSet<Row> {
            observed.assignments.iter().map(|(set, account, who)| (set.clone(), account.clone(), who.clone())).collect()
        };
        let mut now = rows(&world.observed);
        let end = rows(&after(&world, &plan).observed);
        let keeps: BTreeSet<_> =
            entrances(&world.observed, &now).intersection(&entrances(&world.observed, &end)).cloned().collect();
        let stays: BTreeSet<_> = roles(&now).intersection(&roles(&end)).cloned().collect();
        // Any order the needs allow, with failures: who needs a failed operation is never started.
        let mut verified: BTreeSet<OperationId> = BTreeSet::new();
        let mut open: Vec<_> = plan.operations.iter().collect();
        loop {
            let ready: Vec<usize> =
                (0..open.len()).filter(|at| open[*at].needs.iter().all(|need| verified.contains(need))).collect();
            let Some(at) = random.pick(&ready) else { break };
            let operation = open.remove(*at);
            if random.percent(failures) {
                continue;
            }
            verified.insert(operation.id.clone());
            match &operation.change {
                Change::Assign { set, account, principal } => {
                    now.insert((set.name.clone(), account.clone(), principal.clone()));
                }
                Change::Withdraw { set, account, principal } => {
                    now.remove(&(set.name.clone(), account.clone(), principal.clone()));
                }
                _ => {}
            }
            let seen = text(&plan, &world.observed);
            prop_assert!(keeps.is_subset(&entrances(&world.observed, &now)), "after {}\n{seen}", operation.id);
            prop_assert!(stays.is_subset(&roles(&now)), "after {}\n{seen}", operation.id);
        }
    }

    #[test]
    fn undo_returns_what_can_be_returned(seed: u64) {
        let mut world = random_world(seed, CLEAR);
        world.rules.owned.get_or_insert_default();
        for set in world.observed.permission_sets.values_mut() {
            for entry in set.provisioned.value_mut().unwrap() {
                entry.latest = true;
            }
        }
        let plan = world.plan();
        let mut next = after(&world, &plan);
        next.rules.owned = Some(owned_after(world.rules.owned.as_ref(), &plan.operations, &next.observed));
        let verified: Vec<OperationId> = plan.operations.iter().map(|operation| operation.id.clone()).collect();
        let back = undo(&UndoInput {
            run: &"run-1".parse().unwrap(),
            plan: &plan,
            verified: &verified,
            observed: &next.observed,
            rules: &next.rules,
            created: plan.created,
            sekisho_version: "test",
        });
        prop_assert_eq!(refusals(&next, &back), Vec::<String>::new(), "{}\n---\n{}", text(&plan, &world.observed), text(&back, &next.observed));
        let undone = simulate(&next.observed, &back.operations);
        // A deleted set returns with another ARN; a deleted principal does not return.
        let mut wanted = canonical(&world.observed);
        let found = canonical(&undone);
        for (name, set) in &mut wanted.permission_sets {
            if let Some(other) = found.permission_sets.get(name) {
                set.arn = other.arn.clone();
                set.created = None;
            }
        }
        let gone = |who: &model::PrincipalId| world.observed.principal_exists(who) == Some(false);
        let rows = |observed: &Observed| -> BTreeSet<_> {
            observed.assignments.iter().filter(|(_, _, who)| !gone(who)).map(|(set, account, who)| (set.clone(), account.clone(), who.clone())).collect()
        };
        prop_assert_eq!(rows(&wanted), rows(&found), "{}\n---\n{}", text(&plan, &world.observed), text(&back, &next.observed));
        let lossy = plan.operations.iter().any(|operation| operation.change.principal().is_some_and(gone));
        if !lossy {
            prop_assert_eq!(&wanted.permission_sets, &found.permission_sets, "{}\n---\n{}", text(&plan, &world.observed), text(&back, &next.observed));
            prop_assert!(back.frozen.is_empty(), "{}", text(&back, &next.observed));
        }
    }

    #[test]
    fn a_plan_survives_its_file(seed: u64) {
        let world = random_world(seed, HARD);
        let plan = world.plan();
        let read: Plan = serde_json::from_str(&serde_json::to_string_pretty(&plan).unwrap()).unwrap();
        prop_assert_eq!(&read, &plan);
        prop_assert_eq!(read.content_id().unwrap(), plan.id.clone());
        // The id is the hash of the file without the id.
        let mut content = serde_json::to_value(&plan).unwrap();
        content.as_object_mut().unwrap().shift_remove("id");
        let hash = model::id::short_hash([content.to_string().as_str()]);
        prop_assert_eq!(plan.id.as_str(), format!("plan-{hash}"));
    }
}

/// Which account has which set.
fn roles(rows: &BTreeSet<Row>) -> BTreeSet<(PermissionSetName, AccountId)> {
    rows.iter().map(|(set, account, _)| (set.clone(), account.clone())).collect()
}

/// Who can enter which account with anything.
fn entrances(observed: &Observed, rows: &BTreeSet<Row>) -> BTreeSet<(UserId, AccountId)> {
    let mut entrances = BTreeSet::new();
    for (_, account, principal) in rows {
        match principal {
            PrincipalId::User(user) => {
                entrances.insert((user.clone(), account.clone()));
            }
            PrincipalId::Group(group) => {
                let members = observed.memberships.get(group).and_then(|members| members.value());
                entrances.extend(members.into_iter().flatten().map(|user| (user.clone(), account.clone())));
            }
        }
    }
    entrances
}

fn drop_need(_: &World, plan: &mut Plan, random: &mut Random) -> bool {
    let with: Vec<usize> = (0..plan.operations.len()).filter(|at| !plan.operations[*at].needs.is_empty()).collect();
    let Some(at) = random.pick(&with) else { return false };
    let needs = &mut plan.operations[*at].needs;
    needs.remove(random.below(u32::try_from(needs.len()).unwrap()) as usize);
    true
}

fn flip_scope(_: &World, plan: &mut Plan, random: &mut Random) -> bool {
    if plan.operations.is_empty() {
        return false;
    }
    let at = random.below(u32::try_from(plan.operations.len()).unwrap()) as usize;
    let scope = &mut plan.operations[at].scope;
    *scope = if *scope == Scope::Delegated { Scope::Management } else { Scope::Delegated };
    true
}

fn reorder(_: &World, plan: &mut Plan, random: &mut Random) -> bool {
    let with: Vec<usize> = (0..plan.operations.len()).filter(|at| !plan.operations[*at].needs.is_empty()).collect();
    let Some(at) = random.pick(&with) else { return false };
    let operation = plan.operations.remove(*at);
    let needed = plan.operations.iter().position(|other| operation.needs.contains(&other.id)).unwrap();
    plan.operations.insert(needed, operation);
    true
}

/// A withdrawal of what is declared and there, made up in good form.
fn withdraw_declared(world: &World, plan: &mut Plan, random: &mut Random) -> bool {
    let mut scratch = world.clone();
    scratch.declared.assignments = Default::default();
    scratch.declared.assignment_sources.clear();
    scratch.declared.unresolved.clear();
    scratch.declared.frozen_sets.clear();
    let made_up: Vec<_> = scratch
        .plan()
        .operations
        .into_iter()
        .filter(|operation| match &operation.change {
            Change::Withdraw { set, account, principal } => {
                world.declared.assignments.find(&set.name, account, principal).is_some()
            }
            _ => false,
        })
        .collect();
    let Some(operation) = random.pick(&made_up) else { return false };
    plan.operations.push(operation.clone());
    true
}

fn forge_reason(_: &World, plan: &mut Plan, random: &mut Random) -> bool {
    if plan.operations.is_empty() {
        return false;
    }
    let at = random.below(u32::try_from(plan.operations.len()).unwrap()) as usize;
    let because = &mut plan.operations[at].because;
    *because = match because {
        model::operation::Because::Declared { source } => {
            model::operation::Because::Declared { source: model::Source { line: source.line + 1000, ..source.clone() } }
        }
        model::operation::Because::Undeclared => model::operation::Because::Outdated,
        _ => model::operation::Because::Undeclared,
    };
    true
}
