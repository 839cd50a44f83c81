//! A run while it goes on.

use std::sync::atomic::{AtomicU64, Ordering};

use engine::{ApplyEvent, ApplyProgress, Snapshot};
use model::Plan;

use super::progress::Progress;
use super::style::{Ink, Screen, Text};
use super::summary;
use super::words::{count, duration_ms};

/// Failures told one by one as they happen; the summary tells all.
const TOLD: u64 = 10;

/// `Applying 318 operations  ━━━━╸  201/318   ETA 41 s   (15 in flight, 2 to verify, 20 calls/s allowed, 0 throttled)`
#[derive(Debug)]
pub(crate) struct ApplyBar {
    progress: Progress,
    /// What AWS allows.
    calls_per_second: f64,
    told: AtomicU64,
}

impl ApplyBar {
    /// Shows the bar.
    pub(crate) fn start(plan: &Plan, calls_per_second: f64, screen: &Screen) -> Self {
        let title = format!("Applying {}", count(plan.operations.len(), "operation"));
        Self { progress: Progress::start(title, screen), calls_per_second, told: AtomicU64::new(0) }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.progress.finish();
    }

    fn moved(&self, snapshot: &Snapshot) {
        let counts = &snapshot.counts;
        let mut aside = format!(
            "({} in flight, {} to verify, {:.0} calls/s allowed, {} throttled",
            counts.in_flight, counts.unverified, self.calls_per_second, snapshot.throttled
        );
        if counts.failed + counts.contradicted > 0 {
            aside.push_str(&format!(", {} failed", counts.failed + counts.contradicted));
        }
        aside.push(')');
        let remaining = snapshot.remaining.map(|left| duration_ms(u64::try_from(left.as_millis()).unwrap_or(u64::MAX)));
        self.progress.update_with(counts.finished(), counts.operations, &aside, remaining);
    }
}

impl ApplyProgress for ApplyBar {
    fn event(&self, event: &ApplyEvent<'_>) {
        match event {
            ApplyEvent::WaitingForLease { holder, until } => {
                let text = format!("another run goes on ({holder}, until {until} unless renewed); waiting for it");
                self.progress.line(&Text::new().with(Ink::Strong, "note: ").and(text));
            }
            ApplyEvent::Recovering { run, operations } => {
                let text = format!("run {run} did not end: looking into {}", count(*operations, "operation"));
                self.progress.line(&Text::new().with(Ink::Strong, "note: ").and(text));
            }
            ApplyEvent::RunStarted { .. } => {}
            ApplyEvent::Started { snapshot, .. } | ApplyEvent::Accepted { snapshot, .. } => self.moved(snapshot),
            ApplyEvent::Finished { operation, outcome, snapshot } => {
                if let Some(text) = summary::failure(&operation.meaning.summary, outcome)
                    && self.told.fetch_add(1, Ordering::Relaxed) < TOLD
                {
                    self.progress.line(&text);
                }
                self.moved(snapshot);
            }
            ApplyEvent::Paused { reason, wait } => {
                let wait = duration_ms(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
                self.progress.line(&Text::new().with(Ink::Warning, "! ").and(format!("{reason}; waiting {wait}")));
            }
            ApplyEvent::Stopping { reason, in_flight } => {
                let text = format!(
                    "stopping: {reason}; waiting for {}",
                    count(usize::try_from(*in_flight).unwrap_or(0), "operation")
                );
                self.progress.line(&Text::new().with(Ink::Warning, "! ").and(text));
            }
        }
    }
}
