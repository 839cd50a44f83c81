//! Source addresses, folded: a service is one place, and so is a network.

use std::io::Write;
use std::net::IpAddr;
use std::sync::Arc;

/// Named ranges of addresses: of clouds, offices, VPNs. Given by the caller, looked up by binary search.
#[derive(Debug, Clone, Default)]
pub struct AddressRanges {
    /// First and last address of each range as numbers (IPv4 mapped into IPv6), sorted; the name.
    ranges: Vec<(u128, u128, Arc<str>)>,
}

/// A line that is no range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: `{text}` is not a range; wanted are an address, `/`, a length, and a name: `20.0.0.0/8 azure`")]
pub struct BadRange {
    /// The line, from one.
    pub line: usize,
    /// What stands there.
    pub text: String,
}

impl AddressRanges {
    /// Reads a text with a range and a name in each line; `#` begins a comment.
    ///
    /// # Errors
    /// The first line that is no range.
    pub fn parse(text: &str) -> Result<Self, BadRange> {
        let mut ranges = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default().trim();
            if line.is_empty() {
                continue;
            }
            let range = range(line).ok_or_else(|| BadRange { line: number + 1, text: line.to_owned() })?;
            ranges.push(range);
        }
        // Of ranges within each other the narrower is found: it stands later.
        ranges.sort_by(|left, right| (left.0, right.1).cmp(&(right.0, left.1)));
        Ok(Self { ranges })
    }

    fn name(&self, address: IpAddr) -> Option<&str> {
        let number = mapped(address);
        let end = self.ranges.partition_point(|(first, ..)| *first <= number);
        let before = self.ranges.get(..end)?.iter().rev();
        // Wide ranges begin long before; sixteen levels of nesting and neighbours are looked at.
        before.take(16).find(|(_, last, _)| *last >= number).map(|(.., name)| &**name)
    }
}

fn mapped(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn range(line: &str) -> Option<(u128, u128, Arc<str>)> {
    let (network, name) = line.split_once(char::is_whitespace)?;
    let (address, length) = network.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let length: u32 = length.parse().ok()?;
    let length = if address.is_ipv4() { length.checked_add(96)? } else { length };
    if length > 128 || name.trim().is_empty() {
        return None;
    }
    let host = if length == 0 { u128::MAX } else { (1_u128 << (128 - length)).wrapping_sub(1) };
    let first = mapped(address) & !host;
    Some((first, first | host, name.trim().into()))
}

/// Writes what an address is folded to.
pub(crate) fn fold(address: &[u8], ranges: &AddressRanges, out: &mut Vec<u8>) {
    let text = std::str::from_utf8(address).unwrap_or_default();
    if let Ok(parsed) = text.parse::<IpAddr>() {
        let parsed = parsed.to_canonical();
        if let Some(name) = ranges.name(parsed) {
            out.extend_from_slice(b"range:");
            out.extend_from_slice(name.as_bytes());
            return;
        }
        // Nothing that is written to memory fails.
        let _ = match parsed {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                write!(out, "{a}.{b}.{c}.0/24")
            }
            IpAddr::V6(address) => {
                let [a, b, c, ..] = address.segments();
                write!(out, "{}/48", std::net::Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
            }
        };
    } else if text == "AWS Internal" {
        out.extend_from_slice(b"aws-internal");
    } else if text.ends_with(".amazonaws.com") || text.ends_with(".amazonaws.com.cn") || text.ends_with(".amazon.com") {
        out.extend_from_slice(b"service:");
        out.extend_from_slice(address);
    } else {
        out.extend_from_slice(b"other:");
        out.extend_from_slice(address);
    }
}

#[cfg(test)]
mod tests {
    use super::{AddressRanges, fold};

    #[test]
    fn addresses_are_folded() {
        let ranges =
            AddressRanges::parse("# clouds\n20.0.0.0/8 azure\n20.1.0.0/16 github-actions\n2a02::/16 isp # home\n")
                .unwrap();
        for (address, expected) in [
            ("203.0.113.7", "203.0.113.0/24"),
            ("20.1.2.3", "range:github-actions"),
            ("20.2.2.3", "range:azure"),
            ("2a02:c7f:1:2::3", "range:isp"),
            ("2001:db8:1:2::3", "2001:db8:1::/48"),
            ("::ffff:203.0.113.7", "203.0.113.0/24"),
            ("AWS Internal", "aws-internal"),
            ("ec2.amazonaws.com", "service:ec2.amazonaws.com"),
            ("225.01.00.16", "other:225.01.00.16"),
        ] {
            let mut out = Vec::new();
            fold(address.as_bytes(), &ranges, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected, "{address}");
        }
        assert_eq!(AddressRanges::parse("\n10.0.0.0/33 x").unwrap_err().line, 2);
        assert!(AddressRanges::parse("10.0.0.0/8").is_err());
    }
}
