//! A period as a file: compact, with a version and a checksum.
//!
//! `SKEV`, the version (2 bytes, little endian), a hash of what follows (8 bytes, against accidents only), then deflated
//! postcard. A file that was cut off or changed is refused as a whole.

use super::period::Period;
use crate::hash::hash;
use crate::inflate::{Inflater, pack};

const MAGIC: &[u8; 4] = b"SKEV";
const VERSION: u16 = 1;
/// No file of a day is larger than this decompressed.
const LIMIT_BYTES: usize = 4 << 30;

/// Why a file is not evidence.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another kind of file.
    #[error("this is no evidence file")]
    Foreign,
    /// A newer Sekisho wrote it, or one that is too old.
    #[error("the evidence file has version {0}, and this program reads version {VERSION}")]
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
}

/// The bytes of a file.
///
/// # Errors
/// When there is no memory for it.
pub fn write_period(period: &Period) -> Result<Vec<u8>, StoreError> {
    let plain = postcard::to_allocvec(period).map_err(StoreError::Write)?;
    let packed = pack(&plain).ok_or(StoreError::Memory)?;
    let mut file = MAGIC.to_vec();
    file.extend_from_slice(&VERSION.to_le_bytes());
    file.extend_from_slice(&hash(&packed).to_le_bytes());
    file.extend_from_slice(&packed);
    Ok(file)
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
    let (sum, packed) = rest.split_first_chunk::<8>().ok_or(StoreError::Damaged)?;
    if u64::from_le_bytes(*sum) != hash(packed) {
        return Err(StoreError::Damaged);
    }
    let mut inflater = Inflater::new(LIMIT_BYTES).ok_or(StoreError::Memory)?;
    let (plain, error) = inflater.deflate(packed, packed.len().saturating_mul(8));
    if error.is_some() {
        return Err(StoreError::Damaged);
    }
    postcard::from_bytes(plain).map_err(|_| StoreError::Damaged)
}
