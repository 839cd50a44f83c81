//! A policy in plain words, for people who do not read JSON, in English or Japanese.
//!
//! What is said is what is written, statement by statement, with the number of actions behind each wildcard (over the
//! [catalogue](crate::catalogue)). What follows from several statements together is [`crate::compare`]'s to say.

mod english;
mod japanese;
mod keys;
mod miss;

use std::collections::BTreeMap;

pub use miss::{Miss, misses};

use crate::action_set::ActionSet;
use crate::catalogue::{self, AccessLevel};
use crate::operator::{Comparison, Operator};
use crate::policy::{Clause, Condition, Effect, Policy, Principal, PrincipalClause, Scalar, Statement, Version};
use crate::span::Span;

/// The language of an explanation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// English.
    English,
    /// 日本語
    Japanese,
}

/// A policy in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// What the policy does, in one or two sentences.
    pub summary: String,
    /// Each statement, in order.
    pub statements: Vec<ExplainedStatement>,
    /// What a reader should know besides.
    pub notes: Vec<String>,
}

/// A statement in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedStatement {
    /// Its `Sid` or number.
    pub label: String,
    /// Its place in the text.
    pub span: Span,
    /// Whether it allows; else it denies.
    pub effect: Effect,
    /// Whom it concerns, if it says so.
    pub principals: Option<String>,
    /// What may (or may not) be done.
    pub actions: String,
    /// How many actions of the catalogue that is, by kind. `None` where the catalogue knows none of them.
    pub extent: Option<String>,
    /// On what, if it says so.
    pub resources: Option<String>,
    /// When: all of these have to hold.
    pub conditions: Vec<String>,
}

/// Up to so many services are named in a summary; more are counted.
const SERVICES_NAMED: usize = 5;

impl Reach {
    /// Kinds of actions with the services that have some, if the services are too many to be told one by one.
    fn by_level(&self) -> BTreeMap<AccessLevel, Vec<String>> {
        let mut levels: BTreeMap<AccessLevel, Vec<String>> = BTreeMap::new();
        for (service, kinds) in &self.services {
            for kind in kinds.keys() {
                levels.entry(*kind).or_default().push(format!("`{service}`"));
            }
        }
        levels
    }
}

/// Names that are listed before "and 12 more".
const NAMED: usize = 12;

/// Explains a policy.
#[must_use]
pub fn explain(policy: &Policy, language: Language) -> Explanation {
    let words: &dyn Words = match language {
        Language::English => &english::English,
        Language::Japanese => &japanese::Japanese,
    };
    let statements = policy.statements.iter().enumerate().map(|(number, one)| statement(one, number, words)).collect();
    Explanation { summary: summary(policy, words), statements, notes: notes(policy, words) }
}

/// What the languages say differently.
trait Words {
    fn label(&self, sid: Option<&str>, number: usize) -> String;
    fn everything(&self) -> String;
    fn everything_but(&self, list: &str) -> String;
    fn any_resource(&self) -> String;
    fn list(&self, names: &[String]) -> String;
    fn extent(&self, all: usize, services: usize, levels: &BTreeMap<AccessLevel, usize>) -> String;
    fn principals(&self, negated: bool, who: &[Who<'_>]) -> String;
    fn condition(&self, condition: &ReadCondition<'_>) -> String;
    fn summary(&self, allows: &Reach, denies: &Reach) -> String;
    fn variable(&self, name: &str, key: &keys::Key) -> String;
    fn variables_are_text(&self) -> String;
    fn unknown_actions(&self, names: &[String]) -> String;
}

/// Somebody a principal clause names.
enum Who<'a> {
    Everyone,
    Account(&'a str),
    Service(&'a str),
    Federated(&'a str),
    Other(&'a str),
}

/// How much an action clause takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Breadth {
    /// What it names.
    Named,
    /// Everything but what it names.
    AllBut,
    /// `*`
    All,
}

/// What all statements of one effect are about.
struct Reach {
    statements: usize,
    breadth: Breadth,
    /// Every statement has conditions.
    conditional: bool,
    /// Every statement names resources.
    limited: bool,
    /// Services and the kinds of their actions, in the order of their prefixes.
    services: BTreeMap<String, BTreeMap<AccessLevel, usize>>,
}

/// A condition, taken apart.
struct ReadCondition<'a> {
    key: keys::Key<'a>,
    /// `None`: AWS knows no such operator.
    operator: Option<Operator>,
    operator_text: &'a str,
    values: Vec<&'a str>,
}

impl ReadCondition<'_> {
    /// The value of a `Bool` or `Null` condition that says one thing only.
    fn truth(&self) -> Option<bool> {
        match self.values.as_slice() {
            [one] if one.eq_ignore_ascii_case("true") => Some(true),
            [one] if one.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// Whether it also holds for a request that lacks the key.
    fn holds_when_absent(&self) -> bool {
        use crate::operator::Quantifier;
        self.operator.is_some_and(|operator| {
            operator.if_exists
                || match operator.quantifier {
                    Quantifier::ForAllValues => true,
                    Quantifier::ForAnyValue => false,
                    Quantifier::Single => operator.comparison.negates().is_some(),
                }
        })
    }

    fn comparison(&self) -> Option<Comparison> {
        self.operator.map(|operator| operator.comparison)
    }
}

fn statement(statement: &Statement, number: usize, words: &dyn Words) -> ExplainedStatement {
    let sid = statement.sid.as_ref().map(|sid| sid.as_str()).filter(|sid| !sid.is_empty());
    ExplainedStatement {
        label: words.label(sid, number + 1),
        span: statement.place.span,
        effect: statement.effect.value,
        principals: statement.principal.as_ref().map(|clause| principals(clause, words)),
        actions: clause(&statement.action, words.everything(), words),
        extent: extent(statement, words),
        resources: statement.resource.as_ref().map(|resource| clause(resource, words.any_resource(), words)),
        conditions: statement.conditions.iter().map(|one| words.condition(&read(one))).collect(),
    }
}

fn clause(clause: &Clause, everything: String, words: &dyn Words) -> String {
    if clause.patterns().any(|pattern| matches!(pattern, "*" | "*:*")) {
        // everything but everything is nothing, and is said as it is written
        return if clause.negated { words.everything_but("*") } else { everything };
    }
    let names: Vec<String> = clause.patterns().map(|pattern| format!("`{pattern}`")).collect();
    let listed = words.list(&names);
    if clause.negated { words.everything_but(&listed) } else { listed }
}

fn extent(statement: &Statement, words: &dyn Words) -> Option<String> {
    let only = Statement { effect: crate::span::Spanned::unplaced(Effect::Allow), ..statement.clone() };
    let plain = statement.action.patterns().all(|pattern| !pattern.contains(['*', '?']));
    // a list of names needs no count, unless it is long or turned around
    if plain && !statement.action.negated && statement.action.values.len() <= 1 {
        return None;
    }
    let actions = ActionSet::possible(&[Policy::new(vec![only])]);
    if actions.is_empty() {
        return None;
    }
    let mut services: Vec<String> =
        actions.iter().filter_map(|(name, _)| Some(name.split_once(':')?.0.to_owned())).collect();
    services.dedup();
    Some(words.extent(actions.len(), services.len(), &actions.by_level()))
}

fn principals(clause: &PrincipalClause, words: &dyn Words) -> String {
    let who: Vec<Who<'_>> = match &clause.who {
        Principal::Everyone => vec![Who::Everyone],
        Principal::Listed(listed) => listed
            .iter()
            .flat_map(|(kind, values)| values.iter().map(move |value| (kind.as_str(), value.as_str())))
            .map(|(kind, value)| match kind {
                "AWS" if value == "*" => Who::Everyone,
                "AWS" if value.len() == 12 && value.bytes().all(|byte| byte.is_ascii_digit()) => Who::Account(value),
                "AWS" => match value.strip_suffix(":root").and_then(|text| text.rsplit(':').next()) {
                    Some(account) => Who::Account(account),
                    None => Who::Other(value),
                },
                "Service" => Who::Service(value),
                "Federated" => Who::Federated(value),
                _ => Who::Other(value),
            })
            .collect(),
    };
    words.principals(clause.negated, &who)
}

fn read(condition: &Condition) -> ReadCondition<'_> {
    ReadCondition {
        key: keys::Key::of(&condition.key),
        operator: condition.parsed_operator(),
        operator_text: &condition.operator,
        values: condition.values.iter().map(|value| Scalar::text(value)).collect(),
    }
}

fn summary(policy: &Policy, words: &dyn Words) -> String {
    let reach = |effect: Effect| {
        let of_effect: Vec<Statement> =
            policy.statements.iter().filter(|statement| statement.effect.value == effect).cloned().collect();
        let is_star = |pattern: &str| matches!(pattern, "*" | "*:*");
        let breadth = |statement: &Statement| match statement.action.negated {
            true => Breadth::AllBut,
            false if statement.action.patterns().any(is_star) => Breadth::All,
            false => Breadth::Named,
        };
        let breadth = of_effect.iter().map(breadth).max().unwrap_or(Breadth::Named);
        let conditional = of_effect.iter().all(|statement| !statement.conditions.is_empty());
        let limited = of_effect.iter().all(|statement| {
            let named = |clause: &Clause| !clause.negated && clause.patterns().all(|pattern| pattern != "*");
            statement.resource.as_ref().is_some_and(named)
        });
        let statements = of_effect.len();
        let as_allows: Vec<Statement> = of_effect
            .into_iter()
            .map(|statement| Statement { effect: crate::span::Spanned::unplaced(Effect::Allow), ..statement })
            .collect();
        let mut services: BTreeMap<String, BTreeMap<AccessLevel, usize>> = BTreeMap::new();
        for (name, level) in ActionSet::possible(&[Policy::new(as_allows)]).iter() {
            let service = name.split_once(':').map_or(name.as_str(), |(service, _)| service);
            *services.entry(service.to_owned()).or_default().entry(level).or_default() += 1;
        }
        Reach { statements, breadth, conditional, limited, services }
    };
    words.summary(&reach(Effect::Allow), &reach(Effect::Deny))
}

fn notes(policy: &Policy, words: &dyn Words) -> Vec<String> {
    let mut notes = Vec::new();
    let variables = variables(policy);
    if !variables.is_empty() && policy.version() == Version::V2008 {
        notes.push(words.variables_are_text());
    } else {
        notes.extend(variables.iter().map(|name| words.variable(&format!("${{{name}}}"), &keys::Key::of(name))));
    }
    let mut unknown: Vec<String> = Vec::new();
    for pattern in policy.statements.iter().flat_map(|statement| statement.action.patterns()) {
        if !pattern.contains(['*', '?']) && !catalogue::contains(pattern) {
            unknown.push(format!("`{pattern}`"));
        }
    }
    unknown.dedup();
    if !unknown.is_empty() {
        notes.push(words.unknown_actions(&unknown));
    }
    notes
}

/// Names of the variables in resources and conditions, each once, in the order of their first appearance.
fn variables(policy: &Policy) -> Vec<String> {
    let resources = policy.statements.iter().filter_map(|statement| statement.resource.as_ref());
    let values = policy.statements.iter().flat_map(|statement| &statement.conditions).flat_map(|one| &one.values);
    let texts = resources.flat_map(Clause::patterns).chain(values.map(|value| Scalar::text(value)));
    let mut found: Vec<String> = Vec::new();
    for text in texts {
        for part in text.split("${").skip(1) {
            let Some((name, _)) = part.split_once('}') else { continue };
            let name = name.split(',').next().unwrap_or(name).trim();
            if !matches!(name, "*" | "?" | "$") && !found.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                found.push(name.to_owned());
            }
        }
    }
    found
}

/// A number with a comma between thousands.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The first names, and how many are left.
fn first_names(names: &[String]) -> (&[String], usize) {
    // one more costs no more room than the words that say that there is one more
    let shown = if names.len() <= NAMED + 1 { names.len() } else { NAMED };
    (names.get(..shown).unwrap_or_default(), names.len() - shown)
}
