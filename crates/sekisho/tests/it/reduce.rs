//! Users that stay with less, whatever breaks on the way; and what AWS refused.

use jiff::Timestamp;
use sandbox::{Client, FaultKind, Start};

use crate::retire::{ACCOUNT, BUCKET, ROLE, enter, make, standing};
use crate::site::Site;

/// A user with a password, two keys, groups and policies, and a role in the account that holds the printed policy alone.
fn with_much() -> Site {
    let site = Site::new(Start::Declared).with_sample_catalog();
    let policy = site.run(&["iam-policy", "--scope", "retirement-role"]).expect(0).out;
    site.server.with(|sandbox| {
        let now = Timestamp::now();
        let client = enter(sandbox, now);
        make(sandbox, &client, now, "vendor");
        let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;
        let trust = format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{}"}},"Action":"sts:AssumeRole"}}]}}"#,
            sandbox.management_account()
        );
        for (operation, fields) in [
            ("CreateGroup", vec![("GroupName", "developers")]),
            ("CreateGroup", vec![("GroupName", "operators")]),
            ("AddUserToGroup", vec![("UserName", "vendor"), ("GroupName", "developers")]),
            ("AddUserToGroup", vec![("UserName", "vendor"), ("GroupName", "operators")]),
            ("PutUserPolicy", vec![("UserName", "vendor"), ("PolicyName", "one"), ("PolicyDocument", document)]),
            ("PutUserPolicy", vec![("UserName", "vendor"), ("PolicyName", "two"), ("PolicyDocument", document)]),
            ("AttachUserPolicy", vec![("UserName", "vendor"), ("PolicyArn", "arn:aws:iam::aws:policy/AmazonS3FullAccess")]),
            ("CreateRole", vec![("RoleName", "SekishoRetirement"), ("AssumeRolePolicyDocument", trust.as_str())]),
            (
                "PutRolePolicy",
                vec![("RoleName", "SekishoRetirement"), ("PolicyName", "own"), ("PolicyDocument", policy.as_str())],
            ),
        ] {
            let told = client.query(sandbox, now, operation, &fields);
            assert_eq!(told.status, 200, "{operation}: {}", told.text());
        }
    });
    site.run(&["iam-users", "list", "--role", ROLE, "--account", ACCOUNT, "--save", "stock.json"]).expect(0);
    site.run(&["trail", "scan", BUCKET, "--out", "evidence"]).expect(0);
    site
}

/// Everything that hangs on the user, as IAM tells it.
fn rights(site: &Site) -> Vec<String> {
    settle(site);
    site.server.with(|sandbox| {
        let now = Timestamp::now();
        let client = enter(sandbox, now);
        let mut names: Vec<String> =
            ["ListGroupsForUser", "ListAttachedUserPolicies", "ListUserPolicies", "ListAccessKeys"]
                .iter()
                .flat_map(|operation| {
                    let told = client.query(sandbox, now, operation, &[("UserName", "vendor")]).text();
                    told.split('<')
                        .filter(|part| {
                            ["GroupName>", "PolicyName>", "member>", "Status>"].iter().any(|tag| part.starts_with(tag))
                        })
                        .map(|part| part.split_once('>').unwrap().1.trim())
                        .filter(|name| !name.is_empty())
                        .map(|name| format!("{operation} {name}"))
                        .collect::<Vec<_>>()
                })
                .collect();
        names.sort();
        names
    })
}

/// Waits until credentials that a fault let expire are good again.
fn settle(site: &Site) {
    for _ in 0..600 {
        let told = site.server.with(|sandbox| {
            let (key, region) = (sandbox.config().administrator.clone(), sandbox.config().region.clone());
            Client::new(&key, &region).query(sandbox, Timestamp::now(), "GetCallerIdentity", &[])
        });
        if told.status == 200 {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("the credentials stay expired");
}

const DOOR: [&str; 2] = ["--role", "SekishoRetirement"];

fn reduce() -> Vec<&'static str> {
    let mut arguments =
        vec!["iam-users", "reduce", "vendor", "--inventory", "stock.json", "--reason", "contract until March", "--yes"];
    arguments.extend(["--evidence", "evidence", "--although-unknown"]);
    arguments.extend(["--may-assume", "arn:aws:iam::111122223333:role/Operator"]);
    arguments.extend(DOOR);
    arguments
}

fn restore() -> Vec<&'static str> {
    let mut arguments = vec!["iam-users", "restore", "vendor", "--yes"];
    arguments.extend(DOOR);
    arguments
}

#[test]
fn a_user_that_stays_is_reduced_with_the_printed_rights_alone_and_taken_back() {
    let site = with_much();
    let before = rights(&site);
    // Nobody knows yet who uses it: somebody has to say so.
    let unsaid: Vec<&str> = reduce().into_iter().filter(|argument| *argument != "--although-unknown").collect();
    let refused = site.run(&unsaid).expect(3);
    assert!(refused.messages.contains("it is unknown who or what uses vendor"), "{}", refused.messages);
    let answer = site.run(&reduce()).expect(0);
    assert!(answer.out.contains("vendor leaves the group developers"), "{}", answer.out);
    let reduced = rights(&site);
    let kept: Vec<&String> = reduced.iter().filter(|name| !name.starts_with("ListAccessKeys")).collect();
    assert_eq!(kept, ["ListAttachedUserPolicies ReadOnlyAccess", "ListUserPolicies SekishoReduced"], "{reduced:?}");
    // The next retirement leaves it alone.
    let retire = ["iam-users", "retire", "--inventory", "stock.json", "--evidence", "evidence", "--dry-run"];
    let told = site.run(&[&retire[..], &["--format", "json"]].concat()).expect(0).json();
    let reasons = standing(&told, "vendor")["reasons"].as_array().unwrap();
    assert!(
        reasons.iter().any(|reason| reason["reason"] == "reduced" && reason["why"] == "contract until March"),
        "{told:#}"
    );
    site.run(&restore()).expect(0);
    assert_eq!(rights(&site), before);
    // Nobody has to be told twice.
    site.run(&restore()).expect(1);
    let protected = "retirement: {protected: [minimo-dev/v*]}\ndeployment:";
    site.edit("sekisho.yaml", "deployment:", protected);
    let refused = site.run(&reduce()).expect(3);
    assert!(refused.messages.contains("vendor is protected: `minimo-dev/v*`"), "{}", refused.messages);
}

#[test]
fn throttled_broken_expired_and_killed_it_can_be_taken_back_whole() {
    let site = with_much();
    let before = rights(&site);
    let storms: [&[(FaultKind, f64)]; 4] = [
        &[(FaultKind::Throttle, 0.3)],
        &[(FaultKind::InternalBefore, 0.15), (FaultKind::InternalAfter, 0.15), (FaultKind::Reset, 0.1)],
        &[(FaultKind::Expired, 0.02), (FaultKind::Throttle, 0.1)],
        &[(FaultKind::Duplicate, 0.3), (FaultKind::Truncate, 0.1)],
    ];
    for storm in storms {
        site.server.with(|sandbox| {
            for (kind, rate) in storm {
                sandbox.faults_mut().set(*kind, *rate);
            }
        });
        let reduced = site.run(&reduce());
        site.server.with(|sandbox| storm.iter().for_each(|(kind, _)| sandbox.faults_mut().set(*kind, 0.0)));
        assert!(reduced.code == 0 || reduced.code == 1, "{storm:?}: {reduced:?}");
        let mut restored = None;
        if rights(&site) != before {
            restored = Some(site.run(&restore()).expect(0));
        }
        assert_eq!(rights(&site), before, "{storm:?}: {reduced:?}, {restored:?}");
    }
    // Killed a little later each time, wherever it is then: over as long as it takes undisturbed.
    let began = std::time::Instant::now();
    site.run(&reduce()).expect(0);
    let whole = began.elapsed();
    site.run(&restore()).expect(0);
    let mut touched = 0;
    for life in 0..12_u32 {
        let mut child = site.spawn(&reduce());
        std::thread::sleep(whole * (life + 1) / 13);
        child.kill().unwrap();
        child.wait().unwrap();
        let answer = site.run(&restore());
        touched += usize::from(answer.code == 0);
        assert_eq!(rights(&site), before, "killed after {life}: {answer:?}");
    }
    assert!(touched > 0, "no run got as far as a change");
}

#[test]
fn what_aws_refused_is_not_taken_back() {
    let site = with_much();
    let member = |operation: &str| {
        site.server.with(|sandbox| {
            let now = Timestamp::now();
            let client = enter(sandbox, now);
            let fields = [("UserName", "vendor"), ("GroupName", "developers")];
            assert_eq!(client.query(sandbox, now, operation, &fields).status, 200, "{operation}");
        });
    };
    // The role may do all but take users out of groups.
    site.server.with(|sandbox| {
        let now = Timestamp::now();
        let client = enter(sandbox, now);
        let deny = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:RemoveUserFromGroup","Resource":"*"}]}"#;
        let fields = [("RoleName", "SekishoRetirement"), ("PolicyName", "denied"), ("PolicyDocument", deny)];
        assert_eq!(client.query(sandbox, now, "PutRolePolicy", &fields).status, 200);
    });
    let refused = site.run(&reduce()).expect(1);
    assert!(refused.out.contains("AWS refused"), "{}", refused.out);
    // Somebody else takes the user out of the group: that stays so.
    member("RemoveUserFromGroup");
    let before = rights(&site);
    site.run(&restore()).expect(0);
    let after = rights(&site);
    assert!(!after.iter().any(|name| name.contains("developers")), "{after:?}");
    assert_ne!(before, after, "what was done was taken back");
}
