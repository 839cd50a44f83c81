//! From records to what decisions need.

use std::sync::Arc;

use serde_json::{Value, json};
use trail::evidence::{EvidenceTally, Keep};
use trail::selectors::Recording;
use trail::{Bookmark, Options, Reader};

use super::IamEvidence;

const ARN: &str = "arn:aws:iam::111122223333:user/team/taro";

fn record(time: &str, key: &str, account: &str) -> Value {
    json!({
        "eventVersion": "1.11", "userIdentity": {"type": "IAMUser", "arn": ARN, "accessKeyId": key, "accountId": "111122223333"},
        "eventTime": time, "eventSource": "s3.amazonaws.com", "eventName": "ListBuckets", "awsRegion": "ap-northeast-1",
        "sourceIPAddress": "203.0.113.7", "userAgent": "aws-cli/2.15.24", "recipientAccountId": account, "readOnly": true,
        "managementEvent": true, "eventCategory": "Management",
    })
}

fn add(evidence: &mut IamEvidence, records: &[Value]) {
    let options = Options::default();
    let mut reader = Reader::new(EvidenceTally::new(Keep::Days, Arc::default()), &options);
    reader.read_bytes("log", json!({ "Records": records }).to_string().as_bytes());
    for (day, period) in EvidenceTally::merge(vec![reader.finish().0]).periods {
        evidence.add(day, &period);
    }
}

#[test]
fn keys_days_and_hours_are_kept_apart() {
    let mut evidence = IamEvidence::new();
    let mine = "111122223333";
    add(
        &mut evidence,
        &[record("2026-03-02T01:05:11Z", "AKIAONE", mine), record("2026-03-02T23:05:11Z", "AKIAONE", mine)],
    );
    add(
        &mut evidence,
        &[
            record("2026-03-04T01:05:11Z", "AKIAONE", mine),
            record("2026-03-04T01:05:11Z", "ASIATEMPORARY", mine),
            record("2026-03-04T01:05:11Z", "AKIAONE", "444455556666"),
        ],
    );
    let recording = json!({"TrailARN": "arn:aws:cloudtrail:ap-northeast-1:111122223333:trail/main", "EventSelectors": [
        {"ReadWriteType": "All", "IncludeManagementEvents": true, "DataResources": []}]});
    let mut bookmark = Bookmark { is_complete: true, ..Bookmark::default() };
    bookmark.note_recording(Recording::parse(recording.to_string().as_bytes()).unwrap(), 1_772_600_000);
    let used = evidence.finish(&bookmark);
    let user = &used.users[ARN];
    let key = &user.keys["AKIAONE"];
    assert_eq!(
        (key.all.events, key.days.len(), user.keyless.all.events),
        (3, 2, 1),
        "another account's copy does not count"
    );
    let hours: Vec<u32> = key.days.values().map(|day| day.hours).collect();
    assert_eq!(hours, [1 << 1 | 1 << 23, 1 << 1]);
    assert_eq!(key.actions["s3.amazonaws.com:ListBuckets"].days.len(), 2);
    let coverage = &used.coverage[&model::AccountId::new("111122223333").unwrap()];
    assert_eq!((coverage.gap_days().len(), coverage.length_days()), (1, 3));
    assert_eq!(coverage.classes["management read"].is_recorded, Some(true));
    assert!(coverage.flaws.is_empty());
}

#[test]
fn what_the_bookmark_lacks_is_a_flaw() {
    let mut evidence = IamEvidence::new();
    add(&mut evidence, &[record("2026-03-02T01:05:11Z", "AKIAONE", "111122223333")]);
    let used = evidence.finish(&Bookmark::default());
    let coverage = used.coverage.values().next().unwrap();
    assert_eq!(coverage.flaws.iter().collect::<Vec<_>>(), ["the scan did not come to its end"]);
    assert_eq!(coverage.classes["management read"].is_recorded, None);
}
