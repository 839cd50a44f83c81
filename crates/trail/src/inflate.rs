//! Gzip and raw deflate, a whole buffer at once into a buffer that is used again.
//!
//! libdeflate decodes about twice as fast as decoders that stream, and log files are small enough to be held whole. What
//! libdeflate refuses (a file that was cut off) is read once more by a decoder that streams, to save what is there.

pub(crate) mod pieces;

use std::ffi::c_void;
use std::ptr::NonNull;

use libdeflate_sys as sys;

/// Decodes; holds the decoder's tables and the buffer, so that one file after the other costs no allocation.
#[derive(Debug)]
pub struct Inflater {
    decoder: NonNull<sys::libdeflate_decompressor>,
    buffer: Vec<u8>,
    /// More than this is refused.
    limit_bytes: usize,
    /// A buffer of this size is kept whatever comes.
    kept_bytes: usize,
}

/// What was wrong with compressed bytes. What could be read before is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum InflateError {
    /// The stream ends before its end mark.
    #[error("the compressed data is cut off")]
    Truncated,
    /// Not deflate, or damaged in the middle, or the checksum is wrong.
    #[error("the compressed data is damaged")]
    Damaged,
    /// There is more than the limit.
    #[error("the data is larger than the limit")]
    TooLarge,
    /// The end of a gzip member is followed by something that is no gzip member.
    #[error("the compressed data is followed by something else")]
    TrailingBytes,
}

// SAFETY: the decoder is memory of its own without ties to a thread; `&mut self` guards every use.
#[expect(unsafe_code, reason = "a pointer of libdeflate that is owned, and may move between threads")]
unsafe impl Send for Inflater {}

/// The first two bytes of gzip and its only method.
pub(crate) const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];

enum Outcome {
    /// Bytes used, bytes written.
    Done(usize, usize),
    NeedsSpace,
    Bad,
}

impl Inflater {
    /// A decoder that refuses to make more than `limit_bytes` out of one file; none where memory is exhausted.
    #[must_use]
    pub fn new(limit_bytes: usize) -> Option<Self> {
        // SAFETY: takes nothing; null means that there is no memory.
        #[expect(unsafe_code, reason = "libdeflate's constructor")]
        let decoder = unsafe { sys::libdeflate_alloc_decompressor() };
        Some(Self { decoder: NonNull::new(decoder)?, buffer: Vec::new(), limit_bytes, kept_bytes: 1 << 20 })
    }

    /// Keeps a buffer of this size whatever comes.
    #[must_use]
    pub(crate) fn keeping(mut self, kept_bytes: usize) -> Self {
        self.kept_bytes = kept_bytes;
        self
    }

    /// Decodes all members of a gzip file. With an error comes what could be read before it.
    pub fn gzip(&mut self, compressed: &[u8]) -> (&[u8], Option<InflateError>) {
        let (length, error) = self.members(compressed, true);
        (self.buffer.get(..length).unwrap_or_default(), error)
    }

    /// Decodes raw deflate, as in zip files.
    pub fn deflate(&mut self, compressed: &[u8], expected_bytes: usize) -> (&[u8], Option<InflateError>) {
        self.reserve(0, expected_bytes.min(compressed.len().saturating_mul(1032)).min(self.limit_bytes));
        let (length, error) = self.member(compressed, 0, false);
        (self.buffer.get(..length).unwrap_or_default(), error.err())
    }

    fn members(&mut self, compressed: &[u8], gzip: bool) -> (usize, Option<InflateError>) {
        // The last four bytes tell the size, modulo 4 GiB, of the last member; deflate makes at most 1032 out of one.
        let hint = compressed.last_chunk::<4>().map_or(0, |bytes| u32::from_le_bytes(*bytes) as usize);
        let hint = hint.min(compressed.len().saturating_mul(1032)).min(self.limit_bytes);
        self.relinquish(hint);
        self.reserve(0, hint);
        let (mut from, mut written) = (0, 0);
        while let Some(rest) = compressed.get(from..).filter(|rest| !rest.is_empty()) {
            if from > 0 && !rest.starts_with(&MAGIC) {
                // Padding with zeros is customary on tapes and harmless.
                let harmless = rest.iter().all(|byte| *byte == 0);
                return (written, (!harmless).then_some(InflateError::TrailingBytes));
            }
            let (end, used) = self.member(rest, written, gzip);
            written = end;
            match used {
                Ok(used) => from += used.max(1),
                Err(error) => return (written, Some(error)),
            }
        }
        (written, compressed.is_empty().then_some(InflateError::Truncated))
    }

    /// Appends one member at `at`; the new end, and the bytes used of the input.
    fn member(&mut self, compressed: &[u8], at: usize, gzip: bool) -> (usize, Result<usize, InflateError>) {
        loop {
            match self.decode(compressed, at, gzip) {
                Outcome::Done(used, written) => return (at + written, Ok(used)),
                Outcome::NeedsSpace if self.buffer.len() >= self.limit_bytes => {
                    return (at, Err(InflateError::TooLarge));
                }
                Outcome::NeedsSpace => {
                    let wanted = (self.buffer.len() * 2).max(64 << 10).min(self.limit_bytes);
                    self.reserve(0, wanted);
                }
                Outcome::Bad => return self.salvage(compressed, at, gzip),
            }
        }
    }

    fn reserve(&mut self, from: usize, bytes: usize) {
        let wanted = from.saturating_add(bytes);
        if self.buffer.len() < wanted {
            self.buffer.resize(wanted, 0);
        }
    }

    /// Gives memory back where the next object needs less: objects come in the order of their sizes, and tables grow meanwhile.
    fn relinquish(&mut self, bytes: usize) {
        if self.buffer.len() > self.kept_bytes && bytes < self.buffer.len() / 16 * 15 {
            self.buffer.truncate(bytes.max(self.kept_bytes));
            self.buffer.shrink_to_fit();
        }
    }

    fn decode(&mut self, compressed: &[u8], at: usize, gzip: bool) -> Outcome {
        let out = self.buffer.get_mut(at..).unwrap_or_default();
        let (mut used, mut written) = (0_usize, 0_usize);
        // SAFETY: both slices are valid for their lengths during the call, do not overlap, and libdeflate writes no more than
        // the length it is given; the decoder is ours alone (`&mut self`) and lives until `drop`.
        #[expect(unsafe_code, reason = "libdeflate decodes from one slice into another")]
        let result = unsafe {
            let function =
                if gzip { sys::libdeflate_gzip_decompress_ex } else { sys::libdeflate_deflate_decompress_ex };
            function(
                self.decoder.as_ptr(),
                compressed.as_ptr().cast(),
                compressed.len(),
                out.as_mut_ptr().cast(),
                out.len(),
                &raw mut used,
                &raw mut written,
            )
        };
        match result {
            sys::libdeflate_result_LIBDEFLATE_SUCCESS => Outcome::Done(used, written),
            sys::libdeflate_result_LIBDEFLATE_INSUFFICIENT_SPACE => Outcome::NeedsSpace,
            _ => Outcome::Bad,
        }
    }

    /// Reads as much as there is, slowly.
    fn salvage(&mut self, compressed: &[u8], at: usize, gzip: bool) -> (usize, Result<usize, InflateError>) {
        use miniz_oxide::inflate::TINFLStatus;
        use miniz_oxide::inflate::core::inflate_flags::{
            TINFL_FLAG_HAS_MORE_INPUT, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
        };
        use miniz_oxide::inflate::core::{DecompressorOxide, decompress};
        let start = if gzip { header_length(compressed) } else { Some(0) };
        let Some(mut rest) = start.and_then(|start| compressed.get(start..)) else {
            let is_gzip = MAGIC.iter().zip(compressed).all(|(wanted, found)| wanted == found);
            return (at, Err(if is_gzip { InflateError::Truncated } else { InflateError::Damaged }));
        };
        let mut state = Box::<DecompressorOxide>::default();
        let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF | TINFL_FLAG_HAS_MORE_INPUT;
        let mut end = at;
        loop {
            let (status, used, written) = decompress(&mut state, rest, &mut self.buffer, end, flags);
            rest = rest.get(used..).unwrap_or_default();
            end += written;
            match status {
                TINFLStatus::HasMoreOutput if self.buffer.len() >= self.limit_bytes => {
                    return (end, Err(InflateError::TooLarge));
                }
                TINFLStatus::HasMoreOutput => {
                    self.reserve(0, (self.buffer.len() * 2).max(64 << 10).min(self.limit_bytes));
                }
                TINFLStatus::NeedsMoreInput | TINFLStatus::FailedCannotMakeProgress => {
                    return (end, Err(InflateError::Truncated));
                }
                // All of it came out, and yet libdeflate refused: the checksum or the size after it is wrong or missing.
                TINFLStatus::Done if gzip && rest.len() < 8 => return (end, Err(InflateError::Truncated)),
                _ => return (end, Err(InflateError::Damaged)),
            }
        }
    }
}

impl Drop for Inflater {
    fn drop(&mut self) {
        // SAFETY: made by libdeflate's constructor, freed once, used by nobody after.
        #[expect(unsafe_code, reason = "libdeflate's destructor")]
        unsafe {
            sys::libdeflate_free_decompressor(self.decoder.as_ptr());
        }
    }
}

/// Packs as raw deflate, fast rather than small. None where memory is exhausted.
pub(crate) fn pack(plain: &[u8]) -> Option<Vec<u8>> {
    encode(plain, 1, sys::libdeflate_deflate_compress_bound, sys::libdeflate_deflate_compress)
}

/// Packs as gzip, as CloudTrail does. None where memory is exhausted.
#[must_use]
pub fn gzip(plain: &[u8]) -> Option<Vec<u8>> {
    encode(plain, 6, sys::libdeflate_gzip_compress_bound, sys::libdeflate_gzip_compress)
}

type Bound = unsafe extern "C" fn(*mut sys::libdeflate_compressor, usize) -> usize;
type Encode = unsafe extern "C" fn(*mut sys::libdeflate_compressor, *const c_void, usize, *mut c_void, usize) -> usize;

/// `bound` and `function` are a pair of libdeflate's for one format.
fn encode(plain: &[u8], level: i32, bound: Bound, function: Encode) -> Option<Vec<u8>> {
    // SAFETY: takes a level from 0 to 12; null means that there is no memory.
    #[expect(unsafe_code, reason = "libdeflate's constructor")]
    let encoder = NonNull::new(unsafe { sys::libdeflate_alloc_compressor(level) })?;
    // SAFETY: the encoder is alive; works on numbers.
    #[expect(unsafe_code, reason = "libdeflate's bound")]
    let bound_bytes = unsafe { bound(encoder.as_ptr(), plain.len()) };
    let mut packed = vec![0; bound_bytes];
    // SAFETY: both slices are valid for their lengths and do not overlap; the encoder is freed once, after its last use.
    #[expect(unsafe_code, reason = "libdeflate encodes from one slice into another")]
    let length = unsafe {
        let (from, to) = (plain.as_ptr().cast(), packed.as_mut_ptr().cast());
        let length = function(encoder.as_ptr(), from, plain.len(), to, packed.len());
        sys::libdeflate_free_compressor(encoder.as_ptr());
        length
    };
    packed.truncate(length);
    (length > 0).then_some(packed)
}

/// Length of a gzip header (RFC 1952, section 2.3); none where it is none, or not whole.
fn header_length(compressed: &[u8]) -> Option<usize> {
    if !compressed.starts_with(&MAGIC) {
        return None;
    }
    let flags = *compressed.get(3)?;
    let mut at = 10;
    if flags & 4 != 0 {
        let length = compressed.get(at..)?.first_chunk::<2>()?;
        at += 2 + usize::from(u16::from_le_bytes(*length));
    }
    for text in [8, 16] {
        if flags & text != 0 {
            at += 1 + compressed.get(at..)?.iter().position(|byte| *byte == 0)?;
        }
    }
    if flags & 2 != 0 {
        at += 2;
    }
    (at <= compressed.len()).then_some(at)
}

#[cfg(test)]
mod tests;
