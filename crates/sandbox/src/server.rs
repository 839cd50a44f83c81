//! The state machine on a loopback socket.

mod clock;
mod control;
mod delivery;
mod keeper;
mod sign_in;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;
use tokio::sync::watch;

pub use clock::SpeedClock;
pub use keeper::{StateFileError, read_state};

use crate::config::KeyPair;
use crate::machine::Sandbox;
use crate::server::delivery::{Gone, Sent, deliver, plain};
use crate::wire::WireRequest;

/// Larger requests are refused. AWS's own limit is below this.
const BODY_LIMIT_BYTES: usize = 1 << 20;
/// Larger objects are refused; AWS takes 5 GiB in one piece.
const OBJECT_LIMIT_BYTES: usize = 64 << 20;

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address is not one of this machine alone.
    #[error("the sandbox listens on loopback only, not on {0}")]
    NotLoopback(SocketAddr),
    /// The socket could not be opened.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The state cannot be kept.
    #[error("the state of the sandbox cannot be kept")]
    State(#[from] StateFileError),
}

/// A sandbox that listens. Dropping it stops it.
#[derive(Debug)]
pub struct SandboxServer {
    address: SocketAddr,
    sandbox: Arc<Mutex<Sandbox>>,
    stop: watch::Sender<bool>,
    task: tokio::task::JoinHandle<()>,
    /// Where the state is kept, and who writes it.
    keeper: Option<(PathBuf, tokio::task::JoinHandle<()>)>,
}

impl SandboxServer {
    /// Listens on `address` (port 0 takes a free one) and serves in the background. The clock runs at the speed of the
    /// sandbox's configuration.
    pub async fn start(address: SocketAddr, sandbox: Sandbox) -> Result<Self, ServerError> {
        if !address.ip().is_loopback() {
            return Err(ServerError::NotLoopback(address));
        }
        let failed = |source| ServerError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let clock = SpeedClock::starting_now(sandbox.config().speed).not_before(sandbox.latest());
        let sandbox = Arc::new(Mutex::new(sandbox));
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(serve_until(listener, Arc::clone(&sandbox), clock, stopped));
        Ok(Self { address, sandbox, stop, task, keeper: None })
    }

    /// The same, with the state kept in a file: written now, a moment after every change, and by [`SandboxServer::stop`]. The file should
    /// be the one that the sandbox comes from ([`read_state`]), or not be there.
    pub async fn start_with_state(address: SocketAddr, sandbox: Sandbox, file: PathBuf) -> Result<Self, ServerError> {
        let mut server = Self::start(address, sandbox).await?;
        keeper::write_state(&file, &server.sandbox)?;
        let task = tokio::spawn(keeper::keep(file.clone(), Arc::clone(&server.sandbox), server.stop.subscribe()));
        server.keeper = Some((file, task));
        Ok(server)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`, for `AWS_ENDPOINT_URL`.
    pub fn endpoint_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The key of an administrator in the management account.
    pub fn administrator(&self) -> KeyPair {
        self.with(|sandbox| sandbox.config().administrator.clone())
    }

    /// The key of an administrator in the delegated administrator account.
    pub fn delegated(&self) -> KeyPair {
        self.with(|sandbox| sandbox.config().delegated.clone())
    }

    /// The state behind it.
    pub fn sandbox(&self) -> &Arc<Mutex<Sandbox>> {
        &self.sandbox
    }

    /// Looks at or changes the state between two requests.
    pub fn with<T>(&self, look: impl FnOnce(&mut Sandbox) -> T) -> T {
        look(&mut self.sandbox.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Stops listening; open connections end with their current request.
    pub async fn shutdown(self) {
        if let Err(error) = self.stop().await {
            tracing::error!(error = &error as &dyn std::error::Error, "the state of the sandbox was not written");
        }
    }

    /// The same; a state that is kept in a file is written once more.
    ///
    /// # Errors
    /// The file cannot be written. What stood there before still does.
    pub async fn stop(mut self) -> Result<(), StateFileError> {
        let _ = self.stop.send(true);
        let _ = (&mut self.task).await;
        let Some((file, task)) = self.keeper.take() else { return Ok(()) };
        let _ = task.await;
        // a request that was under way may end after the first writing
        for _ in 0..3 {
            let written = keeper::write_state(&file, &self.sandbox)?;
            if self.with(|sandbox| sandbox.changes()) == written {
                break;
            }
        }
        Ok(())
    }
}

impl Drop for SandboxServer {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        self.task.abort();
    }
}

/// Serves a listener for ever.
pub async fn serve(listener: TcpListener, sandbox: Arc<Mutex<Sandbox>>, clock: SpeedClock) {
    let (_stop, stopped) = watch::channel(false);
    serve_until(listener, sandbox, clock, stopped).await;
}

async fn serve_until(
    listener: TcpListener,
    sandbox: Arc<Mutex<Sandbox>>,
    clock: SpeedClock,
    mut stopped: watch::Receiver<bool>,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = told_to_stop(&mut stopped) => return,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "accepting a connection failed");
                // out of file descriptors: let the connections that hold them end
                tokio::task::yield_now().await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        let sandbox = Arc::clone(&sandbox);
        let mut stopped = stopped.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(Arc::clone(&sandbox), clock, request));
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .serve_connection(TokioIo::new(stream), service);
            tokio::pin!(connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                () = told_to_stop(&mut stopped) => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
}

/// Ready when the server is to stop (or is gone).
async fn told_to_stop(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stop| *stop).await;
}

async fn answer(
    sandbox: Arc<Mutex<Sandbox>>,
    clock: SpeedClock,
    request: Request<Incoming>,
) -> Result<Response<Sent>, Gone> {
    let (head, body) = request.into_parts();
    let stores = head.headers.get("authorization").is_some_and(|value| contains(value.as_bytes(), b"/s3/aws4_request"));
    let limit = if stores { OBJECT_LIMIT_BYTES } else { BODY_LIMIT_BYTES };
    let Ok(body) = Limited::new(body, limit).collect().await else {
        return Ok(plain(413, "request too large\n"));
    };
    let body = body.to_bytes();
    if let Some(path) = head.uri.path().strip_prefix("/_sandbox/") {
        let json =
            head.headers.get("content-type").and_then(|kind| kind.to_str().ok()).is_some_and(crate::wire::is_json);
        let query = head.uri.query().unwrap_or_default();
        let asked = control::Asked { method: head.method.as_str(), path, query, now: clock.now(), json, body: &body };
        return Ok(control::serve(&sandbox, &asked));
    }
    let signed = head.headers.contains_key("authorization");
    if head.uri.path() == "/authorize" && head.method == http::Method::GET && !signed {
        return Ok(sign_in::authorize_page(&sandbox));
    }
    let headers = head
        .headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    let request = WireRequest {
        method: head.method.as_str().to_owned(),
        path: head.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str).to_owned(),
        headers: headers.collect(),
        body: body.to_vec(),
    };
    // no await while the lock is held; a request is answered in microseconds
    let response = sandbox.lock().unwrap_or_else(PoisonError::into_inner).handle(clock.now(), &request);
    deliver(response, &clock).await
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
