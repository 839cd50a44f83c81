//! Two tables of assignments, compared in one merge pass. Only differences take memory.

use std::cmp::Ordering;

use model::{AccountId, AssignmentKey, AssignmentTable, PermissionSetName, PrincipalId};

/// What one table has and the other has not, as indexes into common tables of names.
#[derive(Debug)]
pub(crate) struct Difference<'a> {
    sets: Vec<&'a PermissionSetName>,
    accounts: Vec<&'a AccountId>,
    principals: Vec<&'a PrincipalId>,
    /// Declared only, with the position among the declared rows. Sorted.
    pub(crate) added: Vec<(AssignmentKey, u32)>,
    /// Observed only. Sorted.
    pub(crate) removed: Vec<AssignmentKey>,
}

impl<'a> Difference<'a> {
    /// The names behind a key.
    pub(crate) fn names(&self, key: AssignmentKey) -> Option<(&'a PermissionSetName, &'a AccountId, &'a PrincipalId)> {
        Some((
            *self.sets.get(key.set as usize)?,
            *self.accounts.get(key.account as usize)?,
            *self.principals.get(key.principal as usize)?,
        ))
    }
}

/// Compares. Time is linear in both tables.
pub(crate) fn between<'a>(declared: &'a AssignmentTable, observed: &'a AssignmentTable) -> Difference<'a> {
    let (sets, declared_sets, observed_sets) = common(declared.sets(), observed.sets());
    let (accounts, declared_accounts, observed_accounts) = common(declared.accounts(), observed.accounts());
    let (principals, declared_principals, observed_principals) = common(declared.principals(), observed.principals());
    // The tables are sorted, so the new indexes rise with the old ones, and the rows stay sorted.
    let remap = |row: &AssignmentKey, sets: &[u32], accounts: &[u32], principals: &[u32]| {
        Some(AssignmentKey {
            set: *sets.get(row.set as usize)?,
            account: *accounts.get(row.account as usize)?,
            principal: *principals.get(row.principal as usize)?,
        })
    };
    let mut wanted = declared.rows().iter().zip(0_u32..).filter_map(|(row, position)| {
        Some((remap(row, &declared_sets, &declared_accounts, &declared_principals)?, position))
    });
    let mut found =
        observed.rows().iter().filter_map(|row| remap(row, &observed_sets, &observed_accounts, &observed_principals));
    let (mut added, mut removed) = (Vec::new(), Vec::new());
    let (mut left, mut right) = (wanted.next(), found.next());
    loop {
        match (left, right) {
            (None, None) => break,
            (Some(new), None) => {
                added.push(new);
                left = wanted.next();
            }
            (None, Some(old)) => {
                removed.push(old);
                right = found.next();
            }
            (Some(new), Some(old)) => match new.0.cmp(&old) {
                Ordering::Less => {
                    added.push(new);
                    left = wanted.next();
                }
                Ordering::Greater => {
                    removed.push(old);
                    right = found.next();
                }
                Ordering::Equal => {
                    left = wanted.next();
                    right = found.next();
                }
            },
        }
    }
    Difference { sets, accounts, principals, added, removed }
}

/// Merges two sorted lists without duplicates; answers for each old index the new one.
fn common<'a, T: Ord>(left: &'a [T], right: &'a [T]) -> (Vec<&'a T>, Vec<u32>, Vec<u32>) {
    let mut merged: Vec<&T> = Vec::with_capacity(left.len().max(right.len()));
    let (mut left_at, mut right_at) = (Vec::with_capacity(left.len()), Vec::with_capacity(right.len()));
    let (mut lefts, mut rights) = (left.iter().peekable(), right.iter().peekable());
    loop {
        let order = match (lefts.peek(), rights.peek()) {
            (None, None) => break,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(one), Some(other)) => one.cmp(other),
        };
        let index = u32::try_from(merged.len()).unwrap_or(u32::MAX);
        let one = if order.is_le() { lefts.next() } else { None };
        let other = if order.is_ge() { rights.next() } else { None };
        if one.is_some() {
            left_at.push(index);
        }
        if other.is_some() {
            right_at.push(index);
        }
        merged.extend(one.or(other));
    }
    (merged, left_at, right_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    type Names = (PermissionSetName, AccountId, PrincipalId);

    fn names(rows: &BTreeSet<(u8, u8, u8)>) -> Vec<Names> {
        rows.iter()
            .map(|(set, account, principal)| {
                (
                    format!("set{set}").parse().unwrap(),
                    format!("{account:012}").parse().unwrap(),
                    PrincipalId::User(format!("u{principal}").parse().unwrap()),
                )
            })
            .collect()
    }

    proptest! {
        #[test]
        fn difference_is_that_of_sets(
            left in proptest::collection::btree_set((0_u8..5, 0_u8..5, 0_u8..5), 0..60),
            right in proptest::collection::btree_set((0_u8..5, 0_u8..5, 0_u8..5), 0..60),
        ) {
            let (left, right) = (names(&left), names(&right));
            let table = |rows: &[Names]| AssignmentTable::from_names(rows.iter().map(|(set, account, principal)| (set, account, principal)));
            let (one, other) = (table(&left), table(&right));
            let difference = between(&one, &other);
            let own = |key| difference.names(key).map(|(set, account, principal)| (set.clone(), account.clone(), principal.clone())).unwrap();
            let left_set: BTreeSet<Names> = left.into_iter().collect();
            let right_set: BTreeSet<Names> = right.into_iter().collect();
            prop_assert_eq!(difference.added.iter().map(|(key, _)| own(*key)).collect::<Vec<_>>(), left_set.difference(&right_set).cloned().collect::<Vec<_>>());
            prop_assert_eq!(difference.removed.iter().map(|key| own(*key)).collect::<Vec<_>>(), right_set.difference(&left_set).cloned().collect::<Vec<_>>());
            for (key, position) in &difference.added {
                prop_assert_eq!(one.names(one.rows()[*position as usize]), difference.names(*key));
            }
        }
    }
}
