//! Small words: counts, lists, sizes, durations.

/// `1 assignment`, `2 assignments`, `1,234 assignments`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let plural = match noun {
        "person" => "people".to_owned(),
        _ if noun.ends_with('y') && !noun.ends_with("ey") && !noun.ends_with("ay") => {
            format!("{}ies", noun.strip_suffix('y').unwrap_or(noun))
        }
        _ => format!("{noun}s"),
    };
    format!("{} {}", thousands(number), if number == 1 { noun } else { &plural })
}

/// A number with a comma between thousands.
pub(crate) fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `a, b, c`, or `a, b … and 37 more` when there are more than `most`.
pub(crate) fn list<'a>(names: impl IntoIterator<Item = &'a str>, most: usize) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    let hidden = names.len().saturating_sub(most);
    let shown = names.iter().take(most).copied().collect::<Vec<_>>().join(", ");
    if hidden == 0 { shown } else { format!("{shown} … and {} more", thousands(hidden)) }
}

/// `3.1 s`, `41 s`, `2 min 5 s`, `1 h 4 min`.
pub(crate) fn duration_ms(duration_ms: u64) -> String {
    let seconds = duration_ms / 1000;
    match seconds {
        0..10 => format!("{}.{} s", seconds, duration_ms % 1000 / 100),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_fit_their_numbers() {
        assert_eq!(count(1, "person"), "1 person");
        assert_eq!(count(12, "person"), "12 people");
        assert_eq!(count(1_234_567, "assignment"), "1,234,567 assignments");
        assert_eq!(count(2, "policy"), "2 policies");
        assert_eq!(count(2, "day"), "2 days");
        assert_eq!(list(["a", "b", "c"], 2), "a, b … and 1 more");
        assert_eq!(duration_ms(3_140), "3.1 s");
        assert_eq!(duration_ms(125_000), "2 min 5 s");
    }
}
