//! Expressions whose names and types are known, and what they come to for a row.

use std::cell::Cell;
use std::cmp::Ordering;
use std::sync::Arc;

use super::arithmetic::{self, Operator};
use super::cast;
use super::failure::Failure;
use super::function::Scalar;
use super::kind::Kind;
use super::pattern::Pattern;
use super::value::Value;

/// An expression that can be computed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    Constant(Value),
    /// Of the row.
    Column(usize),
    /// Of the lambdas around, the outermost first.
    Variable(usize),
    /// Of a row value.
    Field(Box<Expression>, usize),
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Not(Box<Expression>),
    IsNull(Box<Expression>),
    Compare(Comparison, Box<Expression>, Box<Expression>),
    /// `IS NOT DISTINCT FROM`
    IsSame(Box<Expression>, Box<Expression>),
    In(Box<Expression>, Vec<Expression>),
    /// Whether a text is like a pattern.
    Matches(Box<Expression>, Pattern),
    Case(Vec<(Expression, Expression)>, Box<Expression>),
    Coalesce(Vec<Expression>),
    NullIf(Box<Expression>, Box<Expression>),
    Arithmetic(Operator, Kind, Box<Expression>, Box<Expression>),
    Cast(Box<Expression>, Kind, Kind),
    /// What data are to blame for is null.
    Try(Box<Expression>),
    Call(Scalar, Vec<Expression>),
    Array(Vec<Expression>),
    Row(Vec<Expression>),
    /// A function with a lambda over the elements of an array.
    Each(Each, Box<Expression>, Box<Expression>),
    /// `reduce(array, start, (s, x) -> …, s -> …)`
    Reduce(Box<Expression>, Box<Expression>, Box<Expression>, Box<Expression>),
    /// The single value of a query that stands for itself.
    Scalar(usize),
    /// Whether a value is among the rows of a query.
    InQuery(Box<Expression>, usize),
    /// Whether a query has rows.
    Exists(usize),
}

/// `=`, `<>`, ….
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What is done with each element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Each {
    Transform,
    Filter,
    Any,
    All,
    None,
}

/// What a query has around it while it runs.
#[derive(Debug, Default)]
pub(crate) struct Surroundings {
    /// Rows of the queries within expressions, computed before.
    pub(crate) answers: Vec<Vec<Value>>,
    /// Steps that may still be made.
    pub(crate) work: Cell<u64>,
}

impl Surroundings {
    /// Makes so many steps; a query that needs too many ends.
    pub(crate) fn spend(&self, steps: usize) -> Result<(), Failure> {
        let left = self.work.get().checked_sub(steps as u64).ok_or_else(Failure::exhausted)?;
        self.work.set(left);
        Ok(())
    }
}

/// A text up to this length costs one step.
const SHORT_BYTES: usize = 1_000;

/// An array of up to so many elements, too: what is longer costs about what it takes in memory.
const SHORT_ARRAY: usize = 100;

/// What an expression is computed over.
#[derive(Clone, Copy)]
pub(crate) struct Frame<'a> {
    pub(crate) row: &'a [Value],
    pub(crate) variables: &'a [Value],
    pub(crate) around: &'a Surroundings,
}

impl<'a> Frame<'a> {
    pub(crate) fn of(row: &'a [Value], around: &'a Surroundings) -> Self {
        Self { row, variables: &[], around }
    }

    /// Counts what was made.
    fn made(self, value: Value) -> Result<Value, Failure> {
        self.around.spend(match &value {
            Value::Text(text) if text.len() > SHORT_BYTES => text.len(),
            Value::Array(values) if values.len() > SHORT_ARRAY => values.len() * 16,
            _ => 1,
        })?;
        Ok(value)
    }
}

/// A value that is there: where an index is wrong the planner is.
fn known(found: Option<&Value>) -> Result<Value, Failure> {
    found.cloned().ok_or_else(|| Failure::new("GENERIC_INTERNAL_ERROR", "a column is not there"))
}

impl Expression {
    pub(crate) fn negated(self, negated: bool) -> Self {
        if negated { Self::Not(Box::new(self)) } else { self }
    }

    /// What it comes to.
    pub(crate) fn compute(&self, frame: Frame<'_>) -> Result<Value, Failure> {
        match self {
            Self::Constant(value) => Ok(value.clone()),
            Self::Column(number) => known(frame.row.get(*number)),
            Self::Variable(number) => known(frame.variables.get(*number)),
            Self::Field(of, number) => match of.compute(frame)? {
                Value::Row(values) => known(values.get(*number)),
                _ => Ok(Value::Null),
            },
            Self::And(parts) => connect(parts, frame, false),
            Self::Or(parts) => connect(parts, frame, true),
            Self::Not(of) => Ok(match of.compute(frame)? {
                Value::Boolean(value) => Value::Boolean(!value),
                _ => Value::Null,
            }),
            Self::IsNull(of) => Ok(Value::Boolean(of.compute(frame)?.is_null())),
            Self::Compare(comparison, left, right) => Ok(comparison.of(&left.compute(frame)?, &right.compute(frame)?)),
            Self::IsSame(left, right) => Ok(Value::Boolean(left.compute(frame)? == right.compute(frame)?)),
            Self::In(value, list) => {
                let value = value.compute(frame)?;
                among(&value, list.iter().map(|one| one.compute(frame)))
            }
            Self::Matches(text, pattern) => match text.compute(frame)? {
                Value::Null => Ok(Value::Null),
                text => pattern.matches(text.as_text(), frame),
            },
            _ => self.compute_rest(frame),
        }
    }

    fn compute_rest(&self, frame: Frame<'_>) -> Result<Value, Failure> {
        match self {
            Self::Case(cases, otherwise) => {
                for (condition, result) in cases {
                    if condition.compute(frame)?.is_true() {
                        return result.compute(frame);
                    }
                }
                otherwise.compute(frame)
            }
            Self::Coalesce(parts) => {
                for part in parts {
                    let value = part.compute(frame)?;
                    if !value.is_null() {
                        return Ok(value);
                    }
                }
                Ok(Value::Null)
            }
            Self::NullIf(left, right) => {
                let (left, right) = (left.compute(frame)?, right.compute(frame)?);
                Ok(if left.equals(&right) == Some(true) { Value::Null } else { left })
            }
            Self::Arithmetic(operator, kind, left, right) => {
                arithmetic::compute(*operator, kind, &left.compute(frame)?, &right.compute(frame)?)
            }
            Self::Cast(of, from, to) => cast::convert(of.compute(frame)?, from, to),
            Self::Try(of) => match of.compute(frame) {
                Err(failure) if failure.is_of_data() => Ok(Value::Null),
                other => other,
            },
            Self::Call(function, arguments) => frame.made(function.compute(arguments, frame)?),
            Self::Array(parts) => Ok(Value::Array(all(parts, frame)?.into())),
            Self::Row(parts) => Ok(Value::Row(all(parts, frame)?.into())),
            Self::Each(each, array, body) => each.compute(array.compute(frame)?, body, frame),
            Self::Reduce(array, start, step, end) => reduce(frame, array, start, step, end),
            Self::Scalar(number) => match frame.around.answers.get(*number).map(Vec::as_slice) {
                Some([]) => Ok(Value::Null),
                Some([value]) => Ok(value.clone()),
                _ => Err(Failure::new("SUBQUERY_MULTIPLE_ROWS", "Scalar sub-query has returned multiple rows")),
            },
            Self::InQuery(value, number) => {
                let value = value.compute(frame)?;
                let rows = frame.around.answers.get(*number).into_iter().flatten();
                among(&value, rows.map(|row| Ok(row.clone())))
            }
            Self::Exists(number) => {
                Ok(Value::Boolean(frame.around.answers.get(*number).is_some_and(|rows| !rows.is_empty())))
            }
            _ => Err(Failure::new("GENERIC_INTERNAL_ERROR", "an expression cannot be computed")),
        }
    }

    /// Calls with itself and all within it.
    pub(crate) fn visit(&self, look: &mut dyn FnMut(&Self)) {
        look(self);
        for part in self.parts() {
            part.visit(look);
        }
    }

    fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Constant(_) | Self::Column(_) | Self::Variable(_) | Self::Scalar(_) | Self::Exists(_) => Vec::new(),
            Self::Field(of, _)
            | Self::Not(of)
            | Self::IsNull(of)
            | Self::Cast(of, ..)
            | Self::Try(of)
            | Self::InQuery(of, _) => vec![of],
            Self::And(parts) | Self::Or(parts) | Self::Coalesce(parts) | Self::Array(parts) | Self::Row(parts) => {
                parts.iter().collect()
            }
            Self::Call(function, parts) => function.pattern_parts().chain(parts).collect(),
            Self::Compare(_, left, right)
            | Self::IsSame(left, right)
            | Self::NullIf(left, right)
            | Self::Arithmetic(_, _, left, right)
            | Self::Each(_, left, right) => vec![left, right],
            Self::In(value, list) => std::iter::once(&**value).chain(list).collect(),
            Self::Matches(text, pattern) => std::iter::once(&**text).chain(pattern.parts()).collect(),
            Self::Case(cases, otherwise) => {
                let cases = cases.iter().flat_map(|(condition, result)| [condition, result]);
                cases.chain([&**otherwise]).collect()
            }
            Self::Reduce(array, start, step, end) => vec![array, start, step, end],
        }
    }

    /// The columns it looks at.
    pub(crate) fn columns(&self) -> Vec<usize> {
        let mut columns = Vec::new();
        self.visit(&mut |part| {
            if let Self::Column(number) = part {
                columns.push(*number);
            }
        });
        columns
    }

    /// The same over what a projection is made from.
    pub(crate) fn over(&self, inputs: &[Expression]) -> Option<Self> {
        Some(match self {
            Self::Column(number) => inputs.get(*number)?.clone(),
            Self::Constant(_) => self.clone(),
            Self::Field(of, number) => Self::Field(Box::new(of.over(inputs)?), *number),
            Self::Not(of) => Self::Not(Box::new(of.over(inputs)?)),
            Self::IsNull(of) => Self::IsNull(Box::new(of.over(inputs)?)),
            Self::And(parts) => Self::And(parts.iter().map(|part| part.over(inputs)).collect::<Option<_>>()?),
            Self::Or(parts) => Self::Or(parts.iter().map(|part| part.over(inputs)).collect::<Option<_>>()?),
            Self::Compare(comparison, left, right) => {
                Self::Compare(*comparison, Box::new(left.over(inputs)?), Box::new(right.over(inputs)?))
            }
            Self::In(value, list) => {
                Self::In(Box::new(value.over(inputs)?), list.iter().map(|one| one.over(inputs)).collect::<Option<_>>()?)
            }
            Self::Matches(text, pattern @ Pattern::Ready(_)) => {
                Self::Matches(Box::new(text.over(inputs)?), pattern.clone())
            }
            Self::Cast(of, from, to) => Self::Cast(Box::new(of.over(inputs)?), from.clone(), to.clone()),
            Self::Coalesce(parts) => Self::Coalesce(parts.iter().map(|part| part.over(inputs)).collect::<Option<_>>()?),
            Self::Call(function @ Scalar::Plain(_), parts) => {
                Self::Call(function.clone(), parts.iter().map(|part| part.over(inputs)).collect::<Option<_>>()?)
            }
            // only what is worth knowing for partitions
            _ => return None,
        })
    }
}

fn all(parts: &[Expression], frame: Frame<'_>) -> Result<Vec<Value>, Failure> {
    parts.iter().map(|part| part.compute(frame)).collect()
}

/// AND ends at FALSE, OR at TRUE; unknown goes on.
fn connect(parts: &[Expression], frame: Frame<'_>, ending: bool) -> Result<Value, Failure> {
    let mut known = true;
    for part in parts {
        match part.compute(frame)? {
            Value::Boolean(value) if value == ending => return Ok(Value::Boolean(ending)),
            Value::Boolean(_) => {}
            _ => known = false,
        }
    }
    Ok(if known { Value::Boolean(!ending) } else { Value::Null })
}

/// `IN`: unknown where the value or one of the others is null, and none is equal.
fn among(value: &Value, others: impl Iterator<Item = Result<Value, Failure>>) -> Result<Value, Failure> {
    let (mut known, mut any) = (true, false);
    for other in others {
        any = true;
        match value.equals(&other?) {
            Some(true) => return Ok(Value::Boolean(true)),
            Some(false) => {}
            None => known = false,
        }
    }
    Ok(if known || !any { Value::Boolean(false) } else { Value::Null })
}

impl Comparison {
    pub(crate) fn of(self, left: &Value, right: &Value) -> Value {
        if matches!(self, Self::Equal | Self::NotEqual) {
            let equal = left.equals(right);
            return equal.map_or(Value::Null, |equal| Value::Boolean(equal == (self == Self::Equal)));
        }
        if left.is_null() || right.is_null() {
            return Value::Null;
        }
        if let (Value::Double(left), Value::Double(right)) = (left, right)
            && (left.is_nan() || right.is_nan())
        {
            return Value::Boolean(false);
        }
        let order = left.order(right);
        Value::Boolean(match self {
            Self::Less => order == Ordering::Less,
            Self::LessOrEqual => order != Ordering::Greater,
            Self::Greater => order == Ordering::Greater,
            _ => order != Ordering::Less,
        })
    }
}

/// The variables of a lambda behind those around it.
fn with(frame: Frame<'_>, own: &[&Value]) -> Vec<Value> {
    frame.variables.iter().chain(own.iter().copied()).cloned().collect()
}

impl Each {
    fn compute(self, array: Value, body: &Expression, frame: Frame<'_>) -> Result<Value, Failure> {
        let Value::Array(elements) = array else { return Ok(Value::Null) };
        let mut out = Vec::new();
        let mut known = true;
        for element in elements.iter() {
            frame.around.spend(1 + frame.variables.len())?;
            let variables = with(frame, &[element]);
            let value = body.compute(Frame { variables: &variables, ..frame })?;
            match (self, &value) {
                (Self::Transform, _) => out.push(value),
                (Self::Filter, Value::Boolean(true)) => out.push(element.clone()),
                (Self::Any, Value::Boolean(true)) => return Ok(Value::Boolean(true)),
                (Self::All, Value::Boolean(false)) | (Self::None, Value::Boolean(true)) => {
                    return Ok(Value::Boolean(false));
                }
                (_, Value::Null) => known = false,
                _ => {}
            }
        }
        Ok(match self {
            Self::Transform | Self::Filter => Value::Array(out.into()),
            _ if !known => Value::Null,
            Self::Any => Value::Boolean(false),
            Self::All | Self::None => Value::Boolean(true),
        })
    }
}

fn reduce(
    frame: Frame<'_>,
    array: &Expression,
    start: &Expression,
    step: &Expression,
    end: &Expression,
) -> Result<Value, Failure> {
    let Value::Array(elements) = array.compute(frame)? else { return Ok(Value::Null) };
    let elements: &Arc<[Value]> = &elements;
    let mut state = start.compute(frame)?;
    for element in elements.iter() {
        frame.around.spend(1 + frame.variables.len())?;
        let variables = with(frame, &[&state, element]);
        state = step.compute(Frame { variables: &variables, ..frame })?;
    }
    let variables = with(frame, &[&state]);
    end.compute(Frame { variables: &variables, ..frame })
}
