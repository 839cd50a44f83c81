//! A state that is written and read goes on as if nothing had happened.

use jiff::SignedDuration;
use sandbox::{Client, Company, Config, Sandbox, SandboxServer, StateError, StateFileError, read_state};
use serde_json::{Value, json};

use crate::support::{Desk, timed};

/// Something of everything: users, keys, policies, sets, assignments, work under way, sessions, objects.
fn busy() -> (Desk, Client) {
    let mut desk = Desk::sample(timed(60_000, 60_000));
    let client = desk.management.clone();
    for (operation, fields) in [
        ("CreateUser", vec![("UserName", "taro"), ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")]),
        ("CreateLoginProfile", vec![("UserName", "taro"), ("Password", "correct horse battery 1")]),
        ("CreateGroup", vec![("GroupName", "g")]),
        ("AddUserToGroup", vec![("UserName", "taro"), ("GroupName", "g")]),
        ("AttachGroupPolicy", vec![("GroupName", "g"), ("PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess")]),
        ("CreateVirtualMFADevice", vec![("VirtualMFADeviceName", "phone")]),
        ("GenerateCredentialReport", vec![]),
    ] {
        let told = client.query(&mut desk.sandbox, desk.now, operation, &fields);
        assert_eq!(told.status, 200, "{}", told.text());
    }
    desk.sso("CreatePermissionSet", json!({"Name": "Probe", "Tags": [{"Key": "a", "Value": "b"}]})).unwrap();
    desk.assign("minimo-dev", "Probe", "group:sre").unwrap();
    desk.ids("CreateGroup", json!({"DisplayName": "新しい組"})).unwrap();
    let member = desk.enter("minimo-dev");
    let request =
        client.rest_request(desk.now, "s3", ("PUT", "/sandbox-organization-trail/mine"), &[], vec![0, 255, 7]);
    assert_eq!(desk.sandbox.handle(desk.now, &request).status, 200);
    desk.pass_ms(1_000);
    (desk, member)
}

/// What a client can see, some time later: all listings, the work under way, the records, the objects.
fn seen(sandbox: &mut Sandbox, desk: &Desk, member: &Client) -> Vec<Value> {
    let mut desk = Desk {
        sandbox: sandbox.clone(),
        now: desk.now,
        management: desk.management.clone(),
        delegated: desk.delegated.clone(),
    };
    let mut told: Vec<Value> = Vec::new();
    for step in 0..3 {
        let client = desk.management.clone();
        told.push(desk.sso("ListPermissionSets", json!({})).unwrap());
        told.push(desk.sso("ListAccountAssignmentCreationStatus", json!({})).unwrap());
        told.push(desk.ids("ListUsers", json!({})).unwrap());
        told.push(desk.ids("ListGroups", json!({})).unwrap());
        told.push(desk.org("ListAccounts", json!({})).unwrap());
        told.push(desk.org("ListRoots", json!({})).unwrap());
        let mut query =
            |client: &Client, operation: &str| json!(client.query(&mut desk.sandbox, desk.now, operation, &[]).text());
        told.push(query(&client, "GetAccountAuthorizationDetails"));
        told.push(query(&client, "GetCredentialReport"));
        told.push(query(member, "GetCallerIdentity"));
        told.push(query(member, "ListRoles"));
        for to in ["/", "/sandbox-organization-trail?list-type=2", "/sandbox-organization-trail/mine"] {
            let answer = client.rest(&mut desk.sandbox, desk.now, "s3", ("GET", to));
            told.push(json!((answer.status, answer.text())));
        }
        told.push(desk.ask(&client, "CloudTrail_20131101.LookupEvents", json!({})).unwrap());
        told.push(desk.sso("CreatePermissionSet", json!({"Name": format!("Later{step}")})).unwrap());
        told.push(json!(desk.assign("minimo-prod", "Probe", "group:sre").ok()));
        told.push(json!(format!("{:?}", desk.sandbox.assigned())));
        told.push(json!(format!("{:?}", desk.sandbox.provisioned())));
        desk.pass_ms(40_000 + step * 400_000);
    }
    told
}

#[test]
fn what_was_kept_answers_like_what_went_on() {
    let (mut desk, member) = busy();
    let bytes = desk.sandbox.save().unwrap();
    let config = desk.sandbox.config().clone();
    let mut again = Sandbox::restore(config, &bytes).unwrap();
    let (before, after) = (seen(&mut desk.sandbox.clone(), &desk, &member), seen(&mut again, &desk, &member));
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before, after);
    }
    // and it is the same when it is kept again
    let twice = Sandbox::restore(desk.sandbox.config().clone(), &again.save().unwrap()).unwrap();
    assert_eq!(seen(&mut twice.clone(), &desk, &member), after);
    desk.pass_ms(1);
}

#[test]
fn what_is_no_state_is_refused() {
    let (desk, _) = busy();
    let bytes = desk.sandbox.save().unwrap();
    let refused = |bytes: &[u8]| Sandbox::restore(Config::calm(), bytes).map(drop).unwrap_err();
    for broken in [&b""[..], b"{}", b"[1]", b"no", &bytes[..bytes.len() - 1], &bytes[..bytes.len() / 2]] {
        assert!(matches!(refused(broken), StateError::Broken(_)));
    }
    let mut newer: Value = serde_json::from_slice(&bytes).unwrap();
    newer["sekisho_sandbox_state"] = json!(3);
    let told = refused(newer.to_string().as_bytes());
    assert!(matches!(told, StateError::Newer { found: 3 }), "{told}");
    for part in ["world", "credentials", "number"] {
        let mut less: Value = serde_json::from_slice(&bytes).unwrap();
        less.as_object_mut().unwrap().remove(part);
        assert!(matches!(refused(less.to_string().as_bytes()), StateError::Broken(_)), "{part}");
    }
}

#[test]
fn what_sets_share_is_written_once() {
    let company = Company::synthetic(50, 20, 40, 200, 2_000, 1);
    let sandbox = Sandbox::with_company(Config::calm(), &company, sandbox::Start::Declared).unwrap();
    let bytes = sandbox.save().unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    let contents = text.matches("\"session_seconds\"").count();
    assert_eq!(contents, 20, "one for each set");
    let again = Sandbox::restore(Config::calm(), &bytes).unwrap();
    assert_eq!(again.assigned(), sandbox.assigned());
    assert_eq!(again.save().unwrap().len(), bytes.len());
}

#[tokio::test]
async fn a_file_survives_a_restart_and_is_never_half_written() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    let address = "127.0.0.1:0".parse().unwrap();
    assert!(read_state(&file, Config::calm()).unwrap().is_none());
    let sandbox = Sandbox::empty(Config::calm()).unwrap();
    let server = SandboxServer::start_with_state(address, sandbox, file.clone()).await.unwrap();
    let now = "2030-01-01T00:00:00Z".parse().unwrap();
    let client = Client::new(&server.administrator(), "ap-northeast-1");
    let make = |server: &SandboxServer, name: &str| {
        let fields = [("UserName", name)];
        server.with(|sandbox| assert_eq!(client.query(sandbox, now, "CreateUser", &fields).status, 200));
    };
    make(&server, "taro");
    // a moment later it is in the file, and nobody else can read that
    let mut waited = 0;
    while !std::fs::read_to_string(&file).unwrap().contains("\"taro\"") {
        waited += 1;
        assert!(waited < 200, "it is not written");
        #[expect(clippy::disallowed_methods, reason = "the file is written by the wall clock")]
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    make(&server, "hanako");
    server.stop().await.unwrap();
    let again = read_state(&file, Config::calm()).unwrap().unwrap();
    let server = SandboxServer::start_with_state(address, again, file.clone()).await.unwrap();
    let told =
        server.with(|sandbox| client.query(sandbox, now + SignedDuration::from_secs(1), "ListUsers", &[]).text());
    assert!(told.contains("taro") && told.contains("hanako"), "{told}");
    server.stop().await.unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left");
    // what cannot be used is refused and stays as it is
    for broken in ["", "{\"sekisho_sandbox_state\":7}"] {
        std::fs::write(&file, broken).unwrap();
        let refused = read_state(&file, Config::calm()).map(drop).unwrap_err();
        assert!(matches!(refused, StateFileError::State { .. }), "{refused:?}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), broken);
    }
    // where nothing can be written it does not start
    let nowhere = folder.path().join("no/such/folder/state.json");
    let sandbox = Sandbox::empty(Config::calm()).unwrap();
    assert!(SandboxServer::start_with_state(address, sandbox, nowhere).await.is_err());
}

/// Everything that AWS would remember reaches the file by itself, whatever the operation is called.
#[tokio::test]
async fn what_a_call_leaves_behind_is_kept_without_a_further_change() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    let sandbox = Sandbox::with_company(Config::calm(), &Company::sample(), sandbox::Start::Declared).unwrap();
    let server = SandboxServer::start_with_state("127.0.0.1:0".parse().unwrap(), sandbox, file.clone()).await.unwrap();
    let client = Client::new(&server.administrator(), "ap-northeast-1");
    let now = "2030-01-01T00:00:00Z".parse().unwrap();
    let query = |operation: &str, fields: &[(&str, &str)]| {
        let told = server.with(|sandbox| client.query(sandbox, now, operation, fields));
        assert_eq!(told.status, 200, "{}", told.text());
        told.text()
    };
    query("CreateUser", &[("UserName", "taro")]);
    query("CreateLoginProfile", &[("UserName", "taro"), ("Password", "correct horse battery 1")]);
    let management = server.with(|sandbox| sandbox.management_account());
    type Step<'a> = (&'a str, Box<dyn Fn() -> String + 'a>);
    let steps: [Step<'_>; 6] = [
        ("session", Box::new(|| crate::support::element(&query("GetSessionToken", &[]), "AccessKeyId"))),
        (
            "federation",
            Box::new(|| crate::support::element(&query("GetFederationToken", &[("Name", "guest")]), "AccessKeyId")),
        ),
        (
            "report",
            Box::new(|| {
                query("GenerateCredentialReport", &[]);
                "user_creation_time".to_owned()
            }),
        ),
        (
            "sign-in",
            Box::new(|| {
                server.with(|sandbox| assert!(sandbox.console_sign_in(management, "taro", now)));
                "ConsoleLogin".to_owned()
            }),
        ),
        (
            "use of a key",
            Box::new(|| {
                query("ListUsers", &[]);
                "ListUsers".to_owned()
            }),
        ),
        (
            "rival",
            Box::new(|| {
                let before = server.with(|sandbox| sandbox.permission_sets());
                let mut seed = 0;
                loop {
                    server.with(|sandbox| sandbox.meddle(now, seed));
                    let after = server.with(|sandbox| sandbox.permission_sets());
                    if let Some(name) = after.keys().find(|name| !before.contains_key(*name)) {
                        return format!("\"{name}\"");
                    }
                    seed += 1;
                    assert!(seed < 500, "the rival makes no set");
                }
            }),
        ),
    ];
    for (what, step) in &steps {
        // let what was before be written first
        pause(1_200).await;
        let mark = step();
        let mut waited = 0;
        while !std::fs::read_to_string(&file).unwrap().contains(&mark) {
            waited += 1;
            assert!(waited < 200, "{what} is not written");
            pause(20).await;
        }
    }
    drop(steps);
    server.stop().await.unwrap();
}

#[expect(clippy::disallowed_methods, reason = "the file is written by the wall clock")]
async fn pause(milliseconds: u64) {
    tokio::time::sleep(std::time::Duration::from_millis(milliseconds)).await;
}
