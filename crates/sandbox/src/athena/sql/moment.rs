//! Dates, times and spans: text and calendar.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, date};

use super::failure::Failure;

pub(crate) const DAY_MS: i64 = 86_400_000;
const EPOCH: Date = date(1970, 1, 1);

fn outside() -> Failure {
    Failure::argument("the time is out of the calendar's range")
}

/// The date so many days after 1970.
pub(crate) fn date_of(days: i64) -> Option<Date> {
    const FARTHEST: i64 = 10_000_000;
    let near = (-FARTHEST..FARTHEST).contains(&days).then_some(days)?;
    EPOCH.checked_add(SignedDuration::from_hours(near * 24)).ok()
}

pub(crate) fn days_of(date: Date) -> i64 {
    EPOCH.duration_until(date).as_hours().div_euclid(24)
}

/// Date and time of milliseconds since 1970.
pub(crate) fn civil_of(at_ms: i64) -> Option<DateTime> {
    EPOCH.at(0, 0, 0, 0).checked_add(SignedDuration::from_millis(at_ms)).ok()
}

pub(crate) fn ms_of(civil: DateTime) -> i64 {
    let since = EPOCH.at(0, 0, 0, 0).duration_until(civil);
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

pub(crate) fn date_text(days: i64) -> String {
    date_of(days).map_or_else(|| days.to_string(), |date| date.to_string())
}

pub(crate) fn timestamp_text(at_ms: i64) -> String {
    match civil_of(at_ms) {
        Some(civil) => {
            format!("{} {}", civil.date(), civil.time().strftime("%H:%M:%S.%3f"))
        }
        None => at_ms.to_string(),
    }
}

pub(crate) fn zoned_text(at_ms: i64, ahead_min: i16) -> String {
    let local = timestamp_text(at_ms.saturating_add(i64::from(ahead_min) * 60_000));
    format!("{local} {}", zone_text(ahead_min))
}

pub(crate) fn zone_text(ahead_min: i16) -> String {
    if ahead_min == 0 {
        return "UTC".to_owned();
    }
    let sign = if ahead_min < 0 { '-' } else { '+' };
    let ahead = ahead_min.unsigned_abs();
    format!("{sign}{:02}:{:02}", ahead / 60, ahead % 60)
}

/// `2 00:00:00.000`
pub(crate) fn span_text(ms: i64) -> String {
    let sign = if ms < 0 { "-" } else { "" };
    let ms = ms.unsigned_abs();
    let (seconds, rest) = (ms / 1000, ms % 1000);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    format!("{sign}{days} {hours:02}:{minutes:02}:{:02}.{rest:03}", seconds % 60)
}

/// `1-2`
pub(crate) fn months_text(months: i64) -> String {
    let sign = if months < 0 { "-" } else { "" };
    let months = months.unsigned_abs();
    format!("{sign}{}-{}", months / 12, months % 12)
}

/// `2026-03-01`
pub(crate) fn parse_date(text: &str) -> Option<i64> {
    let text = text.trim();
    let plain = text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    plain.then(|| text.parse::<Date>().ok().map(days_of)).flatten()
}

/// A time as it is read: since 1970, and its zone where it has one.
type Read = (i64, Option<i16>);

/// `2026-03-01 01:02:03.456`, or the date alone, with or without a zone.
pub(crate) fn parse_timestamp(text: &str) -> Option<Read> {
    let text = text.trim();
    let day = parse_date(text.get(..10)?)?;
    let rest = text.get(10..)?.trim_start();
    if rest.is_empty() {
        return Some((day * DAY_MS, None));
    }
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.')).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(end);
    let time = parse_time(clock)?;
    let zone = match zone.trim() {
        "" => None,
        zone => Some(parse_zone(zone)?),
    };
    let ahead = i64::from(zone.unwrap_or(0)) * 60_000;
    Some((day * DAY_MS + time - ahead, zone))
}

/// `2026-03-01T01:02:03Z`; a zone that is not told is UTC.
pub(crate) fn parse_iso(text: &str) -> Option<(i64, i16)> {
    let day = parse_date(text.get(..10)?)?;
    let rest = text.get(10..)?;
    let Some(rest) = rest.strip_prefix('T') else {
        return rest.is_empty().then_some((day * DAY_MS, 0));
    };
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.')).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(end);
    let ahead = if zone.is_empty() { 0 } else { parse_zone(zone)? };
    let time = if clock.len() == 2 { number(clock)?.checked_mul(3_600_000)? } else { parse_time(clock)? };
    Some((day * DAY_MS + time - i64::from(ahead) * 60_000, ahead))
}

fn number(digits: &str) -> Option<i64> {
    let plain = !digits.is_empty() && digits.len() <= 9 && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

/// `01:02`, `01:02:03`, `01:02:03.456`, in milliseconds.
fn parse_time(text: &str) -> Option<i64> {
    let (clock, part) = text.split_once('.').map_or((text, ""), |(clock, part)| (clock, part));
    let fields: Vec<&str> = clock.split(':').collect();
    let [hours, minutes, seconds @ ..] = fields.as_slice() else { return None };
    let seconds = match seconds {
        [] => 0,
        [seconds] => number(seconds)?,
        _ => return None,
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    if hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    let ms = match part.len() {
        0 if text.ends_with('.') => return None,
        0 => 0,
        // finer than milliseconds is another type, which is not spoken here
        1..=3 => number(&format!("{part:0<3}"))?,
        _ if part.bytes().skip(3).all(|byte| byte == b'0') => number(part.get(..3)?)?,
        _ => return None,
    };
    Some(((hours * 60 + minutes) * 60 + seconds) * 1000 + ms)
}

/// `UTC`, `Z`, `+09:00`: minutes ahead.
pub(crate) fn parse_zone(text: &str) -> Option<i16> {
    if ["utc", "z", "gmt", "etc/utc"].contains(&text.to_lowercase().as_str()) {
        return Some(0);
    }
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match (rest.len(), rest.split_once(':')) {
        (5, Some((hours, minutes))) => (number(hours)?, number(minutes)?),
        (4, None) => (number(rest.get(..2)?)?, number(rest.get(2..)?)?),
        (2, None) => (number(rest)?, 0),
        _ => return None,
    };
    let ahead = i16::try_from(hours * 60 + minutes).ok()?;
    (hours <= 14 && minutes <= 59).then_some(sign * ahead)
}

/// A step of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Unit {
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        Ok(match text.to_lowercase().as_str() {
            "millisecond" => Self::Millisecond,
            "second" => Self::Second,
            "minute" => Self::Minute,
            "hour" => Self::Hour,
            "day" => Self::Day,
            "week" => Self::Week,
            "month" => Self::Month,
            "quarter" => Self::Quarter,
            "year" => Self::Year,
            _ => return Err(Failure::argument(format!("'{text}' is not a valid TIMESTAMP field"))),
        })
    }

    /// Milliseconds, where it is always as long.
    fn length_ms(self) -> Option<i64> {
        Some(match self {
            Self::Millisecond => 1,
            Self::Second => 1000,
            Self::Minute => 60_000,
            Self::Hour => 3_600_000,
            Self::Day => DAY_MS,
            Self::Week => 7 * DAY_MS,
            Self::Month | Self::Quarter | Self::Year => return None,
        })
    }

    fn months(self) -> i64 {
        match self {
            Self::Quarter => 3,
            Self::Year => 12,
            _ => 1,
        }
    }

    /// Whether it is a part of a day.
    pub(crate) fn is_of_clock(self) -> bool {
        matches!(self, Self::Millisecond | Self::Second | Self::Minute | Self::Hour)
    }
}

/// So many units later.
pub(crate) fn add(unit: Unit, count: i64, at_ms: i64) -> Result<i64, Failure> {
    if let Some(length) = unit.length_ms() {
        return count.checked_mul(length).and_then(|length| at_ms.checked_add(length)).ok_or_else(outside);
    }
    add_months(at_ms, count.checked_mul(unit.months()).ok_or_else(outside)?)
}

/// So many months later; the last of a month stays within it.
pub(crate) fn add_months(at_ms: i64, months: i64) -> Result<i64, Failure> {
    let civil = civil_of(at_ms).ok_or_else(outside)?;
    let months = jiff::Span::new().try_months(months).map_err(|_| outside())?;
    civil.checked_add(months).map(ms_of).map_err(|_| outside())
}

/// How many whole units lie between.
pub(crate) fn difference(unit: Unit, from_ms: i64, to_ms: i64) -> Result<i64, Failure> {
    if let Some(length) = unit.length_ms() {
        return to_ms.checked_sub(from_ms).map(|between| between / length).ok_or_else(outside);
    }
    let (from, to) = (civil_of(from_ms).ok_or_else(outside)?, civil_of(to_ms).ok_or_else(outside)?);
    let number = |civil: DateTime| i64::from(civil.year()) * 12 + i64::from(civil.month()) - 1;
    let mut months = number(to) - number(from);
    // a month is whole when its day and time have come
    if months > 0 && add_months(from_ms, months)? > to_ms {
        months -= 1;
    } else if months < 0 && add_months(from_ms, months)? < to_ms {
        months += 1;
    }
    Ok(months / unit.months())
}

/// The beginning of the unit.
pub(crate) fn truncate(unit: Unit, at_ms: i64) -> Result<i64, Failure> {
    match unit {
        Unit::Week => {
            let days = at_ms.div_euclid(DAY_MS);
            // 1970 began on a Thursday
            Ok((days - (days + 3).rem_euclid(7)).saturating_mul(DAY_MS))
        }
        Unit::Month | Unit::Quarter | Unit::Year => {
            let civil = civil_of(at_ms).ok_or_else(outside)?;
            let month = match unit {
                Unit::Month => civil.month(),
                Unit::Quarter => (civil.month() - 1) / 3 * 3 + 1,
                _ => 1,
            };
            let first = Date::new(civil.year(), month, 1).map_err(|_| outside())?;
            Ok(days_of(first) * DAY_MS)
        }
        _ => Ok(at_ms.saturating_sub(at_ms.rem_euclid(unit.length_ms().unwrap_or(1)))),
    }
}

/// A part of date or time by its name: `year`, `dow`, ….
pub(crate) fn field(name: &str, at_ms: i64) -> Result<i64, Failure> {
    let civil = civil_of(at_ms).ok_or_else(outside)?;
    Ok(match name {
        "year" => i64::from(civil.year()),
        "quarter" => i64::from((civil.month() - 1) / 3 + 1),
        "month" => i64::from(civil.month()),
        "week" | "week_of_year" => i64::from(civil.date().iso_week_date().week()),
        "day" | "day_of_month" => i64::from(civil.day()),
        "day_of_week" | "dow" => i64::from(civil.weekday().to_monday_one_offset()),
        "day_of_year" | "doy" => i64::from(civil.day_of_year()),
        "hour" => i64::from(civil.hour()),
        "minute" => i64::from(civil.minute()),
        "second" => i64::from(civil.second()),
        "millisecond" => i64::from(civil.millisecond()),
        _ => return Err(Failure::missing(format!("the field `{name}` of a time"))),
    })
}

/// MySQL's letters, as `date_parse` and `date_format` take them, to those of jiff. `%` and a letter that is none of these is refused.
fn letters(format: &str) -> Result<Vec<(Option<char>, char)>, Failure> {
    let mut found = Vec::new();
    let mut rest = format.chars();
    while let Some(letter) = rest.next() {
        if letter != '%' {
            found.push((None, letter));
            continue;
        }
        match rest.next() {
            Some(letter) if "YmdHisSTfeckMbapjyWlhI".contains(letter) => found.push((Some(letter), letter)),
            Some('%') => found.push((None, '%')),
            Some(letter) => return Err(Failure::missing(format!("%{letter} in the format of a time"))),
            None => return Err(Failure::argument("the format of a time ends with %")),
        }
    }
    Ok(found)
}

/// `date_format`
pub(crate) fn format(at_ms: i64, format: &str) -> Result<String, Failure> {
    let civil = civil_of(at_ms).ok_or_else(outside)?;
    let mut out = String::new();
    for (letter, plain) in letters(format)? {
        let known = match letter {
            None => {
                out.push(plain);
                continue;
            }
            Some('y') => {
                out.push_str(&format!("{:02}", civil.year().rem_euclid(100)));
                continue;
            }
            Some('i') => "%M",
            Some('s' | 'S') => "%S",
            Some('T') => "%H:%M:%S",
            Some('f') => "%6f",
            Some('e') => "%-d",
            Some('c') => "%-m",
            Some('k') => "%-H",
            Some('M') => "%B",
            Some('W') => "%A",
            Some('l') => "%-I",
            Some('h' | 'I') => "%I",
            Some('Y') => "%Y",
            Some('m') => "%m",
            Some('d') => "%d",
            Some('H') => "%H",
            Some('b') => "%b",
            Some('a') => "%a",
            Some('p') => "%p",
            _ => "%j",
        };
        out.push_str(&civil.strftime(known).to_string());
    }
    Ok(out)
}

/// `date_parse`
pub(crate) fn parse(text: &str, format: &str) -> Result<i64, Failure> {
    let wrong = || Failure::argument(format!("Invalid format: \"{text}\" as \"{format}\""));
    let (mut rest, mut year, mut parts) = (text, 1970, [1_i64, 1, 0, 0, 0, 0]);
    let mut pending: Vec<(Option<char>, char)> = letters(format)?;
    pending.reverse();
    while let Some((letter, plain)) = pending.pop() {
        let (part, most) = match letter {
            Some('Y') => (6, 4),
            Some('m' | 'c') => (0, 2),
            Some('d' | 'e') => (1, 2),
            Some('H' | 'k') => (2, 2),
            Some('i') => (3, 2),
            Some('s' | 'S') => (4, 2),
            Some('f') => (5, 6),
            Some('T') => {
                pending.extend([(Some('s'), 's'), (None, ':'), (Some('i'), 'i'), (None, ':'), (Some('H'), 'H')]);
                continue;
            }
            Some(letter) => return Err(Failure::missing(format!("%{letter} in date_parse"))),
            None => {
                rest = rest.strip_prefix(plain).ok_or_else(wrong)?;
                continue;
            }
        };
        let end = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let (digits, behind) = rest.split_at(end);
        let value = number(digits).ok_or_else(wrong)?;
        rest = behind;
        match (part, parts.get_mut(part)) {
            (5, Some(slot)) => *slot = value * 10_i64.pow(u32::try_from(6 - end).unwrap_or(0)) / 1000,
            (_, Some(slot)) => *slot = value,
            (_, None) => year = value,
        }
    }
    if !rest.is_empty() {
        return Err(wrong());
    }
    let [month, day, hour, minute, second, ms] = parts;
    let small = |value: i64| i8::try_from(value).map_err(|_| wrong());
    let (year, month, day) = (i16::try_from(year).map_err(|_| wrong())?, small(month)?, small(day)?);
    let date = Date::new(year, month, day).map_err(|_| wrong())?;
    if hour > 23 || minute > 59 || second > 59 {
        return Err(wrong());
    }
    Ok(days_of(date) * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1000 + ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_and_written() {
        assert_eq!(parse_date("1970-01-02"), Some(1));
        assert_eq!(parse_date("2026-02-30"), None);
        let (at, zone) = parse_timestamp("2026-03-01 01:02:03.4 +09:00").unwrap();
        assert_eq!((zoned_text(at, zone.unwrap()).as_str(), zone), ("2026-03-01 01:02:03.400 +09:00", Some(540)));
        assert_eq!(
            parse_iso("2026-03-01T01:02:03Z").map(|(at, _)| timestamp_text(at)).unwrap(),
            "2026-03-01 01:02:03.000"
        );
        assert_eq!(parse("2026/03/01 04:05:06", "%Y/%m/%d %T").map(timestamp_text).unwrap(), "2026-03-01 04:05:06.000");
        assert_eq!(format(0, "%Y-%m-%d %H:%i:%s").unwrap(), "1970-01-01 00:00:00");
        assert_eq!(span_text(2 * DAY_MS), "2 00:00:00.000");
    }

    #[test]
    fn the_calendar_counts_whole_units() {
        let at = |text: &str| parse_timestamp(text).unwrap().0;
        let between = |unit, from, to| difference(unit, at(from), at(to)).unwrap();
        assert_eq!(between(Unit::Month, "2026-01-31", "2026-02-28"), 1);
        assert_eq!(between(Unit::Month, "2026-02-15", "2026-01-16"), 0);
        assert_eq!(between(Unit::Day, "2026-03-02 12:00:00", "2026-03-01"), -1);
        assert_eq!(add(Unit::Month, 1, at("2026-01-31")).map(timestamp_text).unwrap(), "2026-02-28 00:00:00.000");
        assert_eq!(truncate(Unit::Week, at("2026-11-22")).map(timestamp_text).unwrap(), "2026-11-16 00:00:00.000");
    }
}
