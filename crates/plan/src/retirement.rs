//! Retiring IAM users: what may happen to each next, the operations that do it, and a checker that does not believe them.
//!
//! A user goes from announced (both ways are open) to switched off (everything can be taken back) to deleted. What leaves a doubt
//! stays where it is, with the reason.

mod broken_off;
mod check;
mod last_look;
mod reason;
mod standing;
mod steps;
mod ties;
mod ways;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use model::declared::Bindings;
use model::iam_user::{IamInventory, IamUserRef};
use model::key_use::IamUse;
use model::observed::{Caller, InstanceKey, ReadingCost};
use model::plan::ObservationSummary;
use model::retirement::RetirementCases;
use model::{Operation, Pattern, Plan};

use crate::iam_users::{OwnerFinding, UserVerdict};

pub use check::check_retirement;
pub use reason::{Missing, Reason};
pub use standing::{Next, Risk, SURE, Stage, Standing, standings};
pub use steps::{
    Reduction, deletion, is_denied, operation_of, recreation, reduction, restoration, switching_off, taking_up,
};
pub use ties::{TieFiles, ties};
pub use ways::Ways;

/// How long is waited, and who is left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetirementSettings {
    /// How long both ways are open.
    pub parallel_days: u32,
    /// How long a user that is switched off is watched before it is deleted.
    pub quiet_days: u32,
    /// How long nothing may have run through a user before it is switched off.
    pub still_days: u32,
    /// The log must reach so near to now.
    pub evidence_hours: u32,
    /// The inventory must be so young.
    pub inventory_hours: u32,
    /// Users nobody touches (break-glass): names, or `account/name`.
    pub protected: Vec<Pattern>,
    /// Users that were reduced because they stay are retired as well.
    pub also_reduced: bool,
}

impl Default for RetirementSettings {
    fn default() -> Self {
        Self {
            parallel_days: 30,
            quiet_days: 14,
            still_days: 7,
            evidence_hours: 48,
            inventory_hours: 24,
            protected: Vec::new(),
            also_reduced: false,
        }
    }
}

impl RetirementSettings {
    /// The pattern that protects a user. Names of accounts count like their ids.
    #[must_use]
    pub fn protects(&self, user: &IamUserRef, account_name: Option<&str>) -> Option<&Pattern> {
        // IAM takes names that differ in case only for one.
        let name = user.name.to_lowercase();
        let places = [Some(user.account.as_str()), account_name];
        self.protected.iter().find(|pattern| {
            let lower = Pattern::new(pattern.as_str().to_lowercase());
            let in_account = |place: &&str| lower.matches(&format!("{}/{name}", place.to_lowercase()));
            // Where nobody knows what the account is called, it may be the one that is meant.
            let by_name = || match (account_name, lower.as_str().rsplit_once('/')) {
                (None, Some((_, user))) => Pattern::new(user).matches(&name),
                _ => false,
            };
            lower.matches(&name) || places.iter().flatten().any(in_account) || by_name()
        })
    }
}

/// Where else a user is written down, so that it comes back or is missed when it is deleted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tie {
    /// A tool owns it: `CloudFormation stack audit-users`, `Terraform state prod.tfstate: aws_iam_user.taro`.
    Tool(String),
    /// A policy names it: `trust policy of the role Deploy`.
    Policy(String),
}

/// What is decided by.
#[derive(Debug, Clone, Copy)]
pub struct RetirementInput<'a> {
    /// The users as AWS tells them.
    pub inventory: &'a IamInventory,
    /// Names of accounts.
    pub account_names: &'a BTreeMap<model::AccountId, String>,
    /// What the log shows.
    pub used: &'a IamUse,
    /// Person or machine.
    pub verdicts: &'a [UserVerdict],
    /// Whose they are.
    pub owners: &'a BTreeMap<IamUserRef, OwnerFinding>,
    /// How far each has come.
    pub cases: &'a RetirementCases,
    /// Who can enter what through Identity Center.
    pub ways: &'a Ways,
    /// Where else users are written down.
    pub ties: &'a BTreeMap<IamUserRef, Vec<Tie>>,
    /// How long is waited.
    pub settings: &'a RetirementSettings,
    /// Now, by the clock: not when the inventory was taken.
    pub now: Timestamp,
}

/// The plan of a retirement: its operations, made on this ground.
#[must_use]
pub fn retirement_plan(ground: &Ground<'_>, operations: Vec<Operation>) -> Plan {
    let mut plan = Plan {
        format_version: Plan::FORMAT_VERSION,
        id: crate::seal::unsealed_id(),
        sekisho_version: ground.sekisho_version.to_owned(),
        catalog_version: String::new(),
        created: ground.now,
        instance: ground.instance.clone(),
        observation: ObservationSummary {
            as_of: ground.now,
            caller: ground.caller.clone(),
            accounts: None,
            assignments: 0,
            cost: ReadingCost::default(),
            unknown: Vec::new(),
        },
        operations,
        unresolved: Vec::new(),
        frozen: Vec::new(),
        undeclared: Vec::new(),
        findings: Vec::new(),
        bindings: Bindings::default(),
    };
    crate::seal(&mut plan);
    plan
}

/// Who plans a retirement, where and when.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// The instance whose journal remembers it.
    pub instance: &'a InstanceKey,
    /// Whose credentials.
    pub caller: &'a Caller,
    /// Now.
    pub now: Timestamp,
    /// Version of Sekisho.
    pub sekisho_version: &'a str,
}

/// So many days later.
fn days_after(at: Timestamp, days: u32) -> Timestamp {
    at.checked_add(SignedDuration::from_hours(i64::from(days) * 24)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
