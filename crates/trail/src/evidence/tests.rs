//! Folding, adding up, keeping.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{AddressRanges, Coverage, EvidenceTally, Evidences, Hours, Keep, PrincipalKind, read_period, write_period};
use crate::{Options, Reader};

fn read(records: &[Value], keep: Keep) -> Evidences {
    let options = Options::default();
    let mut reader = Reader::new(EvidenceTally::new(keep, Arc::new(AddressRanges::default())), &options);
    reader.read_bytes("object", json!({ "Records": records }).to_string().as_bytes());
    let (tally, findings) = reader.finish();
    assert_eq!(findings.records, records.len() as u64, "{findings:?}");
    EvidenceTally::merge(vec![tally])
}

fn record(time: &str, name: &str, identity: Value) -> Value {
    json!({
        "eventVersion": "1.11", "userIdentity": identity, "eventTime": time, "eventSource": "s3.amazonaws.com", "eventName": name,
        "awsRegion": "eu-west-1", "sourceIPAddress": "203.0.113.7", "userAgent": "aws-cli/2.15.24 x", "recipientAccountId": "111122223333",
        "readOnly": true, "managementEvent": false, "eventCategory": "Data",
        "resources": [{"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::b/k"}, {"type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::b"}],
    })
}

fn user(key: &str) -> Value {
    json!({"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/taro", "accessKeyId": key})
}

fn session(role: &str, name: &str) -> Value {
    json!({
        "type": "AssumedRole", "principalId": format!("AROA:{name}"), "arn": format!("arn:aws:sts::111122223333:assumed-role/{role}/{name}"),
        "accessKeyId": "ASIAEXAMPLE",
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": format!("arn:aws:iam::111122223333:role/path/{role}")},
            "attributes": {"mfaAuthenticated": "true"}},
    })
}

const TIME: &str = "2026-03-02T11:05:11Z";

#[test]
fn sessions_are_folded_into_what_they_come_from() {
    let mut assume = record(TIME, "AssumeRole", user("AKIAONE"));
    assume["eventSource"] = json!("sts.amazonaws.com");
    assume["requestParameters"] =
        json!({"roleArn": "arn:aws:iam::111122223333:role/path/deploy", "roleSessionName": "taro"});
    let total = read(
        &[
            record(TIME, "GetObject", user("AKIAONE")),
            record(TIME, "GetObject", user("ASIATEMPORARY")),
            record(TIME, "GetObject", user("")),
            record(TIME, "GetObject", session("deploy", "taro")),
            record(TIME, "GetObject", session("deploy", "i-0123")),
            record(TIME, "GetObject", session("AWSReservedSSO_Admin_0123", "hanako@example.com")),
            record(TIME, "GetObject", json!({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"})),
            record(TIME, "GetObject", json!({"accountId": "1", "invokedBy": "secretsmanager.amazonaws.com"})),
            assume,
        ],
        Keep::Total,
    )
    .total();
    let keys: Vec<(String, u64)> = total
        .principals
        .iter()
        .map(|(key, evidence)| {
            let part = |part: &Option<Arc<str>>| part.as_deref().unwrap_or("-").to_owned();
            (format!("{} {} {}", key.principal, part(&key.access_key), part(&key.opened_by)), evidence.all.events)
        })
        .collect();
    let expected = [
        ("arn:aws:iam::111122223333:role/path/AWSReservedSSO_Admin_0123 - hanako@example.com", 1),
        ("arn:aws:iam::111122223333:role/path/deploy - -", 2),
        ("arn:aws:iam::111122223333:user/taro - -", 2),
        ("arn:aws:iam::111122223333:user/taro AKIAONE -", 2),
        ("ec2.amazonaws.com - -", 1),
        ("secretsmanager.amazonaws.com - -", 1),
    ];
    assert_eq!(keys, expected.map(|(key, events)| (key.to_owned(), events)));
    let opened = &total.openings["arn:aws:iam::111122223333:role/path/deploy"];
    assert_eq!(opened.of_session("taro"), ["arn:aws:iam::111122223333:user/taro"]);
    assert_eq!(opened.of_session("i-0123"), Vec::<&str>::new());
}

#[test]
fn what_was_done_is_counted() {
    let mut denied = record("2026-03-03T23:59:59Z", "PutObject", user("AKIAONE"));
    denied["errorCode"] = json!("AccessDenied");
    denied["readOnly"] = json!(false);
    let mut sign_in = record(TIME, "ConsoleLogin", user(""));
    sign_in["eventSource"] = json!("signin.amazonaws.com");
    sign_in["responseElements"] = json!({"ConsoleLogin": "Success"});
    sign_in["additionalEventData"] = json!({"MFAUsed": "Yes"});
    let total = read(&[record(TIME, "GetObject", user("AKIAONE")), denied, sign_in], Keep::Total).total();
    let (_, key) = total.of("AKIAONE").next().unwrap();
    assert_eq!((key.all.events, key.failed(), key.reads, key.writes), (2, 1, 1, 1));
    assert_eq!(key.kind, PrincipalKind::IamUser);
    assert_eq!(key.succeeded.last, crate::time::parse(TIME.as_bytes()).unwrap());
    assert_eq!(key.actions.get("s3.amazonaws.com:PutObject").unwrap().denied.events, 1);
    assert_eq!(key.resources.get("s3.amazonaws.com:GetObject arn:aws:s3:::b/k").unwrap().events, 1);
    assert_eq!(key.agents.get("aws-cli/2").unwrap().events, 2);
    assert_eq!(key.addresses.get("203.0.113.0/24").unwrap().events, 2);
    assert_eq!((key.hours.get(0, 11), key.hours.get(1, 23), key.hours.get(2, 0)), (1, 1, 0), "a Monday and a Tuesday");
    assert_eq!(key.classes.get("data AWS::S3::Object write").unwrap().events, 1);
    let signed_in: u64 = total.of("taro").map(|(_, evidence)| evidence.sign_ins.with_mfa.events).sum();
    assert_eq!(signed_in, 1);
}

#[test]
fn coverage_knows_gaps_and_classes() {
    let days = ["2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z", "2026-03-07T00:00:00Z"];
    let records: Vec<Value> = days.iter().map(|time| record(time, "GetObject", user("AKIAONE"))).collect();
    let coverage: Coverage = read(&records, Keep::Days).total().coverage;
    let gaps = coverage.gaps();
    assert_eq!((gaps.len(), gaps[0].from_day, gaps[0].to_day), (1, 20_516, 20_518));
    assert_eq!(coverage.seen_since(Some("111122223333"))["data AWS::S3::Object read"], 20_514);
    assert!(coverage.seen_since(Some("1")).is_empty());
}

#[test]
fn a_file_is_read_back_and_damage_is_refused() {
    let total =
        read(&[record(TIME, "GetObject", user("AKIAONE")), record(TIME, "GetObject", session("a", "b"))], Keep::Total)
            .total();
    let file = write_period(total.clone(), 2).unwrap();
    assert_eq!(read_period(&file).unwrap(), total);
    let text = serde_json::to_string(&total).unwrap();
    assert_eq!(serde_json::from_str::<super::Period>(&text).unwrap(), total);
    for at in 0..file.len() {
        let mut damaged = file.clone();
        damaged[at] ^= 4;
        assert!(read_period(&damaged).is_err() && read_period(&file[..at]).is_err(), "{at}");
    }
}

fn any_record() -> impl Strategy<Value = Value> {
    let identity = prop_oneof![
        (0..3_u8).prop_map(|key| user(&format!("AKIA{key}"))),
        (0..3_u8, 0..400_u16).prop_map(|(role, name)| session(&format!("role{role}"), &format!("s{name}"))),
    ];
    (identity, 0..60_u32, 0..4_u8, 0..600_u16, proptest::option::of(0..3_u8)).prop_map(
        |(identity, hour, name, place, error)| {
            let time = format!("2026-03-{:02}T{:02}:00:00Z", 1 + hour / 24, hour % 24);
            let mut made = record(&time, &format!("Call{name}"), identity);
            made["sourceIPAddress"] = json!(format!("10.{}.{}.1", place / 250, place % 250));
            made["resources"][0]["ARN"] = json!(format!("arn:aws:s3:::b/{place}"));
            if let Some(error) = error {
                made["errorCode"] = json!(["AccessDenied", "Throttling", "NoSuchKey"][usize::from(error)]);
            }
            made
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn evidence_of_parts_adds_up_to_evidence_of_the_whole(
        records in proptest::collection::vec(any_record(), 1..900), cut in 0..900_usize,
    ) {
        let whole = read(&records, Keep::Total).total();
        let (left, right) = records.split_at(cut.min(records.len()));
        for keep in [Keep::Total, Keep::Days] {
            let mut parts = read(right, keep);
            parts.merge(read(left, keep));
            prop_assert_eq!(&parts.total(), &whole);
        }
        // Through files as well.
        let mut from_files = super::Period::default();
        for period in read(&records, Keep::Days).periods.into_values() {
            from_files.merge(&read_period(&write_period(period, 1).unwrap()).unwrap());
        }
        prop_assert_eq!(&from_files, &whole);
    }
}

#[test]
fn hours_are_held_once_each_and_read_back() {
    let mut hours = Hours::default();
    let mut expected = BTreeMap::new();
    for number in 0..2000_u64 {
        let hour = u8::try_from(number * number % 167).unwrap();
        hours.add(hour, number);
        *expected.entry(hour).or_insert(0) += number;
    }
    hours.add(168, 1);
    hours.add(255, 1);
    for hour in 0..168 {
        assert_eq!(hours.get(hour / 24, hour % 24), expected.get(&hour).copied().unwrap_or(0), "{hour}");
    }
    assert_eq!((hours.get(7, 0), hours.get(255, 23), hours.get(0, 24)), (0, 0, 0));
    let list: Vec<(u8, u64)> = hours.clone().into();
    assert_eq!(list, expected.into_iter().collect::<Vec<_>>());
    assert_eq!(Hours::try_from(list).unwrap(), hours);
    assert!(Hours::try_from(vec![(168, 1)]).is_err());
}
