//! The checksums that uploads carry.

use sha2::{Digest, Sha256};

/// Header of each kind, in the order in which they are looked for.
pub(super) const KINDS: [&str; 5] = ["crc32", "crc32c", "crc64nvme", "sha256", "sha1"];

/// The checksum in base64; none for SHA-1, which is taken as it comes.
pub(super) fn of(kind: &str, bytes: &[u8]) -> Option<String> {
    let sum = match kind {
        "crc32" => crc(bytes, 0xedb8_8320, 32).to_be_bytes().into_iter().skip(4).collect(),
        "crc32c" => crc(bytes, 0x82f6_3b78, 32).to_be_bytes().into_iter().skip(4).collect(),
        "crc64nvme" => crc(bytes, 0x9a6c_9329_ac4b_c9b5, 64).to_be_bytes().to_vec(),
        "sha256" => Sha256::digest(bytes).to_vec(),
        _ => return None,
    };
    Some(crate::wire::base64(&sum))
}

/// CRC-32 as gzip has it.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    u32::try_from(crc(bytes, 0xedb8_8320, 32)).unwrap_or(0)
}

/// A reflected CRC that begins and ends with all bits set, by a table that is made each time: short, and quick enough for a sandbox.
fn crc(bytes: &[u8], polynomial: u64, width: u32) -> u64 {
    let ones = u64::MAX >> (64 - width);
    let table: [u64; 256] = std::array::from_fn(|index| {
        let step = |value: u64| if value & 1 == 1 { (value >> 1) ^ polynomial } else { value >> 1 };
        (0..8).fold(index as u64, |value, _| step(value))
    });
    let next = |value: u64, byte: &u8| {
        let index = usize::from((value as u8) ^ byte);
        table.get(index).copied().unwrap_or(0) ^ (value >> 8)
    };
    bytes.iter().fold(ones, next) ^ ones
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check values of the catalogue of CRCs.
    #[test]
    fn checksums_are_the_published_ones() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(crc(b"123456789", 0x82f6_3b78, 32), 0xe306_9283);
        assert_eq!(crc(b"123456789", 0x9a6c_9329_ac4b_c9b5, 64), 0xae8b_1486_0a79_9888);
        assert_eq!(of("crc32", b"").as_deref(), Some("AAAAAA=="));
    }
}
