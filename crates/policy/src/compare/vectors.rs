//! One text for each combination of patterns it can match, with the many literal patterns kept out of the automata.

use std::collections::{HashMap, HashSet};

use super::automaton::{Automaton, Match, Sample, Symbol};
use crate::pattern::Pattern;
use crate::request::Context;

/// Samples of the texts that `within` matches, one at least for each way the given patterns can take such texts. `None` when a bound is
/// reached. The matches of a sample are in the order of `patterns`.
pub(super) fn samples(within: &Pattern, patterns: &[&Pattern], steps: &mut usize) -> Option<Vec<Sample>> {
    let mut literals: HashMap<&str, Vec<usize>> = HashMap::new();
    let mut others: Vec<usize> = Vec::new();
    let mut taken = vec![Match::No; patterns.len()];
    for (index, pattern) in patterns.iter().enumerate() {
        match pattern.literal() {
            Some(text) => literals.entry(text).or_default().push(index),
            None if pattern.is_everything() => mark(&mut taken, index, Match::Yes),
            None if *pattern == within => mark(&mut taken, index, Match::Yes),
            None if pattern.is_apart_from(within) => {}
            None => others.push(index),
        }
    }
    // literals that hold no variable: taken as they are
    let direct = |text: &str| {
        let mut matches = taken.clone();
        for index in &others {
            if let Some(pattern) = patterns.get(*index) {
                let verdict = if !pattern.has_variables {
                    if pattern.matches(text, &Context::new()) { Match::Yes } else { Match::No }
                } else if generalised(pattern).matches(text, &Context::new()) {
                    Match::Perhaps
                } else {
                    Match::No
                };
                mark(&mut matches, *index, verdict);
            }
        }
        for index in literals.get(text).into_iter().flatten() {
            mark(&mut matches, *index, Match::Yes);
        }
        Sample { text: text.chars().map(Symbol::Char).collect(), matches }
    };
    if let Some(text) = within.literal() {
        return Some(vec![direct(text)]);
    }
    let mut out: Vec<Sample> = Vec::new();
    if !within.has_variables {
        out.extend(literals.keys().filter(|text| within.matches(text, &Context::new())).map(|text| direct(text)));
    }
    // a sample that happens to be a literal says nothing of the texts around it: then that literal takes part
    let mut part: Vec<usize> = others;
    if within.has_variables {
        part.extend(literals.values().filter_map(|indexes| indexes.first()));
    }
    for _ in 0..8 {
        let mut chosen: Vec<&Pattern> = vec![within];
        chosen.extend(part.iter().filter_map(|index| patterns.get(*index).copied()));
        let found = Automaton::new(&chosen).samples(Some(0), steps)?;
        let taking_part: HashSet<&str> = part.iter().filter_map(|index| patterns.get(*index)?.literal()).collect();
        let collisions: HashSet<usize> = found
            .iter()
            .filter_map(|sample| plain(&sample.text))
            .filter(|text| !taking_part.contains(text.as_str()))
            .filter_map(|text| literals.get(text.as_str())?.first().copied())
            .collect();
        if collisions.is_empty() {
            out.extend(found.into_iter().map(|sample| widened(&sample, &part, &taken, patterns, &literals)));
            return Some(out);
        }
        part.extend(collisions);
    }
    None
}

/// The sample's matches in the order of all patterns.
fn widened(
    sample: &Sample,
    part: &[usize],
    taken: &[Match],
    patterns: &[&Pattern],
    literals: &HashMap<&str, Vec<usize>>,
) -> Sample {
    let mut matches = taken.to_vec();
    for (index, verdict) in part.iter().zip(sample.matches.iter().skip(1)) {
        mark(&mut matches, *index, *verdict);
        // patterns of the same literal text share the verdict
        for twin in patterns.get(*index).and_then(|pattern| literals.get(pattern.literal()?)).into_iter().flatten() {
            mark(&mut matches, *twin, *verdict);
        }
    }
    Sample { text: sample.text.clone(), matches }
}

fn mark(matches: &mut [Match], index: usize, verdict: Match) {
    if let Some(slot) = matches.get_mut(index) {
        *slot = verdict;
    }
}

/// The pattern with any text in place of its variables.
pub(super) fn generalised(pattern: &Pattern) -> Pattern {
    use crate::pattern::Token;
    let tokens =
        pattern.tokens.iter().map(|token| if matches!(token, Token::Variable(_)) { Token::Run } else { token.clone() });
    Pattern::from_tokens(tokens.collect(), false)
}

/// The text, if it holds no variable.
pub(super) fn plain(text: &[Symbol]) -> Option<String> {
    text.iter().map(|symbol| if let Symbol::Char(character) = symbol { Some(*character) } else { None }).collect()
}
