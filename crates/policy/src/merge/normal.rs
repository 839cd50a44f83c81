//! Statements in the form that merging works on: sorted numbers instead of texts, each standing for one in the [`Table`].

use super::bits::union;
use super::table::Table;
use crate::operator::{Comparison, Operator, Quantifier};
use crate::pattern::{Dialect, Pattern, Reading};
use crate::policy::{Clause, Condition, Effect, Policy, Scalar, Statement, Version};
use crate::span::{Place, Spanned};

/// A statement as sets of numbers, each list sorted, each number once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Normal {
    pub(super) effect: Effect,
    pub(super) principal: usize,
    pub(super) not_action: bool,
    pub(super) actions: Vec<usize>,
    pub(super) not_resource: bool,
    pub(super) resources: Vec<usize>,
    pub(super) conditions: Vec<usize>,
}

impl Normal {
    /// All statements of the policies, in the current version of the language.
    pub(super) fn of(policies: &[Policy], table: &mut Table) -> Vec<Self> {
        let statements =
            policies.iter().flat_map(|policy| policy.statements.iter().map(|statement| (policy.version(), statement)));
        statements.map(|(version, statement)| Self::one(statement, version, table)).collect()
    }

    fn one(statement: &Statement, version: Version, table: &mut Table) -> Self {
        let old = version == Version::V2008;
        let resources = match &statement.resource {
            Some(clause) if old => clause.patterns().map(|text| table.resource(&text.replace("${", "${$}{"))).collect(),
            Some(clause) => clause.patterns().map(|text| table.resource(text)).collect(),
            None => vec![table.resource("*")],
        };
        let conditions = statement.conditions.iter();
        Self {
            effect: statement.effect.value,
            principal: table.principal(statement.principal.as_ref()),
            not_action: statement.action.negated,
            actions: sorted(statement.action.patterns().map(|text| table.action(text)).collect()),
            not_resource: statement.resource.as_ref().is_some_and(|clause| clause.negated),
            resources: sorted(resources),
            conditions: sorted(conditions.map(|condition| table.condition(modern_condition(condition, old))).collect()),
        }
    }

    pub(super) fn statement(&self, table: &Table) -> Statement {
        let clause = |negated: bool, values: Vec<String>| Clause {
            negated,
            values: values.into_iter().map(Spanned::unplaced).collect(),
            place: Place::default(),
        };
        let (mut actions, mut resources, mut conditions) =
            (self.actions.clone(), self.resources.clone(), self.conditions.clone());
        table.sort_actions(&mut actions);
        table.sort_resources(&mut resources);
        table.sort_conditions(&mut conditions);
        let actions = actions.iter().filter_map(|number| table.action_of(*number)).map(|action| action.written.clone());
        let resources =
            resources.iter().filter_map(|number| table.resource_of(*number)).map(|resource| resource.text.clone());
        Statement {
            place: Place::default(),
            sid: None,
            effect: Spanned::unplaced(self.effect),
            principal: table.principal_of(self.principal).cloned(),
            action: clause(self.not_action, actions.collect()),
            resource: Some(clause(self.not_resource, resources.collect())),
            conditions: conditions.iter().filter_map(|number| table.condition_of(*number)).cloned().collect(),
        }
    }

    /// Takes in a statement that differs in nothing but the values of one condition, where any of the values will do: then the union of
    /// the values says the same. False when it is not such a statement.
    pub(super) fn join_condition_values(&mut self, other: &Self, table: &mut Table) -> bool {
        let only = |ours: &[usize], theirs: &[usize]| -> Option<usize> {
            let mut own = ours.iter().filter(|number| theirs.binary_search(number).is_err());
            own.next().copied().filter(|_| own.next().is_none())
        };
        let (Some(own), Some(theirs)) =
            (only(&self.conditions, &other.conditions), only(&other.conditions, &self.conditions))
        else {
            return false;
        };
        let both = table.condition_of(own).zip(table.condition_of(theirs));
        let Some(joined) = both.and_then(|(one, other)| joined(one, other)) else { return false };
        let joined = table.condition(joined);
        self.conditions.retain(|number| *number != own);
        self.conditions = union(&self.conditions, &[joined]);
        true
    }

    /// Whether the statement is about nothing.
    pub(super) const fn is_idle(&self) -> bool {
        (self.actions.is_empty() && !self.not_action) || (self.resources.is_empty() && !self.not_resource)
    }
}

fn sorted(mut numbers: Vec<usize>) -> Vec<usize> {
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// The policy made of these statements.
pub(super) fn policy<'n>(statements: impl IntoIterator<Item = &'n Normal>, table: &Table) -> Policy {
    Policy::new(statements.into_iter().map(|statement| statement.statement(table)).collect())
}

fn modern_condition(condition: &Condition, old: bool) -> Condition {
    // only operators on texts know variables; others compare `${` to nothing in either version
    let mut condition = condition.clone();
    for value in condition.values.iter_mut().filter(|_| old) {
        if let Scalar::String(text) = &mut value.value {
            *text = text.replace("${", "${$}{");
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
