//! From a candidate to a request that really makes the difference.

use std::cell::RefCell;

use super::automaton::Symbol;
use super::solve::{Atom, Solution};
use super::statements::Statements;
use crate::catalogue;
use crate::condition::Values;
use crate::evaluate::Permissions;
use crate::glob;
use crate::pattern::{Dialect, Pattern, Reading, Token};
use crate::policy::{Clause, Policy, Statement};
use crate::prepare::Prepared;
use crate::request::{Context, Request};

/// The evaluators of the two sides, made ready when the first candidate for an action is to be replayed.
pub(super) struct Replay<'a> {
    sides: [&'a [Policy]; 2],
    reading: Reading,
    /// The action asked for last, and what the sides say of it.
    ready: RefCell<Option<(String, [Permissions; 2])>>,
}

/// A request in the making.
pub(super) struct Candidate<'a> {
    pub(super) action: &'a str,
    pub(super) resource: &'a [Symbol],
    pub(super) solution: Solution,
    pub(super) statements: &'a Statements<'a>,
}

/// How variables get their values.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Only those that stand in the resource or in a condition that has to hold.
    Few,
    /// All of them.
    All,
    /// As the first, but where a condition's key has a value already, so that this value fits.
    Bound,
}

/// What stands for the value of a variable that no condition fixes. The first reads well; the others avoid chance agreement.
const VALUES: [&str; 3] = ["someone", "a", "q-7"];

impl<'a> Replay<'a> {
    pub(super) const fn of(first: &'a [Policy], second: &'a [Policy], reading: Reading) -> Self {
        Self { sides: [first, second], reading, ready: RefCell::new(None) }
    }

    /// Whether exactly the side in question allows the request.
    fn tells_apart(&self, request: &Request, gaining: bool) -> bool {
        let mut ready = self.ready.borrow_mut();
        if ready.as_ref().is_none_or(|(action, _)| action != request.action()) {
            let [first, second] = self.sides.map(|side| self.prepare(side, request.action()));
            *ready = first.zip(second).map(|(first, second)| (request.action().to_owned(), [first, second]));
        }
        let Some((_, [first, second])) = ready.as_ref() else { return false };
        let (ours, theirs) = if gaining { (second, first) } else { (first, second) };
        ours.allows(request) && !theirs.allows(request)
    }

    /// The side's policies with only those statements that the action concerns: thousands of other actions need not be read for it.
    fn prepare(&self, side: &[Policy], action: &str) -> Option<Permissions> {
        let mut prepared = Vec::new();
        for policy in side {
            let concerned = |statement: &&Statement| {
                let clause = &statement.action;
                clause.patterns().any(|pattern| is_about(pattern, action)) != clause.negated
            };
            let about = |statement: &Statement| Statement {
                place: statement.place,
                sid: None,
                effect: statement.effect,
                principal: statement.principal.clone(),
                action: Clause::of(&[action]),
                resource: statement.resource.clone(),
                conditions: statement.conditions.clone(),
            };
            let few = Policy {
                declared_version: policy.declared_version,
                id: None,
                statements: policy.statements.iter().filter(concerned).map(about).collect(),
            };
            prepared.push(Prepared::with_reading("", &few, self.reading).ok()?);
        }
        Some(Permissions::of(prepared))
    }

    /// The candidate as a request that the first side allows and the second does not; or, if none of its forms does that, one of them.
    pub(super) fn differs(&self, candidate: &Candidate<'_>, gaining: bool) -> Result<Request, Request> {
        let mut first = None;
        for value in VALUES {
            for form in [Form::Few, Form::All, Form::Bound] {
                let request = candidate.request(value, form);
                if self.tells_apart(&request, gaining) {
                    return Ok(self.plainer(request, gaining));
                }
                first.get_or_insert(request);
                if !candidate.hangs_on_variables() {
                    break;
                }
            }
            if !candidate.hangs_on_variables() {
                break;
            }
        }
        Err(first.unwrap_or_else(|| Request::new(candidate.action, "*")))
    }
}

/// Whether an action pattern matches an action, letter case ignored.
fn is_about(pattern: &str, action: &str) -> bool {
    if pattern.is_ascii() && action.is_ascii() {
        return glob::matches_ignore_case(pattern, action);
    }
    Pattern::compile(pattern, Dialect::ACTION).matches(action, &Context::new())
}

impl Replay<'_> {
    /// The same request on a resource that reads like one, if that tells the sides apart as well.
    fn plainer(&self, request: Request, gaining: bool) -> Request {
        if request.resource.starts_with("arn:") {
            return request;
        }
        let known = catalogue::find(request.action())
            .into_iter()
            .flat_map(|action| action.resources().min_by_key(|pattern| pattern.len()));
        let examples = known.map(|pattern| pattern.replacen('*', "aws", 1).replace('*', "example"));
        for resource in examples.chain(["*".to_owned()]) {
            let mut plainer = request.clone();
            plainer.resource = resource;
            if self.tells_apart(&plainer, gaining) {
                return plainer;
            }
        }
        request
    }
}

impl Candidate<'_> {
    fn hangs_on_variables(&self) -> bool {
        !self.solution.assumed.is_empty() || self.resource.iter().any(|symbol| matches!(symbol, Symbol::Variable(_)))
    }

    fn request(&self, value: &str, form: Form) -> Request {
        let mut context = Context::new();
        for (key, values) in &self.solution.values {
            context.set(key, values.clone());
        }
        if form == Form::All {
            let patterns =
                self.statements.patterns.iter().chain(self.statements.atoms.iter().flat_map(
                    |test| match &test.values {
                        Values::Patterns(patterns) => patterns.as_slice(),
                        _ => &[],
                    },
                ));
            for variable in patterns.flat_map(Pattern::variables) {
                fill(&mut context, &variable.key, value);
            }
        }
        let mut resource = String::new();
        for symbol in self.resource {
            match symbol {
                Symbol::Char(character) => resource.push(*character),
                Symbol::Variable(variable) => resource.push_str(fill(&mut context, &variable.key, value)),
            }
        }
        // keys whose value was chosen for a condition with variables: the next such condition has to take it as it is
        let mut chosen: Vec<&str> = Vec::new();
        for (atom, truth) in &self.solution.assumed {
            let Atom::Test(index) = atom else { continue };
            let Some(test) = self.statements.atoms.get(*index) else { continue };
            let Values::Patterns(patterns) = &test.values else { continue };
            // a negated condition that has to fail needs a value that fits just as well
            let has_to_match = *truth != test.operator.comparison.negates().is_some();
            let (true, Some(pattern)) = (has_to_match, patterns.first()) else { continue };
            if form == Form::Bound || chosen.contains(&test.key.as_str()) {
                bind(pattern, &test.key, &mut context);
            } else {
                let text = written(pattern, &mut context, value);
                context.set(&test.key, [text]);
                chosen.push(&test.key);
            }
        }
        let mut request = Request::new(self.action, &resource);
        request.context = context;
        request
    }
}

/// A text that the pattern matches, its variables set where they are absent.
fn written(pattern: &Pattern, context: &mut Context, value: &str) -> String {
    let mut text = String::new();
    for token in &pattern.tokens {
        match token {
            Token::Char(character) | Token::Fold(character) => text.push(*character),
            Token::One | Token::OneInPart => text.push('x'),
            Token::Run | Token::RunInPart => {}
            Token::Variable(variable) => text.push_str(fill(context, &variable.key, value)),
        }
    }
    text
}

/// Gives the pattern's variable the value with which it matches the key's present value, where that is plain to see.
fn bind(pattern: &Pattern, key: &str, context: &mut Context) {
    let Some([present]) = context.get(key) else { return };
    let is_variable = |token: &Token| matches!(token, Token::Variable(_));
    let Some(at) = pattern.tokens.iter().position(is_variable) else { return };
    let exact = |tokens: &[Token]| -> String {
        let characters = tokens.iter().filter_map(|token| match token {
            Token::Char(character) | Token::Fold(character) => Some(*character),
            _ => None,
        });
        characters.collect()
    };
    let (before, from) = pattern.tokens.split_at(at);
    let Some((Token::Variable(variable), behind)) = from.split_first() else { return };
    let middle =
        present.strip_prefix(exact(before).as_str()).and_then(|rest| rest.strip_suffix(exact(behind).as_str()));
    if let Some(middle) = middle.map(str::to_owned) {
        context.set(&variable.key, [middle]);
    }
}

/// The value of a key, which is set if it is absent.
fn fill<'c>(context: &'c mut Context, key: &str, value: &'c str) -> &'c str {
    if context.get(key).is_none() {
        context.set(key, [value]);
    }
    context.get(key).and_then(|values| values.first()).map_or(value, String::as_str)
}
