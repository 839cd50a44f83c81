//! An edit reaches the accounts only when it is provisioned.

use serde_json::{Value, json};

use crate::support::{Desk, element, timed};

fn accounts(desk: &mut Desk, set: &str, status: Option<&str>) -> usize {
    let mut body =
        json!({"InstanceArn": desk.sandbox.instance_arn(), "PermissionSetArn": desk.set(set), "MaxResults": 10});
    if let Some(status) = status {
        body["ProvisioningStatus"] = json!(status);
    }
    desk.all("SWBExternalService.ListAccountsForProvisionedPermissionSet", &body, "AccountIds").len()
}

const STALE: Option<&str> = Some("LATEST_PERMISSION_SET_NOT_PROVISIONED");
const LATEST: Option<&str> = Some("LATEST_PERMISSION_SET_PROVISIONED");

fn start(desk: &mut Desk, set: &str, account: Option<&str>) -> Result<String, String> {
    let mut body = json!({"PermissionSetArn": desk.set(set), "TargetType": "ALL_PROVISIONED_ACCOUNTS"});
    if let Some(account) = account {
        body["TargetType"] = json!("AWS_ACCOUNT");
        body["TargetId"] = json!(desk.account(account));
    }
    let told = desk.sso("ProvisionPermissionSet", body)?;
    Ok(told["PermissionSetProvisioningStatus"]["RequestId"].as_str().unwrap().to_owned())
}

fn status(desk: &mut Desk, id: &str) -> Value {
    let told = desk.sso("DescribePermissionSetProvisioningStatus", json!({"ProvisionPermissionSetRequestId": id}));
    told.unwrap()["PermissionSetProvisioningStatus"].clone()
}

fn max_session(desk: &mut Desk, account: &str, set: &str) -> String {
    let client = desk.enter(account);
    let role = desk.role(account, set).unwrap();
    let told = client.query(&mut desk.sandbox, desk.now, "GetRole", &[("RoleName", &role)]);
    element(&told.text(), "MaxSessionDuration")
}

#[test]
fn an_edit_makes_every_role_stale_until_it_is_provisioned() {
    let mut desk = Desk::calm();
    assert_eq!((accounts(&mut desk, "Developer", None), accounts(&mut desk, "Developer", STALE)), (19, 0));
    let edit = json!({"PermissionSetArn": desk.set("Developer"), "SessionDuration": "PT4H"});
    desk.sso("UpdatePermissionSet", edit).unwrap();
    assert_eq!(accounts(&mut desk, "Developer", STALE), 19);
    assert_eq!(max_session(&mut desk, "minimo-dev", "Developer"), "28800", "the role is a copy");
    let role = desk.role("minimo-dev", "Developer");
    start(&mut desk, "Developer", Some("minimo-dev")).unwrap();
    assert_eq!((accounts(&mut desk, "Developer", STALE), accounts(&mut desk, "Developer", LATEST)), (18, 1));
    assert_eq!(max_session(&mut desk, "minimo-dev", "Developer"), "14400");
    assert_eq!(desk.role("minimo-dev", "Developer"), role, "the suffix stays");
    let id = start(&mut desk, "Developer", None).unwrap();
    assert_eq!(status(&mut desk, &id)["Status"], "SUCCEEDED");
    assert_eq!(accounts(&mut desk, "Developer", STALE), 0);
}

#[test]
fn description_and_relay_state_make_nothing_stale() {
    let mut desk = Desk::calm();
    let edit =
        json!({"PermissionSetArn": desk.set("Developer"), "Description": "d", "RelayState": "https://example.com"});
    desk.sso("UpdatePermissionSet", edit).unwrap();
    assert_eq!(accounts(&mut desk, "Developer", STALE), 0);
}

#[test]
fn another_assignment_does_not_renew_a_stale_role() {
    let mut desk = Desk::calm();
    let edit = json!({"PermissionSetArn": desk.set("Developer"), "SessionDuration": "PT4H"});
    desk.sso("UpdatePermissionSet", edit).unwrap();
    desk.assign("minimo-dev", "Developer", "group:support").unwrap();
    desk.sandbox.advance(desk.now);
    assert!(desk.is_assigned("minimo-dev", "Developer", "group:support"));
    assert_eq!(accounts(&mut desk, "Developer", STALE), 19);
}

#[test]
fn three_provisionings_may_run_and_each_waits_for_all_its_accounts() {
    let mut desk = Desk::sample(timed(1_000, 2_000));
    let first = start(&mut desk, "Developer", None).unwrap();
    let second = start(&mut desk, "LogViewer", None).unwrap();
    let third = start(&mut desk, "OrganizationAdmin", Some("example-management")).unwrap();
    assert_eq!(start(&mut desk, "ReadOnly", None).unwrap_err(), "ThrottlingException");
    desk.pass_ms(2_000);
    assert_eq!(status(&mut desk, &first)["Status"], "SUCCEEDED");
    assert_eq!(status(&mut desk, &second)["Status"], "IN_PROGRESS", "one role update per account at a time");
    assert_eq!(status(&mut desk, &third)["AccountId"], desk.account("example-management").as_str());
    desk.pass_ms(2_000);
    assert_eq!(status(&mut desk, &second)["Status"], "SUCCEEDED");
    let listed = desk.sso("ListPermissionSetProvisioningStatus", json!({})).unwrap();
    assert_eq!(listed["PermissionSetsProvisioningStatus"].as_array().unwrap().len(), 3);
}

#[test]
fn one_account_that_cannot_is_a_failure_of_the_whole() {
    let mut desk = Desk::calm();
    let client = desk.enter("minimo-dev");
    let arn = format!("arn:aws:iam::{}:policy/team/deploy-artifacts", desk.account("minimo-dev"));
    let told = client.query(&mut desk.sandbox, desk.now, "DeletePolicy", &[("PolicyArn", &arn)]);
    assert_eq!(element(&told.text(), "Code"), "DeleteConflict", "the reserved role still carries it");
    let account = desk.sandbox.account_id("minimo-dev").unwrap();
    desk.sandbox.set_suspended(account, true);
    let edit = json!({"PermissionSetArn": desk.set("Deploy"), "SessionDuration": "PT2H"});
    desk.sso("UpdatePermissionSet", edit).unwrap();
    let id = start(&mut desk, "Deploy", None).unwrap();
    let told = status(&mut desk, &id);
    assert_eq!(told["Status"], "FAILED");
    assert!(told["FailureReason"].as_str().unwrap().contains(&desk.account("minimo-dev")));
    assert_eq!(accounts(&mut desk, "Deploy", STALE), 1, "the others were done");
}

#[test]
fn a_pair_can_be_provisioned_without_assignments_and_goes_with_its_set() {
    let mut desk = Desk::calm();
    desk.sso("CreatePermissionSet", json!({"Name": "Probe"})).unwrap();
    let nothing = start(&mut desk, "Probe", None).unwrap();
    assert_eq!(status(&mut desk, &nothing)["Status"], "SUCCEEDED");
    start(&mut desk, "Probe", Some("sandbox-frontend")).unwrap();
    desk.sandbox.advance(desk.now);
    assert!(desk.role("sandbox-frontend", "Probe").is_some());
    let sets = json!({"AccountId": desk.account("sandbox-frontend")});
    let listed = desk.sso("ListPermissionSetsProvisionedToAccount", sets).unwrap();
    assert!(listed["PermissionSets"].as_array().unwrap().contains(&json!(desk.set("Probe"))));
    let gone = json!({"PermissionSetArn": desk.set("Probe")});
    desk.sso("DeletePermissionSet", gone).unwrap();
    let client = desk.enter("sandbox-frontend");
    let roles = client.query(&mut desk.sandbox, desk.now, "ListRoles", &[]).text();
    assert!(!roles.contains("_Probe_"), "{roles}");
}
