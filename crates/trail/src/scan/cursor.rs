//! A place in JSON text, moved forward over strings, values and members without building anything.

use std::borrow::Cow;

use super::known::Known;
use super::simd::Simd;
use super::text::{Spelling, Text};

/// Why the text cannot be read further: what was wanted, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Damage {
    pub(crate) at: usize,
    pub(crate) ended: bool,
}

/// A place in text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a, S> {
    pub(crate) bytes: &'a [u8],
    pub(crate) at: usize,
    pub(crate) simd: S,
    /// Whether a string with an escape was taken since this was last cleared.
    pub(crate) escapes: bool,
}

/// The bytes from `at` on, where there are as many.
#[inline(always)]
fn chunk<const N: usize>(bytes: &[u8], at: usize) -> Option<&[u8; N]> {
    bytes.get(at..).and_then(|rest| rest.first_chunk::<N>())
}

/// Whether the key is this one: compared as an array, which needs no call.
#[inline(always)]
pub(crate) fn is<const N: usize>(key: &[u8], name: &[u8; N]) -> bool {
    <&[u8; N]>::try_from(key).is_ok_and(|key| key == name)
}

/// The bytes from `at` on; zeros behind the end.
#[cold]
#[inline(never)]
fn tail<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    let mut chunk = [0; N];
    for (to, from) in chunk.iter_mut().zip(bytes.get(at..).unwrap_or_default()) {
        *to = *from;
    }
    chunk
}

impl<'a, S: Simd> Cursor<'a, S> {
    #[inline(always)]
    pub(crate) fn new(bytes: &'a [u8], at: usize, simd: S) -> Self {
        Self { bytes, at, simd, escapes: false }
    }

    /// The byte here; zero behind the end.
    #[inline(always)]
    pub(crate) fn peek(&self) -> u8 {
        self.bytes.get(self.at).copied().unwrap_or(0)
    }

    #[inline(always)]
    pub(crate) fn damage(&self) -> Damage {
        Damage { at: self.at.min(self.bytes.len()), ended: self.at >= self.bytes.len() }
    }

    /// Behind white space.
    #[inline(always)]
    pub(crate) fn space(&mut self) {
        if self.peek() <= b' ' {
            while matches!(self.peek(), b' ' | b'\n' | b'\r' | b'\t') {
                self.at += 1;
            }
        }
    }

    /// Takes this byte or fails.
    #[inline(always)]
    pub(crate) fn expect(&mut self, byte: u8) -> Result<(), Damage> {
        if self.peek() == byte {
            self.at += 1;
            return Ok(());
        }
        Err(self.damage())
    }

    /// Quotes and backslashes in 128 bytes. Few strings are longer, and many are about 64: their length need not be guessed.
    #[inline(always)]
    fn marks(&self, bytes: &[u8; 128]) -> u128 {
        let ([low, high], _) = bytes.as_chunks::<64>() else { return 0 };
        u128::from(self.simd.string_marks(low)) | u128::from(self.simd.string_marks(high)) << 64
    }

    /// Takes a string: from its first quote to behind its last.
    #[inline(always)]
    pub(crate) fn string(&mut self) -> Result<Text<'a>, Damage> {
        self.expect(b'"')?;
        let start = self.at;
        let mut spelling = Spelling::Plain;
        loop {
            let marks = match chunk(self.bytes, self.at) {
                Some(chunk) => self.marks(chunk),
                None => self.marks(&tail(self.bytes, self.at)),
            };
            if marks == 0 {
                self.at += 128;
                if self.at >= self.bytes.len() {
                    return Err(self.damage());
                }
                continue;
            }
            self.at += marks.trailing_zeros() as usize;
            if self.peek() == b'"' {
                let raw = self.bytes.get(start..self.at).unwrap_or_default();
                self.at += 1;
                return Ok(Text { raw, spelling });
            }
            spelling = Spelling::Escaped;
            self.escapes = true;
            self.at += 2;
        }
    }

    /// Passes a value of any kind.
    #[inline(always)]
    pub(crate) fn skip(&mut self) -> Result<(), Damage> {
        if self.peek() == b'"' {
            return self.string().map(|_| ());
        }
        self.skip_other()
    }

    /// Passes a value that is no string.
    #[inline(always)]
    fn skip_other(&mut self) -> Result<(), Damage> {
        let end = match self.peek() {
            b'{' | b'[' => self.simd.nested_end(self.bytes, self.at),
            _ => match chunk::<4>(self.bytes, self.at) {
                Some(b"null" | b"true") => self.at + 4,
                _ if matches!(chunk::<5>(self.bytes, self.at), Some(b"false")) => self.at + 5,
                _ => word_end(self.bytes, self.at),
            },
        };
        if end > self.at {
            self.at = end;
            return Ok(());
        }
        Err(self.failed_skip())
    }

    #[cold]
    #[inline(never)]
    fn failed_skip(&mut self) -> Damage {
        if matches!(self.peek(), b'{' | b'[') {
            self.at = self.bytes.len();
        }
        self.damage()
    }

    /// Enters the object or list that begins here; whether there is anything in it. Loops instead of callbacks: closures
    /// do not inherit the processor features of the function they are inlined into.
    #[inline(always)]
    pub(crate) fn enter(&mut self) -> Result<bool, Damage> {
        let close = match self.peek() {
            b'{' => b'}',
            b'[' => b']',
            _ => return Err(self.damage()),
        };
        self.at += 1;
        self.space();
        if self.peek() == close {
            self.at += 1;
            return Ok(false);
        }
        Ok(true)
    }

    /// Takes a key, as it is meant, and goes before its value.
    #[inline(always)]
    pub(crate) fn key(&mut self) -> Result<Cow<'a, [u8]>, Damage> {
        let key = self.string()?;
        self.space();
        self.expect(b':')?;
        self.space();
        Ok(if key.is_escaped() { Cow::Owned(key.meant_bytes()) } else { Cow::Borrowed(key.raw) })
    }

    /// Which of these names the key has that begins here; zero where it has another, or where the text is no key. Goes so far
    /// that the value begins as many bytes on as the name has with its quotes and colon ([`Self::behind`]): the usual spelling is not
    /// passed at all, and what follows then does not wait for this to be found out.
    #[inline(always)]
    pub(crate) fn member(&mut self, known: &Known, names: &[(&str, u8)]) -> u8 {
        if let Some([b'"', head @ ..]) = chunk::<33>(self.bytes, self.at) {
            let place = known.candidate(head);
            if self.simd.is_same(head, &place.text, place.mask) {
                return place.member;
            }
        }
        self.other_member(names)
    }

    /// [`Self::member`] in any spelling.
    #[cold]
    #[inline(never)]
    fn other_member(&mut self, names: &[(&str, u8)]) -> u8 {
        let begin = self.at;
        if let Ok(key) = self.key()
            && let Some((name, member)) = names.iter().find(|(name, _)| *name.as_bytes() == *key)
        {
            // No spelling is shorter.
            self.at = self.at.saturating_sub(name.len() + 3);
            return *member;
        }
        self.at = begin;
        0
    }

    /// Behind the key that [`Self::member`] found.
    #[inline(always)]
    pub(crate) fn behind(&mut self, name: &'static str) -> &mut Self {
        self.at += name.len() + 3;
        self.space();
        self
    }

    /// Passes a member of any name.
    #[inline(always)]
    pub(crate) fn pass(&mut self) -> Result<(), Damage> {
        self.key()?;
        self.skip()
    }

    /// [`Self::text`] that most often is this long, and shorter than 64 bytes.
    #[inline(always)]
    pub(crate) fn text_of_length<const LENGTH: usize>(&mut self) -> Result<Option<Text<'a>>, Damage> {
        if let Some(raw) = self.usual::<LENGTH>() {
            return Ok(Some(Text { raw, spelling: Spelling::Plain }));
        }
        self.text()
    }

    /// [`Self::skip`] of a string that most often is this long.
    #[inline(always)]
    pub(crate) fn skip_of<const LENGTH: usize>(&mut self) -> Result<(), Damage> {
        match self.usual::<LENGTH>() {
            Some(_) => Ok(()),
            None => self.skip(),
        }
    }

    /// Takes a string of this length. The processor guesses that it is one and goes on before it has looked.
    #[inline(always)]
    fn usual<const LENGTH: usize>(&mut self) -> Option<&'a [u8]> {
        let Some([b'"', inside @ ..]) = chunk::<65>(self.bytes, self.at) else { return None };
        let marks = self.simd.string_marks(inside.first_chunk()?);
        if marks & ((2 << LENGTH) - 1) != 1 << LENGTH || inside.get(LENGTH) != Some(&b'"') {
            return None;
        }
        let raw = inside.get(..LENGTH);
        self.at += LENGTH + 2;
        raw
    }

    /// Goes on behind a value; whether another follows before `close`.
    #[inline(always)]
    pub(crate) fn another(&mut self, close: u8) -> Result<bool, Damage> {
        self.space();
        let byte = self.peek();
        if byte == b',' {
            self.at += 1;
            self.space();
            return Ok(true);
        }
        if byte == close {
            self.at += 1;
            return Ok(false);
        }
        Err(self.damage())
    }

    /// The text of one member of the object that begins here; a value of another kind is passed.
    #[inline(always)]
    pub(crate) fn text_of<const N: usize>(&mut self, wanted: &[u8; N]) -> Result<Option<Text<'a>>, Damage> {
        let mut found = None;
        if self.peek() != b'{' {
            self.skip()?;
            return Ok(found);
        }
        let mut more = self.enter()?;
        while more {
            if is(&self.key()?, wanted) {
                found = self.text()?;
            } else {
                self.skip()?;
            }
            more = self.another(b'}')?;
        }
        Ok(found)
    }

    /// Takes a string, or passes a value of another kind.
    #[inline(always)]
    pub(crate) fn text(&mut self) -> Result<Option<Text<'a>>, Damage> {
        if self.peek() == b'"' {
            return self.string().map(Some);
        }
        self.skip_other()?;
        Ok(None)
    }

    /// Passes a value and gives its bytes.
    #[inline(always)]
    pub(crate) fn raw(&mut self) -> Result<&'a [u8], Damage> {
        let start = self.at;
        self.skip()?;
        Ok(self.bytes.get(start..self.at).unwrap_or_default())
    }
}

/// The end of a number, `true`, `false` or `null` that begins here.
#[inline(never)]
fn word_end(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'+' | b'.');
    at + rest.iter().take_while(|byte| is_part(byte)).count()
}

/// The end of the object or list that begins at `at`, 64 bytes a step: brackets outside strings are counted. `at` itself where there
/// is no end.
#[inline(always)]
pub(crate) fn nested_end<S: Simd>(bytes: &[u8], begin: usize, simd: S) -> usize {
    let mut at = begin;
    let mut depth = 0_u64;
    // All ones while a string goes on over the edge of the block; a backslash that takes the next block's first byte.
    let (mut inside, mut carried) = (0_u64, 0_u64);
    while at < bytes.len() {
        let masks = match chunk(bytes, at) {
            Some(chunk) => simd.masks(chunk),
            None => simd.masks(&tail(bytes, at)),
        };
        let escaped = if masks.backslashes == 0 {
            std::mem::take(&mut carried)
        } else {
            escaped_bytes(masks.backslashes, &mut carried)
        };
        let strings = simd.parity(masks.quotes & !escaped) ^ inside;
        inside = if strings >> 63 == 1 { u64::MAX } else { 0 };
        let opening = masks.opening & !strings;
        let mut closing = masks.closing & !strings;
        if u64::from(closing.count_ones()) < depth {
            depth = depth + u64::from(opening.count_ones()) - u64::from(closing.count_ones());
            at += 64;
            continue;
        }
        let mut closed = 0;
        while closing != 0 {
            closed += 1;
            let below = closing & closing.wrapping_neg();
            if depth + u64::from((opening & (below - 1)).count_ones()) == closed {
                return at + closing.trailing_zeros() as usize + 1;
            }
            closing &= closing - 1;
        }
        depth = depth + u64::from(opening.count_ones()) - closed;
        at += 64;
    }
    begin
}

/// Which bytes are taken away their meaning by a backslash before them. `carried` is one where the last byte of the block is such
/// a backslash, and takes the first byte of the next.
#[inline(always)]
fn escaped_bytes(backslashes: u64, carried: &mut u64) -> u64 {
    const EVEN: u64 = 0x5555_5555_5555_5555;
    let backslashes = backslashes & !*carried;
    let followed = backslashes << 1 | *carried;
    // Runs that begin on an odd place turn around which of their places escape the next byte.
    let odd_starts = backslashes & !EVEN & !followed;
    let (ends, overflow) = odd_starts.overflowing_add(backslashes);
    *carried = u64::from(overflow);
    let turned = ends << 1;
    (EVEN ^ turned) & followed
}

#[cfg(test)]
mod tests {
    use super::{Cursor, escaped_bytes};
    use crate::scan::simd::Portable;
    use proptest::prelude::*;

    fn slow(backslashes: u64, carried: &mut u64) -> u64 {
        let mut escaped = 0;
        for bit in 0..64 {
            if *carried == 1 {
                escaped |= 1 << bit;
                *carried = 0;
            } else {
                *carried = backslashes >> bit & 1;
            }
        }
        escaped
    }

    proptest! {
        #[test]
        fn escapes_are_found_over_edges(blocks in proptest::collection::vec(
            prop_oneof![any::<u64>(), Just(u64::MAX), Just(u64::MAX << 1), (0..64_u32).prop_map(|bit| u64::MAX << bit)], 1..5,
        )) {
            let (mut fast_carry, mut slow_carry) = (0, 0);
            for block in blocks {
                prop_assert_eq!(escaped_bytes(block, &mut fast_carry), slow(block, &mut slow_carry));
                prop_assert_eq!(fast_carry, slow_carry);
            }
        }
    }

    #[test]
    fn values_are_passed_exactly() {
        for value in [
            "{}",
            "[]",
            "\"\"",
            "1",
            "-1.5e+3",
            "true",
            "null",
            r#"{"a":"}"}"#,
            r#"["]",{"b":[1,2,{"c":"\\"}]}]"#,
            r#""\"""#,
            r#""\\""#,
            r#"{"a":"\\\"}"}"#,
            &format!("[{}]", vec![r#"{"k":"v\\"}"#; 40].join(",")),
            &format!("\"{}\"", "x".repeat(200)),
            &format!("[\"{}\\\"{}\"]", "x".repeat(61), "y".repeat(70)),
            &format!("{}{}", "[".repeat(1000), "]".repeat(1000)),
        ] {
            for rest in ["", ",1", "   ", "\"", "}"] {
                let text = format!("{value}{rest}");
                let mut cursor = Cursor::new(text.as_bytes(), 0, Portable);
                cursor.skip().unwrap();
                if !value.ends_with(|end: char| end.is_ascii_alphanumeric()) || rest != ",1" {
                    assert_eq!(cursor.at, value.len(), "{text}");
                }
            }
            let mut cut = Cursor::new(&value.as_bytes()[..value.len() - 1], 0, Portable);
            assert!(cut.skip().is_err() || !value.starts_with(['{', '[', '"']), "{value}");
        }
    }
}
