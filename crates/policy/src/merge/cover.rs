//! The choice of wildcards for one service of one statement: exact over the catalogue, and as short as they go.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use super::Level;
use super::table::Table;
use crate::catalogue::{AccessLevel, Action, Service};

/// What a quoted pattern costs besides its name: quotes, colon, comma.
const OVERHEAD: usize = 4;

pub(super) struct Cover<'a> {
    service: &'static Service,
    prefix: &'a str,
    /// Exact names to be replaced, by their lower case.
    literals: Vec<Literal<'a>>,
    /// Of the service's actions those that must not be matched.
    forbidden: Vec<bool>,
    /// A wildcard must replace as many actions.
    at_least: usize,
}

struct Literal<'a> {
    name: &'a str,
    lower: &'a str,
    /// An action nobody knows gives no reason for a wildcard.
    is_known: bool,
}

impl<'a> Cover<'a> {
    /// `literals`: actions in the order of their texts. `free`: all that is allowed anyway, those themselves and patterns among them.
    pub(super) fn of(
        service: &'static Service,
        prefix: &'a str,
        literals: &[usize],
        free: &[usize],
        at_least: usize,
        table: &'a Table,
    ) -> Self {
        let mut forbidden = vec![true; service.actions().len()];
        for action in free.iter().filter_map(|number| table.action_of(*number)) {
            let name = action.lower.split_once(':').map_or(action.lower.as_str(), |(_, name)| name);
            if action.is_wild {
                for at in service.matching(name) {
                    forbidden.get_mut(at).into_iter().for_each(|flag| *flag = false);
                }
            } else if let Some(flag) = service.lower_position(name).and_then(|at| forbidden.get_mut(at)) {
                *flag = false;
            }
        }
        let literal = |number: &usize| {
            let action = table.action_of(*number)?;
            let (_, lower) = action.lower.split_once(':')?;
            let (_, name) = action.written.split_once(':')?;
            Some(Literal { name, lower, is_known: service.lower_position(lower).is_some() })
        };
        Self { service, prefix, literals: literals.iter().filter_map(literal).collect(), forbidden, at_least }
    }

    /// Greedy: again and again the wildcard that saves most. Each comes with the places of the actions it replaces.
    pub(super) fn choose(&self, level: Level) -> Vec<(String, Vec<usize>)> {
        let mut candidates: Vec<(String, Vec<usize>)> = self
            .propose(level)
            .into_iter()
            .map(|pattern| {
                let covered = self.covered(&pattern);
                (pattern, covered)
            })
            .collect();
        let mut left = vec![true; self.literals.len()];
        // what a wildcard saves only ever becomes less: the best of yesterday is the best if it is worth the same today
        let key =
            |at: usize, pattern: &str, covered: &[usize]| (self.saving(pattern, covered), Reverse(pattern.len()), at);
        let mut best: BinaryHeap<(usize, Reverse<usize>, usize)> =
            candidates.iter().enumerate().map(|(at, (pattern, covered))| key(at, pattern, covered)).collect();
        let mut chosen = Vec::new();
        while let Some((saving, length, at)) = best.pop() {
            let Some((pattern, covered)) = candidates.get_mut(at) else { continue };
            if saving == 0 {
                break;
            }
            covered.retain(|index| left.get(*index) == Some(&true));
            let now = key(at, pattern, covered);
            if now != (saving, length, at) {
                best.push(now);
                continue;
            }
            for index in covered.iter() {
                left.get_mut(*index).into_iter().for_each(|left| *left = false);
            }
            chosen.push((std::mem::take(pattern), std::mem::take(covered)));
        }
        chosen
    }

    fn saving(&self, pattern: &str, covered: &[usize]) -> usize {
        if covered.len() < self.at_least {
            return 0;
        }
        let names = covered.iter().filter_map(|index| self.literals.get(*index));
        names.map(|literal| self.cost(literal.lower)).sum::<usize>().saturating_sub(self.cost(pattern))
    }

    const fn cost(&self, name: &str) -> usize {
        self.prefix.len() + name.len() + OVERHEAD
    }

    /// Places of the names that `beginning*end` matches.
    fn covered(&self, pattern: &str) -> Vec<usize> {
        let pattern = pattern.to_lowercase();
        let (beginning, end) = pattern.split_once('*').unwrap_or((&pattern, ""));
        let first = self.literals.partition_point(|literal| literal.lower < beginning);
        let starting = self.literals.iter().enumerate().skip(first);
        let starting = starting.take_while(|(_, literal)| literal.lower.starts_with(beginning));
        let fits = |name: &str| name.len() >= beginning.len() + end.len() && name.ends_with(end);
        starting.filter(|(_, literal)| fits(literal.lower)).map(|(at, _)| at).collect()
    }

    /// Wildcards worth a look, exact over the catalogue.
    fn propose(&self, level: Level) -> BTreeSet<String> {
        let mut proposed: BTreeSet<String> = BTreeSet::new();
        for Literal { name, lower, .. } in self.literals.iter().filter(|literal| literal.is_known) {
            let ends = word_ends(name);
            match level {
                Level::L0 => {}
                Level::L1Read => {
                    let first = ends.first().copied().unwrap_or(name.len());
                    if let (Some(word), Some(lower)) = (name.get(..first), lower.get(..first))
                        && self.only_reads(lower)
                        && self.shortest(lower, first) <= first
                    {
                        proposed.insert(format!("{word}*"));
                    }
                }
                Level::L1Word => self.shorten(
                    name,
                    lower,
                    &ends,
                    |least| std::iter::once(0).chain(ends.iter().copied()).find(|cut| *cut >= least),
                    &mut proposed,
                ),
                Level::L1Char => self.shorten(name, lower, &ends, Some, &mut proposed),
            }
        }
        proposed
    }

    /// For each end of the name, the shortest beginning with which `beginning*end` matches nothing forbidden: a longer beginning costs
    /// more and covers less. Ends are cut at words, or there would be thousands.
    fn shorten(
        &self,
        name: &str,
        lower: &str,
        ends: &[usize],
        cut: impl Fn(usize) -> Option<usize>,
        proposed: &mut BTreeSet<String>,
    ) {
        for from in ends.iter().copied().chain([0]) {
            let Some(cut) = cut(self.shortest(lower, from)).filter(|cut| *cut <= from) else { continue };
            if let (Some(beginning), Some(end)) = (name.get(..cut), name.get(from..)) {
                proposed.insert(format!("{beginning}*{end}"));
            }
        }
    }

    /// The length of the shortest beginning of the name with which `beginning*end` matches nothing forbidden, where the end is all of the
    /// name from this place on. More than `from` when there is none.
    fn shortest(&self, name: &str, from: usize) -> usize {
        let Some((front, end)) = name.split_at_checked(from) else { return usize::MAX };
        let actions = self.service.actions();
        let is_forbidden = |at: &usize| self.forbidden.get(*at) == Some(&true);
        // a forbidden name stands in the way of all beginnings that it shares, as far as it has room for the end besides
        let in_the_way = |at: usize| -> Option<usize> {
            let other = actions.get(at)?.lower;
            Some(common(front, other).min(other.len().checked_sub(end.len())?) + 1)
        };
        if end.is_empty() {
            // neighbours share most
            let here = actions.partition_point(|action| action.lower < front);
            let before = (0..here).rev().find(is_forbidden);
            let behind = (here..actions.len()).find(is_forbidden);
            return before.into_iter().chain(behind).filter_map(in_the_way).max().unwrap_or(0);
        }
        let ending = self.service.ending_with(end).iter().copied().filter(is_forbidden);
        ending.filter_map(in_the_way).max().unwrap_or(0)
    }

    /// Whether all actions of the service that begin with this word only read.
    fn only_reads(&self, word: &str) -> bool {
        let actions = self.service.actions();
        let first = actions.partition_point(|action| action.lower < word);
        let mut beginning = actions.iter().skip(first).take_while(|action| action.lower.starts_with(word));
        beginning.all(|action: &Action| matches!(action.level, AccessLevel::Read | AccessLevel::List))
    }
}

/// How many characters two names have in common at their beginning, in bytes.
fn common(one: &str, other: &str) -> usize {
    one.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{catalogue, glob};

    /// The definition: nothing forbidden matches `beginning*end`.
    fn is_exact(cover: &Cover<'_>, beginning: &str, end: &str) -> bool {
        let actions = cover.service.actions().iter().zip(&cover.forbidden);
        let pattern = format!("{beginning}*{end}");
        !actions.filter(|(_, forbidden)| **forbidden).any(|(action, _)| glob::matches(&pattern, action.lower))
    }

    #[test]
    fn the_shortest_beginning_is_the_first_that_is_exact() {
        for prefix in ["sqs", "s3", "iam", "ec2"] {
            let service = catalogue::service(prefix).unwrap();
            // some of the actions, spread unevenly
            let mut table = Table::default();
            let chosen = service.actions().iter().enumerate().filter(|(at, _)| at % 3 == 0 || at % 7 < 4);
            let literals: Vec<usize> =
                chosen.map(|(_, action)| table.action(&format!("{prefix}:{}", action.name))).collect();
            let cover = Cover::of(service, prefix, &literals, &literals, 1, &table);
            for literal in cover.literals.iter().step_by(5) {
                for from in word_ends(literal.name).into_iter().chain([0]) {
                    let end = &literal.lower[from..];
                    let first = (0..=from).find(|cut| is_exact(&cover, &literal.lower[..*cut], end));
                    let found = Some(cover.shortest(literal.lower, from)).filter(|found| *found <= from);
                    assert_eq!(found, first, "{prefix}:{} from {from}", literal.name);
                }
            }
        }
    }

    #[test]
    fn a_wildcard_replaces_what_it_matches() {
        let service = catalogue::service("iam").unwrap();
        let mut table = Table::default();
        let literals: Vec<usize> =
            service.actions().iter().map(|action| table.action(&format!("iam:{}", action.name))).collect();
        let cover = Cover::of(service, "iam", &literals, &literals, 1, &table);
        for pattern in ["get*", "*policy", "list*tags", "get*get", "*"] {
            let matching =
                cover.literals.iter().enumerate().filter(|(_, literal)| glob::matches(pattern, literal.lower));
            assert_eq!(cover.covered(pattern), matching.map(|(at, _)| at).collect::<Vec<_>>(), "{pattern}");
        }
    }
}
