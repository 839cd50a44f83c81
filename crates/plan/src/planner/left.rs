//! What a plan leaves alone, with the reason.

use std::collections::BTreeMap;

use model::id::AccountId;
use model::plan::{Frozen, Undeclared};

/// Collects what is not done.
#[derive(Debug, Default)]
pub(crate) struct Left {
    pub(crate) frozen: Vec<Frozen>,
    pub(crate) undeclared: Vec<Undeclared>,
    /// Accounts that are not in use, with what was left out there.
    pub(crate) closed: BTreeMap<AccountId, ClosedAccount>,
}

/// Operations left out because an account is not in use.
#[derive(Debug)]
pub(crate) struct ClosedAccount {
    pub(crate) reason: String,
    pub(crate) operations: u64,
}

impl Left {
    pub(crate) fn freeze(&mut self, what: impl Into<String>, reason: impl Into<String>) {
        self.frozen.push(Frozen { what: what.into(), reason: reason.into() });
    }

    pub(crate) fn show(&mut self, what: impl Into<String>, reason: impl Into<String>) {
        self.undeclared.push(Undeclared { what: what.into(), reason: reason.into() });
    }

    pub(crate) fn freeze_closed(&mut self, account: &AccountId, what: impl Into<String>, reason: &str) {
        self.freeze(what, reason);
        self.closed
            .entry(account.clone())
            .or_insert_with(|| ClosedAccount { reason: reason.to_owned(), operations: 0 })
            .operations += 1;
    }
}
