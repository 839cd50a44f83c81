//! `sekisho trail verify` on a signed log, whole and tampered with; the AWS CLI's own validator is asked as well.

use std::fs;
use std::path::Path;
use std::process::Command;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use serde_json::{Value, json};

use crate::bucket::{Bucket, NAME, Stored};
use crate::site::{Answer, finish, other_program, program};

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";
const FINGERPRINT: &str = "31e8b5433410dfb61a9dc45cc65b22ff";

fn log_key(time: &str) -> String {
    format!(
        "AWSLogs/{ACCOUNT}/CloudTrail/{REGION}/2026/03/02/{ACCOUNT}_CloudTrail_{REGION}_20260302T{time}Z_A6kvhMoVeCsc7v8U.json.gz"
    )
}

fn digest_key(hour: u32) -> String {
    format!(
        "AWSLogs/{ACCOUNT}/CloudTrail-Digest/{REGION}/2026/03/02/{ACCOUNT}_CloudTrail-Digest_{REGION}_main_{REGION}_20260302T{hour:02}0131Z.json.gz"
    )
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let groups = bytes.chunks(3).map(|group| {
        let number = group.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        let digit = |at: usize| char::from(DIGITS[(number >> (18 - 6 * at)) as usize & 63]);
        (0..4).map(|at| if at <= group.len() { digit(at) } else { '=' }).collect::<String>()
    });
    groups.collect()
}

/// A bucket with a signed log: five digests, from 10 to 14 o'clock, and a log file or two in each hour.
struct Signed {
    bucket: Bucket,
    keys: Value,
    root: tempfile::TempDir,
}

fn content(name: &str) -> Vec<u8> {
    let record = json!({"eventTime": "2026-03-02T09:30:00Z", "eventSource": "iam.amazonaws.com", "eventName": name});
    trail::gzip(json!({ "Records": [record] }).to_string().as_bytes()).unwrap()
}

fn plain_hash(stored: &[u8]) -> String {
    let mut inflater = trail::Inflater::new(1 << 20).unwrap();
    trail::digest::hash_of(inflater.gzip(stored).0)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn signed() -> Signed {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let bucket = Bucket::start();
    let mut before: Option<(u32, String, String)> = None;
    for hour in 10..15 {
        let mut logs = Vec::new();
        for minute in [5, 40].into_iter().take(if hour == 12 { 0 } else { 1 + hour as usize % 2 }) {
            let key = log_key(&format!("{:02}{minute:02}", hour - 1));
            let bytes = content(&format!("Do{hour}{minute}"));
            logs.push(
                json!({"s3Bucket": NAME, "s3Object": key, "hashValue": plain_hash(&bytes), "hashAlgorithm": "SHA-256",
                "newestEventTime": "2026-03-02T09:30:00Z", "oldestEventTime": "2026-03-02T09:30:00Z"}),
            );
            bucket.put(&key, bytes);
        }
        let previous = before.as_ref();
        let end = format!("2026-03-02T{hour:02}:01:31Z");
        let digest = json!({
            "awsAccountId": ACCOUNT, "digestStartTime": format!("2026-03-02T{:02}:01:31Z", hour - 1), "digestEndTime": end,
            "digestS3Bucket": NAME, "digestS3Object": digest_key(hour), "digestPublicKeyFingerprint": FINGERPRINT,
            "digestSignatureAlgorithm": "SHA256withRSA", "newestEventTime": null, "oldestEventTime": null,
            "previousDigestS3Bucket": previous.map(|_| NAME), "previousDigestS3Object": previous.map(|before| digest_key(before.0)),
            "previousDigestHashValue": previous.map(|before| before.1.clone()),
            "previousDigestHashAlgorithm": previous.map(|_| "SHA-256"),
            "previousDigestSignature": previous.map(|before| before.2.clone()), "logFiles": logs,
        });
        let text = digest.to_string();
        let hash = trail::digest::hash_of(text.as_bytes());
        let last = previous.map_or("null", |before| before.2.as_str());
        let message = format!("{end}\n{NAME}/{}\n{hash}\n{last}", digest_key(hour));
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
        let signature = hex(&signature);
        let metadata = [("signature", signature.clone()), ("signature-algorithm", "SHA256withRSA".to_owned())];
        bucket.store(
            &digest_key(hour),
            Stored {
                bytes: trail::gzip(text.as_bytes()).unwrap(),
                metadata: metadata.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            },
        );
        before = Some((hour, hash, signature));
    }
    let der = pair.public_key().as_ref().to_vec();
    let keys = json!({"PublicKeyList": [{"Value": base64(&der), "Fingerprint": FINGERPRINT,
        "ValidityStartTime": 1_772_000_000, "ValidityEndTime": 1_773_000_000}]});
    bucket.answer("ListPublicKeys", keys.clone());
    Signed { bucket, keys, root: tempfile::tempdir().unwrap() }
}

impl Signed {
    fn verify(&self, more: &[&str]) -> Answer {
        let mut command = program(self.root.path(), &[&["trail", "verify"], more].concat());
        self.environment(&mut command);
        finish(command)
    }

    fn environment(&self, command: &mut Command) {
        command
            .env("AWS_ENDPOINT_URL", self.bucket.url())
            .env("AWS_REGION", REGION)
            .env("AWS_ACCESS_KEY_ID", "testing")
            .env("AWS_SECRET_ACCESS_KEY", "testing")
            .env("SEKISHO_RATE_FACTOR", "100");
    }

    /// Kinds of problems with the ends of the names, and the exit code.
    fn problems(&self, more: &[&str]) -> (Vec<(String, String)>, Value, i32) {
        let answer =
            self.verify(&[&["s3://example-logs", "--to", "2026-03-02T15:00:00Z", "--format", "json"], more].concat());
        let code = answer.code;
        let told = answer.json();
        let problems = told["problems"].as_array().unwrap().iter().map(|problem| {
            let name = problem["name"].as_str().unwrap();
            let time = name.split("_20260302").nth(1).unwrap_or(name).split(['Z', '_']).next().unwrap();
            (problem["kind"].as_str().unwrap().to_owned(), time.to_owned())
        });
        (problems.collect(), told.clone(), code)
    }

    /// What the AWS CLI says: whether all is well, and its words.
    fn second_opinion(&self) -> Option<(bool, String)> {
        let aws = other_program("SEKISHO_TEST_AWS_CLI")?;
        let mut command = Command::new(aws);
        command.args(["cloudtrail", "validate-logs", "--region", REGION, "--s3-bucket", NAME, "--verbose"]);
        command.args(["--trail-arn", &format!("arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/main")]);
        command.args(["--start-time", "2026-03-02T08:00:00Z", "--end-time", "2026-03-02T15:00:00Z"]);
        self.environment(&mut command);
        command.env("AWS_CONFIG_FILE", self.root.path().join("none")).env("HOME", self.root.path());
        let output = command.output().unwrap();
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        Some((output.status.success(), text))
    }

    fn change(&self, key: &str, change: impl FnOnce(&mut Stored)) {
        let mut stored = self.bucket.remove(key).unwrap();
        change(&mut stored);
        self.bucket.store(key, stored);
    }
}

#[test]
fn a_log_as_it_was_delivered_is_valid() {
    let log = signed();
    let (problems, told, code) = log.problems(&[]);
    assert_eq!((problems, code), (vec![], 0));
    assert_eq!((&told["valid_digests"], &told["valid_logs"], &told["logs"]), (&json!(5), &json!(6), &json!(6)));
    assert_eq!(told["newest"][0]["ends"], "2026-03-02T14:01:31Z");
    assert_eq!(told["newest"][0]["is_overdue"], false);
    if let Some((fine, words)) = log.second_opinion() {
        assert!(fine && words.contains("5/5 digest files valid") && words.contains("6/6 log files valid"), "{words}");
    }
    // A part of the time, in words.
    let part =
        log.verify(&["s3://example-logs", "--from", "2026-03-02T11:30:00Z", "--to", "2026-03-02T12:30:00Z"]).expect(0);
    assert!(
        part.out.starts_with("2 of 2 digests signed by CloudTrail and chained\n2 of 2 log files as the digests say\n"),
        "{}",
        part.out
    );
    let today = log.verify(&["s3://example-logs"]).expect(0);
    assert!(today.out.contains("later ones were removed, or validation"), "{}", today.out);
    // Other keys than those that signed.
    log.bucket.answer("ListPublicKeys", json!({"PublicKeyList": []}));
    let (problems, _, code) = log.problems(&[]);
    assert!(code == 1 && problems.len() == 5 && problems.iter().all(|(kind, _)| kind == "key_unknown"), "{problems:?}");
}

#[test]
fn whatever_is_tampered_with_is_named() {
    /// What it is, how it is done, what is found, and what the AWS CLI says of it.
    type Case = (&'static str, fn(&Signed), &'static [(&'static str, &'static str)], Option<&'static str>);
    let cases: [Case; 10] = [
        (
            "a last digest without signature",
            |log| log.change(&digest_key(14), |stored| stored.metadata.clear()),
            &[("signature_unknown", "T140131")],
            Some("signature verification failed"),
        ),
        (
            "a changed log",
            |log| log.bucket.put(&log_key("1005"), content("Other")),
            &[("log_changed", "T1005")],
            Some("hash value doesn't match"),
        ),
        (
            "a log that is gone",
            |log| drop(log.bucket.remove(&log_key("1005"))),
            &[("log_missing", "T1005")],
            Some("not found"),
        ),
        (
            "a log with something behind it",
            |log| log.change(&log_key("1005"), |stored| stored.bytes.extend(b"more")),
            &[("log_changed", "T1005")],
            Some("INVALID"),
        ),
        (
            "a log cut off",
            |log| log.change(&log_key("1005"), |stored| stored.bytes.truncate(40)),
            &[("log_changed", "T1005")],
            Some("INVALID"),
        ),
        // The AWS CLI does not look for files that no digest names.
        ("a log more", |log| log.bucket.put(&log_key("1020"), content("Forged")), &[("log_added", "T1020")], None),
        (
            "a digest that is gone",
            |log| drop(log.bucket.remove(&digest_key(11))),
            &[("digest_missing", "T110131")],
            Some("not found"),
        ),
        (
            "a digest that forgets a log",
            |log| {
                log.change(&digest_key(11), |stored| {
                    let mut inflater = trail::Inflater::new(1 << 20).unwrap();
                    let mut digest: Value = serde_json::from_slice(inflater.gzip(&stored.bytes).0).unwrap();
                    digest["logFiles"].as_array_mut().unwrap().pop();
                    stored.bytes = trail::gzip(digest.to_string().as_bytes()).unwrap();
                });
            },
            &[("digest_changed", "T110131"), ("signature_wrong", "T110131")],
            Some("signature verification failed"),
        ),
        (
            "a digest in another's place",
            |log| {
                let other = log.bucket.objects().remove(&digest_key(12)).unwrap();
                log.bucket.store(&digest_key(13), other);
            },
            &[("digest_changed", "T130131"), ("digest_moved", "T130131")],
            Some("has been moved from its original location"),
        ),
        (
            "no digest",
            |log| log.bucket.put(&digest_key(13), b"x".to_vec()),
            &[("digest_missing", "T130131"), ("digest_unreadable", "T130131")],
            Some("INVALID"),
        ),
    ];
    for (name, change, expected, words) in cases {
        let log = signed();
        change(&log);
        let (problems, told, code) = log.problems(&[]);
        let mut found: Vec<(&str, &str)> = problems
            .iter()
            .map(|(kind, time)| (kind.as_str(), time.as_str()))
            .filter(|(kind, _)| *kind != "not_covered")
            .collect();
        found.sort_unstable();
        found.dedup();
        assert_eq!(found, expected, "{name}");
        assert_eq!(code, 1, "{name}");
        assert!(told["problems"].as_array().unwrap().iter().all(|one| one["meaning"].as_str().unwrap().len() > 20));
        let text = log.verify(&["s3://example-logs", "--to", "2026-03-02T15:00:00Z"]).expect(1).out;
        assert!(text.contains(expected[0].1), "{text}");
        if let Some((fine, said)) = log.second_opinion() {
            assert_eq!(!fine, words.is_some(), "{name}: {said}");
            assert!(said.contains(words.unwrap_or("")), "{name}: {said}");
        }
    }
}

#[test]
fn a_copy_in_a_folder_is_verified_without_aws() {
    let log = signed();
    let root = log.root.path();
    for (key, stored) in log.bucket.objects() {
        let path = root.join("copy").join(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, stored.bytes).unwrap();
    }
    fs::write(root.join("keys.json"), log.keys.to_string()).unwrap();
    let verify = |code: i32| {
        let command = program(root, &["trail", "verify", "copy", "--public-keys", "keys.json", "--format", "json"]);
        let told = finish(command).expect(code).json();
        let kinds: Vec<String> =
            told["problems"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap().to_owned()).collect();
        (kinds, told["valid_digests"].clone(), told["valid_logs"].clone())
    };
    // The metadata is lost: each digest's signature is in the next one, and nobody tells the last one's.
    assert_eq!(verify(0), (vec!["signature_unknown".to_owned()], json!(4), json!(6)));
    let last = root.join("copy").join(digest_key(14));
    let signature = log.bucket.objects()[&digest_key(14)].metadata["signature"].clone();
    let beside = |last: &Path| last.with_extension("gz.signature");
    fs::write(beside(&last), format!("{signature}\n")).unwrap();
    assert_eq!(verify(0), (vec![], json!(5), json!(6)));
    fs::write(beside(&last), signature.replace('a', "b")).unwrap();
    assert_eq!(verify(1).0, ["signature_wrong", "not_covered"]);
    fs::write(root.join("copy").join(log_key("0905")), content("Other")).unwrap();
    fs::write(beside(&last), &signature).unwrap();
    assert_eq!(verify(1).0, ["log_changed"]);
    // No digests, no keys.
    fs::create_dir(root.join("empty")).unwrap();
    finish(program(root, &["trail", "verify", "empty"])).expect(1);
    fs::write(root.join("keys.json"), "{}").unwrap();
    let refused = finish(program(root, &["trail", "verify", "copy", "--public-keys", "keys.json"])).expect(1);
    assert!(refused.messages.contains("list-public-keys"), "{}", refused.messages);
}
