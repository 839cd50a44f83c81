//! What goes wrong on the way: unknown is said, nothing is made up, and the rest goes on.

use std::time::Duration;

use engine::iam_users::take_stock;
use jiff::SignedDuration;
use model::iam_user::{IamAccount, LastUse};
use ports::IamDepth;
use sandbox::{Company, Config, FaultKind};

use super::office::Office;
use super::staffed;

/// An inventory without the times at which its parts were read.
fn facts(account: &IamAccount) -> serde_json::Value {
    let mut value = serde_json::to_value(account).unwrap();
    forget_times(&mut value);
    value
}

fn forget_times(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(fields) => {
            fields.remove("as_of");
            fields.values_mut().for_each(forget_times);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(forget_times),
        _ => {}
    }
}

/// Broken connections, throttling, answers that are cut off: in the end the same is read.
#[tokio::test(start_paused = true)]
async fn passing_faults_are_overcome() {
    let kinds = [
        FaultKind::Throttle,
        FaultKind::InternalBefore,
        FaultKind::Reset,
        FaultKind::Truncate,
        FaultKind::ShortPage,
        FaultKind::Expired,
    ];
    for kind in kinds {
        let office = Office::sample();
        staffed(&office);
        let client = office.client().await;
        let calm = office.one(&client, "minimo-prod", false).await;
        let selection = office.select(&client, &["minimo-prod"]).await;
        // Credentials that ended stay so for half a minute.
        let chance = if kind == FaultKind::Expired { 0.01 } else { 0.1 };
        office.with(|sandbox| sandbox.faults_mut().set(kind, chance));
        for _ in 0..10 {
            let client = office.client().await;
            let depth = IamDepth { services_last_accessed: false };
            let stock = take_stock(&client, office.clock.as_ref(), &selection, depth, &()).await;
            let read = &stock.inventory.accounts[&office.account("minimo-prod")];
            let read = read.value().unwrap_or_else(|| panic!("{kind}: {:?}", read.reason()));
            assert_eq!(facts(read), facts(&calm), "{kind}");
        }
    }
}

/// Whatever is refused is unknown with AWS's reason, and nothing else is.
#[tokio::test(start_paused = true)]
async fn each_part_fails_alone() {
    let office = Office::sample();
    staffed(&office);
    let client = office.client().await;
    let calm = office.one(&client, "minimo-prod", true).await;
    for (operation, part, user) in [
        ("ListAccessKeys", "access_keys", "hanako"),
        ("ListMFADevices", "mfa_devices", "hanako"),
        ("ListSSHPublicKeys", "other_credentials", "batch"),
        ("ListServiceSpecificCredentials", "other_credentials", "batch"),
        ("ListSigningCertificates", "other_credentials", "quiet"),
        ("GenerateServiceLastAccessedDetails", "services_last_accessed", "quiet"),
        ("GetServiceLastAccessedDetails", "services_last_accessed", "batch"),
    ] {
        office.with(|sandbox| sandbox.faults_mut().deny = [operation.to_owned()].into());
        let read = facts(&office.one(&client, "minimo-prod", true).await);
        let reason = read["users"][user][part]["unknown"]["reason"].as_str();
        assert!(reason.is_some_and(|reason| reason.contains(operation)), "{operation}: {reason:?}");
        let mut expected = facts(&calm)["users"][user].clone();
        let mut found = read["users"][user].clone();
        for parts in [&mut expected, &mut found] {
            parts.as_object_mut().unwrap().remove(part);
        }
        assert_eq!(found, expected, "{operation}");
    }
    office.with(|sandbox| sandbox.faults_mut().deny = ["GetAccountSummary".to_owned()].into());
    let read = office.one(&client, "minimo-prod", false).await;
    assert!(read.root.reason().unwrap().contains("GetAccountSummary") && read.users.len() == 3);
    // without the listing nothing can be said of the account
    office.with(|sandbox| sandbox.faults_mut().deny = ["GetAccountAuthorizationDetails".to_owned()].into());
    let stock = office.stock(&client, &["minimo-prod", "minimo-dev"], false).await;
    assert_eq!(stock.inventory.unread().count(), 2);
}

/// What is made of a report.
type Breakage = fn(&str) -> Option<String>;

/// Without a report, or with one that is none, each user is asked about.
#[tokio::test(start_paused = true)]
async fn a_broken_report_makes_nobody_without_password() {
    let office = Office::sample();
    staffed(&office);
    let client = office.client().await;
    let calm = office.one(&client, "minimo-prod", false).await;
    let broken: [(&str, Breakage); 4] = [
        ("cut", |report| Some(report.get(..report.len() / 2)?.to_owned())),
        ("none", |_| Some("<html></html>".into())),
        ("columns", |report| Some(report.replace("password_enabled", "password_state").replace("mfa_active", "mfa"))),
        ("odd", |report| Some(report.replace(",true,", ",perhaps,").replace("N/A", "?").replace("no_information", ""))),
    ];
    for (name, break_it) in broken {
        office.on_answers(move |operation, (_, body)| {
            if operation == "GetCredentialReport" {
                let (before, rest) = body.split_once("<Content>").unwrap();
                let (content, after) = rest.split_once("</Content>").unwrap();
                let text = String::from_utf8(decode(content)).unwrap();
                *body = format!("{before}<Content>{}</Content>{after}", encode(&break_it(&text).unwrap()));
            }
        });
        let read = office.one(&client, "minimo-prod", false).await;
        for (user, known) in &calm.users {
            let found = &read.users[user];
            let has = |user: &model::IamUser| user.password.value().map(Option::is_some);
            assert_eq!(has(found), has(known), "{name}: {user}");
            assert_eq!(found.mfa_devices.value(), known.mfa_devices.value(), "{name}: {user}");
            assert_eq!(found.access_keys.value(), known.access_keys.value(), "{name}: {user}");
        }
    }
    office.on_answers(|operation, told| {
        if operation.ends_with("CredentialReport") {
            *told = refused("LimitExceeded");
        }
    });
    let read = office.one(&client, "minimo-prod", false).await;
    assert!(read.users["hanako"].password.value().unwrap().is_some());
    assert_eq!(read.root.value().unwrap().password_last_use, LastUse::NotTold);
}

/// A report takes its time, and so does what AWS finds out about services.
#[tokio::test(start_paused = true)]
async fn slow_reports_are_waited_for() {
    let span = sandbox::Span::milliseconds(20_000, 20_000);
    let latency = sandbox::Latency { assignment: span, provisioning: span, account_creation: span };
    let office = Office::of(Config { latency, ..Config::calm() }, &Company::sample());
    staffed(&office);
    let client = office.client().await;
    let read = office.one(&client, "minimo-prod", true).await;
    assert!(read.users["hanako"].password.value().unwrap().is_some());
    assert!(read.users.values().all(|user| user.services_last_accessed.is_known()));
    assert!(client.calls()[&("iam", "GetCredentialReport")] <= 6, "{:?}", client.calls());
    // one that never comes ends as unknown
    office.on_answers(|operation, (_, body)| {
        if operation == "GetServiceLastAccessedDetails" {
            *body = body.replace("COMPLETED", "IN_PROGRESS");
        }
    });
    let read = office.one(&client, "minimo-prod", true).await;
    let reason = read.users["batch"].services_last_accessed.reason().unwrap();
    assert!(reason.contains("not done after"), "{reason}");
}

/// Sessions of a role end after an hour; the run does not.
#[tokio::test(start_paused = true)]
async fn credentials_are_renewed_in_mid_run() {
    let office = Office::sample();
    let hand = office.enter("minimo-prod", 0);
    for number in 0..40 {
        hand.user_with_key(&format!("user-{number}"));
    }
    let client = office.client().await;
    let clock = std::sync::Arc::clone(&office.clock);
    let began = clock.now();
    let slow = office.clone();
    let client_of_slow = {
        let key = slow.with(|sandbox| sandbox.config().administrator.clone());
        let mut options = slow.options(&key);
        // a call at a time, each ten minutes after the one before
        options.rates.iam = aws::Rate::new(1.0 / 600.0, 1);
        options.rates.in_flight = 1;
        aws::Client::connect(options).await.unwrap()
    };
    let read = office.one(&client_of_slow, "minimo-prod", false).await;
    assert!(clock.now().duration_since(began) > SignedDuration::from_hours(24));
    assert!(read.users.values().all(|user| user.access_keys.is_known() && user.other_credentials.is_known()));
    let assumed = client_of_slow.calls()[&("sts", "AssumeRole")];
    assert!((25..60).contains(&assumed), "{assumed}");

    // sessions that AWS ends before their time are renewed as well
    let mut left = 3;
    office.on_answers(move |operation, told| {
        if operation == "ListAccessKeys" && left > 0 {
            left -= 1;
            *told = refused("ExpiredToken");
        }
    });
    let read = office.one(&client, "minimo-prod", false).await;
    assert!(read.users.values().all(|user| user.access_keys.is_known()));
    // and where none are to be had, that is the answer, after a while
    office.on_answers(|operation, told| {
        if operation == "ListAccessKeys" {
            *told = refused("ExpiredToken");
        }
    });
    let read =
        tokio::time::timeout(Duration::from_secs(3600), office.one(&client, "minimo-prod", false)).await.unwrap();
    let reason = read.users["user-1"].access_keys.reason().unwrap();
    assert!(reason.contains("ListAccessKeys"), "{reason}");
    assert!(read.users["user-1"].other_credentials.is_known());
}

/// Central root management takes the password away, and old emulators do not speak of it.
#[tokio::test(start_paused = true)]
async fn root_has_a_password_has_none_or_nobody_says() {
    let office = Office::sample();
    let client = office.client().await;
    let root = async |client| office.one(client, "minimo-prod", false).await.root.value().cloned().unwrap();
    assert_eq!(root(&client).await.password, Some(true));
    for (from, to, password) in [
        ("<key>AccountPasswordPresent</key><value>1<", "<key>AccountPasswordPresent</key><value>0<", Some(false)),
        ("AccountPasswordPresent", "AccountPasswordSaid", None),
    ] {
        office.on_answers(move |operation, (_, body)| {
            if operation == "GetAccountSummary" {
                assert!(body.contains(from), "{body}");
                *body = body.replace(from, to);
            }
        });
        assert_eq!(root(&client).await.password, password);
    }
}

/// Answers that make no sense are unknown, whatever they are.
#[tokio::test(start_paused = true)]
async fn odd_answers_are_no_answers() {
    let office = Office::sample();
    staffed(&office);
    let client = office.client().await;
    let turns: [(&str, &str, &str); 9] = [
        ("GetAccountAuthorizationDetails", "<UserName>hanako</UserName>", "<UserName></UserName>"),
        ("GetAccountAuthorizationDetails", "<CreateDate>", "<CreateDate>x"),
        ("GetAccountAuthorizationDetails", "<IsTruncated>false</IsTruncated>", "<IsTruncated>true</IsTruncated>"),
        ("GetAccountAuthorizationDetails", "<Arn>arn:aws:iam::362293031823:user/hanako</Arn>", ""),
        ("GetAccountAuthorizationDetails", "%7B", "%FF"),
        ("ListAccessKeys", "<Status>Active</Status>", "<Status>Sleeping</Status>"),
        ("GetAccountSummary", "AccountMFAEnabled", "AccountMfa"),
        ("GetServiceLastAccessedDetails", "COMPLETED", "FAILED"),
        ("GetServiceLastAccessedDetails", "COMPLETED", "UPSIDE_DOWN"),
    ];
    for (operation, from, to) in turns {
        office.on_answers(move |asked, (_, body)| {
            if asked == operation {
                *body = body.replace(from, to);
            }
        });
        let stock = office.stock(&client, &["minimo-prod"], true).await;
        let text = serde_json::to_string(&stock.inventory).unwrap();
        assert!(text.contains("unknown") && text.contains(operation), "{operation} {to}: {text}");
    }
}

fn refused(code: &str) -> (u16, String) {
    let body = format!(
        "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type><Code>{code}</Code>\
         <Message>no</Message></Error><RequestId>1</RequestId></ErrorResponse>"
    );
    (400, body)
}

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn decode(text: &str) -> Vec<u8> {
    let values = text.bytes().filter(|byte| *byte != b'=');
    let bits: Vec<u32> = values.map(|byte| LETTERS.iter().position(|letter| *letter == byte).unwrap() as u32).collect();
    let mut bytes = Vec::new();
    for four in bits.chunks(4) {
        let word = four.iter().fold(0, |word, bits| (word << 6) | bits) << (6 * (4 - four.len()));
        bytes.extend(word.to_be_bytes()[1..four.len()].iter());
    }
    bytes
}

fn encode(text: &str) -> String {
    let mut out = String::new();
    for three in text.as_bytes().chunks(3) {
        let word = three.iter().fold(0_u32, |word, byte| (word << 8) | u32::from(*byte)) << (8 * (3 - three.len()));
        for at in 0..4 {
            let letter = if at <= three.len() { LETTERS[(word >> (18 - 6 * at) & 63) as usize] } else { b'=' };
            out.push(letter.into());
        }
    }
    out
}
