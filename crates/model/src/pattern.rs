//! Name patterns with `*`, as people write them in rules and selectors.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A name pattern: `*` stands for any text, `?` for one character, all else for itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pattern(String);

impl Pattern {
    /// A pattern; every text is one.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The pattern as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the whole of `text` fits, letter case included. Time is at most pattern × text.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let pattern: Vec<char> = self.0.chars().collect();
        let text: Vec<char> = text.chars().collect();
        let (mut at_pattern, mut at_text) = (0, 0);
        let mut star: Option<(usize, usize)> = None;
        while let Some(character) = text.get(at_text) {
            match pattern.get(at_pattern) {
                Some('*') => {
                    star = Some((at_pattern, at_text));
                    at_pattern += 1;
                }
                Some(wanted) if *wanted == '?' || wanted == character => {
                    at_pattern += 1;
                    at_text += 1;
                }
                _ => match star {
                    Some((star_pattern, star_text)) => {
                        at_pattern = star_pattern + 1;
                        at_text = star_text + 1;
                        star = Some((star_pattern, star_text + 1));
                    }
                    None => return false,
                },
            }
        }
        pattern.iter().skip(at_pattern).all(|rest| *rest == '*')
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks() {
        for (pattern, text, fits) in [
            ("*", "", true),
            ("*-prod", "minimo-prod", true),
            ("*-prod", "minimo-prod-2", false),
            ("a*b*c", "aXbXbc", true),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("山*", "山田 花子", true),
            ("", "", true),
            ("", "x", false),
        ] {
            assert_eq!(Pattern::new(pattern).matches(text), fits, "{pattern} {text}");
        }
    }
}
