//! Service control policies, and what they take away.

use serde_json::{Value, json};

use crate::support::{Desk, element};

fn made(desk: &mut Desk, name: &str, content: &Value) -> String {
    let body =
        json!({"Name": name, "Description": "", "Type": "SERVICE_CONTROL_POLICY", "Content": content.to_string()});
    desk.org("CreatePolicy", body).unwrap()["Policy"]["PolicySummary"]["Id"].as_str().unwrap().to_owned()
}

fn deny() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "iam:CreateUser", "Resource": "*"}]})
}

fn create_user(desk: &mut Desk, client: &sandbox::Client, name: &str) -> String {
    let told = client.query(&mut desk.sandbox, desk.now, "CreateUser", &[("UserName", name)]);
    if told.status == 200 { "ok".to_owned() } else { element(&told.text(), "Message") }
}

#[test]
fn a_policy_on_a_parent_binds_the_accounts_below_and_not_the_management_account() {
    let mut desk = Desk::calm();
    let (client, other) = (desk.enter("minimo-dev"), desk.enter("finance-systems"));
    let child = json!({"ChildId": desk.account("minimo-dev")});
    let parent = desk.org("ListParents", child).unwrap()["Parents"][0]["Id"].clone();
    let policy = made(&mut desk, "NoUsers", &deny());
    assert_eq!(create_user(&mut desk, &client, "a"), "ok");
    desk.org("AttachPolicy", json!({"PolicyId": policy, "TargetId": parent})).unwrap();
    let told = create_user(&mut desk, &client, "b");
    assert!(told.ends_with("with an explicit deny in a service control policy"), "{told}");
    assert_eq!(create_user(&mut desk, &other, "b"), "ok");
    let root = desk.org("ListRoots", json!({})).unwrap()["Roots"][0]["Id"].clone();
    desk.org("AttachPolicy", json!({"PolicyId": policy, "TargetId": root})).unwrap();
    assert!(create_user(&mut desk, &other, "c").contains("service control policy"));
    let management = desk.management.clone();
    assert_eq!(create_user(&mut desk, &management, "c"), "ok");
    desk.org("DisablePolicyType", json!({"RootId": root, "PolicyType": "SERVICE_CONTROL_POLICY"})).unwrap();
    assert_eq!(create_user(&mut desk, &other, "d"), "ok");
}

#[test]
fn where_no_policy_allows_nothing_is_allowed() {
    let mut desk = Desk::calm();
    let client = desk.enter("minimo-dev");
    let account = desk.account("minimo-dev");
    let only = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]});
    let policy = made(&mut desk, "OnlyS3", &only);
    desk.org("AttachPolicy", json!({"PolicyId": policy, "TargetId": account})).unwrap();
    desk.org("DetachPolicy", json!({"PolicyId": "p-FullAWSAccess", "TargetId": account})).unwrap();
    let told = create_user(&mut desk, &client, "a");
    assert!(told.ends_with("because no service control policy allows the iam:CreateUser action"), "{told}");
    let last = desk.org("DetachPolicy", json!({"PolicyId": policy, "TargetId": account}));
    assert_eq!(last.unwrap_err(), "ConstraintViolationException");
}

#[test]
fn policies_are_listed_by_target_and_targets_by_policy() {
    let mut desk = Desk::calm();
    let account = desk.account("minimo-dev");
    let policy = made(&mut desk, "NoUsers", &deny());
    desk.org("AttachPolicy", json!({"PolicyId": policy, "TargetId": account})).unwrap();
    let of_type = json!({"TargetId": account, "Filter": "SERVICE_CONTROL_POLICY"});
    let listed = desk.org("ListPoliciesForTarget", of_type).unwrap();
    let names: Vec<&str> =
        listed["Policies"].as_array().unwrap().iter().map(|row| row["Name"].as_str().unwrap()).collect();
    assert_eq!(names, ["FullAWSAccess", "NoUsers"]);
    let targets = desk.org("ListTargetsForPolicy", json!({"PolicyId": policy})).unwrap();
    assert_eq!(
        (&targets["Targets"][0]["Name"], &targets["Targets"][0]["Type"]),
        (&json!("minimo-dev"), &json!("ACCOUNT"))
    );
    for (operation, body, code) in [
        (
            "CreatePolicy",
            json!({"Name": "NoUsers", "Description": "", "Type": "SERVICE_CONTROL_POLICY", "Content": deny().to_string()}),
            "DuplicatePolicyException",
        ),
        (
            "CreatePolicy",
            json!({"Name": "x", "Description": "", "Type": "SERVICE_CONTROL_POLICY", "Content": "{"}),
            "MalformedPolicyDocumentException",
        ),
        ("AttachPolicy", json!({"PolicyId": policy, "TargetId": account}), "DuplicatePolicyAttachmentException"),
        ("AttachPolicy", json!({"PolicyId": "p-12345678", "TargetId": account}), "PolicyNotFoundException"),
        ("AttachPolicy", json!({"PolicyId": policy, "TargetId": "123456789012"}), "TargetNotFoundException"),
        ("DeletePolicy", json!({"PolicyId": policy}), "PolicyInUseException"),
        ("DeletePolicy", json!({"PolicyId": "p-FullAWSAccess"}), "InvalidInputException"),
    ] {
        assert_eq!(desk.org(operation, body).unwrap_err(), code, "{operation}");
    }
    desk.org("DetachPolicy", json!({"PolicyId": policy, "TargetId": account})).unwrap();
    desk.org("DeletePolicy", json!({"PolicyId": policy})).unwrap();
    assert_eq!(desk.org("DescribePolicy", json!({"PolicyId": policy})).unwrap_err(), "PolicyNotFoundException");
}

#[test]
fn a_changed_policy_counts_at_once_and_enabling_again_brings_back_full_access_only() {
    let mut desk = Desk::calm();
    let client = desk.enter("minimo-dev");
    let account = desk.account("minimo-dev");
    let policy = made(&mut desk, "Changing", &deny());
    desk.org("AttachPolicy", json!({"PolicyId": policy, "TargetId": account})).unwrap();
    assert!(create_user(&mut desk, &client, "a").contains("explicit deny"));
    let other = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]});
    desk.org("UpdatePolicy", json!({"PolicyId": policy, "Content": other.to_string()})).unwrap();
    assert_eq!(create_user(&mut desk, &client, "a"), "ok");
    let root = desk.org("ListRoots", json!({})).unwrap()["Roots"][0]["Id"].clone();
    let body = json!({"RootId": root, "PolicyType": "SERVICE_CONTROL_POLICY"});
    assert_eq!(desk.org("EnablePolicyType", body.clone()).unwrap_err(), "PolicyTypeAlreadyEnabledException");
    let disabled = desk.org("DisablePolicyType", body.clone()).unwrap();
    assert_eq!(disabled["Root"]["PolicyTypes"], json!([]));
    let attach = json!({"PolicyId": policy, "TargetId": account});
    assert_eq!(desk.org("AttachPolicy", attach).unwrap_err(), "PolicyTypeNotEnabledException");
    desk.org("EnablePolicyType", body).unwrap();
    let listed =
        desk.org("ListPoliciesForTarget", json!({"TargetId": account, "Filter": "SERVICE_CONTROL_POLICY"})).unwrap();
    assert_eq!(listed["Policies"].as_array().unwrap().len(), 1);
    assert_eq!(create_user(&mut desk, &client, "b"), "ok");
}
