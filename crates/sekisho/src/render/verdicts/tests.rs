use std::collections::BTreeSet;

use plan::iam_users::owner::{NameForm, OwnerReason, Told};
use plan::iam_users::{Reason, Tops, UnreadPart, Unseen, Verdict};

use super::japanese::{owner_sentence, sentence, verdict};

fn text(text: &str) -> String {
    text.to_owned()
}

fn some(name: &str) -> Option<String> {
    Some(text(name))
}

/// Of what is seen.
fn seen() -> Vec<Reason> {
    let tops = |names: &[&str], more| Tops { names: names.iter().map(|&name| text(name)).collect(), more };
    let programs = || vec![text("Boto3/1"), text("aws-cli/2")];
    vec![
        Reason::Fact {
            key: some("AKIA1"),
            calls: 1204,
            days: 30,
            span: 31,
            programs: tops(&["Boto3/1"], 0),
            networks: tops(&["203.0.113.0/24", "198.51.100.0/24"], 3),
        },
        Reason::Fact {
            key: None,
            calls: 1,
            days: 1,
            span: 1,
            programs: tops(&["browser:Chrome"], 0),
            networks: tops(&["203.0.113.0/24"], 0),
        },
        Reason::NotByDay,
        Reason::TooMany { list: text("actions") },
        Reason::RoundTheClock { hours_of_day: 24, hours_a_day: text("22") },
        Reason::NeverRests,
        Reason::EveryDay { days: 30, span: 31 },
        Reason::SameTime { from: 3, to: 5 },
        Reason::EvenDistances { days: 7 },
        Reason::EvenDistances { days: 30 },
        Reason::WorkingDays,
        Reason::AlwaysTheSame { actions: 2, days: 30 },
        Reason::SameEachDay { actions: 1, days: 5 },
        Reason::SameOnDays { actions: 3, days: 2 },
        Reason::CuriousEachDay { actions: 45 },
        Reason::CuriousOnce { actions: 20, once: 9 },
        Reason::FewDays { days: 1 },
        Reason::LittleNew { actions: 4 },
        Reason::ChangesEachTime { actions: 1 },
        Reason::Timer { action: text("s3:PutObject") },
        Reason::Together { actions: vec![text("ecs:RegisterTaskDefinition"), text("ecs:UpdateService")] },
        Reason::RunsOn { platform: "Lambda" },
        Reason::ByHand { programs: vec![text("browser:Chrome")] },
        Reason::ByThemselves { programs: programs() },
        Reason::Pipelines { programs: vec![text("Terraform/1")] },
        Reason::RentedRunners { networks: 20, days: 22 },
        Reason::Cloud { name: text("aws ap-northeast-1") },
        Reason::SignInNetworks,
        Reason::OtherNetworks { networks: vec![text("203.0.113.0/24")], sign_ins_known: true },
        Reason::OtherNetworks { networks: vec![text("203.0.113.0/24")], sign_ins_known: false },
    ]
}

/// Of credentials.
fn held() -> Vec<Reason> {
    let (key, date) = (|| text("AKIA1"), || text("2026-03-02"));
    let unseen =
        |why| Reason::KeyUnseen { key: key(), service: some("s3"), region: some("us-east-1"), date: date(), why };
    vec![
        Reason::PasswordNeverUsed,
        Reason::PasswordNotTold,
        Reason::PasswordLongAgo { date: date(), days: 265 },
        Reason::PasswordWithMfa { date: date() },
        Reason::PasswordBySomebody { date: date() },
        Reason::SignIns { number: 12, with_mfa: true },
        Reason::SignIns { number: 1, with_mfa: false },
        Reason::SessionsWithFactor,
        Reason::PasswordLastUsed { date: date() },
        Reason::OpensSessions,
        Reason::UsedAfterLog { service: some("s3"), date: date(), last: text("2026-03-01") },
        Reason::UsedAfterLog { service: None, date: date(), last: text("2026-03-01") },
        Reason::NeverUsedButSeen,
        Reason::KeyInactive,
        Reason::KeyNeverUsed { key: key(), made: date() },
        Reason::KeyNew { key: key(), made: date() },
        Reason::KeyNotTold { key: key() },
        Reason::KeyLongAgo { key: key(), date: date(), days: 500, is_inactive: false },
        Reason::KeyLongAgo { key: key(), date: date(), days: 500, is_inactive: true },
        unseen(Unseen::NotRecorded),
        unseen(Unseen::Missing),
        unseen(Unseen::LongAgo { days: 200 }),
        unseen(Unseen::OutOfReach),
        Reason::KeyUnseen { key: key(), service: None, region: None, date: date(), why: Unseen::Missing },
    ]
}

/// Of users and of the log.
fn known() -> Vec<Reason> {
    let (key, date) = (|| text("AKIA1"), || text("2026-03-02"));
    let parts = [UnreadPart::Password, UnreadPart::AccessKeys, UnreadPart::MfaDevices, UnreadPart::OtherCredentials];
    let unread = parts.map(|part| Reason::Unread { part, reason: text("iam:List: not authorized") });
    let rest = vec![
        Reason::NoSignIn,
        Reason::SomebodySignsIn,
        Reason::NamedForSomebody { has_mfa: true },
        Reason::NamedForSomebody { has_mfa: false },
        Reason::ServicesUnread,
        Reason::NoKeyInUse,
        Reason::JobCouldHide,
        Reason::CredentialNotTold { id: text("ACCA1"), service: some("codecommit") },
        Reason::CredentialNotTold { id: text("CERT1"), service: None },
        Reason::VanishedKey { key: key() },
        Reason::NothingHeld,
        Reason::MadeLately { date: date(), days: 3 },
        Reason::ServiceUsed { service: text("s3"), date: date() },
        Reason::UsedLately,
        Reason::ForEmergencies,
        Reason::LogUnread,
        Reason::LogNotWhole { flaw: text("3 objects could not be read") },
        Reason::LogShort { days: 30, wanted: 170 },
        Reason::LogEnds { date: date(), days: 9 },
        Reason::NotRecorded { class: "management read" },
        Reason::SelectorsMissing { class: "management write" },
        Reason::Gaps { days: 2, first: date() },
        Reason::RegionGaps { region: text("us-east-1"), days: 1 },
        Reason::KeysMissed { keys: 1 },
        Reason::RegionUnseen { region: text("eu-west-1") },
        Reason::ServiceNotRecorded { service: text("s3"), date: date() },
        Reason::ServiceUnexplained { service: text("ec2"), date: date(), last: some("2026-03-01") },
        Reason::ServiceUnexplained { service: text("ec2"), date: date(), last: None },
        Reason::ServiceWatched { service: text("logs"), inventories: 170, since: date() },
        Reason::EarlierUnexplained { service: text("logs"), date: date() },
    ];
    unread.into_iter().chain(rest).collect()
}

fn owners() -> Vec<OwnerReason> {
    let name = || Told::Name { name: text("yamada-h") };
    let forms = [
        NameForm::DirectoryName,
        NameForm::FullName,
        NameForm::FamilyNameWithInitial,
        NameForm::GivenNameWithInitial,
        NameForm::FamilyName,
        NameForm::GivenName,
        NameForm::FamilyNameWithoutVowels,
    ];
    let fits = |form| OwnerReason::Fits { told: name(), is_exact: true, form };
    let tag = || Told::Tag { key: text("担当者"), value: text("山田") };
    let sounds = OwnerReason::Fits { told: tag(), is_exact: false, form: NameForm::FamilyName };
    let why = vec![fits(NameForm::FamilyName), sounds.clone()];
    let rest = vec![
        sounds,
        OwnerReason::CalledSo { told: name() },
        OwnerReason::CalledSo { told: tag() },
        OwnerReason::TooLittle { person: text("hanako"), why: why.clone() },
        OwnerReason::Candidate { person: text("hanako"), why },
        OwnerReason::NobodyFits,
        OwnerReason::Settled,
    ];
    forms.map(fits).into_iter().chain(rest).collect()
}

#[test]
fn every_reason_is_said_in_both_languages() {
    let reasons = [seen(), held(), known()].concat();
    let kinds: BTreeSet<String> =
        reasons.iter().map(|reason| format!("{reason:?}").split([' ', '{', '(']).next().unwrap().to_owned()).collect();
    assert_eq!(kinds.len(), 72, "one that was added stands here as well");
    let pairs = reasons.iter().map(|reason| (reason.to_string(), sentence(reason)));
    let pairs = pairs.chain(owners().into_iter().map(|reason| (reason.to_string(), owner_sentence(&reason))));
    let pairs = pairs.chain(Verdict::ALL.into_iter().map(|one| (one.word().to_owned(), verdict(one).to_owned())));
    let told: Vec<String> = pairs
        .map(|(english, japanese)| {
            assert!(!english.is_empty() && japanese.chars().any(|letter| letter > '\u{3000}'), "{english}: {japanese}");
            format!("{english}\n  {japanese}")
        })
        .collect();
    assert_eq!(told.iter().collect::<BTreeSet<_>>().len(), told.len(), "no two say the same");
    insta::assert_snapshot!("reasons", told.join("\n"));
}
