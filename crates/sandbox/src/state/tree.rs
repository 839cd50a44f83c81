//! The organization as it was before a change: its accounts one by one, and everything around them as one.

use std::collections::{BTreeMap, BTreeSet};

use super::id::AccountId;
use super::organization::{Account, ControlPolicy, Organization, Tags, Unit};
use super::version::{Entity, Version};

/// OUs, policies and where they are attached, and the root's tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tree {
    units: BTreeMap<String, Unit>,
    root_tags: Tags,
    policies: BTreeMap<String, ControlPolicy>,
    attached: BTreeMap<String, BTreeSet<String>>,
    controls: bool,
}

/// What a change is held against.
#[derive(Debug)]
pub(crate) struct Earlier {
    accounts: BTreeMap<AccountId, Account>,
    tree: Tree,
}

impl Organization {
    /// To be kept while something is done that may change it.
    pub(crate) fn earlier(&self) -> Earlier {
        Earlier { accounts: self.accounts.clone(), tree: self.tree() }
    }

    /// What is not any more as it was, as it was. Every way of changing it is found, because the two are compared.
    pub(crate) fn changed_since(&self, earlier: Earlier) -> Vec<(Entity, Version)> {
        let Earlier { accounts, tree } = earlier;
        let new = self.accounts.keys().filter(|id| !accounts.contains_key(id));
        let mut changed: Vec<(Entity, Version)> =
            new.map(|id| (Entity::Account(*id), Version::Account(None))).collect();
        let other = accounts.into_iter().filter(|(id, account)| self.accounts.get(id) != Some(account));
        changed.extend(other.map(|(id, account)| (Entity::Account(id), Version::Account(Some(Box::new(account))))));
        if tree != self.tree() {
            changed.push((Entity::Tree, Version::Tree(Box::new(tree))));
        }
        changed
    }

    /// Puts this version in the place of the account; [`Organization::index`] has to follow.
    pub(crate) fn replace_account(&mut self, id: AccountId, version: Option<Account>) -> Option<Account> {
        match version {
            Some(version) => self.accounts.insert(id, version),
            None => self.accounts.remove(&id),
        }
    }

    /// Puts this version in the place of what is around the accounts; [`Organization::index`] has to follow.
    pub(crate) fn replace_tree(&mut self, version: Tree) -> Tree {
        Tree {
            units: std::mem::replace(&mut self.units, version.units),
            root_tags: std::mem::replace(&mut self.root_tags, version.root_tags),
            policies: std::mem::replace(&mut self.policies, version.policies),
            attached: std::mem::replace(&mut self.attached, version.attached),
            controls: std::mem::replace(&mut self.controls, version.controls),
        }
    }

    fn tree(&self) -> Tree {
        Tree {
            units: self.units.clone(),
            root_tags: self.root_tags.clone(),
            policies: self.policies.clone(),
            attached: self.attached.clone(),
            controls: self.controls,
        }
    }
}
