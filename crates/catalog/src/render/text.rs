//! Text for terminals: display width, wrapping, nothing that moves the cursor.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns a text takes.
pub(super) fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// Columns of a character, at least one for what stands alone.
pub(super) fn character_width(character: char) -> usize {
    UnicodeWidthChar::width(character).unwrap_or(1)
}

/// The text with invisible characters spelt out, so that a file cannot write to the terminal.
pub(super) fn visible(text: &str) -> String {
    text.chars().map(visible_character).collect()
}

/// One character as it is shown.
pub(super) fn visible_character(character: char) -> String {
    match character {
        '\t' => "    ".to_owned(),
        '\u{feff}' => String::new(),
        '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' => {
            format!("<U+{:04X}>", u32::from(character))
        }
        other if other.is_control() => format!("<U+{:04X}>", u32::from(other)),
        other => other.to_string(),
    }
}

/// Lines of at most `limit` columns, broken at spaces where there are any.
pub(super) fn wrap(text: &str, limit: usize) -> Vec<String> {
    let limit = limit.max(20);
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else { break };
        if line.is_empty() {
            line.push_str(word);
        } else if width(line) + 1 + width(word) <= limit {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// Hides the password of a URL: `postgres://user:•••@host`.
pub(super) fn without_password(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let end = after
            .find(|character: char| character.is_whitespace() || "/\"'".contains(character))
            .unwrap_or(after.len());
        let (authority, tail) = after.split_at(end);
        match (authority.split_once(':'), authority.rsplit_once('@')) {
            (Some((user, _)), Some((_, host))) if !user.contains('@') => out.push_str(&format!("{user}:•••@{host}")),
            _ => out.push_str(authority),
        }
        rest = tail;
    }
    out.push_str(rest);
    match out.find("password=") {
        Some(at) => {
            let (before, secret) = out.split_at(at + "password=".len());
            let end = secret
                .find(|character: char| character.is_whitespace() || "&\"'".contains(character))
                .unwrap_or(secret.len());
            let tail = secret.get(end..).unwrap_or_default();
            format!("{before}•••{tail}")
        }
        None => out,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_hidden() {
        assert_eq!(
            without_password("state: postgres://me:hunter2@db/x # a://b"),
            "state: postgres://me:•••@db/x # a://b"
        );
        assert_eq!(without_password("state: postgres://me@db/x"), "state: postgres://me@db/x");
        assert_eq!(
            without_password("state: postgres://db/x?password=hunter2&a=b"),
            "state: postgres://db/x?password=•••&a=b"
        );
        assert_eq!(without_password("https://a/b:c@d"), "https://a/b:c@d");
    }

    #[test]
    fn wraps_by_display_width() {
        assert_eq!(wrap("aaaa bbbb cccc dddd eeee ffff", 20), ["aaaa bbbb cccc dddd", "eeee ffff"]);
        assert_eq!(wrap("日本語の説明 日本語の説明", 20), ["日本語の説明", "日本語の説明"]);
    }
}
