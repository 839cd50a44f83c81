//! What speaks for a machine, what for a person, and what leaves a doubt: about one credential's activity.

use std::collections::BTreeSet;

use model::key_use::{ActionUse, Activity};

use super::cadence::{cadence, even_gap, keeps_a_date};
use super::company::{on_one_date, together};
use super::{Reason, Tops};

/// What an activity looks like.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Signs {
    /// For a machine.
    pub(super) machine: u32,
    /// For a person.
    pub(super) person: u32,
    /// Why, strongest first as they come.
    pub(super) machine_words: Vec<Reason>,
    /// Why.
    pub(super) person_words: Vec<Reason>,
    /// What could be a job's.
    pub(super) doubts: Vec<Reason>,
}

impl Signs {
    fn machine(&mut self, points: u32, why: Reason) {
        self.machine += points;
        self.machine_words.push(why);
    }

    fn person(&mut self, points: u32, why: Reason) {
        self.person += points;
        self.person_words.push(why);
    }
}

/// Programs in front of which somebody sits. AWS CLI also runs in scripts: it alone proves nothing.
const BY_HAND: [&str; 9] =
    ["aws-cli", "CloudShell", "S3Console", "sign-in", "Cyberduck", "aws-internal", "AWSConsole", "Coral", "signin"];
/// Programs that run where nobody sits.
const UNATTENDED: [(&str, &str); 4] = [
    ("kubernetes", "Kubernetes"),
    ("github-actions-credentials", "GitHub Actions"),
    ("exec-env:AWS_Lambda", "Lambda"),
    ("exec-env:AWS_ECS", "ECS"),
];

/// `aws-cli/2` is `aws-cli`.
fn family(agent: &str) -> &str {
    agent.split('/').next().unwrap_or(agent)
}

fn is_by_hand(agent: &str) -> bool {
    agent.starts_with("browser:") || agent.starts_with("service:") || BY_HAND.contains(&family(agent))
}

/// Whether everything was done with programs in front of which somebody sits; those that are not.
pub(super) fn other_programs(activity: &Activity) -> Vec<&str> {
    activity.agents.keys().map(String::as_str).filter(|agent| !is_by_hand(agent)).collect()
}

/// Looks at an activity. `home` are the networks from which the same user certainly sat in front of a screen.
pub(super) fn signs(activity: &Activity, home: &BTreeSet<&str>) -> Signs {
    let mut signs = Signs::default();
    if activity.is_empty() {
        return signs;
    }
    times(activity, &mut signs);
    repertoire(activity, &mut signs);
    programs(activity, &mut signs);
    places(activity, home, &mut signs);
    if activity.undated > 0 {
        signs.doubts.push(Reason::NotByDay);
    }
    if let Some(list) = activity.truncated.iter().find(|list| !list.starts_with("resources")) {
        signs.doubts.push(Reason::TooMany { list: list.clone() });
    }
    signs
}

fn times(activity: &Activity, signs: &mut Signs) {
    let seen = cadence(activity);
    let days: Vec<i32> = activity.days.keys().copied().collect();
    if seen.days >= 4 && seen.hours_of_day >= 20 && seen.hours_a_day >= 7.0 {
        signs.machine(
            70,
            Reason::RoundTheClock { hours_of_day: seen.hours_of_day, hours_a_day: format!("{:.0}", seen.hours_a_day) },
        );
    } else if seen.days >= 10 && seen.quiet_share > 0.12 {
        signs.machine(25, Reason::NeverRests);
    }
    let at_weekends = seen.weekend_presence.unwrap_or(0.0);
    if seen.days >= 7 && seen.presence >= 0.85 && at_weekends >= 0.8 {
        signs.machine(50, Reason::EveryDay { days: seen.days, span: seen.span_days });
    }
    if seen.days >= 4 && seen.same_hours >= 0.85 && !(seen.presence > 0.9 && seen.days < 6) {
        let (from, to) = seen.same_hour;
        signs.machine(45, Reason::SameTime { from, to });
    }
    if let Some(gap) = even_gap(&days) {
        signs.machine(45, Reason::EvenDistances { days: gap });
    }
    if seen.days >= 5 && seen.quiet_share <= 0.03 && seen.weekend_share <= 0.12 {
        signs.person(15, Reason::WorkingDays);
    }
}

/// Whether the name of an action says that it only looks.
pub(super) fn is_read(event: &str) -> bool {
    const READS: [&str; 12] = [
        "Get", "List", "Describe", "Head", "Lookup", "Search", "Batch", "Filter", "Query", "Scan", "Select", "Simulate",
    ];
    let name = event.rsplit(':').next().unwrap_or(event);
    READS.iter().any(|verb| name.starts_with(verb))
        && !name.starts_with("BatchWrite")
        && !name.starts_with("BatchDelete")
}

/// Whether it is an action on objects, items, messages: what programs live on.
pub(super) fn is_on_data(event: &str) -> bool {
    const DATA: [&str; 12] = [
        "s3.amazonaws.com:GetObject",
        "s3.amazonaws.com:PutObject",
        "s3.amazonaws.com:DeleteObject",
        "s3.amazonaws.com:HeadObject",
        "s3.amazonaws.com:CopyObject",
        "s3.amazonaws.com:ListObjects",
        "dynamodb.amazonaws.com:",
        "sqs.amazonaws.com:",
        "lambda.amazonaws.com:Invoke",
        "kinesis.amazonaws.com:",
        "sns.amazonaws.com:Publish",
        "kms.amazonaws.com:Decrypt",
    ];
    const LOOKS: [&str; 2] = ["dynamodb.amazonaws.com:Describe", "dynamodb.amazonaws.com:List"];
    DATA.iter().any(|one| event.starts_with(one)) && !LOOKS.iter().any(|one| event.starts_with(one))
}

#[expect(clippy::cast_precision_loss, reason = "small counts")]
fn repertoire(activity: &Activity, signs: &mut Signs) {
    let days = activity.days.len();
    let actions: Vec<(&str, &ActionUse)> = activity
        .actions
        .iter()
        .filter(|(name, _)| !is_of_sign_in(name))
        .map(|(name, used)| (name.as_str(), used))
        .collect();
    if actions.is_empty() || days == 0 {
        return;
    }
    let held: usize = actions.iter().map(|(_, used)| used.days.len()).sum();
    let usual = held as f64 / (actions.len() * days) as f64;
    let once = actions.iter().filter(|(_, used)| used.days.len() == 1).count();
    if days >= 10 && usual >= 0.7 {
        signs.machine(45, Reason::AlwaysTheSame { actions: actions.len() as u64, days });
    } else if days >= 4 && usual >= 0.75 {
        signs.machine(30, Reason::SameEachDay { actions: actions.len() as u64, days });
    } else if days >= 2 && usual >= 0.99 {
        signs.machine(20, Reason::SameOnDays { actions: actions.len() as u64, days });
    }
    if actions.len() >= 30 && days >= 10 && usual <= 0.25 {
        signs.person(35, Reason::CuriousEachDay { actions: actions.len() });
    } else if actions.len() >= 10 && days >= 4 && once * 4 >= actions.len() {
        signs.person(35, Reason::CuriousOnce { actions: actions.len(), once });
    } else if days < 4 {
        signs.doubts.push(Reason::FewDays { days: days as u64 });
    } else {
        signs.doubts.push(Reason::LittleNew { actions: actions.len() as u64 });
    }
    let changes = actions.iter().filter(|(name, _)| !is_read(name) || is_on_data(name)).count();
    if days >= 10 && usual >= 0.7 && changes > 0 {
        signs.machine(15, Reason::ChangesEachTime { actions: changes as u64 });
    }
    repeated(&actions, activity, signs);
}

fn is_of_sign_in(name: &str) -> bool {
    name.starts_with("signin.amazonaws.com:")
}

/// What one of the things that somebody does by hand may hide: a timer among them, or calls that always come together.
fn repeated(actions: &[(&str, &ActionUse)], activity: &Activity, signs: &mut Signs) {
    let Some((first, last)) = activity.days.keys().next().zip(activity.days.keys().next_back()) else { return };
    let working = (*first..=*last).filter(|day| (day + 3).rem_euclid(7) < 5).count();
    let short = |name: &str| name.replacen(".amazonaws.com", "", 1);
    let regular = actions.iter().find(|(_, used)| {
        let days: Vec<i32> = used.days.iter().collect();
        days.len() >= 8 && days.len() * 10 >= working * 8
            || even_gap(&days).is_some() && days.len() >= 5
            || keeps_a_date(&days)
    });
    if let Some((name, _)) = regular {
        signs.doubts.push(Reason::Timer { action: short(name) });
    }
    if let Some(group) = together(actions, activity.days.len()).or_else(|| on_one_date(actions)) {
        signs.doubts.push(Reason::Together { actions: group.iter().map(|name| short(name)).collect() });
    }
}

fn programs(activity: &Activity, signs: &mut Signs) {
    for (mark, name) in UNATTENDED {
        if activity.agents.keys().any(|agent| family(agent).starts_with(mark)) {
            signs.machine(60, Reason::RunsOn { platform: name });
        }
    }
    let others = other_programs(activity);
    if others.is_empty() {
        signs.person(15, Reason::ByHand { programs: activity.agents.keys().take(3).cloned().collect() });
        return;
    }
    let programs: Vec<String> = others.iter().take(3).map(|&program| program.to_owned()).collect();
    if others.iter().all(|agent| matches!(family(agent), "Terraform" | "Pulumi" | "aws-cdk" | "Ansible" | "eksctl")) {
        signs.doubts.push(Reason::Pipelines { programs });
    } else {
        signs.machine(20, Reason::ByThemselves { programs: programs.clone() });
        signs.doubts.push(Reason::ByThemselves { programs });
    }
}

fn places(activity: &Activity, home: &BTreeSet<&str>, signs: &mut Signs) {
    let networks: Vec<&str> = activity
        .addresses
        .keys()
        .map(String::as_str)
        .filter(|place| !place.starts_with("service:") && *place != "aws-internal")
        .collect();
    if networks.len() >= 8 && networks.len() * 10 >= activity.days.len() * 6 {
        signs.machine(25, Reason::RentedRunners { networks: networks.len(), days: activity.days.len() });
    }
    if let Some(cloud) = networks.iter().find(|place| is_cloud(place)) {
        signs.machine(15, Reason::Cloud { name: cloud.trim_start_matches("range:").to_owned() });
    }
    let strange: Vec<&str> = networks.iter().copied().filter(|place| !home.contains(place)).take(3).collect();
    if !networks.is_empty() && strange.is_empty() {
        signs.person(20, Reason::SignInNetworks);
    } else if !strange.is_empty() {
        let networks = strange.into_iter().map(str::to_owned).collect();
        signs.doubts.push(Reason::OtherNetworks { networks, sign_ins_known: !home.is_empty() });
    }
}

/// Named ranges that are told to be somebody's cloud.
fn is_cloud(place: &str) -> bool {
    const CLOUDS: [&str; 8] = ["aws", "ec2", "gcp", "google", "azure", "github", "heroku", "cloud"];
    place.strip_prefix("range:").is_some_and(|name| {
        let name = name.to_ascii_lowercase();
        CLOUDS.iter().any(|cloud| name.contains(cloud)) && !name.contains("vpn")
    })
}

/// What was done with a key, or in the console.
pub(super) fn fact(key: Option<&str>, activity: &Activity) -> Reason {
    let top = |list: &std::collections::BTreeMap<String, model::key_use::Seen>| {
        let mut sorted: Vec<_> = list.iter().collect();
        sorted.sort_by_key(|(name, seen)| (std::cmp::Reverse(seen.events), *name));
        let names = sorted.iter().take(2).map(|(name, _)| (*name).clone()).collect();
        Tops { names, more: sorted.len().saturating_sub(2) }
    };
    let days = activity.days.len();
    let span =
        activity.days.keys().next().zip(activity.days.keys().next_back()).map_or(0, |(first, last)| last - first + 1);
    Reason::Fact {
        key: key.map(str::to_owned),
        calls: activity.all.events,
        days,
        span: span.max(1),
        programs: top(&activity.agents),
        networks: top(&activity.addresses),
    }
}
