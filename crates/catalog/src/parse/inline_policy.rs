//! `inline_policies`: files and literals, put together into the one policy AWS takes.

use policy::merge::{MergeError, Merged, merge};
use policy::{ConcatenateError, PERMISSION_SET_INLINE_LIMIT, Policy, Problem};

use super::policy_files::{diagnostic, lint};
use super::{Parser, suggestion};
use crate::diagnostic::{SourceFile, Span, thousands};
use crate::reader::{Reader, Text};
use crate::yaml::{Node, ScalarStyle, Value};

/// One policy of a set, where it is named, and what to call it.
struct Piece {
    policy: Policy,
    span: Span,
    name: String,
}

impl Parser {
    /// The text to send to AWS; `Err` when it is wrong, and that was said.
    pub(super) fn inline_policies(&mut self, file: &SourceFile<'_>, node: &Node) -> Result<Option<String>, ()> {
        let items = match &node.value {
            Value::Sequence { items, .. } => items.as_slice(),
            Value::Scalar { .. } if node.is_null() => {
                let mut reader = self.reader(file);
                reader.wrong_type(node, "`inline_policies`", "a list", "write [policies/NAME.json], or delete the key");
                return Err(());
            }
            _ => std::slice::from_ref(node),
        };
        let mut pieces = Vec::new();
        let mut broken = false;
        for item in items {
            match self.piece(file, item) {
                Some(piece) => pieces.push(piece),
                None => broken = true,
            }
        }
        if broken {
            return Err(());
        }
        self.merge(file, node, &pieces)
    }

    fn piece(&mut self, file: &SourceFile<'_>, node: &Node) -> Option<Piece> {
        match &node.value {
            Value::Mapping { .. } => self.literal(file, node),
            Value::Scalar { text, .. } if text.trim_start().starts_with('{') => self.json_text(file, node, text),
            _ => {
                let text = self.reader(file).text(node, "an item of `inline_policies`")?;
                self.named(file, text)
            }
        }
    }

    fn named(&mut self, file: &SourceFile<'_>, text: Text<'_>) -> Option<Piece> {
        match self.policies.take(text.text) {
            Some(policy) => {
                return policy.map(|policy| Piece {
                    policy: policy.clone(),
                    span: text.span,
                    name: text.text.to_owned(),
                });
            }
            None if text.text.starts_with("arn:") => {
                let problem = file.error("policy-file", text.span, "an ARN is no inline policy");
                let help = "list AWS's policies under `managed_policies`, your own under `customer_managed_policies`";
                self.diagnostics.push(problem.label("not a file").help(help));
                return None;
            }
            None => {}
        }
        let problem = file.error("policy-file", text.span, format!("no file `{}`", text.text));
        let last = text.text.rsplit('/').next().unwrap_or(text.text);
        let bare = last.strip_suffix(".json").unwrap_or(last);
        let exact = format!("policies/{bare}.json");
        let help = if self.policies.paths().any(|path| path == exact) {
            Some(format!("did you mean `{exact}`?"))
        } else {
            suggestion(&exact, self.policies.paths())
        };
        let help =
            help.unwrap_or_else(|| format!("write the policy into `{exact}`; paths begin at the catalog's folder"));
        self.diagnostics.push(problem.label("not in `policies/`").help(help));
        None
    }

    /// A policy written out as YAML.
    fn literal(&mut self, file: &SourceFile<'_>, node: &Node) -> Option<Piece> {
        let mut writer = JsonWriter::default();
        writer.write(node);
        let parsed = policy::parse(&writer.json);
        let place = |span: policy::Span| file.place(writer.source(span, node.span));
        self.finish(node.span, parsed, place)
    }

    /// A policy written out as JSON inside a block of text.
    fn json_text(&mut self, file: &SourceFile<'_>, node: &Node, text: &str) -> Option<Piece> {
        let parsed = policy::parse(text);
        let source = file.text.get(node.span.start..node.span.end).unwrap_or_default();
        let place = |span: policy::Span| {
            // Indentation is not part of the text: look for the marked line in the file instead.
            let (line, _) = policy::line_column(text, span.start);
            let wanted = text.lines().nth(line.saturating_sub(1)).unwrap_or_default().trim();
            let at = source.find(wanted).filter(|_| !wanted.is_empty()).map(|at| node.span.start + at);
            file.place(at.map_or(node.span, |at| Span::new(at, at + wanted.len())))
        };
        self.finish(node.span, parsed, place)
    }

    fn finish(
        &mut self,
        span: Span,
        parsed: policy::Parsed,
        place: impl Fn(policy::Span) -> crate::diagnostic::Place,
    ) -> Option<Piece> {
        let mut problems = parsed.problems;
        if let Some(policy) = &parsed.policy {
            problems.extend(lint(policy));
        }
        self.diagnostics.extend(problems.iter().map(|problem| diagnostic(problem, &place)));
        if problems.iter().any(Problem::is_error) {
            return None;
        }
        parsed.policy.map(|policy| Piece { policy, span, name: "the policy written out here".to_owned() })
    }

    fn merge(&mut self, file: &SourceFile<'_>, node: &Node, pieces: &[Piece]) -> Result<Option<String>, ()> {
        let text = match pieces {
            [] => return Ok(None),
            [single] => single.policy.to_json(),
            several => {
                let policies: Vec<Policy> = several.iter().map(|piece| piece.policy.clone()).collect();
                match policy::concatenate(&policies) {
                    Ok(policy) => policy.to_json(),
                    Err(error) => {
                        self.diagnostics.push(versions_differ(file, node, several, &error));
                        return Err(());
                    }
                }
            }
        };
        if fits(&text) { Ok(Some(text)) } else { self.minimised(file, node, pieces, &text).map(Some).ok_or(()) }
    }

    /// The policies as one that allows the same and fits, which is proven; else what is too large.
    fn minimised(&mut self, file: &SourceFile<'_>, node: &Node, pieces: &[Piece], text: &str) -> Option<String> {
        let policies: Vec<Policy> = pieces.iter().map(|piece| piece.policy.clone()).collect();
        let span = pieces.first().map_or(node.span, |piece| piece.span);
        let before = policy::size_without_whitespace(text);
        let error = match merge(&policies, PERMISSION_SET_INLINE_LIMIT) {
            Ok(merged) => {
                self.diagnostics.extend(told(file, span, before, &merged));
                return Some(merged.policy.to_json());
            }
            Err(error) => error,
        };
        let message = format!(
            "the inline policy has {} bytes without whitespace; AWS takes {}",
            thousands(before),
            thousands(PERMISSION_SET_INLINE_LIMIT)
        );
        let shares: Vec<String> =
            pieces.iter().map(|piece| format!("{} has {}", piece.name, thousands(piece.policy.size()))).collect();
        let smaller = match &error {
            MergeError::TooLarge { smallest, .. } => {
                format!("the smallest form that is proven to allow the same has {}", thousands(smallest.size))
            }
            other => other.to_string(),
        };
        let help = format!("{}; {smaller}; move statements into a customer managed policy", shares.join(", "));
        let label = format!("{} too many", thousands(before.saturating_sub(PERMISSION_SET_INLINE_LIMIT)));
        let mut reader = Reader { file, diagnostics: &mut self.diagnostics };
        reader.report(file.error("inline-policy-size", span, message).label(label).help(help));
        None
    }
}

fn fits(text: &str) -> bool {
    policy::size_without_whitespace(text) <= PERMISSION_SET_INLINE_LIMIT
        && text.len() <= policy::PERMISSION_SET_INLINE_RAW_LIMIT
}

/// What whoever reads the plan has to know of a policy that was merged: nothing but its size where it is equal for all actions
/// there will ever be.
fn told(file: &SourceFile<'_>, span: Span, before: usize, merged: &Merged) -> Option<crate::Diagnostic> {
    if merged.wildcards.is_empty() {
        return None;
    }
    let message = format!(
        "merged from {} to {} bytes to fit, with wildcards in place of actions",
        thousands(before),
        thousands(merged.size)
    );
    let shown: Vec<&str> = merged.wildcards.iter().take(6).map(|wildcard| wildcard.pattern.as_str()).collect();
    let more = merged.wildcards.len() - shown.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let help = format!(
        "{}{more}: proven to allow the same of all actions of {}, and what AWS adds later under these names as well",
        shown.join(", "),
        policy::catalogue::date()
    );
    Some(file.warning("inline-policy-wildcards", span, message).label("fits with wildcards only").help(help))
}

fn versions_differ(
    file: &SourceFile<'_>,
    node: &Node,
    pieces: &[Piece],
    error: &ConcatenateError,
) -> crate::Diagnostic {
    let ConcatenateError::Versions { first, other, index } = error else {
        return file.error("policy-versions", node.span, error.to_string());
    };
    let name = |at: usize| pieces.get(at).map_or("", |piece| piece.name.as_str());
    let span = |at: usize| pieces.get(at).map_or(node.span, |piece| piece.span);
    let message = format!("`{}` has Version `{other}`, and `{}` has `{first}`", name(*index), name(0));
    let problem = file.error("policy-versions", span(*index), message);
    problem
        .label("cannot be put together")
        .related(&file.place(span(0)), format!("Version `{first}`"))
        .help("`${…}` means something in one version and not in the other: write \"Version\": \"2012-10-17\" in both")
}

/// YAML tree → JSON text that remembers where each value came from.
#[derive(Default)]
struct JsonWriter {
    json: String,
    /// Bytes of the JSON and of the YAML; inner values stand before those that hold them.
    places: Vec<(policy::Span, Span)>,
}

impl JsonWriter {
    fn write(&mut self, node: &Node) {
        let start = self.json.len();
        match &node.value {
            Value::Scalar { text, style } => {
                let bare =
                    *style == ScalarStyle::Plain && (is_json_number(text) || matches!(text.as_str(), "true" | "false"));
                match () {
                    () if node.is_null() => self.json.push_str("null"),
                    () if bare => self.json.push_str(text),
                    () => self.string(text),
                }
            }
            Value::Sequence { items, .. } => {
                self.json.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        self.json.push(',');
                    }
                    self.write(item);
                }
                self.json.push(']');
            }
            Value::Mapping { entries, .. } => {
                self.json.push('{');
                for (at, entry) in entries.iter().enumerate() {
                    if at > 0 {
                        self.json.push(',');
                    }
                    let start = self.json.len();
                    self.string(&entry.key.text);
                    self.places.push((policy::Span::new(start, self.json.len()), entry.key.span));
                    self.json.push(':');
                    self.write(&entry.value);
                }
                self.json.push('}');
            }
            Value::Broken => self.json.push_str("null"),
        }
        self.places.push((policy::Span::new(start, self.json.len()), node.span));
    }

    fn string(&mut self, text: &str) {
        self.json.push_str(&serde_json::Value::from(text).to_string());
    }

    /// The smallest value that covers the marked bytes.
    fn source(&self, span: policy::Span, whole: Span) -> Span {
        let covering = self.places.iter().filter(|(json, _)| json.start <= span.start && span.end <= json.end);
        covering.min_by_key(|(json, _)| json.end - json.start).map_or(whole, |(_, yaml)| *yaml)
    }
}

fn is_json_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let leading_zero = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && digits.matches('.').count() <= 1;
    plain && !leading_zero && digits.starts_with(|first: char| first.is_ascii_digit()) && !digits.ends_with('.')
}
