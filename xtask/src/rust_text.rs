//! Reading Rust text just far enough to search it: comments, literals and test code are blanked out, lines stay where they are.

/// Replaces comments and the insides of literals by blanks; line numbers stay as they are.
pub(crate) fn without_comments_and_literals(source: &str) -> String {
    let mut reader = Reader { rest: source, blanked: String::with_capacity(source.len()) };
    while !reader.rest.is_empty() {
        reader.step();
    }
    reader.blanked
}

/// Blanks out what is only compiled for tests. Takes text without comments and literals.
pub(crate) fn without_tests(code: &str) -> String {
    split_tests(code).into_iter().map(|(part, test)| if test { blank(part) } else { part.to_owned() }).collect()
}

/// Lines of what is only compiled for tests. Takes text without comments and literals.
pub(crate) fn test_lines(code: &str) -> usize {
    split_tests(code).into_iter().filter(|(_, test)| *test).map(|(part, _)| part.lines().count()).sum()
}

/// The text in pieces, each with whether it is an item under `#[cfg(test)]`.
fn split_tests(code: &str) -> Vec<(&str, bool)> {
    let mut parts = Vec::new();
    let mut rest = code;
    while let Some((before, from_mark)) = rest.find("#[cfg(test)]").and_then(|at| rest.split_at_checked(at)) {
        let (item, after) = from_mark.split_at_checked(item_length(from_mark)).unwrap_or((from_mark, ""));
        parts.extend([(before, false), (item, true)]);
        rest = after;
    }
    parts.push((rest, false));
    parts
}

/// Length in bytes of the item at the start of the text: up to its `;` or its closing brace.
fn item_length(code: &str) -> usize {
    let mut depth = 0_usize;
    for (at, character) in code.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth <= 1 => return at + 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

fn blank(text: &str) -> String {
    text.chars().map(|character| if character == '\n' { '\n' } else { ' ' }).collect()
}

struct Reader<'a> {
    rest: &'a str,
    blanked: String,
}

impl Reader<'_> {
    fn step(&mut self) {
        let rest = self.rest;
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment_length(rest)
        } else if let Some(length) = raw_string_length(rest) {
            length
        } else if rest.starts_with('"') {
            quoted_length(rest, '"')
        } else if let Some(length) = character_length(rest) {
            length
        } else {
            return self.keep();
        };
        let (skipped, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        self.blanked.push_str(&blank(skipped));
        self.rest = after;
    }

    /// Keeps a whole word, so that the `r` of `for"…"` is not taken for the start of a raw string.
    fn keep(&mut self) {
        let word = self.rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let length = if word > 0 { word } else { self.rest.chars().next().map_or(1, char::len_utf8) };
        let (kept, after) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.blanked.push_str(kept);
        self.rest = after;
    }
}

/// Block comments nest.
fn block_comment_length(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth = depth.saturating_sub(1);
            at += 2;
            if depth == 0 {
                return at;
            }
        } else if let Some(character) = rest.chars().next() {
            at += character.len_utf8();
        } else {
            break;
        }
    }
    text.len()
}

/// `r"…"`, `r#"…"#` and so on, with `b` or `c` before.
fn raw_string_length(text: &str) -> Option<usize> {
    let prefix = ["r", "br", "cr"]
        .into_iter()
        .find(|prefix| text.strip_prefix(prefix).is_some_and(|rest| rest.trim_start_matches('#').starts_with('"')))?;
    let after_prefix = text.strip_prefix(prefix)?;
    let hashes = after_prefix.len() - after_prefix.trim_start_matches('#').len();
    let start = prefix.len() + hashes + 1;
    let end = format!("\"{}", "#".repeat(hashes));
    let inside = text.get(start..)?;
    Some(inside.find(&end).map_or(text.len(), |at| start + at + end.len()))
}

/// A literal between two equal quotes, with `\` escapes.
fn quoted_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return at + quote.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

/// A character literal; a lifetime is none.
fn character_length(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('\'')?;
    let first = inside.chars().next()?;
    if first == '\\' || inside.get(first.len_utf8()..)?.starts_with('\'') {
        Some(quoted_length(text, '\''))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::{without_comments_and_literals, without_tests};

    #[test]
    fn comments_and_literals_are_blanked_and_lines_stay() {
        let source = "let a = \"std::env\"; // std::fs\n/* x /* std::net */ */ let b = 'x';\nlet c = r#\"\"std::env\"#; f::<'static>(\"\\\"\")";
        let code = without_comments_and_literals(source);
        assert!(!code.contains("std::"), "{code}");
        assert_eq!(code.lines().count(), 3);
        assert!(code.contains("'static") && code.contains("let b =") && code.contains("let c ="), "{code}");
    }

    #[test]
    fn words_that_end_in_r_do_not_start_a_raw_string() {
        let code = without_comments_and_literals("for\"std::env\"; std::fs");
        assert_eq!(code, "for          ; std::fs");
    }

    #[test]
    fn test_modules_are_blanked() {
        let code = "use a;\n#[cfg(test)]\nmod tests {\n  fn f() { std::env::var() }\n}\nuse b;\n#[cfg(test)]\nmod more;\nuse c;";
        let kept = without_tests(code);
        assert!(!kept.contains("std::env") && !kept.contains("more"), "{kept}");
        assert!(kept.contains("use a;") && kept.contains("use b;") && kept.contains("use c;"), "{kept}");
        assert_eq!(kept.lines().count(), code.lines().count());
    }
}
