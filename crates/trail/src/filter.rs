//! Which records count, and which objects can hold such.

use crate::path::ObjectPath;
use crate::scan::{Core, Text};
use crate::time::DAY_S;

/// Which records count. Empty lists and missing bounds take everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Accounts, as `recipientAccountId`; a record that names none is taken.
    pub accounts: Vec<String>,
    /// Regions, as `awsRegion`.
    pub regions: Vec<String>,
    /// The first second that counts, since 1970.
    pub since_s: Option<i64>,
    /// The first second that counts no more.
    pub until_s: Option<i64>,
}

impl Filter {
    /// Whether a record counts.
    #[inline]
    pub(crate) fn takes(&self, core: &Core<'_>, time_s: i64) -> bool {
        let within =
            self.since_s.is_none_or(|since| time_s >= since) && self.until_s.is_none_or(|until| time_s < until);
        within && named(&self.accounts, core.account) && named(&self.regions, core.region)
    }

    /// Whether an object can hold a record that counts. CloudTrail delivers within hours and puts what it delivers into the folder
    /// of the day of delivery, so that a day more is looked at on either side.
    #[must_use]
    pub fn can_hold(&self, path: &ObjectPath<'_>) -> bool {
        let listed = |list: &[String], part: Option<&str>| {
            list.is_empty() || part.is_none_or(|part| list.iter().any(|one| one == part))
        };
        let begins = path.day.map(|day| (day - 1) * DAY_S);
        let ends = path.day.map(|day| (day + 2) * DAY_S);
        listed(&self.accounts, path.account)
            && listed(&self.regions, path.region)
            && self.since_s.is_none_or(|since| ends.is_none_or(|ends| ends > since))
            && self.until_s.is_none_or(|until| begins.is_none_or(|begins| begins < until))
    }
}

fn named(list: &[String], text: Option<Text<'_>>) -> bool {
    list.is_empty() || text.is_none_or(|text| list.iter().any(|one| *one == text.meant()))
}
