//! Reading parts of AWS again: shared by those who want the same one, and kept for a while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use model::change::{Change, PermissionSetRef};
use model::claim::{Part, PartValue};
use model::iam_user::IamUserRef;
use model::id::{PermissionSetArn, PermissionSetName};
use ports::{AwsError, AwsErrorKind, AwsRead, Clock};

use crate::gate::{Gate, Precedence};

fn set_mut(part: &mut Part) -> Option<&mut PermissionSetRef> {
    match part {
        Part::PermissionSet { set }
        | Part::ManagedPolicies { set }
        | Part::CustomerManagedPolicies { set }
        | Part::InlinePolicy { set }
        | Part::PermissionsBoundary { set }
        | Part::Tags { set }
        | Part::Provisioned { set }
        | Part::Assignments { set, .. } => Some(set),
        Part::Iam { .. } => None,
    }
}

/// Whose part it is.
fn owner(part: &Part) -> Option<Owner> {
    Some(match part {
        Part::Iam { user, .. } => Owner::IamUser(user.clone()),
        part => Owner::Set(set_mut(&mut part.clone())?.name.clone()),
    })
}

/// What has parts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Owner {
    Set(PermissionSetName),
    IamUser(IamUserRef),
}

/// The part by the set's name alone: the same before and after the set's ARN is known.
pub(crate) fn without_arn(mut part: Part) -> Part {
    if let Some(set) = set_mut(&mut part) {
        set.arn = None;
    }
    part
}

/// What a part holds where there is nothing.
fn nothing(part: &Part) -> PartValue {
    match part {
        Part::PermissionSet { .. } => PartValue::PermissionSet(None),
        Part::ManagedPolicies { .. } => PartValue::ManagedPolicies(Default::default()),
        Part::CustomerManagedPolicies { .. } => PartValue::CustomerManagedPolicies(Default::default()),
        Part::InlinePolicy { .. } => PartValue::InlinePolicy(None),
        Part::PermissionsBoundary { .. } => PartValue::PermissionsBoundary(None),
        Part::Tags { .. } => PartValue::Tags(Default::default()),
        Part::Provisioned { .. } => PartValue::Provisioned(Default::default()),
        Part::Assignments { .. } => PartValue::Assignments(Default::default()),
        Part::Iam { of, .. } => PartValue::Iam(of.nothing()),
    }
}

#[derive(Debug, Clone)]
struct Kept {
    at: Timestamp,
    value: PartValue,
}

#[derive(Debug, Default)]
struct State {
    kept: HashMap<Part, Kept>,
    /// ARNs of sets by name, those created in this run included.
    arns: HashMap<PermissionSetName, PermissionSetArn>,
    /// Counts own changes of parts, and of whole sets and users: a reading that began before one is not kept.
    part_changes: HashMap<Part, u64>,
    owner_changes: HashMap<Owner, u64>,
}

impl State {
    fn changes(&self, name: &Part) -> u64 {
        let of_owner = owner(name).and_then(|owner| self.owner_changes.get(&owner)).copied().unwrap_or(0);
        self.part_changes.get(name).copied().unwrap_or(0) + of_owner
    }
}

/// Readings of parts.
pub(crate) struct Parts<'a> {
    read: &'a dyn AwsRead,
    clock: &'a dyn Clock,
    gate: &'a Gate,
    state: Mutex<State>,
    /// One reading of a part at a time.
    turns: Mutex<HashMap<Part, Arc<tokio::sync::Mutex<()>>>>,
}

impl<'a> Parts<'a> {
    pub(crate) fn new(read: &'a dyn AwsRead, clock: &'a dyn Clock, gate: &'a Gate) -> Self {
        Self { read, clock, gate, state: Mutex::default(), turns: Mutex::default() }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The set's ARN as known by now.
    pub(crate) fn arn(&self, set: &PermissionSetRef) -> Option<PermissionSetArn> {
        set.arn.clone().or_else(|| self.state().arns.get(&set.name).cloned())
    }

    /// A set's ARN became known.
    pub(crate) fn learn_arn(&self, name: &PermissionSetName, arn: &PermissionSetArn) {
        self.state().arns.insert(name.clone(), arn.clone());
    }

    fn with_arn(&self, mut part: Part) -> Part {
        if let Some(set) = set_mut(&mut part) {
            set.arn = self.arn(set);
        }
        part
    }

    /// Reads the part now. What is not there reads as nothing.
    pub(crate) async fn fresh(&self, part: Part, precedence: Precedence) -> Result<PartValue, AwsError> {
        let part = self.with_arn(part);
        let name = without_arn(part.clone());
        self.gate.pass(self.clock, precedence).await;
        let changes = self.state().changes(&name);
        let began = self.clock.now();
        let value = match self.read.read(&part).await {
            Ok(value) => value,
            Err(error) if error.kind == AwsErrorKind::NotFound => nothing(&part),
            Err(error) => return Err(error),
        };
        let mut state = self.state();
        if state.changes(&name) == changes {
            state.kept.insert(name, Kept { at: began, value: value.clone() });
        }
        Ok(value)
    }

    /// A reading not older than `age`, made for this caller only if there is none.
    pub(crate) async fn recent(
        &self,
        part: Part,
        age: Duration,
        precedence: Precedence,
    ) -> Result<PartValue, AwsError> {
        let name = without_arn(part.clone());
        let turn =
            Arc::clone(self.turns.lock().unwrap_or_else(PoisonError::into_inner).entry(name.clone()).or_default());
        let _turn = turn.lock().await;
        let kept = self.state().kept.get(&name).cloned();
        if let Some(kept) = kept
            && Duration::try_from(self.clock.now().duration_since(kept.at)).unwrap_or_default() <= age
        {
            return Ok(kept.value);
        }
        self.fresh(part, precedence).await
    }

    /// This run changed something: what was read before is corrected where that is sure, else forgotten.
    pub(crate) fn note(&self, change: &Change) {
        let mut state = self.state();
        match change {
            Change::Assign { set, account, principal } | Change::Withdraw { set, account, principal } => {
                let name = PermissionSetRef { name: set.name.clone(), arn: None };
                let part = Part::Assignments { set: name.clone(), account: account.clone() };
                if let Some(Kept { value: PartValue::Assignments(found), .. }) = state.kept.get_mut(&part) {
                    if matches!(change, Change::Assign { .. }) {
                        found.insert(principal.clone());
                    } else {
                        found.remove(principal);
                    }
                }
                *state.part_changes.entry(part).or_default() += 1;
                let provisioned = Part::Provisioned { set: name };
                state.kept.remove(&provisioned);
                *state.part_changes.entry(provisioned).or_default() += 1;
            }
            other => {
                let changed = match (other.set(), other.iam_user()) {
                    (Some(set), _) => Owner::Set(set.name.clone()),
                    (None, Some(user)) => Owner::IamUser(user.clone()),
                    (None, None) => return,
                };
                state.kept.retain(|part, _| owner(part).as_ref() != Some(&changed));
                *state.owner_changes.entry(changed).or_default() += 1;
            }
        }
    }
}
