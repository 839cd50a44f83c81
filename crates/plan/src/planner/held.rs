//! Declared assignments that are neither there nor planned, and who keeps what they hold because of them.

use std::collections::{HashMap, HashSet};

use model::{AccountId, Observed, PrincipalId, UserId};

use super::people::People;

/// Who waits for a declared assignment in an account keeps what they hold there: themselves, as a member of a group, or as a group some of
/// whose members wait.
pub(crate) struct Held<'a> {
    people: People<'a>,
    accounts: HashMap<&'a AccountId, Waiting<'a>>,
}

/// Those of one account who wait, each with why.
#[derive(Default)]
struct Waiting<'a> {
    principals: HashMap<&'a PrincipalId, String>,
    users: HashMap<&'a UserId, &'a PrincipalId>,
    /// A group whose members are not known: it may be anybody.
    anybody: Option<&'a PrincipalId>,
}

impl<'a> Held<'a> {
    pub(crate) fn new(observed: &'a Observed) -> Self {
        Self { people: People::new(observed), accounts: HashMap::new() }
    }

    /// The assignment of the principal in the account is not made, for this reason. Who is gone lets nobody else in.
    pub(crate) fn add(&mut self, account: &'a AccountId, principal: &'a PrincipalId, is_gone: bool, reason: &str) {
        let waiting = self.accounts.entry(account).or_default();
        if waiting.principals.contains_key(principal) {
            return;
        }
        waiting.principals.insert(principal, reason.to_owned());
        match principal {
            _ if is_gone => {}
            PrincipalId::User(user) => {
                waiting.users.entry(user).or_insert(principal);
            }
            PrincipalId::Group(group) => match self.people.members(group) {
                Some(members) => {
                    for member in members {
                        waiting.users.entry(member).or_insert(principal);
                    }
                }
                None => waiting.anybody = waiting.anybody.or(Some(principal)),
            },
        }
    }

    /// Why the principal keeps what it holds in the account.
    pub(crate) fn waits(&mut self, account: &AccountId, principal: &PrincipalId) -> Option<String> {
        let waiting = self.accounts.get(account)?;
        let by = match principal {
            _ if waiting.principals.contains_key(principal) => Some(principal),
            PrincipalId::User(user) => waiting.users.get(user).copied().or(waiting.anybody),
            PrincipalId::Group(group) => match self.people.members(group) {
                // Nobody is in it who could lose anything.
                Some(members) if members.is_empty() => None,
                Some(members) => first(&waiting.users, members).or(waiting.anybody),
                None => waiting.users.values().min().copied().or(waiting.anybody),
            },
        };
        let reason = waiting.principals.get(by?)?;
        Some(format!("what replaces it is not planned: {reason}"))
    }
}

/// The principal for which a member waits, the same in every run.
fn first<'a>(waiting: &HashMap<&'a UserId, &'a PrincipalId>, members: &HashSet<&UserId>) -> Option<&'a PrincipalId> {
    members.iter().filter_map(|member| waiting.get(*member).copied()).min()
}
