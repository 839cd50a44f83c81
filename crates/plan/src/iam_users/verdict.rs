//! Person or machine?
//!
//! Made to err on one side only: a user that a system may depend on is never called a person's or unused. Each credential is judged for itself; a user
//! is what its credentials are together.

mod cadence;
mod combine;
mod company;
mod credential;
mod log;
mod reason;
mod signs;
mod watched;

pub(crate) use log::iam_service;
pub use reason::{Reason, Tops, UnreadPart, Unseen};

use jiff::Timestamp;
use model::iam_user::{IamInventory, IamUserRef};
use model::key_use::IamUse;
use serde::{Deserialize, Serialize};

use super::earlier::EarlierUse;
use super::owner::OwnerFinding;

/// What somebody or something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// People use it and nothing else does.
    Person,
    /// A system uses it.
    Machine,
    /// People use it, and a system does, too.
    Mixed,
    /// Nothing and nobody has used it for long.
    Unused,
    /// What is known does not suffice.
    Unknown,
}

impl Verdict {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Person, Self::Machine, Self::Mixed, Self::Unused, Self::Unknown];

    /// `person`
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Machine => "machine",
            Self::Mixed => "mixed",
            Self::Unused => "unused",
            Self::Unknown => "unknown",
        }
    }
}

/// Where the lines are drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// A password that nobody used for so many days is unused.
    pub unused_password_days: i64,
    /// A key that nothing used for so many days is unused. Some jobs run once a year.
    pub unused_key_days: i64,
    /// With less log than this, a job that runs each month has too few runs to stand out from somebody's own use of the same key.
    pub least_log_days: i32,
    /// The log must reach so near to the inventory.
    pub most_log_age_days: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { unused_password_days: 90, unused_key_days: 400, least_log_days: 170, most_log_age_days: 3 }
    }
}

/// What is judged by.
#[derive(Debug, Clone, Copy)]
pub struct VerdictInput<'a> {
    /// The users as AWS tells them.
    pub inventory: &'a IamInventory,
    /// What the log shows.
    pub used: &'a IamUse,
    /// Whose they are, as far as that is known: a user named for somebody is not a machine's alone.
    pub owners: &'a std::collections::BTreeMap<IamUserRef, OwnerFinding>,
    /// What earlier inventories tell, if there are any.
    pub earlier: &'a EarlierUse,
    /// When the inventory was taken.
    pub now: Timestamp,
}

/// The verdict on a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UserVerdict {
    /// Which user.
    pub user: IamUserRef,
    /// Its ARN.
    pub arn: String,
    /// The verdict.
    pub verdict: Verdict,
    /// How sure it is: of 100. Nothing is said of unknown.
    pub score: u8,
    /// Why.
    pub reasons: Vec<Reason>,
    /// Its credentials.
    pub parts: Vec<PartVerdict>,
}

impl UserVerdict {
    /// The sentence that decided: of the credential that made the user what it is.
    #[must_use]
    pub fn decisive(&self) -> Option<String> {
        let part = self.parts.iter().find(|part| part.verdict == self.verdict);
        let said = part.and_then(|part| match part.verdict {
            // What could not be told stands last.
            Verdict::Unknown => part.reasons.last(),
            _ => part.reasons.first(),
        });
        said.or_else(|| self.reasons.first()).map(ToString::to_string)
    }
}

/// The verdict on one credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartVerdict {
    /// `console`, `sessions`, or the id of a key.
    pub credential: String,
    /// The verdict.
    pub verdict: Verdict,
    /// How sure it is: of 100.
    pub score: u8,
    /// Why.
    pub reasons: Vec<Reason>,
}

/// Judges every user of the inventory, in order of account and name.
#[must_use]
pub fn judge(input: &VerdictInput<'_>, settings: &Settings) -> Vec<UserVerdict> {
    let logs = log::of_accounts(input, settings);
    let nothing = model::key_use::UserUse::default();
    let users = input.inventory.users().map(|(user, found)| {
        let used = input.used.users.get(&found.arn).unwrap_or(&nothing);
        let log = logs.get(&user.account).unwrap_or(&log::ABSENT);
        combine::user(&user, found, used, log, input, settings)
    });
    users.collect()
}

/// Days from an instant to another.
fn days_between(from: Timestamp, to: Timestamp) -> i64 {
    (to.as_second() - from.as_second()).div_euclid(86_400)
}

/// `2026-03-02`
fn date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// `2026-03-02` of seconds since 1970.
fn date_of(seconds: i64) -> String {
    date(Timestamp::from_second(seconds).unwrap_or_default())
}

/// `1,204`
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 day`, `2 days`
fn count(number: u64, noun: &str) -> String {
    format!("{} {noun}{}", thousands(number), if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests;
