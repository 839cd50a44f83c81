//! Verdicts on IAM users, as people and programs read them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::iam_user::{IamInventory, IamUserRef};
use model::key_use::IamUse;
use plan::iam_users::{OwnerFinding, Ownership, PartVerdict, UserVerdict, Verdict};
use serde::Serialize;

use super::layout::Line;
use super::style::{Ink, Text, harmless};
use super::words::{count, list, thousands};

/// What is shown.
pub(crate) struct Shown<'a> {
    /// Verdicts that were asked for.
    pub(crate) chosen: Vec<&'a UserVerdict>,
    /// All of them.
    pub(crate) all: &'a [UserVerdict],
    pub(crate) owners: &'a BTreeMap<IamUserRef, OwnerFinding>,
    pub(crate) inventory: &'a IamInventory,
    pub(crate) used: &'a IamUse,
    pub(crate) now: Timestamp,
}

/// Reasons shown of each user.
const REASONS: usize = 8;

impl<'a> Shown<'a> {
    fn owner(&self, user: &IamUserRef) -> Option<&OwnerFinding> {
        self.owners.get(user)
    }

    fn has_left(&self, verdict: &UserVerdict) -> bool {
        self.owner(&verdict.user).is_some_and(|owner| owner.has_left)
    }

    /// Leavers first, then by account and name.
    fn sorted(&self) -> Vec<&'a UserVerdict> {
        let mut sorted = self.chosen.clone();
        sorted.sort_by_key(|one| (!self.has_left(one), one.user.clone()));
        sorted
    }
}

fn ink(verdict: Verdict) -> Ink {
    match verdict {
        Verdict::Person => Ink::Good,
        Verdict::Machine | Verdict::Mixed => Ink::Warning,
        Verdict::Unused => Ink::Faint,
        Verdict::Unknown => Ink::Strong,
    }
}

/// `1 leaver who still holds a user; of 200 users 80 person, …`
fn summary(shown: &Shown<'_>) -> Vec<Line> {
    let leavers = shown.all.iter().filter(|one| shown.has_left(one)).count();
    let of = |verdict: Verdict| shown.all.iter().filter(|one| one.verdict == verdict).count();
    let parts: Vec<String> =
        Verdict::ALL.iter().map(|verdict| format!("{} {}", thousands(of(*verdict)), verdict.word())).collect();
    let mut lines = Vec::new();
    if leavers > 0 {
        let text = format!("{} of people who left", count(leavers, "user"));
        lines.push(Line::from(Text::new().with(Ink::Error, text).and(": look at these first")));
    }
    lines.push(Line::from(Text::plain(format!("{}: {}", count(shown.all.len(), "IAM user"), parts.join(", ")))));
    let ends: Option<i64> = shown.used.coverage.values().map(|coverage| coverage.end_s).max();
    let days = shown.used.coverage.values().map(model::key_use::LogCoverage::length_days).max();
    let told = match (ends, days) {
        (Some(end_s), Some(days)) => {
            let end = Timestamp::from_second(end_s).unwrap_or_default();
            format!(
                "inventory of {}; up to {} of log until {}",
                shown.now.strftime("%Y-%m-%d %H:%M UTC"),
                count(usize::try_from(days).unwrap_or_default(), "day"),
                end.strftime("%Y-%m-%d %H:%M UTC")
            )
        }
        _ => format!(
            "inventory of {}; no log: what is judged by it is unknown",
            shown.now.strftime("%Y-%m-%d %H:%M UTC")
        ),
    };
    lines.push(Line::from(Text::new().with(Ink::Faint, told)));
    for (account, reason) in shown.inventory.unread() {
        let text = format!("account {account} could not be read, and its users are not judged: {}", harmless(reason));
        lines.push(Line::from(Text::new().with(Ink::Warning, text)));
    }
    lines
}

fn owner_words(finding: &OwnerFinding) -> String {
    let who = match &finding.ownership {
        Ownership::Settled { owner } => format!("owner {} (settled)", harmless(owner)),
        Ownership::System => "a system's (settled)".to_owned(),
        Ownership::Matched { owner, confidence } => format!("owner {} ({confidence} %)", harmless(owner)),
        Ownership::Ambiguous { candidates } => {
            format!("owner one of {}", list(candidates.iter().map(String::as_str), 4))
        }
        Ownership::Nobody => "no owner found".to_owned(),
    };
    if finding.has_left { format!("{who}, who left") } else { who }
}

/// As text.
pub(crate) fn lines(shown: &Shown<'_>) -> Vec<Line> {
    let mut lines = summary(shown);
    for verdict in shown.sorted() {
        lines.push(Line::empty());
        let title = Text::new()
            .with(Ink::Strong, harmless(&verdict.user.name))
            .and(format!("  {}  ", verdict.user.account))
            .with(ink(verdict.verdict), verdict.verdict.word());
        let title = if verdict.score > 0 { title.and(format!(" ({} %)", verdict.score)) } else { title };
        lines.push(Line::from(title));
        if let Some(owner) = shown.owner(&verdict.user) {
            let ink = if owner.has_left { Ink::Error } else { Ink::Faint };
            let why: Vec<String> = owner.reasons.iter().take(3).map(|reason| harmless(reason)).collect();
            let text = Text::plain("  ").with(ink, owner_words(owner)).and(format!(": {}", why.join("; ")));
            lines.push(Line::from(text).hanging(4));
        }
        for reason in verdict.reasons.iter().take(REASONS) {
            lines.push(Line::from(Text::plain(format!("  · {}", harmless(reason)))).hanging(4));
        }
        if verdict.reasons.len() > REASONS {
            let more = verdict.reasons.len() - REASONS;
            lines.push(Line::from(Text::plain("  ").with(Ink::Faint, format!("· and {more} more (--format json)"))));
        }
    }
    lines
}

/// The versioned form for programs.
#[derive(Debug, Serialize)]
pub(crate) struct VerdictsV1<'a> {
    schema_version: u32,
    as_of: Timestamp,
    users: Vec<RowV1<'a>>,
    unread_accounts: BTreeMap<String, &'a str>,
}

#[derive(Debug, Serialize)]
struct RowV1<'a> {
    account: &'a str,
    name: &'a str,
    arn: &'a str,
    verdict: &'static str,
    score: u8,
    reasons: &'a [String],
    credentials: Vec<PartV1<'a>>,
    owner: Option<&'a OwnerFinding>,
}

#[derive(Debug, Serialize)]
struct PartV1<'a> {
    credential: &'a str,
    verdict: &'static str,
    score: u8,
    reasons: &'a [String],
}

impl<'a> VerdictsV1<'a> {
    pub(crate) fn new(shown: &Shown<'a>) -> Self {
        let part = |part: &'a PartVerdict| PartV1 {
            credential: &part.credential,
            verdict: part.verdict.word(),
            score: part.score,
            reasons: &part.reasons,
        };
        let rows = shown.sorted().into_iter().map(|verdict| RowV1 {
            account: verdict.user.account.as_str(),
            name: &verdict.user.name,
            arn: &verdict.arn,
            verdict: verdict.verdict.word(),
            score: verdict.score,
            reasons: &verdict.reasons,
            credentials: verdict.parts.iter().map(part).collect(),
            owner: shown.owners.get(&verdict.user),
        });
        let unread = shown.inventory.unread().map(|(account, reason)| (account.to_string(), reason));
        Self { schema_version: 1, as_of: shown.now, users: rows.collect(), unread_accounts: unread.collect() }
    }
}
