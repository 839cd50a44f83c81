//! The command line of `sekisho iam-policy`, as types.

use clap::{Args, ValueEnum};

/// Executors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyScope {
    /// In the delegated administrator account.
    Delegated,
    /// In the management account.
    Management,
    /// Whoever takes stock of IAM users (`iam-users`).
    Inventory,
    /// The role through which `iam-users` enters accounts.
    InventoryRole,
    /// The role through which `iam-users retire` enters accounts to change IAM users.
    RetirementRole,
    /// Whoever reads CloudTrail's bucket (`trail`).
    Log,
}

/// `iam-policy`
#[derive(Debug, Args)]
pub(crate) struct IamPolicyArguments {
    /// For which executor.
    #[arg(long, value_enum, value_name = "SCOPE")]
    pub(crate) scope: PolicyScope,
    /// Restrict to this instance: ARN of the Identity Center instance.
    #[arg(long, value_name = "ARN")]
    pub(crate) instance: Option<String>,
    /// ARN of the customer managed KMS key of the instance, if it has one.
    #[arg(long, value_name = "ARN")]
    pub(crate) kms_key: Option<String>,
    /// Name (with its path) of the role through which accounts are looked into: `inspection_role` of the catalog.
    #[arg(long, value_name = "NAME")]
    pub(crate) inspection_role: Option<String>,
    /// Bucket of the log, for `--scope log`.
    #[arg(long, value_name = "NAME", required_if_eq("scope", "log"))]
    pub(crate) bucket: Option<String>,
}
