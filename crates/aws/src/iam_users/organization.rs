//! All accounts of the organization, without their places in it.

use aws_sdk_organizations::types::{Account, AccountState, AccountStatus};
use model::id::AccountId;
use ports::{AwsError, ListedAccount};

use crate::api;
use crate::client::Inner;
use crate::error::odd_answer;
use crate::page::{Page, pages, whole};

/// Most accounts on a page.
const PAGE_SIZE: i32 = 20;

impl Inner {
    pub(super) async fn all_accounts(&self) -> Result<Vec<ListedAccount>, AwsError> {
        let api = &api::ALL_ACCOUNTS;
        let accounts = pages(
            api,
            |account: &ListedAccount| account.id.clone(),
            |token| async move {
                let answer = self
                    .call(api, || {
                        self.organizations.list_accounts().max_results(PAGE_SIZE).set_next_token(token.clone()).send()
                    })
                    .await?;
                let next = answer.next_token().map(str::to_owned);
                Page::of(answer.accounts.unwrap_or_default().iter().map(listed), next)
            },
        );
        whole(accounts.await)
    }
}

/// `State` where AWS tells it, else the retired `Status`.
fn listed(account: &Account) -> Result<ListedAccount, AwsError> {
    let api = &api::ALL_ACCOUNTS;
    let id = AccountId::new(account.id().unwrap_or_default()).map_err(|error| odd_answer(api, error))?;
    let state = account.state().map(AccountState::as_str);
    let status = account.status().map(AccountStatus::as_str);
    let state = state.or(status).ok_or_else(|| odd_answer(api, format!("{id} without State")))?;
    Ok(ListedAccount {
        name: account.name().filter(|name| !name.is_empty()).unwrap_or(id.as_str()).to_owned(),
        inactive: (state != "ACTIVE").then(|| state.to_owned()),
        id,
    })
}
