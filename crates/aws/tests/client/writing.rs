//! Each change as the request it becomes.

use model::change::{Change, PermissionSetRef};
use model::journal::PendingRequest;
use model::permission_set::{Attributes, CustomerManagedPolicy, PermissionsBoundary};
use model::principal::PrincipalId;
use ports::{AwsErrorKind, AwsWrite, PollResult, Started};
use serde_json::json;

use crate::canned::{ADMIN, Answer, Canned};

fn set() -> PermissionSetRef {
    PermissionSetRef { name: "Admin".parse().unwrap(), arn: Some(ADMIN.parse().unwrap()) }
}

fn attributes(description: Option<&str>, relay_state: Option<&str>) -> Attributes {
    Attributes {
        description: description.map(str::to_owned),
        relay_state: relay_state.map(str::to_owned),
        ..Attributes::default()
    }
}

fn assign(principal: &str) -> Change {
    Change::Assign {
        set: set(),
        account: "222222222222".parse().unwrap(),
        principal: PrincipalId::User(principal.parse().unwrap()),
    }
}

fn withdraw() -> Change {
    Change::Withdraw {
        set: set(),
        account: "222222222222".parse().unwrap(),
        principal: PrincipalId::Group("g-1".parse().unwrap()),
    }
}

/// Every kind of change, removals included.
fn changes() -> Vec<(Change, &'static str)> {
    let customer = CustomerManagedPolicy { name: "Team".into(), path: "/team/".into() };
    let managed: model::ManagedPolicyArn = "arn:aws:iam::aws:policy/ReadOnlyAccess".parse().unwrap();
    let boundary = |to| Change::SetPermissionsBoundary { set: set(), from: None, to };
    let tag =
        |to: Option<&str>| Change::SetTag { set: set(), key: "owner".into(), from: None, to: to.map(str::to_owned) };
    let inline = |to: Option<&str>| Change::SetInlinePolicy { set: set(), from: None, to: to.map(str::to_owned) };
    vec![
        (
            Change::CreatePermissionSet {
                set: PermissionSetRef { name: "Admin".parse().unwrap(), arn: None },
                attributes: attributes(Some("rights"), None),
                tags: [("sekisho:deployment".to_owned(), "x".to_owned())].into(),
            },
            "CreatePermissionSet",
        ),
        (
            Change::UpdatePermissionSet {
                set: set(),
                from: attributes(Some("old"), Some("https://example.com/")),
                to: attributes(Some("new"), None),
            },
            "UpdatePermissionSet",
        ),
        (Change::AttachManagedPolicy { set: set(), policy: managed.clone() }, "AttachManagedPolicyToPermissionSet"),
        (Change::DetachManagedPolicy { set: set(), policy: managed.clone() }, "DetachManagedPolicyFromPermissionSet"),
        (
            Change::AttachCustomerManagedPolicy { set: set(), policy: customer.clone() },
            "AttachCustomerManagedPolicyReferenceToPermissionSet",
        ),
        (
            Change::DetachCustomerManagedPolicy { set: set(), policy: customer.clone() },
            "DetachCustomerManagedPolicyReferenceFromPermissionSet",
        ),
        (inline(Some("{}")), "PutInlinePolicyToPermissionSet"),
        (inline(None), "DeleteInlinePolicyFromPermissionSet"),
        (boundary(Some(PermissionsBoundary::Managed(managed))), "PutPermissionsBoundaryToPermissionSet"),
        (boundary(Some(PermissionsBoundary::CustomerManaged(customer))), "PutPermissionsBoundaryToPermissionSet"),
        (boundary(None), "DeletePermissionsBoundaryFromPermissionSet"),
        (tag(Some("sre")), "TagResource"),
        (tag(None), "UntagResource"),
        (Change::Provision { set: set(), account: "222222222222".parse().unwrap() }, "ProvisionPermissionSet"),
        (assign("u-1"), "CreateAccountAssignment"),
        (withdraw(), "DeleteAccountAssignment"),
        (Change::DeletePermissionSet { set: set() }, "DeletePermissionSet"),
    ]
}

fn accepting() -> Canned {
    let canned = Canned::new();
    canned.on("CreatePermissionSet", |_, _| Answer::Json(json!({"PermissionSet": {"PermissionSetArn": ADMIN}})));
    let status = || json!({"Status": "IN_PROGRESS", "RequestId": "request-1"});
    canned
        .on("CreateAccountAssignment", move |_, _| Answer::Json(json!({"AccountAssignmentCreationStatus": status()})));
    canned
        .on("DeleteAccountAssignment", move |_, _| Answer::Json(json!({"AccountAssignmentDeletionStatus": status()})));
    canned.on("ProvisionPermissionSet", move |_, _| Answer::Json(json!({"PermissionSetProvisioningStatus": status()})));
    canned
}

#[tokio::test(start_paused = true)]
async fn every_change_is_one_request() {
    let canned = accepting();
    let client = canned.client().await;
    let mut text = String::new();
    for (change, operation) in changes() {
        let before = canned.asked(operation).len();
        let started = client.start(&change, None).await.unwrap();
        let requests = canned.asked(operation);
        assert_eq!(requests.len(), before + 1, "{operation}");
        text.push_str(&format!("{operation} {}\n  {started:?}\n", requests.last().unwrap()));
    }
    insta::assert_snapshot!(text);
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_is_taken_away_already() {
    for (change, operation) in changes() {
        let canned = accepting();
        canned.fails(operation, "ResourceNotFoundException");
        let result = canned.client().await.start(&change, None).await;
        let takes_away = ["Delete", "Detach", "Untag"].iter().any(|word| operation.starts_with(word));
        match result {
            Ok(started) => assert!(takes_away && started == Started::Done { created: None }, "{operation}"),
            Err(error) => assert!(!takes_away && error.kind == AwsErrorKind::NotFound, "{operation}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_given_arn_goes_before_the_one_in_the_change() {
    let canned = accepting();
    let change = Change::SetTag {
        set: PermissionSetRef { name: "New".parse().unwrap(), arn: None },
        key: "k".into(),
        from: None,
        to: Some("v".into()),
    };
    canned.client().await.start(&change, Some(&ADMIN.parse().unwrap())).await.unwrap();
    assert_eq!(canned.asked("TagResource")[0]["ResourceArn"], ADMIN);
}

#[tokio::test(start_paused = true)]
async fn a_description_cannot_be_removed() {
    let canned = accepting();
    let change =
        Change::UpdatePermissionSet { set: set(), from: attributes(Some("old"), None), to: attributes(None, None) };
    let error = canned.client().await.start(&change, None).await.unwrap_err();
    assert_eq!(error.kind, AwsErrorKind::Invalid);
    assert!(error.message.contains("cannot remove the description"), "{error}");
    assert!(canned.asked("UpdatePermissionSet").is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_assignment_that_is_there_is_done() {
    let canned = Canned::new();
    canned.fails("CreateAccountAssignment", "ConflictException");
    canned.on("ListAccountAssignments", |_, _| {
        Answer::Json(json!({"AccountAssignments": [{"PrincipalType": "USER", "PrincipalId": "u-1"}]}))
    });
    let client = canned.client().await;
    assert_eq!(client.start(&assign("u-1"), None).await.unwrap(), Started::Done { created: None });
    let error = client.start(&assign("u-2"), None).await.unwrap_err();
    assert_eq!(error.kind, AwsErrorKind::Conflict);
}

#[tokio::test(start_paused = true)]
async fn synchronous_success_needs_no_polling() {
    let canned = Canned::new();
    canned.on("CreateAccountAssignment", |_, _| {
        Answer::Json(json!({"AccountAssignmentCreationStatus": {"Status": "SUCCEEDED", "RequestId": "r"}}))
    });
    let client = canned.client().await;
    assert_eq!(client.start(&assign("u-1"), None).await.unwrap(), Started::Done { created: None });
    // an answer without a request id says nothing
    canned.on("CreateAccountAssignment", |_, _| Answer::Json(json!({"AccountAssignmentCreationStatus": {}})));
    assert_eq!(client.start(&assign("u-1"), None).await.unwrap_err().kind, AwsErrorKind::Transient);
}

#[tokio::test(start_paused = true)]
async fn polling_tells_how_it_stands() {
    let canned = Canned::new();
    canned.on("DescribeAccountAssignmentCreationStatus", |_, before| {
        let status = match before {
            0 => json!({"Status": "IN_PROGRESS"}),
            1 => json!({"Status": "FAILED", "FailureReason": "the policy /team/Team does not exist"}),
            2 => json!({"Status": "FAILED"}),
            3 => json!({"Status": "ODD"}),
            _ => json!({"Status": "SUCCEEDED"}),
        };
        Answer::Json(json!({"AccountAssignmentCreationStatus": status}))
    });
    let client = canned.client().await;
    let request = PendingRequest::AssignmentCreation("r".into());
    let mut results = Vec::new();
    for _ in 0..5 {
        results.push(client.poll(&request).await.map_err(|error| error.kind));
    }
    assert_eq!(
        results,
        [
            Ok(PollResult::InProgress),
            Ok(PollResult::Failed("the policy /team/Team does not exist".into())),
            Ok(PollResult::Failed("AWS gave no reason".into())),
            Err(AwsErrorKind::Invalid),
            Ok(PollResult::Succeeded),
        ]
    );
}
