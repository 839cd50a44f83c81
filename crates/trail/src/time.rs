//! Times of events: seconds since 1970 UTC. CloudTrail writes `2026-03-02T11:05:11Z`.

/// Seconds of a day.
pub(crate) const DAY_S: i64 = 86_400;

/// Reads an RFC 3339 time; fractions of a second are cut off.
#[inline]
pub(crate) fn parse(text: &[u8]) -> Option<i64> {
    match text.first_chunk::<20>() {
        Some(plain) if text.len() == 20 => parse_plain(plain).or_else(|| parse_other(text)),
        _ => parse_other(text),
    }
}

#[inline(always)]
fn parse_plain(text: &[u8; 20]) -> Option<i64> {
    let [y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1, b'T', h0, h1, b':', i0, i1, b':', s0, s1, b'Z'] = *text else {
        return None;
    };
    let [century, year, month, day] = pairs([y0, y1, y2, y3, m0, m1, d0, d1])?;
    let [hour, minute, second, _] = pairs([h0, h1, i0, i1, s0, s1, b'0', b'0'])?;
    let year = century * 100 + year;
    if !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    // Hinnant's count of days: years begin in March, so that the odd day is the last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let era = year.div_euclid(400);
    let year = year.rem_euclid(400);
    let days = era * 146_097 + year * 365 + year / 4 - year / 100 + (153 * month + 2) / 5 + day - 1 - 719_468;
    Some(days * DAY_S + hour * 3600 + minute * 60 + second.min(59))
}

/// Four numbers of two digits each, all at once; none where one is no digit.
#[inline(always)]
fn pairs(digits: [u8; 8]) -> Option<[i64; 4]> {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let digits = u64::from_le_bytes(digits);
    // From 0x30 to 0x39, and with six more still below 0x40.
    let high = (digits | digits.wrapping_add(6 * EACH)) & (0xf0 * EACH);
    if high != 0x30 * EACH || digits & (0xf0 * EACH) != 0x30 * EACH {
        return None;
    }
    let low = digits & (0x0f * EACH);
    let [first, _, second, _, third, _, fourth, _] = (low * 10 + (low >> 8)).to_le_bytes();
    Some([first, second, third, fourth].map(i64::from))
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Fractions, offsets, a space for the `T`: what other programs make of it.
#[cold]
fn parse_other(text: &[u8]) -> Option<i64> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let zoned: Result<jiff::Timestamp, _> = text.parse();
    let found = zoned.or_else(|_| {
        let civil = text.strip_suffix(" UTC").unwrap_or(text);
        civil
            .parse::<jiff::civil::DateTime>()
            .and_then(|time| time.to_zoned(jiff::tz::TimeZone::UTC))
            .map(|time| time.timestamp())
    });
    found.ok().map(|time| time.as_second().clamp(LIMITS.0, LIMITS.1))
}

/// The years 0000 to 9999, so that four digits are enough to write it.
const LIMITS: (i64, i64) = (-62_167_219_200, 253_402_300_799);

/// `2026-03-02T11:05:11Z`
pub(crate) fn write(seconds: i64, out: &mut Vec<u8>) {
    let seconds = seconds.clamp(LIMITS.0, LIMITS.1);
    let (days, of_day) = (seconds.div_euclid(DAY_S) + 719_468, seconds.rem_euclid(DAY_S));
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let mut text = *b"0000-00-00T00:00:00Z";
    let fields = [
        (0, year / 100),
        (2, year % 100),
        (5, month),
        (8, day),
        (11, of_day / 3600),
        (14, of_day / 60 % 60),
        (17, of_day % 60),
    ];
    for (at, number) in fields {
        if let Some([tens, ones]) = text.get_mut(at..at + 2) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "two digits")]
            let (left, right) = ((number / 10) as u8, (number % 10) as u8);
            (*tens, *ones) = (b'0' + left, b'0' + right);
        }
    }
    out.extend_from_slice(&text);
}

/// [`write()`] as text.
pub(crate) fn text(seconds: i64) -> String {
    let mut out = Vec::with_capacity(20);
    write(seconds, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

/// Times as RFC 3339 in what is written for others.
pub(crate) mod as_text {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(seconds: &i64, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&super::text(*seconds))
        } else {
            serializer.serialize_i64(*seconds)
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
        if !deserializer.is_human_readable() {
            return i64::deserialize(deserializer);
        }
        let text = String::deserialize(deserializer)?;
        super::parse(text.as_bytes()).ok_or_else(|| D::Error::custom(format!("`{text}` is not a time")))
    }
}

#[cfg(test)]
mod tests {
    use super::{DAY_S, parse, parse_other, text};

    #[test]
    fn times_are_read_and_written_as_jiff_does() {
        for day in (-40_000..60_000).step_by(13) {
            let seconds = day * DAY_S + (day * 7919).rem_euclid(DAY_S);
            let expected = jiff::Timestamp::from_second(seconds).unwrap().to_string();
            assert_eq!(text(seconds), expected);
            assert_eq!(parse(expected.as_bytes()), Some(seconds));
        }
    }

    #[test]
    fn what_is_no_digit_is_no_time() {
        let sound = *b"2026-03-02T11:05:11Z";
        for at in 0..sound.len() {
            for byte in 0..=u8::MAX {
                let mut text = sound;
                text[at] = byte;
                assert_eq!(parse(&text), parse_other(&text), "{:?}", String::from_utf8_lossy(&text));
            }
        }
    }

    #[test]
    fn other_ways_to_write_a_time() {
        for same in [
            "2026-03-02T11:05:11Z",
            "2026-03-02T11:05:11.999Z",
            "2026-03-02T20:05:11+09:00",
            "2026-03-02 11:05:11.000",
            "2026-03-02 11:05:11 UTC",
        ] {
            assert_eq!(parse(same.as_bytes()), Some(1_772_449_511), "{same}");
        }
        for bad in [
            "",
            "never",
            "2026-02-30T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-03-02T24:00:00Z",
            "2026-03-0xT00:00:00Z",
        ] {
            assert_eq!(parse(bad.as_bytes()), None, "{bad}");
        }
    }
}
