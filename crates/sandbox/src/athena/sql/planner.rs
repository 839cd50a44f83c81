//! From a query as it is written to a plan.

use std::rc::Rc;

use sqlparser::ast::{Expr, LimitClause, Query, SetExpr, SetOperator, SetQuantifier, Value as Literal, With};
use sqlparser::tokenizer::Span;

use super::expression::Expression;
use super::failure::Failure;
use super::kind::Kind;
use super::moment;
use super::plan::{Plan, Table};
use super::scope::{Field, Scope};
use super::sort::Key;
use super::translate::{Translator, Typed, common, name_of};
use super::value::Value;

/// Steps a plan may have.
const MOST_STEPS: usize = 2_000;
/// Queries within queries, those of WITH where they are used.
const DEEPEST: usize = 30;
/// Set operations one behind the other.
const MOST_OPERATIONS: usize = 200;

/// The tables there are.
pub(crate) trait Catalog {
    /// A table of a database; none where there is no such table.
    fn table(&self, database: &str, name: &str) -> Result<Option<Table>, Failure>;
    fn has_database(&self, database: &str) -> bool;
}

/// A query of WITH. It sees those before it.
struct Named {
    name: String,
    columns: Vec<String>,
    query: Rc<Query>,
}

/// A query within an expression, and how many of its rows are wanted.
#[derive(Debug)]
pub(crate) struct Within {
    pub(crate) plan: Plan,
    pub(crate) most: Option<usize>,
}

/// Makes plans.
pub(crate) struct Planner<'w> {
    pub(crate) catalog: &'w dyn Catalog,
    /// Where tables without a database are.
    pub(crate) database: &'w str,
    now_ms: i64,
    named: Vec<Named>,
    within: Vec<Within>,
    around: Vec<Scope>,
    steps: usize,
    depth: usize,
}

impl<'w> Planner<'w> {
    pub(crate) fn new(catalog: &'w dyn Catalog, database: &'w str, now_ms: i64) -> Self {
        Self {
            catalog,
            database,
            now_ms,
            named: Vec::new(),
            within: Vec::new(),
            around: Vec::new(),
            steps: 0,
            depth: 0,
        }
    }

    /// The plan of a whole query, those within its expressions in the order they are needed, and its columns.
    pub(crate) fn plan(mut self, query: &Query) -> Result<(Plan, Vec<Within>, Scope), Failure> {
        let (plan, scope) = self.query(query)?;
        Ok((plan, self.within, scope))
    }

    /// Counts a step.
    pub(crate) fn step(&mut self) -> Result<(), Failure> {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            return Err(Failure::new("QUERY_TEXT_TOO_LARGE", "Query has too many stages"));
        }
        Ok(())
    }

    /// How many queries within expressions there are so far.
    pub(crate) fn planned(&self) -> usize {
        self.within.len()
    }

    /// `current_date` and the like.
    pub(crate) fn constant(&self, name: &str) -> Option<Typed> {
        Some(match name {
            "now" | "current_timestamp" => Typed::constant(Value::Zoned(self.now_ms, 0), Kind::Zoned),
            "current_date" => Typed::constant(Value::Date(self.now_ms.div_euclid(moment::DAY_MS)), Kind::Date),
            "localtimestamp" => Typed::constant(Value::Timestamp(self.now_ms), Kind::Timestamp),
            _ => return None,
        })
    }

    /// Whether a name stands for something in a query around.
    pub(crate) fn is_outer(&self, names: &[String]) -> bool {
        self.around.iter().any(|scope| matches!(scope.resolve(names, Span::empty()), Ok(Some(_)) | Err(_)))
    }

    fn inner(&mut self, query: &Query, scope: &Scope) -> Result<(Plan, Scope), Failure> {
        self.around.push(scope.clone());
        let inner = self.query(query);
        self.around.pop();
        inner
    }

    fn one_column(scope: &Scope) -> Result<Kind, Failure> {
        match scope.fields.as_slice() {
            [field] => Ok(field.kind.clone()),
            fields => {
                let message =
                    format!("Multiple columns returned by subquery are not yet supported. Found {}", fields.len());
                Err(Failure::new("NOT_SUPPORTED", message))
            }
        }
    }

    fn keep(&mut self, plan: Plan, most: Option<usize>) -> usize {
        self.within.push(Within { plan, most });
        self.within.len() - 1
    }

    pub(crate) fn query(&mut self, query: &Query) -> Result<(Plan, Scope), Failure> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Failure::new("STACK_OVERFLOW", "Query is nested too deeply"));
        }
        let unknown = !query.locks.is_empty()
            || query.for_clause.is_some()
            || query.settings.is_some()
            || query.format_clause.is_some()
            || !query.pipe_operators.is_empty();
        if unknown {
            return Err(Failure::missing("a clause behind the query"));
        }
        let known = self.named.len();
        if let Some(with) = &query.with {
            self.name(with)?;
        }
        let result = self.ordered(query);
        self.named.truncate(known);
        self.depth -= 1;
        result
    }

    fn name(&mut self, with: &With) -> Result<(), Failure> {
        if with.recursive {
            return Err(Failure::missing("WITH RECURSIVE"));
        }
        for table in &with.cte_tables {
            if table.from.is_some() || table.materialized.is_some() {
                return Err(Failure::missing("this form of WITH"));
            }
            let columns = table.alias.columns.iter().map(|column| name_of(&column.name)).collect();
            let query = Rc::new(Query::clone(&table.query));
            self.named.push(Named { name: name_of(&table.alias.name), columns, query });
        }
        Ok(())
    }

    /// A query of WITH by its name.
    pub(crate) fn named_query(&mut self, name: &str, span: Span) -> Option<Result<(Plan, Scope), Failure>> {
        let at = self.named.iter().rposition(|named| named.name == name)?;
        let named = self.named.get(at)?;
        let (query, columns) = (Rc::clone(&named.query), named.columns.clone());
        let hidden = self.named.split_off(at);
        let inner = self.query(&query);
        self.named.extend(hidden);
        Some(inner.and_then(|(plan, scope)| Ok((plan, scope.renamed(name, &columns, span)?))))
    }

    fn ordered(&mut self, query: &Query) -> Result<(Plan, Scope), Failure> {
        let order = match &query.order_by {
            None => &[][..],
            Some(order) => match &order.kind {
                sqlparser::ast::OrderByKind::Expressions(list) if order.interpolate.is_none() => list,
                _ => return Err(Failure::missing("this form of ORDER BY")),
            },
        };
        if order.iter().any(|by| by.with_fill.is_some()) {
            return Err(Failure::missing("ORDER BY … WITH FILL"));
        }
        let (plan, scope) = match &*query.body {
            SetExpr::Select(select) => self.select(select, order)?,
            body => {
                let (plan, scope) = self.body(body)?;
                let keys: Result<Vec<Key>, Failure> = order
                    .iter()
                    .map(|by| {
                        let typed = match ordinal(&by.expr, scope.fields.len(), "ORDER BY")? {
                            Some(number) => {
                                let kind = scope.fields.get(number).map_or(Kind::Unknown, |field| field.kind.clone());
                                Typed::new(Expression::Column(number), kind)
                            }
                            None => Translator::new(self, &scope).translate(&by.expr)?,
                        };
                        Key::new(typed, &by.options)
                    })
                    .collect();
                let keys = keys?;
                (if keys.is_empty() { plan } else { Plan::Sort(Box::new(plan), keys) }, scope)
            }
        };
        self.step()?;
        Ok((limited(plan, query)?, scope))
    }

    /// What is not a SELECT by itself.
    pub(crate) fn body(&mut self, body: &SetExpr) -> Result<(Plan, Scope), Failure> {
        match body {
            SetExpr::Select(select) => self.select(select, &[]),
            SetExpr::Query(query) => self.query(query),
            SetExpr::Values(values) => {
                let rows: Vec<&[Expr]> = values.rows.iter().map(|row| row.content.as_slice()).collect();
                self.values(&rows)
            }
            SetExpr::SetOperation { .. } => self.operations(body),
            other => Err(Failure::missing(super::place::short(&other.to_string()))),
        }
    }

    fn values(&mut self, rows: &[&[Expr]]) -> Result<(Plan, Scope), Failure> {
        let scope = Scope::default();
        let mut typed: Vec<Vec<Typed>> = Vec::new();
        for row in rows {
            self.step()?;
            // a row in parentheses within is its columns
            let row = if let [Expr::Tuple(parts)] = row { parts } else { *row };
            let mut translator = Translator::new(self, &scope);
            typed.push(row.iter().map(|part| translator.translate(part)).collect::<Result<_, _>>()?);
        }
        let width = typed.first().map_or(0, Vec::len);
        if typed.iter().any(|row| row.len() != width) {
            return Err(Failure::new("TYPE_MISMATCH", "Values rows have mismatched sizes"));
        }
        let columns = (0..width).map(|column| {
            let parts: Vec<Typed> = typed.iter().filter_map(|row| row.get(column).cloned()).collect();
            common(&parts)
        });
        let kinds = columns.collect::<Result<Vec<Kind>, Failure>>()?;
        let rows = typed.into_iter().map(|row| row.into_iter().zip(&kinds).map(|(part, kind)| part.to(kind)).collect());
        let fields = kinds.iter().map(|kind| Field::new(None, kind.clone())).collect();
        Ok((Plan::Values(rows.collect()), Scope { fields }))
    }

    /// UNION, INTERSECT, EXCEPT, from the left.
    fn operations(&mut self, body: &SetExpr) -> Result<(Plan, Scope), Failure> {
        let (mut steps, mut at) = (Vec::new(), body);
        while let SetExpr::SetOperation { left, op, set_quantifier, right } = at {
            steps.push((op, set_quantifier, &**right));
            at = left;
        }
        if steps.len() > MOST_OPERATIONS {
            return Err(Failure::new("QUERY_TEXT_TOO_LARGE", "Query has too many stages"));
        }
        let (mut plan, mut scope) = self.body(at)?;
        for (op, quantifier, right) in steps.into_iter().rev() {
            self.step()?;
            let (other, other_scope) = self.body(right)?;
            let all = match quantifier {
                SetQuantifier::All => true,
                SetQuantifier::None | SetQuantifier::Distinct => false,
                _ => return Err(Failure::missing(format!("{op} {quantifier}"))),
            };
            let kinds = alike(&scope, &other_scope, &op.to_string())?;
            let first = cast_to(plan, &scope, &kinds);
            let second = cast_to(other, &other_scope, &kinds);
            plan = match (op, all) {
                (SetOperator::Union, true) => Plan::Union(vec![first, second]),
                (SetOperator::Union, false) => Plan::Distinct(Box::new(Plan::Union(vec![first, second]))),
                (SetOperator::Intersect | SetOperator::Except, false) => Plan::Sieve {
                    first: Box::new(Plan::Distinct(Box::new(first))),
                    second: Box::new(second),
                    keeps_common: *op == SetOperator::Intersect,
                },
                _ => return Err(Failure::missing(format!("{op} {quantifier}"))),
            };
            let fields = scope.fields.into_iter().zip(kinds);
            scope = Scope { fields: fields.map(|(field, kind)| Field::new(field.name, kind)).collect() };
        }
        Ok((plan, scope))
    }
}

impl Translator<'_, '_> {
    /// A query that stands for its only value.
    pub(crate) fn scalar_query(&mut self, query: &Query) -> Result<Typed, Failure> {
        let (plan, scope) = self.planner.inner(query, self.scope)?;
        let kind = Planner::one_column(&scope)?;
        let number = self.planner.keep(plan, Some(2));
        Ok(Typed::new(Expression::Scalar(number), kind))
    }

    pub(crate) fn exists_query(&mut self, query: &Query) -> Result<usize, Failure> {
        let (plan, _) = self.planner.inner(query, self.scope)?;
        Ok(self.planner.keep(plan, Some(1)))
    }

    /// A query among whose rows a value of this type is looked for, and the type of both.
    pub(crate) fn list_query(&mut self, query: &Query, kind: &Kind, span: Span) -> Result<(usize, Kind), Failure> {
        let (plan, scope) = self.planner.inner(query, self.scope)?;
        let own = Planner::one_column(&scope)?;
        let both = kind.common(&own).ok_or_else(|| {
            let message =
                format!("value and result of subquery must be of the same type for IN expression: {kind} vs {own}");
            Failure::at("TYPE_MISMATCH", span, message)
        })?;
        let plan = cast_to(plan, &scope, std::slice::from_ref(&both));
        Ok((self.planner.keep(plan, None), both))
    }
}

/// The types of both, column by column.
fn alike(left: &Scope, right: &Scope, name: &str) -> Result<Vec<Kind>, Failure> {
    let (first, second) = (left.kinds(), right.kinds());
    if first.len() != second.len() {
        let message = format!("{name} query has different number of fields: {}, {}", first.len(), second.len());
        return Err(Failure::new("TYPE_MISMATCH", message));
    }
    let pairs = first.iter().zip(&second).enumerate();
    let kinds = pairs.map(|(number, (left, right))| {
        left.common(right).ok_or_else(|| {
            let message = format!("column {} in {name} query has incompatible types: {left}, {right}", number + 1);
            Failure::new("TYPE_MISMATCH", message)
        })
    });
    kinds.collect()
}

fn cast_to(plan: Plan, scope: &Scope, kinds: &[Kind]) -> Plan {
    if scope.fields.iter().map(|field| &field.kind).eq(kinds) {
        return plan;
    }
    let columns = scope.fields.iter().zip(kinds).enumerate();
    let columns =
        columns.map(|(number, (field, kind))| Typed::new(Expression::Column(number), field.kind.clone()).to(kind));
    Plan::Project(Box::new(plan), columns.collect())
}

/// The column that a number in ORDER BY or GROUP BY means.
pub(crate) fn ordinal(expr: &Expr, columns: usize, clause: &str) -> Result<Option<usize>, Failure> {
    let Expr::Value(value) = expr else { return Ok(None) };
    let Literal::Number(digits, _) = &value.value else { return Ok(None) };
    let number =
        digits.parse::<usize>().ok().and_then(|number| number.checked_sub(1)).filter(|number| *number < columns);
    let wrong = || {
        Failure::at("INVALID_COLUMN_REFERENCE", value.span, format!("{clause} position {digits} is not in select list"))
    };
    number.map(Some).ok_or_else(wrong)
}

/// OFFSET, LIMIT, FETCH FIRST.
fn limited(plan: Plan, query: &Query) -> Result<Plan, Failure> {
    let count = |expr: &Expr, what: &str| match expr {
        Expr::Value(value) => match &value.value {
            Literal::Number(digits, _) => {
                digits.parse::<usize>().map_err(|_| Failure::new("INVALID_LIMIT_CLAUSE", format!("{what} {digits}")))
            }
            other => Err(Failure::missing(format!("{what} {other}"))),
        },
        other => Err(Failure::missing(format!("{what} {other}"))),
    };
    let (mut offset, mut most) = (0, None);
    match &query.limit_clause {
        None => {}
        Some(LimitClause::LimitOffset { limit, offset: skip, limit_by }) if limit_by.is_empty() => {
            most = limit.as_ref().map(|limit| count(limit, "LIMIT")).transpose()?;
            offset = skip.as_ref().map(|skip| count(&skip.value, "OFFSET")).transpose()?.unwrap_or(0);
        }
        Some(_) => return Err(Failure::missing("this form of LIMIT")),
    }
    if let Some(fetch) = &query.fetch {
        if fetch.with_ties || fetch.percent || most.is_some() {
            return Err(Failure::missing("this form of FETCH FIRST"));
        }
        most = Some(fetch.quantity.as_ref().map_or(Ok(1), |quantity| count(quantity, "FETCH FIRST"))?);
    }
    if offset == 0 && most.is_none() {
        return Ok(plan);
    }
    Ok(Plan::Limit { input: Box::new(plan), offset, most })
}
