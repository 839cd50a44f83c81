//! How a bucket with CloudTrail's layout is listed with few calls: which folders are looked into, and which part of them.

use crate::filter::Filter;
use crate::path::is_account;
use crate::time::{self, DAY_S};

/// What is done with a folder of a bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Its folders are looked at one by one.
    Folders,
    /// Everything below is listed in the order of keys.
    All {
        /// From behind this key on.
        after: Option<String>,
        /// Up to this key, which counts no more.
        before: Option<String>,
    },
    /// Nothing below is listed.
    Skip(Skipped),
}

/// Why a folder is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Skipped {
    /// The filter asks for others.
    Filtered,
    /// Digest or Insights files.
    OtherKind,
    /// Another service's logs in the same bucket.
    OtherService,
}

/// What is wanted of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Log files.
    Logs,
    /// Log files and their digests.
    LogsAndDigests,
}

/// What is done with this folder: a key that ends with `/`, or nothing for the whole bucket.
///
/// `AWSLogs/[o-…/]<account>/CloudTrail/<region>/` is where a listing of everything begins: days stand in the order of keys below it,
/// so that the days asked for are one range, and a thousand objects come with a call.
#[must_use]
pub fn step(folder: &str, filter: &Filter, wanted: Wanted) -> Step {
    let parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    let kinds = ["CloudTrail", "CloudTrail-Digest", "CloudTrail-Insight"];
    let kind_at = (1..parts.len()).rev().find(|at| {
        let (before, part) = (parts.get(at - 1), parts.get(*at));
        before.is_some_and(|before| is_account(before)) && part.is_some_and(|part| kinds.contains(part))
    });
    let named = |list: &[String], part: &str| list.is_empty() || list.iter().any(|one| one == part);
    if let Some(at) = kind_at {
        let account = parts.get(at - 1).copied().unwrap_or_default();
        if !named(&filter.accounts, account) {
            return Step::Skip(Skipped::Filtered);
        }
        match parts.get(at).copied() {
            Some("CloudTrail") => {}
            Some("CloudTrail-Digest") if wanted == Wanted::LogsAndDigests => {}
            _ => return Step::Skip(Skipped::OtherKind),
        }
        let Some(region) = parts.get(at + 1) else { return Step::Folders };
        if !named(&filter.regions, region) {
            return Step::Skip(Skipped::Filtered);
        }
        let Some(base) = start_of(folder, at + 2) else { return Step::Folders };
        return Step::All {
            // As `Filter::can_hold`: a day more on either side.
            after: filter.since_s.and_then(|since| day_folder(base, since.div_euclid(DAY_S) - 1)),
            before: filter
                .until_s
                .and_then(|until| day_folder(base, until.saturating_add(DAY_S - 1).div_euclid(DAY_S) + 1)),
        };
    }
    let Some(root) = parts.iter().rposition(|part| *part == "AWSLogs") else { return Step::Folders };
    let mut below = parts.get(root + 1..).unwrap_or_default();
    if let Some((first, rest)) = below.split_first()
        && first.starts_with("o-")
    {
        below = rest;
    }
    match below {
        [account, ..] if is_account(account) && !named(&filter.accounts, account) => Step::Skip(Skipped::Filtered),
        [account, _, ..] if is_account(account) => Step::Skip(Skipped::OtherService),
        _ => Step::Folders,
    }
}

/// The key's first parts, with their `/`.
fn start_of(folder: &str, parts: usize) -> Option<&str> {
    let mut found = 0;
    let mut in_part = false;
    for (at, byte) in folder.bytes().enumerate() {
        if byte == b'/' {
            found += usize::from(in_part);
            in_part = false;
            if found == parts {
                return folder.get(..=at);
            }
        } else {
            in_part = true;
        }
    }
    None
}

/// `…/2026/03/02`: before all keys of that day, and behind all of the day before.
fn day_folder(base: &str, day: i64) -> Option<String> {
    let start = day.checked_mul(DAY_S)?;
    Some(format!("{base}{}", time::text(start).get(..10)?.replace('-', "/")))
}

#[cfg(test)]
mod tests {
    use super::{Skipped, Step, Wanted, step};
    use crate::filter::Filter;
    use crate::path::ObjectPath;

    const REGION: &str = "logs/AWSLogs/o-exampleorg1/111122223333/CloudTrail/eu-west-1/";

    #[test]
    fn folders_are_walked_down_to_the_region_and_others_left_out() {
        let all = Filter::default();
        for folder in ["", "logs/", "logs/AWSLogs/", "AWSLogs/o-exampleorg1/", "AWSLogs/111122223333/", "other/2026/"] {
            assert_eq!(step(folder, &all, Wanted::Logs), Step::Folders, "{folder}");
        }
        assert_eq!(step("AWSLogs/111122223333/CloudTrail/", &all, Wanted::Logs), Step::Folders);
        for at in [REGION, "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/"] {
            assert_eq!(step(at, &all, Wanted::Logs), Step::All { after: None, before: None }, "{at}");
        }
        let digests = "AWSLogs/111122223333/CloudTrail-Digest/";
        assert_eq!(step(digests, &all, Wanted::Logs), Step::Skip(Skipped::OtherKind));
        assert_eq!(step(digests, &all, Wanted::LogsAndDigests), Step::Folders);
        let other = "AWSLogs/111122223333/elasticloadbalancing/";
        assert_eq!(step(other, &all, Wanted::Logs), Step::Skip(Skipped::OtherService));
        let one =
            Filter { accounts: vec!["444455556666".into()], regions: vec!["us-east-1".into()], ..Filter::default() };
        assert_eq!(step(REGION, &one, Wanted::Logs), Step::Skip(Skipped::Filtered));
        assert_eq!(step("AWSLogs/111122223333/", &one, Wanted::Logs), Step::Skip(Skipped::Filtered));
        assert_eq!(step("AWSLogs/444455556666/", &one, Wanted::Logs), Step::Folders);
        let region = "AWSLogs/444455556666/CloudTrail/eu-west-1/";
        assert_eq!(step(region, &one, Wanted::Logs), Step::Skip(Skipped::Filtered));
    }

    #[test]
    fn the_range_of_days_is_what_the_filter_can_hold() {
        let day = 20_514 * 86_400;
        for (since, until) in
            [(day, day + 86_400), (day + 1, day + 1), (day - 1, day + 86_401), (day + 86_399, day + 5)]
        {
            let filter = Filter { since_s: Some(since), until_s: Some(until), ..Filter::default() };
            let Step::All { after: Some(after), before: Some(before) } = step(REGION, &filter, Wanted::Logs) else {
                panic!("{filter:?}")
            };
            for number in 20_505..20_525 {
                let date = crate::time::text(number * 86_400);
                let key = format!("{REGION}{}/111122223333_x.json.gz", date[..10].replace('-', "/"));
                let listed = key > after && key < before;
                assert_eq!(listed, filter.can_hold(&ObjectPath::parse(&key)), "{key} {after} {before}");
            }
        }
    }
}
