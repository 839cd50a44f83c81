//! The Identity Center instance: permission sets, provisioned pairs, assignments.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::application::InstanceSettings;
use super::form;
use super::id::{AccountId, SetId, Uuid, parse_hex16};
use super::organization::Tags;
use super::version::{Entity, Touched, Version};
use crate::page::PageKey;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Center {
    /// The sixteen hexadecimal digits of `ssoins-…`.
    pub(crate) instance: u64,
    pub(crate) created_at: Timestamp,
    pub(crate) tags: Tags,
    pub(crate) sets: BTreeMap<SetId, PermissionSet>,
    #[serde(skip)]
    names: HashMap<String, SetId>,
    #[serde(with = "form::entries")]
    pairs: BTreeMap<(AccountId, SetId), Pair>,
    #[serde(skip)]
    accounts_of: BTreeMap<SetId, BTreeSet<AccountId>>,
    #[serde(skip)]
    held: HashMap<Principal, BTreeSet<(AccountId, SetId)>>,
    #[serde(skip)]
    pub(crate) touched: Touched,
    #[serde(default)]
    pub(crate) settings: InstanceSettings,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PermissionSet {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) relay_state: Option<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) tags: Tags,
    /// What the roles in the accounts are made of. Shared with the roles provisioned from it.
    #[serde(with = "form::content")]
    pub(crate) content: Arc<SetContent>,
    /// Rises with every change of `content`; a pair provisioned at a lower version is stale.
    pub(crate) version: u64,
}

/// The part of a permission set that lives in the accounts, as a role.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SetContent {
    /// ISO 8601, as given (`PT8H`).
    pub(crate) session_duration: String,
    pub(crate) session_seconds: u64,
    pub(crate) managed: Vec<String>,
    pub(crate) customer: Vec<PolicyName>,
    pub(crate) inline: Option<String>,
    pub(crate) boundary: Option<Boundary>,
}

/// A customer managed policy by name and path; it has to exist in each account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PolicyName {
    pub(crate) name: String,
    /// Begins and ends with `/`.
    pub(crate) path: String,
}

impl PolicyName {
    pub(crate) fn arn(&self, account: AccountId) -> String {
        format!("arn:aws:iam::{account}:policy{}{}", self.path, self.name)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Boundary {
    Managed(String),
    Customer(PolicyName),
}

/// A user or group as assignments name it; it may have been deleted since.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Principal {
    /// Whether it is a user or a group.
    pub kind: PrincipalKind,
    /// Its id in the identity store.
    pub id: Uuid,
}

/// `USER` or `GROUP`
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PrincipalKind {
    /// A user of the identity store.
    User,
    /// A group of the identity store.
    Group,
}

impl PrincipalKind {
    /// AWS's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "USER",
            Self::Group => "GROUP",
        }
    }
}

impl PageKey for Principal {
    fn to_token(&self) -> String {
        format!("{}{}", if self.kind == PrincipalKind::User { "u" } else { "g" }, self.id)
    }
    fn from_token(text: &str) -> Option<Self> {
        if let Some(id) = text.strip_prefix('u') {
            return Some(Self { kind: PrincipalKind::User, id: Uuid::parse(id)? });
        }
        Some(Self { kind: PrincipalKind::Group, id: Uuid::parse(text.strip_prefix('g')?)? })
    }
}

/// One set in one account.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Pair {
    pub(crate) principals: BTreeSet<Principal>,
    pub(crate) role: Option<ReservedRole>,
}

/// The role a pair is provisioned as.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct ReservedRole {
    /// The sixteen hexadecimal digits at the end of its name.
    pub(crate) suffix: u64,
    /// The version of the set it was made from.
    pub(crate) version: u64,
}

impl Center {
    pub(crate) fn new(instance: u64, created_at: Timestamp) -> Self {
        Self {
            instance,
            created_at,
            tags: Tags::new(),
            sets: BTreeMap::new(),
            names: HashMap::new(),
            pairs: BTreeMap::new(),
            accounts_of: BTreeMap::new(),
            held: HashMap::new(),
            touched: Touched::default(),
            settings: InstanceSettings::default(),
        }
    }

    /// Makes the indexes again, which are not in a state file.
    pub(crate) fn index(&mut self) {
        self.names = self.sets.iter().map(|(id, set)| (set.name.clone(), *id)).collect();
        self.accounts_of.clear();
        self.held.clear();
        for ((account, set), pair) in &self.pairs {
            self.accounts_of.entry(*set).or_default().insert(*account);
            for principal in &pair.principals {
                self.held.entry(*principal).or_default().insert((*account, *set));
            }
        }
    }

    /// `arn:aws:sso:::instance/ssoins-…`
    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:sso:::instance/ssoins-{:016x}", self.instance)
    }

    pub(crate) fn set_arn(&self, set: SetId) -> String {
        format!("arn:aws:sso:::permissionSet/ssoins-{:016x}/{set}", self.instance)
    }

    /// The id in a permission set's ARN of this instance, whether or not there is such a set.
    pub(crate) fn parse_set_arn(&self, arn: &str) -> Option<SetId> {
        let (instance, set) = arn.strip_prefix("arn:aws:sso:::permissionSet/ssoins-")?.split_once('/')?;
        (parse_hex16(instance)? == self.instance).then(|| SetId::parse(set)).flatten()
    }

    pub(crate) fn set_named(&self, name: &str) -> Option<SetId> {
        self.names.get(name).copied()
    }

    pub(crate) fn add_set(&mut self, id: SetId, set: PermissionSet) {
        self.note_set(id);
        self.names.insert(set.name.clone(), id);
        self.sets.insert(id, set);
    }

    /// Removes the set and the pairs without assignments it may still be provisioned in; they are handed back.
    pub(crate) fn remove_set(&mut self, id: SetId) -> Vec<(AccountId, ReservedRole)> {
        self.note_set(id);
        let Some(set) = self.sets.remove(&id) else { return Vec::new() };
        self.names.remove(&set.name);
        let accounts = self.accounts_of.remove(&id).unwrap_or_default();
        for account in &accounts {
            self.note_pair(*account, id);
        }
        let pairs = accounts.into_iter().filter_map(|account| Some((account, self.pairs.remove(&(account, id))?)));
        pairs.filter_map(|(account, pair)| Some((account, pair.role?))).collect()
    }

    /// Changes what the set's roles are made of; the pairs provisioned so far become stale.
    pub(crate) fn edit(&mut self, id: SetId, change: impl FnOnce(&mut SetContent)) {
        if let Some(set) = self.set_mut(id) {
            change(Arc::make_mut(&mut set.content));
            set.version += 1;
        }
    }

    /// A set, to change what lives in Identity Center alone.
    pub(crate) fn set_mut(&mut self, id: SetId) -> Option<&mut PermissionSet> {
        self.note_set(id);
        self.sets.get_mut(&id)
    }

    fn note_set(&mut self, id: SetId) {
        let sets = &self.sets;
        self.touched.note(Entity::Set(id), || Version::Set(sets.get(&id).cloned().map(Box::new)));
    }

    fn note_pair(&mut self, account: AccountId, set: SetId) {
        let pairs = &self.pairs;
        self.touched.note(Entity::Pair(account, set), || Version::Pair(pairs.get(&(account, set)).cloned()));
    }

    /// Puts a set as it was in the place of what it is, and hands that back.
    pub(crate) fn replace_set(&mut self, id: SetId, version: Option<PermissionSet>) -> Option<PermissionSet> {
        let other = self.sets.remove(&id);
        if let Some(other) = &other
            && self.names.get(&other.name) == Some(&id)
        {
            self.names.remove(&other.name);
        }
        if let Some(version) = version {
            self.names.insert(version.name.clone(), id);
            self.sets.insert(id, version);
        }
        other
    }

    /// Puts a pair as it was in the place of what it is, and hands that back.
    pub(crate) fn replace_pair(&mut self, account: AccountId, set: SetId, version: Option<Pair>) -> Option<Pair> {
        let other = self.pairs.remove(&(account, set));
        for principal in other.iter().flat_map(|pair| &pair.principals) {
            if let Some(held) = self.held.get_mut(principal) {
                held.remove(&(account, set));
            }
        }
        match version {
            Some(version) => {
                for principal in &version.principals {
                    self.held.entry(*principal).or_default().insert((account, set));
                }
                self.accounts_of.entry(set).or_default().insert(account);
                self.pairs.insert((account, set), version);
            }
            None => {
                if let Some(accounts) = self.accounts_of.get_mut(&set) {
                    accounts.remove(&account);
                }
            }
        }
        other
    }

    pub(crate) fn pair(&self, account: AccountId, set: SetId) -> Option<&Pair> {
        self.pairs.get(&(account, set))
    }

    /// Whether the set is present in the account as a role.
    pub(crate) fn is_provisioned(&self, account: AccountId, set: SetId) -> bool {
        self.pair(account, set).is_some_and(|pair| pair.role.is_some())
    }

    /// Whether the role in the account was made from the set as it is now; `None` where there is no role.
    pub(crate) fn is_latest(&self, account: AccountId, set: SetId) -> Option<bool> {
        let role = self.pair(account, set)?.role?;
        Some(self.sets.get(&set).is_some_and(|set| set.version == role.version))
    }

    /// Accounts with a pair of this set, in order.
    pub(crate) fn accounts_of(&self, set: SetId) -> impl Iterator<Item = AccountId> {
        self.accounts_of.get(&set).into_iter().flatten().copied()
    }

    /// Sets with a pair in this account, in order.
    pub(crate) fn sets_of(&self, account: AccountId) -> impl Iterator<Item = SetId> {
        self.pairs.range((account, SetId(0))..=(account, SetId(u64::MAX))).map(|((_, set), _)| *set)
    }

    pub(crate) fn pairs(&self) -> impl Iterator<Item = (AccountId, SetId, &Pair)> {
        self.pairs.iter().map(|((account, set), pair)| (*account, *set, pair))
    }

    pub(crate) fn held(&self, principal: Principal) -> impl Iterator<Item = (AccountId, SetId)> {
        self.held.get(&principal).into_iter().flatten().copied()
    }

    pub(crate) fn is_assigned(&self, account: AccountId, set: SetId, principal: Principal) -> bool {
        self.pair(account, set).is_some_and(|pair| pair.principals.contains(&principal))
    }

    /// Whether anybody is assigned the set anywhere.
    pub(crate) fn is_in_use(&self, set: SetId) -> bool {
        self.accounts_of(set).any(|account| self.pair(account, set).is_some_and(|pair| !pair.principals.is_empty()))
    }

    pub(crate) fn set_role(&mut self, account: AccountId, set: SetId, role: ReservedRole) {
        self.pair_mut(account, set).role = Some(role);
    }

    pub(crate) fn insert(&mut self, account: AccountId, set: SetId, principal: Principal) {
        self.pair_mut(account, set).principals.insert(principal);
        self.held.entry(principal).or_default().insert((account, set));
    }

    /// Takes the assignment away; the role comes back when it was the last one and the pair is gone with it.
    pub(crate) fn remove(&mut self, account: AccountId, set: SetId, principal: Principal) -> Option<ReservedRole> {
        self.note_pair(account, set);
        if let Some(held) = self.held.get_mut(&principal) {
            held.remove(&(account, set));
            if held.is_empty() {
                self.held.remove(&principal);
            }
        }
        let pair = self.pairs.get_mut(&(account, set))?;
        let was_there = pair.principals.remove(&principal);
        if !was_there || !pair.principals.is_empty() {
            return None;
        }
        let pair = self.pairs.remove(&(account, set))?;
        if let Some(accounts) = self.accounts_of.get_mut(&set) {
            accounts.remove(&account);
        }
        pair.role
    }

    /// Takes a pair away with everybody in it; the role comes back.
    pub(crate) fn remove_pair(&mut self, account: AccountId, set: SetId) -> Option<ReservedRole> {
        self.note_pair(account, set);
        self.replace_pair(account, set, None)?.role
    }

    fn pair_mut(&mut self, account: AccountId, set: SetId) -> &mut Pair {
        self.note_pair(account, set);
        self.accounts_of.entry(set).or_default().insert(account);
        self.pairs.entry((account, set)).or_default()
    }
}
