//! Is there a context in which these conditions hold and those do not? Exact over the cases of each key.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::domain::Case;
use super::statements::Statements;
use crate::condition::Test;

/// A condition that must hold or must not, or a fact about the resource that hangs on variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Atom {
    /// Index of a condition.
    Test(usize),
    /// The resource matches the clause with this index.
    Clause(usize),
}

/// All of these hold.
pub(super) type Conjunction = Vec<Atom>;

/// What is known about the keys in question.
pub(super) struct Domains {
    /// Case lists; a free fact has two cases without values.
    variables: Vec<Rc<Vec<Case>>>,
    /// Where an atom's truth stands: variable, and place among its tests.
    places: BTreeMap<Atom, (usize, usize)>,
    keys: Vec<Option<String>>,
    /// Conditions whose truth hangs on variables besides the key's value.
    opaque: Vec<Atom>,
}

/// The cases left of each variable.
type Left = Vec<Vec<bool>>;

/// A solution: values of keys (empty: absent), and atoms whose truth was assumed.
#[derive(Debug, Clone)]
pub(super) struct Solution {
    pub(super) values: Vec<(String, Vec<String>)>,
    pub(super) assumed: Vec<(Atom, bool)>,
}

impl Domains {
    /// Sorts out the keys of these atoms.
    pub(super) fn of(atoms: &[Atom], statements: &Statements<'_>, steps: &mut usize) -> Self {
        let mut domains = Self { variables: Vec::new(), places: BTreeMap::new(), keys: Vec::new(), opaque: Vec::new() };
        let tests = &statements.atoms;
        let mut by_key: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for atom in atoms {
            match atom {
                Atom::Test(index) => {
                    if let Some(test) = tests.get(*index) {
                        by_key.entry(&test.key).or_default().push(*index);
                    }
                }
                Atom::Clause(_) => domains.free(*atom),
            }
        }
        for (key, mut indexes) in by_key {
            indexes.sort_unstable();
            indexes.dedup();
            match statements.cases(key, &indexes, steps) {
                Some(cases) => {
                    let variable = domains.variables.len();
                    domains.variables.push(cases);
                    domains.keys.push(Some(key.to_owned()));
                    let with_variables = |index: &&usize| tests.get(**index).is_some_and(Test::has_variables);
                    domains.opaque.extend(indexes.iter().filter(with_variables).map(|index| Atom::Test(*index)));
                    domains.places.extend(
                        indexes.iter().enumerate().map(|(place, index)| (Atom::Test(*index), (variable, place))),
                    );
                }
                None => indexes.iter().for_each(|index| domains.free(Atom::Test(*index))),
            }
        }
        domains
    }

    /// An atom that may be true or false, independent of everything.
    fn free(&mut self, atom: Atom) {
        if self.places.contains_key(&atom) {
            return;
        }
        let case = |truth| Case { values: Vec::new(), holds: vec![truth] };
        self.places.insert(atom, (self.variables.len(), 0));
        self.variables.push(Rc::new(vec![case(false), case(true)]));
        self.keys.push(None);
    }

    /// A context in which `holds` holds and none of `fails` does. `Err` when the bound on steps is reached.
    pub(super) fn solve(
        &self,
        holds: &[Atom],
        fails: &[Conjunction],
        steps: &mut usize,
    ) -> Result<Option<Solution>, ()> {
        let mut left: Left = self.variables.iter().map(|cases| vec![true; cases.len()]).collect();
        for atom in holds {
            if !self.restrict(&mut left, *atom, true) {
                return Ok(None);
            }
        }
        let solved = self.search(left, fails, steps)?;
        Ok(solved.map(|left| self.solution(&left)))
    }

    fn search(&self, left: Left, fails: &[Conjunction], steps: &mut usize) -> Result<Option<Left>, ()> {
        let cost = 1 + fails.iter().map(Vec::len).sum::<usize>() / 8;
        *steps = steps.checked_sub(cost).ok_or(())?;
        let mut open: Option<Vec<Atom>> = None;
        for conjunction in fails {
            let mut undecided = Vec::new();
            let mut is_false = false;
            for atom in conjunction {
                match self.truth(&left, *atom) {
                    Some(true) => {}
                    Some(false) => is_false = true,
                    None => undecided.push(*atom),
                }
            }
            if is_false {
                continue;
            }
            if undecided.is_empty() {
                return Ok(None);
            }
            // the one with the fewest ways out first
            if open.as_ref().is_none_or(|best| undecided.len() < best.len()) {
                open = Some(undecided);
            }
        }
        let Some(undecided) = open else { return Ok(Some(left)) };
        for atom in undecided {
            let mut next = left.clone();
            if self.restrict(&mut next, atom, false)
                && let Some(solved) = self.search(next, fails, steps)?
            {
                return Ok(Some(solved));
            }
        }
        Ok(None)
    }

    /// Keeps the cases in which the atom has this truth; false if none is left.
    fn restrict(&self, left: &mut Left, atom: Atom, truth: bool) -> bool {
        let Some((variable, place)) = self.places.get(&atom) else { return false };
        let (Some(cases), Some(left)) = (self.variables.get(*variable), left.get_mut(*variable)) else { return false };
        let mut any = false;
        for (case, left) in cases.iter().zip(left) {
            *left &= case.holds.get(*place) == Some(&truth);
            any |= *left;
        }
        any
    }

    fn truth(&self, left: &Left, atom: Atom) -> Option<bool> {
        let (variable, place) = self.places.get(&atom)?;
        let cases = self.variables.get(*variable)?.iter().zip(left.get(*variable)?);
        let mut truths = cases.filter(|(_, left)| **left).filter_map(|(case, _)| case.holds.get(*place).copied());
        let first = truths.next()?;
        truths.all(|truth| truth == first).then_some(first)
    }

    fn solution(&self, left: &Left) -> Solution {
        let mut solution = Solution { values: Vec::new(), assumed: Vec::new() };
        let chosen = |variable: usize| {
            let mut cases = self.variables.get(variable)?.iter().zip(left.get(variable)?);
            cases.find(|(_, left)| **left).map(|(case, _)| case)
        };
        for (variable, key) in self.keys.iter().enumerate() {
            if let (Some(key), Some(case)) = (key, chosen(variable)) {
                solution.values.push((key.clone(), case.values.clone()));
            }
        }
        for (atom, (variable, place)) in &self.places {
            if self.opaque.contains(atom) || self.keys.get(*variable).is_some_and(Option::is_none) {
                let truth = chosen(*variable).and_then(|case| case.holds.get(*place).copied());
                solution.assumed.extend(truth.map(|truth| (*atom, truth)));
            }
        }
        solution
    }
}
