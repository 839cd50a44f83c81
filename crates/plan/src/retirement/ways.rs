//! Who can enter what through Identity Center.

use std::collections::{BTreeMap, BTreeSet};

use model::{AccountId, Declared, Observed, UserId};

use crate::access;

/// Ways into accounts, by the names people go by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ways {
    open: BTreeSet<(String, AccountId)>,
    unknown: BTreeMap<AccountId, String>,
    everywhere_unknown: Option<String>,
}

impl Ways {
    /// Ways into these accounts, as far as they could be read.
    #[must_use]
    pub fn of<'a>(observed: &Observed, accounts: impl IntoIterator<Item = &'a AccountId>) -> Self {
        let mut ways = Self::default();
        let Some(users) = observed.users.value() else {
            ways.everywhere_unknown = Some(observed.users.reason().unwrap_or_default().to_owned());
            return ways;
        };
        let names: BTreeMap<&UserId, Vec<String>> = users
            .iter()
            .map(|(id, user)| {
                (
                    id,
                    [Some(&user.user_name), user.email.as_ref()]
                        .into_iter()
                        .flatten()
                        .map(|name| name.to_lowercase())
                        .collect(),
                )
            })
            .collect();
        let nothing = Declared::default();
        for account in accounts {
            for path in access::who(observed, &nothing, account) {
                let known = path.is_open() && path.provisioned == Some(true);
                let Some(user) = path.user.filter(|_| known) else { continue };
                for name in names.get(&user).into_iter().flatten() {
                    ways.open.insert((name.clone(), account.clone()));
                }
            }
            if let Some(first) = access::unknown(observed, account).into_iter().next() {
                ways.unknown.insert(account.clone(), first);
            }
        }
        ways
    }

    /// These ways and no others.
    #[cfg(test)]
    pub(super) fn with<const COUNT: usize>(open: [(&str, AccountId); COUNT]) -> Self {
        Self { open: open.map(|(who, account)| (who.to_owned(), account)).into(), ..Self::default() }
    }

    /// Whether somebody (user name or e-mail address) can enter the account.
    ///
    /// # Errors
    /// Why it is not known.
    pub fn is_open(&self, who: &str, account: &AccountId) -> Result<bool, &str> {
        if self.open.contains(&(who.to_lowercase(), account.clone())) {
            return Ok(true);
        }
        match self.everywhere_unknown.as_ref().or_else(|| self.unknown.get(account)) {
            Some(reason) => Err(reason),
            None => Ok(false),
        }
    }
}
