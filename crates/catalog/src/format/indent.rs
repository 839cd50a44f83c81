//! Two spaces a level; lists one level deeper than their key.

use std::collections::BTreeMap;

use crate::diagnostic::{line_of, line_starts};
use crate::yaml::{Document, Node, Value};

/// What to do with a line.
#[derive(Debug, Clone, Copy)]
enum Line {
    /// Begins with a key or a dash: so many spaces before it.
    Begins { indent: usize },
    /// Begins with a dash and what follows it: so many spaces before the dash.
    Dash { indent: usize },
    /// Goes on with a value: moved as far as the line above that begins it.
    Moves { by: isize },
}

/// Indents lines anew.
pub(super) fn tidy(text: &str, document: &Document) -> Option<String> {
    if document.fancy || has_indentation_indicator(text) {
        return None;
    }
    let root = document.root.as_ref()?;
    let lines: Vec<&str> = text.lines().collect();
    let mut plan = Plan { text, lines: &lines, starts: line_starts(text), rules: BTreeMap::new() };
    plan.node(root, 0)?;
    let mut out = String::with_capacity(text.len());
    for (at, line) in lines.iter().enumerate() {
        let bare = line.trim_start_matches(' ');
        let old = line.len() - bare.len();
        match plan.rules.get(&at) {
            Some(Line::Begins { indent }) => out.push_str(&format!("{:indent$}{bare}", "")),
            Some(Line::Dash { indent }) => {
                let rest = bare.strip_prefix('-').unwrap_or(bare).trim_start_matches(' ');
                out.push_str(format!("{:indent$}- {rest}", "").trim_end());
            }
            Some(Line::Moves { by }) if !bare.is_empty() => {
                let indent = old.saturating_add_signed(*by);
                out.push_str(&format!("{:indent$}{bare}", ""));
            }
            Some(Line::Moves { .. }) => {}
            None if bare.starts_with('#') => {
                let indent = plan.comment(at, old);
                out.push_str(&format!("{:indent$}{bare}", ""));
            }
            None => out.push_str(line),
        }
        out.push('\n');
    }
    Some(out)
}

/// `|2` and the like count columns themselves.
fn has_indentation_indicator(text: &str) -> bool {
    text.lines().any(|line| {
        let tail = line.trim_end().trim_end_matches(['+', '-']);
        tail.ends_with(|last: char| last.is_ascii_digit())
            && tail
                .trim_end_matches(|last: char| last.is_ascii_digit())
                .trim_end_matches(['+', '-'])
                .ends_with(['|', '>'])
    })
}

struct Plan<'t> {
    text: &'t str,
    lines: &'t [&'t str],
    starts: Vec<usize>,
    rules: BTreeMap<usize, Line>,
}

impl Plan<'_> {
    fn line_of(&self, at: usize) -> usize {
        line_of(&self.starts, at)
    }

    fn old_indent(&self, line: usize) -> usize {
        self.lines.get(line).map_or(0, |line| line.len() - line.trim_start_matches(' ').len())
    }

    /// Plans a block collection that begins at column `indent`.
    fn node(&mut self, node: &Node, indent: usize) -> Option<()> {
        match &node.value {
            Value::Mapping { entries, flow: false } => {
                for entry in entries {
                    let line = self.line_of(entry.key.span.start);
                    let shift = match self.rules.get(&line) {
                        // The first key of an item stands behind its dash.
                        Some(Line::Dash { indent: dash }) => moved(self.old_indent(line), *dash),
                        Some(_) => return None,
                        None => {
                            self.rules.insert(line, Line::Begins { indent });
                            moved(self.old_indent(line), indent)
                        }
                    };
                    self.value(&entry.value, line, indent, shift)?;
                }
                Some(())
            }
            Value::Sequence { items, flow: false } => {
                for item in items {
                    self.item(item, indent)?;
                }
                Some(())
            }
            _ => Some(()),
        }
    }

    fn value(&mut self, value: &Node, key_line: usize, indent: usize, shift: isize) -> Option<()> {
        if is_block(value) {
            return self.node(value, indent + 2);
        }
        self.follow(value, key_line, shift)
    }

    /// The lines of a value after the one it begins on.
    fn follow(&mut self, value: &Node, first: usize, shift: isize) -> Option<()> {
        let last = self.line_of(value.span.end.max(value.span.start + 1).saturating_sub(1));
        for line in first + 1..=last {
            if self.rules.insert(line, Line::Moves { by: shift }).is_some() {
                return None;
            }
        }
        Some(())
    }

    fn item(&mut self, item: &Node, indent: usize) -> Option<()> {
        let start = match &item.value {
            Value::Mapping { entries, flow: false } => entries.first()?.key.span.start,
            _ => item.span.start,
        };
        // The dash stands before the item; a block of text begins on the line after its `|`.
        let before = self.text.get(..start)?;
        let gap = |dash: &usize| before.get(dash + 1..).unwrap_or("x").trim();
        let dash = before.rfind('-').filter(|dash| gap(dash).is_empty() || matches!(gap(dash), "|" | ">"))?;
        let line = self.line_of(dash);
        let column = dash - self.text.get(..dash)?.rfind('\n').map_or(0, |at| at + 1);
        if column != self.old_indent(line) || self.rules.contains_key(&line) {
            return None;
        }
        let shift = moved(column, indent);
        if self.line_of(start) != line && !matches!(item.value, Value::Scalar { .. }) {
            return None;
        }
        self.rules.insert(line, Line::Dash { indent });
        if is_block(item) {
            if matches!(item.value, Value::Sequence { .. }) {
                return None;
            }
            return self.node(item, indent + 2);
        }
        self.follow(item, line, shift)
    }

    /// Indentation of a comment: that of the next line that stood in the same column, else of the last one.
    fn comment(&self, at: usize, old: usize) -> usize {
        let indent = |(line, rule): (&usize, &Line)| {
            let same = self.old_indent(*line) == old;
            match rule {
                Line::Begins { indent } | Line::Dash { indent } if same => Some(*indent),
                _ => None,
            }
        };
        let next = self.rules.range(at..).find(|(_, rule)| !matches!(rule, Line::Moves { .. }));
        let next = next.and_then(indent);
        let above = || self.rules.range(..at).rev().find_map(indent);
        next.or_else(above).unwrap_or(old)
    }
}

/// How far a line moves from one column to another. Columns are small: lines are bounded by the file's size.
fn moved(from: usize, to: usize) -> isize {
    isize::try_from(to).unwrap_or_default() - isize::try_from(from).unwrap_or_default()
}

fn is_block(node: &Node) -> bool {
    matches!(&node.value, Value::Mapping { flow: false, entries } if !entries.is_empty())
        || matches!(&node.value, Value::Sequence { flow: false, items } if !items.is_empty())
}
