//! The scanner against `serde_json` as the oracle, and what it says about damaged text.

use proptest::prelude::*;
use serde_json::Value;

use super::{Flaw, Record, Sink, Speed, scan};

/// All that a record gives, with escapes resolved.
#[derive(Debug, Default, PartialEq)]
struct Seen {
    records: Vec<Vec<Option<String>>>,
    flaws: Vec<(Flaw, usize)>,
}

impl Sink for Seen {
    const WHOLE: bool = true;
    fn record(&mut self, record: &Record<'_>) {
        let (core, more, identity) = (&record.core, &record.more, &record.more.identity);
        let texts = [
            core.account,
            core.arn,
            core.access_key,
            core.time,
            core.source,
            core.name,
            core.address,
            core.error,
            core.region,
            core.id,
            more.agent,
            more.kind,
            more.category,
            more.endpoint,
            identity.kind,
            identity.principal_id,
            identity.account,
            identity.user_name,
            identity.invoked_by,
            identity.provider,
            identity.on_behalf_of,
            identity.issuer,
            identity.source_identity,
            identity.federated_provider,
        ];
        let mut row: Vec<Option<String>> = texts.map(|text| text.map(|text| text.meant().into_owned())).to_vec();
        for flag in [more.read_only, more.management, more.from_console] {
            row.push(flag.map(|flag| flag.to_string()));
        }
        for raw in [more.request, more.response, more.additional] {
            let value: Option<Value> = if raw.is_empty() { None } else { serde_json::from_slice(raw).ok() };
            row.push(value.map(|value| value.to_string()));
        }
        for resource in &record.resources {
            row.push(resource.arn.map(|arn| arn.meant().into_owned()));
        }
        self.records.push(row);
    }
    fn flaw(&mut self, flaw: Flaw, at_byte: usize) {
        self.flaws.push((flaw, at_byte));
    }
}

/// The same with the core only.
#[derive(Debug, Default, PartialEq)]
struct SeenCore(Vec<Vec<Option<String>>>);

impl Sink for SeenCore {
    const WHOLE: bool = false;
    fn record(&mut self, record: &Record<'_>) {
        let core = &record.core;
        let texts = [
            core.account,
            core.arn,
            core.access_key,
            core.time,
            core.source,
            core.name,
            core.address,
            core.error,
            core.region,
            core.id,
        ];
        self.0.push(texts.map(|text| text.map(|text| text.meant().into_owned())).to_vec());
    }
    fn flaw(&mut self, _: Flaw, _: usize) {}
}

fn seen(text: &[u8], speed: Speed) -> Seen {
    let mut seen = Seen::default();
    scan(text, speed, &mut seen);
    seen
}

/// The records as `serde_json` reads them: of members that stand twice the last one counts.
fn oracle(record: &Value) -> Vec<Option<String>> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let identity = &record["userIdentity"];
    let session = &identity["sessionContext"];
    let mut row: Vec<Option<String>> = [
        &record["recipientAccountId"],
        &identity["arn"],
        &identity["accessKeyId"],
        &record["eventTime"],
        &record["eventSource"],
        &record["eventName"],
        &record["sourceIPAddress"],
        &record["errorCode"],
        &record["awsRegion"],
        &record["eventID"],
        &record["userAgent"],
        &record["eventType"],
        &record["eventCategory"],
        &record["vpcEndpointId"],
        &identity["type"],
        &identity["principalId"],
        &identity["accountId"],
        &identity["userName"],
        &identity["invokedBy"],
        &identity["identityProvider"],
        &identity["onBehalfOf"]["userId"],
        &session["sessionIssuer"]["arn"],
        &session["sourceIdentity"],
        &session["webIdFederationData"]["federatedProvider"],
    ]
    .map(text)
    .to_vec();
    for name in ["readOnly", "managementEvent", "sessionCredentialFromConsole"] {
        row.push(match &record[name] {
            Value::Bool(flag) => Some(flag.to_string()),
            Value::String(text) if text == "true" || text == "false" => Some(text.clone()),
            _ => None,
        });
    }
    for name in ["requestParameters", "responseElements", "additionalEventData"] {
        row.push(record.get(name).map(Value::to_string));
    }
    for resource in record["resources"].as_array().into_iter().flatten().filter(|resource| resource.is_object()) {
        let mut names = resource.as_object().unwrap().keys().filter(|key| *key == "ARN" || *key == "arn");
        // Both in one object, as in real logs: the later one counts.
        row.push(names.next_back().and_then(|name| text(&resource[name])));
    }
    row
}

fn string() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => "[a-zA-Z0-9:/._ -]{0,12}",
        1 => "[関✓😀é]{0,3}",
        1 => Just(r#"\""#.to_owned()), 1 => Just(r"\\".to_owned()), 1 => Just(r"\/".to_owned()), 1 => Just(r"\n".to_owned()),
        1 => Just(r"\u0000".to_owned()), 1 => Just(r"\ud83d\ude00".to_owned()), 1 => Just("{[".to_owned()),
        1 => Just("}]".to_owned()), 1 => Just(r#"\"eventName\":\"x\""#.to_owned()), 1 => "x{60,70}",
    ];
    proptest::collection::vec(part, 0..4).prop_map(|parts| format!("\"{}\"", parts.concat()))
}

fn key() -> impl Strategy<Value = String> {
    let known = proptest::sample::select(vec![
        "userIdentity",
        "eventTime",
        "eventSource",
        "eventName",
        "sourceIPAddress",
        "errorCode",
        "recipientAccountId",
        "awsRegion",
        "eventID",
        "userAgent",
        "eventType",
        "eventCategory",
        "readOnly",
        "managementEvent",
        "requestParameters",
        "responseElements",
        "additionalEventData",
        "resources",
        "arn",
        "ARN",
        "accessKeyId",
        "type",
        "sessionContext",
        "sessionIssuer",
        "attributes",
        "mfaAuthenticated",
        "sourceIdentity",
        "onBehalfOf",
        "userId",
        "principalId",
        "userName",
        "invokedBy",
        "requestID",
        "webIdFederationData",
        "federatedProvider",
        "vpcEndpointId",
        "sessionCredentialFromConsole",
        "identityProvider",
        "accountId",
        "eventname",
        "",
        "eventNames",
        r"event\u004eame",
        r"\u0065ventTime",
        r"arn\u0000",
    ]);
    prop_oneof![8 => known.prop_map(|key| format!("\"{key}\"")), 1 => string()]
}

fn space() -> impl Strategy<Value = &'static str> {
    prop_oneof![8 => Just(""), 1 => Just(" "), 1 => Just("\n        "), 1 => Just("\r\n\t")]
}

fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        6 => string(),
        2 => prop_oneof![Just("true"), Just("false"), Just("null"), Just("\"true\""), Just("0"), Just("-1.5e+3")].prop_map(str::to_owned),
        1 => Just("{}".to_owned()), 1 => Just("[]".to_owned()),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| prop_oneof![2 => object(inner.clone()), 1 => list(inner)])
}

fn object(inner: impl Strategy<Value = String> + 'static) -> impl Strategy<Value = String> {
    proptest::collection::vec((space(), key(), space(), space(), inner, space()), 0..8).prop_map(|members| {
        let members: Vec<String> =
            members.into_iter().map(|(a, key, b, c, value, d)| format!("{a}{key}{b}:{c}{value}{d}")).collect();
        format!("{{{}}}", members.join(","))
    })
}

fn list(inner: impl Strategy<Value = String> + 'static) -> impl Strategy<Value = String> {
    proptest::collection::vec((space(), inner, space()), 0..4).prop_map(|elements| {
        let elements: Vec<String> = elements.into_iter().map(|(a, element, b)| format!("{a}{element}{b}")).collect();
        format!("[{}]", elements.join(","))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn records_are_those_of_serde_json(records in proptest::collection::vec((object(value()), space()), 0..6)) {
        let records: Vec<String> = records.into_iter().map(|(record, space)| format!("{record}{space}")).collect();
        let text = format!("{{\"Records\":[{}]}}", records.join(","));
        let read: Value = serde_json::from_str(&text).unwrap();
        let expected: Vec<_> = read["Records"].as_array().unwrap().iter().map(oracle).collect();
        for speed in [Speed::Detected, Speed::Portable] {
            let found = seen(text.as_bytes(), speed);
            prop_assert_eq!(&found.records, &expected, "{}", text);
            prop_assert_eq!(&found.flaws, &vec![]);
        }
        let mut core = SeenCore::default();
        scan(text.as_bytes(), Speed::Detected, &mut core);
        let expected: Vec<Vec<_>> = expected.into_iter().map(|row| row[..10].to_vec()).collect();
        prop_assert_eq!(core.0, expected);
    }

    #[test]
    fn damage_never_panics_and_all_ways_agree(
        record in object(value()), cut in 0..2000_usize, at in 0..2000_usize, byte in any::<u8>(),
    ) {
        let mut text = format!("{{\"Records\":[{record},{record},{record}]}}").into_bytes();
        if let Some(place) = text.get_mut(at) {
            *place = byte;
        }
        text.truncate(text.len().saturating_sub(cut % 50));
        prop_assert_eq!(seen(&text, Speed::Detected), seen(&text, Speed::Portable));
    }

    #[test]
    fn any_bytes_are_endured(text in proptest::collection::vec(
        prop_oneof![Just(b'{'), Just(b'}'), Just(b'['), Just(b']'), Just(b'"'), Just(b'\\'), Just(b':'), Just(b','), any::<u8>()], 0..300,
    )) {
        prop_assert_eq!(seen(&text, Speed::Detected), seen(&text, Speed::Portable));
    }
}

const RECORD: &str = r#"{"eventVersion":"1.11","eventTime":"2026-03-02T11:05:11Z","eventSource":"s3.amazonaws.com","eventName":"GetObject"}"#;

fn found(text: &str) -> (usize, Vec<Flaw>) {
    let seen = seen(text.as_bytes(), Speed::Detected);
    assert_eq!(seen, super::tests::seen(text.as_bytes(), Speed::Portable));
    (seen.records.len(), seen.flaws.into_iter().map(|(flaw, _)| flaw).collect())
}

#[test]
fn forms_of_files() {
    let quoted = serde_json::to_string(RECORD).unwrap();
    for (text, records, flaws) in [
        (format!(r#"{{"Records":[{RECORD},{RECORD}]}}"#), 2, vec![]),
        (format!("\u{feff} {{\"Records\" : [ {RECORD} ] }}\n"), 1, vec![]),
        (r#"{"Records":[]}"#.to_owned(), 0, vec![]),
        (format!(r#"{{"other":{{"Records":[1]}},"Records":[{RECORD}],"x":1}}"#), 1, vec![]),
        (format!("[{RECORD},{RECORD}]"), 2, vec![]),
        (RECORD.to_owned(), 1, vec![]),
        (format!("{RECORD}\n{RECORD}\r\n\n{RECORD}"), 3, vec![]),
        (format!(r#"{{"version":"0","detail-type":"AWS API Call via CloudTrail","detail":{RECORD}}}"#), 1, vec![]),
        (
            format!(r#"{{"Events":[{{"EventName":"GetObject","CloudTrailEvent":{quoted}}}],"NextToken":"x"}}"#),
            1,
            vec![],
        ),
        (format!(r#"{{"Records":[{RECORD}],"Records":[{RECORD}]}}"#), 2, vec![Flaw::RepeatedRecords]),
        (format!(r#"{{"Records":[{RECORD}]}} garbage"#), 1, vec![Flaw::TrailingBytes]),
        (format!(r#"{{"Records":[null,1,"x",{RECORD},[]]}}"#), 1, vec![Flaw::NotARecord; 4]),
        (r#"{"Records":null}"#.to_owned(), 0, vec![]),
        (String::new(), 0, vec![Flaw::Foreign]),
        ("hello".to_owned(), 0, vec![Flaw::Foreign]),
        (r#"{"a":1}"#.to_owned(), 0, vec![Flaw::Foreign]),
        (format!(r#"{{"Records":[{RECORD},{{"eventVersion":"1"#), 1, vec![Flaw::Truncated]),
        (format!(r#"{{"Records":[{RECORD},{{"eventVersion":1 2}},{RECORD}]}}"#), 2, vec![Flaw::MalformedRecord]),
        (format!("{RECORD}\n{{\"a\" 1}}\n{RECORD}"), 2, vec![Flaw::MalformedRecord]),
        (format!(r#"{{"Records":[{RECORD} {RECORD}]}}"#), 1, vec![Flaw::Malformed]),
        // A line that never ends takes no other with it; a list that is cut off does not count its records again.
        (format!("{RECORD}\n{{\"a\":{{\n{RECORD}\n{RECORD}"), 3, vec![Flaw::MalformedRecord]),
        (format!("{{\"Records\":[{RECORD},\n{RECORD},\n{RECORD},\n{{\"a\":"), 3, vec![Flaw::Truncated]),
    ] {
        assert_eq!(found(&text), (records, flaws), "{text}");
    }
}

#[test]
fn a_user_identity_that_stands_again_replaces_the_first() {
    let text = r#"{"eventName":"a","userIdentity":{"arn":"x","accessKeyId":"k","type":"t"},"userIdentity":{"accessKeyId":""},"eventName":"b"}"#;
    let seen = seen(text.as_bytes(), Speed::Detected);
    let row = &seen.records[0];
    assert_eq!(
        (row[1].as_deref(), row[2].as_deref(), row[5].as_deref(), row[14].as_deref()),
        (None, Some(""), Some("b"), None)
    );
}

#[test]
fn a_record_of_64_megabytes_and_deep_nesting_are_walked_in_linear_time() {
    let long = "x".repeat(64 << 20);
    let deep = format!("{}{}", "[".repeat(1 << 20), "]".repeat(1 << 20));
    let many = "\\\"".repeat(1 << 20);
    let text = format!(
        r#"{{"Records":[{{"eventName":"a","requestParameters":{{"p":"{long}"}}}},{{"eventName":"b","responseElements":{deep}}},{{"eventName":"c","x":"{many}"}}]}}"#
    );
    assert_eq!(found(&text), (3, vec![]));
    // Every record reaches to the end of the text; walking them all would take hours.
    let hostile = format!(r#"{{"Records":[{}"#, r#"{"eventVersion":{"#.repeat(200_000));
    assert_eq!(found(&hostile).0, 0);
}
