//! Which classes of events could have been seen, and since when. "Never used" means nothing without it.

use std::collections::BTreeSet;

use crate::bookmark::RecordedFrom;
use crate::evidence::Coverage;
use crate::selectors::Recorded;
use crate::time::DAY_S;

/// A class of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visibility {
    /// As [`Covered::classes`](crate::evidence::Covered::classes) names it.
    pub class: String,
    /// Whether trails record it, as their selectors were last read.
    pub recorded: Recorded,
    /// The first day (since 1970) on which one was seen.
    pub seen_since: Option<i64>,
    /// The first day since which one could have been seen: it was, or a trail was known to record it.
    pub visible_since: Option<i64>,
}

/// All classes that were seen or that a selector names, for an account or for all.
#[must_use]
pub fn visibility(coverage: &Coverage, recordings: &[RecordedFrom], account: Option<&str>) -> Vec<Visibility> {
    let seen = coverage.seen_since(account);
    let days = coverage.parts.keys().filter(|key| account.is_none_or(|account| account == &*key.account));
    let days: BTreeSet<i64> = days.map(|key| key.day).collect();
    let mut classes: BTreeSet<String> = seen.keys().cloned().collect();
    if let Some(last) = recordings.last() {
        classes.extend(last.recording.classes());
    }
    let told = classes.into_iter().map(|class| {
        let of = |from: &RecordedFrom| from.recording.of_class(account, &class);
        let is_taken = |recorded: &Recorded| matches!(recorded, Recorded::Whole | Recorded::Partly(_));
        let recorded = recordings.last().map_or(Recorded::Unknown, of);
        // Since when without a break; before that nobody knows what the selectors were.
        let known = recordings.iter().rev().take_while(|from| is_taken(&of(from))).last();
        let known_since = known.and_then(|from| {
            let since = from.read_s.div_euclid(DAY_S).max(*days.first()?);
            (since <= *days.last()?).then_some(since)
        });
        let seen_since = seen.get(&class).copied();
        let visible_since = seen_since.into_iter().chain(known_since).min();
        Visibility { class, recorded, seen_since, visible_since }
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::visibility;
    use crate::bookmark::RecordedFrom;
    use crate::evidence::{Coverage, CoverageKey, Covered, EvidenceTally, Keep};
    use crate::selectors::{Recorded, Recording};
    use crate::{Options, Reader};
    use serde_json::json;

    fn covered() -> Coverage {
        let record = |time: &str| {
            json!({"eventTime": time, "eventSource": "iam.amazonaws.com", "eventName": "GetUser", "awsRegion": "us-east-1",
                "recipientAccountId": "111122223333", "readOnly": true, "managementEvent": true, "eventCategory": "Management",
                "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/taro"}})
        };
        let options = Options::default();
        let mut reader = Reader::new(EvidenceTally::new(Keep::Total, std::sync::Arc::default()), &options);
        let text = json!({"Records": [record("2026-03-02T11:05:11Z"), record("2026-03-05T11:05:11Z")]}).to_string();
        reader.read_bytes("log", text.as_bytes());
        let mut coverage = EvidenceTally::merge(vec![reader.finish().0]).total().coverage;
        let other = CoverageKey { account: "444455556666".into(), region: "us-east-1".into(), day: 20_500 };
        coverage.parts.insert(other, Covered::default());
        coverage
    }

    fn recorded(day: i64, kind: &str) -> RecordedFrom {
        let answer = json!({"TrailARN": "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main", "EventSelectors": [
            {"ReadWriteType": "All", "DataResources": [{"Type": kind, "Values": ["arn:aws:s3"]}]}]});
        RecordedFrom { read_s: day * 86_400 + 5, recording: Recording::parse(answer.to_string().as_bytes()).unwrap() }
    }

    #[test]
    fn a_class_is_visible_since_it_was_seen_or_known_to_be_recorded() {
        let coverage = covered();
        let of = |recordings: &[RecordedFrom], class: &str| {
            let all = visibility(&coverage, recordings, Some("111122223333"));
            let found = all.into_iter().find(|one| one.class == class);
            found.map(|one| (one.recorded, one.seen_since, one.visible_since))
        };
        assert_eq!(of(&[], "management read"), Some((Recorded::Unknown, Some(20_514), Some(20_514))));
        assert_eq!(of(&[], "management write"), None, "nobody knows about it");
        let s3 = "AWS::S3::Object";
        let data = "data AWS::S3::Object read";
        // Read on the fourth of March: from then on it could have been seen; two days before, nobody knows.
        assert_eq!(of(&[recorded(20_516, s3)], data), Some((Recorded::Whole, None, Some(20_516))));
        assert_eq!(of(&[recorded(20_516, s3)], "management read"), Some((Recorded::Whole, Some(20_514), Some(20_514))));
        assert_eq!(
            of(&[recorded(20_400, s3)], data),
            Some((Recorded::Whole, None, Some(20_514))),
            "not before the log"
        );
        assert_eq!(of(&[recorded(20_700, s3)], data), Some((Recorded::Whole, None, None)), "not after it");
        let changed = [recorded(20_400, "AWS::DynamoDB::Table"), recorded(20_516, s3)];
        assert_eq!(of(&changed, data), Some((Recorded::Whole, None, Some(20_516))));
        let gone = [recorded(20_400, s3), recorded(20_516, "AWS::DynamoDB::Table")];
        assert_eq!(of(&gone, data), None);
    }
}
