//! Wall time, faster.

use std::time::{Duration, Instant};

use jiff::Timestamp;

/// A clock that starts at the wall's time and runs at a multiple of its speed, never backwards.
#[derive(Debug, Clone, Copy)]
pub struct SpeedClock {
    origin: Timestamp,
    started: Instant,
    speed: u32,
}

impl SpeedClock {
    /// Starts now at `speed` times the wall's speed (at least once).
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock of the socket server; the state machine takes the time in"
    )]
    pub fn starting_now(speed: u32) -> Self {
        Self { origin: Timestamp::now(), started: Instant::now(), speed: speed.max(1) }
    }

    /// Not earlier than this: time does not go back for a state that is taken up again.
    pub(crate) fn not_before(self, latest: Timestamp) -> Self {
        Self { origin: self.origin.max(latest), ..self }
    }

    /// Waits for so long on this clock.
    #[expect(clippy::disallowed_methods, reason = "the socket server waits on the wall, faster by its speed")]
    pub(crate) async fn wait(&self, time: Duration) {
        tokio::time::sleep(time / self.speed).await;
    }

    /// The time on this clock.
    pub fn now(&self) -> Timestamp {
        let elapsed: Duration = self.started.elapsed().saturating_mul(self.speed);
        self.origin.checked_add(elapsed).unwrap_or(Timestamp::MAX)
    }
}
