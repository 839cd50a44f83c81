//! iam-users, as people and scripts use it.

use sandbox::{Client, KeyPair, Start};

use crate::site::Site;

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
    assert!(csv.starts_with("\u{feff}account_id,") && csv.contains(",'=batch,"), "{csv}");
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
fn a_written_list_of_accounts_needs_no_organization() {
    let (site, _) = staffed();
    let ids = ["minimo-prod", "minimo-dev"].map(|name| site.server.with(|sandbox| sandbox.account_id(name)).unwrap());
    std::fs::create_dir(site.path("access")).unwrap();
    std::fs::write(site.path("access/sekisho.yaml"), "deployment: test\n").unwrap();
    let list = format!(
        "- id: \"{0}\"\n  name: 本番\n  role: arn:aws:iam::{0}:role/{ROLE}\n- id: \"{1}\"\n  role: arn:aws:iam::{1}:role/NoSuchRole\n",
        ids[0], ids[1]
    );
    std::fs::write(site.path("access/accounts.yaml"), list).unwrap();
    site.server.with(|sandbox| sandbox.faults_mut().deny = ["ListAccounts".to_owned()].into());
    let answer = site.run(&["iam-users", "list", "--skip-services"]).expect(1);
    assert!(answer.out.starts_with("2 IAM users in 2 of 3 accounts"), "{}", answer.out);
    assert!(answer.out.contains("本番 (") && answer.out.contains("hanako"), "{}", answer.out);
    assert!(answer.messages.contains("error: 1 account could not be read"), "{}", answer.messages);
    assert!(answer.messages.contains("NoSuchRole"), "{}", answer.messages);
}
