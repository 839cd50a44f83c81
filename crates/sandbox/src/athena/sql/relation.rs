//! FROM: tables, queries, UNNEST, and how they are joined.

use std::cell::RefCell;
use std::rc::Rc;

use sqlparser::ast::{
    Expr, FunctionArg, FunctionArgExpr, Join as Joining, JoinConstraint, JoinOperator, ObjectName, ObjectNamePart,
    TableAlias, TableFactor, TableWithJoins,
};

use super::expression::{Comparison, Expression};
use super::failure::Failure;
use super::kind::Kind;
use super::place;
use super::plan::{Join, Plan, Spread};
use super::planner::Planner;
use super::scope::{Field, Scope};
use super::translate::{Translator, name_of};

/// What joins two relations.
enum Condition<'q> {
    Always,
    On(&'q Expr),
}

impl Planner<'_> {
    pub(crate) fn from(&mut self, from: &[TableWithJoins]) -> Result<(Plan, Scope), Failure> {
        let mut whole = None;
        for tables in from {
            whole = Some(self.tables(whole, tables)?);
        }
        // without FROM there is one row without columns
        Ok(whole.unwrap_or_else(|| (Plan::Values(vec![Vec::new()]), Scope::default())))
    }

    fn tables(&mut self, left: Option<(Plan, Scope)>, tables: &TableWithJoins) -> Result<(Plan, Scope), Failure> {
        let mut whole = self.beside(left, &tables.relation, (false, false), &Condition::Always)?;
        for join in &tables.joins {
            let (keeps, condition) = joining(join)?;
            whole = self.beside(Some(whole), &join.relation, keeps, &condition)?;
        }
        Ok(whole)
    }

    /// A relation at the side of what there is already.
    fn beside(
        &mut self,
        left: Option<(Plan, Scope)>,
        factor: &TableFactor,
        keeps: (bool, bool),
        condition: &Condition<'_>,
    ) -> Result<(Plan, Scope), Failure> {
        self.step()?;
        if let Some((arguments, with_ordinality, alias)) = unnested(factor)? {
            let certain = match condition {
                Condition::Always => true,
                Condition::On(Expr::Value(value)) => value.value == sqlparser::ast::Value::Boolean(true),
                Condition::On(_) => false,
            };
            if keeps.1 || !certain {
                return Err(Failure::missing("UNNEST in a join with a condition, or on its left"));
            }
            let left = left.unwrap_or_else(|| (Plan::Values(vec![Vec::new()]), Scope::default()));
            return self.unnest(left, &arguments, with_ordinality, alias, keeps.0);
        }
        let (plan, scope) = self.factor(factor)?;
        let Some((left, left_scope)) = left else { return Ok((plan, scope)) };
        let widths = (left_scope.fields.len(), scope.fields.len());
        let joined = left_scope.joined(scope);
        let condition = match condition {
            Condition::Always => None,
            Condition::On(condition) => Some(Translator::new(self, &joined).truth(condition, "JOIN ON clause")?),
        };
        let (equal, rest) = condition.map_or((Vec::new(), None), |condition| split(condition, widths.0));
        let join = Join { left, right: plan, widths, equal, rest, keeps };
        Ok((Plan::Join(Box::new(join)), joined))
    }

    fn factor(&mut self, factor: &TableFactor) -> Result<(Plan, Scope), Failure> {
        match factor {
            TableFactor::Table {
                name,
                alias,
                args: None,
                with_hints,
                version: None,
                with_ordinality: false,
                partitions,
                json_path: None,
                sample: None,
                index_hints,
            } if with_hints.is_empty() && partitions.is_empty() && index_hints.is_empty() => {
                let (plan, scope) = self.table(name)?;
                aliased(plan, scope, alias.as_ref())
            }
            TableFactor::Derived { lateral: false, subquery, alias, sample: None } => {
                let (plan, mut scope) = self.query(subquery)?;
                for field in &mut scope.fields {
                    field.relation.clear();
                }
                aliased(plan, scope, alias.as_ref())
            }
            TableFactor::NestedJoin { table_with_joins, alias } => {
                let (plan, scope) = self.tables(None, table_with_joins)?;
                aliased(plan, scope, alias.as_ref())
            }
            other => Err(Failure::missing(format!("`{}` in FROM", place::short(&other.to_string())))),
        }
    }

    fn table(&mut self, name: &ObjectName) -> Result<(Plan, Scope), Failure> {
        let span = place::of_name(name);
        let mut parts = Vec::new();
        for part in &name.0 {
            match part {
                ObjectNamePart::Identifier(ident) => parts.push(name_of(ident)),
                ObjectNamePart::Function(_) => return Err(Failure::missing(format!("the table {name}"))),
            }
        }
        let (database, table) = match parts.as_slice() {
            [table] => {
                if let Some(named) = self.named_query(table, span) {
                    return named;
                }
                (self.database.to_owned(), table.clone())
            }
            [database, table] => (database.clone(), table.clone()),
            [catalog, database, table] if catalog == "awsdatacatalog" => (database.clone(), table.clone()),
            [catalog, ..] => {
                return Err(Failure::at("CATALOG_NOT_FOUND", span, format!("Catalog '{catalog}' does not exist")));
            }
            [] => return Err(Failure::missing("a table without a name")),
        };
        let Some(found) = self.catalog.table(&database, &table)? else {
            if !self.catalog.has_database(&database) {
                return Err(Failure::at("SCHEMA_NOT_FOUND", span, format!("Schema '{database}' does not exist")));
            }
            let message = format!("Table 'awsdatacatalog.{database}.{table}' does not exist");
            return Err(Failure::at("TABLE_NOT_FOUND", span, message));
        };
        let used = Rc::new(RefCell::new(vec![false; found.columns.len()]));
        let fields = found.columns.iter().enumerate().map(|(number, (name, kind))| Field {
            relation: vec!["awsdatacatalog".to_owned(), database.clone(), table.clone()],
            name: Some(name.clone()),
            kind: kind.clone(),
            source: Some((Rc::clone(&used), number)),
        });
        let scope = Scope { fields: fields.collect() };
        Ok((Plan::Scan { table: found, used, known: Vec::new() }, scope))
    }

    fn unnest(
        &mut self,
        (input, scope): (Plan, Scope),
        arguments: &[&Expr],
        with_ordinality: bool,
        alias: Option<&TableAlias>,
        keeps: bool,
    ) -> Result<(Plan, Scope), Failure> {
        let mut lists = Vec::new();
        let mut own = Scope::default();
        for argument in arguments {
            let typed = Translator::new(self, &scope).translate(argument)?;
            let spread = match &typed.kind {
                Kind::Array(element) => match &**element {
                    Kind::Row(members) => {
                        own.fields.extend(members.iter().map(|(name, kind)| Field::new(name.clone(), kind.clone())));
                        Spread::Members(members.len())
                    }
                    element => {
                        own.fields.push(Field::new(None, element.clone()));
                        Spread::One
                    }
                },
                Kind::Map(key, value) => {
                    own.fields.push(Field::new(None, (**key).clone()));
                    own.fields.push(Field::new(None, (**value).clone()));
                    Spread::Pair
                }
                other => {
                    let message = format!("Cannot unnest type: {other}");
                    return Err(Failure::at("INVALID_FUNCTION_ARGUMENT", place::of(argument), message));
                }
            };
            lists.push((typed.expression, spread));
        }
        if with_ordinality {
            own.fields.push(Field::new(None, Kind::Bigint));
        }
        if let Some(alias) = alias {
            own = renamed(own, alias)?;
        }
        let plan = Plan::Unnest { input: Box::new(input), lists, with_ordinality, keeps };
        Ok((plan, scope.joined(own)))
    }
}

/// Parts of UNNEST: what it takes, whether it counts, and its alias.
type Unnested<'q> = (Vec<&'q Expr>, bool, Option<&'q TableAlias>);

fn unnested(factor: &TableFactor) -> Result<Option<Unnested<'_>>, Failure> {
    match factor {
        TableFactor::UNNEST { alias, array_exprs, with_offset: false, with_offset_alias: None, with_ordinality } => {
            Ok(Some((array_exprs.iter().collect(), *with_ordinality, alias.as_ref())))
        }
        TableFactor::Table { name, alias, args: Some(arguments), with_ordinality, .. }
            if name.to_string().eq_ignore_ascii_case("unnest") && arguments.settings.is_none() =>
        {
            let parts = arguments.args.iter().map(|argument| match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Ok(expr),
                _ => Err(Failure::missing("this form of UNNEST")),
            });
            Ok(Some((parts.collect::<Result<_, Failure>>()?, *with_ordinality, alias.as_ref())))
        }
        _ => Ok(None),
    }
}

fn joining(join: &Joining) -> Result<((bool, bool), Condition<'_>), Failure> {
    let (keeps, constraint) = match &join.join_operator {
        JoinOperator::Join(constraint) | JoinOperator::Inner(constraint) => ((false, false), constraint),
        JoinOperator::Left(constraint) | JoinOperator::LeftOuter(constraint) => ((true, false), constraint),
        JoinOperator::Right(constraint) | JoinOperator::RightOuter(constraint) => ((false, true), constraint),
        JoinOperator::FullOuter(constraint) => ((true, true), constraint),
        JoinOperator::CrossJoin(JoinConstraint::None) => return Ok(((false, false), Condition::Always)),
        _ => return Err(Failure::missing("this form of JOIN")),
    };
    match constraint {
        JoinConstraint::On(condition) if !join.global => Ok((keeps, Condition::On(condition))),
        JoinConstraint::Using(_) => Err(Failure::missing("JOIN … USING")),
        JoinConstraint::Natural => Err(Failure::missing("NATURAL JOIN")),
        _ => Err(Failure::missing("a JOIN without ON")),
    }
}

fn renamed(scope: Scope, alias: &TableAlias) -> Result<Scope, Failure> {
    if alias.at.is_some() || alias.columns.iter().any(|column| column.data_type.is_some()) {
        return Err(Failure::missing("this form of an alias"));
    }
    let columns: Vec<String> = alias.columns.iter().map(|column| name_of(&column.name)).collect();
    scope.renamed(&name_of(&alias.name), &columns, alias.name.span)
}

fn aliased(plan: Plan, scope: Scope, alias: Option<&TableAlias>) -> Result<(Plan, Scope), Failure> {
    match alias {
        Some(alias) => Ok((plan, renamed(scope, alias)?)),
        None => Ok((plan, scope)),
    }
}

/// Pairs that have to be equal, each of one side, and the rest.
fn split(condition: Expression, width: usize) -> (Vec<(Expression, Expression)>, Option<Expression>) {
    let parts = match condition {
        Expression::And(parts) => parts,
        other => vec![other],
    };
    let (mut equal, mut rest) = (Vec::new(), Vec::new());
    for part in parts {
        let sides = |expression: &Expression| {
            let columns = expression.columns();
            let is_left = columns.iter().all(|column| *column < width);
            let is_right = columns.iter().all(|column| *column >= width);
            (!columns.is_empty() && is_left, !columns.is_empty() && is_right)
        };
        match part {
            Expression::Compare(Comparison::Equal, first, second) => match (sides(&first), sides(&second)) {
                ((true, _), (_, true)) => equal.push((*first, *second)),
                ((_, true), (true, _)) => equal.push((*second, *first)),
                _ => rest.push(Expression::Compare(Comparison::Equal, first, second)),
            },
            other => rest.push(other),
        }
    }
    let rest = if rest.is_empty() { None } else { Some(Expression::And(rest)) };
    (equal, rest)
}
