//! The organization: root, OUs, accounts, tags, delegated administrators.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::former_account::FormerAccount;
use super::handshake::{Handshake, ResourcePolicy};
use super::id::AccountId;

/// Tags of anything, by key.
pub(crate) type Tags = BTreeMap<String, String>;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Organization {
    /// `o-…`
    pub(crate) id: String,
    /// `r-…`
    pub(crate) root: String,
    pub(crate) root_tags: Tags,
    pub(crate) management: AccountId,
    pub(crate) delegations: Vec<Delegation>,
    pub(crate) units: BTreeMap<String, Unit>,
    pub(crate) accounts: BTreeMap<AccountId, Account>,
    /// Service control policies by id.
    pub(crate) policies: BTreeMap<String, ControlPolicy>,
    /// Ids of the policies attached to a root, OU or account.
    pub(crate) attached: BTreeMap<String, BTreeSet<String>>,
    /// Whether service control policies are enabled in the root.
    pub(crate) controls: bool,
    #[serde(skip)]
    children: BTreeMap<String, Children>,
    /// Invitations by id.
    #[serde(default)]
    pub(crate) handshakes: BTreeMap<String, Handshake>,
    /// Services with trusted access, and since when.
    #[serde(default)]
    pub(crate) trusted_services: BTreeMap<String, Timestamp>,
    #[serde(default)]
    pub(crate) resource_policy: Option<ResourcePolicy>,
    /// Accounts that left, in a state of the first format; they belong to no organization, and are kept so since.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) former: BTreeMap<AccountId, FormerAccount>,
}

/// A service control policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ControlPolicy {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) content: String,
    pub(crate) of_aws: bool,
    pub(crate) tags: Tags,
}

/// AWS's policy that every root, OU and account has when service control policies are enabled.
pub(crate) const FULL_ACCESS: &str = "p-FullAWSAccess";

/// A service that another account administers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Delegation {
    pub(crate) account: AccountId,
    pub(crate) service_principal: String,
    pub(crate) since: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unit {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) parent: String,
    pub(crate) tags: Tags,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) id: AccountId,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) state: AccountState,
    pub(crate) joined_at: Timestamp,
    pub(crate) invited: bool,
    pub(crate) parent: String,
    pub(crate) tags: Tags,
}

/// `Account.State`; the retired `Status` knows fewer.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum AccountState {
    /// In use.
    Active,
    /// Closed or closed by AWS; its roles cannot be changed.
    Suspended,
    /// Being closed.
    PendingClosure,
}

impl AccountState {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
            Self::PendingClosure => "PENDING_CLOSURE",
        }
    }
}

/// What lies directly below a root or OU.
#[derive(Debug, Clone, Default)]
pub(crate) struct Children {
    pub(crate) units: BTreeSet<String>,
    pub(crate) accounts: BTreeSet<AccountId>,
}

impl ControlPolicy {
    fn full_access() -> Self {
        Self {
            name: "FullAWSAccess".to_owned(),
            description: "Allows access to every operation".to_owned(),
            content: r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#
                .to_owned(),
            of_aws: true,
            tags: Tags::new(),
        }
    }
}

static NONE: Children = Children { units: BTreeSet::new(), accounts: BTreeSet::new() };

impl Organization {
    pub(crate) fn new(id: String, root: String, management: AccountId) -> Self {
        let children = BTreeMap::from([(root.clone(), Children::default())]);
        let attached = BTreeMap::from([(root.clone(), BTreeSet::from([FULL_ACCESS.to_owned()]))]);
        Self {
            id,
            root,
            root_tags: Tags::new(),
            management,
            delegations: Vec::new(),
            units: BTreeMap::new(),
            accounts: BTreeMap::new(),
            policies: BTreeMap::from([(FULL_ACCESS.to_owned(), ControlPolicy::full_access())]),
            attached,
            controls: true,
            children,
            handshakes: BTreeMap::new(),
            trusted_services: BTreeMap::new(),
            resource_policy: None,
            former: BTreeMap::new(),
        }
    }

    /// Makes the index again, which is not in a state file nor in an older version.
    pub(crate) fn index(&mut self) {
        self.children = BTreeMap::from([(self.root.clone(), Children::default())]);
        for unit in self.units.values() {
            self.children.entry(unit.parent.clone()).or_default().units.insert(unit.id.clone());
            self.children.entry(unit.id.clone()).or_default();
        }
        for account in self.accounts.values() {
            self.children.entry(account.parent.clone()).or_default().accounts.insert(account.id);
        }
    }

    pub(crate) fn is_parent(&self, id: &str) -> bool {
        self.children.contains_key(id)
    }

    pub(crate) fn children(&self, parent: &str) -> &Children {
        self.children.get(parent).unwrap_or(&NONE)
    }

    /// Whether the account administers any service for the organization.
    pub(crate) fn is_delegated(&self, account: AccountId) -> bool {
        self.delegations.iter().any(|delegation| delegation.account == account)
    }

    /// Whether the account administers this service (`sso.amazonaws.com`) for the organization.
    pub(crate) fn administers(&self, account: AccountId, service: &str) -> bool {
        let mut rows = self.delegations.iter();
        rows.any(|row| row.account == account && row.service_principal == service)
    }

    /// Takes an account out: its tags and policies are gone with it. What is known of it besides comes back.
    pub(crate) fn remove_account(&mut self, id: AccountId) -> Option<FormerAccount> {
        let account = self.accounts.remove(&id)?;
        if let Some(children) = self.children.get_mut(&account.parent) {
            children.accounts.remove(&id);
        }
        self.attached.remove(&id.to_string());
        Some(FormerAccount { name: account.name, email: account.email })
    }

    /// Takes an OU out that nothing lies in.
    pub(crate) fn remove_unit(&mut self, id: &str) {
        let Some(unit) = self.units.remove(id) else { return };
        if let Some(children) = self.children.get_mut(&unit.parent) {
            children.units.remove(id);
        }
        self.children.remove(id);
        self.attached.remove(id);
    }

    pub(crate) fn is_active(&self, account: AccountId) -> bool {
        self.accounts.get(&account).is_some_and(|account| account.state == AccountState::Active)
    }

    pub(crate) fn add_unit(&mut self, unit: Unit) {
        self.children.entry(unit.parent.clone()).or_default().units.insert(unit.id.clone());
        self.children.entry(unit.id.clone()).or_default();
        if self.controls {
            self.attached.entry(unit.id.clone()).or_default().insert(FULL_ACCESS.to_owned());
        }
        self.units.insert(unit.id.clone(), unit);
    }

    pub(crate) fn add_account(&mut self, account: Account) {
        self.children.entry(account.parent.clone()).or_default().accounts.insert(account.id);
        if self.controls {
            self.attached.entry(account.id.to_string()).or_default().insert(FULL_ACCESS.to_owned());
        }
        self.accounts.insert(account.id, account);
    }

    pub(crate) fn move_account(&mut self, id: AccountId, to: &str) {
        let Some(account) = self.accounts.get_mut(&id) else { return };
        let from = std::mem::replace(&mut account.parent, to.to_owned());
        if let Some(children) = self.children.get_mut(&from) {
            children.accounts.remove(&id);
        }
        self.children.entry(to.to_owned()).or_default().accounts.insert(id);
    }

    /// The id of the OU with this name directly below `parent`.
    pub(crate) fn unit_named(&self, parent: &str, name: &str) -> Option<&str> {
        let units = self.children(parent).units.iter();
        units.map(String::as_str).find(|id| self.units.get(*id).is_some_and(|unit| unit.name == name))
    }

    /// The ids from the root down to (and with) this parent.
    pub(crate) fn lineage(&self, parent: &str) -> Vec<&str> {
        let mut ids = Vec::new();
        let mut here = Some(parent);
        while let Some(id) = here.filter(|id| self.is_parent(id)) {
            let unit = self.units.get(id);
            ids.push(unit.map_or(self.root.as_str(), |unit| unit.id.as_str()));
            here = unit.map(|unit| unit.parent.as_str());
        }
        ids.reverse();
        ids
    }

    /// Enables service control policies: AWS's policy is attached everywhere.
    pub(crate) fn enable_controls(&mut self) {
        self.controls = true;
        let accounts = self.accounts.keys().map(ToString::to_string);
        let targets: Vec<String> =
            std::iter::once(self.root.clone()).chain(self.units.keys().cloned()).chain(accounts).collect();
        for target in targets {
            self.attached.entry(target).or_default().insert(FULL_ACCESS.to_owned());
        }
    }

    /// Id and text of the service control policies that bind an account, from the root down to it; none for the management
    /// account and while they are not enabled.
    pub(crate) fn service_control(&self, account: AccountId) -> Vec<Vec<(&str, &str)>> {
        let Some(found) = self.accounts.get(&account).filter(|_| self.controls && account != self.management) else {
            return Vec::new();
        };
        let own = account.to_string();
        let lineage = self.lineage(&found.parent);
        let targets = lineage.into_iter().chain(std::iter::once(own.as_str()));
        let of_target = |target: &str| {
            let ids = self.attached.get(target).into_iter().flatten();
            let found = ids.filter_map(|id| self.policies.get_key_value(id));
            found.map(|(id, policy)| (id.as_str(), policy.content.as_str())).collect()
        };
        targets.map(of_target).collect()
    }

    /// The ARN of a service control policy.
    pub(crate) fn policy_arn(&self, id: &str) -> String {
        if self.policies.get(id).is_some_and(|policy| policy.of_aws) {
            return format!("arn:aws:organizations::aws:policy/service_control_policy/{id}");
        }
        format!("arn:aws:organizations::{}:policy/{}/service_control_policy/{id}", self.management, self.id)
    }

    pub(crate) fn account_arn(&self, account: AccountId) -> String {
        format!("arn:aws:organizations::{}:account/{}/{account}", self.management, self.id)
    }

    pub(crate) fn unit_arn(&self, unit: &str) -> String {
        format!("arn:aws:organizations::{}:ou/{}/{unit}", self.management, self.id)
    }

    pub(crate) fn root_arn(&self) -> String {
        format!("arn:aws:organizations::{}:root/{}/{}", self.management, self.id, self.root)
    }

    pub(crate) fn handshake_arn(&self, id: &str) -> String {
        format!("arn:aws:organizations::{}:handshake/{}/invite/{id}", self.management, self.id)
    }

    pub(crate) fn arn(&self) -> String {
        format!("arn:aws:organizations::{}:organization/{}", self.management, self.id)
    }
}
