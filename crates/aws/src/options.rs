//! How a client is set up.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use model::id::{AccountId, InstanceArn};
use ports::{Clock, IamDoor};

/// Settings of a [`crate::Client`]. Whatever is left out comes from the standard AWS places (environment, profile,
/// container, instance).
#[derive(Debug, Clone)]
pub struct Options {
    /// Profile of `~/.aws/config`.
    pub profile: Option<String>,
    /// Region; must be the instance's primary Region.
    pub region: Option<String>,
    /// Where all services are served: a sandbox. `AWS_ENDPOINT_URL` works as well.
    pub endpoint_url: Option<String>,
    /// What sends requests, instead of sockets.
    pub http_client: Option<SharedHttpClient>,
    /// Credentials, instead of the standard chain.
    pub credentials: Option<Credentials>,
    /// The instance, where several are visible.
    pub instance_arn: Option<InstanceArn>,
    /// Time, and waiting.
    pub clock: Arc<dyn Clock>,
    /// Calls per second at AWS.
    pub rates: Rates,
    /// Multiplies the rates and divides the waits between tries: the speed of a sandbox. Not finite or not positive
    /// counts as 1.
    pub rate_factor: f64,
    /// When to try again.
    pub retries: Retries,
    /// How assignments are read.
    pub reading: ReadingMode,
    /// Whether tags of accounts are read, at one call an account.
    pub account_tags: bool,
    /// How accounts are entered whose IAM users are changed.
    pub doors: Doors,
    /// Seed of the jitter; a random one if none is given.
    pub seed: Option<u64>,
}

impl Options {
    /// The standard settings.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            profile: None,
            region: None,
            endpoint_url: None,
            http_client: None,
            credentials: None,
            instance_arn: None,
            clock,
            rates: Rates::default(),
            rate_factor: 1.0,
            retries: Retries::default(),
            reading: ReadingMode::default(),
            account_tags: true,
            doors: Doors::default(),
            seed: None,
        }
    }
}

/// How accounts are entered: by the door named for one, with the caller's own credentials where it is the caller's account, else by
/// the role of that name in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Doors {
    /// Doors of single accounts.
    pub named: BTreeMap<AccountId, IamDoor>,
    /// Name (with path) of the role that lies in every account.
    pub role: Option<String>,
}

/// How assignments are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReadingMode {
    /// Per pair, unless reading per principal is allowed, needs at most half the calls and saves at least 600.
    #[default]
    Auto,
    /// `ListAccountAssignments` of each provisioned pair: complete.
    PerPair,
    /// `ListAccountAssignmentsForPrincipal` of each user and group. AWS answers it in the management account only
    /// and it never proves that a pair holds nothing else: assignments of deleted principals are not in it.
    /// Outside the management account this is [`ReadingMode::PerPair`].
    PerPrincipal,
}

/// One token bucket.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Calls per second, evenly spaced.
    pub per_second: f64,
    /// Calls that may go at once after a pause.
    pub burst: u32,
}

impl Rate {
    /// A rate.
    #[must_use]
    pub const fn new(per_second: f64, burst: u32) -> Self {
        Self { per_second, burst }
    }
}

/// Calls per second that AWS allows. When AWS throttles all the same (somebody else calls too), the rate is halved
/// and comes back within seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// All operations of sso-admin together. Quota of IAM Identity Center: 20 TPS, collective.
    pub sso_admin: Rate,
    /// Each operation of the identity store. Its quota: 20 TPS per API and store.
    pub identity_store: Rate,
    /// Each operation of Organizations, which throttles them one by one. 8 a second is a cautious choice and not a
    /// number of AWS's.
    pub organizations: Rate,
    /// `organizations:ListTagsForResource`, the one that is called once an account; 10 a second is a choice as well.
    pub organizations_tags: Rate,
    /// STS: far below its quota of 600.
    pub sts: Rate,
    /// IAM, per account; its quotas are not published.
    pub iam: Rate,
    /// Calls in flight per bucket.
    pub in_flight: usize,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            sso_admin: Rate::new(20.0, 5),
            identity_store: Rate::new(20.0, 5),
            organizations: Rate::new(8.0, 4),
            organizations_tags: Rate::new(10.0, 5),
            sts: Rate::new(20.0, 5),
            iam: Rate::new(10.0, 5),
            in_flight: 16,
        }
    }
}

/// When a failed call is tried again. Waits are drawn from zero to an exponentially growing limit ("full jitter").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retries {
    /// Most tries of a throttled or broken call.
    pub attempts: u32,
    /// Most tries of a write that meets a conflict which will pass.
    pub conflict_attempts: u32,
    /// Most tries of a write that meets a conflict which may stay.
    pub brief_conflict_attempts: u32,
    /// Limit of the first wait.
    pub base: Duration,
    /// Limit of every wait.
    pub cap: Duration,
    /// No try begins later than this after the first.
    pub deadline: Duration,
    /// Longest time for one try.
    pub attempt_timeout: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            attempts: 10,
            conflict_attempts: 7,
            brief_conflict_attempts: 4,
            base: Duration::from_millis(500),
            cap: Duration::from_secs(20),
            deadline: Duration::from_secs(180),
            attempt_timeout: Duration::from_secs(20),
        }
    }
}
