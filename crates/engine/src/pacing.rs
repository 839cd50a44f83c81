//! When to ask how a request stands.
//!
//! A place among the fifteen outstanding requests is wasted from when AWS is done until that is noticed, and each
//! question costs one of the twenty calls a second. So: how long requests take is learnt from those that ended; what the
//! rate leaves over is spent on AWS's list of requests in progress, one call for all of them, and a request that is no
//! longer in the list is asked about at once. Where nothing is left over, or there is no list, a request is asked about
//! when most like it have ended.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use model::change::Scope;
use model::journal::PendingRequest;
use ports::{Clock, StatusList};
use tokio::sync::Notify;

use crate::limits::Limits;
use crate::meter::CallMeter;

/// How many requests of a kind are remembered.
const REMEMBERED: usize = 48;
/// Share of the calls that must be left over before the list is read.
const WORTH_LISTING: f64 = 0.2;
/// Fewest requests for which a list is better than asking about each.
const FEWEST_LISTED: usize = 3;
/// Share of what is left over that is spent.
const SPENT: f64 = 0.75;
/// Share of requests that end before one like them is first asked about, where nothing tells when.
const EARLY: f64 = 0.15;

/// The list a request is in, and its id there.
pub(crate) fn listed_as(request: &PendingRequest) -> (StatusList, &str) {
    match request {
        PendingRequest::AssignmentCreation(id) => (StatusList::AssignmentCreation, id),
        PendingRequest::AssignmentDeletion(id) => (StatusList::AssignmentDeletion, id),
        PendingRequest::Provisioning(id) => (StatusList::Provisioning, id),
    }
}

#[derive(Debug)]
struct Outstanding {
    scope: Scope,
    accepted: Timestamp,
    seen: bool,
    gone: Arc<Notify>,
}

#[derive(Debug, Default)]
struct State {
    outstanding: HashMap<(StatusList, String), Outstanding>,
    durations: BTreeMap<StatusList, VecDeque<Duration>>,
    /// Lists that cannot be read.
    closed: BTreeSet<(StatusList, Scope)>,
}

/// What is known of requests in flight, and of how long they take.
#[derive(Debug)]
pub(crate) struct Pacing {
    limits: Limits,
    state: Mutex<State>,
}

/// A request that is in flight; forgotten when dropped.
pub(crate) struct InFlight<'a> {
    pacing: &'a Pacing,
    name: (StatusList, String),
    gone: Arc<Notify>,
}

impl InFlight<'_> {
    /// Returns when the list no longer names the request.
    pub(crate) async fn gone(&self) {
        self.gone.notified().await;
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.pacing.lock().outstanding.remove(&self.name);
    }
}

fn age(now: Timestamp, since: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(since)).unwrap_or_default()
}

impl Pacing {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { limits: limits.clone(), state: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request was accepted.
    pub(crate) fn accepted(&self, request: &PendingRequest, scope: &Scope, now: Timestamp) -> InFlight<'_> {
        let (list, id) = listed_as(request);
        let name = (list, id.to_owned());
        let gone = Arc::new(Notify::new());
        let outstanding = Outstanding { scope: scope.clone(), accepted: now, seen: false, gone: Arc::clone(&gone) };
        self.lock().outstanding.insert(name.clone(), outstanding);
        InFlight { pacing: self, name, gone }
    }

    /// A request ended: not yet `at_least` after it was accepted (zero if never asked before), `at_most` then.
    pub(crate) fn ended(&self, list: StatusList, at_least: Duration, at_most: Duration) {
        // Never asked before it ended: it may have ended long ago. Leaning low makes later questions come earlier.
        let estimate = if at_least.is_zero() { at_most.mul_f64(0.9) } else { (at_least + at_most) / 2 };
        let mut state = self.lock();
        let durations = state.durations.entry(list).or_default();
        if durations.len() >= REMEMBERED {
            durations.pop_front();
        }
        durations.push_back(estimate);
    }

    fn quantile(&self, list: StatusList, share: f64) -> Option<Duration> {
        let state = self.lock();
        let mut sorted: Vec<Duration> = state.durations.get(&list)?.iter().copied().collect();
        sorted.sort_unstable();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an index into a few dozen"
        )]
        let at = ((sorted.len().saturating_sub(1)) as f64 * share).round() as usize;
        sorted.get(at).copied()
    }

    fn spare(&self, meter: &CallMeter, now: Timestamp) -> f64 {
        self.limits.calls_per_second - meter.per_second(now)
    }

    /// Whether something is left over to look often.
    fn is_plenty(&self, spare: f64) -> bool {
        spare >= self.limits.calls_per_second * WORTH_LISTING
    }

    /// How long to wait before the first question.
    pub(crate) fn first_wait(&self, list: StatusList, scope: &Scope, spare: f64) -> Duration {
        let wait = if !self.is_plenty(spare) {
            self.quantile(list, 0.9).map(|most| most.mul_f64(1.05))
        } else if self.is_listed(list, scope) {
            // The list will tell; this is for the case that it does not.
            self.quantile(list, 1.0).map(|longest| longest.mul_f64(1.25))
        } else {
            self.quantile(list, EARLY)
        };
        wait.unwrap_or(self.limits.first_poll).clamp(self.limits.shortest_poll, self.limits.longest_poll)
    }

    /// Whether the list of these requests is being read.
    fn is_listed(&self, list: StatusList, scope: &Scope) -> bool {
        let state = self.lock();
        let together =
            state.outstanding.iter().filter(|((of, _), request)| *of == list && request.scope == *scope).count();
        together >= FEWEST_LISTED && !state.closed.contains(&(list, scope.clone()))
    }

    /// How long to wait before the next question about a request that was in progress at `age`.
    pub(crate) fn next_wait(&self, list: StatusList, age: Duration, spare: f64, now: Timestamp) -> Duration {
        let early = self.quantile(list, EARLY).unwrap_or_default();
        let typical = self.quantile(list, 0.5).unwrap_or(self.limits.first_poll);
        let asked_about =
            self.lock().outstanding.values().filter(|request| self::age(now, request.accepted) >= early).count();
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        let fair = Duration::from_secs_f64(asked_about.max(1) as f64 / (spare.max(1.0) * SPENT));
        // Asking more often than this gains nothing.
        let useful = typical.mul_f64(0.03);
        // Long past the usual, each question waits a quarter longer than the one before.
        let patient = if age > typical * 2 { age / 4 } else { Duration::ZERO };
        fair.max(useful).max(patient).clamp(self.limits.shortest_poll, self.limits.longest_poll)
    }

    /// Spare calls each second.
    pub(crate) fn spare_now(&self, meter: &CallMeter, now: Timestamp) -> f64 {
        self.spare(meter, now)
    }

    /// Waits until the lists are worth reading, and answers which. `last` is when they were read before.
    pub(crate) async fn next_lists(
        &self,
        clock: &dyn Clock,
        meter: &CallMeter,
        last: Timestamp,
    ) -> BTreeSet<(StatusList, Scope)> {
        // Looking whether it is worth it costs nothing but a wake-up.
        let mut wait = self.limits.shortest_poll.saturating_sub(age(clock.now(), last));
        loop {
            clock.sleep(wait.max(Duration::from_millis(1))).await;
            wait = self.limits.shortest_poll;
            let now = clock.now();
            let spare = self.spare(meter, now);
            let lists = self.ripe(now);
            if !self.is_plenty(spare) || lists.is_empty() {
                continue;
            }
            #[expect(clippy::cast_precision_loss, reason = "six at most")]
            let interval = Duration::from_secs_f64(lists.len() as f64 / (spare * SPENT));
            let passed = age(now, last);
            if interval > passed {
                clock.sleep(interval - passed).await;
            }
            // The list must not make others wait for their turn.
            while meter.is_busy() {
                clock.sleep(self.limits.shortest_poll / 16).await;
            }
            return lists;
        }
    }

    /// Lists that hold several requests, one of which may have ended by now.
    fn ripe(&self, now: Timestamp) -> BTreeSet<(StatusList, Scope)> {
        let soonest: BTreeMap<StatusList, Duration> =
            [StatusList::AssignmentCreation, StatusList::AssignmentDeletion, StatusList::Provisioning]
                .into_iter()
                .map(|list| (list, self.quantile(list, 0.0).map_or(Duration::ZERO, |least| least.mul_f64(0.8))))
                .collect();
        let state = self.lock();
        let mut lists: BTreeMap<(StatusList, Scope), (usize, bool)> = BTreeMap::new();
        for ((list, _), request) in &state.outstanding {
            let key = (*list, request.scope.clone());
            let ripe = soonest.get(list).is_none_or(|soonest| age(now, request.accepted) >= *soonest);
            let (together, any_ripe) = lists.entry(key).or_insert((0, false));
            *together += 1;
            *any_ripe |= ripe;
        }
        lists
            .into_iter()
            .filter(|(key, (together, ripe))| *together >= FEWEST_LISTED && *ripe && !state.closed.contains(key))
            .map(|(key, _)| key)
            .collect()
    }

    /// A list was read; `asked` is when. Requests it no longer names are to be asked about.
    pub(crate) fn listed(&self, list: StatusList, scope: &Scope, asked: Timestamp, in_progress: &BTreeSet<String>) {
        let typical = self.quantile(list, 0.5).unwrap_or(self.limits.first_poll);
        for ((of, id), request) in &mut self.lock().outstanding {
            if *of != list || request.scope != *scope || request.accepted >= asked {
                continue;
            }
            if in_progress.contains(id) {
                request.seen = true;
            } else if request.seen || age(asked, request.accepted) >= typical {
                // Never seen and young: the list may not name it yet.
                request.gone.notify_one();
            }
        }
    }

    /// There is no such list, or it may not be read.
    pub(crate) fn close_list(&self, list: StatusList, scope: &Scope) {
        self.lock().closed.insert((list, scope.clone()));
    }
}
