//! How measured times spread.

use std::time::{Duration, Instant};

/// Times of one kind, sorted.
pub(crate) struct Spread(Vec<Duration>);

impl Spread {
    pub(crate) fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    /// The time that this share of all does not exceed.
    pub(crate) fn quantile(&self, share: f64) -> Duration {
        let last = self.0.len().saturating_sub(1);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an index into a short list"
        )]
        let at = (share * last as f64).round() as usize;
        self.0.get(at).copied().unwrap_or_default()
    }

    pub(crate) fn median(&self) -> Duration {
        self.quantile(0.5)
    }

    pub(crate) fn most(&self) -> Duration {
        self.quantile(1.0)
    }
}

/// The result of the work, and the shortest of some runs: what the machine does besides only ever makes a run longer.
pub(crate) fn shortest<T>(runs: usize, mut work: impl FnMut() -> T) -> (T, Duration) {
    let mut best: Option<(T, Duration)> = None;
    for _ in 0..runs.max(1) {
        let started = Instant::now();
        let result = work();
        let took = started.elapsed();
        if best.as_ref().is_none_or(|(_, least)| took < *least) {
            best = Some((result, took));
        }
    }
    best.unwrap_or_else(|| (work(), Duration::ZERO))
}

/// `1.24 ms`
pub(crate) fn milliseconds(duration: Duration) -> String {
    let milliseconds = duration.as_secs_f64() * 1e3;
    if milliseconds < 10.0 { format!("{milliseconds:.2} ms") } else { format!("{milliseconds:.0} ms") }
}

/// How much smaller, in percent.
#[expect(clippy::cast_precision_loss, reason = "bytes of a policy")]
pub(crate) fn saved_percent(size: usize, plain: usize) -> f64 {
    if plain == 0 { 0.0 } else { 100.0 - 100.0 * size as f64 / plain as f64 }
}
