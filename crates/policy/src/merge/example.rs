//! Requests made of a statement's own texts. One that is allowed with the statement and not without it spares the search for a proof.

use std::borrow::Cow;

use crate::evaluate::{Decision, Permissions};
use crate::operator::{Comparison, Operator};
use crate::policy::{Condition, Policy, Statement};
use crate::prepare::Prepared;
use crate::request::{Context, Request};

/// How many actions, resources and values are tried for an example.
const TRIES: usize = 4;

/// What stands for a star in an example: hardly a pattern names it.
const RUN: &str = "xq7";

/// Whether some plain request is allowed by the Allow and not without it. A `false` may also mean "not found".
pub(super) fn is_needed(alone: &Policy, without: &Policy) -> bool {
    let prepare = |policy: &Policy| Some(Permissions::of(vec![Prepared::new("", policy).ok()?]));
    let (Some(it), Some(without_it), [statement]) = (prepare(alone), prepare(without), alone.statements.as_slice())
    else {
        return false;
    };
    let actions = actions(statement, without);
    let resources = resources(statement, without);
    let most_values = statement.conditions.iter().map(|condition| condition.values.len()).max().unwrap_or(1);
    let contexts = (0..most_values.clamp(1, TRIES)).flat_map(|number| {
        let few = context(statement, number);
        // others may be about requests that lack a key
        let many = with_all_keys(few.clone(), statement, without);
        [Some(few), many].into_iter().flatten()
    });
    contexts.into_iter().any(|context| {
        actions.iter().any(|action| {
            resources.iter().any(|resource| {
                let mut request = Request::new(action, resource);
                request.context = context.clone();
                // what is denied stays so with the statement
                it.allows(&request) && matches!(without_it.evaluate(&request), Decision::NotAllowed(_))
            })
        })
    })
}

/// Actions to try: those that the fewest other statements name.
fn actions(statement: &Statement, without: &Policy) -> Vec<String> {
    if statement.action.negated {
        return vec!["xq7:Xq7".to_owned()];
    }
    let others = || without.statements.iter().filter(|other| !other.action.negated);
    let named_by = |action: &str| others().filter(|other| other.action.patterns().any(|text| text == action)).count();
    let mut actions: Vec<(usize, &str)> =
        statement.action.patterns().map(|action| (named_by(action), action)).collect();
    actions.sort_by_key(|(named_by, _)| *named_by);
    actions.into_iter().take(TRIES).map(|(_, action)| example(action)).collect()
}

/// Resources to try. Where other statements are about all but some resources, also such as those leave out.
fn resources(statement: &Statement, without: &Policy) -> Vec<String> {
    let Some(clause) = statement.resource.as_ref().filter(|clause| !clause.negated) else {
        return vec![RUN.to_owned()];
    };
    let negated = without.statements.iter().filter_map(|other| other.resource.as_ref()).filter(|other| other.negated);
    let ends = negated.flat_map(|other| other.patterns()).filter_map(|pattern| pattern.rsplit(':').next());
    let mut runs: Vec<String> = ends.map(|end| example(&generalised(end))).take(TRIES).collect();
    runs.insert(0, RUN.to_owned());
    let patterns = clause.patterns().take(TRIES);
    patterns.flat_map(|pattern| runs.iter().map(move |run| with_run(&generalised(pattern), run))).collect()
}

/// A context in which the conditions may hold, made of their values with this number.
fn context(statement: &Statement, number: usize) -> Context {
    let mut context = Context::new();
    for condition in &statement.conditions {
        if let Some(value) = value(condition, number, &context) {
            context.set(&condition.key, [value]);
        }
    }
    // a variable's value is what stands for it in the example
    let values = statement.conditions.iter().flat_map(|condition| &condition.values).map(|value| value.text());
    let texts = statement.resource.iter().flat_map(|clause| clause.patterns()).chain(values);
    for name in texts.flat_map(|text| text.split("${").skip(1)).filter_map(|part| part.split(['}', ',']).next()) {
        if context.values(name.trim()).is_none() {
            context.set(name.trim(), [RUN]);
        }
    }
    context
}

/// The context with a value for each key that only the other statements are about; `None` if there is none.
fn with_all_keys(mut context: Context, statement: &Statement, without: &Policy) -> Option<Context> {
    let mut is_larger = false;
    for condition in without.statements.iter().flat_map(|other| &other.conditions) {
        let own = statement.conditions.iter().any(|own| own.key.eq_ignore_ascii_case(&condition.key));
        if !own && context.values(&condition.key).is_none() {
            context.set(&condition.key, [RUN]);
            is_larger = true;
        }
    }
    is_larger.then_some(context)
}

/// A value with which the condition may hold; `None` where the key is better left out.
fn value(condition: &Condition, number: usize, context: &Context) -> Option<String> {
    let operator = Operator::parse(&condition.operator)?;
    let value = condition.values.get(number % condition.values.len().max(1)).map_or("x", |value| value.text());
    match operator.comparison {
        Comparison::Null if value == "true" || context.values(&condition.key).is_some() => None,
        comparison if comparison.negates().is_some() => None,
        Comparison::IpAddress => Some(value.split('/').next().unwrap_or(value).to_owned()),
        _ => Some(example(&generalised(value))),
    }
}

/// The pattern with any text in place of its variables and escapes.
pub(super) fn generalised(pattern: &str) -> Cow<'_, str> {
    if !pattern.contains("${") {
        return Cow::Borrowed(pattern);
    }
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    while let Some((before, inside)) = rest.split_once("${") {
        out.push_str(before);
        out.push('*');
        rest = inside.split_once('}').map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// A text that the pattern matches and hardly any other does.
pub(super) fn example(pattern: &str) -> String {
    with_run(pattern, RUN)
}

fn with_run(pattern: &str, run: &str) -> String {
    pattern.replace('*', run).replace('?', "x")
}
