//! One call: its turn, its tries, its count.

use std::future::Future;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use ports::{AwsError, AwsErrorKind};

use crate::api::{Api, Need, OnConflict};
use crate::client::Inner;
use crate::error::failure;
use crate::limiter::Limiter;

impl Inner {
    /// Calls, and calls again where that helps. Every try waits for its turn and is counted.
    ///
    /// A write whose earlier try broke off and whose last one met a conflict ends as
    /// [`AwsErrorKind::Transient`]: the broken try may have done it. Of IAM users that goes for every refusal.
    pub(crate) async fn call<T, E, F, Fut>(&self, api: &'static Api, send: F) -> Result<T, AwsError>
    where
        F: Fn() -> Fut + Send + Sync,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        self.call_within(&self.limiter, api, send).await
    }

    /// The same within other rates than the client's own.
    pub(crate) async fn call_within<T, E, F, Fut>(
        &self,
        limiter: &Limiter,
        api: &'static Api,
        send: F,
    ) -> Result<T, AwsError>
    where
        F: Fn() -> Fut + Send + Sync,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let began = self.clock.now();
        let mut tries = Tries::default();
        loop {
            let permit = limiter.acquire(api).await;
            self.counter.called(api);
            // The SDK's futures are large; the tasks that wait for many of them should not be.
            let result = Box::pin(send()).await;
            drop(permit);
            let failed = match result {
                Ok(answer) => return Ok(answer),
                Err(error) => failure(api, error),
            };
            let mut error = failed.error;
            tries.count(error.kind);
            if error.kind == AwsErrorKind::Throttled {
                self.counter.throttled();
                limiter.throttled(api, failed.retry_after);
            }
            let wait = self.wait_before(tries.all).max(failed.retry_after.unwrap_or_default());
            let elapsed = Duration::try_from(self.clock.now().duration_since(began)).unwrap_or_default();
            let in_time = elapsed.saturating_add(wait) <= self.retries.deadline;
            if !in_time || !self.tries_left(api, error.kind, &tries) {
                let is_open = error.kind == AwsErrorKind::Conflict || api.need == Need::Retirement;
                if is_open && tries.broken > 0 {
                    error.kind = AwsErrorKind::Transient;
                }
                return Err(error);
            }
            tracing::debug!(
                operation = %error.operation, code = error.code, attempt = tries.all,
                wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX), "trying again",
            );
            self.clock.sleep(wait).await;
        }
    }

    fn tries_left(&self, api: &Api, kind: AwsErrorKind, tries: &Tries) -> bool {
        match kind {
            AwsErrorKind::Throttled | AwsErrorKind::Transient => tries.throttled + tries.broken < self.retries.attempts,
            AwsErrorKind::Conflict => {
                tries.conflicts
                    < match api.on_conflict {
                        OnConflict::Final => 0,
                        OnConflict::Retry => self.retries.conflict_attempts,
                        OnConflict::RetryBriefly => self.retries.brief_conflict_attempts,
                    }
            }
            _ => false,
        }
    }

    /// Full jitter: anything up to a limit that doubles with each try.
    fn wait_before(&self, attempt: u32) -> Duration {
        let doubled = self.retries.base.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1)));
        let limit = doubled.min(self.retries.cap);
        limit.mul_f64(self.jitter() / self.rate_factor)
    }
}

/// Failed tries of one call.
#[derive(Debug, Default)]
struct Tries {
    all: u32,
    throttled: u32,
    broken: u32,
    conflicts: u32,
}

impl Tries {
    fn count(&mut self, kind: AwsErrorKind) {
        self.all += 1;
        match kind {
            AwsErrorKind::Throttled => self.throttled += 1,
            AwsErrorKind::Transient => self.broken += 1,
            AwsErrorKind::Conflict => self.conflicts += 1,
            _ => {}
        }
    }
}
