//! Text → [`Node`]s, with problems.

use std::collections::HashMap;

use super::{MAX_DEPTH, MAX_TEXT_BYTES, Member, Node, Value, string};
use crate::problem::Problem;
use crate::span::{Span, Text};

/// After this many problems the rest is not worth reading.
const MAX_PROBLEMS: usize = 100;

/// Reads one JSON value. `None` when nothing sensible could be made of the text; then there is at least one error.
pub(crate) fn read(text: &str) -> (Option<Node>, Vec<Problem>) {
    let mut reader = Reader { text, position: 0, depth: 0, stopped: false, problems: Vec::new() };
    let node = reader.document();
    (node, reader.problems)
}

pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) position: usize,
    depth: usize,
    /// Set when the text cannot be understood any further.
    stopped: bool,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn document(&mut self) -> Option<Node> {
        if self.text.len() > MAX_TEXT_BYTES {
            let message = format!("the text has {} bytes; at most {MAX_TEXT_BYTES} are read", self.text.len());
            self.report(Problem::error("text-too-long", Span::new(0, 0), message));
            return None;
        }
        if self.text.starts_with('\u{feff}') {
            let problem =
                Problem::error("byte-order-mark", Span::new(0, 3), "the text starts with a byte order mark (BOM)");
            self.report(problem.help("save the file as UTF-8 without BOM"));
            self.position = 3;
        }
        self.skip_space();
        if self.peek().is_none() {
            self.stop(
                "the text is empty",
                Some("a policy is a JSON object: {\"Version\": \"2012-10-17\", \"Statement\": […]}"),
            );
            return None;
        }
        let node = self.value()?;
        self.skip_space();
        if !self.stopped && self.peek().is_some() {
            let span = Span::new(self.position, self.text.len());
            self.report(Problem::error("json-syntax", span, "text after the end of the JSON value"));
        }
        Some(node)
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.position).copied()
    }

    fn peek_char(&self) -> Option<char> {
        self.text.get(self.position..)?.chars().next()
    }

    /// Moves on by one whole character, so that the position never falls inside one.
    pub(super) fn advance(&mut self) {
        self.position += self.peek_char().map_or(1, char::len_utf8);
    }

    pub(super) fn report(&mut self, problem: Problem) {
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        } else {
            self.stopped = true;
        }
    }

    /// Reports what stands here as not understood, and gives up.
    fn stop(&mut self, message: &str, help: Option<&str>) {
        let width = self.peek_char().map_or(0, char::len_utf8);
        let span = Span::new(self.position, self.position + width);
        self.report(Problem::error("json-syntax", span, message).maybe_help(help.map(str::to_owned)));
        self.stopped = true;
    }

    fn unexpected(&mut self, wanted: &str) {
        let message = match self.peek_char() {
            None => format!("expected {wanted}, found the end of the text"),
            Some(found) if found.is_control() => format!("expected {wanted}, found a control character"),
            Some(found) => format!("expected {wanted}, found `{found}`"),
        };
        self.stop(&message, None);
    }

    fn skip_space(&mut self) {
        loop {
            match self.peek() {
                Some(b' ' | b'\t' | b'\n' | b'\r') => self.position += 1,
                Some(b'/' | b'#') if self.skip_comment() => {}
                _ => return,
            }
        }
    }

    fn skip_comment(&mut self) -> bool {
        let rest = self.text.get(self.position..).unwrap_or_default();
        let length = if rest.starts_with("//") || rest.starts_with('#') {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |at| at + 2)
        } else {
            return false;
        };
        let span = Span::new(self.position, self.position + length);
        let problem = Problem::error("comment", span, "JSON has no comments");
        self.report(problem.help("remove it, or keep what it says in a `Sid` or in the catalog"));
        self.position += length;
        true
    }

    fn value(&mut self) -> Option<Node> {
        self.skip_space();
        let start = self.position;
        let value = match self.peek() {
            Some(b'{') => self.nested(Self::object)?,
            Some(b'[') => self.nested(Self::array)?,
            Some(b'"' | b'\'') => Value::String(string::read(self)?),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(byte) if byte.is_ascii_alphabetic() => self.word()?,
            _ => {
                self.unexpected("a value");
                return None;
            }
        };
        Some(Node { span: Span::new(start, self.position), value })
    }

    fn nested(&mut self, read: fn(&mut Self) -> Option<Value>) -> Option<Value> {
        if self.depth == MAX_DEPTH {
            self.stop(&format!("nested deeper than {MAX_DEPTH} levels"), None);
            return None;
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn array(&mut self) -> Option<Value> {
        let mut items = Vec::new();
        self.position += 1;
        loop {
            self.skip_space();
            if self.peek() == Some(b']') {
                self.position += 1;
                return Some(Value::Array(items));
            }
            items.push(self.value()?);
            self.separator(b']')?;
        }
    }

    fn object(&mut self) -> Option<Value> {
        let mut members: Vec<Member> = Vec::new();
        let mut seen: HashMap<String, Span> = HashMap::new();
        self.position += 1;
        loop {
            self.skip_space();
            if self.peek() == Some(b'}') {
                self.position += 1;
                return Some(Value::Object(members));
            }
            let name = self.member_name()?;
            self.skip_space();
            match self.peek() {
                Some(b':') => self.position += 1,
                Some(b'=') => {
                    let span = Span::new(self.position, self.position + 1);
                    self.report(Problem::error("json-syntax", span, "expected `:`, found `=`"));
                    self.position += 1;
                }
                _ => {
                    self.unexpected("`:`");
                    return None;
                }
            }
            let value = self.value()?;
            if let Some(first) = seen.get(&name.value) {
                let problem =
                    Problem::error("duplicate-key", name.span, format!("the key `{}` stands here twice", name.value));
                self.report(
                    problem.related(*first, "first").help("AWS refuses duplicate keys: merge the two or remove one"),
                );
            } else {
                seen.insert(name.value.clone(), name.span);
            }
            members.push(Member { name, value });
            self.separator(b'}')?;
        }
    }

    fn member_name(&mut self) -> Option<Text> {
        let start = self.position;
        match self.peek() {
            Some(b'"' | b'\'') => {
                let name = string::read(self)?;
                Some(Text::new(name, Span::new(start, self.position)))
            }
            Some(byte) if byte.is_ascii_alphabetic() => {
                let name = self.take_while(|byte| byte.is_ascii_alphanumeric()).to_owned();
                let span = Span::new(start, self.position);
                let problem = Problem::error("unquoted-key", span, format!("the key `{name}` needs double quotes"));
                self.report(problem.help(format!("write \"{name}\"")));
                Some(Text::new(name, span))
            }
            _ => {
                self.unexpected("a key in double quotes");
                None
            }
        }
    }

    /// What may stand after an item: a comma (not before the closing bracket), or the bracket, which is left for the caller.
    fn separator(&mut self, close: u8) -> Option<()> {
        if self.stopped {
            return None;
        }
        let end_of_item = self.position;
        self.skip_space();
        match self.peek() {
            Some(b',') => {
                let comma = Span::new(self.position, self.position + 1);
                self.position += 1;
                self.skip_space();
                while self.peek() == Some(b',') {
                    let span = Span::new(self.position, self.position + 1);
                    self.report(Problem::error("json-syntax", span, "two commas in a row"));
                    self.position += 1;
                    self.skip_space();
                }
                if self.peek() == Some(close) {
                    let problem =
                        Problem::error("trailing-comma", comma, format!("a comma before `{}`", char::from(close)));
                    self.report(problem.help("remove it"));
                }
                Some(())
            }
            Some(byte) if byte == close => Some(()),
            // a new item without a comma: name it and go on
            Some(b'"' | b'{' | b'[') => {
                let span = Span::new(end_of_item, end_of_item);
                self.report(Problem::error("missing-comma", span, "a comma is missing after this value"));
                Some(())
            }
            _ => {
                self.unexpected(&format!("`,` or `{}`", char::from(close)));
                None
            }
        }
    }

    fn take_while(&mut self, accept: fn(u8) -> bool) -> &str {
        let start = self.position;
        while self.peek().is_some_and(accept) {
            self.position += 1;
        }
        self.text.get(start..self.position).unwrap_or_default()
    }

    fn word(&mut self) -> Option<Value> {
        let start = self.position;
        let word = self
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'*' | b'-' | b'_'))
            .to_owned();
        let span = Span::new(start, self.position);
        let (value, exact) = match word.to_ascii_lowercase().as_str() {
            "true" => (Value::Bool(true), "true"),
            "false" => (Value::Bool(false), "false"),
            "null" | "none" => (Value::Null, "null"),
            _ => {
                let problem = Problem::error("json-syntax", span, format!("`{word}` is not JSON"));
                self.report(problem.help(format!("a string needs double quotes: \"{word}\"")));
                return Some(Value::String(word));
            }
        };
        if word != exact {
            self.report(
                Problem::error("json-syntax", span, format!("`{word}` is not JSON")).help(format!("write {exact}")),
            );
        }
        Some(value)
    }

    fn number(&mut self) -> Option<Value> {
        let start = self.position;
        let number = self
            .take_while(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E'))
            .to_owned();
        if !is_json_number(&number) {
            let span = Span::new(start, self.position);
            self.report(Problem::error("json-syntax", span, format!("`{number}` is not a JSON number")));
        }
        Some(Value::Number(number))
    }
}

fn is_json_number(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}
