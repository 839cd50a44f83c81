//! Where IAM users stand on their way out, as people and programs read it.

mod words;

use std::collections::BTreeMap;

use jiff::Timestamp;
use model::AccountId;
use model::operation::Operation;
use plan::iam_users::UserVerdict;
use plan::retirement::{Next, Reason, Risk, Stage, Standing};
use serde::Serialize;

use super::layout::Line;
use super::style::{Ink, Text, harmless};
use super::verdicts::decisive;
use super::words::count;
use crate::cli::iam_users::PageLanguage;
use words::{Vocabulary, vocabulary};

/// Reasons shown of each user.
const REASONS: usize = 4;
/// Users shown of those nothing happens to.
const SHOWN: usize = 60;

/// What is shown.
pub(crate) struct Shown<'a> {
    pub(crate) standings: &'a [&'a Standing],
    /// Changes that switching off and deleting make.
    pub(crate) operations: &'a [Operation],
    /// What their reasons rest on: the sentence that decided is said in the language of the rest.
    pub(crate) verdicts: &'a [UserVerdict],
    pub(crate) account_names: &'a BTreeMap<AccountId, String>,
    pub(crate) language: PageLanguage,
}

impl Shown<'_> {
    fn vocabulary(&self) -> &'static Vocabulary {
        vocabulary(self.language)
    }

    fn reason(&self, standing: &Standing, reason: &Reason) -> String {
        let said = self.vocabulary().reason;
        match reason {
            Reason::NotAPersons { verdict, because: Some(because) } if self.language == PageLanguage::Ja => {
                let judged = self.verdicts.iter().find(|one| one.user == standing.user);
                let because = judged.map_or_else(|| because.clone(), |judged| decisive(because, judged));
                said(&Reason::NotAPersons { verdict: *verdict, because: Some(because) })
            }
            reason => said(reason),
        }
    }

    fn summary(&self, operation: &Operation) -> String {
        let japanese = || words::japanese_summary(operation);
        let found = (self.language == PageLanguage::Ja).then(japanese).flatten();
        found.unwrap_or_else(|| operation.meaning.summary.clone())
    }

    fn account(&self, id: &AccountId) -> String {
        self.account_names.get(id).map_or_else(|| id.to_string(), |name| format!("{} ({id})", harmless(name)))
    }

    fn with(&self, next: Next) -> Vec<&Standing> {
        self.standings.iter().filter(|one| one.next == next).copied().collect()
    }
}

const ORDER: [Next; 6] = [Next::Delete, Next::SwitchOff, Next::Announce, Next::Wait, Next::Hold, Next::Refuse];

/// As text: what happens first, then what waits, what is held, what is refused.
pub(crate) fn lines(shown: &Shown<'_>) -> Vec<Line> {
    let vocabulary = shown.vocabulary();
    let mut lines = Vec::new();
    for next in ORDER {
        let users = shown.with(next);
        if users.is_empty() {
            continue;
        }
        if !lines.is_empty() {
            lines.push(Line::empty());
        }
        let title = (vocabulary.title)(next);
        lines.push(Line::from(Text::new().with(ink(next), title).and(format!(": {}", users.len()))));
        for standing in users.iter().take(SHOWN) {
            lines.extend(user_lines(shown, standing));
        }
        if let Some(more) = users.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            lines.push(Line::from(Text::plain("  ").with(Ink::Faint, (vocabulary.more)(more))));
        }
    }
    if lines.is_empty() {
        lines.push(Line::from(Text::plain(vocabulary.nobody)));
    }
    lines
}

fn user_lines(shown: &Shown<'_>, standing: &Standing) -> Vec<Line> {
    let vocabulary = shown.vocabulary();
    let mut title = Text::plain("  ").with(Ink::Strong, harmless(&standing.user.name));
    title = title.and(format!("  {}", shown.account(&standing.user.account)));
    if let Some(owner) = &standing.owner {
        title = title.with(Ink::Faint, format!("  {}", (vocabulary.owner)(&harmless(owner), standing.has_left)));
    }
    let risk = Text::new().with(Ink::Faint, (vocabulary.risk)(standing.risk));
    let mut lines = vec![Line::from(title).aside(Some(risk))];
    for operation in shown.operations {
        if operation.change.iam_user() == Some(&standing.user) {
            let text = Text::plain(format!("    {}", harmless(&shown.summary(operation))));
            lines.push(Line::from(text).hanging(6));
        }
    }
    for reason in standing.reasons.iter().take(REASONS) {
        let text = Text::plain(format!("    · {}", harmless(&shown.reason(standing, reason))));
        lines.push(Line::from(text).hanging(6));
    }
    if let Some(more) = standing.reasons.len().checked_sub(REASONS).filter(|more| *more > 0) {
        lines.push(Line::from(Text::plain("    ").with(Ink::Faint, (vocabulary.more)(more))));
    }
    lines
}

fn ink(next: Next) -> Ink {
    match next {
        Next::Delete | Next::SwitchOff => Ink::Error,
        Next::Announce => Ink::Strong,
        Next::Wait => Ink::Good,
        Next::Hold => Ink::Warning,
        Next::Refuse => Ink::Faint,
    }
}

/// `Announce 3, switch off 2, delete 1?`
pub(crate) fn question(announced: usize, switched_off: usize, deleted: usize) -> String {
    let mut parts = Vec::new();
    if announced > 0 {
        parts.push(format!("announce {}", count(announced, "user")));
    }
    if switched_off > 0 {
        parts.push(format!("switch {} off", count(switched_off, "user")));
    }
    if deleted > 0 {
        parts.push(format!("delete {} for good", count(deleted, "user")));
    }
    let text = parts.join(", ");
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}?", letters.as_str())
}

/// The versioned form for programs.
#[derive(Debug, Serialize)]
pub(crate) struct RetirementV1<'a> {
    schema_version: u32,
    as_of: Timestamp,
    users: Vec<UserV1<'a>>,
}

#[derive(Debug, Serialize)]
struct UserV1<'a> {
    account_id: &'a AccountId,
    account_name: Option<&'a str>,
    name: &'a str,
    user_id: &'a str,
    owner: Option<&'a str>,
    has_left: bool,
    stage: Stage,
    next: Next,
    risk: Risk,
    reasons: &'a [Reason],
    /// The reasons in words.
    says: Vec<String>,
    /// What would be done, in words.
    changes: Vec<String>,
}

impl<'a> RetirementV1<'a> {
    pub(crate) fn new(shown: &'a Shown<'a>, as_of: Timestamp) -> Self {
        let users = shown.standings.iter().map(|standing| {
            let mine = shown.operations.iter().filter(|one| one.change.iam_user() == Some(&standing.user));
            UserV1 {
                account_id: &standing.user.account,
                account_name: shown.account_names.get(&standing.user.account).map(String::as_str),
                name: &standing.user.name,
                user_id: &standing.user_id,
                owner: standing.owner.as_deref(),
                has_left: standing.has_left,
                stage: standing.stage,
                next: standing.next,
                risk: standing.risk,
                reasons: &standing.reasons,
                says: standing.reasons.iter().map(|reason| shown.reason(standing, reason)).collect(),
                changes: mine.map(|operation| shown.summary(operation)).collect(),
            }
        });
        Self { schema_version: 1, as_of, users: users.collect() }
    }
}

#[cfg(test)]
mod tests;
