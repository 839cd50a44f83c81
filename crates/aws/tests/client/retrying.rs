//! Tries, waits and how they end.

use std::sync::Arc;
use std::time::Duration;

use aws::{Client, InProcessHttp, Options};
use model::change::{Change, PermissionSetRef};
use model::permission_set::Attributes;
use ports::{AwsErrorKind, AwsRead, AwsWrite, Started};
use serde_json::json;

use crate::canned::{ADMIN, Answer, Canned, happy};

fn set() -> PermissionSetRef {
    PermissionSetRef { name: "Admin".parse().unwrap(), arn: Some(ADMIN.parse().unwrap()) }
}

fn create() -> Change {
    Change::CreatePermissionSet {
        set: PermissionSetRef { name: "Admin".parse().unwrap(), arn: None },
        attributes: Attributes::default(),
        tags: [].into(),
    }
}

#[tokio::test(start_paused = true)]
async fn throttled_and_broken_calls_are_tried_again() {
    let canned = Canned::new();
    canned.on("DescribePermissionSet", |body, before| match before {
        0 => Answer::Error("ThrottlingException", "slow down"),
        1 => Answer::Raw(503, String::new()),
        2 => Answer::Broken,
        3 => Answer::Raw(200, "<html>".into()),
        _ => happy("DescribePermissionSet", body),
    });
    let client = canned.client().await;
    client.read(&model::Part::PermissionSet { set: set() }).await.unwrap();
    assert_eq!(client.calls()[&("sso", "DescribePermissionSet")], 5);
    assert_eq!(client.call_totals().1, 1);
}

#[tokio::test(start_paused = true)]
async fn retry_after_seconds_is_honoured() {
    let canned = Canned::new();
    canned.on("ListUsers", |body, before| match before {
        0 => Answer::Raw(400, json!({"__type": "ThrottlingException", "RetryAfterSeconds": 40}).to_string()),
        _ => happy("ListUsers", body),
    });
    let client = canned.client().await;
    let observed = client.observe(&()).await.unwrap();
    assert!(observed.users.is_known());
    assert!(observed.cost.elapsed_ms >= 40_000, "{:?}", observed.cost);
    assert_eq!(observed.cost.throttled, 1);
}

#[tokio::test(start_paused = true)]
async fn tries_end() {
    let canned = Canned::new();
    canned.fails("DescribePermissionSet", "ThrottlingException");
    let options = canned.options();
    let clock = Arc::clone(&options.clock);
    let client = Client::connect(options).await.unwrap();
    let start = clock.now();
    let error = client.read(&model::Part::PermissionSet { set: set() }).await.unwrap_err();
    assert_eq!(error.kind, AwsErrorKind::Throttled);
    assert_eq!(error.to_string(), "sso:DescribePermissionSet: because (request id req-1)");
    assert!(client.calls()[&("sso", "DescribePermissionSet")] <= 10);
    assert!(clock.now().duration_since(start).as_secs() < 180);
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_is_not_tried_again() {
    for (code, kind) in [
        ("ValidationException", AwsErrorKind::Invalid),
        ("ServiceQuotaExceededException", AwsErrorKind::Invalid),
        ("AccessDeniedException", AwsErrorKind::AccessDenied),
        ("ExpiredTokenException", AwsErrorKind::Credentials),
    ] {
        let canned = Canned::new();
        canned.fails("CreatePermissionSet", code);
        let error = canned.client().await.start(&create(), None).await.unwrap_err();
        assert_eq!((error.kind, canned.asked("CreatePermissionSet").len()), (kind, 1), "{code}");
    }
}

#[tokio::test(start_paused = true)]
async fn conflicts_are_tried_again_where_they_pass() {
    let canned = Canned::new();
    canned.on("PutInlinePolicyToPermissionSet", |_, before| match before {
        0..3 => Answer::Error("ConflictException", "not yet"),
        _ => Answer::Json(json!({})),
    });
    let change = Change::SetInlinePolicy { set: set(), from: None, to: Some("{}".into()) };
    let client = canned.client().await;
    assert_eq!(client.start(&change, None).await.unwrap(), Started::Done { created: None });

    // the name is taken: for good
    canned.fails("CreatePermissionSet", "ConflictException");
    let error = client.start(&create(), None).await.unwrap_err();
    assert_eq!((error.kind, canned.asked("CreatePermissionSet").len()), (AwsErrorKind::Conflict, 1));

    // assignments may remain: a few tries
    canned.fails("DeletePermissionSet", "ConflictException");
    let error = client.start(&Change::DeletePermissionSet { set: set() }, None).await.unwrap_err();
    assert_eq!((error.kind, canned.asked("DeletePermissionSet").len()), (AwsErrorKind::Conflict, 4));
}

#[tokio::test(start_paused = true)]
async fn a_conflict_after_a_broken_try_leaves_open_what_happened() {
    let canned = Canned::new();
    canned.on("CreatePermissionSet", |_, before| match before {
        0 => Answer::Broken,
        _ => Answer::Error("ConflictException", "exists"),
    });
    let error = canned.client().await.start(&create(), None).await.unwrap_err();
    assert_eq!(error.kind, AwsErrorKind::Transient);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_come_is_a_time_out() {
    let canned = Canned::new();
    let options = canned.options();
    let clock = Arc::clone(&options.clock);
    let http =
        InProcessHttp::new(Arc::clone(&clock), |_| Err("never".into())).with_latency(|| Duration::from_secs(3600));
    let client = Client::connect(Options { http_client: Some(http.shared()), ..options }).await.unwrap();
    let start = clock.now();
    let error = client.instance_key().await.unwrap_err();
    assert_eq!(error.kind, AwsErrorKind::Transient);
    assert_eq!(error.message, "no answer in time");
    // tries of 20 seconds until the deadline of 180
    assert!((20..=220).contains(&clock.now().duration_since(start).as_secs()));
}

#[tokio::test(start_paused = true)]
async fn secrets_stay_out_of_errors() {
    let canned = Canned::new();
    canned.fails("ListInstances", "AccessDeniedException");
    let client = canned.client().await;
    let error = client.instance_key().await.unwrap_err();
    for text in [format!("{error:?}"), format!("{client:?}"), format!("{:?}", canned.options().credentials)] {
        assert!(!text.contains("secret\""), "{text}");
    }
}
