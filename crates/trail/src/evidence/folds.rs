//! Texts folded lately: the same ones come again and again.

use crate::hash::{hash, is_same};

/// How many texts are held: some hundred kilobytes of them.
const FOLDS: usize = 4096;

/// The only place where a text can be held.
#[expect(clippy::cast_possible_truncation, reason = "some bits of the hash")]
fn place(raw: &[u8]) -> usize {
    hash(raw) as usize % FOLDS
}

/// Texts of any length, and what they are folded to.
#[derive(Debug)]
pub(super) struct Folds(Vec<Fold>);

#[derive(Debug, Clone, Default)]
struct Fold {
    raw: Vec<u8>,
    hash: u64,
    folded: Vec<u8>,
}

impl Default for Folds {
    fn default() -> Self {
        Self(vec![Fold::default(); FOLDS])
    }
}

impl Folds {
    /// The folded text and its hash.
    #[inline]
    pub(super) fn get(&mut self, raw: &[u8], work: impl FnOnce(&[u8], &mut Vec<u8>)) -> (u64, &[u8]) {
        let Some(held) = self.0.get_mut(place(raw)) else { return (0, b"") };
        if held.folded.is_empty() || !is_same(&held.raw, raw) {
            // Into the memory of what was there.
            held.raw.clear();
            held.raw.extend_from_slice(raw);
            held.folded.clear();
            work(raw, &mut held.folded);
            held.hash = hash(&held.folded);
        }
        (held.hash, &held.folded)
    }
}

/// The same for addresses, of which most logs have more than there are places: each pair lies in one line of the cache, or two.
#[derive(Debug)]
pub(super) struct ShortFolds {
    held: Vec<ShortFold>,
    /// What was folded last.
    folded: Vec<u8>,
}

/// Both texts, one behind the other.
#[derive(Debug, Clone)]
#[repr(align(64))]
struct ShortFold {
    hash: u64,
    raw_length: u8,
    folded_length: u8,
    texts: [u8; 118],
}

impl Default for ShortFolds {
    fn default() -> Self {
        let nothing = ShortFold { hash: 0, raw_length: 0, folded_length: 0, texts: [0; 118] };
        Self { held: vec![nothing; FOLDS], folded: Vec::new() }
    }
}

impl ShortFold {
    #[inline]
    fn raw(&self) -> &[u8] {
        self.texts.get(..usize::from(self.raw_length)).unwrap_or_default()
    }

    #[inline]
    fn folded(&self) -> &[u8] {
        let begin = usize::from(self.raw_length);
        self.texts.get(begin..begin + usize::from(self.folded_length)).unwrap_or_default()
    }

    /// Whether both texts have room.
    fn hold(&mut self, raw: &[u8], folded: &[u8]) -> bool {
        let (Ok(raw_length), Ok(folded_length)) = (u8::try_from(raw.len()), u8::try_from(folded.len())) else {
            return false;
        };
        let Some((left, right)) = self.texts.split_at_mut_checked(raw.len()) else { return false };
        let Some(right) = right.get_mut(..folded.len()) else { return false };
        left.copy_from_slice(raw);
        right.copy_from_slice(folded);
        (self.hash, self.raw_length, self.folded_length) = (hash(folded), raw_length, folded_length);
        true
    }
}

impl ShortFolds {
    /// The folded text and its hash.
    #[inline]
    pub(super) fn get(&mut self, raw: &[u8], work: impl FnOnce(&[u8], &mut Vec<u8>)) -> (u64, &[u8]) {
        let Some(held) = self.held.get_mut(place(raw)) else { return (0, b"") };
        if held.folded_length == 0 || !is_same(held.raw(), raw) {
            self.folded.clear();
            work(raw, &mut self.folded);
            if !held.hold(raw, &self.folded) {
                return (hash(&self.folded), &self.folded);
            }
        }
        (held.hash, held.folded())
    }
}

#[cfg(test)]
mod tests {
    use super::{FOLDS, Folds, ShortFolds};
    use crate::hash::hash;

    /// Both keep what they fold to, however long, however often, whatever else takes the place meanwhile.
    #[test]
    fn what_is_held_is_what_was_folded() {
        let (mut long, mut short) = (Folds::default(), ShortFolds::default());
        let mut worked = 0;
        for round in 0..3 {
            for number in 0..2 * FOLDS {
                let raw = format!("{}{number}", "x".repeat(number % 160));
                let folded = format!("{}/{}", &raw[..raw.len() / 2], number % 7);
                for (found, text) in [
                    long.get(raw.as_bytes(), |_, out| out.extend_from_slice(folded.as_bytes())),
                    short.get(raw.as_bytes(), |_, out| {
                        worked += 1;
                        out.extend_from_slice(folded.as_bytes());
                    }),
                ] {
                    assert_eq!((found, text), (hash(folded.as_bytes()), folded.as_bytes()), "{round}");
                }
            }
        }
        assert!(worked > 2 * FOLDS);
        let again = short.get(b"192.0.2.7", |_, out| out.extend_from_slice(b"192.0.2.0/24")).0;
        assert_eq!(short.get(b"192.0.2.7", |_, _| unreachable!()).0, again);
    }
}
