//! A period as a file: compact, with a version and checksums, written and read part by part.
//!
//! `SKEV`, the version (2 bytes, little endian), then parts, each a period of its own that adds up with the others: its length (4 bytes),
//! a hash of it (8 bytes, against accidents only), deflated postcard. A length of zero and the number of parts (8 bytes)
//! end the file. A file that was cut off or changed is refused as a whole.

use super::period::Period;
use crate::hash::hash;
use crate::inflate::{Inflater, pack};
use crate::run::spread;

const MAGIC: &[u8; 4] = b"SKEV";
const VERSION: u16 = 3;
/// No part is larger than this decompressed.
const LIMIT_BYTES: usize = 1 << 30;
/// Principals, roles, places of a part: few, because parts are held while they are packed.
const PART_ROWS: usize = 32;
/// Parts that each thread packs before they are written.
const AT_ONCE: usize = 16;

/// Why a file is not evidence.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another kind of file.
    #[error("this is no evidence file")]
    Foreign,
    /// A newer Sekisho wrote it, or one that is too old.
    #[error("the evidence file has version {0}, and this program reads version {VERSION}; scan the log again")]
    Version(u16),
    /// It was cut off or changed.
    #[error("the evidence file is damaged")]
    Damaged,
    /// There is no memory for it.
    #[error("there is not enough memory for the evidence file")]
    Memory,
    /// It could not be written.
    #[error("the evidence cannot be written: {0}")]
    Write(postcard::Error),
    /// It could not be written to where it was to go.
    #[error("the evidence cannot be written: {0}")]
    Io(#[from] std::io::Error),
}

/// The bytes of a file, made by so many threads, which also give back the memory of what they have packed.
///
/// # Errors
/// When there is no memory for it.
pub fn write_period(period: Period, threads: usize) -> Result<Vec<u8>, StoreError> {
    let mut file = MAGIC.to_vec();
    file.extend_from_slice(&VERSION.to_le_bytes());
    let mut pieces = Pieces(period);
    let mut count = 0_u64;
    // Some at a time: what is packed lies beside the file as long as it is not in it.
    loop {
        let some: Vec<Period> = pieces.by_ref().take(threads.max(1) * AT_ONCE).collect();
        if some.is_empty() {
            break;
        }
        count += some.len() as u64;
        for part in spread(some, threads, |piece| packed(&piece)) {
            append(&part?, &mut file)?;
        }
    }
    file.extend_from_slice(&0_u32.to_le_bytes());
    file.extend_from_slice(&count.to_le_bytes());
    Ok(file)
}

/// Takes a period to pieces of a few rows each.
struct Pieces(Period);

impl Iterator for Pieces {
    type Item = Period;

    fn next(&mut self) -> Option<Period> {
        let rest = &mut self.0;
        let mut piece = Period::default();
        if !rest.principals.is_empty() {
            piece.principals = std::iter::from_fn(|| rest.principals.pop_first()).take(PART_ROWS).collect();
        } else if !rest.openings.is_empty() {
            piece.openings = std::iter::from_fn(|| rest.openings.pop_first()).take(PART_ROWS).collect();
        } else if !rest.coverage.parts.is_empty() {
            piece.coverage.parts = std::iter::from_fn(|| rest.coverage.parts.pop_first()).take(PART_ROWS).collect();
        } else {
            return None;
        }
        Some(piece)
    }
}

/// Writes the period as parts, without the beginning and the end of a file: for [`read_parts`]. How many there were.
///
/// # Errors
/// When there is no memory for it, and those of `out`.
pub fn write_part(period: Period, out: &mut dyn std::io::Write) -> Result<u64, StoreError> {
    let mut written = 0;
    for piece in Pieces(period) {
        append(&packed(&piece)?, out)?;
        written += 1;
    }
    Ok(written)
}

fn packed(piece: &Period) -> Result<Vec<u8>, StoreError> {
    let plain = postcard::to_allocvec(piece).map_err(StoreError::Write)?;
    pack(&plain).ok_or(StoreError::Memory)
}

fn append(packed: &[u8], out: &mut dyn std::io::Write) -> Result<(), StoreError> {
    let length = u32::try_from(packed.len()).map_err(|_| StoreError::Memory)?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(&hash(packed).to_le_bytes())?;
    out.write_all(packed)?;
    Ok(())
}

/// Reads what [`write_period`] wrote.
///
/// # Errors
/// When it is no such file, or not whole.
pub fn read_period(file: &[u8]) -> Result<Period, StoreError> {
    let rest = file.strip_prefix(MAGIC).ok_or(StoreError::Foreign)?;
    let (version, rest) = rest.split_first_chunk::<2>().ok_or(StoreError::Damaged)?;
    let version = u16::from_le_bytes(*version);
    if version != VERSION {
        return Err(StoreError::Version(version));
    }
    let (parts, end) = rest.split_last_chunk::<12>().ok_or(StoreError::Damaged)?;
    let (zero, count) = end.split_first_chunk::<4>().ok_or(StoreError::Damaged)?;
    let (period, found) = read_parts(parts)?;
    let count: [u8; 8] = count.try_into().map_err(|_| StoreError::Damaged)?;
    let is_whole = u32::from_le_bytes(*zero) == 0 && u64::from_le_bytes(count) == found;
    if is_whole { Ok(period) } else { Err(StoreError::Damaged) }
}

/// Reads what [`write_part`] wrote, once or several times; and how many parts there were.
///
/// # Errors
/// When it is not whole.
pub fn read_parts(parts: &[u8]) -> Result<(Period, u64), StoreError> {
    let (mut period, mut count) = (Period::default(), 0);
    let mut rest = parts;
    let mut inflater = Inflater::new(LIMIT_BYTES).ok_or(StoreError::Memory)?;
    while !rest.is_empty() {
        let (length, after) = rest.split_first_chunk::<4>().ok_or(StoreError::Damaged)?;
        let (sum, after) = after.split_first_chunk::<8>().ok_or(StoreError::Damaged)?;
        let length = u32::from_le_bytes(*length) as usize;
        let (packed, after) = after.split_at_checked(length).ok_or(StoreError::Damaged)?;
        if u64::from_le_bytes(*sum) != hash(packed) {
            return Err(StoreError::Damaged);
        }
        let (plain, error) = inflater.deflate(packed, packed.len().saturating_mul(8));
        if error.is_some() {
            return Err(StoreError::Damaged);
        }
        period.absorb(postcard::from_bytes(plain).map_err(|_| StoreError::Damaged)?);
        count += 1;
        rest = after;
    }
    Ok((period, count))
}
