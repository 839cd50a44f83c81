//! Roles in place of keys, as files.

use model::key_use::{ActionUse, Activity, DayUse, Seen, UserUse};

use super::*;

fn used() -> UserUse {
    let seen = Seen { events: 30, last_s: 1_790_000_000 };
    let action = |denied| ActionUse { all: seen, denied, days: (1..31).collect::<Vec<i32>>().into() };
    let mut activity = Activity { all: seen, ..Activity::default() };
    activity.days = (1..31).map(|day| (day, DayUse { events: 1, hours: 2 })).collect();
    for (name, denied) in [
        ("s3.amazonaws.com:PutObject", 0),
        ("s3.amazonaws.com:ListObjects", 0),
        ("ecs.amazonaws.com:UpdateService", 0),
        ("ec2.amazonaws.com:DescribeInstances", 0),
        ("sts.amazonaws.com:GetCallerIdentity", 0),
        ("sts.amazonaws.com:AssumeRole", 0),
        ("iam.amazonaws.com:ListUsers", 30),
        ("nimbus.amazonaws.com:Fly", 0),
    ] {
        activity.actions.insert(name.to_owned(), action(denied));
    }
    activity.name_resource("s3.amazonaws.com:PutObject", "arn:aws:s3:::reports/2026/a.csv");
    activity.name_resource("s3.amazonaws.com:PutObject", "arn:aws:s3:::reports");
    activity.name_resource("s3.amazonaws.com:ListObjects", "arn:aws:s3:::reports");
    activity.addresses = (0..25).map(|number| (format!("20.1.{number}.0/24"), seen)).collect();
    activity.agents.insert("aws-cli/2".to_owned(), seen);
    let roles = [("arn:aws:iam::444455556666:role/deploy".to_owned(), seen)].into();
    UserUse { keys: [("AKIAONE".to_owned(), activity)].into(), roles, ..UserUse::default() }
}

fn input<'a>() -> ReplacementInput<'a> {
    ReplacementInput {
        user: "deploy",
        account: "111122223333",
        repository: Some("example/app"),
        branch: "main",
        ..ReplacementInput::default()
    }
}

#[test]
fn github_actions() {
    let made =
        replacement(&ReplacementInput { unseen: vec!["`data AWS::SQS::Queue read`".to_owned()], ..input() }, &used());
    let text: String = made.files.iter().map(|(name, text)| format!("=== {name}\n{text}")).collect();
    insta::assert_snapshot!("github_actions", text);
}

#[test]
fn every_home_has_a_trust_policy_that_aws_would_take() {
    for home in Home::ALL {
        let made = replacement(&ReplacementInput { home: Some(home), ..input() }, &used());
        let text = &made.files["trust-policy.json"];
        let parsed = policy::parse(text);
        assert!(parsed.problems.is_empty(), "{home:?}: {:?}", parsed.problems);
        let problems = policy::check(&parsed.policy.unwrap(), Kind::Trust);
        assert!(problems.is_empty(), "{home:?}: {problems:?}");
        assert!(!text.contains("\"Statement\": []"), "{home:?}");
    }
}

#[test]
fn nothing_seen_gives_no_policy() {
    let made = replacement(&input(), &UserUse::default());
    assert!(!made.files.contains_key("permissions.json"));
    assert!(made.open.iter().any(|open| open.contains("the policy is empty")), "{:?}", made.open);
}

#[test]
fn it_is_told_in_japanese_as_well() {
    let mut input = input();
    input.language = Language::Japanese;
    input.unseen = vec!["データイベント".to_owned()];
    let made = replacement(&input, &used());
    insta::assert_snapshot!("japanese", made.files["README.md"]);
    let mut bare = input.clone();
    bare.repository = None;
    for home in Home::ALL {
        bare.home = Some(home);
        let made = replacement(&bare, &used());
        let english = replacement(&ReplacementInput { language: Language::English, ..bare.clone() }, &used());
        assert_eq!(made.open.len(), english.open.len());
        assert!(made.files.iter().all(|(name, text)| name == "README.md" || english.files[name] == *text), "{home:?}");
    }
}
