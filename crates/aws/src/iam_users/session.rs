//! Being in an account: the door it was entered by, rates of its own, credentials that are renewed when they end.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::future::ProvideCredentials as Provided;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sdk_iam::Client as IamClient;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::{SignedDuration, Timestamp};
use model::id::AccountId;
use model::reading::Reading;
use ports::{AwsError, AwsErrorKind, IamDoor};
use tokio::sync::Mutex;

use crate::api::{self, Api};
use crate::client::{Inner, of_profile};
use crate::cut_answer::RefusesCutAnswers;
use crate::error::own_error;
use crate::limiter::Limiter;
use crate::options::Options;

/// What AWS's log of the account calls us.
const SESSION_NAME: &str = "sekisho-inventory";
/// Credentials that end sooner than this are renewed before they are used.
const MARGIN: SignedDuration = SignedDuration::from_mins(2);
/// How often something whose credentials ended is tried again with new ones …
const RENEWALS: u32 = 12;
/// … and how long is waited before all but the first time: somebody may have to sign in.
const RENEWAL_WAIT: Duration = Duration::from_secs(5);

/// An account that was entered.
pub(super) struct Session {
    pub(super) inner: Arc<Inner>,
    limiter: Limiter,
    iam: IamClient,
    /// The role, where it was entered by one. Otherwise the SDK renews what it hands out.
    role: Option<Arc<Role>>,
}

/// A role whose credentials are taken when a request is signed: however long it waited for its turn, they are good.
struct Role {
    inner: Arc<Inner>,
    arn: String,
    current: Mutex<Option<Held>>,
}

/// Credentials, and since when they are held.
#[derive(Clone)]
struct Held {
    credentials: Credentials,
    since: Timestamp,
}

impl Session {
    /// Goes through the door, and makes sure that the account behind it is the one that was meant.
    pub(super) async fn open(inner: &Arc<Inner>, account: &AccountId, door: &IamDoor) -> Result<Self, AwsError> {
        let mut config = inner.config.clone();
        let mut role = None;
        match door {
            IamDoor::Own => {
                let (own, _) = inner.caller().await?;
                is_the_one(account, own, "the credentials are")?;
            }
            IamDoor::RoleNamed(name) => {
                let (_, arn) = inner.caller().await?;
                let partition = arn.split(':').nth(1).unwrap_or("aws");
                role = Some(format!("arn:{partition}:iam::{account}:role/{}", name.trim_start_matches('/')));
            }
            IamDoor::RoleArn(arn) => {
                if arn.split(':').nth(4) != Some(account.as_str()) {
                    let message = format!("the role {arn} is not in account {account}");
                    return Err(own_error(&api::ASSUME_ROLE, AwsErrorKind::Invalid, message));
                }
                role = Some(arn.clone());
            }
            IamDoor::Profile(profile) => {
                config = inner.config_of(profile).await;
                let (found, _) = inner.identity_of(&aws_sdk_sts::Client::new(&config)).await?;
                is_the_one(account, &found, &format!("the profile `{profile}` is"))?;
            }
        }
        let role = role.map(|arn| Arc::new(Role { inner: Arc::clone(inner), arn, current: Mutex::default() }));
        if let Some(role) = &role {
            patiently(inner, || role.credentials()).await?;
            // What the SDK remembers is not asked again when a request waited too long.
            let cache = aws_config::identity::IdentityCache::no_cache();
            let provider = SharedCredentialsProvider::new(OfRole(Arc::clone(role)));
            config = config.to_builder().credentials_provider(provider).identity_cache(cache).build();
        }
        let iam = aws_sdk_iam::config::Builder::from(&config).interceptor(RefusesCutAnswers).build();
        Ok(Self {
            inner: Arc::clone(inner),
            limiter: inner.limiter.of_another_account(),
            iam: IamClient::from_conf(iam),
            role,
        })
    }

    /// Calls IAM in this account: within its rates, and again with new credentials where the old ones ended.
    pub(super) async fn call<T, E, F, Fut>(&self, api: &'static Api, send: F) -> Result<T, AwsError>
    where
        F: Fn(IamClient) -> Fut + Send + Sync,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let mut began = self.inner.clock.now();
        let mut tried = 0;
        loop {
            let called = self.inner.call_within(&self.limiter, api, || send(self.iam.clone())).await;
            let error = match called {
                Err(error) if error.kind == AwsErrorKind::Credentials => error,
                ended => return ended,
            };
            tried += 1;
            if tried > RENEWALS {
                return Err(error);
            }
            if let Some(role) = &self.role {
                role.forget(began).await;
            }
            if tried > 1 {
                self.inner.clock.sleep(RENEWAL_WAIT.div_f64(self.inner.rate_factor)).await;
            }
            began = self.inner.clock.now();
        }
    }

    /// An answer as a reading of now; a failure as an unknown one.
    pub(super) fn reading<T>(&self, result: Result<T, AwsError>) -> Reading<T> {
        self.inner.reading(result)
    }
}

/// Does something again that fails for want of credentials: the caller's own may have ended in mid-run.
async fn patiently<T, F: Future<Output = Result<T, AwsError>>>(
    inner: &Inner,
    act: impl Fn() -> F,
) -> Result<T, AwsError> {
    let mut tried = 0;
    loop {
        match act().await {
            Err(error) if error.kind == AwsErrorKind::Credentials && tried < RENEWALS => {
                tried += 1;
                inner.clock.sleep(RENEWAL_WAIT.div_f64(inner.rate_factor)).await;
            }
            ended => return ended,
        }
    }
}

impl Role {
    /// Credentials that are good for a while.
    async fn credentials(&self) -> Result<Credentials, AwsError> {
        let mut current = self.current.lock().await;
        let soon = self.inner.clock.now().checked_add(MARGIN).unwrap_or(Timestamp::MAX);
        if let Some(held) = current.as_ref()
            && held.credentials.expiry().is_none_or(|ends| Timestamp::try_from(ends).is_ok_and(|ends| ends > soon))
        {
            return Ok(held.credentials.clone());
        }
        let credentials = self.inner.assume(&self.arn, SESSION_NAME).await?;
        *current = Some(Held { credentials: credentials.clone(), since: self.inner.clock.now() });
        Ok(credentials)
    }

    /// Forgets credentials that were held already when a call began that they were not good for.
    async fn forget(&self, began: Timestamp) {
        let mut current = self.current.lock().await;
        if current.as_ref().is_some_and(|held| held.since <= began) {
            *current = None;
        }
    }
}

/// A role as the SDK asks it.
#[derive(Clone)]
struct OfRole(Arc<Role>);

impl fmt::Debug for OfRole {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("OfRole").field(&self.0.arn).finish()
    }
}

impl ProvideCredentials for OfRole {
    fn provide_credentials<'a>(&'a self) -> Provided<'a>
    where
        Self: 'a,
    {
        Provided::new(async move { self.0.credentials().await.map_err(CredentialsError::provider_error) })
    }
}

fn is_the_one(wanted: &AccountId, found: &AccountId, what: &str) -> Result<(), AwsError> {
    if wanted == found {
        return Ok(());
    }
    let message = format!("{what} of account {found}, not of {wanted}");
    Err(own_error(&api::GET_CALLER_IDENTITY, AwsErrorKind::Invalid, message))
}

impl Inner {
    /// Account and ARN of the caller, asked for once.
    pub(super) async fn caller(&self) -> Result<&(AccountId, String), AwsError> {
        self.known_caller.get_or_try_init(|| patiently(self, || self.caller_identity())).await
    }

    /// The client's own settings with a profile's credentials and Region.
    async fn config_of(&self, profile: &str) -> SdkConfig {
        let mut options = Options::new(Arc::clone(&self.clock));
        options.http_client = self.config.http_client();
        let credentials = of_profile(profile, &options).await;
        let region = aws_config::default_provider::region::DefaultRegionChain::builder().profile_name(profile).build();
        let region = region.region().await.or_else(|| self.config.region().cloned());
        self.config
            .to_builder()
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            // What was remembered of the caller's own credentials is not the profile's.
            .identity_cache(aws_config::identity::IdentityCache::lazy().build())
            .region(region)
            .build()
    }
}
