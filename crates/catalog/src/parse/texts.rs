//! Checks of single texts. Patterns and lengths are those of botocore's `sso-admin` model.

use crate::diagnostic::Span;
use crate::reader::{Reader, Text};

/// Whether AWS takes the character in a description: `[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]`.
fn is_description(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{7e}' | '\u{a1}'..='\u{ff}')
}

fn is_relay_state(character: char) -> bool {
    character.is_ascii_alphanumeric() || "&$@#\\/%?=~-_'\"|!:,.;*+[] (){}".contains(character)
}

/// `[\p{L}\p{Z}\p{N}_.:/=+\-@]`, as near as the standard library tells.
fn is_tag(character: char) -> bool {
    character.is_alphanumeric()
        || (character.is_whitespace() && !character.is_control())
        || "_.:/=+-@".contains(character)
}

/// `[\w+=,.@-]+`, at most 128: names of policies.
pub(super) fn is_policy_name(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte))
}

/// `((/[A-Za-z0-9\.,\+@=_-]+)*)/`, at most 512: paths of policies.
pub(super) fn is_policy_path(text: &str) -> bool {
    text.len() <= 512
        && text.starts_with('/')
        && text.ends_with('/')
        && !text.contains("//")
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-/".contains(&byte))
}

impl Reader<'_, '_> {
    /// The place of the first character that AWS refuses.
    fn character_span(&self, text: Text<'_>, character: char) -> Span {
        let source = self.file.text.get(text.span.start..text.span.end).unwrap_or_default();
        source
            .find(character)
            .map_or(text.span, |at| Span::new(text.span.start + at, text.span.start + at + character.len_utf8()))
    }

    fn too_long(&mut self, text: Text<'_>, what: &str, limit: usize) -> bool {
        let length = text.text.chars().count();
        if length <= limit {
            return false;
        }
        let problem =
            self.file.error("too-long", text.span, format!("{what} has {length} characters; AWS takes {limit}"));
        self.report(problem.label(format!("{} too many", length - limit)).help("shorten it"));
        true
    }

    /// `description`.
    pub(super) fn description(&mut self, text: Text<'_>) -> Option<String> {
        let long = self.too_long(text, "`description`", 700);
        if let Some(bad) = text.text.chars().find(|character| !is_description(*character)) {
            let span = self.character_span(text, bad);
            let problem =
                self.file.error("description-characters", span, format!("AWS refuses `{bad}` in a description"));
            let help = "AWS takes Latin letters only here; put text in other languages into `title`";
            self.report(problem.label("not Latin-1").help(help));
            return None;
        }
        (!long).then(|| text.text.to_owned())
    }

    /// `relay_state`.
    pub(super) fn relay_state(&mut self, text: Text<'_>) -> Option<String> {
        let long = self.too_long(text, "`relay_state`", 240);
        if let Some(bad) = text.text.chars().find(|character| !is_relay_state(*character)) {
            let span = self.character_span(text, bad);
            let problem =
                self.file.error("relay-state-characters", span, format!("AWS refuses `{bad}` in a relay state"));
            self.report(problem.label("not allowed in a URL").help("percent-encode it"));
            return None;
        }
        if !text.text.starts_with("https://") {
            let problem = self.file.warning("relay-state-url", text.span, "`relay_state` is no https URL");
            let help =
                "it is the console page a sign-in opens, as in https://ap-northeast-1.console.aws.amazon.com/ecs/";
            self.report(problem.label("not a URL").help(help));
        }
        (!long).then(|| text.text.to_owned())
    }

    /// A tag of a permission set.
    pub(super) fn tag(&mut self, key: Text<'_>, value: Text<'_>) -> Option<(String, String)> {
        let long = self.too_long(key, "the key of a tag", 128) | self.too_long(value, "the value of a tag", 256);
        if key.text.to_ascii_lowercase().starts_with("aws:") {
            let problem = self.file.error("tag-reserved", key.span, format!("the tag `{}` belongs to AWS", key.text));
            self.report(problem.label("`aws:` is reserved").help("choose another key"));
            return None;
        }
        if key.text == model::Rules::DEPLOYMENT_TAG {
            let problem =
                self.file.error("tag-reserved", key.span, format!("the tag `{}` belongs to Sekisho", key.text));
            self.report(
                problem
                    .label("written by Sekisho itself")
                    .help("delete the line; its value is `deployment` of sekisho.yaml"),
            );
            return None;
        }
        for text in [key, value] {
            if let Some(bad) = text.text.chars().find(|character| !is_tag(*character)) {
                let span = self.character_span(text, bad);
                let problem = self.file.error("tag-characters", span, format!("AWS refuses `{bad}` in a tag"));
                self.report(problem.label("not allowed").help("letters, digits, spaces and `_.:/=+-@` are allowed"));
                return None;
            }
        }
        (!long).then(|| (key.text.to_owned(), value.text.to_owned()))
    }
}
