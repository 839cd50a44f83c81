//! AWS as a broken Sekisho sees it. Without a mutation everything is handed through.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use aws::Client;
use jiff::Timestamp;
use model::claim::{Part, PartValue};
use model::journal::PendingRequest;
use model::{
    AccountId, Change, Lane, Observed, PermissionSetArn, PermissionSetName, PermissionSetRef, PrincipalId, Reading,
};
use ports::{AwsError, AwsRead, AwsWrite, CloudProgress, PollResult, Started, StatusList};

use super::Mutation;

/// The product's client, and what is broken about it.
pub(crate) struct Meddled {
    inner: Arc<Client>,
    mutation: Option<Mutation>,
    memory: Mutex<Memory>,
}

/// What the broken Sekisho believes of AWS without looking.
#[derive(Default)]
struct Memory {
    observed: Option<Observed>,
    rows: BTreeMap<(PermissionSetName, AccountId), BTreeSet<PrincipalId>>,
    /// Pairs that were changed since.
    changed: BTreeSet<(PermissionSetName, AccountId)>,
}

impl Memory {
    fn learn(&mut self, observed: &Observed) {
        self.rows.clear();
        self.changed.clear();
        for (set, account, principal) in observed.assignments.iter() {
            self.rows.entry((set.clone(), account.clone())).or_default().insert(principal.clone());
        }
        self.observed = Some(observed.clone());
    }

    fn note(&mut self, change: &Change) {
        let (assigned, account, principal) = match change {
            Change::Assign { account, principal, .. } => (true, account, principal),
            Change::Withdraw { account, principal, .. } => (false, account, principal),
            _ => return,
        };
        let Some(set) = change.set() else { return };
        let pair = (set.name.clone(), account.clone());
        let rows = self.rows.entry(pair.clone()).or_default();
        if assigned {
            rows.insert(principal.clone());
        } else {
            rows.remove(principal);
        }
        self.changed.insert(pair);
    }

    /// What is remembered of a part.
    fn remembered(&self, part: &Part, mutation: Mutation) -> Option<PartValue> {
        let before_only = mutation == Mutation::NoRecheck;
        match part {
            Part::Assignments { set, account } => {
                let pair = (set.name.clone(), account.clone());
                if self.changed.contains(&pair) == before_only {
                    return None;
                }
                Some(PartValue::Assignments(self.rows.get(&pair).cloned().unwrap_or_default()))
            }
            _ => None,
        }
    }
}

impl Meddled {
    pub(crate) fn new(inner: Arc<Client>, mutation: Option<Mutation>) -> Self {
        Self { inner, mutation, memory: Mutex::default() }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is(&self, mutation: Mutation) -> bool {
        self.mutation == Some(mutation)
    }

    /// Tags a set that is there, which nobody asked for.
    async fn touch(&self, observed: &Observed) {
        let Some(set) = observed.permission_sets.values().find(|set| !set.name.is_reserved()) else { return };
        let reference = PermissionSetRef { name: set.name.clone(), arn: Some(set.arn.clone()) };
        let change = Change::SetTag { set: reference, key: "seen".to_owned(), from: None, to: Some("yes".to_owned()) };
        let _ = self.inner.start(&change, Some(&set.arn)).await;
    }
}

#[async_trait]
impl AwsRead for Meddled {
    async fn observe(&self, progress: &dyn CloudProgress) -> Result<Observed, AwsError> {
        let mut observed = self.inner.observe(progress).await?;
        self.memory().learn(&observed);
        if self.is(Mutation::DriftOverlooked) {
            for set in observed.permission_sets.values_mut() {
                if let Reading::Known { value, .. } = &mut set.provisioned {
                    value.iter_mut().for_each(|entry| entry.latest = true);
                }
            }
        }
        if self.is(Mutation::WritesWhileLooking) {
            self.touch(&observed).await;
        }
        Ok(observed)
    }

    async fn read(&self, part: &Part) -> Result<PartValue, AwsError> {
        let from_memory = [Mutation::NoRecheck, Mutation::NoReread, Mutation::EarlySuccess];
        let mutation = self.mutation.filter(|mutation| from_memory.contains(mutation));
        if let Some(value) = mutation.and_then(|mutation| self.memory().remembered(part, mutation)) {
            return Ok(value);
        }
        self.inner.read(part).await
    }

    async fn requests_since(&self, since: Timestamp) -> Result<Vec<(PendingRequest, Change)>, AwsError> {
        self.inner.requests_since(since).await
    }

    async fn customer_policies(
        &self,
        accounts: &[AccountId],
        role_name: &str,
    ) -> BTreeMap<AccountId, Reading<BTreeSet<String>>> {
        self.inner.customer_policies(accounts, role_name).await
    }
}

#[async_trait]
impl AwsWrite for Meddled {
    async fn start(&self, change: &Change, set_arn: Option<&PermissionSetArn>) -> Result<Started, AwsError> {
        let mut started = self.inner.start(change, set_arn).await?;
        self.memory().note(change);
        if self.is(Mutation::SentTwice) && change.lane() != Lane::Direct {
            started = self.inner.start(change, set_arn).await.unwrap_or(started);
        }
        Ok(started)
    }

    async fn poll(&self, request: &PendingRequest) -> Result<PollResult, AwsError> {
        if self.is(Mutation::EarlySuccess) {
            return Ok(PollResult::Succeeded);
        }
        self.inner.poll(request).await
    }

    async fn in_progress(&self, list: StatusList) -> Result<BTreeSet<String>, AwsError> {
        self.inner.in_progress(list).await
    }
}
