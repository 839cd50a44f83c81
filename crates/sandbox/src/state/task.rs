//! Asynchronous work: what was asked, and when it will be done.
//!
//! Only one role of an account is changed at a time, so every account has a lane: one job runs, the rest wait. When a
//! job is due the next one starts at that instant, however late the clock is looked at.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::center::Principal;
use super::form;
use super::id::{AccountId, SetId, Uuid};

/// Finished tasks remembered, per kind. AWS does not document its retention.
const REMEMBERED: usize = 20_000;

/// Work that was accepted.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) kind: Kind,
    pub(crate) created_at: Timestamp,
    pub(crate) status: Status,
    /// ARN of the caller.
    #[serde(with = "form::arc")]
    pub(crate) by: Arc<str>,
    /// The number of the call.
    pub(crate) call: u64,
    /// When its last job was done.
    pub(crate) ended_at: Option<Timestamp>,
    /// Jobs not yet done.
    open_jobs: usize,
    /// Why a job of it failed, while others still run.
    failure: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Kind {
    Assign(Row),
    Withdraw(Row),
    /// Without an account: everywhere the set is provisioned.
    Provision {
        set: SetId,
        account: Option<AccountId>,
    },
    CreateAccount {
        name: String,
        email: String,
        account: AccountId,
        completed_at: Option<Timestamp>,
        /// The id of the organization that it will be in; the first one where a state of the first format does not say.
        #[serde(default)]
        organization: Option<String>,
    },
    CloseAccount {
        account: AccountId,
    },
}

/// The lists tasks are told apart by.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Family {
    Creation,
    Deletion,
    Provisioning,
    AccountCreation,
    AccountClosure,
}

impl Kind {
    pub(crate) fn family(&self) -> Family {
        match self {
            Self::Assign(_) => Family::Creation,
            Self::Withdraw(_) => Family::Deletion,
            Self::Provision { .. } => Family::Provisioning,
            Self::CreateAccount { .. } => Family::AccountCreation,
            Self::CloseAccount { .. } => Family::AccountClosure,
        }
    }

    /// Whether its work is done on the organization.
    pub(crate) fn changes_organization(&self) -> bool {
        matches!(self, Self::CreateAccount { .. } | Self::CloseAccount { .. })
    }

    pub(crate) fn set(&self) -> Option<SetId> {
        match self {
            Self::Assign(row) | Self::Withdraw(row) => Some(row.set),
            Self::Provision { set, .. } => Some(*set),
            Self::CreateAccount { .. } | Self::CloseAccount { .. } => None,
        }
    }
}

/// One assignment.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) account: AccountId,
    pub(crate) set: SetId,
    pub(crate) principal: Principal,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Status {
    InProgress,
    Succeeded,
    Failed(String),
}

impl Status {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::InProgress => "IN_PROGRESS",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed(_) => "FAILED",
        }
    }
}

/// The part of a task that concerns one account.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) task: Uuid,
    pub(crate) account: AccountId,
    pub(crate) takes: Duration,
    /// Whether it will fail at its end, whatever it is.
    pub(crate) fails: bool,
}

/// What befalls the next work that is accepted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Mishap {
    pub(crate) longer: Duration,
    pub(crate) fails: bool,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Tasks {
    all: HashMap<Uuid, Task>,
    by_family: HashMap<Family, VecDeque<Uuid>>,
    open: HashMap<Family, Vec<Uuid>>,
    lanes: HashMap<AccountId, VecDeque<Job>>,
    due: BinaryHeap<Reverse<(Timestamp, u64, AccountId)>>,
    sequence: u64,
    /// How long all jobs accepted in an account take, one after the other.
    work: HashMap<AccountId, Duration>,
    #[serde(skip)]
    pub(crate) mishap: Mishap,
    /// The number of the call under way.
    pub(crate) call: u64,
}

impl Tasks {
    pub(crate) fn get(&self, id: Uuid) -> Option<&Task> {
        self.all.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: Uuid) -> Option<&mut Task> {
        self.all.get_mut(&id)
    }

    /// Newest first.
    pub(crate) fn family(&self, family: Family) -> impl Iterator<Item = (Uuid, &Task)> {
        let ids = self.by_family.get(&family).into_iter().flatten().rev();
        ids.filter_map(|id| Some((*id, self.all.get(id)?)))
    }

    /// Tasks of these families still in progress.
    pub(crate) fn open(&self, families: &[Family]) -> impl Iterator<Item = &Task> {
        let ids = families.iter().filter_map(|family| self.open.get(family)).flatten();
        ids.filter_map(|id| self.all.get(id))
    }

    /// Accepts a task with one job per account; without jobs it has already succeeded.
    pub(crate) fn accept(&mut self, id: Uuid, kind: Kind, jobs: Vec<Job>, by: &str, now: Timestamp) -> Task {
        let family = kind.family();
        let status = if jobs.is_empty() { Status::Succeeded } else { Status::InProgress };
        let ended_at = jobs.is_empty().then_some(now);
        let by = by.into();
        let (call, open_jobs) = (self.call, jobs.len());
        let task = Task { kind, created_at: now, status, by, call, ended_at, open_jobs, failure: None };
        self.all.insert(id, task.clone());
        self.by_family.entry(family).or_default().push_back(id);
        if !jobs.is_empty() {
            self.open.entry(family).or_default().push(id);
        }
        self.forget_oldest(family);
        let Mishap { longer, fails } = self.mishap;
        for job in jobs {
            self.queue(Job { takes: job.takes + longer, fails, ..job }, now);
        }
        task
    }

    /// How long all jobs accepted so far take, by account.
    pub(crate) fn work(&self) -> impl Iterator<Item = (AccountId, Duration)> {
        self.work.iter().map(|(account, takes)| (*account, *takes))
    }

    fn queue(&mut self, job: Job, now: Timestamp) {
        *self.work.entry(job.account).or_default() += job.takes;
        let lane = self.lanes.entry(job.account).or_default();
        lane.push_back(job);
        if lane.len() == 1 {
            self.start(job, now);
        }
    }

    fn start(&mut self, job: Job, at: Timestamp) {
        let takes = SignedDuration::try_from(job.takes).unwrap_or(SignedDuration::MAX);
        let due = at.checked_add(takes).unwrap_or(Timestamp::MAX);
        self.sequence += 1;
        self.due.push(Reverse((due, self.sequence, job.account)));
    }

    /// The next job that is done by `now`, with the instant it is done; the lane moves on.
    pub(crate) fn next_due(&mut self, now: Timestamp) -> Option<(Timestamp, Job, Kind)> {
        loop {
            let Reverse((due, _, account)) = *self.due.peek()?;
            if due > now {
                return None;
            }
            self.due.pop();
            let Some(lane) = self.lanes.get_mut(&account) else { continue };
            let done = lane.pop_front();
            match lane.front().copied() {
                Some(next) => self.start(next, due),
                None => {
                    self.lanes.remove(&account);
                }
            }
            if let Some(job) = done
                && let Some(task) = self.all.get(&job.task)
            {
                return Some((due, job, task.kind.clone()));
            }
        }
    }

    /// When the next job will be done.
    pub(crate) fn next_due_at(&self) -> Option<Timestamp> {
        self.due.peek().map(|Reverse((due, ..))| *due)
    }

    /// Records how a job ended; the task ends with its last job, and one failure makes it fail.
    pub(crate) fn finish(&mut self, id: Uuid, outcome: Result<(), String>, at: Timestamp) {
        let Some(task) = self.all.get_mut(&id) else { return };
        task.open_jobs = task.open_jobs.saturating_sub(1);
        if let Err(reason) = outcome {
            task.failure.get_or_insert(reason);
        }
        if task.open_jobs == 0 {
            task.ended_at = Some(at);
            task.status = task.failure.take().map_or(Status::Succeeded, Status::Failed);
            if let Some(open) = self.open.get_mut(&task.kind.family()) {
                open.retain(|other| *other != id);
            }
        }
    }

    fn forget_oldest(&mut self, family: Family) {
        let Some(ids) = self.by_family.get_mut(&family) else { return };
        while ids.len() > REMEMBERED {
            let finished = ids.front().and_then(|id| self.all.get(id)).is_some_and(|task| task.open_jobs == 0);
            if !finished {
                return;
            }
            if let Some(id) = ids.pop_front() {
                self.all.remove(&id);
            }
        }
    }
}
