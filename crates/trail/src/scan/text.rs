//! Strings as they stand in JSON, and as they are meant.

use std::borrow::Cow;

/// The inside of a JSON string, as it stands in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text<'a> {
    pub(crate) raw: &'a [u8],
    pub(crate) spelling: Spelling,
}

/// Whether a text stands as it is meant. As wide as a word: texts are copied much, and words that were just written are read back
/// without waiting, parts of them are not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Spelling {
    Plain,
    Escaped,
}

/// What could not be taken as it is: bytes that are no UTF-8, escapes that mean no character. U+FFFD stands in their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mended;

impl<'a> Text<'a> {
    /// A text without escapes.
    #[must_use]
    pub fn plain(text: &'a str) -> Self {
        Self { raw: text.as_bytes(), spelling: Spelling::Plain }
    }

    /// Whether it holds escapes.
    #[inline(always)]
    pub(crate) fn is_escaped(&self) -> bool {
        self.spelling == Spelling::Escaped
    }

    /// The bytes it means: escapes resolved, not looked at as UTF-8.
    #[inline(always)]
    pub(crate) fn bytes(&self) -> Cow<'a, [u8]> {
        if self.is_escaped() { Cow::Owned(self.meant_bytes()) } else { Cow::Borrowed(self.raw) }
    }

    /// The text it means; U+FFFD where there is no character.
    #[must_use]
    pub fn meant(&self) -> Cow<'a, str> {
        match self.bytes() {
            Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
            Cow::Owned(bytes) => match String::from_utf8(bytes) {
                Ok(text) => Cow::Owned(text),
                Err(error) => Cow::Owned(String::from_utf8_lossy(error.as_bytes()).into_owned()),
            },
        }
    }

    /// Whether it is what it seems: UTF-8, with escapes that JSON knows.
    pub(crate) fn check(&self) -> Result<(), Mended> {
        let sound = match self.is_escaped() {
            false => self.raw.is_ascii() || std::str::from_utf8(self.raw).is_ok(),
            true => {
                let mut sound = true;
                let meant = resolve(self.raw, &mut sound);
                sound && std::str::from_utf8(&meant).is_ok()
            }
        };
        if sound { Ok(()) } else { Err(Mended) }
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn meant_bytes(&self) -> Vec<u8> {
        resolve(self.raw, &mut true)
    }
}

/// Resolves escapes. Those that JSON does not know stay as they stand.
fn resolve(raw: &[u8], sound: &mut bool) -> Vec<u8> {
    let mut meant = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'\\' {
            meant.push(*byte);
            continue;
        }
        let Some((kind, after)) = rest.split_first() else {
            *sound = false;
            meant.push(b'\\');
            break;
        };
        rest = after;
        let single = match kind {
            b'"' | b'\\' | b'/' => *kind,
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let (character, after) = unicode(rest);
                *sound &= character.is_some();
                rest = after;
                let mut buffer = [0; 4];
                let text = character.unwrap_or(char::REPLACEMENT_CHARACTER).encode_utf8(&mut buffer);
                meant.extend_from_slice(text.as_bytes());
                continue;
            }
            _ => {
                *sound = false;
                meant.push(b'\\');
                *kind
            }
        };
        meant.push(single);
    }
    meant
}

/// What follows `\u`: a character, or none for half of a pair and for what is no number; and the rest.
fn unicode(text: &[u8]) -> (Option<char>, &[u8]) {
    let Some((first, rest)) = code_unit(text) else { return (None, text) };
    if let Some(character) = char::from_u32(first) {
        return (Some(character), rest);
    }
    if (0xd800..0xdc00).contains(&first)
        && let Some((second, after)) = rest.strip_prefix(b"\\u").and_then(code_unit)
        && (0xdc00..0xe000).contains(&second)
    {
        let joined = 0x1_0000 + ((first - 0xd800) << 10 | (second - 0xdc00));
        return (char::from_u32(joined), after);
    }
    (None, rest)
}

fn code_unit(text: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.split_first_chunk::<4>()?;
    let mut unit = 0;
    for digit in digits {
        unit = unit << 4 | char::from(*digit).to_digit(16)?;
    }
    Some((unit, rest))
}

#[cfg(test)]
mod tests {
    use super::{Spelling, Text};
    use proptest::prelude::*;

    fn text(raw: &[u8]) -> Text<'_> {
        Text { raw, spelling: if raw.contains(&b'\\') { Spelling::Escaped } else { Spelling::Plain } }
    }

    proptest! {
        #[test]
        fn what_serde_json_reads_is_read_the_same(parts in proptest::collection::vec(prop_oneof![
            Just(r#"\""#.to_owned()), Just(r"\\".to_owned()), Just(r"\/".to_owned()), Just(r"\n".to_owned()), Just(r"\b".to_owned()),
            Just(r"\ud83d\ude00".to_owned()), Just(r"\ud83d".to_owned()), Just(r"\ude00".to_owned()), Just(r"\u0000".to_owned()),
            Just(r"\uD83".to_owned()), Just(r"\x".to_owned()), "[a-z 関✓]{0,4}", "\\\\u00[0-9a-fA-F]{2}",
        ], 0..6)) {
            let raw = parts.concat();
            let ours = text(raw.as_bytes());
            match serde_json::from_str::<String>(&format!("\"{raw}\"")) {
                Ok(theirs) => {
                    prop_assert_eq!(ours.meant().into_owned(), theirs);
                    prop_assert!(ours.check().is_ok());
                }
                Err(_) => prop_assert!(ours.check().is_err(), "{}", raw),
            }
        }
    }

    #[test]
    fn what_is_no_character_is_mended() {
        assert_eq!(text(br"a\ud800b").meant(), "a\u{fffd}b");
        assert_eq!(text(br"\ud800\u0041").meant(), "\u{fffd}A");
        assert_eq!(text(b"a\xffb").meant(), "a\u{fffd}b");
        assert!(text(b"a\xffb").check().is_err());
    }
}
