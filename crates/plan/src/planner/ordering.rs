//! What has to wait for what, and the order that follows (plan.md, "Order").
//!
//! Edges are few: the changes of one set form a chain (AWS refuses two writers of one set), so whoever needs the set
//! needs its last change only.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};

use model::{AccountId, Change, PermissionSetName, PrincipalId};

use super::draft::part_rank;
use super::people::People;
use super::{Draft, View};

/// For each draft, by position, the positions of those it needs.
pub(crate) fn needs(view: &View<'_>, drafts: &[Draft]) -> Vec<Vec<usize>> {
    let index = Index::new(drafts);
    let mut people = People::new(view.observed);
    let mut needs: Vec<Vec<usize>> = vec![Vec::new(); drafts.len()];
    for chain in index.chains.values() {
        for pair in chain.windows(2) {
            if let [before, after] = pair
                && let Some(list) = needs.get_mut(*after)
            {
                list.push(*before);
            }
        }
    }
    for (at, Draft { change, .. }) in drafts.iter().enumerate() {
        let Some(list) = needs.get_mut(at) else { continue };
        match change {
            Change::Provision { set, .. } => list.extend(index.last_change(&set.name)),
            Change::Assign { set, account, .. } => {
                let provision = index.provisions.get(&(&set.name, account)).copied();
                list.extend(provision.or_else(|| index.last_change(&set.name)));
            }
            Change::Withdraw { set, account, principal } => {
                list.extend(index.grants_first(view, &mut people, &set.name, account, principal));
            }
            Change::DeletePermissionSet { set } => {
                list.extend(index.withdrawals.get(&set.name).into_iter().flatten());
            }
            _ => {}
        }
        list.sort_unstable();
        list.dedup();
    }
    needs
}

/// Where the drafts are that others wait for.
struct Index<'d> {
    chains: BTreeMap<&'d PermissionSetName, Vec<usize>>,
    provisions: HashMap<(&'d PermissionSetName, &'d AccountId), usize>,
    /// Per account who is let in, with which operations.
    grants: HashMap<&'d AccountId, BTreeMap<&'d PrincipalId, Vec<usize>>>,
    grants_of_pair: HashMap<(&'d PermissionSetName, &'d AccountId), Vec<usize>>,
    withdrawals: HashMap<&'d PermissionSetName, Vec<usize>>,
    withdrawals_of_pair: HashMap<(&'d PermissionSetName, &'d AccountId), usize>,
}

impl<'d> Index<'d> {
    fn new(drafts: &'d [Draft]) -> Self {
        let mut index = Self {
            chains: BTreeMap::new(),
            provisions: HashMap::new(),
            grants: HashMap::new(),
            grants_of_pair: HashMap::new(),
            withdrawals: HashMap::new(),
            withdrawals_of_pair: HashMap::new(),
        };
        for (at, Draft { change, .. }) in drafts.iter().enumerate() {
            match change {
                Change::Provision { set, account } => {
                    index.provisions.insert((&set.name, account), at);
                }
                Change::Assign { set, account, principal } => {
                    index.grants.entry(account).or_default().entry(principal).or_default().push(at);
                    index.grants_of_pair.entry((&set.name, account)).or_default().push(at);
                }
                Change::Withdraw { set, account, .. } => {
                    index.withdrawals.entry(&set.name).or_default().push(at);
                    *index.withdrawals_of_pair.entry((&set.name, account)).or_default() += 1;
                }
                _ => {
                    if let (Some(_), Some(set)) = (part_rank(change), change.set()) {
                        index.chains.entry(&set.name).or_default().push(at);
                    }
                }
            }
        }
        for chain in index.chains.values_mut() {
            chain.sort_by_key(|at| drafts.get(*at).and_then(|draft| part_rank(&draft.change)));
        }
        index
    }

    fn last_change(&self, set: &PermissionSetName) -> Option<usize> {
        self.chains.get(set)?.last().copied()
    }

    /// A replacement comes first: for the same people in the same account, so that nobody is locked out in between; and in
    /// a pair that would be empty in between, so that its role does not return with another suffix.
    fn grants_first(
        &self,
        view: &View<'_>,
        people: &mut People<'_>,
        set: &PermissionSetName,
        account: &AccountId,
        principal: &PrincipalId,
    ) -> Vec<usize> {
        let mut first = Vec::new();
        for (other, grants) in self.grants.get(account).into_iter().flatten() {
            if people.share(principal, other) {
                first.extend(grants);
            }
        }
        if let Some(grants) = self.grants_of_pair.get(&(set, account)) {
            let withdrawn = self.withdrawals_of_pair.get(&(set, account)).copied().unwrap_or_default();
            let emptied = withdrawn >= view.observed.assignments.pair(set, account).len();
            if emptied && !grants.iter().any(|grant| first.contains(grant)) {
                first.extend(grants.first());
            }
        }
        first
    }
}

/// Positions in an order in which each comes after those it needs. Among equals, what takes access away comes first,
/// together with all that it waits for.
pub(crate) fn order(drafts: &[Draft], needs: &[Vec<usize>]) -> Vec<usize> {
    let own: Vec<u8> = drafts.iter().map(|draft| urgency(&draft.change)).collect();
    let first = sorted(needs, |at| (own.get(at).copied().unwrap_or(u8::MAX), 0));
    // Backwards: who is needed is as urgent as who needs it.
    let mut inherited = own.clone();
    for at in first.iter().rev() {
        let urgency = inherited.get(*at).copied().unwrap_or(u8::MAX);
        for needed in needs.get(*at).into_iter().flatten() {
            if let Some(slot) = inherited.get_mut(*needed) {
                *slot = (*slot).min(urgency);
            }
        }
    }
    sorted(needs, |at| (inherited.get(at).copied().unwrap_or(u8::MAX), own.get(at).copied().unwrap_or(u8::MAX)))
}

fn urgency(change: &Change) -> u8 {
    match change {
        Change::Withdraw { .. } => 0,
        Change::Provision { .. } => 2,
        Change::Assign { .. } => 3,
        Change::DeletePermissionSet { .. } => 4,
        Change::SetTag { .. } => 5,
        _ => 1,
    }
}

/// Kahn's algorithm with a heap; ties by position.
fn sorted(needs: &[Vec<usize>], key: impl Fn(usize) -> (u8, u8)) -> Vec<usize> {
    let mut dependents: Vec<Vec<usize>> = vec![Vec::new(); needs.len()];
    let mut waiting: Vec<usize> = needs.iter().map(Vec::len).collect();
    for (at, list) in needs.iter().enumerate() {
        for needed in list {
            if let Some(slot) = dependents.get_mut(*needed) {
                slot.push(at);
            }
        }
    }
    let mut ready: BinaryHeap<Reverse<((u8, u8), usize)>> =
        waiting.iter().enumerate().filter(|(_, count)| **count == 0).map(|(at, _)| Reverse((key(at), at))).collect();
    let mut order = Vec::with_capacity(needs.len());
    while let Some(Reverse((_, at))) = ready.pop() {
        order.push(at);
        for dependent in dependents.get(at).into_iter().flatten() {
            if let Some(count) = waiting.get_mut(*dependent) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    ready.push(Reverse((key(*dependent), *dependent)));
                }
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::sorted;

    #[test]
    fn order_respects_needs_and_then_the_key() {
        let needs = vec![vec![2], vec![], vec![], vec![0, 1]];
        assert_eq!(sorted(&needs, |_| (0, 0)), [1, 2, 0, 3]);
        assert_eq!(sorted(&needs, |at| (u8::from(at == 1), 0)), [2, 0, 1, 3]);
    }
}
