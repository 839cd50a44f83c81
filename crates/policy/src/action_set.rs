//! Sets of actions of the catalogue, as bits.

use std::collections::BTreeMap;

use crate::catalogue::{self, AccessLevel};
use crate::glob;
use crate::policy::{Clause, Effect, Policy};

/// A set of actions of the [catalogue].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ActionSet {
    words: Vec<u64>,
}

impl ActionSet {
    /// No action.
    #[must_use]
    pub fn empty() -> Self {
        Self { words: vec![0; catalogue::count().div_ceil(64)] }
    }

    /// Actions that the policies may allow on something: an Allow is about them. Never too few.
    #[must_use]
    pub fn possible(policies: &[Policy]) -> Self {
        Self::about(policies, Effect::Allow)
    }

    /// Actions that an Allow is about and no Deny at all. Too few where a Deny does not take everything.
    #[must_use]
    pub fn certain(policies: &[Policy]) -> Self {
        let denied = Self::about(policies, Effect::Deny);
        let mut certain = Self::possible(policies);
        certain.words.iter_mut().zip(&denied.words).for_each(|(word, denied)| *word &= !denied);
        certain
    }

    fn about(policies: &[Policy], effect: Effect) -> Self {
        let mut all = Self::empty();
        for statement in
            policies.iter().flat_map(|policy| &policy.statements).filter(|statement| statement.effect.value == effect)
        {
            let matched = Self::matched(&statement.action);
            let negated = statement.action.negated;
            all.words
                .iter_mut()
                .zip(&matched.words)
                .for_each(|(word, matched)| *word |= if negated { !matched } else { *matched });
        }
        all.trim();
        all
    }

    fn matched(clause: &Clause) -> Self {
        let mut set = Self::empty();
        for text in clause.patterns() {
            if matches!(text, "*" | "*:*") {
                set.words.iter_mut().for_each(|word| *word = u64::MAX);
                set.trim();
                return set;
            }
            let Some((service, name)) = text.split_once(':') else { continue };
            let Some((service, first)) = catalogue::numbered(service) else { continue };
            if name.contains(['*', '?']) {
                let matching = service
                    .actions()
                    .iter()
                    .enumerate()
                    .filter(|(_, action)| glob::matches_ignore_case(name, action.name));
                matching.for_each(|(number, _)| set.insert(first + number));
            } else if let Some(number) = service.position(name) {
                set.insert(first + number);
            }
        }
        set
    }

    fn insert(&mut self, number: usize) {
        if let Some(word) = self.words.get_mut(number / 64) {
            *word |= 1 << (number % 64);
        }
    }

    /// Clears the bits beyond the last action.
    fn trim(&mut self) {
        let used = catalogue::count() % 64;
        if used > 0
            && let Some(last) = self.words.last_mut()
        {
            *last &= (1 << used) - 1;
        }
    }

    /// How many actions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Whether all are in the other set.
    #[must_use]
    pub fn is_subset(&self, other: &Self) -> bool {
        self.words.iter().zip(&other.words).all(|(word, other)| word & !other == 0)
    }

    /// Those of both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self { words: self.words.iter().zip(&other.words).map(|(word, other)| word | other).collect() }
    }

    /// Those that are not in the other set.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        Self { words: self.words.iter().zip(&other.words).map(|(word, other)| word & !other).collect() }
    }

    /// The actions by name and level, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (String, AccessLevel)> {
        let in_set = |number: &usize| self.words.get(number / 64).is_some_and(|word| word & (1 << (number % 64)) != 0);
        let numbered = catalogue::all().enumerate().filter(move |(number, _)| in_set(number));
        numbered.map(|(_, (service, action))| (format!("{}:{}", service.name, action.name), action.level))
    }

    /// How many of each access level.
    #[must_use]
    pub fn by_level(&self) -> BTreeMap<AccessLevel, usize> {
        let mut counts = BTreeMap::new();
        for (_, level) in self.iter() {
            *counts.entry(level).or_insert(0) += 1;
        }
        counts
    }
}
