//! Users that stay with less, whatever breaks on the way; and what AWS refused.

use jiff::Timestamp;
use sandbox::{Client, FaultKind, Start};

use crate::retire::{ACCOUNT, BUCKET, ROLE, element, enter, make, standing};
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

/// What the user's own policy lets it take: roles, and whether with a second factor only.
fn roles(site: &Site, user: &str) -> Vec<(String, bool)> {
    settle(site);
    let document = site.server.with(|sandbox| {
        let now = Timestamp::now();
        let fields = [("UserName", user), ("PolicyName", "SekishoReduced")];
        let told = enter(sandbox, now).query(sandbox, now, "GetUserPolicy", &fields).text();
        element(&told, "PolicyDocument")
    });
    let document: Vec<u8> = percent_decoded(&document);
    let document: serde_json::Value = serde_json::from_slice(&document).unwrap();
    let statements = document["Statement"].as_array().unwrap().iter().filter(|one| one["Action"] == "sts:AssumeRole");
    let roles = statements.flat_map(|one| {
        let mfa = one["Condition"]["Bool"]["aws:MultiFactorAuthPresent"] == "true";
        one["Resource"].as_array().unwrap().iter().map(move |role| (role.as_str().unwrap().to_owned(), mfa))
    });
    roles.collect()
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let text = text.replace("&amp;", "&").replace("&quot;", "\"");
    let mut parts = text.split('%');
    let mut out = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        out.push(u8::from_str_radix(&part[..2], 16).unwrap());
        out.extend(&part.as_bytes()[2..]);
    }
    out
}

/// A hub, roles, and who may take which.
fn write_matrix(site: &Site) {
    let write = |name: &str, text: &str| {
        let path = site.path("access").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "switch-roles/minimo.yaml",
        "hubs: [minimo-dev]\nroles:\n  - {name: Operator, accounts: [minimo-dev]}\n  - {name: Costs, arn: \"arn:aws:iam::111122223333:role/Costs\", mfa: false}\nmatrix:\n  - functions: [SRE]\n    roles: [Operator]\n  - functions: [SRE, 経理]\n    roles: [Costs]\n",
    );
    write(
        "people.yaml",
        "people:\n  - {user_name: hanako@example.com, given_name: 花子, family_name: 山田, email: hanako@example.com, groups: [SRE]}\n  - {user_name: taro@example.com, given_name: 太郎, family_name: 佐藤, email: taro@example.com, groups: [経理]}\n",
    );
}

#[test]
fn the_matrix_gives_the_roles_of_the_owner_and_refuses_what_it_does_not_know() {
    let site = with_much();
    site.server.with(|sandbox| {
        let now = Timestamp::now();
        let client = enter(sandbox, now);
        make(sandbox, &client, now, "sato");
    });
    site.run(&["iam-users", "list", "--role", ROLE, "--account", ACCOUNT, "--save", "stock.json"]).expect(0);
    write_matrix(&site);
    let account = site.server.with(|sandbox| sandbox.account_id(ACCOUNT).unwrap().to_string());
    let plain: Vec<&str> =
        reduce().into_iter().take_while(|argument| *argument != "--may-assume").chain(DOOR).collect();
    // Nobody knows whose it is: nothing happens unless somebody says what it may take.
    let before = rights(&site);
    let refused = site.run(&plain).expect(3);
    assert!(
        refused.messages.contains("vendor: the matrix gives it no roles: nobody knows whose it is"),
        "{}",
        refused.messages
    );
    let both: Vec<&str> = [&["iam-users", "reduce", "sato"], &plain[2..]].concat();
    let refused = site.run(&both).expect(3);
    assert!(refused.messages.contains("2 of 2 users cannot be reduced; nothing was changed"), "{}", refused.messages);
    assert_eq!(rights(&site), before);
    // By hand, and with none.
    let answer = site.run(&reduce()).expect(0);
    assert!(answer.out.contains("the matrix gives it no roles: nobody knows whose it is"), "{}", answer.out);
    assert_eq!(roles(&site, "vendor"), [("arn:aws:iam::111122223333:role/Operator".to_owned(), true)]);
    site.run(&restore()).expect(0);
    site.run(&[&plain[..], &["--no-matrix"]].concat()).expect(0);
    assert_eq!(roles(&site, "vendor"), []);
    site.run(&restore()).expect(0);
    // Settled: each gets the roles of the owner's functions, and it is said which line gave them.
    site.run(&["iam-users", "assign-owner", "vendor", "hanako@example.com"]).expect(0);
    site.run(&["iam-users", "assign-owner", "sato", "taro@example.com"]).expect(0);
    let answer = site.run(&both).expect(0);
    let operator = format!("arn:aws:iam::{account}:role/Operator");
    let costs = "arn:aws:iam::111122223333:role/Costs".to_owned();
    for line in [
        format!("may take {operator}  switch-roles/minimo.yaml:6, as SRE"),
        format!("may take {costs}  switch-roles/minimo.yaml:8, as SRE, without MFA"),
        format!("may take {costs}  switch-roles/minimo.yaml:8, as 経理, without MFA"),
    ] {
        assert!(answer.out.contains(&line), "{line}: {}", answer.out);
    }
    assert_eq!(roles(&site, "vendor"), [(operator, true), (costs.clone(), false)]);
    assert_eq!(roles(&site, "sato"), [(costs, false)]);
    site.run(&restore()).expect(0);
    site.run(&["iam-users", "restore", "sato", "--yes", DOOR[0], DOOR[1]]).expect(0);
    assert_eq!(rights(&site), before);
    // A mistake in the matrix is told with its place, and stops nobody who does not read it.
    let path = site.path("access/switch-roles/minimo.yaml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("roles: [Costs]", "roles: [Cost]")).unwrap();
    let refused = site.run(&both).expect(1);
    assert!(refused.messages.contains("no role named `Cost` in this file"), "{}", refused.messages);
    site.run(&[&plain[..], &["--no-matrix"]].concat()).expect(0);
    site.run(&restore()).expect(0);
}
