//! Who may do what, as one table: operation × caller.

use sandbox::Client;
use serde_json::{Value, json};

use crate::support::Desk;

/// Each with a request that would be possible for the management account.
fn requests(desk: &Desk) -> Vec<(String, Value)> {
    let sso = |operation: &str, body: Value| {
        let mut body = body;
        body["InstanceArn"] = json!(desk.sandbox.instance_arn());
        (format!("SWBExternalService.{operation}"), body)
    };
    let ids = |operation: &str, body: Value| {
        let mut body = body;
        body["IdentityStoreId"] = json!(desk.sandbox.identity_store_id());
        (format!("AWSIdentityStore.{operation}"), body)
    };
    let org = |operation: &str, body: Value| (format!("AWSOrganizationsV20161128.{operation}"), body);
    let straddling = |body: Value| with(body, "PermissionSetArn", &desk.set("BillingView"));
    let member_only = |body: Value| with(body, "PermissionSetArn", &desk.set("Developer"));
    let description = json!({"Description": "x"});
    let provision = json!({"TargetType": "ALL_PROVISIONED_ACCOUNTS"});
    vec![
        sso("ListInstances", json!({})),
        sso("ListPermissionSets", json!({})),
        sso("CreatePermissionSet", json!({"Name": "Probe"})),
        sso("DescribePermissionSet", straddling(json!({}))),
        sso("UpdatePermissionSet", straddling(description.clone())),
        sso("UpdatePermissionSet", member_only(description)),
        sso("ProvisionPermissionSet", straddling(provision.clone())),
        sso("ProvisionPermissionSet", member_only(provision)),
        sso("TagResource", json!({"ResourceArn": desk.set("BillingView"), "Tags": [{"Key": "a", "Value": "b"}]})),
        sso("TagResource", json!({"ResourceArn": desk.set("Developer"), "Tags": [{"Key": "a", "Value": "b"}]})),
        sso("CreateAccountAssignment", desk.row("example-management", "Developer", "group:sre")),
        sso("CreateAccountAssignment", desk.row("minimo-prod", "BillingView", "group:sre")),
        sso("CreateAccountAssignment", desk.row("minimo-prod", "Developer", "group:sre")),
        sso("DeleteAccountAssignment", desk.row("example-management", "BillingView", "group:finance")),
        sso("DeleteAccountAssignment", desk.row("minimo-dev", "ReadOnly", "group:sre")),
        sso("ListAccountAssignments", straddling(json!({"AccountId": desk.account("example-management")}))),
        sso(
            "ListAccountAssignmentsForPrincipal",
            json!({"PrincipalId": desk.principal("group:sre"), "PrincipalType": "GROUP"}),
        ),
        ids("ListUsers", json!({})),
        ids("CreateGroup", json!({"DisplayName": "probe"})),
        org("DescribeOrganization", json!({})),
        org("ListAccounts", json!({})),
        org("ListTagsForResource", json!({"ResourceId": desk.account("minimo-dev")})),
        org("TagResource", json!({"ResourceId": desk.account("minimo-dev"), "Tags": [{"Key": "a", "Value": "b"}]})),
        org("CreateAccount", json!({"Email": "probe@example.com", "AccountName": "probe"})),
    ]
}

fn with(mut body: Value, member: &str, value: &str) -> Value {
    body[member] = json!(value);
    body
}

#[test]
fn the_authorization_table() {
    let count = requests(&Desk::calm()).len();
    let mut table = String::from("management delegated  member     operation\n");
    for index in 0..count {
        let mut line = String::new();
        for caller in 0..3 {
            let mut desk = Desk::calm();
            let clients: [Client; 3] = [desk.management.clone(), desk.delegated.clone(), desk.enter("minimo-dev")];
            let (target, body) = requests(&desk).swap_remove(index);
            let told = desk.ask(&clients[caller], &target, body);
            let word = match told.as_ref().map_err(String::as_str) {
                Ok(_) => "ok",
                Err("AccessDeniedException") => "denied",
                Err(other) => other,
            };
            line.push_str(&format!("{word:<11}"));
        }
        let desk = Desk::calm();
        let (target, body) = requests(&desk).swap_remove(index);
        let set = ["BillingView", "Developer"].into_iter().find(|name| body.to_string().contains(&desk.set(name)));
        let account = body["TargetId"].as_str().filter(|id| *id == desk.account("example-management"));
        let detail = [set.map(|set| format!(" of {set}")), account.map(|_| " in the management account".to_owned())];
        let detail: String = detail.into_iter().flatten().collect();
        table.push_str(&format!("{line}{target}{detail}\n"));
    }
    insta::assert_snapshot!(table);
}

#[test]
fn a_session_of_the_delegated_account_stands_like_its_account() {
    let mut desk = Desk::calm();
    let session = desk.enter("identity");
    assert!(desk.sso_as(&session, "ListPermissionSets", json!({})).is_ok());
    let row = desk.row("example-management", "Developer", "group:sre");
    assert_eq!(desk.sso_as(&session, "CreateAccountAssignment", row).unwrap_err(), "AccessDeniedException");
}

#[test]
fn the_log_proves_which_actions_were_needed() {
    let mut desk = Desk::calm();
    desk.sso("ListPermissionSets", json!({})).unwrap();
    desk.assign("minimo-dev", "Developer", "group:sre").unwrap();
    let calls: Vec<_> = desk.sandbox.calls().log().cloned().collect();
    assert_eq!(calls[1].action(), "sso:CreateAccountAssignment");
    assert_eq!(calls[1].caller.as_ref().unwrap().account, desk.sandbox.management_account());
    assert!(calls[1].resources.contains(&format!("arn:aws:sso:::account/{}", desk.account("minimo-dev"))));
    assert_eq!(calls[1].error, None);
    assert_eq!(desk.sandbox.calls().count(sandbox::Service::SsoAdmin, "ListPermissionSets"), 1);
    assert_eq!(desk.sandbox.calls().total(), 2);
}
