use super::{Recorded, Recording, SelectorsError};
use serde_json::{Value, json};

const ARN: &str = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/main";

fn recording(answers: &[Value]) -> Recording {
    let texts: Vec<String> = answers.iter().map(Value::to_string).collect();
    Recording::parse(texts.join("\n").as_bytes()).unwrap()
}

fn partly(reason: &str) -> Recorded {
    Recorded::Partly([reason.to_owned()].into())
}

#[test]
fn a_trail_records_management_events_and_nothing_else_by_default() {
    let found = recording(&[json!({
        "TrailARN": ARN,
        "EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": true, "DataResources": [],
            "ExcludeManagementEventSources": []}]
    })]);
    assert_eq!(found.of_class(None, "management read"), Recorded::Whole);
    assert_eq!(found.of_class(None, "management write"), Recorded::Whole);
    assert_eq!(found.of_class(Some("111122223333"), "data AWS::S3::Object read"), Recorded::No);
    assert_eq!(found.classes().len(), 2);
}

#[test]
fn older_selectors_name_resources_and_exclusions() {
    let found = recording(&[json!({
        "TrailARN": ARN,
        "EventSelectors": [
            {"ReadWriteType": "WriteOnly", "ExcludeManagementEventSources": ["kms.amazonaws.com"],
             "DataResources": [
                {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]},
                {"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda:eu-west-1:111122223333:function:one"]}]},
            {"ReadWriteType": "ReadOnly", "IncludeManagementEvents": false,
             "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::photos/", "arn:aws:s3:::mail/"]}]}]
    })]);
    for (class, expected) in [
        ("management read", Recorded::No),
        ("management write", partly("without kms.amazonaws.com")),
        ("management", Recorded::Partly(["without kms.amazonaws.com", "writes only"].map(str::to_owned).into())),
        ("data AWS::S3::Object write", Recorded::Whole),
        ("data AWS::S3::Object read", partly("only arn:aws:s3:::mail/, arn:aws:s3:::photos/")),
        ("data AWS::Lambda::Function write", partly("only arn:aws:lambda:eu-west-1:111122223333:function:one")),
        ("data AWS::DynamoDB::Table write", Recorded::No),
    ] {
        assert_eq!(found.of_class(None, class), expected, "{class}");
    }
}

#[test]
fn advanced_selectors_are_joined_by_or_and_their_fields_by_and() {
    let found = recording(&[json!({
        "TrailARN": ARN,
        "AdvancedEventSelectors": [
            {"Name": "management", "FieldSelectors": [
                {"Field": "eventCategory", "Equals": ["Management"]},
                {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com", "rdsdata.amazonaws.com"]}]},
            {"FieldSelectors": [
                {"Field": "eventCategory", "Equals": ["Data"]},
                {"Field": "resources.type", "Equals": ["AWS::DynamoDB::Table"]},
                {"Field": "readOnly", "Equals": ["false"]}]},
            {"FieldSelectors": [
                {"Field": "eventCategory", "Equals": ["Data"]},
                {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
                {"Field": "eventName", "StartsWith": ["Delete"]},
                {"Field": "resources.ARN", "NotStartsWith": ["arn:aws:s3:::logs/"]}]}]
    })]);
    for (class, expected) in [
        ("management read", partly("without kms.amazonaws.com, rdsdata.amazonaws.com")),
        ("data AWS::DynamoDB::Table write", Recorded::Whole),
        ("data AWS::DynamoDB::Table read", Recorded::No),
        (
            "data AWS::S3::Object write",
            Recorded::Partly(
                ["only eventName StartsWith Delete", "only resources.ARN NotStartsWith arn:aws:s3:::logs/"]
                    .map(str::to_owned)
                    .into(),
            ),
        ),
        ("networkactivity read", Recorded::No),
    ] {
        assert_eq!(found.of_class(None, class), expected, "{class}");
    }
    assert!(found.classes().contains("data AWS::S3::Object read"));
}

#[test]
fn trails_tell_their_accounts_regions_and_buckets() {
    let selectors =
        json!({"TrailARN": ARN, "EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": true}]});
    let trail = |organization: bool, multi: bool| {
        json!({"trailList": [{"TrailARN": ARN, "Name": "main", "S3BucketName": "logs", "HomeRegion": "eu-west-1",
            "IsMultiRegionTrail": multi, "IsOrganizationTrail": organization, "HasCustomEventSelectors": true}]})
    };
    let own = recording(&[trail(false, false), selectors.clone()]);
    assert_eq!(own.of_class(Some("111122223333"), "management read"), partly("in eu-west-1 only"));
    assert_eq!(own.of_class(Some("444455556666"), "management read"), Recorded::Unknown);
    let all = recording(&[json!([selectors, trail(true, true)])]);
    assert_eq!(all.of_class(Some("444455556666"), "management read"), Recorded::Whole);
    let mut unknown = recording(&[trail(true, true)]);
    assert_eq!(unknown.of_class(None, "management read"), Recorded::Unknown);
    unknown.keep_buckets(&["logs", "other"]);
    assert_eq!(unknown.trails.len(), 1);
    unknown.keep_buckets(&["other"]);
    assert!(unknown.trails.is_empty());
}

#[test]
fn other_texts_are_refused() {
    assert!(matches!(Recording::parse(b"{"), Err(SelectorsError::Json(_))));
    for text in ["", "{}", "[]", r#"{"TrailARN":"x"}"#, r#"{"Records":[]}"#, "1 2"] {
        assert_eq!(Recording::parse(text.as_bytes()), Err(SelectorsError::Nothing), "{text}");
    }
}
