//! iam-users, as people and scripts use it.

use std::path::Path;
use std::process::Command;

use sandbox::{Client, KeyPair, Start};
use serde_json::Value;

use crate::moto::Moto;
use crate::site::{Site, finish, other_program, program};

const ROLE: &str = "OrganizationAccountAccessRole";

/// A client in an account, through the administrators' role.
fn enter(site: &Site, account: &str) -> Client {
    site.server.with(|sandbox| {
        let (key, region) = (sandbox.config().administrator.clone(), sandbox.config().region.clone());
        let arn = format!("arn:aws:iam::{}:role/{ROLE}", sandbox.account_id(account).unwrap());
        let fields = [("RoleArn", arn.as_str()), ("RoleSessionName", "test")];
        let told = Client::new(&key, &region).query(sandbox, now(), "AssumeRole", &fields).text();
        let key = KeyPair::new(element(&told, "AccessKeyId"), element(&told, "SecretAccessKey"));
        Client::with_session(key, element(&told, "SessionToken"), &region)
    })
}

fn now() -> jiff::Timestamp {
    std::time::SystemTime::now().try_into().unwrap()
}

fn ask(site: &Site, client: &Client, operation: &str, fields: &[(&str, &str)]) -> String {
    let told = site.server.with(|sandbox| client.query(sandbox, now(), operation, fields));
    assert_eq!(told.status, 200, "{}", told.text());
    told.text()
}

fn element(xml: &str, name: &str) -> String {
    let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("no {name} in {xml}"));
    rest.split_once(&format!("</{name}>")).unwrap().0.to_owned()
}

/// A person with a password and a key in minimo-prod, and a machine in minimo-dev.
fn staffed() -> (Site, String) {
    let site = Site::new(Start::Untouched);
    let hand = enter(&site, "minimo-prod");
    ask(&site, &hand, "CreateUser", &[("UserName", "hanako")]);
    ask(&site, &hand, "CreateLoginProfile", &[("UserName", "hanako"), ("Password", "Long-enough-1!")]);
    let key = element(&ask(&site, &hand, "CreateAccessKey", &[("UserName", "hanako")]), "AccessKeyId");
    let hand = enter(&site, "minimo-dev");
    ask(&site, &hand, "CreateUser", &[("UserName", "=batch")]);
    (site, key)
}

#[test]
fn a_list_over_all_accounts_and_from_a_file() {
    let (site, key) = staffed();
    let answer = site.run(&["iam-users", "list", "--role", ROLE, "--save", "stock.json"]).expect(0);
    let first = answer.out.lines().next().unwrap();
    assert!(first.starts_with("4 IAM users in 39 accounts   as of "), "{first}");
    assert!(answer.out.contains("minimo-prod (362293031823)   1 user   root: no MFA, no keys"), "{}", answer.out);
    assert!(answer.out.contains("! password without MFA"), "{}", answer.out);
    assert!(answer.messages.contains("legacy-shop"), "{}", answer.messages);
    // from the file the same is said, and nobody is asked
    let calls = site.server.with(|sandbox| sandbox.calls().total());
    let again = site.run(&["iam-users", "list", "--from", "stock.json"]).expect(0);
    assert_eq!(again.out, answer.out);
    let json = site.run(&["iam-users", "list", "--from", "stock.json", "--format", "json"]).expect(0).json();
    assert_eq!(json["schema_version"], 1);
    assert_eq!(json["summary"]["with_password_without_mfa"], 1);
    let shown = site.run(&["iam-users", "show", &key, "--from", "stock.json"]).expect(0);
    assert!(shown.out.starts_with("hanako   minimo-prod"), "{}", shown.out);
    let nobody = site.run(&["iam-users", "show", "hanak", "--from", "stock.json"]).expect(1);
    assert!(nobody.messages.contains("did you mean `hanako`"), "{}", nobody.messages);
    let csv = ["iam-users", "export", "--from", "stock.json", "--format", "csv", "--bom", "--output", "users.csv"];
    assert_eq!(site.run(&csv).expect(0).out, "");
    let csv = std::fs::read_to_string(site.path("users.csv")).unwrap();
    assert!(csv.starts_with("\u{feff}as_of_utc,account_id,") && csv.contains(",'=batch,"), "{csv}");
    let page =
        site.run(&["iam-users", "export", "--from", "stock.json", "--format", "html", "--language", "ja"]).expect(0);
    assert!(page.out.contains("<html lang=\"ja\">") && page.out.contains("hanako"), "{}", page.out);
    assert_eq!(site.server.with(|sandbox| sandbox.calls().total()), calls);
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(site.path("stock.json")).unwrap());
    assert_eq!(mode & 0o077, 0, "others may not read who has which key");
}

#[test]
fn what_a_new_user_does_wrong() {
    let (site, _) = staffed();
    let mut said = String::new();
    for arguments in [
        &["iam-users", "list"][..],
        &["iam-users", "list", "--role", ROLE, "--account", "minimo-prd"],
        &["iam-users", "list", "--from", "nothing.json"],
        &["iam-users", "list", "--from", "odd.json"],
        &["iam-users", "list", "--from", "new.json"],
        &["iam-users", "export", "--from", "stock.json", "--format", "html", "--bom"],
    ] {
        std::fs::write(site.path("odd.json"), "[]").unwrap();
        std::fs::write(site.path("new.json"), "{\"schema_version\": 9}").unwrap();
        let answer = site.run(arguments).expect(1);
        assert_eq!(answer.out, "");
        said.push_str(&format!("$ sekisho {}\n{}\n", arguments.join(" "), answer.messages));
    }
    insta::assert_snapshot!("iam_users_wrong", said);
}

#[test]
fn a_user_of_whom_a_part_is_unread_is_shown_and_that_is_no_success() {
    let (site, _) = staffed();
    let show = [
        "iam-users",
        "show",
        "hanako",
        "--role",
        ROLE,
        "--account",
        "minimo-prod",
        "--skip-services",
        "--save",
        "stock.json",
    ];
    site.run(&show).expect(0);
    site.server.with(|sandbox| sandbox.faults_mut().deny = ["ListAccessKeys".to_owned()].into());
    let answer = site.run(&show).expect(1);
    assert!(answer.out.starts_with("hanako   minimo-prod"), "{}", answer.out);
    let told = "error: 1 user could not be read in full";
    assert!(answer.messages.contains(told) && answer.messages.contains("access keys of 1 user"), "{}", answer.messages);
    site.run(&["iam-users", "show", "hanako", "--from", "stock.json", "--format", "json"]).expect(1);
}

#[test]
fn a_written_list_of_accounts_needs_no_organization() {
    let (site, _) = staffed();
    let ids = ["minimo-prod", "minimo-dev", "minimo-stg"]
        .map(|name| site.server.with(|sandbox| sandbox.account_id(name)).unwrap());
    std::fs::create_dir(site.path("access")).unwrap();
    std::fs::write(site.path("access/sekisho.yaml"), "deployment: test\n").unwrap();
    let list = format!(
        "- id: \"{0}\"\n  name: 本番\n  role: arn:aws:iam::{0}:role/{ROLE}\n- id: \"{1}\"\n  role: arn:aws:iam::{1}:role/NoSuchRole\n- id: \"{2}\"\n",
        ids[0], ids[1], ids[2]
    );
    std::fs::write(site.path("access/accounts.yaml"), list).unwrap();
    site.server.with(|sandbox| sandbox.faults_mut().deny = ["ListAccounts".to_owned()].into());
    let answer = site.run(&["iam-users", "list", "--skip-services"]).expect(1);
    assert!(answer.out.starts_with("2 IAM users in 2 of 3 accounts"), "{}", answer.out);
    assert!(answer.out.contains("本番 (") && answer.out.contains("hanako"), "{}", answer.out);
    assert!(answer.messages.contains("error: 1 account could not be read"), "{}", answer.messages);
    assert!(answer.messages.contains("NoSuchRole"), "{}", answer.messages);
    // nobody told a name of it: its id stands there once
    let left_out = format!("1 account left out: no role or profile is named for it: {}", ids[2]);
    assert!(answer.messages.lines().any(|line| line.ends_with(&left_out)), "{}", answer.messages);
    assert!(
        answer.out.contains("the accounts of an organization are not listed: organizations:ListAccounts"),
        "{}",
        answer.out
    );
}

#[test]
fn a_profile_enters_its_own_account_only() {
    let (site, _) = staffed();
    let (pair, own, other) = site.server.with(|sandbox| {
        let other = sandbox.account_id("minimo-prod").unwrap();
        (sandbox.config().delegated.clone(), sandbox.delegated_account(), other)
    });
    let keys = format!(
        "[profile audit]\nregion = ap-northeast-1\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        pair.access_key_id, pair.secret_access_key
    );
    std::fs::write(site.path("config"), keys).unwrap();
    std::fs::create_dir(site.path("access")).unwrap();
    std::fs::write(site.path("access/sekisho.yaml"), "deployment: test\n").unwrap();
    let list = format!("- id: \"{own}\"\n  profile: audit\n- id: \"{other}\"\n  profile: audit\n");
    std::fs::write(site.path("access/accounts.yaml"), list).unwrap();
    let mut command = site.command(&["iam-users", "list", "--format", "json"]);
    command.env("AWS_CONFIG_FILE", site.path("config"));
    let answer = finish(command).expect(1);
    let json = answer.json();
    let by_id = |id: String| json["accounts"].as_array().unwrap().iter().find(|one| one["id"] == id).unwrap().clone();
    assert_eq!(by_id(own.to_string())["users"][0]["name"], "sandbox-administrator");
    let reason = by_id(other.to_string())["not_read"].as_str().unwrap().to_owned();
    assert!(reason.contains(&format!("the profile `audit` is of account {own}, not of {other}")), "{reason}");
    // Accounts of the organization that nobody wrote a door for are left out, and it is said.
    assert!(json["left_out"].as_array().unwrap().len() > 30, "{json}");
    assert!(answer.messages.contains("no role or profile is named"), "{}", answer.messages);
}

/// Users that boto3 made, as boto3 reads them call by call and as the inventory has them: in the sandbox, and in moto, which nobody here
/// wrote. moto 5.2.5 lacks service-specific credentials and service-last-accessed: they are unknown there, by name.
#[test]
fn another_client_reads_the_same() {
    let Some(python) = other_program("SEKISHO_TEST_PYTHON") else { return };
    let site = Site::new(Start::Untouched);
    let endpoint = site.server.endpoint_url();
    agree(&python, &endpoint, site.folder.path(), &|arguments| site.command(arguments), 0);
    let Some(moto) = Moto::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let command = |arguments: &[&str]| {
        let mut command = program(folder.path(), arguments);
        for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
            command.env(name, "testing");
        }
        // No Region: IAM has none.
        command.env("AWS_ENDPOINT_URL", moto.url()).env("SEKISHO_RATE_FACTOR", "50");
        command
    };
    agree(&python, moto.url(), folder.path(), &command, 1);
}

fn agree(python: &Path, endpoint: &str, folder: &Path, command: &dyn Fn(&[&str]) -> Command, code: i32) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/iam_users.py");
    let ask = |what: &str| -> Value {
        let mut python = Command::new(python);
        python.args([script.as_os_str(), what.as_ref(), endpoint.as_ref()]).env("PYTHONDONTWRITEBYTECODE", "1");
        for (name, value) in command(&[]).get_envs().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_")) {
            python.env(name, value.unwrap_or_default());
        }
        let output = python.env("AWS_DEFAULT_REGION", "us-east-1").env_remove("AWS_PROFILE").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    ask("make");
    let theirs = ask("read");
    let own = "iam-users list --format json --save stock.json --account";
    let account = theirs["hanako"]["arn"].as_str().unwrap().split(':').nth(4).unwrap();
    let arguments: Vec<&str> = own.split(' ').chain([account]).collect();
    let ours = finish(command(&arguments)).expect(code).json();
    let users = ours["accounts"][0]["users"].as_array().unwrap();
    assert_eq!(users.len(), theirs.as_object().unwrap().len());
    for user in users {
        let name = user["name"].as_str().unwrap();
        let theirs = &theirs[name];
        for (ours, named) in [
            ("id", "id"),
            ("arn", "arn"),
            ("path", "path"),
            ("tags", "tags"),
            ("groups", "groups"),
            ("attached_policies", "attached"),
        ] {
            assert_eq!(user[ours], theirs[named], "{name}: {ours}");
        }
        for (policy, document) in theirs["inline"].as_object().unwrap() {
            let text = user["inline_policies"][policy].as_str().unwrap();
            assert_eq!(serde_json::from_str::<Value>(text).unwrap(), *document, "{name}: {policy}");
        }
        assert_eq!(user["inline_policies"].as_object().unwrap().len(), theirs["inline"].as_object().unwrap().len());
        let known = |part: &str| user[part]["known"]["value"].clone();
        assert_eq!(!known("password").is_null(), theirs["password"].as_bool().unwrap(), "{name}");
        assert!(user["password"]["known"].is_object(), "{name}");
        assert_eq!(known("mfa_devices"), theirs["mfa"], "{name}");
        let keys = known("access_keys");
        let keys: serde_json::Map<String, Value> = (keys.as_array().unwrap().iter())
            .map(|key| (key["id"].as_str().unwrap().to_owned(), key["status"].clone()))
            .collect();
        assert_eq!(Value::Object(keys), theirs["keys"], "{name}");
        if code == 0 {
            let other = known("other_credentials");
            let mut ids: Vec<Value> = other.as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
            ids.sort_by_key(Value::to_string);
            assert_eq!(Value::Array(ids), theirs["other"], "{name}");
        } else {
            let reason = user["other_credentials"]["unknown"]["reason"].as_str().unwrap();
            assert!(reason.contains("ListServiceSpecificCredentials"), "{reason}");
        }
    }
    let again = finish(command(&["iam-users", "show", "=batch@1", "--from", "stock.json"])).expect(code);
    assert!(again.out.starts_with("=batch@1 "), "{}", again.out);
    assert!(folder.join("stock.json").exists());
}
