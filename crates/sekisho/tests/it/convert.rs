//! convert and iam-users progress: from a stock of IAM users and a log to files of a catalog.

use serde_json::{Value, json};

use crate::site::{Answer, finish, program};

const ACCOUNT: &str = "111122223333";

struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        desk.write("stock.json", &stock("2026-11-01", "Active"));
        desk.write("log/one.json", &log());
        desk.write(
            "people.json",
            &json!([{"user_name": "hanako@example.com", "given_name": "花子", "family_name": "山田", "display_name": "山田 花子",
                "email": "hanako@example.com", "standing": "active"}]),
        );
        desk.run(&["trail", "scan", "log", "--out", "evidence"]).expect(0);
        desk
    }

    fn write(&self, name: &str, value: &Value) {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, value.to_string()).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Answer {
        finish(program(self.0.path(), arguments))
    }

    fn convert(&self, out: &str, more: &[&str]) -> Answer {
        let inputs =
            ["convert", "--inventory", "stock.json", "--evidence", "evidence", "--people", "people.json", "--out", out];
        self.run(&[&inputs[..], &["--user", "hanako"], more].concat())
    }
}

fn known(value: &Value, day: &str) -> Value {
    json!({"known": {"value": value, "as_of": format!("{day}T00:00:00Z")}})
}

fn stock(day: &str, status: &str) -> Value {
    let key = json!({"id": "AKIAIOSFODNN7EXAMPLE", "status": status.to_lowercase(), "created": "2024-01-01T00:00:00Z",
        "last_use": {"used": "at", "at": "2026-10-30T09:00:00Z"}, "last_region": "us-east-1", "last_service": "s3"});
    let user = json!({
        "id": "AIDAHANAKO", "name": "hanako", "arn": format!("arn:aws:iam::{ACCOUNT}:user/hanako"), "path": "/", "created": "2020-01-01T00:00:00Z",
        "tags": {}, "groups": ["developers"], "attached_policies": [],
        "inline_policies": {"own": json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::${aws:username}-box/*"}]}).to_string()},
        "permissions_boundary": null,
        "password": known(&Value::Null, day), "access_keys": known(&json!([key]), day), "mfa_devices": known(&json!([]), day),
        "other_credentials": known(&json!([]), day), "services_last_accessed": {"unknown": {"reason": "not asked"}}
    });
    let group = json!({"path": "/developers", "attached_policies": ["arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess"], "inline_policies": {}});
    let root = json!({"mfa": true, "access_keys": false, "password_last_use": {"used": "never"}, "key_last_use": {"used": "never"}});
    let account = json!({"users": {"hanako": user}, "groups": {"developers": group}, "managed_policies": {}, "roles": {}, "root": known(&root, day)});
    json!({"schema_version": 1, "as_of": format!("{day}T00:00:00Z"), "services_asked": false, "account_names": {ACCOUNT: "minimo-dev"},
        "left_out": {}, "inventory": {"accounts": {ACCOUNT: known(&account, day)}}})
}

fn log() -> Value {
    let record = |source: &str, name: &str, resource: Option<&str>| {
        json!({"eventVersion": "1.11", "eventTime": "2026-10-30T09:00:00Z", "eventSource": source, "eventName": name, "awsRegion": "us-east-1",
            "sourceIPAddress": "203.0.113.5", "userAgent": "aws-cli/2.15", "recipientAccountId": ACCOUNT, "eventType": "AwsApiCall",
            "userIdentity": {"type": "IAMUser", "arn": format!("arn:aws:iam::{ACCOUNT}:user/hanako"), "accountId": ACCOUNT,
                "accessKeyId": "AKIAIOSFODNN7EXAMPLE", "userName": "hanako"},
            "resources": resource.map(|arn| json!([{"ARN": arn, "type": "AWS::S3::Object"}]))})
    };
    json!({"Records": [
        record("s3.amazonaws.com", "GetObject", Some("arn:aws:s3:::hanako-box/a")),
        record("s3.amazonaws.com", "GetObject", Some("arn:aws:s3:::other-box/a")),
        record("sqs.amazonaws.com", "ListQueues", None),
    ]})
}

#[test]
fn rights_become_files_and_what_would_be_lost_is_told() {
    let desk = Desk::new();
    let answer = desk.convert("out", &[]).expect(0);
    insta::assert_snapshot!("convert", answer.out);
    let read = |name: &str| std::fs::read_to_string(desk.0.path().join("out").join(name)).unwrap();
    insta::assert_snapshot!("convert_translation", read("translation.md"));
    insta::assert_snapshot!("convert_assignments", read("assignments/converted.yaml"));
    // The user's own name stands in the policy now, because a role's session has another.
    let policy: Value = serde_json::from_str(&read("policies/user-hanako-own.json")).unwrap();
    assert_eq!(policy["Statement"][0]["Resource"], "arn:aws:s3:::hanako-box/*");
    let again = desk.convert("out", &[]).expect(1);
    assert!(again.messages.contains("is not empty; nothing was written"), "{}", again.messages);
    let json = desk.convert("other", &["--format", "json", "--no-companion"]).expect(0).json();
    assert_eq!(json["sets"][0]["users"][0]["owner"], "hanako@example.com");
    assert_eq!(json["sets"][0]["users"][0]["rehearsal"][0]["outcome"], "denied");
    // It is a catalog: nothing in it is a mistake.
    desk.run(&["check", "--catalog", "other"]).expect(0);
}

#[test]
fn what_is_for_reviewers_is_told_in_japanese() {
    let desk = Desk::new();
    desk.convert("out", &["--language", "ja"]).expect(0);
    let translation = std::fs::read_to_string(desk.0.path().join("out/translation.md")).unwrap();
    insta::assert_snapshot!("convert_translation_japanese", translation);
    assert_eq!(crate::site::english_in(&translation), Vec::<String>::new());
}

#[test]
fn inventories_of_earlier_days_are_read_from_files_and_folders() {
    let desk = Desk::new();
    desk.write("days/2026-10-30.json", &stock("2026-10-30", "Active"));
    desk.write("days/2026-10-31.json", &stock("2026-10-31", "Active"));
    let ask = |earlier: &[&str]| {
        let inputs = ["iam-users", "verdicts", "--inventory", "stock.json", "--evidence", "evidence"];
        desk.run(&[&inputs[..], &["--people", "people.json"], earlier].concat())
    };
    let answer = ask(&["--earlier", "days", "--earlier", "stock.json"]).expect(0);
    assert!(answer.messages.contains("3 inventories of earlier days"), "{}", answer.messages);
    let broken = ask(&["--earlier", "people.json"]).expect(1);
    assert!(broken.messages.contains("`people.json` is no inventory"), "{}", broken.messages);
    std::fs::create_dir(desk.0.path().join("none")).unwrap();
    let none = ask(&["--earlier", "none"]).expect(1);
    assert!(none.messages.contains("the folder `none` holds no inventory"), "{}", none.messages);
}

#[test]
fn people_of_one_function_get_their_set_through_its_group() {
    let desk = Desk::new();
    let mut stock = stock("2026-11-01", "Active");
    let users = &mut stock["inventory"]["accounts"][ACCOUNT]["known"]["value"]["users"];
    let mut hanako = users["hanako"].take();
    hanako["inline_policies"] = json!({});
    for (name, id) in [("hanako", "AIDAHANAKO"), ("taro", "AIDATARO")] {
        let mut user = hanako.clone();
        (user["name"], user["id"]) = (json!(name), json!(id));
        user["arn"] = json!(format!("arn:aws:iam::{ACCOUNT}:user/{name}"));
        users[name] = user;
    }
    desk.write("stock.json", &stock);
    let person = |name: &str, groups: &[&str]| json!({"user_name": format!("{name}@example.com"), "email": format!("{name}@example.com"), "groups": groups});
    let mut people =
        vec![person("hanako", &["SRE", "全員"]), person("taro", &["SRE", "全員"]), person("jiro", &["全員"])];
    desk.write("people.json", &json!(people));
    let run = |out: &str| {
        let answer = desk.convert(out, &["--user", "taro"]).expect(0);
        let read = |name: &str| std::fs::read_to_string(desk.0.path().join(out).join(name)).unwrap();
        let translation = read("translation.md");
        let groups = translation.split_once("## Groups").unwrap().1.to_owned();
        let told = answer.out.lines().find(|line| line.starts_with("Groups:")).unwrap().to_owned();
        (format!("{told}\n{groups}\n{}", read("assignments/converted.yaml")), out.to_owned())
    };
    let (told, out) = run("functions");
    insta::assert_snapshot!("convert_groups", told);
    desk.run(&["check", "--catalog", &out]).expect(0);
    // somebody else of that function has no IAM user: the set stays with the people
    people[2] = person("jiro", &["SRE", "全員"]);
    desk.write("people.json", &json!(people));
    insta::assert_snapshot!("convert_groups_proposed", run("wider").0);
}

#[test]
fn the_farewell_is_followed_over_inventories() {
    let desk = Desk::new();
    desk.write("later.json", &stock("2026-12-01", "Inactive"));
    let answer =
        desk.run(&["iam-users", "progress", "later.json", "stock.json", "--production", "minimo-dev"]).expect(0);
    insta::assert_snapshot!("progress", answer.out);
    let page = desk
        .run(&["iam-users", "progress", "stock.json", "later.json", "--format", "html", "--language", "ja"])
        .expect(0)
        .out;
    assert!(page.contains("<html lang=\"ja\">") && page.contains("無効化済み"), "{page}");
    let unknown = desk.run(&["iam-users", "progress", "stock.json", "--production", "minimo-prd"]).expect(1);
    assert!(unknown.messages.contains("no inventory has an account named `minimo-prd`"), "{}", unknown.messages);
}

#[test]
fn a_bare_key_is_unknown_until_more_is_known_and_its_owner_can_be_settled() {
    let desk = Desk::new();
    let inputs = ["--inventory", "stock.json", "--evidence", "evidence", "--people", "people.json"];
    let answer = desk.run(&[&["iam-users", "verdicts"], &inputs[..]].concat()).expect(0);
    insta::assert_snapshot!("verdicts", answer.out);
    let japanese = desk.run(&[&["iam-users", "verdicts", "--language", "ja"], &inputs[..]].concat()).expect(0);
    insta::assert_snapshot!("verdicts_japanese", japanese.out);
    let json = desk.run(&[&["iam-users", "verdicts", "--format", "json"], &inputs[..]].concat()).expect(0).json();
    assert_eq!(json["users"][0]["verdict"], "unknown", "{json:#}");
    desk.run(&["init", "access"]).expect(0);
    desk.run(&["iam-users", "assign-owner", "hanako", "--system", "--note", "Jenkins"]).expect(0);
    let written = std::fs::read_to_string(desk.0.path().join("access/iam-users.yaml")).unwrap();
    assert!(written.contains("hanako") && written.contains("Jenkins"), "{written}");
    desk.run(&["check"]).expect(0);
    let again = desk.run(&[&["iam-users", "verdicts"], &inputs[..]].concat()).expect(0);
    assert_ne!(again.out, answer.out, "what was settled counts");
    let unknown = desk.run(&[&["iam-users", "verdicts", "--user", "hanakoo"], &inputs[..]].concat()).expect(1);
    assert!(unknown.messages.contains("did you mean `hanako`?"), "{}", unknown.messages);
}

#[test]
fn a_machine_s_replacement_is_files_to_review() {
    let desk = Desk::new();
    let inputs = ["--inventory", "stock.json", "--evidence", "evidence", "--people", "people.json", "--out", "role"];
    let arguments = ["iam-users", "replacement", "hanako", "--home", "github-actions", "--repository", "example/app"];
    desk.run(&[&arguments[..], &inputs].concat()).expect(0);
    let mut files: Vec<String> = std::fs::read_dir(desk.0.path().join("role"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    insta::assert_snapshot!("replacement_files", files.join("\n"));
    let trust = files.iter().find(|name| name.contains("trust")).unwrap();
    let text = std::fs::read_to_string(desk.0.path().join("role").join(trust)).unwrap();
    assert!(text.contains("repo:example/app:ref:refs/heads/main"), "{text}");
}

#[test]
fn what_is_written_for_people_is_japanese_where_that_is_asked_for() {
    let desk = Desk::new();
    let inputs = ["--inventory", "stock.json", "--evidence", "evidence", "--people", "people.json", "--out", "role"];
    let arguments = ["iam-users", "replacement", "hanako", "--home", "ec2", "--language", "ja"];
    desk.run(&[&arguments[..], &inputs].concat()).expect(0);
    let readme = std::fs::read_to_string(desk.0.path().join("role/README.md")).unwrap();
    assert!(readme.contains("## 決めること") && readme.contains("- ec2: 指定による"), "{readme}");
    desk.convert("japanese", &["--language", "ja"]).expect(0);
    desk.convert("english", &[]).expect(0);
    let assignments =
        |folder: &str| std::fs::read_to_string(desk.0.path().join(folder).join("assignments/converted.yaml")).unwrap();
    let (japanese, english) = (assignments("japanese"), assignments("english"));
    assert!(japanese.contains("# IAM ユーザー hanako"), "{japanese}");
    // Nothing but the comments differs.
    let bare = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.split(" # ").next().unwrap_or_default().trim_end().to_owned()).collect()
    };
    assert_eq!(bare(&japanese), bare(&english));
}
