//! Holding the lease while a run goes on.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use model::observed::InstanceKey;
use ports::{Clock, Lease, StateStore, StoreError};
use tokio::task::JoinHandle;

use crate::cancellation::{Cancellation, Halt, Urgency};
use crate::error::ApplyError;
use crate::limits::Limits;
use crate::progress::{ApplyEvent, ApplyProgress};

/// Takes the lease; waits a while for another run to end. The flag says whether it had to.
pub(crate) async fn acquire(
    store: &dyn StateStore,
    clock: &dyn Clock,
    instance: &InstanceKey,
    holder: &str,
    limits: &Limits,
    cancellation: &Cancellation,
    progress: &dyn ApplyProgress,
) -> Result<(Lease, bool), ApplyError> {
    let begun = clock.now();
    let mut waited = false;
    loop {
        match store.acquire_lease(instance, holder, clock.now(), limits.lease).await {
            Ok(lease) => return Ok((lease, waited)),
            Err(StoreError::Leased { holder, until }) => {
                let waiting = Duration::try_from(clock.now().duration_since(begun)).unwrap_or_default();
                if waiting >= limits.lease_wait || cancellation.urgency() > Urgency::None {
                    return Err(ApplyError::Store(StoreError::Leased { holder, until }));
                }
                progress.event(&ApplyEvent::WaitingForLease { holder: &holder, until });
                waited = true;
                let left = Duration::try_from(until.duration_since(clock.now())).unwrap_or_default();
                let pause = left.clamp(Duration::from_millis(100), Duration::from_secs(1));
                tokio::select! {
                    biased;
                    () = clock.sleep(pause) => {}
                    () = cancellation.beyond(Urgency::None) => {}
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Renews the lease until dropped. When it is lost the run is told to touch nothing any more.
#[derive(Debug)]
pub(crate) struct LeaseKeeper(JoinHandle<()>);

impl LeaseKeeper {
    pub(crate) fn start(
        store: Arc<dyn StateStore>,
        clock: Arc<dyn Clock>,
        instance: InstanceKey,
        mut lease: Lease,
        limits: &Limits,
        halt: Arc<Halt>,
    ) -> Self {
        let duration = limits.lease;
        Self(tokio::spawn(async move {
            loop {
                clock.sleep(duration / 3).await;
                match store.renew_lease(&instance, &lease, clock.now(), duration).await {
                    Ok(renewed) => lease = renewed,
                    Err(StoreError::LeaseLost) => {
                        halt.park("another run took the lease over");
                        return;
                    }
                    Err(error) => {
                        tracing::warn!(%error, "the lease could not be renewed");
                        // Once it may have expired another run may begin: a third of it is left for calls in flight.
                        let margin = SignedDuration::try_from(duration / 3).unwrap_or_default();
                        if clock.now().checked_add(margin).is_ok_and(|soon| soon >= lease.until) {
                            halt.park(format!("the lease could not be renewed: {error}"));
                            return;
                        }
                    }
                }
            }
        }))
    }
}

impl Drop for LeaseKeeper {
    fn drop(&mut self) {
        self.0.abort();
    }
}
