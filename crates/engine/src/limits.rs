//! How much at once, how often, how long: every bound of a run in one place.

use std::time::Duration;

/// Bounds of a run. The defaults are AWS's quotas of November 2026 and what goes with them.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Most asynchronous assignment operations outstanding (AWS: 15, not raisable).
    pub assignments_in_flight: usize,
    /// Most provisionings at a time (AWS: 3).
    pub provisionings_in_flight: usize,
    /// Most permission sets changed at a time.
    pub direct_in_flight: usize,
    /// Calls AWS allows each second over all permission set and assignment APIs (AWS: 20). The limiter stands before
    /// AWS; this is how the engine knows what is left for asking.
    pub calls_per_second: f64,
    /// When to ask first how a request stands, before anything was learnt.
    pub first_poll: Duration,
    /// Shortest time between two questions.
    pub shortest_poll: Duration,
    /// Longest time between two questions.
    pub longest_poll: Duration,
    /// A request without an end by then is left in flight for the next run.
    pub poll_deadline: Duration,
    /// How long a change that AWS calls done may take to show.
    pub verify_patience: Duration,
    /// Longest wait for other operations that one reading could verify as well.
    pub verify_hold: Duration,
    /// Longest wait of a request that ended for others about which AWS is asked with one call.
    pub settle_together: Duration,
    /// How old a reading may be that a removal rests on.
    pub before_fresh: Duration,
    /// A plan made from an older observation has every assumption checked again, not only those of removals.
    pub fresh_for: Duration,
    /// How often a change is sent at most.
    pub attempts: u32,
    /// First wait before sending again.
    pub backoff_first: Duration,
    /// Longest wait before sending again.
    pub backoff_longest: Duration,
    /// How long a conflict with an earlier change may last.
    pub conflict_patience: Duration,
    /// How often a run waits for new credentials.
    pub credential_pauses: u32,
    /// How long each time.
    pub credential_pause: Duration,
    /// How long a lease lasts without being renewed; renewed three times as often.
    pub lease: Duration,
    /// How long to wait for another run's lease.
    pub lease_wait: Duration,
    /// How far AWS's clock may be from ours.
    pub clock_skew: Duration,
    /// How long a request of a run that crashed may still be on its way.
    pub settle: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            assignments_in_flight: 15,
            provisionings_in_flight: 3,
            direct_in_flight: 4,
            calls_per_second: 20.0,
            first_poll: Duration::from_millis(1_500),
            shortest_poll: Duration::from_millis(75),
            longest_poll: Duration::from_secs(10),
            poll_deadline: Duration::from_secs(15 * 60),
            verify_patience: Duration::from_secs(60),
            verify_hold: Duration::from_secs(60),
            settle_together: Duration::from_secs(20),
            before_fresh: Duration::from_secs(30),
            fresh_for: Duration::from_secs(120),
            attempts: 6,
            backoff_first: Duration::from_millis(500),
            backoff_longest: Duration::from_secs(20),
            conflict_patience: Duration::from_secs(120),
            credential_pauses: 3,
            credential_pause: Duration::from_secs(10),
            lease: Duration::from_secs(30),
            lease_wait: Duration::from_secs(60),
            clock_skew: Duration::from_secs(300),
            settle: Duration::from_secs(2),
        }
    }
}

impl Limits {
    /// The same limits for a cloud whose clock runs `factor` times as fast as ours, such as a sandbox. What concerns
    /// our own clock (lease, credentials, skew) stays.
    #[must_use]
    pub fn sped_up(mut self, factor: f64) -> Self {
        if !(factor.is_finite() && factor > 0.0) {
            return self;
        }
        self.calls_per_second *= factor;
        for duration in [
            &mut self.first_poll,
            &mut self.shortest_poll,
            &mut self.longest_poll,
            &mut self.backoff_first,
            &mut self.backoff_longest,
            &mut self.conflict_patience,
            &mut self.verify_hold,
            &mut self.settle_together,
        ] {
            *duration = duration.div_f64(factor);
        }
        self
    }

    /// Wait before attempt `attempt` (from 1): doubles each time, spread by up to a quarter so that operations which
    /// failed together do not come back together. `seed` tells them apart.
    pub(crate) fn backoff(&self, attempt: u32, seed: &str) -> Duration {
        let doubled =
            self.backoff_first.saturating_mul(1_u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX));
        let bounded = doubled.min(self.backoff_longest);
        let hash = model::id::short_hash([seed, &attempt.to_string()]);
        let share = u64::from_str_radix(hash.get(..4).unwrap_or("0"), 16).unwrap_or(0);
        #[expect(clippy::cast_precision_loss, reason = "four hex digits fit")]
        let spread = 0.75 + 0.5 * (share as f64 / 65_536.0);
        bounded.mul_f64(spread)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_doubles_within_bounds_and_is_spread() {
        let limits = Limits::default();
        for attempt in 1..40 {
            let wait = limits.backoff(attempt, "x");
            assert!(wait >= limits.backoff_first.mul_f64(0.75));
            assert!(wait <= limits.backoff_longest.mul_f64(1.25), "{attempt}: {wait:?}");
        }
        assert_ne!(limits.backoff(1, "x"), limits.backoff(1, "y"));
    }
}
