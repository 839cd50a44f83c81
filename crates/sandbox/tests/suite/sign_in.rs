//! Signing in with a device, with an authorization code, and what the portal gives out.

use sandbox::{Client, Config, KeyPair, Principal, PrincipalKind, SignInError, WireRequest, WireResponse};
use serde_json::{Value, json};

use crate::support::{Desk, element};

const HANAKO: &str = "hanako.yamada@example.com";
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";

fn post(desk: &mut Desk, path: &str, body: &Value) -> WireResponse {
    post_as(desk, path, body, "application/json")
}

fn post_as(desk: &mut Desk, path: &str, body: &Value, content_type: &str) -> WireResponse {
    let headers =
        vec![("host".to_owned(), "127.0.0.1:4566".to_owned()), ("content-type".to_owned(), content_type.to_owned())];
    let (method, path) = ("POST".to_owned(), path.to_owned());
    let request = WireRequest { method, path, headers, body: body.to_string().into_bytes() };
    desk.sandbox.handle(desk.now, &request)
}

fn portal(desk: &mut Desk, token: &str, path: &str) -> WireResponse {
    let headers = vec![("x-amz-sso_bearer_token".to_owned(), token.to_owned())];
    let request = WireRequest { method: "GET".to_owned(), path: path.to_owned(), headers, body: Vec::new() };
    desk.sandbox.handle(desk.now, &request)
}

fn registered(desk: &mut Desk, more: Value) -> Value {
    let mut body = json!({"clientName": "test", "clientType": "public", "scopes": ["sso:account:access"]});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let told = post(desk, "/client/register", &body);
    assert_eq!(told.status, 200, "{}", told.text());
    told.json()
}

fn start_url(desk: &Desk) -> String {
    format!("https://{}.awsapps.com/start", desk.sandbox.identity_store_id())
}

/// The client with the device's codes.
fn device(desk: &mut Desk) -> (Value, Value) {
    let client = registered(desk, json!({}));
    let url = start_url(desk);
    let body = json!({"clientId": client["clientId"], "clientSecret": client["clientSecret"], "startUrl": url});
    let told = post(desk, "/device_authorization", &body);
    assert_eq!(told.status, 200, "{}", told.text());
    (client, told.json())
}

fn poll(desk: &mut Desk, client: &Value, device: &Value) -> WireResponse {
    let body = json!({
        "clientId": client["clientId"], "clientSecret": client["clientSecret"], "grantType": DEVICE,
        "deviceCode": device["deviceCode"],
    });
    post(desk, "/token", &body)
}

fn code(told: &WireResponse) -> String {
    let header = told.headers.iter().find(|(name, _)| name == "x-amzn-errortype");
    header.map_or_else(|| told.status.to_string(), |(_, value)| value.clone())
}

fn signed_in(desk: &mut Desk, user: &str) -> String {
    let (client, waiting) = device(desk);
    desk.sandbox.approve_device(waiting["userCode"].as_str().unwrap(), user, desk.now).unwrap();
    let told = poll(desk, &client, &waiting);
    assert_eq!(told.status, 200, "{}", told.text());
    told.json()["accessToken"].as_str().unwrap().to_owned()
}

#[test]
fn a_device_waits_for_a_person() {
    let mut desk = Desk::calm();
    let (client, waiting) = device(&mut desk);
    let told = poll(&mut desk, &client, &waiting);
    assert_eq!((told.status, code(&told).as_str()), (400, "AuthorizationPendingException"));
    assert_eq!(told.json()["error"], "authorization_pending");
    for _ in 0..5 {
        poll(&mut desk, &client, &waiting);
    }
    assert_eq!(code(&poll(&mut desk, &client, &waiting)), "SlowDownException");
    desk.pass_ms(1_000);
    assert_eq!(code(&poll(&mut desk, &client, &waiting)), "AuthorizationPendingException");
    let now = desk.now;
    let user_code = waiting["userCode"].as_str().unwrap().to_lowercase();
    assert_eq!(desk.sandbox.approve_device("AAAA-AAAA", HANAKO, now), Err(SignInError::Code("AAAA-AAAA".to_owned())));
    assert_eq!(desk.sandbox.approve_device(&user_code, "nobody", now), Err(SignInError::User("nobody".to_owned())));
    desk.sandbox.approve_device(&user_code, HANAKO, now).unwrap();
    let told = poll(&mut desk, &client, &waiting).json();
    assert_eq!((&told["tokenType"], &told["expiresIn"]), (&json!("Bearer"), &json!(28_800)));
    assert_eq!(code(&poll(&mut desk, &client, &waiting)), "InvalidGrantException", "a code is good once");
    let body = json!({
        "clientId": client["clientId"], "clientSecret": client["clientSecret"], "grantType": "refresh_token",
        "refreshToken": told["refreshToken"],
    });
    let renewed = post(&mut desk, "/token", &body).json();
    assert_ne!(renewed["accessToken"], told["accessToken"]);
    assert_eq!(code(&post(&mut desk, "/token", &body)), "InvalidGrantException", "a refresh token, too");
    let (client, waiting) = device(&mut desk);
    desk.pass_ms(601_000);
    assert_eq!(code(&poll(&mut desk, &client, &waiting)), "ExpiredTokenException");
}

#[test]
fn an_authorization_code_needs_its_proof() {
    let mut desk = Desk::calm();
    let more = json!({"grantTypes": ["authorization_code", "refresh_token"], "redirectUris": ["http://127.0.0.1/oauth/callback"]});
    let client = registered(&mut desk, more);
    let redirect = "http://127.0.0.1:40123/oauth/callback";
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let id = client["clientId"].as_str().unwrap().to_owned();
    let query = |redirect: &str| {
        format!(
            "response_type=code&client_id={id}&redirect_uri={redirect}&state=s-1&code_challenge_method=S256&\
             scopes=sso%3Aaccount%3Aaccess&code_challenge={challenge}"
        )
    };
    let now = desk.now;
    let elsewhere = desk.sandbox.authorize(&query("http://127.0.0.2:40123/oauth/callback"), HANAKO, now);
    assert_eq!(elsewhere, Err(SignInError::Request("redirect_uri")));
    let take = |desk: &mut Desk, verifier: &str| {
        let location = desk.sandbox.authorize(&query(redirect), HANAKO, now).unwrap();
        let (before, rest) = location.split_once("?code=").unwrap();
        let (code, state) = rest.split_once("&state=").unwrap();
        assert_eq!((before, state), (redirect, "s-1"));
        let body = json!({
            "clientId": client["clientId"], "clientSecret": client["clientSecret"], "grantType": "authorization_code",
            "code": code, "codeVerifier": verifier, "redirectUri": redirect,
        });
        (post(desk, "/token", &body), post(desk, "/token", &body))
    };
    let (wrong, _) = take(&mut desk, "another verifier");
    assert_eq!(code(&wrong), "InvalidGrantException");
    let (right, again) = take(&mut desk, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    assert_eq!((right.status, code(&again).as_str()), (200, "InvalidGrantException"));
}

#[test]
fn clients_are_checked() {
    let mut desk = Desk::calm();
    let client = registered(&mut desk, json!({}));
    let url = start_url(&desk);
    let ask = |desk: &mut Desk, secret: &Value, url: &str| {
        code(&post(
            desk,
            "/device_authorization",
            &json!({"clientId": client["clientId"], "clientSecret": secret, "startUrl": url}),
        ))
    };
    assert_eq!(ask(&mut desk, &client["clientSecret"], &format!("{url}/#/")), "200");
    assert_eq!(ask(&mut desk, &client["clientSecret"], "http://127.0.0.1:4566/start"), "200");
    assert_eq!(
        ask(&mut desk, &client["clientSecret"], "https://d-0000000000.awsapps.com/start"),
        "InvalidRequestException"
    );
    assert_eq!(ask(&mut desk, &json!("x"), &url), "InvalidClientException");
    let odd = json!({"clientName": "x", "clientType": "confidential"});
    assert_eq!(code(&post(&mut desk, "/client/register", &odd)), "InvalidClientMetadataException");
    let odd = json!({"clientName": "x", "clientType": "public", "grantTypes": ["authorization_code"], "redirectUris": ["https://example.com/"]});
    assert_eq!(code(&post(&mut desk, "/client/register", &odd)), "InvalidRedirectUriException");
    assert_eq!(code(&post(&mut desk, "/client/register", &json!({}))), "ValidationException");
    desk.pass_ms(91 * 86_400_000);
    assert_eq!(ask(&mut desk, &client["clientSecret"], &url), "InvalidClientException", "after 90 days");
}

#[test]
fn the_portal_gives_out_what_is_assigned() {
    let mut desk = Desk::calm();
    let token = signed_in(&mut desk, HANAKO);
    let told = portal(&mut desk, &token, "/assignment/accounts?max_result=2").json();
    assert_eq!(told["accountList"].as_array().unwrap().len(), 2);
    let next = told["nextToken"].as_str().unwrap().to_owned();
    let mut accounts = told["accountList"].as_array().unwrap().clone();
    accounts.extend(
        portal(&mut desk, &token, &format!("/assignment/accounts?next_token={next}")).json()["accountList"]
            .as_array()
            .unwrap()
            .clone(),
    );
    // the same as what stands in the assignments, by the person and by her groups
    let user = desk.sandbox.principal(&format!("user:{HANAKO}")).unwrap();
    let groups =
        desk.ids("ListGroupMembershipsForMember", json!({"MemberId": {"UserId": user.id.to_string()}})).unwrap();
    let groups = groups["GroupMemberships"].as_array().unwrap().iter();
    let mut mine: Vec<Principal> = groups
        .map(|row| Principal {
            kind: PrincipalKind::Group,
            id: sandbox::Uuid::parse(row["GroupId"].as_str().unwrap()).unwrap(),
        })
        .collect();
    mine.push(user);
    let rows: Vec<(String, String)> = desk
        .sandbox
        .assignments()
        .into_iter()
        .filter(|row| mine.contains(&row.principal))
        .map(|row| (row.account.to_string(), row.set))
        .collect();
    let mut wanted = rows.clone();
    wanted.sort();
    wanted.dedup();
    let mut found = Vec::new();
    for account in &accounts {
        let id = account["accountId"].as_str().unwrap();
        for role in portal(&mut desk, &token, &format!("/assignment/roles?account_id={id}")).json()["roleList"]
            .as_array()
            .unwrap()
        {
            found.push((id.to_owned(), role["roleName"].as_str().unwrap().to_owned()));
        }
    }
    found.sort();
    assert_eq!(found, wanted);
    assert!(!found.is_empty());
    let other = desk.account("finance-systems");
    let path = format!("/federation/credentials?account_id={other}&role_name=PlatformAdmin");
    assert_eq!(code(&portal(&mut desk, &token, &path)), "ForbiddenException");
    assert_eq!(code(&portal(&mut desk, "nobody's", &path)), "UnauthorizedException");
}

/// Credentials of a role, as a client.
fn entered(desk: &mut Desk, token: &str, account: &str, role: &str) -> Client {
    let path = format!("/federation/credentials?account_id={account}&role_name={role}");
    let told = portal(desk, token, &path);
    assert_eq!(told.status, 200, "{}", told.text());
    let told = told.json()["roleCredentials"].clone();
    let text = |name: &str| told[name].as_str().unwrap().to_owned();
    Client::with_session(
        KeyPair::new(text("accessKeyId"), text("secretAccessKey")),
        text("sessionToken"),
        "ap-northeast-1",
    )
}

#[test]
fn the_permission_set_decides_what_its_session_may() {
    let mut desk = Desk::calm();
    let token = signed_in(&mut desk, HANAKO);
    let account = desk.account("minimo-dev");
    desk.sso("CreatePermissionSet", json!({"Name": "Looker", "SessionDuration": "PT2H"})).unwrap();
    let document = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"}]});
    let set = desk.set("Looker");
    desk.sso("PutInlinePolicyToPermissionSet", json!({"PermissionSetArn": set, "InlinePolicy": document.to_string()}))
        .unwrap();
    desk.assign("minimo-dev", "Looker", &format!("user:{HANAKO}")).unwrap();
    desk.pass_ms(1);
    let client = entered(&mut desk, &token, &account, "Looker");
    let told = client.query(&mut desk.sandbox, desk.now, "GetCallerIdentity", &[]).text();
    let arn = element(&told, "Arn");
    assert!(arn.starts_with(&format!("arn:aws:sts::{account}:assumed-role/AWSReservedSSO_Looker_")), "{arn}");
    assert!(arn.ends_with(&format!("/{HANAKO}")), "{arn}");
    assert_eq!(client.query(&mut desk.sandbox, desk.now, "ListUsers", &[]).status, 200);
    assert_eq!(client.query(&mut desk.sandbox, desk.now, "ListRoles", &[]).status, 403);
    // CloudTrail tells on whose behalf
    let admin = desk.enter("minimo-dev");
    let body = json!({"LookupAttributes": [{"AttributeKey": "Username", "AttributeValue": HANAKO}]});
    let told = desk.ask(&admin, "CloudTrail_20131101.LookupEvents", body).unwrap();
    let record: Value = serde_json::from_str(told["Events"][0]["CloudTrailEvent"].as_str().unwrap()).unwrap();
    assert_eq!(record["userIdentity"]["onBehalfOf"]["userId"], desk.principal(&format!("user:{HANAKO}")));
    let management = desk.management.clone();
    let body = json!({"LookupAttributes": [{"AttributeKey": "EventName", "AttributeValue": "GetRoleCredentials"}]});
    let told = desk.ask(&management, "CloudTrail_20131101.LookupEvents", body).unwrap();
    let record: Value = serde_json::from_str(told["Events"][0]["CloudTrailEvent"].as_str().unwrap()).unwrap();
    assert_eq!(record["userIdentity"]["type"], "IdentityCenterUser");
    assert_eq!(record["requestParameters"]["accessToken"], "HIDDEN_DUE_TO_SECURITY_REASONS");
    assert!(!told.to_string().contains(&token));
    // the session lasts as long as the set says, whatever becomes of the assignment
    desk.assign("minimo-dev", "Looker", "group:sre").unwrap();
    desk.pass_ms(1);
    desk.withdraw("minimo-dev", "Looker", &format!("user:{HANAKO}")).unwrap();
    desk.pass_ms(7_000_000);
    assert_eq!(client.query(&mut desk.sandbox, desk.now, "ListUsers", &[]).status, 200);
    desk.pass_ms(300_000);
    assert_eq!(client.query(&mut desk.sandbox, desk.now, "ListUsers", &[]).status, 403);
}

#[test]
fn who_signs_out_or_is_gone_has_no_session() {
    let mut desk = Desk::calm();
    let token = signed_in(&mut desk, HANAKO);
    let headers = vec![("x-amz-sso_bearer_token".to_owned(), token.clone())];
    let request = WireRequest { method: "POST".to_owned(), path: "/logout".to_owned(), headers, body: Vec::new() };
    assert_eq!(desk.sandbox.handle(desk.now, &request).status, 200);
    assert_eq!(code(&portal(&mut desk, &token, "/assignment/accounts")), "UnauthorizedException");
    let token = signed_in(&mut desk, HANAKO);
    let user = desk.principal(&format!("user:{HANAKO}"));
    desk.ids("DeleteUser", json!({"UserId": user})).unwrap();
    assert_eq!(code(&portal(&mut desk, &token, "/assignment/accounts")), "UnauthorizedException");
    let mut desk = Desk::sample(Config::calm());
    let token = signed_in(&mut desk, HANAKO);
    desk.pass_ms(28_801_000);
    assert_eq!(
        code(&portal(&mut desk, &token, "/assignment/accounts")),
        "UnauthorizedException",
        "eight hours are over"
    );
}

#[test]
fn nobody_is_sent_to_another_machine() {
    let mut desk = Desk::calm();
    let register = |desk: &mut Desk, grants: Value, uris: Value| {
        let mut body = json!({"clientName": "x", "clientType": "public"});
        for (name, value) in [("grantTypes", grants), ("redirectUris", uris)] {
            if !value.is_null() {
                body[name] = value;
            }
        }
        post(desk, "/client/register", &body)
    };
    let grants = json!(["authorization_code", "refresh_token"]);
    for uri in [
        "http://127.0.0.1@example.com/",
        "http://127.0.0.1:80@example.com/",
        "http://[::1].example.com/",
        "https://example.com/",
        "http://localhost.example.com/",
        "http://127.0.0.1/x#y",
        "http://127.0.0.1:99999/",
        "//example.com/",
    ] {
        for grants in [&grants, &json!(["refresh_token"]), &Value::Null] {
            let told = register(&mut desk, grants.clone(), json!(["http://127.0.0.1/ok", uri]));
            assert_eq!(code(&told), "InvalidRedirectUriException", "{uri} {grants}");
        }
    }
    assert_eq!(code(&register(&mut desk, grants.clone(), Value::Null)), "InvalidRedirectUriException");
    assert_eq!(code(&register(&mut desk, json!(["password"]), Value::Null)), "UnsupportedGrantTypeException");
    let now = desk.now;
    let query = |client: &Value, uri: &str| {
        let id = client["clientId"].as_str().unwrap();
        format!(
            "response_type=code&client_id={id}&redirect_uri={uri}&state=s&code_challenge_method=S256&code_challenge=x"
        )
    };
    // registered with a place to go to, and not for this way of signing in
    for grants in [Value::Null, json!(["refresh_token"])] {
        let client = register(&mut desk, grants, json!(["http://127.0.0.1/"])).json();
        let told = desk.sandbox.authorize(&query(&client, "http://127.0.0.1/"), HANAKO, now);
        assert!(matches!(told, Err(SignInError::Request(_))), "{told:?}");
        let body = json!({
            "clientId": client["clientId"], "clientSecret": client["clientSecret"], "grantType": "authorization_code",
            "code": "x", "codeVerifier": "x", "redirectUri": "http://127.0.0.1/",
        });
        assert_eq!(code(&post(&mut desk, "/token", &body)), "UnauthorizedClientException");
    }
    let client = register(&mut desk, grants, json!(["http://127.0.0.1/a?b=c"])).json();
    let told = desk.sandbox.authorize(&query(&client, "http://127.0.0.1:80@example.com/a?b=c"), HANAKO, now);
    assert_eq!(told, Err(SignInError::Request("redirect_uri")));
    let told = desk.sandbox.authorize(&query(&client, "http://127.0.0.1:4567/a%3Fb%3Dc"), HANAKO, now).unwrap();
    assert!(told.starts_with("http://127.0.0.1:4567/a?b=c&code="), "{told}");
    let url = start_url(&desk);
    let body = json!({"clientId": client["clientId"], "clientSecret": client["clientSecret"], "startUrl": url});
    assert_eq!(code(&post(&mut desk, "/device_authorization", &body)), "UnauthorizedClientException");
}

#[test]
fn what_is_sent_has_to_be_json() {
    let mut desk = Desk::calm();
    let body = json!({"clientName": "x", "clientType": "public"});
    for (kind, status) in [
        ("application/json", 200),
        ("Application/JSON; charset=utf-8", 200),
        ("text/plain", 415),
        ("application/jsonx", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data", 415),
        ("", 415),
    ] {
        assert_eq!(post_as(&mut desk, "/client/register", &body, kind).status, status, "{kind}");
    }
}
