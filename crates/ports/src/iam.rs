//! IAM of accounts: its users and what hangs on them. Only looks; one account at a time, so that whoever asks decides how many at once.

use async_trait::async_trait;
use model::iam_user::IamAccount;
use model::id::AccountId;
use model::reading::Reading;

use crate::aws::AwsError;

/// How an account is entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IamDoor {
    /// With the caller's own credentials: its own account.
    Own,
    /// Through the role of this name, with its path, in the account.
    RoleNamed(String),
    /// Through the role with this ARN.
    RoleArn(String),
    /// With a profile of the AWS configuration.
    Profile(String),
}

/// An account of the organization, as listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedAccount {
    /// Id.
    pub id: AccountId,
    /// Name.
    pub name: String,
    /// AWS's word for its state, where that is not ACTIVE.
    pub inactive: Option<String>,
}

/// What is read beyond the users themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IamDepth {
    /// When each user last called which service: two calls and more for each user, and slow ones.
    pub services_last_accessed: bool,
}

/// Told while an account is read.
pub trait IamProgress: Send + Sync {
    /// The account has this many users.
    fn users_found(&self, users: u64);
    /// One of them was read.
    fn user_read(&self);
}

impl IamProgress for () {
    fn users_found(&self, _users: u64) {}
    fn user_read(&self) {}
}

/// Looks at IAM. Rates, retries, paging, polling and the renewal of credentials are behind it.
#[async_trait]
pub trait IamRead: Send + Sync {
    /// The account of the caller's credentials.
    ///
    /// # Errors
    /// When the credentials are not valid.
    async fn own_account(&self) -> Result<AccountId, AwsError>;

    /// All accounts of the organization, in AWS's order.
    ///
    /// # Errors
    /// When they cannot be listed, or not in full; there may be no organization.
    async fn organization_accounts(&self) -> Result<Vec<ListedAccount>, AwsError>;

    /// IAM of one account. Whatever of it cannot be read is unknown in the answer, with the reason; all of it where the account cannot
    /// be entered or its users cannot be listed in full.
    async fn iam_account(
        &self,
        account: &AccountId,
        door: &IamDoor,
        depth: IamDepth,
        progress: &dyn IamProgress,
    ) -> Reading<IamAccount>;
}
