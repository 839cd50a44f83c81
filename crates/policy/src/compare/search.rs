//! Is there a request that one side allows and the other does not? For one class of actions.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::automaton::{Match, Sample};
use super::solve::{Atom, Conjunction, Domains};
use super::statements::{Rest, Statements};
use super::vectors::{self, Groups};
#[cfg(test)]
use super::weakness::{Weakness, has};
use super::witness::{Candidate, Replay};
use crate::pattern::{Dialect, Pattern};
use crate::policy::Effect;
use crate::request::Request;

/// What was found for one direction: requests that the first side allows and the second does not.
#[derive(Debug, Clone)]
pub(super) enum Finding {
    /// There is none.
    Never,
    /// This one, replayed.
    Witness(Request),
    /// This one may be, but it hangs on what is not understood.
    Possibly(Request),
    /// A bound was reached at this statement.
    Unknown(String),
}

/// After so many candidates that could not be replayed, the search gives up: "possibly".
const MAX_CANDIDATES: usize = 40;

/// One direction of one class of actions.
pub(super) struct Search<'a> {
    pub(super) statements: &'a Statements<'a>,
    pub(super) action: &'a str,
    /// Rests of the side that allows.
    pub(super) ours: &'a [usize],
    /// Rests of the side that does not.
    pub(super) theirs: &'a [usize],
    pub(super) replay: &'a Replay<'a>,
    /// The side that allows is the second.
    pub(super) gaining: bool,
}

/// The statements in question, sorted by their part.
struct Parts<'a> {
    our_denies: Vec<&'a Rest>,
    their_denies: Vec<&'a Rest>,
    their_allows: Vec<&'a Rest>,
}

impl<'a> Parts<'a> {
    fn all(&self) -> impl Iterator<Item = &'a Rest> {
        self.our_denies.iter().chain(&self.their_denies).chain(&self.their_allows).copied()
    }
}

impl<'a> Search<'a> {
    fn rest(&self, index: usize) -> Option<&'a Rest> {
        self.statements.rests.get(index)
    }

    fn rests(&self, indexes: &[usize], effect: Effect) -> Vec<&'a Rest> {
        indexes.iter().filter_map(|index| self.rest(*index)).filter(|rest| rest.effect == effect).collect()
    }

    pub(super) fn run(&self, steps: &mut usize) -> Finding {
        // what both deny cannot make the difference
        let theirs_only: Vec<usize> = self.theirs.iter().copied().filter(|index| !self.ours.contains(index)).collect();
        let parts = Parts {
            our_denies: self.rests(self.ours, Effect::Deny),
            their_denies: self.rests(&theirs_only, Effect::Deny),
            their_allows: self.rests(self.theirs, Effect::Allow),
        };
        #[cfg(test)]
        let parts = if has(Weakness::TheirDeniesIgnored) { Parts { their_denies: Vec::new(), ..parts } } else { parts };
        let mut possible = None;
        let mut candidates = 0;
        for index in self.ours {
            let Some(allow) = self.rest(*index).filter(|rest| rest.effect == Effect::Allow) else { continue };
            if parts.their_denies.is_empty() && self.theirs.contains(index) {
                continue;
            }
            match self.allow(allow, &parts, &mut candidates, steps) {
                Finding::Never => {}
                Finding::Possibly(request) => possible = possible.or(Some(request)),
                decided => return decided,
            }
        }
        possible.map_or(Finding::Never, Finding::Possibly)
    }

    /// Requests that this statement allows.
    fn allow(&self, allow: &Rest, parts: &Parts<'_>, candidates: &mut usize, steps: &mut usize) -> Finding {
        let Some(clause) = self.statements.clauses.get(allow.clause) else { return Finding::Never };
        let everything =
            Pattern::compile("?*", Dialect { wildcards: true, variables: false, fold: false, parts: false });
        let mut possible = None;
        let under_question: Vec<Option<usize>> =
            if clause.negated { vec![None] } else { clause.patterns.iter().map(|index| Some(*index)).collect() };
        for index in under_question {
            let pattern =
                index.and_then(|index| self.statements.patterns.get(index)).filter(|pattern| !pattern.is_everything());
            if index.is_some_and(|index| self.is_covered(index, allow, parts)) {
                continue;
            }
            match self.within(index, pattern.unwrap_or(&everything), allow, parts, candidates, steps) {
                Finding::Never => {}
                Finding::Possibly(request) => possible = possible.or(Some(request)),
                decided => return decided,
            }
        }
        possible.map_or(Finding::Never, Finding::Possibly)
    }

    /// Whether one of their statements says the same of this pattern, under no more conditions.
    fn is_covered(&self, pattern: usize, allow: &Rest, parts: &Parts<'_>) -> bool {
        parts.their_denies.is_empty()
            && parts.their_allows.iter().any(|other| {
                #[cfg(test)]
                let other = &if has(Weakness::CoveredWhateverConditions) {
                    Rest { atoms: Vec::new(), ..(*other).clone() }
                } else {
                    (*other).clone()
                };
                // the conditions are soonest told apart
                other.atoms.iter().all(|atom| allow.atoms.contains(atom))
                    && self.statements.clauses.get(other.clause).is_some_and(|clause| {
                        let holds = |outer: &usize| self.statements.is_pattern_within(pattern, *outer);
                        !clause.negated && (clause.patterns.contains(&pattern) || clause.patterns.iter().any(holds))
                    })
            })
    }

    /// Requests whose resource matches this pattern (with this index, if it is one of the statements').
    fn within(
        &self,
        number: Option<usize>,
        pattern: &Pattern,
        allow: &Rest,
        parts: &Parts<'_>,
        candidates: &mut usize,
        steps: &mut usize,
    ) -> Finding {
        let clauses: BTreeSet<usize> = parts.all().chain([allow]).map(|rest| rest.clause).collect();
        // a clause with a pattern around this one takes all its texts: its other patterns need not be told apart
        let takes_all = |clause: &usize| {
            let patterns = self.statements.clauses.get(*clause).map_or(&[][..], |clause| clause.patterns.as_slice());
            number.is_some_and(|inner| patterns.iter().any(|outer| self.statements.is_plainly_within(inner, *outer)))
        };
        let settled: BTreeSet<usize> = clauses.into_iter().filter(takes_all).collect();
        // often those of their statements that take all these texts allow them all, and the others need not be looked at
        let few = Parts {
            our_denies: parts.our_denies.clone(),
            their_denies: parts.their_denies.clone(),
            their_allows: parts.their_allows.iter().copied().filter(|rest| settled.contains(&rest.clause)).collect(),
        };
        if !few.their_allows.is_empty() && few.their_allows.len() < parts.their_allows.len() {
            match self.explore(&settled, pattern, allow, &few, &mut 0, steps) {
                Finding::Possibly(_) | Finding::Unknown(_) => {}
                decided => return decided,
            }
        }
        self.explore(&settled, pattern, allow, parts, candidates, steps)
    }

    /// Goes through the resources that the pattern matches, one for each way they can be taken.
    fn explore(
        &self,
        settled: &BTreeSet<usize>,
        pattern: &Pattern,
        allow: &Rest,
        parts: &Parts<'_>,
        candidates: &mut usize,
        steps: &mut usize,
    ) -> Finding {
        let blame = || Finding::Unknown(allow.label.clone());
        let involved: Vec<&Rest> = parts.all().chain([allow]).collect();
        // patterns that stand in the same clauses count as one
        let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let clauses: BTreeSet<usize> = involved.iter().map(|rest| rest.clause).collect();
        for number in clauses.difference(settled) {
            for index in self.statements.clauses.get(*number).into_iter().flat_map(|clause| &clause.patterns) {
                members.entry(*index).or_default().push(*number);
            }
        }
        let patterns =
            members.into_iter().filter_map(|(index, clauses)| Some((self.statements.patterns.get(index)?, clauses)));
        let (groups, members) = Groups::by_members(patterns);
        let Some(samples) = vectors::samples(pattern, &groups, steps) else { return blame() };
        let mut possible = None;
        // samples on which the same statements apply pose the same question
        let mut asked: HashMap<Vec<Match>, ()> = HashMap::new();
        for sample in samples {
            let mut verdicts: HashMap<usize, Match> = settled.iter().map(|clause| (*clause, Match::Yes)).collect();
            for (clauses, verdict) in members.iter().zip(&sample.matches) {
                for clause in clauses {
                    let slot = verdicts.entry(*clause).or_insert(Match::No);
                    *slot = slot.or(*verdict);
                }
            }
            let applies: Vec<Match> = involved.iter().map(|rest| self.applies(rest, &verdicts)).collect();
            let own = applies.last().copied().unwrap_or(Match::No);
            if own == Match::No || asked.insert(applies.clone(), ()).is_some() {
                continue;
            }
            let applying: HashMap<usize, Match> = involved.iter().map(|rest| rest.clause).zip(applies).collect();
            match self.sample(&sample, allow, own, parts, &applying, steps) {
                Err(()) => return blame(),
                Ok(Finding::Never) => {}
                Ok(Finding::Possibly(request)) => {
                    possible = possible.or(Some(request));
                    *candidates += 1;
                    if *candidates >= MAX_CANDIDATES {
                        break;
                    }
                }
                Ok(decided) => return decided,
            }
        }
        possible.map_or(Finding::Never, Finding::Possibly)
    }

    /// Whether a statement's resource clause takes the sample.
    fn applies(&self, rest: &Rest, verdicts: &HashMap<usize, Match>) -> Match {
        let Some(clause) = self.statements.clauses.get(rest.clause) else { return Match::No };
        let matched = verdicts.get(&rest.clause).copied().unwrap_or(Match::No);
        #[cfg(test)]
        if has(Weakness::NotResourceTakenPlain) {
            return matched;
        }
        match (clause.negated, matched) {
            (_, Match::Perhaps) => Match::Perhaps,
            (true, Match::Yes) => Match::No,
            (true, Match::No) => Match::Yes,
            (false, plain) => plain,
        }
    }

    /// Contexts for one resource.
    fn sample(
        &self,
        sample: &Sample,
        allow: &Rest,
        own: Match,
        parts: &Parts<'_>,
        applying: &HashMap<usize, Match>,
        steps: &mut usize,
    ) -> Result<Finding, ()> {
        let conjunction = |rest: &Rest| -> Option<Conjunction> {
            let mut atoms: Conjunction = rest.atoms.iter().map(|index| Atom::Test(*index)).collect();
            #[cfg(test)]
            if has(Weakness::FirstConditionOnly) {
                atoms.truncate(1);
            }
            match applying.get(&rest.clause).copied().unwrap_or(Match::No) {
                Match::No => return None,
                Match::Yes => {}
                #[cfg(test)]
                Match::Perhaps if has(Weakness::PerhapsTakenForYes) => {}
                Match::Perhaps => atoms.push(Atom::Clause(rest.clause)),
            }
            Some(atoms)
        };
        let of = |rests: &[&Rest]| rests.iter().filter_map(|rest| conjunction(rest)).collect::<Vec<Conjunction>>();
        let mut holds: Conjunction = allow.atoms.iter().map(|index| Atom::Test(*index)).collect();
        if own == Match::Perhaps {
            holds.push(Atom::Clause(allow.clause));
        }
        let our_denies = of(&parts.our_denies);
        let their_denies = of(&parts.their_denies);
        let their_allows = of(&parts.their_allows);
        #[cfg(test)]
        let our_denies: Vec<Conjunction> = if has(Weakness::OurDeniesWithoutConditions) {
            our_denies.iter().map(|_| Vec::new()).collect()
        } else {
            our_denies
        };
        // denied without condition: nothing to look for
        if our_denies.iter().any(Vec::is_empty) {
            return Ok(Finding::Never);
        }
        let surely_allowed = their_allows.iter().any(|atoms| atoms.iter().all(|atom| holds.contains(atom)));
        if surely_allowed && their_denies.is_empty() {
            return Ok(Finding::Never);
        }
        let mut atoms: Vec<Atom> =
            [&our_denies, &their_denies, &their_allows].into_iter().flatten().flatten().copied().collect();
        atoms.extend(&holds);
        atoms.sort_unstable();
        atoms.dedup();
        let domains = Domains::of(&atoms, self.statements, steps);
        let mut possible = None;
        let mut consider = |solution: Option<super::solve::Solution>| -> Option<Finding> {
            let candidate = Candidate {
                action: self.action,
                resource: &sample.text,
                solution: solution?,
                statements: self.statements,
            };
            match self.replay.differs(&candidate, self.gaining) {
                Ok(request) => Some(Finding::Witness(request)),
                Err(request) => {
                    possible.get_or_insert(request);
                    None
                }
            }
        };
        if !surely_allowed {
            let fails: Vec<Conjunction> = our_denies.iter().chain(&their_allows).cloned().collect();
            if let Some(found) = consider(domains.solve(&holds, &fails, steps)?) {
                return Ok(found);
            }
        }
        for deny in &their_denies {
            let both: Conjunction = holds.iter().chain(deny).copied().collect();
            if let Some(found) = consider(domains.solve(&both, &our_denies, steps)?) {
                return Ok(found);
            }
        }
        Ok(possible.map_or(Finding::Never, Finding::Possibly))
    }
}
