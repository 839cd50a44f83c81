//! [`Catalog`] × [`Observed`] → [`Declared`]: names become ids, selectors become accounts.
//!
//! Nothing that a name or selector loses on the way is ever withdrawn: what cannot be looked up, what means another id
//! than before, and what a selector no longer matches becomes an [`model::Unresolved`] whose footprint stays as it is.

mod account_table;
mod accounts;
mod bindings;
mod entries;
mod principals;
mod sets;
mod switch_roles;
mod units;

use std::collections::BTreeSet;

use model::declared::Bindings;
use model::{Declared, Observed};

use crate::catalog::Catalog;
use crate::diagnostic::{Diagnostic, Place, Severity};
use crate::parse::sort;

/// What came of resolving a catalog.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// What is declared, in ids.
    pub declared: Declared,
    /// What is to be said about it, by file and place.
    pub diagnostics: Vec<Diagnostic>,
}

impl Resolved {
    /// Whether a reference of the catalog is wrong.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Looks up every name of the catalog in an observation.
///
/// `previous` is what the names meant when the catalog was last applied. `confirmed` holds the names whose new meaning
/// somebody accepted, as the messages write them: `group:minimo-dev`, `account:minimo-prod`, `ou:/service/**`,
/// `except:tag:env=prod`; and `groups`, `users`, `accounts` where it is right that there are none any more.
#[must_use]
pub fn resolve(catalog: &Catalog, observed: &Observed, previous: &Bindings, confirmed: &BTreeSet<String>) -> Resolved {
    let mut resolver = entries::Resolver::new(catalog, observed, previous, confirmed);
    for entry in &catalog.entries {
        resolver.entry(entry);
    }
    let (declared, mut diagnostics) = resolver.finish();
    diagnostics.extend(switch_roles::check(catalog, observed));
    sort(&mut diagnostics);
    Resolved { declared, diagnostics }
}

/// A name or selector that could not be looked up at all: everything it may mean is frozen.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Trouble {
    message: String,
    help: Option<String>,
    /// Code and label, when it is a mistake in the catalog and not a reading that failed.
    mistake: Option<(&'static str, &'static str)>,
}

impl Trouble {
    /// Something that could not be read.
    fn unknown(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, mistake: None }
    }

    /// A reference that is wrong.
    fn mistake(code: &'static str, label: &'static str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: Some(help.into()), mistake: Some((code, label)) }
    }

    /// The error to show where it stands; none when a reading failed, which is told once and not everywhere.
    fn error(&self, place: &Place) -> Option<Diagnostic> {
        let (code, label) = self.mistake?;
        let problem = Diagnostic::new(Severity::Error, code, place, self.message.clone());
        Some(problem.label(label).maybe_help(self.help.clone()))
    }
}

/// Some members that are left as they are, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Frozen {
    /// Indexes into the table of accounts or principals.
    members: Vec<u32>,
    message: String,
    help: String,
    reason: Reason,
}

/// What froze a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    /// It may be another one now, or could not be read: told already.
    Told,
    /// A selector does not match it any more, or cannot be decided: counts only where no other selector of the entry matches it.
    Selection {
        /// Code of the warning.
        code: &'static str,
        /// Its label.
        label: &'static str,
    },
}

/// What to do when the new meaning is right.
fn confirm_help(key: &str) -> String {
    format!("until somebody looks, what they have stays as it is; if this is right: sekisho apply --confirm '{key}'")
}
