//! How many calls the engine makes, to know what the rate leaves for asking how things stand.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Counts calls over the last while.
#[derive(Debug)]
pub(crate) struct CallMeter {
    window: Duration,
    calls: Mutex<VecDeque<Timestamp>>,
}

impl CallMeter {
    /// Counts over four seconds' worth of a cloud that allows `per_second` calls where AWS allows 20.
    pub(crate) fn new(per_second: f64) -> Self {
        let window = if per_second > 0.0 { Duration::from_secs_f64(80.0 / per_second) } else { Duration::from_secs(4) };
        Self { window, calls: Mutex::default() }
    }

    /// A call leaves.
    pub(crate) fn count(&self, now: Timestamp) {
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
