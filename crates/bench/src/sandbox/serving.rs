//! Serves as `sekisho sandbox` does, with its options as far as the bench uses them; without AWS's rates, which are far below what is measured.

use std::future::pending;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use sandbox::{Company, Config, Sandbox, SandboxServer, Start, read_state};

#[derive(Args)]
pub(crate) struct Serving {
    #[arg(long)]
    listen: SocketAddr,
    #[arg(long)]
    declared: bool,
    #[arg(long)]
    state: Option<PathBuf>,
}

/// Serves until it is killed.
pub(crate) fn run(serving: &Serving) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| format!("the runtime does not start: {error}"))?.block_on(serve(serving))
}

async fn serve(serving: &Serving) -> Result<(), String> {
    let config = Config { rates: None, call_log_limit: 0, ..Config::default() };
    let kept = match &serving.state {
        Some(file) => read_state(file, config.clone()).map_err(|error| error.to_string())?,
        None => None,
    };
    let start = if serving.declared { Start::Declared } else { Start::BeforeMigration };
    let sandbox = match kept {
        Some(kept) => kept,
        None => Sandbox::with_company(config, &Company::sample(), start).map_err(|error| error.to_string())?,
    };
    let server = match &serving.state {
        Some(file) => SandboxServer::start_with_state(serving.listen, sandbox, file.clone()).await,
        None => SandboxServer::start(serving.listen, sandbox).await,
    };
    let server = server.map_err(|error| error.to_string())?;
    println!("export AWS_ENDPOINT_URL={}", server.endpoint_url());
    pending().await
}
