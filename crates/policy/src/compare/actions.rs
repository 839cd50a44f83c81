//! Actions in classes: all actions of a class concern the same statements. Only actions that the two sides treat by different
//! statements matter, so only those that a difference between the sides matches are looked at.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::ControlFlow;

use super::automaton::Symbol;
use super::statements::Statements;
use super::vectors::{self, Groups};
#[cfg(test)]
use super::weakness::{Weakness, has};
use crate::catalogue;
use crate::pattern::{Dialect, Pattern};
use crate::policy::Effect;
use crate::request::Context;

/// The statements (indexes of their rests) an action concerns, per side, sorted, each once.
pub(super) type Concerned = [Vec<usize>; 2];

/// One action of each class that concerns different statements on the two sides.
type Classes = HashMap<Concerned, String>;

/// All is in lower case here: exact characters keep the automata to one letter case.
const DIALECT: Dialect = Dialect { fold: false, ..Dialect::ACTION };

/// The patterns of one service: name → statements, each once.
#[derive(Default)]
struct Service {
    literals: BTreeMap<String, Vec<usize>>,
    wildcards: BTreeMap<String, Vec<usize>>,
    /// Names and patterns by which the sides differ.
    differing: BTreeMap<String, Directions>,
}

/// Whether a difference can lead to something lost, or gained, by the second side: by what an Allow or a Deny more can do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Directions {
    loses: bool,
    gains: bool,
}

impl Directions {
    pub(super) const BOTH: Self = Self { loses: true, gains: true };
    pub(super) const LOSES: Self = Self { loses: true, gains: false };
    pub(super) const GAINS: Self = Self { loses: false, gains: true };

    fn of(gaining: bool) -> Self {
        #[cfg(test)]
        let gaining = gaining != has(Weakness::DirectionsTurnedRound);
        Self { loses: !gaining, gains: gaining }
    }

    const fn meets(self, other: Self) -> bool {
        (self.loses && other.loses) || (self.gains && other.gains)
    }

    const fn and(self, other: Self) -> Self {
        Self { loses: self.loses || other.loses, gains: self.gains || other.gains }
    }
}

/// An action pattern in lower case, once for all statements.
struct Text<'a> {
    lower: String,
    /// As it was written first.
    written: &'a str,
    /// Numbers of the statements that hold it, in order.
    statements: Vec<usize>,
}

/// The actions in question, sorted as far as that is cheap.
pub(super) struct Actions<'a> {
    statements: &'a Statements<'a>,
    texts: Vec<Text<'a>>,
    /// The services that matter.
    services: BTreeMap<String, Service>,
    /// Statements whose clause holds `*`.
    everywhere: Vec<bool>,
    /// The sides differ in a `*` or a negated clause: every action matters, in these directions.
    all_differ: Directions,
    /// The directions that are asked for.
    wanted: Directions,
    /// Classes of actions of the catalogue: all of them.
    known: Classes,
    /// Classes of other actions that are written out.
    written: Classes,
}

impl<'a> Actions<'a> {
    /// Sorts the actions that are written out or known into classes, or says why that cannot be done.
    pub(super) fn of(statements: &'a Statements<'a>, wanted: Directions) -> Result<Self, String> {
        let mut actions = Self {
            statements,
            texts: Vec::new(),
            services: BTreeMap::new(),
            everywhere: vec![false; statements.entries.len()],
            all_differ: Directions::default(),
            wanted,
            known: HashMap::new(),
            written: HashMap::new(),
        };
        let held = actions.read();
        let differing = actions.find_differing(held);
        actions.sort_by_service(&differing)?;
        actions.other_services();
        let services = std::mem::take(&mut actions.services);
        for (name, service) in &services {
            actions.service(name, service);
        }
        actions.services = services;
        Ok(actions)
    }

    /// The classes of actions of the catalogue, by action.
    pub(super) fn known(&self) -> Vec<(&Concerned, &String)> {
        sorted(self.known.iter())
    }

    /// The classes of actions that are written out or known, by action.
    pub(super) fn cheap(&self) -> Vec<(&Concerned, &String)> {
        let others = self.written.iter().filter(|(concerned, _)| !self.known.contains_key(*concerned));
        sorted(self.known.iter().chain(others))
    }

    /// All other classes in which the second side may gain (or lose), until the visitor has seen enough. Says why, if they cannot all be
    /// found.
    pub(super) fn others(
        &self,
        gaining: bool,
        steps: &mut usize,
        mut visit: impl FnMut(&Concerned, &str, &mut usize) -> ControlFlow<()>,
    ) -> Result<(), String> {
        let mut seen: HashSet<Concerned> = HashSet::new();
        for (name, service) in &self.services {
            let wildcards = service.wildcards();
            let literals: Vec<Pattern> = service.literals.keys().map(|text| Pattern::compile(text, DIALECT)).collect();
            let all = wildcards.iter().map(|(pattern, numbers)| (pattern, Some(*numbers)));
            // what becomes of the literals is settled already; here they are only in the way
            let (groups, _) = Groups::by_members(all.chain(literals.iter().map(|pattern| (pattern, None))));
            for (_, within) in service.wide(self.all_differ, Directions::of(gaining)) {
                let samples = vectors::samples(&within, &groups, steps)
                    .ok_or_else(|| format!("the action patterns of {name} are too entangled"))?;
                for sample in samples {
                    let text: String = sample
                        .text
                        .iter()
                        .map(|symbol| if let Symbol::Char(character) = symbol { *character } else { 'x' })
                        .collect();
                    let concerned = self.class_of(service, &wildcards, &text);
                    let is_new = concerned.first() != concerned.last()
                        && !self.known.contains_key(&concerned)
                        && !self.written.contains_key(&concerned)
                        && seen.insert(concerned.clone());
                    if is_new && visit(&concerned, &format!("{name}:{text}"), steps).is_break() {
                        return Ok(());
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes the patterns of all statements, each text once. Gives the numbers of each statement's texts, sorted, each once.
    fn read(&mut self) -> Vec<Vec<usize>> {
        let mut numbers: HashMap<String, usize> = HashMap::new();
        let mut lower = String::new();
        let mut held = Vec::with_capacity(self.statements.entries.len());
        for (statement, entry) in self.statements.entries.iter().enumerate() {
            let mut own = Vec::with_capacity(entry.action.values.len());
            for text in entry.action.patterns() {
                lower.clear();
                if text.is_ascii() {
                    lower.push_str(text);
                    lower.make_ascii_lowercase();
                } else {
                    lower.push_str(&text.to_lowercase());
                }
                let number = numbers.get(&lower).copied().unwrap_or_else(|| {
                    self.texts.push(Text { lower: lower.clone(), written: text, statements: Vec::new() });
                    numbers.insert(lower.clone(), self.texts.len() - 1);
                    self.texts.len() - 1
                });
                if let Some(text) = self.texts.get_mut(number)
                    && text.statements.last() != Some(&statement)
                {
                    text.statements.push(statement);
                }
                own.push(number);
            }
            own.sort_unstable();
            own.dedup();
            held.push(own);
        }
        held
    }

    /// The texts by which the sides differ. One is common when both sides hold it in statements that are otherwise equal; a negated
    /// clause, when both hold it whole.
    fn find_differing(&mut self, held: Vec<Vec<usize>>) -> BTreeMap<usize, Directions> {
        let mut positive: [Vec<(usize, usize)>; 2] = Default::default();
        let mut negated: [HashSet<(usize, Vec<usize>)>; 2] = Default::default();
        for (entry, own) in self.statements.entries.iter().zip(held) {
            let (Some(positive), Some(negated)) = (positive.get_mut(entry.side), negated.get_mut(entry.side)) else {
                continue;
            };
            if entry.action.negated {
                negated.insert((entry.rest, own));
            } else {
                positive.extend(own.into_iter().map(|text| (entry.rest, text)));
            }
        }
        let [first, second] = &negated;
        if first != second {
            self.all_differ = Directions::BOTH;
        }
        for side in &mut positive {
            side.sort_unstable();
            side.dedup();
        }
        let [first, second] = &positive;
        let mut differing: BTreeMap<usize, Directions> = BTreeMap::new();
        for (one, other, is_second) in [(first, second, false), (second, first, true)] {
            for (rest, text) in one.iter().filter(|held| other.binary_search(held).is_err()) {
                let allows = self.statements.rests.get(*rest).is_some_and(|rest| rest.effect == Effect::Allow);
                let directions = differing.entry(*text).or_default();
                directions.gains |= allows == is_second;
                directions.loses |= allows != is_second;
            }
        }
        differing.retain(|_, directions| directions.meets(self.wanted));
        for (number, directions) in &differing {
            if self.texts.get(*number).is_some_and(|text| is_everything(&text.lower)) {
                self.all_differ = self.all_differ.and(*directions);
            }
        }
        differing
    }

    /// Sorts the texts of the services that matter.
    fn sort_by_service(&mut self, differing: &BTreeMap<usize, Directions>) -> Result<(), String> {
        let service_of = |text: &str| text.split_once(':').map_or(text, |(service, _)| service).to_owned();
        let differing_texts = || differing.keys().filter_map(|number| self.texts.get(*number));
        let wanted: BTreeSet<String> = differing_texts().map(|text| service_of(&text.lower)).collect();
        for (number, text) in self.texts.iter().enumerate() {
            if is_everything(&text.lower) {
                for statement in &text.statements {
                    self.everywhere.get_mut(*statement).into_iter().for_each(|flag| *flag = true);
                }
                continue;
            }
            let (service, name) = text.lower.split_once(':').unwrap_or((&text.lower, ""));
            if service.contains(['*', '?']) {
                return Err(format!("`{}` has a wildcard in the service", text.written));
            }
            if !self.all_differ.meets(self.wanted) && !wanted.contains(service) {
                continue;
            }
            let service = self.services.entry(service.to_owned()).or_default();
            let kind = if name.contains(['*', '?']) { &mut service.wildcards } else { &mut service.literals };
            kind.insert(name.to_owned(), text.statements.clone());
            if let Some(directions) = differing.get(&number).filter(|_| text.lower.contains(':')) {
                service.differing.insert(name.to_owned(), *directions);
            }
        }
        Ok(())
    }

    fn add(&mut self, concerned: Concerned, known: bool, action: impl FnOnce() -> String) {
        let [first, second] = &concerned;
        if first != second {
            let classes = if known { &mut self.known } else { &mut self.written };
            classes.entry(concerned).or_insert_with(action);
        }
    }

    /// Services that no pattern names.
    fn other_services(&mut self) {
        if !self.all_differ.meets(self.wanted) {
            return;
        }
        let concerned = self.concerned(&self.everywhere);
        let other =
            catalogue::services().iter().find(|service| !self.services.contains_key(&service.name.to_lowercase()));
        if let Some(action) =
            other.and_then(|service| Some(format!("{}:{}", service.name, service.actions().first()?.name)))
        {
            self.add(concerned.clone(), true, || action);
        }
        let name = (0..).map(|number| format!("service{number}")).find(|name| !self.services.contains_key(name));
        self.add(concerned, false, || format!("{}:Action", name.unwrap_or_default()));
    }

    fn service(&mut self, name: &str, service: &Service) {
        let wide = service.wide(self.all_differ, self.wanted);
        let none = Context::new();
        let known = catalogue::service(name);
        let actions = known.map_or(&[][..], |service| service.actions());
        let mut matters: Vec<bool> =
            actions.iter().map(|action| service.differing.contains_key(action.lower)).collect();
        let matching = |pattern: &str| known.map_or_else(Vec::new, |service| service.matching(pattern));
        for (text, _) in &wide {
            for at in matching(text) {
                matters.get_mut(at).into_iter().for_each(|flag| *flag = true);
            }
        }
        let mut held: Vec<Vec<usize>> = vec![Vec::new(); actions.len()];
        for (text, numbers) in &service.wildcards {
            for at in matching(text).into_iter().filter(|at| matters.get(*at) == Some(&true)) {
                held.get_mut(at).into_iter().for_each(|held| held.extend(numbers));
            }
        }
        let mut last: Option<Concerned> = None;
        for ((action, held), _) in actions.iter().zip(held).zip(matters).filter(|(_, matters)| *matters) {
            let class = self.concerned_by(held.iter().chain(service.literals.get(action.lower).into_iter().flatten()));
            // neighbours are often alike
            if last.as_ref() != Some(&class) {
                self.add(class.clone(), true, || format!("{name}:{}", action.name));
                last = Some(class);
            }
        }
        let matters = |action: &str| {
            service.differing.contains_key(action) || wide.iter().any(|(_, pattern)| pattern.matches(action, &none))
        };
        // what the catalogue knows has its class already
        let is_known = |literal: &str| known.is_some_and(|service| service.lower_position(literal).is_some());
        let unknown = service.literals.keys().filter(|literal| !literal.is_empty() && !is_known(literal));
        let wildcards = service.wildcards();
        for literal in unknown.filter(|literal| matters(literal)) {
            let class = self.class_of(service, &wildcards, literal);
            self.add(class, false, || format!("{name}:{literal}"));
        }
    }

    /// The class of any action of the service.
    fn class_of(&self, service: &Service, wildcards: &[(Pattern, &Vec<usize>)], action: &str) -> Concerned {
        let none = Context::new();
        let matching = wildcards.iter().filter(|(pattern, _)| pattern.matches(action, &none));
        self.concerned_by(matching.map(|(_, numbers)| *numbers).chain(service.literals.get(action)).flatten())
    }

    /// Which rests an action concerns that the patterns of these statements match.
    fn concerned_by<'n>(&self, numbers: impl Iterator<Item = &'n usize>) -> Concerned {
        let mut flags = self.everywhere.clone();
        for number in numbers {
            if let Some(flag) = flags.get_mut(*number) {
                *flag = true;
            }
        }
        self.concerned(&flags)
    }

    /// Which rests the statements with these flags are, negated clauses turned round.
    fn concerned(&self, flags: &[bool]) -> Concerned {
        let mut sides: Concerned = [Vec::new(), Vec::new()];
        for (entry, flag) in self.statements.entries.iter().zip(flags) {
            let negated = entry.action.negated;
            #[cfg(test)]
            let negated = negated && !has(Weakness::NotActionTakenPlain);
            if *flag != negated
                && let Some(side) = sides.get_mut(entry.side)
            {
                side.push(entry.rest);
            }
        }
        for side in &mut sides {
            side.sort_unstable();
            side.dedup();
        }
        sides
    }
}

impl Service {
    /// The patterns with wildcards, and the statements of each.
    fn wildcards(&self) -> Vec<(Pattern, &Vec<usize>)> {
        self.wildcards.iter().map(|(text, numbers)| (Pattern::compile(text, DIALECT), numbers)).collect()
    }

    /// The patterns with wildcards by which the sides differ in these directions; if all actions matter, one for all of them.
    fn wide(&self, all_differ: Directions, wanted: Directions) -> Vec<(&str, Pattern)> {
        const ANY: &str = "?*";
        if all_differ.meets(wanted) {
            return vec![(ANY, Pattern::compile(ANY, DIALECT))];
        }
        let is_wide =
            |(text, directions): &(&String, &Directions)| text.contains(['*', '?']) && directions.meets(wanted);
        let wide = self.differing.iter().filter(is_wide);
        let texts = wide.map(|(text, _)| if text == "*" { ANY } else { text.as_str() });
        texts.map(|text| (text, Pattern::compile(text, DIALECT))).collect()
    }
}

/// An action that exists is the better example, and comes first.
fn sorted<'c>(classes: impl Iterator<Item = (&'c Concerned, &'c String)>) -> Vec<(&'c Concerned, &'c String)> {
    let mut sorted: Vec<(&Concerned, &String)> = classes.collect();
    sorted.sort_by_cached_key(|(_, action)| (!catalogue::contains(action), action.as_str()));
    sorted
}

fn is_everything(lower_action: &str) -> bool {
    matches!(lower_action, "*" | "*:*" | "**")
}
