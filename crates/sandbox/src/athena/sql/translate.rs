//! Expressions as they are written to expressions that can be computed: names are found, types are known.

use sqlparser::ast::{AccessExpr, BinaryOperator, Expr, Ident, Subscript, UnaryOperator, Value as Literal};
use sqlparser::tokenizer::Span;

use super::aggregate::Aggregation;
use super::cast;
use super::expression::{Expression, Frame, Surroundings};
use super::failure::Failure;
use super::function::{Plain, Scalar};
use super::kind::Kind;
use super::operation::{binary, mismatch};
use super::pattern::Pattern;
use super::planner::Planner;
use super::scope::Scope;
use super::value::Value;
use super::{collection, literal, place, time};

/// An expression with its type.
#[derive(Debug, Clone)]
pub(crate) struct Typed {
    pub(crate) expression: Expression,
    pub(crate) kind: Kind,
}

impl Typed {
    pub(crate) fn new(expression: Expression, kind: Kind) -> Self {
        Self { expression, kind }
    }

    pub(crate) fn constant(value: Value, kind: Kind) -> Self {
        Self::new(Expression::Constant(value), kind)
    }

    /// The same in another type, which it becomes by itself.
    pub(crate) fn to(self, kind: &Kind) -> Expression {
        if self.kind == *kind || matches!(self.expression, Expression::Constant(Value::Null)) {
            return self.expression;
        }
        let cast = Expression::Cast(Box::new(self.expression), self.kind, kind.clone());
        folded(cast)
    }
}

/// A constant where it is made of constants.
fn folded(expression: Expression) -> Expression {
    if let Expression::Cast(inner, ..) = &expression
        && matches!(**inner, Expression::Constant(_))
        && let Ok(value) = expression.compute(Frame::of(&[], &Surroundings::default()))
    {
        return Expression::Constant(value);
    }
    expression
}

/// What does a function.
pub(crate) type Compute = fn(&[Value]) -> Result<Value, Failure>;

/// A plain function by what does it.
pub(crate) fn call(
    name: &'static str,
    compute: fn(&[Value]) -> Result<Value, Failure>,
    arguments: Vec<Expression>,
) -> Expression {
    Expression::Call(Scalar::Plain(Plain { name, compute }), arguments)
}

/// At one place of a query.
pub(crate) struct Translator<'a, 'w> {
    pub(crate) planner: &'a mut Planner<'w>,
    pub(crate) scope: &'a Scope,
    /// Of the lambdas around.
    pub(crate) variables: Vec<(String, Kind)>,
    /// Behind GROUP BY.
    pub(crate) aggregation: Option<&'a mut Aggregation>,
    /// Names that the query gives, which ORDER BY sees.
    pub(crate) aliases: &'a [(String, Typed)],
}

/// Names as they are compared.
pub(crate) fn name_of(ident: &Ident) -> String {
    ident.value.to_lowercase()
}

impl<'a, 'w> Translator<'a, 'w> {
    pub(crate) fn new(planner: &'a mut Planner<'w>, scope: &'a Scope) -> Self {
        Self { planner, scope, variables: Vec::new(), aggregation: None, aliases: &[] }
    }

    /// The same before GROUP BY.
    pub(crate) fn ungrouped<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        let (aggregation, aliases) = (self.aggregation.take(), std::mem::take(&mut self.aliases));
        let result = work(self);
        (self.aggregation, self.aliases) = (aggregation, aliases);
        result
    }

    pub(crate) fn truth(&mut self, expr: &Expr, what: &str) -> Result<Expression, Failure> {
        let typed = self.translate(expr)?;
        if !matches!(typed.kind, Kind::Boolean | Kind::Unknown) {
            let message = format!("{what} must evaluate to a boolean: actual type {}", typed.kind);
            return Err(Failure::at("TYPE_MISMATCH", place::of(expr), message));
        }
        Ok(typed.expression)
    }

    pub(crate) fn translate(&mut self, expr: &Expr) -> Result<Typed, Failure> {
        if let Expr::Identifier(ident) = expr
            && let Some((_, typed)) = self.aliases.iter().find(|(alias, _)| *alias == name_of(ident))
            && self.variables.iter().all(|(name, _)| *name != name_of(ident))
        {
            return Ok(typed.clone());
        }
        if let Some(found) = self.grouped(expr) {
            return Ok(found);
        }
        match expr {
            Expr::Nested(inner) => self.translate(inner),
            Expr::Identifier(ident) => self.column(std::slice::from_ref(ident), expr),
            Expr::CompoundIdentifier(parts) => self.column(parts, expr),
            Expr::CompoundFieldAccess { root, access_chain } => self.access(root, access_chain),
            Expr::Value(value) => literal::value(&value.value),
            Expr::TypedString(typed) => literal::typed(typed),
            Expr::Interval(interval) => literal::interval(interval),
            Expr::BinaryOp { op: BinaryOperator::And | BinaryOperator::Or, .. } => self.connected(expr),
            Expr::BinaryOp { .. } => self.operators(expr),
            Expr::UnaryOp { op, expr: inner } => self.unary(op, inner),
            Expr::IsNull(inner) => {
                let of = self.translate(inner)?.expression;
                Ok(Typed::new(Expression::IsNull(Box::new(of)), Kind::Boolean))
            }
            Expr::IsNotNull(inner) => {
                let of = self.translate(inner)?.expression;
                Ok(Typed::new(Expression::IsNull(Box::new(of)).negated(true), Kind::Boolean))
            }
            Expr::IsDistinctFrom(left, right) => self.same(left, right, true),
            Expr::IsNotDistinctFrom(left, right) => self.same(left, right, false),
            Expr::InList { expr, list, negated } => self.in_list(expr, list, *negated),
            Expr::Between { expr, negated, low, high } => self.between(expr, low, high, *negated),
            Expr::Like { negated, any: false, expr, pattern, escape_char } => {
                self.like(expr, pattern, escape_char.as_deref(), *negated)
            }
            _ => self.translate_rest(expr),
        }
    }

    fn translate_rest(&mut self, expr: &Expr) -> Result<Typed, Failure> {
        match expr {
            Expr::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref())
            }
            Expr::Cast { kind, expr, data_type, format: None } => self.cast(kind, expr, data_type),
            Expr::Function(function) => self.function(function, expr),
            Expr::Array(array) if array.named => self.array(&array.elem),
            Expr::Tuple(parts) => self.row(parts),
            Expr::Subquery(query) => self.scalar_query(query),
            Expr::Exists { subquery, negated } => {
                let number = self.exists_query(subquery)?;
                Ok(Typed::new(Expression::Exists(number).negated(*negated), Kind::Boolean))
            }
            Expr::InSubquery { expr, subquery, negated } => {
                let value = self.translate(expr)?;
                let (number, kind) = self.list_query(subquery, &value.kind, place::of(expr))?;
                let found = Expression::InQuery(Box::new(value.to(&kind)), number);
                Ok(Typed::new(found.negated(*negated), Kind::Boolean))
            }
            Expr::Substring { expr, substring_from: Some(from), substring_for, special: _, shorthand: _ } => {
                let arguments = [Some(&**expr), Some(&**from), substring_for.as_deref()];
                let arguments: Vec<&Expr> = arguments.into_iter().flatten().collect();
                self.named_call("substr", &arguments, expr)
            }
            Expr::Trim { trim_where, trim_what: None, expr, trim_characters: None } => {
                let name = literal::trim_name(trim_where.as_ref());
                self.named_call(name, &[expr], expr)
            }
            Expr::Position { expr, r#in } => self.named_call("strpos", &[r#in, expr], expr),
            Expr::Floor { expr: of, field } if place::is_plain_rounding(field) => self.named_call("floor", &[of], of),
            Expr::Ceil { expr: of, field } if place::is_plain_rounding(field) => self.named_call("ceil", &[of], of),
            Expr::Extract { field, expr, .. } => {
                let name = field.to_string().to_lowercase();
                self.named_call(&name, &[expr], expr)
            }
            Expr::AtTimeZone { timestamp, time_zone } => {
                let (at, zone) = (self.translate(timestamp)?, self.translate(time_zone)?);
                if !matches!(at.kind, Kind::Timestamp | Kind::Zoned) || zone.kind != Kind::Varchar {
                    let message = "Type of value must be a time or timestamp with or without time zone";
                    return Err(Failure::at("TYPE_MISMATCH", place::of(expr), message));
                }
                let arguments = vec![at.to(&Kind::Zoned), zone.expression];
                Ok(Typed::new(call("at_timezone", time::at_zone, arguments), Kind::Zoned))
            }
            other => Err(Failure::missing(format!("the expression `{}`", place::short(&other.to_string())))),
        }
    }

    /// What GROUP BY has made of an expression.
    fn grouped(&mut self, expr: &Expr) -> Option<Typed> {
        self.aggregation.as_ref()?;
        if matches!(expr, Expr::Subquery(_) | Expr::Exists { .. } | Expr::InSubquery { .. } | Expr::Value(_)) {
            return None;
        }
        let plain = self.ungrouped(|this| {
            // queries within are planned once, by whoever takes the parts
            let planned = this.planner.planned();
            let plain = this.translate(expr);
            (this.planner.planned() == planned).then_some(plain)
        });
        let plain = plain?.ok()?;
        self.aggregation.as_ref()?.group(&plain.expression)
    }

    fn column(&mut self, parts: &[Ident], expr: &Expr) -> Result<Typed, Failure> {
        let names: Vec<String> = parts.iter().map(name_of).collect();
        let span = place::of(expr);
        let variable = names.first().and_then(|first| self.variables.iter().rposition(|(name, _)| name == first));
        if let Some(number) = variable {
            let kind = self.variables.get(number).map_or(Kind::Unknown, |(_, kind)| kind.clone());
            return fields(Typed::new(Expression::Variable(number), kind), names.get(1..).unwrap_or_default(), span);
        }
        if let Some((number, taken)) = self.scope.resolve(&names, span)? {
            let kind = self.scope.fields.get(number).map_or(Kind::Unknown, |field| field.kind.clone());
            let mut column = Typed::new(Expression::Column(number), kind);
            if let Some(aggregation) = &self.aggregation {
                column = aggregation.group(&column.expression).ok_or_else(|| {
                    let message = format!(
                        "'{}' must be an aggregate expression or appear in GROUP BY clause",
                        place::short(&expr.to_string())
                    );
                    Failure::at("EXPRESSION_NOT_AGGREGATE", span, message)
                })?;
            }
            return fields(column, names.get(taken..).unwrap_or_default(), span);
        }
        if let ([name], true) = (names.as_slice(), parts.iter().all(|part| part.quote_style.is_none()))
            && let Some(constant) = self.planner.constant(name)
        {
            return Ok(constant);
        }
        let name = names.join(".");
        if self.planner.is_outer(&names) {
            return Err(Failure::missing(format!("a query within that looks at `{name}` of the query around it")));
        }
        let message =
            format!("Column '{name}' cannot be resolved or requester is not authorized to access requested resources");
        Err(Failure::at("COLUMN_NOT_FOUND", span, message))
    }

    fn access(&mut self, root: &Expr, chain: &[AccessExpr]) -> Result<Typed, Failure> {
        let mut typed = self.translate(root)?;
        for step in chain {
            typed = match step {
                AccessExpr::Dot(Expr::Identifier(ident)) => fields(typed, &[name_of(ident)], ident.span)?,
                AccessExpr::Subscript(Subscript::Index { index }) => {
                    let index = self.translate(index)?;
                    self.element(typed, index, place::of(root), false)?
                }
                other => {
                    return Err(Failure::missing(format!(
                        "`{}` behind an expression",
                        place::short(&other.to_string())
                    )));
                }
            };
        }
        Ok(typed)
    }

    /// An element of an array or a map.
    pub(crate) fn element(&self, of: Typed, index: Typed, span: Span, or_null: bool) -> Result<Typed, Failure> {
        let (kind, index) = match &of.kind {
            Kind::Array(element) if matches!(index.kind, Kind::Integer | Kind::Bigint) => {
                ((**element).clone(), index.to(&Kind::Bigint))
            }
            Kind::Map(key, value) if index.kind.common(key).as_ref() == Some(&**key) => {
                let key = (**key).clone();
                ((**value).clone(), index.to(&key))
            }
            Kind::Row(fields) => return row_element(&of, fields, &index, span),
            other => {
                let message = format!("Cannot use {} for subscript of {other}", index.kind);
                return Err(Failure::at("TYPE_MISMATCH", span, message));
            }
        };
        let (name, compute): (_, Compute) =
            if or_null { ("element_at", collection::element_at) } else { ("subscript", collection::subscript) };
        Ok(Typed::new(call(name, compute, vec![of.expression, index]), kind))
    }

    /// A chain of AND or OR, however long.
    fn connected(&mut self, expr: &Expr) -> Result<Typed, Failure> {
        let Expr::BinaryOp { op: connective, .. } = expr else { return Err(Failure::missing("this expression")) };
        let (mut parts, mut at) = (Vec::new(), expr);
        while let Expr::BinaryOp { left, op, right } = at
            && op == connective
        {
            parts.push(&**right);
            at = left;
        }
        parts.push(at);
        let name = if *connective == BinaryOperator::And { "AND" } else { "OR" };
        let terms: Result<Vec<Expression>, Failure> = parts
            .into_iter()
            .rev()
            .map(|part| self.truth(part, &format!("Logical expression term of {name}")))
            .collect();
        let terms = terms?;
        let whole = if name == "AND" { Expression::And(terms) } else { Expression::Or(terms) };
        Ok(Typed::new(whole, Kind::Boolean))
    }

    /// A chain of other operators, from the left.
    fn operators(&mut self, expr: &Expr) -> Result<Typed, Failure> {
        let (mut steps, mut at) = (Vec::new(), expr);
        while let Expr::BinaryOp { left, op, right } = at
            && !matches!(op, BinaryOperator::And | BinaryOperator::Or)
        {
            steps.push((op, &**right));
            at = left;
            // what GROUP BY names is taken as a whole
            if self.grouped(at).is_some() {
                break;
            }
        }
        let (span, mut whole) = (place::of(at), self.translate(at)?);
        for (op, right) in steps.into_iter().rev() {
            let right = self.translate(right)?;
            whole = binary(whole, op, right, span)?;
        }
        Ok(whole)
    }

    fn unary(&mut self, op: &UnaryOperator, inner: &Expr) -> Result<Typed, Failure> {
        match op {
            UnaryOperator::Not => {
                let truth = self.truth(inner, "Value of logical NOT expression")?;
                Ok(Typed::new(truth.negated(true), Kind::Boolean))
            }
            UnaryOperator::Minus => {
                if let Expr::Value(value) = inner
                    && let Literal::Number(digits, _) = &value.value
                {
                    return literal::number(&format!("-{digits}"));
                }
                let typed = self.translate(inner)?;
                let zero = match &typed.kind {
                    Kind::Double => Typed::constant(Value::Double(-0.0), Kind::Double),
                    Kind::Span | Kind::Months => Typed::constant(Value::Span(0), typed.kind.clone()),
                    _ => Typed::constant(Value::Integer(0), Kind::Integer),
                };
                binary(zero, &BinaryOperator::Minus, typed, place::of(inner))
            }
            UnaryOperator::Plus => self.translate(inner),
            other => Err(Failure::missing(format!("the operator {other}"))),
        }
    }

    /// Two expressions brought to one type.
    pub(crate) fn alike(
        &mut self,
        left: &Expr,
        right: &Expr,
        sign: &str,
    ) -> Result<(Expression, Expression, Kind), Failure> {
        let (first, second) = (self.translate(left)?, self.translate(right)?);
        let kind = first
            .kind
            .common(&second.kind)
            .ok_or_else(|| mismatch(&first.kind, sign, &second.kind, place::of(left)))?;
        Ok((first.to(&kind), second.to(&kind), kind))
    }

    fn same(&mut self, left: &Expr, right: &Expr, negated: bool) -> Result<Typed, Failure> {
        let (left, right, _) = self.alike(left, right, "IS DISTINCT FROM")?;
        Ok(Typed::new(Expression::IsSame(Box::new(left), Box::new(right)).negated(negated), Kind::Boolean))
    }

    fn in_list(&mut self, expr: &Expr, list: &[Expr], negated: bool) -> Result<Typed, Failure> {
        let span = place::of(expr);
        let value = self.translate(expr)?;
        let others: Vec<Typed> = list.iter().map(|one| self.translate(one)).collect::<Result<_, _>>()?;
        let mut kind = value.kind.clone();
        for other in &others {
            kind = kind.common(&other.kind).ok_or_else(|| {
                let message = format!("IN value and list items must be the same type: {kind}, {}", other.kind);
                Failure::at("TYPE_MISMATCH", span, message)
            })?;
        }
        let others = others.into_iter().map(|other| other.to(&kind)).collect();
        Ok(Typed::new(Expression::In(Box::new(value.to(&kind)), others).negated(negated), Kind::Boolean))
    }

    fn between(&mut self, expr: &Expr, low: &Expr, high: &Expr, negated: bool) -> Result<Typed, Failure> {
        let span = place::of(expr);
        let (value, low, high) = (self.translate(expr)?, self.translate(low)?, self.translate(high)?);
        let least = binary(value.clone(), &BinaryOperator::GtEq, low, span)?.expression;
        let most = binary(value, &BinaryOperator::LtEq, high, span)?.expression;
        Ok(Typed::new(Expression::And(vec![least, most]).negated(negated), Kind::Boolean))
    }

    fn like(&mut self, expr: &Expr, pattern: &Expr, escape: Option<&Expr>, negated: bool) -> Result<Typed, Failure> {
        let text = |typed: Typed, what: &str| match typed.kind {
            Kind::Varchar | Kind::Unknown => Ok(typed.expression),
            kind => {
                let message = format!("{what} must evaluate to a varchar: actual type {kind}");
                Err(Failure::at("TYPE_MISMATCH", place::of(expr), message))
            }
        };
        let value = text(self.translate(expr)?, "Left side of LIKE expression")?;
        let pattern = text(self.translate(pattern)?, "Pattern for LIKE expression")?;
        let escape = escape.map(|escape| self.translate(escape)).transpose()?;
        let escape = escape.map(|escape| text(escape, "Escape for LIKE expression")).transpose()?;
        let pattern = Pattern::like(pattern, escape)?;
        Ok(Typed::new(Expression::Matches(Box::new(value), pattern).negated(negated), Kind::Boolean))
    }

    pub(crate) fn array(&mut self, parts: &[Expr]) -> Result<Typed, Failure> {
        let parts: Vec<Typed> = parts.iter().map(|part| self.translate(part)).collect::<Result<_, _>>()?;
        let kind = common(&parts)?;
        let parts = parts.into_iter().map(|part| part.to(&kind)).collect();
        Ok(Typed::new(Expression::Array(parts), Kind::Array(Box::new(kind))))
    }

    pub(crate) fn row(&mut self, parts: &[Expr]) -> Result<Typed, Failure> {
        let parts: Vec<Typed> = parts.iter().map(|part| self.translate(part)).collect::<Result<_, _>>()?;
        let kinds = parts.iter().map(|part| (None, part.kind.clone())).collect();
        let parts = parts.into_iter().map(|part| part.expression).collect();
        Ok(Typed::new(Expression::Row(parts), Kind::Row(kinds)))
    }

    fn cast(
        &mut self,
        kind: &sqlparser::ast::CastKind,
        expr: &Expr,
        data_type: &sqlparser::ast::DataType,
    ) -> Result<Typed, Failure> {
        use sqlparser::ast::CastKind;
        let (typed, to) = (self.translate(expr)?, literal::kind(data_type)?);
        cast::check(&typed.kind, &to)?;
        let from = typed.kind.clone();
        let cast = match from == to {
            true => typed.expression,
            false => Expression::Cast(Box::new(typed.expression), from, to.clone()),
        };
        let cast = match kind {
            CastKind::Cast => cast,
            CastKind::TryCast => Expression::Try(Box::new(cast)),
            CastKind::SafeCast | CastKind::DoubleColon => return Err(Failure::missing("this form of CAST")),
        };
        Ok(Typed::new(cast, to))
    }
}

/// The type that all become.
pub(crate) fn common(parts: &[Typed]) -> Result<Kind, Failure> {
    parts.iter().try_fold(Kind::Unknown, |kind, part| {
        kind.common(&part.kind).ok_or_else(|| {
            Failure::new("TYPE_MISMATCH", format!("All values must be the same type: {kind}, {}", part.kind))
        })
    })
}

/// Members of rows within rows.
fn fields(mut typed: Typed, names: &[String], span: Span) -> Result<Typed, Failure> {
    for name in names {
        let Kind::Row(members) = &typed.kind else {
            return Err(Failure::at("TYPE_MISMATCH", span, format!("Expression is not of type ROW: {}", typed.kind)));
        };
        let found = members.iter().enumerate().find(|(_, (member, _))| member.as_ref() == Some(name));
        let Some((number, (_, kind))) = found else {
            let message = format!(
                "Column '{name}' cannot be resolved or requester is not authorized to access requested resources"
            );
            return Err(Failure::at("COLUMN_NOT_FOUND", span, message));
        };
        let kind = kind.clone();
        typed = Typed::new(Expression::Field(Box::new(typed.expression), number), kind);
    }
    Ok(typed)
}

fn row_element(of: &Typed, fields: &[(Option<String>, Kind)], index: &Typed, span: Span) -> Result<Typed, Failure> {
    let Expression::Constant(Value::Integer(number)) = index.expression else {
        return Err(Failure::at("TYPE_MISMATCH", span, "Subscript expression on ROW requires a constant index"));
    };
    let number = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    let field = number.and_then(|number| Some((number, fields.get(number)?)));
    let (number, (_, kind)) =
        field.ok_or_else(|| Failure::at("INVALID_FUNCTION_ARGUMENT", span, "Invalid subscript index"))?;
    Ok(Typed::new(Expression::Field(Box::new(of.expression.clone()), number), kind.clone()))
}
