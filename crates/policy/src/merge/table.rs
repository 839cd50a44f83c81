//! The texts of all statements, each once: statements hold their numbers, and what is found out about two texts is found out once.

use std::collections::HashMap;

use super::bits::Bits;
use crate::catalogue;
use crate::compare::containment::is_within;
use crate::glob;
use crate::open_question::is_incomplete_arn;
use crate::operator::Operator;
use crate::pattern::{Dialect, Pattern, Reading};
use crate::policy::{Condition, PrincipalClause, Version};

/// An action pattern.
pub(super) struct Action {
    /// In lower case.
    pub(super) lower: String,
    /// As it is to be written.
    pub(super) written: String,
    /// It holds `*` or `?`.
    pub(super) is_wild: bool,
    /// Which actions (by number) it covers, as far as that was asked.
    covers: Covered,
    /// How many of its service's actions were looked at for that.
    covers_known: usize,
}

/// Actions by number.
#[derive(Default)]
pub(super) struct Covered {
    pub(super) all: Vec<usize>,
    pub(super) bits: Bits,
}

/// A resource pattern.
pub(super) struct Resource {
    pub(super) text: String,
    /// It holds `*` or `?`.
    pub(super) is_wild: bool,
    /// It holds a variable, or an escape.
    has_variables: bool,
    /// Bytes before its first wildcard, variable or escape.
    plain: usize,
    /// Those, and then one star.
    is_beginning: bool,
    /// Under both readings of wildcards, once asked for.
    patterns: Option<[Pattern; 2]>,
    /// Which resources (by number) are within: not known, no, yes.
    holds: Vec<Option<bool>>,
}

/// A condition, and its canonical text.
pub(super) struct Held {
    pub(super) condition: Condition,
    pub(super) key: String,
}

/// All texts of one merge.
#[derive(Default)]
pub(super) struct Table {
    actions: Vec<Action>,
    action_numbers: HashMap<String, usize>,
    /// Numbers of the actions of each service, in order.
    services: HashMap<String, Vec<usize>>,
    resources: Vec<Resource>,
    resource_numbers: HashMap<String, usize>,
    conditions: Vec<Held>,
    condition_numbers: HashMap<String, usize>,
    principals: Vec<Option<PrincipalClause>>,
    /// An action in lower case, for looking up.
    buffer: String,
}

impl Table {
    /// The number of an action pattern. It is spelled as the catalogue does, or as where it was met first.
    pub(super) fn action(&mut self, text: &str) -> usize {
        self.buffer.clear();
        if text.is_ascii() {
            self.buffer.push_str(text);
            self.buffer.make_ascii_lowercase();
        } else {
            self.buffer.push_str(&text.to_lowercase());
        }
        if let Some(number) = self.action_numbers.get(&self.buffer) {
            return *number;
        }
        let lower = self.buffer.clone();
        let is_wild = is_wild(&lower);
        let known = if is_wild { None } else { known_spelling(&lower) };
        let written = known.unwrap_or_else(|| text.to_owned());
        let number = self.actions.len();
        match self.services.get_mut(service_of(&lower)) {
            Some(numbers) => numbers.push(number),
            None => {
                self.services.insert(service_of(&lower).to_owned(), vec![number]);
            }
        }
        self.action_numbers.insert(lower.clone(), number);
        self.actions.push(Action { lower, written, is_wild, covers: Covered::default(), covers_known: 0 });
        number
    }

    pub(super) fn resource(&mut self, text: &str) -> usize {
        if let Some(number) = self.resource_numbers.get(text) {
            return *number;
        }
        let number = self.resources.len();
        self.resource_numbers.insert(text.to_owned(), number);
        let beginning = exact_beginning(text).map_or(text, |(exact, _)| exact);
        let plain = beginning.find("${").unwrap_or(beginning.len());
        self.resources.push(Resource {
            text: text.to_owned(),
            is_wild: is_wild(text),
            has_variables: text.contains("${"),
            plain,
            is_beginning: text.get(plain..) == Some("*"),
            patterns: None,
            holds: Vec::new(),
        });
        number
    }

    pub(super) fn condition(&mut self, condition: Condition) -> usize {
        let key = condition_key(&condition);
        if let Some(number) = self.condition_numbers.get(&key) {
            return *number;
        }
        self.condition_numbers.insert(key.clone(), self.conditions.len());
        self.conditions.push(Held { condition, key });
        self.conditions.len() - 1
    }

    pub(super) fn principal(&mut self, principal: Option<&PrincipalClause>) -> usize {
        if let Some(number) = self.principals.iter().position(|known| known.as_ref() == principal) {
            return number;
        }
        self.principals.push(principal.cloned());
        self.principals.len() - 1
    }

    /// How many actions there are.
    pub(super) const fn action_count(&self) -> usize {
        self.actions.len()
    }

    pub(super) fn action_of(&self, number: usize) -> Option<&Action> {
        self.actions.get(number)
    }

    pub(super) fn resource_of(&self, number: usize) -> Option<&Resource> {
        self.resources.get(number)
    }

    pub(super) fn condition_of(&self, number: usize) -> Option<&Condition> {
        self.conditions.get(number).map(|held| &held.condition)
    }

    pub(super) fn principal_of(&self, number: usize) -> Option<&PrincipalClause> {
        self.principals.get(number)?.as_ref()
    }

    pub(super) fn is_wild_action(&self, number: usize) -> bool {
        self.actions.get(number).is_some_and(|action| action.is_wild)
    }

    pub(super) fn is_wild_resource(&self, number: usize) -> bool {
        self.resources.get(number).is_some_and(|resource| resource.is_wild)
    }

    /// Actions in the order of their texts.
    pub(super) fn sort_actions(&self, numbers: &mut [usize]) {
        numbers.sort_unstable_by_key(|number| self.actions.get(*number).map(|action| action.lower.as_str()));
    }

    /// Resources in the order of their texts.
    pub(super) fn sort_resources(&self, numbers: &mut [usize]) {
        numbers.sort_unstable_by_key(|number| self.resources.get(*number).map(|resource| resource.text.as_str()));
    }

    /// Conditions in the order of their canonical texts.
    pub(super) fn sort_conditions(&self, numbers: &mut [usize]) {
        numbers.sort_unstable_by_key(|number| self.conditions.get(*number).map(|held| held.key.as_str()));
    }

    /// The number of `*`, if some statement holds it.
    pub(super) fn every_action(&self) -> Option<usize> {
        self.action_numbers.get("*").copied()
    }

    pub(super) fn every_resource(&self) -> Option<usize> {
        self.resource_numbers.get("*").copied()
    }

    /// The actions that this one covers, itself among them.
    pub(super) fn covered_by(&mut self, outer: usize) -> Option<&Covered> {
        let found = self.newly_covered(outer)?;
        let count = self.actions.len();
        let action = self.actions.get_mut(outer)?;
        found.iter().for_each(|number| action.covers.bits.insert(*number));
        action.covers.all.extend(found);
        let of_service = self.services.get(service_of(&action.lower)).map_or(0, Vec::len);
        action.covers_known = if action.lower == "*" { count } else { of_service };
        self.actions.get(outer).map(|action| &action.covers)
    }

    /// What it covers of the actions that came since it was asked last.
    fn newly_covered(&self, outer: usize) -> Option<Vec<usize>> {
        let action = self.actions.get(outer)?;
        if action.lower == "*" {
            return Some((action.covers_known..self.actions.len()).collect());
        }
        let numbers = self.services.get(service_of(&action.lower)).map_or(&[][..], Vec::as_slice);
        let new = numbers.get(action.covers_known..).unwrap_or_default();
        if new.is_empty() {
            return Some(Vec::new());
        }
        let mut compiled = None;
        let covers = |number: &usize| {
            *number == outer
                || self.actions.get(*number).is_some_and(|inner| action_within(inner, action, &mut compiled))
        };
        Some(new.iter().copied().filter(covers).collect())
    }

    /// Whether one resource pattern is covered by another, under both readings of wildcards.
    pub(super) fn resource_within(&mut self, inner: usize, outer: usize) -> bool {
        if inner == outer {
            return true;
        }
        let (Some(one), Some(other)) = (self.resources.get(inner), self.resources.get(outer)) else { return false };
        // what begins otherwise is not within; a variable may stand for the beginning of neither
        let begins = other.text.get(..other.plain).is_some_and(|plain| one.text.starts_with(plain));
        if !other.is_wild || (!begins && !one.has_variables) {
            return false;
        }
        if (begins && other.is_beginning) || other.text == "*" {
            return true;
        }
        // what AWS takes those for is an open question
        if is_incomplete_arn(&one.text) || is_incomplete_arn(&other.text) {
            return false;
        }
        if let Some(Some(known)) = other.holds.get(inner) {
            return *known;
        }
        self.compile(inner);
        self.compile(outer);
        let within = match (self.patterns_of(inner), self.patterns_of(outer)) {
            (Some(inner), Some(outer)) => inner.iter().zip(outer).all(|(inner, outer)| is_within(inner, outer)),
            _ => false,
        };
        let count = self.resources.len();
        if let Some(other) = self.resources.get_mut(outer) {
            other.holds.resize(count.max(other.holds.len()), None);
            if let Some(slot) = other.holds.get_mut(inner) {
                *slot = Some(within);
            }
        }
        within
    }

    fn patterns_of(&self, number: usize) -> Option<&[Pattern; 2]> {
        self.resources.get(number)?.patterns.as_ref()
    }

    fn compile(&mut self, number: usize) {
        if let Some(resource) = self.resources.get_mut(number)
            && resource.patterns.is_none()
        {
            let under = |reading| Pattern::compile(&resource.text, Dialect::resource(Version::V2012, reading));
            resource.patterns = Some([Reading::Crossing, Reading::Segments].map(under));
        }
    }
}

/// Whether one action pattern is covered by another of its service. The outer one is compiled when that is needed first.
fn action_within(inner: &Action, outer: &Action, compiled: &mut Option<Pattern>) -> bool {
    let Some((exact, wild)) = exact_beginning(&outer.lower) else { return false };
    if !inner.lower.starts_with(exact) {
        return false;
    }
    if wild == "*" {
        return true;
    }
    if !inner.is_wild {
        return glob::matches(&outer.lower, &inner.lower);
    }
    let dialect = Dialect { fold: false, ..Dialect::ACTION };
    let outer = compiled.get_or_insert_with(|| Pattern::compile(&outer.lower, dialect));
    is_within(&Pattern::compile(&inner.lower, dialect), outer)
}

/// Actions in AWS's own letter case where the catalogue knows it; then sorted output reads well.
fn known_spelling(lower: &str) -> Option<String> {
    let (service, name) = lower.split_once(':')?;
    let known = catalogue::service(service)?.action(name)?;
    Some(format!("{service}:{}", known.name))
}

/// What a condition says: equal texts mean the same.
fn condition_key(condition: &Condition) -> String {
    let operator = Operator::parse(&condition.operator)
        .map_or_else(|| condition.operator.value.clone(), |known| known.to_string());
    let mut values: Vec<&str> = condition.values.iter().map(|value| value.text()).collect();
    values.sort_unstable();
    values.dedup();
    format!("{operator} {} {values:?}", condition.key.to_lowercase())
}

/// What stands before the first wildcard, and the rest; `None` without wildcard.
fn exact_beginning(pattern: &str) -> Option<(&str, &str)> {
    let at = pattern.find(['*', '?'])?;
    Some((pattern.get(..at)?, pattern.get(at..)?))
}

pub(super) fn service_of(action: &str) -> &str {
    action.split_once(':').map_or(action, |(service, _)| service)
}

pub(super) fn is_wild(text: &str) -> bool {
    text.contains(['*', '?'])
}
