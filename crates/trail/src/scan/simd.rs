//! Which bytes of a block are quotes, backslashes and brackets: with AVX-512 or AVX2 where the processor has them, and in plain
//! Rust everywhere.

use super::cursor::{Cursor, Damage, nested_end};
use super::record::Record;

/// Where the bytes that matter stand in 64 bytes: bit `n` is byte `n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Masks {
    pub(crate) quotes: u64,
    pub(crate) backslashes: u64,
    /// `{` and `[`
    pub(crate) opening: u64,
    /// `}` and `]`
    pub(crate) closing: u64,
}

/// A way of looking at many bytes at once. A value of the type is the proof that the processor can do it.
pub(crate) trait Simd: Copy {
    /// Quotes or backslashes in 64 bytes.
    fn string_marks(self, bytes: &[u8; 64]) -> u64;
    /// All that matters in 64 bytes.
    fn masks(self, bytes: &[u8; 64]) -> Masks;
    /// Whether the bytes are the same where the mask has a bit.
    fn is_same(self, bytes: &[u8; 32], text: &[u8; 32], mask: u32) -> bool;
    /// For each bit: whether the bits up to and with it are odd in number.
    fn parity(self, bits: u64) -> u64;
    /// [`nested_end`], compiled for this processor and not inlined: it is called from everywhere.
    fn nested_end(self, bytes: &[u8], at: usize) -> usize;
    /// [`Record::read`], likewise.
    fn read<'a, const WHOLE: bool>(
        self,
        record: &mut Record<'a>,
        cursor: &mut Cursor<'a, Self>,
    ) -> Result<bool, Damage>;
}

/// Plain Rust.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Portable;

impl Simd for Portable {
    #[inline(always)]
    fn string_marks(self, bytes: &[u8; 64]) -> u64 {
        let mut marks = 0;
        for (index, byte) in bytes.iter().enumerate() {
            marks |= u64::from((*byte == b'"') | (*byte == b'\\')) << index;
        }
        marks
    }

    #[inline(always)]
    fn masks(self, bytes: &[u8; 64]) -> Masks {
        let mut masks = Masks { quotes: 0, backslashes: 0, opening: 0, closing: 0 };
        for (index, byte) in bytes.iter().enumerate() {
            masks.quotes |= u64::from(*byte == b'"') << index;
            masks.backslashes |= u64::from(*byte == b'\\') << index;
            masks.opening |= u64::from(*byte | 0x20 == b'{') << index;
            masks.closing |= u64::from(*byte | 0x20 == b'}') << index;
        }
        masks
    }

    #[inline(always)]
    fn is_same(self, bytes: &[u8; 32], text: &[u8; 32], mask: u32) -> bool {
        let counted = 32 - mask.leading_zeros() as usize;
        bytes.get(..counted) == text.get(..counted)
    }

    #[inline(always)]
    fn parity(self, bits: u64) -> u64 {
        [1, 2, 4, 8, 16, 32].iter().fold(bits, |bits, shift| bits ^ (bits << shift))
    }

    #[inline(never)]
    fn nested_end(self, bytes: &[u8], at: usize) -> usize {
        nested_end(bytes, at, self)
    }

    #[inline(never)]
    fn read<'a, const WHOLE: bool>(
        self,
        record: &mut Record<'a>,
        cursor: &mut Cursor<'a, Self>,
    ) -> Result<bool, Damage> {
        record.read::<Self, WHOLE>(cursor)
    }
}

#[cfg(target_arch = "x86_64")]
pub(crate) use x86::{Avx2, Avx512};

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "intrinsics; the value of the type proves that the processor has them")]
mod x86 {
    use std::arch::is_x86_feature_detected as has;
    use std::arch::x86_64::{
        __m256i, __m512i, _mm_clmulepi64_si128, _mm_cvtsi64_si128, _mm_cvtsi128_si64, _mm_set1_epi8, _mm256_cmpeq_epi8,
        _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8, _mm512_cmpeq_epi8_mask,
        _mm512_loadu_si512, _mm512_or_si512, _mm512_set1_epi8,
    };

    use super::{Cursor, Damage, Masks, Record, Simd, nested_end};

    /// 32 bytes at once. Can only be had where the processor can do it.
    #[derive(Debug, Clone, Copy)]
    pub(crate) struct Avx2(());

    impl Avx2 {
        /// The proof, where it holds.
        pub(crate) fn detect() -> Option<Self> {
            let all =
                has!("avx2") && has!("bmi1") && has!("bmi2") && has!("popcnt") && has!("lzcnt") && has!("pclmulqdq");
            all.then_some(Self(()))
        }
    }

    /// 64 bytes at once. Can only be had where the processor can do it.
    #[derive(Debug, Clone, Copy)]
    pub(crate) struct Avx512(Avx2);

    impl Avx512 {
        /// The proof, where it holds.
        pub(crate) fn detect() -> Option<Self> {
            let avx2 = Avx2::detect()?;
            (has!("avx512f") && has!("avx512bw")).then_some(Self(avx2))
        }
    }

    #[inline(always)]
    fn equal(block: __m256i, byte: u8) -> u32 {
        // SAFETY: only called with the proof of AVX2 at hand; works on registers.
        unsafe { _mm256_movemask_epi8(_mm256_cmpeq_epi8(block, _mm256_set1_epi8(byte.cast_signed()))).cast_unsigned() }
    }

    #[inline(always)]
    fn both(low: u32, high: u32) -> u64 {
        u64::from(low) | u64::from(high) << 32
    }

    impl Simd for Avx2 {
        #[inline(always)]
        fn string_marks(self, bytes: &[u8; 64]) -> u64 {
            // SAFETY: `self` proves AVX2; the two loads read the 64 bytes of the array and need no alignment.
            unsafe {
                let low: __m256i = _mm256_loadu_si256(bytes.as_ptr().cast());
                let high: __m256i = _mm256_loadu_si256(bytes.as_ptr().add(32).cast());
                let quote = _mm256_set1_epi8(b'"'.cast_signed());
                let backslash = _mm256_set1_epi8(b'\\'.cast_signed());
                let low = _mm256_or_si256(_mm256_cmpeq_epi8(low, quote), _mm256_cmpeq_epi8(low, backslash));
                let high = _mm256_or_si256(_mm256_cmpeq_epi8(high, quote), _mm256_cmpeq_epi8(high, backslash));
                both(_mm256_movemask_epi8(low).cast_unsigned(), _mm256_movemask_epi8(high).cast_unsigned())
            }
        }

        #[inline(always)]
        fn masks(self, bytes: &[u8; 64]) -> Masks {
            // SAFETY: `self` proves AVX2; the two loads read the 64 bytes of the array and need no alignment.
            let (low, high, low_bent, high_bent) = unsafe {
                let low: __m256i = _mm256_loadu_si256(bytes.as_ptr().cast());
                let high: __m256i = _mm256_loadu_si256(bytes.as_ptr().add(32).cast());
                let bit = _mm256_set1_epi8(0x20);
                (low, high, _mm256_or_si256(low, bit), _mm256_or_si256(high, bit))
            };
            Masks {
                quotes: both(equal(low, b'"'), equal(high, b'"')),
                backslashes: both(equal(low, b'\\'), equal(high, b'\\')),
                opening: both(equal(low_bent, b'{'), equal(high_bent, b'{')),
                closing: both(equal(low_bent, b'}'), equal(high_bent, b'}')),
            }
        }

        #[inline(always)]
        fn is_same(self, bytes: &[u8; 32], text: &[u8; 32], mask: u32) -> bool {
            // SAFETY: `self` proves AVX2; the loads read the 32 bytes of each array and need no alignment.
            let same = unsafe {
                let bytes: __m256i = _mm256_loadu_si256(bytes.as_ptr().cast());
                let text: __m256i = _mm256_loadu_si256(text.as_ptr().cast());
                _mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, text)).cast_unsigned()
            };
            !same & mask == 0
        }

        #[inline(always)]
        fn parity(self, bits: u64) -> u64 {
            // SAFETY: `self` proves PCLMULQDQ; works on registers. Multiplying by all ones without carries is the sum of
            // all the bits below.
            unsafe {
                let product = _mm_clmulepi64_si128(_mm_cvtsi64_si128(bits.cast_signed()), _mm_set1_epi8(-1), 0);
                _mm_cvtsi128_si64(product).cast_unsigned()
            }
        }

        #[inline(always)]
        fn nested_end(self, bytes: &[u8], at: usize) -> usize {
            #[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt,pclmulqdq")]
            #[inline(never)]
            fn compiled(bytes: &[u8], at: usize, simd: Avx2) -> usize {
                nested_end(bytes, at, simd)
            }
            // SAFETY: `self` proves the features that `compiled` is compiled for.
            unsafe { compiled(bytes, at, self) }
        }

        #[inline(always)]
        fn read<'a, const WHOLE: bool>(
            self,
            record: &mut Record<'a>,
            cursor: &mut Cursor<'a, Self>,
        ) -> Result<bool, Damage> {
            #[target_feature(enable = "avx2,bmi1,bmi2,popcnt,lzcnt,pclmulqdq")]
            #[inline(never)]
            fn compiled<'a, const WHOLE: bool>(
                record: &mut Record<'a>,
                cursor: &mut Cursor<'a, Avx2>,
            ) -> Result<bool, Damage> {
                // A copy, so that it lives in registers.
                let mut local = *cursor;
                let outcome = record.read::<Avx2, WHOLE>(&mut local);
                *cursor = local;
                outcome
            }
            // SAFETY: as above.
            unsafe { compiled::<WHOLE>(record, cursor) }
        }
    }

    impl Simd for Avx512 {
        #[inline(always)]
        fn string_marks(self, bytes: &[u8; 64]) -> u64 {
            // SAFETY: `self` proves AVX-512F and BW; the load reads the 64 bytes of the array and needs no alignment.
            unsafe {
                let block: __m512i = _mm512_loadu_si512(bytes.as_ptr().cast());
                _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8(b'"'.cast_signed()))
                    | _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8(b'\\'.cast_signed()))
            }
        }

        #[inline(always)]
        fn masks(self, bytes: &[u8; 64]) -> Masks {
            // SAFETY: `self` proves AVX-512F and BW; the load reads the 64 bytes of the array and needs no alignment.
            unsafe {
                let block: __m512i = _mm512_loadu_si512(bytes.as_ptr().cast());
                let bent = _mm512_or_si512(block, _mm512_set1_epi8(0x20));
                Masks {
                    quotes: _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8(b'"'.cast_signed())),
                    backslashes: _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8(b'\\'.cast_signed())),
                    opening: _mm512_cmpeq_epi8_mask(bent, _mm512_set1_epi8(b'{'.cast_signed())),
                    closing: _mm512_cmpeq_epi8_mask(bent, _mm512_set1_epi8(b'}'.cast_signed())),
                }
            }
        }

        #[inline(always)]
        fn is_same(self, bytes: &[u8; 32], text: &[u8; 32], mask: u32) -> bool {
            self.0.is_same(bytes, text, mask)
        }

        #[inline(always)]
        fn parity(self, bits: u64) -> u64 {
            self.0.parity(bits)
        }

        #[inline(always)]
        fn nested_end(self, bytes: &[u8], at: usize) -> usize {
            #[target_feature(enable = "avx512f,avx512bw,avx2,bmi1,bmi2,popcnt,lzcnt,pclmulqdq")]
            #[inline(never)]
            fn compiled(bytes: &[u8], at: usize, simd: Avx512) -> usize {
                nested_end(bytes, at, simd)
            }
            // SAFETY: `self` proves the features that `compiled` is compiled for.
            unsafe { compiled(bytes, at, self) }
        }

        #[inline(always)]
        fn read<'a, const WHOLE: bool>(
            self,
            record: &mut Record<'a>,
            cursor: &mut Cursor<'a, Self>,
        ) -> Result<bool, Damage> {
            #[target_feature(enable = "avx512f,avx512bw,avx2,bmi1,bmi2,popcnt,lzcnt,pclmulqdq")]
            #[inline(never)]
            fn compiled<'a, const WHOLE: bool>(
                record: &mut Record<'a>,
                cursor: &mut Cursor<'a, Avx512>,
            ) -> Result<bool, Damage> {
                // A copy, so that it lives in registers.
                let mut local = *cursor;
                let outcome = record.read::<Avx512, WHOLE>(&mut local);
                *cursor = local;
                outcome
            }
            // SAFETY: as above.
            unsafe { compiled::<WHOLE>(record, cursor) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Portable, Simd};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_way_sees_the_same(bytes in proptest::collection::vec(
            prop_oneof![Just(b'"'), Just(b'\\'), Just(b'{'), Just(b'}'), Just(b'['), Just(b']'), Just(0), any::<u8>()], 64,
        )) {
            let block: &[u8; 64] = bytes.first_chunk().unwrap();
            let expected = Portable.masks(block);
            let marks = expected.quotes | expected.backslashes;
            prop_assert_eq!(Portable.string_marks(block), marks);
            #[cfg(target_arch = "x86_64")]
            {
                if let Some(avx2) = super::Avx2::detect() {
                    prop_assert_eq!(avx2.masks(block), expected);
                    prop_assert_eq!(avx2.string_marks(block), marks);
                    let (text, other) = (block.first_chunk().unwrap(), block.last_chunk().unwrap());
                    for length in 1..32 {
                        let mask = u32::MAX >> (32 - length);
                        prop_assert_eq!(avx2.is_same(text, other, mask), Portable.is_same(text, other, mask));
                        prop_assert!(avx2.is_same(text, text, mask));
                    }
                    prop_assert_eq!(avx2.parity(expected.quotes), Portable.parity(expected.quotes));
                }
                if let Some(avx512) = super::Avx512::detect() {
                    prop_assert_eq!(avx512.masks(block), expected);
                    prop_assert_eq!(avx512.string_marks(block), marks);
                }
            }
        }
    }
}
