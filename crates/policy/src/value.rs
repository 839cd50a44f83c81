//! Numbers, dates, addresses and other things that stand as strings in conditions.

use std::net::IpAddr;

/// A decimal number. `None` for what is none, infinities included.
#[must_use]
pub fn number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'));
    if !plain {
        return None;
    }
    text.parse::<f64>().ok().filter(|number| number.is_finite())
}

/// A point in time as nanoseconds since 1970: W3C's profile of ISO 8601 (`2026-12-01`, `2026-12-01T18:00Z`,
/// `2026-12-01T18:00:00.5+09:00`), or seconds since 1970. A time without zone is read as UTC.
#[must_use]
pub fn date(text: &str) -> Option<i128> {
    const NANOS: i128 = 1_000_000_000;
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) && text.len() > 4 {
        return text.parse::<i64>().ok().map(|seconds| i128::from(seconds) * NANOS);
    }
    let (day, time) = text.split_once(['T', 't']).map_or((text, None), |(day, time)| (day, Some(time)));
    let days = day_number(day)?;
    let midnight = i128::from(days) * 86_400 * NANOS;
    let Some(time) = time else { return Some(midnight) };
    let (clock, offset_minutes) = split_zone(time)?;
    let mut parts = clock.split(':');
    let hour = two_digits(parts.next()?, 24)?;
    let minute = parts.next().map_or(Some(0), |text| two_digits(text, 59))?;
    let (second, nanos) = parts.next().map_or(Some((0, 0)), seconds)?;
    if parts.next().is_some() || (hour == 24 && (minute, second, nanos) != (0, 0, 0)) {
        return None;
    }
    let of_day = i128::from(hour * 3600 + minute * 60 + second) * NANOS + i128::from(nanos);
    Some(midnight + of_day - i128::from(offset_minutes) * 60 * NANOS)
}

/// Days since 1970-01-01 of `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
fn day_number(text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let year = parts.next().filter(|year| year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit()))?;
    let year: i64 = year.parse().ok()?;
    let month = parts.next().map_or(Some(1), |text| two_digits(text, 12))?;
    let day = parts.next().map_or(Some(1), |text| two_digits(text, 31))?;
    if parts.next().is_some() || month == 0 || day == 0 || day > days_in_month(year, month) {
        return None;
    }
    // days of a year that starts in March, so that the leap day comes last
    let (shifted_year, shifted_month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let era = shifted_year.div_euclid(400);
    let year_of_era = shifted_year.rem_euclid(400);
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * 146_097 + day_of_era - 719_468)
}

const fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 => 29,
        2 => 28,
        _ => 31,
    }
}

fn two_digits(text: &str, at_most: i64) -> Option<i64> {
    let fits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|value| fits && *value <= at_most)
}

fn seconds(text: &str) -> Option<(i64, i64)> {
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let second = two_digits(whole, 60)?;
    let nanos = match fraction {
        None => 0,
        Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            let nine: String = digits.chars().chain(std::iter::repeat('0')).take(9).collect();
            nine.parse().ok()?
        }
        Some(_) => return None,
    };
    Some((second, nanos))
}

/// The clock time and the zone's offset in minutes.
fn split_zone(time: &str) -> Option<(&str, i64)> {
    if let Some(clock) = time.strip_suffix(['Z', 'z']) {
        return Some((clock, 0));
    }
    let Some(at) = time.find(['+', '-']) else { return Some((time, 0)) };
    let (clock, zone) = time.split_at_checked(at)?;
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let digits = zone.get(1..)?;
    let (hours, minutes) = match digits.split_once(':') {
        Some(pair) => pair,
        None => digits.split_at_checked(2)?,
    };
    Some((clock, sign * (two_digits(hours, 23)? * 60 + two_digits(minutes, 59)?)))
}

/// A range of addresses: CIDR, or a single address. IPv4 and IPv6 never meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct IpRange {
    /// Whether it is IPv6.
    pub v6: bool,
    /// Lowest address.
    pub low: u128,
    /// Highest address.
    pub high: u128,
}

impl IpRange {
    /// Reads `203.0.113.0/24`, `203.0.113.7`, `2001:db8::/32`. Bits beyond the prefix are ignored, as AWS does.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let (v6, bits, width) = match address.parse::<IpAddr>().ok()? {
            IpAddr::V4(address) => (false, u128::from(u32::from(address)), 32),
            IpAddr::V6(address) => (true, u128::from(address), 128),
        };
        let prefix = match prefix {
            None => width,
            Some(digits) => digits
                .parse::<u32>()
                .ok()
                .filter(|prefix| *prefix <= width && digits.bytes().all(|byte| byte.is_ascii_digit()))?,
        };
        let host_bits = width - prefix;
        let mask = 1_u128.checked_shl(host_bits).map_or(u128::MAX, |size| size - 1);
        Some(Self { v6, low: bits & !mask, high: bits | mask })
    }

    /// Whether every address of `other` is in this range.
    #[must_use]
    pub const fn contains(&self, other: &Self) -> bool {
        self.v6 == other.v6 && self.low <= other.low && other.high <= self.high
    }
}

/// Whether the text is base64 (RFC 4648, padded).
#[must_use]
pub fn is_base64(text: &str) -> bool {
    let unpadded = text.trim_end_matches('=');
    text.len().is_multiple_of(4)
        && text.len() - unpadded.len() <= 2
        && unpadded.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_in_every_form() {
        let second = 1_000_000_000;
        for (text, expected) in [
            ("1970-01-01", Some(0)),
            ("1970-01-02T00:00:00Z", Some(86_400 * second)),
            ("2026-12-01T18:00:00Z", Some(1_796_148_000 * second)),
            ("2026-12-02T03:00:00+09:00", Some(1_796_148_000 * second)),
            ("2026-12-01T18:00Z", Some(1_796_148_000 * second)),
            ("1796148000", Some(1_796_148_000 * second)),
            ("2024-02-29", Some(1_709_164_800 * second)),
            ("1969-12-31T23:59:59.5Z", Some(-second / 2)),
            ("2025-02-29", None),
            ("2026-13-01", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(date(text), expected, "{text}");
        }
    }

    #[test]
    fn ranges_know_what_they_contain() {
        let range = |text| IpRange::parse(text).unwrap();
        assert!(range("10.0.0.0/8").contains(&range("10.1.2.3")));
        assert!(range("10.1.2.3/8").contains(&range("10.0.0.0/8")), "host bits are ignored");
        assert!(!range("10.0.0.0/8").contains(&range("11.0.0.0")));
        assert!(range("::/0").contains(&range("2001:db8::1")));
        assert!(!range("0.0.0.0/0").contains(&range("2001:db8::1")));
        for text in ["", "10.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "x"] {
            assert_eq!(IpRange::parse(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_decimal_and_finite() {
        assert_eq!(number("3600"), Some(3600.0));
        assert_eq!(number("-1.5e2"), Some(-150.0));
        for text in ["", "inf", "NaN", "0x10", "1e999", "ten"] {
            assert_eq!(number(text), None, "{text}");
        }
    }
}
