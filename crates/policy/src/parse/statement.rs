//! One statement.

use super::Parser;
use crate::json::{Member, Node, Value};
use crate::nearest::{did_you_mean, nearest};
use crate::policy::{Clause, Condition, Effect, Principal, PrincipalClause, Scalar, Statement};
use crate::problem::Problem;
use crate::span::{Place, Span, Spanned, Text};

const STATEMENT_ELEMENTS: [&str; 9] =
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];

const PRINCIPAL_TYPES: [&str; 4] = ["AWS", "Service", "Federated", "CanonicalUser"];

/// The elements of a statement as they are found. The positive and the negated form of an element share a place.
#[derive(Default)]
struct Elements {
    sid: Option<Text>,
    effect: Option<Spanned<Effect>>,
    has_effect: bool,
    principal: Option<(Span, PrincipalClause)>,
    action: Option<(Span, Clause)>,
    resource: Option<(Span, Clause)>,
    conditions: Vec<Condition>,
}

impl Parser {
    pub(super) fn statement(&mut self, node: Node) -> Option<Statement> {
        let span = node.span;
        let Value::Object(members) = node.value else {
            self.wrong_type(&node, "a statement", "an object");
            return None;
        };
        let mut elements = Elements::default();
        for Member { name, value } in members {
            self.element(&mut elements, name, value);
        }
        // the opening brace stands for the statement where something is missing from it
        let start = Span::new(span.start, span.start + 1);
        if !elements.has_effect {
            let problem = Problem::error("missing-element", start, "the statement has no `Effect`");
            self.report(problem.help("add \"Effect\": \"Allow\" or \"Effect\": \"Deny\""));
        }
        if elements.action.is_none() {
            let problem =
                Problem::error("missing-element", start, "the statement has neither `Action` nor `NotAction`");
            self.report(problem.help("say what it is about: \"Action\": \"service:Name\""));
        }
        Some(Statement {
            place: Place::new((), span),
            sid: elements.sid,
            effect: elements.effect?,
            principal: elements.principal.map(|(_, clause)| clause),
            action: elements.action?.1,
            resource: elements.resource.map(|(_, clause)| clause),
            conditions: elements.conditions,
        })
    }

    fn element(&mut self, elements: &mut Elements, name: Text, value: Node) {
        match name.as_str() {
            "Sid" => elements.sid = self.string(value, "`Sid`"),
            "Effect" => {
                elements.has_effect = true;
                elements.effect = self.effect(value);
            }
            "Principal" | "NotPrincipal" => {
                let negated = name.value == "NotPrincipal";
                if let Some(who) = self.principal(value, &name) {
                    let first = elements.principal.as_ref().map(|(span, _)| *span);
                    self.not_both(first, &name, "Principal");
                    elements.principal =
                        Some((name.span, PrincipalClause { negated, who, place: Place::new((), name.span) }));
                }
            }
            "Action" | "NotAction" => {
                let first = elements.action.as_ref().map(|(span, _)| *span);
                self.not_both(first, &name, "Action");
                elements.action = Some((name.span, self.clause(value, &name)));
            }
            "Resource" | "NotResource" => {
                let first = elements.resource.as_ref().map(|(span, _)| *span);
                self.not_both(first, &name, "Resource");
                elements.resource = Some((name.span, self.clause(value, &name)));
            }
            "Condition" => elements.conditions = self.conditions(value),
            _ => self.unknown_element(&name, &STATEMENT_ELEMENTS, "the statement"),
        }
    }

    /// A duplicate of the same name was already reported by the JSON reader, and makes the policy unusable anyway.
    fn not_both(&mut self, first: Option<Span>, name: &Text, positive: &str) {
        if let Some(first) = first {
            let message = format!("a statement cannot have both `{positive}` and `Not{positive}`");
            let already =
                self.problems.iter().any(|problem| problem.rule == "duplicate-key" && problem.span == name.span);
            if !already {
                self.report(Problem::error("conflicting-elements", name.span, message).related(first, "the other one"));
            }
        }
    }

    fn effect(&mut self, node: Node) -> Option<Spanned<Effect>> {
        let text = self.string(node, "`Effect`")?;
        let effect = match text.as_str() {
            "Allow" => Effect::Allow,
            "Deny" => Effect::Deny,
            other => {
                let help = match nearest(other, ["Allow", "Deny"], 1).as_slice() {
                    [close] if close.eq_ignore_ascii_case(other) => format!("letter case matters: write \"{close}\""),
                    close => did_you_mean(close).unwrap_or_else(|| "write \"Allow\" or \"Deny\"".to_owned()),
                };
                self.report(Problem::error("unknown-effect", text.span, format!("no effect `{other}`")).help(help));
                return None;
            }
        };
        Some(Spanned::new(effect, text.span))
    }

    fn clause(&mut self, node: Node, name: &Text) -> Clause {
        let place = Place::new((), node.span);
        let values = self.strings(node, &format!("`{}`", name.value));
        Clause { negated: name.starts_with("Not"), values, place }
    }

    fn principal(&mut self, node: Node, name: &Text) -> Option<Principal> {
        let what = format!("`{}`", name.value);
        match node.value {
            Value::String(text) if text == "*" => Some(Principal::Everyone),
            Value::String(text) => {
                let problem =
                    Problem::error("principal-form", node.span, format!("a principal cannot be the string `{text}`"));
                self.report(
                    problem.help("write \"*\" or an object such as {\"AWS\": \"arn:aws:iam::111122223333:root\"}"),
                );
                None
            }
            Value::Object(members) => {
                let mut listed = Vec::new();
                for Member { name, value } in members {
                    if PRINCIPAL_TYPES.contains(&name.as_str()) {
                        let what = format!("the principal type `{}`", name.value);
                        let values = self.strings(value, &what);
                        listed.push((name, values));
                    } else {
                        self.unknown_element(&name, &PRINCIPAL_TYPES, "a principal");
                    }
                }
                Some(Principal::Listed(listed))
            }
            _ => {
                self.wrong_type(&node, &what, "\"*\" or an object");
                None
            }
        }
    }

    fn conditions(&mut self, node: Node) -> Vec<Condition> {
        let Value::Object(members) = node.value else {
            self.wrong_type(&node, "`Condition`", "an object of operators");
            return Vec::new();
        };
        let mut conditions = Vec::new();
        for Member { name: operator, value } in members {
            let Value::Object(keys) = value.value else {
                let what = format!("the operator `{}`", operator.value);
                self.wrong_type(&value, &what, "an object of condition keys");
                continue;
            };
            if keys.is_empty() {
                let message = format!("the operator `{}` holds no condition key", operator.value);
                self.report(Problem::warning("empty-condition", operator.span, message).help("remove it"));
            }
            for Member { name: key, value } in keys {
                let values = self.condition_values(value, &key);
                conditions.push(Condition { operator: operator.clone(), key, values });
            }
        }
        conditions
    }

    fn condition_values(&mut self, node: Node, key: &Text) -> Vec<Spanned<Scalar>> {
        let items = match node.value {
            Value::Array(items) => items,
            value => vec![Node { span: node.span, value }],
        };
        let mut values = Vec::new();
        for Node { span, value } in items {
            let scalar = match value {
                Value::String(text) => Scalar::String(text),
                Value::Number(text) => Scalar::Number(text),
                Value::Bool(flag) => Scalar::Bool(flag),
                value => {
                    let node = Node { span, value };
                    self.wrong_type(
                        &node,
                        &format!("a value of the condition key `{}`", key.value),
                        "a string, number or boolean",
                    );
                    continue;
                }
            };
            values.push(Spanned::new(scalar, span));
        }
        values
    }
}
