//! The role that would take the place of a machine's keys: files to be reviewed, not operations.

mod settle;

use std::collections::{BTreeMap, BTreeSet};

use model::key_use::{Activity, UserUse};
use policy::{Effect, Kind, Policy, ROLE_INLINE_LIMIT, Statement, Subject, catalogue};

use self::settle::ToSettle;
use super::event_action::{Needs, needs};
use super::home::{Home, HomeGuess, HomeReason, homes};

pub use self::settle::Language;

/// What is known beside the log.
#[derive(Debug, Clone, Default)]
pub struct ReplacementInput<'a> {
    /// Name of the IAM user.
    pub user: &'a str,
    /// Account.
    pub account: &'a str,
    /// One key only.
    pub key: Option<&'a str>,
    /// Where it runs, where somebody knows.
    pub home: Option<Home>,
    /// `owner/name`
    pub repository: Option<&'a str>,
    /// Branch on which workflows run.
    pub branch: &'a str,
    /// Account of the vendor.
    pub vendor_account: Option<&'a str>,
    /// The vendor's external id.
    pub external_id: Option<&'a str>,
    /// Classes of events that the log could not show, in words.
    pub unseen: Vec<String>,
    /// Language of the texts.
    pub language: Language,
}

/// Files to be reviewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// Likely homes, and why.
    pub homes: Vec<HomeGuess>,
    /// Texts by file name.
    pub files: BTreeMap<String, String>,
    /// What somebody has to look at.
    pub open: Vec<String>,
}

/// Stands where somebody has to write something.
const FILL_IN: &str = "FILL-IN";

/// Writes the role that would take the place of a user's keys.
#[must_use]
pub fn replacement(input: &ReplacementInput<'_>, used: &UserUse) -> Replacement {
    let mut activity = Activity::default();
    for (key, one) in &used.keys {
        if input.key.is_none_or(|wanted| wanted == key) {
            activity.add(one);
        }
    }
    let guesses = match input.home {
        Some(home) => vec![HomeGuess { home, reason: HomeReason::Said }],
        None => homes(&activity),
    };
    let mut open = Vec::new();
    let mut files = BTreeMap::new();
    let wanted: Vec<Home> = match guesses.as_slice() {
        [] => vec![Home::OnPremises],
        guesses => guesses.iter().map(|guess| guess.home).collect(),
    };
    if guesses.is_empty() {
        open.push(ToSettle::NoHome);
    }
    for home in &wanted {
        let policy = trust(*home, input, &mut open);
        let name = if wanted.len() == 1 {
            "trust-policy.json".to_owned()
        } else {
            format!("trust-policy-{}.json", home.word())
        };
        lint(&name, &policy, Kind::Trust, None, &mut open);
        files.insert(name, pretty(&policy));
    }
    let policy = least(&activity, input.key.is_none().then_some(used), &mut open);
    if policy.statements.is_empty() {
        open.push(ToSettle::NoPermission);
    } else {
        lint("permissions.json", &policy, Kind::Identity, Some(ROLE_INLINE_LIMIT), &mut open);
        files.insert("permissions.json".to_owned(), pretty(&policy));
    }
    for class in &input.unseen {
        open.push(ToSettle::Unseen(class.clone()));
    }
    let open: Vec<String> = open.iter().map(|one| one.sentence(input.language)).collect();
    let readme = readme(input, &activity, &guesses, &open);
    files.insert("README.md".to_owned(), readme);
    Replacement { homes: guesses, files, open }
}

fn pretty(policy: &Policy) -> String {
    format!("{}\n", policy.to_json_pretty().trim_end())
}

fn lint(name: &str, policy: &Policy, kind: Kind, limit: Option<usize>, open: &mut Vec<ToSettle>) {
    for problem in policy::lint(&Subject { policy, kind, limit }) {
        open.push(ToSettle::Problem(name.to_owned(), problem.message.to_string()));
    }
}

/// The policy of a text that is made here; what is made here parses, and a test says so.
fn parsed(value: &serde_json::Value) -> Policy {
    policy::parse(&value.to_string()).policy.unwrap_or_else(|| Policy::new(Vec::new()))
}

fn trust(home: Home, input: &ReplacementInput<'_>, open: &mut Vec<ToSettle>) -> Policy {
    let statement = match home {
        Home::GithubActions => github(input, open),
        Home::Ec2 => service("ec2.amazonaws.com", input.account, None),
        Home::Ecs => {
            service("ecs-tasks.amazonaws.com", input.account, Some(format!("arn:aws:ecs:*:{}:*", input.account)))
        }
        Home::Lambda => service("lambda.amazonaws.com", input.account, None),
        Home::OnPremises => {
            open.push(ToSettle::RolesAnywhere);
            serde_json::json!({
                "Sid": "RolesAnywhere", "Effect": "Allow", "Principal": {"Service": "rolesanywhere.amazonaws.com"},
                "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"],
                "Condition": {
                    "StringEquals": {"aws:PrincipalTag/x509Subject/CN": FILL_IN},
                    "ArnEquals": {"aws:SourceArn": format!("arn:aws:rolesanywhere:{FILL_IN}:{}:trust-anchor/{FILL_IN}", input.account)},
                },
            })
        }
        Home::Vendor => vendor(input, open),
    };
    parsed(&serde_json::json!({"Version": "2012-10-17", "Statement": [statement]}))
}

fn service(name: &str, account: &str, source: Option<String>) -> serde_json::Value {
    let mut statement = serde_json::json!({
        "Sid": "Service", "Effect": "Allow", "Principal": {"Service": name}, "Action": "sts:AssumeRole",
    });
    if let (Some(source), Some(object)) = (source, statement.as_object_mut()) {
        // Against another account's tasks: the confused deputy.
        let condition =
            serde_json::json!({"StringEquals": {"aws:SourceAccount": account}, "ArnLike": {"aws:SourceArn": source}});
        object.insert("Condition".to_owned(), condition);
    }
    statement
}

/// GitHub writes the subject with names, or (newer repositories, and those that chose so) with ids that no other repository gets: both stand there, exactly.
fn github(input: &ReplacementInput<'_>, open: &mut Vec<ToSettle>) -> serde_json::Value {
    let repository = input.repository.unwrap_or("FILL-IN/FILL-IN");
    if input.repository.is_none() {
        open.push(ToSettle::NoRepository);
    }
    let (owner, name) = repository.split_once('/').unwrap_or((repository, FILL_IN));
    let branch = input.branch;
    open.push(ToSettle::SecondSubject(repository.to_owned()));
    open.push(ToSettle::Environments);
    serde_json::json!({
        "Sid": "GithubActions", "Effect": "Allow",
        "Principal": {"Federated": format!("arn:aws:iam::{}:oidc-provider/token.actions.githubusercontent.com", input.account)},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": [
                format!("repo:{owner}/{name}:ref:refs/heads/{branch}"),
                format!("repo:{owner}@{FILL_IN}/{name}@{FILL_IN}:ref:refs/heads/{branch}"),
            ],
        }},
    })
}

fn vendor(input: &ReplacementInput<'_>, open: &mut Vec<ToSettle>) -> serde_json::Value {
    if input.vendor_account.is_none() || input.external_id.is_none() {
        open.push(ToSettle::Vendor);
    }
    let account = input.vendor_account.unwrap_or(FILL_IN);
    serde_json::json!({
        "Sid": "Vendor", "Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{account}:root")}, "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": input.external_id.unwrap_or(FILL_IN)}},
    })
}

/// What was used, on what it was used.
/// `all` is the user's use, where all keys are meant: of one key nobody knows which roles it opened sessions of.
fn least(activity: &Activity, all: Option<&UserUse>, open: &mut Vec<ToSettle>) -> Policy {
    let mut resources: BTreeMap<String, Option<BTreeSet<String>>> = BTreeMap::new();
    for (event, done) in &activity.actions {
        if done.denied >= done.all.events {
            open.push(ToSettle::AlwaysRefused(event.replacen(".amazonaws.com", "", 1)));
            continue;
        }
        let actions = match needs(event) {
            Needs::Nothing => continue,
            Needs::Actions(actions) => actions,
            Needs::Unknown(action) => {
                open.push(ToSettle::UnknownAction(action));
                continue;
            }
        };
        for action in actions {
            let limits = limits(event, &action, activity, all);
            let held = resources.entry(action).or_insert_with(|| Some(BTreeSet::new()));
            match (held.as_mut(), limits) {
                (Some(held), Some(limits)) => held.extend(limits),
                _ => *held = None,
            }
        }
    }
    let mut statements: BTreeMap<BTreeSet<String>, Vec<String>> = BTreeMap::new();
    let everything: BTreeSet<String> = ["*".to_owned()].into();
    for (action, limits) in resources {
        statements
            .entry(limits.filter(|limits| !limits.is_empty()).unwrap_or_else(|| everything.clone()))
            .or_default()
            .push(action);
    }
    if activity.truncated.iter().any(|list| list.starts_with("resources of ")) {
        open.push(ToSettle::TooManyResources);
    }
    if activity.truncated.contains("actions") {
        open.push(ToSettle::TooManyActions);
    }
    if let Some(wide) = statements.get(&everything) {
        open.push(ToSettle::NoResource(wide.len()));
    }
    let made = statements.into_iter().map(|(resources, actions)| {
        let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
        let resources: Vec<&str> = resources.iter().map(String::as_str).collect();
        Statement::new(Effect::Allow, &actions, &resources)
    });
    Policy::new(made.collect())
}

/// The resources of an event that fit what the action can be limited to; none where the action knows only `*` or the log does not tell all.
fn limits(event: &str, action: &str, activity: &Activity, all: Option<&UserUse>) -> Option<BTreeSet<String>> {
    if let Some(used) = all
        && action.eq_ignore_ascii_case("sts:AssumeRole")
        && !used.roles.is_empty()
    {
        return Some(used.roles.keys().cloned().collect());
    }
    let patterns: Vec<&str> = catalogue::find(action)?.resources().collect();
    if patterns.is_empty() || activity.truncated.contains(&format!("resources of {event}")) {
        return None;
    }
    let named = activity.resources.get(event)?;
    let fitting: BTreeSet<String> = named
        .iter()
        .map(|resource| widened(resource))
        .filter(|resource| patterns.iter().any(|pattern| policy::glob::matches(pattern, resource)))
        .collect();
    (!fitting.is_empty()).then_some(fitting)
}

/// Of objects the bucket: tomorrow's have other names.
fn widened(resource: &str) -> String {
    match resource.strip_prefix("arn:aws:s3:::").and_then(|rest| rest.split_once('/')) {
        Some((bucket, _)) => format!("arn:aws:s3:::{bucket}/*"),
        None => resource.to_owned(),
    }
}

/// Names out of a log are no marks of Markdown or HTML.
fn inert(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('[', "\\[")
}

/// What the README says around what is found.
struct Words {
    title: fn(user: &str, account: &str) -> String,
    lead: &'static str,
    seen: fn(events: u64, days: usize, actions: usize) -> String,
    homes: &'static str,
    nothing: &'static str,
    to_settle: &'static str,
    end: &'static str,
}

const ENGLISH: Words = Words {
    title: |user, account| format!("A role in place of the keys of `{user}` ({account})"),
    lead: "Written from what the log shows. Nothing was changed in AWS. Review, fill in, create the role, move the job, then watch the old key stay silent.",
    seen: |events, days, actions| format!("Seen: {events} events on {days} days, {actions} different actions."),
    homes: "Where it runs",
    nothing: "nothing tells",
    to_settle: "To be settled",
    end: "Jobs that run rarely do more than this log shows: keep the old key inactive, not deleted, until each of them has run once.",
};

const JAPANESE: Words = Words {
    title: |user, account| format!("`{user}`（{account}）のキーに代わるロール"),
    lead: "ログに現れた操作から作成した。AWS は何も変更していない。内容を確認し、空欄を埋め、ロールを作り、ジョブを移し、古いキーが使われなくなったことを見届ける。",
    seen: |events, days, actions| format!("記録: {days} 日間に {events} 件、{actions} 種類の操作。"),
    homes: "動いている場所",
    nothing: "示すものがない",
    to_settle: "決めること",
    end: "まれにしか動かないジョブは、このログより多くのことをする。すべてが一度動くまで、古いキーは削除せず無効化したままにする。",
};

fn readme(input: &ReplacementInput<'_>, activity: &Activity, guesses: &[HomeGuess], open: &[String]) -> String {
    let words = match input.language {
        Language::English => ENGLISH,
        Language::Japanese => JAPANESE,
    };
    let mut text = format!("# {}\n\n{}\n\n", (words.title)(input.user, input.account), words.lead);
    let seen = (words.seen)(activity.all.events, activity.days.len(), activity.actions.len());
    text.push_str(&format!("{seen}\n\n## {}\n\n", words.homes));
    for guess in guesses {
        text.push_str(&format!("- {}: {}\n", guess.home.word(), inert(&guess.reason.sentence(input.language))));
    }
    if guesses.is_empty() {
        text.push_str(&format!("- {}\n", words.nothing));
    }
    text.push_str(&format!("\n## {}\n\n", words.to_settle));
    for one in open {
        text.push_str(&format!("- [ ] {}\n", inert(one)));
    }
    text.push_str(&format!("\n{}\n", words.end));
    text
}

#[cfg(test)]
mod tests;
