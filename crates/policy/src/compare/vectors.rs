//! One text for each combination of patterns it can match, with the many literal patterns kept out of the automata.

use std::collections::{HashMap, HashSet};

use super::automaton::{Automaton, Match, Sample, Symbol};
#[cfg(test)]
use super::weakness::{Weakness, has};
use crate::pattern::{Pattern, Token};
use crate::request::Context;

/// Patterns in groups. Of a group only counts whether one of its patterns matches.
pub(super) struct Groups<'a> {
    pub(super) patterns: Vec<&'a Pattern>,
    /// Group of each pattern.
    pub(super) of: Vec<usize>,
    pub(super) count: usize,
}

impl<'a> Groups<'a> {
    /// Each pattern alone.
    pub(super) fn single(patterns: Vec<&'a Pattern>) -> Self {
        let count = patterns.len();
        Self { patterns, of: (0..count).collect(), count }
    }

    /// Patterns with equal members (statements, clauses) together.
    pub(super) fn by_members<M: std::hash::Hash + Eq>(
        patterns: impl Iterator<Item = (&'a Pattern, M)>,
    ) -> (Self, Vec<M>) {
        let mut groups = Self { patterns: Vec::new(), of: Vec::new(), count: 0 };
        let mut numbers: HashMap<M, usize> = HashMap::new();
        for (pattern, members) in patterns {
            let next = numbers.len();
            groups.patterns.push(pattern);
            groups.of.push(*numbers.entry(members).or_insert(next));
        }
        groups.count = numbers.len();
        let mut sorted: Vec<(usize, M)> = numbers.into_iter().map(|(members, number)| (number, members)).collect();
        sorted.sort_by_key(|(number, _)| *number);
        (groups, sorted.into_iter().map(|(_, members)| members).collect())
    }
}

/// The patterns sorted by what has to be done with them.
struct Sorted<'a> {
    groups: &'a Groups<'a>,
    /// Text → groups that name it.
    literals: HashMap<&'a str, Vec<usize>>,
    /// Wildcard patterns whose group is not settled.
    wildcards: Vec<(&'a Pattern, usize)>,
    /// What holds for every text within.
    settled: Vec<Match>,
}

/// Samples of the texts that `within` matches, one at least for each way the groups can take such texts. `None` when a bound is
/// reached.
pub(super) fn samples(within: &Pattern, groups: &Groups<'_>, steps: &mut usize) -> Option<Vec<Sample>> {
    let sorted = Sorted::of(within, groups);
    if let Some(text) = within.literal() {
        return Some(vec![sorted.direct(text)]);
    }
    let mut out: Vec<Sample> = Vec::new();
    if let Some(sample) = sorted.nothing_to_tell_apart(within) {
        out.push(sample);
        out.extend(
            sorted.literals.keys().filter(|text| within.matches(text, &Context::new())).map(|text| sorted.direct(text)),
        );
        return Some(out);
    }
    // what holds a variable is not one text, and every literal may be it
    let mut part: Vec<(&str, &Vec<usize>)> = Vec::new();
    if within.has_variables {
        part.extend(sorted.literals.iter().map(|(text, groups)| (*text, groups)));
    } else {
        out.extend(
            sorted.literals.keys().filter(|text| within.matches(text, &Context::new())).map(|text| sorted.direct(text)),
        );
    }
    // a sample that happens to be a literal says nothing of the texts around it: then that literal takes part
    #[cfg(test)]
    if has(Weakness::LiteralsLeftOut) {
        out.clear();
    }
    for _ in 0..8 {
        let found = sorted.explore(within, &part, steps)?;
        let collisions: HashSet<&str> = found
            .iter()
            .filter_map(|sample| plain(&sample.text))
            .filter(|text| part.iter().all(|(taking_part, _)| taking_part != text))
            .filter_map(|text| sorted.literals.get_key_value(text.as_str()).map(|(text, _)| *text))
            .collect();
        if collisions.is_empty() {
            out.extend(found);
            return Some(out);
        }
        part.extend(collisions.into_iter().filter_map(|text| Some((text, sorted.literals.get(text)?))));
    }
    None
}

impl<'a> Sorted<'a> {
    fn of(within: &Pattern, groups: &'a Groups<'a>) -> Self {
        let mut sorted =
            Self { groups, literals: HashMap::new(), wildcards: Vec::new(), settled: vec![Match::No; groups.count] };
        let pairs = || groups.patterns.iter().copied().zip(groups.of.iter().copied());
        for (pattern, group) in pairs() {
            if pattern.is_everything() || pattern == within || begins_with(within, pattern) {
                mark(&mut sorted.settled, group, Match::Yes);
            }
        }
        for (pattern, group) in pairs() {
            if sorted.settled.get(group) == Some(&Match::Yes) || pattern.is_apart_from(within) {
                continue;
            }
            match pattern.literal() {
                Some(text) => sorted.literals.entry(text).or_default().push(group),
                None => sorted.wildcards.push((pattern, group)),
            }
        }
        sorted
    }

    /// Where no wildcard divides the texts within, one text that is none of the literals stands for all others.
    fn nothing_to_tell_apart(&self, within: &Pattern) -> Option<Sample> {
        if !self.wildcards.is_empty() || (within.has_variables && !self.literals.is_empty()) {
            return None;
        }
        let text = ["", "x", "zq", "xzq7"]
            .into_iter()
            .map(|run| example(within, run))
            .find(|text| plain(text).is_none_or(|text| !self.literals.contains_key(text.as_str())))?;
        Some(Sample { text, matches: self.settled.clone() })
    }

    /// One text without variables.
    fn direct(&self, text: &str) -> Sample {
        let none = Context::new();
        let mut matches = self.settled.clone();
        for (pattern, group) in &self.wildcards {
            let verdict = if !pattern.has_variables && pattern.matches(text, &none) {
                Match::Yes
            } else if pattern.has_variables && generalised(pattern).matches(text, &none) {
                Match::Perhaps
            } else {
                Match::No
            };
            mark(&mut matches, *group, verdict);
        }
        for group in self.literals.get(text).into_iter().flatten() {
            mark(&mut matches, *group, Match::Yes);
        }
        Sample { text: text.chars().map(Symbol::Char).collect(), matches }
    }

    /// Explores the wildcard patterns, and the literals that take part.
    fn explore(&self, within: &Pattern, part: &[(&str, &Vec<usize>)], steps: &mut usize) -> Option<Vec<Sample>> {
        let literal_patterns: Vec<&Pattern> = part
            .iter()
            .filter_map(|(text, _)| {
                self.groups.patterns.iter().copied().find(|pattern| pattern.literal() == Some(*text))
            })
            .collect();
        let mut patterns: Vec<&Pattern> = vec![within];
        patterns.extend(self.wildcards.iter().map(|(pattern, _)| *pattern));
        patterns.extend(&literal_patterns);
        // groups of the exploration: the pattern under question, the groups, each literal alone
        let mut of: Vec<usize> = vec![0];
        of.extend(self.wildcards.iter().map(|(_, group)| group + 1));
        of.extend((0..literal_patterns.len()).map(|number| self.groups.count + 1 + number));
        let found = Automaton::new(&patterns, &of).samples(Some(0), steps)?;
        let widened = found.into_iter().map(|sample| {
            let mut matches = self.settled.clone();
            for (group, verdict) in sample.matches.iter().skip(1).take(self.groups.count).enumerate() {
                mark(&mut matches, group, *verdict);
            }
            let own: Vec<Match> = sample.matches.iter().skip(1 + self.groups.count).copied().collect();
            for ((_, groups), verdict) in part.iter().zip(&own) {
                groups.iter().for_each(|group| mark(&mut matches, *group, *verdict));
            }
            Sample { text: sample.text, matches }
        });
        Some(widened.collect())
    }
}

/// Whether the outer pattern is exact characters and a star, and all texts of the inner begin with them.
pub(super) fn begins_with(inner: &Pattern, outer: &Pattern) -> bool {
    let Some((Token::Run, exact)) = outer.tokens.split_last() else { return false };
    #[cfg(test)]
    let exact = if has(Weakness::WithinByBeginning) { exact.get(..3).unwrap_or(exact) } else { exact };
    inner.folds() == outer.folds()
        && exact.iter().all(|token| matches!(token, Token::Char(_) | Token::Fold(_)))
        && inner.tokens.starts_with(exact)
}

/// A text of the pattern, with this in place of each star.
fn example(pattern: &Pattern, run: &str) -> Vec<Symbol> {
    let mut text = Vec::with_capacity(pattern.tokens.len());
    for token in &pattern.tokens {
        match token {
            Token::Char(character) | Token::Fold(character) => text.push(Symbol::Char(*character)),
            Token::One | Token::OneInPart => text.push(Symbol::Char('x')),
            Token::Run | Token::RunInPart => text.extend(run.chars().map(Symbol::Char)),
            Token::Variable(variable) => text.push(Symbol::Variable(variable.as_ref().clone())),
        }
    }
    text
}

fn mark(matches: &mut [Match], group: usize, verdict: Match) {
    if let Some(slot) = matches.get_mut(group) {
        *slot = slot.or(verdict);
    }
}

/// The pattern with any text in place of its variables.
pub(super) fn generalised(pattern: &Pattern) -> Pattern {
    let tokens =
        pattern.tokens.iter().map(|token| if matches!(token, Token::Variable(_)) { Token::Run } else { token.clone() });
    Pattern::from_tokens(tokens.collect(), false)
}

/// The text, if it holds no variable.
pub(super) fn plain(text: &[Symbol]) -> Option<String> {
    text.iter().map(|symbol| if let Symbol::Char(character) = symbol { Some(*character) } else { None }).collect()
}
