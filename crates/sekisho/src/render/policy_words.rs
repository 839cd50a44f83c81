//! Words that several commands about policies share.

use std::collections::BTreeMap;

use policy::explain::misses;
use policy::{Decision, Permissions, Policy, Prepared, Relation, Request};
use serde::Serialize;

use super::layout::Line;
use super::style::{Ink, Text};

/// What the second is, seen from the first, as a sentence.
pub(crate) fn relation_words(relation: Relation, first: &str, second: &str) -> String {
    match relation {
        Relation::Equal => format!("{second} allows exactly what {first} allows: proven"),
        Relation::Broader => format!("{second} is broader than {first}: allows all of it, and more"),
        Relation::Narrower => format!("{second} is narrower than {first}: allows less, and nothing else"),
        Relation::Incomparable => {
            format!("{second} is incomparable with {first}: each allows something that the other does not")
        }
        Relation::PossiblyDifferent => {
            format!("{second} is possibly different from {first}: neither a difference nor equality could be proven")
        }
        Relation::Unknown => {
            format!("how {second} relates to {first} is unknown: the work was given up at a bound")
        }
    }
}

/// The request over one or several lines, the first behind `lead`.
pub(crate) fn request_lines(lead: Text, request: &Request, indent: usize) -> Vec<Line> {
    let first = lead.with(Ink::Strong, request.action()).and(" on ").with(Ink::Strong, &request.resource);
    let mut lines = vec![Line::from(first).hanging(indent)];
    for (number, (key, values)) in request.context.iter().enumerate() {
        let word = if number == 0 { "when" } else { "and" };
        let shown: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
        let text = format!("{}{word} {key} is {}", " ".repeat(indent), shown.join(" and "));
        lines.push(Line::from(Text::plain(text)).hanging(indent + 2));
    }
    lines
}

/// Condition keys that the request lacks and that decide over it on one of the sides: a reader would not think of them.
pub(crate) fn absent_keys(sides: [&[Policy]; 2], request: &Request) -> Vec<String> {
    let mut absent: Vec<String> = Vec::new();
    for policies in sides {
        let prepared = policies.iter().map(|policy| Prepared::new("", policy)).collect::<Result<Vec<_>, _>>();
        let Ok(prepared) = prepared else { continue };
        match Permissions::of(prepared).evaluate(request) {
            Decision::Allowed(by) | Decision::Denied(by) => {
                let statement = policies.get(by.policy).and_then(|policy| policy.statements.get(by.statement));
                let keys = statement.into_iter().flat_map(|statement| &statement.conditions);
                let keys = keys.map(|condition| condition.key.value.clone());
                absent.extend(keys.filter(|key| request.context.values(key).is_none()));
            }
            Decision::NotAllowed(_) => {
                let near = policies.iter().flat_map(|policy| misses(policy, request)).filter(|miss| !miss.resource);
                let failing = near.flat_map(|miss| miss.conditions);
                absent.extend(failing.filter(|(_, values)| values.is_none()).map(|(key, _)| key));
            }
        }
    }
    absent.sort_unstable_by_key(|key| key.to_lowercase());
    absent.dedup_by(|one, other| one.eq_ignore_ascii_case(other));
    absent
}

/// `when the request has no aws:RequestedRegion`, to stand behind the request; empty for none.
pub(crate) fn absent_words(keys: &[String], request: &Request) -> String {
    let word = if request.context.iter().next().is_none() { "when" } else { "and" };
    if keys.is_empty() { String::new() } else { format!("{word} the request has no {}", keys.join(" and no ")) }
}

/// A request for programs.
#[derive(Debug, Serialize)]
pub(crate) struct RequestV1 {
    action: String,
    resource: String,
    /// Condition keys in lower case, and their values.
    context: BTreeMap<String, Vec<String>>,
    /// Keys that it lacks, and that matter.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    absent_keys: Vec<String>,
}

impl RequestV1 {
    pub(crate) fn of(request: &Request) -> Self {
        Self {
            action: request.action().to_owned(),
            resource: request.resource.clone(),
            context: request.context.iter().map(|(key, values)| (key.to_owned(), values.to_vec())).collect(),
            absent_keys: Vec::new(),
        }
    }

    pub(crate) fn without(mut self, absent_keys: Vec<String>) -> Self {
        self.absent_keys = absent_keys;
        self
    }
}
