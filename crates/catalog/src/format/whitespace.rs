//! Line ends, spaces at the end of lines, blank lines.

use crate::diagnostic::Span;
use crate::yaml::{Document, Node, Value};

/// One line feed after each line, none missing at the end; no spaces at line ends; at most one blank line in a row.
pub(super) fn tidy(text: &str, document: &Document) -> Option<String> {
    let mut kept = Vec::new();
    if let Some(root) = &document.root {
        long_scalars(root, text, &mut kept);
    }
    let mut out = String::with_capacity(text.len() + 1);
    let mut blank = true;
    let mut start = 0;
    for raw in text.split_inclusive('\n') {
        let inside = kept.iter().any(|span: &Span| span.start < start && start < span.end);
        start += raw.len();
        let line = raw.trim_end_matches(['\n', '\r']);
        let line = if inside { line } else { line.trim_end().trim_start_matches('\u{feff}') };
        if line.is_empty() && blank && !inside {
            continue;
        }
        blank = line.is_empty();
        out.push_str(line);
        out.push('\n');
    }
    while out.ends_with("\n\n") {
        out.pop();
    }
    Some(if out == "\n" { String::new() } else { out })
}

/// Texts over several lines: their lines are kept as they are.
fn long_scalars(node: &Node, text: &str, out: &mut Vec<Span>) {
    match &node.value {
        Value::Scalar { .. } => {
            if text.get(node.span.start..node.span.end).is_some_and(|text| text.contains('\n')) {
                out.push(node.span);
            }
        }
        Value::Sequence { items, .. } => items.iter().for_each(|item| long_scalars(item, text, out)),
        Value::Mapping { entries, .. } => entries.iter().for_each(|entry| long_scalars(&entry.value, text, out)),
        Value::Broken => {}
    }
}
