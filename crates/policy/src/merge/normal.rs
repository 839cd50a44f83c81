//! Statements in the form that merging works on: sets instead of lists, conditions by their text.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalogue;
use crate::operator::{Comparison, Operator, Quantifier};
use crate::pattern::{Dialect, Pattern, Reading};
use crate::policy::{Clause, Condition, Effect, Policy, PrincipalClause, Scalar, Statement, Version};
use crate::span::{Place, Spanned};

/// A statement as sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Normal {
    pub(super) effect: Effect,
    pub(super) principal: Option<PrincipalClause>,
    pub(super) not_action: bool,
    /// Lower case → as written.
    pub(super) actions: BTreeMap<String, String>,
    pub(super) not_resource: bool,
    pub(super) resources: BTreeSet<String>,
    pub(super) conditions: Vec<Condition>,
    /// The conditions' canonical texts.
    pub(super) condition_keys: BTreeSet<String>,
}

impl Normal {
    /// All statements of the policies, in the current version of the language.
    pub(super) fn of(policies: &[Policy]) -> Vec<Self> {
        let statements =
            policies.iter().flat_map(|policy| policy.statements.iter().map(|statement| (policy.version(), statement)));
        statements.map(|(version, statement)| Self::one(statement, version)).collect()
    }

    fn one(statement: &Statement, version: Version) -> Self {
        let modern = |text: &str| if version == Version::V2008 { text.replace("${", "${$}{") } else { text.to_owned() };
        let actions = statement.action.patterns().map(|text| (text.to_lowercase(), text.to_owned())).collect();
        let everything = Clause::of(&["*"]);
        let resource = statement.resource.as_ref().unwrap_or(&everything);
        let mut conditions: Vec<Condition> =
            statement.conditions.iter().map(|condition| modern_condition(condition, modern)).collect();
        conditions.sort_by_key(condition_key);
        conditions.dedup_by_key(|condition| condition_key(condition));
        let condition_keys = conditions.iter().map(condition_key).collect();
        Self {
            effect: statement.effect.value,
            principal: statement.principal.clone(),
            not_action: statement.action.negated,
            actions,
            not_resource: resource.negated,
            resources: resource.patterns().map(modern).collect(),
            conditions,
            condition_keys,
        }
    }

    pub(super) fn statement(&self) -> Statement {
        let clause = |negated: bool, values: Vec<String>| Clause {
            negated,
            values: values.into_iter().map(Spanned::unplaced).collect(),
            place: Place::default(),
        };
        Statement {
            place: Place::default(),
            sid: None,
            effect: Spanned::unplaced(self.effect),
            principal: self.principal.clone(),
            action: clause(self.not_action, self.actions.values().cloned().collect()),
            resource: Some(clause(self.not_resource, self.resources.iter().cloned().collect())),
            conditions: self.conditions.clone(),
        }
    }

    /// What has to be equal for two statements' actions to be put together.
    pub(super) fn all_but_actions(&self) -> (Effect, bool, &BTreeSet<String>, &BTreeSet<String>) {
        (self.effect, self.not_resource, &self.resources, &self.condition_keys)
    }

    /// What has to be equal for two statements' resources to be put together.
    pub(super) fn all_but_resources(&self) -> (Effect, bool, Vec<&String>, &BTreeSet<String>) {
        (self.effect, self.not_action, self.actions.keys().collect(), &self.condition_keys)
    }

    /// Takes in a statement that differs in nothing but the values of one condition, where any of the values will do: then the union of
    /// the values says the same. False when it is not such a statement.
    pub(super) fn join_condition_values(&mut self, other: &Self) -> bool {
        let alike = self.effect == other.effect
            && self.principal == other.principal
            && (self.not_action, self.not_resource) == (other.not_action, other.not_resource)
            && self.conditions.len() == other.conditions.len()
            && self.resources == other.resources
            && self.actions.keys().eq(other.actions.keys());
        if !alike {
            return false;
        }
        let (mut own, mut theirs) = (
            self.condition_keys.difference(&other.condition_keys),
            other.condition_keys.difference(&self.condition_keys),
        );
        let (Some(own), None, Some(theirs), None) = (own.next(), own.next(), theirs.next(), theirs.next()) else {
            return false;
        };
        let find = |conditions: &[Condition], wanted: &String| {
            conditions.iter().position(|condition| condition_key(condition) == *wanted)
        };
        let (Some(at), Some(from)) = (find(&self.conditions, own), find(&other.conditions, theirs)) else {
            return false;
        };
        let Some(joined) =
            self.conditions.get(at).zip(other.conditions.get(from)).and_then(|(one, other)| joined(one, other))
        else {
            return false;
        };
        self.conditions.remove(at);
        self.conditions.push(joined);
        self.conditions.sort_by_key(condition_key);
        self.condition_keys = self.conditions.iter().map(condition_key).collect();
        true
    }

    /// Whether the statement is about nothing.
    pub(super) fn is_idle(&self) -> bool {
        (self.actions.is_empty() && !self.not_action) || (self.resources.is_empty() && !self.not_resource)
    }
}

/// The policy made of these statements.
pub(super) fn policy(statements: &[Normal]) -> Policy {
    Policy::new(statements.iter().map(Normal::statement).collect())
}

/// Actions in AWS's own letter case where the catalogue knows it; then sorted output reads well.
pub(super) fn known_spelling(action: &str) -> Option<String> {
    let (service, name) = action.split_once(':')?;
    let known = catalogue::service(service)?.action(name)?;
    Some(format!("{}:{}", service.to_lowercase(), known.name))
}

fn modern_condition(condition: &Condition, modern: impl Fn(&str) -> String) -> Condition {
    // only operators on texts know variables; others compare `${` to nothing in either version
    let mut condition = condition.clone();
    for value in &mut condition.values {
        if let Scalar::String(text) = &mut value.value {
            *text = modern(text);
        }
    }
    condition.values.sort();
    condition.values.dedup();
    condition
}

/// Two conditions on one key as one that holds when either does; `None` where there is none.
fn joined(one: &Condition, other: &Condition) -> Option<Condition> {
    let (first, second) = (Operator::parse(&one.operator)?, Operator::parse(&other.operator)?);
    // of a negated operator no value may match, and all of a request's values have to fit one list: a union would say something else
    let any_will_do = |operator: &Operator| {
        operator.comparison.negates().is_none()
            && operator.comparison != Comparison::Null
            && operator.quantifier != Quantifier::ForAllValues
    };
    let same = (first.quantifier, first.if_exists) == (second.quantifier, second.if_exists)
        && one.key.eq_ignore_ascii_case(&other.key)
        && any_will_do(&first)
        && any_will_do(&second);
    let wide =
        [(one, first), (other, second)].into_iter().find(|(_, operator)| operator.comparison == Comparison::StringLike);
    let operator = match (first.comparison, second.comparison) {
        _ if !same => return None,
        (first, second) if first == second => one.operator.clone(),
        // without wildcards, equal and alike are the same
        (Comparison::StringEquals, Comparison::StringLike) if is_plain(one) => wide?.0.operator.clone(),
        (Comparison::StringLike, Comparison::StringEquals) if is_plain(other) => wide?.0.operator.clone(),
        _ => return None,
    };
    let mut values: Vec<_> = one.values.iter().chain(&other.values).cloned().collect();
    values.sort();
    values.dedup();
    if wide.is_some() {
        drop_covered_values(&mut values);
    }
    Some(Condition { operator, key: one.key.clone(), values })
}

/// Drops the values of `StringLike` that another one covers.
fn drop_covered_values(values: &mut Vec<Spanned<Scalar>>) {
    let dialect = Dialect::resource(Version::V2012, Reading::Crossing);
    let patterns: Vec<Pattern> = values.iter().map(|value| Pattern::compile(value.text(), dialect)).collect();
    let mut dropped = vec![false; patterns.len()];
    for (number, own) in patterns.iter().enumerate() {
        let others = patterns.iter().enumerate().filter(|(other, _)| *other != number);
        // one of two that cover each other stays
        let is_covered = others
            .filter(|(other, _)| dropped.get(*other) == Some(&false))
            .any(|(_, outer)| crate::compare::containment::is_within(own, outer));
        if let Some(flag) = dropped.get_mut(number) {
            *flag = is_covered;
        }
    }
    let mut flags = dropped.into_iter();
    values.retain(|_| flags.next() == Some(false));
}

fn is_plain(condition: &Condition) -> bool {
    condition.values.iter().all(|value| !value.text().contains(['*', '?']))
}

fn condition_key(condition: &Condition) -> String {
    let operator = Operator::parse(&condition.operator)
        .map_or_else(|| condition.operator.value.clone(), |known| known.to_string());
    let values: BTreeSet<&str> = condition.values.iter().map(|value| value.text()).collect();
    format!("{operator} {} {values:?}", condition.key.to_lowercase())
}

/// Patterns compiled once per merge.
#[derive(Default)]
pub(super) struct Patterns {
    actions: BTreeMap<String, Pattern>,
    resources: BTreeMap<String, [Pattern; 2]>,
    within: BTreeMap<(String, String), bool>,
}

impl Patterns {
    /// Whether one action pattern (in lower case) is covered by another.
    pub(super) fn action_within(&mut self, inner: &str, outer: &str) -> bool {
        if inner == outer || outer == "*" {
            return true;
        }
        let Some((exact, wild)) = exact_beginning(outer) else { return false };
        if !inner.starts_with(exact) || service_of(inner) != service_of(outer) {
            return false;
        }
        if wild == "*" {
            return true;
        }
        if !inner.contains(['*', '?']) {
            return crate::glob::matches(outer, inner);
        }
        let dialect = Dialect { fold: false, ..Dialect::ACTION };
        for text in [inner, outer] {
            self.actions.entry(text.to_owned()).or_insert_with(|| Pattern::compile(text, dialect));
        }
        let (Some(inner), Some(outer)) = (self.actions.get(inner), self.actions.get(outer)) else { return false };
        crate::compare::containment::is_within(inner, outer)
    }

    /// Whether one resource pattern is covered by another, under both readings of wildcards.
    pub(super) fn resource_within(&mut self, inner: &str, outer: &str) -> bool {
        if inner == outer || outer == "*" {
            return true;
        }
        let Some((exact, _)) = exact_beginning(outer) else { return false };
        // what begins otherwise is not within; a variable may stand for the beginning of neither
        let exact = exact.split_once("${").map_or(exact, |(before, _)| before);
        if !inner.starts_with(exact) && !inner.contains("${") {
            return false;
        }
        let key = (inner.to_owned(), outer.to_owned());
        if let Some(known) = self.within.get(&key) {
            return *known;
        }
        for text in [inner, outer] {
            self.resources.entry(text.to_owned()).or_insert_with(|| {
                [Reading::Crossing, Reading::Segments]
                    .map(|reading| Pattern::compile(text, Dialect::resource(Version::V2012, reading)))
            });
        }
        let (Some(inner), Some(outer)) = (self.resources.get(inner), self.resources.get(outer)) else { return false };
        let within = inner.iter().zip(outer).all(|(inner, outer)| crate::compare::containment::is_within(inner, outer));
        self.within.insert(key, within);
        within
    }
}

/// What stands before the first wildcard, and the rest; `None` without wildcard.
pub(super) fn exact_beginning(pattern: &str) -> Option<(&str, &str)> {
    let at = pattern.find(['*', '?'])?;
    Some((pattern.get(..at)?, pattern.get(at..)?))
}

fn service_of(action: &str) -> &str {
    action.split_once(':').map_or(action, |(service, _)| service)
}
