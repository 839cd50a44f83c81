//! The statements of both sides, with equal parts made one.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::containment::is_within;
use super::domain::{Case, cases};
use super::vectors::begins_with;
use crate::condition::Test;
use crate::operator::{Comparison as C, Operator, Quantifier};
use crate::pattern::{Dialect, Pattern, Reading};
use crate::policy::{Clause, Condition, Effect, Policy, Statement, Version};

/// AWS's own keys that have several values; of others it shows by a condition that quantifies them.
const MANY_VALUED: [&str; 6] = [
    "aws:tagkeys",
    "aws:calledvia",
    "aws:principalorgpaths",
    "aws:resourceorgpaths",
    "aws:sourceorgpaths",
    "aws:principalservicenameslist",
];

/// Statements of two sides.
pub(super) struct Statements<'a> {
    pub(super) entries: Vec<Entry<'a>>,
    pub(super) rests: Vec<Rest>,
    pub(super) clauses: Vec<ResourceClause>,
    pub(super) patterns: Vec<Pattern>,
    pub(super) atoms: Vec<Test>,
    /// Keys (in lower case) that can have several values in one request.
    pub(super) many_valued: HashSet<String>,
    /// Cases of one key under these conditions, once found: many resources and classes of actions ask for the same.
    cases: RefCell<KnownCases>,
    /// Whether one resource pattern (by index) is within another, once found.
    within: RefCell<HashMap<(usize, usize), bool>>,
}

/// Conditions (by index) → cases of their key.
type KnownCases = HashMap<Vec<usize>, Option<Rc<Vec<Case>>>>;

/// One statement of one side.
pub(super) struct Entry<'a> {
    pub(super) side: usize,
    pub(super) action: &'a Clause,
    /// Index into [`Statements::rests`].
    pub(super) rest: usize,
}

/// A statement without its actions.
#[derive(Debug, Clone)]
pub(super) struct Rest {
    pub(super) effect: Effect,
    pub(super) clause: usize,
    /// Indexes of conditions, sorted, each once.
    pub(super) atoms: Vec<usize>,
    /// How to name it to a reader.
    pub(super) label: String,
    /// A resource pattern has a wildcard before its last colon: the two readings of wildcards may differ.
    pub(super) has_inner_wildcard: bool,
}

/// A resource clause: indexes of patterns, sorted, each once.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct ResourceClause {
    pub(super) negated: bool,
    pub(super) patterns: Vec<usize>,
}

/// A statement that cannot be compared, and why.
pub(super) struct NotComparable {
    pub(super) because: String,
}

#[derive(Default)]
struct Interner<'a> {
    rests: HashMap<(Effect, usize, Vec<usize>), usize>,
    clauses: HashMap<ResourceClause, usize>,
    patterns: HashMap<Pattern, usize>,
    /// Texts met before, and whether they may hold variables: most resources stand on both sides, and are read once.
    texts: HashMap<(&'a str, bool), usize>,
    atoms: HashMap<String, usize>,
}

impl<'a> Statements<'a> {
    pub(super) fn of(sides: [&'a [Policy]; 2], reading: Reading) -> Result<Self, NotComparable> {
        let mut interner = Interner::default();
        let mut all = Self {
            entries: Vec::new(),
            rests: Vec::new(),
            clauses: Vec::new(),
            patterns: Vec::new(),
            atoms: Vec::new(),
            many_valued: HashSet::new(),
            cases: RefCell::default(),
            within: RefCell::default(),
        };
        for (side, policies) in sides.into_iter().enumerate() {
            for policy in policies {
                for (number, statement) in policy.statements.iter().enumerate() {
                    let label = statement.label(number);
                    let rest = all.rest(&mut interner, statement, policy.version(), reading, label)?;
                    all.entries.push(Entry { side, action: &statement.action, rest });
                }
            }
        }
        let quantified =
            all.atoms.iter().filter(|test| test.operator.quantifier != Quantifier::Single).map(|test| test.key.clone());
        all.many_valued = quantified.chain(MANY_VALUED.map(str::to_owned)).collect();
        Ok(all)
    }

    /// The cases of the key that these conditions are about; `None` when they cannot be found.
    pub(super) fn cases(&self, key: &str, indexes: &[usize], steps: &mut usize) -> Option<Rc<Vec<Case>>> {
        if let Some(known) = self.cases.borrow().get(indexes) {
            return known.clone();
        }
        let tests: Vec<&Test> = indexes.iter().filter_map(|index| self.atoms.get(*index)).collect();
        let found = cases(key, &tests, self.many_valued.contains(key), steps).map(Rc::new);
        self.cases.borrow_mut().insert(indexes.to_vec(), found.clone());
        found
    }

    /// Whether one resource pattern is within another, as far as that shows at a glance.
    pub(super) fn is_plainly_within(&self, inner: usize, outer: usize) -> bool {
        let (Some(one), Some(other)) = (self.patterns.get(inner), self.patterns.get(outer)) else { return false };
        inner == outer || other.is_everything() || begins_with(one, other)
    }

    /// Whether it is found that one resource pattern is within another, whatever the values of variables.
    pub(super) fn is_pattern_within(&self, inner: usize, outer: usize) -> bool {
        if let Some(known) = self.within.borrow().get(&(inner, outer)) {
            return *known;
        }
        let (Some(one), Some(other)) = (self.patterns.get(inner), self.patterns.get(outer)) else { return false };
        let found = is_within(one, other);
        self.within.borrow_mut().insert((inner, outer), found);
        found
    }

    fn rest(
        &mut self,
        interner: &mut Interner<'a>,
        statement: &'a Statement,
        version: Version,
        reading: Reading,
        label: String,
    ) -> Result<usize, NotComparable> {
        if statement.principal.is_some() {
            return Err(NotComparable {
                because: format!("{label} has a principal: only identity policies are compared"),
            });
        }
        let texts = || statement.resource.iter().flat_map(|clause| clause.patterns());
        let has_inner_wildcard =
            texts().any(|text| text.rsplit_once(':').is_some_and(|(before, _)| before.contains(['*', '?'])));
        let clause = match &statement.resource {
            Some(clause) => self.clause(interner, clause.negated, clause.patterns(), version, reading),
            None => self.clause(interner, false, std::iter::once("*"), version, reading),
        };
        let mut atoms = Vec::new();
        for condition in &statement.conditions {
            let because = || format!("{label}: no condition operator `{}`", condition.operator.value);
            let unknown = || NotComparable { because: because() };
            atoms.push(self.atom(interner, condition, version).ok_or_else(unknown)?);
        }
        atoms.sort_unstable();
        atoms.dedup();
        let effect = statement.effect.value;
        let key = (effect, clause, atoms.clone());
        let rests = &mut self.rests;
        Ok(*interner.rests.entry(key).or_insert_with(|| {
            rests.push(Rest { effect, clause, atoms, label, has_inner_wildcard });
            rests.len() - 1
        }))
    }

    fn clause(
        &mut self,
        interner: &mut Interner<'a>,
        negated: bool,
        texts: impl Iterator<Item = &'a str>,
        version: Version,
        reading: Reading,
    ) -> usize {
        let mut indexes: Vec<usize> = Vec::new();
        for text in texts {
            let variables = version == Version::V2012 && text.contains("${");
            let index = *interner.texts.entry((text, variables)).or_insert_with(|| {
                let pattern = Pattern::compile(text, Dialect::resource(version, reading));
                let patterns = &mut self.patterns;
                *interner.patterns.entry(pattern).or_insert_with_key(|pattern| {
                    patterns.push(pattern.clone());
                    patterns.len() - 1
                })
            });
            indexes.push(index);
        }
        indexes.sort_unstable();
        indexes.dedup();
        let key = ResourceClause { negated, patterns: indexes };
        let clauses = &mut self.clauses;
        *interner.clauses.entry(key).or_insert_with_key(|key| {
            clauses.push(key.clone());
            clauses.len() - 1
        })
    }

    fn atom(&mut self, interner: &mut Interner<'a>, condition: &Condition, version: Version) -> Option<usize> {
        let test = Test::compile(condition, version)?;
        let mut values: Vec<&str> = condition.values.iter().map(|value| value.text()).collect();
        values.sort_unstable();
        values.dedup();
        // only texts with variables mean different things in different versions
        let version = if values.iter().any(|text| text.contains("${")) { version.name() } else { "" };
        let key = format!("{} {:?} {values:?} {version}", same_meaning(test.operator), test.key);
        let atoms = &mut self.atoms;
        Some(*interner.atoms.entry(key).or_insert_with(|| {
            atoms.push(test);
            atoms.len() - 1
        }))
    }
}

/// One name for operators that mean the same.
fn same_meaning(operator: Operator) -> Operator {
    let comparison = match operator.comparison {
        C::ArnEquals => C::ArnLike,
        C::ArnNotEquals => C::ArnNotLike,
        other => other,
    };
    Operator { comparison, ..operator }
}
