//! Being asked to stop.

use std::sync::Arc;

use tokio::sync::watch;

/// How urgently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Urgency {
    /// Not at all.
    #[default]
    None,
    /// Start nothing new; wait for what is in flight.
    Finish,
    /// Leave what is in flight to the next run and return at once.
    Park,
}

/// Handle by which a run is asked to stop (Ctrl-C, SIGTERM). Clones ask the same run.
#[derive(Debug, Clone)]
pub struct Cancellation(Arc<watch::Sender<Urgency>>);

impl Default for Cancellation {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(Urgency::None)))
    }
}

impl Cancellation {
    /// A handle nobody has used yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts nothing new and waits for what is in flight.
    pub fn finish(&self) {
        self.raise(Urgency::Finish);
    }

    /// Leaves what is in flight to the next run and returns at once.
    pub fn park(&self) {
        self.raise(Urgency::Park);
    }

    /// The next step: first finish, then park. For a signal handler that is called again and again.
    pub fn interrupt(&self) {
        self.0.send_modify(|urgency| {
            *urgency = if *urgency == Urgency::None { Urgency::Finish } else { Urgency::Park };
        });
    }

    /// How urgent it is.
    #[must_use]
    pub fn urgency(&self) -> Urgency {
        *self.0.borrow()
    }

    fn raise(&self, to: Urgency) {
        self.0.send_if_modified(|urgency| {
            let raised = to > *urgency;
            if raised {
                *urgency = to;
            }
            raised
        });
    }

    /// Returns when it is more urgent than `than`; never, if it stays as it is.
    pub(crate) async fn beyond(&self, than: Urgency) {
        let mut receiver = self.0.subscribe();
        // The sender lives in `self`, so there is no other end than the wanted one.
        let _ = receiver.wait_for(|urgency| *urgency > than).await;
    }
}

/// Why a run stops by itself, and the handle by which its parts hear of it.
#[derive(Debug, Default)]
pub(crate) struct Halt {
    cancellation: Cancellation,
    reason: std::sync::Mutex<Option<String>>,
}

impl Halt {
    /// Start nothing new.
    pub(crate) fn finish(&self, reason: impl Into<String>) {
        self.note(reason);
        self.cancellation.finish();
    }

    /// Touch nothing any more.
    pub(crate) fn park(&self, reason: impl Into<String>) {
        self.note(reason);
        self.cancellation.park();
    }

    fn note(&self, reason: impl Into<String>) {
        let mut noted = self.reason.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        noted.get_or_insert_with(|| reason.into());
    }

    /// How urgent it is.
    pub(crate) fn urgency(&self) -> Urgency {
        self.cancellation.urgency()
    }

    /// The first reason given.
    pub(crate) fn reason(&self) -> Option<String> {
        self.reason.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Returns when it is more urgent than `than`.
    pub(crate) async fn beyond(&self, than: Urgency) {
        self.cancellation.beyond(than).await;
    }
}
