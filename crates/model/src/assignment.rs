//! Assignments as small integers: a million of them is one sorted vector; names stand once in tables.

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, PermissionSetName};
use crate::principal::PrincipalId;

/// One assignment, as indexes into the tables of its [`AssignmentTable`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "(u32, u32, u32)", into = "(u32, u32, u32)")]
pub struct AssignmentKey {
    /// Index into [`AssignmentTable::sets`].
    pub set: u32,
    /// Index into [`AssignmentTable::accounts`].
    pub account: u32,
    /// Index into [`AssignmentTable::principals`].
    pub principal: u32,
}

impl From<(u32, u32, u32)> for AssignmentKey {
    fn from((set, account, principal): (u32, u32, u32)) -> Self {
        Self { set, account, principal }
    }
}

impl From<AssignmentKey> for (u32, u32, u32) {
    fn from(key: AssignmentKey) -> Self {
        (key.set, key.account, key.principal)
    }
}

/// Assignments over three tables of names. Invariant after [`AssignmentTable::build`]: the tables are sorted and
/// free of duplicates, so are the rows, and every index is valid; so index order is name order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AssignmentTable {
    sets: Vec<PermissionSetName>,
    accounts: Vec<AccountId>,
    principals: Vec<PrincipalId>,
    rows: Vec<AssignmentKey>,
}

impl AssignmentTable {
    /// Builds a table from tables in any order (duplicates allowed) and rows that index into them. Rows whose index
    /// is out of range are dropped. Returns, beside the table, for every row kept the position it had in `rows`
    /// (of equal rows the first).
    #[must_use]
    pub fn build(
        sets: Vec<PermissionSetName>,
        accounts: Vec<AccountId>,
        principals: Vec<PrincipalId>,
        rows: &[AssignmentKey],
    ) -> (Self, Vec<u32>) {
        let (sets, set_at) = sort_table(sets);
        let (accounts, account_at) = sort_table(accounts);
        let (principals, principal_at) = sort_table(principals);
        let mut keyed: Vec<(AssignmentKey, u32)> = rows
            .iter()
            .zip(0_u32..)
            .filter_map(|(row, position)| {
                Some((
                    AssignmentKey {
                        set: *set_at.get(row.set as usize)?,
                        account: *account_at.get(row.account as usize)?,
                        principal: *principal_at.get(row.principal as usize)?,
                    },
                    position,
                ))
            })
            .collect();
        keyed.sort_unstable();
        keyed.dedup_by_key(|(row, _)| *row);
        let positions = keyed.iter().map(|(_, position)| *position).collect();
        let rows = keyed.into_iter().map(|(row, _)| row).collect();
        (Self { sets, accounts, principals, rows }, positions)
    }

    /// Builds a table from names.
    pub fn from_names<'a>(
        names: impl IntoIterator<Item = (&'a PermissionSetName, &'a AccountId, &'a PrincipalId)>,
    ) -> Self {
        let names: Vec<_> = names.into_iter().collect();
        let rows: Vec<AssignmentKey> =
            (0..u32::try_from(names.len()).unwrap_or(u32::MAX)).map(|at| (at, at, at).into()).collect();
        Self::build(
            names.iter().map(|name| name.0.clone()).collect(),
            names.iter().map(|name| name.1.clone()).collect(),
            names.iter().map(|name| name.2.clone()).collect(),
            &rows,
        )
        .0
    }

    /// Names of sets, sorted.
    #[must_use]
    pub fn sets(&self) -> &[PermissionSetName] {
        &self.sets
    }

    /// Ids of accounts, sorted.
    #[must_use]
    pub fn accounts(&self) -> &[AccountId] {
        &self.accounts
    }

    /// Principals, sorted.
    #[must_use]
    pub fn principals(&self) -> &[PrincipalId] {
        &self.principals
    }

    /// The assignments, sorted by set, account, principal.
    #[must_use]
    pub fn rows(&self) -> &[AssignmentKey] {
        &self.rows
    }

    /// The names behind a row; none for a row of another table.
    #[must_use]
    pub fn names(&self, row: AssignmentKey) -> Option<(&PermissionSetName, &AccountId, &PrincipalId)> {
        Some((
            self.sets.get(row.set as usize)?,
            self.accounts.get(row.account as usize)?,
            self.principals.get(row.principal as usize)?,
        ))
    }

    /// All assignments by name.
    pub fn iter(&self) -> impl Iterator<Item = (&PermissionSetName, &AccountId, &PrincipalId)> {
        self.rows.iter().filter_map(|row| self.names(*row))
    }

    /// The row of an assignment, if it is there.
    #[must_use]
    pub fn find(&self, set: &PermissionSetName, account: &AccountId, principal: &PrincipalId) -> Option<AssignmentKey> {
        let row = AssignmentKey {
            set: index_of(&self.sets, set)?,
            account: index_of(&self.accounts, account)?,
            principal: index_of(&self.principals, principal)?,
        };
        self.rows.binary_search(&row).ok().map(|_| row)
    }

    /// The assignments of one pair, as a slice of [`AssignmentTable::rows`].
    #[must_use]
    pub fn pair(&self, set: &PermissionSetName, account: &AccountId) -> &[AssignmentKey] {
        let (Some(set), Some(account)) = (index_of(&self.sets, set), index_of(&self.accounts, account)) else {
            return &[];
        };
        let from = self.rows.partition_point(|row| (row.set, row.account) < (set, account));
        let to = self.rows.partition_point(|row| (row.set, row.account) <= (set, account));
        self.rows.get(from..to).unwrap_or_default()
    }

    /// The principals assigned in one pair.
    pub fn pair_principals(&self, set: &PermissionSetName, account: &AccountId) -> impl Iterator<Item = &PrincipalId> {
        self.pair(set, account).iter().filter_map(|row| self.principals.get(row.principal as usize))
    }
}

fn index_of<T: Ord>(table: &[T], value: &T) -> Option<u32> {
    table.binary_search(value).ok().and_then(|at| u32::try_from(at).ok())
}

/// Sorts and dedups; answers for every old index the new one.
fn sort_table<T: Ord>(table: Vec<T>) -> (Vec<T>, Vec<u32>) {
    let mut tagged: Vec<(T, usize)> = table.into_iter().zip(0..).collect();
    tagged.sort_unstable();
    let mut new_index = vec![0_u32; tagged.len()];
    let mut sorted: Vec<T> = Vec::with_capacity(tagged.len());
    for (value, old) in tagged {
        if sorted.last() != Some(&value) {
            sorted.push(value);
        }
        if let Some(slot) = new_index.get_mut(old) {
            *slot = u32::try_from(sorted.len() - 1).unwrap_or(u32::MAX);
        }
    }
    (sorted, new_index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::UserId;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn build_keeps_every_assignment_once(rows in proptest::collection::vec((0_u32..6, 0_u32..6, 0_u32..6), 0..60)) {
            let sets: Vec<PermissionSetName> =
                ["c", "a", "b", "a", "e", "d"].iter().map(|name| name.parse().unwrap()).collect();
            let accounts: Vec<AccountId> = (0..6).map(|at| format!("{:012}", (7 * at) % 5).parse().unwrap()).collect();
            let principals: Vec<PrincipalId> =
                (0..6).map(|at| PrincipalId::User(UserId::new(format!("u{}", (5 * at) % 4)).unwrap())).collect();
            let keys: Vec<AssignmentKey> = rows.iter().map(|row| (*row).into()).collect();
            let (table, positions) = AssignmentTable::build(sets.clone(), accounts.clone(), principals.clone(), &keys);
            let wanted: std::collections::BTreeSet<_> = rows
                .iter()
                .map(|row| (&sets[row.0 as usize], &accounts[row.1 as usize], &principals[row.2 as usize]))
                .collect();
            let found: Vec<_> = table.iter().collect();
            prop_assert_eq!(&found, &wanted.iter().copied().collect::<Vec<_>>());
            for (row, position) in table.rows().iter().zip(&positions) {
                let source = rows[*position as usize];
                prop_assert_eq!(
                    table.names(*row).unwrap(),
                    (&sets[source.0 as usize], &accounts[source.1 as usize], &principals[source.2 as usize])
                );
            }
            for (set, account, principal) in wanted {
                prop_assert!(table.find(set, account, principal).is_some());
                prop_assert!(table.pair_principals(set, account).any(|found| found == principal));
            }
        }
    }
}
