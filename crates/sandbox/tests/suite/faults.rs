//! Throttling and failures on demand.

use sandbox::{Config, Deed, Delivery, FaultKind, RIVAL, Rate, Rates};
use serde_json::json;

use crate::support::Desk;

#[test]
fn twenty_calls_a_second_and_then_no_more() {
    let mut desk = Desk::sample(Config { rates: Some(Rates::default()), ..Config::calm() });
    let allowed = |desk: &mut Desk| (0..50).filter(|_| desk.sso("ListPermissionSets", json!({})).is_ok()).count();
    assert_eq!(allowed(&mut desk), 20);
    desk.pass_ms(250);
    assert_eq!(allowed(&mut desk), 5);
    let told = desk.ids("ListUsers", json!({}));
    assert!(told.is_ok(), "identitystore has its own buckets");
    let refused = desk.sandbox.calls().log().filter(|call| call.error.as_deref() == Some("ThrottlingException"));
    assert_eq!(refused.count(), 75);
}

#[test]
fn each_service_throttles_in_its_own_words() {
    let none = Rate::new(0.1, 0.5);
    let rates = Rates {
        sso_admin: none,
        identity_store_each: none,
        organizations_read_each: none,
        organizations_write_each: none,
        ..Rates::default()
    };
    let mut desk = Desk::sample(Config { rates: Some(rates), ..Config::calm() });
    assert_eq!(desk.sso("ListPermissionSets", json!({})).unwrap_err(), "ThrottlingException");
    assert_eq!(desk.org("ListAccounts", json!({})).unwrap_err(), "TooManyRequestsException");
    let client = desk.management.clone();
    let body = json!({"IdentityStoreId": desk.sandbox.identity_store_id()});
    let told = client.json(&mut desk.sandbox, desk.now, "AWSIdentityStore.ListUsers", body);
    assert_eq!(told.json()["RetryAfterSeconds"], 5);
}

#[test]
fn an_internal_error_comes_before_or_after_the_effect() {
    let mut desk = Desk::calm();
    desk.sandbox.faults_mut().set(FaultKind::InternalBefore, 1.0);
    assert_eq!(desk.sso("CreatePermissionSet", json!({"Name": "A"})).unwrap_err(), "InternalServerException");
    assert_eq!(desk.org("ListRoots", json!({})).unwrap_err(), "ServiceException");
    desk.sandbox.faults_mut().set(FaultKind::InternalBefore, 0.0);
    desk.sandbox.faults_mut().set(FaultKind::InternalAfter, 1.0);
    assert_eq!(desk.sso("CreatePermissionSet", json!({"Name": "B"})).unwrap_err(), "InternalServerException");
    *desk.sandbox.faults_mut() = sandbox::Faults::default();
    assert!(desk.sandbox.permission_set_arn("A").is_none());
    assert!(desk.sandbox.permission_set_arn("B").is_some());
}

#[test]
fn operations_are_denied_and_pairs_fail_by_order() {
    let mut desk = Desk::calm();
    desk.sandbox.faults_mut().deny.insert("CreatePermissionSet".to_owned());
    assert_eq!(desk.sso("CreatePermissionSet", json!({"Name": "A"})).unwrap_err(), "AccessDeniedException");
    let account = desk.sandbox.account_id("minimo-prod").unwrap();
    let reason = "Received a 500 status error: internal".to_owned();
    desk.sandbox.faults_mut().fail.insert((account, "Developer".to_owned()), reason.clone());
    let id = desk.assign("minimo-prod", "Developer", "group:sre").unwrap();
    let status = desk.creation(&id);
    assert_eq!((&status["Status"], &status["FailureReason"]), (&json!("FAILED"), &json!(reason)));
    assert!(!desk.is_assigned("minimo-prod", "Developer", "group:sre"));
}

#[test]
fn a_storm_of_throttling_passes() {
    let mut desk = Desk::calm();
    desk.sandbox.faults_mut().set(FaultKind::Throttle, 0.5);
    let refused = (0..200).filter(|_| desk.sso("ListPermissionSets", json!({})).is_err()).count();
    assert!((60..140).contains(&refused), "{refused}");
    desk.sandbox.faults_mut().set(FaultKind::Throttle, 0.0);
    assert!(desk.sso("ListPermissionSets", json!({})).is_ok());
}

/// What one call is answered when this fault strikes it.
fn struck(desk: &mut Desk, kind: FaultKind, operation: &str, body: serde_json::Value) -> sandbox::WireResponse {
    *desk.sandbox.faults_mut() = sandbox::Faults::default();
    desk.sandbox.faults_mut().set(kind, 1.0);
    let mut body = body;
    body["InstanceArn"] = json!(desk.sandbox.instance_arn());
    let client = desk.management.clone();
    let told = client.json(&mut desk.sandbox, desk.now, &format!("SWBExternalService.{operation}"), body);
    *desk.sandbox.faults_mut() = sandbox::Faults::default();
    told
}

#[test]
fn answers_get_lost_before_and_after_the_effect() {
    let mut desk = Desk::calm();
    for (kind, name, there) in
        [(FaultKind::TimeoutBefore, "A", false), (FaultKind::TimeoutAfter, "B", true), (FaultKind::Truncate, "C", true)]
    {
        let told = struck(&mut desk, kind, "CreatePermissionSet", json!({"Name": name}));
        let lost = match told.delivery {
            Delivery::Never => kind != FaultKind::Truncate,
            Delivery::Truncated(bytes) => kind == FaultKind::Truncate && bytes < told.body.len(),
            _ => false,
        };
        assert!(lost, "{kind}: {:?}", told.delivery);
        assert_eq!(desk.sandbox.permission_set_arn(name).is_some(), there, "{kind}");
    }
    let mut both = [0, 0];
    for number in 0..40 {
        let name = format!("R{number}");
        let told = struck(&mut desk, FaultKind::Reset, "CreatePermissionSet", json!({"Name": name}));
        assert_eq!(told.delivery, Delivery::Reset);
        both[usize::from(desk.sandbox.permission_set_arn(&name).is_some())] += 1;
    }
    assert!(both[0] > 8 && both[1] > 8, "{both:?}");
    let told = struck(&mut desk, FaultKind::Slow, "ListPermissionSets", json!({}));
    assert!(matches!(told.delivery, Delivery::Late(_)) && told.status == 200, "{:?}", told.delivery);
}

#[test]
fn a_request_that_arrives_twice_is_done_twice() {
    let mut desk = Desk::calm();
    let answers: Vec<u16> = (0..20)
        .map(|number| {
            struck(&mut desk, FaultKind::Duplicate, "CreatePermissionSet", json!({"Name": format!("D{number}")})).status
        })
        .collect();
    // the second delivery meets the name that the first has taken
    assert!(answers.contains(&200) && answers.contains(&400), "{answers:?}");
    assert!((0..20).all(|number| desk.sandbox.permission_set_arn(&format!("D{number}")).is_some()));
}

#[test]
fn work_is_stuck_or_fails_late() {
    let mut desk = Desk::sample(crate::support::timed(1_000, 1_000));
    desk.sandbox.faults_mut().set(FaultKind::LateFailure, 1.0);
    let id = desk.assign("minimo-prod", "Developer", "group:sre").unwrap();
    *desk.sandbox.faults_mut() = sandbox::Faults::default();
    assert_eq!(desk.creation(&id)["Status"], "IN_PROGRESS");
    desk.pass_ms(1_000);
    assert_eq!(desk.creation(&id)["Status"], "FAILED");
    assert!(!desk.is_assigned("minimo-prod", "Developer", "group:sre"));
    desk.sandbox.faults_mut().set(FaultKind::Stuck, 1.0);
    let id = desk.assign("minimo-prod", "Developer", "group:sre").unwrap();
    *desk.sandbox.faults_mut() = sandbox::Faults::default();
    desk.pass_ms(15 * 60_000);
    assert_eq!(desk.creation(&id)["Status"], "IN_PROGRESS");
    desk.pass_ms(60 * 60_000);
    assert_eq!(desk.creation(&id)["Status"], "SUCCEEDED");
}

#[test]
fn listings_come_in_small_pieces_and_lose_their_place() {
    let mut desk = Desk::calm();
    desk.sandbox.faults_mut().set(FaultKind::ShortPage, 1.0);
    let page = desk.sso("ListPermissionSets", json!({"MaxResults": 100})).unwrap();
    let length = page["PermissionSets"].as_array().unwrap().len();
    assert!((1..=2).contains(&length) && page["NextToken"].is_string(), "{page}");
    let all = json!({"InstanceArn": desk.sandbox.instance_arn()});
    let listed = desk.all("SWBExternalService.ListPermissionSets", &all, "PermissionSets").len();
    assert_eq!(listed, desk.sandbox.permission_sets().len(), "nothing is left out");
    desk.sandbox.faults_mut().set(FaultKind::LostToken, 1.0);
    let next = json!({"NextToken": page["NextToken"]});
    assert_eq!(desk.sso("ListPermissionSets", next).unwrap_err(), "ValidationException");
}

#[test]
fn storms_and_expired_credentials_last_a_while() {
    let mut desk = Desk::calm();
    for (kind, code) in
        [(FaultKind::ThrottleStorm, "ThrottlingException"), (FaultKind::Expired, "ExpiredTokenException")]
    {
        let told = struck(&mut desk, kind, "ListPermissionSets", json!({}));
        assert_eq!(told.json()["__type"], code);
        assert_eq!(desk.sso("ListPermissionSets", json!({})).unwrap_err(), code, "the next call meets it as well");
        desk.pass_ms(60_000);
        assert!(desk.sso("ListPermissionSets", json!({})).is_ok());
    }
    let told = struck(&mut desk, FaultKind::ClockSkew, "ListPermissionSets", json!({}));
    assert_eq!(told.json()["__type"], "InvalidSignatureException");
    let told = struck(&mut desk, FaultKind::Conflict, "CreatePermissionSet", json!({"Name": "A"}));
    assert_eq!(told.json()["__type"], "ConflictException");
    let told = struck(&mut desk, FaultKind::Conflict, "ListPermissionSets", json!({}));
    assert_eq!(told.status, 200, "reads have nothing to conflict with");
}

#[test]
fn a_rival_changes_things_and_is_known_for_it() {
    let mut desk = Desk::calm();
    desk.sandbox.faults_mut().set(FaultKind::Rival, 1.0);
    for _ in 0..300 {
        desk.sso("ListInstances", json!({})).unwrap();
    }
    let rival = desk.sandbox.effects().filter(|effect| &*effect.by == RIVAL);
    let kinds: std::collections::BTreeSet<&str> = rival
        .map(|effect| match &effect.deed {
            Deed::Assigned(_) => "assigned",
            Deed::Withdrawn(_) => "withdrawn",
            Deed::SetCreated(_) => "created",
            Deed::SetChanged { .. } => "changed",
            Deed::SetDeleted(_) => "deleted",
            Deed::Provisioned { .. } | Deed::Unprovisioned { .. } => "role",
        })
        .collect();
    assert_eq!(kinds.len(), 6, "{kinds:?}");
    assert!(desk.sandbox.effects().all(|effect| &*effect.by == RIVAL), "nobody else did anything");
}
