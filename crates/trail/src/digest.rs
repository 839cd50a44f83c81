//! Digest files: CloudTrail's hourly, signed lists of what it delivered.
//!
//! Format: "CloudTrail digest file structure" and "Custom implementations of CloudTrail log file integrity validation" in AWS's user
//! guide. Hashes are of uncompressed content. A digest's signature is in the metadata of its object and, once more, in the digest
//! that follows.

mod chain;

use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::inflate::{InflateError, Inflater};
use crate::path::ObjectPath;
use crate::time;

pub use chain::{Expected, Kind, Problem, ReadDigest, Signatures, Signed, Verification, place};

/// No digest file is larger decompressed: an hour of half a million log files.
pub const LIMIT_BYTES: usize = 512 << 20;

/// Why bytes are no digest file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DigestError {
    /// The gzip layer.
    #[error("{0}")]
    Compression(#[from] InflateError),
    /// The JSON.
    #[error("it is no digest: {0}")]
    Format(String),
}

/// A digest file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Digest {
    /// Whose log it is about.
    pub aws_account_id: String,
    /// Since when, as it stands there.
    pub digest_start_time: String,
    /// Until when, as it stands there: the text is what is signed.
    pub digest_end_time: String,
    /// Where it was delivered to.
    pub digest_s3_bucket: String,
    /// Its key there.
    pub digest_s3_object: String,
    /// The key that signed it.
    pub digest_public_key_fingerprint: String,
    /// `SHA256withRSA`
    #[serde(default)]
    pub digest_signature_algorithm: Option<String>,
    /// The digest before; none where a chain begins.
    #[serde(default)]
    pub previous_digest_s3_bucket: Option<String>,
    /// Its key.
    #[serde(default)]
    pub previous_digest_s3_object: Option<String>,
    /// Its content's SHA-256, in hexadecimal.
    #[serde(default)]
    pub previous_digest_hash_value: Option<String>,
    /// `SHA-256`
    #[serde(default)]
    pub previous_digest_hash_algorithm: Option<String>,
    /// Its signature, in hexadecimal.
    #[serde(default)]
    pub previous_digest_signature: Option<String>,
    /// What was delivered.
    #[serde(default)]
    pub log_files: Option<Vec<LogFile>>,
}

/// A log file, as a digest names it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogFile {
    /// Where it was delivered to.
    pub s3_bucket: String,
    /// Its key there.
    pub s3_object: String,
    /// Its content's hash, in hexadecimal.
    pub hash_value: String,
    /// `SHA-256`
    #[serde(default)]
    pub hash_algorithm: Option<String>,
}

impl Digest {
    /// Reads a digest's content, decompressed.
    ///
    /// # Errors
    /// When it is no digest, or one of another algorithm.
    pub fn parse(content: &[u8]) -> Result<Self, DigestError> {
        let digest: Self = serde_json::from_slice(content).map_err(|error| DigestError::Format(error.to_string()))?;
        let told = |what: &str, value: &str| Err(DigestError::Format(format!("{what} `{value}` is not known")));
        if let Some(algorithm) = digest.digest_signature_algorithm.as_deref()
            && algorithm != "SHA256withRSA"
        {
            return told("the signature's algorithm", algorithm);
        }
        let hashes = digest.log_files.iter().flatten().filter_map(|log| log.hash_algorithm.as_deref());
        let algorithms = digest.previous_digest_hash_algorithm.as_deref().into_iter().chain(hashes);
        for algorithm in algorithms {
            if algorithm != "SHA-256" {
                return told("the hash's algorithm", algorithm);
            }
        }
        if digest.end_s().is_none() || digest.start_s().is_none() {
            return told("the time", &digest.digest_end_time);
        }
        Ok(digest)
    }

    /// Reads a digest file as it lies there; also its content's hash.
    ///
    /// # Errors
    /// When it cannot be decompressed whole, or is no digest.
    pub fn read(stored: &[u8]) -> Result<(Self, String), DigestError> {
        let mut inflater = Inflater::new(LIMIT_BYTES).ok_or(InflateError::TooLarge)?;
        let content = content(stored, &mut inflater)?;
        Ok((Self::parse(content)?, hash_of(content)))
    }

    /// When it begins, in seconds since 1970.
    #[must_use]
    pub fn start_s(&self) -> Option<i64> {
        time::parse(self.digest_start_time.as_bytes())
    }

    /// When it ends.
    #[must_use]
    pub fn end_s(&self) -> Option<i64> {
        time::parse(self.digest_end_time.as_bytes())
    }

    /// What is signed.
    #[must_use]
    pub fn signed_text(&self, content_hash: &str) -> String {
        format!(
            "{}\n{}/{}\n{content_hash}\n{}",
            self.digest_end_time,
            self.digest_s3_bucket,
            self.digest_s3_object,
            self.previous_digest_signature.as_deref().unwrap_or("null")
        )
    }
}

/// The content of a file that may be compressed. Compressed data must be whole, and nothing may follow it.
///
/// # Errors
/// When it is not.
pub fn content<'a>(stored: &'a [u8], inflater: &'a mut Inflater) -> Result<&'a [u8], InflateError> {
    if !stored.starts_with(&crate::inflate::MAGIC) {
        return Ok(stored);
    }
    match inflater.gzip(stored) {
        // One member and nothing behind it, no padding either: the last bytes are its length.
        (content, None) => match stored.last_chunk::<4>() {
            Some(length) if u64::from(u32::from_le_bytes(*length)) == content.len() as u64 % (1 << 32) => Ok(content),
            _ => Err(InflateError::TrailingBytes),
        },
        (_, Some(error)) => Err(error),
    }
}

/// SHA-256, in hexadecimal.
#[must_use]
pub fn hash_of(content: &[u8]) -> String {
    use std::fmt::Write as _;
    Sha256::digest(content).iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The bytes of a hexadecimal text.
#[must_use]
pub fn bytes_of(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.trim().chars().map(|digit| digit.to_digit(16)?.try_into().ok()).collect();
    let digits = digits?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

/// Whether an object's name is a digest's, and whether it is one that adds files which a digest before it left out.
#[must_use]
pub fn is_digest(name: &str) -> Option<Backfill> {
    let path = ObjectPath::parse(name);
    if path.kind != crate::path::ObjectKind::Digest {
        return None;
    }
    let stem = name.strip_suffix(".gz").unwrap_or(name);
    let stem = stem.strip_suffix(".json")?;
    Some(if stem.ends_with("_backfill") { Backfill::Yes } else { Backfill::No })
}

/// Whether a digest adds what others left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Backfill {
    /// One of the hourly ones.
    No,
    /// One that was delivered later, with files that came late.
    Yes,
}

#[cfg(test)]
mod tests;
