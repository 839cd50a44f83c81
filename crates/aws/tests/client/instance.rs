//! Which instance is meant.

use aws::{Client, Options};
use ports::AwsErrorKind;
use serde_json::json;

use crate::canned::{Answer, Canned, INSTANCE};

const OTHER: &str = "arn:aws:sso:::instance/ssoins-5555666677778888";

fn listed(rows: &[(&str, &str)]) -> serde_json::Value {
    let rows: Vec<_> = rows
        .iter()
        .map(|(arn, status)| json!({"InstanceArn": arn, "IdentityStoreId": "d-1", "Status": status}))
        .collect();
    json!({ "Instances": rows })
}

async fn key(canned: &Canned, wanted: Option<&str>) -> Result<String, (AwsErrorKind, String)> {
    let options = Options { instance_arn: wanted.map(|arn| arn.parse().unwrap()), ..canned.options() };
    let client = Client::connect(options).await.unwrap();
    let key = client.instance_key().await.map_err(|error| (error.kind, error.to_string()))?;
    Ok(format!("{} {} {} {}", key.partition, key.instance, key.identity_store, key.primary_region))
}

#[tokio::test(start_paused = true)]
async fn the_only_active_one_is_taken() {
    let canned = Canned::new();
    canned.on("ListInstances", |_, _| Answer::Json(listed(&[(OTHER, "DELETE_IN_PROGRESS"), (INSTANCE, "ACTIVE")])));
    assert_eq!(key(&canned, None).await.unwrap(), format!("aws {INSTANCE} d-1 ap-northeast-1"));
}

#[tokio::test(start_paused = true)]
async fn of_several_one_must_be_chosen() {
    let canned = Canned::new();
    canned.on("ListInstances", |_, _| Answer::Json(listed(&[(OTHER, "ACTIVE"), (INSTANCE, "ACTIVE")])));
    insta::assert_debug_snapshot!(key(&canned, None).await.unwrap_err());
    assert!(key(&canned, Some(OTHER)).await.unwrap().contains(OTHER));
}

#[tokio::test(start_paused = true)]
async fn none_is_an_error_that_says_what_to_do() {
    let canned = Canned::new();
    canned.on("ListInstances", |_, _| Answer::Json(listed(&[])));
    insta::assert_debug_snapshot!(key(&canned, None).await.unwrap_err());
    insta::assert_debug_snapshot!(key(&canned, Some(OTHER)).await.unwrap_err());
}

#[tokio::test(start_paused = true)]
async fn another_primary_region_is_refused() {
    let canned = Canned::new();
    canned.on("ListInstances", |_, _| {
        Answer::Json(json!({"Instances": [{"InstanceArn": INSTANCE, "IdentityStoreId": "d-1", "Status": "ACTIVE",
                            "PrimaryRegion": "us-east-1"}]}))
    });
    insta::assert_debug_snapshot!(key(&canned, None).await.unwrap_err());
}

#[tokio::test(start_paused = true)]
async fn the_instance_is_asked_for_once() {
    let canned = Canned::new();
    let client = canned.client().await;
    let (left, right) = tokio::join!(client.instance_key(), client.instance_key());
    assert_eq!(left.unwrap(), right.unwrap());
    assert_eq!(canned.asked("ListInstances").len(), 1);
}
