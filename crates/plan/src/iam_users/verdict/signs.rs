//! What speaks for a machine, what for a person, and what leaves a doubt: about one credential's activity.

use std::collections::BTreeSet;

use model::key_use::{ActionUse, Activity};

use super::cadence::{cadence, even_gap, keeps_a_date};
use super::company::together;
use super::{count, thousands};

/// What an activity looks like.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Signs {
    /// For a machine.
    pub(super) machine: u32,
    /// For a person.
    pub(super) person: u32,
    /// Why, strongest first as they come.
    pub(super) machine_words: Vec<String>,
    /// Why.
    pub(super) person_words: Vec<String>,
    /// What could be a job's.
    pub(super) doubts: Vec<String>,
}

impl Signs {
    fn machine(&mut self, points: u32, words: impl Into<String>) {
        self.machine += points;
        self.machine_words.push(words.into());
    }

    fn person(&mut self, points: u32, words: impl Into<String>) {
        self.person += points;
        self.person_words.push(words.into());
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
        signs.doubts.push("the evidence is not kept by day, so that timers cannot be told".to_owned());
    }
    if let Some(list) = activity.truncated.iter().find(|list| !list.starts_with("resources")) {
        signs.doubts.push(format!("there were too many {list} to look at all"));
    }
    signs
}

fn times(activity: &Activity, signs: &mut Signs) {
    let seen = cadence(activity);
    let days: Vec<i32> = activity.days.keys().copied().collect();
    if seen.days >= 4 && seen.hours_of_day >= 20 && seen.hours_a_day >= 7.0 {
        signs.machine(
            70,
            format!("round the clock: at {} of 24 hours, {:.0} hours a day", seen.hours_of_day, seen.hours_a_day),
        );
    } else if seen.days >= 10 && seen.quiet_share > 0.12 {
        signs.machine(25, "never rests: there are no eight hours of the day without it".to_owned());
    }
    let at_weekends = seen.weekend_presence.unwrap_or(0.0);
    if seen.days >= 7 && seen.presence >= 0.85 && at_weekends >= 0.8 {
        signs.machine(50, format!("on {} of {} days, weekends as well", seen.days, seen.span_days));
    }
    if seen.days >= 4 && seen.same_hours >= 0.85 && !(seen.presence > 0.9 && seen.days < 6) {
        let (from, to) = seen.same_hour;
        signs.machine(45, format!("at the same time of day: between {from:02}:00 and {to:02}:00 UTC"));
    }
    if let Some(gap) = even_gap(&days) {
        signs.machine(
            45,
            format!("at even distances: every {}", if gap == 30 { "month".to_owned() } else { format!("{gap} days") }),
        );
    }
    if seen.days >= 5 && seen.quiet_share <= 0.03 && seen.weekend_share <= 0.12 {
        signs.person(15, "on working days and not at night, whichever the time zone");
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
        signs.machine(
            45,
            format!("always the same: {} on almost each of {days} days", count(actions.len() as u64, "action")),
        );
    } else if days >= 4 && usual >= 0.75 {
        signs.machine(30, format!("the same {} on each of {days} days", count(actions.len() as u64, "action")));
    } else if days >= 2 && usual >= 0.99 {
        signs.machine(20, format!("the same {} on {days} days", count(actions.len() as u64, "action")));
    }
    if actions.len() >= 30 && days >= 10 && usual <= 0.25 {
        signs.person(35, format!("curious: {} different actions, and a few of them each day", actions.len()));
    } else if actions.len() >= 10 && days >= 4 && once * 4 >= actions.len() {
        signs.person(35, format!("curious: {} different actions, {once} of them on one day only", actions.len()));
    } else if days < 4 {
        signs.doubts.push(format!("used on {} only: a job that runs rarely looks the same", count(days as u64, "day")));
    } else {
        signs.doubts.push(format!(
            "{}, with little that is new: a job looks the same",
            count(actions.len() as u64, "different action")
        ));
    }
    let changes = actions.iter().filter(|(name, _)| !is_read(name) || is_on_data(name)).count();
    if days >= 10 && usual >= 0.7 && changes > 0 {
        signs
            .machine(15, format!("each time something is changed or moved ({})", count(changes as u64, "such action")));
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
        signs.doubts.push(format!("{} comes so regularly that a timer may do it", short(name)));
    }
    if let Some(group) = together(actions, activity.days.len()) {
        let names: Vec<String> = group.iter().map(|name| short(name)).collect();
        signs.doubts.push(format!(
            "{} come together again and again: a script or a deployment looks the same",
            names.join(", ")
        ));
    }
}

fn programs(activity: &Activity, signs: &mut Signs) {
    for (mark, name) in UNATTENDED {
        if activity.agents.keys().any(|agent| family(agent).starts_with(mark)) {
            signs.machine(60, format!("runs on {name}"));
        }
    }
    let others = other_programs(activity);
    if others.is_empty() {
        let named: Vec<&str> = activity.agents.keys().map(String::as_str).take(3).collect();
        signs.person(15, format!("with programs that people sit in front of: {}", named.join(", ")));
        return;
    }
    let shown: Vec<&str> = others.iter().copied().take(3).collect();
    let words = format!("with programs that run by themselves as well as by hand: {}", shown.join(", "));
    if others.iter().all(|agent| matches!(family(agent), "Terraform" | "Pulumi" | "aws-cdk" | "Ansible" | "eksctl")) {
        signs.doubts.push(format!("{words}; pipelines use them, too"));
    } else {
        signs.machine(20, words.clone());
        signs.doubts.push(words);
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
        signs.machine(
            25,
            format!("from {} networks on {} days, as rented runners do", networks.len(), activity.days.len()),
        );
    }
    if let Some(cloud) = networks.iter().find(|place| is_cloud(place)) {
        signs.machine(15, format!("from a cloud ({})", cloud.trim_start_matches("range:")));
    }
    let strange: Vec<&str> = networks.iter().copied().filter(|place| !home.contains(place)).take(3).collect();
    if !networks.is_empty() && strange.is_empty() {
        signs.person(20, "from the networks from which the same user signs in to the console");
    } else if !strange.is_empty() {
        let why = if home.is_empty() {
            "and no sign-in tells where the person sits"
        } else {
            "where no sign-in to the console came from"
        };
        signs.doubts.push(format!("from {}, {why}", strange.join(", ")));
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

/// What was done with a credential, in one sentence.
pub(super) fn fact(activity: &Activity) -> String {
    let top = |list: &std::collections::BTreeMap<String, model::key_use::Seen>| {
        let mut sorted: Vec<_> = list.iter().collect();
        sorted.sort_by_key(|(name, seen)| (std::cmp::Reverse(seen.events), *name));
        let names: Vec<&str> = sorted.iter().take(2).map(|(name, _)| name.as_str()).collect();
        let more = sorted.len().saturating_sub(2);
        if more == 0 { names.join(", ") } else { format!("{} and {more} more", names.join(", ")) }
    };
    let days = activity.days.len();
    let span =
        activity.days.keys().next().zip(activity.days.keys().next_back()).map_or(0, |(first, last)| last - first + 1);
    format!(
        "{} call{} on {days} of {} days, {} from {}",
        thousands(activity.all.events),
        if activity.all.events == 1 { "" } else { "s" },
        span.max(1),
        top(&activity.agents),
        top(&activity.addresses)
    )
}
