//! Whether earlier inventories leave a job no hour to hide in, where no trail records all of a service.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use model::iam_user::IamUser;
use model::key_use::{Activity, UserUse};

use super::log::AccountLog;
use super::{Reason, Settings, date_of};
use crate::iam_users::earlier::UserAnswers;

const DAY_S: i64 = 86_400;
/// Fewer of them say nothing about what comes each month on one date.
const FEWEST_MONTHS: usize = 4;

/// What is held against each other.
pub(super) struct Watched<'a> {
    pub(super) found: &'a IamUser,
    pub(super) used: &'a UserUse,
    pub(super) log: &'a AccountLog<'a>,
    pub(super) now: Timestamp,
    pub(super) settings: &'a Settings,
}

impl Watched<'_> {
    /// What the answers say of a service of which trails do not record all: that a job would have been told of, or that a use was told which the log does not
    /// have. None where they do not suffice.
    pub(super) fn service(&self, name: &str, answers: &UserAnswers) -> Option<Result<Reason, Reason>> {
        let told = answers.service(name)?;
        if let Some(at) = told.told().find(|at| !self.log.explains(name, *at, self.used)) {
            return Some(Err(Reason::EarlierUnexplained { service: name.to_owned(), date: date_of(at) }));
        }
        let first_day = self.first_day()?;
        let last_day = self.now.as_second().div_euclid(DAY_S);
        let hours = usize::try_from((last_day - first_day) * 24).ok()?;
        let mut silent = told.silent_hours(first_day * 24, hours);
        if let Some(keys) = self.silent_keys(answers, first_day * 24, hours) {
            silent.iter_mut().zip(keys).for_each(|(service, keys)| *service |= keys);
        }
        if !leaves_no_hour(&silent, first_day) {
            return None;
        }
        Some(Ok(Reason::ServiceWatched {
            service: name.to_owned(),
            inventories: answers.inventories(),
            since: date_of(answers.first_s()?),
        }))
    }

    /// As far back as a job of each month needs, and no further than the log.
    fn first_day(&self) -> Option<i64> {
        let wanted = self.now.as_second().div_euclid(DAY_S) - i64::from(self.settings.least_log_days);
        Some(wanted.max(self.log.first_s()?.div_euclid(DAY_S)))
    }

    /// Hours in which no key was used at all. Says nothing where keys open sessions of the user: what is done in these is no use of the key.
    fn silent_keys(&self, answers: &UserAnswers, first: i64, hours: usize) -> Option<Vec<bool>> {
        if self.used.keys.values().any(opens_sessions) {
            return None;
        }
        let mut silent = vec![true; hours];
        for key in self.found.access_keys.value()? {
            let of_key = answers.key(&key.id)?.silent_hours(first, hours);
            silent.iter_mut().zip(of_key).for_each(|(all, one)| *all &= one);
        }
        Some(silent)
    }
}

fn opens_sessions(activity: &Activity) -> bool {
    activity.truncated.contains("actions")
        || activity.actions.keys().any(|name| {
            matches!(name.as_str(), "sts.amazonaws.com:GetSessionToken" | "sts.amazonaws.com:GetFederationToken")
        })
}

/// Whether of each hour of the week half is silent, and of each hour of each day of the month at least one: what comes by the clock would have come in one of
/// them, and what comes at any time in many. Days are counted since 1970.
fn leaves_no_hour(silent: &[bool], first_day: i64) -> bool {
    let mut week = [(0_usize, 0_usize); 7 * 24];
    let mut month = [(0_usize, 0_usize); 32 * 24];
    for (day, hours) in (first_day..).zip(silent.chunks_exact(24)) {
        let date = Timestamp::from_second(day * DAY_S).map(|at| at.to_zoned(TimeZone::UTC).day());
        let Some(date) = date.ok().and_then(|day| usize::try_from(day).ok()) else { return false };
        let weekday = usize::try_from((day + 3).rem_euclid(7)).unwrap_or(0);
        for (hour, is_silent) in hours.iter().enumerate() {
            for cell in [week.get_mut(weekday * 24 + hour), month.get_mut(date * 24 + hour)].into_iter().flatten() {
                cell.0 += 1;
                cell.1 += usize::from(*is_silent);
            }
        }
    }
    week.iter().all(|(all, silent)| *all >= FEWEST_MONTHS && silent * 2 >= *all)
        && month.iter().all(|(all, silent)| *all < FEWEST_MONTHS || *silent > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half a year of hours, without those that are taken out.
    fn hours(is_used: impl Fn(i64, usize) -> bool) -> Vec<bool> {
        (20_000..20_170).flat_map(|day| (0..24).map(|hour| !is_used(day, hour)).collect::<Vec<_>>()).collect()
    }

    #[test]
    fn every_hour_of_week_and_month_has_to_be_silent_now_and_then() {
        for (what, silent, expected) in [
            ("never used", hours(|_, _| false), true),
            ("some days", hours(|day, hour| day % 3 == 0 && hour < 10), true),
            ("most days", hours(|day, hour| day % 3 != 0 && hour < 10), false),
            ("each Monday", hours(|day, hour| (day + 3).rem_euclid(7) == 0 && hour == 7), false),
            ("nothing told", hours(|_, _| true), false),
        ] {
            assert_eq!(leaves_no_hour(&silent, 20_000), expected, "{what}");
        }
        let date = |day: i64| Timestamp::from_second(day * DAY_S).unwrap().to_zoned(TimeZone::UTC).day();
        assert!(!leaves_no_hour(&hours(|day, hour| date(day) == 25 && hour == 3), 20_000), "each month on one date");
        assert!(!leaves_no_hour(&[true; 24 * 20], 20_000), "too short");
    }
}
