//! What one part looks like to a reader.

use std::collections::{BTreeMap, BTreeSet};

use model::claim::{Part, PartValue};
use model::{ObservedPermissionSet, PermissionSetName};
use ports::{AwsError, AwsErrorKind};

use super::{Row, error};

pub(super) fn read_part(
    sets: &BTreeMap<PermissionSetName, ObservedPermissionSet>,
    rows: &BTreeSet<Row>,
    part: &Part,
) -> Result<PartValue, AwsError> {
    let found = |set: &model::PermissionSetRef| {
        sets.get(&set.name).ok_or_else(|| error(AwsErrorKind::NotFound, "sso:DescribePermissionSet"))
    };
    Ok(match part {
        Part::Iam { of, .. } => PartValue::Iam(of.nothing()),
        Part::PermissionSet { set } => {
            PartValue::PermissionSet(found(set).ok().map(|set| (set.arn.clone(), set.attributes.clone())))
        }
        Part::ManagedPolicies { set } => {
            PartValue::ManagedPolicies(found(set)?.managed_policies.value().unwrap().clone())
        }
        Part::CustomerManagedPolicies { set } => {
            PartValue::CustomerManagedPolicies(found(set)?.customer_managed_policies.value().unwrap().clone())
        }
        Part::InlinePolicy { set } => PartValue::InlinePolicy(found(set)?.inline_policy.value().unwrap().clone()),
        Part::PermissionsBoundary { set } => {
            PartValue::PermissionsBoundary(found(set)?.permissions_boundary.value().unwrap().clone())
        }
        Part::Tags { set } => PartValue::Tags(found(set)?.tags.value().unwrap().clone()),
        Part::Provisioned { set } => PartValue::Provisioned(
            found(set)?
                .provisioned
                .value()
                .unwrap()
                .iter()
                .map(|entry| (entry.account.clone(), entry.latest))
                .collect(),
        ),
        Part::Assignments { set, account } => {
            found(set)?;
            let pair = rows.iter().filter(|(of, at, _)| of == &set.name && at == account);
            PartValue::Assignments(pair.map(|(_, _, who)| who.clone()).collect())
        }
    })
}
