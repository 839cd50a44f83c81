//! Being in an account: the door it was entered by, rates of its own, credentials that are renewed when they end.

use std::future::Future;
use std::time::Duration;

use aws_config::SdkConfig;
use aws_credential_types::provider::SharedCredentialsProvider;
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
/// How often a call whose credentials ended is made again with new ones …
const RENEWALS: u32 = 12;
/// … and how long is waited where new ones are not to be had at once: somebody may have to sign in.
const RENEWAL_WAIT: Duration = Duration::from_secs(5);

/// An account that was entered.
pub(super) struct Session<'a> {
    pub(super) inner: &'a Inner,
    limiter: Limiter,
    key: Key,
    open: Mutex<Open>,
}

/// Where credentials come from.
enum Key {
    /// A role, by its ARN.
    Role(String),
    /// The SDK, which renews what it hands out.
    Sdk(Box<SdkConfig>),
}

#[derive(Clone)]
struct Open {
    iam: IamClient,
    ends: Option<Timestamp>,
    /// How many times they were renewed: tells who saw the old ones end.
    renewals: u64,
}

impl<'a> Session<'a> {
    /// Goes through the door, and makes sure that the account behind it is the one that was meant.
    pub(super) async fn open(inner: &'a Inner, account: &AccountId, door: &IamDoor) -> Result<Self, AwsError> {
        let key = match door {
            IamDoor::Own => {
                let (own, _) = inner.caller_identity().await?;
                is_the_one(account, &own, "the credentials are")?;
                Key::Sdk(Box::new(inner.config.clone()))
            }
            IamDoor::RoleNamed(name) => {
                let (_, arn) = inner.caller_identity().await?;
                let partition = arn.split(':').nth(1).unwrap_or("aws");
                Key::Role(format!("arn:{partition}:iam::{account}:role/{}", name.trim_start_matches('/')))
            }
            IamDoor::RoleArn(arn) => {
                if arn.split(':').nth(4) != Some(account.as_str()) {
                    let message = format!("the role {arn} is in another account");
                    return Err(own_error(&api::ASSUME_ROLE, AwsErrorKind::Invalid, message));
                }
                Key::Role(arn.clone())
            }
            IamDoor::Profile(profile) => {
                let config = inner.config_of(profile).await;
                let sts = aws_sdk_sts::Client::new(&config);
                let api = &api::GET_CALLER_IDENTITY;
                let answer = inner.call(api, || sts.get_caller_identity().send()).await?;
                let found = AccountId::new(answer.account().unwrap_or_default())
                    .map_err(|error| own_error(api, AwsErrorKind::Invalid, error.to_string()))?;
                is_the_one(account, &found, &format!("the profile `{profile}` is"))?;
                Key::Sdk(Box::new(config))
            }
        };
        let open = enter(inner, &key, 0).await?;
        Ok(Self { inner, limiter: inner.limiter.of_another_account(), key, open: Mutex::new(open) })
    }

    /// Calls IAM in this account: within its rates, and again with new credentials where the old ones ended.
    pub(super) async fn call<T, E, F, Fut>(&self, api: &'static Api, send: F) -> Result<T, AwsError>
    where
        F: Fn(IamClient) -> Fut + Send + Sync,
        Fut: Future<Output = Result<T, SdkError<E, HttpResponse>>> + Send,
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        let mut ended = None;
        for _ in 0..RENEWALS {
            let error = match self.opened(ended).await {
                Ok(open) => {
                    match self.inner.call_within(&self.limiter, api, || send(open.iam.clone())).await {
                        Err(error) if error.kind == AwsErrorKind::Credentials => {
                            // The first time new ones are probably all it takes.
                            if ended.replace(open.renewals).is_none() {
                                continue;
                            }
                            error
                        }
                        ended => return ended,
                    }
                }
                Err(error) if error.kind == AwsErrorKind::Credentials => error,
                Err(error) => return Err(error),
            };
            tracing::debug!(%error, "waiting for credentials");
            self.inner.clock.sleep(RENEWAL_WAIT.div_f64(self.inner.rate_factor)).await;
        }
        let message = "the credentials ended and no new ones were to be had";
        Err(own_error(api, AwsErrorKind::Credentials, message))
    }

    /// Credentials that are good for a while, and others than those that were seen to have ended.
    async fn opened(&self, ended: Option<u64>) -> Result<Open, AwsError> {
        let mut open = self.open.lock().await;
        let soon = self.inner.clock.now().checked_add(MARGIN).unwrap_or(Timestamp::MAX);
        if ended == Some(open.renewals) || open.ends.is_some_and(|ends| ends <= soon) {
            *open = enter(self.inner, &self.key, open.renewals + 1).await?;
        }
        Ok(open.clone())
    }

    /// An answer as a reading of now; a failure as an unknown one.
    pub(super) fn reading<T>(&self, result: Result<T, AwsError>) -> Reading<T> {
        self.inner.reading(result)
    }
}

async fn enter(inner: &Inner, key: &Key, renewals: u64) -> Result<Open, AwsError> {
    let config = match key {
        Key::Role(_) => &inner.config,
        Key::Sdk(config) => config,
    };
    let mut config = aws_sdk_iam::config::Builder::from(config).interceptor(RefusesCutAnswers);
    let mut ends = None;
    if let Key::Role(role) = key {
        let credentials = inner.assume(role, SESSION_NAME).await?;
        ends = credentials.expiry().and_then(|time| Timestamp::try_from(time).ok());
        config = config.credentials_provider(credentials);
    }
    Ok(Open { iam: IamClient::from_conf(config.build()), ends, renewals })
}

fn is_the_one(wanted: &AccountId, found: &AccountId, what: &str) -> Result<(), AwsError> {
    if wanted == found {
        return Ok(());
    }
    let message = format!("{what} of account {found}, not of {wanted}");
    Err(own_error(&api::GET_CALLER_IDENTITY, AwsErrorKind::Invalid, message))
}

impl Inner {
    /// The client's own settings with a profile's credentials and Region.
    async fn config_of(&self, profile: &str) -> SdkConfig {
        let mut options = Options::new(std::sync::Arc::clone(&self.clock));
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
