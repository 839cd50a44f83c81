//! Policies made ready for many requests.

use std::collections::HashMap;

use crate::condition::Test;
use crate::pattern::{Dialect, Pattern, Reading};
use crate::policy::{Clause, Effect, Policy, Statement, Version};
use crate::problem::Problem;
use crate::request::Request;
use crate::span::{Span, line_column};

/// A policy ready to be evaluated.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// How the policy is called in explanations: a file, a policy's name.
    pub name: String,
    pub(crate) statements: Vec<Ready>,
    index: Index,
}

/// A statement ready to be evaluated.
#[derive(Debug, Clone)]
pub(crate) struct Ready {
    pub(crate) effect: Effect,
    pub(crate) actions: Matcher,
    pub(crate) resources: Matcher,
    pub(crate) conditions: Vec<Test>,
    pub(crate) label: String,
    pub(crate) span: Span,
    pub(crate) line: Option<usize>,
}

/// A clause: matched by one of the patterns, or by none of them if negated.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Matcher {
    pub(crate) negated: bool,
    pub(crate) patterns: Vec<Pattern>,
}

/// Which statements an action can concern, so that a request looks at few of thousands of patterns.
#[derive(Debug, Clone, Default)]
struct Index {
    /// `service:name` in lower case → statements that name it.
    literals: HashMap<String, Vec<usize>>,
    /// Service in lower case → patterns with their statements.
    patterns: HashMap<String, Vec<(Pattern, usize)>>,
    /// Statements to be looked at for every action.
    everywhere: Vec<usize>,
}

impl Prepared {
    /// Makes a policy ready under the plain reading of wildcards.
    ///
    /// # Errors
    /// A problem for each condition operator AWS does not know: what such a condition means cannot be said.
    pub fn new(name: &str, policy: &Policy) -> Result<Self, Vec<Problem>> {
        Self::with_reading(name, policy, Reading::Crossing)
    }

    /// Makes a policy ready under the given reading of wildcards.
    ///
    /// # Errors
    /// As [`Prepared::new`].
    pub fn with_reading(name: &str, policy: &Policy, reading: Reading) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut statements = Vec::new();
        for (number, statement) in policy.statements.iter().enumerate() {
            statements.push(ready(statement, number, policy.version(), reading, &mut problems));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let index = Index::of(&policy.statements, &statements);
        Ok(Self { name: name.to_owned(), statements, index })
    }

    /// Learns the lines of its statements from the text the policy was read from.
    #[must_use]
    pub fn located(mut self, text: &str) -> Self {
        for statement in &mut self.statements {
            statement.line = Some(line_column(text, statement.span.start).0);
        }
        self
    }

    /// How many statements it has.
    #[must_use]
    pub fn statement_count(&self) -> usize {
        self.statements.len()
    }

    /// Numbers of the statements that match, in no particular order, each at most once per pattern it matches by.
    fn candidates<'a>(&'a self, request: &'a Request) -> impl Iterator<Item = usize> + 'a {
        let action = request.lower_action();
        let service = action.split_once(':').map_or(action, |(service, _)| service);
        let literal = self.index.literals.get(action).into_iter().flatten().copied();
        let patterns = self.index.patterns.get(service).into_iter().flatten();
        let matching =
            patterns.filter(|(pattern, _)| pattern.matches(action, &request.context)).map(|(_, statement)| *statement);
        let everywhere = self.index.everywhere.iter().copied();
        let everywhere = everywhere
            .filter(|number| self.statements.get(*number).is_some_and(|ready| ready.actions.matches(action, request)));
        literal.chain(matching).chain(everywhere)
    }

    /// The first statement of each effect that matches (Allow, Deny).
    pub(crate) fn decide(&self, request: &Request) -> (Option<usize>, Option<usize>) {
        let (mut allow, mut deny) = (None::<usize>, None::<usize>);
        for number in self.candidates(request) {
            let Some(ready) = self.statements.get(number) else { continue };
            let slot = match ready.effect {
                Effect::Allow => &mut allow,
                Effect::Deny => &mut deny,
            };
            if slot.is_none_or(|earlier| number < earlier) && ready.applies(request) {
                *slot = Some(number);
            }
        }
        (allow, deny)
    }
}

impl Ready {
    /// Whether the statement matches a request whose action it is about.
    fn applies(&self, request: &Request) -> bool {
        self.resources.matches(&request.resource, request)
            && self.conditions.iter().all(|test| test.holds(&request.context))
    }
}

impl Matcher {
    pub(crate) fn compile(clause: &Clause, dialect: Dialect) -> Self {
        Self {
            negated: clause.negated,
            patterns: clause.patterns().map(|text| Pattern::compile(text, dialect)).collect(),
        }
    }

    pub(crate) fn matches(&self, text: &str, request: &Request) -> bool {
        self.patterns.iter().any(|pattern| pattern.matches(text, &request.context)) != self.negated
    }
}

impl Index {
    fn of(statements: &[Statement], ready: &[Ready]) -> Self {
        let mut index = Self::default();
        for (number, (statement, ready)) in statements.iter().zip(ready).enumerate() {
            if statement.action.negated || statement.action.patterns().any(|text| !names_a_service(text)) {
                index.everywhere.push(number);
                continue;
            }
            for (text, pattern) in statement.action.patterns().zip(&ready.actions.patterns) {
                let lower = text.to_lowercase();
                if lower.contains(['*', '?']) {
                    let service = lower.split_once(':').map_or("", |(service, _)| service).to_owned();
                    index.patterns.entry(service).or_default().push((pattern.clone(), number));
                } else {
                    index.literals.entry(lower).or_default().push(number);
                }
            }
        }
        index
    }
}

/// Whether the service is written out.
pub(crate) fn names_a_service(action: &str) -> bool {
    action.split_once(':').is_some_and(|(service, _)| !service.contains(['*', '?']))
}

fn ready(
    statement: &Statement,
    number: usize,
    version: Version,
    reading: Reading,
    problems: &mut Vec<Problem>,
) -> Ready {
    let everything = Clause::of(&["*"]);
    let resource = statement.resource.as_ref().unwrap_or(&everything);
    let mut conditions = Vec::new();
    for condition in &statement.conditions {
        match Test::compile(condition, version) {
            Some(test) => conditions.push(test),
            None => {
                let message = format!("no condition operator `{}`", condition.operator.value);
                problems.push(Problem::error("unknown-operator", condition.operator.span, message));
            }
        }
    }
    Ready {
        effect: statement.effect.value,
        actions: Matcher::compile(&statement.action, Dialect::ACTION),
        resources: Matcher::compile(resource, Dialect::resource(version, reading)),
        conditions,
        label: statement.label(number),
        span: statement.place.span,
        line: None,
    }
}
