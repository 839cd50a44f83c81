//! Permission sets with all their parts.

use std::collections::BTreeMap;

use futures::FutureExt;
use model::id::{PermissionSetArn, PermissionSetName};
use model::permission_set::ObservedPermissionSet;
use model::reading::Reading;
use ports::CloudProgress;

use super::in_parallel;
use super::tally::Tally;
use crate::client::Inner;
use crate::error::reason;

/// All sets as read.
pub(crate) struct Sets {
    pub(crate) listing: Reading<()>,
    pub(crate) readable: BTreeMap<PermissionSetName, ObservedPermissionSet>,
    pub(crate) unreadable: BTreeMap<PermissionSetArn, String>,
}

impl Inner {
    /// Seven calls a set, eight where it is provisioned, and what more pages need.
    pub(crate) async fn observe_sets(&self, progress: &dyn CloudProgress) -> Sets {
        let listed = self.permission_set_arns().await;
        let mut sets = Sets {
            listing: self.reading(listed.as_ref().map(|_| ()).map_err(Clone::clone)),
            readable: BTreeMap::new(),
            unreadable: BTreeMap::new(),
        };
        let mut arns = listed.unwrap_or_default();
        arns.sort_unstable();
        arns.dedup();
        let tally = &Tally::new(progress, "permission sets");
        tally.expect(arns.len());
        let read = in_parallel(arns.len(), |at| {
            let arn = arns.get(at);
            async move {
                let set = self.observe_set(arn?).await;
                tally.done();
                Some(set)
            }
            .boxed()
        });
        for (arn, set) in arns.iter().zip(read.await.into_iter().flatten()) {
            match set {
                Err(reason) => {
                    sets.unreadable.insert(arn.clone(), reason);
                }
                Ok(set) if sets.readable.contains_key(&set.name) => {
                    let reason = format!("another permission set has the name {} as well", set.name);
                    sets.unreadable.insert(arn.clone(), reason);
                }
                Ok(set) => {
                    sets.readable.insert(set.name.clone(), set);
                }
            }
        }
        sets
    }

    async fn observe_set(&self, arn: &PermissionSetArn) -> Result<ObservedPermissionSet, String> {
        let (described, managed, customer_managed, inline, boundary, tags, provisioned) = tokio::join!(
            self.describe(arn),
            self.managed_policies(arn),
            self.customer_managed_policies(arn),
            self.inline_policy(arn),
            self.permissions_boundary(arn),
            self.permission_set_tags(arn),
            self.provisioned(arn),
        );
        let described =
            described.map_err(|error| reason(&error))?.ok_or_else(|| "it was deleted while it was read".to_owned())?;
        Ok(ObservedPermissionSet {
            arn: arn.clone(),
            name: described.name,
            created: described.created,
            attributes: described.attributes,
            managed_policies: self.reading(managed),
            customer_managed_policies: self.reading(customer_managed),
            inline_policy: self.reading(inline),
            permissions_boundary: self.reading(boundary),
            tags: self.reading(tags),
            provisioned: self.reading(provisioned),
        })
    }
}
