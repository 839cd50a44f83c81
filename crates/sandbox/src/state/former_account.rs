//! Accounts that are in no organization: those that left one, or whose organization was deleted. Their IAM goes on.

use serde::{Deserialize, Serialize};

/// What is known of such an account, should it come back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct FormerAccount {
    pub(crate) name: String,
    pub(crate) email: String,
}
