//! Accounts as small integers: those of the organization, and those that only assignments or bindings remember.

use std::collections::{BTreeMap, HashMap};

use model::{Account, AccountId, Observed};

use super::units::UnitPaths;

/// Every account that is spoken of.
#[derive(Debug)]
pub(super) struct AccountTable<'a> {
    ids: Vec<AccountId>,
    facts: Vec<Option<&'a Account>>,
    index: HashMap<AccountId, u32>,
    by_name: BTreeMap<&'a str, Vec<u32>>,
    pub(super) units: UnitPaths<'a>,
}

impl<'a> AccountTable<'a> {
    pub(super) fn new(observed: &'a Observed) -> Self {
        let organization = observed.organization.value();
        let mut table = Self {
            ids: Vec::new(),
            facts: Vec::new(),
            index: HashMap::new(),
            by_name: BTreeMap::new(),
            units: UnitPaths::new(organization),
        };
        for account in organization.iter().flat_map(|organization| organization.accounts.values()) {
            let at = table.push(account.id.clone(), Some(account));
            table.by_name.entry(account.name.as_str()).or_default().push(at);
        }
        table
    }

    fn push(&mut self, id: AccountId, facts: Option<&'a Account>) -> u32 {
        let at = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
        self.index.insert(id.clone(), at);
        self.ids.push(id);
        self.facts.push(facts);
        at
    }

    /// The index of an account, also of one that is not in the organization.
    pub(super) fn intern(&mut self, id: &AccountId) -> u32 {
        match self.index.get(id) {
            Some(at) => *at,
            None => self.push(id.clone(), None),
        }
    }

    pub(super) fn id(&self, at: u32) -> Option<&AccountId> {
        self.ids.get(at as usize)
    }

    /// What the organization says of it; none when it is not there.
    pub(super) fn facts(&self, at: u32) -> Option<&'a Account> {
        self.facts.get(at as usize).copied().flatten()
    }

    /// Accounts of the organization with their index.
    pub(super) fn present(&self) -> impl Iterator<Item = (u32, &'a Account)> {
        (0_u32..).zip(&self.facts).filter_map(|(at, facts)| facts.map(|facts| (at, facts)))
    }

    /// Accounts of this name.
    pub(super) fn named(&self, name: &str) -> &[u32] {
        self.by_name.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.by_name.keys().copied()
    }

    /// Name and id, as far as known.
    pub(super) fn label(&self, at: u32) -> String {
        let id = self.id(at).map(AccountId::as_str).unwrap_or_default();
        match self.facts(at) {
            Some(account) => format!("{} ({id})", account.name),
            None => id.to_owned(),
        }
    }

    pub(super) fn into_ids(self) -> Vec<AccountId> {
        self.ids
    }
}
