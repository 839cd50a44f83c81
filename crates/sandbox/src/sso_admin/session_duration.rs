//! ISO 8601 durations, as far as sessions have them.

/// The seconds of a duration of days, hours, minutes and seconds; `None` where it is none or names years, months, weeks.
pub(crate) fn seconds(text: &str) -> Option<u64> {
    let rest = text.strip_prefix('P')?;
    let (days, time) = rest.split_once('T').map_or((rest, None), |(days, time)| (days, Some(time)));
    let mut total = units(days, &[('D', 86_400)])?;
    if let Some(time) = time {
        if time.is_empty() {
            return None;
        }
        total = total.checked_add(units(time, &[('H', 3_600), ('M', 60), ('S', 1)])?)?;
    }
    (rest != "T" && !rest.is_empty()).then_some(total)
}

fn units(text: &str, units: &[(char, u64)]) -> Option<u64> {
    let mut rest = text;
    let mut total = 0_u64;
    for (letter, worth) in units {
        if let Some((number, tail)) = rest.split_once(*letter) {
            total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(*worth)?)?;
            rest = tail;
        }
    }
    rest.is_empty().then_some(total)
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn durations_are_read() {
        for (text, expected) in [
            ("PT8H", Some(28_800)),
            ("PT1H30M", Some(5_400)),
            ("PT90M", Some(5_400)),
            ("P1D", Some(86_400)),
            ("PT3600S", Some(3_600)),
            ("PT", None),
            ("P", None),
            ("8H", None),
            ("P1Y", None),
            ("PT1M1H", None),
        ] {
            assert_eq!(seconds(text), expected, "{text}");
        }
    }
}
