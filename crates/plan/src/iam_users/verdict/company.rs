//! Calls that keep each other company: what a script does, it does together.

use model::key_use::ActionUse;

use super::signs::{is_on_data, is_read};

/// Most actions that are looked at for each credential.
const MOST: usize = 48;

/// Two or three actions, one of which changes or moves something, that come together on far more days than chance would have it.
pub(super) fn together<'a>(actions: &[(&'a str, &ActionUse)], days: usize) -> Option<Vec<&'a str>> {
    let mut frequent: Vec<(&str, Vec<i32>)> = actions
        .iter()
        .filter(|(_, used)| used.days.len() >= 4)
        .map(|(name, used)| (*name, used.days.iter().collect()))
        .collect();
    // Rare ones tell more.
    frequent.sort_by_key(|(name, days)| (days.len(), *name));
    frequent.truncate(MOST);
    let matters = |name: &str| !is_read(name) || is_on_data(name);
    for (at, (one, ones)) in frequent.iter().enumerate() {
        for (next, (two, twos)) in frequent.iter().enumerate().skip(at + 1) {
            let both = common(ones, twos);
            if both.len() < 4 {
                continue;
            }
            if (matters(one) || matters(two)) && is_no_chance(both.len(), &[ones.len(), twos.len()], days) {
                return Some(vec![one, two]);
            }
            for (three, threes) in frequent.iter().skip(next + 1) {
                let all = common(&both, threes);
                let counts = [ones.len(), twos.len(), threes.len()];
                if (matters(one) || matters(two) || matters(three))
                    && all.len() >= 4
                    && is_no_chance(all.len(), &counts, days)
                {
                    return Some(vec![one, two, three]);
                }
            }
        }
    }
    None
}

/// So many times on one date, and a job of each month is seen; or so many, where the two hardly come together else.
const LEAST_MONTHS: u32 = 4;
const LEAST_MONTHS_ALONE: u32 = 3;

/// Two actions, one of which changes or moves something, that came together on one day of the month in four months, or in three and hardly ever else: a
/// script that runs each month, among whatever is done by hand. Chance does that, too, where both are used on most days; then nobody can tell.
pub(super) fn on_one_date<'a>(actions: &[(&'a str, &'a ActionUse)]) -> Option<Vec<&'a str>> {
    for date in 1..=31 {
        // In which months each was used on this date, a bit for each.
        let used: Vec<OnDate<'_>> = actions
            .iter()
            .map(|(name, used)| OnDate {
                name,
                used,
                matters: !is_read(name) || is_on_data(name),
                months: months(used, date),
            })
            .filter(|one| one.months.count_ones() >= LEAST_MONTHS_ALONE)
            .collect();
        for (at, one) in used.iter().enumerate() {
            if let Some(two) = used.iter().skip(at + 1).find(|two| one.keeps_company(two)) {
                return Some(vec![one.name, two.name]);
            }
        }
    }
    None
}

/// An action, and the months in which it was used on the date that is looked at.
struct OnDate<'a> {
    name: &'a str,
    used: &'a ActionUse,
    matters: bool,
    months: u64,
}

impl OnDate<'_> {
    fn keeps_company(&self, other: &Self) -> bool {
        let months = (self.months & other.months).count_ones();
        if months < LEAST_MONTHS_ALONE || !(self.matters || other.matters) {
            return false;
        }
        let together = self.used.days.iter().filter(|day| other.used.days.contains(*day)).count();
        months >= LEAST_MONTHS || u32::try_from(together).is_ok_and(|together| together <= months + 1)
    }
}

/// A bit for each month (the last 64 of them) in which an action was used on this date.
fn months(used: &ActionUse, date: i8) -> u64 {
    let on_date = used.days.iter().filter_map(|day| {
        let at = jiff::Timestamp::from_second(i64::from(day) * 86_400).ok()?.to_zoned(jiff::tz::TimeZone::UTC);
        (at.day() == date).then(|| (i32::from(at.year()) * 12 + i32::from(at.month())).rem_euclid(64))
    });
    on_date.fold(0, |months, month| months | 1 << month)
}

/// Both lists are sorted.
fn common(one: &[i32], two: &[i32]) -> Vec<i32> {
    one.iter().copied().filter(|day| two.binary_search(day).is_ok()).collect()
}

/// Whether so many common days are far more than the frequency of each alone explains.
#[expect(clippy::cast_precision_loss, reason = "small counts")]
fn is_no_chance(common: usize, counts: &[usize], days: usize) -> bool {
    let days = days.max(1) as f64;
    let expected = counts.iter().fold(days, |expected, count| expected * *count as f64 / days);
    let least = *counts.iter().min().unwrap_or(&0) as f64;
    let common = common as f64;
    // Four standard deviations of a Poisson count, or nearly always together.
    common > expected + 4.0 * expected.sqrt() + 1.0 || (least >= 4.0 && common >= least * 0.9 && expected < least * 0.6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(days: &[i32]) -> ActionUse {
        ActionUse { days: days.to_vec().into(), ..ActionUse::default() }
    }

    #[test]
    fn a_script_that_runs_each_month_is_seen_among_what_is_used_often() {
        // 2026-05-14 and the same date of the months after it.
        let dates = [20_587, 20_618, 20_648, 20_679, 20_710];
        let by_hand = |step: usize| (20_580..20_720).step_by(step);
        let with = |step: usize| {
            let mut days: Vec<i32> = by_hand(step).chain(dates).collect();
            days.sort_unstable();
            days
        };
        let (get, put) = (used(&with(5)), used(&with(7)));
        let script = [("s3.amazonaws.com:GetObject", &get), ("s3.amazonaws.com:PutObject", &put)];
        assert_eq!(on_one_date(&script).unwrap().len(), 2);
        // It ran three times only, and what it does is hardly done together by hand.
        let (get, put) = (used(&[20_587, 20_618, 20_640, 20_679]), used(&[20_587, 20_600, 20_618, 20_679, 20_690]));
        let rarely = [("secretsmanager.amazonaws.com:GetSecretValue", &get), ("s3.amazonaws.com:PutObject", &put)];
        assert_eq!(on_one_date(&rarely).unwrap().len(), 2);
        let reads = [("ec2.amazonaws.com:DescribeVpcs", &get), ("ec2.amazonaws.com:DescribeImages", &put)];
        assert_eq!(on_one_date(&reads), None, "only looking");
        let (get, put) = (used(&by_hand(5).collect::<Vec<_>>()), used(&by_hand(7).collect::<Vec<_>>()));
        let alone = [("s3.amazonaws.com:GetObject", &get), ("s3.amazonaws.com:PutObject", &put)];
        assert_eq!(on_one_date(&alone), None);
    }

    #[test]
    fn a_script_is_seen_among_what_is_done_by_hand() {
        let look = used(&[1, 2, 3, 5, 8, 9, 12, 20, 21, 33]);
        let (register, update) = (used(&[2, 9, 20, 33, 40]), used(&[2, 9, 20, 33, 40]));
        let script = [
            ("ec2.amazonaws.com:DescribeInstances", &look),
            ("ecs.amazonaws.com:RegisterTaskDefinition", &register),
            ("ecs.amazonaws.com:UpdateService", &update),
        ];
        assert_eq!(together(&script, 60).unwrap().len(), 2);
        let (other, third) = (used(&[1, 17, 25, 50]), used(&[4, 12, 30, 41, 51]));
        let by_hand = [
            ("ec2.amazonaws.com:DescribeInstances", &look),
            ("ecs.amazonaws.com:RegisterTaskDefinition", &other),
            ("ecs.amazonaws.com:UpdateService", &third),
        ];
        assert_eq!(together(&by_hand, 60), None);
        let reads = [("ec2.amazonaws.com:DescribeInstances", &register), ("ec2.amazonaws.com:DescribeVpcs", &update)];
        assert_eq!(together(&reads, 60), None, "only looking");
    }
}
