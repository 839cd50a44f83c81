//! The SDK's time and sleep, from our clock: virtual where ours is.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use aws_smithy_async::time::TimeSource;
use ports::Clock;

/// Our clock as the SDK wants it.
#[derive(Debug, Clone)]
pub(crate) struct SdkClock(pub(crate) Arc<dyn Clock>);

impl TimeSource for SdkClock {
    fn now(&self) -> SystemTime {
        self.0.now().into()
    }
}

impl AsyncSleep for SdkClock {
    fn sleep(&self, duration: Duration) -> Sleep {
        let clock = Arc::clone(&self.0);
        Sleep::new(Shareable(Mutex::new(Box::pin(async move { clock.sleep(duration).await }))))
    }
}

/// The SDK wants futures that can be shared between threads, ours can only be sent. Polling needs `&mut`, so that the
/// mutex is never locked.
struct Shareable(Mutex<Pin<Box<dyn Future<Output = ()> + Send>>>);

impl Future for Shareable {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut().poll(context)
    }
}
