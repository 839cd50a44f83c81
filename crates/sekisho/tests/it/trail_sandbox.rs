//! `sekisho trail` on the sandbox's own log: what was called there is what the scan of its bucket tells.

use sandbox::{Client, Config, Start};
use serde_json::{Value, json};

use crate::site::Site;

const BUCKET: &str = "sandbox-organization-trail";

#[test]
fn the_sandbox_s_own_log_is_read_from_its_bucket() {
    let site = Site::with(Config::calm(), Start::Declared);
    // an hour ago by the server's clock, so that every file has been written
    #[expect(clippy::disallowed_methods, reason = "the sandbox on a socket goes by the wall clock")]
    let then = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(1);
    let (calls, account) = site.server.with(|sandbox| {
        let client = Client::new(&sandbox.config().administrator.clone(), "ap-northeast-1");
        let member = sandbox.account_id("minimo-dev").unwrap().to_string();
        let role = format!("arn:aws:iam::{member}:role/OrganizationAccountAccessRole");
        for _ in 0..5 {
            client.json(sandbox, then, "SWBExternalService.ListInstances", json!({}));
        }
        let refused = json!({"InstanceArn": sandbox.instance_arn(), "PermissionSetArn": "x"});
        client.json(sandbox, then, "SWBExternalService.DescribePermissionSet", refused);
        let fields = [("RoleArn", role.as_str()), ("RoleSessionName", "visitor")];
        assert_eq!(client.query(sandbox, then, "AssumeRole", &fields).status, 200);
        client.query(sandbox, then, "CreateUser", &[("UserName", "taro")]);
        (8, sandbox.management_account().to_string())
    });
    let scan = ["trail", "scan", &format!("s3://{BUCKET}"), "--format", "json"];
    let told = site.run(&scan).expect(0).json();
    let findings = &told["findings"];
    // AssumeRole stands in both accounts
    assert_eq!(findings["records"], calls + 1, "{findings}");
    let principals = told["evidence"]["principals"].as_array().unwrap();
    let named =
        |part: &str| principals.iter().find(|one| one.to_string().contains(part)).unwrap_or_else(|| panic!("{part}"));
    let administrator = named(&format!("arn:aws:iam::{account}:user/sandbox-administrator")).to_string();
    for action in ["sso.amazonaws.com:ListInstances", "iam.amazonaws.com:CreateUser", "sts.amazonaws.com:AssumeRole"] {
        assert!(administrator.contains(action), "{action} in {administrator}");
    }
    // a second scan reads what is new: the log of the first
    let folder: Vec<&str> = scan[..3].iter().copied().chain(["--out", "evidence", "--format", "json"]).collect();
    site.run(&folder).expect(0);
    let again: Value = site.run(&folder).expect(0).json();
    assert_eq!(again["findings"]["records"], 0, "{again}");
    let coverage = site.run(&["trail", "coverage", "evidence"]).expect(0);
    assert!(coverage.out.contains(&account), "{}", coverage.out);
}

#[test]
fn the_printed_policy_is_enough_to_read_the_log() {
    let site = Site::with(Config::calm(), Start::Declared);
    let policy = site.run(&["iam-policy", "--scope", "log", "--bucket", BUCKET]).expect(0).out;
    #[expect(clippy::disallowed_methods, reason = "the sandbox on a socket goes by the wall clock")]
    let then = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(1);
    let (id, secret) = site.server.with(|sandbox| {
        let client = Client::new(&sandbox.config().administrator.clone(), "ap-northeast-1");
        assert_eq!(client.query(sandbox, then, "CreateUser", &[("UserName", "reader")]).status, 200);
        let fields = [("UserName", "reader"), ("PolicyName", "log"), ("PolicyDocument", policy.as_str())];
        assert_eq!(client.query(sandbox, then, "PutUserPolicy", &fields).status, 200);
        let text = client.query(sandbox, then, "CreateAccessKey", &[("UserName", "reader")]).text();
        let part = |name: &str| {
            let rest = text.split_once(&format!("<{name}>")).unwrap().1;
            rest.split_once('<').unwrap().0.to_owned()
        };
        (part("AccessKeyId"), part("SecretAccessKey"))
    });
    let scan = |arguments: &[&str]| {
        let mut command = site.command(arguments);
        command.env("AWS_ACCESS_KEY_ID", &id).env("AWS_SECRET_ACCESS_KEY", &secret);
        crate::site::finish(command)
    };
    let bucket = format!("s3://{BUCKET}");
    let told = scan(&["trail", "scan", &bucket, "--out", "evidence", "--format", "json"]).expect(0);
    assert!(told.json()["findings"]["records"].as_u64().unwrap() >= 3, "{told:?}");
    // What the trails record is known as well.
    assert!(!told.messages.contains("not known") && !told.messages.contains("AccessDenied"), "{}", told.messages);
    let refused = scan(&["who", "minimo-dev"]).expect(1);
    assert!(refused.messages.contains("not authorized"), "{}", refused.messages);
}
