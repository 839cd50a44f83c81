//! Partitions that are computed: the values a column can have, by the properties of its table.

use jiff::civil::DateTime;
use jiff::{Span, Timestamp};

use super::sql::failure::Failure;
use crate::state::query::Table;

/// Values one column may have.
const MOST_VALUES: usize = 100_000;

/// What a column's values are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Values {
    /// These, in order.
    Listed(Vec<String>),
    /// Those that the query names.
    Injected,
}

fn wrong(message: impl std::fmt::Display) -> Failure {
    Failure::new("INVALID_TABLE_PROPERTY", message)
}

pub(super) fn is_enabled(table: &Table) -> bool {
    table.properties.get("projection.enabled").is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// The values of a column.
pub(super) fn values(table: &Table, column: &str, now: Timestamp) -> Result<Values, Failure> {
    let property = |name: &str| table.properties.get(&format!("projection.{column}.{name}")).map(|text| text.trim());
    let needed = |name: &str| {
        property(name).ok_or_else(|| {
            wrong(format!("Table is configured for partition projection, but projection.{column}.{name} is not set"))
        })
    };
    match needed("type")?.to_lowercase().as_str() {
        "enum" => Ok(Values::Listed(needed("values")?.split(',').map(|value| value.trim().to_owned()).collect())),
        "injected" => Ok(Values::Injected),
        "integer" => integers(needed("range")?, property("interval"), property("digits")).map(Values::Listed),
        "date" => {
            let (format, range) = (needed("format")?, needed("range")?);
            dates(format, range, property("interval"), property("interval.unit"), now).map(Values::Listed)
        }
        other => Err(wrong(format!("projection.{column}.type is {other}"))),
    }
}

fn integers(range: &str, interval: Option<&str>, digits: Option<&str>) -> Result<Vec<String>, Failure> {
    let unreadable = || wrong(format!("the range {range} of a projection of integers"));
    let (from, to) = range.split_once(',').ok_or_else(unreadable)?;
    let number = |text: &str| text.trim().parse::<i64>().map_err(|_| unreadable());
    let (from, to) = (number(from)?, number(to)?);
    let step = interval.map_or(Ok(1), number)?;
    let digits = digits.map_or(Ok(0), number)?;
    let step = usize::try_from(step).ok().filter(|step| *step > 0).ok_or_else(unreadable)?;
    let width = usize::try_from(digits).ok().filter(|width| *width < 20).ok_or_else(unreadable)?;
    let values = (from..=to).step_by(step).take(MOST_VALUES).map(|value| format!("{value:0width$}"));
    Ok(values.collect())
}

fn dates(
    format: &str,
    range: &str,
    interval: Option<&str>,
    unit: Option<&str>,
    now: Timestamp,
) -> Result<Vec<String>, Failure> {
    let pattern = letters(format)?;
    let unreadable = || wrong(format!("the range {range} of a projection of dates in the format {format}"));
    let now = now.to_zoned(jiff::tz::TimeZone::UTC).datetime();
    let (from, to) = range.split_once(',').ok_or_else(unreadable)?;
    let end = |text: &str| instant(text.trim(), &pattern, now).ok_or_else(unreadable);
    let (from, to) = (end(from)?, end(to)?);
    let unit = match unit {
        Some(unit) => unit.to_uppercase(),
        // the finest part of the format, where that is a day or a month
        None if format.contains('d') && !format.contains('H') => "DAYS".to_owned(),
        None if format.contains('M') && !format.contains('d') => "MONTHS".to_owned(),
        None => return Err(wrong("projection.….interval.unit is not set")),
    };
    let step = interval.map_or(Ok(1), |text| text.parse::<i64>().map_err(|_| unreadable()))?;
    let step = Some(step).filter(|step| *step > 0).and_then(|step| span(&unit, step)).ok_or_else(unreadable)?;
    let mut values: Vec<String> = Vec::new();
    let mut at = from;
    while at <= to && values.len() < MOST_VALUES {
        let text = written(at, &pattern);
        if values.last() != Some(&text) {
            values.push(text);
        }
        at = at.checked_add(step).map_err(|_| unreadable())?;
    }
    Ok(values)
}

fn span(unit: &str, count: i64) -> Option<Span> {
    let empty = Span::new();
    match unit.trim_end_matches('S') {
        "YEAR" => empty.try_years(count),
        "MONTH" => empty.try_months(count),
        "WEEK" => empty.try_weeks(count),
        "DAY" => empty.try_days(count),
        "HOUR" => empty.try_hours(count),
        "MINUTE" => empty.try_minutes(count),
        "SECOND" => empty.try_seconds(count),
        _ => return None,
    }
    .ok()
}

/// A part of Java's pattern of dates.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Field(char, usize),
    Plain(String),
}

fn letters(format: &str) -> Result<Vec<Part>, Failure> {
    let mut parts: Vec<Part> = Vec::new();
    let mut rest = format.chars().peekable();
    while let Some(letter) = rest.next() {
        match (parts.last_mut(), letter) {
            (_, '\'') => {
                let mut text = String::new();
                while let Some(next) = rest.next_if(|next| *next != '\'') {
                    text.push(next);
                }
                rest.next();
                parts.push(Part::Plain(if text.is_empty() { "'".to_owned() } else { text }));
            }
            (Some(Part::Field(last, count)), _) if *last == letter => *count += 1,
            (_, 'y' | 'M' | 'd' | 'H' | 'm' | 's') => parts.push(Part::Field(letter, 1)),
            (_, _) if letter.is_ascii_alphabetic() => {
                return Err(Failure::missing(format!("`{letter}` in the format of a projection of dates")));
            }
            (Some(Part::Plain(text)), _) => text.push(letter),
            (_, _) => parts.push(Part::Plain(letter.to_string())),
        }
    }
    Ok(parts)
}

fn written(at: DateTime, pattern: &[Part]) -> String {
    let mut out = String::new();
    for part in pattern {
        match part {
            Part::Plain(text) => out.push_str(text),
            Part::Field(letter, count) => {
                let value = match letter {
                    'y' => i64::from(at.year()),
                    'M' => i64::from(at.month()),
                    'd' => i64::from(at.day()),
                    'H' => i64::from(at.hour()),
                    'm' => i64::from(at.minute()),
                    _ => i64::from(at.second()),
                };
                let text = format!("{value:0width$}", width = *count);
                out.push_str(if *letter == 'y' && *count == 2 { text.get(2..).unwrap_or(&text) } else { &text });
            }
        }
    }
    out
}

/// An end of a range: a date in the pattern, or `NOW-3DAYS`.
fn instant(text: &str, pattern: &[Part], now: DateTime) -> Option<DateTime> {
    if let Some(moved) = text.strip_prefix("NOW") {
        let moved: String = moved.chars().filter(|letter| !letter.is_whitespace()).collect();
        if moved.is_empty() {
            return Some(now);
        }
        let (sign, rest) = moved.split_at_checked(1)?;
        let end = rest.find(|c: char| !c.is_ascii_digit())?;
        let (count, unit) = rest.split_at(end);
        let span = span(&unit.to_uppercase(), count.parse().ok()?)?;
        return match sign {
            "-" => now.checked_sub(span).ok(),
            "+" => now.checked_add(span).ok(),
            _ => None,
        };
    }
    let (mut rest, mut year, mut fields) = (text, 1970_i16, [1_i8, 1, 0, 0, 0]);
    for part in pattern {
        match part {
            Part::Plain(text) => rest = rest.strip_prefix(text.as_str())?,
            Part::Field(letter, count) => {
                let end = rest.bytes().take((*count).max(2)).take_while(u8::is_ascii_digit).count();
                let (digits, behind) = rest.split_at(end);
                rest = behind;
                let slot = match letter {
                    'y' => {
                        year = digits.parse().ok()?;
                        continue;
                    }
                    'M' => 0,
                    'd' => 1,
                    'H' => 2,
                    'm' => 3,
                    _ => 4,
                };
                *fields.get_mut(slot)? = digits.parse().ok()?;
            }
        }
    }
    let [month, day, hour, minute, second] = fields;
    let at = DateTime::new(year, month, day, hour, minute, second, 0).ok()?;
    rest.is_empty().then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_computed() {
        let now = "2026-03-03T10:00:00Z".parse().unwrap();
        let days = |range: &str| dates("yyyy/MM/dd", range, Some("1"), Some("DAYS"), now).unwrap();
        assert_eq!(days("2026/02/27,NOW"), ["2026/02/27", "2026/02/28", "2026/03/01", "2026/03/02", "2026/03/03"]);
        assert_eq!(days("NOW-1DAYS,NOW+1DAYS"), ["2026/03/02", "2026/03/03", "2026/03/04"]);
        assert_eq!(dates("yyyy-MM", "2026-01,NOW", None, None, now).unwrap(), ["2026-01", "2026-02", "2026-03"]);
        assert_eq!(integers("8,12", Some("2"), Some("2")).unwrap(), ["08", "10", "12"]);
        assert!(dates("yyyy/MM/dd", "soon,NOW", None, None, now).is_err());
    }
}
