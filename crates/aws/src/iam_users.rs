//! Taking stock of IAM users: one account at a time, with the fewest calls.
//!
//! One listing (`GetAccountAuthorizationDetails`) tells users, groups, roles and policies, one report passwords and the last use of keys.
//! Each user is asked about only what neither says: ids of keys, MFA devices, other credentials, and services, if wanted.

mod authorization;
mod change;
mod credentials;
mod last_accessed;
mod organization;
mod part;
mod report;
mod root;
mod session;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::FutureExt;
use model::iam_user::{IamAccount, IamUser};
use model::id::AccountId;
use model::reading::Reading;
use ports::{AwsError, AwsErrorKind, IamDepth, IamDoor, IamProgress, IamRead, ListedAccount};

pub use self::change::NewAccessKey;
use self::credentials::PasswordUses;
pub(crate) use self::part::Sessions;
use self::report::Report;
use self::session::Session;
use crate::api;
use crate::client::{Client, Inner};
use crate::error::own_error;
use crate::observe::in_parallel;

#[async_trait]
impl IamRead for Client {
    async fn own_account(&self) -> Result<AccountId, AwsError> {
        // Now or never: whoever has no credentials is told at once.
        let identity = || self.inner.caller_identity();
        Ok(self.inner.known_caller.get_or_try_init(identity).await?.0.clone())
    }

    async fn organization_accounts(&self) -> Result<Vec<ListedAccount>, AwsError> {
        self.inner.all_accounts().await
    }

    async fn iam_account(
        &self,
        account: &AccountId,
        door: &IamDoor,
        depth: IamDepth,
        progress: &dyn IamProgress,
    ) -> Reading<IamAccount> {
        let read = self.inner.read_iam_account(account, door, depth, progress).await;
        self.inner.reading(read)
    }
}

impl Inner {
    async fn read_iam_account(
        self: &Arc<Self>,
        account: &AccountId,
        door: &IamDoor,
        depth: IamDepth,
        progress: &dyn IamProgress,
    ) -> Result<IamAccount, AwsError> {
        let session = &Session::open(self, account, door).await?;
        // The report is made while the listing is read.
        let (read, report, summary) = tokio::join!(
            Box::pin(session.authorization()),
            Box::pin(session.credential_report()),
            Box::pin(session.account_summary()),
        );
        let mut read = read?;
        let report = &report;
        let names: Vec<String> = read.users.keys().cloned().collect();
        progress.users_found(u64::try_from(names.len()).unwrap_or_default());
        let (users, uses) = (&read.users, &PasswordUses::default());
        let details = in_parallel(names.len(), |at| {
            let user = names.get(at).and_then(|name| users.get(name));
            async move {
                let user = match user {
                    Some(user) => Some(session.complete(user.clone(), report, uses, depth).await),
                    None => None,
                };
                progress.user_read();
                user
            }
            .boxed()
        });
        let details = details.await;
        read.users = details.into_iter().flatten().map(|user| (user.name.clone(), user)).collect();
        read.root = session.root(summary, report);
        Ok(read)
    }
}

impl Session {
    /// The user with everything that the listing does not tell.
    async fn complete(&self, mut user: IamUser, report: &Report, uses: &PasswordUses, depth: IamDepth) -> IamUser {
        let row = report.of(&user);
        let (password, access_keys, mfa_devices, other_credentials, services) = tokio::join!(
            Box::pin(self.password(&user.name, row.as_ref(), uses)),
            Box::pin(self.access_keys(&user.name, row.as_ref())),
            Box::pin(self.mfa_devices(&user.name, row.as_ref())),
            Box::pin(self.other_credentials(&user.name)),
            Box::pin(async {
                match depth.services_last_accessed {
                    true => self.reading(self.services_last_accessed(&user.arn).await),
                    false => Reading::unknown(NOT_ASKED),
                }
            }),
        );
        user.password = password;
        user.access_keys = access_keys;
        user.mfa_devices = mfa_devices;
        user.other_credentials = other_credentials;
        user.services_last_accessed = services;
        user
    }
}

/// Why a part is unknown that nobody wanted to know.
const NOT_ASKED: &str = "not asked";

/// Waits that double from a second up to this, until [`LONGEST_WORK`] is over.
const LONGEST_WAIT: Duration = Duration::from_secs(8);
/// Longest time AWS may take for a report.
const LONGEST_WORK: Duration = Duration::from_secs(180);

/// How long something is waited for that AWS works on.
struct Patience {
    next: Duration,
    spent: Duration,
}

impl Patience {
    fn new() -> Self {
        Self { next: Duration::from_secs(1), spent: Duration::ZERO }
    }

    /// Waits a little longer than before; an error when it took too long.
    async fn wait(&mut self, inner: &Inner, api: &'static api::Api) -> Result<(), AwsError> {
        if self.spent >= LONGEST_WORK {
            let seconds = self.spent.as_secs();
            return Err(own_error(api, AwsErrorKind::Transient, format!("AWS was not done after {seconds} s")));
        }
        inner.clock.sleep(self.next.div_f64(inner.rate_factor)).await;
        self.spent += self.next;
        self.next = (self.next * 2).min(LONGEST_WAIT);
        Ok(())
    }
}
