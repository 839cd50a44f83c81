//! Reading everything.
//!
//! Organizations, identity store and Identity Center have rates of their own and are read at the same time. Whatever
//! fails becomes an unknown part of the observation; the rest is read on.

mod assignments;
mod directory;
mod organization;
mod sets;
mod tally;

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use model::observed::{Caller, CallerRole, Observed, ReadingCost};
use model::principal::PrincipalId;
use ports::{AwsError, CloudProgress};
use tokio::sync::oneshot;

use crate::client::Inner;

/// Most futures polled at a time; the limiter holds far fewer in flight.
const PARALLEL: usize = 128;

/// All users and groups, for reading per principal; `Err` says why they are not all known.
type Principals = Result<Vec<PrincipalId>, String>;

impl Inner {
    /// Reads everything.
    pub(crate) async fn observe(&self, progress: &dyn CloudProgress) -> Result<Observed, AwsError> {
        let as_of = self.clock.now();
        let (calls, throttled) = self.counter.totals();
        let ((account, arn), instance) = tokio::try_join!(self.caller_identity(), self.instance())?;
        let place = self.place(&account).await;
        let role = place.role;

        let (tell, told) = oneshot::channel::<Principals>();
        let (organization, directory, (sets, assigned)) = tokio::join!(
            self.observe_organization(place.management_account, progress),
            self.observe_directory(tell, progress),
            self.observe_identity_center(role, told, progress),
        );

        let (calls_after, throttled_after) = self.counter.totals();
        let elapsed = self.clock.now().duration_since(as_of);
        Ok(Observed {
            instance: instance.key.clone(),
            caller: Caller { account, arn, role },
            as_of,
            organization,
            users: directory.users,
            groups: directory.groups,
            memberships: directory.memberships,
            permission_set_listing: sets.listing,
            permission_sets: sets.readable,
            unreadable_sets: sets.unreadable,
            assignments: assigned.table,
            incomplete_pairs: assigned.incomplete,
            cost: ReadingCost {
                calls: calls_after.saturating_sub(calls),
                throttled: throttled_after.saturating_sub(throttled),
                elapsed_ms: u64::try_from(elapsed.as_millis()).unwrap_or_default(),
            },
        })
    }

    async fn observe_identity_center(
        &self,
        role: CallerRole,
        principals: oneshot::Receiver<Principals>,
        progress: &dyn CloudProgress,
    ) -> (sets::Sets, assignments::Assigned) {
        let sets = self.observe_sets(progress).await;
        // Dropped without a word only if the reading of the directory was.
        let principals = principals.await.unwrap_or_else(|_| Err("users and groups were not read".to_owned()));
        let assigned = self.observe_assignments(role, &sets, principals, progress).await;
        (sets, assigned)
    }
}

/// Does something with each item, [`PARALLEL`] at a time; results are in the order of the items. The work gets the
/// item's position and not the item, because a closure over borrowed arguments cannot be proven `Send` here.
pub(crate) async fn in_parallel<'a, T>(count: usize, work: impl Fn(usize) -> BoxFuture<'a, T>) -> Vec<T> {
    let numbered = |at: usize| work(at).map(move |result| (at, result));
    let mut waiting = 0..count;
    let mut running: FuturesUnordered<_> = waiting.by_ref().take(PARALLEL).map(numbered).collect();
    let mut results = Vec::with_capacity(count);
    while let Some(result) = running.next().await {
        results.push(result);
        running.extend(waiting.next().map(numbered));
    }
    results.sort_unstable_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}
