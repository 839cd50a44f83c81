//! L0: fewer words for exactly the same, over all texts.

use std::collections::BTreeSet;
use std::ops::Bound;

use super::normal::{Normal, Patterns, exact_beginning, known_spelling};
use crate::policy::{Effect, Policy};

pub(super) fn reduce(sources: &[Policy], patterns: &mut Patterns) -> Vec<Normal> {
    let mut statements = Normal::of(sources);
    statements.retain(|statement| !statement.is_idle());
    for statement in &mut statements {
        for (lower, written) in &mut statement.actions {
            if let Some(known) = known_spelling(lower) {
                *written = known;
            }
        }
        drop_covered_within(statement, patterns);
    }
    loop {
        let before = extent(&statements);
        join_actions(&mut statements);
        join_resources(&mut statements);
        join(&mut statements, Normal::join_condition_values);
        for statement in &mut statements {
            drop_covered_within(statement, patterns);
        }
        drop_covered_by_others(&mut statements, patterns);
        statements.retain(|statement| !statement.is_idle());
        if extent(&statements) >= before {
            return statements;
        }
    }
}

/// How many patterns the statements have, and how many they are: whatever is joined or dropped makes this less.
fn extent(statements: &[Normal]) -> usize {
    statements.iter().map(|statement| 1 + statement.actions.len() + statement.resources.len()).sum()
}

/// `s3:GetObject` besides `s3:Get*` in one clause. In a negated clause just as well: a union is a union.
fn drop_covered_within(statement: &mut Normal, patterns: &mut Patterns) {
    let is_wild = |text: &&String| text.contains(['*', '?']);
    let wide: Vec<String> = statement.actions.keys().filter(is_wild).cloned().collect();
    for outer in &wide {
        let Some((exact, _)) = exact_beginning(outer).filter(|_| statement.actions.contains_key(outer)) else {
            continue;
        };
        let beginning =
            statement.actions.range::<str, _>((Bound::Included(exact), Bound::Unbounded)).map(|(inner, _)| inner);
        let covered: Vec<String> = beginning
            .take_while(|inner| inner.starts_with(exact))
            .filter(|inner| *inner != outer && patterns.action_within(inner, outer))
            .cloned()
            .collect();
        for inner in covered {
            statement.actions.remove(&inner);
        }
    }
    let wide: Vec<String> = statement.resources.iter().filter(is_wild).cloned().collect();
    for outer in &wide {
        if statement.resources.contains(outer) {
            statement.resources.retain(|inner| inner == outer || !patterns.resource_within(inner, outer));
        }
    }
}

fn join_actions(statements: &mut Vec<Normal>) {
    join(statements, |one, other| {
        let fits = !one.not_action
            && !other.not_action
            && one.principal == other.principal
            && one.all_but_actions() == other.all_but_actions();
        if fits {
            one.actions.extend(other.actions.clone());
        }
        fits
    });
}

fn join_resources(statements: &mut Vec<Normal>) {
    join(statements, |one, other| {
        let fits = !one.not_resource
            && !other.not_resource
            && one.principal == other.principal
            && one.all_but_resources() == other.all_but_resources();
        if fits {
            one.resources.extend(other.resources.clone());
        }
        fits
    });
}

/// Puts each statement into the first earlier one that takes it.
fn join(statements: &mut Vec<Normal>, mut take: impl FnMut(&mut Normal, &Normal) -> bool) {
    let mut joined: Vec<Normal> = Vec::with_capacity(statements.len());
    for statement in statements.drain(..) {
        if !joined.iter_mut().any(|earlier| take(earlier, &statement)) {
            joined.push(statement);
        }
    }
    *statements = joined;
}

/// Drops actions and resources of a statement that another statement of the same effect covers, and Allows under a flat Deny.
fn drop_covered_by_others(statements: &mut [Normal], patterns: &mut Patterns) {
    let wild =
        |statement: &Normal| statement.actions.keys().filter(|text| text.contains(['*', '?'])).cloned().collect();
    let wilds: Vec<Vec<String>> = statements.iter().map(wild).collect();
    for at in 0..statements.len() {
        for (by, wild) in wilds.iter().enumerate() {
            if at == by {
                continue;
            }
            let Some((statement, other)) = two_of(statements, at, by) else { continue };
            if statement.principal != other.principal || !is_weaker(other, statement) {
                continue;
            }
            let other = Other { normal: other, wild };
            // most statements have nothing to do with each other: the actions tell soonest
            if !statement.not_action && statement.actions.keys().any(|action| action_covered(action, &other, patterns))
            {
                if resources_within(statement, &other, patterns) {
                    statement.actions.retain(|action, _| !action_covered(action, &other, patterns));
                }
                if !statement.not_resource && actions_within(statement, &other, patterns) {
                    statement.resources.retain(|resource| !resource_covered(resource, other.normal, patterns));
                }
            } else if statement.not_action && !statement.not_resource && actions_within(statement, &other, patterns) {
                statement.resources.retain(|resource| !resource_covered(resource, other.normal, patterns));
            }
        }
    }
}

/// A statement that may cover others.
struct Other<'a> {
    normal: &'a Normal,
    /// Its actions with wildcards, or those it had.
    wild: &'a [String],
}

/// One statement to be changed, and another to be looked at.
fn two_of(statements: &mut [Normal], changed: usize, other: usize) -> Option<(&mut Normal, &Normal)> {
    let (left, right) = statements.split_at_mut(changed.max(other));
    let (early, late) = (left.get_mut(changed.min(other))?, right.first_mut()?);
    Some(if changed < other { (early, &*late) } else { (late, &*early) })
}

/// Whether the other statement decides wherever this one's conditions hold: the same effect under no more conditions, or a Deny without.
fn is_weaker(other: &Normal, statement: &Normal) -> bool {
    let same = other.effect == statement.effect && other.condition_keys.is_subset(&statement.condition_keys);
    let denied = other.effect == Effect::Deny && statement.effect == Effect::Allow && other.conditions.is_empty();
    same || denied
}

fn action_covered(action: &str, other: &Other<'_>, patterns: &mut Patterns) -> bool {
    if other.normal.not_action {
        // outside all its patterns: only sure where the texts cannot meet
        return is_apart_from_all(action, other.normal);
    }
    let held = &other.normal.actions;
    held.contains_key(action)
        || other.wild.iter().any(|outer| patterns.action_within(action, outer) && held.contains_key(outer))
}

/// An exact action that none of the patterns matches.
fn is_apart_from_all(action: &str, other: &Normal) -> bool {
    !action.contains(['*', '?']) && !other.actions.keys().any(|pattern| crate::glob::matches(pattern, action))
}

fn resource_covered(resource: &str, other: &Normal, patterns: &mut Patterns) -> bool {
    !other.not_resource && other.resources.iter().any(|outer| patterns.resource_within(resource, outer))
}

fn resources_within(statement: &Normal, other: &Other<'_>, patterns: &mut Patterns) -> bool {
    let other = other.normal;
    match (statement.not_resource, other.not_resource) {
        (false, false) => statement.resources.iter().all(|resource| resource_covered(resource, other, patterns)),
        // everything but these is within everything but some of these
        (true, true) => other
            .resources
            .iter()
            .all(|excepted| statement.resources.iter().any(|outer| patterns.resource_within(excepted, outer))),
        (true, false) => other.resources == BTreeSet::from(["*".to_owned()]),
        (false, true) => false,
    }
}

fn actions_within(statement: &Normal, other: &Other<'_>, patterns: &mut Patterns) -> bool {
    match (statement.not_action, other.normal.not_action) {
        (false, _) => statement.actions.keys().all(|action| action_covered(action, other, patterns)),
        (true, true) => other
            .normal
            .actions
            .keys()
            .all(|excepted| statement.actions.keys().any(|outer| patterns.action_within(excepted, outer))),
        (true, false) => other.normal.actions.contains_key("*"),
    }
}
