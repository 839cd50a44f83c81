//! An account that goes to another organization between looking and doing.

use std::process::Stdio;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use sandbox::{Client, KeyPair, Sandbox, Start};
use serde_json::{Value, json};

use crate::site::Site;

const REGION: &str = "ap-northeast-1";

fn organizations(sandbox: &mut Sandbox, client: &Client, operation: &str, body: Value) -> Value {
    let told = client.json(sandbox, Timestamp::now(), &format!("AWSOrganizationsV20161128.{operation}"), body);
    assert_eq!(told.status, 200, "{operation}: {}", told.text());
    told.json()
}

/// A client in the role of the organization in the account with this name.
fn enter(sandbox: &mut Sandbox, name: &str) -> Client {
    let arn = format!("arn:aws:iam::{}:role/OrganizationAccountAccessRole", sandbox.account_id(name).unwrap());
    let administrator = Client::new(&sandbox.config().administrator, REGION);
    let fields = [("RoleArn", arn.as_str()), ("RoleSessionName", "transfer")];
    let text = administrator.query(sandbox, Timestamp::now(), "AssumeRole", &fields).text();
    let element = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("{text}"));
        rest.split_once('<').unwrap().0.to_owned()
    };
    let key = KeyPair::new(element("AccessKeyId"), element("SecretAccessKey"));
    Client::with_session(key, element("SessionToken"), REGION)
}

/// The other organization, and the account that it has invited.
struct Invited {
    other: Client,
    member: Client,
    account: String,
}

impl Invited {
    /// One that was of the company before makes an organization of its own.
    fn of(site: &Site, name: &str) -> (Self, String) {
        site.server.with(|sandbox| {
            let (member, other) = (enter(sandbox, name), enter(sandbox, "corporate-site"));
            let account = sandbox.account_id(name).unwrap().to_string();
            organizations(sandbox, &other, "LeaveOrganization", json!({}));
            organizations(sandbox, &other, "CreateOrganization", json!({}));
            let invitation = invite(sandbox, &other, &account);
            (Self { other, member, account }, invitation)
        })
    }

    fn accepts(&self, site: &Site, invitation: &str) {
        let body = json!({"HandshakeId": invitation});
        site.server.with(|sandbox| organizations(sandbox, &self.member, "AcceptHandshake", body));
    }
}

fn invite(sandbox: &mut Sandbox, from: &Client, account: &str) -> String {
    let body = json!({"Target": {"Type": "ACCOUNT", "Id": account}});
    let told = organizations(sandbox, from, "InviteAccountToOrganization", body);
    told["Handshake"]["Id"].as_str().unwrap().to_owned()
}

fn held_in(site: &Site, name: &str) -> usize {
    site.server.with(|sandbox| sandbox.assigned().iter().filter(|row| row.account == name).count())
}

#[test]
fn a_plan_with_an_account_that_went_to_another_organization_is_stale() {
    let site = Site::new(Start::BeforeMigration).with_sample_catalog();
    let (invited, invitation) = Invited::of(&site, "wakaba-dev");
    site.run(&["plan", "--out", "plan.json"]).expect(2);
    let wanted = held_in(&site, "wakaba-dev");
    assert!(wanted > 0);
    invited.accepts(&site, &invitation);
    let before = site.server.with(|sandbox| (sandbox.assigned(), sandbox.provisioned()));
    let stale = site.run(&["apply", "plan.json"]).expect(1);
    let reason = format!("the account {} is not in the organization any more", invited.account);
    assert!(stale.messages.contains("the plan is stale") && stale.messages.contains(&reason), "{}", stale.messages);
    assert_eq!(site.server.with(|sandbox| (sandbox.assigned(), sandbox.provisioned())), before, "nothing was changed");
    site.run(&["apply", "--yes"]).expect(0);
    site.run(&["plan"]).expect(0);
    assert_eq!(held_in(&site, "wakaba-dev"), 0);

    // it comes back without anything, and is given what the catalog says of accounts at the root
    let back = site.server.with(|sandbox| {
        let administrator = Client::new(&sandbox.config().administrator, REGION);
        let told = organizations(sandbox, &invited.other, "ListAccounts", json!({}));
        assert_eq!(told["Accounts"].as_array().unwrap().len(), 2);
        invite(sandbox, &administrator, &invited.account)
    });
    invited.accepts(&site, &back);
    assert_eq!(held_in(&site, "wakaba-dev"), 0);
    site.run(&["plan"]).expect(2);
    site.run(&["apply", "--yes"]).expect(0);
    assert!(held_in(&site, "wakaba-dev") > 0);
    site.run(&["plan"]).expect(0);
}

#[test]
fn an_account_that_goes_in_the_middle_of_a_run_fails_alone() {
    let site = Site::slow(Start::Untouched).with_sample_catalog();
    let (invited, invitation) = Invited::of(&site, "wakaba-dev");
    let mut command = site.command(&["apply", "--yes", "--format", "json"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    while site.server.with(|sandbox| sandbox.assigned().is_empty()) {
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing was ever done");
        std::thread::sleep(Duration::from_millis(5));
    }
    invited.accepts(&site, &invitation);
    let told = child.wait_with_output().unwrap();
    assert_eq!(told.status.code(), Some(1));
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!(told["complete"], false);
    let counts = |name: &str| told["counts"][name].as_u64().unwrap();
    let failed = counts("operations") - counts("verified");
    assert!((1..30).contains(&failed), "only what was for that account: {:#}", told["counts"]);
    // what is left of the plan is nothing: the account is no longer the company's
    site.run(&["apply", "--yes"]).expect(0);
    site.run(&["plan"]).expect(0);
    assert_eq!(held_in(&site, "wakaba-dev"), 0);
}
