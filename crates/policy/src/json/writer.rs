//! JSON text, compact or with two spaces of indentation.

/// Writes JSON. The caller opens, names and closes; the writer knows commas and indentation.
pub(crate) struct Writer {
    out: String,
    pretty: bool,
    depth: usize,
    /// Whether the next value is the first of its list.
    first: bool,
    after_name: bool,
}

impl Writer {
    pub(crate) fn new(pretty: bool) -> Self {
        Self { out: String::new(), pretty, depth: 0, first: true, after_name: false }
    }

    pub(crate) fn finish(self) -> String {
        self.out
    }

    pub(crate) fn open(&mut self, bracket: char) {
        self.before_value();
        self.out.push(bracket);
        self.depth += 1;
        self.first = true;
    }

    pub(crate) fn close(&mut self, bracket: char) {
        self.depth = self.depth.saturating_sub(1);
        if !self.first {
            self.new_line();
        }
        self.out.push(bracket);
        self.first = false;
    }

    pub(crate) fn name(&mut self, name: &str) {
        self.before_value();
        quote(&mut self.out, name);
        self.out.push(':');
        if self.pretty {
            self.out.push(' ');
        }
        self.after_name = true;
    }

    pub(crate) fn string(&mut self, text: &str) {
        self.before_value();
        quote(&mut self.out, text);
    }

    /// A number or boolean, already in JSON's form.
    pub(crate) fn raw(&mut self, text: &str) {
        self.before_value();
        self.out.push_str(text);
    }

    fn before_value(&mut self) {
        if self.after_name {
            self.after_name = false;
            return;
        }
        if self.depth == 0 {
            return;
        }
        if !self.first {
            self.out.push(',');
        }
        self.first = false;
        self.new_line();
    }

    fn new_line(&mut self) {
        if self.pretty {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", self.depth));
        }
    }
}

/// A JSON string. What lies beyond Latin-1 is escaped: AWS's pattern for policy documents admits no other characters.
fn quote(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='~' | '\u{a0}'..='\u{ff}' => out.push(character),
            other => {
                for unit in other.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out.push('"');
}
