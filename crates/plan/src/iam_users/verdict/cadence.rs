//! When something happens: what gives timers away, and what gives people away.

use model::key_use::Activity;

/// Numbers about an activity's times.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Cadence {
    /// Days with something.
    pub(super) days: usize,
    /// Days from the first to the last of them.
    pub(super) span_days: usize,
    /// Of these, the share with something.
    pub(super) presence: f64,
    /// Of the Saturdays and Sundays in between, the share with something; none where there are less than two.
    pub(super) weekend_presence: Option<f64>,
    /// Of the days with something, the share that are Saturdays and Sundays.
    pub(super) weekend_share: f64,
    /// Hours of the day (0–24) at which there ever was something.
    pub(super) hours_of_day: usize,
    /// Hours with something on a day that has something, on average.
    pub(super) hours_a_day: f64,
    /// Share of days whose hours all lie in the same three.
    pub(super) same_hours: f64,
    /// The first of these hours with anything, UTC, and the one after the last.
    pub(super) same_hour: (u32, u32),
    /// Share of what lies in the quietest eight hours of the day.
    pub(super) quiet_share: f64,
}

#[expect(clippy::cast_precision_loss, reason = "small counts")]
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Monday is 0; days are counted since 1970, which began on a Thursday. UTC: Japan's Monday morning is Monday here from nine o'clock on, and
/// Sunday before.
fn is_weekend(day: i32) -> bool {
    (day + 3).rem_euclid(7) >= 5
}

/// Looks at the times of an activity.
pub(super) fn cadence(activity: &Activity) -> Cadence {
    let days: Vec<i32> = activity.days.keys().copied().collect();
    let (Some(first), Some(last)) = (days.first(), days.last()) else { return Cadence::default() };
    let span = usize::try_from(last - first + 1).unwrap_or(1);
    let weekends = (*first..=*last).filter(|day| is_weekend(*day)).count();
    let at_weekends = days.iter().filter(|day| is_weekend(**day)).count();
    let mut by_hour = [0_usize; 24];
    let mut hours = 0;
    for day in activity.days.values() {
        for (hour, held) in by_hour.iter_mut().enumerate() {
            if day.hours >> hour & 1 == 1 {
                *held += 1;
                hours += 1;
            }
        }
    }
    let window =
        |from: usize, length: usize| -> usize { (from..from + length).filter_map(|hour| by_hour.get(hour % 24)).sum() };
    let quietest = (0..24).map(|from| window(from, 8)).min().unwrap_or(0);
    let (same_hour, same) = same_hours(activity);
    Cadence {
        days: days.len(),
        span_days: span,
        presence: share(days.len(), span),
        weekend_presence: (weekends >= 2).then(|| share(at_weekends, weekends)),
        weekend_share: share(at_weekends, days.len()),
        hours_of_day: by_hour.iter().filter(|count| **count > 0).count(),
        hours_a_day: share(hours, days.len()),
        same_hours: share(same, days.len()),
        same_hour,
        quiet_share: share(quietest, hours),
    }
}

/// The three hours of the day in which most days have all that they have: the first and the end of what is used of them, and how many days these are.
fn same_hours(activity: &Activity) -> ((u32, u32), usize) {
    let mask = |from: u32| (0..3).fold(0_u32, |mask, more| mask | 1 << ((from + more) % 24));
    let within = |from: u32| activity.days.values().filter(|day| day.hours & !mask(from) == 0).count();
    let best = (0..24).map(|from| (from, within(from))).max_by_key(|(from, days)| (*days, std::cmp::Reverse(*from)));
    let (from, days) = best.unwrap_or((0, 0));
    let fitting = activity.days.values().filter(|day| day.hours & !mask(from) == 0);
    let used = fitting.fold(0_u32, |used, day| used | day.hours);
    let is_used = |more: &u32| used >> ((from + more) % 24) & 1 == 1;
    let (first, last) = ((0..3).find(is_used).unwrap_or(0), (0..3).rfind(is_used).unwrap_or(2));
    (((from + first) % 24, (from + last + 1) % 24), days)
}

/// Whether days come at even distances: each week, each month, every third day. How many days lie between.
pub(super) fn even_gap(days: &[i32]) -> Option<i32> {
    let gaps: Vec<i32> = days.windows(2).filter_map(|pair| Some(pair.get(1)? - pair.first()?)).collect();
    let (least, most) = (*gaps.iter().min()?, *gaps.iter().max()?);
    let is_monthly = |gap: i32| (27..=33).contains(&gap);
    if gaps.len() >= 2 && gaps.iter().all(|gap| is_monthly(*gap)) {
        return Some(30);
    }
    // One that was missed makes a gap twice as long.
    let mut sorted = gaps.clone();
    sorted.sort_unstable();
    let usual = *sorted.get(sorted.len() / 2)?;
    let fits = |gap: &&i32| usual >= 2 && (**gap % usual == 0 && **gap <= 3 * usual);
    let fitting = gaps.iter().filter(fits).count();
    let is_even = gaps.len() >= 3 && usual >= 2 && (fitting * 10 >= gaps.len() * 9 || most - least <= 1 && least >= 5);
    is_even.then_some(usual)
}

/// Whether far more of these days than chance would have it lie on one day of the month, or of the week.
pub(super) fn keeps_a_date(days: &[i32]) -> bool {
    let mut of_month = [0_usize; 32];
    let mut of_week = [0_usize; 7];
    for day in days {
        let at = jiff::Timestamp::from_second(i64::from(*day) * 86_400).unwrap_or_default();
        let date = at.to_zoned(jiff::tz::TimeZone::UTC).day();
        if let Some(count) = usize::try_from(date).ok().and_then(|date| of_month.get_mut(date)) {
            *count += 1;
        }
        if let Some(count) = usize::try_from((day + 3).rem_euclid(7)).ok().and_then(|weekday| of_week.get_mut(weekday))
        {
            *count += 1;
        }
    }
    let most = |counts: &[usize]| counts.iter().copied().max().unwrap_or(0);
    let monthly = most(&of_month) >= 4 && days.len() <= 30;
    let weekly = days.len() >= 6 && most(&of_week) * 10 >= days.len() * 8;
    monthly || weekly
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::key_use::{DayUse, Seen};

    fn at(times: impl IntoIterator<Item = (i32, u32)>) -> Activity {
        let mut made = Activity::default();
        for (day, hour) in times {
            let seen = Seen { events: 1, last_s: i64::from(day) * 86_400 + i64::from(hour) * 3600 };
            let mut one = Activity { all: seen, first_s: seen.last_s, ..Activity::default() };
            one.days.insert(day, DayUse { events: 1, hours: 1 << hour });
            made.add(&one);
        }
        made
    }

    #[test]
    fn timers_have_their_hour_and_people_their_night() {
        let timer = cadence(&at((0..28).map(|day| (day, 17))));
        assert_eq!((timer.days, timer.presence, timer.same_hours, timer.hours_of_day), (28, 1.0, 1.0, 1));
        assert_eq!(timer.weekend_presence, Some(1.0));
        let person = cadence(&at((0..28).filter(|day| !is_weekend(*day)).flat_map(|day| [(day, 1), (day, 9)])));
        assert_eq!((person.weekend_share, person.quiet_share, person.same_hours), (0.0, 0.0, 0.0));
        let server = cadence(&at((0..9).flat_map(|day| (0..24).map(move |hour| (day, hour)))));
        assert_eq!((server.hours_of_day, server.hours_a_day), (24, 24.0));
        assert!(server.quiet_share > 0.3);
        assert_eq!(cadence(&Activity::default()), Cadence::default());
        // Around midnight UTC, which is nine o'clock in Japan.
        assert_eq!(cadence(&at([(1, 23), (2, 0), (3, 23), (4, 0)])).same_hours, 1.0);
    }

    #[test]
    fn even_gaps_are_seen_though_one_is_missing() {
        for (days, expected) in [
            (vec![1, 8, 15, 22], Some(7)),
            (vec![1, 8, 22, 29, 36], Some(7)),
            (vec![1, 31, 62], Some(30)),
            (vec![1, 31], None),
            (vec![1, 2, 3, 4, 5], None),
            (vec![1, 3, 9, 10, 30], None),
        ] {
            assert_eq!(even_gap(&days), expected, "{days:?}");
        }
    }
}
