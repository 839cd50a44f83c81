//! Verdicts on IAM users, as people and programs read them.

mod japanese;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::iam_user::{IamInventory, IamUserRef};
use model::key_use::IamUse;
use plan::iam_users::owner::OwnerReason;
use plan::iam_users::{OwnerFinding, Ownership, PartVerdict, Reason, UserVerdict, Verdict};
use serde::Serialize;

use super::layout::Line;
use super::style::{Ink, Text, harmless};
use super::words::{count, list, thousands};

pub(crate) use japanese::{decisive, owner_sentence};

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

/// In which language sentences are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    Japanese,
}

impl Language {
    fn pick(self, english: impl FnOnce() -> String, japanese: impl FnOnce() -> String) -> String {
        match self {
            Self::English => english(),
            Self::Japanese => japanese(),
        }
    }

    fn reason(self, reason: &Reason) -> String {
        self.pick(|| reason.to_string(), || japanese::sentence(reason))
    }

    fn owner_reason(self, reason: &OwnerReason) -> String {
        self.pick(|| reason.to_string(), || japanese::owner_sentence(reason))
    }

    fn verdict(self, verdict: Verdict) -> &'static str {
        match self {
            Self::English => verdict.word(),
            Self::Japanese => japanese::verdict(verdict),
        }
    }
}

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
fn summary(shown: &Shown<'_>, language: Language) -> Vec<Line> {
    let leavers = shown.all.iter().filter(|one| shown.has_left(one)).count();
    let of = |verdict: Verdict| shown.all.iter().filter(|one| one.verdict == verdict).count();
    let told = |number: String, word: &str| language.pick(|| format!("{number} {word}"), || format!("{word} {number}"));
    let parts: Vec<String> =
        Verdict::ALL.iter().map(|verdict| told(thousands(of(*verdict)), language.verdict(*verdict))).collect();
    let mut lines = Vec::new();
    if leavers > 0 {
        let text = language.pick(
            || format!("{} of people who left", count(leavers, "user")),
            || format!("退職者のユーザー {}", thousands(leavers)),
        );
        let first = language.pick(|| ": look at these first".to_owned(), || ": まずこれを確認".to_owned());
        lines.push(Line::from(Text::new().with(Ink::Error, text).and(first)));
    }
    let head = language.pick(
        || format!("{}: {}", count(shown.all.len(), "IAM user"), parts.join(", ")),
        || format!("IAM ユーザー {}: {}", thousands(shown.all.len()), parts.join("、")),
    );
    lines.push(Line::from(Text::plain(head)));
    let ends: Option<i64> = shown.used.coverage.values().map(|coverage| coverage.end_s).max();
    let days = shown.used.coverage.values().map(model::key_use::LogCoverage::length_days).max();
    let now = shown.now.strftime("%Y-%m-%d %H:%M UTC");
    let told = match (ends, days) {
        (Some(end_s), Some(days)) => {
            let end = Timestamp::from_second(end_s).unwrap_or_default().strftime("%Y-%m-%d %H:%M UTC").to_string();
            let days = usize::try_from(days).unwrap_or_default();
            language.pick(
                || format!("inventory of {now}; up to {} of log until {end}", count(days, "day")),
                || format!("棚卸し {now}、ログは最長 {} 日分、{end} まで", thousands(days)),
            )
        }
        _ => language.pick(
            || format!("inventory of {now}; no log: what is judged by it is unknown"),
            || format!("棚卸し {now}、ログなし: ログで判定するものは不明"),
        ),
    };
    lines.push(Line::from(Text::new().with(Ink::Faint, told)));
    for (account, reason) in shown.inventory.unread() {
        let reason = harmless(&language.pick(|| reason.to_owned(), || plan::japanese(reason)));
        let text = language.pick(
            || format!("account {account} could not be read, and its users are not judged: {reason}"),
            || format!("アカウント {account} を読み取れず、そのユーザーは判定していない: {reason}"),
        );
        lines.push(Line::from(Text::new().with(Ink::Warning, text)));
    }
    lines
}

fn owner_words(finding: &OwnerFinding, language: Language) -> String {
    if language == Language::Japanese {
        let who = match &finding.ownership {
            Ownership::Settled { owner } => format!("所有者 {} (確定済み)", harmless(owner)),
            Ownership::System => "システムのもの (確定済み)".to_owned(),
            Ownership::Matched { owner, confidence } => format!("所有者 {} ({confidence} %)", harmless(owner)),
            Ownership::Ambiguous { candidates } => {
                format!("所有者の候補 {}", list(candidates.iter().map(String::as_str), 4))
            }
            Ownership::Nobody => "所有者不明".to_owned(),
        };
        return if finding.has_left { format!("{who}、退職済み") } else { who };
    }
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
pub(crate) fn lines(shown: &Shown<'_>, language: Language) -> Vec<Line> {
    let mut lines = summary(shown, language);
    for verdict in shown.sorted() {
        lines.push(Line::empty());
        let title = Text::new()
            .with(Ink::Strong, harmless(&verdict.user.name))
            .and(format!("  {}  ", verdict.user.account))
            .with(ink(verdict.verdict), language.verdict(verdict.verdict));
        let title = if verdict.score > 0 { title.and(format!(" ({} %)", verdict.score)) } else { title };
        lines.push(Line::from(title));
        if let Some(owner) = shown.owner(&verdict.user) {
            let ink = if owner.has_left { Ink::Error } else { Ink::Faint };
            let why: Vec<String> =
                owner.reasons.iter().take(3).map(|reason| harmless(&language.owner_reason(reason))).collect();
            let text = Text::plain("  ").with(ink, owner_words(owner, language)).and(format!(": {}", why.join("; ")));
            lines.push(Line::from(text).hanging(4));
        }
        for reason in verdict.reasons.iter().take(REASONS) {
            lines.push(Line::from(Text::plain(format!("  · {}", harmless(&language.reason(reason))))).hanging(4));
        }
        if verdict.reasons.len() > REASONS {
            let more = verdict.reasons.len() - REASONS;
            lines.push(Line::from(Text::plain("  ").with(
                Ink::Faint,
                language.pick(
                    || format!("· and {more} more (--format json)"),
                    || format!("· ほか {more} 件 (--format json)"),
                ),
            )));
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
    reasons: &'a [Reason],
    credentials: Vec<PartV1<'a>>,
    owner: Option<&'a OwnerFinding>,
}

#[derive(Debug, Serialize)]
struct PartV1<'a> {
    credential: &'a str,
    verdict: &'static str,
    score: u8,
    reasons: &'a [Reason],
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
