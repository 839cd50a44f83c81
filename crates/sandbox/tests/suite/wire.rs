//! What is refused before any operation is reached.

use jiff::Timestamp;
use sandbox::{Client, Config, KeyPair, Sandbox, WireRequest};
use serde_json::json;

use crate::support::{Desk, element};

fn code(response: &sandbox::WireResponse) -> String {
    format!("{} {}", response.status, response.json()["__type"].as_str().unwrap_or("-"))
}

#[test]
fn keys_and_signatures_are_checked() {
    let mut desk = Desk::calm();
    let region = "ap-northeast-1";
    let id = desk.sandbox.config().administrator.access_key_id.clone();
    let stranger = Client::new(&KeyPair::new("AKIANOSUCHKEY0000000", "x"), region);
    let forger = Client::new(&KeyPair::new(id.clone(), "wrong"), region);
    let with_token = Client::with_session(desk.sandbox.config().administrator.clone(), "forged".to_owned(), region);
    for (client, json_code, xml_code) in [
        (&stranger, "400 UnrecognizedClientException", "InvalidClientTokenId"),
        (&forger, "400 InvalidSignatureException", "SignatureDoesNotMatch"),
        (&with_token, "400 UnrecognizedClientException", "InvalidClientTokenId"),
    ] {
        let told = client.json(&mut desk.sandbox, desk.now, "SWBExternalService.ListInstances", json!({}));
        assert_eq!(code(&told), json_code);
        let told = client.query(&mut desk.sandbox, desk.now, "GetCallerIdentity", &[]);
        assert_eq!((told.status, element(&told.text(), "Code").as_str()), (403, xml_code));
    }
}

#[test]
fn what_was_signed_must_be_what_arrives() {
    let mut desk = Desk::calm();
    let target = "SWBExternalService.ListInstances";
    let signed = desk.management.json_request(desk.now, target, &json!({}));
    assert_eq!(desk.sandbox.handle(desk.now, &signed).status, 200);
    let mut body = signed.clone();
    body.body = b"{\"MaxResults\": 1}".to_vec();
    let mut header = signed.clone();
    header.headers[1].1 = "SWBExternalService.DescribeInstance".to_owned();
    let mut path = signed.clone();
    path.path = "/?a=b".to_owned();
    let mut date = signed.clone();
    for (name, value) in &mut date.headers {
        if name == "x-amz-date" {
            *value = "20300101T000000Z".to_owned();
        }
    }
    for tampered in [body, header, path, date] {
        assert_eq!(code(&desk.sandbox.handle(desk.now, &tampered)), "400 InvalidSignatureException");
    }
    let mut unsigned = signed.clone();
    unsigned.headers.retain(|(name, _)| name != "authorization");
    assert_eq!(code(&desk.sandbox.handle(desk.now, &unsigned)), "400 MissingAuthenticationTokenException");
    let mut basic = signed;
    for (name, value) in &mut basic.headers {
        if name == "authorization" {
            *value = "Basic YTpi".to_owned();
        }
    }
    assert_eq!(code(&desk.sandbox.handle(desk.now, &basic)), "400 IncompleteSignatureException");
}

#[test]
fn what_is_not_there_answers_with_awss_error_and_never_with_html() {
    let mut desk = Desk::calm();
    let client = desk.management.clone();
    let told = client.json(&mut desk.sandbox, desk.now, "SWBExternalService.CreateInstance", json!({}));
    assert_eq!(code(&told), "400 UnknownOperationException");
    let told = client.json(&mut desk.sandbox, desk.now, "Nobody_20200101.List", json!({}));
    assert_eq!(code(&told), "400 UnknownOperationException");
    let told = client.query(&mut desk.sandbox, desk.now, "AcquireRole", &[]);
    assert_eq!(element(&told.text(), "Code"), "InvalidAction");
    // a path without a signature is an object of S3 that nobody made public
    for (path, status, code) in [("/", 400, "MissingAction"), ("/index.html", 403, "AccessDenied")] {
        let browser = WireRequest { method: "GET".to_owned(), path: path.to_owned(), ..WireRequest::default() };
        let told = desk.sandbox.handle(desk.now, &browser);
        assert_eq!((told.status, element(&told.text(), "Code").as_str()), (status, code));
    }
    for path in ["/token?aws_iam=t", "/client", "/entitlements/x/y", "/%ff/%00"] {
        for method in ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"] {
            let request = WireRequest { method: method.to_owned(), path: path.to_owned(), ..WireRequest::default() };
            let told = desk.sandbox.handle(desk.now, &request);
            assert!(told.status >= 400 && !told.text().contains("<html"), "{method} {path}: {}", told.text());
        }
    }
}

#[test]
fn a_broken_body_is_a_serialization_error() {
    let mut desk = Desk::calm();
    let client = desk.management.clone();
    for body in [json!([]), json!("x"), json!({"MaxResults": "ten"}), json!({"MaxResults": [1]})] {
        let told = client.json(&mut desk.sandbox, desk.now, "SWBExternalService.ListInstances", body);
        assert_eq!(code(&told), "400 SerializationException");
    }
}

#[test]
fn every_operation_of_the_tables_is_served() {
    let mut desk = Desk::calm();
    let client = desk.management.clone();
    let mut served = 0;
    for (prefix, table) in [
        ("SWBExternalService", include_str!("../../models/sso-admin.json")),
        ("AWSIdentityStore", include_str!("../../models/identitystore.json")),
        ("AWSOrganizationsV20161128", include_str!("../../models/organizations.json")),
        ("CloudTrail_20131101", include_str!("../../models/cloudtrail.json")),
        ("AmazonAthena", include_str!("../../models/athena.json")),
    ] {
        let table: serde_json::Value = serde_json::from_str(table).unwrap();
        for operation in table["operations"].as_object().unwrap().keys() {
            let told = client.json(&mut desk.sandbox, desk.now, &format!("{prefix}.{operation}"), json!({}));
            assert_ne!(code(&told), "400 UnknownOperationException", "{operation}");
            served += 1;
        }
    }
    assert_eq!(served, 65 + 22 + 54 + 6 + 13);
}

#[test]
fn one_seed_is_one_history() {
    let history = |seed: u64| -> Vec<Vec<u8>> {
        let mut desk = Desk::sample(Config { seed, ..Config::default() });
        let mut bodies = Vec::new();
        for step in 0..60 {
            desk.pass_ms(700);
            let client = desk.management.clone();
            let (target, body) = match step % 3 {
                0 => ("SWBExternalService.CreateAccountAssignment", {
                    let mut row = desk.row("sandbox-frontend", "Developer", "group:sre");
                    row["InstanceArn"] = json!(desk.sandbox.instance_arn());
                    row
                }),
                1 => ("AWSOrganizationsV20161128.ListAccounts", json!({})),
                _ => ("SWBExternalService.ListInstances", json!({})),
            };
            bodies.push(client.json(&mut desk.sandbox, desk.now, target, body).body);
        }
        bodies
    };
    assert!(history(7) == history(7));
    assert!(history(7) != history(8));
}

#[test]
fn garbage_never_panics() {
    let mut sandbox = Sandbox::empty(Config::calm()).unwrap();
    let mut rng = fastrand::Rng::with_seed(5);
    let client = Client::new(&sandbox.config().administrator.clone(), "ap-northeast-1");
    let targets =
        ["SWBExternalService.TagResource", "AWSIdentityStore.UpdateUser", "AWSOrganizationsV20161128.MoveAccount"];
    for _ in 0..500 {
        let bytes: Vec<u8> = (0..rng.usize(0..200)).map(|_| rng.u8(..)).collect();
        let mut request = client.json_request(Timestamp::UNIX_EPOCH, rng.choice(targets).unwrap(), &json!({}));
        match rng.u8(0..3) {
            0 => request.body = bytes,
            1 => request.path = String::from_utf8_lossy(&bytes).into_owned(),
            _ => request.headers.push(("authorization".to_owned(), String::from_utf8_lossy(&bytes).into_owned())),
        }
        if rng.bool() {
            request.headers.retain(|(name, _)| name != "x-amz-target");
        }
        let told = sandbox.handle(Timestamp::UNIX_EPOCH, &request);
        assert!(told.status == 200 || (400..500).contains(&told.status));
    }
}
