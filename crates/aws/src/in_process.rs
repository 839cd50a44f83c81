//! AWS in the same process: requests go to a function instead of a socket, and time is the clock's.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use ports::Clock;

type Answer = dyn Fn(http::Request<Bytes>) -> Result<http::Response<Bytes>, BoxError> + Send + Sync;

/// Put into a response's extensions: the answer arrives this much later. [`Duration::MAX`] is never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArrivesAfter(pub Duration);

/// An HTTP client that asks a function. Under a paused tokio clock whole runs take no time at all.
///
/// An `Err` of the function is a connection that broke. The request is handed over after half of the latency and the
/// answer arrives after the other half, so that requests overlap as they do on a network.
#[derive(Clone)]
pub struct InProcessHttp {
    clock: Arc<dyn Clock>,
    latency: Arc<dyn Fn() -> Duration + Send + Sync>,
    answer: Arc<Answer>,
}

impl InProcessHttp {
    /// Asks `answer`, without latency.
    pub fn new(
        clock: Arc<dyn Clock>,
        answer: impl Fn(http::Request<Bytes>) -> Result<http::Response<Bytes>, BoxError> + Send + Sync + 'static,
    ) -> Self {
        Self { clock, latency: Arc::new(|| Duration::ZERO), answer: Arc::new(answer) }
    }

    /// Lets every call take some time, asked for call by call.
    #[must_use]
    pub fn with_latency(mut self, latency: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        self.latency = Arc::new(latency);
        self
    }

    /// As [`crate::Options::http_client`] wants it.
    #[must_use]
    pub fn shared(self) -> SharedHttpClient {
        SharedHttpClient::new(self)
    }
}

impl fmt::Debug for InProcessHttp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("InProcessHttp")
    }
}

impl HttpClient for InProcessHttp {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for InProcessHttp {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move {
            let half = (this.latency)() / 2;
            let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
            let (parts, body) = request.into_parts();
            // The calls made here have short bodies, all in memory.
            let body = Bytes::copy_from_slice(body.bytes().unwrap_or_default());
            this.pause(half).await;
            let answered = (this.answer)(http::Request::from_parts(parts, body));
            this.pause(half).await;
            if let Ok(response) = &answered
                && let Some(ArrivesAfter(late)) = response.extensions().get()
            {
                this.pause(*late).await;
            }
            let response = answered.map_err(ConnectorError::io)?.map(SdkBody::from);
            response
                .try_into()
                .map_err(|error: aws_smithy_runtime_api::http::HttpError| ConnectorError::user(error.into()))
        })
    }
}

impl InProcessHttp {
    async fn pause(&self, duration: Duration) {
        if duration == Duration::MAX {
            std::future::pending::<()>().await;
        }
        if !duration.is_zero() {
            self.clock.sleep(duration).await;
        }
    }
}
