//! The client: SDK clients, clock, rates and what is remembered.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::default_provider::region::DefaultRegionChain;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use jiff::Timestamp;
use model::id::{AccountId, InstanceArn, PermissionSetArn, PermissionSetName};
use model::reading::Reading;
use ports::{AwsError, AwsErrorKind, Clock};
use tokio::sync::OnceCell;

use crate::counter::Counter;
use crate::empty_answer::RefusesEmptyAnswers;
use crate::error::reason;
use crate::iam_users::Sessions;
use crate::instance::Instance;
use crate::limiter::Limiter;
use crate::options::{Doors, Options, ReadingMode, Retries};
use crate::sdk_clock::SdkClock;

/// A connection to AWS. Cheap to clone; clones share rates, counters and what they know.
#[derive(Clone)]
pub struct Client {
    pub(crate) inner: Arc<Inner>,
    /// Accounts that were entered to change IAM users.
    pub(crate) sessions: Arc<Sessions>,
}

/// What the clones of a client share.
pub(crate) struct Inner {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) limiter: Limiter,
    pub(crate) counter: Counter,
    pub(crate) retries: Retries,
    pub(crate) rate_factor: f64,
    pub(crate) region: String,
    pub(crate) wanted_instance: Option<InstanceArn>,
    pub(crate) reading: ReadingMode,
    pub(crate) account_tags: bool,
    pub(crate) config: SdkConfig,
    pub(crate) sso: aws_sdk_ssoadmin::Client,
    pub(crate) store: aws_sdk_identitystore::Client,
    pub(crate) organizations: aws_sdk_organizations::Client,
    pub(crate) sts: aws_sdk_sts::Client,
    pub(crate) found_instance: OnceCell<Instance>,
    /// Account and ARN of the credentials, for whoever enters many accounts; they stay the same when the credentials are renewed.
    pub(crate) known_caller: OnceCell<(AccountId, String)>,
    /// How accounts are entered whose IAM users are changed.
    pub(crate) doors: Doors,
    /// Names of permission sets: a set is never renamed, so a name once read stays true as long as its set exists.
    names: Mutex<HashMap<PermissionSetArn, PermissionSetName>>,
    random: Mutex<fastrand::Rng>,
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Client").field("region", &self.inner.region).finish_non_exhaustive()
    }
}

impl Client {
    /// Sets a client up. No call to AWS's services is made yet; credentials are looked for at the first one.
    ///
    /// # Errors
    /// When no Region is configured anywhere.
    pub async fn connect(options: Options) -> Result<Self, AwsError> {
        let rate_factor = Some(options.rate_factor).filter(|factor| factor.is_finite() && *factor > 0.0).unwrap_or(1.0);
        let config = sdk_config(&options).await;
        let region =
            config.region().map(ToString::to_string).filter(|region| !region.is_empty()).ok_or_else(|| AwsError {
                kind: AwsErrorKind::Invalid,
                operation: "configuration".to_owned(),
                message: "no Region is configured: give the primary Region of IAM Identity Center (`--region`, \
                          `AWS_REGION`, or `region` in the profile)"
                    .to_owned(),
                code: None,
            })?;
        let random = options.seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        Ok(Self {
            sessions: Arc::default(),
            inner: Arc::new(Inner {
                limiter: Limiter::new(Arc::clone(&options.clock), options.rates, rate_factor),
                clock: options.clock,
                counter: Counter::default(),
                retries: options.retries,
                rate_factor,
                region,
                wanted_instance: options.instance_arn,
                reading: options.reading,
                account_tags: options.account_tags,
                sso: aws_sdk_ssoadmin::Client::from_conf(
                    aws_sdk_ssoadmin::config::Builder::from(&config).interceptor(RefusesEmptyAnswers).build(),
                ),
                store: aws_sdk_identitystore::Client::from_conf(
                    aws_sdk_identitystore::config::Builder::from(&config).interceptor(RefusesEmptyAnswers).build(),
                ),
                organizations: aws_sdk_organizations::Client::from_conf(
                    aws_sdk_organizations::config::Builder::from(&config).interceptor(RefusesEmptyAnswers).build(),
                ),
                sts: aws_sdk_sts::Client::new(&config),
                config,
                found_instance: OnceCell::new(),
                known_caller: OnceCell::new(),
                doors: options.doors,
                names: Mutex::default(),
                random: Mutex::new(random),
            }),
        })
    }

    /// How often each operation was called, by IAM's prefix of the service (`sso`) and by operation, tries that were
    /// throttled or failed included.
    #[must_use]
    pub fn calls(&self) -> BTreeMap<(&'static str, &'static str), u64> {
        self.inner.counter.calls()
    }

    /// All calls so far, and how many of them AWS throttled.
    #[must_use]
    pub fn call_totals(&self) -> (u64, u64) {
        self.inner.counter.totals()
    }

    /// The Region in use.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.inner.region
    }
}

pub(crate) async fn sdk_config(options: &Options) -> SdkConfig {
    let clock = SdkClock(Arc::clone(&options.clock));
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(options.retries.attempt_timeout).build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .sleep_impl(clock.clone())
        .time_source(clock)
        .timeout_config(timeouts)
        // Answers are small; the time-out of a try covers a body that stalls.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .retry_config(RetryConfig::disabled());
    if let Some(profile) = &options.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = &options.region {
        loader = loader.region(Region::new(region.clone()));
    }
    // The SDK panics at an empty one.
    if let Some(url) = options.endpoint_url.as_ref().filter(|url| !url.is_empty()) {
        loader = loader.endpoint_url(url);
    }
    if let Some(client) = &options.http_client {
        loader = loader.http_client(client.clone());
    }
    if let Some(credentials) = &options.credentials {
        loader = loader.credentials_provider(credentials.clone());
    } else if let Some(profile) = &options.profile {
        loader = loader.credentials_provider(of_profile(profile, options).await);
    }
    loader.load().await
}

/// Credentials of a profile that was named: they win over keys in the environment, as with AWS CLI. The SDK's own chain
/// looks into the environment first.
pub(crate) async fn of_profile(profile: &str, options: &Options) -> ProfileFileCredentialsProvider {
    let clock = SdkClock(Arc::clone(&options.clock));
    let region = match &options.region {
        Some(region) => Some(Region::new(region.clone())),
        None => DefaultRegionChain::builder().profile_name(profile).build().region().await,
    };
    let mut config =
        ProviderConfig::without_region().with_region(region).with_sleep_impl(clock.clone()).with_time_source(clock);
    if let Some(client) = &options.http_client {
        config = config.with_http_client(client.clone());
    }
    ProfileFileCredentialsProvider::builder().configure(&config).profile_name(profile).build()
}

impl Inner {
    /// A number from 0 to 1.
    pub(crate) fn jitter(&self) -> f64 {
        self.random.lock().unwrap_or_else(PoisonError::into_inner).f64()
    }

    /// The name of a set, if it was read before.
    pub(crate) fn known_name(&self, arn: &PermissionSetArn) -> Option<PermissionSetName> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).get(arn).cloned()
    }

    /// The ARN of a set that had this name when it was last read. The set may be gone.
    pub(crate) fn known_arn(&self, name: &PermissionSetName) -> Option<PermissionSetArn> {
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.iter().find(|(_, known)| *known == name).map(|(arn, _)| arn.clone())
    }

    /// Remembers a name.
    pub(crate) fn learn_name(&self, arn: &PermissionSetArn, name: &PermissionSetName) {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).insert(arn.clone(), name.clone());
    }

    /// Forgets a set that is gone.
    pub(crate) fn forget_name(&self, arn: &PermissionSetArn) {
        self.names.lock().unwrap_or_else(PoisonError::into_inner).remove(arn);
    }

    /// An answer as a reading of now; a failure as an unknown one.
    pub(crate) fn reading<T>(&self, result: Result<T, AwsError>) -> Reading<T> {
        match result {
            Ok(value) => Reading::known(value, self.clock.now()),
            Err(error) => Reading::unknown(reason(&error)),
        }
    }
}

/// AWS's time as ours; none when it is out of range.
pub(crate) fn timestamp(time: &aws_smithy_types::DateTime) -> Option<Timestamp> {
    Timestamp::new(time.secs(), i32::try_from(time.subsec_nanos()).ok()?).ok()
}
