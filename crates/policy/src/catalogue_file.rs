//! A newer catalogue of actions, from a file: a dated text that replaces the embedded one for the rest of the program.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::OnceLock;

use crate::catalogue::{self, AccessLevel};

/// What the first line of a catalogue file begins with; the date stands behind it.
const HEADING: &str = "# sekisho action catalogue 1, as of ";

/// Set once: the file, or that the embedded catalogue is in use.
static INSTALLED: OnceLock<Option<CatalogueFile>> = OnceLock::new();

/// Why a text is no catalogue, or cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueFileError {
    /// The first line is another one.
    #[error("the first line is not `{HEADING}YYYY-MM-DD`")]
    Heading,
    /// A line that is no action.
    #[error("line {line} is not `service`, `Action`, access level and ARN patterns, with tabs between")]
    Line {
        /// Counted from 1.
        line: usize,
    },
    /// There is no action in it.
    #[error("there is no action in it")]
    Empty,
    /// The embedded catalogue was used already.
    #[error("another catalogue is in use already")]
    InUse,
}

/// One action as a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueAction {
    /// AWS's name: `GetObject`.
    pub name: String,
    /// What it does.
    pub level: AccessLevel,
    /// Patterns of the ARNs it can be limited to, `*` for what varies.
    pub resources: Vec<String>,
}

/// A catalogue that can be written and read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueFile {
    /// The day its newest part was collected: `2026-11-22`.
    date: String,
    /// Prefix in lower case → name in lower case → action.
    services: BTreeMap<String, BTreeMap<String, CatalogueAction>>,
}

impl CatalogueFile {
    /// What is in use now.
    #[must_use]
    pub fn current() -> Self {
        let mut file = Self { date: catalogue::date().to_owned(), services: BTreeMap::new() };
        for service in catalogue::services() {
            let actions = service.actions().iter().map(|action| CatalogueAction {
                name: action.name.to_owned(),
                level: action.level,
                resources: action.resources().map(str::to_owned).collect(),
            });
            file.services.insert(service.name.to_owned(), by_name(actions));
        }
        file
    }

    /// Replaces all that is known of a service, as of a day. Answers how many actions are new, and how many are gone.
    pub fn replace(&mut self, service: &str, actions: Vec<CatalogueAction>, date: &str) -> (usize, usize) {
        let new = by_name(actions);
        let service = service.to_lowercase();
        let old = self.services.remove(&service).unwrap_or_default();
        let added = new.keys().filter(|name| !old.contains_key(*name)).count();
        let gone = old.keys().filter(|name| !new.contains_key(*name)).count();
        self.services.insert(service, new);
        date.clone_into(&mut self.date);
        (added, gone)
    }

    /// The day its newest part was collected.
    #[must_use]
    pub fn date(&self) -> &str {
        &self.date
    }

    /// How many services and actions it holds.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        (self.services.len(), self.services.values().map(BTreeMap::len).sum())
    }

    /// The text of the file.
    #[must_use]
    pub fn print(&self) -> String {
        let mut out = format!("{HEADING}{}\n", self.date);
        out.push_str(&self.rows());
        out
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When the text is none.
    pub fn parse(text: &str) -> Result<Self, CatalogueFileError> {
        let (first, rows) = text.split_once('\n').ok_or(CatalogueFileError::Heading)?;
        let date =
            first.trim_end().strip_prefix(HEADING).filter(|date| is_day(date)).ok_or(CatalogueFileError::Heading)?;
        let mut file = Self { date: date.to_owned(), services: BTreeMap::new() };
        for (number, line) in rows.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
            let (service, action) = row(line).ok_or(CatalogueFileError::Line { line: number + 2 })?;
            file.services.entry(service).or_default().insert(action.name.to_lowercase(), action);
        }
        if file.services.is_empty() {
            return Err(CatalogueFileError::Empty);
        }
        Ok(file)
    }

    /// Uses it instead of the embedded catalogue from now on. Has to come before anything that looks an action up.
    ///
    /// # Errors
    /// When a catalogue is in use already.
    pub fn install(self) -> Result<(), CatalogueFileError> {
        INSTALLED.set(Some(self)).map_err(|_| CatalogueFileError::InUse)
    }

    pub(crate) fn rows(&self) -> String {
        let mut out = String::new();
        for (service, actions) in &self.services {
            for action in actions.values() {
                // writing into a string cannot fail
                let _ = writeln!(
                    out,
                    "{service}\t{}\t{}\t{}",
                    action.name,
                    level_name(action.level),
                    action.resources.join(" ")
                );
            }
        }
        out
    }
}

/// The catalogue that was installed; from now on none can be.
pub(crate) fn installed() -> Option<&'static CatalogueFile> {
    INSTALLED.get_or_init(|| None).as_ref()
}

fn by_name(actions: impl IntoIterator<Item = CatalogueAction>) -> BTreeMap<String, CatalogueAction> {
    actions.into_iter().map(|action| (action.name.to_lowercase(), action)).collect()
}

fn row(line: &str) -> Option<(String, CatalogueAction)> {
    let fields: Vec<&str> = line.trim_end_matches('\r').split('\t').collect();
    let [service, name, level, resources] = fields.as_slice() else { return None };
    let word = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    if !word(service) || !word(name) {
        return None;
    }
    let level = AccessLevel::ALL.into_iter().find(|known| level_name(*known) == *level)?;
    let resources = resources.split(' ').filter(|text| !text.is_empty()).map(str::to_owned).collect();
    Some((service.to_lowercase(), CatalogueAction { name: (*name).to_owned(), level, resources }))
}

fn level_name(level: AccessLevel) -> &'static str {
    match level {
        AccessLevel::List => "List",
        AccessLevel::Read => "Read",
        AccessLevel::Tagging => "Tagging",
        AccessLevel::Write => "Write",
        AccessLevel::PermissionsManagement => "Permissions management",
    }
}

/// `2026-11-22`.
fn is_day(text: &str) -> bool {
    text.len() == 10 && crate::value::date(text).is_some()
}
