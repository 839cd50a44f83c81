//! L1: actions folded into wildcards that match, among the actions that exist, none too many. Broader only by actions AWS may add.

use std::collections::BTreeMap;

use super::Level;
use super::bits::is_subset;
use super::cover::Cover;
use super::level0::resources_within;
use super::normal::Normal;
use super::table::{Table, service_of};
use crate::catalogue;
use crate::policy::Effect;

/// A wildcard that stands for actions written out before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntroducedWildcard {
    /// `s3:GetBucket*`.
    pub pattern: String,
    /// The actions written out before that it replaces.
    pub replaces: Vec<String>,
}

pub(super) fn fold(statements: &[Normal], level: Level, table: &mut Table) -> (Vec<Normal>, Vec<IntroducedWildcard>) {
    let mut folded = statements.to_vec();
    let mut introduced = Vec::new();
    for (number, (statement, slot)) in statements.iter().zip(&mut folded).enumerate() {
        // a wildcard in a Deny would deny what AWS adds: never without being asked
        if statement.effect != Effect::Allow || statement.not_action {
            continue;
        }
        let allowed_anyway = broader(statements, number, table);
        introduced.extend(fold_statement(slot, &allowed_anyway, level, table));
    }
    (folded, introduced)
}

/// Action patterns that other Allow statements grant on all the resources of this one, under no more conditions.
fn broader(statements: &[Normal], number: usize, table: &mut Table) -> Vec<usize> {
    let Some(statement) = statements.get(number) else { return Vec::new() };
    let others = statements.iter().enumerate().filter(|(other, _)| *other != number).map(|(_, other)| other);
    let mut allowed = Vec::new();
    for other in others {
        let fits = other.effect == Effect::Allow
            && !other.not_action
            && !other.not_resource
            && !statement.not_resource
            && is_subset(&other.conditions, &statement.conditions)
            && resources_within(statement, other, table);
        if fits {
            allowed.extend(&other.actions);
        }
    }
    allowed.sort_unstable();
    allowed.dedup();
    allowed
}

/// What stands for all services: their actions may be any service's.
const EVERY_SERVICE: &str = "";

/// The actions of the wanted services by service, and those without one under [`EVERY_SERVICE`].
fn by_service(actions: &[usize], wanted: impl Fn(&str) -> bool, table: &Table) -> BTreeMap<String, Vec<usize>> {
    let mut by_service: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for action in actions {
        let Some(lower) = table.action_of(*action).map(|action| action.lower.as_str()) else { continue };
        let service = if lower.contains(':') { service_of(lower) } else { EVERY_SERVICE };
        let is_any = service == EVERY_SERVICE && lower.contains('*');
        if !is_any && (service == EVERY_SERVICE || !wanted(service)) {
            continue;
        }
        match by_service.get_mut(service) {
            Some(numbers) => numbers.push(*action),
            None => {
                by_service.insert(service.to_owned(), vec![*action]);
            }
        }
    }
    by_service
}

fn fold_statement(
    statement: &mut Normal,
    allowed_anyway: &[usize],
    level: Level,
    table: &mut Table,
) -> Vec<IntroducedWildcard> {
    let own = by_service(&statement.actions, |_| true, table);
    let mut anyway: Option<BTreeMap<String, Vec<usize>>> = None;
    let mut introduced = Vec::new();
    for (prefix, written) in own.iter().filter(|(prefix, _)| *prefix != EVERY_SERVICE) {
        let Some(service) = catalogue::service(prefix) else { continue };
        let at_least = if level == Level::L1Char { 1 } else { 2 };
        let mut literals: Vec<usize> =
            written.iter().copied().filter(|action| !table.is_wild_action(*action)).collect();
        if literals.len() < at_least {
            continue;
        }
        table.sort_actions(&mut literals);
        // what the service's actions may be: `*` alone stands for every service
        let anyway =
            anyway.get_or_insert_with(|| by_service(allowed_anyway, |service| own.contains_key(service), table));
        let free = [Some(written), own.get(EVERY_SERVICE), anyway.get(prefix), anyway.get(EVERY_SERVICE)];
        let free: Vec<usize> = free.into_iter().flatten().flatten().copied().collect();
        let chosen = Cover::of(service, prefix, &literals, &free, at_least, table).choose(level);
        for (name, replaced) in chosen {
            let pattern = format!("{prefix}:{name}");
            let number = table.action(&pattern);
            let replaced: Vec<usize> = replaced.into_iter().filter_map(|at| literals.get(at)).copied().collect();
            statement.actions.retain(|action| !replaced.contains(action));
            if let Err(at) = statement.actions.binary_search(&number) {
                statement.actions.insert(at, number);
            }
            let written = |action: &usize| table.action_of(*action).map(|action| action.written.clone());
            introduced.push(IntroducedWildcard { replaces: replaced.iter().filter_map(written).collect(), pattern });
        }
    }
    introduced
}
