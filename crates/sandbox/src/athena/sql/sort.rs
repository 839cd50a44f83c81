//! ORDER BY.

use std::cmp::Ordering;

use sqlparser::ast::{OrderByOptions, OrderBySort};

use super::expression::{Expression, Frame};
use super::failure::Failure;
use super::translate::Typed;
use super::value::Value;

/// What rows are put in order by.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Key {
    expression: Expression,
    falling: bool,
    nulls_first: bool,
}

impl Key {
    pub(crate) fn new(typed: Typed, options: &OrderByOptions) -> Result<Self, Failure> {
        if !typed.kind.is_orderable() {
            let message = format!("Type {} is not orderable, and therefore cannot be used in ORDER BY", typed.kind);
            return Err(Failure::new("TYPE_MISMATCH", message));
        }
        let falling = match &options.sort {
            None | Some(OrderBySort::Asc) => false,
            Some(OrderBySort::Desc) => true,
            Some(_) => return Err(Failure::missing("ORDER BY … USING")),
        };
        // nulls are last whichever the direction
        Ok(Self { expression: typed.expression, falling, nulls_first: options.nulls_first.unwrap_or(false) })
    }

    /// By a column of the row itself.
    pub(crate) fn over(self, expression: Expression) -> Self {
        Self { expression, ..self }
    }

    pub(crate) fn expression(&self) -> &Expression {
        &self.expression
    }

    pub(crate) fn compute(&self, frame: Frame<'_>) -> Result<Value, Failure> {
        self.expression.compute(frame)
    }

    /// The order of two rows by the values of their keys.
    pub(crate) fn compare(keys: &[Self], left: &[Value], right: &[Value]) -> Ordering {
        for (key, (left, right)) in keys.iter().zip(left.iter().zip(right)) {
            let order = match (left.is_null(), right.is_null()) {
                (true, true) => Ordering::Equal,
                (true, false) if key.nulls_first => Ordering::Less,
                (true, false) => Ordering::Greater,
                (false, true) if key.nulls_first => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) if key.falling => right.order(left),
                (false, false) => left.order(right),
            };
            if order != Ordering::Equal {
                return order;
            }
        }
        Ordering::Equal
    }
}
