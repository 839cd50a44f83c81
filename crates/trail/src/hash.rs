//! The hash of texts. It decides which entries a bounded list keeps and is thus part of the file format: it never changes.

const FIRST: u64 = 0x9e37_79b9_7f4a_7c15;
const SECOND: u64 = 0xd6e8_feb8_6659_fd93;

/// Both halves of the product, folded together.
#[inline(always)]
fn fold(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    #[expect(clippy::cast_possible_truncation, reason = "the two halves")]
    let (low, high) = (product as u64, (product >> 64) as u64);
    low ^ high
}

/// A number that stands for the text, well spread over 64 bits. Equal texts have equal numbers, on every machine; two
/// texts may share one, so that whoever needs certainty compares the texts as well.
#[must_use]
#[inline]
pub(crate) fn hash(text: &[u8]) -> u64 {
    let length = text.len() as u64;
    let mut state = FIRST ^ length.wrapping_mul(SECOND);
    let mut rest = text;
    while let Some((head, tail)) = rest.split_first_chunk::<16>() {
        let (low, high) = halves(head);
        state = fold(low ^ state, high ^ SECOND);
        rest = tail;
    }
    let (low, high) = ends(rest);
    fold(fold(low ^ state, high ^ SECOND) ^ FIRST, state ^ SECOND)
}

/// Whether two texts are the same: for short ones, without a call.
#[inline(always)]
pub(crate) fn is_same(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    if left.len() < 16 {
        return ends(left) == ends(right);
    }
    let (blocks, others) = (left.as_chunks::<16>().0, right.as_chunks::<16>().0);
    blocks.iter().zip(others).all(|(block, other)| block == other)
        && left.last_chunk::<16>() == right.last_chunk::<16>()
}

/// All bytes of a text shorter than 16.
#[inline(always)]
fn ends(text: &[u8]) -> (u64, u64) {
    match text.len() {
        8.. => (
            text.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes)),
            text.last_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes)),
        ),
        4..8 => (
            text.first_chunk().map_or(0, |bytes| u64::from(u32::from_le_bytes(*bytes))),
            text.last_chunk().map_or(0, |bytes| u64::from(u32::from_le_bytes(*bytes))),
        ),
        _ => (text.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)), 0),
    }
}

/// The number of a sequence of parts, from the numbers of the parts.
#[must_use]
#[inline(always)]
pub(crate) fn join(left: u64, right: u64) -> u64 {
    fold(left ^ FIRST, right.rotate_left(23) ^ SECOND)
}

#[inline(always)]
fn halves(bytes: &[u8; 16]) -> (u64, u64) {
    let number = u128::from_le_bytes(*bytes);
    #[expect(clippy::cast_possible_truncation, reason = "the two halves")]
    let both = (number as u64, (number >> 64) as u64);
    both
}

#[cfg(test)]
mod tests {
    use super::{hash, is_same, join};
    use std::collections::BTreeSet;

    #[test]
    fn the_numbers_never_change() {
        let frozen = [14_856_205_655_338_755_691, 15_542_571_842_455_439_583, 921_912_575_956_557_282];
        let found = [hash(b""), hash(b"a"), hash(b"s3.amazonaws.com:GetObject")];
        assert_eq!(found, frozen, "files written before would not add up with files written now");
        assert_ne!(join(1, 2), join(2, 1));
    }

    #[test]
    fn one_byte_makes_another_text() {
        for length in 0..70 {
            let text: Vec<u8> = (0..length).collect();
            assert!(is_same(&text, &text.clone()));
            for at in 0..text.len() {
                let mut other = text.clone();
                other[at] ^= 1;
                assert!(!is_same(&text, &other) && !is_same(&text, &text[..at]));
            }
        }
    }

    #[test]
    fn texts_are_told_apart_and_spread() {
        let mut seen = BTreeSet::new();
        let mut low = [0_u32; 16];
        for number in 0..20_000_u32 {
            for text in [
                format!("i-{number:017x}"),
                format!("{number}"),
                "x".repeat((number % 100) as usize) + &number.to_string(),
            ] {
                let found = hash(text.as_bytes());
                if seen.insert(found) {
                    low[(found >> 60) as usize] += 1;
                }
            }
        }
        assert!(seen.len() > 59_700, "{}", seen.len());
        assert!(low.iter().all(|count| (3_300..4_200).contains(count)), "{low:?}");
    }
}
