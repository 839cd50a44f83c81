//! Which call goes next, when calls have to wait for AWS's rate.
//!
//! The client's limiter keeps to the rate whatever comes; it does not know what is urgent. So calls of a run wait here
//! first: what fills a free place among the outstanding requests goes before lists that show which places are free (there
//! are no more of them than the rate leaves over), those before questions how a request ended, and these before readings
//! that only confirm.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use ports::Clock;

/// Calls that may go at once after a pause, as in the client's limiter.
const BURST: f64 = 5.0;
/// How many calls' time a question gives way at most.
const PATIENCE_OF_QUESTION_CALLS: u32 = 60;
/// How many calls' time a reading gives way to questions at most, and then as long again to changes.
const PATIENCE_OF_READING_CALLS: u32 = 1_200;

/// How urgent a call is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Precedence {
    /// A change, or what one waits for.
    Change,
    /// A list of requests in progress.
    List,
    /// How a request stands.
    Question,
    /// Whether something shows by now.
    Reading,
}

impl Precedence {
    /// Tokens that must be there: what can wait leaves some for what may come and cannot.
    fn needs(self) -> f64 {
        match self {
            Self::Change => 1.0,
            Self::List => 3.0,
            Self::Question => 4.0,
            Self::Reading => BURST,
        }
    }
}

#[derive(Debug)]
struct State {
    tokens: f64,
    counted: Timestamp,
    next_ticket: u64,
    waiting: BTreeSet<(Precedence, u64)>,
}

/// The gate through which all calls of a run go.
#[derive(Debug)]
pub(crate) struct Gate {
    per_second: f64,
    state: Mutex<State>,
}

/// A place in the queue, given up when dropped.
struct Ticket<'a> {
    gate: &'a Gate,
    name: (Precedence, u64),
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.gate.lock().waiting.remove(&self.name);
    }
}

impl Gate {
    /// A gate for this many calls a second; open if that is no positive number.
    pub(crate) fn new(per_second: f64, now: Timestamp) -> Self {
        let per_second = if per_second.is_finite() && per_second > 0.0 { per_second } else { f64::INFINITY };
        let state = State { tokens: 0.0, counted: now, next_ticket: 0, waiting: BTreeSet::new() };
        Self { per_second, state: Mutex::new(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queue(&self, precedence: Precedence) -> Ticket<'_> {
        let mut state = self.lock();
        let name = (precedence, state.next_ticket);
        state.next_ticket += 1;
        state.waiting.insert(name);
        Ticket { gate: self, name }
    }

    /// Passes, or answers how long to wait before trying again.
    fn try_pass(&self, ticket: &Ticket<'_>, now: Timestamp) -> Result<(), Duration> {
        let mut state = self.lock();
        let passed = Duration::try_from(now.duration_since(state.counted)).unwrap_or_default();
        state.counted = now;
        state.tokens = (state.tokens + passed.as_secs_f64() * self.per_second).min(BURST);
        let first = state.waiting.first() == Some(&ticket.name);
        let missing = ticket.name.0.needs() - state.tokens;
        if first && missing <= 1e-9 {
            state.tokens -= 1.0;
            return Ok(());
        }
        // One that is not first comes back about when the next token is there.
        let calls = if first { missing } else { missing.max(0.25) };
        Err(Duration::from_secs_f64(calls / self.per_second) + Duration::from_micros(1))
    }

    /// Waits for this call's turn.
    pub(crate) async fn pass(&self, clock: &dyn Clock, precedence: Precedence) {
        if self.per_second.is_infinite() {
            return;
        }
        // How long it gives way to each kind of call before it.
        let patience_calls = match precedence {
            Precedence::Change | Precedence::List => u32::MAX,
            Precedence::Question => PATIENCE_OF_QUESTION_CALLS,
            Precedence::Reading => PATIENCE_OF_READING_CALLS,
        };
        let mut ticket = self.queue(precedence);
        let mut began = clock.now();
        loop {
            let Err(wait) = self.try_pass(&ticket, clock.now()) else { return };
            clock.sleep(wait).await;
            let waited = Duration::try_from(clock.now().duration_since(began)).unwrap_or_default();
            if waited.as_secs_f64() * self.per_second > f64::from(patience_calls) {
                // Not at once before everything: those that waited together would come together.
                let next = if ticket.name.0 == Precedence::Reading { Precedence::Question } else { Precedence::Change };
                ticket = self.queue(next);
                began = clock.now();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ports::TokioClock;

    fn clock() -> TokioClock {
        TokioClock::starting_at("2026-11-22T00:00:00Z".parse().unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn the_rate_is_kept_and_the_urgent_go_first() {
        let clock = clock();
        let gate = Gate::new(20.0, clock.now());
        let order = Mutex::new(Vec::new());
        let calls = (0..30).map(|number| {
            let precedence = [Precedence::Reading, Precedence::Question, Precedence::Change][number % 3];
            let (gate, clock, order) = (&gate, &clock, &order);
            async move {
                gate.pass(clock, precedence).await;
                order.lock().unwrap().push(precedence);
            }
        });
        futures::future::join_all(calls).await;
        let order = order.into_inner().unwrap();
        assert!(order.is_sorted(), "{order:?}");
        let took = clock.now().duration_since("2026-11-22T00:00:00Z".parse().unwrap()).as_secs_f64();
        // The last ones leave four tokens.
        assert!((1.45..1.75).contains(&took), "{took}");
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_put_off_forever() {
        let clock = clock();
        let gate = Gate::new(20.0, clock.now());
        let changes = async {
            for _ in 0..3_000 {
                gate.pass(&clock, Precedence::Change).await;
            }
        };
        let reading = async {
            clock.sleep(Duration::from_secs(1)).await;
            gate.pass(&clock, Precedence::Reading).await;
            clock.now()
        };
        let began = clock.now();
        let ((), read) = tokio::join!(changes, reading);
        let waited = read.duration_since(began).as_secs_f64();
        assert!(waited < 2.1 * 60.0, "{waited}");
    }

    #[tokio::test(start_paused = true)]
    async fn no_rate_means_no_waiting() {
        let clock = clock();
        let gate = Gate::new(0.0, clock.now());
        for _ in 0..1_000 {
            gate.pass(&clock, Precedence::Reading).await;
        }
        assert_eq!(clock.now().to_string(), "2026-11-22T00:00:00Z");
    }
}
