//! Keys that are refused, sessions, and trust policies.

use jiff::SignedDuration;
use sandbox::Client;
use serde_json::json;

use crate::support::{Office, element, session, statement};

fn role(office: &mut Office, name: &str, trust: serde_json::Value) -> String {
    let document = json!({"Version": "2012-10-17", "Statement": [trust]}).to_string();
    element(&office.ask("CreateRole", &[("RoleName", name), ("AssumeRolePolicyDocument", &document)]), "Arn")
}

fn trust(principal: &str) -> serde_json::Value {
    json!({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"})
}

fn assume(office: &mut Office, client: &Client, arn: &str, more: &[(&str, &str)]) -> String {
    let mut fields = vec![("RoleArn", arn), ("RoleSessionName", "test")];
    fields.extend(more);
    office.say_as(client, "AssumeRole", &fields)
}

#[test]
fn inactive_and_deleted_keys_are_refused_as_if_unknown() {
    let mut office = Office::member();
    let client = office.user("hanako", &statement("Allow", "iam:*", "*"));
    let key = element(&office.ask("ListAccessKeys", &[("UserName", "hanako")]), "AccessKeyId");
    let fields = [("UserName", "hanako"), ("AccessKeyId", key.as_str())];
    let refused = "403 InvalidClientTokenId: The security token included in the request is invalid.";
    assert_eq!(office.say_as(&client, "GetCallerIdentity", &[]), "ok");
    office.desk.now += SignedDuration::from_mins(1);
    office.ask("UpdateAccessKey", &[fields[0], fields[1], ("Status", "Inactive")]);
    assert_eq!(office.say_as(&client, "GetCallerIdentity", &[]), refused);
    let told = client.json(&mut office.desk.sandbox, office.desk.now, "SWBExternalService.ListInstances", json!({}));
    assert_eq!(told.json()["__type"], "UnrecognizedClientException");
    let told = client.rest(&mut office.desk.sandbox, office.desk.now, "s3", ("GET", "/"));
    assert_eq!((told.status, element(&told.text(), "Code")), (403, "InvalidAccessKeyId".to_owned()));
    let used = office.ask("GetAccessKeyLastUsed", &[("AccessKeyId", &key)]);
    assert_eq!(element(&used, "LastUsedDate"), "2026-11-22T00:00:00Z", "a refused call is no use of the key");
    assert_eq!(element(&used, "ServiceName"), "sts");
    office.ask("UpdateAccessKey", &[fields[0], fields[1], ("Status", "Active")]);
    assert_eq!(office.say_as(&client, "GetCallerIdentity", &[]), "ok");
    let used = office.ask("GetAccessKeyLastUsed", &[("AccessKeyId", &key)]);
    assert_eq!(element(&used, "LastUsedDate"), "2026-11-22T00:01:00Z");
    office.ask("DeleteAccessKey", &fields);
    assert_eq!(office.say_as(&client, "GetCallerIdentity", &[]), refused);
    let told = client.rest(&mut office.desk.sandbox, office.desk.now, "s3", ("GET", "/"));
    assert_eq!((told.status, element(&told.text(), "Code")), (403, "InvalidAccessKeyId".to_owned()));
}

#[test]
fn trust_policies_decide_who_becomes_a_role() {
    let mut office = Office::member();
    let account = office.account.clone();
    let named = office.user("named", &statement("Allow", "s3:*", "*"));
    let allowed = office.user("allowed", &statement("Allow", "sts:AssumeRole", "*"));
    let denied = office.user("denied", &statement("Deny", "sts:AssumeRole", "*"));
    let user = |name: &str| format!("arn:aws:iam::{account}:user/{name}");
    let for_account = role(&mut office, "for-account", trust(&format!("arn:aws:iam::{account}:root")));
    let for_named = role(&mut office, "for-named", trust(&user("named")));
    let for_denied = role(&mut office, "for-denied", trust(&user("denied")));
    let mut external = trust(&account);
    external["Condition"] = json!({"StringEquals": {"sts:ExternalId": "42"}});
    let external = role(&mut office, "external", external);
    let mut with_mfa = trust(&account);
    with_mfa["Condition"] = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    let with_mfa = role(&mut office, "with-mfa", with_mfa);
    let missing = format!("arn:aws:iam::{account}:role/missing");
    let mut lines = Vec::new();
    for (who, client) in [("named", &named), ("allowed", &allowed), ("denied", &denied)] {
        for arn in [&for_account, &for_named, &for_denied, &external, &with_mfa, &missing] {
            let told = assume(&mut office, client, arn, &[]);
            lines.push(format!("{who} → {}: {told}", arn.rsplit('/').next().unwrap()));
        }
    }
    lines.push(format!("with the external id: {}", assume(&mut office, &allowed, &external, &[("ExternalId", "42")])));
    let serial = format!("arn:aws:iam::{account}:mfa/allowed");
    office.ask("CreateVirtualMFADevice", &[("VirtualMFADeviceName", "allowed")]);
    office.ask(
        "EnableMFADevice",
        &[
            ("UserName", "allowed"),
            ("SerialNumber", &serial),
            ("AuthenticationCode1", "111111"),
            ("AuthenticationCode2", "222222"),
        ],
    );
    let code = [("SerialNumber", serial.as_str()), ("TokenCode", "123456")];
    lines.push(format!("with MFA: {}", assume(&mut office, &allowed, &with_mfa, &code)));
    lines.push(format!("with somebody else's device: {}", assume(&mut office, &named, &with_mfa, &code)));
    insta::assert_snapshot!(lines.join("\n").replace(&account, "ACCOUNT"));
}

#[test]
fn a_session_may_do_what_the_role_and_its_session_policy_allow() {
    let mut office = Office::member();
    let account = office.account.clone();
    let client = office.user("hanako", &statement("Allow", "sts:AssumeRole", "*"));
    let arn = role(&mut office, "reader", trust(&account));
    let may = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["iam:ListUsers", "iam:ListRoles"], "Resource": "*"}]}).to_string();
    office.ask("PutRolePolicy", &[("RoleName", "reader"), ("PolicyName", "p"), ("PolicyDocument", &may)]);
    let only = statement("Allow", "iam:ListUsers", "*").to_string();
    let fields = [("RoleArn", arn.as_str()), ("RoleSessionName", "me@example.com"), ("Policy", only.as_str())];
    let told = client.query(&mut office.desk.sandbox, office.desk.now, "AssumeRole", &fields).text();
    let reader = session(&told);
    assert_eq!(office.say_as(&reader, "ListUsers", &[]), "ok");
    assert_eq!(
        office.say_as(&reader, "ListRoles", &[]),
        format!(
            "403 AccessDenied: User: arn:aws:sts::{account}:assumed-role/reader/me@example.com is not authorized to perform: \
             iam:ListRoles on resource: arn:aws:iam::{account}:role/ because no session policy allows the iam:ListRoles action"
        )
    );
    assert!(office.ask("GetRole", &[("RoleName", "reader")]).contains("<RoleLastUsed><LastUsedDate>2026-11-22"));
    assert!(assume(&mut office, &client, &arn, &[("DurationSeconds", "7200")]).contains("MaxSessionDuration"));
    office.ask("DeleteRolePolicy", &[("RoleName", "reader"), ("PolicyName", "p")]);
    office.ask("DeleteRole", &[("RoleName", "reader")]);
    assert!(office.say_as(&reader, "ListUsers", &[]).starts_with("403 InvalidClientTokenId"));
}

#[test]
fn a_session_token_is_the_user_for_a_while() {
    let mut office = Office::member();
    let client = office.user("hanako", &statement("Allow", "iam:ListUsers", "*"));
    let told =
        client.query(&mut office.desk.sandbox, office.desk.now, "GetSessionToken", &[("DurationSeconds", "900")]);
    let temporary = session(&told.text());
    let who = temporary.query(&mut office.desk.sandbox, office.desk.now, "GetCallerIdentity", &[]).text();
    assert!(element(&who, "Arn").ends_with(":user/hanako"));
    // AWS's documentation, Compare AWS STS credentials: IAM only with MFA
    assert!(office.say_as(&temporary, "ListUsers", &[]).starts_with("403 InvalidClientTokenId"));
    assert!(office.say_as(&temporary, "GetSessionToken", &[]).starts_with("403 AccessDenied"));
    let key = element(&told.text(), "AccessKeyId");
    assert_eq!(element(&office.ask("GetAccessKeyInfo", &[("AccessKeyId", &key)]), "Account"), office.account);
    let serial = format!("arn:aws:iam::{}:mfa/hanako", office.account);
    office.ask("CreateVirtualMFADevice", &[("VirtualMFADeviceName", "hanako")]);
    let codes = [("AuthenticationCode1", "111111"), ("AuthenticationCode2", "222222")];
    office.ask("EnableMFADevice", &[("UserName", "hanako"), ("SerialNumber", &serial), codes[0], codes[1]]);
    let fields = [("SerialNumber", serial.as_str()), ("TokenCode", "123456"), ("DurationSeconds", "900")];
    let told = client.query(&mut office.desk.sandbox, office.desk.now, "GetSessionToken", &fields).text();
    let temporary = session(&told);
    assert_eq!(office.say_as(&temporary, "ListUsers", &[]), "ok");
    office.desk.now += SignedDuration::from_mins(15);
    assert!(office.say_as(&temporary, "ListUsers", &[]).starts_with("403 ExpiredToken"));
}

/// Whoever sends an empty key id in a signature is not taken for a call that needs none.
#[test]
fn only_the_two_federated_operations_go_without_a_signature() {
    let mut office = Office::member();
    let role = role(&mut office, "everybody", trust("*"));
    let forged =
        "AWS4-HMAC-SHA256 Credential=/20261122/ap-northeast-1/sts/aws4_request, SignedHeaders=host, Signature=00";
    let headers = vec![("authorization".to_owned(), forged.to_owned())];
    let form = format!("Action=AssumeRole&Version=2011-06-15&RoleArn={role}&RoleSessionName=nobody");
    for (headers, expected) in [(headers, "InvalidClientTokenId"), (Vec::new(), "MissingAuthenticationToken")] {
        let body = form.clone().into_bytes();
        let request = sandbox::WireRequest { method: "POST".to_owned(), path: "/".to_owned(), headers, body };
        let told = office.desk.sandbox.handle(office.desk.now, &request).text();
        assert_eq!(element(&told, "Code"), expected);
    }
    let form = form.replace("AssumeRole&", "AssumeRoleWithWebIdentity&");
    let body = format!("{form}&WebIdentityToken=e30.e30.x").into_bytes();
    let request = sandbox::WireRequest { method: "POST".to_owned(), path: "/".to_owned(), headers: Vec::new(), body };
    let told = office.desk.sandbox.handle(office.desk.now, &request).text();
    assert_eq!(element(&told, "Code"), "InvalidIdentityToken");
}
