use jiff::Timestamp;
use model::iam_user::IamUserRef;
use plan::iam_users::{Tops, Verdict};
use plan::retirement::Missing;

use super::*;
use crate::render::layout::write;
use crate::render::style::Screen;

fn at() -> Timestamp {
    "2026-11-22T09:00:00Z".parse().unwrap()
}

fn tops(name: &str) -> Tops {
    Tops { names: vec![name.to_owned()], more: 0 }
}

/// One of each.
fn reasons() -> Vec<Reason> {
    let key = || "AKIAIOSFODNN7EXAMPLE".to_owned();
    let because = || Some("console: 1,204 calls on 30 of 30 days, Boto3/1 from 3.112.4.0/24".to_owned());
    let actions = || vec!["ec2.amazonaws.com:DescribeInstances".to_owned(), "s3.amazonaws.com:ListBuckets".to_owned()];
    let owner = || "taro@example.com".to_owned();
    vec![
        Reason::Protected { pattern: "break-glass*".to_owned() },
        Reason::Reduced { since: at(), why: Some("contract until March".to_owned()) },
        Reason::NotAPersons { verdict: Verdict::Machine, because: because() },
        Reason::NotAPersons { verdict: Verdict::Mixed, because: because() },
        Reason::NotAPersons { verdict: Verdict::Unknown, because: None },
        Reason::InventoryOld { taken: at(), most_hours: 24 },
        Reason::NotRead { part: Missing::Password, why: "AWS refused".to_owned() },
        Reason::NotRead { part: Missing::AccessKeys, why: "AWS refused".to_owned() },
        Reason::NotRead { part: Missing::MfaDevices, why: "AWS refused".to_owned() },
        Reason::NotRead { part: Missing::OtherCredentials, why: "AWS refused".to_owned() },
        Reason::NoEvidence,
        Reason::EvidenceOld { last: at(), most_hours: 48 },
        Reason::EvidenceFlawed { flaw: "2 objects could not be read".to_owned() },
        Reason::RegionStopped { region: "eu-west-1".to_owned(), last: at() },
        Reason::EvidenceGap { days: 1 },
        Reason::EvidenceGap { days: 2 },
        Reason::OwnedByTool { place: "CloudFormation stack people".to_owned() },
        Reason::NamedInPolicy { place: "trust policy of the role Deploy in 111122223333".to_owned() },
        Reason::NoOwner,
        Reason::OwnerUnsure { owner: owner(), confidence: 70 },
        Reason::NoOtherWay { owner: owner() },
        Reason::WaysUnknown { why: "AWS refused".to_owned() },
        Reason::DoesNotFit,
        Reason::Complaint { text: "the weekly report did not come".to_owned(), since: at() },
        Reason::NotSignedIn { owner: owner() },
        Reason::StillUsed { credential: key(), last: at(), actions: actions() },
        Reason::StillUsed { credential: "console".to_owned(), last: at(), actions: Vec::new() },
        Reason::UsedSince { credential: key(), last: at(), actions: actions() },
        Reason::UsedSince { credential: "sessions".to_owned(), last: at(), actions: Vec::new() },
        Reason::SwitchedOnAgain { what: key() },
        Reason::SwitchedOnAgain { what: "everything".to_owned() },
        Reason::BrokenOff { left: vec![key()] },
        Reason::BrokenOff { left: vec![key(), "everything".to_owned()] },
        Reason::InventoryBefore { taken: at(), changed: at() },
        Reason::NotAnnounced,
        Reason::Parallel { until: at() },
        Reason::Quiet { until: at() },
    ]
}

#[test]
fn every_reason_has_its_sentence_in_both_languages() {
    let table: Vec<String> = reasons()
        .iter()
        .map(|reason| {
            let says = |language| (vocabulary(language).reason)(reason);
            format!("{}\n{}\n", says(PageLanguage::En), says(PageLanguage::Ja))
        })
        .collect();
    insta::assert_snapshot!("reasons", table.join("\n"));
}

fn standing(name: &str, next: Next, reasons: Vec<Reason>) -> Standing {
    let account = AccountId::new("111122223333").unwrap();
    Standing {
        user: IamUserRef { account, name: name.to_owned() },
        user_id: format!("AIDA{}", name.to_uppercase()),
        owner: (name != "nightly").then(|| format!("{name}@example.com")),
        has_left: name == "jiro",
        stage: Stage::InUse,
        next,
        reasons,
        risk: if name == "nightly" { Risk::High } else { Risk::Medium },
        rests_on: Vec::new(),
        left: Vec::new(),
        is_only_seen_off: false,
    }
}

#[test]
fn what_happens_comes_first_and_what_stays_has_its_reason() {
    let standings = [
        standing("taro", Next::Announce, Vec::new()),
        standing("jiro", Next::SwitchOff, Vec::new()),
        standing("hanako", Next::Wait, vec![Reason::Parallel { until: at() }]),
        standing("nightly", Next::Refuse, reasons().into_iter().take(6).collect()),
    ];
    let user = model::iam_user::IamUser {
        id: "AIDAJIRO".to_owned(),
        name: "jiro".to_owned(),
        arn: "arn:aws:iam::111122223333:user/jiro".to_owned(),
        path: "/".to_owned(),
        created: at(),
        tags: BTreeMap::new(),
        groups: Vec::new(),
        attached_policies: Vec::new(),
        inline_policies: BTreeMap::new(),
        permissions_boundary: None,
        password: model::Reading::known(None, at()),
        access_keys: model::Reading::known(Vec::new(), at()),
        mfa_devices: model::Reading::known(Vec::new(), at()),
        other_credentials: model::Reading::known(Vec::new(), at()),
        services_last_accessed: model::Reading::unknown("not asked"),
    };
    let operations = plan::retirement::switching_off(&standings[1].user, &user, &[], "its owner has left");
    let fact = plan::iam_users::Reason::Fact {
        key: None,
        calls: 1204,
        days: 30,
        span: 30,
        programs: tops("Boto3/1"),
        networks: tops("3.112.4.0/24"),
    };
    let verdicts = [UserVerdict {
        user: standings[3].user.clone(),
        arn: "arn:aws:iam::111122223333:user/nightly".to_owned(),
        verdict: Verdict::Machine,
        score: 90,
        reasons: vec![fact],
        parts: Vec::new(),
    }];
    let chosen: Vec<&Standing> = standings.iter().collect();
    let names = [(AccountId::new("111122223333").unwrap(), "minimo-prod".to_owned())].into();
    for (name, language) in [("english", PageLanguage::En), ("japanese", PageLanguage::Ja)] {
        let shown =
            Shown { standings: &chosen, operations: &operations, verdicts: &verdicts, account_names: &names, language };
        insta::assert_snapshot!(name, write(&lines(&shown), &Screen::paper()));
    }
    assert_eq!(question(1, 2, 1), "Announce 1 user, switch 2 users off, delete 1 user for good?");
}
