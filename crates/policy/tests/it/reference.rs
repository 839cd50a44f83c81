//! The language a second time: slow, word for word from AWS's documentation, sharing no code with the crate. And random policies and
//! requests over a small alphabet, so that statements meet requests often.

use policy::{Clause, Condition, Effect, Policy, Scalar, Spanned, Statement};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// A request in plain words.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) action: String,
    pub(crate) resource: String,
    pub(crate) context: Vec<(String, Vec<String>)>,
}

impl Asked {
    pub(crate) fn request(&self) -> policy::Request {
        let mut request = policy::Request::new(&self.action, &self.resource);
        for (key, values) in &self.context {
            request.context.set(key, values.clone());
        }
        request
    }

    fn values(&self, key: &str) -> Option<&Vec<String>> {
        self.context
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(key))
            .map(|(_, values)| values)
            .filter(|values| !values.is_empty())
    }
}

/// What the comparison assumes, and says: only keys that a condition quantifies have several values.
pub(crate) fn keeps_to_single_values(policies: &[Policy], asked: &Asked) -> bool {
    let conditions =
        || policies.iter().flat_map(|policy| &policy.statements).flat_map(|statement| &statement.conditions);
    asked.context.iter().filter(|(_, values)| values.len() > 1).all(|(key, _)| {
        conditions().any(|condition| condition.key.eq_ignore_ascii_case(key) && condition.operator.starts_with("ForA"))
    })
}

pub(crate) fn allows(policies: &[Policy], asked: &Asked) -> bool {
    let matching: Vec<&Statement> =
        policies.iter().flat_map(|policy| &policy.statements).filter(|statement| matches(statement, asked)).collect();
    matching.iter().all(|statement| statement.effect.value == Effect::Allow) && !matching.is_empty()
}

fn matches(statement: &Statement, asked: &Asked) -> bool {
    let action = statement.action.patterns().any(|pattern| glob(&pattern.to_lowercase(), &asked.action.to_lowercase()));
    let resource = statement.resource.as_ref().unwrap();
    let resource_matches = resource
        .patterns()
        .any(|pattern| substituted(pattern, asked).is_some_and(|pattern| glob(&pattern, &asked.resource)));
    action != statement.action.negated
        && resource_matches != resource.negated
        && statement.conditions.iter().all(|condition| holds(condition, asked))
}

fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.chars();
    let Some(first) = parts.next() else { return text.is_empty() };
    let rest = parts.as_str();
    match first {
        '*' => (0..=text.len()).filter(|at| text.is_char_boundary(*at)).any(|at| glob(rest, &text[at..])),
        // a wildcard that was escaped
        '\u{1}' => text.starts_with('*') && glob(rest, &text[1..]),
        '?' => text.chars().next().is_some_and(|skipped| glob(rest, &text[skipped.len_utf8()..])),
        _ => text.strip_prefix(first).is_some_and(|text| glob(rest, text)),
    }
}

/// `${key}` replaced by the request's value (no wildcards are in those here), `${*}` by an escape.
fn substituted(pattern: &str, asked: &Asked) -> Option<String> {
    let Some((before, rest)) = pattern.split_once("${") else { return Some(pattern.to_owned()) };
    let (body, after) = rest.split_once('}')?;
    let value = match body {
        "*" => "\u{1}".to_owned(),
        _ => {
            let (key, default) = body
                .split_once(", ")
                .map_or((body, None), |(key, default)| (key, Some(default.trim_matches('\'').to_owned())));
            match asked.values(key) {
                Some(values) if values.len() == 1 => values[0].clone(),
                Some(_) => return None,
                None => default?,
            }
        }
    };
    Some(format!("{before}{value}{}", substituted(after, asked)?))
}

fn holds(condition: &Condition, asked: &Asked) -> bool {
    let (quantifier, rest) = condition.operator.split_once(':').unwrap_or(("", &condition.operator));
    let (name, if_exists) = rest.strip_suffix("IfExists").map_or((rest, false), |name| (name, true));
    let values: Vec<&str> = condition.values.iter().map(|value| value.text()).collect();
    let present = asked.values(&condition.key);
    if name == "Null" {
        return values.iter().any(|value| (*value == "true") == present.is_none());
    }
    let negated = name.contains("Not");
    let Some(present) = present else {
        return if_exists || quantifier == "ForAllValues" || (quantifier.is_empty() && negated);
    };
    let one = |request: &String| values.iter().any(|value| compare(&name.replace("Not", ""), value, request, asked));
    match quantifier {
        "ForAllValues" => present.iter().all(|value| one(value) != negated),
        "ForAnyValue" => present.iter().any(|value| one(value) != negated),
        _ => present.iter().any(one) != negated,
    }
}

fn compare(name: &str, wanted: &str, request: &str, asked: &Asked) -> bool {
    let number = |text: &str| text.parse::<f64>().unwrap_or(f64::NAN);
    let address = |text: &str| text.split('.').fold(0_u64, |sum, part| sum * 256 + part.parse::<u64>().unwrap());
    match name {
        "StringEquals" => substituted(wanted, asked).is_some_and(|wanted| wanted == request),
        "StringEqualsIgnoreCase" => {
            substituted(wanted, asked).is_some_and(|wanted| wanted.eq_ignore_ascii_case(request))
        }
        "StringLike" => substituted(wanted, asked).is_some_and(|wanted| glob(&wanted, request)),
        "Bool" => wanted.eq_ignore_ascii_case(request),
        "NumericEquals" => number(wanted) == number(request),
        "NumericLessThan" => number(request) < number(wanted),
        "NumericGreaterThanEquals" => number(request) >= number(wanted),
        "IpAddress" => {
            let (range, bits) = wanted.split_once('/').unwrap_or((wanted, "32"));
            let shift = 32 - bits.parse::<u32>().unwrap();
            request.contains('.') && address(range) >> shift == address(request) >> shift
        }
        other => panic!("the reference does not know {other}"),
    }
}

pub(crate) const ACTIONS: [&str; 12] =
    ["*", "s:*", "s:Get*", "s:GetA", "s:GetB", "S:getab", "s:?etA", "s:*A", "s:Put*", "t:Run", "t:*", "s:P*t*"];
pub(crate) const RESOURCES: [&str; 14] = [
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
];
const ASKED_ACTIONS: [&str; 9] = ["s:GetA", "s:GetAB", "S:GETB", "s:PutIt", "s:Put", "t:Run", "t:Walk", "u:Go", "s:A"];
const ASKED_RESOURCES: [&str; 12] = [
    "*",
    "arn:aws:s:::a",
    "arn:aws:s:::ab",
    "arn:aws:s:::ab/x",
    "arn:aws:s:::a/x",
    "arn:aws:s:::a/y",
    "arn:aws:s:::a/x/z",
    "arn:aws:s:r:1:a/x",
    "arn:aws:s:q:1:a/x",
    "arn:aws:s:r:2:a/y",
    "arn:aws:t:r:1:b",
    "arn:aws:s:::xb",
];

fn values_for(operator: &'static str) -> (&'static [&'static str], &'static [&'static str]) {
    match operator {
        "Bool" => (&["k:bool"], &["true", "false"]),
        "Null" => (&["k:bool", "k:name", "k:tags", "k:ip"], &["true", "false"]),
        "NumericEquals" | "NumericLessThan" | "NumericGreaterThanEquals" => (&["k:n"], &["1", "2", "5"]),
        "IpAddress" | "NotIpAddress" => (&["k:ip"], &["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "0.0.0.0/0"]),
        _ => (&["k:name", "k:tags", "K:Tags"], &["x", "y", "X", "x*", "*", "${k:name}"]),
    }
}

fn condition() -> impl Strategy<Value = Condition> {
    let operators = [
        "StringEquals",
        "StringNotEquals",
        "StringLike",
        "StringNotLike",
        "StringEqualsIgnoreCase",
        "Bool",
        "Null",
        "NumericEquals",
        "NumericLessThan",
        "NumericGreaterThanEquals",
        "IpAddress",
        "NotIpAddress",
    ];
    (select(operators.to_vec()), 0..6_usize, 0..6_usize).prop_flat_map(|(operator, quantifier, suffix)| {
        let (keys, values) = values_for(operator);
        let text = values[0] == "x";
        let prefix = match quantifier {
            0 if text => "ForAllValues:",
            1 if text => "ForAnyValue:",
            _ => "",
        };
        let suffix = if suffix == 0 && operator != "Null" { "IfExists" } else { "" };
        let name = format!("{prefix}{operator}{suffix}");
        (Just(name), select(keys.to_vec()), vec(select(values.to_vec()), 1..3)).prop_map(|(operator, key, values)| {
            Condition {
                operator: Spanned::unplaced(operator),
                key: key.into(),
                values: values.into_iter().map(|value| Spanned::unplaced(Scalar::String(value.to_owned()))).collect(),
            }
        })
    })
}

fn clause(values: &'static [&'static str]) -> impl Strategy<Value = Clause> {
    (0..5_u8, vec(select(values), 1..4))
        .prop_map(|(negated, values)| Clause { negated: negated == 0, ..Clause::of(&values) })
}

fn statement() -> impl Strategy<Value = Statement> {
    (0..4_u8, clause(&ACTIONS), clause(&RESOURCES), vec(condition(), 0..3)).prop_map(
        |(effect, action, resource, conditions)| Statement {
            action,
            resource: Some(resource),
            conditions,
            ..Statement::new(if effect == 0 { Effect::Deny } else { Effect::Allow }, &[], &[])
        },
    )
}

/// A small policy over the small alphabet.
pub(crate) fn policy() -> impl Strategy<Value = Policy> {
    vec(statement(), 1..4).prop_map(Policy::new)
}

/// A request over the small alphabet.
pub(crate) fn asked() -> impl Strategy<Value = Asked> {
    let some = |values: &'static [&'static str], most: usize| {
        vec(select(values), 0..=most).prop_map(|values| values.into_iter().map(str::to_owned).collect::<Vec<_>>())
    };
    let context = (
        some(&["x", "y", "X", "xy", "z"], 1),
        some(&["x", "y", "X", "xy", "z"], 2),
        some(&["true", "false"], 1),
        some(&["0", "1", "2", "3", "5"], 1),
        some(&["10.1.2.3", "10.1.0.9", "10.9.9.9", "192.0.2.1"], 1),
    )
        .prop_map(|(name, tags, flag, number, ip)| {
            [("k:name", name), ("k:tags", tags), ("k:bool", flag), ("k:n", number), ("k:ip", ip)]
                .map(|(key, values)| (key.to_owned(), values))
                .to_vec()
        });
    (select(&ASKED_ACTIONS), select(&ASKED_RESOURCES), context).prop_map(|(action, resource, context)| Asked {
        action: action.to_owned(),
        resource: resource.to_owned(),
        context,
    })
}
