//! Text → [`Policy`].

mod statement;

use std::str::FromStr;

use crate::json::{self, Member, Node, Value};
use crate::nearest::{did_you_mean, nearest};
use crate::policy::{Policy, Version};
use crate::problem::Problem;
use crate::span::{Span, Spanned, Text};

/// What came of reading a policy.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// The policy; `None` if and only if there is an error among the problems.
    pub policy: Option<Policy>,
    /// What was found, in the order of the text.
    pub problems: Vec<Problem>,
}

impl Parsed {
    /// The policy, or else all problems.
    ///
    /// # Errors
    /// The problems, when at least one is an error.
    pub fn into_result(self) -> Result<Policy, Vec<Problem>> {
        self.policy.ok_or(self.problems)
    }
}

/// Reads the text of an IAM policy: JSON, element names, types of values. Reports several problems at once and never panics.
///
/// Whether the elements make sense for a kind of policy is another question: [`crate::check`].
#[must_use]
pub fn parse(text: &str) -> Parsed {
    let (node, problems) = json::read(text);
    let mut parser = Parser { problems };
    let policy = node.and_then(|node| parser.policy(node));
    let mut problems = parser.problems;
    problems.sort_by_key(|problem| problem.span);
    let broken = problems.iter().any(Problem::is_error);
    Parsed { policy: if broken { None } else { policy }, problems }
}

impl FromStr for Policy {
    type Err = PolicyTextError;

    fn from_str(text: &str) -> Result<Self, PolicyTextError> {
        parse(text).into_result().map_err(|problems| {
            let errors: Vec<String> =
                problems.iter().filter(|problem| problem.is_error()).map(|problem| problem.render(text)).collect();
            PolicyTextError { message: errors.join("\n") }
        })
    }
}

/// A text that is no policy, with all its errors as `line:column: …` lines.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PolicyTextError {
    message: String,
}

/// Collects problems while the tree of JSON values becomes a policy.
struct Parser {
    problems: Vec<Problem>,
}

const POLICY_ELEMENTS: [&str; 3] = ["Version", "Id", "Statement"];

impl Parser {
    fn report(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    fn wrong_type(&mut self, node: &Node, what: &str, wanted: &str) {
        let message = format!("{what} must be {wanted}, not {}", node.value.kind());
        self.report(Problem::error("wrong-type", node.span, message));
    }

    fn unknown_element(&mut self, name: &Text, known: &[&str], place: &str) {
        let help = did_you_mean(&nearest(name, known.iter().copied(), 1));
        let problem =
            Problem::error("unknown-element", name.span, format!("unknown element `{}` in {place}", name.value));
        self.report(problem.help(help.unwrap_or_else(|| format!("known are {}", known.join(", ")))));
    }

    fn policy(&mut self, node: Node) -> Option<Policy> {
        let span = node.span;
        let members = match node.value {
            Value::Object(members) => members,
            other => {
                let node = Node { span, value: other };
                self.wrong_type(&node, "a policy", "an object");
                return None;
            }
        };
        let mut policy = Policy::default();
        let mut has_statements = false;
        for Member { name, value } in members {
            match name.as_str() {
                "Version" => policy.declared_version = self.version(value),
                "Id" => policy.id = self.string(value, "`Id`"),
                "Statement" => {
                    has_statements = true;
                    policy.statements = self.statements(value);
                }
                _ => self.unknown_element(&name, &POLICY_ELEMENTS, "the policy"),
            }
        }
        if !has_statements {
            let help = "a policy is {\"Version\": \"2012-10-17\", \"Statement\": […]}";
            let start = Span::new(span.start, span.start + 1);
            self.report(Problem::error("missing-element", start, "the policy has no `Statement`").help(help));
        }
        Some(policy)
    }

    fn version(&mut self, node: Node) -> Option<Spanned<Version>> {
        let text = self.string(node, "`Version`")?;
        match text.as_str() {
            "2012-10-17" => Some(Spanned::new(Version::V2012, text.span)),
            "2008-10-17" => Some(Spanned::new(Version::V2008, text.span)),
            other => {
                let problem = Problem::error(
                    "unknown-version",
                    text.span,
                    format!("no version `{other}` of the policy language"),
                );
                self.report(problem.help("it names the language, not your edit: write \"2012-10-17\""));
                None
            }
        }
    }

    fn statements(&mut self, node: Node) -> Vec<crate::policy::Statement> {
        match node.value {
            Value::Array(items) => items.into_iter().filter_map(|item| self.statement(item)).collect(),
            Value::Object(_) => self.statement(node).into_iter().collect(),
            _ => {
                self.wrong_type(&node, "`Statement`", "an object or an array of objects");
                Vec::new()
            }
        }
    }

    fn string(&mut self, node: Node, what: &str) -> Option<Text> {
        if let Value::String(text) = node.value {
            return Some(Text::new(text, node.span));
        }
        self.wrong_type(&node, what, "a string");
        None
    }

    /// A string or an array of strings.
    fn strings(&mut self, node: Node, what: &str) -> Vec<Text> {
        match node.value {
            Value::Array(items) => {
                let what = format!("each value of {what}");
                items.into_iter().filter_map(|item| self.string(item, &what)).collect()
            }
            Value::String(text) => vec![Text::new(text, node.span)],
            _ => {
                self.wrong_type(&node, what, "a string or an array of strings");
                Vec::new()
            }
        }
    }
}
