//! SELECT: what it takes, how it groups, what it gives.

use sqlparser::ast::AccessExpr;
use sqlparser::ast::{
    Distinct, Expr, GroupByExpr, OrderByExpr, Select, SelectFlavor, SelectItem, SelectItemQualifiedWildcardKind,
    WildcardAdditionalOptions,
};

use super::aggregate::{Aggregation, contains};
use super::expression::Expression;
use super::failure::Failure;
use super::kind::Kind;
use super::place;
use super::plan::Plan;
use super::planner::{Planner, ordinal};
use super::scope::{Field, Scope};
use super::sort::Key;
use super::translate::{Translator, Typed, name_of};

/// A column that is asked for.
enum Item<'q> {
    Written(&'q Expr, Option<String>),
    /// Of `*`.
    Taken(usize),
}

impl Planner<'_> {
    pub(crate) fn select(&mut self, select: &Select, order: &[OrderByExpr]) -> Result<(Plan, Scope), Failure> {
        self.step()?;
        check(select)?;
        let (mut plan, scope) = self.from(&select.from)?;
        if let Some(condition) = &select.selection {
            if contains(condition) {
                return Err(Failure::at(
                    "EXPRESSION_NOT_SCALAR",
                    place::of(condition),
                    "WHERE clause cannot contain aggregations",
                ));
            }
            let condition = Translator::new(self, &scope).truth(condition, "WHERE clause")?;
            plan.tell(&condition);
            plan = Plan::Filter(Box::new(plan), condition);
        }
        let items = items(select, &scope)?;
        let mut aggregation = self.aggregation(select, &items, order, &scope)?;
        let columns = self.columns(&items, &scope, aggregation.as_mut())?;
        let having = match &select.having {
            None => None,
            Some(having) => {
                let mut translator = Translator::new(self, &scope);
                translator.aggregation = aggregation.as_mut();
                Some(translator.truth(having, "HAVING clause")?)
            }
        };
        let keys = self.keys(order, &columns, &scope, aggregation.as_mut())?;
        if let Some(Aggregation { groups, aggregates }) = aggregation {
            let groups = groups.into_iter().map(|group| group.expression).collect();
            let aggregates = aggregates.into_iter().map(|(aggregate, _)| aggregate).collect();
            plan = Plan::Aggregate { input: Box::new(plan), groups, aggregates };
        }
        if let Some(having) = having {
            plan = Plan::Filter(Box::new(plan), having);
        }
        let distinct = match &select.distinct {
            None | Some(Distinct::All) => false,
            Some(Distinct::Distinct) => true,
            Some(Distinct::On(_)) => return Err(Failure::missing("DISTINCT ON")),
        };
        let (plan, fields) = given(plan, columns, keys, distinct)?;
        Ok((plan, Scope { fields }))
    }

    /// GROUP BY, or that there are aggregates without it.
    fn aggregation(
        &mut self,
        select: &Select,
        items: &[Item<'_>],
        order: &[OrderByExpr],
        scope: &Scope,
    ) -> Result<Option<Aggregation>, Failure> {
        let GroupByExpr::Expressions(list, modifiers) = &select.group_by else {
            return Err(Failure::missing("GROUP BY ALL"));
        };
        if !modifiers.is_empty() {
            return Err(Failure::missing("this form of GROUP BY"));
        }
        let written =
            items.iter().filter_map(|item| if let Item::Written(expr, _) = item { Some(*expr) } else { None });
        let ordering = order.iter().map(|by| &by.expr);
        if list.is_empty() && select.having.is_none() && !written.chain(ordering).any(contains) {
            return Ok(None);
        }
        let mut aggregation = Aggregation::default();
        for expr in list {
            let expr = match (ordinal(expr, items.len(), "GROUP BY")?.and_then(|number| items.get(number)), expr) {
                (Some(Item::Written(expr, _)), _) => expr,
                (Some(Item::Taken(number)), _) => {
                    let kind = scope.fields.get(*number).map_or(Kind::Unknown, |field| field.kind.clone());
                    aggregation.groups.push(Typed::new(Expression::Column(*number), kind));
                    continue;
                }
                (None, Expr::Tuple(parts)) if parts.is_empty() => continue,
                (None, Expr::Rollup(_) | Expr::Cube(_) | Expr::GroupingSets(_)) => {
                    return Err(Failure::missing("GROUP BY with ROLLUP, CUBE or GROUPING SETS"));
                }
                (None, expr) => expr,
            };
            if contains(expr) {
                let message = "GROUP BY clause cannot contain aggregations";
                return Err(Failure::at("EXPRESSION_NOT_SCALAR", place::of(expr), message));
            }
            aggregation.groups.push(Translator::new(self, scope).translate(expr)?);
        }
        Ok(Some(aggregation))
    }

    fn columns(
        &mut self,
        items: &[Item<'_>],
        scope: &Scope,
        mut aggregation: Option<&mut Aggregation>,
    ) -> Result<Vec<(Field, Expression)>, Failure> {
        let columns = items.iter().map(|item| {
            let (typed, name) = match item {
                Item::Written(expr, name) => {
                    let mut translator = Translator::new(self, scope);
                    translator.aggregation = aggregation.as_deref_mut();
                    (translator.translate(expr)?, name.clone())
                }
                Item::Taken(number) => {
                    let field = scope.fields.get(*number).cloned().unwrap_or_else(|| Field::new(None, Kind::Unknown));
                    field.touch();
                    let column = Typed::new(Expression::Column(*number), field.kind.clone());
                    let name = field.name.clone().unwrap_or_default();
                    let message = format!("'{name}' must be an aggregate expression or appear in GROUP BY clause");
                    let column = match &aggregation {
                        None => column,
                        Some(aggregation) => aggregation
                            .group(&column.expression)
                            .ok_or_else(|| Failure::new("EXPRESSION_NOT_AGGREGATE", message))?,
                    };
                    (column, field.name)
                }
            };
            Ok((Field::new(name, typed.kind), typed.expression))
        });
        columns.collect()
    }

    fn keys(
        &mut self,
        order: &[OrderByExpr],
        columns: &[(Field, Expression)],
        scope: &Scope,
        mut aggregation: Option<&mut Aggregation>,
    ) -> Result<Vec<Key>, Failure> {
        let named = columns.iter().filter_map(|(field, expression)| {
            Some((field.name.clone()?, Typed::new(expression.clone(), field.kind.clone())))
        });
        let aliases: Vec<(String, Typed)> = named.collect();
        let keys = order.iter().map(|by| {
            let typed = match ordinal(&by.expr, columns.len(), "ORDER BY")?.and_then(|number| columns.get(number)) {
                Some((field, expression)) => Typed::new(expression.clone(), field.kind.clone()),
                None => {
                    let mut translator = Translator::new(self, scope);
                    translator.aggregation = aggregation.as_deref_mut();
                    translator.aliases = &aliases;
                    translator.translate(&by.expr)?
                }
            };
            Key::new(typed, &by.options)
        });
        keys.collect()
    }
}

/// Clauses that this engine has not.
fn check(select: &Select) -> Result<(), Failure> {
    let unknown = [
        (select.top.is_some(), "TOP"),
        (select.exclude.is_some() || select.into.is_some(), "this form of SELECT"),
        (!select.lateral_views.is_empty(), "LATERAL VIEW"),
        (select.prewhere.is_some(), "PREWHERE"),
        (!select.connect_by.is_empty(), "CONNECT BY"),
        (!select.cluster_by.is_empty() || !select.distribute_by.is_empty() || !select.sort_by.is_empty(), "CLUSTER BY"),
        (!select.named_window.is_empty(), "WINDOW"),
        (select.qualify.is_some(), "QUALIFY"),
        (select.value_table_mode.is_some() || select.select_modifiers.is_some(), "this form of SELECT"),
        (select.flavor != SelectFlavor::Standard, "FROM before SELECT"),
    ];
    match unknown.into_iter().find(|(there, _)| *there) {
        Some((_, what)) => Err(Failure::missing(what)),
        None => Ok(()),
    }
}

fn items<'q>(select: &'q Select, scope: &Scope) -> Result<Vec<Item<'q>>, Failure> {
    let is_plain = |options: &WildcardAdditionalOptions| {
        options.opt_ilike.is_none()
            && options.opt_exclude.is_none()
            && options.opt_except.is_none()
            && options.opt_replace.is_none()
            && options.opt_rename.is_none()
            && options.opt_alias.is_none()
    };
    let mut items = Vec::new();
    for item in &select.projection {
        match item {
            SelectItem::UnnamedExpr(expr) => items.push(Item::Written(expr, name_in(expr))),
            SelectItem::ExprWithAlias { expr, alias } => items.push(Item::Written(expr, Some(name_of(alias)))),
            SelectItem::Wildcard(options) if is_plain(options) => {
                if scope.fields.is_empty() {
                    return Err(Failure::new(
                        "COLUMN_NOT_FOUND",
                        "SELECT * not allowed in queries without FROM clause",
                    ));
                }
                items.extend((0..scope.fields.len()).map(Item::Taken));
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options)
                if is_plain(options) =>
            {
                let qualifier: Vec<String> =
                    name.0.iter().map(|part| part.to_string().trim_matches('"').to_lowercase()).collect();
                let own = scope.fields.iter().enumerate().filter(|(_, field)| field.is_of(&qualifier));
                let own: Vec<Item<'_>> = own.map(|(number, _)| Item::Taken(number)).collect();
                if own.is_empty() {
                    let message = format!("Unable to resolve reference {name}");
                    return Err(Failure::at("TABLE_NOT_FOUND", place::of_name(name), message));
                }
                items.extend(own);
            }
            other => return Err(Failure::missing(place::short(&other.to_string()))),
        }
    }
    Ok(items)
}

/// What a column is called that has no name of its own.
fn name_in(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Identifier(ident) => Some(name_of(ident)),
        Expr::CompoundIdentifier(parts) => parts.last().map(name_of),
        Expr::CompoundFieldAccess { access_chain, .. } => match access_chain.last() {
            Some(AccessExpr::Dot(Expr::Identifier(ident))) => Some(name_of(ident)),
            _ => None,
        },
        _ => None,
    }
}

/// The columns, in order, each once where that is asked for.
fn given(
    mut plan: Plan,
    columns: Vec<(Field, Expression)>,
    keys: Vec<Key>,
    distinct: bool,
) -> Result<(Plan, Vec<Field>), Failure> {
    let width = columns.len();
    let (fields, mut expressions): (Vec<Field>, Vec<Expression>) = columns.into_iter().unzip();
    let mut ordered = Vec::new();
    for key in keys {
        let known = expressions.iter().position(|expression| expression == key.expression());
        let number = known.unwrap_or_else(|| {
            expressions.push(key.expression().clone());
            expressions.len() - 1
        });
        ordered.push(key.over(Expression::Column(number)));
    }
    if distinct && expressions.len() > width {
        let message = "For SELECT DISTINCT, ORDER BY expressions must appear in select list";
        return Err(Failure::new("EXPRESSION_NOT_IN_DISTINCT", message));
    }
    let hidden = expressions.len() > width;
    plan = Plan::Project(Box::new(plan), expressions);
    if distinct {
        plan = Plan::Distinct(Box::new(plan));
    }
    if !ordered.is_empty() {
        plan = Plan::Sort(Box::new(plan), ordered);
    }
    if hidden {
        plan = Plan::Project(Box::new(plan), (0..width).map(Expression::Column).collect());
    }
    Ok((plan, fields))
}
