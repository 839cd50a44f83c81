//! String literals.

use super::reader::Reader;
use crate::problem::Problem;
use crate::span::Span;

/// Reads the string that starts here. `None` when it has no end.
pub(super) fn read(reader: &mut Reader<'_>) -> Option<String> {
    let start = reader.position;
    let quote = reader.peek()?;
    if quote == b'\'' {
        let span = Span::new(start, start + 1);
        reader.report(Problem::error("json-syntax", span, "a string needs double quotes, not single ones"));
    }
    reader.position += 1;
    let mut out = String::new();
    loop {
        let run_start = reader.position;
        while reader.peek().is_some_and(|byte| byte != quote && byte != b'\\' && byte >= 0x20) {
            reader.position += 1;
        }
        out.push_str(reader.text.get(run_start..reader.position).unwrap_or_default());
        match reader.peek() {
            Some(byte) if byte == quote => {
                reader.position += 1;
                return Some(out);
            }
            Some(b'\\') => escape(reader, &mut out),
            // a string that runs over the end of its line has most likely lost its closing quote: end it here
            Some(b'\n' | b'\r') | None => {
                let span = Span::new(start, reader.position);
                reader.report(Problem::error("unclosed-string", span, "a string without closing quote"));
                return reader.peek().map(|_| out);
            }
            Some(byte) => {
                let span = Span::new(reader.position, reader.position + 1);
                let problem =
                    Problem::error("control-character", span, format!("control character U+{byte:04X} in a string"));
                reader.report(problem.help(format!("write \\u{byte:04x}, or remove it")));
                out.push(char::from(byte));
                reader.position += 1;
            }
        }
    }
}

fn escape(reader: &mut Reader<'_>, out: &mut String) {
    let start = reader.position;
    reader.position += 1;
    let simple = match reader.peek() {
        Some(b'"') => '"',
        Some(b'\\') => '\\',
        Some(b'/') => '/',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode_escape(reader, start, out),
        None => return,
        Some(_) => {
            reader.advance();
            bad_escape(reader, start, out);
            return;
        }
    };
    reader.position += 1;
    out.push(simple);
}

fn unicode_escape(reader: &mut Reader<'_>, start: usize, out: &mut String) {
    let unit = |reader: &mut Reader<'_>| {
        let digits = reader.text.get(reader.position + 1..reader.position + 5)?;
        let value =
            digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())??;
        reader.position += 5;
        Some(value)
    };
    let Some(first) = unit(reader) else {
        reader.advance();
        bad_escape(reader, start, out);
        return;
    };
    let follows = reader.text.get(reader.position..).is_some_and(|rest| rest.starts_with("\\u"));
    let mut units = vec![first];
    if (0xD800..0xDC00).contains(&first) && follows {
        let rewind = reader.position;
        reader.position += 1;
        match unit(reader) {
            Some(second) if (0xDC00..0xE000).contains(&second) => units.push(second),
            _ => reader.position = rewind,
        }
    }
    match String::from_utf16(&units) {
        Ok(text) => out.push_str(&text),
        Err(_) => {
            let span = Span::new(start, reader.position);
            reader.report(Problem::error(
                "bad-escape",
                span,
                "half of a character: the other \\u… of the pair is missing",
            ));
            out.push('\u{fffd}');
        }
    }
}

fn bad_escape(reader: &mut Reader<'_>, start: usize, out: &mut String) {
    let span = Span::new(start, reader.position);
    let written = reader.text.get(start..reader.position).unwrap_or_default().to_owned();
    let problem = Problem::error("bad-escape", span, format!("`{written}` is no escape of JSON"));
    reader.report(problem.help("a backslash itself is written \\\\"));
    out.push('\u{fffd}');
}
