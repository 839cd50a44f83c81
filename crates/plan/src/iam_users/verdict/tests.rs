//! Verdicts.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::iam_user::{AccessKey, AccessKeyStatus, IamAccount, IamInventory, IamUser, IamUserRef, LastUse, Password};
use model::key_use::{ActionUse, Activity, ClassCoverage, DayUse, IamUse, LogCoverage, Seen, SignIns, UserUse};
use model::{AccountId, Reading};
use proptest::prelude::*;

use super::super::owner::{OwnerFinding, Ownership};
use super::*;

const DAY_S: i64 = 86_400;
/// The last day of the log, and its first.
const LAST: i32 = 20_700;
const FIRST: i32 = LAST - 180;
const ARN: &str = "arn:aws:iam::111122223333:user/taro.yamada";

fn now() -> Timestamp {
    Timestamp::from_second((i64::from(LAST) + 1) * DAY_S + 3600).unwrap()
}

fn account() -> AccountId {
    AccountId::new("111122223333").unwrap()
}

/// What happened: day, hour, event.
fn done(events: impl IntoIterator<Item = (i32, u32, String)>, agent: &str, place: &str) -> Activity {
    let mut sum = Activity::default();
    for (day, hour, name) in events {
        let seen = Seen { events: 1, last_s: i64::from(day) * DAY_S + i64::from(hour) * 3600 };
        let mut one = Activity { all: seen, first_s: seen.last_s, ..Activity::default() };
        one.days.insert(day, DayUse { events: 1, hours: 1 << hour });
        one.actions.insert(name, ActionUse { all: seen, denied: 0, days: vec![day].into() });
        one.agents.insert(agent.to_owned(), seen);
        one.addresses.insert(place.to_owned(), seen);
        sum.add(&one);
    }
    sum
}

fn is_working_day(day: &i32) -> bool {
    (day + 3).rem_euclid(7) < 5
}

/// A person at a screen: another few things each day.
fn by_hand(agent: &str, place: &str) -> Activity {
    let days = (FIRST..=LAST).filter(is_working_day).filter(|day| day % 3 != 0);
    let events = days.flat_map(|day| {
        (0..3).map(move |number| (day, 1 + number * 3, (day * 7 + i32::try_from(number).unwrap() * 11).rem_euclid(61)))
    });
    done(events.map(|(day, hour, action)| (day, hour, format!("ec2.amazonaws.com:Describe{action}"))), agent, place)
}

fn batch(place: &str) -> Activity {
    let names = ["s3.amazonaws.com:ListBuckets", "rds.amazonaws.com:CreateDBSnapshot"];
    let events = (FIRST..=LAST).flat_map(|day| names.map(|name| (day, 17, name.to_owned())));
    done(events, "Boto3/1", place)
}

fn console(mfa: bool) -> Activity {
    let mut console = by_hand("browser:Chrome", "203.0.113.0/24");
    let seen = Seen { events: 40, last_s: i64::from(LAST) * DAY_S };
    console.sign_ins = if mfa {
        SignIns { with_mfa: seen, ..SignIns::default() }
    } else {
        SignIns { without_mfa: seen, ..SignIns::default() }
    };
    console.from_console = console.all.events;
    console
}

fn key(last_use: LastUse) -> AccessKey {
    let created = Timestamp::from_second(i64::from(FIRST - 300) * DAY_S).unwrap();
    AccessKey {
        id: "AKIAONE".to_owned(),
        status: AccessKeyStatus::Active,
        created,
        last_use,
        last_region: None,
        last_service: Some("s3".to_owned()),
    }
}

fn last_of(activity: &Activity) -> LastUse {
    match activity.is_empty() {
        true => LastUse::Never,
        false => LastUse::At { at: Timestamp::from_second(activity.all.last_s).unwrap() },
    }
}

fn whole_log() -> LogCoverage {
    let class = ClassCoverage { is_recorded: Some(true), visible_since: Some(FIRST) };
    let data = [
        "S3::Object",
        "DynamoDB::Table",
        "Lambda::Function",
        "SQS::Queue",
        "SNS::Topic",
        "Kinesis::Stream",
        "SES::EmailIdentity",
        "CloudWatch::Metric",
    ];
    let mut classes: BTreeMap<String, ClassCoverage> = data
        .iter()
        .flat_map(|kind| ["read", "write"].map(|what| (format!("data AWS::{kind} {what}"), class.clone())))
        .collect();
    classes.insert("management read".to_owned(), class.clone());
    classes.insert("management write".to_owned(), class);
    let days: Vec<i32> = (FIRST..=LAST).collect();
    LogCoverage {
        regions: [("ap-northeast-1".to_owned(), days.clone().into())].into(),
        days: days.into(),
        end_s: (i64::from(LAST) + 1) * DAY_S - 60,
        classes,
        ..LogCoverage::default()
    }
}

/// One user, and what is known of it.
#[derive(Debug, Clone)]
struct Case {
    user: IamUser,
    used: UserUse,
    log: Option<LogCoverage>,
    named_for: Option<&'static str>,
    earlier: EarlierUse,
}

impl Case {
    fn new(console: Activity, has_mfa: bool, of_key: Option<Activity>) -> Self {
        let at = now();
        let created = Timestamp::from_second(i64::from(FIRST - 400) * DAY_S).unwrap();
        let password = (!console.is_empty()).then(|| Password { changed: None, last_use: last_of(&console) });
        let keys: Vec<AccessKey> = of_key.iter().map(|activity| key(last_of(activity))).collect();
        let mut used = UserUse { keyless: console, ..UserUse::default() };
        used.keys
            .extend(of_key.filter(|activity| !activity.is_empty()).map(|activity| ("AKIAONE".to_owned(), activity)));
        let services = used
            .services()
            .into_iter()
            .map(|(name, last_s)| (name.to_owned(), Timestamp::from_second(last_s).ok()))
            .collect();
        let devices = if has_mfa { vec!["arn:aws:iam::111122223333:mfa/taro".to_owned()] } else { Vec::new() };
        let user = IamUser {
            id: "AIDA".to_owned(),
            name: "taro.yamada".to_owned(),
            arn: ARN.to_owned(),
            path: "/".to_owned(),
            created,
            tags: BTreeMap::new(),
            groups: Vec::new(),
            attached_policies: Vec::new(),
            inline_policies: BTreeMap::new(),
            permissions_boundary: None,
            password: Reading::known(password, at),
            access_keys: Reading::known(keys, at),
            mfa_devices: Reading::known(devices, at),
            other_credentials: Reading::known(Vec::new(), at),
            services_last_accessed: Reading::known(services, at),
        };
        Self { user, used, log: Some(whole_log()), named_for: Some("taro"), earlier: EarlierUse::default() }
    }

    fn judged(&self) -> UserVerdict {
        let user = IamUserRef { account: account(), name: self.user.name.clone() };
        let held = IamAccount { users: [(self.user.name.clone(), self.user.clone())].into(), ..IamAccount::default() };
        let inventory = IamInventory { accounts: [(account(), Reading::known(held, now()))].into() };
        let used = IamUse {
            users: [(ARN.to_owned(), self.used.clone())].into(),
            coverage: self.log.iter().map(|log| (account(), log.clone())).collect(),
            ..IamUse::default()
        };
        let finding = OwnerFinding {
            ownership: Ownership::Nobody,
            has_left: false,
            reasons: Vec::new(),
            named_for: self.named_for.map(str::to_owned),
        };
        let owners = [(user, finding)].into();
        let earlier = &self.earlier;
        let input = VerdictInput { inventory: &inventory, used: &used, owners: &owners, earlier, now: now() };
        judge(&input, &Settings::default()).remove(0)
    }

    fn verdict(&self) -> Verdict {
        self.judged().verdict
    }
}

/// What nearly stopped a system: a user with a person's name and MFA, deleted as a person's, whose key a batch used.
#[test]
fn kaigo_dx() {
    let case = Case::new(console(true), true, Some(batch("3.112.4.0/24")));
    let judged = case.judged();
    assert_eq!(judged.verdict, Verdict::Mixed);
    insta::assert_snapshot!("kaigo_dx", text(&judged.reasons));
    // The same when the log has forgotten the person.
    let silent = Case::new(Activity::default(), true, Some(batch("3.112.4.0/24")));
    assert_eq!(silent.verdict(), Verdict::Mixed, "it carries a person's name");
    // And when the person and the batch share the key.
    let mut both = batch("3.112.4.0/24");
    both.add(&by_hand("aws-cli/2", "203.0.113.0/24"));
    assert!(matches!(Case::new(console(true), true, Some(both)).verdict(), Verdict::Mixed | Verdict::Unknown));
}

#[test]
fn each_verdict_has_its_case() {
    let cli = by_hand("aws-cli/2", "203.0.113.0/24");
    let person = Case::new(console(true), true, Some(cli.clone()));
    let mut machine = Case::new(Activity::default(), false, Some(batch("3.112.4.0/24")));
    machine.named_for = None;
    let unused = Case::new(Activity::default(), false, Some(Activity::default()));
    for (what, case, expected) in [
        ("console only", Case::new(console(true), true, None), Verdict::Person),
        ("console and CLI by hand", person.clone(), Verdict::Person),
        ("a batch", machine.clone(), Verdict::Machine),
        ("never used", unused.clone(), Verdict::Unused),
        (
            "CLI from elsewhere",
            Case::new(console(true), true, Some(by_hand("aws-cli/2", "198.51.100.0/24"))),
            Verdict::Unknown,
        ),
        ("boto3 by hand", Case::new(console(true), true, Some(by_hand("Boto3/1", "203.0.113.0/24"))), Verdict::Unknown),
        ("no log", Case { log: None, ..person.clone() }, Verdict::Unknown),
    ] {
        let judged = case.judged();
        assert_eq!(judged.verdict, expected, "{what}: {:#?}", judged.reasons);
    }
    let told: Vec<String> = [person, machine, unused].iter().map(|case| text(&case.judged().reasons)).collect();
    insta::assert_snapshot!("reasons", told.join("\n\n"));
}

#[test]
fn what_the_log_does_not_explain_makes_it_unknown() {
    let cli = by_hand("aws-cli/2", "203.0.113.0/24");
    let person = Case::new(console(true), true, Some(cli));
    let later = Timestamp::from_second(i64::from(LAST - 2) * DAY_S).unwrap();
    let mut by_service = person.clone();
    let services = by_service.user.services_last_accessed.value_mut().unwrap();
    services.insert("ecr".to_owned(), Some(later));
    let mut no_data = person.clone();
    no_data.log.as_mut().unwrap().classes.retain(|class, _| !class.contains("S3"));
    no_data.user.services_last_accessed.value_mut().unwrap().insert("s3".to_owned(), Some(later));
    let mut unasked = person.clone();
    unasked.user.services_last_accessed = Reading::unknown("not asked");
    let mut short = person.clone();
    short.log.as_mut().unwrap().days = ((LAST - 29)..=LAST).collect::<Vec<i32>>().into();
    let mut gap = person.clone();
    gap.log.as_mut().unwrap().days = (FIRST..=LAST).filter(|day| *day != LAST - 40).collect::<Vec<i32>>().into();
    let mut selectors = person.clone();
    selectors
        .log
        .as_mut()
        .unwrap()
        .classes
        .insert("management read".to_owned(), ClassCoverage { is_recorded: None, visible_since: Some(FIRST) });
    let mut region = person.clone();
    if let Some(keys) = region.user.access_keys.value_mut() {
        keys[0].last_region = Some("eu-west-1".to_owned());
        keys[0].last_use = LastUse::At { at: later };
    }
    for (what, case) in [
        ("a service that the log does not show", by_service),
        ("objects that trails do not record", no_data),
        ("services were not asked", unasked),
        ("a month of log", short),
        ("a gap", gap),
        ("selectors unknown", selectors),
        ("a Region that the log does not have", region),
    ] {
        let judged = case.judged();
        assert_eq!(judged.verdict, Verdict::Unknown, "{what}: {:#?}", judged.reasons);
    }
}

/// Somebody who reads log lines by hand now and then, and inventories of each evening (UTC); a job that sends log lines, which is in no log, at some hours.
fn with_logs(sends: impl Fn(i32) -> Option<i64>) -> Case {
    let reads = (FIRST..=LAST)
        .filter(|day| day * day % 11 == 3)
        .map(|day| (day, 3, "logs.amazonaws.com:GetLogEvents".to_owned()));
    let reads = done(reads, "aws-cli/2", "203.0.113.0/24");
    let mut cli = by_hand("aws-cli/2", "203.0.113.0/24");
    cli.add(&reads);
    let mut case = Case::new(console(true), true, Some(cli));
    let by_hand: Vec<i64> = reads.days.keys().map(|day| i64::from(*day) * DAY_S + 3 * 3600).collect();
    let sent: Vec<i64> = (FIRST..=LAST).filter_map(|day| Some(i64::from(day) * DAY_S + sends(day)? * 3600)).collect();
    let last = |until_s: i64| by_hand.iter().chain(&sent).copied().filter(|at_s| *at_s <= until_s).max();
    for day in FIRST..=LAST {
        let at_s = i64::from(day) * DAY_S + 20 * 3600;
        case.earlier.user_mut(ARN, "AIDA").note_service(at_s, "logs", last(at_s - 2 * 3600));
    }
    let services = case.user.services_last_accessed.value_mut().unwrap();
    services.insert("logs".to_owned(), last(now().as_second()).and_then(|at_s| Timestamp::from_second(at_s).ok()));
    case
}

#[test]
fn inventories_of_many_days_leave_no_job_of_which_no_trail_tells() {
    let person = with_logs(|_| None);
    let judged = person.judged();
    assert_eq!(judged.verdict, Verdict::Person, "{:#?}", judged.reasons);
    assert!(judged.reasons.iter().any(|reason| matches!(reason, Reason::ServiceWatched { .. })));
    assert_eq!(Case { earlier: EarlierUse::default(), ..person.clone() }.verdict(), Verdict::Unknown, "no inventories");
    // Of another user that had the name before.
    let mut other = person;
    other.user.id = "AIDAOTHER".to_owned();
    assert_eq!(other.verdict(), Verdict::Unknown);
    for (what, case) in [
        ("each night", with_logs(|_| Some(16))),
        ("each week", with_logs(|day| (day % 7 == 3).then_some(5))),
        ("each hour that somebody works", with_logs(|_| Some(4))),
        ("once", with_logs(|day| (day == LAST - 60).then_some(12))),
    ] {
        let judged = case.judged();
        assert_eq!(judged.verdict, Verdict::Unknown, "{what}: {:#?}", judged.reasons);
        let is_seen = judged.reasons.iter().any(|reason| matches!(reason, Reason::EarlierUnexplained { .. }));
        assert!(is_seen, "{what}: {:#?}", judged.reasons);
    }
}

#[test]
fn unused_means_that_aws_says_so_too() {
    let unused = Case::new(Activity::default(), false, Some(Activity::default()));
    let with_key = |last_use| {
        let mut case = unused.clone();
        case.user.access_keys = Reading::known(vec![key(last_use)], now());
        case.verdict()
    };
    let ago = |days: i64| LastUse::At { at: Timestamp::from_second(now().as_second() - days * DAY_S).unwrap() };
    assert_eq!((with_key(LastUse::Never), with_key(ago(401))), (Verdict::Unused, Verdict::Unused));
    assert_eq!(with_key(ago(200)), Verdict::Unknown, "a job each year");
    assert_eq!(with_key(ago(20)), Verdict::Unknown, "the log should show it, and does not");
    assert_eq!(with_key(LastUse::NotTold), Verdict::Unknown);
    let mut unread = unused.clone();
    unread.user.access_keys = Reading::unknown("AWS refused");
    assert_eq!(unread.verdict(), Verdict::Unknown);
    let mut young = unused.clone();
    young.user.created = now();
    assert_eq!(young.verdict(), Verdict::Unknown);
    let mut emergency = unused.clone();
    emergency.user.name = "break-glass".to_owned();
    assert_eq!(emergency.verdict(), Verdict::Unknown);
    let mut served = unused;
    served
        .user
        .services_last_accessed
        .value_mut()
        .unwrap()
        .insert("s3".to_owned(), Timestamp::from_second(now().as_second() - DAY_S).ok());
    assert_eq!(served.verdict(), Verdict::Unknown);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever is missing from the log, a job never becomes a person's or unused.
    #[test]
    fn less_log_never_makes_a_job_harmless(
        from in FIRST..LAST, length in 1..180_i32, known in any::<bool>(), with_log in any::<bool>(), hidden in any::<bool>(),
    ) {
        let seen = |activity: &Activity| {
            let mut kept = Activity::default();
            for (name, used) in &activity.actions {
                let days: Vec<i32> = used.days.iter().filter(|day| !(from..from + length).contains(day)).collect();
                kept.add(&done(days.into_iter().map(|day| (day, 17, name.clone())), "Boto3/1", "3.112.4.0/24"));
            }
            kept
        };
        let mut case = Case::new(console(true), true, Some(batch("3.112.4.0/24")));
        let kept = if hidden { Activity::default() } else { seen(&case.used.keys["AKIAONE"]) };
        case.used.keys = [("AKIAONE".to_owned(), kept)].into_iter().filter(|(_, kept)| !kept.is_empty()).collect();
        if !known {
            case.log.as_mut().unwrap().classes.clear();
        }
        if !with_log {
            case.log = None;
        }
        let verdict = case.verdict();
        prop_assert!(!matches!(verdict, Verdict::Person | Verdict::Unused), "{verdict:?}");
    }

    /// The order in which evidence came does not matter.
    #[test]
    fn order_does_not_matter(cut in FIRST..LAST) {
        let whole = batch("3.112.4.0/24");
        let part = |keep: &dyn Fn(i32) -> bool| {
            let mut made = Activity::default();
            for (name, used) in &whole.actions {
                made.add(&done(used.days.iter().filter(|day| keep(*day)).map(|day| (day, 17, name.clone())), "Boto3/1", "3.112.4.0/24"));
            }
            made
        };
        let (early, late) = (part(&|day| day < cut), part(&|day| day >= cut));
        let sum = |one: &Activity, other: &Activity| {
            let mut sum = one.clone();
            sum.add(other);
            Case::new(console(true), true, Some(sum)).judged()
        };
        prop_assert_eq!(sum(&early, &late), sum(&late, &early));
    }

    /// What nobody could see never turns unknown into unused.
    #[test]
    fn unknown_coverage_never_makes_unused(days_ago in 0..500_i64, with_log in any::<bool>()) {
        let last = LastUse::At { at: Timestamp::from_second(now().as_second() - days_ago * DAY_S).unwrap() };
        let mut case = Case::new(Activity::default(), false, Some(Activity::default()));
        case.user.access_keys = Reading::known(vec![key(last)], now());
        let whole = case.verdict();
        case.log = with_log.then(LogCoverage::default);
        let less = case.verdict();
        prop_assert!(less != Verdict::Unused || whole == Verdict::Unused, "{whole:?} became {less:?}");
        prop_assert!(whole != Verdict::Unused || days_ago >= 400);
    }
}

fn text(reasons: &[super::Reason]) -> String {
    reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
