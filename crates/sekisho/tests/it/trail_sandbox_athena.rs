//! `sekisho trail athena` against the sandbox's own engine: the evidence is that of `trail scan` over the same bucket.

use std::collections::BTreeSet;

use sandbox::{Client, Config, Start};
use serde_json::{Value, json};

use crate::site::Site;

const BUCKET: &str = "sandbox-organization-trail";
const PLACE: &[u8] =
    b"<CreateBucketConfiguration><LocationConstraint>ap-northeast-1</LocationConstraint></CreateBucketConfiguration>";

/// Calls of several people in several accounts, some refused, `then`.
fn act(site: &Site, then: jiff::Timestamp) {
    site.server.with(|sandbox| {
        let client = Client::new(&sandbox.config().administrator.clone(), "ap-northeast-1");
        for _ in 0..7 {
            client.json(sandbox, then, "SWBExternalService.ListInstances", json!({}));
        }
        let refused = json!({"InstanceArn": sandbox.instance_arn(), "PermissionSetArn": "x"});
        client.json(sandbox, then, "SWBExternalService.DescribePermissionSet", refused);
        for (name, user) in [("minimo-dev", "taro"), ("minimo-prod", "hanako")] {
            let Some(member) = sandbox.account_id(name) else { continue };
            let role = format!("arn:aws:iam::{member}:role/OrganizationAccountAccessRole");
            let fields = [("RoleArn", role.as_str()), ("RoleSessionName", user)];
            let text = client.query(sandbox, then, "AssumeRole", &fields).text();
            let part = |text: &str, name: &str| {
                let rest = text.split_once(&format!("<{name}>")).unwrap().1;
                rest.split_once('<').unwrap().0.to_owned()
            };
            let pair = sandbox::KeyPair::new(part(&text, "AccessKeyId"), part(&text, "SecretAccessKey"));
            let member = Client::with_session(pair, part(&text, "SessionToken"), "ap-northeast-1");
            member.query(sandbox, then, "CreateUser", &[("UserName", user)]);
            member.query(sandbox, then, "GetUser", &[("UserName", "nobody")]);
            let key = member.query(sandbox, then, "CreateAccessKey", &[("UserName", user)]).text();
            let pair = sandbox::KeyPair::new(part(&key, "AccessKeyId"), part(&key, "SecretAccessKey"));
            let person = Client::new(&pair, "ap-northeast-1");
            person.query(sandbox, then, "ListUsers", &[]);
            person.query(sandbox, then, "GetCallerIdentity", &[]);
        }
        let wanted = client.rest_request(then, "s3", ("PUT", "/athena-results"), &[], PLACE.to_vec());
        assert_eq!(sandbox.handle(then, &wanted).status, 200);
    });
}

/// The accounts and Regions of the log, and the organization's folder.
fn folders(site: &Site, now: jiff::Timestamp) -> (BTreeSet<String>, BTreeSet<String>, String) {
    let text = site.server.with(|sandbox| {
        let client = Client::new(&sandbox.config().administrator.clone(), "ap-northeast-1");
        client.rest(sandbox, now, "s3", ("GET", &format!("/{BUCKET}?list-type=2"))).text()
    });
    let keys = text.split("<Key>").skip(1).map(|part| part.split_once('<').unwrap().0);
    let (mut accounts, mut regions, mut organization) = (BTreeSet::new(), BTreeSet::new(), String::new());
    for key in keys {
        let parts: Vec<&str> = key.split('/').collect();
        let [_, id, account, "CloudTrail", region, ..] = parts.as_slice() else { continue };
        accounts.insert((*account).to_owned());
        regions.insert((*region).to_owned());
        organization = (*id).to_owned();
    }
    (accounts, regions, organization)
}

/// What Athena cannot know: how many objects there were, and how late.
fn masked(mut evidence: Value) -> Value {
    fn walk(value: &mut Value) {
        match value {
            Value::Object(members) => {
                members.remove("objects");
                members.remove("longest_delay_s");
                members.values_mut().for_each(walk);
            }
            Value::Array(values) => values.iter_mut().for_each(walk),
            _ => {}
        }
    }
    walk(&mut evidence["coverage"]);
    evidence
}

#[test]
fn athena_in_the_sandbox_gives_what_the_scan_of_its_bucket_gives() {
    let site = Site::with(Config::calm(), Start::Declared);
    #[expect(clippy::disallowed_methods, reason = "the sandbox on a socket goes by the wall clock")]
    let now = jiff::Timestamp::now();
    let then = now - jiff::SignedDuration::from_hours(2);
    act(&site, then);
    // what this test itself calls from now on is left out
    let until = (now - jiff::SignedDuration::from_hours(1)).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let (accounts, regions, organization) = folders(&site, now);
    assert!(accounts.len() >= 2 && !regions.is_empty(), "{accounts:?} {regions:?}");
    let scan = ["trail", "scan", &format!("s3://{BUCKET}"), "--until", &until, "--format", "json"];
    let scanned = site.run(&scan).expect(0).json();
    let place = format!("s3://{BUCKET}/AWSLogs/{organization}");
    let since = (then - jiff::SignedDuration::from_hours(24)).strftime("%Y-%m-%d").to_string();
    let mut arguments = vec!["trail", "athena", &place, "--output", "s3://athena-results/sekisho/", "--format", "json"];
    for account in &accounts {
        arguments.extend(["--account", account]);
    }
    for region in &regions {
        arguments.extend(["--region", region]);
    }
    arguments.extend(["--since", &since, "--until", &until, "--athena-region", "ap-northeast-1"]);
    let answer = site.run(&arguments).expect(0);
    assert!(answer.messages.contains("read by Athena"), "{}", answer.messages);
    let asked = answer.json();
    let (scanned, asked) = (masked(scanned["evidence"].clone()), masked(asked["evidence"].clone()));
    assert!(scanned["principals"].as_array().unwrap().len() >= 5, "{scanned}");
    assert_eq!(asked["principals"], scanned["principals"]);
    assert_eq!(asked["openings"], scanned["openings"]);
    assert_eq!(asked["coverage"], scanned["coverage"]);
    // without a place for its results nothing is started, in AWS's words
    let refused = site.run(
        &arguments
            .iter()
            .filter(|part| !part.contains("athena-results") && **part != "--output")
            .copied()
            .collect::<Vec<_>>(),
    );
    let refused = refused.expect(1);
    assert!(refused.messages.contains("No output location provided"), "{}", refused.messages);
}
