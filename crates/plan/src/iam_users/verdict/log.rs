//! How far the log of an account can be trusted to show what there was.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::AccountId;
use model::iam_user::{AccessKeyStatus, LastUse};
use model::key_use::{LogCoverage, UserUse};

use super::{Reason, Settings, VerdictInput, date, date_of};

/// How much earlier than AWS's own time the log's may be: keys are exact to 15 minutes.
pub(super) const TOLERANCE_S: i64 = 30 * 60;
/// What is so near to the log's end may not be delivered yet.
const UNSETTLED_S: i64 = 6 * 3600;
const DAY_S: i64 = 86_400;

/// Services of which the log does not tell all without data events: what IAM calls them, and the types of resources, as CloudTrail's guide lists them
/// (November 2026). Of ECS these are the calls of container agents, of Systems Manager tokens of nodes and previews.
const DATA_SERVICES: [(&str, &[&str]); 10] = [
    ("s3", &["AWS::S3::Object"]),
    ("dynamodb", &["AWS::DynamoDB::Table"]),
    ("lambda", &["AWS::Lambda::Function"]),
    ("sqs", &["AWS::SQS::Queue"]),
    ("sns", &["AWS::SNS::Topic"]),
    ("kinesis", &["AWS::Kinesis::Stream", "AWS::Kinesis::StreamConsumer"]),
    ("ses", &["AWS::SES::EmailIdentity"]),
    ("cloudwatch", &["AWS::CloudWatch::Metric"]),
    ("ecs", &["AWS::ECS::ContainerInstance"]),
    ("ssm", &["AWS::SSM::ManagedNode", "AWS::SSM::ExecutionPreview"]),
];

/// Of these no trail records all, whatever it selects: mail that is sent by SMTP, messages to telephones.
const NEVER_WHOLE: [&str; 2] = ["ses", "sns"];
/// Of these most calls are management events all the same: a use that is not in the log is missing there.
const MOSTLY_MANAGED: [&str; 2] = ["ecs", "ssm"];

/// Services all of whose calls are management events: CloudTrail's guide lists no data events of theirs (read again in November 2026, when eight that had got
/// some were taken out; of Athena its own guide says that all actions are logged). What stands in neither list may be used in ways that no trail records: log
/// lines, traces, messages of devices, connections to caches and file systems.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html>
const WHOLLY_LOGGED: [&str; 43] = [
    "access-analyzer",
    "account",
    "application-autoscaling",
    "athena",
    "autoscaling",
    "billing",
    "budgets",
    "ce",
    "cloudformation",
    "cloudfront",
    "cloudtrail",
    "codebuild",
    "codedeploy",
    "codepipeline",
    "compute-optimizer",
    "config",
    "consolidatedbilling",
    "cur",
    "ec2",
    "ecr",
    "elasticbeanstalk",
    "elasticloadbalancing",
    "freetier",
    "health",
    "iam",
    "identitystore",
    "invoicing",
    "kms",
    "organizations",
    "payments",
    "pricing",
    "ram",
    "rds",
    "resource-groups",
    "route53",
    "secretsmanager",
    "securityhub",
    "servicequotas",
    "sso",
    "sts",
    "support",
    "tag",
    "wafv2",
];

/// The log of one account.
#[derive(Debug, Clone, Default)]
pub(super) struct AccountLog<'a> {
    coverage: Option<&'a LogCoverage>,
    /// Why a job may hide from it.
    pub(super) doubts: Vec<Reason>,
}

/// An account of which nothing is known.
pub(super) static ABSENT: AccountLog<'static> = AccountLog { coverage: None, doubts: Vec::new() };

/// The logs of all accounts of the inventory.
pub(super) fn of_accounts<'a>(input: &VerdictInput<'a>, settings: &Settings) -> BTreeMap<AccountId, AccountLog<'a>> {
    let accounts = input.inventory.accounts.keys();
    let logs = accounts.map(|account| {
        let coverage = input.used.coverage.get(account);
        let mut log = AccountLog { coverage, doubts: Vec::new() };
        log.doubts = doubts(account, &log, input, settings);
        (account.clone(), log)
    });
    logs.collect()
}

fn doubts(account: &AccountId, log: &AccountLog<'_>, input: &VerdictInput<'_>, settings: &Settings) -> Vec<Reason> {
    let Some(coverage) = log.coverage.filter(|coverage| !coverage.days.is_empty()) else {
        return vec![Reason::LogUnread];
    };
    let mut doubts: Vec<Reason> =
        coverage.flaws.iter().map(|flaw| Reason::LogNotWhole { flaw: flaw.clone() }).collect();
    let length = coverage.length_days();
    if length < settings.least_log_days {
        doubts.push(Reason::LogShort { days: length, wanted: settings.least_log_days });
    }
    let age_days = (input.now.as_second() - coverage.end_s) / DAY_S;
    if age_days > settings.most_log_age_days {
        doubts.push(Reason::LogEnds { date: date_of(coverage.end_s), days: age_days });
    }
    for class in ["management read", "management write"] {
        let held = coverage.classes.get(class);
        match held.and_then(|class| class.is_recorded) {
            Some(true) => {}
            Some(false) => doubts.push(Reason::NotRecorded { class }),
            None => doubts.push(Reason::SelectorsMissing { class }),
        }
    }
    gaps(coverage, &mut doubts);
    missed(account, log, input, &mut doubts);
    doubts
}

/// Days that are missing, in all or in a Region that is never silent otherwise.
fn gaps(coverage: &LogCoverage, doubts: &mut Vec<Reason>) {
    let all = coverage.gap_days();
    if let Some(first) = all.first() {
        doubts.push(Reason::Gaps { days: all.len() as u64, first: date_of(i64::from(*first) * DAY_S) });
    }
    let length = usize::try_from(coverage.length_days()).unwrap_or(0);
    for (region, days) in &coverage.regions {
        let missing = length.saturating_sub(days.len() + all.len());
        if missing > 0 && days.len() * 20 >= length * 19 {
            doubts.push(Reason::RegionGaps { region: region.clone(), days: missing as u64 });
        }
    }
}

/// Uses that AWS tells of and the log does not: where it misses some, it may miss others.
fn missed(account: &AccountId, log: &AccountLog<'_>, input: &VerdictInput<'_>, doubts: &mut Vec<Reason>) {
    let Some(users) = input.inventory.accounts.get(account).and_then(|account| account.value()) else { return };
    let nothing = UserUse::default();
    let (mut missed, mut regions) = (0_u64, std::collections::BTreeSet::new());
    for user in users.users.values() {
        let used = input.used.users.get(&user.arn).unwrap_or(&nothing);
        for key in user.access_keys.value().into_iter().flatten() {
            let LastUse::At { at } = key.last_use else { continue };
            let in_time = log.could_show(at);
            if in_time
                && let Some(region) = &key.last_region
                && !log.coverage.is_some_and(|coverage| coverage.regions.contains_key(region))
                && region.contains('-')
            {
                regions.insert(region.as_str());
            }
            // A use that no trail records is none that the log misses; where that is not known, it may be.
            let is_data = key
                .last_service
                .as_deref()
                .is_some_and(|service| !MOSTLY_MANAGED.contains(&service) && log.records_data(service) == Some(false));
            let last_s = used.keys.get(&key.id).map_or(i64::MIN, |activity| activity.all.last_s);
            if in_time && !is_data && key.status == AccessKeyStatus::Active && last_s < at.as_second() - TOLERANCE_S {
                missed += 1;
            }
        }
    }
    if missed > 0 {
        doubts.push(Reason::KeysMissed { keys: missed });
    }
    for region in regions {
        doubts.push(Reason::RegionUnseen { region: region.to_owned() });
    }
}

impl AccountLog<'_> {
    /// The first day (since 1970) of the log.
    pub(super) fn first_s(&self) -> Option<i64> {
        Some(i64::from(self.coverage?.days.span()?.0) * DAY_S)
    }

    /// Whether the log should show what happened then: not before its beginning, and not so near to its end that it may come yet.
    pub(super) fn could_show(&self, at: Timestamp) -> bool {
        let Some((coverage, first_s)) = self.coverage.zip(self.first_s()) else { return false };
        let delay_s = i64::try_from(coverage.longest_delay_s).unwrap_or(0).min(DAY_S);
        (first_s..coverage.end_s - UNSETTLED_S.max(delay_s)).contains(&at.as_second())
    }

    /// Whether a service (as IAM calls it) can be used in ways that the trails do not record.
    pub(super) fn hides(&self, service: &str) -> bool {
        NEVER_WHOLE.contains(&service) || !WHOLLY_LOGGED.contains(&service) && self.records_data(service) != Some(true)
    }

    /// Whether the trails record the data events of a service; none for a service of which no such events are known.
    fn records_data(&self, service: &str) -> Option<bool> {
        let (_, kinds) = DATA_SERVICES.iter().find(|(name, _)| *name == service)?;
        let is_recorded = |kind: &str, what: &str| {
            let class = self.coverage.and_then(|coverage| coverage.classes.get(&format!("data {kind} {what}")));
            class.is_some_and(|class| class.is_recorded == Some(true))
        };
        Some(kinds.iter().all(|kind| is_recorded(kind, "read") && is_recorded(kind, "write")))
    }

    /// Whether the log has a use of a service (as IAM calls it) at this time, as far as days and hours are kept; or could not have it.
    pub(super) fn explains(&self, service: &str, at_s: i64, used: &UserUse) -> bool {
        if !Timestamp::from_second(at_s).is_ok_and(|at| self.could_show(at)) {
            return true;
        }
        let near = [at_s - TOLERANCE_S, at_s, at_s + TOLERANCE_S];
        let place = |at_s: i64| (i32::try_from(at_s.div_euclid(DAY_S)), at_s.rem_euclid(DAY_S) / 3600);
        used.keys.values().chain([&used.keyless]).any(|activity| {
            near.iter().any(|at_s| {
                let (Ok(day), hour) = place(*at_s) else { return false };
                let in_hour = activity.days.get(&day).is_some_and(|used| used.hours >> hour & 1 == 1);
                in_hour
                    && activity.actions.iter().any(|(name, action)| {
                        let source = name.split(['.', ':']).next().unwrap_or_default();
                        iam_service(source) == service && action.days.contains(day)
                    })
            })
        })
    }

    /// Uses of services that AWS tells of and that the log does not explain. `since_s` is when the user's keys began to matter.
    pub(super) fn unexplained(&self, services: &BTreeMap<String, Option<Timestamp>>, used: &UserUse) -> Vec<Reason> {
        let seen = used.services();
        let mut told = Vec::new();
        for (service, at) in services {
            let Some(at) = at else { continue };
            let is_old = self.first_s().is_some_and(|first_s| at.as_second() < first_s);
            if is_old {
                continue;
            }
            let last_s =
                seen.iter().filter(|(source, _)| iam_service(source) == service).map(|(_, last_s)| *last_s).max();
            if self.hides(service) {
                told.push(Reason::ServiceNotRecorded { service: service.clone(), date: date(*at) });
            } else if self.could_show(*at) && last_s.is_none_or(|last_s| last_s < at.as_second() - TOLERANCE_S) {
                let last = last_s.map(date_of);
                told.push(Reason::ServiceUnexplained { service: service.clone(), date: date(*at), last });
            }
        }
        told
    }
}

/// What IAM calls the service whose events come from here.
pub(crate) fn iam_service(source: &str) -> &str {
    match source {
        "monitoring" => "cloudwatch",
        "tagging" => "tag",
        "email" => "ses",
        "application-autoscaling" => "application-autoscaling",
        other => other,
    }
}
