//! Which organization an account is in, and how it comes into one, out of it, and from one to another.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::former_account::FormerAccount;
use super::id::{AccountId, SetId, lower};
use super::organization::{Account, AccountState, Organization, Tags};
use super::world::World;

/// How an account came or went: AWS's API reference of AcceptHandshake, LeaveOrganization and RemoveAccountFromOrganization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Created,
    Invited,
    Left,
    Removed,
}

/// An account has joined an organization, or departed from it: what CloudTrail tells the management account.
#[derive(Debug, Clone)]
pub(crate) struct Membership {
    pub(crate) management: AccountId,
    /// `o-…`
    pub(crate) organization: String,
    pub(crate) account: AccountId,
    pub(crate) way: Way,
    pub(crate) at: Timestamp,
}

/// Organizations that standalone accounts have made, by id. None of them has Identity Center.
pub(crate) type Others = BTreeMap<String, Organization>;

impl World {
    /// All organizations, whichever stands in the first place.
    pub(crate) fn organizations(&self) -> impl Iterator<Item = &Organization> {
        std::iter::once(&self.organization).chain(self.others.values())
    }

    fn organizations_mut(&mut self) -> impl Iterator<Item = &mut Organization> {
        std::iter::once(&mut self.organization).chain(self.others.values_mut())
    }

    /// The organization that the account is in.
    pub(crate) fn organization_of(&self, account: AccountId) -> Option<&Organization> {
        self.organizations().find(|organization| organization.accounts.contains_key(&account))
    }

    /// The account, as the organization knows it that it is in.
    pub(crate) fn member(&self, account: AccountId) -> Option<&Account> {
        self.organizations().find_map(|organization| organization.accounts.get(&account))
    }

    pub(crate) fn member_mut(&mut self, account: AccountId) -> Option<&mut Account> {
        self.organizations_mut().find_map(|organization| organization.accounts.get_mut(&account))
    }

    pub(crate) fn organization_mut(&mut self, id: &str) -> Option<&mut Organization> {
        self.organizations_mut().find(|organization| organization.id == id)
    }

    /// The e-mail address of the account's owner, be it in an organization or not.
    pub(crate) fn email(&self, account: AccountId) -> Option<&str> {
        let inside = self.member(account).map(|account| account.email.as_str());
        inside.or_else(|| self.standalone.get(&account).map(|account| account.email.as_str()))
    }

    /// Whether calls reach the account: those outside of any organization stand on their own.
    pub(crate) fn is_usable(&self, account: AccountId) -> bool {
        let active = |account: &Account| account.state == AccountState::Active;
        self.member(account).is_some_and(active) || self.standalone.contains_key(&account)
    }

    /// Whether the account's closure is done: nobody calls from there any more.
    pub(crate) fn is_closed(&self, account: AccountId) -> bool {
        self.member(account).is_some_and(|account| account.state == AccountState::Suspended)
    }

    /// The id of the organization that the account is in, where that is not the first one.
    pub(crate) fn other_of(&self, account: AccountId) -> Option<String> {
        let found = self.others.iter().find(|(_, organization)| organization.accounts.contains_key(&account));
        found.map(|(id, _)| id.clone())
    }

    /// Puts this organization into the first place and the first into its place; a second time undoes it. So what one organization's
    /// callers see and change is their own. An organization that nobody is in is gone then.
    pub(crate) fn trade_places(&mut self, other: Option<&str>) {
        let Some(found) = other.and_then(|id| self.others.get_mut(id)) else { return };
        std::mem::swap(&mut self.organization, found);
        self.others.retain(|_, organization| !organization.accounts.is_empty());
    }

    /// Takes an account out of its organization, and what Identity Center has in it with it. Its IAM goes on.
    pub(crate) fn depart(&mut self, account: AccountId, way: Way, at: Timestamp) {
        let sets: Vec<SetId> = self.center.sets_of(account).collect();
        for set in sets {
            if let Some(role) = self.center.remove_pair(account, set) {
                self.destroy_role(account, set, role);
            }
        }
        let found = self.organizations_mut().find(|organization| organization.accounts.contains_key(&account));
        let Some(organization) = found else { return };
        let (management, id) = (organization.management, organization.id.clone());
        if let Some(gone) = organization.remove_account(account) {
            self.standalone.insert(account, gone);
            self.memberships.push(Membership { management, organization: id, account, way, at });
        }
    }

    /// Takes a standalone account into the organization, at its root.
    pub(crate) fn join(&mut self, id: AccountId, organization: &str, tags: Tags, at: Timestamp) {
        if self.organization_mut(organization).is_none() {
            return;
        }
        let Some(FormerAccount { name, email }) = self.standalone.remove(&id) else { return };
        let Some(found) = self.organization_mut(organization) else { return };
        let (parent, state) = (found.root.clone(), AccountState::Active);
        found.add_account(Account { id, name, email, state, joined_at: at, invited: true, parent, tags });
        let management = found.management;
        let organization = organization.to_owned();
        self.memberships.push(Membership { management, organization, account: id, way: Way::Invited, at });
    }

    /// Makes an organization with this standalone account as its management account, which AWS lists as invited.
    pub(crate) fn found_organization(&mut self, management: AccountId, at: Timestamp) -> Option<&Organization> {
        let FormerAccount { name, email } = self.standalone.remove(&management)?;
        let id = format!("o-{}", lower(&mut self.rng, 10));
        let root = format!("r-{}", lower(&mut self.rng, 4));
        let mut made = Organization::new(id.clone(), root.clone(), management);
        let (state, tags) = (AccountState::Active, Tags::new());
        made.add_account(Account {
            id: management,
            name,
            email,
            state,
            joined_at: at,
            invited: true,
            parent: root,
            tags,
        });
        self.others.insert(id.clone(), made);
        self.others.get(&id)
    }
}
