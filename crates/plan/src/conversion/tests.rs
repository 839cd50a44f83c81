use std::collections::BTreeMap;

use model::Reading;
use model::iam_user::{IamAccount, IamGroup, IamInventory, IamUser, IamUserRef};
use model::key_use::{ActionUse, Activity, Seen, UserUse};
use policy::{ExtraLimits, Policy, Relation, compare};
use proptest::prelude::*;

use super::{Conversion, ConversionOptions, Left, RehearsedOutcome, Shape, convert, rehearsal, rehearse, rights};

const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";

fn user(account: &str, name: &str) -> IamUser {
    IamUser {
        id: format!("AIDA{}", name.to_uppercase()),
        name: name.to_owned(),
        arn: format!("arn:aws:iam::{account}:user/{name}"),
        path: "/".to_owned(),
        created: "2020-01-01T00:00:00Z".parse().unwrap(),
        tags: BTreeMap::new(),
        groups: Vec::new(),
        attached_policies: Vec::new(),
        inline_policies: BTreeMap::new(),
        permissions_boundary: None,
        password: Reading::unknown("not read"),
        access_keys: Reading::unknown("not read"),
        mfa_devices: Reading::unknown("not read"),
        other_credentials: Reading::unknown("not read"),
        services_last_accessed: Reading::unknown("not read"),
    }
}

fn allow(action: &str, resource: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}]}}"#
    )
}

fn inventory(accounts: Vec<(&str, IamAccount)>) -> IamInventory {
    let at = "2026-11-01T00:00:00Z".parse().unwrap();
    let accounts = accounts.into_iter().map(|(id, account)| (id.parse().unwrap(), Reading::known(account, at)));
    IamInventory { accounts: accounts.collect() }
}

fn account(users: Vec<IamUser>) -> IamAccount {
    IamAccount { users: users.into_iter().map(|user| (user.name.clone(), user)).collect(), ..IamAccount::default() }
}

fn all(inventory: &IamInventory, shape: Shape) -> Conversion {
    convert(inventory, |_| true, &ConversionOptions { shape, ..ConversionOptions::default() })
}

fn of(account: &str, name: &str) -> IamUserRef {
    IamUserRef { account: account.parse().unwrap(), name: name.to_owned() }
}

const DEV: &str = "111111111111";
const PROD: &str = "222222222222";

fn developers() -> IamInventory {
    let mut accounts = Vec::new();
    for id in [DEV, PROD] {
        let (mut hanako, mut taro) = (user(id, "hanako"), user(id, "taro"));
        for one in [&mut hanako, &mut taro] {
            one.groups = vec!["developers".to_owned()];
        }
        if id == PROD {
            taro.inline_policies.insert("extra".to_owned(), allow("dynamodb:Query", "*"));
        }
        let mut account = account(vec![hanako, taro]);
        let group = IamGroup {
            path: "/developers".to_owned(),
            attached_policies: vec![READ_ONLY.to_owned(), format!("arn:aws:iam::{id}:policy/Deploy")],
            inline_policies: [(
                "own-password".to_owned(),
                r#"{"Version":"2012-10-17","Statement":[{"Sid":"Own","Effect":"Allow","Action":["iam:ChangePassword","iam:CreateAccessKey"],"Resource":"arn:aws:iam::*:user/${aws:username}"}]}"#.to_owned(),
            )]
            .into(),
        };
        account.groups.insert("developers".to_owned(), group);
        account.managed_policies.insert(format!("arn:aws:iam::{id}:policy/Deploy"), allow("codedeploy:*", "*"));
        accounts.push((id, account));
    }
    inventory(accounts)
}

#[test]
fn who_holds_the_same_shares_a_set_over_all_accounts() {
    let conversion = all(&developers(), Shape::AsTheyAre);
    assert_eq!(conversion.left, []);
    let names: Vec<&str> = conversion.sets.iter().map(|set| set.name.as_str()).collect();
    assert_eq!(names, ["developers", "user-taro"]);
    let set = &conversion.sets[0];
    assert_eq!(set.managed_policies, [READ_ONLY]);
    // The user's own password and keys are gone with the user, and this is said.
    let files: Vec<&str> = set.inline.iter().map(|source| source.file.as_str()).collect();
    assert_eq!(files, ["deploy"]);
    assert_eq!(set.members.len(), 3);
    assert!(set.is_strong);
    assert_eq!(set.description, "What these IAM users may do: hanako, taro");
    assert_eq!(conversion.sets[1].inline.len(), 2);
    assert_eq!(
        conversion.sets[1].inline.iter().filter(|source| source.file == "deploy").count(),
        1,
        "one file for both"
    );
    let grants: Vec<(&str, &str, usize)> =
        conversion.grants.iter().map(|grant| (grant.set.as_str(), grant.account.as_str(), grant.users.len())).collect();
    assert_eq!(grants, [("developers", DEV, 2), ("developers", PROD, 1), ("user-taro", PROD, 1)]);
    let notes = &conversion.notes[&of(DEV, "taro")];
    assert!(notes.iter().any(|note| note.outcome == "drop" && note.statement.contains("Own")), "{notes:?}");
}

#[test]
fn what_is_not_known_is_not_converted() {
    let (mut missing, mut broken, mut groupless) = (user(DEV, "missing"), user(DEV, "broken"), user(DEV, "groupless"));
    missing.attached_policies = vec![format!("arn:aws:iam::{DEV}:policy/Gone")];
    broken.inline_policies.insert("bad".to_owned(), "{\"Statement\": [".to_owned());
    groupless.groups = vec!["gone".to_owned()];
    let nothing = user(DEV, "nothing");
    let mut large = user(DEV, "large");
    let actions: Vec<String> = (0..700).map(|number| format!("\"custom{number}:Action{number}\"")).collect();
    large.inline_policies.insert(
        "large".to_owned(),
        format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":[{}],"Resource":"*"}}]}}"#,
            actions.join(",")
        ),
    );
    let conversion =
        all(&inventory(vec![(DEV, account(vec![missing, broken, groupless, nothing, large]))]), Shape::AsTheyAre);
    assert!(conversion.sets.is_empty());
    let told: Vec<String> = conversion.left.iter().map(|(user, left)| format!("{}: {left}", user.name)).collect();
    assert_eq!(told.len(), 5);
    assert!(told[0].starts_with("broken: the policy `bad` cannot be read"), "{}", told[0]);
    assert_eq!(told[1], "groupless: the group `gone` was not read");
    assert!(told[2].starts_with("large: the smallest form has"), "{}", told[2]);
    assert_eq!(told[3], format!("missing: the document of `arn:aws:iam::{DEV}:policy/Gone` was not read"));
    assert_eq!(told[4], "nothing: holds nothing that has a meaning for a role");
    assert!(matches!(conversion.left[4].1, Left::Nothing));
}

#[test]
fn more_than_ten_managed_policies_go_into_the_inline_policy() {
    let mut many = user(DEV, "many");
    many.attached_policies = policy::managed::all().iter().take(12).map(|known| known.arn()).collect();
    let conversion = all(&inventory(vec![(DEV, account(vec![many]))]), Shape::AsTheyAre);
    let set = &conversion.sets[0];
    assert_eq!((set.managed_policies.len(), set.inline.len()), (10, 2));
    assert!(set.merged.is_some());
}

#[test]
fn sets_are_joined_within_limits_and_it_is_said_who_gains_what() {
    let (mut one, mut other, mut third) = (user(DEV, "one"), user(DEV, "other"), user(DEV, "third"));
    one.inline_policies.insert("p".to_owned(), allow("s3:GetObject", "*"));
    other.inline_policies.insert("p".to_owned(), allow("s3:ListBucket", "*"));
    third.inline_policies.insert("p".to_owned(), allow("iam:CreateUser", "*"));
    let stock = inventory(vec![(DEV, account(vec![one, other, third]))]);
    let limits = ExtraLimits { reading: 3, writing: 0, permissions: 0 };
    let conversion = all(&stock, Shape::Fewer(limits));
    assert_eq!(conversion.sets.len(), 2);
    let joined = conversion.sets.iter().find(|set| set.members.len() == 2).unwrap();
    let gained: Vec<&[String]> = joined.members.iter().map(|member| member.gained.as_slice()).collect();
    assert_eq!(gained, [&["s3:ListBucket".to_owned()][..], &["s3:GetObject".to_owned()][..]]);
    let none = ExtraLimits { reading: 0, writing: 0, permissions: 0 };
    assert_eq!(all(&stock, Shape::Fewer(none)).sets.len(), 3);
}

#[test]
fn nobody_is_bound_by_somebody_else_s_deny() {
    let (mut one, mut other) = (user(DEV, "one"), user(DEV, "other"));
    one.inline_policies.insert("p".to_owned(), allow("s3:GetObject", "*"));
    let denies = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"},
        {"Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3:::secret/*"}]}"#;
    other.inline_policies.insert("p".to_owned(), denies.to_owned());
    let stock = inventory(vec![(DEV, account(vec![one, other]))]);
    let conversion = all(&stock, Shape::Fewer(ExtraLimits { reading: 9, writing: 9, permissions: 9 }));
    assert_eq!(conversion.sets.len(), 2, "joined, the first would lose what the second is denied");
}

#[test]
fn whoever_may_do_an_action_elsewhere_now_is_told_of() {
    let (mut one, mut other) = (user(DEV, "one"), user(DEV, "other"));
    one.inline_policies.insert("p".to_owned(), allow("s3:GetObject", "arn:aws:s3:::a/*"));
    other.inline_policies.insert("p".to_owned(), allow("s3:GetObject", "arn:aws:s3:::b/*"));
    let stock = inventory(vec![(DEV, account(vec![one, other]))]);
    let conversion = all(&stock, Shape::Fewer(ExtraLimits { reading: 0, writing: 0, permissions: 0 }));
    let members = &conversion.sets[0].members;
    assert_eq!(members.len(), 2);
    assert!(members[0].gained.is_empty());
    let example = members[0].example.as_deref().unwrap();
    assert!(example.starts_with("s3:GetObject on arn:aws:s3:::b/"), "{example}");
}

#[test]
fn policies_of_both_versions_become_one_file() {
    let mut one = user(DEV, "one");
    one.inline_policies.insert("new".to_owned(), allow("s3:GetObject", "*"));
    one.inline_policies.insert("old".to_owned(), allow("sqs:SendMessage", "*").replace("2012-10-17", "2008-10-17"));
    let conversion = all(&inventory(vec![(DEV, account(vec![one]))]), Shape::AsTheyAre);
    let set = &conversion.sets[0];
    assert_eq!(set.inline.len(), 1);
    assert_eq!(set.inline[0].origins.len(), 2);
    assert_eq!(set.inline[0].policy, set.merged.as_ref().unwrap().policy);
}

#[test]
fn a_read_only_companion_gives_nobody_anything_new() {
    let (mut administrator, mut writer, mut bounded) =
        (user(DEV, "administrator"), user(DEV, "writer"), user(DEV, "bounded"));
    administrator.attached_policies = vec!["arn:aws:iam::aws:policy/AdministratorAccess".to_owned()];
    writer.inline_policies.insert("p".to_owned(), allow("s3:PutObject", "arn:aws:s3:::a/*"));
    bounded.attached_policies = administrator.attached_policies.clone();
    bounded.permissions_boundary = Some("arn:aws:iam::aws:policy/AmazonS3FullAccess".to_owned());
    let conversion = all(&inventory(vec![(DEV, account(vec![administrator, writer, bounded]))]), Shape::AsTheyAre);
    let takers: Vec<&str> =
        conversion.sets.iter().filter(|set| set.takes_companion()).map(|set| set.name.as_str()).collect();
    assert_eq!(takers, ["user-administrator"]);
    assert!(conversion.sets.iter().all(|set| set.is_strong));
}

fn held_in(conversion: &Conversion, user: &IamUserRef) -> Vec<Policy> {
    let set = conversion.sets.iter().find(|set| set.members.iter().any(|member| member.user == *user)).unwrap();
    let managed = set.managed_policies.iter().map(|arn| policy::managed::by_arn(arn).unwrap().policy().unwrap());
    managed.chain(set.merged.iter().map(|merged| merged.policy.clone())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn nobody_loses_anything(
        holdings in proptest::collection::vec(proptest::collection::vec((0..6_usize, 0..3_usize, any::<bool>()), 1..4), 1..5),
        reading in 0..4_usize,
    ) {
        let actions = ["s3:GetObject", "s3:PutObject", "ec2:Describe*", "dynamodb:*", "iam:PassRole", "sqs:SendMessage"];
        let resources = ["*", "arn:aws:s3:::logs/*", "arn:aws:sqs:eu-west-1:111111111111:jobs"];
        let users = holdings.iter().enumerate().map(|(number, held)| {
            let mut one = user(DEV, &format!("user{number}"));
            for (place, (action, resource, is_managed)) in held.iter().enumerate() {
                let text = allow(actions[*action], resources[*resource]);
                // Every third policy denies.
                let text = if (action + resource) % 3 == 2 { text.replace("Allow", "Deny") } else { text };
                one.inline_policies.insert(format!("p{place}"), text);
                if *is_managed {
                    one.attached_policies = vec!["arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess".to_owned()];
                }
            }
            one
        });
        let stock = inventory(vec![(DEV, account(users.collect()))]);
        let iam = stock.accounts.values().next().unwrap().value().unwrap();
        for shape in [Shape::AsTheyAre, Shape::Fewer(ExtraLimits { reading, writing: reading / 2, permissions: 0 })] {
            let conversion = all(&stock, shape);
            prop_assert_eq!(conversion.left.len(), 0);
            for (reference, one) in stock.users() {
                let before = rights(&reference, one, iam).unwrap().policies();
                let verdict = compare(&before, &held_in(&conversion, &reference)).all_strings.relation;
                match shape {
                    Shape::AsTheyAre => prop_assert_eq!(verdict, Relation::Equal),
                    Shape::Fewer(_) => prop_assert!(matches!(verdict, Relation::Equal | Relation::Broader), "{:?}", verdict),
                }
            }
        }
    }
}

fn used(events: &[(&str, u64, u64, &[&str])]) -> UserUse {
    let mut activity = Activity::default();
    for (event, count, denied, resources) in events {
        activity.all.add(Seen { events: *count, last_s: 1_000 });
        let held = activity.actions.entry((*event).to_owned()).or_insert_with(ActionUse::default);
        held.all.add(Seen { events: *count, last_s: 1_000 });
        held.denied += denied;
        for resource in *resources {
            activity.name_resource(event, resource);
        }
    }
    UserUse { keys: [("AKIAEXAMPLE".to_owned(), activity)].into(), ..UserUse::default() }
}

#[test]
fn what_would_be_lost_is_told_first() {
    let policies: Vec<Policy> = [allow("s3:GetObject", "arn:aws:s3:::logs/*"), allow("ec2:Describe*", "*")]
        .iter()
        .map(|text| policy::parse(text).into_result().unwrap())
        .collect();
    let used = used(&[
        ("ec2.amazonaws.com:DescribeInstances", 40, 0, &[]),
        ("s3.amazonaws.com:GetObject", 7, 0, &["arn:aws:s3:::logs/a", "arn:aws:s3:::other/b"]),
        ("s3.amazonaws.com:HeadObject", 5, 0, &[]),
        ("iam.amazonaws.com:CreateUser", 2, 0, &[]),
        ("sqs.amazonaws.com:SendMessage", 3, 3, &[]),
        ("sts.amazonaws.com:GetCallerIdentity", 3, 0, &[]),
        ("ec2.amazonaws.com:BrandNewThing", 1, 0, &[]),
    ]);
    let held: Vec<Policy> = [allow("s3:GetObject", "*"), allow("ec2:*", "*")]
        .iter()
        .map(|text| policy::parse(text).into_result().unwrap())
        .collect();
    let user = format!("arn:aws:iam::{DEV}:user/hanako");
    let actor = rehearsal::Actor { account: DEV, set: "Developer", user: &user, before: &held };
    let told = rehearse(&used, &policies, None, actor, 0).unwrap();
    let brief: Vec<String> = told
        .iter()
        .map(|one| match &one.outcome {
            RehearsedOutcome::Denied { action, resources, .. } => format!("denied {action} {}", resources.join(" ")),
            RehearsedOutcome::Open { action, .. } => format!("open {action}"),
            RehearsedOutcome::UnknownEvent => format!("unknown {}", one.event),
            RehearsedOutcome::Allowed => format!("allowed {}", one.event),
        })
        .collect();
    assert_eq!(
        brief,
        [
            "denied s3:GetObject arn:aws:s3:::other/b",
            "denied iam:CreateUser *",
            "open s3:GetObject",
            "unknown ec2.amazonaws.com:BrandNewThing",
            "allowed ec2.amazonaws.com:DescribeInstances",
        ]
    );
    let reason = |without: bool| {
        let before = if without { &[][..] } else { &held[..] };
        let told = rehearse(&used, &policies, None, rehearsal::Actor { before, ..actor }, 0).unwrap();
        match told.into_iter().next().map(|one| one.outcome) {
            Some(RehearsedOutcome::Denied { because, .. }) => because,
            other => panic!("{other:?}"),
        }
    };
    // What the user's own policies do not explain is lost with whatever does.
    assert!(reason(false).ends_with("but it is allowed on other resources or under conditions"), "{}", reason(false));
    assert!(reason(true).contains("a policy on the resource"), "{}", reason(true));
    // A boundary that takes something away is heard.
    let boundary = policy::parse(&allow("s3:*", "*")).into_result().unwrap();
    let told = rehearse(&used, &policies, Some(&boundary), actor, 0).unwrap();
    assert!(
        told.iter().any(|one| one.event.ends_with("DescribeInstances") && one.outcome != RehearsedOutcome::Allowed)
    );
    assert!(rehearse(&used, &policies, None, actor, 2_000).unwrap().is_empty());
}
