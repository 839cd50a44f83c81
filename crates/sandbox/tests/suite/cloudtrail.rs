//! What is recorded, when it can be looked up, and the files in S3.

use jiff::SignedDuration;
use sandbox::{Config, Span, TrailSettings};
use serde_json::{Value, json};

use crate::support::Desk;

const BUCKET: &str = "sandbox-organization-trail";

fn look_up(desk: &mut Desk, attribute: Option<(&str, &str)>) -> Vec<Value> {
    let client = desk.management.clone();
    let attributes: Vec<Value> =
        attribute.into_iter().map(|(key, value)| json!({"AttributeKey": key, "AttributeValue": value})).collect();
    let (mut found, mut token) = (Vec::new(), Value::Null);
    loop {
        let mut body = json!({"LookupAttributes": attributes});
        if !token.is_null() {
            body["NextToken"] = token;
        }
        let page = desk.ask(&client, "CloudTrail_20131101.LookupEvents", body).unwrap();
        found.extend(page["Events"].as_array().unwrap().iter().cloned());
        token = page["NextToken"].clone();
        if token.is_null() {
            return found;
        }
    }
}

fn record(event: &Value) -> Value {
    serde_json::from_str(event["CloudTrailEvent"].as_str().unwrap()).unwrap()
}

/// Keys of the bucket.
fn keys(desk: &mut Desk) -> Vec<String> {
    let client = desk.management.clone();
    let told = client.rest(&mut desk.sandbox, desk.now, "s3", ("GET", &format!("/{BUCKET}?list-type=2")));
    assert_eq!(told.status, 200, "{}", told.text());
    told.text().split("<Key>").skip(1).map(|part| part.split('<').next().unwrap().to_owned()).collect()
}

fn inflated(desk: &mut Desk, key: &str) -> Value {
    let client = desk.management.clone();
    let told = client.rest(&mut desk.sandbox, desk.now, "s3", ("GET", &format!("/{BUCKET}/{key}")));
    assert_eq!(told.status, 200);
    let packed = &told.body[10..told.body.len() - 8];
    serde_json::from_slice(&miniz_oxide::inflate::decompress_to_vec(packed).unwrap()).unwrap()
}

#[test]
fn records_have_cloudtrail_s_shape() {
    let mut desk = Desk::calm();
    desk.sso("CreatePermissionSet", json!({"Name": "Probe", "Description": "x"})).unwrap();
    desk.ids("CreateGroup", json!({"DisplayName": "secret society"})).unwrap();
    desk.sso("DescribePermissionSet", json!({"PermissionSetArn": desk.set("Developer")})).unwrap();
    let mut lines = String::new();
    for name in ["CreatePermissionSet", "CreateGroup", "DescribePermissionSet"] {
        let [event] = look_up(&mut desk, Some(("EventName", name))).try_into().unwrap();
        let text = serde_json::to_string_pretty(&record(&event)).unwrap();
        lines.push_str(&text);
        lines.push('\n');
    }
    insta::assert_snapshot!(lines);
}

#[test]
fn who_is_not_known_is_not_recorded() {
    let mut desk = Desk::calm();
    let stranger = sandbox::Client::new(&sandbox::KeyPair::new("AKIANOSUCHKEY0000000", "x"), "ap-northeast-1");
    desk.ask(&stranger, "SWBExternalService.ListInstances", json!({})).unwrap_err();
    assert_eq!(look_up(&mut desk, Some(("EventName", "ListInstances"))).len(), 0);
}

#[test]
fn events_can_be_looked_up_late_and_in_order() {
    let delay = Span::milliseconds(120_000, 300_000);
    let trail = TrailSettings { delay, ..TrailSettings::default() };
    let mut desk = Desk::sample(Config { trail: Some(trail), ..Config::calm() });
    let mut seen = 0;
    for minute in 0..30 {
        desk.sso("CreatePermissionSet", json!({"Name": format!("Probe{minute}")})).unwrap();
        let found = look_up(&mut desk, Some(("EventName", "CreatePermissionSet")));
        assert!(found.len() >= seen, "what was seen stays");
        assert!(found.len() <= minute.max(1), "nothing is there within two minutes");
        assert!(found.len() + 6 > minute, "and everything within five");
        seen = found.len();
        desk.pass_ms(60_000);
    }
    assert!(seen > 20);
}

#[test]
fn five_minutes_of_an_account_and_region_are_one_object() {
    let mut desk = Desk::calm();
    let user = desk.management.clone();
    for _ in 0..3 {
        desk.sso("ListPermissionSets", json!({})).unwrap();
        user.query(&mut desk.sandbox, desk.now, "ListUsers", &[]);
        desk.pass_ms(60_000);
    }
    desk.enter("minimo-dev");
    assert_eq!(keys(&mut desk), [""; 0], "the five minutes are not over");
    desk.pass_ms(180_000);
    let found = keys(&mut desk);
    let account = desk.sandbox.management_account();
    let member = desk.account("minimo-dev");
    let told: Vec<(String, usize)> = found
        .iter()
        .map(|key| {
            let records = inflated(&mut desk, key)["Records"].as_array().unwrap().len();
            let (folder, name) = key.rsplit_once('/').unwrap();
            let stem = name.rsplit_once('_').unwrap().0.to_owned();
            (format!("{}/{stem}", folder.split_once('/').unwrap().1.split_once('/').unwrap().1), records)
        })
        .collect();
    let wanted = |account: &str, region: &str, count: usize| {
        let name = format!("{account}/CloudTrail/{region}/2026/11/22/{account}_CloudTrail_{region}_20261122T0005Z");
        (name, count)
    };
    let account = account.to_string();
    let mut expected = vec![
        wanted(&account, "ap-northeast-1", 4),
        wanted(&account, "us-east-1", 3),
        wanted(&member, "ap-northeast-1", 1),
    ];
    expected.sort();
    assert_eq!(told, expected);
    assert!(found.iter().all(|key| key.starts_with("AWSLogs/o-") && key.ends_with(".json.gz")));
    let status = desk.ask(&user, "CloudTrail_20131101.GetTrailStatus", json!({"Name": "organization-trail"})).unwrap();
    assert_eq!(status["LatestDeliveryTime"], json!(1_795_305_900.0));
}

#[test]
fn memory_and_bucket_are_bounded() {
    let trail = TrailSettings { kept_bytes: 100_000, object_bytes: 20_000, ..TrailSettings::default() };
    let mut desk = Desk::sample(Config { trail: Some(trail), ..Config::calm() });
    for _ in 0..2_000 {
        desk.sso("ListPermissionSets", json!({})).unwrap();
        desk.now += SignedDuration::from_secs(10);
    }
    let events = look_up(&mut desk, None).len();
    assert!((30..200).contains(&events), "{events}");
    let objects = keys(&mut desk).len();
    assert!((5..60).contains(&objects), "{objects}");
}

#[test]
fn without_cloudtrail_nothing_is_recorded_and_nothing_else_changes() {
    let history = |config: Config| {
        let mut desk = Desk::sample(config);
        let first = desk.sso("CreatePermissionSet", json!({"Name": "Probe"})).unwrap();
        (first, desk.assign("minimo-dev", "Probe", "group:sre").unwrap())
    };
    assert_eq!(history(Config::calm()), history(Config { trail: None, ..Config::calm() }));
    let mut desk = Desk::sample(Config { trail: None, ..Config::calm() });
    assert_eq!(look_up(&mut desk, None).len(), 0);
    let client = desk.management.clone();
    assert_eq!(desk.ask(&client, "CloudTrail_20131101.DescribeTrails", json!({})).unwrap()["trailList"], json!([]));
}

#[test]
fn lookups_are_throttled_by_account_and_region() {
    let mut desk = Desk::sample(Config { rates: Config::default().rates, ..Config::calm() });
    let client = desk.management.clone();
    let ask = |desk: &mut Desk| desk.ask(&client, "CloudTrail_20131101.LookupEvents", json!({})).err();
    let told: Vec<_> = (0..3).map(|_| ask(&mut desk)).collect();
    assert_eq!(told, [None, None, Some("ThrottlingException".to_owned())]);
    desk.pass_ms(500);
    assert_eq!(ask(&mut desk), None);
    let other = desk.delegated.clone();
    assert!(desk.ask(&other, "CloudTrail_20131101.LookupEvents", json!({})).is_ok(), "another account");
}

#[test]
fn a_console_sign_in_is_an_event() {
    let mut desk = Desk::calm();
    let client = desk.management.clone();
    for (operation, fields) in [
        ("CreateUser", vec![("UserName", "taro")]),
        ("CreateLoginProfile", vec![("UserName", "taro"), ("Password", "correct horse battery 1")]),
    ] {
        assert_eq!(client.query(&mut desk.sandbox, desk.now, operation, &fields).status, 200);
    }
    let account = desk.sandbox.management_account();
    assert!(desk.sandbox.console_sign_in(account, "taro", desk.now));
    let config = desk.sandbox.config();
    let client = sandbox::Client::new(&config.administrator, "us-east-1");
    let body = json!({"LookupAttributes": [{"AttributeKey": "Username", "AttributeValue": "taro"}]});
    let told = desk.ask(&client, "CloudTrail_20131101.LookupEvents", body).unwrap();
    let record = record(&told["Events"][0]);
    assert_eq!(record["responseElements"], json!({"ConsoleLogin": "Success"}));
    let body = json!({"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "CreateLoginProfile"}]});
    let told = desk.ask(&client, "CloudTrail_20131101.LookupEvents", body).unwrap();
    assert!(!told.to_string().contains("battery"), "{told}");
}
