//! Throttling and failures on demand.

use sandbox::{Config, FaultKind, Rate, Rates};
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
