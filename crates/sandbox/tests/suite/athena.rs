//! Athena on a clock that moves when told to: queries wait, run and end; faults strike them; they outlive a restart.

use sandbox::{Config, FaultKind, Latency, Sandbox, Span};
use serde_json::{Value, json};

use crate::support::Desk;

const PLACE: &[u8] =
    b"<CreateBucketConfiguration><LocationConstraint>ap-northeast-1</LocationConstraint></CreateBucketConfiguration>";

fn desk() -> Desk {
    let span = Span::milliseconds(8_000, 8_000);
    let latency = Latency { assignment: span, provisioning: span, account_creation: span };
    let mut desk = Desk::sample(Config { latency, ..Config::calm() });
    let client = desk.management.clone();
    let request = client.rest_request(desk.now, "s3", ("PUT", "/results"), &[], PLACE.to_vec());
    assert_eq!(desk.sandbox.handle(desk.now, &request).status, 200);
    desk
}

fn athena(desk: &mut Desk, operation: &str, body: Value) -> Result<Value, String> {
    let client = desk.management.clone();
    desk.ask(&client, &format!("AmazonAthena.{operation}"), body)
}

fn start(desk: &mut Desk, sql: &str) -> String {
    let body = json!({"QueryString": sql, "ResultConfiguration": {"OutputLocation": "s3://results/"}});
    athena(desk, "StartQueryExecution", body).unwrap()["QueryExecutionId"].as_str().unwrap().to_owned()
}

fn get(desk: &mut Desk, id: &str) -> Value {
    athena(desk, "GetQueryExecution", json!({"QueryExecutionId": id})).unwrap()["QueryExecution"].clone()
}

fn state(desk: &mut Desk, id: &str) -> String {
    get(desk, id)["Status"]["State"].as_str().unwrap().to_owned()
}

const TABLE: &str = "CREATE EXTERNAL TABLE log (eventname string, useridentity struct<arn:string>) ROW FORMAT SERDE \
    'com.amazon.emr.hive.serde.CloudTrailSerde' STORED AS INPUTFORMAT 'com.amazon.emr.cloudtrail.CloudTrailInputFormat' OUTPUTFORMAT \
    'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat' LOCATION 's3://sandbox-organization-trail/AWSLogs/'";

/// A desk whose log has been delivered and has a table.
fn with_table() -> Desk {
    let mut desk = desk();
    for _ in 0..5 {
        desk.sso("ListPermissionSets", json!({})).unwrap();
    }
    desk.pass_ms(3_600_000);
    let id = start(&mut desk, TABLE);
    desk.pass_ms(10_000);
    assert_eq!(state(&mut desk, &id), "SUCCEEDED");
    desk
}

#[test]
fn a_query_waits_runs_and_ends() {
    let mut desk = with_table();
    let id = start(&mut desk, "SELECT count(*) FROM log WHERE eventname = 'ListPermissionSets'");
    assert_eq!(state(&mut desk, &id), "QUEUED");
    let early = athena(&mut desk, "GetQueryResults", json!({"QueryExecutionId": id}));
    assert_eq!(early.unwrap_err(), "InvalidRequestException");
    desk.pass_ms(3_000);
    let running = get(&mut desk, &id);
    assert_eq!(running["Status"]["State"], "RUNNING");
    desk.pass_ms(3_000);
    let later = get(&mut desk, &id);
    desk.pass_ms(3_000);
    let ended = get(&mut desk, &id);
    assert_eq!(ended["Status"]["State"], "SUCCEEDED", "{ended}");
    let scanned = |told: &Value| told["Statistics"]["DataScannedInBytes"].as_u64().unwrap();
    assert!(scanned(&running) < scanned(&later) && scanned(&later) < scanned(&ended), "what was read grows");
    assert_eq!(ended["Statistics"]["TotalExecutionTimeInMillis"], 8_000);
    let results = athena(&mut desk, "GetQueryResults", json!({"QueryExecutionId": id})).unwrap();
    assert_eq!(results["ResultSet"]["Rows"][1]["Data"][0]["VarCharValue"], "5");
}

#[test]
fn a_query_is_stopped_and_leaves_nothing() {
    let mut desk = with_table();
    let id = start(&mut desk, "CREATE DATABASE other");
    desk.pass_ms(3_000);
    athena(&mut desk, "StopQueryExecution", json!({"QueryExecutionId": id})).unwrap();
    desk.pass_ms(60_000);
    assert_eq!(state(&mut desk, &id), "CANCELLED");
    let databases = athena(&mut desk, "ListDatabases", json!({"CatalogName": "AwsDataCatalog"})).unwrap();
    assert_eq!(databases["DatabaseList"], json!([{"Name": "default"}]));
}

#[test]
fn faults_strike_queries_too() {
    let mut desk = with_table();
    desk.sandbox.faults_mut().set(FaultKind::LateFailure, 1.0);
    let failing = start(&mut desk, "SELECT 1");
    desk.sandbox.faults_mut().set(FaultKind::LateFailure, 0.0);
    desk.sandbox.faults_mut().set(FaultKind::Stuck, 1.0);
    let stuck = start(&mut desk, "SELECT 1");
    desk.sandbox.faults_mut().set(FaultKind::Stuck, 0.0);
    desk.pass_ms(15_000);
    let failed = get(&mut desk, &failing);
    assert_eq!(failed["Status"]["State"], "FAILED");
    assert_eq!(failed["Status"]["AthenaError"]["ErrorCategory"], 1);
    assert_ne!(state(&mut desk, &stuck), "SUCCEEDED");
    desk.pass_ms(3_600_000);
    assert_eq!(state(&mut desk, &stuck), "SUCCEEDED");
}

#[test]
fn no_more_than_twenty_queries_at_a_time() {
    let mut desk = desk();
    for _ in 0..20 {
        start(&mut desk, "SELECT 1");
    }
    let body = json!({"QueryString": "SELECT 1", "ResultConfiguration": {"OutputLocation": "s3://results/"}});
    assert_eq!(athena(&mut desk, "StartQueryExecution", body).unwrap_err(), "TooManyRequestsException");
    desk.pass_ms(10_000);
    start(&mut desk, "SELECT 1");
}

#[test]
fn tables_and_queries_outlive_a_restart() {
    let mut desk = with_table();
    let id = start(&mut desk, "SELECT count(*) AS n FROM log");
    desk.pass_ms(3_000);
    assert_eq!(state(&mut desk, &id), "RUNNING");
    let saved = desk.sandbox.save().unwrap();
    desk.sandbox = Sandbox::restore(desk.sandbox.config().clone(), &saved).unwrap();
    desk.pass_ms(10_000);
    assert_eq!(state(&mut desk, &id), "SUCCEEDED");
    let results = athena(&mut desk, "GetQueryResults", json!({"QueryExecutionId": id})).unwrap();
    let count: u64 = results["ResultSet"]["Rows"][1]["Data"][0]["VarCharValue"].as_str().unwrap().parse().unwrap();
    assert!(count >= 6, "{results}");
}

#[test]
fn calls_of_athena_are_recorded() {
    let mut desk = with_table();
    let id = start(&mut desk, "SELECT 1");
    desk.pass_ms(3_600_000);
    let asked = json!({"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "StartQueryExecution"}]});
    let client = desk.management.clone();
    let found = desk.ask(&client, "CloudTrail_20131101.LookupEvents", asked).unwrap();
    let event = found["Events"][0]["CloudTrailEvent"].as_str().unwrap();
    assert!(event.contains(&id) && event.contains("athena.amazonaws.com"), "{event}");
}
