//! What follows from the journal: who owns what, what names meant, how far runs are. All stores change their
//! projections by the same [`Delta`], so that they cannot differ.

use std::collections::{BTreeMap, BTreeSet};

use model::change::Change;
use model::id::{AccountId, OperationId, PermissionSetArn, PermissionSetName, RunId};
use model::journal::{JournalEntry, JournalEvent, StepState};
use model::principal::PrincipalId;

/// Which entries tell how far an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StepTouch {
    /// The first that says started, if one does.
    pub(crate) started: Option<u64>,
    /// The last.
    pub(crate) last: u64,
}

/// An assignment by name.
pub(crate) type AssignmentName = (PermissionSetName, AccountId, PrincipalId);

/// How a batch of entries changes the projections. Applied in the order of the fields.
#[derive(Debug, Default)]
pub(crate) struct Delta {
    /// Runs that began, and the entry that says so.
    pub(crate) runs_started: Vec<(RunId, u64)>,
    /// How far operations are.
    pub(crate) steps: BTreeMap<(RunId, OperationId), StepTouch>,
    /// Runs that ended, and the entry that says so.
    pub(crate) runs_finished: Vec<(RunId, u64)>,
    /// Names of sets that were deleted: no assignment of theirs is left.
    pub(crate) sets_gone: BTreeSet<PermissionSetName>,
    /// Sets that are owned from now on (true), or no more.
    pub(crate) sets: BTreeMap<PermissionSetArn, bool>,
    /// Assignments that are owned from now on (true), or no more.
    pub(crate) assignments: BTreeMap<AssignmentName, bool>,
    /// What names mean from now on; a name that is not here keeps its meaning.
    pub(crate) bindings: BTreeMap<String, BTreeSet<String>>,
}

impl Delta {
    /// The change that these entries make, oldest first.
    pub(crate) fn of(entries: &[JournalEntry]) -> Self {
        let mut delta = Self::default();
        for entry in entries {
            delta.add(entry);
        }
        delta
    }

    fn add(&mut self, entry: &JournalEntry) {
        match &entry.event {
            JournalEvent::RunStarted { run, .. } => self.runs_started.push((run.clone(), entry.sequence)),
            // Read from the entries themselves by whoever wants it.
            JournalEvent::Retirement { .. } | JournalEvent::LetterSent { .. } => {}
            JournalEvent::RunFinished { run, .. } => self.runs_finished.push((run.clone(), entry.sequence)),
            JournalEvent::BindingsRecorded { bindings } => {
                self.bindings.extend(bindings.entries.iter().map(|(name, ids)| (name.clone(), ids.clone())));
            }
            JournalEvent::Step { run, operation, state } => {
                let started = matches!(state, StepState::Started { .. }).then_some(entry.sequence);
                self.steps
                    .entry((run.clone(), operation.clone()))
                    .and_modify(|touch| {
                        touch.started = touch.started.or(started);
                        touch.last = entry.sequence;
                    })
                    .or_insert(StepTouch { started, last: entry.sequence });
                if let StepState::Verified { change, set_arn } = state {
                    self.verified(change, set_arn.as_ref());
                }
            }
        }
    }

    /// Ownership follows from what was verified, and from nothing else.
    fn verified(&mut self, change: &Change, set_arn: Option<&PermissionSetArn>) {
        match change {
            Change::CreatePermissionSet { .. } => {
                if let Some(arn) = set_arn {
                    self.sets.insert(arn.clone(), true);
                }
            }
            Change::DeletePermissionSet { set } => {
                if let Some(arn) = set_arn.or(set.arn.as_ref()) {
                    self.sets.insert(arn.clone(), false);
                }
                self.assignments.retain(|(name, _, _), _| *name != set.name);
                self.sets_gone.insert(set.name.clone());
            }
            Change::Assign { set, account, principal } => {
                self.assignments.insert((set.name.clone(), account.clone(), principal.clone()), true);
            }
            Change::Withdraw { set, account, principal } => {
                self.assignments.insert((set.name.clone(), account.clone(), principal.clone()), false);
            }
            _ => {}
        }
    }
}
