//! Numbers as people read them.

use std::time::Duration;

/// `48,123`
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (digit, at) in digits.chars().zip(0_usize..) {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `8 h 20 min`, `43 min 40 s`, `12.3 s`
pub fn time(duration: Duration) -> String {
    let seconds = duration.as_secs_f64().round() as u64;
    match seconds {
        3_600.. => format!("{} h {:02} min", seconds / 3_600, seconds % 3_600 / 60),
        120.. => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{:.1} s", duration.as_secs_f64()),
    }
}

/// `10.4 ×`
pub fn times(numerator: u64, denominator: u64) -> String {
    format!("{:.1} ×", ratio(numerator, denominator))
}

/// A quotient for people: counts here are far below 2^52.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub fn ratio(numerator: u64, denominator: u64) -> f64 {
    if denominator == 0 { f64::INFINITY } else { numerator as f64 / denominator as f64 }
}

/// How long that many calls take at AWS's collective rate of sso-admin, 20 a second.
pub fn at_twenty_a_second(calls: u64) -> Duration {
    Duration::from_millis(calls.saturating_mul(50))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_for_people() {
        let counts = [(0, "0"), (999, "999"), (1_000, "1,000"), (50_000, "50,000"), (1_234_567, "1,234,567")];
        for (number, text) in counts {
            assert_eq!(count(number), text);
        }
        assert_eq!(time(Duration::from_millis(12_340)), "12.3 s");
        assert_eq!(time(Duration::from_secs(2_620)), "43 min 40 s");
        assert_eq!(time(at_twenty_a_second(600_000)), "8 h 20 min");
        assert_eq!(times(50_000, 4_800), "10.4 ×");
    }
}
