//! IAM's credential report: one row a user and one for root, as CSV. Read by the names of its columns, because AWS adds some.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// The name AWS gives the row of the root user.
const ROOT: &str = "<root_account>";
/// A report has one row a user and IAM has 5,000 users an account; what is longer than this is none.
const MOST_ROWS: usize = 1_000_000;
/// Most numbered columns of a kind that are looked for (`access_key_1_…`).
const MOST_SLOTS: usize = 16;

/// What a cell says. AWS's three ways to say nothing are three different things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told<T> {
    /// A value.
    Value(T),
    /// `N/A`: there is no such thing, or it was never used.
    NotApplicable,
    /// `no_information`: it was never used since AWS keeps track.
    NoInformation,
    /// `not_supported`: AWS does not say this of root.
    NotSupported,
    /// The report has no such column.
    Missing,
    /// Something else stands there.
    Unreadable(String),
}

impl<T> Told<T> {
    /// The value, where there is one.
    #[must_use]
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            _ => None,
        }
    }
}

/// An access key as the report knows it: a slot without the key's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportKey {
    /// Whether the slot holds a key that can be used.
    pub active: Told<bool>,
    /// When the key was made or last changed.
    pub rotated: Told<Timestamp>,
    /// When it was used, to 15 minutes.
    pub used: Told<Timestamp>,
    /// In which Region.
    pub region: Told<String>,
    /// For which service.
    pub service: Told<String>,
}

/// What the report says of a user, or of root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportRow {
    /// Name.
    pub user: String,
    /// ARN.
    pub arn: String,
    /// When the user was made: tells it from an earlier one of the same name.
    pub created: Told<Timestamp>,
    /// Whether there is a console password.
    pub password_enabled: Told<bool>,
    /// When it was used, to 5 minutes.
    pub password_used: Told<Timestamp>,
    /// When it was set.
    pub password_changed: Told<Timestamp>,
    /// Whether an MFA device is there.
    pub mfa: Told<bool>,
    /// Slots of access keys, in the report's order.
    pub keys: Vec<ReportKey>,
}

/// A credential report.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CredentialReport {
    /// Users, by ARN.
    pub users: BTreeMap<String, ReportRow>,
    /// The root user.
    pub root: Option<ReportRow>,
    /// Rows that are no rows: too few or too many cells, no ARN, or a second one of the same ARN. Whoever they were about is not in
    /// [`CredentialReport::users`].
    pub broken_rows: usize,
}

/// Why a text is no credential report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialReportError {
    /// Nothing stands in it.
    #[error("the credential report is empty")]
    Empty,
    /// It lacks what names a user.
    #[error("the credential report has no column `{0}`")]
    NoColumn(&'static str),
    /// It has no end.
    #[error("the credential report has more than {MOST_ROWS} rows")]
    TooLong,
}

impl CredentialReport {
    /// Reads a report. What one row or cell says wrongly is kept apart; nothing is made up for it.
    ///
    /// # Errors
    /// When it is no report at all.
    pub fn parse(text: &str) -> Result<Self, CredentialReportError> {
        let mut rows = Rows { rest: text.strip_prefix('\u{feff}').unwrap_or(text) };
        let header = rows.next().ok_or(CredentialReportError::Empty)?;
        let columns = Columns::of(&header)?;
        let mut report = Self::default();
        let mut twice = BTreeSet::new();
        for (number, cells) in rows.enumerate() {
            if number >= MOST_ROWS {
                return Err(CredentialReportError::TooLong);
            }
            if cells.len() != header.len() {
                report.broken_rows += 1;
                continue;
            }
            let row = columns.read(&cells);
            if row.user == ROOT {
                report.broken_rows += usize::from(report.root.is_some());
                report.root.get_or_insert(row);
            } else if row.arn.is_empty() || row.user.is_empty() {
                report.broken_rows += 1;
            } else if report.users.contains_key(&row.arn) {
                twice.insert(row.arn);
                report.broken_rows += 1;
            } else {
                report.users.insert(row.arn.clone(), row);
            }
        }
        // Of several rows about one user none can be believed.
        report.broken_rows += twice.len();
        report.users.retain(|arn, _| !twice.contains(arn));
        Ok(report)
    }
}

/// Where each column stands.
struct Columns {
    user: usize,
    arn: usize,
    created: Option<usize>,
    password_enabled: Option<usize>,
    password_used: Option<usize>,
    password_changed: Option<usize>,
    mfa: Option<usize>,
    keys: Vec<[Option<usize>; 5]>,
}

impl Columns {
    fn of(header: &[String]) -> Result<Self, CredentialReportError> {
        let at = |name: &str| header.iter().position(|column| column.trim().eq_ignore_ascii_case(name));
        let parts = ["active", "last_rotated", "last_used_date", "last_used_region", "last_used_service"];
        let slots = (1..=MOST_SLOTS).map(|slot| parts.map(|part| at(&format!("access_key_{slot}_{part}"))));
        Ok(Self {
            user: at("user").ok_or(CredentialReportError::NoColumn("user"))?,
            arn: at("arn").ok_or(CredentialReportError::NoColumn("arn"))?,
            created: at("user_creation_time"),
            password_enabled: at("password_enabled"),
            password_used: at("password_last_used"),
            password_changed: at("password_last_changed"),
            mfa: at("mfa_active"),
            keys: slots.filter(|slot| slot.iter().any(Option::is_some)).collect(),
        })
    }

    fn read(&self, cells: &[String]) -> ReportRow {
        let text = |at: usize| cells.get(at).map(|cell| cell.trim().to_owned()).unwrap_or_default();
        let keys = self.keys.iter().map(|[active, rotated, used, region, service]| ReportKey {
            active: told(cells, *active, boolean),
            rotated: told(cells, *rotated, instant),
            used: told(cells, *used, instant),
            region: told(cells, *region, some_text),
            service: told(cells, *service, some_text),
        });
        ReportRow {
            user: text(self.user),
            arn: text(self.arn),
            created: told(cells, self.created, instant),
            password_enabled: told(cells, self.password_enabled, boolean),
            password_used: told(cells, self.password_used, instant),
            password_changed: told(cells, self.password_changed, instant),
            mfa: told(cells, self.mfa, boolean),
            keys: keys.collect(),
        }
    }
}

fn told<T>(cells: &[String], at: Option<usize>, read: impl Fn(&str) -> Option<T>) -> Told<T> {
    let Some(text) = at.and_then(|at| cells.get(at)) else { return Told::Missing };
    let text = text.trim();
    match text.to_ascii_lowercase().as_str() {
        "n/a" => Told::NotApplicable,
        "no_information" => Told::NoInformation,
        "not_supported" => Told::NotSupported,
        _ => read(text).map_or_else(|| Told::Unreadable(text.to_owned()), Told::Value),
    }
}

fn boolean(text: &str) -> Option<bool> {
    [("true", true), ("false", false)].into_iter().find(|(word, _)| text.eq_ignore_ascii_case(word)).map(|(_, is)| is)
}

fn some_text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// AWS writes `+00:00`; a time without an offset is taken for UTC, which all of AWS's are.
fn instant(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| Some(text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp()))
}

/// Rows of cells, quoted or not (RFC 4180). Lines in which nothing stands are none.
struct Rows<'a> {
    rest: &'a str,
}

impl Iterator for Rows<'_> {
    type Item = Vec<String>;

    fn next(&mut self) -> Option<Vec<String>> {
        self.rest = self.rest.trim_start_matches(['\r', '\n']);
        if self.rest.is_empty() {
            return None;
        }
        let mut cells = Vec::new();
        loop {
            let (cell, rest) = cell(self.rest);
            cells.push(cell);
            match rest.strip_prefix(',') {
                Some(rest) => self.rest = rest,
                None => {
                    self.rest = rest;
                    return Some(cells);
                }
            }
        }
    }
}

/// One cell, and what follows it: a comma, the end of the line, or nothing.
fn cell(text: &str) -> (String, &str) {
    const ENDS: [char; 3] = [',', '\r', '\n'];
    let mut value = String::new();
    let mut rest = text;
    if let Some(quoted) = rest.strip_prefix('"') {
        rest = quoted;
        while let Some(end) = rest.find('"') {
            let (before, after) = rest.split_at(end);
            value.push_str(before);
            rest = after.strip_prefix('"').unwrap_or(after);
            match rest.strip_prefix('"') {
                Some(doubled) => {
                    value.push('"');
                    rest = doubled;
                }
                None => {
                    let (behind, rest) = rest.split_at(rest.find(ENDS).unwrap_or(rest.len()));
                    value.push_str(behind);
                    return (value, rest);
                }
            }
        }
        // A quote that is never closed holds all that follows.
        value.push_str(rest);
        return (value, "");
    }
    let (before, rest) = rest.split_at(rest.find(ENDS).unwrap_or(rest.len()));
    value.push_str(before);
    (value, rest)
}

#[cfg(test)]
mod tests;
