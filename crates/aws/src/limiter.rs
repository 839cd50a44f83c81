//! Keeps to AWS's rates: calls leave evenly spaced, a few in flight at a time; a throttled bucket slows down by half
//! and recovers linearly.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use ports::Clock;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::api::{Api, GENERATE_LAST_ACCESSED, LIST_ACCOUNT_TAGS, Service};
use crate::options::{Rate, Rates};

/// The slowest a throttled bucket becomes, as a share of its rate.
const SLOWEST: f64 = 0.05;
/// Share of the rate that comes back each second.
const RECOVERY_PER_SECOND: f64 = 0.1;

/// Share of IAM's rate that goes to reports on what users called last: IAM throttles their beginning much sooner than its lists, at a rate
/// that AWS tells nobody.
const SHARE_OF_REPORTS: f64 = 0.25;

/// All buckets of one client, or of one account that it looks into.
#[derive(Debug)]
pub(crate) struct Limiter {
    clock: Arc<dyn Clock>,
    rates: Rates,
    factor: f64,
    buckets: Mutex<HashMap<(Service, &'static str), Arc<Bucket>>>,
}

impl Limiter {
    /// Empty buckets; `factor` multiplies every rate.
    pub(crate) fn new(clock: Arc<dyn Clock>, rates: Rates, factor: f64) -> Self {
        Self { clock, rates, factor, buckets: Mutex::default() }
    }

    /// The same rates for another account: AWS counts for each by itself.
    pub(crate) fn of_another_account(&self) -> Self {
        Self::new(Arc::clone(&self.clock), self.rates, self.factor)
    }

    /// Waits for this call's turn. The permit is to be held until the answer is there.
    pub(crate) async fn acquire(&self, api: &Api) -> Option<OwnedSemaphorePermit> {
        let bucket = self.bucket(api);
        // The semaphore is never closed, so there always is a permit.
        let permit = Arc::clone(&bucket.permits).acquire_owned().await.ok();
        let wait = bucket.reserve(self.clock.now());
        if !wait.is_zero() {
            self.clock.sleep(wait).await;
        }
        permit
    }

    /// AWS asked to slow down, perhaps for a certain time.
    pub(crate) fn throttled(&self, api: &Api, retry_after: Option<Duration>) {
        self.bucket(api).throttled(self.clock.now(), retry_after);
    }

    fn bucket(&self, api: &Api) -> Arc<Bucket> {
        let (scope, rate) = match api.service {
            Service::SsoAdmin => ("", self.rates.sso_admin),
            Service::IdentityStore => (api.operation, self.rates.identity_store),
            Service::Organizations if api == &LIST_ACCOUNT_TAGS => (api.operation, self.rates.organizations_tags),
            Service::Organizations => (api.operation, self.rates.organizations),
            Service::Sts => ("", self.rates.sts),
            Service::Iam if api == &GENERATE_LAST_ACCESSED => {
                (api.operation, Rate::new(self.rates.iam.per_second * SHARE_OF_REPORTS, 2))
            }
            Service::Iam => ("", self.rates.iam),
            // Read without buckets: see `storage` and `trail`.
            Service::S3 | Service::CloudTrail => ("", self.rates.sts),
            // Its quotas (20 to 100 a second for each operation) are far from what one query needs.
            Service::Athena => (api.operation, self.rates.sts),
        };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = buckets
            .entry((api.service, scope))
            .or_insert_with(|| Arc::new(Bucket::new(rate, self.factor, self.rates.in_flight)));
        Arc::clone(bucket)
    }
}

/// One bucket: the time at which the next call would leave if all were evenly spaced.
#[derive(Debug)]
struct Bucket {
    per_second: f64,
    burst: u32,
    /// How much faster than AWS's clock this one runs.
    speed: f64,
    permits: Arc<Semaphore>,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy)]
struct State {
    next: Option<Timestamp>,
    /// Share of the rate in use, at `share_at`.
    share: f64,
    share_at: Option<Timestamp>,
}

impl Bucket {
    fn new(rate: Rate, speed: f64, in_flight: usize) -> Self {
        Self {
            per_second: (rate.per_second * speed).max(0.001),
            burst: rate.burst.max(1),
            speed,
            permits: Arc::new(Semaphore::new(in_flight.max(1))),
            state: Mutex::new(State { next: None, share: 1.0, share_at: None }),
        }
    }

    /// Takes the next place in the row; how long until it.
    fn reserve(&self, now: Timestamp) -> Duration {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let interval = Duration::from_secs_f64(1.0 / (self.per_second * self.share(&state, now)));
        let earliest = now.checked_sub(interval.saturating_mul(self.burst - 1)).unwrap_or(now);
        let place = state.next.map_or(earliest, |next| next.max(earliest));
        state.next = place.checked_add(interval).ok();
        Duration::try_from(place.duration_since(now)).unwrap_or_default()
    }

    fn throttled(&self, now: Timestamp, retry_after: Option<Duration>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // The calls in flight are throttled together: that is one sign, not many.
        let fresh = state.share_at.is_none_or(|at| self.aws_seconds(at, now) >= 1.0);
        if fresh {
            state.share = (self.share(&state, now) / 2.0).max(SLOWEST);
            state.share_at = Some(now);
        }
        if let Some(until) = retry_after.and_then(|wait| now.checked_add(wait).ok()) {
            state.next = Some(state.next.map_or(until, |next| next.max(until)));
        }
    }

    fn share(&self, state: &State, now: Timestamp) -> f64 {
        match state.share_at {
            None => 1.0,
            Some(at) => (state.share + RECOVERY_PER_SECOND * self.aws_seconds(at, now)).clamp(SLOWEST, 1.0),
        }
    }

    /// Seconds passed on AWS's clock.
    fn aws_seconds(&self, from: Timestamp, to: Timestamp) -> f64 {
        to.duration_since(from).as_secs_f64().max(0.0) * self.speed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{DESCRIBE_PERMISSION_SET, LIST_GROUPS, LIST_PERMISSION_SETS, LIST_USERS};
    use ports::TokioClock;

    fn limiter(factor: f64) -> (Limiter, Arc<dyn Clock>) {
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::starting_at(Timestamp::UNIX_EPOCH));
        (Limiter::new(Arc::clone(&clock), Rates::default(), factor), clock)
    }

    async fn seconds(limiter: &Limiter, clock: &Arc<dyn Clock>, apis: &[&Api]) -> f64 {
        let start = clock.now();
        for api in apis {
            limiter.acquire(api).await;
        }
        clock.now().duration_since(start).as_secs_f64()
    }

    #[tokio::test(start_paused = true)]
    async fn sso_admin_is_one_bucket_and_evenly_spaced() {
        let (limiter, clock) = limiter(1.0);
        let pair: [&Api; 2] = [&DESCRIBE_PERMISSION_SET, &LIST_PERMISSION_SETS];
        let apis = pair.repeat(53);
        let taken = seconds(&limiter, &clock, &apis).await;
        // five at once, 101 at twenty a second
        assert!((5.0..5.2).contains(&taken), "{taken}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_identity_store_has_a_bucket_per_operation() {
        let (limiter, clock) = limiter(1.0);
        let one = seconds(&limiter, &clock, &[&LIST_USERS; 45]).await;
        let (limiter, clock) = self::limiter(1.0);
        let start = clock.now();
        let (users, groups): ([&Api; 45], [&Api; 45]) = ([&LIST_USERS; 45], [&LIST_GROUPS; 45]);
        tokio::join!(seconds(&limiter, &clock, &users), seconds(&limiter, &clock, &groups));
        assert!((clock.now().duration_since(start).as_secs_f64() - one).abs() < 0.01);
    }

    #[tokio::test(start_paused = true)]
    async fn a_factor_makes_it_faster() {
        let (limiter, clock) = limiter(50.0);
        let taken = seconds(&limiter, &clock, &[&LIST_PERMISSION_SETS; 1005]).await;
        assert!((0.98..1.1).contains(&taken), "{taken}");
    }

    #[tokio::test(start_paused = true)]
    async fn throttling_halves_the_rate_once_and_it_recovers() {
        let (limiter, clock) = limiter(1.0);
        seconds(&limiter, &clock, &[&LIST_PERMISSION_SETS; 5]).await;
        for _ in 0..10 {
            limiter.throttled(&LIST_PERMISSION_SETS, None);
        }
        let slow = seconds(&limiter, &clock, &[&LIST_PERMISSION_SETS; 10]).await;
        assert!((0.7..1.0).contains(&slow), "{slow}");
        clock.sleep(Duration::from_secs(10)).await;
        let again = seconds(&limiter, &clock, &[&LIST_PERMISSION_SETS; 25]).await;
        assert!((0.9..1.1).contains(&again), "{again}");
    }

    #[tokio::test(start_paused = true)]
    async fn retry_after_holds_the_bucket() {
        let (limiter, clock) = limiter(1.0);
        limiter.throttled(&LIST_USERS, Some(Duration::from_secs(7)));
        assert!(seconds(&limiter, &clock, &[&LIST_USERS]).await >= 7.0);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_than_the_permits_are_in_flight() {
        let (limiter, clock) = limiter(1.0);
        let mut held = Vec::new();
        for _ in 0..16 {
            held.push(limiter.acquire(&LIST_USERS).await);
        }
        let blocked = tokio::time::timeout(Duration::from_secs(60), limiter.acquire(&LIST_USERS)).await;
        assert!(blocked.is_err());
        held.pop();
        drop(clock);
        assert!(tokio::time::timeout(Duration::from_secs(60), limiter.acquire(&LIST_USERS)).await.is_ok());
    }
}
