//! L0: fewer words for exactly the same, over all texts.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::bits::{Bits, is_subset, union};
use super::normal::Normal;
use super::table::Table;
use crate::glob;
use crate::policy::Effect;

pub(super) fn reduce(mut statements: Vec<Normal>, table: &mut Table) -> Vec<Normal> {
    statements.retain(|statement| !statement.is_idle());
    for statement in &mut statements {
        drop_covered_within(statement, table);
    }
    loop {
        let before = extent(&statements);
        join_actions(&mut statements);
        join_resources(&mut statements);
        join_condition_values(&mut statements, table);
        for statement in &mut statements {
            drop_covered_within(statement, table);
        }
        drop_covered_by_others(&mut statements, table);
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
fn drop_covered_within(statement: &mut Normal, table: &mut Table) {
    if statement.actions.len() > 1 {
        let mut wide: Vec<usize> = statement.actions.iter().copied().filter(|at| table.is_wild_action(*at)).collect();
        table.sort_actions(&mut wide);
        let mut dropped = Bits::default();
        for outer in wide {
            // one of two that cover each other stays
            if !dropped.contains(outer)
                && let Some(covered) = table.covered_by(outer)
            {
                covered.all.iter().filter(|inner| **inner != outer).for_each(|inner| dropped.insert(*inner));
            }
        }
        statement.actions.retain(|action| !dropped.contains(*action));
    }
    if statement.resources.len() > 1 {
        let mut wide: Vec<usize> =
            statement.resources.iter().copied().filter(|at| table.is_wild_resource(*at)).collect();
        table.sort_resources(&mut wide);
        for outer in wide {
            if statement.resources.binary_search(&outer).is_ok() {
                statement.resources.retain(|inner| *inner == outer || !table.resource_within(*inner, outer));
            }
        }
    }
}

fn join_actions(statements: &mut Vec<Normal>) {
    type Key<'n> = (Effect, usize, bool, &'n [usize], &'n [usize]);
    const fn key(one: &Normal) -> Key<'_> {
        (one.effect, one.principal, one.not_resource, one.resources.as_slice(), one.conditions.as_slice())
    }
    let take = |one: &mut Normal, other: &Normal| {
        let fits = !one.not_action && key(one) == key(other);
        if fits {
            one.actions = union(&one.actions, &other.actions);
        }
        fits
    };
    join(statements, |one| (!one.not_action).then(|| hash(key(one))), take);
}

fn join_resources(statements: &mut Vec<Normal>) {
    type Key<'n> = (Effect, usize, bool, &'n [usize], &'n [usize]);
    const fn key(one: &Normal) -> Key<'_> {
        (one.effect, one.principal, one.not_action, one.actions.as_slice(), one.conditions.as_slice())
    }
    let take = |one: &mut Normal, other: &Normal| {
        let fits = !one.not_resource && key(one) == key(other);
        if fits {
            one.resources = union(&one.resources, &other.resources);
        }
        fits
    };
    join(statements, |one| (!one.not_resource).then(|| hash(key(one))), take);
}

fn join_condition_values(statements: &mut Vec<Normal>, table: &mut Table) {
    type Key<'n> = ((Effect, usize, bool, bool, usize), &'n [usize], &'n [usize]);
    const fn key(one: &Normal) -> Key<'_> {
        let flags = (one.effect, one.principal, one.not_action, one.not_resource, one.conditions.len());
        (flags, one.actions.as_slice(), one.resources.as_slice())
    }
    let take = |one: &mut Normal, other: &Normal| key(one) == key(other) && one.join_condition_values(other, table);
    join(statements, |one| (!one.conditions.is_empty()).then(|| hash(key(one))), take);
}

fn hash(key: impl Hash) -> u64 {
    // not for keeping, and collisions cost a comparison
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

/// Puts each statement into the first earlier one that takes it. Only those with equal hashes do, and taking one in keeps the hash.
fn join(
    statements: &mut Vec<Normal>,
    hash: impl Fn(&Normal) -> Option<u64>,
    mut take: impl FnMut(&mut Normal, &Normal) -> bool,
) {
    let mut joined: Vec<Normal> = Vec::with_capacity(statements.len());
    let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
    for statement in statements.drain(..) {
        if let Some(hash) = hash(&statement) {
            let earlier = places.entry(hash).or_default();
            if earlier.iter().any(|at| joined.get_mut(*at).is_some_and(|earlier| take(earlier, &statement))) {
                continue;
            }
            earlier.push(joined.len());
        }
        joined.push(statement);
    }
    *statements = joined;
}

/// Drops actions and resources of a statement that another statement of the same effect covers, and Allows under a flat Deny.
fn drop_covered_by_others(statements: &mut [Normal], table: &mut Table) {
    // what the actions of each reach
    let mut reach: Vec<Bits> = statements.iter().map(|statement| reach(statement, table)).collect();
    for at in 0..statements.len() {
        for by in 0..statements.len() {
            if at == by {
                continue;
            }
            let Some((statement, other)) = two_of(statements, at, by) else { continue };
            if statement.principal != other.principal || !is_weaker(other, statement) {
                continue;
            }
            let (Some(own), Some(theirs)) = (reach.get(at), reach.get(by)) else { continue };
            let other = Other { normal: other, reach: theirs };
            if drop_covered_by(statement, own, &other, table)
                && let Some(slot) = reach.get_mut(at)
            {
                *slot = self::reach(statement, table);
            }
        }
    }
}

/// Drops what the other statement covers; false when that is nothing.
fn drop_covered_by(statement: &mut Normal, own: &Bits, other: &Other<'_>, table: &mut Table) -> bool {
    let before = (statement.actions.len(), statement.resources.len());
    // most statements have nothing to do with each other: the actions tell soonest
    if !statement.not_action && statement.actions.iter().any(|action| other.covers_action(*action, table)) {
        if resources_within(statement, other.normal, table) {
            statement.actions.retain(|action| !other.covers_action(*action, table));
        }
        if !statement.not_resource && other.covers_actions(statement, own, table) {
            statement.resources.retain(|resource| !resource_covered(*resource, other.normal, table));
        }
    } else if statement.not_action && !statement.not_resource && other.covers_actions(statement, own, table) {
        statement.resources.retain(|resource| !resource_covered(*resource, other.normal, table));
    }
    before != (statement.actions.len(), statement.resources.len())
}

/// The actions that a statement's patterns cover, those themselves among them.
fn reach(statement: &Normal, table: &mut Table) -> Bits {
    let mut reach = Bits::default();
    for action in &statement.actions {
        reach.insert(*action);
        if table.is_wild_action(*action)
            && let Some(covered) = table.covered_by(*action)
        {
            reach.add(&covered.bits);
        }
    }
    reach
}

/// A statement that may cover others.
struct Other<'a> {
    normal: &'a Normal,
    /// What its actions reach.
    reach: &'a Bits,
}

impl Other<'_> {
    fn covers_action(&self, action: usize, table: &Table) -> bool {
        if self.normal.not_action {
            // outside all its patterns: only sure where the texts cannot meet
            return is_apart_from_all(action, self.normal, table);
        }
        self.reach.contains(action)
    }

    /// Whether it is about all actions that the statement is about. `own`: what the statement's actions reach.
    fn covers_actions(&self, statement: &Normal, own: &Bits, table: &Table) -> bool {
        match (statement.not_action, self.normal.not_action) {
            (false, _) => statement.actions.iter().all(|action| self.covers_action(*action, table)),
            (true, true) => self.normal.actions.iter().all(|excepted| own.contains(*excepted)),
            (true, false) => table.every_action().is_some_and(|every| self.normal.actions.contains(&every)),
        }
    }
}

/// One statement to be changed, and another to be looked at.
fn two_of(statements: &mut [Normal], changed: usize, other: usize) -> Option<(&mut Normal, &Normal)> {
    let (left, right) = statements.split_at_mut(changed.max(other));
    let (early, late) = (left.get_mut(changed.min(other))?, right.first_mut()?);
    Some(if changed < other { (early, &*late) } else { (late, &*early) })
}

/// Whether the other statement decides wherever this one's conditions hold: the same effect under no more conditions, or a Deny without.
fn is_weaker(other: &Normal, statement: &Normal) -> bool {
    let same = other.effect == statement.effect && is_subset(&other.conditions, &statement.conditions);
    let denied = other.effect == Effect::Deny && statement.effect == Effect::Allow && other.conditions.is_empty();
    same || denied
}

/// An exact action that none of the patterns matches.
fn is_apart_from_all(action: usize, other: &Normal, table: &Table) -> bool {
    let Some(action) = table.action_of(action).filter(|action| !action.is_wild) else { return false };
    let mut patterns = other.actions.iter().filter_map(|pattern| table.action_of(*pattern));
    !patterns.any(|pattern| glob::matches(&pattern.lower, &action.lower))
}

fn resource_covered(resource: usize, other: &Normal, table: &mut Table) -> bool {
    !other.not_resource
        && (other.resources.binary_search(&resource).is_ok()
            || other.resources.iter().any(|outer| table.resource_within(resource, *outer)))
}

pub(super) fn resources_within(statement: &Normal, other: &Normal, table: &mut Table) -> bool {
    match (statement.not_resource, other.not_resource) {
        (false, false) => statement.resources.iter().all(|resource| resource_covered(*resource, other, table)),
        // everything but these is within everything but some of these
        (true, true) => other
            .resources
            .iter()
            .all(|excepted| statement.resources.iter().any(|outer| table.resource_within(*excepted, *outer))),
        (true, false) => table.every_resource().is_some_and(|every| other.resources == [every]),
        (false, true) => false,
    }
}
