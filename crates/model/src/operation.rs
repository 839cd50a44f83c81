//! One step of a plan: a change with everything needed to do it, check it and take it back.

use serde::{Deserialize, Serialize};

use crate::change::{Change, Scope};
use crate::claim::Claim;
use crate::declared::Source;
use crate::id::OperationId;

/// Why an operation is in the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Because {
    /// The catalog says so here.
    Declared {
        /// Where.
        source: Source,
    },
    /// Nobody declares what AWS holds.
    Undeclared,
    /// The accounts have an older version of the set.
    Outdated,
    /// A run is taken back.
    Undo {
        /// The run.
        run: String,
    },
    /// An IAM user is retired, reduced, or taken back.
    Retirement {
        /// Why now, in words.
        why: String,
    },
}

/// What takes an operation back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "inverse", rename_all = "snake_case")]
pub enum Inverse {
    /// This change, exactly.
    Exact {
        /// The change.
        change: Box<Change>,
    },
    /// These changes, nearly.
    Approximate {
        /// The changes, in order.
        changes: Vec<Change>,
        /// What will differ: "the role returns with another suffix".
        differs: String,
    },
    /// Nothing.
    None {
        /// Why not.
        reason: String,
    },
}

/// What an operation means to people.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Meaning {
    /// One line: who gains or loses what.
    pub summary: String,
    /// What else will happen, one line each: a role that disappears, sessions that stay open.
    pub warnings: Vec<String>,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Hash of kind and identity.
    pub id: OperationId,
    /// What it does.
    pub change: Change,
    /// What it relies on; checked again right before it is executed.
    pub before: Vec<Claim>,
    /// What it makes true; verified by reading it again.
    pub after: Claim,
    /// What takes it back.
    pub inverse: Inverse,
    /// Operations that must have been verified first.
    pub needs: Vec<OperationId>,
    /// Which executor may do it.
    pub scope: Scope,
    /// Why.
    pub because: Because,
    /// What it means.
    pub meaning: Meaning,
}
