//! Random policies over a small alphabet, so that statements meet often; and policies changed in one place.

use super::language::{Clause, Condition, Effect, Policy, Scalar, Spanned, Statement, Text};

use super::random::Random;

const ACTIONS: [&str; 14] = [
    "*", "s:*", "s:Get*", "s:GetA", "s:GetB", "S:getab", "s:?etA", "s:*A", "s:Put*", "t:Run", "t:*", "s:P*t*",
    "s:GetA*", "s:*B",
];
const RESOURCES: [&str; 18] = [
    "*",
    "arn:aws:s:::a",
    "arn:aws:s:::a*",
    "arn:aws:s:::ab/*",
    "arn:aws:s:::*b*",
    "arn:aws:s:::?b",
    "arn:aws:s:*:1:a/*",
    "arn:aws:s:r:1:a/x",
    "arn:aws:s:r*:a/*",
    "arn:aws:s:*",
    "arn:aws:s:::a/${k:name}",
    "arn:aws:s:::a/${k:name, 'x'}/*",
    "arn:aws:s:::${k:name}*",
    "arn:aws:s:::a/*",
    "arn:aws:s:*:*:a/x",
    "arn:aws:s:::a/x",
    "arn:aws:s:::${k:other}",
    "arn:aws:s:::b",
];

/// Operators with keys and values of their kind.
const CONDITIONS: [(&[&str], &[&str], &[&str]); 6] = [
    (
        &["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase"],
        &["k:name", "k:other"],
        &["x", "y", "X", "x*", "*x", "*", "?", "${k:name}", "${k:other}*", "x${k:other}"],
    ),
    (
        &[
            "ForAllValues:StringEquals",
            "ForAnyValue:StringEquals",
            "ForAllValues:StringLike",
            "ForAnyValue:StringNotEquals",
        ],
        &["k:tags"],
        &["x", "y", "x*", "xx"],
    ),
    (&["Bool", "Null"], &["k:bool"], &["true", "false"]),
    (
        &["NumericEquals", "NumericLessThan", "NumericGreaterThan", "NumericGreaterThanEquals", "NumericNotEquals"],
        &["k:n"],
        &["1", "2", "5"],
    ),
    (&["IpAddress", "NotIpAddress"], &["k:ip"], &["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "0.0.0.0/0", "11.0.0.0/8"]),
    (
        &["DateLessThan", "DateGreaterThan", "DateEquals"],
        &["k:date"],
        &["2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z"],
    ),
];

/// Conditions that only hold together: for a number between two, for several values.
const TOGETHER: [[(&str, &str, &str); 2]; 3] = [
    [("NumericGreaterThan", "k:n", "1"), ("NumericLessThan", "k:n", "2")],
    [("ForAnyValue:StringEquals", "k:tags", "x"), ("ForAnyValue:StringEquals", "k:tags", "y")],
    [("IpAddress", "k:ip", "10.0.0.0/8"), ("NotIpAddress", "k:ip", "10.1.0.0/16")],
];

/// Resources of which one is within the other only where wildcards reach across colons.
const CROSSING: [&str; 2] = ["arn:aws:s:*:1:a/*", "arn:aws:s:*:a/*"];

/// A policy of one to four statements.
pub(crate) fn generated(random: &mut Random) -> Policy {
    let count = 1 + random.below(3);
    Policy::new((0..count).map(|_| statement(random)).collect())
}

fn statement(random: &mut Random) -> Statement {
    let effect = if random.chance(25) { Effect::Deny } else { Effect::Allow };
    let mut statement = Statement::new(effect, &[], &[]);
    statement.action = clause(&ACTIONS, random);
    let resources = if random.chance(8) { Clause::of(&CROSSING) } else { clause(&RESOURCES, random) };
    statement.resource = Some(resources);
    if random.chance(6) {
        let both = random.pick(&TOGETHER).copied().unwrap_or_default();
        return both
            .iter()
            .fold(statement, |statement, (operator, key, value)| statement.when(operator, key, &[value]));
    }
    let kind = random.below(CONDITIONS.len());
    for _ in 0..[0, 0, 1, 1, 2].get(random.below(5)).copied().unwrap_or(0) {
        // two on one key hang together
        let kind = if random.chance(60) { kind } else { random.below(CONDITIONS.len()) };
        statement.conditions.push(condition(kind, random));
    }
    statement
}

fn clause(from: &[&'static str], random: &mut Random) -> Clause {
    let count = 1 + random.below(3);
    let values: Vec<&str> = (0..count).map(|_| random.text(from)).collect();
    Clause { negated: random.chance(15), ..Clause::of(&values) }
}

fn condition(kind: usize, random: &mut Random) -> Condition {
    let (operators, keys, values) = CONDITIONS.get(kind).copied().unwrap_or_default();
    let operator = random.text(operators);
    let suffix = if operator != "Null" && random.chance(12) { "IfExists" } else { "" };
    let count = 1 + random.below(2);
    let scalar = |text: &str| Spanned::unplaced(Scalar::String(text.to_owned()));
    Condition {
        operator: Spanned::unplaced(format!("{operator}{suffix}")),
        key: random.text(keys).into(),
        values: (0..count).map(|_| scalar(random.text(values))).collect(),
    }
}

/// The policy with one thing changed: something left out, added, or written otherwise.
pub(crate) fn changed(policy: &Policy, random: &mut Random) -> Policy {
    let mut policy = policy.clone();
    let at = random.below(policy.statements.len());
    let other = random.pick(&policy.statements).cloned();
    let Some(chosen) = policy.statements.get_mut(at) else { return policy };
    match random.below(9) {
        0 => shrink(&mut chosen.action, random),
        1 => chosen.resource.iter_mut().for_each(|clause| shrink(clause, random)),
        2 => widen(&mut chosen.action, random),
        3 => chosen.resource.iter_mut().for_each(|clause| widen(clause, random)),
        4 => _ = chosen.conditions.pop(),
        5 => chosen.conditions = other.map(|other| other.conditions).unwrap_or_default(),
        6 => {
            let number = random.below(chosen.conditions.len());
            if let Some(condition) = chosen.conditions.get_mut(number).filter(|condition| condition.values.len() > 1) {
                let number = random.below(condition.values.len());
                condition.values.remove(number);
            }
        }
        7 => {
            if policy.statements.len() > 1 {
                policy.statements.remove(at);
            }
        }
        _ => split(&mut policy, at),
    }
    policy
}

fn shrink(clause: &mut Clause, random: &mut Random) {
    if clause.values.len() > 1 {
        clause.values.remove(random.below(clause.values.len()));
    } else if let Some(text) = clause.values.first_mut() {
        // narrower: what was any run becomes one that holds at least a character
        text.value = text.value.replacen('*', "?*", 1);
    }
}

fn widen(clause: &mut Clause, random: &mut Random) {
    let at = random.below(clause.values.len());
    let Some(text) = clause.values.get_mut(at) else { return };
    let cut = text.value.len() - text.value.len().min(1 + random.below(3));
    // a cut in the middle of a variable would leave half of it
    if text.value.is_char_boundary(cut) && cut > 5 && !text.value.contains("${") {
        let wider = format!("{}*", text.value.get(..cut).unwrap_or_default());
        *text = Text::from(wider.as_str());
    }
}

/// The same in other words: one statement per action.
fn split(policy: &mut Policy, at: usize) {
    if policy.statements.get(at).is_none_or(|statement| statement.action.negated) {
        return;
    }
    let whole = policy.statements.remove(at);
    for action in &whole.action.values {
        let mut part = whole.clone();
        part.action.values = vec![action.clone()];
        policy.statements.push(part);
    }
}
