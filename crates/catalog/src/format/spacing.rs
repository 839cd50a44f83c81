//! Quotes only where needed, one space after `:`, `-` and `,`, none inside brackets.

use crate::diagnostic::Span;
use crate::yaml::{Document, Node, ScalarStyle, Value, is_plain, quote};

/// Rewrites values one by one where they stand.
pub(super) fn tidy(text: &str, document: &Document) -> Option<String> {
    if document.fancy {
        return None;
    }
    let mut edits = Edits { text, edits: Vec::new() };
    edits.node(document.root.as_ref()?);
    Some(edits.apply())
}

struct Edits<'t> {
    text: &'t str,
    edits: Vec<(Span, String)>,
}

impl Edits<'_> {
    fn slice(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    fn replace(&mut self, span: Span, with: String) {
        if self.slice(span) != with {
            self.edits.push((span, with));
        }
    }

    fn node(&mut self, node: &Node) {
        if let Some(printed) = self.inline(node) {
            self.replace(node.span, printed);
            return;
        }
        match &node.value {
            Value::Sequence { items, flow } => {
                for item in items {
                    if !flow && self.inline(item).is_some() {
                        self.dash(item);
                    }
                    self.node(item);
                }
            }
            Value::Mapping { entries, .. } => {
                for entry in entries {
                    let key = Node {
                        span: entry.key.span,
                        value: Value::Scalar { text: entry.key.text.clone(), style: entry.key.style },
                    };
                    self.node(&key);
                    let between = Span::new(entry.key.span.end, entry.value.span.start);
                    let gap = self.slice(between);
                    if gap.starts_with(':')
                        && gap.len() > 1
                        && gap.get(1..).is_some_and(|gap| gap.chars().all(|space| space == ' '))
                    {
                        self.replace(between, ": ".to_owned());
                    }
                    self.node(&entry.value);
                }
            }
            Value::Scalar { .. } | Value::Broken => {}
        }
    }

    /// `-    item` → `- item`.
    fn dash(&mut self, item: &Node) {
        let before = self.text.get(..item.span.start).unwrap_or_default();
        let spaces = before.len() - before.trim_end_matches(' ').len();
        if spaces > 1 && before.trim_end_matches(' ').ends_with('-') {
            self.replace(Span::new(item.span.start - spaces, item.span.start), " ".to_owned());
        }
    }

    /// A value on one line, written as it should be; none if it is not to be touched.
    fn inline(&self, node: &Node) -> Option<String> {
        let source = self.slice(node.span);
        if source.is_empty() || source.contains(['\n', '\r']) {
            return None;
        }
        match &node.value {
            Value::Scalar { text, style } => Some(match style {
                ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted if is_plain(text) => text.clone(),
                // Other YAML readers take it for a number, and lose a leading zero.
                ScalarStyle::Plain if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) => quote(text),
                ScalarStyle::Literal | ScalarStyle::Folded => return None,
                _ => source.to_owned(),
            }),
            Value::Sequence { items, flow: true } => {
                let items: Option<Vec<String>> = items.iter().map(|item| self.inline(item)).collect();
                Some(format!("[{}]", items?.join(", ")))
            }
            Value::Mapping { entries, flow: true } => {
                let entries: Option<Vec<String>> = entries
                    .iter()
                    .map(|entry| {
                        let style = entry.key.style;
                        let value = Value::Scalar { text: entry.key.text.clone(), style };
                        let key = self.inline(&Node { span: entry.key.span, value })?;
                        Some(format!("{key}: {}", self.inline(&entry.value)?))
                    })
                    .collect();
                Some(format!("{{{}}}", entries?.join(", ")))
            }
            _ => None,
        }
    }

    fn apply(mut self) -> String {
        self.edits.sort_by_key(|(span, _)| span.start);
        let mut out = String::with_capacity(self.text.len());
        let mut at = 0;
        for (span, with) in &self.edits {
            if span.start < at {
                continue;
            }
            out.push_str(self.text.get(at..span.start).unwrap_or_default());
            out.push_str(with);
            at = span.end;
        }
        out.push_str(self.text.get(at..).unwrap_or_default());
        out
    }
}
