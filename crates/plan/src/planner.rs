//! From declared and observed to a plan.

mod assemble;
mod assignments;
mod claims;
mod deletions;
mod difference;
mod draft;
mod findings;
mod held;
mod inline;
mod left;
mod meaning;
mod ordering;
mod outcome;
mod ownership;
mod people;
mod policies;
mod provisioning;
mod scope;
mod sets;
mod view;

use jiff::Timestamp;
use model::plan::ObservationSummary;
use model::rules::Rules;
use model::{Declared, Observed, Plan};

pub(crate) use assemble::assemble;
pub(crate) use draft::{Draft, alters_set};
pub(crate) use findings::{closed_accounts, missing_customer_policies};
pub(crate) use left::Left;
pub(crate) use meaning::describe;
pub(crate) use ownership::Removal;
pub(crate) use policies::same as same_policy_text;
pub(crate) use provisioning::{Reprovisioning, provision};
pub(crate) use sets::{same_attributes, set_gate};
pub(crate) use view::View;

/// What a plan is made from.
#[derive(Debug, Clone, Copy)]
pub struct PlanInput<'a> {
    /// What AWS holds.
    pub observed: &'a Observed,
    /// What shall be.
    pub declared: &'a Declared,
    /// Limits.
    pub rules: &'a Rules,
    /// Now.
    pub created: Timestamp,
    /// Version of Sekisho.
    pub sekisho_version: &'a str,
}

/// Makes the plan that leads from observed to declared, under the rules. Its findings are the planner's warnings;
/// those of [`crate::check()`] are added with [`crate::add_findings`].
#[must_use]
pub fn plan(input: &PlanInput<'_>) -> Plan {
    let PlanInput { observed, declared, rules, .. } = *input;
    let view = View::new(observed, rules);
    let mut left = Left::default();
    let difference = difference::between(&declared.assignments, &observed.assignments);

    let (mut drafts, standing) = sets::plan_sets(&view, declared, &mut left);
    let mut held = assignments::plan_additions(&view, declared, &difference, &standing, &mut drafts, &mut left);
    assignments::plan_removals(&view, declared, &difference, &mut held, &mut drafts, &mut left);
    deletions::plan_deletions(&view, declared, &mut drafts, &mut left);
    provisioning::plan_provisioning(&view, declared, &mut drafts, &mut left);

    let mut findings = missing_customer_policies(&view, Some(declared), &drafts);
    findings.extend(closed_accounts(&left));
    let operations = assemble(&view, drafts);
    let mut plan = Plan {
        format_version: Plan::FORMAT_VERSION,
        id: crate::seal::unsealed_id(),
        sekisho_version: input.sekisho_version.to_owned(),
        catalog_version: declared.version.clone(),
        created: input.created,
        instance: observed.instance.clone(),
        observation: summary(observed),
        operations,
        unresolved: declared.unresolved.clone(),
        frozen: left.frozen,
        undeclared: left.undeclared,
        findings,
        bindings: declared.bindings.clone(),
    };
    crate::seal(&mut plan);
    plan
}

/// What a plan says of the observation it was made from.
pub(crate) fn summary(observed: &Observed) -> ObservationSummary {
    let accounts = observed
        .organization
        .value()
        .map(|organization| organization.accounts.values().filter(|account| account.state.is_active()).count() as u64);
    ObservationSummary {
        as_of: observed.as_of,
        caller: observed.caller.clone(),
        accounts,
        assignments: observed.assignments.rows().len() as u64,
        cost: observed.cost,
        unknown: observed.unknown_parts(),
    }
}
