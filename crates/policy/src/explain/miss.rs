//! Why a statement that is about a request's action does not take effect on it.

use crate::evaluate::Permissions;
use crate::policy::{Clause, Effect, Policy, Statement};
use crate::prepare::Prepared;
use crate::request::Request;
use crate::span::{Span, Spanned};

/// A statement that is about the action and does not apply all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Miss {
    /// Number of the statement, counted from 0.
    pub statement: usize,
    /// Its `Sid` or number.
    pub label: String,
    /// Its place in the text.
    pub span: Span,
    /// Whether it would allow or deny.
    pub effect: Effect,
    /// Whether the resource is another one.
    pub resource: bool,
    /// Keys of variables in its resources that the request does not have: such a resource matches nothing.
    pub variables: Vec<String>,
    /// Keys of the conditions that do not hold, with what the request says of them.
    pub conditions: Vec<(String, Option<Vec<String>>)>,
}

/// Statements of the policy that are about the request's action and do not apply to it, with what stands in the way.
#[must_use]
pub fn misses(policy: &Policy, request: &Request) -> Vec<Miss> {
    let everything = || Some(Clause::of(&["*"]));
    // each part of a statement is put on trial alone, by the evaluator itself
    let holds = |statement: Statement| {
        let statement = Statement { effect: Spanned::unplaced(Effect::Allow), principal: None, ..statement };
        let trial = Policy { declared_version: policy.declared_version, id: None, statements: vec![statement] };
        Prepared::new("", &trial).is_ok_and(|prepared| Permissions::of(vec![prepared]).allows(request))
    };
    let mut found = Vec::new();
    for (number, statement) in policy.statements.iter().enumerate() {
        let about = Statement { resource: everything(), conditions: Vec::new(), ..statement.clone() };
        if !holds(about) || holds(statement.clone()) {
            continue;
        }
        let resource = !holds(Statement { conditions: Vec::new(), ..statement.clone() });
        let failing = statement.conditions.iter().filter(|condition| {
            !holds(Statement { resource: everything(), conditions: vec![(*condition).clone()], ..statement.clone() })
        });
        let conditions = failing
            .map(|condition| (condition.key.value.clone(), request.context.values(&condition.key).map(<[_]>::to_vec)))
            .collect();
        found.push(Miss {
            statement: number,
            label: statement.label(number),
            span: statement.place.span,
            effect: statement.effect.value,
            resource,
            variables: if resource { absent_variables(statement, request) } else { Vec::new() },
            conditions,
        });
    }
    found
}

fn absent_variables(statement: &Statement, request: &Request) -> Vec<String> {
    let patterns = statement.resource.iter().flat_map(Clause::patterns);
    let names = patterns.flat_map(|pattern| pattern.split("${").skip(1)).filter_map(|part| part.split_once('}'));
    // one with a default is never absent
    let names = names.map(|(name, _)| name.trim()).filter(|name| !name.contains(',') && name.contains(':'));
    let mut absent: Vec<String> =
        names.filter(|name| request.context.values(name).is_none()).map(str::to_owned).collect();
    absent.sort_unstable();
    absent.dedup();
    absent
}
