//! The users of one account, and what they did.

use std::collections::BTreeMap;

use super::habit::{Calls, Life, Stream, live as habit_of};
use super::schedule::{Credential, Event, Offices, REGIONS, SESSION, SIGN_IN};
use super::truth::{Habit, Truth};
use super::{DAY_S, WildCompany, WildConfig, people};

/// A user, what AWS tells of it, and the truth about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WildUser {
    /// Account.
    pub account: String,
    /// Name.
    pub name: String,
    /// When it was made.
    pub created_s: i64,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Whether it has a console password, and when that was used last.
    pub password: Option<Option<i64>>,
    /// Whether it has an MFA device.
    pub has_mfa: bool,
    /// Its keys.
    pub keys: Vec<WildKey>,
    /// Last use by service, as AWS tells it.
    pub services: BTreeMap<String, i64>,
    /// What it is for.
    pub habit: Habit,
    /// Whose it is: a place in the list of people.
    pub owner: Option<usize>,
    /// What AWS told of it before, where inventories were taken.
    pub earlier: Vec<WildAnswer>,
}

/// What AWS told of a user at an earlier time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WildAnswer {
    /// When.
    pub at_s: i64,
    /// Last use by service.
    pub services: BTreeMap<&'static str, i64>,
    /// Last use of each key, in their order.
    pub keys: Vec<Option<i64>>,
}

impl WildUser {
    /// What it truly is.
    #[must_use]
    pub fn truth(&self) -> Truth {
        self.habit.truth()
    }

    /// `AIDA…`, which follows from account and name.
    #[must_use]
    pub fn id(&self) -> String {
        let text = format!("{}/{}", self.account, self.name);
        let seed = text
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |seed, byte| (seed ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
        let mut random = fastrand::Rng::with_seed(seed);
        let letters = (0..17).map(|_| char::from(*random.choice(LETTERS).unwrap_or(&b'A')));
        format!("AIDA{}", letters.collect::<String>())
    }
}

/// An access key, and what AWS tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WildKey {
    /// `AKIA…`
    pub id: String,
    /// Whether it is active.
    pub is_active: bool,
    /// When it was made.
    pub created_s: i64,
    /// When, where, for what it was used last.
    pub last_use: Option<(i64, String, String)>,
}

/// The time that is looked at.
#[derive(Debug, Clone)]
pub(crate) struct Window {
    pub(crate) first_s: i64,
    pub(crate) end_s: i64,
    pub(crate) inventory_s: i64,
    /// When earlier inventories were taken.
    pub(crate) inventories: Vec<i64>,
}

/// When earlier inventories were taken: always at the same hours. With dice of their own, so that the company is the same without them.
pub(crate) fn inventories(config: &WildConfig, first_s: i64, inventory_s: i64) -> Vec<i64> {
    let mut random = fastrand::Rng::with_seed(config.seed ^ 0x6561_726c_6965_7221);
    let start_s = random.i64(0..DAY_S);
    let apart_s = DAY_S / config.inventories_a_day.max(1);
    if config.inventories_a_day == 0 {
        return Vec::new();
    }
    let runs =
        (0..(inventory_s - first_s) / apart_s).map(|run| first_s + start_s + run * apart_s + random.i64(0..1800));
    runs.filter(|at_s| *at_s < inventory_s).collect()
}

/// What AWS tells of a user at each of these times: of services up to four hours late.
fn answers(events: &[Event], keys: usize, window: &Window, name: &str) -> Vec<WildAnswer> {
    let seed = name.bytes().fold(window.inventory_s.unsigned_abs(), |seed, byte| seed.rotate_left(7) ^ u64::from(byte));
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut services, mut of_keys) = (BTreeMap::new(), vec![None; keys]);
    let (mut service_events, mut key_events) = (events.iter().peekable(), events.iter().peekable());
    let answer = |at_s: &i64| {
        let told_until_s = at_s - random.i64(0..4 * 3600);
        while let Some(event) = service_events.next_if(|event| event.time_s <= told_until_s) {
            if event.call.source != "signin" {
                services.insert(service_of(event.call.source), event.time_s);
            }
        }
        while let Some(event) = key_events.next_if(|event| event.time_s <= *at_s) {
            if let Credential::Key(number) = event.credential
                && let Some(last) = of_keys.get_mut(number)
            {
                *last = Some(event.time_s - event.time_s.rem_euclid(60));
            }
        }
        let recent = |last_s: &i64| *last_s > at_s - 400 * DAY_S;
        let services = services.iter().filter(|(_, last_s)| recent(last_s)).map(|(name, last_s)| (*name, *last_s));
        WildAnswer { at_s: *at_s, services: services.collect(), keys: of_keys.clone() }
    };
    window.inventories.iter().map(answer).collect()
}

impl Window {
    pub(crate) fn days(&self) -> i64 {
        (self.end_s - self.first_s) / DAY_S
    }
}

/// A user before it lived.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    name: String,
    tags: BTreeMap<String, String>,
    habit: Habit,
    life: Life,
    owner: Option<usize>,
}

const MACHINE_NAMES: &[&str] = &[
    "deploy",
    "ci",
    "ci-user",
    "jenkins",
    "circleci",
    "github-actions",
    "backup",
    "s3-uploader",
    "batch",
    "batch-prod",
    "datadog",
    "mackerel",
    "log-shipper",
    "terraform",
    "app",
    "app-server",
    "wordpress",
    "redash",
    "metabase",
    "ses-smtp-user.20190401-1234",
    "import-job",
    "report",
    "mail-sender",
    "thumbnail",
    "data-sync",
    "zabbix",
    "fluentd",
    "lambda-local",
    "ec2-snapshot",
    "legacy-api",
    "sakura",
    "dr-copy",
];
const SHARED_NAMES: &[&str] =
    &["admin", "developers", "dev-team", "shared", "designer", "accounting", "root-admin", "infra"];
const OWNER_TAGS: &[&str] = &["Owner", "owner", "Name", "email", "担当者", "CreatedBy", "Contact", "氏名"];

/// Which users each account has. People have users in several accounts.
pub(crate) fn plans(
    config: &WildConfig,
    company: &WildCompany,
    random: &mut fastrand::Rng,
) -> BTreeMap<usize, Vec<Plan>> {
    let style = random.u8(0..13);
    let tag_percent = random.u32(0..60);
    let offices = Offices::draw(random);
    let total: u32 = Habit::ALL.iter().map(|(_, weight)| weight).sum();
    let mut plans: BTreeMap<usize, Vec<Plan>> = BTreeMap::new();
    for _ in 0..config.users {
        let mut point = random.u32(0..total);
        let found = Habit::ALL.iter().find(|(_, weight)| {
            let is_here = point < *weight;
            point = point.saturating_sub(*weight);
            is_here
        });
        let habit = found.map_or(Habit::NeverUsed, |(habit, _)| *habit);
        let life = habit_of(habit, &offices, random);
        let owner = life.is_named_for_person.then(|| random.usize(0..company.people.len().max(1)));
        let person = owner.and_then(|owner| company.people.get(owner));
        let mut tags = BTreeMap::new();
        let name = match person {
            Some(person) => {
                if random.u32(0..100) < tag_percent {
                    let tag = random.choice(OWNER_TAGS).copied().unwrap_or("Owner");
                    tags.insert(tag.to_owned(), people::tag_value(person, random));
                }
                people::user_name(person, style, random)
            }
            None if habit == Habit::BreakGlass => random
                .choice(&["break-glass", "emergency", "breakglass-admin", "kinkyu"])
                .map_or_else(String::new, |name| (*name).to_owned()),
            None if habit == Habit::SharedConsole => {
                random.choice(SHARED_NAMES).map_or_else(String::new, |name| (*name).to_owned())
            }
            None => {
                let name = random.choice(MACHINE_NAMES).copied().unwrap_or("batch");
                if random.bool() {
                    name.to_owned()
                } else {
                    format!("{name}-{}", random.choice(&["prod", "dev", "stg", "2", "tokyo"]).unwrap_or(&"x"))
                }
            }
        };
        if random.u32(0..100) < 20 {
            let team = random.choice(&["minimo", "kaigo", "infra", "web", "data"]).copied().unwrap_or("web");
            tags.insert("team".to_owned(), team.to_owned());
        }
        let account = random.usize(0..config.accounts.max(1));
        let mine = plans.entry(account).or_default();
        let mut unique = name.clone();
        while mine.iter().any(|plan: &Plan| plan.name.eq_ignore_ascii_case(&unique)) {
            unique = format!("{name}{}", random.u16(2..9999));
        }
        mine.push(Plan { name: unique, tags, habit, life, owner });
    }
    plans
}

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

fn key_id(random: &mut fastrand::Rng) -> String {
    let letters = (0..16).map(|_| char::from(*random.choice(LETTERS).unwrap_or(&b'A')));
    format!("AKIA{}", letters.collect::<String>())
}

/// What AWS calls the service whose events come from here.
fn service_of(source: &'static str) -> &'static str {
    match source {
        "monitoring" => "cloudwatch",
        "tagging" => "tag",
        other => other,
    }
}

/// Lets the users live until the inventory is taken: users as AWS tells them, and all that they did, in order.
pub(crate) fn live(
    account: &str,
    plans: Vec<Plan>,
    window: &Window,
    thinning: u32,
    random: &mut fastrand::Rng,
) -> Vec<(WildUser, Vec<Event>)> {
    let mut made = Vec::new();
    for plan in plans {
        let mut events: Vec<Event> = Vec::new();
        for stream in &plan.life.streams {
            events.extend(of_stream(stream, window, thinning, random));
        }
        events.sort_by_key(|event| event.time_s);
        // Older than anything it did.
        let oldest = events.first().map_or(window.inventory_s, |event| event.time_s.min(window.first_s));
        let created_s = oldest - random.i64(30..1500) * DAY_S;
        let is_key_active = plan.habit != Habit::LongUnused || random.bool();
        let keys = (0..plan.life.keys).map(|number| {
            let last = events.iter().rev().find(|event| match event.credential {
                Credential::Key(key) => key == number,
                // Sessions are opened with the key, which is an event of its own.
                Credential::Session | Credential::Console { .. } => false,
            });
            let last_use = last.map(|event| {
                (
                    event.time_s - event.time_s.rem_euclid(60),
                    event.region.to_owned(),
                    service_of(event.call.source).to_owned(),
                )
            });
            WildKey { id: key_id(random), is_active: is_key_active, created_s: created_s + 3600, last_use }
        });
        let keys: Vec<WildKey> = keys.collect();
        let told_until_s = window.inventory_s - random.i64(0..4 * 3600);
        let mut services: BTreeMap<String, i64> = BTreeMap::new();
        for event in events.iter().filter(|event| event.call.source != "signin") {
            if event.time_s <= told_until_s && event.time_s > window.inventory_s - 400 * DAY_S {
                services.insert(service_of(event.call.source).to_owned(), event.time_s);
            }
        }
        let signed_in = events.iter().rev().find(|event| event.call == SIGN_IN).map(|event| event.time_s);
        let earlier = answers(&events, plan.life.keys, window, &plan.name);
        let user = WildUser {
            account: account.to_owned(),
            name: plan.name,
            created_s,
            tags: plan.tags,
            password: plan.life.has_password.then_some(signed_in),
            has_mfa: plan.life.has_mfa,
            keys,
            services,
            habit: plan.habit,
            owner: plan.owner,
            earlier,
        };
        made.push((user, events));
    }
    made
}

/// Everything of one stream: within the time of the log, and long ago where it says so.
fn of_stream(stream: &Stream, window: &Window, thinning: u32, random: &mut fastrand::Rng) -> Vec<Event> {
    let mut events = Vec::new();
    let favourites = Favourites::draw(random);
    // People go on leave; machines do not.
    let leave_from = window.first_s / DAY_S + random.i64(0..window.days().max(1));
    let leave = leave_from..leave_from + random.i64(2..12);
    let is_person = matches!(stream.times, super::schedule::Timetable::Person { .. });
    let first_day = match &stream.times {
        super::schedule::Timetable::Once { ago_s } => (window.inventory_s - ago_s.iter().max().unwrap_or(&0)) / DAY_S,
        _ => window.first_s / DAY_S,
    };
    for day in first_day..=window.inventory_s / DAY_S {
        if is_person && leave.contains(&day) {
            continue;
        }
        let mut starts = stream.times.starts(day, window.inventory_s, random);
        starts.sort_unstable();
        if starts.len() > 4 && thinning > 1 {
            starts = starts.into_iter().step_by(usize::try_from(thinning).unwrap_or(1)).collect();
        }
        let address = stream.place.of_day(random);
        for (number, start) in starts.into_iter().enumerate() {
            sitting(stream, start, number == 0, address, &favourites, random, &mut events);
        }
    }
    events.retain(|event| event.time_s < window.inventory_s);
    events
}

/// One sitting or run.
fn sitting(
    stream: &Stream,
    start_s: i64,
    is_first: bool,
    address: [u8; 4],
    favourites: &Favourites,
    random: &mut fastrand::Rng,
    events: &mut Vec<Event>,
) {
    let mut time_s = start_s;
    let region = |random: &mut fastrand::Rng, strays: u32| {
        let number = if random.u32(0..100) < strays { random.usize(0..REGIONS.len()) } else { stream.region };
        REGIONS.get(number).copied().unwrap_or("us-east-1")
    };
    let event = |time_s: i64, call, region, is_denied| Event {
        time_s,
        call,
        credential: stream.credential,
        agent: stream.agent,
        address,
        region,
        is_denied,
    };
    match stream.credential {
        Credential::Console { .. } if is_first => events.push(event(time_s, SIGN_IN, "us-east-1", false)),
        Credential::Session if is_first => {
            events.push(Event { credential: Credential::Key(0), ..event(time_s, SESSION, "us-east-1", false) });
        }
        _ => {}
    }
    match &stream.calls {
        Calls::ByHand { pool, most_a_sitting } => {
            for _ in 0..random.u32(1..=*most_a_sitting) {
                time_s += random.i64(5..240);
                let call = favourites.pick(pool, random);
                let is_denied = random.u32(0..100) < 4;
                events.push(event(time_s, call, region(random, 8), is_denied));
            }
        }
        Calls::Script { calls, most_rounds } => {
            let rounds = if *most_rounds > 2 { *most_rounds } else { random.u32(1..=*most_rounds) };
            for call in *calls {
                for _ in 0..rounds {
                    time_s += random.i64(0..4);
                    events.push(event(time_s, *call, region(random, 0), false));
                }
            }
        }
    }
}

/// What somebody does most: a rank of their own for each call.
struct Favourites {
    offset: usize,
    step: usize,
}

impl Favourites {
    fn draw(random: &mut fastrand::Rng) -> Self {
        Self { offset: random.usize(0..1000), step: *random.choice(&[1, 5, 7, 11, 13]).unwrap_or(&7) }
    }

    /// A few calls most of the time, any call now and then.
    fn pick(&self, pool: &'static [super::schedule::Call], random: &mut fastrand::Rng) -> super::schedule::Call {
        let length = pool.len().max(1);
        let far = random.f64().powi(3) * f64::from(u32::try_from(length).unwrap_or(1));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between zero and the length")]
        let rank = far as usize;
        let number = (self.offset + rank * self.step) % length;
        pool.get(number).copied().unwrap_or(super::schedule::WHO_AM_I)
    }
}
