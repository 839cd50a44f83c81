//! The last step of L0: Allows whose absence is proven to change nothing.

use super::example;
use super::glance::Glance;
use super::normal::{Normal, policy};
use super::table::Table;
use crate::compare::loses_nothing;
use crate::policy::Effect;

/// Bound on the work of this step.
const MAX_STEPS: usize = 60_000;

/// So many statements are tried with more than a glance; policies of so many entangled ones are rare, and each trial costs by all of them.
const MAX_TRIALS: usize = 200;

/// Drops Allows one by one whose absence is proven to change nothing. Not Denies: those also bind what other policies allow.
pub(super) fn drop_superfluous(statements: Vec<Normal>, table: &mut Table) -> Vec<Normal> {
    let (mut steps, mut trials) = (MAX_STEPS, MAX_TRIALS);
    let mut kept = vec![true; statements.len()];
    let mut left = statements.len();
    let mut glance = Glance::of(&statements, table);
    for (at, statement) in statements.iter().enumerate() {
        if left < 2 || steps == 0 || trials == 0 {
            break;
        }
        if statement.effect != Effect::Allow || glance.is_needed(at, &kept, table) {
            continue;
        }
        trials -= 1;
        let others = statements.iter().zip(&kept).enumerate().filter(|(other, (_, kept))| *other != at && **kept);
        // only requests that the statement is about can make a difference, and only what else is said of those
        let about: Vec<Normal> = others.filter_map(|(_, (other, _))| about_the_same(other, statement, table)).collect();
        if is_superfluous(statement, &about, table, &mut steps) {
            left -= 1;
            if let Some(kept) = kept.get_mut(at) {
                *kept = false;
            }
        }
    }
    statements.into_iter().zip(kept).filter_map(|(statement, kept)| kept.then_some(statement)).collect()
}

fn is_superfluous(statement: &Normal, about: &[Normal], table: &Table, steps: &mut usize) -> bool {
    let (alone, without) = (policy([statement], table), policy(about, table));
    if example::is_needed(&alone, &without) {
        return false;
    }
    // without an Allow nothing can be gained
    loses_nothing(&[alone, without.clone()], &[without], steps)
}

/// The other statement as far as it is about the same actions; `None` where it is about none of them.
fn about_the_same(other: &Normal, statement: &Normal, table: &mut Table) -> Option<Normal> {
    if other.not_action || statement.not_action {
        return Some(other.clone());
    }
    let mut few = other.clone();
    few.actions.retain(|action| may_meet(*action, statement, table));
    (!few.actions.is_empty()).then_some(few)
}

fn may_meet(action: usize, statement: &Normal, table: &mut Table) -> bool {
    if statement.actions.binary_search(&action).is_ok() {
        return true;
    }
    let is_wild = table.is_wild_action(action);
    let mut meets = |own: &usize| match (is_wild, table.is_wild_action(*own)) {
        (false, false) => false,
        (true, true) => true,
        (true, false) => table.covered_by(action).is_some_and(|covered| covered.bits.contains(*own)),
        (false, true) => table.covered_by(*own).is_some_and(|covered| covered.bits.contains(action)),
    };
    statement.actions.iter().any(&mut meets)
}
