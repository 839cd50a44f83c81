//! Every call is decided by the caller's policies, in AWS's words.

use serde_json::json;

use crate::support::{Desk, Office, statement};

#[test]
fn refusals_say_what_is_missing() {
    let mut office = Office::member();
    let account = office.account.clone();
    let client = office.user("hanako", &statement("Allow", "iam:Get*", &format!("arn:aws:iam::{account}:user/hanako")));
    office.ask("CreateUser", &[("UserName", "taro"), ("Path", "/people/")]);
    let mut lines = Vec::new();
    let calls: [(&str, &[(&str, &str)]); 12] = [
        ("GetCallerIdentity", &[]),
        ("GetUser", &[]),
        ("GetUser", &[("UserName", "taro")]),
        ("ListUsers", &[]),
        ("ListUsers", &[("PathPrefix", "/people/")]),
        ("ListPolicies", &[]),
        ("ListAccountAliases", &[]),
        ("CreateUser", &[("UserName", "new"), ("Path", "/people/")]),
        ("CreateAccessKey", &[]),
        ("AddUserToGroup", &[("UserName", "hanako"), ("GroupName", "admins")]),
        ("AttachUserPolicy", &[("UserName", "hanako"), ("PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess")]),
        ("CreateVirtualMFADevice", &[("VirtualMFADeviceName", "hanako")]),
    ];
    for (operation, fields) in calls {
        lines.push(format!("{operation}: {}", office.say_as(&client, operation, fields)));
    }
    insta::assert_snapshot!(lines.join("\n").replace(&account, "ACCOUNT"));
}

#[test]
fn groups_boundaries_and_denies_count() {
    let mut office = Office::member();
    let client = office.user("hanako", &statement("Allow", "iam:GetAccountSummary", "*"));
    assert!(
        office
            .say_as(&client, "ListUsers", &[])
            .contains("because no identity-based policy allows the iam:ListUsers action")
    );
    office.ask("CreateGroup", &[("GroupName", "readers")]);
    let list = statement("Allow", "iam:List*", "*").to_string();
    office.ask("PutGroupPolicy", &[("GroupName", "readers"), ("PolicyName", "list"), ("PolicyDocument", &list)]);
    office.ask("AddUserToGroup", &[("GroupName", "readers"), ("UserName", "hanako")]);
    assert_eq!(office.say_as(&client, "ListUsers", &[]), "ok");
    let boundary = ("PermissionsBoundary", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess");
    office.ask("PutUserPermissionsBoundary", &[("UserName", "hanako"), boundary]);
    assert!(
        office
            .say_as(&client, "ListUsers", &[])
            .ends_with("because no permissions boundary allows the iam:ListUsers action")
    );
    office.ask("DeleteUserPermissionsBoundary", &[("UserName", "hanako")]);
    assert_eq!(office.say_as(&client, "ListUsers", &[]), "ok");
    let deny = statement("Deny", "iam:ListUsers", "*").to_string();
    office.ask("PutUserPolicy", &[("UserName", "hanako"), ("PolicyName", "no"), ("PolicyDocument", &deny)]);
    assert!(office.say_as(&client, "ListUsers", &[]).ends_with("with an explicit deny in an identity-based policy"));
}

#[test]
fn a_new_default_version_counts_at_once() {
    let mut office = Office::member();
    let first = statement("Allow", "iam:ListUsers", "*").to_string();
    let second = statement("Allow", "iam:ListRoles", "*").to_string();
    let arn = format!("arn:aws:iam::{}:policy/p", office.account);
    office.ask("CreatePolicy", &[("PolicyName", "p"), ("PolicyDocument", &first)]);
    let client = office.user("hanako", &statement("Allow", "s3:*", "*"));
    office.ask("AttachUserPolicy", &[("UserName", "hanako"), ("PolicyArn", &arn)]);
    assert_eq!(office.say_as(&client, "ListUsers", &[]), "ok");
    office.ask("CreatePolicyVersion", &[("PolicyArn", &arn), ("PolicyDocument", &second), ("SetAsDefault", "true")]);
    assert!(office.say_as(&client, "ListUsers", &[]).starts_with("403 AccessDenied"));
    assert_eq!(office.say_as(&client, "ListRoles", &[]), "ok");
}

#[test]
fn identity_center_is_decided_resource_by_resource() {
    let desk = Desk::calm();
    let client = desk.management.clone();
    let account = desk.account("example-management");
    let mut office = Office { desk, client, account };
    let (instance, target) = (office.desk.sandbox.instance_arn(), office.desk.account("minimo-dev"));
    let policy = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Action": "sso:CreateAccountAssignment",
        "Resource": [instance, format!("arn:aws:sso:::account/{target}"), office.desk.set("Developer")],
    }]});
    let client = office.user("assigner", &policy);
    let desk = &mut office.desk;
    let row = desk.row("minimo-dev", "Developer", "group:sre");
    assert!(desk.sso_as(&client, "CreateAccountAssignment", row).is_ok());
    for (account, set) in [("minimo-prod", "Developer"), ("minimo-dev", "ReadOnly")] {
        let row = desk.row(account, set, "group:sre");
        assert_eq!(desk.sso_as(&client, "CreateAccountAssignment", row).unwrap_err(), "AccessDeniedException");
    }
    let mut body = desk.row("minimo-prod", "Developer", "group:sre");
    body["InstanceArn"] = json!(instance);
    let told = client.json(&mut desk.sandbox, desk.now, "SWBExternalService.CreateAccountAssignment", body).json();
    let message = told["Message"].as_str().unwrap();
    assert!(
        message
            .contains("is not authorized to perform: sso:CreateAccountAssignment on resource: arn:aws:sso:::account/"),
        "{message}"
    );
}
