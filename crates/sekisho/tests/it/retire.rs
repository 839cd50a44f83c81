//! The retirement of IAM users, end to end: years of use in the sandbox's own log, then its waves, while a batch job goes on.

use std::io::Read as _;
use std::process::{Child, Command, Stdio};

use jiff::{SignedDuration, Timestamp};
use sandbox::{Client, Config, KeyPair, Sandbox, Start};
use serde_json::{Value, json};

use crate::site::{Answer, Site, finish, other_program};

pub(crate) const ROLE: &str = "OrganizationAccountAccessRole";
pub(crate) const BUCKET: &str = "s3://sandbox-organization-trail";
pub(crate) const ACCOUNT: &str = "minimo-dev";
/// How long the log reaches back.
const DAYS: i64 = 200;

pub(crate) fn element(xml: &str, name: &str) -> String {
    let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("no {name} in {xml}"));
    rest.split_once(&format!("</{name}>")).unwrap().0.to_owned()
}

/// A client in the account, through the administrators' role, for an hour from then on.
pub(crate) fn enter(sandbox: &mut Sandbox, then: Timestamp) -> Client {
    let (key, region) = (sandbox.config().administrator.clone(), sandbox.config().region.clone());
    let arn = format!("arn:aws:iam::{}:role/{ROLE}", sandbox.account_id(ACCOUNT).unwrap());
    let fields = [("RoleArn", arn.as_str()), ("RoleSessionName", "admin")];
    let told = Client::new(&key, &region).query(sandbox, then, "AssumeRole", &fields).text();
    let key = KeyPair::new(element(&told, "AccessKeyId"), element(&told, "SecretAccessKey"));
    Client::with_session(key, element(&told, "SessionToken"), &region)
}

pub(crate) fn make(sandbox: &mut Sandbox, client: &Client, then: Timestamp, name: &str) -> KeyPair {
    let mut ask = |operation: &str, fields: &[(&str, &str)]| {
        let told = client.query(sandbox, then, operation, fields);
        assert_eq!(told.status, 200, "{operation}: {}", told.text());
        told.text()
    };
    ask(
        "CreateUser",
        &[("UserName", name), ("Path", "/people/"), ("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "minimo")],
    );
    let policy = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    ask("AttachUserPolicy", &[("UserName", name), ("PolicyArn", policy)]);
    let key = ask("CreateAccessKey", &[("UserName", name)]);
    KeyPair::new(element(&key, "AccessKeyId"), element(&key, "SecretAccessKey"))
}

/// Calls with a program's name, as that program would.
fn ask(sandbox: &mut Sandbox, key: &KeyPair, at: Timestamp, agent: &str, operation: &str) -> u16 {
    let mut request = Client::new(key, "ap-northeast-1").query_request(at, operation, &[]);
    request.headers.push(("user-agent".to_owned(), agent.to_owned()));
    sandbox.handle(at, &request).status
}

fn call(sandbox: &mut Sandbox, key: &KeyPair, at: Timestamp, agent: &str, operation: &str) {
    assert_eq!(ask(sandbox, key, at, agent, operation), 200, "{operation} at {at}");
}

/// What somebody looks at.
const LOOKS: [&str; 20] = [
    "ListUsers",
    "ListPolicies",
    "ListInstanceProfiles",
    "GetAccountSummary",
    "ListAccountAliases",
    "ListGroups",
    "ListRoles",
    "ListServerCertificates",
    "ListVirtualMFADevices",
    "ListSAMLProviders",
    "ListOpenIDConnectProviders",
    "GetUser",
    "ListAccessKeys",
    "ListMFADevices",
    "ListSSHPublicKeys",
    "ListSigningCertificates",
    "ListServiceSpecificCredentials",
    "GetCallerIdentity",
    "GenerateCredentialReport",
    "GetAccountAuthorizationDetails",
];

pub(crate) struct Office {
    pub(crate) site: Site,
    pub(crate) person: KeyPair,
    batch: KeyPair,
    /// User name of the person in Identity Center.
    pub(crate) owner: String,
    began: Timestamp,
}

impl Office {
    /// A person with a console password and a key, and a batch job, for more than half a year.
    fn new() -> Self {
        Self::with(|_, _, _| ())
    }

    /// The same, with something more from the first day on.
    pub(crate) fn with(more: impl FnOnce(&mut Sandbox, &Client, Timestamp)) -> Self {
        let site = Site::with(Config::calm(), Start::Declared).with_sample_catalog();
        let retirement = "retirement: {parallel_days: 0, quiet_days: 0, protected: [break-glass*]}\ndeployment:";
        site.edit("sekisho.yaml", "deployment:", retirement);
        let owner = site.run(&["who", ACCOUNT, "--format", "json"]).expect(0).json();
        let owner = owner["paths"][0]["user"]["user_name"].as_str().unwrap_or_else(|| panic!("{owner:#}")).to_owned();
        let now = Timestamp::now();
        let first = now - SignedDuration::from_hours(24 * DAYS);
        let (person, batch) = site.server.with(|sandbox| {
            let client = enter(sandbox, first);
            let person = make(sandbox, &client, first, "yamada.hanako");
            let fields = [("UserName", "yamada.hanako"), ("Password", "Long-enough-1!")];
            assert_eq!(client.query(sandbox, first, "CreateLoginProfile", &fields).status, 200);
            let batch = make(sandbox, &client, first, "nightly");
            let spare = make(sandbox, &client, first, "break-glass-1");
            more(sandbox, &client, first);
            let account = sandbox.account_id(ACCOUNT).unwrap();
            let mut rarely = 0;
            for day in 0..DAYS {
                let midnight = first.as_second().div_euclid(86_400) * 86_400 + (day + 1) * 86_400;
                let at = |second: i64| Timestamp::from_second(midnight + second).unwrap();
                if at(86_399) >= now {
                    continue;
                }
                call(sandbox, &batch, at(17 * 3600), "Boto3/1.34.0 md/Botocore#1.34.0", "ListRoles");
                call(sandbox, &batch, at(17 * 3600 + 9), "Boto3/1.34.0 md/Botocore#1.34.0", "ListGroups");
                if (midnight / 86_400 + 3).rem_euclid(7) < 5 && day % 3 != 0 {
                    let about = (day * 937).rem_euclid(3_000);
                    sandbox.console_sign_in(account, "yamada.hanako", at(1_800 + (day * 7_919).rem_euclid(28_000)));
                    for number in 0..3_i64 {
                        let usual = usize::try_from((day * 7 + number * 11).rem_euclid(14)).unwrap();
                        // Now and then something that is never looked at again.
                        let rare = number == 1 && rarely < 6 && day >= 30 * i64::try_from(rarely).unwrap();
                        let name = if rare { LOOKS[14 + rarely] } else { LOOKS[usual] };
                        rarely += usize::from(rare);
                        call(sandbox, &person, at(3_600 + number * 7_000 + about), "aws-cli/2.15.0 Python/3.11", name);
                    }
                }
            }
            drop(spare);
            (person, batch)
        });
        let people = json!([{"user_name": owner, "given_name": "Hanako", "family_name": "Yamada",
            "display_name": "Yamada Hanako", "email": owner, "standing": "active"}]);
        std::fs::write(site.path("people.json"), people.to_string()).unwrap();
        Self { site, person, batch, owner, began: now }
    }

    /// Inventory and evidence as of now.
    pub(crate) fn look(&self) {
        self.site.server.with(|sandbox| call(sandbox, &self.batch, Timestamp::now(), "Boto3/1.34.0", "ListRoles"));
        self.site.run(&["iam-users", "list", "--role", ROLE, "--account", ACCOUNT, "--save", "stock.json"]).expect(0);
        // What is so young that no file of the bucket holds it tells LookupEvents.
        let recent = self.site.path("recent.json");
        std::fs::write(&recent, self.recent().to_string()).unwrap();
        let _ = std::fs::remove_dir_all(self.site.path("evidence"));
        self.site.run(&["trail", "scan", BUCKET, "recent.json", "--out", "evidence"]).expect(0);
    }

    fn recent(&self) -> Value {
        let mut events = Vec::new();
        let mut token = Value::Null;
        loop {
            let page = self.site.server.with(|sandbox| {
                let now = Timestamp::now();
                let body = json!({"StartTime": self.began.as_second(), "NextToken": token});
                let body = if token.is_null() { json!({"StartTime": self.began.as_second()}) } else { body };
                let client = enter(sandbox, now).in_region("us-east-1");
                client.json(sandbox, now, "CloudTrail_20131101.LookupEvents", body).text()
            });
            let page: Value = serde_json::from_str(&page).unwrap();
            events.extend(page["Events"].as_array().unwrap_or_else(|| panic!("{page}")).clone());
            token = page["NextToken"].clone();
            if token.is_null() {
                return json!({"Events": events});
            }
        }
    }

    pub(crate) fn retire(&self, more: &[&str]) -> Answer {
        let inputs =
            ["iam-users", "retire", "--inventory", "stock.json", "--evidence", "evidence", "--people", "people.json"];
        self.site.run(&[&inputs[..], &["--role", ROLE], more].concat())
    }

    pub(crate) fn status(&self, key: &KeyPair) -> u16 {
        self.site.server.with(|sandbox| ask(sandbox, key, Timestamp::now(), "aws-cli/2.15.0 Python/3.11", "ListUsers"))
    }

    fn user(&self, name: &str) -> (u16, String) {
        self.site.server.with(|sandbox| {
            let now = Timestamp::now();
            let told = enter(sandbox, now).query(sandbox, now, "GetUser", &[("UserName", name)]);
            (told.status, told.text())
        })
    }
}

pub(crate) fn standing<'v>(told: &'v Value, name: &str) -> &'v Value {
    told["users"].as_array().unwrap().iter().find(|user| user["name"] == name).unwrap_or_else(|| panic!("{name}"))
}

/// Ends with the test, however that ends.
struct Job(Child);

impl Drop for Job {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A real boto3 job with the batch's key; none where Python is not there.
fn job(office: &Office) -> Option<Job> {
    let python = other_program("SEKISHO_TEST_PYTHON")?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/batch_job.py");
    let mut command = Command::new(python);
    command
        .args([script, &office.site.server.endpoint_url(), office.site.path("stop").to_str().unwrap()])
        .env("AWS_ACCESS_KEY_ID", &office.batch.access_key_id)
        .env("AWS_SECRET_ACCESS_KEY", &office.batch.secret_access_key)
        .env("AWS_DEFAULT_REGION", "ap-northeast-1")
        .stdout(Stdio::piped());
    Some(Job(command.spawn().unwrap()))
}

/// The person's own command line; none where it is not there.
fn aws_cli(office: &Office) -> Option<Answer> {
    let cli = other_program("SEKISHO_TEST_AWS_CLI")?;
    let mut command = Command::new(cli);
    command
        .args(["iam", "list-users", "--max-items", "1", "--endpoint-url", &office.site.server.endpoint_url()])
        .env("AWS_ACCESS_KEY_ID", &office.person.access_key_id)
        .env("AWS_SECRET_ACCESS_KEY", &office.person.secret_access_key)
        .env("AWS_DEFAULT_REGION", "ap-northeast-1")
        .env("AWS_EC2_METADATA_DISABLED", "true");
    Some(finish(command))
}

#[test]
fn a_person_s_user_is_retired_in_waves_while_the_batch_job_goes_on() {
    let office = Office::new();
    let job = job(&office);
    office.look();
    // What there is: one person's, one machine's, one that is protected.
    let told = office.retire(&["--dry-run", "--format", "json"]).expect(2).json();
    let hanako = standing(&told, "yamada.hanako");
    assert_eq!((&hanako["next"], &hanako["owner"]), (&json!("announce"), &json!(office.owner)), "{told:#}");
    assert_eq!(standing(&told, "nightly")["next"], "refuse");
    assert_eq!(standing(&told, "nightly")["reasons"][0]["reason"], "not_a_persons");
    assert_eq!(standing(&told, "break-glass-1")["reasons"][0]["reason"], "protected");
    let machine = [
        "iam-users",
        "reduce",
        "nightly",
        "--inventory",
        "stock.json",
        "--evidence",
        "evidence",
        "--reason",
        "it stays",
    ];
    let refused = office.site.run(&[&machine[..], &["--although-unknown", "--role", ROLE, "--yes"]].concat()).expect(3);
    assert!(refused.messages.contains("nightly: a machine uses it"), "{}", refused.messages);
    // Nobody is asked on a pipe, and nothing happens then.
    let unasked = office.retire(&[]).expect(1);
    assert!(unasked.messages.contains("no terminal to ask on"), "{}", unasked.messages);
    office.retire(&["--yes"]).expect(0);
    // Announced, but neither seen in the portal nor quiet.
    let told = office.retire(&["--dry-run", "--format", "json"]).expect(0).json();
    let hanako = standing(&told, "yamada.hanako");
    assert_eq!(hanako["next"], "hold", "{told:#}");
    assert_eq!(hanako["reasons"][0]["reason"], "not_signed_in");
    assert_eq!(hanako["reasons"][1]["reason"], "still_used");
    office.site.run(&["iam-users", "note", "yamada.hanako", "--confirmed-by", &office.owner]).expect(0);
    // Used once more, which neither inventory nor log know: nothing is switched off, and it is said why.
    assert_eq!(office.status(&office.person), 200);
    if let Some(answer) = aws_cli(&office) {
        assert_eq!(answer.code, 0, "{}", answer.messages);
    }
    let held = office.retire(&["--yes"]).expect(1);
    assert!(held.out.contains("of yamada.hanako was used after"), "{}", held.out);
    assert_eq!(office.status(&office.person), 200, "everything works still");
    office.look();
    office.site.run(&["iam-users", "note", "yamada.hanako", "--confirmed-by", &office.owner]).expect(0);
    // Switched off: her key works no longer, the job's does.
    let told = office.retire(&["--dry-run", "--format", "json"]).expect(2).json();
    assert_eq!(standing(&told, "yamada.hanako")["next"], "switch_off", "{told:#}");
    let answer = office.retire(&["--yes"]).expect(0);
    assert!(answer.out.contains("stops working; it can be made active again"), "{}", answer.out);
    assert_eq!((office.status(&office.person), office.status(&office.batch)), (403, 200));
    if let Some(answer) = aws_cli(&office) {
        assert!(answer.messages.contains("InvalidClientTokenId"), "{}", answer.messages);
    }
    // A mistake: one command, and it works again.
    let began = std::time::Instant::now();
    office.site.run(&["iam-users", "restore", "yamada.hanako", "--role", ROLE, "--yes"]).expect(0);
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
    assert_eq!(office.status(&office.person), 200);
    let twice = office.site.run(&["iam-users", "restore", "yamada.hanako", "--role", ROLE, "--yes"]).expect(1);
    assert!(twice.messages.contains("the journal knows no IAM user"), "{}", twice.messages);
    away(&office);
    if let Some(mut job) = job {
        std::fs::write(office.site.path("stop"), "").unwrap();
        assert!(job.0.wait().unwrap().success(), "the batch job failed");
        let mut told = String::new();
        job.0.stdout.take().unwrap().read_to_string(&mut told).unwrap();
        let calls: u32 = told.trim().parse().unwrap();
        assert!(calls > 20, "{calls}");
    }
}

const RECREATE: [&str; 5] = ["iam-users", "recreate", "yamada.hanako", "--role", ROLE];

/// Off again, complained about, settled, deleted, and made again.
fn away(office: &Office) {
    office.look();
    office.retire(&["--yes", "--user", "yamada.hanako"]).expect(0);
    office.site.run(&["iam-users", "note", "yamada.hanako", "--confirmed-by", &office.owner]).expect(0);
    office.retire(&["--yes", "--user", "yamada.hanako"]).expect(0);
    let complaint = ["iam-users", "note", "yamada.hanako", "--complaint", "the weekly report did not come"];
    office.site.run(&complaint).expect(0);
    office.look();
    let told = office.retire(&["--dry-run", "--user", "yamada.hanako", "--format", "json"]).expect(0).json();
    assert_eq!(standing(&told, "yamada.hanako")["reasons"][0]["text"], "the weekly report did not come", "{told:#}");
    // The report over time is told from the journal: who is held back, and why.
    office.retire(&["--yes"]).expect(0);
    let progress = ["iam-users", "progress", "--journal"];
    let told = office.site.run(&[&progress[..], &["--format", "json"]].concat()).expect(0).json();
    let held = &told["retirement"]["held_back"][0];
    assert_eq!(
        (&held["user"]["name"], &held["text"]),
        (&json!("yamada.hanako"), &json!("the weekly report did not come"))
    );
    let now = told["retirement"]["days"].as_array().unwrap().last().unwrap();
    assert_eq!((&now["stages"]["kept"], &now["held_back"]), (&json!(2), &json!(1)), "{told:#}");
    let page =
        office.site.run(&[&progress[..], &["stock.json", "--format", "html", "--language", "ja"]].concat()).expect(0);
    assert!(page.out.contains("廃止の段階ごとのユーザー数") && page.out.contains("<polygon"), "{}", page.out);
    office.site.run(&["iam-users", "note", "yamada.hanako", "--settled"]).expect(0);
    let told = office.retire(&["--dry-run", "--user", "yamada.hanako", "--language", "ja"]).expect(2);
    assert!(told.out.starts_with("削除する: 1"), "{}", told.out);
    office.retire(&["--yes", "--user", "yamada.hanako"]).expect(0);
    assert_eq!(office.user("yamada.hanako").0, 404);
    let gone = office.site.run(&["iam-users", "restore", "yamada.hanako", "--role", ROLE, "--yes"]).expect(1);
    assert!(gone.messages.contains("iam-users recreate"), "{}", gone.messages);
    let again = office.site.run(&[&RECREATE[..], &["--new-key", "--yes", "--format", "json"]].concat()).expect(0);
    let (status, user) = office.user("yamada.hanako");
    assert_eq!(status, 200);
    assert!(user.contains("/people/") && user.contains("minimo"), "{user}");
    // Nothing but JSON on standard output, and the secret nowhere else.
    let told = again.json();
    let pair = &told["access_key"];
    let key = KeyPair::new(pair["access_key_id"].as_str().unwrap(), pair["secret_access_key"].as_str().unwrap());
    assert!(!again.messages.contains(&key.secret_access_key), "{}", again.messages);
    assert_eq!(office.status(&key), 200, "with the rights it had");
    let runs = office.site.run(&["runs"]).expect(0).out;
    assert!(!runs.contains(&key.secret_access_key));
    // A second time there is no second secret.
    let twice = office.site.run(&[&RECREATE[..], &["--new-key", "--yes"]].concat()).expect(1);
    assert!(twice.messages.contains("has the key"), "{}", twice.messages);
    assert!(!twice.out.contains("secret"), "{}", twice.out);
}
