//! Assignments → few entries of principals × sets × accounts that say exactly the same.

use std::collections::BTreeMap;

use model::{AssignmentTable, PermissionSetName};

/// One entry, as indexes into the table of assignments, sorted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Row {
    pub(super) principals: Vec<u32>,
    pub(super) sets: Vec<u32>,
    pub(super) accounts: Vec<u32>,
}

/// Groups the assignments of the sets that are `wanted`. Every assignment stands in exactly one row.
pub(super) fn group(table: &AssignmentTable, wanted: impl Fn(&PermissionSetName) -> bool) -> Vec<Row> {
    let wanted: Vec<bool> = table.sets().iter().map(wanted).collect();
    let mut held: BTreeMap<u32, Vec<(u32, u32)>> = BTreeMap::new();
    for row in table.rows() {
        if wanted.get(row.set as usize) == Some(&true) {
            held.entry(row.principal).or_default().push((row.set, row.account));
        }
    }
    let mut merged: BTreeMap<(Vec<u32>, Vec<u32>), Vec<u32>> = BTreeMap::new();
    for (principal, pairs) in held {
        for shape in rectangles(&pairs) {
            merged.entry(shape).or_default().push(principal);
        }
    }
    merged.into_iter().map(|((sets, accounts), principals)| Row { principals, sets, accounts }).collect()
}

/// Sets × accounts that together are just these pairs: grouped by accounts or by sets, whichever takes fewer.
fn rectangles(pairs: &[(u32, u32)]) -> Vec<(Vec<u32>, Vec<u32>)> {
    let by_set = bundle(pairs.iter().copied());
    let by_account = bundle(pairs.iter().map(|(set, account)| (*account, *set)));
    if by_account.len() < by_set.len() {
        return by_account.into_iter().collect();
    }
    by_set.into_iter().map(|(accounts, sets)| (sets, accounts)).collect()
}

/// Keys that have the same values, together: values → keys.
fn bundle(pairs: impl Iterator<Item = (u32, u32)>) -> BTreeMap<Vec<u32>, Vec<u32>> {
    let mut values: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (key, value) in pairs {
        values.entry(key).or_default().push(value);
    }
    let mut bundles: BTreeMap<Vec<u32>, Vec<u32>> = BTreeMap::new();
    for (key, mut value) in values {
        value.sort_unstable();
        bundles.entry(value).or_default().push(key);
    }
    bundles
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_shorter_way_is_taken() {
        assert_eq!(
            rectangles(&[(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)]),
            [(vec![1], vec![0, 1]), (vec![0], vec![0, 1, 2])]
        );
        assert_eq!(rectangles(&[(0, 7), (1, 7), (2, 8)]), [(vec![0, 1], vec![7]), (vec![2], vec![8])]);
    }

    proptest! {
        #[test]
        fn rectangles_are_exact(pairs in proptest::collection::btree_set((0_u32..5, 0_u32..5), 0..15)) {
            let pairs: Vec<(u32, u32)> = pairs.into_iter().collect();
            let mut found = Vec::new();
            for (sets, accounts) in rectangles(&pairs) {
                for set in &sets {
                    found.extend(accounts.iter().map(|account| (*set, *account)));
                }
            }
            found.sort_unstable();
            prop_assert_eq!(found, pairs);
        }
    }
}
