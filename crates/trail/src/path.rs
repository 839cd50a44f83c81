//! What the name of an object tells: `AWSLogs/[o-…/]<account>/CloudTrail/<region>/<year>/<month>/<day>/<file>`.

use std::collections::BTreeMap;

use crate::bookmark::unique_name;
use crate::filter::Filter;
use crate::time;

/// What a path of CloudTrail's layout tells; parts are missing where the path has another form.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ObjectPath<'a> {
    /// The account.
    pub account: Option<&'a str>,
    /// The region.
    pub region: Option<&'a str>,
    /// The day of delivery, since 1970.
    pub day: Option<i64>,
    /// The time of delivery in the file's name, since 1970.
    pub delivered_s: Option<i64>,
    /// Which of CloudTrail's kinds of files it is.
    pub kind: ObjectKind,
}

/// Kinds of files that CloudTrail writes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ObjectKind {
    /// Records.
    #[default]
    Log,
    /// Hashes and signatures of log files.
    Digest,
    /// Insights events: not calls of anybody.
    Insight,
}

impl<'a> ObjectPath<'a> {
    /// Reads a path; `/` and `\` part it.
    #[must_use]
    pub fn parse(path: &'a str) -> Self {
        let mut found = Self::default();
        let parts: Vec<&str> = path.split(['/', '\\']).collect();
        let kinds = [
            ("CloudTrail", ObjectKind::Log),
            ("CloudTrail-Digest", ObjectKind::Digest),
            ("CloudTrail-Insight", ObjectKind::Insight),
        ];
        for (at, part) in parts.iter().enumerate() {
            let Some((_, kind)) = kinds.iter().find(|(name, _)| name == part) else { continue };
            let before = at.checked_sub(1).and_then(|before| parts.get(before));
            let Some(account) = before.filter(|account| is_account(account)) else { continue };
            found = Self { account: Some(account), region: parts.get(at + 1).copied(), kind: *kind, ..Self::default() };
            if let Some([year, month, day]) = parts.get(at + 2..at + 5) {
                found.day =
                    time::parse(format!("{year}-{month}-{day}T00:00:00Z").as_bytes()).map(|start| start / time::DAY_S);
            }
        }
        if let Some(file) = parts.last() {
            found.read_name(file);
        }
        found
    }

    /// `111122223333_CloudTrail_us-east-1_20260302T1105Z_A6kvhMoVeCsc7v8U.json.gz`
    fn read_name(&mut self, file: &'a str) {
        let mut parts = file.split('_');
        let (Some(account), Some(kind)) = (parts.next(), parts.next()) else { return };
        if !is_account(account) || !kind.starts_with("CloudTrail") {
            return;
        }
        self.account.get_or_insert(account);
        self.kind = match kind {
            "CloudTrail-Digest" => ObjectKind::Digest,
            "CloudTrail-Insight" => ObjectKind::Insight,
            _ => self.kind,
        };
        let Some(region) = parts.next() else { return };
        self.region.get_or_insert(region);
        // A digest's time is the last part of its name, and is followed by the extension.
        let is_digest = self.kind == ObjectKind::Digest;
        let bare = |part: &'a str| if is_digest { part.split('.').next().unwrap_or(part) } else { part };
        self.delivered_s = parts.filter_map(|part| compact_time(bare(part))).next();
        if self.day.is_none() {
            self.day = self.delivered_s.map(|delivered| delivered.div_euclid(time::DAY_S));
        }
    }
}

pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `20260302T1105Z` and `20260302T110500Z`
fn compact_time(text: &str) -> Option<i64> {
    let part = |from: usize, to: usize| text.get(from..to);
    let seconds = if text.len() == 16 { part(13, 15)? } else { "00" };
    let long = format!("{}-{}-{}T{}:{}:{seconds}Z", part(0, 4)?, part(4, 6)?, part(6, 8)?, part(9, 11)?, part(11, 13)?);
    if !matches!(text.len(), 14 | 16) || !text.ends_with('Z') || part(8, 9) != Some("T") {
        return None;
    }
    time::parse(long.as_bytes())
}

/// Which of many objects are to be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Their numbers, in the order of their names.
    pub numbers: Vec<usize>,
    /// Objects that are there under another name as well: the same file in two folders, or compressed and not.
    pub repeated: usize,
    /// Objects that the filter leaves out by their path.
    pub pruned: usize,
    /// Digest and Insights files.
    pub other_kinds: usize,
}

/// Chooses the objects to read: each of CloudTrail's files once (its name holds a random part and is unique), what the filter
/// can take, logs only.
pub fn select<'a>(names: impl IntoIterator<Item = &'a str>, filter: &Filter) -> Selection {
    let mut chosen: BTreeMap<&str, (&str, usize)> = BTreeMap::new();
    let mut selection = Selection::default();
    for (number, name) in names.into_iter().enumerate() {
        let path = ObjectPath::parse(name);
        if path.kind != ObjectKind::Log {
            selection.other_kinds += 1;
            continue;
        }
        if !filter.can_hold(&path) {
            selection.pruned += 1;
            continue;
        }
        let key = unique_name(&path, name).unwrap_or(name);
        match chosen.entry(key) {
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert((name, number));
            }
            std::collections::btree_map::Entry::Occupied(mut held) => {
                selection.repeated += 1;
                if name < held.get().0 {
                    held.insert((name, number));
                }
            }
        }
    }
    let mut numbers: Vec<(&str, usize)> = chosen.into_values().collect();
    numbers.sort_unstable();
    selection.numbers = numbers.into_iter().map(|(_, number)| number).collect();
    selection
}

#[cfg(test)]
mod tests {
    use super::{ObjectKind, ObjectPath, select};
    use crate::filter::Filter;

    const NAME: &str = "AWSLogs/o-exampleorg1/111122223333/CloudTrail/eu-west-1/2026/03/02/111122223333_CloudTrail_eu-west-1_20260302T1105Z_A6kvhMoVeCsc7v8U.json.gz";

    #[test]
    fn paths_tell_account_region_and_day() {
        let found = ObjectPath::parse(NAME);
        assert_eq!((found.account, found.region), (Some("111122223333"), Some("eu-west-1")));
        assert_eq!(found.day, Some(20_514));
        assert_eq!(found.delivered_s, Some(20_514 * 86_400 + 11 * 3600 + 5 * 60));
        let bare = ObjectPath::parse(NAME.rsplit('/').next().unwrap());
        assert_eq!(bare, found, "the file's name alone tells the same");
        assert_eq!(ObjectPath::parse("logs/today.json"), ObjectPath::default());
        let digest = NAME.replace("CloudTrail/", "CloudTrail-Digest/").replace("_CloudTrail_", "_CloudTrail-Digest_");
        assert_eq!(ObjectPath::parse(&digest).kind, ObjectKind::Digest);
        let named = "111122223333_CloudTrail-Digest_eu-west-1_main_eu-west-1_20260302T110500Z.json.gz";
        assert_eq!(ObjectPath::parse(named).delivered_s, found.delivered_s);
    }

    #[test]
    fn an_object_counts_once_and_filters_prune() {
        let other = format!("copy/{}", NAME.rsplit('/').next().unwrap().trim_end_matches(".gz"));
        let names = [NAME, &other, "a/x.json", "b/x.json"];
        let found = select(names, &Filter::default());
        assert_eq!((found.numbers, found.repeated), (vec![0, 2, 3], 1));
        let day = 20_514 * 86_400;
        for (filter, kept) in [
            (Filter { accounts: vec!["111122223333".to_owned()], ..Filter::default() }, true),
            (Filter { accounts: vec!["111122223334".to_owned()], ..Filter::default() }, false),
            (Filter { regions: vec!["us-east-1".to_owned()], ..Filter::default() }, false),
            (Filter { since_s: Some(day + 86_400), ..Filter::default() }, true),
            (Filter { since_s: Some(day + 2 * 86_400), ..Filter::default() }, false),
            (Filter { until_s: Some(day - 86_400), ..Filter::default() }, false),
            (Filter { until_s: Some(day - 86_399), ..Filter::default() }, true),
        ] {
            assert_eq!(!select([NAME], &filter).numbers.is_empty(), kept, "{filter:?}");
        }
    }
}
