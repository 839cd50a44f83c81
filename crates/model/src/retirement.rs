//! How far the retirement of an IAM user has come, as the journal tells it.

mod switch_off;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::change::Change;
use crate::iam_change::IamStep;
use crate::iam_user::{AccessKeyStatus, IamUser, IamUserRef};
use crate::id::{OperationId, RunId};
use crate::journal::{JournalEntry, JournalEvent, StepState};
use crate::plan::Plan;

pub use switch_off::{OffRun, OffState, OffStep};

/// Something about the retirement of a user that is no change of AWS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "snake_case")]
pub enum RetirementNote {
    /// The owner was told; both ways are open until then.
    Announced {
        /// End of the parallel period.
        parallel_until: Timestamp,
    },
    /// It is switched off or reduced without having been announced, or the announced period is over.
    Begun,
    /// The owner says that the user is not needed any more.
    Confirmed {
        /// Who says so.
        by: String,
    },
    /// Somebody misses something: nothing more happens to the user until it is settled.
    Complaint {
        /// What is missing, in their words.
        text: String,
    },
    /// What was missing is there.
    Settled,
    /// Nothing of the user works, although of some step nobody heard that it was done: the quiet time counts from here.
    SeenOff,
    /// The retirement is called off; it starts again with an announcement.
    CalledOff,
    /// It stays, with less.
    Reduced {
        /// Why it stays.
        reason: String,
    },
    /// What keeps it where it is, as the last look found it.
    HeldBack {
        /// It is not to be retired as things are: protected, a machine's, owned by a tool.
        stays: bool,
        /// Kinds of reasons (`still_used`); none when nothing keeps it any more.
        because: Vec<String>,
    },
}

/// A change of the user that Sekisho made, or may have made, and did not take back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepMade {
    /// When it was verified, else when it was first sent.
    pub at: Timestamp,
    /// Whether it was read again. One that was sent, and of which nothing more is known, may have taken effect.
    pub is_verified: bool,
    /// By which run.
    pub run: RunId,
    /// What was done.
    pub step: IamStep,
}

/// What the journal tells of one user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetirementCase {
    /// Id of the user that all this is about; none before anything tells it.
    pub user_id: Option<String>,
    /// When the owner was told, and until when both ways are open.
    pub announced: Option<(Timestamp, Timestamp)>,
    /// When the owner confirmed, and who did.
    pub confirmed: Option<(Timestamp, String)>,
    /// What somebody misses, since when.
    pub complaint: Option<(Timestamp, String)>,
    /// When the last complaint was settled: what was used until then is explained.
    pub settled: Option<Timestamp>,
    /// Changes that stand, oldest first.
    pub steps: Vec<StepMade>,
    /// When it was deleted, by which run, and everything it was.
    pub deleted: Option<(Timestamp, RunId, Box<IamUser>)>,
    /// Everything it was, where its deletion was sent (first by which run) and not seen to be done.
    pub perhaps_deleted: Option<(RunId, Box<IamUser>)>,
    /// The run that made it again; its steps are the user itself, and nothing to take back.
    pub recreated: Option<RunId>,
    /// When it was left with less, and why it stays.
    pub reduced: Option<(Timestamp, String)>,
    /// What kept it where it was at the last look.
    pub held: Option<Held>,
    /// Runs that switched it off or began to, the earliest first, since it was announced or called off.
    pub off_runs: Vec<OffRun>,
    /// When nothing of it was seen to work, although of some step nobody had heard.
    pub seen_off: Option<Timestamp>,
}

/// What keeps a user where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Since when it is so.
    pub since: Timestamp,
    /// It is not to be retired as things are.
    pub stays: bool,
    /// Kinds of reasons.
    pub because: Vec<String>,
}

impl RetirementCase {
    const NOTHING: Self = Self {
        user_id: None,
        announced: None,
        confirmed: None,
        complaint: None,
        settled: None,
        steps: Vec::new(),
        deleted: None,
        perhaps_deleted: None,
        recreated: None,
        reduced: None,
        held: None,
        off_runs: Vec::new(),
        seen_off: None,
    };

    /// Whether this is about the user with this id: another of the same name may have been made since.
    #[must_use]
    pub fn is_about(&self, user_id: &str) -> bool {
        self.user_id.as_deref().is_none_or(|held| held == user_id)
    }

    /// Since when it is switched off by Sekisho: the last step of that; none when it is not.
    #[must_use]
    pub fn switched_off(&self) -> Option<Timestamp> {
        let off = || self.steps.iter().filter(|made| switches_off(&made.step));
        let seen = self.seen_off.filter(|_| off().next().is_some());
        off().filter(|made| made.is_verified).map(|made| made.at).chain(seen).max()
    }

    /// Since when it stays with less, and why, if that was told; none where it does not.
    #[must_use]
    pub fn stays_reduced(&self) -> Option<(Timestamp, Option<&str>)> {
        if let Some((at, reason)) = &self.reduced {
            return Some((*at, Some(reason)));
        }
        if self.announced.is_some() || self.switched_off().is_some() {
            return None;
        }
        // Before this was a note of its own.
        let reduces = |made: &&StepMade| matches!(&made.step, IamStep::SetPolicy { name, to: Some(_), .. } if name == REDUCED_POLICY);
        self.steps.iter().filter(|made| made.is_verified).find(reduces).map(|made| (made.at, None))
    }

    /// Everything it was, of a user that was deleted, as far as anybody knows.
    #[must_use]
    pub fn definition(&self) -> Option<&IamUser> {
        let perhaps = self.perhaps_deleted.as_ref().map(|(_, definition)| definition);
        self.deleted.as_ref().map(|(_, _, definition)| definition).or(perhaps).map(AsRef::as_ref)
    }

    fn note(&mut self, at: Timestamp, note: &RetirementNote) {
        match note {
            RetirementNote::Announced { parallel_until } => {
                (self.announced, self.confirmed, self.reduced) = (Some((at, *parallel_until)), None, None);
                self.forget_off_runs();
            }
            RetirementNote::SeenOff => self.seen_off = Some(at),
            RetirementNote::Reduced { reason } => self.reduced = Some((at, reason.clone())),
            RetirementNote::HeldBack { because, .. } if because.is_empty() => self.held = None,
            RetirementNote::HeldBack { stays, because } => {
                self.held = Some(Held { since: at, stays: *stays, because: because.clone() });
            }
            RetirementNote::Confirmed { by } => self.confirmed = Some((at, by.clone())),
            RetirementNote::Complaint { text } => self.complaint = Some((at, text.clone())),
            RetirementNote::Begun => {}
            RetirementNote::Settled => (self.complaint, self.settled) = (None, Some(at)),
            RetirementNote::CalledOff => {
                (self.announced, self.confirmed, self.complaint, self.reduced) = (None, None, None, None);
                self.forget_off_runs();
            }
        }
    }

    fn made(&mut self, at: Timestamp, run: &RunId, step: &IamStep) {
        match step {
            IamStep::DeleteUser { definition } => self.deleted = Some((at, run.clone(), definition.clone())),
            // What it was is kept: the run may end before the user has all of it.
            IamStep::CreateUser { .. } => {
                let (deleted, perhaps_deleted) = (self.deleted.take(), self.perhaps_deleted.take());
                *self = Self { deleted, perhaps_deleted, recreated: Some(run.clone()), ..Self::NOTHING };
            }
            _ if self.recreated.as_ref() == Some(run) => {}
            _ => {
                // It was sent before; and what is deleted is never switched on again.
                let deletes = matches!(step, IamStep::DeleteKey { .. } | IamStep::DeleteCredential { .. });
                self.steps.retain(|made| {
                    (made.is_verified || made.step != *step) && !(deletes && made.step.object() == step.object())
                });
                // What takes a step back leaves neither.
                match self.steps.iter().rposition(|made| takes_back(step, &made.step)) {
                    Some(place) => drop(self.steps.remove(place)),
                    None => {
                        self.steps.push(StepMade { at, is_verified: true, run: run.clone(), step: step.clone() });
                    }
                }
            }
        }
    }

    /// What a step would do was so already: what it takes back stands no longer.
    fn found_so(&mut self, step: &IamStep) {
        if let Some(place) = self.steps.iter().rposition(|made| takes_back(step, &made.step)) {
            self.steps.remove(place);
        }
    }

    /// AWS refused the step each time this run sent it. What an earlier run sent without an answer stays open.
    fn refused(&mut self, run: &RunId, step: &IamStep) {
        if matches!(step, IamStep::DeleteUser { .. }) {
            self.perhaps_deleted.take_if(|(first, _)| first == run);
        }
        self.steps.retain(|made| made.is_verified || made.run != *run || made.step != *step);
    }

    /// A step was sent: from here on it may have taken effect, whatever is heard of it.
    fn sent(&mut self, at: Timestamp, run: &RunId, step: &IamStep) {
        if let IamStep::DeleteUser { definition } = step {
            let first = self.perhaps_deleted.take().map_or_else(|| run.clone(), |(first, _)| first);
            self.perhaps_deleted = Some((first, definition.clone()));
        }
        let whole = matches!(step, IamStep::CreateUser { .. } | IamStep::DeleteUser { .. });
        let known = self.steps.iter().any(|made| made.step == *step || takes_back(step, &made.step));
        if !whole && !known && self.recreated.as_ref() != Some(run) {
            self.steps.push(StepMade { at, is_verified: false, run: run.clone(), step: step.clone() });
        }
    }
}

/// Name of the inline policy of a user that stays, but with less.
pub const REDUCED_POLICY: &str = "SekishoReduced";
/// Name of the inline policy by which a user is switched off.
pub const DENIAL_POLICY: &str = "SekishoRetired";
/// AWS's own policy for the same, where an inline policy does not fit.
/// <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSDenyAll.html>
pub const DENY_ALL_ARN_END: &str = ":policy/AWSDenyAll";

/// Whether a step takes part in switching a user off.
#[must_use]
pub fn switches_off(step: &IamStep) -> bool {
    match step {
        IamStep::SetKeyStatus { to, .. } => *to == AccessKeyStatus::Inactive,
        IamStep::SetCredentialStatus { active, .. } => !active,
        IamStep::SetPolicy { name, to, .. } => name == DENIAL_POLICY && to.is_some(),
        IamStep::AttachPolicy { policy } => policy.ends_with(DENY_ALL_ARN_END),
        _ => false,
    }
}

/// The step that takes another back exactly, where there is one.
#[must_use]
pub fn inverse(step: &IamStep) -> Option<IamStep> {
    Some(match step {
        IamStep::SetKeyStatus { key, from, to } => IamStep::SetKeyStatus { key: key.clone(), from: *to, to: *from },
        IamStep::SetCredentialStatus { kind, id, active } => {
            IamStep::SetCredentialStatus { kind: *kind, id: id.clone(), active: !active }
        }
        IamStep::SetPolicy { name, from, to } => {
            IamStep::SetPolicy { name: name.clone(), from: to.clone(), to: from.clone() }
        }
        IamStep::AttachPolicy { policy } => IamStep::DetachPolicy { policy: policy.clone() },
        IamStep::DetachPolicy { policy } => IamStep::AttachPolicy { policy: policy.clone() },
        IamStep::JoinGroup { group } => IamStep::LeaveGroup { group: group.clone() },
        IamStep::LeaveGroup { group } => IamStep::JoinGroup { group: group.clone() },
        IamStep::DeleteKey { .. }
        | IamStep::DeleteCredential { .. }
        | IamStep::DeletePassword
        | IamStep::RemoveMfaDevice { .. }
        | IamStep::CreateUser { .. }
        | IamStep::DeleteUser { .. } => return None,
    })
}

/// Whether `later` leaves things as they were before `earlier`.
fn takes_back(later: &IamStep, earlier: &IamStep) -> bool {
    inverse(earlier).is_some_and(|inverse| inverse == *later)
}

/// Takes the journal entry by entry, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RetirementCases {
    /// By user.
    pub by_user: BTreeMap<IamUserRef, RetirementCase>,
    /// Changes of users that runs were to make.
    planned: BTreeMap<(RunId, OperationId), (IamUserRef, IamStep)>,
}

impl RetirementCases {
    /// Adds what an entry tells.
    pub fn add(&mut self, entry: &JournalEntry) {
        match &entry.event {
            JournalEvent::Retirement { user, user_id, note, .. } => {
                let case = self.by_user.entry(user.clone()).or_insert(RetirementCase::NOTHING);
                // A user that was made again, and is now on its way out for itself.
                let begins = matches!(note, RetirementNote::Announced { .. } | RetirementNote::Begun);
                let is_another = case.user_id.as_ref().is_some_and(|held| held != user_id);
                if is_another || (begins && case.recreated.is_some()) {
                    *case = RetirementCase::NOTHING;
                }
                case.user_id = Some(user_id.clone());
                case.note(entry.at, note);
            }
            JournalEvent::RunStarted { run, plan, .. } => {
                self.begins(entry.at, run, plan);
                for operation in &plan.operations {
                    if let Change::IamUser { user, step } = &operation.change {
                        let planned = (user.clone(), step.clone());
                        self.planned.insert((run.clone(), operation.id.clone()), planned);
                    }
                }
            }
            JournalEvent::RunFinished { run, .. } => self.planned.retain(|(of, _), _| of != run),
            JournalEvent::Step { run, operation, state: StepState::Started { .. } } => {
                if let Some((user, step)) = self.planned.get(&(run.clone(), operation.clone())) {
                    let case = self.by_user.entry(user.clone()).or_insert(RetirementCase::NOTHING);
                    case.sent(entry.at, run, step);
                    case.off_step(run, step, OffState::Perhaps);
                }
            }
            JournalEvent::Step { run, operation, state: StepState::Failed { refused: true, .. } } => {
                if let Some((user, step)) = self.planned.get(&(run.clone(), operation.clone()))
                    && let Some(case) = self.by_user.get_mut(user)
                {
                    case.refused(run, step);
                    case.off_step(run, step, OffState::Refused);
                }
            }
            JournalEvent::Step { run, operation, state: StepState::Skipped { reason } }
                if reason == StepState::ALREADY_SO =>
            {
                if let Some((user, step)) = self.planned.get(&(run.clone(), operation.clone()))
                    && let Some(case) = self.by_user.get_mut(user)
                {
                    case.found_so(step);
                    case.off_step(run, step, OffState::FoundSo);
                }
            }
            JournalEvent::Step { run, state: StepState::Verified { change, .. }, .. } => {
                if let Change::IamUser { user, step } = change.as_ref() {
                    let case = self.by_user.entry(user.clone()).or_insert(RetirementCase::NOTHING);
                    case.made(entry.at, run, step);
                    case.off_step(run, step, OffState::Done);
                }
            }
            _ => {}
        }
    }

    /// A run takes up what it was to do: the switching off of users, or what takes that back.
    fn begins(&mut self, at: Timestamp, run: &RunId, plan: &Plan) {
        let mut planned: BTreeMap<&IamUserRef, Vec<&IamStep>> = BTreeMap::new();
        for operation in &plan.operations {
            if let Change::IamUser { user, step } = &operation.change {
                planned.entry(user).or_default().push(step);
            }
        }
        for (user, steps) in planned {
            self.by_user.entry(user.clone()).or_insert(RetirementCase::NOTHING).begins(at, run, &steps);
        }
    }

    /// The user an entry tells something of; none where it is about something else.
    pub(crate) fn concerned<'e>(&'e self, entry: &'e JournalEntry) -> Option<&'e IamUserRef> {
        match &entry.event {
            JournalEvent::Retirement { user, .. } => Some(user),
            JournalEvent::Step { state: StepState::Verified { change, .. }, .. } => change.iam_user(),
            JournalEvent::Step { run, operation, .. } => {
                self.planned.get(&(run.clone(), operation.clone())).map(|(user, _)| user)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
