//! L0: fewer words for exactly the same, over all texts.

use std::collections::BTreeSet;

use super::normal::{Normal, Patterns, known_spelling, policy};
use crate::compare::loses_nothing;
use crate::policy::{Effect, Policy};

/// Beyond this many statements the last step, a comparison per statement, is left out.
const MAX_STATEMENTS_TO_TRY: usize = 80;

/// Bound on the work of that step.
const MAX_STEPS_TO_TRY: usize = 60_000;

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
        let before = size(&statements);
        join_actions(&mut statements);
        join_resources(&mut statements);
        for statement in &mut statements {
            drop_covered_within(statement, patterns);
        }
        drop_covered_by_others(&mut statements, patterns);
        statements.retain(|statement| !statement.is_idle());
        if size(&statements) >= before {
            return statements;
        }
    }
}

pub(super) fn size(statements: &[Normal]) -> usize {
    policy(statements).size()
}

/// Drops Allows one by one whose absence is proven to change nothing. Not Denies: those also bind what other policies allow.
pub(super) fn drop_superfluous(mut statements: Vec<Normal>) -> Vec<Normal> {
    if statements.len() > MAX_STATEMENTS_TO_TRY {
        return statements;
    }
    let whole = [policy(&statements)];
    let mut steps = MAX_STEPS_TO_TRY;
    let mut at = 0;
    while at < statements.len() && statements.len() > 1 && steps > 0 {
        let mut fewer = statements.clone();
        let dropped = fewer.remove(at);
        // without an Allow nothing can be gained
        if dropped.effect == Effect::Allow && loses_nothing(&whole, &[policy(&fewer)], &mut steps) {
            statements = fewer;
        } else {
            at += 1;
        }
    }
    statements
}

/// `s3:GetObject` besides `s3:Get*` in one clause. In a negated clause just as well: a union is a union.
fn drop_covered_within(statement: &mut Normal, patterns: &mut Patterns) {
    let wide: Vec<String> = statement.actions.keys().filter(|text| text.contains(['*', '?'])).cloned().collect();
    for outer in &wide {
        if statement.actions.contains_key(outer) {
            statement.actions.retain(|inner, _| inner == outer || !patterns.action_within(inner, outer));
        }
    }
    let wide: Vec<String> = statement.resources.iter().filter(|text| text.contains(['*', '?'])).cloned().collect();
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
    for at in 0..statements.len() {
        for by in 0..statements.len() {
            let (Some(statement), Some(other)) = (statements.get(at), statements.get(by)) else { continue };
            if at == by || statement.principal != other.principal || !is_weaker(other, statement) {
                continue;
            }
            let (other, mut statement) = (other.clone(), statement.clone());
            let resources_covered = resources_within(&statement, &other, patterns);
            if resources_covered && !statement.not_action {
                statement.actions.retain(|action, _| !action_covered(action, &other, patterns));
            }
            if !statement.not_resource && actions_within(&statement, &other, patterns) {
                statement.resources.retain(|resource| !resource_covered(resource, &other, patterns));
            }
            if let Some(slot) = statements.get_mut(at) {
                *slot = statement;
            }
        }
    }
}

/// Whether the other statement decides wherever this one's conditions hold: the same effect under no more conditions, or a Deny without.
fn is_weaker(other: &Normal, statement: &Normal) -> bool {
    let same = other.effect == statement.effect && other.condition_keys.is_subset(&statement.condition_keys);
    let denied = other.effect == Effect::Deny && statement.effect == Effect::Allow && other.conditions.is_empty();
    same || denied
}

fn action_covered(action: &str, other: &Normal, patterns: &mut Patterns) -> bool {
    if other.not_action {
        // outside all its patterns: only sure where the texts cannot meet
        return is_apart_from_all(action, other);
    }
    other.actions.keys().any(|outer| patterns.action_within(action, outer))
}

/// An exact action that none of the patterns matches.
fn is_apart_from_all(action: &str, other: &Normal) -> bool {
    !action.contains(['*', '?']) && !other.actions.keys().any(|pattern| crate::glob::matches(pattern, action))
}

fn resource_covered(resource: &str, other: &Normal, patterns: &mut Patterns) -> bool {
    !other.not_resource && other.resources.iter().any(|outer| patterns.resource_within(resource, outer))
}

fn resources_within(statement: &Normal, other: &Normal, patterns: &mut Patterns) -> bool {
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

fn actions_within(statement: &Normal, other: &Normal, patterns: &mut Patterns) -> bool {
    match (statement.not_action, other.not_action) {
        (false, _) => statement.actions.keys().all(|action| action_covered(action, other, patterns)),
        (true, true) => other
            .actions
            .keys()
            .all(|excepted| statement.actions.keys().any(|outer| patterns.action_within(excepted, outer))),
        (true, false) => other.actions.contains_key("*"),
    }
}
