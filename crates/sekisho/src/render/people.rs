//! Who gains and who loses by a plan: the first thing a reader wants to know.

use std::collections::{BTreeMap, BTreeSet};

use model::change::Change;
use model::id::{AccountId, PermissionSetName, UserId};
use model::principal::PrincipalId;
use model::{Observed, Plan};
use serde::Serialize;

use super::words::count;

/// People whose access changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub(crate) struct People {
    /// People who get a permission set in an account where they had it through no path.
    pub(crate) gaining: usize,
    /// People who lose a permission set in an account, and keep it there through no other path.
    pub(crate) losing: usize,
    /// Whether the members of every group concerned are known.
    pub(crate) exact: bool,
}

impl People {
    /// `119 people gain a permission set in an account, 9 lose one`; none when nobody does.
    pub(crate) fn sentence(&self) -> Option<String> {
        let least = if self.exact { "" } else { "at least " };
        let verb = |number: usize, one: &'static str, several: &'static str| if number == 1 { one } else { several };
        let gain = format!("{least}{} {}", count(self.gaining, "person"), verb(self.gaining, "gains", "gain"));
        let lose = format!("{least}{} {}", count(self.losing, "person"), verb(self.losing, "loses", "lose"));
        match (self.gaining, self.losing) {
            (0, 0) => None,
            // Of people that are not known nothing is said.
            (_, 0) if !self.exact => Some(format!("{gain} a permission set in an account")),
            (0, _) if !self.exact => Some(format!("{lose} a permission set in an account")),
            (_, 0) => Some(format!("{gain} a permission set in an account, nobody loses one")),
            (0, _) => Some(format!("{lose} a permission set in an account, nobody gains one")),
            _ => Some(format!("{gain} a permission set in an account, {lose} one")),
        }
    }
}

/// Counts people over the pairs whose assignments the plan changes.
pub(crate) fn of(plan: &Plan, observed: &Observed) -> People {
    type Pair<'a> = (&'a PermissionSetName, &'a AccountId);
    let mut pairs: BTreeMap<Pair<'_>, (BTreeSet<&PrincipalId>, BTreeSet<&PrincipalId>)> = BTreeMap::new();
    for operation in &plan.operations {
        let Some(set) = operation.change.set().map(|set| &set.name) else { continue };
        match &operation.change {
            Change::Assign { account, principal, .. } => {
                _ = pairs.entry((set, account)).or_default().0.insert(principal)
            }
            Change::Withdraw { account, principal, .. } => {
                pairs.entry((set, account)).or_default().1.insert(principal);
            }
            _ => {}
        }
    }
    let (mut gaining, mut losing) = (BTreeSet::new(), BTreeSet::new());
    let mut exact = true;
    for ((set, account), (assigned, withdrawn)) in pairs {
        let before: BTreeSet<&PrincipalId> = observed.assignments.pair_principals(set, account).collect();
        let after = before.iter().filter(|principal| !withdrawn.contains(*principal)).chain(&assigned).copied();
        let had = members(observed, before.iter().copied(), &mut exact);
        let has = members(observed, after, &mut exact);
        gaining.extend(has.difference(&had).copied());
        losing.extend(had.difference(&has).copied());
    }
    People { gaining: gaining.len(), losing: losing.len(), exact }
}

fn members<'o>(
    observed: &'o Observed,
    principals: impl Iterator<Item = &'o PrincipalId>,
    exact: &mut bool,
) -> BTreeSet<&'o UserId> {
    let mut people = BTreeSet::new();
    for principal in principals {
        match principal {
            PrincipalId::User(user) => _ = people.insert(user),
            PrincipalId::Group(group) => match observed.memberships.get(group).and_then(|members| members.value()) {
                Some(members) => people.extend(members),
                None => *exact = false,
            },
        }
    }
    people
}
