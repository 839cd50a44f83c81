//! Which of several patterns can a text match at once? Explores the product of their automata and gives one text for each
//! combination that occurs.
//!
//! A policy variable in the pattern under question becomes one symbol of the text. Of such texts two things can be known of another
//! pattern: that it matches whatever the variable's value is, and that it may match for some value.

use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;

use crate::pattern::{Pattern, Token, Variable, accepts};

/// One symbol of a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Symbol {
    Char(char),
    Variable(Variable),
}

/// Whether a pattern matches a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Match {
    No,
    Yes,
    /// For some values of variables.
    Perhaps,
}

/// A text and how each group of patterns takes it: whether one of the group matches.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    pub(super) text: Vec<Symbol>,
    pub(super) matches: Vec<Match>,
}

impl Match {
    /// Of two patterns of which one has to match.
    pub(super) const fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::Perhaps, _) | (_, Self::Perhaps) => Self::Perhaps,
            (Self::No, Self::No) => Self::No,
        }
    }
}

/// What is known of a group of patterns in advance.
struct Settled {
    /// All its bits.
    mask: State,
    /// Bits of the ends of patterns that end in a star.
    ends: Vec<usize>,
}

/// More states than this are not explored: the answer is then "cannot decide".
const MAX_STATES: usize = 6_000;

/// Characters for what no pattern names; the first that fits is taken, so that samples look like names.
const FRESH: &str = "xzqkwjvyxugh0123456789-_XZQKWJV~!";

/// The patterns of one exploration.
pub(super) struct Automaton<'a> {
    patterns: &'a [&'a Pattern],
    /// Group of each pattern.
    groups: &'a [usize],
    group_count: usize,
    /// Per group: its bits, and the two that stay when nothing behind can undo the match.
    settled: Vec<Settled>,
    /// First bit of each pattern.
    offsets: Vec<usize>,
    /// Pattern and position of each bit.
    owners: Vec<(usize, usize)>,
    bits: usize,
    /// Some pattern holds a variable: then each state has a second half for what may match.
    symbolic: bool,
}

type State = Vec<u64>;

impl<'a> Automaton<'a> {
    /// Patterns and the group of each, counted from 0.
    pub(super) fn new(patterns: &'a [&'a Pattern], groups: &'a [usize]) -> Self {
        let mut owners = Vec::new();
        let mut offsets = Vec::new();
        for (number, pattern) in patterns.iter().enumerate() {
            offsets.push(owners.len());
            owners.extend((0..=pattern.tokens.len()).map(|position| (number, position)));
        }
        let bits = owners.len();
        let symbolic = patterns.iter().any(|pattern| pattern.has_variables);
        let group_count = groups.iter().max().map_or(0, |most| most + 1);
        let mut automaton =
            Self { patterns, groups, group_count, settled: Vec::new(), offsets, owners, bits, symbolic };
        automaton.settled = (0..group_count).map(|group| automaton.settled_group(group)).collect();
        automaton
    }

    fn settled_group(&self, group: usize) -> Settled {
        let words = (self.bits * self.halves()).div_ceil(64);
        let mut settled = Settled { mask: vec![0; words], ends: Vec::new() };
        for ((pattern, offset), of) in self.patterns.iter().zip(&self.offsets).zip(self.groups) {
            if *of != group {
                continue;
            }
            for half in 0..self.halves() {
                (0..=pattern.tokens.len())
                    .for_each(|position| set(&mut settled.mask, half * self.bits + offset + position));
            }
            if matches!(pattern.tokens.last(), Some(Token::Run)) {
                settled.ends.push(offset + pattern.tokens.len());
            }
        }
        settled
    }

    /// Where a pattern with a star at its end has matched, its group stays matched: the places of the others no longer matter. This keeps
    /// `*One*`, `*Two*`, … of one statement from multiplying.
    fn settle(&self, state: &mut State) {
        for settled in &self.settled {
            let Some(first) = settled.ends.first() else { continue };
            if settled.ends.iter().any(|end| get(state, *end)) {
                state.iter_mut().zip(&settled.mask).for_each(|(word, mask)| *word &= !mask);
                set(state, *first);
                set(state, first - 1);
            }
        }
    }

    /// One sample for each combination of matches that texts of the pattern `within` (all texts, if none) can have. `None` when there
    /// are too many states. `steps` is reduced by what it cost.
    pub(super) fn samples(&self, within: Option<usize>, steps: &mut usize) -> Option<Vec<Sample>> {
        let start: Rc<[u64]> = self.start().into();
        // a step costs by how much there is to look at
        let cost = 1 + start.len() / 8;
        let alive = within.map(|pattern| self.mask_of(pattern));
        let mut seen: HashSet<Rc<[u64]>, BuildHasherDefault<WordHasher>> = HashSet::default();
        seen.insert(Rc::clone(&start));
        let mut trail: Vec<Option<(usize, Symbol)>> = vec![None];
        let mut queue = VecDeque::from([(Rc::clone(&start), 0)]);
        let mut found = HashSet::new();
        let mut samples = Vec::new();
        // most steps lead to where somebody was before: only a new state is kept
        let mut next: State = vec![0; start.len()];
        let (mut marks, mut characters, mut symbols) = (Vec::new(), Vec::new(), Vec::new());
        while let Some((state, index)) = queue.pop_front() {
            if within.is_none_or(|pattern| self.has_matched(&state, pattern)) {
                let matches = self.matches(&state);
                if found.insert(matches.clone()) {
                    samples.push(Sample { text: text(&trail, index), matches });
                }
            }
            self.marks(&state, &mut marks);
            alphabet(&marks, within, &mut characters, &mut symbols);
            for symbol in &symbols {
                *steps = steps.checked_sub(cost)?;
                self.step(&mut next, &marks, symbol);
                let is_dead =
                    alive.as_ref().is_some_and(|mask| next.iter().zip(mask).all(|(word, mask)| word & mask == 0));
                if is_dead || seen.contains(next.as_slice()) {
                    continue;
                }
                if trail.len() >= MAX_STATES {
                    return None;
                }
                let number = trail.len();
                trail.push(Some((index, symbol.clone())));
                let state: Rc<[u64]> = next.as_slice().into();
                seen.insert(Rc::clone(&state));
                queue.push_back((state, number));
            }
        }
        Some(samples)
    }

    fn halves(&self) -> usize {
        if self.symbolic { 2 } else { 1 }
    }

    fn start(&self) -> State {
        let mut state = vec![0; (self.bits * self.halves()).div_ceil(64)];
        for half in 0..self.halves() {
            for (pattern, offset) in self.patterns.iter().zip(&self.offsets) {
                self.enter(&mut state, half, pattern, *offset, 0);
            }
        }
        self.settle(&mut state);
        state
    }

    /// Marks a position, and those behind it that need no symbol.
    fn enter(&self, state: &mut State, half: usize, pattern: &Pattern, offset: usize, position: usize) {
        let mut position = position;
        loop {
            set(state, half * self.bits + offset + position);
            match pattern.tokens.get(position) {
                Some(Token::Run | Token::RunInPart) => position += 1,
                #[cfg(test)]
                Some(Token::One) if super::weakness::has(super::weakness::Weakness::OneMayBeNothing) => position += 1,
                Some(Token::Variable(_)) if half == 1 => position += 1,
                _ => return,
            }
        }
    }

    fn is_at(&self, state: &[u64], half: usize, offset: usize, position: usize) -> bool {
        get(state, half * self.bits + offset + position)
    }

    /// The positions of a pattern, as bits.
    fn mask_of(&self, pattern: usize) -> State {
        let mut mask = vec![0; (self.bits * self.halves()).div_ceil(64)];
        if let (Some(offset), Some(compiled)) = (self.offsets.get(pattern), self.patterns.get(pattern)) {
            (0..=compiled.tokens.len()).for_each(|position| set(&mut mask, offset + position));
        }
        mask
    }

    /// Whether the pattern matches what was read so far, whatever its variables are.
    fn has_matched(&self, state: &[u64], pattern: usize) -> bool {
        let (Some(offset), Some(compiled)) = (self.offsets.get(pattern), self.patterns.get(pattern)) else {
            return false;
        };
        self.is_at(state, 0, *offset, compiled.tokens.len())
    }

    fn matches(&self, state: &[u64]) -> Vec<Match> {
        let mut matches = vec![Match::No; self.group_count];
        for ((pattern, offset), group) in self.patterns.iter().zip(&self.offsets).zip(self.groups) {
            let end = pattern.tokens.len();
            let verdict = if self.is_at(state, 0, *offset, end) {
                Match::Yes
            } else if self.symbolic && self.is_at(state, 1, *offset, end) {
                Match::Perhaps
            } else {
                Match::No
            };
            if let Some(slot) = matches.get_mut(*group) {
                *slot = slot.or(verdict);
            }
        }
        matches
    }

    /// The state behind a symbol, from the marked positions before it.
    fn step(&self, next: &mut State, marks: &[Mark<'_>], symbol: &Symbol) {
        next.fill(0);
        for mark in marks {
            self.advance(next, mark, symbol);
        }
        self.settle(next);
    }

    /// The marked positions of a state, into a list that is used again.
    fn marks(&self, state: &[u64], marks: &mut Vec<Mark<'a>>) {
        marks.clear();
        let bits = state.iter().enumerate().flat_map(|(number, word)| SetBits(*word).map(move |bit| number * 64 + bit));
        marks.extend(bits.filter_map(|bit| {
            let half = bit / self.bits;
            let (pattern, position) = *self.owners.get(bit % self.bits)?;
            let compiled: &'a Pattern = self.patterns.get(pattern)?;
            Some(Mark {
                half,
                pattern,
                position,
                token: compiled.tokens.get(position),
                compiled,
                offset: *self.offsets.get(pattern)?,
            })
        }));
    }

    fn advance(&self, next: &mut State, mark: &Mark<'_>, symbol: &Symbol) {
        let Mark { half, position, compiled, offset, token, .. } = *mark;
        let may = half == 1;
        let stay = position;
        let to = match (symbol, token) {
            // for some value, a variable in the text takes the pattern from here to anywhere behind
            (Symbol::Variable(_), _) if may => {
                for later in position..=compiled.tokens.len() {
                    set(next, half * self.bits + offset + later);
                }
                return;
            }
            (Symbol::Variable(variable), Some(Token::Variable(wanted))) if wanted.as_ref() == variable => position + 1,
            (_, Some(Token::Run)) => stay,
            (Symbol::Char(character), Some(Token::RunInPart)) if *character != ':' => stay,
            (Symbol::Char(_), Some(Token::Variable(_))) if may => stay,
            (Symbol::Char(character), Some(token)) if accepts(token, *character) => position + 1,
            _ => return,
        };
        self.enter(next, half, compiled, offset, to);
    }
}

/// The symbols that can be told apart here: those that stand in a pattern at a marked position, and one that stands in none.
fn alphabet(marks: &[Mark<'_>], within: Option<usize>, characters: &mut Vec<char>, symbols: &mut Vec<Symbol>) {
    characters.clear();
    symbols.clear();
    for Mark { half, pattern: number, token, .. } in marks {
        match token {
            Some(Token::Char(character)) => characters.push(*character),
            Some(token @ Token::Fold(lower)) => {
                characters.push(*lower);
                characters.extend(lower.to_uppercase().take(1).filter(|upper| accepts(token, *upper)));
            }
            Some(Token::OneInPart | Token::RunInPart) => characters.push(':'),
            Some(Token::Variable(variable)) if within == Some(*number) && *half == 0 => {
                symbols.push(Symbol::Variable(variable.as_ref().clone()));
            }
            Some(Token::One | Token::Run | Token::Variable(_)) | None => {}
        }
    }
    characters.sort_unstable();
    characters.dedup();
    let named = |character: &char| {
        characters.iter().any(|named| crate::pattern::fold(*named) == crate::pattern::fold(*character))
    };
    let fresh = FRESH.chars().chain('\u{100}'..).find(|character| !named(character));
    symbols.extend(fresh.into_iter().chain(characters.iter().copied()).map(Symbol::Char));
}

/// Hashes the words of a state. States come from a bounded exploration: nobody gains by making them collide.
#[derive(Default)]
struct WordHasher(u64);

impl WordHasher {
    fn add(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

impl Hasher for WordHasher {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.add(u64::from_le_bytes(*word)));
        if !rest.is_empty() {
            self.add(rest.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)));
        }
    }
}

/// A marked position.
struct Mark<'a> {
    half: usize,
    pattern: usize,
    position: usize,
    /// What stands there; nothing at the end.
    token: Option<&'a Token>,
    compiled: &'a Pattern,
    offset: usize,
}

/// Numbers of the bits that are set.
struct SetBits(u64);

impl Iterator for SetBits {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let bit = self.0.trailing_zeros() as usize;
        self.0 &= self.0.checked_sub(1)?;
        Some(bit)
    }
}

fn text(trail: &[Option<(usize, Symbol)>], from: usize) -> Vec<Symbol> {
    let mut symbols = Vec::new();
    let mut at = from;
    while let Some(Some((before, symbol))) = trail.get(at) {
        symbols.push(symbol.clone());
        at = *before;
    }
    symbols.reverse();
    symbols
}

fn set(state: &mut [u64], bit: usize) {
    if let Some(word) = state.get_mut(bit / 64) {
        *word |= 1 << (bit % 64);
    }
}

fn get(state: &[u64], bit: usize) -> bool {
    state.get(bit / 64).is_some_and(|word| word & (1 << (bit % 64)) != 0)
}
