//! Events of the parser → tree, with everything refused that would be read in a surprising way.

use std::collections::HashMap;

use granit_parser::{Event, Options, Parser, ScalarStyle, StructureStyle};

use super::problem::syntax_error;
use super::{Entry, Key, MAX_ALIASED_NODES, MAX_DEPTH, MAX_FILE_BYTES, Node, Value};
use crate::diagnostic::{Diagnostic, SourceFile, Span};

/// A file as a tree.
#[derive(Debug, Default)]
pub(crate) struct Document {
    /// None when the file is empty or cannot be read.
    pub(crate) root: Option<Node>,
    /// Comments, `#` included, in order.
    pub(crate) comments: Vec<Span>,
    /// Whether anything is wrong with the text as YAML.
    pub(crate) broken: bool,
    /// Whether anchors, aliases or tags were used.
    pub(crate) fancy: bool,
}

/// Reads a file; what is wrong with it goes to `diagnostics`.
pub(crate) fn read(file: &SourceFile<'_>, diagnostics: &mut Vec<Diagnostic>) -> Document {
    if let Some(problem) = refuse_text(file) {
        diagnostics.push(problem);
        return Document { broken: true, ..Document::default() };
    }
    let before = diagnostics.len();
    let mut builder = Builder {
        events: Vec::new(),
        at: 0,
        document: Document::default(),
        anchors: HashMap::new(),
        aliased_nodes: 0,
        file,
        diagnostics,
    };
    builder.scan();
    let broken = builder.diagnostics.len() > before;
    if !broken {
        builder.build();
    }
    let mut document = std::mem::take(&mut builder.document);
    document.broken = diagnostics.iter().skip(before).any(Diagnostic::is_error);
    document
}

fn options() -> Options {
    granit_parser::options! {
        disallow_directives: true,
        emit_anchor_events: false,
        emit_unresolved_aliases: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
        max_buffered_comment_events: 100_000,
    }
}

/// Refuses what no YAML file may hold, and what could make a reviewer see another text than the machine.
fn refuse_text(file: &SourceFile<'_>) -> Option<Diagnostic> {
    if file.text.len() > MAX_FILE_BYTES {
        let message = format!("the file has {} MiB; at most 16 are read", file.text.len() / (1024 * 1024));
        return Some(file.error("too-large", Span::default(), message).help("split it into several files"));
    }
    let (at, character) = file.text.char_indices().find(|(at, character)| match character {
        '\t' | '\n' | '\r' => false,
        '\u{feff}' => *at != 0,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' => true,
        other => other.is_control(),
    })?;
    let span = Span::new(at, at + character.len_utf8());
    let message = format!("the invisible character U+{:04X} is not allowed", u32::from(character));
    Some(file.error("invisible-character", span, message).label("here").help("delete it"))
}

struct Builder<'a, 'd> {
    events: Vec<(Event<'a>, Span)>,
    at: usize,
    document: Document,
    anchors: HashMap<usize, Node>,
    aliased_nodes: usize,
    file: &'d SourceFile<'a>,
    diagnostics: &'d mut Vec<Diagnostic>,
}

impl<'a> Builder<'a, '_> {
    /// Takes all events; stops at what is no YAML.
    fn scan(&mut self) {
        let skipped = if self.file.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let text = self.file.text.get(skipped..).unwrap_or_default();
        for event in Parser::new_from_str_with_options(text, options()) {
            match event {
                Ok((event, span)) => {
                    let bytes = span.byte_range().unwrap_or_default();
                    let span = Span::new(bytes.start + skipped, bytes.end + skipped);
                    match event {
                        Event::Comment(..) => self.document.comments.push(span),
                        event => self.events.push((event, span)),
                    }
                }
                Err(error) => {
                    let at = error.marker().byte_offset().unwrap_or(text.len()) + skipped;
                    self.diagnostics.push(syntax_error(self.file, error.kind(), at));
                    return;
                }
            }
        }
    }

    fn build(&mut self) {
        let mut documents = 0;
        while let Some((event, span)) = self.next() {
            match event {
                Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
                Event::DocumentStart(..) => {
                    documents += 1;
                    if documents > 1 {
                        let problem = self.file.error("several-documents", span, "a second YAML document begins here");
                        self.report(
                            problem.label("`---`").help("keep one document in a file: put it into a file of its own"),
                        );
                        return;
                    }
                }
                event => {
                    let root = self.node(event, span);
                    let empty = root.is_null() && root.span.start == root.span.end;
                    self.document.root = (!empty).then_some(root);
                }
            }
        }
    }

    fn next(&mut self) -> Option<(Event<'a>, Span)> {
        let (event, span) = self.events.get(self.at)?;
        self.at += 1;
        Some((event.clone(), *span))
    }

    /// The parser counts the line breaks after a block of text as part of it.
    fn trimmed(&self, span: Span) -> Span {
        let text = self.file.text.get(span.start..span.end).unwrap_or_default();
        Span::new(span.start, span.start + text.trim_end().len())
    }

    fn report(&mut self, problem: Diagnostic) {
        self.diagnostics.push(problem);
    }

    /// The node that begins with `event`. The parser bounds the depth.
    fn node(&mut self, event: Event<'a>, span: Span) -> Node {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                if let Some(tag) = tag {
                    self.refuse_tag(tag.original_handle(), tag.suffix(), span);
                }
                let span =
                    if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) { self.trimmed(span) } else { span };
                let node = Node { span, value: Value::Scalar { text: text.into_owned(), style } };
                self.remember(anchor, &node);
                node
            }
            Event::SequenceStart(style, anchor, tag) => {
                if let Some(tag) = tag {
                    self.refuse_tag(tag.original_handle(), tag.suffix(), span);
                }
                let mut items = Vec::new();
                let mut end = span.end;
                while let Some((event, item_span)) = self.next() {
                    if matches!(event, Event::SequenceEnd) {
                        end = if item_span.end > item_span.start { item_span.end } else { end };
                        break;
                    }
                    let item = self.node(event, item_span);
                    end = end.max(item.span.end);
                    items.push(item);
                }
                let flow = style == StructureStyle::Flow;
                let node = Node { span: Span::new(span.start, end), value: Value::Sequence { items, flow } };
                self.remember(anchor, &node);
                node
            }
            Event::MappingStart(style, anchor, tag) => {
                if let Some(tag) = tag {
                    self.refuse_tag(tag.original_handle(), tag.suffix(), span);
                }
                let (entries, end) = self.entries(span);
                let flow = style == StructureStyle::Flow;
                let node = Node { span: Span::new(span.start, end), value: Value::Mapping { entries, flow } };
                self.remember(anchor, &node);
                node
            }
            Event::Alias(anchor) => self.alias(anchor, span),
            Event::UnresolvedAlias(name) => {
                let problem = self.file.error("unknown-anchor", span, format!("there is no anchor `&{name}` above"));
                let help = format!(
                    "`*` begins an alias in YAML; a pattern of account names is written `name:*{name}`, other text in quotes"
                );
                self.report(problem.label("read as an alias").help(help));
                broken(span)
            }
            _ => broken(span),
        }
    }

    fn entries(&mut self, start: Span) -> (Vec<Entry>, usize) {
        let mut entries: Vec<Entry> = Vec::new();
        let mut seen: HashMap<String, Span> = HashMap::new();
        let mut end = start.end;
        while let Some((event, span)) = self.next() {
            if matches!(event, Event::MappingEnd) {
                end = if span.end > span.start { span.end } else { end };
                break;
            }
            let key = self.node(event, span);
            let Some((event, span)) = self.next() else { break };
            let value = self.node(event, span);
            end = end.max(key.span.end).max(value.span.end);
            let Value::Scalar { text, style } = key.value else {
                let problem = self.file.error("key-not-text", key.span, "a key must be text");
                self.report(problem.label("this is used as a key"));
                continue;
            };
            if let Some(first) = seen.get(&text) {
                let first = self.file.place(*first);
                let problem = self.file.error("duplicate-key", key.span, format!("the key `{text}` stands here twice"));
                self.report(problem.label("again").related(&first, "first here").help("keep one of them"));
                continue;
            }
            seen.insert(text.clone(), key.span);
            entries.push(Entry { key: Key { span: key.span, text, style }, value });
        }
        (entries, end)
    }

    fn refuse_tag(&mut self, handle: &str, suffix: &str, span: Span) {
        self.document.fancy = true;
        if (handle == "!!" && suffix == "str") || (handle == "!" && suffix.is_empty()) {
            return;
        }
        let problem = self.file.error("yaml-tag", span, format!("the YAML tag `{handle}{suffix}` has no meaning here"));
        self.report(problem.label("tagged value").help("leave the tag out; text that begins with `!` goes in quotes"));
    }

    fn remember(&mut self, anchor: usize, node: &Node) {
        if anchor != 0 {
            self.document.fancy = true;
            self.anchors.insert(anchor, node.clone());
        }
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Node {
        self.document.fancy = true;
        let Some(target) = self.anchors.get(&anchor) else {
            let problem = self.file.error("recursive-alias", span, "the alias stands inside what it refers to");
            self.report(problem.label("refers to itself").help("write the value out"));
            return broken(span);
        };
        let size = nodes(target);
        let mut node = target.clone();
        self.aliased_nodes = self.aliased_nodes.saturating_add(size);
        if self.aliased_nodes > MAX_ALIASED_NODES {
            if self.aliased_nodes - size <= MAX_ALIASED_NODES {
                let message = format!("the aliases of this file stand for more than {MAX_ALIASED_NODES} values");
                let problem = self.file.error("too-many-aliases", span, message);
                self.report(problem.label("one alias too many").help("write the values out"));
            }
            return broken(span);
        }
        // What is wrong with an aliased value is shown where the alias stands.
        node.span = span;
        node
    }
}

fn broken(span: Span) -> Node {
    Node { span, value: Value::Broken }
}

fn nodes(node: &Node) -> usize {
    match &node.value {
        Value::Scalar { .. } | Value::Broken => 1,
        Value::Sequence { items, .. } => items.iter().map(nodes).sum::<usize>() + 1,
        Value::Mapping { entries, .. } => entries.iter().map(|entry| nodes(&entry.value) + 1).sum::<usize>() + 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(node: &Node, text: &str, out: &mut String) {
        let source = &text[node.span.start..node.span.end];
        match &node.value {
            Value::Scalar { text, style } => out.push_str(&format!("{style:?} {text:?} <{source}>\n")),
            Value::Sequence { items, .. } => {
                out.push_str(&format!("seq <{source}>\n"));
                items.iter().for_each(|item| show(item, text, out));
            }
            Value::Broken => out.push_str("broken\n"),
            Value::Mapping { entries, .. } => {
                out.push_str(&format!("map <{source}>\n"));
                for entry in entries {
                    out.push_str(&format!("key <{}>\n", &text[entry.key.span.start..entry.key.span.end]));
                    show(&entry.value, text, out);
                }
            }
        }
    }

    fn tree(text: &str) -> String {
        let file = SourceFile::new("x.yaml", text);
        let mut diagnostics = Vec::new();
        let document = read(&file, &mut diagnostics);
        let mut out = String::new();
        if let Some(root) = &document.root {
            show(root, text, &mut out);
        }
        for span in &document.comments {
            out.push_str(&format!("comment <{}>\n", &text[span.start..span.end]));
        }
        for problem in &diagnostics {
            out.push_str(&format!("{}:{} {}\n", problem.line, problem.column, problem.message));
        }
        out
    }

    #[test]
    fn everything_knows_its_place() {
        insta::assert_snapshot!(tree(
            "\u{feff}# head\r\n- principals: [group:a, \"user:b\"] # why\r\n  empty:\r\n  block: |\r\n    one\r\n    two\r\n  accounts:\r\n  - 012345678901\r\n  - 'x''y'\r\n  map: {a: 1,\r\n    b: 2}\r\n  folded: a\r\n    b\r\n\r\n# tail\r\n"
        ));
    }

    #[test]
    fn laughs_and_loops_are_bounded() {
        let mut laughs = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for level in 1..9 {
            let before = level - 1;
            let items = vec![format!("*a{before}"); 9].join(", ");
            laughs.push_str(&format!("a{level}: &a{level} [{items}]\n"));
        }
        assert!(tree(&laughs).contains("stand for more than 10000 values"));
        assert!(tree("&a [*a]").contains("inside what it refers to"));
        assert!(tree(&"[".repeat(100_000)).contains("nested"));
        assert!(tree(&"- ".repeat(100_000)).contains("nested"));
    }
}
