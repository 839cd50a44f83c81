//! What is done for a query, step by step.

use super::aggregate::Aggregate;
use super::expression::Expression;
use super::kind::Kind;
use super::scope::Used;
use super::sort::Key;

/// A step, with those that give it its rows.
#[derive(Debug)]
pub(crate) enum Plan {
    /// Rows that are written out.
    Values(Vec<Vec<Expression>>),
    Scan {
        table: Table,
        used: Used,
        /// What every row that matters meets, over the columns of the table.
        known: Vec<Expression>,
    },
    Filter(Box<Plan>, Expression),
    Project(Box<Plan>, Vec<Expression>),
    Unnest {
        input: Box<Plan>,
        lists: Vec<(Expression, Spread)>,
        with_ordinality: bool,
        /// Whether a row without elements stays.
        keeps: bool,
    },
    Join(Box<Join>),
    Aggregate {
        input: Box<Plan>,
        groups: Vec<Expression>,
        aggregates: Vec<Aggregate>,
    },
    Distinct(Box<Plan>),
    Sort(Box<Plan>, Vec<Key>),
    Limit {
        input: Box<Plan>,
        offset: usize,
        most: Option<usize>,
    },
    Union(Vec<Plan>),
    /// Rows of the first that are in the second, or that are not.
    Sieve {
        first: Box<Plan>,
        second: Box<Plan>,
        keeps_common: bool,
    },
}

/// Two relations side by side.
#[derive(Debug)]
pub(crate) struct Join {
    pub(crate) left: Plan,
    pub(crate) right: Plan,
    pub(crate) widths: (usize, usize),
    /// Pairs that have to be equal: of the left, and of the right; both over the joined row.
    pub(crate) equal: Vec<(Expression, Expression)>,
    pub(crate) rest: Option<Expression>,
    /// Whether rows without a partner stay.
    pub(crate) keeps: (bool, bool),
}

/// How many columns an element becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spread {
    One,
    /// The members of rows.
    Members(usize),
    /// Key and value of a map.
    Pair,
}

impl Spread {
    pub(crate) fn width(self) -> usize {
        match self {
            Self::One => 1,
            Self::Members(count) => count,
            Self::Pair => 2,
        }
    }
}

/// A table of the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) database: String,
    pub(crate) name: String,
    pub(crate) columns: Vec<(String, Kind)>,
    /// How many of the last columns are its partitions.
    pub(crate) partitions: usize,
}

impl Plan {
    /// Tells a table what its rows have to meet anyway, so that it need not read all of its partitions.
    pub(crate) fn tell(&mut self, condition: &Expression) {
        if let Expression::And(parts) = condition {
            parts.iter().for_each(|part| self.tell(part));
            return;
        }
        match self {
            Self::Scan { table, known, .. } => {
                let first = table.columns.len() - table.partitions;
                let columns = condition.columns();
                if !columns.is_empty() && columns.iter().all(|column| *column >= first) && is_certain(condition) {
                    known.push(condition.clone());
                }
            }
            Self::Filter(input, _) | Self::Distinct(input) | Self::Sort(input, _) => input.tell(condition),
            Self::Project(input, expressions) => {
                if let Some(condition) = condition.over(expressions) {
                    input.tell(&condition);
                }
            }
            Self::Unnest { input, .. } => {
                let width = input.width();
                if condition.columns().iter().all(|column| width.is_some_and(|width| *column < width)) {
                    input.tell(condition);
                }
            }
            Self::Join(join) if !join.keeps.1 && condition.columns().iter().all(|column| *column < join.widths.0) => {
                join.left.tell(condition);
            }
            Self::Union(parts) => parts.iter_mut().for_each(|part| part.tell(condition)),
            _ => {}
        }
    }

    /// How many columns its rows have, where that is easily known.
    fn width(&self) -> Option<usize> {
        match self {
            Self::Values(rows) => rows.first().map(Vec::len),
            Self::Scan { table, .. } => Some(table.columns.len()),
            Self::Filter(input, _) | Self::Distinct(input) | Self::Sort(input, _) | Self::Limit { input, .. } => {
                input.width()
            }
            Self::Project(_, expressions) => Some(expressions.len()),
            Self::Join(join) => Some(join.widths.0 + join.widths.1),
            Self::Unnest { input, lists, with_ordinality, .. } => {
                let own: usize = lists.iter().map(|(_, spread)| spread.width()).sum();
                Some(input.width()? + own + usize::from(*with_ordinality))
            }
            Self::Aggregate { groups, aggregates, .. } => Some(groups.len() + aggregates.len()),
            Self::Union(parts) => parts.first().and_then(Self::width),
            Self::Sieve { first, .. } => first.width(),
        }
    }
}

/// Whether it needs no query within and no lambda.
fn is_certain(condition: &Expression) -> bool {
    let mut certain = true;
    condition.visit(&mut |part| {
        let other = matches!(
            part,
            Expression::Scalar(_) | Expression::InQuery(..) | Expression::Exists(_) | Expression::Variable(_)
        );
        certain &= !other;
    });
    certain
}
