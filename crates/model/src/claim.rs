//! Claims about AWS: what an operation relies on before, and makes true after. The same claim is held against an
//! observation in memory and against a part read again from AWS.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::change::PermissionSetRef;
use crate::iam_change::{IamClaim, IamPart, IamPartValue};
use crate::iam_user::IamUserRef;
use crate::id::{AccountId, ManagedPolicyArn, PermissionSetArn, PermissionSetName};
use crate::observed::Observed;
use crate::permission_set::{Attributes, CustomerManagedPolicy, PermissionsBoundary};
use crate::principal::PrincipalId;

/// Whether an account has a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProvisionedState {
    /// Not at all.
    Absent,
    /// In its newest version.
    Latest,
    /// In an older version.
    Stale,
}

/// A piece of AWS that one call reads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "part", rename_all = "snake_case")]
pub enum Part {
    /// Name → ARN and attributes (`DescribePermissionSet`; by name: the list as well).
    PermissionSet {
        /// The set.
        set: PermissionSetRef,
    },
    /// Attached AWS managed policies.
    ManagedPolicies {
        /// The set.
        set: PermissionSetRef,
    },
    /// Attached customer managed policies.
    CustomerManagedPolicies {
        /// The set.
        set: PermissionSetRef,
    },
    /// The inline policy.
    InlinePolicy {
        /// The set.
        set: PermissionSetRef,
    },
    /// The boundary.
    PermissionsBoundary {
        /// The set.
        set: PermissionSetRef,
    },
    /// Tags.
    Tags {
        /// The set.
        set: PermissionSetRef,
    },
    /// Accounts that have the set, and which of them have its newest version.
    Provisioned {
        /// The set.
        set: PermissionSetRef,
    },
    /// Who is assigned.
    Assignments {
        /// The set.
        set: PermissionSetRef,
        /// The account.
        account: AccountId,
    },
    /// A piece of an IAM user.
    Iam {
        /// The user.
        user: IamUserRef,
        /// The piece.
        of: IamPart,
    },
}

/// What a [`Part`] held when it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartValue {
    /// ARN and attributes, none if there is no such set.
    PermissionSet(Option<(PermissionSetArn, Attributes)>),
    /// Attached AWS managed policies.
    ManagedPolicies(BTreeSet<ManagedPolicyArn>),
    /// Attached customer managed policies.
    CustomerManagedPolicies(BTreeSet<CustomerManagedPolicy>),
    /// Text of the inline policy.
    InlinePolicy(Option<String>),
    /// The boundary.
    PermissionsBoundary(Option<PermissionsBoundary>),
    /// Tags.
    Tags(BTreeMap<String, String>),
    /// Accounts, and whether they have the newest version.
    Provisioned(BTreeMap<AccountId, bool>),
    /// Who is assigned.
    Assignments(BTreeSet<PrincipalId>),
    /// A piece of an IAM user.
    Iam(IamPartValue),
}

/// One statement about AWS that is true or false.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "claim", rename_all = "snake_case")]
pub enum Claim {
    /// No set has this name.
    NoPermissionSet {
        /// The name.
        name: PermissionSetName,
    },
    /// The set is there.
    PermissionSetExists {
        /// The set.
        set: PermissionSetRef,
    },
    /// The set has exactly these attributes.
    AttributesAre {
        /// The set.
        set: PermissionSetRef,
        /// Description, session duration, relay state.
        attributes: Attributes,
    },
    /// The AWS managed policy is attached, or not.
    ManagedPolicy {
        /// The set.
        set: PermissionSetRef,
        /// The policy.
        policy: ManagedPolicyArn,
        /// Whether it is attached.
        attached: bool,
    },
    /// The customer managed policy is attached, or not.
    CustomerManagedPolicy {
        /// The set.
        set: PermissionSetRef,
        /// The policy.
        policy: CustomerManagedPolicy,
        /// Whether it is attached.
        attached: bool,
    },
    /// The inline policy says this, however it is formatted.
    InlinePolicyIs {
        /// The set.
        set: PermissionSetRef,
        /// The document, none for no inline policy.
        document: Option<String>,
    },
    /// The boundary is this.
    BoundaryIs {
        /// The set.
        set: PermissionSetRef,
        /// The boundary.
        boundary: Option<PermissionsBoundary>,
    },
    /// The tag has this value.
    TagIs {
        /// The set.
        set: PermissionSetRef,
        /// Its key.
        key: String,
        /// Its value, none for no such tag.
        value: Option<String>,
    },
    /// The account has the set in this state.
    ProvisionedIs {
        /// The set.
        set: PermissionSetRef,
        /// The account.
        account: AccountId,
        /// The state.
        state: ProvisionedState,
    },
    /// No account has the set.
    NowhereProvisioned {
        /// The set.
        set: PermissionSetRef,
    },
    /// The principal is assigned, or not.
    Assigned {
        /// The set.
        set: PermissionSetRef,
        /// The account.
        account: AccountId,
        /// Who.
        principal: PrincipalId,
        /// Whether it is.
        assigned: bool,
    },
    /// Something about an IAM user.
    Iam {
        /// The user.
        user: IamUserRef,
        /// What.
        #[serde(flatten)]
        says: IamClaim,
    },
}

/// Whether two policy documents say the same: order, formatting and Sids aside where both can be read.
#[must_use]
pub fn same_policy(left: Option<&str>, right: Option<&str>) -> bool {
    match (left, right) {
        (None, None) => true,
        (Some(left), Some(right)) => {
            left == right
                || match (left.parse::<policy::Policy>(), right.parse::<policy::Policy>()) {
                    (Ok(left), Ok(right)) => left.same_text_meaning(&right),
                    _ => false,
                }
        }
        _ => false,
    }
}

impl Claim {
    /// The part to read again to know whether the claim holds.
    #[must_use]
    pub fn part(&self) -> Part {
        match self {
            Self::NoPermissionSet { name } => {
                Part::PermissionSet { set: PermissionSetRef { name: name.clone(), arn: None } }
            }
            Self::PermissionSetExists { set } | Self::AttributesAre { set, .. } => {
                Part::PermissionSet { set: set.clone() }
            }
            Self::ManagedPolicy { set, .. } => Part::ManagedPolicies { set: set.clone() },
            Self::CustomerManagedPolicy { set, .. } => Part::CustomerManagedPolicies { set: set.clone() },
            Self::InlinePolicyIs { set, .. } => Part::InlinePolicy { set: set.clone() },
            Self::BoundaryIs { set, .. } => Part::PermissionsBoundary { set: set.clone() },
            Self::TagIs { set, .. } => Part::Tags { set: set.clone() },
            Self::ProvisionedIs { set, .. } | Self::NowhereProvisioned { set } => {
                Part::Provisioned { set: set.clone() }
            }
            Self::Assigned { set, account, .. } => Part::Assignments { set: set.clone(), account: account.clone() },
            Self::Iam { user, says } => Part::Iam { user: user.clone(), of: says.part() },
        }
    }

    /// Whether the claim holds of what was read; none when the value is of another part.
    #[must_use]
    pub fn holds(&self, value: &PartValue) -> Option<bool> {
        Some(match (self, value) {
            (Self::NoPermissionSet { .. }, PartValue::PermissionSet(found)) => found.is_none(),
            (Self::PermissionSetExists { set }, PartValue::PermissionSet(found)) => {
                found.as_ref().is_some_and(|(arn, _)| set.arn.as_ref().is_none_or(|wanted| wanted == arn))
            }
            (Self::AttributesAre { attributes, .. }, PartValue::PermissionSet(found)) => {
                found.as_ref().is_some_and(|(_, found)| found == attributes)
            }
            (Self::ManagedPolicy { policy, attached, .. }, PartValue::ManagedPolicies(found)) => {
                found.contains(policy) == *attached
            }
            (Self::CustomerManagedPolicy { policy, attached, .. }, PartValue::CustomerManagedPolicies(found)) => {
                found.contains(policy) == *attached
            }
            (Self::InlinePolicyIs { document, .. }, PartValue::InlinePolicy(found)) => {
                same_policy(document.as_deref(), found.as_deref())
            }
            (Self::BoundaryIs { boundary, .. }, PartValue::PermissionsBoundary(found)) => boundary == found,
            (Self::TagIs { key, value, .. }, PartValue::Tags(found)) => found.get(key) == value.as_ref(),
            (Self::ProvisionedIs { account, state, .. }, PartValue::Provisioned(found)) => {
                *state
                    == match found.get(account) {
                        None => ProvisionedState::Absent,
                        Some(true) => ProvisionedState::Latest,
                        Some(false) => ProvisionedState::Stale,
                    }
            }
            (Self::NowhereProvisioned { .. }, PartValue::Provisioned(found)) => found.is_empty(),
            (Self::Assigned { principal, assigned, .. }, PartValue::Assignments(found)) => {
                found.contains(principal) == *assigned
            }
            (Self::Iam { says, .. }, PartValue::Iam(found)) => return says.holds(found),
            _ => return None,
        })
    }

    /// Whether the claim holds in an observation; none where the observation does not know.
    #[must_use]
    pub fn holds_in(&self, observed: &Observed) -> Option<bool> {
        if let Self::Assigned { set, account, principal, assigned } = self {
            // A row that was seen is known even where the pair is not known in full.
            return if observed.assignments.find(&set.name, account, principal).is_some() {
                Some(*assigned)
            } else {
                observed.pair_complete(&set.name, account).ok().map(|()| !*assigned)
            };
        }
        self.holds(&observed.part(&self.part())?)
    }
}

impl Observed {
    /// The observed value of a part; none where it is unknown. [`Part::Assignments`] only for a pair known in full.
    #[must_use]
    pub fn part(&self, part: &Part) -> Option<PartValue> {
        let found = |set: &PermissionSetRef| self.permission_sets.get(&set.name);
        let all_named = self.permission_set_listing.is_known() && self.unreadable_sets.is_empty();
        Some(match part {
            Part::PermissionSet { set } => match found(set) {
                Some(found) => PartValue::PermissionSet(Some((found.arn.clone(), found.attributes.clone()))),
                None if all_named => PartValue::PermissionSet(None),
                None => return None,
            },
            Part::ManagedPolicies { set } => PartValue::ManagedPolicies(found(set)?.managed_policies.value()?.clone()),
            Part::CustomerManagedPolicies { set } => {
                PartValue::CustomerManagedPolicies(found(set)?.customer_managed_policies.value()?.clone())
            }
            Part::InlinePolicy { set } => PartValue::InlinePolicy(found(set)?.inline_policy.value()?.clone()),
            Part::PermissionsBoundary { set } => {
                PartValue::PermissionsBoundary(found(set)?.permissions_boundary.value()?.clone())
            }
            Part::Tags { set } => PartValue::Tags(found(set)?.tags.value()?.clone()),
            Part::Provisioned { set } => PartValue::Provisioned(
                found(set)?
                    .provisioned
                    .value()?
                    .iter()
                    .map(|provisioned| (provisioned.account.clone(), provisioned.latest))
                    .collect(),
            ),
            Part::Assignments { set, account } => {
                self.pair_complete(&set.name, account).ok()?;
                PartValue::Assignments(self.assignments.pair_principals(&set.name, account).cloned().collect())
            }
            // IAM of accounts is no part of an observation of Identity Center.
            Part::Iam { .. } => return None,
        })
    }
}
