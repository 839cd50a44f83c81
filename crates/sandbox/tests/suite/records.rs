//! What stands in a record and what must not, whose record it is, and by which id it is known.

use std::collections::BTreeSet;

use sandbox::{Client, Config, FaultKind, Sandbox, WireRequest, WireResponse};
use serde_json::{Value, json};

use crate::support::{Desk, Office, element, session, statement};

/// All records that this caller can look up in a Region, newest first.
fn records(desk: &mut Desk, client: &Client, region: &str) -> Vec<Value> {
    let (mut found, mut token) = (Vec::new(), Value::Null);
    loop {
        let mut body = json!({});
        if !token.is_null() {
            body["NextToken"] = token;
        }
        // signed for another Region, which is what decides
        let client = client.in_region(region);
        let page = desk.ask(&client, "CloudTrail_20131101.LookupEvents", body).unwrap();
        let texts = page["Events"].as_array().unwrap().iter().map(|event| event["CloudTrailEvent"].as_str().unwrap());
        found.extend(texts.map(|text| serde_json::from_str::<Value>(text).unwrap()));
        token = page["NextToken"].clone();
        if token.is_null() {
            return found;
        }
    }
}

fn named(records: &[Value], name: &str) -> Vec<Value> {
    records.iter().filter(|record| record["eventName"] == name).cloned().collect()
}

/// A call without a signature.
fn unsigned(desk: &mut Desk, operation: &str, fields: &[(&str, &str)]) -> WireResponse {
    let mut body = format!("Action={operation}&Version=2011-06-15");
    for (name, value) in fields {
        let value = value.replace('%', "%25").replace('+', "%2B").replace('=', "%3D").replace('&', "%26");
        body.push_str(&format!("&{name}={value}"));
    }
    let headers = vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
    let request = WireRequest { method: "POST".to_owned(), path: "/".to_owned(), headers, body: body.into_bytes() };
    desk.sandbox.handle(desk.now, &request)
}

#[test]
fn no_secret_stands_in_a_record() {
    let mut office = Office::member();
    let metadata = format!(
        "<EntityDescriptor entityID=\"https://idp.example\"><IDPSSODescriptor/></EntityDescriptor><!--{}-->",
        "x".repeat(1_000)
    );
    let metadata = metadata.as_str();
    let long = "swordfish".repeat(20);
    let serial = format!("arn:aws:iam::{}:mfa/hanako", office.account);
    let calls: [(&str, Vec<(&str, &str)>); 9] = [
        ("CreateUser", vec![("UserName", "hanako")]),
        (
            "CreateSAMLProvider",
            vec![("Name", "idp"), ("SAMLMetadataDocument", metadata), ("AddPrivateKey", "swordfish key")],
        ),
        // each of these breaks a rule, and the refusal must not say what with
        (
            "CreateSAMLProvider",
            vec![("Name", "idp"), ("SAMLMetadataDocument", metadata), ("AddPrivateKey", "swordfish\u{1}")],
        ),
        ("CreateLoginProfile", vec![("UserName", "hanako"), ("Password", &long)]),
        ("CreateLoginProfile", vec![("UserName", "hanako"), ("Password", "swordfish 12345")]),
        ("ChangePassword", vec![("OldPassword", &long), ("NewPassword", &long)]),
        (
            "UploadServerCertificate",
            vec![("ServerCertificateName", "c"), ("CertificateBody", "x"), ("PrivateKey", "swordfish\u{1}")],
        ),
        ("CreateServiceSpecificCredential", vec![("UserName", "hanako"), ("ServiceName", "codecommit.amazonaws.com")]),
        (
            "EnableMFADevice",
            vec![
                ("UserName", "hanako"),
                ("SerialNumber", &serial),
                ("AuthenticationCode1", "swordfish"),
                ("AuthenticationCode2", "swordfish"),
            ],
        ),
    ];
    let mut answers = String::new();
    for (operation, fields) in &calls {
        answers.push_str(&office.say(operation, fields));
        answers.push('\n');
    }
    assert!(!answers.contains("swordfish"), "{answers}");
    assert!(answers.contains("Value at 'password' failed to satisfy constraint"), "{answers}");
    let client = office.client.clone();
    let secret = element(
        &office.ask(
            "CreateServiceSpecificCredential",
            &[("UserName", "hanako"), ("ServiceName", "codecommit.amazonaws.com")],
        ),
        "ServicePassword",
    );
    let told = records(&mut office.desk, &client, "us-east-1");
    assert!(told.len() >= calls.len(), "{}", told.len());
    let text = json!(told).to_string();
    assert!(!text.contains("swordfish") && !text.contains(&secret), "{text}");
}

#[test]
fn what_people_are_called_stands_in_no_record_of_the_directory() {
    let mut desk = Desk::calm();
    let secret = "swordfish";
    desk.ids(
        "CreateUser",
        json!({
            "UserName": secret, "DisplayName": secret, "Name": {"GivenName": secret, "FamilyName": secret},
            "Emails": [{"Value": secret}], "Birthdate": secret, "Website": secret,
        }),
    )
    .unwrap();
    desk.ids("CreateUser", json!({"UserName": format!("{secret}\u{1}"), "DisplayName": secret.repeat(200)}))
        .unwrap_err();
    desk.ids("GetUserId", json!({"AlternateIdentifier": {"ExternalId": {"Issuer": secret, "Id": secret}}}))
        .unwrap_err();
    desk.ids(
        "GetUserId",
        json!({"AlternateIdentifier": {"UniqueAttribute": {"AttributePath": "userName", "AttributeValue": secret}}}),
    )
    .unwrap();
    desk.ids("ListUsers", json!({"Filters": [{"AttributePath": "UserName", "AttributeValue": secret}]})).unwrap();
    desk.org("CreateAccount", json!({"AccountName": secret, "Email": format!("{secret}@example.com")})).unwrap();
    desk.org(
        "InviteAccountToOrganization",
        json!({"Target": {"Type": "EMAIL", "Id": format!("other.{secret}@example.com")}, "Notes": secret}),
    )
    .unwrap();
    let client = desk.management.clone();
    for region in ["ap-northeast-1", "us-east-1"] {
        let text = json!(records(&mut desk, &client, region)).to_string();
        assert!(!text.contains(secret), "{text}");
    }
}

#[test]
fn every_event_has_an_id_of_its_own() {
    let history = |seed: u64| {
        let mut desk = Desk::sample(Config { seed, ..Config::calm() });
        desk.sandbox.faults_mut().set(FaultKind::Duplicate, 1.0);
        for _ in 0..20 {
            desk.sso("ListPermissionSets", json!({})).unwrap();
        }
        *desk.sandbox.faults_mut() = sandbox::Faults::default();
        let client = desk.management.clone();
        let told = records(&mut desk, &client, "ap-northeast-1");
        told.iter().map(|record| record["eventID"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let (one, other) = (history(1), history(2));
    let all: BTreeSet<&String> = one.iter().chain(&other).collect();
    assert!(one.len() >= 40, "{}", one.len());
    assert_eq!(all.len(), one.len() + other.len());
    assert_eq!(one, history(1), "the same seed gives the same ids");
}

#[test]
fn ids_go_on_after_a_restart() {
    let mut desk = Desk::calm();
    desk.sso("ListPermissionSets", json!({})).unwrap();
    desk.sandbox = Sandbox::restore(desk.sandbox.config().clone(), &desk.sandbox.save().unwrap()).unwrap();
    desk.sso("ListPermissionSets", json!({})).unwrap();
    let client = desk.management.clone();
    let told = records(&mut desk, &client, "ap-northeast-1");
    let ids: BTreeSet<&str> = told.iter().map(|record| record["eventID"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), told.len());
}

#[test]
fn a_federated_user_is_told_with_the_user_who_asked() {
    let mut office = Office::member();
    let client = office.user("broker", &statement("Allow", "*", "*"));
    let policy = statement("Allow", "*", "*").to_string();
    let told = client.query(
        &mut office.desk.sandbox,
        office.desk.now,
        "GetFederationToken",
        &[("Name", "guest"), ("Policy", &policy)],
    );
    assert_eq!(told.status, 200, "{}", told.text());
    let guest = session(&told.text());
    assert_eq!(guest.query(&mut office.desk.sandbox, office.desk.now, "GetCallerIdentity", &[]).status, 200);
    let admin = office.client.clone();
    let told = records(&mut office.desk, &admin, "ap-northeast-1");
    let who = &named(&told, "GetCallerIdentity")[0]["userIdentity"];
    let account = office.account.clone();
    assert_eq!((&who["type"], &who["principalId"]), (&json!("FederatedUser"), &json!(format!("{account}:guest"))));
    assert_eq!(who["arn"], json!(format!("arn:aws:sts::{account}:federated-user/guest")));
    assert_eq!(who.get("userName"), None);
    let issuer = &who["sessionContext"]["sessionIssuer"];
    assert_eq!((&issuer["type"], &issuer["userName"]), (&json!("IAMUser"), &json!("broker")));
    assert_eq!(issuer["arn"], json!(format!("arn:aws:iam::{account}:user/broker")));
    assert!(issuer["principalId"].as_str().unwrap().starts_with("AIDA"), "{issuer}");
    assert_eq!(who["sessionContext"]["attributes"]["creationDate"], "2026-11-22T00:00:00Z");
}

/// Keys of the objects that the organization's trail has written.
fn written(desk: &mut Desk) -> String {
    let client = desk.management.clone();
    client.rest(&mut desk.sandbox, desk.now, "s3", ("GET", "/sandbox-organization-trail?list-type=2")).text()
}

#[test]
fn the_organization_s_trail_tells_nothing_of_an_account_that_left() {
    let mut office = Office::member();
    let user = office.user("hanako", &statement("Allow", "*", "*"));
    let account = office.account.clone();
    office.desk.pass_ms(300_000);
    assert!(written(&mut office.desk).contains(&format!("/{account}/")), "while it is a member");
    office.desk.org("RemoveAccountFromOrganization", json!({"AccountId": account})).unwrap();
    office.desk.pass_ms(300_000);
    let before = written(&mut office.desk).matches(&format!("/{account}/")).count();
    for _ in 0..3 {
        assert_eq!(office.say_as(&user, "ListUsers", &[]), "ok");
        office.desk.pass_ms(300_000);
    }
    assert_eq!(written(&mut office.desk).matches(&format!("/{account}/")).count(), before);
    // its own history goes on
    assert_eq!(named(&records(&mut office.desk, &user, "us-east-1"), "ListUsers").len(), 3);
}

/// A token of an identity provider, as far as it is looked at.
fn token(issuer: &str) -> String {
    let part = |value: Value| {
        let text: Vec<u8> = value.to_string().into_bytes();
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut out = String::new();
        for chunk in text.chunks(3) {
            let word =
                chunk.iter().fold(0_usize, |word, byte| word << 8 | usize::from(*byte)) << (8 * (3 - chunk.len()));
            for at in 0..=chunk.len() {
                out.push(char::from(letters[word >> (18 - 6 * at) & 63]));
            }
        }
        out
    };
    let claims =
        json!({"iss": issuer, "aud": "app", "sub": "build-7", "exp": 1_900_000_000_u64, "iat": 1_700_000_000_u64});
    format!("{}.{}.x", part(json!({"alg": "RS256"})), part(claims))
}

#[test]
fn a_call_without_signature_is_told_in_the_account_of_the_role() {
    let mut office = Office::member();
    office.ask("CreateOpenIDConnectProvider", &[("Url", "https://idp.example.com"), ("ClientIDList.member.1", "app")]);
    let provider = format!("arn:aws:iam::{}:oidc-provider/idp.example.com", office.account);
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {"idp.example.com:aud": "app"}},
    }]});
    let arn = element(
        &office.ask("CreateRole", &[("RoleName", "deploy"), ("AssumeRolePolicyDocument", &trust.to_string())]),
        "Arn",
    );
    let good = token("https://idp.example.com");
    let mut call = |arn: &str, token: &str| {
        let fields = [("RoleArn", arn), ("RoleSessionName", "build"), ("WebIdentityToken", token)];
        unsigned(&mut office.desk, "AssumeRoleWithWebIdentity", &fields).status
    };
    assert_eq!(call(&arn, &good), 200);
    assert_eq!(call(&format!("{arn}x"), &good), 403);
    // nothing shows that these are of this account's providers
    assert_eq!(call(&arn, "rubbish"), 400);
    assert_eq!(call(&arn, &token("https://stranger.example.com")), 400);
    assert_eq!(call("arn:aws:iam::999999999999:role/x", &good), 400);
    let client = office.client.clone();
    let told = named(&records(&mut office.desk, &client, "ap-northeast-1"), "AssumeRoleWithWebIdentity");
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told[0]["errorCode"], "AccessDenied");
    let who = &told[1]["userIdentity"];
    assert_eq!(
        *who,
        json!({
            "type": "WebIdentityUser", "principalId": format!("{provider}:app:build-7"), "userName": "build-7", "identityProvider": provider,
        })
    );
    assert_eq!(told[1]["recipientAccountId"], json!(office.account));
    assert!(!told[1].to_string().contains(&good));
    let management = office.desk.management.clone();
    assert!(named(&records(&mut office.desk, &management, "ap-northeast-1"), "AssumeRoleWithWebIdentity").is_empty());
}

#[test]
fn a_token_that_nobody_gave_out_is_nobody_s_record() {
    let mut desk = Desk::calm();
    let headers = vec![("x-amz-sso_bearer_token".to_owned(), "nobody's".to_owned())];
    let path = "/federation/credentials?account_id=1&role_name=x".to_owned();
    let request = WireRequest { method: "GET".to_owned(), path, headers, body: Vec::new() };
    assert_eq!(desk.sandbox.handle(desk.now, &request).status, 401);
    let client = desk.management.clone();
    assert!(named(&records(&mut desk, &client, "ap-northeast-1"), "GetRoleCredentials").is_empty());
}
