//! Text → YAML scalars, quoted only where needed.

/// Whether the text can stand without quotes, in a list in brackets too, and every YAML reader takes it for this text.
pub(crate) fn is_plain(text: &str) -> bool {
    let Some(first) = text.chars().next() else { return false };
    let last = text.chars().next_back().unwrap_or(first);
    if first.is_whitespace() || last.is_whitespace() || last == ':' {
        return false;
    }
    if "-?:,[]{}#&*!|>'\"%@`=".contains(first) || text.starts_with("---") || text.starts_with("...") {
        return false;
    }
    let dangerous = |character: char| {
        ",[]{}".contains(character) || is_special(character) || (character.is_whitespace() && character != ' ')
    };
    if text.chars().any(dangerous) || text.contains(": ") || text.contains(" #") {
        return false;
    }
    !looks_typed(text)
}

/// Characters that are never written as they are.
fn is_special(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{feff}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether some YAML reader takes the bare text for a number, boolean, null, date or merge key.
fn looks_typed(text: &str) -> bool {
    const WORDS: [&str; 14] =
        ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "~", "<<", ".nan", ".inf", "nan"];
    if WORDS.contains(&text.to_ascii_lowercase().as_str()) {
        return true;
    }
    let digits = text.trim_start_matches(['+', '-', '.']);
    digits.starts_with(|character: char| character.is_ascii_digit())
        && text.chars().all(|character| character.is_ascii_hexdigit() || "+-_.:xobXOBTtZz ".contains(character))
}

/// The text in double quotes.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            special if is_special(special) => out.push_str(&format!("\\u{:04x}", u32::from(special))),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// The text as a scalar: plain where that is safe.
pub(crate) fn scalar(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quote(text) }
}

/// The text as a comment at the end of a line; nothing where it cannot be one.
pub(crate) fn comment(text: &str) -> String {
    if text.is_empty() || text.chars().any(is_special) { String::new() } else { format!("  # {}", text.trim()) }
}

/// `[a, "b c: d"]`.
pub(crate) fn flow_list<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    let items: Vec<String> = items.into_iter().map(scalar).collect();
    format!("[{}]", items.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::SourceFile;
    use crate::yaml::{Value, read};
    use proptest::prelude::*;

    #[test]
    fn quotes_only_where_needed() {
        for plain in [
            "Developer",
            "group:minimo-dev",
            "ou:/service/minimo/**",
            "tag:env=staging",
            "name:*-prod",
            "山田 花子",
            "PT8H",
            "a#b",
            "user:hanako@example.com",
            "arn:aws:iam::aws:policy/X",
        ] {
            assert!(is_plain(plain), "{plain}");
        }
        for quoted in [
            "",
            " a",
            "a ",
            "*-prod",
            "123456789012",
            "012345678901",
            "true",
            "No",
            "a: b",
            "a #b",
            "a, b",
            "[a]",
            "2026-01-01",
            "0x1f",
            "1e3",
            "~",
            "a\nb",
            "- a",
            "x:",
            "1_000",
            "@a",
            "=",
            "\u{202e}a",
        ] {
            assert!(!is_plain(quoted), "{quoted}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(texts in proptest::collection::vec("[ -~日本é\t\n\u{85}\u{202e}]{0,12}", 0..4)) {
            let text = format!("- {}\n- {{k: {}}}\n", flow_list(texts.iter().map(String::as_str)), flow_list(texts.iter().map(String::as_str)));
            let file = SourceFile::new("x.yaml", &text);
            let mut diagnostics = Vec::new();
            let root = read(&file, &mut diagnostics).root.unwrap();
            prop_assert!(diagnostics.is_empty(), "{diagnostics:?} {text}");
            let Value::Sequence { items, .. } = &root.value else { panic!() };
            let Value::Sequence { items, .. } = &items[0].value else { panic!() };
            let found: Vec<&str> = items.iter().map(|item| match &item.value { Value::Scalar { text, .. } => text.as_str(), _ => panic!() }).collect();
            prop_assert_eq!(found, texts);
        }
    }
}
