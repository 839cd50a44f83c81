//! STS and the IAM of an account.

use jiff::SignedDuration;
use sandbox::Config;
use serde_json::json;

use crate::support::{Desk, element, session};

fn assume(desk: &mut Desk, client: &sandbox::Client, arn: &str, seconds: &str) -> (u16, String) {
    let fields = [("RoleArn", arn), ("RoleSessionName", "test"), ("DurationSeconds", seconds)];
    let response = client.query(&mut desk.sandbox, desk.now, "AssumeRole", &fields);
    (response.status, response.text())
}

fn role_arn(desk: &Desk, account: &str, role: &str) -> String {
    format!("arn:aws:iam::{}:role/{role}", desk.account(account))
}

#[test]
fn a_role_of_a_member_account_is_entered_and_left() {
    let mut desk = Desk::calm();
    let client = desk.enter("minimo-dev");
    let told = client.query(&mut desk.sandbox, desk.now, "GetCallerIdentity", &[]).text();
    assert_eq!(element(&told, "Account"), desk.account("minimo-dev"));
    assert!(element(&told, "Arn").ends_with(":assumed-role/OrganizationAccountAccessRole/test"));
    desk.now += SignedDuration::from_hours(1);
    let late = client.query(&mut desk.sandbox, desk.now, "GetCallerIdentity", &[]);
    assert_eq!((late.status, element(&late.text(), "Code")), (403, "ExpiredToken".to_owned()));
}

#[test]
fn only_named_roles_of_active_member_accounts_open() {
    let mut desk = Desk::calm();
    let (management, member) = (desk.management.clone(), desk.enter("minimo-dev"));
    let (delegated, access) = (desk.delegated.clone(), "OrganizationAccountAccessRole");
    let reserved =
        format!("aws-reserved/sso.amazonaws.com/ap-northeast-1/{}", desk.role("minimo-dev", "Developer").unwrap());
    for (client, account, role, status) in [
        (&management, "minimo-dev", access, 200),
        (&delegated, "minimo-dev", access, 200),
        (&management, "minimo-dev", "NoSuchRole", 403),
        (&management, "minimo-dev", reserved.as_str(), 403),
        (&management, "example-management", access, 403),
        (&management, "legacy-shop", access, 403),
        (&member, "tsubame-dev", access, 403),
    ] {
        let arn = role_arn(&desk, account, role);
        assert_eq!(assume(&mut desk, client, &arn, "3600").0, status, "{arn}");
    }
    let arn = role_arn(&desk, "identity", access);
    let chained = session(&assume(&mut desk, &management, &arn, "3600").1);
    let arn = role_arn(&desk, "minimo-dev", access);
    assert_eq!(assume(&mut desk, &chained, &arn, "3600").0, 200);
    assert_eq!(assume(&mut desk, &chained, &arn, "7200").0, 400, "a chained session lasts an hour at most");
    assert_eq!(assume(&mut desk, &management, &arn, "60").0, 400);
}

#[test]
fn a_faster_clock_ends_no_session() {
    let mut desk = Desk::sample(Config { speed: 60, ..Config::calm() });
    let client = desk.enter("minimo-dev");
    desk.now += SignedDuration::from_hours(10);
    assert_eq!(client.query(&mut desk.sandbox, desk.now, "GetCallerIdentity", &[]).status, 200);
}

#[test]
fn a_reserved_role_shows_the_set_it_was_made_from() {
    let mut desk = Desk::calm();
    let client = desk.enter("minimo-dev");
    let mut ask =
        |operation: &str, fields: &[(&str, &str)]| client.query(&mut desk.sandbox, desk.now, operation, fields).text();
    let roles = ask("ListRoles", &[("PathPrefix", "/aws-reserved/sso.amazonaws.com/")]);
    let name = roles
        .split("<RoleName>")
        .find_map(|part| part.starts_with("AWSReservedSSO_Deploy_").then(|| part.split('<').next().unwrap()))
        .unwrap()
        .to_owned();
    let attached = ask("ListAttachedRolePolicies", &[("RoleName", &name)]);
    assert!(attached.contains("arn:aws:iam::aws:policy/AWSCodeDeployDeployerAccess"), "{attached}");
    assert!(attached.contains(":policy/team/deploy-artifacts"), "{attached}");
    let developer = roles
        .split("<RoleName>")
        .find_map(|part| part.starts_with("AWSReservedSSO_Developer_").then(|| part.split('<').next().unwrap()))
        .unwrap()
        .to_owned();
    let inline = ask("GetRolePolicy", &[("RoleName", &developer), ("PolicyName", "AwsSSOInlinePolicy")]);
    assert!(inline.contains("StagingBuckets"), "{inline}");
    assert!(ask("ListRolePolicies", &[("RoleName", &developer)]).contains("AwsSSOInlinePolicy"));
    assert_eq!(element(&ask("GetRole", &[("RoleName", "none")]), "Code"), "NoSuchEntity");
    assert_eq!(element(&ask("DeleteRole", &[("RoleName", &name)]), "Code"), "UnmodifiableEntity");
    assert!(ask("ListAccountAliases", &[]).contains("<AccountAliases></AccountAliases>"));
}

#[test]
fn the_boundary_of_a_set_is_the_boundary_of_its_roles() {
    let mut desk = Desk::calm();
    let role = desk.role("sandbox-frontend", "SandboxAdmin").unwrap();
    let client = desk.enter("sandbox-frontend");
    let told = client.query(&mut desk.sandbox, desk.now, "GetRole", &[("RoleName", &role)]).text();
    assert_eq!(element(&told, "PermissionsBoundaryArn"), "arn:aws:iam::aws:policy/PowerUserAccess");
    assert_eq!(element(&told, "MaxSessionDuration"), "43200");
}

#[test]
fn customer_managed_policies_are_made_listed_and_deleted() {
    let mut desk = Desk::calm();
    let client = desk.enter("sandbox-frontend");
    let document = json!({"Version": "2012-10-17", "Statement": []}).to_string();
    let arn = format!("arn:aws:iam::{}:policy/team/deploy-artifacts", desk.account("sandbox-frontend"));
    let fields = [("PolicyName", "deploy-artifacts"), ("Path", "/team/"), ("PolicyDocument", document.as_str())];
    let mut ask =
        |operation: &str, fields: &[(&str, &str)]| client.query(&mut desk.sandbox, desk.now, operation, fields).text();
    assert_eq!(element(&ask("CreatePolicy", &fields), "Arn"), arn);
    assert_eq!(element(&ask("CreatePolicy", &fields), "Code"), "EntityAlreadyExists");
    assert_eq!(
        element(&ask("CreatePolicy", &[("PolicyName", "x"), ("PolicyDocument", "{")]), "Code"),
        "MalformedPolicyDocument"
    );
    assert_eq!(element(&ask("GetPolicy", &[("PolicyArn", &arn)]), "AttachmentCount"), "0");
    assert!(ask("ListPolicies", &[("Scope", "Local"), ("PathPrefix", "/team/")]).contains(&arn));
    assert!(ask("GetPolicyVersion", &[("PolicyArn", &arn), ("VersionId", "v1")]).contains("2012-10-17"));
    let id = desk.assign("sandbox-frontend", "Deploy", "group:sre").unwrap();
    assert_eq!(desk.creation(&id)["Status"], "SUCCEEDED", "now the policy is there");
    let told = client.query(&mut desk.sandbox, desk.now, "DeletePolicy", &[("PolicyArn", &arn)]);
    assert_eq!((told.status, element(&told.text(), "Code")), (409, "DeleteConflict".to_owned()));
}

#[test]
fn own_roles_are_made_and_deleted() {
    let mut desk = Desk::calm();
    let client = desk.enter("sandbox-frontend");
    let trust = json!({"Version": "2012-10-17", "Statement": []}).to_string();
    let mut ask =
        |operation: &str, fields: &[(&str, &str)]| client.query(&mut desk.sandbox, desk.now, operation, fields).text();
    let fields = [("RoleName", "worker"), ("AssumeRolePolicyDocument", trust.as_str())];
    assert!(element(&ask("CreateRole", &fields), "Arn").ends_with(":role/worker"));
    assert_eq!(element(&ask("CreateRole", &fields), "Code"), "EntityAlreadyExists");
    let page = ask("ListRoles", &[("MaxItems", "1")]);
    assert_eq!(element(&page, "IsTruncated"), "true");
    let rest = ask("ListRoles", &[("Marker", &element(&page, "Marker"))]);
    assert!(rest.contains("<RoleName>worker</RoleName>") && element(&rest, "IsTruncated") == "false");
    assert!(ask("DeleteRole", &[("RoleName", "worker")]).contains("DeleteRoleResponse"));
}
