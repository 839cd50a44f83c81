//! The last step of L0: Allows whose absence is proven to change nothing.

use std::borrow::Cow;

use super::normal::{Normal, policy};
use crate::compare::loses_nothing;
use crate::evaluate::Permissions;
use crate::glob;
use crate::operator::{Comparison, Operator, Quantifier};
use crate::policy::{Condition, Effect, Policy};
use crate::prepare::Prepared;
use crate::request::{Context, Request};

/// Bound on the work of this step.
const MAX_STEPS: usize = 60_000;

/// So many statements are tried with more than a glance; policies of so many entangled ones are rare, and each trial costs by all of them.
const MAX_TRIALS: usize = 200;

/// Drops Allows one by one whose absence is proven to change nothing. Not Denies: those also bind what other policies allow.
pub(super) fn drop_superfluous(mut statements: Vec<Normal>) -> Vec<Normal> {
    let (mut steps, mut trials) = (MAX_STEPS, MAX_TRIALS);
    let mut at = 0;
    while at < statements.len() && statements.len() > 1 && steps > 0 && trials > 0 {
        if is_superfluous(&statements, at, &mut steps, &mut trials) {
            statements.remove(at);
        } else {
            at += 1;
        }
    }
    statements
}

fn is_superfluous(statements: &[Normal], at: usize, steps: &mut usize, trials: &mut usize) -> bool {
    let Some(statement) = statements.get(at).filter(|statement| statement.effect == Effect::Allow) else {
        return false;
    };
    let others = || statements.iter().enumerate().filter(|(number, _)| *number != at).map(|(_, other)| other);
    if is_needed_at_a_glance(statement, others) {
        return false;
    }
    *trials = trials.saturating_sub(1);
    // only requests that the statement is about can make a difference, and only what else is said of those
    let without: Vec<Normal> = others().filter_map(|other| about_the_same(other, statement)).collect();
    let mut with = without.clone();
    with.push(statement.clone());
    let (with, without) = (policy(&with), policy(&without));
    if is_needed_for_an_example(statement, &with, &without) {
        return false;
    }
    // without an Allow nothing can be gained
    loses_nothing(&[with], &[without], steps)
}

/// Whether some request that the statement allows concerns no other statement. A `false` may also mean "not seen".
fn is_needed_at_a_glance<'a, I: Iterator<Item = &'a Normal>>(statement: &Normal, others: impl Fn() -> I) -> bool {
    if statement.not_action || statement.not_resource || !statement.conditions.iter().all(surely_holds_sometimes) {
        return false;
    }
    let keys: std::collections::BTreeSet<String> =
        statement.conditions.iter().map(|condition| condition.key.to_lowercase()).collect();
    if keys.len() < statement.conditions.len() {
        return false;
    }
    let resources: Vec<String> = statement.resources.iter().map(|text| example(&generalised(text))).collect();
    statement.actions.keys().map(|action| example(action)).any(|action| {
        let about: Vec<&Normal> = others().filter(|other| concerns_action(other, &action)).collect();
        resources.iter().any(|resource| !about.iter().any(|other| concerns_resource(other, resource)))
    })
}

/// How many actions, resources and values are tried for an example.
const TRIES: usize = 4;

/// Whether some plain request is allowed with the statement and not without it. A `false` may also mean "not found".
fn is_needed_for_an_example(statement: &Normal, with: &Policy, without: &Policy) -> bool {
    let prepare = |policy: &Policy| Some(Permissions::of(vec![Prepared::new("", policy).ok()?]));
    let (Some(with), Some(without)) = (prepare(with), prepare(without)) else { return false };
    let examples = |texts: &mut dyn Iterator<Item = &String>| -> Vec<String> {
        texts.take(TRIES).map(|text| example(&generalised(text))).collect()
    };
    let mut actions = examples(&mut statement.actions.keys());
    let mut resources = examples(&mut statement.resources.iter());
    if statement.not_action {
        actions = vec!["xq7:Xq7".to_owned()];
    }
    if statement.not_resource {
        resources = vec!["xq7".to_owned()];
    }
    let most_values = statement.conditions.iter().map(|condition| condition.values.len()).max().unwrap_or(1);
    (0..most_values.clamp(1, TRIES)).any(|number| {
        let context = example_context(&statement.conditions, number);
        actions.iter().any(|action| {
            resources.iter().any(|resource| {
                let mut request = Request::new(action, resource);
                request.context = context.clone();
                with.allows(&request) && !without.allows(&request)
            })
        })
    })
}

/// A context in which the conditions may hold, made of their values with this number.
fn example_context(conditions: &[Condition], number: usize) -> Context {
    let mut context = Context::new();
    for condition in conditions {
        let Some(operator) = Operator::parse(&condition.operator) else { continue };
        let value = condition.values.get(number % condition.values.len().max(1)).map_or("x", |value| value.text());
        let value = match operator.comparison {
            Comparison::Null if value == "true" => continue,
            Comparison::Null if context.values(&condition.key).is_some() => continue,
            comparison if comparison.negates().is_some() => continue,
            Comparison::IpAddress => value.split('/').next().unwrap_or(value).to_owned(),
            _ => example(&generalised(value)),
        };
        context.set(&condition.key, [value]);
    }
    context
}

/// A condition that some value, or the absence of its key, satisfies.
fn surely_holds_sometimes(condition: &Condition) -> bool {
    use Comparison as C;
    let Some(operator) = Operator::parse(&condition.operator) else { return false };
    let on_texts = matches!(
        operator.comparison,
        C::StringEquals | C::StringEqualsIgnoreCase | C::StringLike | C::ArnEquals | C::ArnLike | C::Bool
    );
    let absent_will_do = operator.quantifier == Quantifier::ForAllValues
        || (operator.quantifier == Quantifier::Single && operator.comparison.negates().is_some());
    absent_will_do || (on_texts && !condition.values.is_empty())
}

fn concerns_action(statement: &Normal, action: &str) -> bool {
    let named = statement.actions.contains_key(action)
        || statement.actions.keys().any(|pattern| is_wild(pattern) && glob::matches(pattern, action));
    named != statement.not_action
}

fn concerns_resource(statement: &Normal, resource: &str) -> bool {
    // variables taken for any text make a clause larger: for a negated one nothing is said then
    if statement.not_resource {
        return true;
    }
    statement.resources.iter().any(|pattern| glob::matches(&generalised(pattern), resource))
}

/// The other statement as far as it is about the same actions; `None` where it is about none of them.
fn about_the_same(other: &Normal, statement: &Normal) -> Option<Normal> {
    if other.not_action || statement.not_action {
        return Some(other.clone());
    }
    let wild: Vec<&String> = statement.actions.keys().filter(|text| is_wild(text)).collect();
    let may_meet = |action: &String| {
        statement.actions.contains_key(action)
            || wild.iter().any(|pattern| is_wild(action) || glob::matches(pattern, action))
            || (is_wild(action) && statement.actions.keys().any(|text| glob::matches(action, text)))
    };
    let mut few = other.clone();
    few.actions.retain(|action, _| may_meet(action));
    (!few.actions.is_empty()).then_some(few)
}

fn is_wild(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// The pattern with any text in place of its variables and escapes.
fn generalised(pattern: &str) -> Cow<'_, str> {
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
fn example(pattern: &str) -> String {
    pattern.replace('*', "xq7").replace('?', "x")
}
