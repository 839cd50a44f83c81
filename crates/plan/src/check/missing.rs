//! Who is still without what is declared for them after the plan.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use model::{AccountId, Declared, Observed, PrincipalId, UserId};

/// By account.
pub(super) struct Missing<'a>(BTreeMap<&'a AccountId, Without<'a>>);

#[derive(Default)]
struct Without<'a> {
    principals: BTreeSet<&'a PrincipalId>,
    users: BTreeSet<&'a UserId>,
    /// A group is without, and its members are not known.
    anybody: bool,
}

impl<'a> Missing<'a> {
    /// What `declared` has and `after` has not. Who is gone lets nobody else in.
    pub(super) fn new(
        declared: &'a Declared,
        observed: &'a Observed,
        after: &Observed,
        is_gone: impl Fn(&PrincipalId) -> bool,
    ) -> Self {
        let mut accounts: BTreeMap<&AccountId, Without<'_>> = BTreeMap::new();
        let mut found = after.assignments.iter().peekable();
        for row in declared.assignments.iter() {
            while found.peek().is_some_and(|other| other.cmp(&row) == Ordering::Less) {
                found.next();
            }
            if found.peek() != Some(&row) {
                let (_, account, principal) = row;
                accounts.entry(account).or_default().principals.insert(principal);
            }
        }
        for without in accounts.values_mut() {
            for principal in without.principals.iter().filter(|one| !is_gone(one)) {
                match people(observed, principal) {
                    Some(users) => without.users.extend(users),
                    None => without.anybody = true,
                }
            }
        }
        Self(accounts)
    }

    /// Whether the principal, or one of its people, is without something that it shall have in the account.
    pub(super) fn concerns(&self, observed: &Observed, account: &AccountId, principal: &PrincipalId) -> bool {
        let Some(without) = self.0.get(account) else { return false };
        without.principals.contains(principal)
            || match people(observed, principal) {
                Some(users) => {
                    !users.is_empty() && without.anybody || users.iter().any(|user| without.users.contains(user))
                }
                None => without.anybody || !without.users.is_empty(),
            }
    }
}

/// A user, or the members of a group; none where they are not known.
fn people<'a>(observed: &'a Observed, principal: &'a PrincipalId) -> Option<Vec<&'a UserId>> {
    match principal {
        PrincipalId::User(user) => Some(vec![user]),
        PrincipalId::Group(group) => match observed.memberships.get(group) {
            Some(members) => members.value().map(|members| members.iter().collect()),
            // A deleted group has nobody.
            None => (observed.principal_exists(principal) == Some(false)).then(Vec::new),
        },
    }
}
