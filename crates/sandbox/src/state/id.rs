//! Identifiers as small copyable numbers, so that tens of thousands of assignments stay small and indexed.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A 12-digit AWS account number.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(u64);

impl AccountId {
    /// Reads exactly twelve ASCII digits.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| text.parse().ok().map(Self)).flatten()
    }

    /// The account with this number, reduced to twelve digits.
    pub fn from_number(number: u64) -> Self {
        Self(number % 1_000_000_000_000)
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:012}", self.0)
    }
}

impl Serialize for AccountId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AccountId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("an account id has twelve digits"))
    }
}

/// The `ps-…` part of a permission set's ARN.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SetId(pub(crate) u64);

impl SetId {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        parse_hex16(text.strip_prefix("ps-")?).map(Self)
    }
}

impl fmt::Display for SetId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ps-{:016x}", self.0)
    }
}

/// A UUID: users, groups, memberships, requests.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uuid(pub(crate) u128);

impl Uuid {
    /// Reads `8-4-4-4-12` hexadecimal digits in either case. The older form with ten digits and a dash in front never
    /// names anything here.
    pub fn parse(text: &str) -> Option<Self> {
        let groups = [8, 4, 4, 4, 12];
        let mut parts = text.split('-');
        let mut value = 0_u128;
        for length in groups {
            let part = parts.next()?;
            if part.len() != length || !part.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return None;
            }
            value = (value << (4 * length)) | u128::from(u64::from_str_radix(part, 16).ok()?);
        }
        parts.next().is_none().then_some(Self(value))
    }

    pub(crate) fn random(rng: &mut fastrand::Rng) -> Self {
        let version = rng.u128(..) & !(0xf << 76) | (0x4 << 76);
        Self(version & !(0x3 << 62) | (0x2 << 62))
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.0;
        write!(
            formatter,
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            value >> 96,
            (value >> 80) & 0xffff,
            (value >> 64) & 0xffff,
            (value >> 48) & 0xffff,
            value & 0xffff_ffff_ffff
        )
    }
}

/// As a text, also as the key of a map.
macro_rules! as_text {
    ($id:ty, $what:literal) => {
        impl Serialize for $id {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $id {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).ok_or_else(|| serde::de::Error::custom(concat!("not ", $what)))
            }
        }
    };
}

as_text!(SetId, "the id of a permission set");
as_text!(Uuid, "a UUID");

/// Sixteen lower-case hexadecimal digits.
pub(crate) fn parse_hex16(text: &str) -> Option<u64> {
    let plain = text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    plain.then(|| u64::from_str_radix(text, 16).ok()).flatten()
}

/// `length` random characters of lower-case letters and digits (organization and OU ids).
pub(crate) fn lower(rng: &mut fastrand::Rng, length: usize) -> String {
    pick(rng, b"abcdefghijklmnopqrstuvwxyz0123456789", length)
}

/// `length` random characters of upper-case letters and digits (key and role ids).
pub(crate) fn upper(rng: &mut fastrand::Rng, length: usize) -> String {
    pick(rng, b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", length)
}

/// A random secret of forty characters.
pub(crate) fn secret(rng: &mut fastrand::Rng) -> String {
    pick(rng, b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", 40)
}

fn pick(rng: &mut fastrand::Rng, alphabet: &[u8], length: usize) -> String {
    (0..length).map(|_| char::from(rng.choice(alphabet).copied().unwrap_or(b'x'))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back_as_they_are_written() {
        let mut rng = fastrand::Rng::with_seed(1);
        for _ in 0..100 {
            let uuid = Uuid::random(&mut rng);
            assert_eq!(Uuid::parse(&uuid.to_string()), Some(uuid));
            assert_eq!(&uuid.to_string()[14..15], "4");
            let set = SetId(rng.u64(..));
            assert_eq!(SetId::parse(&set.to_string()), Some(set));
            let account = AccountId::from_number(rng.u64(..));
            assert_eq!(AccountId::parse(&account.to_string()), Some(account));
        }
        assert_eq!(AccountId::parse("12345678901"), None);
        assert_eq!(AccountId::parse("+12345678901"), None);
        assert_eq!(Uuid::parse("1234567890-00000000-0000-0000-0000-000000000000"), None);
    }
}
