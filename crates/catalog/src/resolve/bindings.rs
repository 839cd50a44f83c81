//! What names meant before, and what they mean from now on.

use std::collections::{BTreeMap, BTreeSet};

use model::declared::Bindings;

/// Key under which the ids of all accounts are remembered: an account that was not there before cannot have lost anything.
const ALL_ACCOUNTS: &str = "accounts";

/// Compares with the bindings of the last run and collects those of this one.
#[derive(Debug)]
pub(super) struct Memory<'a> {
    previous: &'a Bindings,
    confirmed: &'a BTreeSet<String>,
    new: BTreeMap<String, BTreeSet<String>>,
}

impl<'a> Memory<'a> {
    /// With `keep`, names that are no longer in the catalog stay bound: they may stand in a part that could not be read.
    pub(super) fn new(previous: &'a Bindings, confirmed: &'a BTreeSet<String>, keep: bool) -> Self {
        let new = if keep { previous.entries.clone() } else { BTreeMap::new() };
        Self { previous, confirmed, new }
    }

    pub(super) fn before(&self, key: &str) -> Option<&'a BTreeSet<String>> {
        self.previous.entries.get(key)
    }

    pub(super) fn is_confirmed(&self, key: &str) -> bool {
        self.confirmed.contains(key)
    }

    /// Whether names with one of these prefixes meant something before: then "there are none at all" is not believed.
    pub(super) fn had_any(&self, prefixes: &[&str]) -> bool {
        self.previous
            .entries
            .iter()
            .any(|(key, ids)| !ids.is_empty() && prefixes.iter().any(|prefix| key.starts_with(prefix)))
    }

    /// Whether the account was in the organization before; true when nothing is known about that.
    pub(super) fn account_existed(&self, id: &str) -> bool {
        self.before(ALL_ACCOUNTS).is_none_or(|ids| ids.contains(id))
    }

    pub(super) fn bind(&mut self, key: &str, ids: BTreeSet<String>) {
        self.new.insert(key.to_owned(), ids);
    }

    /// Leaves a name bound as it was.
    pub(super) fn keep(&mut self, key: &str) {
        if let Some(ids) = self.before(key) {
            self.new.insert(key.to_owned(), ids.clone());
        }
    }

    pub(super) fn bind_all_accounts(&mut self, ids: BTreeSet<String>) {
        self.bind(ALL_ACCOUNTS, ids);
    }

    pub(super) fn keep_all_accounts(&mut self) {
        self.keep(ALL_ACCOUNTS);
    }

    pub(super) fn into_bindings(self) -> Bindings {
        Bindings { entries: self.new }
    }
}
