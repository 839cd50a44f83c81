//! Roots, units, accounts, tags of accounts.

use std::collections::BTreeMap;

use aws_sdk_organizations::types::{Account as ListedAccount, AccountState as ListedState, AccountStatus};
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use model::id::{AccountId, OrganizationalUnitId};
use model::organization::{Account, AccountState, Organization, OrganizationalUnit};
use model::reading::Reading;
use ports::{AwsError, AwsErrorKind, CloudProgress};

use super::in_parallel;
use super::tally::Tally;
use crate::api;
use crate::client::Inner;
use crate::error::{odd_answer, own_error, reason, said};
use crate::page::{Page, pages, whole};

/// Most items on a page of Organizations.
const PAGE_SIZE: i32 = 20;

/// What hangs directly under a root or unit.
struct Children {
    units: Vec<OrganizationalUnit>,
    accounts: Vec<Account>,
}

impl Inner {
    /// The tree. Unknown as soon as one part of it is: a missing branch would look like closed accounts.
    pub(crate) async fn observe_organization(
        &self,
        management_account: Result<AccountId, AwsError>,
        progress: &dyn CloudProgress,
    ) -> Reading<Organization> {
        let management_account = match management_account {
            Ok(account) => account,
            Err(error) => return Reading::unknown(reason(&error)),
        };
        let tally = Tally::new(progress, "OUs");
        let mut read = self.tree(&tally).await;
        if matches!(&read, Err(error) if is_moved(error)) {
            read = self.tree(&tally).await;
        }
        let mut organization = match read {
            Ok(organization) => organization,
            Err(error) => return Reading::unknown(reason(&error)),
        };
        organization.management_account = Some(management_account);
        let as_of = self.clock.now();
        self.read_account_tags(&mut organization, progress).await;
        Reading::known(organization, as_of)
    }

    async fn tree(&self, tally: &Tally<'_>) -> Result<Organization, AwsError> {
        let mut organization = Organization::default();
        let mut running = FuturesUnordered::new();
        for root in self.roots().await? {
            tally.expect(1);
            running.push(self.children(root.id.clone(), tally));
            organization.units.insert(root.id.clone(), root);
        }
        while let Some(children) = running.next().await {
            let Children { units, accounts } = children?;
            for unit in units {
                tally.expect(1);
                running.push(self.children(unit.id.clone(), tally));
                if let Some(before) = organization.units.insert(unit.id.clone(), unit) {
                    return Err(moved(&api::LIST_UNITS, before.id.as_str()));
                }
            }
            for account in accounts {
                if let Some(before) = organization.accounts.insert(account.id.clone(), account) {
                    return Err(moved(&api::LIST_ACCOUNTS, before.id.as_str()));
                }
            }
        }
        Ok(organization)
    }

    async fn roots(&self) -> Result<Vec<OrganizationalUnit>, AwsError> {
        let api = &api::LIST_ROOTS;
        whole(
            pages(
                api,
                |root: &OrganizationalUnit| root.id.clone(),
                |token| async move {
                    let answer = self
                        .call(api, || {
                            self.organizations.list_roots().max_results(PAGE_SIZE).set_next_token(token.clone()).send()
                        })
                        .await?;
                    let next = answer.next_token().map(str::to_owned);
                    let roots = answer.roots.unwrap_or_default().into_iter();
                    Page::of(roots.map(|root| unit(api, root.id(), root.name(), None)), next)
                },
            )
            .await,
        )
    }

    async fn children(&self, parent: OrganizationalUnitId, tally: &Tally<'_>) -> Result<Children, AwsError> {
        let (units, accounts) = tokio::try_join!(self.units_in(&parent), self.accounts_in(&parent))?;
        tally.done();
        Ok(Children { units, accounts })
    }

    async fn units_in(&self, parent: &OrganizationalUnitId) -> Result<Vec<OrganizationalUnit>, AwsError> {
        let api = &api::LIST_UNITS;
        whole(
            pages(
                api,
                |unit: &OrganizationalUnit| unit.id.clone(),
                |token| async move {
                    let answer = self
                        .call(api, || {
                            self.organizations
                                .list_organizational_units_for_parent()
                                .parent_id(parent.as_str())
                                .max_results(PAGE_SIZE)
                                .set_next_token(token.clone())
                                .send()
                        })
                        .await?;
                    let next = answer.next_token().map(str::to_owned);
                    let units = answer.organizational_units.unwrap_or_default().into_iter();
                    Page::of(units.map(|found| unit(api, found.id(), found.name(), Some(parent))), next)
                },
            )
            .await,
        )
    }

    async fn accounts_in(&self, parent: &OrganizationalUnitId) -> Result<Vec<Account>, AwsError> {
        let api = &api::LIST_ACCOUNTS;
        whole(
            pages(
                api,
                |account: &Account| account.id.clone(),
                |token| async move {
                    let answer = self
                        .call(api, || {
                            self.organizations
                                .list_accounts_for_parent()
                                .parent_id(parent.as_str())
                                .max_results(PAGE_SIZE)
                                .set_next_token(token.clone())
                                .send()
                        })
                        .await?;
                    let next = answer.next_token().map(str::to_owned);
                    let accounts = answer.accounts.unwrap_or_default().into_iter();
                    Page::of(accounts.map(|found| account(found, parent)), next)
                },
            )
            .await,
        )
    }

    async fn read_account_tags(&self, organization: &mut Organization, progress: &dyn CloudProgress) {
        let ids: Vec<AccountId> = organization.accounts.keys().cloned().collect();
        let tags = self.account_tags_of(&ids, progress).await;
        for (id, tags) in tags {
            if let Some(account) = organization.accounts.get_mut(&id) {
                account.tags = tags;
            }
        }
    }

    async fn account_tags_of(
        &self,
        ids: &[AccountId],
        progress: &dyn CloudProgress,
    ) -> Vec<(AccountId, Reading<BTreeMap<String, String>>)> {
        let Some((first, rest)) = ids.split_first().filter(|_| self.account_tags) else { return Vec::new() };
        let tally = Tally::new(progress, "account tags");
        tally.expect(ids.len());
        let tags = self.account_tags(first).await;
        // Where the first may not be read, asking for a thousand others is a thousand calls for nothing.
        if let Err(error) = &tags
            && matches!(error.kind, AwsErrorKind::AccessDenied | AwsErrorKind::NotSupported)
        {
            let reason = reason(error);
            return ids.iter().map(|id| (id.clone(), Reading::unknown(reason.clone()))).collect();
        }
        tally.done();
        let read = in_parallel(rest.len(), |at| {
            let (id, tally) = (rest.get(at), &tally);
            async move {
                let id = id?;
                let tags = self.reading(self.account_tags(id).await);
                tally.done();
                Some((id.clone(), tags))
            }
            .boxed()
        });
        let mut all: Vec<_> = read.await.into_iter().flatten().collect();
        all.push((first.clone(), self.reading(tags)));
        all
    }

    async fn account_tags(&self, id: &AccountId) -> Result<BTreeMap<String, String>, AwsError> {
        let api = &api::LIST_ACCOUNT_TAGS;
        let tags = pages(
            api,
            |tag: &(String, String)| tag.0.clone(),
            |token| async move {
                let answer = self
                    .call(api, || {
                        self.organizations
                            .list_tags_for_resource()
                            .resource_id(id.as_str())
                            .set_next_token(token.clone())
                            .send()
                    })
                    .await?;
                let next = answer.next_token().map(str::to_owned);
                let tags = answer.tags.unwrap_or_default().into_iter();
                Ok(Page { items: tags.map(|tag| (tag.key, tag.value)).collect(), next })
            },
        );
        Ok(whole(tags.await)?.into_iter().collect())
    }
}

const MOVED: &str = "was moved while the organization was read";

fn moved(api: &api::Api, id: &str) -> AwsError {
    own_error(api, AwsErrorKind::Invalid, format!("{id} {MOVED}"))
}

fn is_moved(error: &AwsError) -> bool {
    error.code.is_none() && error.message.ends_with(MOVED)
}

fn unit(
    api: &api::Api,
    id: Option<&str>,
    name: Option<&str>,
    parent: Option<&OrganizationalUnitId>,
) -> Result<OrganizationalUnit, AwsError> {
    let id = OrganizationalUnitId::new(id.unwrap_or_default()).map_err(|error| odd_answer(api, error))?;
    let name = name.ok_or_else(|| odd_answer(api, format!("{id} has no Name")))?.to_owned();
    Ok(OrganizationalUnit { id, name, parent: parent.cloned() })
}

fn account(listed: ListedAccount, parent: &OrganizationalUnitId) -> Result<Account, AwsError> {
    let api = &api::LIST_ACCOUNTS;
    let id = AccountId::new(listed.id().unwrap_or_default()).map_err(|error| odd_answer(api, error))?;
    // `State` replaces `Status`, which older endpoints still answer alone.
    let state = match (listed.state(), listed.status()) {
        (Some(ListedState::Active), _) | (None, Some(AccountStatus::Active)) => AccountState::Active,
        (Some(ListedState::Suspended), _) | (None, Some(AccountStatus::Suspended)) => AccountState::Suspended,
        (Some(ListedState::PendingClosure), _) | (None, Some(AccountStatus::PendingClosure)) => {
            AccountState::PendingClosure
        }
        (Some(ListedState::PendingActivation), _) => AccountState::PendingActivation,
        (Some(ListedState::Closed), _) => AccountState::Closed,
        (state, status) => {
            let (state, status) = (state.map(ListedState::as_str), status.map(AccountStatus::as_str));
            return Err(odd_answer(api, format!("{id} has State {}, Status {}", said(state), said(status))));
        }
    };
    Ok(Account {
        state,
        parent: parent.clone(),
        // AWS leaves name and address out of accounts that are being created.
        name: listed.name().filter(|name| !name.is_empty()).unwrap_or(id.as_str()).to_owned(),
        email: listed.email().unwrap_or_default().to_owned(),
        tags: Reading::unknown("not read"),
        id,
    })
}
