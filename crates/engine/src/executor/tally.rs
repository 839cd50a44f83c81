//! Counting, and telling who watches.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use model::operation::Operation;

use tokio::sync::Notify;

use crate::context::Context;
use crate::executor::operation::Sign;
use crate::progress::{ApplyEvent, Counts, Snapshot};
use crate::summary::Outcome;

/// Fewest ended operations from which a rate is told.
const ENOUGH: u64 = 5;

#[derive(Debug)]
struct State {
    counts: Counts,
    started: HashSet<usize>,
    /// AWS is done with these, and it was not asked yet how they ended.
    left: HashSet<usize>,
    /// Time all ended operations took together, from being sent to AWS's last word.
    working: Duration,
    ended: u64,
    began: Timestamp,
    longest_queue: u64,
    places_left: Vec<usize>,
}

/// Where a run stands.
pub(crate) struct Tally<'a, 'c> {
    context: &'a Context<'c>,
    state: Mutex<State>,
    place_left: Notify,
}

impl<'a, 'c> Tally<'a, 'c> {
    pub(crate) fn new(context: &'a Context<'c>, operations: u64) -> Self {
        let counts = Counts { operations, waiting: operations, ..Counts::default() };
        let state = State {
            counts,
            started: HashSet::new(),
            left: HashSet::new(),
            working: Duration::ZERO,
            ended: 0,
            began: context.clock.now(),
            longest_queue: 0,
            places_left: Vec::new(),
        };
        Self { context, state: Mutex::new(state), place_left: Notify::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn counts(&self) -> Counts {
        self.lock().counts
    }

    /// Whether the operation was sent, or was about to be.
    pub(crate) fn was_started(&self, at: usize) -> bool {
        self.lock().started.contains(&at)
    }

    /// Waits until places were left, and answers by which operations.
    pub(crate) async fn places_left(&self) -> Vec<usize> {
        self.place_left.notified().await;
        std::mem::take(&mut self.lock().places_left)
    }

    pub(crate) fn sign(&self, at: usize, operation: &Operation, sign: Sign) {
        let snapshot = {
            let mut state = self.lock();
            if matches!(sign, Sign::Started) && state.started.insert(at) {
                state.counts.waiting = state.counts.waiting.saturating_sub(1);
                state.counts.in_flight += 1;
            }
            if matches!(sign, Sign::LeftPlace) && state.started.contains(&at) && state.left.insert(at) {
                state.counts.in_flight = state.counts.in_flight.saturating_sub(1);
                state.counts.unverified += 1;
            }
            self.snapshot(&state)
        };
        match sign {
            Sign::Started => self.context.progress.event(&ApplyEvent::Started { operation, snapshot }),
            Sign::Accepted => self.context.progress.event(&ApplyEvent::Accepted { operation, snapshot }),
            Sign::LeftPlace => {
                self.lock().places_left.push(at);
                self.place_left.notify_one();
            }
        }
    }

    /// AWS's last word came, `took` after the operation began.
    pub(crate) fn ended(&self, at: usize, took: Duration, longest_queue: u64) {
        let mut state = self.lock();
        if state.started.contains(&at) {
            if !state.left.remove(&at) {
                state.counts.in_flight = state.counts.in_flight.saturating_sub(1);
                state.counts.unverified += 1;
            }
            state.working += took;
            state.ended += 1;
        }
        state.longest_queue = longest_queue;
    }

    /// Nothing more will happen to the operation. `ended`: [`Tally::ended`] was told before.
    pub(crate) fn finished(&self, at: usize, operation: &Operation, outcome: &Outcome, ended: bool) {
        let snapshot = {
            let mut state = self.lock();
            let started = state.started.contains(&at);
            let ended = state.left.remove(&at) || ended;
            let counts = &mut state.counts;
            let from = match (started, ended) {
                (false, _) => &mut counts.waiting,
                (true, false) => &mut counts.in_flight,
                (true, true) => &mut counts.unverified,
            };
            *from = from.saturating_sub(1);
            *match outcome {
                Outcome::Verified => &mut counts.verified,
                Outcome::AlreadySo => &mut counts.already_so,
                Outcome::Failed { .. } => &mut counts.failed,
                Outcome::Contradicted { .. } => &mut counts.contradicted,
                Outcome::Skipped { .. } => &mut counts.skipped,
                Outcome::InFlight { .. } => &mut counts.left_in_flight,
                Outcome::NotStarted { .. } => &mut counts.not_started,
            } += 1;
            self.snapshot(&state)
        };
        self.context.progress.event(&ApplyEvent::Finished { operation, outcome, snapshot });
    }

    fn snapshot(&self, state: &State) -> Snapshot {
        Snapshot { counts: state.counts, throttled: self.context.throttled(), remaining: self.remaining(state) }
    }

    /// Time left: what is left at the rate so far, and no less than the longest queue takes one by one.
    fn remaining(&self, state: &State) -> Option<Duration> {
        if state.ended < ENOUGH {
            return None;
        }
        let ended = u32::try_from(state.ended).ok()?;
        let left = u32::try_from(state.counts.waiting + state.counts.in_flight).ok()?;
        let each = state.working / ended;
        let at_this_rate = (self.context.since(state.began) / ended).saturating_mul(left);
        let one_by_one = each.saturating_mul(u32::try_from(state.longest_queue).ok()?);
        Some(at_this_rate.max(one_by_one))
    }
}
