//! From a candidate to a request that really makes the difference.

use std::cell::OnceCell;

use super::automaton::Symbol;
use super::solve::{Atom, Solution};
use super::statements::Statements;
use crate::catalogue;
use crate::condition::Values;
use crate::evaluate::Permissions;
use crate::pattern::{Pattern, Reading, Token};
use crate::policy::Policy;
use crate::prepare::Prepared;
use crate::request::{Context, Request};

/// The evaluators of the two sides, made ready when the first candidate is to be replayed.
pub(super) struct Replay<'a> {
    sides: [&'a [Policy]; 2],
    reading: Reading,
    ready: OnceCell<Option<[Permissions; 2]>>,
}

/// A request in the making.
pub(super) struct Candidate<'a> {
    pub(super) action: &'a str,
    pub(super) resource: &'a [Symbol],
    pub(super) solution: Solution,
    pub(super) statements: &'a Statements<'a>,
}

/// What stands for the value of a variable that no condition fixes. The first reads well; the others avoid chance agreement.
const VALUES: [&str; 3] = ["someone", "a", "q-7"];

impl<'a> Replay<'a> {
    pub(super) const fn of(first: &'a [Policy], second: &'a [Policy], reading: Reading) -> Self {
        Self { sides: [first, second], reading, ready: OnceCell::new() }
    }

    /// Whether exactly the side in question allows the request.
    fn tells_apart(&self, request: &Request, gaining: bool) -> bool {
        let prepare = |policies: &[Policy]| {
            let prepared = policies.iter().map(|policy| Prepared::with_reading("", policy, self.reading).ok());
            prepared.collect::<Option<Vec<_>>>().map(Permissions::of)
        };
        let ready = self.ready.get_or_init(|| {
            let [first, second] = self.sides;
            Some([prepare(first)?, prepare(second)?])
        });
        let Some([first, second]) = ready else { return false };
        let (ours, theirs) = if gaining { (second, first) } else { (first, second) };
        ours.allows(request) && !theirs.allows(request)
    }

    /// The candidate as a request that the first side allows and the second does not; or, if none of its forms does that, one of them.
    pub(super) fn differs(&self, candidate: &Candidate<'_>, gaining: bool) -> Result<Request, Request> {
        let mut first = None;
        for value in VALUES {
            for all_variables in [false, true] {
                let request = candidate.request(value, all_variables);
                if self.tells_apart(&request, gaining) {
                    return Ok(self.plainer(request, gaining));
                }
                first.get_or_insert(request);
            }
            if !candidate.hangs_on_variables() {
                break;
            }
        }
        Err(first.unwrap_or_else(|| Request::new(candidate.action, "*")))
    }
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

    fn request(&self, value: &str, all_variables: bool) -> Request {
        let mut context = Context::new();
        for (key, values) in &self.solution.values {
            context.set(key, values.clone());
        }
        if all_variables {
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
        for (atom, truth) in &self.solution.assumed {
            if let (Atom::Test(index), true) = (atom, *truth) {
                self.satisfy(*index, &mut context, value);
            }
        }
        let mut request = Request::new(self.action, &resource);
        request.context = context;
        request
    }

    /// Gives the key of a condition with variables a value that its first pattern matches.
    fn satisfy(&self, index: usize, context: &mut Context, value: &str) {
        let Some(test) = self.statements.atoms.get(index) else { return };
        let Values::Patterns(patterns) = &test.values else { return };
        if test.operator.comparison.negates().is_some() || context.get(&test.key).is_some() {
            return;
        }
        let Some(pattern) = patterns.first() else { return };
        let mut text = String::new();
        for token in &pattern.tokens {
            match token {
                Token::Char(character) | Token::Fold(character) => text.push(*character),
                Token::One | Token::OneInPart => text.push('x'),
                Token::Run | Token::RunInPart => {}
                Token::Variable(variable) => text.push_str(fill(context, &variable.key, value)),
            }
        }
        context.set(&test.key, [text]);
    }
}

/// The value of a key, which is set if it is absent.
fn fill<'c>(context: &'c mut Context, key: &str, value: &'c str) -> &'c str {
    if context.get(key).is_none() {
        context.set(key, [value]);
    }
    context.get(key).and_then(|values| values.first()).map_or(value, String::as_str)
}
