//! Puts the rooms together: who reads, who writes, what is remembered.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use engine::{Engine, Executors, Limits};
use model::observed::InstanceKey;
use ports::{AwsError, AwsErrorKind, AwsRead, AwsWrite, Clock, StateStore, StoreError, TokioClock};

use crate::cli::{AwsFlags, Reading, StateFlags};
use crate::console::Console;
use crate::error::CommandError;

/// What a command needs of the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StateUse {
    /// It only looks: a state that was never written is no state.
    Read,
    /// It writes.
    Write,
}

/// How AWS is reached, and where the state is.
#[derive(Debug, Clone)]
pub(crate) struct Wiring {
    /// From the command line.
    pub(crate) aws: AwsFlags,
    /// From the command line.
    pub(crate) state: Option<StateFlags>,
    /// From the catalog.
    pub(crate) settings: catalog::Settings,
    /// How assignments are read: a question and an import want all of them, a plan the fewest calls.
    pub(crate) reading: aws::ReadingMode,
    /// Whether tags of accounts are read, at one call an account.
    pub(crate) account_tags: bool,
}

impl Wiring {
    /// Connects and opens.
    pub(crate) async fn engine(&self, state_use: StateUse, console: &Console) -> Result<Engine, CommandError> {
        Ok(self.connected(state_use, console).await?.0)
    }

    /// The same, with the client itself.
    pub(crate) async fn connected(
        &self,
        state_use: StateUse,
        console: &Console,
    ) -> Result<(Engine, aws::Client), CommandError> {
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::system());
        let client = Arc::new(self.client(self.aws.profile.clone(), &clock).await?);
        let management = match &self.aws.management_profile {
            Some(profile) => Some(Arc::new(self.client(Some(profile.clone()), &clock).await?)),
            None => None,
        };
        let store = match &self.state {
            Some(flags) => self.store(flags, state_use, console).await?,
            None => None,
        };
        let own = aws::Client::clone(&client);
        let engine = Engine {
            read: Arc::clone(&client) as Arc<dyn AwsRead>,
            write: Executors {
                delegated: client as Arc<dyn AwsWrite>,
                management: management.map(|client| client as Arc<dyn AwsWrite>),
            },
            store,
            clock,
            limits: Limits::default().sped_up(self.aws.rate_factor.unwrap_or(1.0)),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        Ok((engine, own))
    }

    /// The journal and the instance it is about, without reading anything else of AWS.
    pub(crate) async fn journal(
        &self,
        console: &Console,
    ) -> Result<(InstanceKey, Option<Arc<dyn StateStore>>), CommandError> {
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::system());
        let client = self.client(self.aws.profile.clone(), &clock).await?;
        let instance = client
            .instance_key()
            .await
            .map_err(|error| aws_error("cannot tell which Identity Center is meant", &error))?;
        let store = match &self.state {
            Some(flags) => self.store(flags, StateUse::Read, console).await?,
            None => None,
        };
        Ok((instance, store))
    }

    async fn client(&self, profile: Option<String>, clock: &Arc<dyn Clock>) -> Result<aws::Client, CommandError> {
        let mut options = aws::Options::new(Arc::clone(clock));
        options.profile = profile;
        options.region = self.aws.region.clone().or_else(|| self.settings.region.clone());
        options.endpoint_url = self.aws.endpoint_url.clone();
        options.instance_arn = self.settings.instance_arn.clone();
        options.credentials = self.aws.credentials.clone();
        options.reading = match self.aws.reading {
            Some(Reading::PerPair) => aws::ReadingMode::PerPair,
            Some(Reading::PerPrincipal) => aws::ReadingMode::PerPrincipal,
            None => self.reading,
        };
        options.account_tags = self.account_tags;
        options.doors = self.aws.doors.clone();
        options.rate_factor = self.aws.rate_factor.unwrap_or(1.0);
        aws::Client::connect(options).await.map_err(|error| aws_error("cannot reach Identity Center", &error))
    }

    async fn store(
        &self,
        flags: &StateFlags,
        state_use: StateUse,
        console: &Console,
    ) -> Result<Option<Arc<dyn StateStore>>, CommandError> {
        let chosen = flags.state_url.clone().or_else(|| self.settings.state_url.clone());
        let url = match &chosen {
            Some(url) => url.clone(),
            None => {
                let file = default_state_file()?;
                if state_use == StateUse::Read && !file.exists() {
                    return Ok(None);
                }
                if state_use == StateUse::Write && environment("CI").is_some() {
                    console.warn("the state is kept on this machine only; runners that come and go need a shared one (`SEKISHO_STATE_URL`)");
                }
                format!("sqlite://{}", file.display())
            }
        };
        // Only the default place, which nobody wrote, may have to be made.
        let options = store::Options { create_folder: chosen.is_none() };
        match store::open_with(&url, options).await {
            Ok(store) => Ok(Some(store as Arc<dyn StateStore>)),
            Err(error) => Err(state_error("cannot open the state", &error)),
        }
    }
}

/// `$XDG_STATE_HOME/sekisho/state.db`, one file for all instances: entries are kept by instance.
fn default_state_file() -> Result<PathBuf, CommandError> {
    let base = environment("XDG_STATE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| environment("HOME").map(|home| Path::new(&home).join(".local/state")));
    base.map(|base| base.join("sekisho/state.db")).ok_or_else(|| {
        CommandError::new("there is no place for the state: neither XDG_STATE_HOME nor HOME is set")
            .hint("name one with `--state sqlite:///path/to/state.db` or `SEKISHO_STATE_URL`")
    })
}

/// A variable of the environment that is set and not empty.
pub(crate) fn environment(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the binary is where the environment is read")]
    let value = std::env::var(name);
    value.ok().filter(|value| !value.is_empty())
}

/// An error of AWS, with what to do about its kind.
pub(crate) fn aws_error(what: &str, error: &AwsError) -> CommandError {
    let told = CommandError::new(what).because(error);
    match error.kind {
        AwsErrorKind::Credentials => told.hint(
            "sign in (`aws sso login`), or name a profile with `--profile`; the standard chain of AWS credentials is used",
        ),
        AwsErrorKind::AccessDenied => {
            told.hint("`sekisho iam-policy --scope delegated` prints the rights that are needed")
        }
        AwsErrorKind::NotFound => {
            told.hint("name the primary Region of the instance with `--region`, and an account that may see it with `--profile`")
        }
        AwsErrorKind::Throttled => told.hint("others call AWS at the same time; try again in a minute"),
        AwsErrorKind::Transient => told.hint("try again; nothing was left half-known"),
        AwsErrorKind::Conflict | AwsErrorKind::Invalid | AwsErrorKind::NotSupported => told,
    }
}

/// An error of the state, with what to do about it.
pub(crate) fn state_error(what: &str, error: &StoreError) -> CommandError {
    let told = CommandError::new(what).because(error);
    match error {
        StoreError::Leased { .. } => {
            told.hint("one run at a time: wait for the other; a crashed one's lease ends by itself")
        }
        StoreError::LeaseLost => told.hint("run `sekisho apply` again: it finds out what was done"),
        StoreError::Damaged { .. } => told.hint("restore the state from a backup; until then nothing is removed"),
        StoreError::Database { .. } => told.hint("look at `--state`, `SEKISHO_STATE_URL`, or `state` in sekisho.yaml"),
    }
}
