//! The sandbox in this process: the product's real client on one side, the state machine on the other, virtual time.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws::{Client, Credentials, InProcessHttp, Options, ReadingMode};
use bytes::Bytes;
use ports::{Clock, TokioClock};
use sandbox::{Company, Config, KeyPair, Sandbox, Start, WireRequest};

/// When the bench begins, as the sandbox sees it.
const BEGINNING: &str = "2026-11-22T00:00:00Z";

/// A sandbox and its time.
#[derive(Clone)]
pub(crate) struct LocalAws {
    sandbox: Arc<Mutex<Sandbox>>,
    pub(crate) clock: Arc<dyn Clock>,
    /// From a request to its answer, on the network.
    network: Duration,
}

/// Whose credentials a client has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Executor {
    Management,
    Delegated,
}

/// Runs something in virtual time: waiting costs nothing, and the order of events is the same every time.
pub(crate) fn in_virtual_time<T>(work: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.map_err(|error| format!("the runtime does not start: {error}"))?.block_on(work)
}

impl LocalAws {
    /// A sandbox of this company. Must be called in virtual time.
    pub(crate) fn new(config: Config, company: &Company, network: Duration) -> Result<Self, String> {
        let sandbox = Sandbox::with_company(config, company, Start::Declared).map_err(|error| error.to_string())?;
        let origin = BEGINNING.parse().map_err(|error: jiff::Error| error.to_string())?;
        let clock = Arc::new(TokioClock::starting_at(origin));
        Ok(Self { sandbox: Arc::new(Mutex::new(sandbox)), clock, network })
    }

    /// The state machine.
    pub(crate) fn sandbox(&self) -> MutexGuard<'_, Sandbox> {
        self.sandbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A client of the product with its standard rates.
    pub(crate) async fn client(&self, executor: Executor, reading: ReadingMode) -> Result<Client, String> {
        let (pair, region) = {
            let sandbox = self.sandbox();
            let config = sandbox.config();
            let pair = match executor {
                Executor::Management => &config.administrator,
                Executor::Delegated => &config.delegated,
            };
            (pair.clone(), config.region.clone())
        };
        let KeyPair { access_key_id, secret_access_key } = pair;
        let network = self.network;
        let this = self.clone();
        let http = InProcessHttp::new(Arc::clone(&self.clock), move |request| {
            let request = wire(&request)?;
            let answer = this.sandbox().handle(this.clock.now(), &request);
            let mut response = http::Response::builder().status(answer.status);
            for (name, value) in answer.headers {
                response = response.header(name, value);
            }
            Ok(response.body(Bytes::from(answer.body))?)
        })
        .with_latency(move || network);
        let options = Options {
            region: Some(region),
            credentials: Some(Credentials::new(access_key_id, secret_access_key, None, None, "bench")),
            http_client: Some(http.shared()),
            reading,
            seed: Some(1),
            ..Options::new(Arc::clone(&self.clock))
        };
        Client::connect(options).await.map_err(|error| error.to_string())
    }
}

fn wire(request: &http::Request<Bytes>) -> Result<WireRequest, http::header::ToStrError> {
    let mut headers = Vec::with_capacity(request.headers().len() + 1);
    for (name, value) in request.headers() {
        headers.push((name.to_string(), value.to_str()?.to_owned()));
    }
    if request.headers().get("host").is_none() {
        let host = request.uri().authority().map(ToString::to_string).unwrap_or_default();
        headers.push(("host".to_owned(), host));
    }
    let path = request.uri().path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
    Ok(WireRequest { method: request.method().to_string(), path, headers, body: request.body().to_vec() })
}
