//! Typed access to a tree: every reader reports what is wrong and goes on.

use policy::{did_you_mean, nearest};

use crate::diagnostic::{Diagnostic, SourceFile, Span};
use crate::shape::{Key, OTHER_WORDS, Shape};
use crate::yaml::{Entry, Node, Value, flow_list};

/// A text and the bytes it was read from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Text<'n> {
    pub(crate) text: &'n str,
    pub(crate) span: Span,
}

/// Reads one file.
pub(crate) struct Reader<'r, 'a> {
    pub(crate) file: &'r SourceFile<'a>,
    pub(crate) diagnostics: &'r mut Vec<Diagnostic>,
}

/// The entries of a mapping whose keys are known.
#[derive(Debug)]
pub(crate) struct Fields<'n> {
    entries: &'n [Entry],
    /// Where the mapping begins: its first key.
    pub(crate) start: Span,
    /// Whether keys were unknown or missing.
    pub(crate) broken: bool,
}

impl<'n> Fields<'n> {
    /// The value of a key, if the key is there.
    pub(crate) fn get(&self, name: &str) -> Option<&'n Node> {
        self.entries.iter().find(|entry| entry.key.text == name).map(|entry| &entry.value)
    }

    /// The key itself.
    pub(crate) fn key_span(&self, name: &str) -> Option<Span> {
        self.entries.iter().find(|entry| entry.key.text == name).map(|entry| entry.key.span)
    }
}

impl Reader<'_, '_> {
    pub(crate) fn report(&mut self, problem: Diagnostic) {
        self.diagnostics.push(problem);
    }

    /// How many errors there are so far, to ask later whether more came.
    pub(crate) fn errors(&self) -> usize {
        self.diagnostics.iter().filter(|problem| problem.is_error()).count()
    }

    pub(crate) fn wrong_type(&mut self, node: &Node, what: &str, wanted: &str, help: impl Into<String>) {
        if matches!(node.value, Value::Broken) {
            // What is wrong with it was said when it was read.
            return;
        }
        let (message, label) = if node.is_null() {
            (format!("{what} has no value"), format!("{wanted} is expected here"))
        } else {
            (format!("{what} must be {wanted}, not {}", node.kind()), format!("this is {}", node.kind()))
        };
        let problem = self.file.error("wrong-type", self.visible(node), message);
        self.report(problem.label(label).help(help));
    }

    /// The first line of a node; where nothing stands, what stands before.
    fn visible(&self, node: &Node) -> Span {
        let text = self.file.text.get(node.span.start..node.span.end).unwrap_or_default();
        let line = text.lines().next().unwrap_or_default().trim_end();
        let skipped = line.len() - line.trim_start().len();
        if !line.trim_start().is_empty() {
            return Span::new(node.span.start + skipped, node.span.start + line.len());
        }
        let before = self.file.text.get(..node.span.start).unwrap_or_default().trim_end();
        let word = before.rfind([' ', '\n', '\r', '[', '{', ',']).map_or(0, |at| at + 1);
        Span::new(word, before.len())
    }

    /// A mapping with the keys of `shape`. None if it is no mapping.
    pub(crate) fn mapping<'n>(&mut self, node: &'n Node, shape: &Shape) -> Option<Fields<'n>> {
        let Value::Mapping { entries, .. } = &node.value else {
            let names: Vec<&str> = shape.keys.iter().map(|key| key.name).collect();
            self.wrong_type(
                node,
                shape.what,
                "a mapping",
                format!("write `key: value` lines; keys are {}", names.join(", ")),
            );
            return None;
        };
        let start = entries.first().map_or(self.visible(node), |entry| entry.key.span);
        let mut fields = Fields { entries, start, broken: false };
        let mut meant = Vec::new();
        for entry in entries {
            if !shape.keys.iter().any(|key| key.name == entry.key.text) {
                fields.broken = true;
                self.unknown_key(entry, shape, &fields, &mut meant);
            }
        }
        let missing = shape.keys.iter().filter(|key| key.required && fields.get(key.name).is_none());
        // A key that was misspelt is not missing besides.
        let missing: Vec<&Key> = missing.filter(|key| !meant.contains(&key.name)).collect();
        fields.broken |= !missing.is_empty();
        self.missing_keys(&missing, shape, start);
        Some(fields)
    }

    fn missing_keys(&mut self, missing: &[&Key], shape: &Shape, start: Span) {
        let names: Vec<String> = missing.iter().map(|key| format!("`{}`", key.name)).collect();
        let listed = match names.as_slice() {
            [] => return,
            [single] => single.clone(),
            [first @ .., last] => format!("{} and no {last}", first.join(", no ")),
        };
        let help = match missing {
            [single] => format!("add `{}: …` ({})", single.name, single.about.trim_end_matches('.')),
            several => {
                let names: Vec<String> = several.iter().map(|key| format!("`{}: …`", key.name)).collect();
                format!("add {}", names.join(", "))
            }
        };
        let problem = self.file.error("missing-key", start, format!("{} has no {listed}", shape.what));
        self.report(problem.label("missing here").help(help));
    }

    fn unknown_key(&mut self, entry: &Entry, shape: &Shape, fields: &Fields<'_>, meant: &mut Vec<&'static str>) {
        let name = entry.key.text.as_str();
        let names: Vec<&'static str> = shape.keys.iter().map(|key| key.name).collect();
        let near: Vec<&'static str> = nearest(name, names.iter().copied(), 2)
            .into_iter()
            .filter_map(|near| names.iter().copied().find(|known| *known == near))
            .collect();
        let other_word =
            || OTHER_WORDS.iter().find(|(word, key)| *word == name && names.contains(key)).map(|(_, key)| *key);
        let free: Vec<&'static str> =
            other_word().into_iter().chain(near.iter().copied()).filter(|near| fields.get(near).is_none()).collect();
        let help = match (free.as_slice(), near.first()) {
            _ if name == "<<" => {
                meant.extend(&names);
                "merge keys are not supported: write the keys out".to_owned()
            }
            ([first, ..], _) if other_word().is_some() => format!("did you mean `{first}`?"),
            ([_, ..], _) => did_you_mean(&free).unwrap_or_default(),
            ([], Some(taken)) => format!("did you mean `{taken}`, which stands here already?"),
            ([], None) => format!("known are {}", names.join(", ")),
        };
        meant.extend(free);
        let problem = self.file.error("unknown-key", entry.key.span, format!("unknown key `{name}` in {}", shape.what));
        self.report(problem.label("not a key of this version").help(help));
    }

    /// Text that is not empty.
    pub(crate) fn text<'n>(&mut self, node: &'n Node, what: &str) -> Option<Text<'n>> {
        match &node.value {
            Value::Scalar { text, .. } if !node.is_null() => {
                if text.trim().is_empty() {
                    let problem = self.file.error("empty-text", node.span, format!("{what} is empty"));
                    self.report(problem.label("nothing between the quotes").help("write a value, or delete the key"));
                    return None;
                }
                Some(Text { text, span: self.visible(node) })
            }
            Value::Mapping { entries, .. } => {
                let help = match entries.as_slice() {
                    [Entry { key, value: Node { value: Value::Scalar { text, .. }, .. } }] => {
                        format!("no space after `:`, or quotes around all of it: `{}:{text}`", key.text)
                    }
                    _ => "write one text".to_owned(),
                };
                self.wrong_type(node, what, "text", help);
                None
            }
            _ => {
                self.wrong_type(node, what, "text", "write one text, or delete the key");
                None
            }
        }
    }

    /// The text of an optional key.
    pub(crate) fn text_of<'n>(&mut self, fields: &Fields<'n>, name: &str) -> Option<Text<'n>> {
        let node = fields.get(name)?;
        self.text(node, &format!("`{name}`"))
    }

    /// A list. None if it is none.
    pub(crate) fn list<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n [Node]> {
        match &node.value {
            Value::Sequence { items, .. } => Some(items),
            Value::Scalar { text, .. } if !node.is_null() => {
                self.wrong_type(node, what, "a list", format!("put it in brackets: {}", flow_list([text.as_str()])));
                None
            }
            _ => {
                self.wrong_type(node, what, "a list", "write `[a, b]`, or one `- ` line for each");
                None
            }
        }
    }

    /// The items of an optional list of texts; an item that is no text is none. None when the list is missing or none.
    pub(crate) fn texts_of<'n>(&mut self, fields: &Fields<'n>, name: &str) -> Option<Vec<Option<Text<'n>>>> {
        let node = fields.get(name)?;
        let items = self.list(node, &format!("`{name}`"))?;
        let what = format!("an item of `{name}`");
        Some(items.iter().map(|item| self.text(item, &what)).collect())
    }

    /// A whole number up to `max`.
    pub(crate) fn number_of(&mut self, fields: &Fields<'_>, name: &str, max: u64) -> Option<u64> {
        let text = self.text_of(fields, name)?;
        match text.text.parse::<u64>() {
            Ok(number) if number <= max => Some(number),
            _ => {
                let range = if max <= 1_000 { format!(" from 0 to {max}") } else { String::new() };
                let message = format!("`{name}` must be a whole number{range}");
                let problem = self.file.error("wrong-number", text.span, message);
                let label = if text.text.parse::<u64>().is_ok() { "too large" } else { "not a whole number" };
                self.report(problem.label(label).help("write digits only, as in 20"));
                None
            }
        }
    }
}
