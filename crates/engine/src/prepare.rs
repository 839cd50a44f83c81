//! From a catalog to a checked plan, from a plan file to one that may be applied, from a run to the plan that takes it
//! back.

use std::collections::{BTreeMap, BTreeSet};

use catalog::{Catalog, Diagnostic};
use model::declared::{Bindings, Declared, DeclaredPermissionSet};
use model::finding::{Finding, Severity};
use model::id::{AccountId, RunId};
use model::journal::StepState;
use model::observed::{CallerRole, Observed};
use model::reading::Reading;
use model::rules::Rules;
use model::{OperationId, PermissionsBoundary, Plan};
use plan::{PlanInput, UndoInput};
use ports::CloudProgress;

use crate::apply::usable;
use crate::engine::Engine;
use crate::error::ApplyError;

/// The rule of the checker that finds a plan stale.
const STALE_RULE: &str = "observation-changed";

/// How many runs are named when one is not found.
const NAMED_RUNS: u32 = 5;

/// A plan, and everything it was made from.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// What AWS holds.
    pub observed: Observed,
    /// What is declared, in ids.
    pub declared: Declared,
    /// What is to be said about the catalog.
    pub diagnostics: Vec<Diagnostic>,
    /// The plan, with the checker's findings.
    pub plan: Plan,
    /// What it was made under.
    pub rules: Rules,
}

impl Prepared {
    /// Findings that forbid the plan.
    pub fn refusals(&self) -> impl Iterator<Item = &Finding> {
        self.plan.findings.iter().filter(|finding| finding.severity == Severity::Refusal)
    }
}

/// Everything a plan is made from.
struct Ground {
    observed: Observed,
    declared: Declared,
    diagnostics: Vec<Diagnostic>,
    rules: Rules,
    /// What could not be looked at.
    findings: Vec<Finding>,
}

impl Engine {
    /// Observes, resolves the catalog, plans and checks. Writes nothing.
    ///
    /// # Errors
    /// When nothing can be said of AWS at all, or the state cannot be read.
    pub async fn prepare(
        &self,
        catalog: &Catalog,
        confirmed: &BTreeSet<String>,
        progress: &dyn CloudProgress,
    ) -> Result<Prepared, ApplyError> {
        let ground = self.ground(catalog, confirmed, progress).await?;
        let made = plan::plan(&PlanInput {
            observed: &ground.observed,
            declared: &ground.declared,
            rules: &ground.rules,
            created: self.clock.now(),
            sekisho_version: &self.version,
        });
        Ok(ground.checked(made))
    }

    /// Holds a plan that was kept for a while against AWS and the catalog of today. What it answers may be applied with
    /// [`crate::ApplyOptions::kept`].
    ///
    /// # Errors
    /// [`ApplyError::Stale`] when something it rests on has changed, [`ApplyError::Refused`] when the checker forbids it
    /// now, [`ApplyError::Unusable`] when it was edited or is of another version.
    pub async fn revalidate(
        &self,
        kept: &Plan,
        catalog: &Catalog,
        confirmed: &BTreeSet<String>,
        progress: &dyn CloudProgress,
    ) -> Result<Prepared, ApplyError> {
        usable(kept)?;
        let ground = self.ground(catalog, confirmed, progress).await?;
        let findings = plan::check(kept, &ground.observed, &ground.declared, &ground.rules);
        let refusals: Vec<Finding> =
            findings.into_iter().filter(|finding| finding.severity == Severity::Refusal).collect();
        let relied = refusals.iter().filter(|finding| finding.rule == STALE_RULE);
        let changed: Vec<String> =
            gone(kept, &ground.observed).chain(relied.map(|finding| finding.message.clone())).collect();
        if !changed.is_empty() {
            return Err(ApplyError::Stale { changed });
        }
        if !refusals.is_empty() {
            return Err(ApplyError::Refused { findings: refusals });
        }
        let Ground { observed, declared, diagnostics, rules, findings: _ } = ground;
        Ok(Prepared { observed, declared, diagnostics, plan: kept.clone(), rules })
    }

    /// Makes the plan that takes a run back, as far as things still are as the run left them. What nobody declares is
    /// judged by the catalog as everywhere.
    ///
    /// # Errors
    /// [`ApplyError::NoJournal`] without a journal, [`ApplyError::NoSuchRun`] when it knows no such run.
    pub async fn undo_plan(
        &self,
        run: &RunId,
        catalog: &Catalog,
        confirmed: &BTreeSet<String>,
        progress: &dyn CloudProgress,
    ) -> Result<Prepared, ApplyError> {
        let store = self.store.as_ref().ok_or(ApplyError::NoJournal)?;
        let ground = self.ground(catalog, confirmed, progress).await?;
        let instance = &ground.observed.instance;
        let Some(record) = store.run(instance, run).await? else {
            let newest = store.runs(instance, NAMED_RUNS).await?;
            let newest = newest.into_iter().map(|record| record.run.into()).collect();
            return Err(ApplyError::NoSuchRun { run: run.to_string(), newest });
        };
        let verified: Vec<OperationId> = record
            .steps
            .iter()
            .filter(|step| matches!(step.state, Some(StepState::Verified { .. })))
            .map(|step| step.operation.clone())
            .collect();
        let made = plan::undo(&UndoInput {
            run,
            plan: &record.plan,
            verified: &verified,
            observed: &ground.observed,
            rules: &ground.rules,
            created: self.clock.now(),
            sekisho_version: &self.version,
        });
        Ok(ground.checked(made))
    }

    async fn ground(
        &self,
        catalog: &Catalog,
        confirmed: &BTreeSet<String>,
        progress: &dyn CloudProgress,
    ) -> Result<Ground, ApplyError> {
        let observed = self.read.observe(progress).await?;
        let (owned, bindings) = match &self.store {
            Some(store) => (Some(store.owned(&observed.instance).await?), store.bindings(&observed.instance).await?),
            None => (None, Bindings::default()),
        };
        let resolved = catalog::resolve(catalog, &observed, &bindings, confirmed);
        let mut rules = catalog::rules(catalog);
        rules.owned = owned;
        rules.management_executor = self.write.management.is_some() || observed.caller.role == CallerRole::Management;
        let (policies, findings) = self.inspect(catalog, &observed, &resolved.declared).await;
        rules.customer_policies = policies;
        Ok(Ground { observed, declared: resolved.declared, diagnostics: resolved.diagnostics, rules, findings })
    }

    /// Which customer managed policies there are where sets that name some go. Accounts that cannot be looked into are
    /// said, and stay out.
    async fn inspect(
        &self,
        catalog: &Catalog,
        observed: &Observed,
        declared: &Declared,
    ) -> (BTreeMap<AccountId, BTreeSet<String>>, Vec<Finding>) {
        let Some(role) = &catalog.settings().inspection_role else { return Default::default() };
        let accounts: BTreeSet<AccountId> = declared
            .assignments
            .iter()
            .filter(|(set, ..)| declared.permission_sets.get(*set).is_some_and(names_customer_policies))
            .map(|(_, account, _)| account.clone())
            .collect();
        if accounts.is_empty() {
            return Default::default();
        }
        let accounts: Vec<AccountId> = accounts.into_iter().collect();
        let mut found = BTreeMap::new();
        let mut dark: BTreeMap<String, Vec<AccountId>> = BTreeMap::new();
        for (account, policies) in self.read.customer_policies(&accounts, role).await {
            match policies {
                Reading::Known { value: policies, .. } => {
                    found.insert(account, policies);
                }
                Reading::Unknown { reason } => {
                    dark.entry(reason.replace(account.as_str(), "…")).or_default().push(account)
                }
            }
        }
        let findings = dark.into_iter().map(|(reason, accounts)| unread(observed, role, &reason, &accounts)).collect();
        (found, findings)
    }
}

impl Ground {
    fn checked(self, mut made: Plan) -> Prepared {
        let findings = plan::check(&made, &self.observed, &self.declared, &self.rules);
        plan::add_findings(&mut made, findings);
        let Self { observed, declared, diagnostics, rules, findings } = self;
        plan::add_findings(&mut made, findings);
        Prepared { observed, declared, diagnostics, plan: made, rules }
    }
}

fn names_customer_policies(set: &DeclaredPermissionSet) -> bool {
    !set.customer_managed_policies.is_empty()
        || matches!(set.permissions_boundary, Some(PermissionsBoundary::CustomerManaged(_)))
}

/// Accounts that could not be looked into, with the reason.
fn unread(observed: &Observed, role: &str, reason: &str, accounts: &[AccountId]) -> Finding {
    const NAMED: usize = 3;
    let named: Vec<String> = accounts
        .iter()
        .take(NAMED)
        .map(|id| observed.account(id).map_or_else(|| id.to_string(), |account| account.name.clone()))
        .collect();
    let more = accounts.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Finding {
        rule: "customer-policies-unread".to_owned(),
        severity: Severity::Note,
        message: format!("customer managed policies of {}{more} could not be read: {reason}", named.join(", ")),
        help: Some(format!("let the executor assume the role `{role}` there, with iam:ListPolicies")),
        source: None,
    }
}

/// Accounts of the plan that have left, or gone to another organization, told before what follows from that. Where the accounts could not be read
/// the checker alone decides.
fn gone<'a>(kept: &'a Plan, observed: &'a Observed) -> impl Iterator<Item = String> {
    let known = observed.organization.value();
    let accounts: BTreeSet<&AccountId> = kept.operations.iter().filter_map(|made| made.change.account()).collect();
    let accounts = accounts.into_iter().filter(move |id| known.is_some_and(|found| !found.accounts.contains_key(*id)));
    accounts.map(|id| format!("the account {id} is not in the organization any more"))
}
