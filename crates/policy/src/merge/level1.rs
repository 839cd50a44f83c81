//! L1: actions folded into wildcards that match, among the actions that exist, none too many. Broader only by actions AWS may add.

use std::collections::{BTreeMap, BTreeSet};

use super::Level;
use super::normal::{Normal, Patterns};
use crate::catalogue::{self, AccessLevel, Service};
use crate::glob;
use crate::policy::Effect;

/// A wildcard that stands for actions written out before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntroducedWildcard {
    /// `s3:GetBucket*`.
    pub pattern: String,
    /// The actions written out before that it replaces.
    pub replaces: Vec<String>,
}

/// What a quoted pattern costs besides its name: quotes, colon, comma.
const OVERHEAD: usize = 4;

pub(super) fn fold(
    statements: &[Normal],
    level: Level,
    patterns: &mut Patterns,
) -> (Vec<Normal>, Vec<IntroducedWildcard>) {
    let mut folded = statements.to_vec();
    let mut introduced = Vec::new();
    for (number, statement) in statements.iter().enumerate() {
        // a wildcard in a Deny would deny what AWS adds: never without being asked
        if statement.effect != Effect::Allow || statement.not_action {
            continue;
        }
        let allowed_anyway = broader(statements, number, patterns);
        if let Some(slot) = folded.get_mut(number) {
            introduced.extend(fold_statement(slot, &allowed_anyway, level));
        }
    }
    (folded, introduced)
}

/// Action patterns that other Allow statements grant on all the resources of this one, under no more conditions.
fn broader(statements: &[Normal], number: usize, patterns: &mut Patterns) -> Vec<String> {
    let Some(statement) = statements.get(number) else { return Vec::new() };
    let others = statements.iter().enumerate().filter(|(other, _)| *other != number).map(|(_, other)| other);
    let mut allowed = Vec::new();
    for other in others {
        let fits = other.effect == Effect::Allow
            && !other.not_action
            && other.condition_keys.is_subset(&statement.condition_keys)
            && !other.not_resource
            && !statement.not_resource
            && statement
                .resources
                .iter()
                .all(|inner| other.resources.iter().any(|outer| patterns.resource_within(inner, outer)));
        if fits {
            allowed.extend(other.actions.keys().cloned());
        }
    }
    allowed
}

fn fold_statement(statement: &mut Normal, allowed_anyway: &[String], level: Level) -> Vec<IntroducedWildcard> {
    let mut by_service: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for (lower, written) in &statement.actions {
        if let Some((service, name)) = lower.split_once(':') {
            let name = written.get(written.len() - name.len()..).unwrap_or(name);
            by_service.entry(service.to_owned()).or_default().push((lower.clone(), name.to_owned()));
        }
    }
    let mut introduced = Vec::new();
    for (prefix, written) in by_service {
        let Some(service) = catalogue::service(&prefix) else { continue };
        for (name, replaced) in Cover::of(&prefix, service, &written, allowed_anyway, level).choose() {
            let pattern = format!("{prefix}:{name}");
            for action in &replaced {
                statement.actions.remove(&action.to_lowercase());
            }
            statement.actions.insert(pattern.to_lowercase(), pattern.clone());
            introduced.push(IntroducedWildcard { pattern, replaces: replaced });
        }
    }
    introduced
}

/// The choice of wildcards for one service of one statement.
struct Cover {
    prefix: String,
    /// Exact names to be replaced: those that no wildcard covers already.
    literals: Vec<String>,
    /// Lower-case names of the catalogue that must not be matched, sorted.
    forbidden: Vec<String>,
    candidates: BTreeSet<String>,
    /// A wildcard must replace as many actions.
    at_least: usize,
}

impl Cover {
    fn of<'w>(
        prefix: &str,
        service: &Service,
        written: &'w [(String, String)],
        allowed_anyway: &'w [String],
        level: Level,
    ) -> Self {
        let literals: Vec<String> =
            written.iter().filter(|(lower, _)| !lower.contains(['*', '?'])).map(|(_, name)| name.clone()).collect();
        let at_least = if level == Level::L1Char { 1 } else { 2 };
        if literals.len() < at_least {
            let nothing = BTreeSet::new();
            return Self { prefix: prefix.to_owned(), literals, forbidden: Vec::new(), candidates: nothing, at_least };
        }
        // what the service's actions may be, by name: `*` alone stands for every service
        let own = |text: &'w str| match text.split_once(':') {
            Some((service, name)) => (service == prefix).then_some(name),
            None => text.contains('*').then_some(text),
        };
        let names: Vec<&str> = written
            .iter()
            .map(|(lower, _)| lower.as_str())
            .chain(allowed_anyway.iter().map(String::as_str))
            .filter_map(own)
            .collect();
        let (wild, exact): (Vec<&str>, Vec<&str>) = names.into_iter().partition(|name| name.contains(['*', '?']));
        let exact: BTreeSet<&str> = exact.into_iter().collect();
        let free = |action: &str| exact.contains(action) || wild.iter().any(|pattern| glob::matches(pattern, action));
        // the catalogue is sorted so already
        let forbidden: Vec<String> =
            service.actions().iter().map(|action| action.lower).filter(|name| !free(name)).map(str::to_owned).collect();
        let mut cover = Self { prefix: prefix.to_owned(), literals, forbidden, candidates: BTreeSet::new(), at_least };
        cover.candidates = cover.propose(service, level);
        cover
    }

    /// Wildcards worth a look, exact over the catalogue.
    fn propose(&self, service: &Service, level: Level) -> BTreeSet<String> {
        let mut proposed: BTreeSet<String> = BTreeSet::new();
        // an action nobody knows gives no reason for a wildcard
        for name in self.literals.iter().filter(|name| service.action(name).is_some()) {
            match level {
                Level::L0 => {}
                Level::L1Read => {
                    let first_word = word_ends(name).first().and_then(|end| name.get(..*end)).unwrap_or(name);
                    if only_reads(service, first_word) && self.is_exact(&first_word.to_lowercase(), "") {
                        proposed.insert(format!("{first_word}*"));
                    }
                }
                Level::L1Word => self.shorten(name, &word_ends(name), &mut proposed),
                Level::L1Char => self.shorten(name, &(0..=name.len()).collect::<Vec<usize>>(), &mut proposed),
            }
        }
        proposed
    }

    /// For each end of the name, the shortest beginning with which `beginning*end` matches nothing forbidden: a longer beginning costs
    /// more and covers less.
    fn shorten(&self, name: &str, cuts: &[usize], proposed: &mut BTreeSet<String>) {
        let lower = name.to_lowercase();
        // ends are cut at words, or there would be thousands
        for from in word_ends(name).into_iter().chain([0]) {
            let Some(end) = lower.get(from..) else { continue };
            let beginnings = std::iter::once(0).chain(cuts.iter().copied()).filter(|cut| *cut <= from);
            let shortest =
                beginnings.filter_map(|cut| lower.get(..cut)).find(|beginning| self.is_exact(beginning, end));
            if let Some(beginning) = shortest
                && let (Some(beginning), Some(end)) = (name.get(..beginning.len()), name.get(from..))
            {
                proposed.insert(format!("{beginning}*{end}"));
            }
        }
    }

    /// Whether `beginning*end` matches nothing forbidden.
    fn is_exact(&self, beginning: &str, end: &str) -> bool {
        let first = self.forbidden.partition_point(|name| name.as_str() < beginning);
        let mut starting = self.forbidden.iter().skip(first).take_while(|name| name.starts_with(beginning));
        !starting.any(|name| name.len() >= beginning.len() + end.len() && name.ends_with(end))
    }

    /// Greedy: again and again the wildcard that saves most. Each comes with the actions it replaces.
    fn choose(&self) -> Vec<(String, Vec<String>)> {
        let mut left = vec![true; self.literals.len()];
        let lower: Vec<String> = self.literals.iter().map(|name| name.to_lowercase()).collect();
        let covers = |pattern: &String| {
            let pattern = pattern.to_lowercase();
            lower
                .iter()
                .enumerate()
                .filter(|(_, name)| glob::matches(&pattern, name))
                .map(|(index, _)| index)
                .collect::<Vec<usize>>()
        };
        let mut candidates: Vec<(&String, Vec<usize>)> =
            self.candidates.iter().map(|pattern| (pattern, covers(pattern))).collect();
        let mut chosen = Vec::new();
        loop {
            for (_, covered) in &mut candidates {
                covered.retain(|index| left.get(*index) == Some(&true));
            }
            let saving = |(pattern, covered): &(&String, Vec<usize>)| {
                let gone: usize =
                    covered.iter().filter_map(|index| self.literals.get(*index)).map(|name| self.cost(name)).sum();
                if covered.len() < self.at_least { 0 } else { gone.saturating_sub(self.cost(pattern)) }
            };
            let best =
                candidates.iter().max_by_key(|candidate| (saving(candidate), std::cmp::Reverse(candidate.0.len())));
            let Some((pattern, covered)) = best.filter(|best| saving(best) > 0).cloned() else { return chosen };
            let mut replaced = Vec::new();
            for index in covered {
                if let (Some(left), Some(name)) = (left.get_mut(index), self.literals.get(index)) {
                    *left = false;
                    replaced.push(format!("{}:{name}", self.prefix));
                }
            }
            chosen.push((pattern.clone(), replaced));
        }
    }

    const fn cost(&self, name: &str) -> usize {
        self.prefix.len() + name.len() + OVERHEAD
    }
}

/// Whether all actions of the service that begin with this word only read.
fn only_reads(service: &Service, word: &str) -> bool {
    let word = word.to_lowercase();
    let mut beginning = service.actions().iter().filter(|action| action.name.to_lowercase().starts_with(&word));
    beginning.all(|action| matches!(action.level, AccessLevel::Read | AccessLevel::List))
}

/// Ends of the words of `GetBucketACLPolicy`: after `Get`, `Bucket`, `ACL`, and the whole.
fn word_ends(name: &str) -> Vec<usize> {
    let bytes = name.as_bytes();
    let mut ends: Vec<usize> = Vec::new();
    for at in 1..bytes.len() {
        let (before, here, after) = (bytes.get(at - 1), bytes.get(at), bytes.get(at + 1));
        let upper = here.is_some_and(u8::is_ascii_uppercase);
        let starts_word = upper
            && (before.is_some_and(|byte| !byte.is_ascii_uppercase()) || after.is_some_and(u8::is_ascii_lowercase));
        if starts_word {
            ends.push(at);
        }
    }
    ends.push(name.len());
    ends
}
