//! Reading one part afresh, and the [`AwsRead`] door.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use jiff::Timestamp;
use model::change::{Change, PermissionSetRef};
use model::claim::{Part, PartValue};
use model::id::{AccountId, PermissionSetArn};
use model::journal::PendingRequest;
use model::observed::Observed;
use model::permission_set::Attributes;
use model::reading::Reading;
use ports::{AwsError, AwsErrorKind, AwsRead, CloudProgress};

use crate::api;
use crate::client::{Client, Inner};
use crate::error::own_error;

#[async_trait]
impl AwsRead for Client {
    async fn observe(&self, progress: &dyn CloudProgress) -> Result<Observed, AwsError> {
        self.inner.observe(progress).await
    }

    async fn read(&self, part: &Part) -> Result<PartValue, AwsError> {
        match part {
            Part::Iam { user, of } => Ok(PartValue::Iam(self.read_iam_part(user, of).await?)),
            _ => self.inner.read(part).await,
        }
    }

    async fn requests_since(&self, since: Timestamp) -> Result<Vec<(PendingRequest, Change)>, AwsError> {
        self.inner.requests_since(since).await
    }

    async fn customer_policies(
        &self,
        accounts: &[AccountId],
        role_name: &str,
    ) -> BTreeMap<AccountId, Reading<BTreeSet<String>>> {
        Client::customer_policies(self, accounts, role_name).await
    }
}

impl Inner {
    async fn read(&self, part: &Part) -> Result<PartValue, AwsError> {
        let set = match part {
            Part::PermissionSet { set } => return Ok(PartValue::PermissionSet(self.find_set(set).await?)),
            Part::ManagedPolicies { set }
            | Part::CustomerManagedPolicies { set }
            | Part::InlinePolicy { set }
            | Part::PermissionsBoundary { set }
            | Part::Tags { set }
            | Part::Provisioned { set }
            | Part::Assignments { set, .. } => set,
            // answered above
            Part::Iam { of, .. } => return Ok(PartValue::Iam(of.nothing())),
        };
        let arn = self.arn_of(set).await?;
        let arn = &arn;
        Ok(match part {
            Part::Iam { of, .. } => PartValue::Iam(of.nothing()),
            Part::PermissionSet { .. } => PartValue::PermissionSet(self.find_set(set).await?),
            Part::ManagedPolicies { .. } => PartValue::ManagedPolicies(self.managed_policies(arn).await?),
            Part::CustomerManagedPolicies { .. } => {
                PartValue::CustomerManagedPolicies(self.customer_managed_policies(arn).await?)
            }
            Part::InlinePolicy { .. } => PartValue::InlinePolicy(self.inline_policy(arn).await?),
            Part::PermissionsBoundary { .. } => PartValue::PermissionsBoundary(self.permissions_boundary(arn).await?),
            Part::Tags { .. } => PartValue::Tags(self.permission_set_tags(arn).await?),
            Part::Provisioned { .. } => PartValue::Provisioned(
                self.provisioned(arn).await?.into_iter().map(|one| (one.account, one.latest)).collect(),
            ),
            Part::Assignments { account, .. } => match self.pair_principals(arn, account).await {
                Ok(principals) => PartValue::Assignments(principals.into_iter().collect()),
                Err(broken) => {
                    self.explain_missing_pair(arn, account, broken.error).await?;
                    PartValue::Assignments([].into())
                }
            },
        })
    }

    /// "Not found" of a pair means that nobody is assigned there only if the set is gone, or not in that account.
    async fn explain_missing_pair(
        &self,
        arn: &PermissionSetArn,
        account: &AccountId,
        error: AwsError,
    ) -> Result<(), AwsError> {
        if error.kind != AwsErrorKind::NotFound {
            return Err(error);
        }
        match self.provisioned(arn).await {
            Ok(provisioned) if provisioned.iter().any(|one| &one.account == account) => Err(error),
            Ok(_) => Ok(()),
            Err(other) if other.kind == AwsErrorKind::NotFound => Ok(()),
            Err(other) => Err(other),
        }
    }

    async fn find_set(&self, set: &PermissionSetRef) -> Result<Option<(PermissionSetArn, Attributes)>, AwsError> {
        if let Some(arn) = &set.arn {
            let described = self.describe(arn).await?;
            return Ok(described.map(|described| (arn.clone(), described.attributes)));
        }
        let Some(arn) = self.find_arn(set).await? else { return Ok(None) };
        // Describe says whether it is still there.
        Ok(self.describe(&arn).await?.map(|described| (arn, described.attributes)))
    }

    /// The ARN of a set: the one given, the one remembered, or a look at all sets.
    pub(crate) async fn arn_of(&self, set: &PermissionSetRef) -> Result<PermissionSetArn, AwsError> {
        if let Some(arn) = set.arn.clone().or_else(|| self.known_arn(&set.name)) {
            return Ok(arn);
        }
        self.find_arn(set).await?.ok_or_else(|| {
            let message = format!("there is no permission set {}", set.name);
            own_error(&api::LIST_PERMISSION_SETS, AwsErrorKind::NotFound, message)
        })
    }

    /// Looks a name up among the sets that are there now. Only those whose names are not known yet are described.
    async fn find_arn(&self, set: &PermissionSetRef) -> Result<Option<PermissionSetArn>, AwsError> {
        let arns = self.permission_set_arns().await?;
        if let Some(arn) = arns.iter().find(|arn| self.known_name(arn).as_ref() == Some(&set.name)) {
            return Ok(Some(arn.clone()));
        }
        for arn in arns {
            if self.known_name(&arn).is_some() {
                continue;
            }
            if self.describe(&arn).await?.is_some_and(|described| described.name == set.name) {
                return Ok(Some(arn));
            }
        }
        Ok(None)
    }
}
