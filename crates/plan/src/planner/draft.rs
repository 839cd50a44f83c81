//! A change that is decided, before it becomes an operation.

use model::Change;
use model::operation::Because;

/// What will be done, and why.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) change: Change,
    pub(crate) because: Because,
}

impl Draft {
    pub(crate) fn new(change: Change, because: Because) -> Self {
        Self { change, because }
    }
}

/// Whether the change alters what a role of the set may do (tags do not), and so has to be provisioned.
pub(crate) fn alters_set(change: &Change) -> bool {
    part_rank(change).is_some()
}

/// Place of a change among the changes of one set: create first, detach before attach (25 policies at most fit).
pub(crate) fn part_rank(change: &Change) -> Option<u8> {
    Some(match change {
        Change::CreatePermissionSet { .. } => 0,
        Change::UpdatePermissionSet { .. } => 1,
        Change::DetachManagedPolicy { .. } => 2,
        Change::DetachCustomerManagedPolicy { .. } => 3,
        Change::AttachManagedPolicy { .. } => 4,
        Change::AttachCustomerManagedPolicy { .. } => 5,
        Change::SetInlinePolicy { .. } => 6,
        Change::SetPermissionsBoundary { .. } => 7,
        Change::DeletePermissionSet { .. }
        | Change::SetTag { .. }
        | Change::Provision { .. }
        | Change::Assign { .. }
        | Change::Withdraw { .. }
        | Change::IamUser { .. } => return None,
    })
}
