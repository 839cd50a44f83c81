//! Changes applied to an observation in memory, as AWS would apply them.

use std::collections::{BTreeMap, HashMap, HashSet};

use model::id::short_hash;
use model::permission_set::ProvisionedAccount;
use model::{
    AccountId, AssignmentKey, AssignmentTable, Change, Claim, Observed, ObservedPermissionSet, Operation,
    PermissionSetArn, PermissionSetName, PermissionSetRef, PrincipalId, Reading,
};

/// What AWS would hold after the operations, in their order. What is unknown stays unknown.
#[must_use]
pub fn simulate(observed: &Observed, operations: &[Operation]) -> Observed {
    let mut simulation = Simulation::new(observed);
    for operation in operations {
        simulation.apply(&operation.change);
    }
    simulation.finish()
}

/// An observation under change. AWS's rules, as far as they matter to a plan:
/// - a change of a set leaves the accounts that have it with an older version, tags aside;
/// - provisioning brings an account that has the set to the newest version;
/// - the first assignment of a pair provisions the newest version, the last withdrawal takes the set out of the account;
/// - a set that an account still has cannot be deleted.
#[derive(Debug)]
pub struct Simulation {
    observed: Observed,
    /// Assignments that differ from the table.
    overlay: BTreeMap<(PermissionSetName, AccountId, PrincipalId), bool>,
    /// Assignments of pairs that were touched.
    counts: HashMap<(PermissionSetName, AccountId), usize>,
}

impl Simulation {
    /// Begins with what was observed.
    #[must_use]
    pub fn new(observed: &Observed) -> Self {
        Self { observed: observed.clone(), overlay: BTreeMap::new(), counts: HashMap::new() }
    }

    /// Whether the claim holds now; none where it is unknown.
    #[must_use]
    pub fn holds(&self, claim: &Claim) -> Option<bool> {
        if let Claim::Assigned { set, account, principal, assigned } = claim
            && let Some(now) = self.overlay.get(&(set.name.clone(), account.clone(), principal.clone()))
        {
            return Some(now == assigned);
        }
        claim.holds_in(&self.observed)
    }

    /// Applies one change. A change AWS would refuse, or that is already so, changes nothing.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::CreatePermissionSet { set, attributes, tags } => {
                if !self.observed.permission_sets.contains_key(&set.name) {
                    let created = self.created(set, attributes.clone(), tags.clone());
                    self.observed.permission_sets.insert(set.name.clone(), created);
                }
            }
            Change::DeletePermissionSet { set } => self.delete(&set.name),
            Change::SetTag { set, key, to, .. } => {
                let found = self.observed.permission_sets.get_mut(&set.name);
                if let Some(tags) = found.and_then(|found| found.tags.value_mut()) {
                    match to {
                        Some(value) => tags.insert(key.clone(), value.clone()),
                        None => tags.remove(key),
                    };
                }
            }
            Change::Provision { set, account } => {
                let found = self.observed.permission_sets.get_mut(&set.name);
                let provisioned = found.and_then(|found| found.provisioned.value_mut());
                for entry in provisioned.into_iter().flatten().filter(|entry| entry.account == *account) {
                    entry.latest = true;
                }
            }
            Change::Assign { set, account, principal } => self.assign(&set.name, account, principal),
            Change::Withdraw { set, account, principal } => self.withdraw(&set.name, account, principal),
            _ => {
                if let Some(set) = change.set()
                    && let Some(found) = self.observed.permission_sets.get_mut(&set.name)
                    && change_part(found, change)
                {
                    for entry in found.provisioned.value_mut().into_iter().flatten() {
                        entry.latest = false;
                    }
                }
            }
        }
    }

    /// The observation as it is now.
    #[must_use]
    pub fn finish(mut self) -> Observed {
        self.observed.assignments = with_overlay(&self.observed.assignments, &self.overlay);
        self.observed
    }

    fn created(
        &self,
        set: &PermissionSetRef,
        attributes: model::permission_set::Attributes,
        tags: BTreeMap<String, String>,
    ) -> ObservedPermissionSet {
        let as_of = self.observed.as_of;
        ObservedPermissionSet {
            arn: invented_arn(&self.observed, &set.name),
            name: set.name.clone(),
            created: None,
            attributes,
            managed_policies: Reading::known(Default::default(), as_of),
            customer_managed_policies: Reading::known(Default::default(), as_of),
            inline_policy: Reading::known(None, as_of),
            permissions_boundary: Reading::known(None, as_of),
            tags: Reading::known(tags, as_of),
            provisioned: Reading::known(Vec::new(), as_of),
        }
    }

    fn delete(&mut self, set: &PermissionSetName) {
        let nowhere = self
            .observed
            .permission_sets
            .get(set)
            .and_then(|found| found.provisioned.value())
            .is_some_and(Vec::is_empty);
        if nowhere {
            self.observed.permission_sets.remove(set);
        }
    }

    fn is_assigned(&self, set: &PermissionSetName, account: &AccountId, principal: &PrincipalId) -> bool {
        match self.overlay.get(&(set.clone(), account.clone(), principal.clone())) {
            Some(assigned) => *assigned,
            None => self.observed.assignments.find(set, account, principal).is_some(),
        }
    }

    fn count(&mut self, set: &PermissionSetName, account: &AccountId) -> &mut usize {
        let table = &self.observed.assignments;
        self.counts.entry((set.clone(), account.clone())).or_insert_with(|| table.pair(set, account).len())
    }

    fn assign(&mut self, set: &PermissionSetName, account: &AccountId, principal: &PrincipalId) {
        if !self.observed.permission_sets.contains_key(set) || self.is_assigned(set, account, principal) {
            return;
        }
        *self.count(set, account) += 1;
        self.overlay.insert((set.clone(), account.clone(), principal.clone()), true);
        let found = self.observed.permission_sets.get_mut(set);
        if let Some(provisioned) = found.and_then(|found| found.provisioned.value_mut())
            && let Err(at) = provisioned.binary_search_by(|entry| entry.account.cmp(account))
        {
            provisioned.insert(at, ProvisionedAccount { account: account.clone(), latest: true });
        }
    }

    fn withdraw(&mut self, set: &PermissionSetName, account: &AccountId, principal: &PrincipalId) {
        if !self.is_assigned(set, account, principal) {
            return;
        }
        let count = self.count(set, account);
        *count = count.saturating_sub(1);
        let empty = *count == 0;
        self.overlay.insert((set.clone(), account.clone(), principal.clone()), false);
        if empty
            && self.observed.pair_complete(set, account).is_ok()
            && let Some(found) = self.observed.permission_sets.get_mut(set)
            && let Some(provisioned) = found.provisioned.value_mut()
        {
            provisioned.retain(|entry| entry.account != *account);
        }
    }
}

/// Changes a part of a set; answers whether it did.
fn change_part(found: &mut ObservedPermissionSet, change: &Change) -> bool {
    match change {
        Change::UpdatePermissionSet { to, .. } => replace(&mut found.attributes, to),
        Change::AttachManagedPolicy { policy, .. } => {
            found.managed_policies.value_mut().is_some_and(|attached| attached.insert(policy.clone()))
        }
        Change::DetachManagedPolicy { policy, .. } => {
            found.managed_policies.value_mut().is_some_and(|attached| attached.remove(policy))
        }
        Change::AttachCustomerManagedPolicy { policy, .. } => {
            found.customer_managed_policies.value_mut().is_some_and(|attached| attached.insert(policy.clone()))
        }
        Change::DetachCustomerManagedPolicy { policy, .. } => {
            found.customer_managed_policies.value_mut().is_some_and(|attached| attached.remove(policy))
        }
        Change::SetInlinePolicy { to, .. } => {
            found.inline_policy.value_mut().is_some_and(|document| replace(document, to))
        }
        Change::SetPermissionsBoundary { to, .. } => {
            found.permissions_boundary.value_mut().is_some_and(|boundary| replace(boundary, to))
        }
        _ => false,
    }
}

fn replace<T: PartialEq + Clone>(slot: &mut T, value: &T) -> bool {
    let differs = slot != value;
    if differs {
        slot.clone_from(value);
    }
    differs
}

/// An ARN nobody has: AWS would make one up as well.
fn invented_arn(observed: &Observed, name: &PermissionSetName) -> PermissionSetArn {
    let instance = observed.instance.instance.as_str().rsplit('/').next().unwrap_or_default();
    let partition = &observed.instance.partition;
    let hash = short_hash([name.as_str()]);
    PermissionSetArn::new(format!("arn:{partition}:sso:::permissionSet/{instance}/ps-{hash}"))
        .or_else(|_| PermissionSetArn::new(format!("arn:aws:sso:::permissionSet/ssoins-simulated/ps-{hash}")))
        .unwrap_or_else(|_| unreachable!("the text has the form of an ARN"))
}

/// The table with the overlay laid over it, and without names that no row uses.
fn with_overlay(
    table: &AssignmentTable,
    overlay: &BTreeMap<(PermissionSetName, AccountId, PrincipalId), bool>,
) -> AssignmentTable {
    let removed: HashSet<AssignmentKey> = overlay
        .iter()
        .filter(|(_, assigned)| !**assigned)
        .filter_map(|((set, account, principal), _)| table.find(set, account, principal))
        .collect();
    let added = || {
        overlay
            .iter()
            .filter(|((set, account, principal), assigned)| **assigned && table.find(set, account, principal).is_none())
            .map(|(names, _)| names)
    };
    let kept: Vec<AssignmentKey> = table.rows().iter().filter(|row| !removed.contains(row)).copied().collect();
    let sets = Names::of(table.sets(), kept.iter().map(|row| row.set), added().map(|names| &names.0));
    let accounts = Names::of(table.accounts(), kept.iter().map(|row| row.account), added().map(|names| &names.1));
    let principals = Names::of(table.principals(), kept.iter().map(|row| row.principal), added().map(|names| &names.2));
    let mut new = added()
        .map(|(set, account, principal)| AssignmentKey {
            set: sets.index_of(set),
            account: accounts.index_of(account),
            principal: principals.index_of(principal),
        })
        .peekable();
    // Both lists are sorted, and stay so together: the table then has nothing left to sort.
    let mut rows = Vec::with_capacity(kept.len() + overlay.len());
    for row in kept {
        let row = AssignmentKey {
            set: sets.moved(row.set),
            account: accounts.moved(row.account),
            principal: principals.moved(row.principal),
        };
        while let Some(next) = new.next_if(|next| *next < row) {
            rows.push(next);
        }
        rows.push(row);
    }
    rows.extend(new);
    AssignmentTable::build(sets.names, accounts.names, principals.names, &rows).0
}

/// The used names of a table and new ones, sorted.
struct Names<T> {
    names: Vec<T>,
    /// For each index of the old table the new one.
    moved: Vec<u32>,
}

impl<T: Ord + Clone> Names<T> {
    fn of<'n>(table: &'n [T], used: impl Iterator<Item = u32>, added: impl Iterator<Item = &'n T>) -> Self {
        let mut is_used = vec![false; table.len()];
        for index in used {
            if let Some(slot) = is_used.get_mut(index as usize) {
                *slot = true;
            }
        }
        let mut names: Vec<&T> = table.iter().zip(&is_used).filter_map(|(name, used)| used.then_some(name)).collect();
        names.extend(added);
        names.sort_unstable();
        names.dedup();
        let moved = table.iter().map(|name| index(names.binary_search(&name))).collect();
        Self { names: names.into_iter().cloned().collect(), moved }
    }

    fn moved(&self, index: u32) -> u32 {
        self.moved.get(index as usize).copied().unwrap_or(u32::MAX)
    }

    fn index_of(&self, name: &T) -> u32 {
        index(self.names.binary_search(name))
    }
}

fn index(found: Result<usize, usize>) -> u32 {
    found.ok().and_then(|at| u32::try_from(at).ok()).unwrap_or(u32::MAX)
}
