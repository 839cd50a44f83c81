//! `sekisho sandbox`

use std::path::Path;

use ports::{Clock as _, TokioClock};
use sandbox::wild::{WildConfig, WildPapers};
use sandbox::{Company, Config, Faults, KeyPair, Sandbox, SandboxServer, Span, Start};
use serde_json::Value;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::SandboxArguments;
use crate::console::Console;
use crate::error::{CommandError, Exit};
use crate::folder;
use crate::render::style::{Ink, Text};
use crate::render::words::count;

pub(super) async fn run(arguments: &SandboxArguments, console: &Console) -> Result<Exit, CommandError> {
    let lag = Span::milliseconds(0, arguments.lag);
    // nobody can ask this process for the log of calls
    let call_log_limit = 0;
    let mut config = Config { seed: arguments.seed, speed: arguments.speed, lag, call_log_limit, ..Config::default() };
    if let (Some(id), Some(secret)) = (&arguments.access_key, &arguments.secret_key) {
        config.administrator = KeyPair::new(id, secret);
    }
    if let (Some(seconds), Some(trail)) = (arguments.trail_delay, &mut config.trail) {
        trail.delay = Span::milliseconds(seconds * 1_000, seconds * 1_000);
    }
    let start = if arguments.declared { Start::Declared } else { Start::BeforeMigration };
    let inhabitants = Inhabitants::named(arguments)?;
    // Listens for the end before anybody can be told that it runs.
    let mut end = EndSignals::new()?;
    let kept = arguments.state.as_deref().map(|file| kept(file, &config)).transpose()?.flatten();
    let goes_on = kept.is_some();
    let mut settled = None;
    let sandbox = match (kept, &inhabitants) {
        (Some(kept), _) => {
            if arguments.people.is_some() || arguments.truth.is_some() {
                console.warn("the state that was kept goes on: `--people` and `--truth` write nothing");
            }
            kept
        }
        (None, Inhabitants::Nobody) => made(config, None, start)?,
        (None, Inhabitants::Declared(company)) => made(config, Some(company), start)?,
        (None, Inhabitants::Wild(wild)) => {
            let (sandbox, papers) = made_wild(config, wild)?;
            write_papers(arguments, &papers)?;
            settled = Some(papers);
            sandbox
        }
    };
    let server = match &arguments.state {
        Some(file) => SandboxServer::start_with_state(arguments.listen, sandbox, file.clone()).await,
        None => SandboxServer::start(arguments.listen, sandbox).await,
    };
    let server = server.map_err(|error| CommandError::new("the sandbox cannot be started").because(&error))?;
    server.with(|sandbox| *sandbox.faults_mut() = Faults::by_chance(arguments.fault.iter().copied()));
    console.data(&environment(&server, arguments.speed))?;
    let what = match (&inhabitants, &settled) {
        _ if goes_on => "the state that was kept".to_owned(),
        (_, Some(papers)) => format!(
            "a random company of {}, {}, {}, with {} in the bucket of its trail",
            count(papers.account_names.len(), "account"),
            count(papers.company.people.len(), "person"),
            count(papers.company.users.len(), "IAM user"),
            count(usize::try_from(papers.company.records).unwrap_or(usize::MAX), "record"),
        ),
        (Inhabitants::Declared(company), _) => format!(
            "a company of {}, {}, {}",
            count(company.accounts.len(), "account"),
            count(company.people.len(), "person"),
            count(company.groups.len(), "group")
        ),
        _ => "an organization of two accounts and nothing else".to_owned(),
    };
    console.say(Text::new().with(Ink::Good, "✓ ").and(format!("the sandbox runs with {what}; Ctrl-C stops it")));
    end.wait().await;
    let stopped = server.stop().await;
    stopped.map_err(|error| {
        let told = CommandError::new("the last changes of the sandbox were not written").because(&error);
        told.hint("what the file held before is still there")
    })?;
    console.say(Text::plain(match &arguments.state {
        Some(file) => format!("the sandbox has stopped; its state is in `{}`", file.display()),
        None => "the sandbox has stopped; nothing of it stays".to_owned(),
    }));
    Ok(Exit::Done)
}

/// The sandbox that a file holds, if there is such a file.
fn kept(file: &Path, config: &Config) -> Result<Option<Sandbox>, CommandError> {
    sandbox::read_state(file, config.clone()).map_err(|error| {
        let told = CommandError::new("the sandbox cannot go on where it was").because(&error);
        told.hint("the file was left as it is; give another to `--state`, or move this one away to start anew")
    })
}

/// Puts a company (or an empty organization) on a loopback address.
pub(super) async fn serve(
    address: std::net::SocketAddr,
    config: Config,
    company: Option<&Company>,
    start: Start,
) -> Result<SandboxServer, CommandError> {
    SandboxServer::start(address, made(config, company, start)?)
        .await
        .map_err(|error| CommandError::new("the sandbox cannot be started").because(&error))
}

fn made(config: Config, company: Option<&Company>, start: Start) -> Result<Sandbox, CommandError> {
    let sandbox = match company {
        Some(company) => Sandbox::with_company(config, company, start),
        None => Sandbox::empty(config),
    };
    sandbox.map_err(|error| CommandError::new("the sandbox cannot be set up").because(&error))
}

/// Who lives in a new sandbox.
enum Inhabitants {
    Nobody,
    Declared(Box<Company>),
    Wild(WildConfig),
}

impl Inhabitants {
    fn named(arguments: &SandboxArguments) -> Result<Self, CommandError> {
        let name = arguments.company.as_str();
        let (kind, seed) = name.split_once(':').map_or((name, None), |(kind, seed)| (kind, Some(seed)));
        let is_wild = !arguments.empty && kind == "wild";
        if !is_wild && (arguments.people.is_some() || arguments.truth.is_some()) {
            return Err(CommandError::new("there is nobody to write down")
                .hint("`--people` and `--truth` go with `--company wild`"));
        }
        match (kind, seed) {
            _ if arguments.empty => Ok(Self::Nobody),
            ("sample", None) => Ok(Self::Declared(Box::new(Company::sample()))),
            ("wild", _) if arguments.declared => {
                Err(CommandError::new("there is no catalog for a random company").hint("leave `--declared` out"))
            }
            ("wild", None) => Ok(Self::Wild(WildConfig::sample(1))),
            ("wild", Some(seed)) => seed.parse().map(|seed| Self::Wild(WildConfig::sample(seed))).map_err(|_| {
                CommandError::new(format!("`{seed}` is no seed")).hint("it is a whole number, as in `wild:7`")
            }),
            _ => Err(CommandError::new(format!("no company named `{name}`"))
                .hint("there are `sample` and `wild:SEED`; `--empty` starts with nothing")),
        }
    }
}

/// A random company, as of now.
fn made_wild(config: Config, wild: &WildConfig) -> Result<(Sandbox, WildPapers), CommandError> {
    let now = TokioClock::system().now();
    Sandbox::with_wild(config, wild, now)
        .map_err(|error| CommandError::new("the sandbox cannot be set up").because(&error))
}

/// Writes down who lives there, before anything can be done to them.
fn write_papers(arguments: &SandboxArguments, papers: &WildPapers) -> Result<(), CommandError> {
    let write = |path: &Option<std::path::PathBuf>, value: Value| {
        path.as_ref().map_or(Ok(()), |path| folder::write_file(path, &format!("{value:#}\n")))
    };
    write(&arguments.people, papers.people())?;
    write(&arguments.truth, papers.truth())
}

/// Lines for a shell, with which AWS CLI, boto3 and Sekisho talk to the sandbox.
pub(super) fn environment(server: &SandboxServer, speed: u32) -> String {
    let (administrator, delegated, region) = server.with(|sandbox| {
        let config = sandbox.config();
        (config.administrator.clone(), config.delegated.clone(), config.region.clone())
    });
    let rate = if speed == 1 { String::new() } else { format!("export SEKISHO_RATE_FACTOR={speed}\n") };
    format!(
        "export AWS_ENDPOINT_URL={}\nexport AWS_REGION={region} AWS_DEFAULT_REGION={region}\nexport AWS_ACCESS_KEY_ID={}\nexport AWS_SECRET_ACCESS_KEY={}\n{rate}\
         # the delegated administrator of Identity Center, instead:\n# export AWS_ACCESS_KEY_ID={} AWS_SECRET_ACCESS_KEY={}\n",
        server.endpoint_url(),
        administrator.access_key_id,
        administrator.secret_access_key,
        delegated.access_key_id,
        delegated.secret_access_key,
    )
}

/// SIGINT and SIGTERM.
pub(super) struct EndSignals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl EndSignals {
    /// Catches both from now on.
    pub(super) fn new() -> Result<Self, CommandError> {
        let catch = |kind| signal(kind).map_err(|error| CommandError::new("cannot catch signals").because(&error));
        Ok(Self { interrupt: catch(SignalKind::interrupt())?, terminate: catch(SignalKind::terminate())? })
    }

    /// Returns at the next one.
    pub(super) async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
