//! `sekisho trail` on a bucket: found, read whole whatever goes wrong, remembered, and taken up again after a kill.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::bucket::{Bucket, Fault, NAME};
use crate::site::{Answer, finish, other_program, program};

const ACCOUNT: &str = "111122223333";

fn record(day: u32, minute: u32, user: &str, region: &str) -> Value {
    let name = ["GetBucketAcl", "ListBuckets", "PutBucketAcl"][minute as usize % 3];
    json!({
        "eventVersion": "1.11", "eventTime": format!("2026-03-{day:02}T11:{minute:02}:11Z"), "eventSource": "s3.amazonaws.com",
        "eventName": name, "awsRegion": region,
        "userIdentity": {"type": "IAMUser", "arn": format!("arn:aws:iam::{ACCOUNT}:user/{user}"), "accessKeyId": format!("AKIA{user}")},
        "sourceIPAddress": "203.0.113.7", "userAgent": "aws-cli/2.15.24", "recipientAccountId": ACCOUNT,
        "readOnly": minute % 3 != 2, "managementEvent": true, "eventCategory": "Management",
    })
}

fn key(day: u32, number: u32, region: &str) -> String {
    format!(
        "logs/AWSLogs/o-exampleorg1/{ACCOUNT}/CloudTrail/{region}/2026/03/{day:02}/{ACCOUNT}_CloudTrail_{region}_202603{day:02}T12{number:02}Z_{number:016}.json.gz"
    )
}

/// A log of some days in two regions, a file that is no log, digests and another service's log.
fn log() -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for region in ["eu-west-1", "us-east-1"] {
        for day in 1..=3 {
            for number in 0..2 {
                let users = ["taro", "hanako", "jiro"];
                let records: Vec<Value> = (0..30 + day * 7 + number)
                    .map(|minute| {
                        record(
                            day - minute % 2 * u32::from(day > 1),
                            minute,
                            users[(minute + number) as usize % 3],
                            region,
                        )
                    })
                    .collect();
                files.push((
                    key(day, number, region),
                    trail::gzip(json!({ "Records": records }).to_string().as_bytes()).unwrap(),
                ));
            }
        }
    }
    files.push(("logs/readme.txt".into(), b"nothing to see".to_vec()));
    files
}

fn others() -> Vec<(String, Vec<u8>)> {
    let digest = key(1, 0, "eu-west-1")
        .replace("/CloudTrail/", "/CloudTrail-Digest/")
        .replace("_CloudTrail_", "_CloudTrail-Digest_");
    vec![
        (digest, b"{}".to_vec()),
        (format!("logs/AWSLogs/o-exampleorg1/{ACCOUNT}/vpcflowlogs/eu-west-1/a.log.gz"), b"flow".to_vec()),
    ]
}

fn bucket(files: &[(String, Vec<u8>)]) -> Bucket {
    let bucket = Bucket::start();
    for (key, bytes) in files {
        bucket.put(key, bytes.clone());
    }
    bucket
}

/// The same files in a folder.
fn folder(files: &[(String, Vec<u8>)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (key, bytes) in files {
        let path = root.path().join("local").join(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    root
}

fn command(folder: &Path, url: &str, arguments: &[&str]) -> Command {
    let mut command = program(folder, arguments);
    command
        .env("AWS_ENDPOINT_URL", url)
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", "testing")
        .env("AWS_SECRET_ACCESS_KEY", "testing")
        .env("SEKISHO_RATE_FACTOR", "50");
    command
}

fn run(folder: &Path, url: &str, arguments: &[&str]) -> Answer {
    finish(command(folder, url, arguments))
}

/// What the local engine says of the same files.
fn expected(root: &Path) -> Value {
    finish(program(root, &["trail", "scan", "local", "--format", "json"])).expect(0).json()
}

const SCAN: [&str; 3] = ["trail", "scan", "s3://example-logs/logs"];

fn scan<'a>(more: &[&'a str]) -> Vec<&'a str> {
    SCAN.iter().copied().chain(more.iter().copied()).collect()
}

#[test]
fn a_bucket_says_what_the_same_files_in_a_folder_say() {
    let files = log();
    let (root, bucket) = (folder(&files), bucket(&[files, others()].concat()));
    let local = expected(root.path());
    let told = run(root.path(), &bucket.url(), &scan(&["--format", "json"])).expect(0);
    assert_eq!(told.json()["evidence"], local["evidence"]);
    assert_eq!(told.json()["findings"]["records"], local["findings"]["records"]);
    assert!(told.messages.contains("1 folder of other services"), "{}", told.messages);
    assert!(bucket.take_gets().iter().all(|key| !key.contains("Digest") && !key.contains("flow")));
    // An empty flag is none, and nonsense is told.
    let empty = run(root.path(), &bucket.url(), &scan(&["--endpoint-url", "", "--format", "json"])).expect(0).json();
    assert_eq!(empty["evidence"], local["evidence"]);
    for nonsense in ["not a url", "http://", "ftp://127.0.0.1:9"] {
        run(root.path(), nonsense, &SCAN).expect(1);
        run(root.path(), &bucket.url(), &scan(&["--endpoint-url", nonsense])).expect(1);
    }
    // The same by the flag, from the root, by key, and one object alone.
    let flag = run(
        root.path(),
        "http://127.0.0.1:9",
        &["trail", "scan", "s3://example-logs", "--endpoint-url", &bucket.url(), "--format", "json"],
    );
    assert_eq!(flag.expect(0).json()["evidence"], local["evidence"]);
    let rows = |arguments: &[&str]| {
        let answer =
            run(root.path(), &bucket.url(), &[arguments, &["--by", "key", "--format", "ndjson"]].concat()).expect(0);
        let mut lines: Vec<String> = answer.out.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(rows(&SCAN), rows(&["trail", "scan", "local"]));
    let one = format!("s3://{NAME}/{}", key(1, 0, "eu-west-1"));
    let one = run(root.path(), &bucket.url(), &["trail", "scan", &one, "--format", "json"]).expect(0).json();
    assert_eq!(one["findings"]["objects"], 1);
    // Filters prune what is listed and what is read.
    bucket.take_gets();
    let filters = ["--region", "us-east-1", "--since", "2026-03-03", "--until", "2026-03-04", "--format", "json"];
    let some = run(root.path(), &bucket.url(), &scan(&filters)).expect(0).json();
    let same = finish(program(root.path(), &[&["trail", "scan", "local"], &filters[..]].concat())).expect(0).json();
    assert_eq!(some["evidence"], same["evidence"]);
    assert!(bucket.take_gets().iter().all(|key| !key.contains("eu-west-1") && !key.contains("/03/01/")));
    // Nothing there, no bucket, no right to list.
    let nothing = run(root.path(), &bucket.url(), &["trail", "scan", "s3://example-logs/none", "--format", "json"]);
    assert_eq!(nothing.expect(0).json()["findings"]["objects"], 0);
    run(root.path(), &bucket.url(), &["trail", "scan", "s3://"]).expect(1);
    bucket.fail(|name, _| if name == "list" { Fault::Denied } else { Fault::None });
    let denied = run(root.path(), &bucket.url(), &SCAN).expect(1);
    assert!(denied.messages.contains("cannot list `s3://example-logs/logs`"), "{}", denied.messages);
}

#[test]
fn the_region_of_a_bucket_is_found_out() {
    let files = log();
    let (root, bucket) = (folder(&files), bucket(&files));
    let local = expected(root.path());
    bucket.move_to("us-west-2");
    for region in [Some("eu-west-1"), None] {
        let mut command = command(root.path(), &bucket.url(), &scan(&["--format", "json"]));
        command.env_remove("AWS_REGION").envs(region.map(|region| ("AWS_REGION", region)));
        assert_eq!(finish(command).expect(0).json()["evidence"], local["evidence"], "{region:?}");
    }
}

#[test]
fn what_goes_wrong_once_is_tried_again() {
    let files = log();
    let (root, bucket) = (folder(&files), bucket(&files));
    let local = expected(root.path());
    // Each request fails in all these ways, one after the other, before it works.
    for parallel in ["1", "64"] {
        bucket.fail(|_, before| match before % 6 {
            0 => Fault::SlowDown,
            1 => Fault::BreakOff,
            2 => Fault::Reset,
            3 => Fault::CutOff,
            4 => Fault::Slow,
            _ => Fault::None,
        });
        let told =
            run(root.path(), &bucket.url(), &scan(&["--format", "json", "--parallel", parallel])).expect(0).json();
        assert_eq!(told["evidence"], local["evidence"], "{parallel}");
        assert_eq!(told["unread"]["count"], 0);
    }
}

#[test]
fn what_cannot_be_read_is_named_and_read_by_the_next_scan() {
    let files = log();
    let (root, bucket) = (folder(&files), bucket(&files));
    let local = expected(root.path());
    let (gone, short) = (key(2, 1, "eu-west-1"), key(3, 0, "us-east-1"));
    let (first, second) = (gone.clone(), short.clone());
    bucket.fail(move |name, _| match name {
        name if name == first => Fault::Missing,
        name if name == second => Fault::CutOff,
        _ => Fault::None,
    });
    let keep = scan(&["--out", "evidence", "--format", "json"]);
    let told = run(root.path(), &bucket.url(), &keep).expect(0);
    let unread = &told.json()["unread"];
    assert_eq!(unread["count"], 2);
    assert!(
        unread["reasons"][format!("s3://{NAME}/{gone}")].as_str().unwrap().contains("told by the test"),
        "{unread}"
    );
    assert!(unread["reasons"][format!("s3://{NAME}/{short}")].as_str().unwrap().contains("cut off"), "{unread}");
    assert!(told.messages.contains("2 objects could not be read"), "{}", told.messages);
    let coverage = finish(program(root.path(), &["trail", "coverage", "evidence"])).expect(0);
    assert!(
        coverage.out.contains("1 × a file holds no CloudTrail records, first in s3://example-logs/logs/readme.txt"),
        "{}",
        coverage.out
    );
    assert!(
        coverage.out.contains("2 objects that could not be read") && coverage.out.contains(&gone),
        "{}",
        coverage.out
    );
    let never = finish(program(root.path(), &["trail", "show", "nobody", "evidence"])).expect(1);
    assert!(never.messages.contains("2 objects could not be read"), "{}", never.messages);

    bucket.fail(|_, _| Fault::None);
    bucket.take_gets();
    let told = run(root.path(), &bucket.url(), &keep).expect(0).json();
    let mut gets = bucket.take_gets();
    gets.sort();
    assert_eq!(gets, [gone, short], "only these were read");
    assert_eq!((&told["evidence"], &told["unread"]["count"]), (&local["evidence"], &json!(0)));
}

#[test]
fn a_second_scan_reads_what_is_new_also_when_it_came_late() {
    let files = log();
    let root = folder(&files);
    let local = expected(root.path());
    // Late ones stand in the middle of the listing.
    let late = [key(1, 1, "eu-west-1"), key(2, 0, "us-east-1")];
    let early: Vec<_> = files.iter().filter(|(key, _)| !late.contains(key)).cloned().collect();
    let bucket = bucket(&early);
    let keep = scan(&["--out", "evidence", "--format", "json"]);
    run(root.path(), &bucket.url(), &keep).expect(0);
    for (key, bytes) in &files {
        bucket.put(key, bytes.clone());
    }
    bucket.take_gets();
    let told = run(root.path(), &bucket.url(), &keep).expect(0);
    let mut gets = bucket.take_gets();
    gets.sort();
    assert_eq!(gets, late);
    assert_eq!(told.json()["evidence"], local["evidence"]);
    assert!(told.messages.contains("11 objects read by an earlier scan"), "{}", told.messages);
    // A third has nothing to do; the same files from the folder neither, but for the one that is not CloudTrail's.
    run(root.path(), &bucket.url(), &keep).expect(0);
    assert_eq!(bucket.take_gets(), [""; 0]);
    let again = finish(program(root.path(), &["trail", "scan", "local", "--out", "evidence", "--format", "json"]))
        .expect(0)
        .json();
    assert_eq!((&again["findings"]["records"], &again["findings"]["objects"]), (&json!(0), &json!(1)));
    assert_eq!(again["evidence"]["principals"], local["evidence"]["principals"]);
    let shown = finish(program(root.path(), &["trail", "show", "taro", "evidence"])).expect(0);
    assert!(shown.out.contains("user/taro"));
    // A file that grew is told, and does not count twice; another part of the log is refused.
    bucket.put("logs/readme.txt", b"something else".to_vec());
    let changed = run(root.path(), &bucket.url(), &keep).expect(0);
    assert!(changed.messages.contains("readme.txt` has changed"), "{}", changed.messages);
    let refused = run(root.path(), &bucket.url(), &scan(&["--out", "evidence", "--since", "2026-03-01"])).expect(1);
    assert!(refused.messages.contains("since: open there"), "{}", refused.messages);
    fs::write(root.path().join("local/mine.txt"), "mine").unwrap();
    run(root.path(), &bucket.url(), &scan(&["--out", "local"])).expect(1);
}

/// Waits until the program has asked for so many objects, and kills it.
fn kill_at(mut child: Child, bucket: &Bucket, gets: usize) {
    let until = Instant::now() + Duration::from_secs(30);
    while bucket.gets() < gets && child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < until, "it does not get on");
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn killed_at_any_object_a_scan_goes_on_where_it_was() {
    let files = log();
    let root = folder(&files);
    let local = expected(root.path());
    let bucket = bucket(&files);
    for stop in 1..=files.len() {
        let out = format!("evidence-{stop}");
        let keep = scan(&["--out", &out, "--format", "json", "--batch", "2", "--parallel", "1"]);
        bucket.take_gets();
        // From some object on nothing is answered any more, and there it is killed.
        let hung = std::sync::Mutex::new(0);
        bucket.fail(move |name, _| {
            let mut hung = hung.lock().unwrap();
            *hung += usize::from(name != "list");
            if name != "list" && *hung >= stop { Fault::Hang } else { Fault::None }
        });
        let mut command = command(root.path(), &bucket.url(), &keep);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        kill_at(child, &bucket, stop);
        bucket.fail(|_, _| Fault::None);
        bucket.take_gets();
        if root.path().join(&out).join("bookmark.skbm").exists() {
            let half = finish(program(root.path(), &["trail", "coverage", &out])).expect(0);
            assert!(half.out.contains("did not come to its end"), "{}", half.out);
        }
        let told = run(root.path(), &bucket.url(), &keep).expect(0).json();
        assert_eq!(told["evidence"], local["evidence"], "killed at object {stop}");
        // Batches of two, one of them on its way: what was written down is not read again.
        let again = bucket.take_gets().len();
        assert!(again <= files.len() + 2 - (stop - 1) / 2 * 2, "{again} read again after {stop}");
        let whole = finish(program(root.path(), &["trail", "coverage", &out])).expect(0);
        assert!(!whole.out.contains("did not come to its end"), "{}", whole.out);
    }
}

#[test]
fn event_selectors_say_what_could_have_been_seen() {
    let files = log();
    let (root, bucket) = (folder(&files), bucket(&files));
    let arn = format!("arn:aws:cloudtrail:eu-west-1:{ACCOUNT}:trail/main");
    bucket.answer(
        "DescribeTrails",
        json!({"trailList": [{"TrailARN": arn, "Name": "main", "S3BucketName": NAME, "HomeRegion": "eu-west-1", "IsMultiRegionTrail": true,
            "IsOrganizationTrail": true, "HasCustomEventSelectors": true}]}),
    );
    let selectors = json!({"TrailARN": arn, "AdvancedEventSelectors": [
        {"Name": "all", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]},
            {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]}]},
        {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
            {"Field": "readOnly", "Equals": ["false"]}]}]});
    bucket.answer("GetEventSelectors", selectors.clone());
    let told =
        run(root.path(), &bucket.url(), &["trail", "coverage", "s3://example-logs", "--format", "json"]).expect(0);
    let classes = told.json()["classes"].clone();
    let of = |class: &str| {
        let found = classes.as_array().unwrap().iter().find(|one| one["class"] == class);
        found.unwrap_or_else(|| panic!("{class} is not in {classes}")).clone()
    };
    let management = of("management read");
    assert_eq!(
        (&management["recorded"], &management["narrowed_by"]),
        (&json!("partly"), &json!(["without kms.amazonaws.com"]))
    );
    assert_eq!(management["visible_since"], "2026-03-01");
    let data = of("data AWS::S3::Object write");
    assert_eq!(
        (&data["recorded"], &data["seen_since"], &data["visible_since"]),
        (&json!("whole"), &json!(null), &json!(null))
    );
    let not = classes.as_array().unwrap().iter().find(|one| one["class"] == "data AWS::S3::Object read").unwrap();
    assert_eq!(not["recorded"], "no");
    // Kept with the evidence, and the same from a file.
    run(root.path(), &bucket.url(), &scan(&["--out", "evidence"])).expect(0);
    let kept = finish(program(root.path(), &["trail", "coverage", "evidence", "--format", "json"])).expect(0).json();
    assert_eq!(kept["classes"], classes);
    fs::write(root.path().join("selectors.json"), selectors.to_string()).unwrap();
    let file = ["trail", "coverage", "local", "--event-selectors", "selectors.json"];
    let text = finish(program(root.path(), &file)).expect(0).out;
    assert!(
        text.contains("management write: could have been seen since 2026-03-01; recorded in part (without kms"),
        "{text}"
    );
    assert!(text.contains("data events of all other resources: not recorded"), "{text}");
    let never = finish(program(root.path(), &["trail", "show", "nobody", "evidence"])).expect(1).messages;
    assert!(
        never.contains("data AWS::S3::Object write: was not seen, and since when it is recorded is not known"),
        "{never}"
    );
    fs::write(root.path().join("selectors.json"), "{}").unwrap();
    finish(program(root.path(), &file)).expect(1);
}

#[test]
fn motos_s3_says_the_same() {
    let Some(python) = other_program("SEKISHO_TEST_PYTHON") else { return };
    let Some(moto) = crate::moto::Moto::start() else { return };
    let files = log();
    let root = folder(&[files.clone(), others()].concat());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/moto_bucket.py");
    let uploaded = Command::new(python)
        .args([script.as_os_str(), moto.url().as_ref(), NAME.as_ref(), root.path().join("local").as_os_str()])
        .env("AWS_ACCESS_KEY_ID", "testing")
        .env("AWS_SECRET_ACCESS_KEY", "testing")
        .output()
        .unwrap();
    assert!(uploaded.status.success(), "{uploaded:?}");
    let clean = folder(&files);
    let local = expected(clean.path());
    for out in [&[][..], &["--out", "evidence"], &["--out", "evidence"]] {
        let told = run(root.path(), moto.url(), &scan(&[out, &["--format", "json"]].concat())).expect(0).json();
        assert_eq!(told["evidence"], local["evidence"], "{out:?}");
    }
    let filters = [
        "--account",
        ACCOUNT,
        "--region",
        "eu-west-1",
        "--since",
        "2026-03-02",
        "--until",
        "2026-03-03",
        "--format",
        "json",
    ];
    let some = run(root.path(), moto.url(), &scan(&filters)).expect(0).json();
    let same = finish(program(clean.path(), &[&["trail", "scan", "local"], &filters[..]].concat())).expect(0).json();
    assert_eq!(some["evidence"], same["evidence"]);
    let missing = run(root.path(), moto.url(), &["trail", "scan", "s3://no-such-bucket"]).expect(1);
    assert!(missing.messages.contains("cannot list `s3://no-such-bucket/`"), "{}", missing.messages);
}
