//! Assignments are accepted at once and done later.

use sandbox::{Company, Config, Start};
use serde_json::json;

use crate::support::{Desk, timed};

#[test]
fn an_assignment_takes_its_time_and_brings_a_role() {
    let mut desk = Desk::sample(timed(3_000, 3_000));
    let (account, set, group) = ("hr-systems", "Developer", "group:sre");
    assert_eq!(desk.role("sandbox-frontend", set), None);
    let id = desk.assign("sandbox-frontend", set, group).unwrap();
    for _ in 0..2 {
        desk.pass_ms(1_000);
        assert_eq!(desk.creation(&id)["Status"], "IN_PROGRESS");
    }
    assert!(!desk.is_assigned("sandbox-frontend", set, group));
    desk.pass_ms(1_000);
    let status = desk.creation(&id);
    assert_eq!(status["Status"], "SUCCEEDED");
    assert_eq!(status["PrincipalType"], "GROUP");
    assert!(desk.is_assigned("sandbox-frontend", set, group));
    let role = desk.role("sandbox-frontend", set).unwrap();
    assert!(role.starts_with("AWSReservedSSO_Developer_") && role.len() == 25 + 16, "{role}");
    assert!(desk.role(account, set).is_some(), "other pairs are untouched");
}

#[test]
fn one_account_changes_one_role_at_a_time_and_accounts_run_side_by_side() {
    let mut desk = Desk::sample(timed(3_000, 3_000));
    let here: Vec<String> = ["support", "finance", "auditors"]
        .iter()
        .map(|group| desk.assign("sandbox-frontend", "Developer", &format!("group:{group}")).unwrap())
        .collect();
    let there = desk.assign("sandbox-backend", "Developer", "group:sre").unwrap();
    let mut done_after_s = Vec::new();
    for second in 1..=10 {
        desk.pass_ms(1_000);
        let done = here.iter().filter(|id| desk.creation(id)["Status"] == "SUCCEEDED").count();
        if second == 3 {
            assert_eq!(desk.creation(&there)["Status"], "SUCCEEDED");
        }
        done_after_s.push(done);
    }
    assert_eq!(done_after_s, [0, 0, 1, 1, 1, 2, 2, 2, 3, 3]);
}

#[test]
fn looking_late_changes_nothing() {
    let mut desk = Desk::sample(timed(3_000, 3_000));
    for group in ["support", "finance", "auditors"] {
        desk.assign("sandbox-frontend", "Developer", &format!("group:{group}")).unwrap();
    }
    desk.pass_ms(9_000);
    assert_eq!(desk.sandbox.next_event_at(), Some("2026-11-22T00:00:03Z".parse().unwrap()));
    desk.sandbox.advance(desk.now);
    assert_eq!(desk.sandbox.next_event_at(), None, "all three are done, one after the other");
}

#[test]
fn the_last_assignment_takes_the_role_with_it_and_the_next_gets_another() {
    let mut desk = Desk::calm();
    desk.assign("sandbox-frontend", "Developer", "group:sre").unwrap();
    desk.assign("sandbox-frontend", "Developer", "group:support").unwrap();
    desk.sandbox.advance(desk.now);
    let first = desk.role("sandbox-frontend", "Developer").unwrap();
    let id = desk.withdraw("sandbox-frontend", "Developer", "group:sre").unwrap();
    assert_eq!(desk.deletion(&id)["Status"], "SUCCEEDED");
    assert_eq!(desk.role("sandbox-frontend", "Developer"), Some(first.clone()), "one is left");
    desk.withdraw("sandbox-frontend", "Developer", "group:support").unwrap();
    desk.sandbox.advance(desk.now);
    assert_eq!(desk.role("sandbox-frontend", "Developer"), None);
    desk.assign("sandbox-frontend", "Developer", "group:sre").unwrap();
    desk.sandbox.advance(desk.now);
    assert_ne!(desk.role("sandbox-frontend", "Developer").unwrap(), first);
}

#[test]
fn a_missing_customer_managed_policy_fails_the_assignment_with_awss_reason() {
    let mut desk = Desk::calm();
    let id = desk.assign("sandbox-frontend", "Deploy", "group:sre").unwrap();
    let status = desk.creation(&id);
    assert_eq!(status["Status"], "FAILED");
    let reason = status["FailureReason"].as_str().unwrap();
    let policy = format!("arn:aws:iam::{}:policy/team/deploy-artifacts", desk.account("sandbox-frontend"));
    assert!(reason.starts_with("Received a 404 status error") && reason.contains(&policy), "{reason}");
    assert!(!desk.is_assigned("sandbox-frontend", "Deploy", "group:sre"));
    assert_eq!(desk.role("sandbox-frontend", "Deploy"), None);
}

#[test]
fn a_missing_boundary_fails_the_assignment() {
    let mut desk = Desk::calm();
    let boundary = json!({"CustomerManagedPolicyReference": {"Name": "limit", "Path": "/team/"}});
    let asked = json!({"PermissionSetArn": desk.set("CostExplorer"), "PermissionsBoundary": boundary});
    desk.sso("PutPermissionsBoundaryToPermissionSet", asked).unwrap();
    let id = desk.assign("sandbox-frontend", "CostExplorer", "group:sre").unwrap();
    assert_eq!(desk.creation(&id)["Status"], "FAILED");
}

#[test]
fn a_suspended_account_fails_both_ways() {
    let mut desk = Desk::calm();
    let id = desk.assign("legacy-shop", "ReadOnly", "group:sre").unwrap();
    let status = desk.creation(&id);
    assert!(status["FailureReason"].as_str().unwrap().contains("SUSPENDED"), "{status}");
    let account = desk.sandbox.account_id("minimo-dev").unwrap();
    desk.sandbox.set_suspended(account, true);
    let id = desk.withdraw("minimo-dev", "ReadOnly", "group:sre").unwrap();
    assert_eq!(desk.deletion(&id)["Status"], "FAILED");
    assert!(desk.is_assigned("minimo-dev", "ReadOnly", "group:sre"));
}

#[test]
fn what_is_there_already_succeeds_again_and_what_is_not_cannot_be_withdrawn() {
    let mut desk = Desk::calm();
    let before = desk.sandbox.assigned();
    let id = desk.assign("minimo-dev", "ReadOnly", "group:sre").unwrap();
    assert_eq!(desk.creation(&id)["Status"], "SUCCEEDED");
    assert_eq!(desk.sandbox.assigned(), before);
    let absent = desk.withdraw("minimo-dev", "ReadOnly", "group:finance").unwrap_err();
    assert_eq!(absent, "ResourceNotFoundException");
}

#[test]
fn the_same_assignment_cannot_be_in_flight_twice() {
    let mut desk = Desk::sample(timed(3_000, 3_000));
    desk.assign("sandbox-frontend", "Developer", "group:sre").unwrap();
    assert_eq!(desk.assign("sandbox-frontend", "Developer", "group:sre").unwrap_err(), "ConflictException");
    desk.pass_ms(3_000);
    desk.withdraw("sandbox-frontend", "Developer", "group:sre").unwrap();
    assert_eq!(desk.assign("sandbox-frontend", "Developer", "group:sre").unwrap_err(), "ConflictException");
}

#[test]
fn fifteen_operations_may_be_outstanding() {
    let mut desk = Desk::sample(timed(3_000, 3_000));
    let accounts: Vec<String> = Company::sample().accounts.iter().map(|account| account.name.clone()).collect();
    let free: Vec<&String> = accounts.iter().filter(|name| name.ends_with("-prod") || name.ends_with("-stg")).collect();
    for account in &free[..15] {
        desk.assign(account, "BillingView", "group:sre").unwrap();
    }
    assert_eq!(desk.assign(free[15], "BillingView", "group:sre").unwrap_err(), "ThrottlingException");
    assert_eq!(desk.withdraw("minimo-dev", "ReadOnly", "group:sre").unwrap_err(), "ThrottlingException");
    desk.pass_ms(3_000);
    desk.assign(free[15], "BillingView", "group:sre").unwrap();
}

#[test]
fn unknown_things_are_refused_at_once() {
    let mut desk = Desk::calm();
    let row = desk.row("minimo-dev", "ReadOnly", "group:sre");
    for (member, value) in [
        ("TargetId", "999999999999".to_owned()),
        ("PrincipalId", "00000000-0000-4000-8000-000000000000".to_owned()),
        ("PrincipalType", "USER".to_owned()),
        ("PermissionSetArn", desk.set("ReadOnly").replace("ps-", "ps-f").chars().take(71).collect()),
    ] {
        let mut asked = row.clone();
        asked[member] = json!(value);
        let told = desk.sso("CreateAccountAssignment", asked);
        assert_eq!(told.unwrap_err(), "ResourceNotFoundException", "{member}");
    }
}

#[test]
fn listings_by_principal_include_the_groups_and_miss_the_deleted() {
    let mut desk = Desk::of(Config::calm(), &Company::sample(), Start::BeforeMigration);
    let hanako = desk.principal("user:hanako.yamada@example.com");
    let body = json!({"InstanceArn": desk.sandbox.instance_arn(), "PrincipalId": hanako, "PrincipalType": "USER", "MaxResults": 7});
    let rows = desk.all("SWBExternalService.ListAccountAssignmentsForPrincipal", &body, "AccountAssignments");
    let own = rows.iter().filter(|row| row["PrincipalId"] == hanako.as_str()).count();
    let team = desk.principal("group:minimo-dev");
    let inherited = rows.iter().filter(|row| row["PrincipalId"] == team.as_str()).count();
    assert_eq!((own, inherited), (4, 10), "of {}", rows.len());
    let orphan = desk.sandbox.assigned().into_iter().find(|row| row.principal.starts_with("user-id:")).unwrap();
    let gone = orphan.principal.strip_prefix("user-id:").unwrap();
    let asked = json!({"PrincipalId": gone, "PrincipalType": "USER"});
    assert_eq!(desk.sso("ListAccountAssignmentsForPrincipal", asked).unwrap_err(), "ResourceNotFoundException");
    let pair =
        json!({"AccountId": desk.account(&orphan.account), "PermissionSetArn": desk.set(&orphan.permission_set)});
    let rows = desk.sso("ListAccountAssignments", pair).unwrap();
    assert!(rows["AccountAssignments"].as_array().unwrap().iter().any(|row| row["PrincipalId"] == gone));
}

#[test]
fn an_orphan_can_be_withdrawn() {
    let mut desk = Desk::calm();
    let row = desk.row("sandbox-frontend", "SandboxAdmin", "group:everyone");
    let group = desk.principal("group:everyone");
    desk.ids("DeleteGroup", json!({"GroupId": group})).unwrap();
    assert!(desk.sandbox.assigned().iter().any(|row| row.principal == format!("group-id:{group}")));
    assert_eq!(desk.sso("CreateAccountAssignment", row.clone()).unwrap_err(), "ResourceNotFoundException");
    desk.sso("DeleteAccountAssignment", row).unwrap();
    desk.sandbox.advance(desk.now);
    assert_eq!(desk.role("sandbox-frontend", "SandboxAdmin"), None);
}

#[test]
fn status_lists_tell_id_time_and_state_only() {
    let mut desk = Desk::sample(timed(3_000, 3_000));
    desk.assign("sandbox-frontend", "Developer", "group:sre").unwrap();
    desk.assign("legacy-shop", "Developer", "group:sre").unwrap();
    desk.pass_ms(5_000);
    desk.assign("sandbox-backend", "Developer", "group:sre").unwrap();
    let listed = desk.sso("ListAccountAssignmentCreationStatus", json!({})).unwrap();
    let rows = listed["AccountAssignmentsCreationStatus"].as_array().unwrap();
    let mut states: Vec<&str> = rows.iter().map(|row| row["Status"].as_str().unwrap()).collect();
    states.sort_unstable();
    assert_eq!(states, ["FAILED", "IN_PROGRESS", "SUCCEEDED"]);
    // AWS documents no order; here it is that of the ids, so that nobody relies on one.
    assert!(rows.is_sorted_by_key(|row| row["RequestId"].as_str().unwrap()));
    let members: Vec<&String> = rows[1].as_object().unwrap().keys().collect();
    assert_eq!(members, ["Status", "RequestId", "CreatedDate"]);
    let failed = desk.sso("ListAccountAssignmentCreationStatus", json!({"Filter": {"Status": "FAILED"}})).unwrap();
    assert_eq!(failed["AccountAssignmentsCreationStatus"].as_array().unwrap().len(), 1);
    let id = rows[0]["RequestId"].clone();
    let as_deletion =
        desk.sso("DescribeAccountAssignmentDeletionStatus", json!({"AccountAssignmentDeletionRequestId": id}));
    assert_eq!(as_deletion.unwrap_err(), "ResourceNotFoundException", "the kinds are told apart");
}

#[test]
fn a_pair_holds_a_hundred_groups() {
    let company = Company::synthetic(3, 1, 120, 1, 0, 1);
    let mut desk = Desk::of(Config::calm(), &company, Start::Declared);
    for number in 0..100 {
        desk.assign("account-00002", "Set0000", &format!("group:group-{number:05}")).unwrap();
        desk.sandbox.advance(desk.now);
    }
    let over = desk.assign("account-00002", "Set0000", "group:group-00100").unwrap_err();
    assert_eq!(over, "ServiceQuotaExceededException");
    desk.assign("account-00002", "Set0000", "group:group-00007").unwrap();
}
