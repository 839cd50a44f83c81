//! The vocabulary of Sekisho: what an organization holds, what people declare, what was observed, and the
//! plan that leads from one to the other. Pure data; no clock, no I/O.
//!
//! Read in this order: [`id`], [`reading`], [`organization`], [`principal`], [`permission_set`],
//! [`assignment`], [`observed`], [`declared`], [`rules`], [`claim`], [`change`], [`operation`], [`plan`], [`journal`]; [`iam_user`] and [`key_use`] stand apart,
//! with [`iam_change`] and [`retirement`].
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::allow_attributes)
)]

pub mod assignment;
pub mod change;
pub mod claim;
pub mod credential_report;
pub mod declared;
pub mod finding;
pub mod iam_change;
pub mod iam_claim;
pub mod iam_user;
pub mod id;
pub mod journal;
pub mod key_use;
pub mod letter;
pub mod observed;
pub mod operation;
pub mod organization;
pub mod pattern;
pub mod permission_set;
pub mod plan;
pub mod principal;
pub mod reading;
pub mod retirement;
pub mod retirement_history;
pub mod rules;
pub mod session_duration;

pub use assignment::{AssignmentKey, AssignmentTable};
pub use change::{Change, Lane, PermissionSetRef, Scope};
pub use claim::{Claim, Part, PartValue, ProvisionedState};
pub use declared::{Declared, DeclaredPermissionSet, Extent, Footprint, Source, Unresolved};
pub use finding::{Finding, Severity};
pub use iam_change::{IamClaim, IamPart, IamPartValue, IamStep};
pub use iam_user::{IamAccount, IamInventory, IamStock, IamUser, IamUserRef};
pub use id::{
    AccountId, GroupId, IdentityStoreId, InstanceArn, ManagedPolicyArn, OperationId, OrganizationalUnitId,
    ParseIdError, PermissionSetArn, PermissionSetName, PlanId, RunId, UserId,
};
pub use key_use::IamUse;
pub use observed::Observed;
pub use operation::Operation;
pub use organization::{Account, AccountState, Organization, OrganizationalUnit};
pub use pattern::Pattern;
pub use permission_set::{CustomerManagedPolicy, ObservedPermissionSet, PermissionsBoundary};
pub use plan::Plan;
pub use principal::{Group, PrincipalId, User};
pub use reading::Reading;
pub use rules::Rules;
pub use session_duration::SessionDuration;
