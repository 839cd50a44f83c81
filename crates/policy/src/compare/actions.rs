//! Actions in classes: all actions of a class concern the same statements. Only actions that the two sides treat by different
//! statements matter, so only those that a difference between the sides matches are looked at.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::automaton::Symbol;
use super::statements::Statements;
use super::vectors::{self, Groups};
use crate::catalogue;
use crate::pattern::{Dialect, Pattern};
use crate::request::Context;

/// The statements (indexes of their rests) an action concerns, per side, sorted, each once.
pub(super) type Concerned = [Vec<usize>; 2];

/// One action of each class that concerns different statements on the two sides.
pub(super) struct Classes {
    /// Over all texts that an action can be.
    pub(super) all: HashMap<Concerned, String>,
    /// Over the catalogue.
    pub(super) known: HashMap<Concerned, String>,
}

/// All is in lower case here: exact characters keep the automata to one letter case.
const DIALECT: Dialect = Dialect { fold: false, ..Dialect::ACTION };

/// The patterns of one service: name → statements, each once.
#[derive(Default)]
struct Service {
    literals: BTreeMap<String, Vec<usize>>,
    wildcards: BTreeMap<String, Vec<usize>>,
    /// Names and patterns by which the sides differ.
    differing: BTreeSet<String>,
}

/// An action pattern in lower case, once for all statements.
struct Text<'a> {
    lower: String,
    /// As it was written first.
    written: &'a str,
    /// Numbers of the statements that hold it, in order.
    statements: Vec<usize>,
}

struct Sorting<'a> {
    statements: &'a Statements<'a>,
    texts: Vec<Text<'a>>,
    /// The services that matter.
    services: BTreeMap<String, Service>,
    /// Statements whose clause holds `*`.
    everywhere: Vec<bool>,
    /// The sides differ in a `*` or a negated clause: every action matters.
    all_differ: bool,
    classes: Classes,
}

/// Sorts the actions into classes, or says why that cannot be done.
pub(super) fn classes(statements: &Statements<'_>, steps: &mut usize) -> Result<Classes, String> {
    let classes = Classes { all: HashMap::new(), known: HashMap::new() };
    let everywhere = vec![false; statements.entries.len()];
    let mut sorting =
        Sorting { statements, texts: Vec::new(), services: BTreeMap::new(), everywhere, all_differ: false, classes };
    let held = sorting.read();
    let differing = sorting.find_differing(held);
    sorting.sort_by_service(&differing)?;
    sorting.other_services();
    let services = std::mem::take(&mut sorting.services);
    for (name, service) in &services {
        sorting.service(name, service, steps)?;
    }
    let mut classes = sorting.classes;
    // an action that exists is the better example
    for (concerned, action) in &mut classes.all {
        if let Some(known) = classes.known.get(concerned) {
            action.clone_from(known);
        }
    }
    Ok(classes)
}

fn is_everything(lower_action: &str) -> bool {
    matches!(lower_action, "*" | "*:*" | "**")
}

impl Sorting<'_> {
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
    fn find_differing(&mut self, held: Vec<Vec<usize>>) -> BTreeSet<usize> {
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
        self.all_differ = first != second;
        for side in &mut positive {
            side.sort_unstable();
            side.dedup();
        }
        let [first, second] = &positive;
        let only = |one: &[(usize, usize)], other: &[(usize, usize)]| -> Vec<usize> {
            one.iter().filter(|held| other.binary_search(held).is_err()).map(|(_, text)| *text).collect()
        };
        let mut differing: BTreeSet<usize> = only(first, second).into_iter().collect();
        differing.extend(only(second, first));
        let everything = |number: &usize| self.texts.get(*number).is_some_and(|text| is_everything(&text.lower));
        self.all_differ |= differing.iter().any(everything);
        differing
    }

    /// Sorts the texts of the services that matter.
    fn sort_by_service(&mut self, differing: &BTreeSet<usize>) -> Result<(), String> {
        let service_of = |text: &str| text.split_once(':').map_or(text, |(service, _)| service).to_owned();
        let differing_texts = || differing.iter().filter_map(|number| self.texts.get(*number));
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
            if !self.all_differ && !wanted.contains(service) {
                continue;
            }
            let service = self.services.entry(service.to_owned()).or_default();
            let kind = if name.contains(['*', '?']) { &mut service.wildcards } else { &mut service.literals };
            kind.insert(name.to_owned(), text.statements.clone());
            if differing.contains(&number) && text.lower.contains(':') {
                service.differing.insert(name.to_owned());
            }
        }
        Ok(())
    }

    fn add(&mut self, concerned: Concerned, known: bool, action: impl FnOnce() -> String) {
        let [first, second] = &concerned;
        if first != second {
            let classes = if known { &mut self.classes.known } else { &mut self.classes.all };
            classes.entry(concerned).or_insert_with(action);
        }
    }

    /// Services that no pattern names.
    fn other_services(&mut self) {
        if !self.all_differ {
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

    fn service(&mut self, name: &str, service: &Service, steps: &mut usize) -> Result<(), String> {
        let wildcards: Vec<(Pattern, &Vec<usize>)> =
            service.wildcards.iter().map(|(text, numbers)| (Pattern::compile(text, DIALECT), numbers)).collect();
        let wide = |text: &&String| text.contains(['*', '?']);
        let differing: Vec<Pattern> = if self.all_differ {
            vec![Pattern::compile("?*", DIALECT)]
        } else {
            service.differing.iter().filter(wide).map(|text| Pattern::compile(text, DIALECT)).collect()
        };
        let none = Context::new();
        let matters = |action: &str| {
            service.differing.contains(action) || differing.iter().any(|pattern| pattern.matches(action, &none))
        };
        let concerned = |sorting: &Self, action: &str| {
            let mut flags = sorting.everywhere.clone();
            let matching =
                wildcards.iter().filter(|(pattern, _)| pattern.matches(action, &none)).map(|(_, numbers)| *numbers);
            for number in matching.chain(service.literals.get(action)).flatten() {
                if let Some(flag) = flags.get_mut(*number) {
                    *flag = true;
                }
            }
            sorting.concerned(&flags)
        };
        for action in catalogue::service(name).map_or(&[][..], |service| service.actions()) {
            if matters(action.lower) {
                let class = concerned(self, action.lower);
                self.add(class, true, || format!("{name}:{}", action.name));
            }
        }
        for literal in service.literals.keys().filter(|literal| !literal.is_empty() && matters(literal)) {
            let class = concerned(self, literal);
            self.add(class, false, || format!("{name}:{literal}"));
        }
        let literals: Vec<Pattern> = service.literals.keys().map(|text| Pattern::compile(text, DIALECT)).collect();
        let all = wildcards.iter().map(|(pattern, numbers)| (pattern, Some(*numbers)));
        // what becomes of the literals is settled above; here they are only in the way
        let (groups, _) = Groups::by_members(all.chain(literals.iter().map(|pattern| (pattern, None))));
        for pattern in &differing {
            let everything = Pattern::compile("?*", DIALECT);
            let within = if pattern.is_everything() { &everything } else { pattern };
            let samples = vectors::samples(within, &groups, steps)
                .ok_or_else(|| format!("the action patterns of {name} are too entangled"))?;
            for sample in samples {
                let text: String = sample
                    .text
                    .iter()
                    .map(|symbol| if let Symbol::Char(character) = symbol { *character } else { 'x' })
                    .collect();
                let class = concerned(self, &text);
                self.add(class, false, || format!("{name}:{text}"));
            }
        }
        Ok(())
    }

    /// Which rests the statements with these flags are, negated clauses turned round.
    fn concerned(&self, flags: &[bool]) -> Concerned {
        let mut sides: Concerned = [Vec::new(), Vec::new()];
        for (entry, flag) in self.statements.entries.iter().zip(flags) {
            if *flag != entry.action.negated
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
