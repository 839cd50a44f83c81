//! Gzip that comes in pieces, for objects that are too large to be held.

use std::io::{self, Read};

use libdeflate_sys as sys;
use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZError, MZFlush, MZStatus};

use super::{InflateError, MAGIC, header_length};

/// Bytes read at once.
const PIECE_BYTES: usize = 256 << 10;
/// The longest header that is waited for.
const HEADER_BYTES: usize = 128 << 10;

/// Decompresses all members of a gzip file as it is read.
pub(crate) struct GzipPieces<R> {
    from: R,
    /// Read and not used yet.
    held: Vec<u8>,
    used: usize,
    is_ended: bool,
    state: Box<InflateState>,
    within: bool,
    members: u64,
    checksum: u32,
    length: u32,
}

/// A read that failed: of the source, or in the compressed data.
pub(crate) enum PieceError {
    Source(io::Error),
    Data(InflateError),
}

impl<R: Read> GzipPieces<R> {
    /// `held` are bytes of the file that were read already.
    pub(crate) fn new(held: Vec<u8>, from: R) -> Self {
        let state = InflateState::new_boxed(DataFormat::Raw);
        Self { from, held, used: 0, is_ended: false, state, within: false, members: 0, checksum: 0, length: 0 }
    }

    fn fill(&mut self) -> Result<(), PieceError> {
        self.held.drain(..self.used);
        self.used = 0;
        let read = (&mut self.from).take(PIECE_BYTES as u64).read_to_end(&mut self.held);
        self.is_ended = read.map_err(PieceError::Source)? == 0;
        Ok(())
    }

    fn rest(&self) -> &[u8] {
        self.held.get(self.used..).unwrap_or_default()
    }

    /// Goes behind a header; false at the end of the file.
    fn enter(&mut self) -> Result<bool, PieceError> {
        loop {
            let is_first = self.members == 0;
            let rest = self.rest();
            if let Some(length) = header_length(rest) {
                self.used += length;
                self.members += 1;
                (self.within, self.checksum, self.length) = (true, 0, 0);
                self.state.reset(DataFormat::Raw);
                return Ok(true);
            }
            let can_be_header = MAGIC.iter().zip(rest).all(|(wanted, found)| wanted == found);
            let is_padding = !is_first && rest.iter().all(|byte| *byte == 0);
            if is_padding && !rest.is_empty() {
                self.used = self.held.len();
            } else if !can_be_header || rest.len() > HEADER_BYTES {
                return Err(PieceError::Data(if is_first {
                    InflateError::Damaged
                } else {
                    InflateError::TrailingBytes
                }));
            }
            if self.is_ended {
                return match self.rest().is_empty() && !is_first {
                    true => Ok(false),
                    false => Err(PieceError::Data(InflateError::Truncated)),
                };
            }
            self.fill()?;
        }
    }

    /// Behind the checksum and the length, which must be right.
    fn leave(&mut self) -> Result<(), PieceError> {
        while self.rest().len() < 8 && !self.is_ended {
            self.fill()?;
        }
        let Some(trailer) = self.rest().first_chunk::<8>() else {
            return Err(PieceError::Data(InflateError::Truncated));
        };
        if u64::from_le_bytes(*trailer) != u64::from(self.length) << 32 | u64::from(self.checksum) {
            return Err(PieceError::Data(InflateError::Damaged));
        }
        self.used += 8;
        self.within = false;
        Ok(())
    }

    /// Writes decompressed bytes; zero at the end.
    pub(crate) fn read(&mut self, out: &mut [u8]) -> Result<usize, PieceError> {
        loop {
            if !self.within && !self.enter()? {
                return Ok(0);
            }
            let rest = self.held.get(self.used..).unwrap_or_default();
            let result = inflate(&mut self.state, rest, out, MZFlush::None);
            let is_starved = result.bytes_consumed == 0 && result.bytes_written == 0;
            self.used += result.bytes_consumed;
            let written = out.get(..result.bytes_written).unwrap_or_default();
            self.checksum = checksum(self.checksum, written);
            #[expect(clippy::cast_possible_truncation, reason = "the length modulo 4 GiB")]
            let length = written.len() as u32;
            self.length = self.length.wrapping_add(length);
            let length = written.len();
            match result.status {
                Ok(MZStatus::StreamEnd) => self.leave()?,
                Ok(_) | Err(MZError::Buf) if is_starved && self.is_ended => {
                    return Err(PieceError::Data(InflateError::Truncated));
                }
                Ok(_) | Err(MZError::Buf) if is_starved => self.fill()?,
                Ok(_) | Err(MZError::Buf) => {}
                Err(_) => return Err(PieceError::Data(InflateError::Damaged)),
            }
            if length > 0 {
                return Ok(length);
            }
        }
    }
}

fn checksum(before: u32, bytes: &[u8]) -> u32 {
    // SAFETY: reads the slice's bytes and nothing else.
    #[expect(unsafe_code, reason = "libdeflate's checksum")]
    unsafe {
        sys::libdeflate_crc32(before, bytes.as_ptr().cast(), bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::{GzipPieces, PieceError};
    use crate::inflate::{InflateError, gzip};
    use proptest::prelude::*;

    /// A source that gives few bytes at a time.
    struct Slow<'a>(&'a [u8], usize);

    impl std::io::Read for Slow<'_> {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            let length = self.1.min(out.len()).min(self.0.len());
            out[..length].copy_from_slice(&self.0[..length]);
            self.0 = &self.0[length..];
            Ok(length)
        }
    }

    fn read(file: &[u8], step: usize) -> (Vec<u8>, Option<InflateError>) {
        let mut pieces = GzipPieces::new(file[..file.len().min(2)].to_vec(), Slow(&file[file.len().min(2)..], step));
        let (mut all, mut out) = (Vec::new(), vec![0; step * 7]);
        loop {
            match pieces.read(&mut out) {
                Ok(0) => return (all, None),
                Ok(length) => all.extend_from_slice(&out[..length]),
                Err(PieceError::Data(error)) => return (all, Some(error)),
                Err(PieceError::Source(error)) => panic!("{error}"),
            }
        }
    }

    proptest! {
        #[test]
        fn members_are_read_whole_and_cut_off(
            members in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..900), 1..4), step in 1..2000_usize, cut in 0..3000_usize,
        ) {
            let file: Vec<u8> = members.iter().flat_map(|member| gzip(member).unwrap()).collect();
            prop_assert_eq!(read(&file, step), (members.concat(), None));
            let mut padded = file.clone();
            padded.extend_from_slice(&[0; 512]);
            prop_assert_eq!(read(&padded, step), (members.concat(), None));
            padded.push(1);
            prop_assert_eq!(read(&padded, step).1, Some(InflateError::TrailingBytes));
            let (head, error) = read(&file[..cut.min(file.len() - 1)], step);
            prop_assert!(members.concat().starts_with(&head));
            if head.len() < members.concat().len() && !members.iter().any(Vec::is_empty) && members.len() == 1 {
                prop_assert_eq!(error, Some(InflateError::Truncated));
            }
            let mut damaged = file.clone();
            let last = damaged.len() - 6;
            damaged[last] ^= 1;
            prop_assert_eq!(read(&damaged, step).1, Some(InflateError::Damaged));
        }
    }
}
