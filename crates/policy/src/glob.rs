//! Patterns with `*` (any run of characters, none included) and `?` (any one character).

/// Whether the text matches the pattern.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    matches_with(pattern, text, |a, b| a == b)
}

/// Whether the text matches the pattern, ASCII letter case ignored.
#[must_use]
pub fn matches_ignore_case(pattern: &str, text: &str) -> bool {
    matches_with(pattern, text, |a, b| a.eq_ignore_ascii_case(&b))
}

/// The usual backtracking to the last star: time at most pattern × text, no allocation.
fn matches_with(pattern: &str, text: &str, same: impl Fn(u8, u8) -> bool) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut position) = (0, 0);
    // where to go on after a mismatch: just behind the last star, one character further
    let mut retry: Option<(usize, usize)> = None;
    loop {
        match (pattern.get(at), text.get(position)) {
            (Some(b'*'), _) => {
                at += 1;
                retry = Some((at, position));
                continue;
            }
            (None, None) => return true,
            (Some(b'?'), Some(_)) => {
                at += 1;
                position = after_character(text, position);
                continue;
            }
            (Some(a), Some(b)) if same(*a, *b) => {
                at += 1;
                position += 1;
                continue;
            }
            _ => {}
        }
        let Some((after_star, from)) = retry else { return false };
        if from >= text.len() {
            return false;
        }
        let from = after_character(text, from);
        retry = Some((after_star, from));
        (at, position) = (after_star, from);
    }
}

/// One past the character that starts here (UTF-8: continuation bytes belong to it).
fn after_character(text: &[u8], position: usize) -> usize {
    let mut next = position + 1;
    while text.get(next).is_some_and(|byte| byte & 0xC0 == 0x80) {
        next += 1;
    }
    next
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition, word for word.
    fn naive(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some(('*', rest)), None) => naive(rest, text),
            (Some(('*', rest)), Some((_, shorter))) => naive(rest, text) || naive(pattern, shorter),
            (Some((p, rest)), Some((t, shorter))) => (*p == '?' || p == t) && naive(rest, shorter),
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(pattern in "[ab*?é]{0,8}", text in "[abé]{0,8}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(matches(&pattern, &text), naive(&chars(&pattern), &chars(&text)));
        }
    }

    #[test]
    fn letter_case_matters_only_where_told() {
        assert!(matches_ignore_case("GET*", "getObject"));
        assert!(!matches("GET*", "getObject"));
    }
}
