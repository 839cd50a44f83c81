//! Changes applied to an observation in memory, as AWS would apply them.

use std::collections::{BTreeMap, HashMap};

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
                if let Some(found) = self.observed.permission_sets.get_mut(&change.set().name)
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
    let removed: std::collections::HashSet<AssignmentKey> = overlay
        .iter()
        .filter(|(_, assigned)| !**assigned)
        .filter_map(|((set, account, principal), _)| table.find(set, account, principal))
        .collect();
    let mut rows: Vec<AssignmentKey> = table.rows().iter().filter(|row| !removed.contains(row)).copied().collect();
    let mut sets = Interned::of(table.sets(), rows.iter().map(|row| row.set));
    let mut accounts = Interned::of(table.accounts(), rows.iter().map(|row| row.account));
    let mut principals = Interned::of(table.principals(), rows.iter().map(|row| row.principal));
    for row in &mut rows {
        *row = AssignmentKey {
            set: sets.moved(row.set),
            account: accounts.moved(row.account),
            principal: principals.moved(row.principal),
        };
    }
    for ((set, account, principal), assigned) in overlay {
        if *assigned && table.find(set, account, principal).is_none() {
            let (set, account, principal) = (sets.add(set), accounts.add(account), principals.add(principal));
            rows.push(AssignmentKey { set, account, principal });
        }
    }
    AssignmentTable::build(sets.names, accounts.names, principals.names, &rows).0
}

/// The used names of a table, and new ones.
struct Interned<T> {
    names: Vec<T>,
    moved: Vec<u32>,
    added: BTreeMap<T, u32>,
}

impl<T: Ord + Clone> Interned<T> {
    fn of(table: &[T], used: impl Iterator<Item = u32>) -> Self {
        let mut is_used = vec![false; table.len()];
        for index in used {
            if let Some(slot) = is_used.get_mut(index as usize) {
                *slot = true;
            }
        }
        let mut names = Vec::with_capacity(table.len());
        let mut moved = Vec::with_capacity(table.len());
        for (name, used) in table.iter().zip(is_used) {
            moved.push(u32::try_from(names.len()).unwrap_or(u32::MAX));
            if used {
                names.push(name.clone());
            }
        }
        Self { names, moved, added: BTreeMap::new() }
    }

    fn moved(&self, index: u32) -> u32 {
        self.moved.get(index as usize).copied().unwrap_or(u32::MAX)
    }

    fn add(&mut self, name: &T) -> u32 {
        if let Some(index) = self.added.get(name) {
            return *index;
        }
        // A second copy of a name of the old table does no harm: building the table dedups.
        let index = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.clone());
        self.added.insert(name.clone(), index);
        index
    }
}
