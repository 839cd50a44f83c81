//! The journal in plain memory: for simulation, and for those who keep no state. Gone with the process.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use model::declared::Bindings;
use model::id::{OperationId, RunId};
use model::journal::{JournalEntry, JournalEvent};
use model::observed::InstanceKey;
use model::rules::Owned;
use ports::{Lease, RunRecord, StateStore, StoreError};

use crate::backend::Backend;
use crate::chain::{self, Head};
use crate::error::Place;
use crate::lease::{expiry, refused};
use crate::projection::{Delta, StepTouch};
use crate::record::{Step, run_record};

#[derive(Debug, Default)]
struct Run {
    started: u64,
    finished: Option<u64>,
    steps: HashMap<OperationId, StepTouch>,
}

#[derive(Debug, Default)]
struct Projection {
    runs: BTreeMap<RunId, Run>,
    owned: Owned,
    bindings: Bindings,
}

impl Projection {
    fn apply(&mut self, delta: Delta) {
        for (run, sequence) in delta.runs_started {
            self.runs.entry(run).or_default().started = sequence;
        }
        for ((run, operation), touch) in delta.steps {
            let steps = &mut self.runs.entry(run).or_default().steps;
            let before = steps.get(&operation).and_then(|touch| touch.started);
            steps.insert(operation, StepTouch { started: before.or(touch.started), last: touch.last });
        }
        for (run, sequence) in delta.runs_finished {
            self.runs.entry(run).or_default().finished = Some(sequence);
        }
        if !delta.sets_gone.is_empty() {
            self.owned.assignments.retain(|(set, _, _)| !delta.sets_gone.contains(set));
        }
        for (arn, owned) in delta.sets {
            if owned {
                self.owned.permission_sets.insert(arn);
            } else {
                self.owned.permission_sets.remove(&arn);
            }
        }
        for (assignment, owned) in delta.assignments {
            if owned {
                self.owned.assignments.insert(assignment);
            } else {
                self.owned.assignments.remove(&assignment);
            }
        }
        self.bindings.entries.extend(delta.bindings);
    }
}

#[derive(Debug, Default)]
struct Instance {
    token: u64,
    lease: Option<Lease>,
    journal: Vec<JournalEntry>,
    projection: Projection,
}

impl Instance {
    fn entry(&self, sequence: u64) -> Option<&JournalEntry> {
        let at = usize::try_from(sequence.checked_sub(1)?).ok()?;
        self.journal.get(at)
    }

    fn event(&self, place: &Place, sequence: u64) -> Result<(Timestamp, JournalEvent), StoreError> {
        let entry = self.entry(sequence).ok_or_else(|| place.damaged(format!("entry {sequence} is missing")))?;
        Ok((entry.at, entry.event.clone()))
    }

    fn record(&self, place: &Place, id: &RunId, run: &Run) -> Result<RunRecord, StoreError> {
        let mut steps = HashMap::with_capacity(run.steps.len());
        for (operation, touch) in &run.steps {
            let (at, JournalEvent::Step { state, .. }) = self.event(place, touch.last)? else {
                return Err(place.damaged(format!("entry {} is no step", touch.last)));
            };
            let started_at = touch.started.and_then(|sequence| self.entry(sequence)).map(|entry| entry.at);
            steps.insert(operation.clone(), Step { state, at, started_at });
        }
        let ended = run.finished.map(|sequence| self.event(place, sequence)).transpose()?;
        run_record(place, id, self.event(place, run.started)?, ended, steps)
    }
}

/// The state in memory.
#[derive(Debug)]
pub(crate) struct Memory {
    place: Place,
    instances: Mutex<BTreeMap<InstanceKey, Instance>>,
}

impl Memory {
    /// An empty state.
    pub(crate) fn new() -> Self {
        Self { place: Place { name: "memory:".to_owned(), secret: None }, instances: Mutex::new(BTreeMap::new()) }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<InstanceKey, Instance>> {
        // Nothing below panics half-way, so a poisoned lock guards sound data.
        self.instances.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl StateStore for Memory {
    async fn acquire_lease(
        &self,
        instance: &InstanceKey,
        holder: &str,
        now: Timestamp,
        duration: Duration,
    ) -> Result<Lease, StoreError> {
        let mut instances = self.lock();
        let state = instances.entry(instance.clone()).or_default();
        if let Some(lease) = &state.lease
            && lease.until > now
        {
            return Err(refused(&lease.holder, lease.until));
        }
        state.token = state.token.saturating_add(1);
        let lease = Lease { holder: holder.to_owned(), token: state.token, until: expiry(now, duration) };
        state.lease = Some(lease.clone());
        Ok(lease)
    }

    async fn renew_lease(
        &self,
        instance: &InstanceKey,
        lease: &Lease,
        now: Timestamp,
        duration: Duration,
    ) -> Result<Lease, StoreError> {
        let mut instances = self.lock();
        let held = instances.get_mut(instance).and_then(|state| state.lease.as_mut());
        match held {
            Some(held) if held.token == lease.token => {
                held.until = expiry(now, duration);
                Ok(held.clone())
            }
            _ => Err(StoreError::LeaseLost),
        }
    }

    async fn release_lease(&self, instance: &InstanceKey, lease: &Lease) -> Result<(), StoreError> {
        if let Some(state) = self.lock().get_mut(instance)
            && state.lease.as_ref().is_some_and(|held| held.token == lease.token)
        {
            state.lease = None;
        }
        Ok(())
    }

    async fn append(
        &self,
        instance: &InstanceKey,
        lease: &Lease,
        at: Timestamp,
        events: Vec<JournalEvent>,
    ) -> Result<(), StoreError> {
        let mut instances = self.lock();
        let Some(state) = instances.get_mut(instance) else { return Err(StoreError::LeaseLost) };
        if state.lease.as_ref().is_none_or(|held| held.token != lease.token) {
            return Err(StoreError::LeaseLost);
        }
        let head = state
            .journal
            .last()
            .map_or_else(Head::default, |entry| Head { sequence: entry.sequence, hash: entry.hash.clone() });
        let entries = chain::seal(&head, instance, at, events)?;
        let delta = Delta::of(&entries);
        for (run, _) in &delta.runs_started {
            if state.projection.runs.contains_key(run) {
                return Err(StoreError::Database { message: format!("run {run} is in the journal already") });
            }
        }
        state.projection.apply(delta);
        state.journal.extend(entries);
        Ok(())
    }

    async fn owned(&self, instance: &InstanceKey) -> Result<Owned, StoreError> {
        Ok(self.lock().get(instance).map(|state| state.projection.owned.clone()).unwrap_or_default())
    }

    async fn bindings(&self, instance: &InstanceKey) -> Result<Bindings, StoreError> {
        Ok(self.lock().get(instance).map(|state| state.projection.bindings.clone()).unwrap_or_default())
    }

    async fn runs(&self, instance: &InstanceKey, limit: u32) -> Result<Vec<RunRecord>, StoreError> {
        let instances = self.lock();
        let Some(state) = instances.get(instance) else { return Ok(Vec::new()) };
        let mut runs: Vec<_> = state.projection.runs.iter().collect();
        runs.sort_by_key(|(_, run)| std::cmp::Reverse(run.started));
        runs.into_iter()
            .take(usize::try_from(limit).unwrap_or(usize::MAX))
            .map(|(id, run)| state.record(&self.place, id, run))
            .collect()
    }

    async fn run(&self, instance: &InstanceKey, id: &RunId) -> Result<Option<RunRecord>, StoreError> {
        let instances = self.lock();
        let Some(state) = instances.get(instance) else { return Ok(None) };
        state.projection.runs.get(id).map(|run| state.record(&self.place, id, run)).transpose()
    }

    async fn unfinished_runs(&self, instance: &InstanceKey) -> Result<Vec<RunRecord>, StoreError> {
        let instances = self.lock();
        let Some(state) = instances.get(instance) else { return Ok(Vec::new()) };
        let mut runs: Vec<_> = state.projection.runs.iter().filter(|(_, run)| run.finished.is_none()).collect();
        runs.sort_by_key(|(_, run)| run.started);
        runs.into_iter().map(|(id, run)| state.record(&self.place, id, run)).collect()
    }

    async fn entries(
        &self,
        instance: &InstanceKey,
        after_sequence: u64,
        limit: u32,
    ) -> Result<Vec<JournalEntry>, StoreError> {
        let instances = self.lock();
        let Some(state) = instances.get(instance) else { return Ok(Vec::new()) };
        let from = usize::try_from(after_sequence).unwrap_or(usize::MAX);
        Ok(state.journal.iter().skip(from).take(usize::try_from(limit).unwrap_or(usize::MAX)).cloned().collect())
    }
}

#[async_trait]
impl Backend for Memory {
    fn place(&self) -> &Place {
        &self.place
    }

    async fn head(&self, instance: &InstanceKey) -> Result<Head, StoreError> {
        Ok(self
            .lock()
            .get(instance)
            .and_then(|state| state.journal.last())
            .map_or_else(Head::default, |entry| Head { sequence: entry.sequence, hash: entry.hash.clone() }))
    }

    async fn rebuild(&self, instance: &InstanceKey) -> Result<(), StoreError> {
        if let Some(state) = self.lock().get_mut(instance) {
            let mut projection = Projection::default();
            projection.apply(Delta::of(&state.journal));
            state.projection = projection;
        }
        Ok(())
    }
}
