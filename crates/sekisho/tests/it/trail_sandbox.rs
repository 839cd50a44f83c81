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
