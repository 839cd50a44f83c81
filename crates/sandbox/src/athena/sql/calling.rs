//! Calls of functions: those with rules of their own, and all others by their signatures.

use sqlparser::ast::{
    CaseWhen, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentList, FunctionArguments, LambdaFunction,
    ObjectNamePart, OneOrManyWithParens,
};

use super::aggregate;
use super::expression::{Comparison, Each, Expression};
use super::failure::Failure;
use super::function::{Scalar, signatures};
use super::kind::Kind;
use super::pattern::Pattern;
use super::translate::{Compute, Translator, Typed, call, common, name_of};
use super::value::Value;
use super::{collection, json, place};

/// Its name in lower case, and its arguments as they are written.
pub(crate) struct Called<'f> {
    pub(crate) name: String,
    pub(crate) arguments: Vec<&'f Expr>,
    /// `count(*)`
    pub(crate) of_rows: bool,
}

/// What a call says.
pub(crate) fn called(function: &Function) -> Result<Called<'_>, Failure> {
    let [ObjectNamePart::Identifier(ident)] = function.name.0.as_slice() else {
        return Err(Failure::missing(format!("the function {}", function.name)));
    };
    let name = name_of(ident);
    let mut arguments = Vec::new();
    let mut of_rows = false;
    match &function.args {
        FunctionArguments::None => {}
        FunctionArguments::Subquery(_) => return Err(Failure::missing("a query as an argument")),
        FunctionArguments::List(list) => {
            for argument in &list.args {
                match argument {
                    FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => arguments.push(expr),
                    FunctionArg::Unnamed(FunctionArgExpr::Wildcard) => of_rows = true,
                    _ => return Err(Failure::missing(format!("an argument of {name} with a name"))),
                }
            }
        }
    }
    Ok(Called { name, arguments, of_rows })
}

/// What belongs to aggregates only.
pub(crate) fn is_plain(function: &Function) -> bool {
    let plain = |list: &FunctionArgumentList| list.duplicate_treatment.is_none() && list.clauses.is_empty();
    let list = if let FunctionArguments::List(list) = &function.args { plain(list) } else { true };
    list && function.filter.is_none()
        && function.over.is_none()
        && function.within_group.is_empty()
        && function.null_treatment.is_none()
}

impl Translator<'_, '_> {
    pub(crate) fn function(&mut self, function: &Function, expr: &Expr) -> Result<Typed, Failure> {
        let Called { name, arguments, of_rows } = called(function)?;
        if function.over.is_some() {
            return Err(Failure::missing(format!("window functions: {name}(…) OVER")));
        }
        if !matches!(function.parameters, FunctionArguments::None) || function.uses_odbc_syntax {
            return Err(Failure::missing(format!("this form of {name}")));
        }
        if aggregate::is_aggregate(&name) {
            return self.aggregate(function, &name, &arguments, of_rows, expr);
        }
        if of_rows || !is_plain(function) {
            return Err(Failure::missing(format!("this form of {name}")));
        }
        self.named_call(&name, &arguments, expr)
    }

    /// A call of a function that is no aggregate.
    pub(crate) fn named_call(&mut self, name: &str, arguments: &[&Expr], expr: &Expr) -> Result<Typed, Failure> {
        if let ([], Some(constant)) = (arguments, self.planner.constant(name)) {
            return Ok(constant);
        }
        match (name, arguments) {
            ("coalesce", [_, ..]) => self.coalesce(arguments),
            ("nullif", [left, right]) => {
                let kind = self.translate(left)?.kind;
                let (left, right, _) = self.alike(left, right, "=")?;
                Ok(Typed::new(Expression::NullIf(Box::new(left), Box::new(right)), kind))
            }
            ("if", [condition, then]) => self.choice(&[(condition, then)], None),
            ("if", [condition, then, otherwise]) => self.choice(&[(condition, then)], Some(otherwise)),
            ("try", [of]) => {
                let of = self.translate(of)?;
                Ok(Typed::new(Expression::Try(Box::new(of.expression)), of.kind))
            }
            ("row", [_, ..]) => {
                let parts: Vec<Expr> = arguments.iter().copied().cloned().collect();
                self.row(&parts)
            }
            ("transform" | "filter" | "any_match" | "all_match" | "none_match", [array, lambda]) => {
                self.each(name, array, lambda)
            }
            ("reduce", [array, start, step, end]) => self.reduce(array, start, step, end),
            ("element_at", [of, index]) => {
                let (of, index) = (self.translate(of)?, self.translate(index)?);
                if matches!(of.kind, Kind::Row(_)) {
                    return Err(Failure::missing("element_at of a row"));
                }
                self.element(of, index, place::of(expr), true)
            }
            ("date", [of]) => {
                let of = self.translate(of)?;
                super::cast::check(&of.kind, &Kind::Date)?;
                let from = of.kind.clone();
                let cast = Expression::Cast(Box::new(of.expression), from, Kind::Date);
                Ok(Typed::new(cast, Kind::Date))
            }
            ("greatest" | "least", [_, ..]) => self.extreme(name, arguments),
            ("regexp_like" | "regexp_replace" | "regexp_extract", [_, _, ..]) => self.regular(name, arguments),
            ("json_extract" | "json_extract_scalar", [of, path]) => self.json_extract(name, of, path),
            _ => match self.of_collections(name, arguments)? {
                Some(typed) => Ok(typed),
                None => self.by_signature(name, arguments, expr),
            },
        }
    }

    fn translated(&mut self, arguments: &[&Expr]) -> Result<Vec<Typed>, Failure> {
        arguments.iter().map(|argument| self.translate(argument)).collect()
    }

    fn by_signature(&mut self, name: &str, arguments: &[&Expr], expr: &Expr) -> Result<Typed, Failure> {
        let mut known = signatures(name).peekable();
        if known.peek().is_none() {
            if super::names::is_of_trino(name) {
                return Err(Failure::missing(format!("the function {name}")));
            }
            return Err(Failure::at(
                "FUNCTION_NOT_FOUND",
                place::of(expr),
                format!("Function '{name}' not registered"),
            ));
        }
        let given = self.translated(arguments)?;
        for signature in known.filter(|signature| signature.wants.len() == given.len()) {
            let pairs = signature.wants.iter().zip(&given);
            let targets: Option<Vec<Kind>> = pairs.map(|(want, typed)| want.target(&typed.kind)).collect();
            let Some(targets) = targets else { continue };
            let kinds: Vec<Kind> = given.iter().map(|typed| typed.kind.clone()).collect();
            let kind = signature.gives.kind(&kinds);
            let arguments = given.into_iter().zip(&targets).map(|(typed, target)| typed.to(target)).collect();
            return Ok(Typed::new(call(signature.name, signature.compute, arguments), kind));
        }
        let kinds: Vec<String> = given.iter().map(|typed| typed.kind.to_string()).collect();
        let message = format!("Unexpected parameters ({}) for function {name}", kinds.join(", "));
        Err(Failure::at("FUNCTION_NOT_FOUND", place::of(expr), message))
    }

    /// Functions of arrays and maps, whose elements and arguments come to one type.
    fn of_collections(&mut self, name: &str, arguments: &[&Expr]) -> Result<Option<Typed>, Failure> {
        let listed: (&'static str, Compute) = match name {
            "concat" => ("||", collection::concat),
            "contains" => ("contains", collection::contains),
            "array_position" => ("array_position", collection::array_position),
            "array_remove" => ("array_remove", collection::array_remove),
            "array_union" => ("array_union", collection::array_union),
            "array_intersect" => ("array_intersect", collection::array_intersect),
            "array_except" => ("array_except", collection::array_except),
            "arrays_overlap" => ("arrays_overlap", collection::arrays_overlap),
            "cardinality" => ("cardinality", collection::cardinality),
            "map" => ("map", collection::map),
            "map_keys" => ("map_keys", collection::map_keys),
            "map_values" => ("map_values", collection::map_values),
            _ => return Ok(None),
        };
        let given = self.translated(arguments)?;
        let wrong = || {
            let kinds: Vec<String> = given.iter().map(|typed| typed.kind.to_string()).collect();
            let message = format!("Unexpected parameters ({}) for function {name}", kinds.join(", "));
            Failure::new("FUNCTION_NOT_FOUND", message)
        };
        let kinds: Vec<&Kind> = given.iter().map(|typed| &typed.kind).collect();
        let (targets, kind): (Vec<Kind>, Kind) = match (name, kinds.as_slice()) {
            ("concat", [_, _, ..]) => {
                let all = common(&given).map_err(|_| wrong())?;
                if !matches!(all, Kind::Array(_) | Kind::Varchar) {
                    return Err(wrong());
                }
                (vec![all.clone(); given.len()], all)
            }
            ("contains" | "array_position" | "array_remove", [Kind::Array(element), what]) => {
                let element = element.common(what).ok_or_else(wrong)?;
                let list = Kind::Array(Box::new(element.clone()));
                let result = match name {
                    "contains" => Kind::Boolean,
                    "array_position" => Kind::Bigint,
                    _ => list.clone(),
                };
                (vec![list, element], result)
            }
            (
                "array_union" | "array_intersect" | "array_except" | "arrays_overlap",
                [Kind::Array(_), Kind::Array(_)],
            ) => {
                let all = common(&given).map_err(|_| wrong())?;
                let result = if name == "arrays_overlap" { Kind::Boolean } else { all.clone() };
                (vec![all.clone(); 2], result)
            }
            ("cardinality", [of @ (Kind::Array(_) | Kind::Map(..))]) => (vec![Kind::clone(of)], Kind::Bigint),
            ("map", []) => (Vec::new(), Kind::Map(Box::new(Kind::Unknown), Box::new(Kind::Unknown))),
            ("map", [keys @ Kind::Array(key), values @ Kind::Array(value)]) => {
                (vec![Kind::clone(keys), Kind::clone(values)], Kind::Map(key.clone(), value.clone()))
            }
            ("map_keys", [of @ Kind::Map(key, _)]) => (vec![Kind::clone(of)], Kind::Array(key.clone())),
            ("map_values", [of @ Kind::Map(_, value)]) => (vec![Kind::clone(of)], Kind::Array(value.clone())),
            _ => return Err(wrong()),
        };
        let parts = given.into_iter().zip(&targets).map(|(typed, target)| typed.to(target)).collect();
        Ok(Some(Typed::new(call(listed.0, listed.1, parts), kind)))
    }

    fn coalesce(&mut self, arguments: &[&Expr]) -> Result<Typed, Failure> {
        let parts = self.translated(arguments)?;
        let kind = common(&parts)?;
        let parts = parts.into_iter().map(|part| part.to(&kind)).collect();
        Ok(Typed::new(Expression::Coalesce(parts), kind))
    }

    fn choice(&mut self, cases: &[(&Expr, &Expr)], otherwise: Option<&Expr>) -> Result<Typed, Failure> {
        let mut conditions = Vec::new();
        let mut results = Vec::new();
        for (condition, result) in cases {
            conditions.push(self.truth(condition, "CASE WHEN clause")?);
            results.push(self.translate(result)?);
        }
        self.chosen(conditions, results, otherwise)
    }

    fn chosen(
        &mut self,
        conditions: Vec<Expression>,
        mut results: Vec<Typed>,
        otherwise: Option<&Expr>,
    ) -> Result<Typed, Failure> {
        let otherwise = otherwise.map(|otherwise| self.translate(otherwise)).transpose()?;
        results.push(otherwise.unwrap_or_else(|| Typed::constant(Value::Null, Kind::Unknown)));
        let kind = common(&results)?;
        let mut results: Vec<Expression> = results.into_iter().map(|result| result.to(&kind)).collect();
        let otherwise = results.pop().unwrap_or(Expression::Constant(Value::Null));
        let cases = conditions.into_iter().zip(results).collect();
        Ok(Typed::new(Expression::Case(cases, Box::new(otherwise)), kind))
    }

    /// `CASE`, with an operand or without.
    pub(crate) fn case(
        &mut self,
        operand: Option<&Expr>,
        cases: &[CaseWhen],
        otherwise: Option<&Expr>,
    ) -> Result<Typed, Failure> {
        let Some(operand) = operand else {
            let cases: Vec<(&Expr, &Expr)> = cases.iter().map(|case| (&case.condition, &case.result)).collect();
            return self.choice(&cases, otherwise);
        };
        let mut conditions = Vec::new();
        let mut results = Vec::new();
        for case in cases {
            let (value, other, _) = self.alike(operand, &case.condition, "=")?;
            conditions.push(Expression::Compare(Comparison::Equal, Box::new(value), Box::new(other)));
            results.push(self.translate(&case.result)?);
        }
        self.chosen(conditions, results, otherwise)
    }

    /// A null makes the whole null.
    fn extreme(&mut self, name: &str, arguments: &[&Expr]) -> Result<Typed, Failure> {
        let parts = self.translated(arguments)?;
        let kind = common(&parts)?;
        if !kind.is_orderable() || kind == Kind::Double {
            return Err(Failure::missing(format!("{name} of {kind}")));
        }
        let parts = parts.into_iter().map(|part| part.to(&kind)).collect();
        let (name, compute): (_, Compute) = if name == "greatest" {
            ("greatest", |values| Ok(values.iter().max_by(|a, b| a.order(b)).cloned().unwrap_or(Value::Null)))
        } else {
            ("least", |values| Ok(values.iter().min_by(|a, b| a.order(b)).cloned().unwrap_or(Value::Null)))
        };
        Ok(Typed::new(call(name, compute, parts), kind))
    }

    fn regular(&mut self, name: &str, arguments: &[&Expr]) -> Result<Typed, Failure> {
        let mut given = self.translated(arguments)?;
        let wanted = |number: usize| if name == "regexp_extract" && number == 2 { Kind::Bigint } else { Kind::Varchar };
        for (number, typed) in given.iter().enumerate() {
            if typed.kind.common(&wanted(number)).as_ref() != Some(&wanted(number)) {
                let message = format!("Unexpected parameters for function {name}");
                return Err(Failure::new("FUNCTION_NOT_FOUND", message));
            }
        }
        let pattern = Pattern::regular(given.remove(1).expression)?;
        let rest: Vec<Expression> =
            given.into_iter().zip([Kind::Varchar, wanted(2)]).map(|(typed, kind)| typed.to(&kind)).collect();
        match (name, rest.len()) {
            ("regexp_like", 1) => {
                let text = rest.into_iter().next().unwrap_or(Expression::Constant(Value::Null));
                Ok(Typed::new(Expression::Matches(Box::new(text), pattern), Kind::Boolean))
            }
            ("regexp_replace", 1 | 2) if arguments.len() <= 3 => {
                Ok(Typed::new(Expression::Call(Scalar::RegularReplace(pattern), rest), Kind::Varchar))
            }
            ("regexp_extract", 1 | 2) if arguments.len() <= 3 => {
                Ok(Typed::new(Expression::Call(Scalar::RegularExtract(pattern), rest), Kind::Varchar))
            }
            _ => Err(Failure::new("FUNCTION_NOT_FOUND", format!("Unexpected parameters for function {name}"))),
        }
    }

    fn json_extract(&mut self, name: &str, of: &Expr, path: &Expr) -> Result<Typed, Failure> {
        let (of, path) = (self.translate(of)?, self.translate(path)?);
        if !matches!(of.kind, Kind::Varchar | Kind::Json | Kind::Unknown) {
            let message = format!("Unexpected parameters ({}, {}) for function {name}", of.kind, path.kind);
            return Err(Failure::new("FUNCTION_NOT_FOUND", message));
        }
        let Expression::Constant(path @ Value::Text(_)) = path.expression else {
            return Err(Failure::missing(format!("{name} with a path that is not written out")));
        };
        let as_scalar = name == "json_extract_scalar";
        let steps = json::path(path.as_text())?;
        let kind = if as_scalar { Kind::Varchar } else { Kind::Json };
        Ok(Typed::new(Expression::Call(Scalar::JsonExtract(steps, as_scalar), vec![of.expression]), kind))
    }

    /// A lambda, with its variables in these types.
    fn lambda(&mut self, lambda: &Expr, kinds: &[Kind]) -> Result<Typed, Failure> {
        let Expr::Lambda(LambdaFunction { params, body, .. }) = lambda else {
            return Err(Failure::new("TYPE_MISMATCH", "Expected a lambda expression"));
        };
        let names: Vec<String> = match params {
            OneOrManyWithParens::One(param) => vec![name_of(&param.name)],
            OneOrManyWithParens::Many(params) => params.iter().map(|param| name_of(&param.name)).collect(),
        };
        if names.len() != kinds.len() {
            let message = format!("Expected a lambda that takes {} argument(s) but got {}", kinds.len(), names.len());
            return Err(Failure::at("INVALID_PARAMETER_USAGE", place::of(body), message));
        }
        let around = self.variables.len();
        self.variables.extend(names.into_iter().zip(kinds.iter().cloned()));
        let body = self.translate(body);
        self.variables.truncate(around);
        body
    }

    fn each(&mut self, name: &str, array: &Expr, lambda: &Expr) -> Result<Typed, Failure> {
        let array = self.translate(array)?;
        let Kind::Array(element) = &array.kind else {
            let message = format!("Unexpected parameters ({}, function) for function {name}", array.kind);
            return Err(Failure::new("FUNCTION_NOT_FOUND", message));
        };
        let body = self.lambda(lambda, std::slice::from_ref(element))?;
        let each = match name {
            "transform" => Each::Transform,
            "filter" => Each::Filter,
            "any_match" => Each::Any,
            "all_match" => Each::All,
            _ => Each::None,
        };
        if each != Each::Transform && !matches!(body.kind, Kind::Boolean | Kind::Unknown) {
            let message = format!("Expected a lambda that gives a boolean but got {}", body.kind);
            return Err(Failure::new("TYPE_MISMATCH", message));
        }
        let kind = match each {
            Each::Transform => Kind::Array(Box::new(body.kind)),
            Each::Filter => array.kind.clone(),
            _ => Kind::Boolean,
        };
        Ok(Typed::new(Expression::Each(each, Box::new(array.expression), Box::new(body.expression)), kind))
    }

    fn reduce(&mut self, array: &Expr, start: &Expr, step: &Expr, end: &Expr) -> Result<Typed, Failure> {
        let (array, start) = (self.translate(array)?, self.translate(start)?);
        let Kind::Array(element) = &array.kind else {
            return Err(Failure::new("FUNCTION_NOT_FOUND", "Unexpected parameters for function reduce"));
        };
        let kinds = [start.kind.clone(), Kind::clone(element)];
        let mut kind = start.kind.clone();
        let mut body = self.lambda(step, &kinds)?;
        if body.kind != kind {
            // the state is as wide as what a step makes of it
            kind = kind.common(&body.kind).ok_or_else(|| {
                Failure::new("TYPE_MISMATCH", format!("reduce begins with {kind} and goes on with {}", body.kind))
            })?;
            body = self.lambda(step, &[kind.clone(), Kind::clone(element)])?;
        }
        let end = self.lambda(end, std::slice::from_ref(&kind))?;
        let (start, body) = (start.to(&kind), body.to(&kind));
        let parts = (Box::new(array.expression), Box::new(start), Box::new(body), Box::new(end.expression));
        Ok(Typed::new(Expression::Reduce(parts.0, parts.1, parts.2, parts.3), end.kind))
    }
}
