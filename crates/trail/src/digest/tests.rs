use super::chain::{Kind, ReadDigest, Signatures, Signed, Verification, place};
use super::{Backfill, Digest, DigestError, bytes_of, hash_of, is_digest};
use serde_json::{Value, json};

const BUCKET: &str = "logs";

fn key(hour: u32) -> String {
    format!(
        "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/03/02/111122223333_CloudTrail-Digest_eu-west-1_main_eu-west-1_20260302T{hour:02}0131Z.json.gz"
    )
}

fn log_key(time: &str) -> String {
    format!(
        "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/02/111122223333_CloudTrail_eu-west-1_20260302T{time}Z_A6kvhMoVeCsc7v8U.json.gz"
    )
}

/// A signature that anybody can check: the text's hash under the key's name.
struct Toy;

impl Toy {
    fn sign(text: &str) -> String {
        hash_of(format!("toy {text}").as_bytes())
    }
}

impl Signatures for Toy {
    fn check(&self, region: &str, fingerprint: &str, text: &[u8], signature: &[u8]) -> Signed {
        assert_eq!(region, "eu-west-1");
        if fingerprint != "f1" {
            return Signed::NoKey;
        }
        let right = Self::sign(std::str::from_utf8(text).unwrap());
        if bytes_of(&right).unwrap() == signature { Signed::Yes } else { Signed::No }
    }
}

fn digest(hour: u32, before: Option<&ReadDigest>, logs: &[(&str, &str)]) -> ReadDigest {
    let logs: Vec<Value> = logs
        .iter()
        .map(|(time, content)| {
            json!({"s3Bucket": BUCKET, "s3Object": log_key(time), "hashValue": hash_of(content.as_bytes()), "hashAlgorithm": "SHA-256"})
        })
        .collect();
    let told = json!({
        "awsAccountId": "111122223333", "digestStartTime": format!("2026-03-02T{:02}:01:31Z", hour - 1),
        "digestEndTime": format!("2026-03-02T{hour:02}:01:31Z"), "digestS3Bucket": BUCKET, "digestS3Object": key(hour),
        "digestPublicKeyFingerprint": "f1", "digestSignatureAlgorithm": "SHA256withRSA", "newestEventTime": null,
        "previousDigestS3Bucket": before.map(|_| BUCKET), "previousDigestS3Object": before.map(|before| before.digest.digest_s3_object.clone()),
        "previousDigestHashValue": before.map(|before| before.content_hash.clone()),
        "previousDigestHashAlgorithm": before.map(|_| "SHA-256"),
        "previousDigestSignature": before.and_then(|before| before.signature.clone()), "logFiles": logs,
    });
    let content = told.to_string();
    let (digest, content_hash) = Digest::read(&crate::gzip(content.as_bytes()).unwrap()).unwrap();
    let signature = Some(Toy::sign(&digest.signed_text(&content_hash)));
    let name = format!("s3://{BUCKET}/{}", key(hour));
    ReadDigest { place: place(Some(BUCKET), &key(hour)), name, digest, content_hash, signature, backfill: Backfill::No }
}

/// Four hours, with a log file in each.
fn chain() -> Vec<ReadDigest> {
    let one = digest(10, None, &[("0930", "one")]);
    let two = digest(11, Some(&one), &[("1030", "two")]);
    let three = digest(12, Some(&two), &[]);
    let four = digest(13, Some(&three), &[("1230", "four")]);
    vec![three, one, four, two]
}

fn kinds(found: &Verification) -> Vec<Kind> {
    found.problems.iter().map(|problem| problem.kind).collect()
}

#[test]
fn a_whole_chain_has_no_problems_and_names_its_logs() {
    let found = Verification::of(chain(), true, None, &Toy);
    assert_eq!((kinds(&found), found.valid_digests, found.expected.len()), (vec![], 4, 3));
    let expected = &found.expected[&place(Some(BUCKET), &log_key("1030"))];
    assert_eq!(expected[0].hash, hash_of(b"two"));
    assert_eq!(found.newest_s.values().next(), Some(&(20_514 * 86_400 + 13 * 3600 + 91)));
}

#[test]
fn what_is_wrong_is_told_and_not_relied_on() {
    let verify = |change: &dyn Fn(&mut Vec<ReadDigest>)| {
        let mut digests = chain();
        digests.sort_by_key(|read| read.place.clone());
        change(&mut digests);
        Verification::of(digests, true, None, &Toy)
    };
    // The third is gone.
    let missing = verify(&|digests| drop(digests.remove(2)));
    assert_eq!(kinds(&missing), [Kind::DigestMissing]);
    assert!(missing.problems.first().unwrap().name.contains("T120131Z"));
    // The second was changed by somebody who has no key: both witnesses say so.
    let changed = verify(&|digests| digests[1].content_hash = hash_of(b"other"));
    assert_eq!(kinds(&changed), [Kind::DigestChanged, Kind::SignatureWrong]);
    assert!(!changed.expected.contains_key(&place(Some(BUCKET), &log_key("1030"))), "it says nothing any more");
    // Its metadata was removed: the next digest still tells the signature. Of the last one nobody does.
    let bare = verify(&|digests| digests.iter_mut().for_each(|read| read.signature = None));
    assert_eq!(kinds(&bare), [Kind::SignatureUnknown]);
    assert!(bare.problems.first().unwrap().name.contains("T130131Z") && bare.valid_digests == 3);
    assert_eq!(bare.expected.len(), 3, "what is open still says what is expected");
    let signature = verify(&|digests| digests[1].signature = Some("00".into()));
    assert_eq!(kinds(&signature), [Kind::DigestChanged, Kind::SignatureWrong]);
    let moved = verify(&|digests| digests[3].place = place(Some("copy"), &key(13)));
    assert_eq!(kinds(&moved), [Kind::DigestMoved]);
    let key = verify(&|digests| digests[3].digest.digest_public_key_fingerprint = "f2".into());
    assert_eq!(kinds(&key), [Kind::KeyUnknown]);
}

#[test]
fn another_chain_leaves_a_gap_and_earlier_digests_are_not_missed() {
    let one = digest(3, None, &[]);
    let other = digest(10, None, &[("0930", "x")]);
    let found = Verification::of(vec![other, one.clone()], true, None, &Toy);
    assert_eq!(kinds(&found), [Kind::Gap]);
    let detail = &found.problems.first().unwrap().detail;
    assert_eq!(detail, "from 2026-03-02T03:01:31Z to 2026-03-02T09:01:31Z");
    let two = digest(4, Some(&one), &[]);
    assert_eq!(kinds(&Verification::of(vec![two.clone()], true, None, &Toy)), [Kind::DigestMissing]);
    let from = two.digest.start_s().map(|start| start + 1);
    assert_eq!(kinds(&Verification::of(vec![two], true, from, &Toy)), []);
}

#[test]
fn logs_that_nobody_delivered_are_told_from_those_nobody_speaks_of() {
    let mut found = Verification::of(chain(), true, None, &Toy);
    let keys: Vec<String> = ["0930", "1045", "1230", "1300", "0700", "1330"].map(log_key).into();
    let logs: Vec<(String, String)> =
        keys.iter().map(|key| (place(Some(BUCKET), key), format!("s3://{BUCKET}/{key}"))).collect();
    found.judge_unnamed(logs.iter().map(|(place, name)| (place.as_str(), name.as_str())));
    assert_eq!(kinds(&found), [Kind::LogAdded, Kind::NotCovered]);
    let told: Vec<&str> = found.problems.iter().map(|problem| problem.name.as_str()).collect();
    assert!(told[0].contains("T1045Z") && told[1].contains("T0700Z"), "{told:?}");
    assert!(found.problems.last().unwrap().detail.starts_with("3 of 111122223333"));
}

#[test]
fn a_copy_in_a_folder_is_compared_from_awslogs_on() {
    let mut digests = chain();
    for read in &mut digests {
        read.place = place(None, &format!("/home/taro/copy/{}", read.digest.digest_s3_object));
    }
    let found = Verification::of(digests, false, None, &Toy);
    assert_eq!((kinds(&found), found.valid_digests), (vec![], 4));
    assert!(found.expected.contains_key(&place(None, &format!("x/{}", log_key("1030")))));
}

#[test]
fn other_bytes_are_refused() {
    let format = |text: &str| matches!(Digest::parse(text.as_bytes()), Err(DigestError::Format(_)));
    assert!(format("") && format("{}") && format("[1]"));
    let whole = json!({
        "awsAccountId": "1", "digestStartTime": "2026-03-02T09:01:31Z", "digestEndTime": "2026-03-02T10:01:31Z", "digestS3Bucket": "b",
        "digestS3Object": "o", "digestPublicKeyFingerprint": "f",
    });
    let with = |name: &str, value: Value| {
        let mut other = whole.clone();
        other[name] = value;
        other.to_string()
    };
    assert!(Digest::parse(whole.to_string().as_bytes()).is_ok());
    assert!(format(&with("digestSignatureAlgorithm", json!("MD5withRSA"))));
    assert!(format(&with("digestEndTime", json!("soon"))));
    assert!(format(&with(
        "logFiles",
        json!([{"s3Bucket": "b", "s3Object": "o", "hashValue": "h", "hashAlgorithm": "MD5"}])
    )));
    let mut packed = crate::gzip(whole.to_string().as_bytes()).unwrap();
    assert!(Digest::read(&packed).is_ok());
    packed.push(0);
    assert!(matches!(Digest::read(&packed), Err(DigestError::Compression(_))), "something follows");
    assert!(matches!(Digest::read(&packed[..30]), Err(DigestError::Compression(_))), "cut off");
    assert_eq!((bytes_of("0aFf"), bytes_of("0"), bytes_of("zz")), (Some(vec![10, 255]), None, None));
    assert_eq!(is_digest(&key(10)), Some(Backfill::No));
    assert_eq!(is_digest(&key(10).replace(".json", "_backfill.json")), Some(Backfill::Yes));
    assert_eq!(is_digest(&log_key("1030")), None);
}
