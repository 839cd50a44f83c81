//! What really happened, put in order: from the sandbox's ledger and the journal, and from nothing that a plan says of itself.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use model::journal::{JournalEntry, JournalEvent, PendingRequest, StepState};
use model::{Change, OperationId, PrincipalId, RunId};
use sandbox::{
    AccountId, Asked, Assignment, CallRecord, Company, Deed, Effect, FaultKind, Principal, PrincipalKind, RIVAL,
    Request, Sandbox, Service, SetState, Uuid,
};

use crate::cloud::Cloud;
use crate::run::Attempt;

/// What there was before Sekisho came.
#[derive(Debug, Clone)]
pub(crate) struct Before {
    rows: BTreeSet<Assignment>,
    sets: BTreeMap<String, SetState>,
}

impl Before {
    pub(crate) fn of(sandbox: &Sandbox) -> Self {
        Self { rows: sandbox.assignments(), sets: sandbox.permission_sets() }
    }
}

/// A change of whether a row is there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turn {
    pub(crate) at: Timestamp,
    pub(crate) there: bool,
    pub(crate) by_sekisho: bool,
}

/// An operation as the journal tells it.
#[derive(Debug, Clone)]
pub(crate) struct Told<'a> {
    pub(crate) run: &'a RunId,
    pub(crate) change: Option<&'a Change>,
    pub(crate) before: &'a [model::Claim],
    /// On AWS's clock.
    pub(crate) started: Option<Timestamp>,
    /// The last request that was accepted for it.
    pub(crate) request: Option<&'a str>,
    /// When it was said to be verified.
    pub(crate) verified: Option<Timestamp>,
    /// Its last state is a final one.
    pub(crate) ended: bool,
}

/// Everything that is known of a run so far.
pub(crate) struct Evidence<'a> {
    pub(crate) sandbox: &'a Sandbox,
    pub(crate) company: &'a Company,
    pub(crate) attempts: &'a [Attempt],
    pub(crate) journal: &'a [JournalEntry],
    pub(crate) effects: Vec<&'a Effect>,
    pub(crate) asked: Vec<Asked>,
    pub(crate) operations: Vec<Told<'a>>,
    turns: BTreeMap<Assignment, Vec<Turn>>,
    sets: BTreeMap<String, Vec<(Timestamp, Option<SetState>)>>,
    /// Name by the last part of the ARN, of every set that ever was.
    names: BTreeMap<String, String>,
}

impl<'a> Evidence<'a> {
    pub(crate) fn new(
        sandbox: &'a Sandbox,
        cloud: &Cloud,
        company: &'a Company,
        before: &Before,
        attempts: &'a [Attempt],
        journal: &'a [JournalEntry],
    ) -> Self {
        let effects: Vec<&Effect> = sandbox.effects().collect();
        let mut evidence = Self {
            sandbox,
            company,
            attempts,
            journal,
            operations: operations(journal, cloud),
            asked: Vec::new(),
            turns: BTreeMap::new(),
            sets: BTreeMap::new(),
            names: BTreeMap::new(),
            effects: Vec::new(),
        };
        for row in &before.rows {
            let turn = Turn { at: Timestamp::MIN, there: true, by_sekisho: false };
            evidence.turns.insert(row.clone(), vec![turn]);
        }
        for (name, set) in &before.sets {
            evidence.sets.insert(name.clone(), vec![(Timestamp::MIN, Some(set.clone()))]);
            evidence.note_name(set);
        }
        for effect in &effects {
            evidence.note(effect);
        }
        evidence.effects = effects;
        evidence.asked = sandbox.asked().into_iter().map(|asked| evidence.named(asked)).collect();
        evidence
    }

    fn note_name(&mut self, set: &SetState) {
        let id = set.arn.rsplit('/').next().unwrap_or_default().to_owned();
        self.names.insert(id, set.name.clone());
    }

    fn note(&mut self, effect: &Effect) {
        let mut turn = |row: &Assignment, there| {
            let turn = Turn { at: effect.at, there, by_sekisho: is_sekisho(&effect.by) };
            self.turns.entry(row.clone()).or_default().push(turn);
        };
        match &effect.deed {
            Deed::Assigned(row) => turn(row, true),
            Deed::Withdrawn(row) => turn(row, false),
            Deed::SetCreated(set) => {
                self.sets.entry(set.name.clone()).or_default().push((effect.at, Some(set.clone())));
                self.note_name(set);
            }
            Deed::SetChanged { after, .. } => {
                self.sets.entry(after.name.clone()).or_default().push((effect.at, Some((**after).clone())));
            }
            Deed::SetDeleted(set) => self.sets.entry(set.name.clone()).or_default().push((effect.at, None)),
            Deed::Provisioned { .. } | Deed::Unprovisioned { .. } => {}
        }
    }

    /// Requests about sets that are gone name them by id.
    fn named(&self, mut asked: Asked) -> Asked {
        let set = match &mut asked.request {
            Request::Assign(row) | Request::Withdraw(row) => &mut row.set,
            Request::Provision { set, .. } => set,
        };
        if let Some(name) = self.names.get(set.as_str()) {
            set.clone_from(name);
        }
        asked
    }

    /// Whether the row was there at this instant.
    pub(crate) fn was_there(&self, row: &Assignment, at: Timestamp) -> bool {
        self.turns.get(row).and_then(|turns| turns.iter().rfind(|turn| turn.at <= at)).is_some_and(|turn| turn.there)
    }

    /// Whether the row was there (or not there, as asked) at any time from one instant to another.
    pub(crate) fn was_ever(&self, row: &Assignment, there: bool, from: Timestamp, to: Timestamp) -> bool {
        let turns = self.turns.get(row).into_iter().flatten();
        self.was_there(row, from) == there
            || turns.clone().any(|turn| turn.at >= from && turn.at <= to && turn.there == there)
    }

    /// The changes of a row, in order.
    pub(crate) fn turns(&self, row: &Assignment) -> &[Turn] {
        self.turns.get(row).map_or(&[], Vec::as_slice)
    }

    /// States of a set from one instant to another: the one it had, and each it got.
    pub(crate) fn states(&self, set: &str, from: Timestamp, to: Timestamp) -> Vec<Option<&SetState>> {
        let all = self.sets.get(set).map_or(&[] as &[_], Vec::as_slice);
        let first = all.iter().rfind(|(at, _)| *at <= from).and_then(|(_, state)| state.as_ref());
        let later = all.iter().filter(|(at, _)| *at > from && *at <= to).map(|(_, state)| state.as_ref());
        std::iter::once(first).chain(later).collect()
    }

    /// Everybody's every assignment, as it was when the latest evidence came in.
    pub(crate) fn rows(&self) -> BTreeSet<Assignment> {
        self.sandbox.assignments()
    }

    /// The attempt under way at this instant; the last one before where there was none.
    pub(crate) fn attempt_at(&self, at: Timestamp) -> Option<&'a Attempt> {
        self.attempts.iter().rfind(|attempt| attempt.began <= at)
    }

    /// What Sekisho asked for that takes its time.
    pub(crate) fn asked_by_sekisho(&self) -> impl Iterator<Item = &Asked> {
        self.asked.iter().filter(|asked| is_sekisho(&asked.by))
    }

    /// People (by id) to whom a principal belongs: the user, or the members of the group.
    pub(crate) fn people_of(&self, principal: Principal) -> Vec<Uuid> {
        match principal.kind {
            PrincipalKind::User => vec![principal.id],
            PrincipalKind::Group => {
                let groups: BTreeMap<Uuid, &str> = self
                    .company
                    .groups
                    .iter()
                    .filter_map(|group| {
                        Some((self.sandbox.principal(&format!("group:{}", group.name))?.id, group.name.as_str()))
                    })
                    .collect();
                let Some(name) = groups.get(&principal.id) else { return Vec::new() };
                let members = self.company.people.iter().filter(|person| person.groups.iter().any(|own| own == name));
                let ids = members.filter_map(|person| self.sandbox.principal(&format!("user:{}", person.user_name)));
                ids.map(|user| user.id).collect()
            }
        }
    }

    /// Principals through which a person may hold something.
    pub(crate) fn principals_of(&self, person: Uuid) -> Vec<Principal> {
        let user = Principal { kind: PrincipalKind::User, id: person };
        let of_company = self.company.people.iter().find(|other| {
            self.sandbox.principal(&format!("user:{}", other.user_name)).is_some_and(|found| found.id == person)
        });
        let groups = of_company.into_iter().flat_map(|other| &other.groups);
        let groups = groups.filter_map(|group| self.sandbox.principal(&format!("group:{group}")));
        std::iter::once(user).chain(groups).collect()
    }

    /// The row in words.
    pub(crate) fn words(&self, row: &Assignment) -> String {
        words(self.sandbox, self.company, row)
    }
}

/// A row in words.
pub(crate) fn words(sandbox: &Sandbox, company: &Company, row: &Assignment) -> String {
    let account = company.accounts.iter().find(|account| account.id == row.account.to_string());
    let account = account.map_or_else(|| row.account.to_string(), |account| account.name.clone());
    let groups = company.groups.iter().map(|group| format!("group:{}", group.name));
    let users = company.people.iter().map(|person| format!("user:{}", person.user_name));
    let principal = groups.chain(users).find(|name| sandbox.principal(name) == Some(row.principal));
    let principal = principal.unwrap_or_else(|| row.principal.id.to_string());
    format!("{principal} with {} in {account}", row.set)
}

/// Whether this ARN is Sekisho's own: there is nobody else but the rival, and what was there from the beginning.
pub(crate) fn is_sekisho(by: &str) -> bool {
    by != RIVAL && by.starts_with("arn:")
}

/// The row that a change is about.
pub(crate) fn row_of(change: &Change) -> Option<Assignment> {
    let (set, account, principal) = match change {
        Change::Assign { set, account, principal } | Change::Withdraw { set, account, principal } => {
            (set, account, principal)
        }
        _ => return None,
    };
    let kind = match principal {
        PrincipalId::User(_) => PrincipalKind::User,
        PrincipalId::Group(_) => PrincipalKind::Group,
    };
    let principal = Principal { kind, id: Uuid::parse(principal.as_str())? };
    Some(Assignment { account: AccountId::parse(account.as_str())?, set: set.name.to_string(), principal })
}

/// Whether the call changes something.
pub(crate) fn is_write(call: &CallRecord) -> bool {
    let reads = ["Get", "List", "Describe", "Is", "Simulate", "Generate", "AssumeRole"];
    call.service != Service::Sts && !reads.iter().any(|start| call.operation.starts_with(start))
}

/// Whether the caller surely got and could read the answer.
pub(crate) fn was_answered(call: &CallRecord) -> bool {
    call.answered
        && ![FaultKind::Slow, FaultKind::InternalAfter, FaultKind::Duplicate]
            .iter()
            .any(|kind| call.faults.contains(kind))
}

/// The instant before this one by so much.
pub(crate) fn earlier(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_sub(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MIN)
}

/// What the journal tells of each operation of each run.
fn operations<'a>(journal: &'a [JournalEntry], cloud: &Cloud) -> Vec<Told<'a>> {
    let mut places: BTreeMap<(&RunId, &OperationId), usize> = BTreeMap::new();
    let mut told: Vec<Told<'a>> = Vec::new();
    for entry in journal {
        let at = cloud.at(entry.at);
        match &entry.event {
            JournalEvent::Retirement { .. } | JournalEvent::LetterSent { .. } => {}
            JournalEvent::RunStarted { run, plan, .. } => {
                for operation in &plan.operations {
                    places.insert((run, &operation.id), told.len());
                    told.push(Told {
                        run,
                        change: Some(&operation.change),
                        before: &operation.before,
                        started: None,
                        request: None,
                        verified: None,
                        ended: false,
                    });
                }
            }
            JournalEvent::Step { run, operation, state } => {
                let Some(found) = places.get(&(run, operation)).and_then(|place| told.get_mut(*place)) else {
                    continue;
                };
                found.ended = state.is_final();
                match state {
                    StepState::Started { .. } => found.started = found.started.or(Some(at)),
                    StepState::Accepted { request } => {
                        let (PendingRequest::AssignmentCreation(id)
                        | PendingRequest::AssignmentDeletion(id)
                        | PendingRequest::Provisioning(id)) = request;
                        found.request = Some(id);
                    }
                    StepState::Verified { .. } => found.verified = Some(at),
                    _ => {}
                }
            }
            JournalEvent::RunFinished { .. } | JournalEvent::BindingsRecorded { .. } => {}
        }
    }
    told
}
