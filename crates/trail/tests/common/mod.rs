//! What several tests need: files as a source, records that are hostile in every member.
#![allow(dead_code, unreachable_pub, reason = "no test needs all of it")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{env, fs};

use serde_json::{Value, json};
use trail::evidence::{AddressRanges, EvidenceTally, Keep, Period};
use trail::{Options, Source, Unobserved, read_all};

/// The interpreter, where there is one.
pub fn python() -> Option<PathBuf> {
    match env::var_os("SEKISHO_TEST_PYTHON") {
        Some(path) => Some(path.into()),
        None if env::var_os("SEKISHO_TEST_REQUIRE_ALL").is_some() => {
            panic!("SEKISHO_TEST_PYTHON is not set; run ./test")
        }
        None => {
            eprintln!("skipped: SEKISHO_TEST_PYTHON is not set; ./test sets it");
            None
        }
    }
}

/// Log files below a folder.
pub struct Files(Vec<(String, PathBuf)>);

impl Files {
    pub fn below(root: &Path) -> Self {
        let (mut open, mut files) = (vec![root.to_owned()], Vec::new());
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.to_string_lossy().into_owned();
                if path.is_dir() {
                    open.push(path);
                } else if name.ends_with(".json") || name.ends_with(".json.gz") {
                    files.push((name, path));
                }
            }
        }
        Self(files)
    }
}

impl Source for Files {
    fn count(&self) -> usize {
        self.0.len()
    }
    fn name(&self, number: usize) -> &str {
        &self.0[number].0
    }
    fn size_bytes(&self, number: usize) -> u64 {
        fs::metadata(&self.0[number].1).unwrap().len()
    }
    fn read(&self, number: usize, into: &mut Vec<u8>) -> Result<(), String> {
        into.extend(fs::read(&self.0[number].1).unwrap());
        Ok(())
    }
}

/// Whole evidence of a folder.
pub fn evidence(folder: &Path) -> Period {
    let options = Options { threads: 2, ..Options::default() };
    let ranges = Arc::new(AddressRanges::default());
    let make = || EvidenceTally::new(Keep::Total, Arc::clone(&ranges));
    let (tallies, _) = read_all(&Files::below(folder), &options, &Unobserved, make);
    EvidenceTally::merge(tallies).total()
}

/// Numbers without chance.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
    fn one<T: Clone>(&mut self, list: &[T]) -> T {
        list[usize::try_from(self.below(list.len() as u64)).unwrap()].clone()
    }
    fn rarely(&mut self) -> bool {
        self.below(8) == 0
    }
}

const ODD: [&str; 6] = ["", "関所", "a|b", "quote\" and \\ and /", "\u{1}\n", "😀"];

fn identity(random: &mut Random) -> Value {
    let kind = random.one(&[
        "AssumedRole",
        "Role",
        "IAMUser",
        "AWSService",
        "Root",
        "AWSAccount",
        "IdentityCenterUser",
        "WebIdentityUser",
        "SAMLUser",
        "FederatedUser",
        "Unheard",
        "",
    ]);
    let arn = random.one(&[
        "arn:aws:sts::111122223333:assumed-role/deploy/i-0123",
        "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0123/taro@example.com",
        "arn:aws:sts::111122223333:assumed-role/a/b/c",
        "arn:aws:sts::111122223333:federated-user/hanako",
        "arn:aws:iam::111122223333:user/path/taro",
        "arn:aws:iam::111122223333:root",
        "no arn",
        "",
    ]);
    let mut who = json!({"type": kind, "arn": arn, "principalId": random.one(&["AROA1:session", "AIDA1", ":", "a:b:c"]),
    "accountId": random.one(&["111122223333", "444455556666"]), "accessKeyId": random.one(&["AKIA1", "ASIA1", "", "AKIA2"]),
    "userName": random.one(&["taro", "関所", ""]), "invokedBy": random.one(&["ec2.amazonaws.com", "AWS Internal"]),
    "identityProvider": "arn:aws:iam::111122223333:saml-provider/x", "onBehalfOf": {"userId": random.one(&["u-1", "u-2"])},
    "sessionContext": {
        "sessionIssuer": {"type": "Role", "arn": random.one(&["arn:aws:iam::111122223333:role/path/deploy",
            "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Admin_0123"]), "userName": "deploy"},
        "attributes": {"mfaAuthenticated": random.one(&["true", "false", "maybe"]), "creationDate": "2026-03-02T00:00:00Z"},
        "webIdFederationData": {"federatedProvider": random.one(&["cognito", "oidc/github"])},
        "sourceIdentity": random.one(&["jiro", "saburo"]),
    }});
    spoil(&mut who, random);
    spoil(&mut who["sessionContext"], random);
    who
}

/// Takes members away, and makes others something else.
fn spoil(object: &mut Value, random: &mut Random) {
    let Some(members) = object.as_object_mut() else { return };
    for name in members.keys().cloned().collect::<Vec<_>>() {
        match random.below(12) {
            0..4 => drop(members.remove(&name)),
            4 => drop(members.insert(name, Value::Null)),
            5 if random.rarely() => drop(members.insert(name, json!(17))),
            _ => {}
        }
    }
}

/// A record whose members are missing, of another kind, or odd texts now and then.
pub fn invented(random: &mut Random) -> String {
    let source = random.one(&["s3.amazonaws.com", "sts.amazonaws.com", "signin.amazonaws.com"]);
    let name = random.one(&["GetObject", "AssumeRole", "AssumeRoleWithSAML", "ConsoleLogin", "PutObject"]);
    let time = format!(
        "2026-0{}-{:02}T{:02}:{:02}:11Z",
        1 + random.below(4),
        1 + random.below(28),
        random.below(24),
        random.below(60)
    );
    let (bucket, key) = (random.below(3), random.below(40));
    let mut record = json!({"eventVersion": "1.11", "eventTime": time, "eventSource": source, "eventName": name,
        "awsRegion": random.one(&["eu-west-1", "us-east-1"]),
        "sourceIPAddress": random.one(&["203.0.113.7", "203.0.113.8", "2001:db8::1", "::ffff:10.0.0.1", "AWS Internal", "ec2.amazonaws.com", "225.01.00.16"]),
        "userAgent": random.one(&["aws-cli/2.15.24 md/x", "[Boto3/1.34.51]", "Mozilla/5.0 Chrome/122", "AWS Internal", "関所/v12.3"]),
        "errorCode": random.one(&["AccessDenied", "Client.UnauthorizedOperation", "Throttling"]),
        "requestParameters": {"roleArn": random.one(&["arn:aws:iam::444455556666:role/x", "role|y"]), "roleSessionName": random.one(&["s1", "s2"]), "eventName": "not this"},
        "responseElements": {"ConsoleLogin": random.one(&["Success", "Failure"])},
        "additionalEventData": {"MFAUsed": random.one(&["Yes", "No"])},
        "readOnly": random.one(&[json!(true), json!(false), json!("true")]), "managementEvent": random.one(&[json!(true), json!(false)]),
        "eventCategory": random.one(&["Management", "Data", "Insight", ""]), "recipientAccountId": random.one(&["111122223333", "444455556666"]),
        "sessionCredentialFromConsole": random.one(&["true", "false"]),
        "resources": [{"ARN": format!("arn:aws:s3:::b{bucket}/{key}"), "type": "AWS::S3::Object"}, {"type": "AWS::S3::Bucket"}, {"arn": "arn:aws:s3:::b"}],
    });
    // Those that none counts without stay more often than not.
    let kept = [record["eventTime"].clone(), record["eventSource"].clone(), record["eventName"].clone()];
    spoil(&mut record, random);
    if !random.rarely() {
        for (name, value) in ["eventTime", "eventSource", "eventName"].iter().zip(kept) {
            record[*name] = value;
        }
    }
    if random.rarely() {
        let name = random.one(&["eventName", "userAgent", "awsRegion", "errorCode", "eventSource"]);
        record[name] = json!(random.one(&ODD));
    }
    let who = identity(random);
    if !random.rarely() {
        record["userIdentity"] = who;
    }
    record.to_string()
}
