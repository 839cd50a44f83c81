//! Writing the journal of a run: entries that come together are appended together, so that making each of them durable
//! does not limit how fast a run goes.

use std::sync::Arc;

use model::journal::JournalEvent;
use model::observed::InstanceKey;
use ports::{Clock, Lease, StateStore};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::cancellation::Halt;

/// Most entries appended at once.
const BATCH: usize = 500;

struct Line {
    event: JournalEvent,
    durable: Option<oneshot::Sender<()>>,
}

/// The journal can no longer be written: nothing may be sent to AWS any more.
#[derive(Debug, Clone, Copy)]
pub(crate) struct JournalLost;

/// The journal of a run, written by a task of its own. Without a store it takes everything and keeps nothing.
#[derive(Debug)]
pub(crate) struct Journal {
    sender: Option<mpsc::UnboundedSender<Line>>,
    task: Option<JoinHandle<()>>,
}

impl Journal {
    /// A journal nobody keeps.
    pub(crate) fn none() -> Self {
        Self { sender: None, task: None }
    }

    /// A journal under a lease. When an append fails the run is told to touch nothing any more.
    pub(crate) fn start(
        store: Arc<dyn StateStore>,
        clock: Arc<dyn Clock>,
        instance: InstanceKey,
        lease: Lease,
        halt: Arc<Halt>,
    ) -> Self {
        // Not bounded by the channel but by the plan: each operation has a handful of entries at most.
        let (sender, mut receiver) = mpsc::unbounded_channel::<Line>();
        let task = tokio::spawn(async move {
            let mut lines = Vec::with_capacity(BATCH);
            while receiver.recv_many(&mut lines, BATCH).await > 0 {
                let (events, waiting): (Vec<_>, Vec<_>) =
                    lines.drain(..).map(|line| (line.event, line.durable)).unzip();
                if let Err(error) = store.append(&instance, &lease, clock.now(), events).await {
                    halt.park(format!("the journal cannot be written: {error}"));
                    // What waits hears of it by its sender being dropped, what comes by the channel being closed.
                    return;
                }
                for durable in waiting.into_iter().flatten() {
                    let _ = durable.send(());
                }
            }
        });
        Self { sender: Some(sender), task: Some(task) }
    }

    /// Writes an entry in its turn, without waiting.
    pub(crate) fn post(&self, event: JournalEvent) {
        if let Some(sender) = &self.sender {
            // When the task has ended the run has been told to stop.
            let _ = sender.send(Line { event, durable: None });
        }
    }

    /// Writes an entry and returns once it survives a crash.
    pub(crate) async fn write(&self, event: JournalEvent) -> Result<(), JournalLost> {
        let Some(sender) = &self.sender else { return Ok(()) };
        let (durable, written) = oneshot::channel();
        sender.send(Line { event, durable: Some(durable) }).map_err(|_| JournalLost)?;
        written.await.map_err(|_| JournalLost)
    }

    /// Writes what is left and ends.
    pub(crate) async fn close(mut self) {
        self.sender.take();
        if let Some(task) = self.task.take() {
            let _ = task.await;
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        // Not closed in order: the run is gone, and so is its journal.
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}
