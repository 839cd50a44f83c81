//! Which asynchronous requests AWS remembers: how a run that crashed learns what it had sent.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use model::change::{Change, PermissionSetRef};
use model::id::{AccountId, PermissionSetArn};
use model::journal::PendingRequest;
use ports::{AwsError, AwsErrorKind, RequestPage, StatusList};

use aws_sdk_ssoadmin::types::{AccountAssignmentOperationStatus, OperationStatusFilter, StatusValues};

use crate::api::{self, Api};
use crate::client::{Inner, timestamp};
use crate::error::odd_answer;
use crate::page::{Page, pages, whole};
use crate::permission_set::{PAGE_SIZE, principal};

/// How far AWS's clock and ours may be apart.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// A request as listed: its id, and when it was made.
#[derive(Debug, Clone)]
struct Listed {
    id: String,
    created: Option<Timestamp>,
}

/// The three lists differ in their types only.
macro_rules! status_list {
    ($name:ident, $page:ident, $api:ident, $operation:ident, $rows:ident) => {
        async fn $page(&self, status: Option<StatusValues>, token: Option<String>) -> Result<Page<Listed>, AwsError> {
            let api = &api::$api;
            let instance = self.instance().await?.arn();
            let filter = status.map(|status| OperationStatusFilter::builder().status(status).build());
            let answer = self
                .call(api, || {
                    self.sso
                        .$operation()
                        .instance_arn(instance)
                        .set_filter(filter.clone())
                        .max_results(PAGE_SIZE)
                        .set_next_token(token.clone())
                        .send()
                })
                .await?;
            let next = answer.next_token().map(str::to_owned);
            let rows = answer.$rows.unwrap_or_default().into_iter();
            Page::of(
                rows.map(|row| {
                    let id = row.request_id().ok_or_else(|| odd_answer(api, "no RequestId"))?.to_owned();
                    Ok(Listed { id, created: row.created_date().and_then(timestamp) })
                }),
                next,
            )
        }

        async fn $name(&self, status: Option<StatusValues>) -> Result<Vec<Listed>, AwsError> {
            let fetch = |token| self.$page(status.clone(), token);
            whole(pages(&api::$api, |listed: &Listed| listed.id.clone(), fetch).await)
        }
    };
}

impl Inner {
    status_list!(
        listed_creations,
        page_of_creations,
        LIST_CREATION_STATUS,
        list_account_assignment_creation_status,
        account_assignments_creation_status
    );
    status_list!(
        listed_deletions,
        page_of_deletions,
        LIST_DELETION_STATUS,
        list_account_assignment_deletion_status,
        account_assignments_deletion_status
    );
    status_list!(
        listed_provisionings,
        page_of_provisionings,
        LIST_PROVISIONING_STATUS,
        list_permission_set_provisioning_status,
        permission_sets_provisioning_status
    );

    /// Ids of the requests of one kind that AWS works on.
    pub(crate) async fn in_progress(&self, list: StatusList) -> Result<BTreeSet<String>, AwsError> {
        let status = Some(StatusValues::InProgress);
        let listed = match list {
            StatusList::AssignmentCreation => self.listed_creations(status).await?,
            StatusList::AssignmentDeletion => self.listed_deletions(status).await?,
            StatusList::Provisioning => self.listed_provisionings(status).await?,
        };
        Ok(listed.into_iter().map(|listed| listed.id).collect())
    }

    /// One page of the requests of one kind that succeeded.
    pub(crate) async fn succeeded(&self, list: StatusList, token: Option<String>) -> Result<RequestPage, AwsError> {
        let status = Some(StatusValues::Succeeded);
        let page = match list {
            StatusList::AssignmentCreation => self.page_of_creations(status, token).await?,
            StatusList::AssignmentDeletion => self.page_of_deletions(status, token).await?,
            StatusList::Provisioning => self.page_of_provisionings(status, token).await?,
        };
        Ok(RequestPage { ids: page.items.into_iter().map(|listed| listed.id).collect(), next: page.next })
    }

    /// Requests made since then, each with the change it makes. Of a set that is gone nothing can be said.
    pub(crate) async fn requests_since(&self, since: Timestamp) -> Result<Vec<(PendingRequest, Change)>, AwsError> {
        let earliest = since.checked_sub(CLOCK_SKEW).unwrap_or(Timestamp::MIN);
        let recent = |listed: Vec<Listed>| {
            // One without a date may be of any time.
            listed.into_iter().filter(move |listed| listed.created.is_none_or(|created| created >= earliest))
        };
        let (creations, deletions, provisionings) = tokio::try_join!(
            self.listed_creations(None),
            self.listed_deletions(None),
            self.listed_provisionings(None)
        )?;
        let mut requests = Vec::new();
        for Listed { id, .. } in recent(creations) {
            let status = unless_gone(self.creation_status(&id).await)?;
            if let Some(parts) = self.assignment(&api::DESCRIBE_CREATION_STATUS, status).await? {
                let Assignment { set, account, principal } = parts;
                requests.push((PendingRequest::AssignmentCreation(id), Change::Assign { set, account, principal }));
            }
        }
        for Listed { id, .. } in recent(deletions) {
            let status = unless_gone(self.deletion_status(&id).await)?;
            if let Some(parts) = self.assignment(&api::DESCRIBE_DELETION_STATUS, status).await? {
                let Assignment { set, account, principal } = parts;
                requests.push((PendingRequest::AssignmentDeletion(id), Change::Withdraw { set, account, principal }));
            }
        }
        for Listed { id, .. } in recent(provisionings) {
            let api = &api::DESCRIBE_PROVISIONING_STATUS;
            let Some(status) = unless_gone(self.provisioning_status(&id).await)? else { continue };
            // A provisioning of all accounts names none.
            let Some(account) = status.account_id() else { continue };
            let account = AccountId::new(account).map_err(|error| odd_answer(api, error))?;
            if let Some(set) = self.set_ref(api, status.permission_set_arn()).await? {
                requests.push((PendingRequest::Provisioning(id), Change::Provision { set, account }));
            }
        }
        Ok(requests)
    }

    async fn assignment(
        &self,
        api: &Api,
        status: Option<AccountAssignmentOperationStatus>,
    ) -> Result<Option<Assignment>, AwsError> {
        let Some(status) = status else { return Ok(None) };
        let account = AccountId::new(status.target_id().unwrap_or_default()).map_err(|error| odd_answer(api, error))?;
        let principal = principal(api, status.principal_type(), status.principal_id())?;
        let set = self.set_ref(api, status.permission_set_arn()).await?;
        Ok(set.map(|set| Assignment { set, account, principal }))
    }

    async fn set_ref(&self, api: &Api, arn: Option<&str>) -> Result<Option<PermissionSetRef>, AwsError> {
        let arn = PermissionSetArn::new(arn.unwrap_or_default()).map_err(|error| odd_answer(api, error))?;
        let name = match self.known_name(&arn) {
            Some(name) => Some(name),
            None => self.describe(&arn).await?.map(|described| described.name),
        };
        Ok(name.map(|name| PermissionSetRef { name, arn: Some(arn) }))
    }
}

struct Assignment {
    set: PermissionSetRef,
    account: AccountId,
    principal: model::principal::PrincipalId,
}

/// AWS forgets requests after a while, some perhaps between listing and describing.
fn unless_gone<T>(result: Result<T, AwsError>) -> Result<Option<T>, AwsError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind == AwsErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
