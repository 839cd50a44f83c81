//! Aggregates: what is asked for, and how rows are counted into it.

use std::collections::HashSet;

use sqlparser::ast::{DuplicateTreatment, Expr, Function, FunctionArgumentClause, FunctionArguments};

use super::arithmetic::{divide_rounded, fits};
use super::expression::{Expression, Frame};
use super::failure::Failure;
use super::kind::Kind;
use super::place;
use super::sort::Key;
use super::translate::{Translator, Typed};
use super::value::Value;

/// What is made of many values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Goal {
    Rows,
    Values,
    If,
    Minimum,
    Maximum,
    Sum(Kind),
    Average(Kind),
    List,
    Any,
    MaximumBy,
    MinimumBy,
    Every,
    Some,
}

/// An aggregate that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Aggregate {
    pub(crate) goal: Goal,
    pub(crate) arguments: Vec<Expression>,
    pub(crate) distinct: bool,
    pub(crate) filter: Option<Expression>,
    pub(crate) order: Vec<Key>,
}

/// GROUP BY and the aggregates of one SELECT. Behind it a row is the groups' values, then the aggregates'.
#[derive(Debug, Default)]
pub(crate) struct Aggregation {
    pub(crate) groups: Vec<Typed>,
    pub(crate) aggregates: Vec<(Aggregate, Kind)>,
}

impl Aggregation {
    /// The column that holds an expression by which there are groups.
    pub(crate) fn group(&self, expression: &Expression) -> Option<Typed> {
        let found = self.groups.iter().enumerate().find(|(_, group)| group.expression == *expression);
        if let Some((number, group)) = found {
            return Some(Typed::new(Expression::Column(number), group.kind.clone()));
        }
        // a member of a row by which there are groups
        let Expression::Field(of, number) = expression else { return None };
        let of = self.group(of)?;
        let Kind::Row(members) = &of.kind else { return None };
        let kind = members.get(*number)?.1.clone();
        Some(Typed::new(Expression::Field(Box::new(of.expression), *number), kind))
    }

    fn add(&mut self, aggregate: Aggregate, kind: Kind) -> Typed {
        let known = self.aggregates.iter().position(|(other, _)| *other == aggregate);
        let number = known.unwrap_or_else(|| {
            self.aggregates.push((aggregate, kind.clone()));
            self.aggregates.len() - 1
        });
        Typed::new(Expression::Column(self.groups.len() + number), kind)
    }
}

pub(crate) fn is_aggregate(name: &str) -> bool {
    const NAMES: [&str; 17] = [
        "count",
        "count_if",
        "min",
        "max",
        "sum",
        "avg",
        "array_agg",
        "approx_distinct",
        "max_by",
        "min_by",
        "arbitrary",
        "any_value",
        "bool_and",
        "bool_or",
        "every",
        "map_agg",
        "histogram",
    ];
    NAMES.contains(&name)
}

/// Whether an aggregate stands somewhere in it, queries within left out.
pub(crate) fn contains(expr: &Expr) -> bool {
    use sqlparser::ast::{FunctionArg, FunctionArgExpr};
    match expr {
        Expr::Function(function) => {
            let is_aggregate = function.over.is_none() && is_aggregate(&function.name.to_string().to_lowercase());
            let inner = |argument: &FunctionArg| match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => contains(expr),
                _ => false,
            };
            is_aggregate || matches!(&function.args, FunctionArguments::List(list) if list.args.iter().any(inner))
        }
        Expr::BinaryOp { .. } => {
            // a chain may be long
            let mut at = expr;
            while let Expr::BinaryOp { left, right, .. } = at {
                if contains(right) {
                    return true;
                }
                at = left;
            }
            contains(at)
        }
        Expr::Nested(inner)
        | Expr::IsNull(inner)
        | Expr::IsNotNull(inner)
        | Expr::UnaryOp { expr: inner, .. }
        | Expr::Cast { expr: inner, .. }
        | Expr::Floor { expr: inner, .. }
        | Expr::Ceil { expr: inner, .. }
        | Expr::Extract { expr: inner, .. }
        | Expr::Trim { expr: inner, .. }
        | Expr::Substring { expr: inner, .. }
        | Expr::CompoundFieldAccess { root: inner, .. } => contains(inner),
        Expr::AtTimeZone { timestamp: left, time_zone: right }
        | Expr::Like { expr: left, pattern: right, .. }
        | Expr::Position { expr: left, r#in: right }
        | Expr::IsDistinctFrom(left, right)
        | Expr::IsNotDistinctFrom(left, right) => contains(left) || contains(right),
        Expr::Between { expr, low, high, .. } => contains(expr) || contains(low) || contains(high),
        Expr::InList { expr, list, .. } => contains(expr) || list.iter().any(contains),
        Expr::InSubquery { expr, .. } => contains(expr),
        Expr::Array(array) => array.elem.iter().any(contains),
        Expr::Tuple(parts) => parts.iter().any(contains),
        Expr::Case { operand, conditions, else_result, .. } => {
            let ends = operand.iter().chain(else_result);
            ends.map(|end| &**end).any(contains)
                || conditions.iter().any(|case| contains(&case.condition) || contains(&case.result))
        }
        _ => false,
    }
}

impl Translator<'_, '_> {
    pub(crate) fn aggregate(
        &mut self,
        function: &Function,
        name: &str,
        arguments: &[&Expr],
        of_rows: bool,
        expr: &Expr,
    ) -> Result<Typed, Failure> {
        if self.aggregation.is_none() {
            let message = format!("'{}': aggregations cannot stand here", place::short(&expr.to_string()));
            return Err(Failure::at("EXPRESSION_NOT_SCALAR", place::of(expr), message));
        }
        let (distinct, order) = match &function.args {
            FunctionArguments::List(list) => {
                let mut order: &[sqlparser::ast::OrderByExpr] = &[];
                for clause in &list.clauses {
                    match clause {
                        FunctionArgumentClause::OrderBy(by) => order = by,
                        other => return Err(Failure::missing(format!("`{other}` in an aggregate"))),
                    }
                }
                (list.duplicate_treatment == Some(DuplicateTreatment::Distinct), order)
            }
            _ => (false, [].as_slice()),
        };
        if !function.within_group.is_empty() || function.null_treatment.is_some() || (distinct && !order.is_empty()) {
            return Err(Failure::missing(format!("this form of {name}")));
        }
        if !order.is_empty() && name != "array_agg" {
            return Err(Failure::missing(format!("ORDER BY in {name}")));
        }
        let (given, filter, order) = self.ungrouped(|this| {
            let given: Vec<Typed> = arguments.iter().map(|part| this.translate(part)).collect::<Result<_, _>>()?;
            let filter = function.filter.as_ref().map(|filter| this.truth(filter, "FILTER clause")).transpose()?;
            let order = order.iter().map(|by| {
                let typed = this.translate(&by.expr)?;
                Key::new(typed, &by.options)
            });
            Ok((given, filter, order.collect::<Result<Vec<Key>, Failure>>()?))
        })?;
        let (goal, kind, arguments) = goal(name, given, of_rows, expr)?;
        let distinct = distinct || name == "approx_distinct";
        let aggregate = Aggregate { goal, arguments, distinct, filter, order };
        let aggregation = self.aggregation.as_mut().ok_or_else(|| Failure::missing("an aggregate here"))?;
        Ok(aggregation.add(aggregate, kind))
    }
}

/// What a name with these arguments asks for, and the type it gives.
fn goal(name: &str, given: Vec<Typed>, of_rows: bool, expr: &Expr) -> Result<(Goal, Kind, Vec<Expression>), Failure> {
    let kinds: Vec<Kind> = given.iter().map(|typed| typed.kind.clone()).collect();
    let wrong = || {
        let kinds: Vec<String> = kinds.iter().map(Kind::to_string).collect();
        let message = format!("Unexpected parameters ({}) for function {name}", kinds.join(", "));
        Failure::at("FUNCTION_NOT_FOUND", place::of(expr), message)
    };
    if of_rows && name != "count" {
        return Err(wrong());
    }
    let (goal, kind) = match (name, kinds.as_slice()) {
        ("count", []) => (Goal::Rows, Kind::Bigint),
        ("count", [_]) => (Goal::Values, Kind::Bigint),
        ("count_if", [Kind::Boolean]) => (Goal::If, Kind::Bigint),
        ("min", [of]) if of.is_orderable() => (Goal::Minimum, of.clone()),
        ("max", [of]) if of.is_orderable() => (Goal::Maximum, of.clone()),
        ("min" | "max", [_, _]) => return Err(Failure::missing(format!("{name} with a number of values"))),
        ("sum", [Kind::Integer | Kind::Bigint]) => (Goal::Sum(Kind::Bigint), Kind::Bigint),
        ("sum", [Kind::Double]) => (Goal::Sum(Kind::Double), Kind::Double),
        ("sum", [Kind::Decimal(_, scale)]) => (Goal::Sum(Kind::Decimal(38, *scale)), Kind::Decimal(38, *scale)),
        ("avg", [Kind::Integer | Kind::Bigint | Kind::Double]) => (Goal::Average(Kind::Double), Kind::Double),
        ("avg", [of @ Kind::Decimal(..)]) => (Goal::Average(of.clone()), of.clone()),
        ("sum" | "avg", [Kind::Span | Kind::Months]) => {
            return Err(Failure::missing(format!("{name} of intervals")));
        }
        ("array_agg", [of]) => (Goal::List, Kind::Array(Box::new(of.clone()))),
        ("arbitrary" | "any_value", [of]) => (Goal::Any, of.clone()),
        // exact, which is within any error
        ("approx_distinct", [_]) => (Goal::Values, Kind::Bigint),
        ("max_by", [of, by]) if by.is_orderable() => (Goal::MaximumBy, of.clone()),
        ("min_by", [of, by]) if by.is_orderable() => (Goal::MinimumBy, of.clone()),
        ("max_by" | "min_by", [_, _, _]) => return Err(Failure::missing(format!("{name} with a number of values"))),
        ("bool_and" | "every", [Kind::Boolean]) => (Goal::Every, Kind::Boolean),
        ("bool_or", [Kind::Boolean]) => (Goal::Some, Kind::Boolean),
        ("map_agg" | "histogram" | "approx_distinct", _) => {
            return Err(Failure::missing(format!("the function {name}")));
        }
        _ => return Err(wrong()),
    };
    let to = match &goal {
        Goal::Sum(Kind::Double) | Goal::Average(Kind::Double) => Some(Kind::Double),
        _ => None,
    };
    let arguments = given.into_iter().map(|typed| match &to {
        Some(kind) => typed.to(kind),
        None => typed.expression,
    });
    Ok((goal, kind, arguments.collect()))
}

/// What was counted for one group.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    count: u64,
    best: Option<(Value, Value)>,
    total: Total,
    seen: HashSet<Value>,
    list: Vec<(Vec<Value>, Value)>,
}

#[derive(Debug, Default)]
struct Total {
    whole: i128,
    double: f64,
}

impl Aggregate {
    /// Counts a row; what it takes to remember it, in bytes.
    pub(crate) fn add(&self, tally: &mut Tally, frame: Frame<'_>) -> Result<usize, Failure> {
        if let Some(filter) = &self.filter
            && !filter.compute(frame)?.is_true()
        {
            return Ok(0);
        }
        let Some(argument) = self.arguments.first() else {
            tally.count += 1;
            return Ok(0);
        };
        let value = argument.compute(frame)?;
        let by_other = matches!(self.goal, Goal::MaximumBy | Goal::MinimumBy);
        if value.is_null() && self.goal != Goal::List && !by_other {
            return Ok(0);
        }
        let mut taken = 0;
        if self.distinct {
            if by_other {
                return Err(Failure::missing("DISTINCT in max_by and min_by"));
            }
            if !tally.seen.insert(value.clone()) {
                return Ok(0);
            }
            taken += value.size_bytes() + 32;
        }
        if self.goal == Goal::List {
            let keys: Vec<Value> = self.order.iter().map(|key| key.compute(frame)).collect::<Result<_, _>>()?;
            taken += value.size_bytes() + 48 + keys.iter().map(Value::size_bytes).sum::<usize>();
            tally.list.push((keys, value));
            return Ok(taken);
        }
        if by_other {
            let Some(by) = self.arguments.get(1) else { return Ok(0) };
            let by = by.compute(frame)?;
            if !by.is_null() {
                self.keep(tally, by, value);
            }
            return Ok(taken);
        }
        self.count(tally, value)?;
        Ok(taken)
    }

    fn count(&self, tally: &mut Tally, value: Value) -> Result<(), Failure> {
        let overflow = || Failure::out_of_range("sum overflow");
        match &self.goal {
            Goal::If if !value.is_true() => {}
            Goal::Minimum | Goal::Maximum | Goal::Any => self.keep(tally, value, Value::Null),
            Goal::Every | Goal::Some => self.keep(tally, value, Value::Null),
            Goal::Sum(_) | Goal::Average(_) => {
                tally.count += 1;
                match value {
                    Value::Integer(number) => tally.total.whole += i128::from(number),
                    Value::Decimal(number) => {
                        tally.total.whole = tally.total.whole.checked_add(number).ok_or_else(overflow)?;
                    }
                    other => tally.total.double += other.as_double(),
                }
            }
            _ => tally.count += 1,
        }
        Ok(())
    }

    /// Keeps what is better than what was kept.
    fn keep(&self, tally: &mut Tally, by: Value, value: Value) {
        use std::cmp::Ordering::{Greater, Less};
        let better = match (&tally.best, &self.goal) {
            (None, _) => true,
            (Some((best, _)), Goal::Minimum | Goal::MinimumBy | Goal::Every) => by.order(best) == Less,
            (Some((best, _)), Goal::Maximum | Goal::MaximumBy | Goal::Some) => by.order(best) == Greater,
            _ => false,
        };
        if better {
            tally.best = Some((by, value));
        }
    }

    /// What the rows came to.
    pub(crate) fn end(&self, mut tally: Tally) -> Result<Value, Failure> {
        let count = Value::Integer(i64::try_from(tally.count).unwrap_or(i64::MAX));
        Ok(match &self.goal {
            Goal::Rows | Goal::Values | Goal::If => count,
            Goal::MaximumBy | Goal::MinimumBy => tally.best.map_or(Value::Null, |(_, value)| value),
            Goal::Minimum | Goal::Maximum | Goal::Any | Goal::Every | Goal::Some => {
                tally.best.map_or(Value::Null, |(by, _)| by)
            }
            Goal::Sum(_) | Goal::Average(_) if tally.count == 0 => Value::Null,
            Goal::Sum(Kind::Bigint) => {
                let sum =
                    i64::try_from(tally.total.whole).map_err(|_| Failure::out_of_range("bigint addition overflow"))?;
                Value::Integer(sum)
            }
            Goal::Sum(Kind::Double) => Value::Double(tally.total.double),
            Goal::Sum(_) => {
                if !fits(tally.total.whole, 38) {
                    return Err(Failure::out_of_range("Decimal overflow"));
                }
                Value::Decimal(tally.total.whole)
            }
            #[expect(clippy::cast_precision_loss, reason = "an average is a double")]
            Goal::Average(Kind::Double) => Value::Double(tally.total.double / tally.count as f64),
            Goal::Average(_) => Value::Decimal(divide_rounded(tally.total.whole, i128::from(tally.count))),
            Goal::List if tally.list.is_empty() => Value::Null,
            Goal::List => {
                tally.list.sort_by(|(left, _), (right, _)| Key::compare(&self.order, left, right));
                Value::Array(tally.list.into_iter().map(|(_, value)| value).collect())
            }
        })
    }
}
