//! The sandbox in this process: Sekisho's own client on one side, the state machine on the other, virtual time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws::{ArrivesAfter, Client, Credentials, InProcessHttp, Options, ReadingMode};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use ports::{Clock, TokioClock};
use sandbox::{Company, Config, Delivery, Faults, KeyPair, Sandbox, Span, Start, WireRequest, WireResponse};

use crate::mutation::Mutation;
use crate::scenario::{Scenario, chance};

/// When every run begins.
const BEGINNING: &str = "2026-11-22T00:00:00Z";
/// From a request to its answer, on the network.
const NETWORK: Duration = Duration::from_millis(40);

/// A sandbox and its time.
#[derive(Clone)]
pub(crate) struct Cloud {
    sandbox: Arc<Mutex<Sandbox>>,
    pub(crate) clock: Arc<dyn Clock>,
    /// AWS's clock less ours.
    skew: SignedDuration,
    failed_pages_are_empty: bool,
}

/// Whose credentials a client has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Executor {
    Management,
    Delegated,
}

type Broken = Box<dyn std::error::Error + Send + Sync>;

impl Cloud {
    /// The sandbox of a run. Must be called in virtual time.
    pub(crate) fn new(scenario: &Scenario, company: &Company) -> Result<Self, String> {
        let lag_ms = u64::try_from(scenario.lag.as_millis()).unwrap_or(u64::MAX);
        let config = Config {
            seed: scenario.seed,
            lag: Span::milliseconds(0, lag_ms),
            call_log_limit: 1_000_000,
            trail: None,
            ..Config::default()
        };
        let mut sandbox = Sandbox::with_company(config, company, Start::Declared).map_err(|error| error.to_string())?;
        *sandbox.faults_mut() =
            Faults { chances: scenario.faults.clone(), only: scenario.only.clone(), ..Faults::default() };
        let origin = BEGINNING.parse().map_err(|error: jiff::Error| error.to_string())?;
        let skew_s = chance(scenario.seed, "skew", 0).i64(-200..=200);
        Ok(Self {
            sandbox: Arc::new(Mutex::new(sandbox)),
            clock: Arc::new(TokioClock::starting_at(origin)),
            skew: SignedDuration::from_secs(if scenario.faults.is_empty() { 0 } else { skew_s }),
            failed_pages_are_empty: scenario.mutation == Some(Mutation::FailedPageAsEmpty),
        })
    }

    /// The state machine.
    pub(crate) fn sandbox(&self) -> MutexGuard<'_, Sandbox> {
        self.sandbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// AWS's clock.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now().checked_add(self.skew).unwrap_or(Timestamp::MAX)
    }

    /// One of our instants on AWS's clock.
    pub(crate) fn at(&self, ours: Timestamp) -> Timestamp {
        ours.checked_add(self.skew).unwrap_or(Timestamp::MAX)
    }

    /// The end of everything that goes wrong.
    pub(crate) fn calm(&self) {
        *self.sandbox().faults_mut() = Faults::default();
    }

    /// A client of the product with its standard settings.
    pub(crate) async fn client(&self, executor: Executor, seed: u64) -> Result<Client, String> {
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
        let this = self.clone();
        let http =
            InProcessHttp::new(Arc::clone(&self.clock), move |request| this.answer(&request)).with_latency(|| NETWORK);
        let options = Options {
            region: Some(region),
            credentials: Some(Credentials::new(access_key_id, secret_access_key, None, None, "simulation")),
            http_client: Some(http.shared()),
            reading: ReadingMode::Auto,
            seed: Some(seed),
            ..Options::new(Arc::clone(&self.clock))
        };
        Client::connect(options).await.map_err(|error| error.to_string())
    }

    fn answer(&self, request: &http::Request<Bytes>) -> Result<http::Response<Bytes>, Broken> {
        let request = wire(request)?;
        let mut answer = self.sandbox().handle(self.now(), &request);
        let lists = request.header("x-amz-target").is_some_and(|target| target.contains(".List"));
        if self.failed_pages_are_empty && answer.status >= 400 && lists {
            (answer.status, answer.body) = (200, b"{}".to_vec());
        }
        delivered(answer)
    }
}

fn delivered(answer: WireResponse) -> Result<http::Response<Bytes>, Broken> {
    let mut response = http::Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    let mut body = answer.body;
    match answer.delivery {
        Delivery::Whole => {}
        Delivery::Late(late) => response = response.extension(ArrivesAfter(late)),
        Delivery::Never => response = response.extension(ArrivesAfter(Duration::MAX)),
        // no length was told, as by a proxy that writes answers anew: what came is all there is to see
        Delivery::Truncated(bytes) => body.truncate(bytes),
        Delivery::Reset => return Err("the connection was reset".into()),
    }
    Ok(response.body(Bytes::from(body))?)
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
