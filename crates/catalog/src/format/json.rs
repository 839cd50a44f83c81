//! JSON, laid out token by token: nothing is read into numbers or objects, so nothing changes but spaces.

use crate::diagnostic::{Diagnostic, SourceFile, Span};

/// The file with two spaces a level.
pub(super) fn format(path: &str, text: &str) -> Result<String, Vec<Diagnostic>> {
    let bare = text.trim_start_matches('\u{feff}');
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(bare) {
        let file = SourceFile::new(path, text);
        let line_start =
            crate::diagnostic::line_starts(text).get(error.line().saturating_sub(1)).copied().unwrap_or_default();
        let mut at = (line_start + error.column().saturating_sub(1)).min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let end = text.get(at..).and_then(|rest| rest.chars().next()).map_or(at, |character| at + character.len_utf8());
        let message = format!("this is not valid JSON: {}", words(&error));
        let problem = file.error("json-syntax", Span::new(at, end), message);
        return Err(vec![problem.label("here").help("`sekisho check` says more about policies")]);
    }
    Ok(pretty(bare))
}

fn words(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

/// Lays out valid JSON; a list without objects or lists inside stands on one line where it fits.
pub(crate) fn pretty(text: &str) -> String {
    let tokens = tokens(text);
    let mut out = String::with_capacity(text.len() * 2);
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match *token {
            "[" | "{" => {
                if let Some((line, after)) = short(&tokens, at) {
                    out.push_str(&line);
                    at = after;
                    continue;
                }
                out.push_str(token);
                depth += 1;
                new_line(&mut out, depth);
            }
            "]" | "}" => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push_str(token);
            }
            "," => {
                out.push(',');
                new_line(&mut out, depth);
            }
            ":" => out.push_str(": "),
            value => out.push_str(value),
        }
        at += 1;
    }
    out.push('\n');
    out
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.push_str(&"  ".repeat(depth));
}

/// A list of plain values that fits on a line, or an empty object; and the token after it.
fn short(tokens: &[&str], at: usize) -> Option<(String, usize)> {
    const LONGEST: usize = 80;
    let open = *tokens.get(at)?;
    let mut line = open.to_owned();
    for (offset, token) in tokens.iter().enumerate().skip(at + 1) {
        match *token {
            "]" | "}" => {
                line.push_str(token);
                return (open == "[" || line == "{}").then_some((line, offset + 1));
            }
            "[" | "{" | ":" => return None,
            "," => line.push_str(", "),
            value => line.push_str(value),
        }
        if line.len() > LONGEST {
            return None;
        }
    }
    None
}

fn tokens(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let start = at;
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => {
                at += 1;
                continue;
            }
            b'[' | b']' | b'{' | b'}' | b',' | b':' => at += 1,
            b'"' => {
                at += 1;
                while let Some(byte) = bytes.get(at) {
                    at += 1;
                    match byte {
                        b'\\' => at += 1,
                        b'"' => break,
                        _ => {}
                    }
                }
            }
            _ => {
                while bytes.get(at).is_some_and(|byte| !b" \t\n\r[]{},:".contains(byte)) {
                    at += 1;
                }
            }
        }
        tokens.push(text.get(start..at.min(text.len())).unwrap_or_default());
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn short_lists_stay_on_a_line() {
        insta::assert_snapshot!(pretty(
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:List*"],"Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":true}}},{}],"n":1.50}"#
        ));
    }

    proptest! {
        #[test]
        fn means_the_same(text in r#"(\{"a\\"b":(\[(1\.0|"x, y"|true|\{\}|\[1,2\])(,(null|-2e5|"\\\\")){0,3}\]|"z")(,"c":\[\])?\})|\[\]"#) {
            let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
            let once = format("x.json", &text).unwrap();
            prop_assert_eq!(parse(&once), parse(&text));
            prop_assert_eq!(format("x.json", &once).unwrap(), once);
        }
    }
}
