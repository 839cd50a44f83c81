//! Actions in classes: all actions of a class concern the same statements.

use std::collections::{BTreeMap, HashMap};

use super::automaton::{Match, Symbol};
use super::statements::Statements;
use super::vectors;
use crate::catalogue;
use crate::pattern::{Dialect, Pattern};

/// The statements (indexes of their rests) an action concerns, per side, sorted, each once.
pub(super) type Concerned = [Vec<usize>; 2];

/// One action of each class.
pub(super) struct Classes {
    /// Over all texts that an action can be.
    pub(super) all: HashMap<Concerned, String>,
    /// Over the catalogue.
    pub(super) known: HashMap<Concerned, String>,
}

/// The patterns of one service: name → statements.
#[derive(Default)]
struct Service {
    literals: HashMap<String, Vec<usize>>,
    wildcards: HashMap<String, Vec<usize>>,
}

/// Sorts all actions into classes, or says why that cannot be done.
pub(super) fn classes(statements: &Statements<'_>, steps: &mut usize) -> Result<Classes, String> {
    let mut services: BTreeMap<String, Service> = BTreeMap::new();
    let mut everywhere = vec![false; statements.entries.len()];
    for (number, entry) in statements.entries.iter().enumerate() {
        for text in entry.action.patterns() {
            let lower = text.to_lowercase();
            if matches!(lower.as_str(), "*" | "*:*" | "**") {
                if let Some(flag) = everywhere.get_mut(number) {
                    *flag = true;
                }
                continue;
            }
            match lower.split_once(':') {
                Some((service, _)) if service.contains(['*', '?']) => {
                    return Err(format!("`{text}` has a wildcard in the service"));
                }
                None if lower.contains(['*', '?']) => return Err(format!("`{text}` has a wildcard in the service")),
                // without a colon it is no action, and matches none
                None => {}
                Some((service, name)) => {
                    let service = services.entry(service.to_owned()).or_default();
                    let kind = if name.contains(['*', '?']) { &mut service.wildcards } else { &mut service.literals };
                    kind.entry(name.to_owned()).or_default().push(number);
                }
            }
        }
    }
    let mut classes = Classes { all: HashMap::new(), known: HashMap::new() };
    let other = catalogue::services().iter().find(|service| !services.contains_key(&service.name.to_lowercase()));
    let other_concerned = concerned(statements, &everywhere);
    if let Some(action) =
        other.and_then(|service| Some(format!("{}:{}", service.name, service.actions().first()?.name)))
    {
        classes.known.entry(other_concerned.clone()).or_insert(action);
    }
    classes.all.entry(other_concerned).or_insert_with(|| fresh_service(&services));
    for (name, service) in &services {
        sort_service(statements, name, service, &everywhere, &mut classes, steps)?;
    }
    // an action that exists is the better example
    for (concerned, action) in &mut classes.all {
        if let Some(known) = classes.known.get(concerned) {
            action.clone_from(known);
        }
    }
    Ok(classes)
}

fn fresh_service(services: &BTreeMap<String, Service>) -> String {
    let name = (0..).map(|number| format!("service{number}")).find(|name| !services.contains_key(name));
    format!("{}:Action", name.unwrap_or_default())
}

fn sort_service(
    statements: &Statements<'_>,
    name: &str,
    service: &Service,
    everywhere: &[bool],
    classes: &mut Classes,
    steps: &mut usize,
) -> Result<(), String> {
    // all is in lower case here: exact characters keep the automata to one case
    let dialect = Dialect { fold: false, ..Dialect::ACTION };
    let compile = |text: &String| Pattern::compile(text, dialect);
    let wildcards: Vec<(Pattern, &Vec<usize>)> =
        service.wildcards.iter().map(|(text, numbers)| (compile(text), numbers)).collect();
    let flags_of = |action: &str| {
        let mut flags = everywhere.to_vec();
        let mut raise = |numbers: &Vec<usize>| {
            for number in numbers {
                if let Some(flag) = flags.get_mut(*number) {
                    *flag = true;
                }
            }
        };
        service.literals.get(action).into_iter().for_each(&mut raise);
        for (pattern, numbers) in &wildcards {
            if pattern.matches(action, &crate::request::Context::new()) {
                raise(numbers);
            }
        }
        concerned(statements, &flags)
    };
    let known_service = catalogue::service(name);
    for action in known_service.map_or(&[][..], |service| service.actions()) {
        let class = flags_of(&action.name.to_lowercase());
        classes.known.entry(class).or_insert_with(|| format!("{name}:{}", action.name));
    }
    for literal in service.literals.keys() {
        classes.all.entry(flags_of(literal)).or_insert_with(|| format!("{name}:{literal}"));
    }
    // texts that are none of the literals
    let everything = Pattern::compile("?*", dialect);
    let literals: Vec<Pattern> = service.literals.keys().map(|text| literal(text)).collect();
    let mut patterns: Vec<&Pattern> = wildcards.iter().map(|(pattern, _)| pattern).collect();
    patterns.extend(&literals);
    let samples = vectors::samples(&everything, &patterns, steps)
        .ok_or_else(|| format!("the action patterns of {name} are too entangled"))?;
    for sample in samples {
        let is_literal = sample.matches.iter().skip(wildcards.len()).any(|verdict| *verdict == Match::Yes);
        if is_literal {
            continue;
        }
        let text: String = sample
            .text
            .iter()
            .map(|symbol| if let Symbol::Char(character) = symbol { *character } else { 'x' })
            .collect();
        classes.all.entry(flags_of(&text)).or_insert_with(|| format!("{name}:{text}"));
    }
    Ok(())
}

/// A pattern of exact characters; action patterns are in lower case on both sides, so that folding adds nothing.
fn literal(text: &str) -> Pattern {
    let dialect = Dialect { wildcards: false, variables: false, fold: false, parts: false };
    Pattern::compile(text, dialect)
}

/// Which rests the statements with these flags are, negated clauses turned round.
fn concerned(statements: &Statements<'_>, flags: &[bool]) -> Concerned {
    let mut sides: Concerned = [Vec::new(), Vec::new()];
    for (entry, flag) in statements.entries.iter().zip(flags) {
        if *flag != entry.action.negated
            && let Some(side) = sides.get_mut(entry.side)
        {
            side.push(entry.rest);
        }
    }
    for side in &mut sides {
        side.sort_unstable();
        side.dedup();
    }
    sides
}
