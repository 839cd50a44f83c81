//! Reading single parts, and the requests AWS remembers.

use model::change::{Change, PermissionSetRef};
use model::claim::{Part, PartValue};
use model::journal::PendingRequest;
use ports::{AwsErrorKind, AwsRead};
use serde_json::json;

use crate::canned::{ADMIN, Answer, Canned, READER};

fn by_arn() -> PermissionSetRef {
    PermissionSetRef { name: "Admin".parse().unwrap(), arn: Some(ADMIN.parse().unwrap()) }
}

fn by_name(name: &str) -> PermissionSetRef {
    PermissionSetRef { name: name.parse().unwrap(), arn: None }
}

#[tokio::test(start_paused = true)]
async fn every_part_can_be_read() {
    let canned = Canned::new();
    let client = canned.client().await;
    let account = "222222222222".parse().unwrap();
    let mut values = Vec::new();
    for part in [
        Part::PermissionSet { set: by_arn() },
        Part::ManagedPolicies { set: by_arn() },
        Part::CustomerManagedPolicies { set: by_arn() },
        Part::InlinePolicy { set: by_arn() },
        Part::PermissionsBoundary { set: by_arn() },
        Part::Tags { set: by_arn() },
        Part::Provisioned { set: by_arn() },
        Part::Assignments { set: by_arn(), account },
    ] {
        values.push(client.read(&part).await.unwrap());
    }
    insta::assert_json_snapshot!(values);
}

#[tokio::test(start_paused = true)]
async fn a_name_is_looked_up_with_few_calls() {
    let canned = Canned::new();
    let client = canned.client().await;
    client.observe(&()).await.unwrap();
    let described = canned.asked("DescribePermissionSet").len();

    // names of sets are known by now: a set that is missing costs the list alone
    let found = client.read(&Part::PermissionSet { set: by_name("Missing") }).await.unwrap();
    assert_eq!(found, PartValue::PermissionSet(None));
    assert_eq!(canned.asked("DescribePermissionSet").len(), described);

    // one that is there is described once, to say what it is like now
    let found = client.read(&Part::PermissionSet { set: by_name("Reader") }).await.unwrap();
    assert!(matches!(found, PartValue::PermissionSet(Some((arn, _))) if arn.as_str() == READER));
    assert_eq!(canned.asked("DescribePermissionSet").len(), described + 1);
}

#[tokio::test(start_paused = true)]
async fn a_set_that_is_gone_is_an_answer() {
    let canned = Canned::new();
    canned.fails("DescribePermissionSet", "ResourceNotFoundException");
    let client = canned.client().await;
    let gone = PartValue::PermissionSet(None);
    assert_eq!(client.read(&Part::PermissionSet { set: by_arn() }).await.unwrap(), gone);
    assert_eq!(client.read(&Part::PermissionSet { set: by_name("Admin") }).await.unwrap(), gone);
    let error = client.read(&Part::Tags { set: by_name("Admin") }).await.unwrap_err();
    assert_eq!(error.kind, AwsErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn a_pair_not_found_is_empty_only_if_it_is_not_provisioned() {
    let canned = Canned::new();
    canned.fails("ListAccountAssignments", "ResourceNotFoundException");
    let client = canned.client().await;
    let part = |account: &str| Part::Assignments { set: by_arn(), account: account.parse().unwrap() };
    let error = client.read(&part("222222222222")).await.unwrap_err();
    assert_eq!(error.kind, AwsErrorKind::NotFound);
    assert_eq!(client.read(&part("333333333333")).await.unwrap(), PartValue::Assignments([].into()));
    canned.fails("ListAccountsForProvisionedPermissionSet", "AccessDeniedException");
    let error = client.read(&part("333333333333")).await.unwrap_err();
    assert_eq!(error.kind, AwsErrorKind::AccessDenied);
}

#[tokio::test(start_paused = true)]
async fn requests_are_described_as_changes() {
    let canned = Canned::new();
    let since: jiff::Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
    let (old, new) = (since.as_second() - 3600, since.as_second() - 60);
    canned.on("ListAccountAssignmentCreationStatus", move |_, _| {
        Answer::Json(json!({"AccountAssignmentsCreationStatus": [
            {"RequestId": "old", "Status": "SUCCEEDED", "CreatedDate": old},
            {"RequestId": "new", "Status": "IN_PROGRESS", "CreatedDate": new},
            {"RequestId": "forgotten", "Status": "FAILED"}]}))
    });
    canned.on("ListAccountAssignmentDeletionStatus", move |_, _| {
        Answer::Json(json!({"AccountAssignmentsDeletionStatus": [
            {"RequestId": "gone-set", "Status": "SUCCEEDED", "CreatedDate": new},
            {"RequestId": "deletion", "Status": "SUCCEEDED", "CreatedDate": new}]}))
    });
    canned.on("ListPermissionSetProvisioningStatus", move |_, _| {
        Answer::Json(json!({"PermissionSetsProvisioningStatus": [
            {"RequestId": "everywhere", "Status": "SUCCEEDED", "CreatedDate": new},
            {"RequestId": "one", "Status": "SUCCEEDED", "CreatedDate": new}]}))
    });
    let status = |id: &serde_json::Value, set: &str| {
        json!({"RequestId": id, "Status": "SUCCEEDED", "PermissionSetArn": set, "TargetId": "222222222222",
               "PrincipalType": "GROUP", "PrincipalId": "g-1"})
    };
    canned.on(
        "DescribeAccountAssignmentCreationStatus",
        move |body, _| match &body["AccountAssignmentCreationRequestId"] {
            id if id == "forgotten" => Answer::Error("ResourceNotFoundException", "forgotten"),
            id => Answer::Json(json!({"AccountAssignmentCreationStatus": status(id, ADMIN)})),
        },
    );
    canned.on("DescribeAccountAssignmentDeletionStatus", move |body, _| {
        let id = &body["AccountAssignmentDeletionRequestId"];
        let set = if id == "gone-set" { ADMIN.replace("ps-aaaa", "ps-cccc") } else { READER.to_owned() };
        Answer::Json(json!({"AccountAssignmentDeletionStatus": status(id, &set)}))
    });
    canned.on("DescribePermissionSetProvisioningStatus", |body, _| {
        let mut status = json!({"Status": "SUCCEEDED", "PermissionSetArn": ADMIN});
        if body["ProvisionPermissionSetRequestId"] == "one" {
            status["AccountId"] = json!("111111111111");
        }
        Answer::Json(json!({"PermissionSetProvisioningStatus": status}))
    });
    canned.on("DescribePermissionSet", |body, _| match body["PermissionSetArn"].as_str().unwrap() {
        set @ (ADMIN | READER) => crate::canned::happy("DescribePermissionSet", &json!({"PermissionSetArn": set})),
        _ => Answer::Error("ResourceNotFoundException", "gone"),
    });
    let requests = canned.client().await.requests_since(since).await.unwrap();
    let found: Vec<(PendingRequest, &str, String)> =
        requests.iter().map(|(request, change)| (request.clone(), change.kind(), Change::identity(change))).collect();
    insta::assert_debug_snapshot!(found);
}

/// An answer that was cut off before its first byte would read as a list without items. Found by the simulation, seed 625.
#[tokio::test(start_paused = true)]
async fn an_empty_answer_is_not_an_empty_list() {
    for (operation, part) in [
        ("ListAccountAssignments", Part::Assignments { set: by_arn(), account: "222222222222".parse().unwrap() }),
        ("ListAccountsForProvisionedPermissionSet", Part::Provisioned { set: by_arn() }),
        ("ListTagsForResource", Part::Tags { set: by_arn() }),
    ] {
        let canned = Canned::new();
        canned.on(operation, |_, _| Answer::Raw(200, String::new()));
        let client = canned.client().await;
        let error = client.read(&part).await.unwrap_err();
        assert_eq!(error.kind, AwsErrorKind::Transient, "{operation}: {error}");
        assert!(canned.asked(operation).len() > 1, "{operation} was tried again");
    }
}
