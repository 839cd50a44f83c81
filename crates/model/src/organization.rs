//! The tree of an AWS organization.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, OrganizationalUnitId};

/// `State` of an account (Organizations API; the older `Status` is retired).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AccountState {
    /// Being set up.
    PendingActivation,
    /// In use.
    Active,
    /// Closed by AWS or on request; provisioning fails there.
    Suspended,
    /// Being closed.
    PendingClosure,
    /// Closed.
    Closed,
}

impl AccountState {
    /// Whether Identity Center can provision into the account.
    #[must_use]
    pub fn is_active(self) -> bool {
        self == Self::Active
    }

    /// The word AWS uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PendingActivation => "PENDING_ACTIVATION",
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
            Self::PendingClosure => "PENDING_CLOSURE",
            Self::Closed => "CLOSED",
        }
    }
}

/// An account of the organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Twelve digits.
    pub id: AccountId,
    /// Name; not unique.
    pub name: String,
    /// Address of its root user.
    pub email: String,
    /// Whether it is in use.
    pub state: AccountState,
    /// The OU or root that holds it.
    pub parent: OrganizationalUnitId,
    /// Tags, unknown where they could not be read.
    pub tags: crate::Reading<BTreeMap<String, String>>,
}

/// An organizational unit, or a root (whose parent is none and whose name is AWS's `Root`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationalUnit {
    /// `ou-…` or `r-…`.
    pub id: OrganizationalUnitId,
    /// Name, unique among its siblings.
    pub name: String,
    /// The unit above; none for a root.
    pub parent: Option<OrganizationalUnitId>,
}

/// Roots, units and accounts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Organization {
    /// The account that owns the organization.
    pub management_account: Option<AccountId>,
    /// Roots and units by id.
    pub units: BTreeMap<OrganizationalUnitId, OrganizationalUnit>,
    /// Accounts by id.
    pub accounts: BTreeMap<AccountId, Account>,
}

impl Organization {
    /// Path of a unit from the root: `/service/minimo`; the root is `/`. None when a parent is missing.
    #[must_use]
    pub fn unit_path(&self, unit: &OrganizationalUnitId) -> Option<String> {
        let mut names = Vec::new();
        let mut at = self.units.get(unit)?;
        // The tree is at most five deep in AWS; the bound only stops a damaged one.
        for _ in 0..64 {
            match &at.parent {
                None => {
                    names.reverse();
                    return Some(format!("/{}", names.join("/")));
                }
                Some(parent) => {
                    names.push(at.name.as_str());
                    at = self.units.get(parent)?;
                }
            }
        }
        None
    }

    /// Path of the unit that holds an account.
    #[must_use]
    pub fn account_path(&self, account: &AccountId) -> Option<String> {
        self.unit_path(&self.accounts.get(account)?.parent)
    }

    /// Whether `account` owns the organization.
    #[must_use]
    pub fn is_management(&self, account: &AccountId) -> bool {
        self.management_account.as_ref() == Some(account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_made_of_names() {
        let unit = |id: &str, name: &str, parent: Option<&str>| {
            let id = OrganizationalUnitId::new(id).unwrap();
            (id.clone(), OrganizationalUnit { id, name: name.into(), parent: parent.map(|text| text.parse().unwrap()) })
        };
        let organization = Organization {
            units: [
                unit("r-1", "Root", None),
                unit("ou-1", "service", Some("r-1")),
                unit("ou-2", "minimo", Some("ou-1")),
                unit("ou-3", "lost", Some("ou-9")),
            ]
            .into(),
            ..Organization::default()
        };
        let path = |id: &str| organization.unit_path(&id.parse().unwrap());
        assert_eq!(path("r-1").as_deref(), Some("/"));
        assert_eq!(path("ou-2").as_deref(), Some("/service/minimo"));
        assert_eq!(path("ou-3"), None);
    }
}
