//! How requests ended, learnt for many at once.
//!
//! A request that left the list of those in progress has ended, and is to be asked about; that is a call each. Where many
//! operations are still to come, it waits a little instead: one reading of AWS's list of requests that succeeded tells of
//! a hundred. The order of that list is undocumented, and how far back it goes; so all of it is read, up to as many
//! pages as are worth it, and whoever is not found there is asked about alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use model::change::Scope;
use ports::{Clock, StatusList};
use tokio::sync::{Notify, oneshot};

use crate::limits::Limits;

/// Requests that are asked about together: a share of the operations to come, so that towards the end of a run they are
/// not all verified at the last moment.
const SHARE_TOGETHER: f64 = 0.25;
const FEWEST_TOGETHER: f64 = 20.0;
const MOST_TOGETHER: f64 = 60.0;
/// Where fewer operations than this are to come, each is asked about at once.
const WORTH_WAITING: f64 = 40.0;
/// From how many requests on a list is judged by what it told of them.
const ENOUGH_TO_JUDGE: usize = 40;
/// A page must tell of this many requests to be worth its call.
const WORTH_A_PAGE: usize = 3;

/// Calls for one request, before it was tried.
const UNTRIED: f64 = 0.2;

/// What a request that waits is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// AWS lists it as SUCCEEDED.
    Succeeded,
    /// Nothing: it is to be asked about alone.
    AskAlone,
}

#[derive(Debug)]
struct Waiting {
    since: Timestamp,
    /// Other operations wait for it.
    is_needed: bool,
    tell: oneshot::Sender<Told>,
}

type Key = (StatusList, Scope);

#[derive(Debug, Default)]
struct State {
    waiting: BTreeMap<Key, BTreeMap<String, Waiting>>,
    /// Lists that are not worth reading, or cannot be read.
    closed: BTreeSet<Key>,
    /// Operations still to come.
    to_come: f64,
    /// Pages the last reading of each list took.
    pages: BTreeMap<Key, usize>,
    /// Requests that were settled together, and with how many calls.
    settled: usize,
    calls: usize,
}

/// Requests of which it is not known yet how they ended.
#[derive(Debug)]
pub(crate) struct Settlement {
    longest_wait: Duration,
    state: Mutex<State>,
    joined: Notify,
}

/// Requests to be looked up in a list.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) list: StatusList,
    pub(crate) scope: Scope,
    pub(crate) ids: BTreeSet<String>,
}

impl Batch {
    /// Pages after which reading on costs more than asking about each.
    pub(crate) fn most_pages(&self) -> usize {
        self.ids.len() / WORTH_A_PAGE
    }
}

impl Settlement {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { longest_wait: limits.settle_together, state: Mutex::default(), joined: Notify::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many operations are still to come.
    pub(crate) fn expect(&self, operations: f64) {
        self.lock().to_come = operations;
        if operations < WORTH_WAITING {
            self.joined.notify_one();
        }
    }

    /// Calls it takes to learn how one request ended.
    pub(crate) fn calls_for_one(&self) -> f64 {
        let state = self.lock();
        if state.settled == 0 {
            return UNTRIED;
        }
        #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
        let calls = state.calls as f64 / state.settled as f64;
        calls.min(1.0)
    }

    /// Lets a request that ended wait for others. None where that is not worth it.
    pub(crate) fn join(
        &self,
        list: StatusList,
        scope: &Scope,
        id: &str,
        is_needed: bool,
        now: Timestamp,
    ) -> Option<oneshot::Receiver<Told>> {
        let mut state = self.lock();
        let key = (list, scope.clone());
        if state.to_come < WORTH_WAITING || state.closed.contains(&key) {
            return None;
        }
        let (tell, told) = oneshot::channel();
        state.waiting.entry(key).or_default().insert(id.to_owned(), Waiting { since: now, is_needed, tell });
        drop(state);
        self.joined.notify_one();
        Some(told)
    }

    /// Waits until requests are worth being looked up, and answers which.
    pub(crate) async fn next(&self, clock: &dyn Clock) -> Batch {
        loop {
            let wait = match self.due(clock.now()) {
                Ok(batch) => return batch,
                Err(wait) => wait,
            };
            tokio::select! {
                () = self.joined.notified() => {}
                () = clock.sleep(wait) => {}
            }
        }
    }

    /// What is to be looked up now, or how long that will take at most.
    fn due(&self, now: Timestamp) -> Result<Batch, Duration> {
        let mut state = self.lock();
        let soon = state.to_come < WORTH_WAITING;
        let together = (state.to_come * SHARE_TOGETHER).clamp(FEWEST_TOGETHER, MOST_TOGETHER);
        let mut wait = self.longest_wait;
        let State { waiting, pages, .. } = &mut *state;
        for (key, waiting) in waiting {
            waiting.retain(|_, waiting| !waiting.tell.is_closed());
            let Some(oldest) = waiting.values().map(|waiting| waiting.since).min() else { continue };
            let waited = Duration::try_from(now.duration_since(oldest)).unwrap_or_default();
            let needed = waiting.values().any(|waiting| waiting.is_needed);
            let (enough, longest) =
                if needed { (FEWEST_TOGETHER, self.longest_wait / 4) } else { (together, self.longest_wait) };
            let worth_the_pages = pages.get(key).map_or(0, |pages| (pages + 1) * WORTH_A_PAGE);
            #[expect(clippy::cast_precision_loss, reason = "a few dozen")]
            let are_enough = waiting.len() as f64 >= enough && waiting.len() >= worth_the_pages;
            if are_enough || waited >= longest || soon {
                return Ok(Batch { list: key.0, scope: key.1.clone(), ids: waiting.keys().cloned().collect() });
            }
            wait = wait.min(longest.saturating_sub(waited));
        }
        Err(wait.max(Duration::from_millis(1)))
    }

    /// Whether reading the list tells of enough requests, as far as can be known.
    pub(crate) fn is_worth_it(&self, batch: &Batch) -> bool {
        let pages = self.lock().pages.get(&(batch.list, batch.scope.clone())).copied().unwrap_or(1);
        pages <= batch.most_pages()
    }

    /// The list was read up to `pages` pages and named these of the batch as succeeded.
    pub(crate) fn settle(&self, batch: &Batch, succeeded: &BTreeSet<String>, pages: usize) {
        let key = (batch.list, batch.scope.clone());
        let mut state = self.lock();
        for id in &batch.ids {
            let Some(waiting) = state.waiting.get_mut(&key).and_then(|waiting| waiting.remove(id)) else { continue };
            let told = if succeeded.contains(id) { Told::Succeeded } else { Told::AskAlone };
            // One that is not waited for any more needs no answer.
            let _ = waiting.tell.send(told);
        }
        if pages == 0 {
            return;
        }
        state.settled += batch.ids.len();
        state.calls += pages + batch.ids.len() - succeeded.len().min(batch.ids.len());
        // A list that goes back so far, or tells so little, is not read again.
        if pages * WORTH_A_PAGE > succeeded.len() && batch.ids.len() >= ENOUGH_TO_JUDGE {
            state.closed.insert(key.clone());
        }
        state.pages.insert(key, pages);
    }

    /// The list cannot be read.
    pub(crate) fn close(&self, batch: &Batch) {
        self.lock().closed.insert((batch.list, batch.scope.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn joined(settlement: &Settlement, count: usize, is_needed: bool) -> Vec<oneshot::Receiver<Told>> {
        let list = StatusList::AssignmentCreation;
        let join =
            |number: usize| settlement.join(list, &Scope::Delegated, &format!("r{number}"), is_needed, at(0)).unwrap();
        (0..count).map(join).collect()
    }

    fn settlement(to_come: f64) -> Settlement {
        let settlement = Settlement::new(&Limits::default());
        settlement.expect(to_come);
        settlement
    }

    #[test]
    fn few_operations_to_come_are_not_worth_waiting() {
        let settlement = settlement(39.0);
        let list = StatusList::AssignmentCreation;
        assert!(settlement.join(list, &Scope::Delegated, "r", false, at(0)).is_none());
    }

    #[test]
    fn enough_or_long_enough_or_needed() {
        let many = settlement(1_000.0);
        let _told = joined(&many, 59, false);
        assert_eq!(many.due(at(5)).unwrap_err(), Duration::from_secs(15));
        assert_eq!(many.due(at(20)).unwrap().ids.len(), 59);
        let _more = joined(&many, 60, false);
        assert_eq!(many.due(at(0)).unwrap().ids.len(), 60);
        let needed = settlement(1_000.0);
        let _told = joined(&needed, 19, true);
        assert_eq!(needed.due(at(1)).unwrap_err(), Duration::from_secs(4));
        assert_eq!(needed.due(at(5)).unwrap().ids.len(), 19);
        // What is not waited for any more is not asked about.
        drop(_told);
        assert!(needed.due(at(5)).is_err());
    }

    #[test]
    fn who_is_not_found_asks_alone() {
        let settlement = settlement(1_000.0);
        let mut told = joined(&settlement, 60, false);
        let batch = settlement.due(at(0)).unwrap();
        let found: BTreeSet<String> = (1..60).map(|number| format!("r{number}")).collect();
        settlement.settle(&batch, &found, 2);
        assert_eq!(told[0].try_recv().unwrap(), Told::AskAlone);
        assert_eq!(told[59].try_recv().unwrap(), Told::Succeeded);
        assert!((settlement.calls_for_one() - 3.0 / 60.0).abs() < 1e-9);
    }

    #[test]
    fn a_list_that_tells_little_is_not_read_again() {
        let settlement = settlement(1_000.0);
        let _told = joined(&settlement, 60, false);
        let batch = settlement.due(at(0)).unwrap();
        assert_eq!(batch.most_pages(), 20);
        let found: BTreeSet<String> = (0..30).map(|number| format!("r{number}")).collect();
        settlement.settle(&batch, &found, 20);
        assert!(settlement.join(batch.list, &batch.scope, "next", false, at(1)).is_none());
    }
}
