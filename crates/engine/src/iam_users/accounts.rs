//! Which accounts are looked into, and through which door.

use std::collections::BTreeMap;

use model::id::AccountId;
use ports::{AwsError, AwsErrorKind, IamDoor, IamRead, ListedAccount};

/// A door that somebody wrote down for an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownDoor {
    /// The account.
    pub id: AccountId,
    /// Its name, where it is written.
    pub name: Option<String>,
    /// ARN of a role in it, or a profile; none where neither is written.
    pub door: Option<IamDoor>,
}

/// What was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// Names or ids of accounts; all active ones if there is none.
    pub accounts: Vec<String>,
    /// Name (with path) of the role that lies in every account.
    pub role: Option<String>,
    /// The written list.
    pub known: Vec<KnownDoor>,
}

/// An account and its door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountToRead {
    /// The account.
    pub id: AccountId,
    /// Its name, where anybody knows it.
    pub name: Option<String>,
    /// How it is entered.
    pub door: IamDoor,
}

/// What is read, and what is not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Accounts, in the order of their ids.
    pub accounts: Vec<AccountToRead>,
    /// Name, where anybody knows it, and reason of accounts that are left out.
    pub left_out: BTreeMap<AccountId, (Option<String>, String)>,
    /// Why the organization's accounts are not among them, if they are not.
    pub without_organization: Option<String>,
}

/// Why no accounts could be chosen.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AccountsError {
    /// AWS does not say who calls.
    #[error("cannot tell whose credentials these are")]
    Caller(#[source] AwsError),
    /// Accounts cannot be found by name, or at all.
    #[error("the accounts of the organization cannot be listed")]
    Listing(#[source] AwsError),
    /// Nobody knows this one.
    #[error("no account named `{wanted}`")]
    NoSuchAccount {
        /// As written.
        wanted: String,
        /// Names there are.
        names: Vec<String>,
    },
    /// Several have this name.
    #[error("`{wanted}` is the name of {} accounts", ids.len())]
    Ambiguous {
        /// As written.
        wanted: String,
        /// Their ids.
        ids: Vec<AccountId>,
    },
    /// It is not said how to enter accounts.
    #[error("no role is named through which {count} {} can be entered", if *count == 1 { "account" } else { "accounts" })]
    NoRole {
        /// How many accounts.
        count: usize,
        /// The caller's own account, which needs none.
        own: AccountId,
    },
}

/// Finds out which accounts are meant, and how each is entered: by the door written for it, with the caller's own credentials where it is
/// the caller's, else by the role of the given name.
///
/// # Errors
/// When an account is not known or cannot be entered, and where it is not known which accounts there are.
pub async fn select(read: &dyn IamRead, wish: &Wish) -> Result<Selection, AccountsError> {
    let own = read.own_account().await.map_err(AccountsError::Caller)?;
    let ids: Option<Vec<AccountId>> = wish.accounts.iter().map(|text| AccountId::new(text).ok()).collect();
    let listed = match read.organization_accounts().await {
        Ok(listed) => Ok(listed),
        // There is nothing to list, or who is meant is clear without the list.
        Err(error) if is_without_organization(&error) || may_do_without(&error, wish) => Err(error.to_string()),
        Err(error) if !wish.accounts.is_empty() && ids.is_some() => Err(error.to_string()),
        Err(error) => return Err(AccountsError::Listing(error)),
    };
    let without_organization = listed.as_ref().err().cloned();
    let known = Known { own, wish, accounts: names(wish, listed.unwrap_or_default(), &ids.unwrap_or_default()) };
    let mut selection = known.chosen()?;
    selection.without_organization = without_organization;
    Ok(selection)
}

fn is_without_organization(error: &AwsError) -> bool {
    error.code.as_deref() == Some("AWSOrganizationsNotInUseException")
}

/// Whoever enters accounts by doors of their own, and names no role that would open others, may be somebody whom the organization's management
/// lists nothing. A list that fails otherwise could have named more accounts.
fn may_do_without(error: &AwsError, wish: &Wish) -> bool {
    let doors = wish.known.iter().any(|known| known.door.is_some());
    error.kind == AwsErrorKind::AccessDenied && doors && wish.role.is_none()
}

/// Names and states of all accounts that are listed, written down, or asked for by id.
fn names(
    wish: &Wish,
    listed: Vec<ListedAccount>,
    ids: &[AccountId],
) -> BTreeMap<AccountId, (Option<String>, Option<String>)> {
    let mut accounts: BTreeMap<AccountId, (Option<String>, Option<String>)> =
        ids.iter().map(|id| (id.clone(), (None, None))).collect();
    for known in &wish.known {
        let found = accounts.entry(known.id.clone()).or_default();
        found.0.clone_from(&known.name);
    }
    for account in listed {
        accounts.insert(account.id, (Some(account.name), account.inactive));
    }
    accounts
}

struct Known<'a> {
    own: AccountId,
    wish: &'a Wish,
    accounts: BTreeMap<AccountId, (Option<String>, Option<String>)>,
}

impl Known<'_> {
    fn chosen(mut self) -> Result<Selection, AccountsError> {
        self.accounts.entry(self.own.clone()).or_default();
        let mut wanted = Vec::new();
        for text in &self.wish.accounts {
            wanted.push(self.find(text)?);
        }
        let all = wanted.is_empty();
        let (mut selection, mut closed) = (Selection::default(), Vec::new());
        for (id, (name, inactive)) in &self.accounts {
            if !all && !wanted.contains(id) {
                continue;
            }
            if let Some(state) = inactive {
                selection.left_out.insert(id.clone(), (name.clone(), state.clone()));
                continue;
            }
            match self.door(id) {
                Some(door) => selection.accounts.push(AccountToRead { id: id.clone(), name: name.clone(), door }),
                None => closed.push((id.clone(), name.clone())),
            }
        }
        // Whoever wrote doors down meant these accounts, as long as no other is asked for by name.
        let written = self.wish.known.iter().any(|known| known.door.is_some());
        if all && written {
            let reason = "no role or profile is named for it";
            selection.left_out.extend(closed.into_iter().map(|(id, name)| (id, (name, reason.to_owned()))));
        } else if !closed.is_empty() {
            return Err(AccountsError::NoRole { count: closed.len(), own: self.own });
        }
        Ok(selection)
    }

    fn door(&self, id: &AccountId) -> Option<IamDoor> {
        let written = self.wish.known.iter().find(|known| known.id == *id).and_then(|known| known.door.clone());
        let own = || (*id == self.own).then_some(IamDoor::Own);
        written.or_else(own).or_else(|| self.wish.role.clone().map(IamDoor::RoleNamed))
    }

    fn find(&self, wanted: &str) -> Result<AccountId, AccountsError> {
        if let Some((id, _)) = self.accounts.iter().find(|(id, _)| id.as_str() == wanted) {
            return Ok(id.clone());
        }
        let named = self.accounts.iter().filter(|(_, (name, _))| name.as_deref() == Some(wanted));
        let ids: Vec<AccountId> = named.map(|(id, _)| id.clone()).collect();
        match ids.as_slice() {
            [one] => Ok(one.clone()),
            [] => {
                let names = self.accounts.values().filter_map(|(name, _)| name.clone()).collect();
                Err(AccountsError::NoSuchAccount { wanted: wanted.to_owned(), names })
            }
            _ => Err(AccountsError::Ambiguous { wanted: wanted.to_owned(), ids }),
        }
    }
}
