//! When to ask how a request stands.
//!
//! A place among the fifteen outstanding requests is wasted from when AWS is done until that is noticed, and each
//! question costs one of the twenty calls a second. So: how long requests take is learnt from those that ended; what the
//! rate leaves over is spent on AWS's list of requests in progress, one call for all of them, and a request that is no
//! longer in the list is asked about at once. Where nothing is left over, or there is no list, a request is asked about
//! when most like it have ended.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use model::change::Scope;
use model::journal::PendingRequest;
use ports::{Clock, StatusList};
use tokio::sync::Notify;

use crate::limits::Limits;

/// How many requests of a kind are remembered.
const REMEMBERED: usize = 160;
/// Share of the calls that must be left over before the list is read.
const WORTH_LISTING: f64 = 0.1;
/// From how many requests on their duration is believed to be typical.
const ENOUGH_KNOWN: usize = 30;
/// Age beyond which a request in flight tells nothing about how long others take.
const LONGEST: Duration = Duration::from_secs(30);
/// Share of what is left over that is spent.
const SPENT: f64 = 1.0;
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
    /// No longer in the list: AWS is done with it.
    left: bool,
    gone: Arc<Notify>,
}

#[derive(Debug, Default)]
struct State {
    outstanding: BTreeMap<(StatusList, String), Outstanding>,
    durations: BTreeMap<StatusList, VecDeque<Duration>>,
    workload: Option<Workload>,
    /// When each list was read.
    listed: BTreeMap<(StatusList, Scope), Timestamp>,
    /// Lists that cannot be read.
    closed: BTreeSet<(StatusList, Scope)>,
}

/// What a run still has to do.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Workload {
    /// Calls that have to be made, beside questions.
    pub(crate) calls: f64,
    /// Requests of which it is to be learnt how they ended.
    pub(crate) questions: f64,
    /// Operations on assignments.
    pub(crate) assignments: f64,
    /// Provisionings.
    pub(crate) provisionings: f64,
    /// Operations that have to be done one after the other.
    pub(crate) longest_queue: f64,
}

/// What is known of requests in flight, and of how long they take.
#[derive(Debug)]
pub(crate) struct Pacing {
    limits: Limits,
    state: Mutex<State>,
    last_ones: AtomicBool,
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

#[expect(clippy::cast_precision_loss, reason = "a few")]
fn places(count: usize) -> f64 {
    count.max(1) as f64
}

fn age(now: Timestamp, since: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(since)).unwrap_or_default()
}

impl Pacing {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { limits: limits.clone(), state: Mutex::default(), last_ones: AtomicBool::new(false) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nothing waits for the places of those in flight any more: no need to notice at once that one is free.
    pub(crate) fn only_last_ones_left(&self) {
        self.last_ones.store(true, Ordering::Relaxed);
    }

    /// A request was accepted.
    pub(crate) fn accepted(&self, request: &PendingRequest, scope: &Scope, now: Timestamp) -> InFlight<'_> {
        let (list, id) = listed_as(request);
        let name = (list, id.to_owned());
        let gone = Arc::new(Notify::new());
        let outstanding =
            Outstanding { scope: scope.clone(), accepted: now, seen: false, left: false, gone: Arc::clone(&gone) };
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

    /// Whether something is left over to look often.
    fn is_plenty(&self, spare: f64) -> bool {
        spare >= self.limits.calls_per_second * WORTH_LISTING
    }

    /// How long to wait before the first question.
    pub(crate) fn first_wait(&self, list: StatusList, scope: &Scope, now: Timestamp) -> Duration {
        let wait = if !self.is_plenty(self.spare(now)) {
            self.quantile(list, 0.9).map(|most| most.mul_f64(1.05))
        } else if self.is_listed(list, scope) {
            // The list will tell; this is for the case that it does not.
            let known = self.lock().durations.get(&list).map_or(0, VecDeque::len);
            let least = if known < ENOUGH_KNOWN { self.limits.first_poll * 4 } else { Duration::ZERO };
            Some(self.quantile(list, 1.0).map_or(least, |longest| longest.mul_f64(1.25).max(least)))
        } else {
            self.quantile(list, EARLY)
        };
        wait.unwrap_or(self.limits.first_poll).clamp(self.limits.shortest_poll, self.limits.longest_poll)
    }

    /// Whether the list of these requests can be read.
    fn is_listed(&self, list: StatusList, scope: &Scope) -> bool {
        !self.lock().closed.contains(&(list, scope.clone()))
    }

    /// How long to wait before the next question about a request that was in progress at `age`.
    pub(crate) fn next_wait(&self, list: StatusList, age: Duration, now: Timestamp) -> Duration {
        let spare = self.spare(now);
        let early = self.quantile(list, EARLY).unwrap_or_default();
        let typical = self.quantile(list, 0.5).unwrap_or(self.limits.first_poll);
        let asked_about =
            self.lock().outstanding.values().filter(|request| self::age(now, request.accepted) >= early).count();
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        let fair = Duration::from_secs_f64(
            asked_about.max(1) as f64 / (spare.max(self.limits.calls_per_second * WORTH_LISTING) * SPENT),
        );
        // Asking more often than this gains nothing.
        let useful = typical.mul_f64(0.02);
        // Long past the usual, each question waits a quarter longer than the one before.
        let patient = if age > typical * 2 { age / 4 } else { Duration::ZERO };
        fair.max(useful).max(patient).clamp(self.limits.shortest_poll, self.limits.longest_poll)
    }

    /// Calls each second that the rate leaves over, were the calls that have to be made spread evenly over the time that
    /// the run will still take. Not what was left over lately: that would be much while everything waits for an answer.
    fn spare(&self, now: Timestamp) -> f64 {
        let state = self.lock();
        let Some(workload) = &state.workload else { return self.limits.calls_per_second };
        let assignment = self.mean(&state, &[StatusList::AssignmentCreation, StatusList::AssignmentDeletion], now);
        let provisioning = self.mean(&state, &[StatusList::Provisioning], now);
        let seconds = (workload.assignments * assignment / places(self.limits.assignments_in_flight))
            .max(workload.provisionings * provisioning / places(self.limits.provisionings_in_flight))
            .max(workload.longest_queue * assignment);
        self.limits.calls_per_second - workload.calls / seconds.max(0.05)
    }

    /// Seconds that requests of these kinds take. The short ones end first, so those in flight count as well: seen at
    /// any moment, a request has on the average as long to go as it has gone.
    fn mean(&self, state: &State, lists: &[StatusList], now: Timestamp) -> f64 {
        let ended = lists.iter().filter_map(|list| state.durations.get(list)).flatten().map(Duration::as_secs_f64);
        let in_flight = state.outstanding.iter().filter(|((list, _), request)| lists.contains(list) && !request.left);
        let in_flight = in_flight.map(|(_, request)| age(now, request.accepted).min(LONGEST).as_secs_f64() * 2.0);
        let (count, sum) = ended.chain(in_flight).fold((0, 0.0), |(count, sum), each| (count + 1, sum + each));
        let usual = self.limits.first_poll.as_secs_f64() * 2.0;
        if count < ENOUGH_KNOWN { usual.max(sum / places(count)) } else { sum / places(count) }
    }

    /// What the run still has to do.
    pub(crate) fn expect(&self, workload: Workload) {
        self.lock().workload = Some(workload);
    }

    /// Waits until lists are worth reading, and answers which.
    pub(crate) async fn next_lists(&self, clock: &dyn Clock) -> Vec<(StatusList, Scope)> {
        loop {
            let (due, wait) = self.due(clock.now());
            if !due.is_empty() {
                return due;
            }
            // Looking whether it is worth it costs nothing but a wake-up.
            clock.sleep(wait.min(self.limits.shortest_poll).max(Duration::from_millis(1))).await;
        }
    }

    /// Lists that should be read now; how long until that can be said of another.
    fn due(&self, now: Timestamp) -> (Vec<(StatusList, Scope)>, Duration) {
        let (ripe, spare) = (self.ripe(now), self.spare(now));
        if ripe.is_empty() || !self.is_plenty(spare) {
            return (Vec::new(), self.limits.shortest_poll);
        }
        // The time lost until ends are noticed is least when each list is read in proportion to the square root of how
        // many requests it tells of.
        #[expect(clippy::cast_precision_loss, reason = "fifteen at most")]
        let roots = ripe.values().map(|together| (*together as f64).sqrt());
        let all: f64 = roots.clone().sum();
        // Nothing waits for the last ones' places.
        let often = if self.last_ones.load(Ordering::Relaxed) { 2 } else { 1 };
        let mut state = self.lock();
        let (mut due, mut wait) = (Vec::new(), self.limits.shortest_poll);
        for (list, root) in ripe.keys().zip(roots) {
            let interval = Duration::from_secs_f64(all / (root * spare * SPENT)).max(self.limits.shortest_poll) * often;
            let passed = state.listed.get(list).map_or(interval, |last| age(now, *last));
            if passed >= interval {
                state.listed.insert(list.clone(), now);
                due.push(list.clone());
            } else {
                wait = wait.min(interval - passed);
            }
        }
        (due, wait)
    }

    /// Lists that hold requests one of which may have ended by now, with how many they hold.
    fn ripe(&self, now: Timestamp) -> BTreeMap<(StatusList, Scope), usize> {
        let soonest: BTreeMap<StatusList, Duration> =
            [StatusList::AssignmentCreation, StatusList::AssignmentDeletion, StatusList::Provisioning]
                .into_iter()
                .map(|list| (list, self.quantile(list, 0.0).map_or(Duration::ZERO, |least| least.mul_f64(0.8))))
                .collect();
        let state = self.lock();
        let mut lists: BTreeMap<(StatusList, Scope), (usize, bool)> = BTreeMap::new();
        for ((list, _), request) in state.outstanding.iter().filter(|(_, request)| !request.left) {
            let key = (*list, request.scope.clone());
            let ripe = soonest.get(list).is_none_or(|soonest| age(now, request.accepted) >= *soonest);
            let (together, any_ripe) = lists.entry(key).or_insert((0, false));
            *together += 1;
            *any_ripe |= ripe;
        }
        lists
            .into_iter()
            .filter(|(key, (_, ripe))| *ripe && !state.closed.contains(key))
            .map(|(key, (together, _))| (key, together))
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
                request.left = true;
                request.gone.notify_one();
            }
        }
    }

    /// There is no such list, or it may not be read.
    pub(crate) fn close_list(&self, list: StatusList, scope: &Scope) {
        self.lock().closed.insert((list, scope.clone()));
    }
}
