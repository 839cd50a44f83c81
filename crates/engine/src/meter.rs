//! How many calls the engine makes, to know what the rate leaves for asking how things stand.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Counts calls over the last while.
#[derive(Debug)]
pub(crate) struct CallMeter {
    window: Duration,
    calls: Mutex<VecDeque<Timestamp>>,
    on_the_way: AtomicUsize,
}

/// A call that has not come back.
pub(crate) struct OnTheWay<'a>(&'a CallMeter);

impl Drop for OnTheWay<'_> {
    fn drop(&mut self) {
        self.0.on_the_way.fetch_sub(1, Ordering::Relaxed);
    }
}

impl CallMeter {
    /// Counts over four seconds' worth of a cloud that allows `per_second` calls where AWS allows 20.
    pub(crate) fn new(per_second: f64) -> Self {
        let window = if per_second > 0.0 { Duration::from_secs_f64(80.0 / per_second) } else { Duration::from_secs(4) };
        Self { window, calls: Mutex::default(), on_the_way: AtomicUsize::new(0) }
    }

    /// A call leaves; it is on its way until what this answers is dropped.
    pub(crate) fn call(&self, now: Timestamp) -> OnTheWay<'_> {
        self.count(now);
        self.extra_call()
    }

    /// A call leaves that had not to be made.
    pub(crate) fn extra_call(&self) -> OnTheWay<'_> {
        self.on_the_way.fetch_add(1, Ordering::Relaxed);
        OnTheWay(self)
    }

    /// Whether calls have not come back: they may be waiting for their turn.
    pub(crate) fn is_busy(&self) -> bool {
        self.on_the_way.load(Ordering::Relaxed) > 0
    }

    fn count(&self, now: Timestamp) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        self.forget(&mut calls, now);
        calls.push_back(now);
    }

    /// Calls each second, lately.
    pub(crate) fn per_second(&self, now: Timestamp) -> f64 {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        self.forget(&mut calls, now);
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let count = calls.len() as f64;
        count / self.window.as_secs_f64()
    }

    fn forget(&self, calls: &mut VecDeque<Timestamp>, now: Timestamp) {
        let Ok(from) = now.checked_sub(SignedDuration::try_from(self.window).unwrap_or_default()) else { return };
        while calls.front().is_some_and(|at| *at < from) {
            calls.pop_front();
        }
    }
}
