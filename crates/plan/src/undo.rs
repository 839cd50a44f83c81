//! Taking a run back: three-way, so that only what is still as the run left it changes again.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use model::declared::Bindings;
use model::operation::{Because, Inverse};
use model::rules::{OwnershipMode, Rules};
use model::{
    AssignmentTable, Change, Observed, ObservedPermissionSet, Operation, OperationId, PermissionSetName, Plan, Reading,
    RunId,
};

use crate::planner::{
    Draft, Left, Removal, Reprovisioning, View, alters_set, assemble, closed_accounts, describe,
    missing_customer_policies, provision, same_attributes, same_policy_text, set_gate, summary,
};
use crate::simulation::Simulation;

/// What an undo is made from.
#[derive(Debug, Clone, Copy)]
pub struct UndoInput<'a> {
    /// The run to take back.
    pub run: &'a RunId,
    /// What it applied.
    pub plan: &'a Plan,
    /// Its operations that were verified: only these happened for certain.
    pub verified: &'a [OperationId],
    /// What AWS holds now.
    pub observed: &'a Observed,
    /// Limits. Without [`Rules::owned`] nothing is taken back.
    pub rules: &'a Rules,
    /// Now.
    pub created: Timestamp,
    /// Version of Sekisho.
    pub sekisho_version: &'a str,
}

const CHANGED: &str = "changed meanwhile: it is no longer as the run left it";

/// Makes the plan that takes a run back. What changed since, cannot be read, or has no inverse is listed in `frozen`.
#[must_use]
pub fn undo(input: &UndoInput<'_>) -> Plan {
    let view = View::new(input.observed, input.rules);
    let verified: BTreeSet<&OperationId> = input.verified.iter().collect();
    let (done, of_iam_users): (Vec<&Operation>, Vec<&Operation>) = (input.plan.operations.iter().rev())
        .filter(|operation| verified.contains(&operation.id))
        .partition(|operation| operation.change.iam_user().is_none());
    let mut left = Left::default();
    for operation in of_iam_users {
        left.freeze(format!("take back: {}", operation.meaning.summary), "`sekisho iam-users restore` takes it back");
    }
    let mut drafts = Vec::new();
    if input.rules.owned.is_none() {
        for operation in &done {
            left.freeze(
                format!("take back: {}", describe(&view, &operation.change)),
                "there is no journal to say what Sekisho created",
            );
        }
    } else {
        let because = Because::Undo { run: input.run.to_string() };
        let mut undo = Undo { view: &view, because, left: &mut left, drafts: Vec::new() };
        undo.take_back(&done);
        undo.delete_created(&done);
        undo.provision();
        drafts = undo.drafts;
    }
    let mut findings = missing_customer_policies(&view, None, &drafts);
    findings.extend(closed_accounts(&left));
    let mut plan = Plan {
        format_version: Plan::FORMAT_VERSION,
        id: crate::seal::unsealed_id(),
        sekisho_version: input.sekisho_version.to_owned(),
        catalog_version: input.plan.catalog_version.clone(),
        created: input.created,
        instance: input.observed.instance.clone(),
        observation: summary(input.observed),
        operations: assemble(&view, drafts),
        unresolved: Vec::new(),
        frozen: left.frozen,
        undeclared: left.undeclared,
        findings,
        // What names mean today is not what they meant then; taking back says nothing of it.
        bindings: Bindings::default(),
    };
    crate::seal(&mut plan);
    plan
}

struct Undo<'u, 'a> {
    view: &'u View<'a>,
    because: Because,
    left: &'u mut Left,
    drafts: Vec<Draft>,
}

impl Undo<'_, '_> {
    /// Every operation but those that vanish with a set the run created.
    fn take_back(&mut self, done: &[&Operation]) {
        let created = created_sets(done);
        let returning: BTreeSet<&PermissionSetName> = done
            .iter()
            .filter(|operation| matches!(operation.change, Change::DeletePermissionSet { .. }))
            .filter_map(|operation| Some(&operation.change.set()?.name))
            .collect();
        for operation in done {
            let change = &operation.change;
            if change.set().is_some_and(|set| created.contains(&set.name)) && change.account().is_none() {
                continue;
            }
            let changes = match &operation.inverse {
                Inverse::Exact { change } => vec![change.as_ref().clone()],
                Inverse::Approximate { changes, .. } => changes.clone(),
                Inverse::None { reason } => {
                    if operation.because == Because::Outdated {
                        self.left.freeze(format!("take back: {}", describe(self.view, change)), reason);
                    }
                    continue;
                }
            };
            match operation.after.holds_in(self.view.observed) {
                Some(true) => {}
                Some(false) => {
                    self.left.freeze(format!("take back: {}", describe(self.view, change)), CHANGED);
                    continue;
                }
                None => {
                    self.left.freeze(
                        format!("take back: {}", describe(self.view, change)),
                        "whether it is still as the run left it could not be read",
                    );
                    continue;
                }
            }
            self.add_all(changes, &returning);
        }
    }

    /// Adds the changes of one inverse, all or, from the first that is not allowed on, none.
    fn add_all(&mut self, changes: Vec<Change>, returning: &BTreeSet<&PermissionSetName>) {
        for change in changes {
            let change = self.retargeted(change);
            match self.waits(&change, returning) {
                None => self.drafts.push(Draft::new(change, self.because.clone())),
                Some(reason) => {
                    self.left.freeze(describe(self.view, &change), reason);
                    return;
                }
            }
        }
    }

    fn waits(&self, change: &Change, returning: &BTreeSet<&PermissionSetName>) -> Option<String> {
        let view = self.view;
        let set = &change.set()?.name;
        if let (Some(account), Some(principal)) = (change.account(), change.principal()) {
            let waits = view
                .reserved_name(set)
                .or_else(|| view.reserved_principal(set, principal))
                .or_else(|| view.set_out_of_scope(set))
                .or_else(|| view.account_out_of_scope(account))
                .or_else(|| view.account_open(account).err());
            if waits.is_some() {
                return waits;
            }
            if matches!(change, Change::Withdraw { .. }) {
                return match view.removal_of(set, account, principal) {
                    Removal::Allowed => view.protected_assignment(account, principal),
                    Removal::Shown(reason) | Removal::Undecided(reason) => Some(reason),
                };
            }
            if view.is_gone(principal) {
                return Some(format!("{} does not exist any more", view.observed.principal_label(principal)));
            }
            if view.mode(set, account, principal) == OwnershipMode::Observe {
                return Some("ownership is `observe` here".to_owned());
            }
            let there = view.observed.permission_sets.contains_key(set) || returning.contains(set);
            return (!there).then(|| format!("there is no permission set `{set}` any more"));
        }
        set_gate(view, set)
    }

    /// Deletes the sets the run created, where nobody else began to use or change them.
    fn delete_created(&mut self, done: &[&Operation]) {
        let created = created_sets(done);
        if created.is_empty() {
            return;
        }
        let expected = as_the_run_left(self.view.observed, done);
        let mut withdrawn: BTreeMap<PermissionSetName, usize> = BTreeMap::new();
        for draft in &self.drafts {
            if let Change::Withdraw { set, .. } = &draft.change {
                *withdrawn.entry(set.name.clone()).or_default() += 1;
            }
        }
        for name in created {
            let change = Change::DeletePermissionSet { set: self.view.reference(name) };
            let found = self.view.observed.permission_sets.get(name);
            let withdrawn = withdrawn.get(name).copied().unwrap_or_default();
            let waits = match (found, expected.get(name)) {
                (Some(found), Some(expected)) => set_gate(self.view, name)
                    .or_else(|| self.view.may_remove_set(found).err())
                    .or_else(|| differs(found, expected))
                    .or_else(|| self.still_used(found, withdrawn)),
                _ => Some(CHANGED.to_owned()),
            };
            match waits {
                None => self.drafts.push(Draft::new(change, self.because.clone())),
                Some(reason) => self.left.freeze(describe(self.view, &change), reason),
            }
        }
    }

    fn still_used(&self, set: &ObservedPermissionSet, withdrawn: usize) -> Option<String> {
        let Some(provisioned) = set.provisioned.value() else {
            return Some(format!(
                "the accounts that have it could not be read: {}",
                set.provisioned.reason().unwrap_or_default()
            ));
        };
        let mut rows = 0;
        for entry in provisioned {
            if let Err(reason) = self.view.observed.pair_complete(&set.name, &entry.account) {
                return Some(format!("its assignments are not all known: {reason}"));
            }
            let here = self.view.observed.assignments.pair(&set.name, &entry.account).len();
            if here == 0 {
                let account = self.view.account_text(&entry.account);
                return Some(format!("{account} has it without any assignment"));
            }
            rows += here;
        }
        (rows > withdrawn).then(|| "somebody is assigned who was not when the run ended, or stays".to_owned())
    }

    /// Accounts that have a set which changes back.
    fn provision(&mut self) {
        let names: BTreeSet<&PermissionSetName> = self
            .drafts
            .iter()
            .filter(|draft| alters_set(&draft.change))
            .filter_map(|draft| Some(&draft.change.set()?.name))
            .collect();
        let sets: Vec<Reprovisioning<'_>> = names
            .into_iter()
            .filter_map(|name| self.view.observed.permission_sets.get(name))
            .map(|set| Reprovisioning { set, changed: Some(self.because.clone()), gate: None })
            .collect();
        let provisions = provision(self.view, &sets, &self.drafts, self.left);
        self.drafts.extend(provisions);
    }

    /// The change with the ARN its set has now.
    fn retargeted(&self, mut change: Change) -> Change {
        let Some(now) = change.set().map(|set| self.view.reference(&set.name)) else { return change };
        match &mut change {
            Change::CreatePermissionSet { set, .. } => set.arn = None,
            Change::UpdatePermissionSet { set, .. }
            | Change::DeletePermissionSet { set }
            | Change::AttachManagedPolicy { set, .. }
            | Change::DetachManagedPolicy { set, .. }
            | Change::AttachCustomerManagedPolicy { set, .. }
            | Change::DetachCustomerManagedPolicy { set, .. }
            | Change::SetInlinePolicy { set, .. }
            | Change::SetPermissionsBoundary { set, .. }
            | Change::SetTag { set, .. }
            | Change::Provision { set, .. }
            | Change::Assign { set, .. }
            | Change::Withdraw { set, .. } => *set = now,
            Change::IamUser { .. } => {}
        }
        change
    }
}

fn created_sets<'o>(done: &[&'o Operation]) -> BTreeSet<&'o PermissionSetName> {
    done.iter()
        .filter(|operation| matches!(operation.change, Change::CreatePermissionSet { .. }))
        .filter_map(|operation| Some(&operation.change.set()?.name))
        .collect()
}

/// The sets the run created, with every part as its operations made it.
fn as_the_run_left(observed: &Observed, done: &[&Operation]) -> BTreeMap<PermissionSetName, ObservedPermissionSet> {
    let nothing = Observed {
        instance: observed.instance.clone(),
        caller: observed.caller.clone(),
        as_of: observed.as_of,
        organization: Reading::unknown("not needed"),
        users: Reading::unknown("not needed"),
        groups: Reading::unknown("not needed"),
        memberships: BTreeMap::new(),
        permission_set_listing: Reading::known((), observed.as_of),
        permission_sets: BTreeMap::new(),
        unreadable_sets: BTreeMap::new(),
        assignments: AssignmentTable::default(),
        incomplete_pairs: Vec::new(),
        cost: observed.cost,
    };
    let mut simulation = Simulation::new(&nothing);
    for operation in done.iter().rev().filter(|operation| operation.change.account().is_none()) {
        simulation.apply(&operation.change);
    }
    simulation.finish().permission_sets
}

/// Why a set is no longer as the run left it.
fn differs(found: &ObservedPermissionSet, expected: &ObservedPermissionSet) -> Option<String> {
    let parts = [
        ("managed policies", compare(&found.managed_policies, &expected.managed_policies, |one, other| one == other)),
        (
            "customer managed policies",
            compare(&found.customer_managed_policies, &expected.customer_managed_policies, |one, other| one == other),
        ),
        (
            "inline policy",
            compare(&found.inline_policy, &expected.inline_policy, |one, other| {
                same_policy_text(one.as_deref(), other.as_deref())
            }),
        ),
        (
            "permissions boundary",
            compare(&found.permissions_boundary, &expected.permissions_boundary, |one, other| one == other),
        ),
    ];
    if !same_attributes(&found.attributes, &expected.attributes) {
        return Some(CHANGED.to_owned());
    }
    parts.into_iter().find_map(|(part, same)| match same {
        Some(true) => None,
        Some(false) => Some(CHANGED.to_owned()),
        None => Some(format!("its {part} could not be read")),
    })
}

fn compare<T>(found: &Reading<T>, expected: &Reading<T>, same: impl Fn(&T, &T) -> bool) -> Option<bool> {
    Some(same(found.value()?, expected.value()?))
}
