//! Random companies with hundreds of wild IAM users, and the log of what they did: who is a person and who a machine is known, so that
//! whoever judges them by inventory and log can be judged.
//!
//! What people and machines do is written down in [`habit`] the way people and machines behave, without a look at any judge: working hours and
//! leave, favourite calls and curiosity; timers, polling and deployments. Habits that look like the other kind are there on purpose.

mod account;
mod habit;
mod names;
mod papers;
mod people;
mod record;
mod schedule;
mod truth;

use std::collections::BTreeMap;

pub use account::{WildAnswer, WildKey, WildUser};
pub use papers::WildPapers;
pub use people::WildPerson;
pub use truth::{Habit, Truth};

/// What company, and what log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WildConfig {
    /// Everything follows from it.
    pub seed: u64,
    /// IAM users.
    pub users: usize,
    /// Accounts.
    pub accounts: usize,
    /// Days of log.
    pub days: i64,
    /// What is wrong with the log; none: drawn from the seed.
    pub log: Option<LogState>,
    /// Calls of busy machines are divided by this, for large companies.
    pub thinning: u32,
    /// When the inventory is taken, in seconds since 1970; the log ends a quarter of an hour before. None: some hours after a fixed day's end, so that
    /// a seed makes the same company at any time.
    pub now_s: Option<i64>,
    /// So many inventories a day were taken while the log was written.
    pub inventories_a_day: i64,
}

impl WildConfig {
    /// Two hundred users in a few accounts, and a log of half a year with nothing missing.
    #[must_use]
    pub fn sample(seed: u64) -> Self {
        let accounts = 4 + usize::try_from(seed % 9).unwrap_or(0);
        Self {
            seed,
            users: 200,
            accounts,
            days: 190,
            log: Some(LogState::WHOLE),
            thinning: 12,
            now_s: None,
            inventories_a_day: 0,
        }
    }
}

/// What the log lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogState {
    /// Whether trails record what happens to objects and items.
    pub data_events: bool,
    /// Whether the event selectors are known to the reader.
    pub selectors_known: bool,
    /// Objects of some days are lost.
    pub gaps: bool,
    /// The last hours were not delivered yet, and some objects come late.
    pub delays: bool,
    /// One Region's objects were never copied.
    pub region_missing: bool,
    /// The trail records writes only.
    pub writes_only: bool,
}

impl LogState {
    /// Nothing is wrong.
    pub const WHOLE: Self = Self {
        data_events: true,
        selectors_known: true,
        gaps: false,
        delays: false,
        region_missing: false,
        writes_only: false,
    };

    /// What a default trail gives: whole, but for data events.
    pub const DEFAULT_TRAIL: Self = Self { data_events: false, ..Self::WHOLE };

    fn draw(random: &mut fastrand::Rng) -> Self {
        let mut one_in = |number: u32| random.u32(0..number) == 0;
        Self {
            data_events: one_in(2),
            selectors_known: !one_in(4),
            gaps: one_in(3),
            delays: one_in(3),
            region_missing: one_in(4),
            writes_only: one_in(12),
        }
    }

    /// Whether the log is as good as it can be.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        *self == Self::WHOLE
    }
}

/// A company with IAM users.
#[derive(Debug, Clone)]
pub struct WildCompany {
    /// Everybody who works there or did.
    pub people: Vec<WildPerson>,
    /// The users.
    pub users: Vec<WildUser>,
    /// Ids of the accounts.
    pub accounts: Vec<String>,
    /// What the log lacks.
    pub log: LogState,
    /// The answer of `GetEventSelectors`; none where nobody asked.
    pub selectors: Option<String>,
    /// When the inventory was taken, in seconds since 1970.
    pub inventory_s: i64,
    /// Records of the log.
    pub records: u64,
}

/// The end of the log: 2026-11-20T00:00:00Z.
const LOG_END_S: i64 = 1_795_132_800;
/// How far the log is behind, where the company is one of now.
const LOG_LAG_S: i64 = 900;
pub(crate) const DAY_S: i64 = 86_400;

/// Makes a company; every object of its log goes to `object` with its name, a day of an account in a Region each.
pub fn wild(config: &WildConfig, object: &mut dyn FnMut(&str, &[u8])) -> WildCompany {
    let mut random = fastrand::Rng::with_seed(config.seed);
    let drawn = LogState::draw(&mut random);
    let log = config.log.unwrap_or(drawn);
    let people = people::draw(config.users, &mut random);
    let accounts: Vec<String> =
        (0..config.accounts).map(|_| random.u64(100_000_000_000..999_999_999_999).to_string()).collect();
    let later_s = random.i64(600..12 * 3600);
    let (end_s, inventory_s) = match config.now_s {
        Some(now_s) => (now_s - LOG_LAG_S, now_s),
        None => (LOG_END_S, LOG_END_S + later_s),
    };
    let mut company = WildCompany {
        people,
        users: Vec::new(),
        accounts,
        log,
        selectors: log.selectors_known.then(|| selectors(log)),
        inventory_s,
        records: 0,
    };
    // Whole days, so that no first day is half there.
    let first_s = (end_s.div_euclid(DAY_S) - config.days) * DAY_S;
    let inventories = account::inventories(config, first_s, inventory_s);
    let window = account::Window { first_s, end_s, inventory_s, inventories };
    let mut plans = account::plans(config, &company, &mut random);
    for number in 0..company.accounts.len() {
        let mine = plans.remove(&number).unwrap_or_default();
        let id = company.accounts.get(number).cloned().unwrap_or_default();
        let made = account::live(&id, mine, &window, config.thinning, &mut random);
        write(&id, &made, &window, log, &mut random, &mut company.records, object);
        company.users.extend(made.into_iter().map(|(user, _)| user));
    }
    company
}

/// What a trail records that records everything it can.
pub(crate) const DATA_TYPES: [&str; 12] = [
    "AWS::S3::Object",
    "AWS::DynamoDB::Table",
    "AWS::Lambda::Function",
    "AWS::SQS::Queue",
    "AWS::SNS::Topic",
    "AWS::Kinesis::Stream",
    "AWS::SES::EmailIdentity",
    "AWS::CloudWatch::Metric",
    "AWS::Kinesis::StreamConsumer",
    "AWS::ECS::ContainerInstance",
    "AWS::SSM::ManagedNode",
    "AWS::SSM::ExecutionPreview",
];

/// The answer of `GetEventSelectors`.
fn selectors(log: LogState) -> String {
    let kind = if log.writes_only { "WriteOnly" } else { "All" };
    let data: Vec<serde_json::Value> = if log.data_events {
        DATA_TYPES.map(|kind| serde_json::json!({"Type": kind, "Values": ["arn:aws"]})).into()
    } else {
        Vec::new()
    };
    serde_json::json!([
        {"trailList": [{"TrailARN": "arn:aws:cloudtrail:ap-northeast-1:999999999999:trail/organization",
            "IsMultiRegionTrail": true, "IsOrganizationTrail": true, "HomeRegion": "ap-northeast-1", "S3BucketName": "trail"}]},
        {"TrailARN": "arn:aws:cloudtrail:ap-northeast-1:999999999999:trail/organization",
            "EventSelectors": [{"ReadWriteType": kind, "IncludeManagementEvents": true, "DataResources": data}]},
    ])
    .to_string()
}

/// Writes the objects of an account, but for what the log lacks.
fn write(
    account: &str,
    users: &[(WildUser, Vec<schedule::Event>)],
    window: &account::Window,
    log: LogState,
    random: &mut fastrand::Rng,
    records: &mut u64,
    object: &mut dyn FnMut(&str, &[u8]),
) {
    let mut parts: BTreeMap<(i64, &'static str), Vec<String>> = BTreeMap::new();
    let undelivered_s = if log.delays { window.end_s - random.i64(600..5 * 3600) } else { window.end_s };
    let lost_region = log.region_missing.then(|| *random.choice(schedule::REGIONS).unwrap_or(&"us-east-1"));
    let (gap_from, gap_days) = (random.i64(1..window.days().max(2)), random.i64(1..6));
    let gap_region = random.bool().then(|| *random.choice(schedule::REGIONS).unwrap_or(&"us-east-1"));
    let is_lost = |day: i64, region: &str| {
        let number = day - window.first_s / DAY_S;
        let in_gap = log.gaps && (gap_from..gap_from + gap_days).contains(&number);
        lost_region == Some(region) || in_gap && gap_region.is_none_or(|gap| gap == region)
    };
    for (user, events) in users {
        for event in events {
            let hidden = event.call.is_data && !log.data_events || log.writes_only && event.call.is_read;
            let in_time = event.time_s >= window.first_s && event.time_s < undelivered_s;
            if hidden || event.call.is_silent || !in_time {
                continue;
            }
            let day = event.time_s / DAY_S;
            if !is_lost(day, event.region) {
                parts.entry((day, event.region)).or_default().push(record::of(account, user, event, random));
            }
        }
    }
    // What AWS's services do by themselves, every day.
    for day in window.first_s / DAY_S..=(window.end_s - 1) / DAY_S {
        for region in ["ap-northeast-1", "us-east-1"] {
            for hour in [2, 9, 17, 23] {
                let at = day * DAY_S + hour * 3600 + random.i64(0..3000);
                if at < undelivered_s && !is_lost(day, region) && !log.writes_only {
                    parts.entry((day, region)).or_default().push(record::service(account, region, at));
                }
            }
        }
    }
    for ((day, region), mut rows) in parts {
        *records += rows.len() as u64;
        rows.sort_unstable();
        let name = record::object_name(account, region, window.end_s.min((day + 1) * DAY_S) - 1, random);
        object(&name, format!("{{\"Records\":[{}]}}", rows.join(",")).as_bytes());
    }
}

#[cfg(test)]
mod tests;
