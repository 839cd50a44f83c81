//! Runs to measure: which assignments are added and which withdrawn.

use std::collections::BTreeSet;

use model::declared::{Declared, DeclaredPermissionSet, Source};
use model::pattern::Pattern;
use model::rules::{Guards, OwnershipMode, OwnershipRule, Rules};
use model::{AccountId, AssignmentTable, Observed, ObservedPermissionSet, PermissionSetName, Plan, PrincipalId};
use plan::{PlanInput, add_findings, check, plan};

/// Operations of a run that is measured.
pub(crate) const OPERATIONS: usize = 1_200;

/// A run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// Withdrawals among the operations.
    pub(crate) withdrawals: usize,
    /// Additions that all fall on one account.
    pub(crate) in_one_account: usize,
    /// Principals added in each pair that something is added in.
    pub(crate) added_in_pair: usize,
    /// Least and most time AWS takes for an operation.
    pub(crate) latency_ms: (u64, u64),
    /// From a request to its answer.
    pub(crate) network_ms: u64,
}

type Row = (PermissionSetName, AccountId, PrincipalId);

impl Scenario {
    /// The plan of the run, as it would be made and checked by the product.
    pub(crate) fn plan(&self, observed: &Observed, version: &str) -> Result<Plan, String> {
        let declared = self.declare(observed)?;
        let rules = Rules {
            ownership: vec![OwnershipRule {
                mode: OwnershipMode::Exclusive,
                permission_sets: Pattern::new("*"),
                accounts: Pattern::new("*"),
                principals: Pattern::new("*"),
            }],
            guards: Guards {
                max_withdrawals: u64::MAX,
                max_withdrawals_percent: 100,
                max_withdrawals_per_account: u64::MAX,
                max_withdrawals_per_principal: u64::MAX,
                max_permission_set_deletions: 0,
            },
            ..Rules::default()
        };
        let created = observed.as_of;
        let input = PlanInput { observed, declared: &declared, rules: &rules, created, sekisho_version: version };
        let mut made = plan(&input);
        let findings = check(&made, observed, &declared, &rules);
        add_findings(&mut made, findings);
        let asynchronous = made.operations.iter().filter(|operation| operation.change.account().is_some()).count();
        if made.operations.len() == OPERATIONS && asynchronous == OPERATIONS {
            return Ok(made);
        }
        Err(format!(
            "the plan has {} operations, {asynchronous} of them on assignments, where {OPERATIONS} were wanted",
            made.operations.len()
        ))
    }

    fn declare(&self, observed: &Observed) -> Result<Declared, String> {
        let table = &observed.assignments;
        let mut random = fastrand::Rng::with_seed(1);
        let mut rows: BTreeSet<Row> =
            table.iter().map(|(set, account, who)| (set.clone(), account.clone(), who.clone())).collect();
        let mut there: Vec<Row> = rows.iter().cloned().collect();
        random.shuffle(&mut there);
        let withdrawn: BTreeSet<Row> = there.into_iter().take(self.withdrawals).collect();
        rows.retain(|row| !withdrawn.contains(row));

        let busy = table.accounts().first().ok_or("no account has an assignment")?;
        let (mut added, mut tries) = (0, 0_u32);
        while added < OPERATIONS - self.withdrawals {
            tries += 1;
            let account = if added < self.in_one_account { busy } else { pick(&mut random, table.accounts())? };
            let set = pick(&mut random, table.sets())?;
            for _ in 0..self.added_in_pair {
                let row = (set.clone(), account.clone(), pick(&mut random, table.principals())?.clone());
                let is_new = !withdrawn.contains(&row) && added < OPERATIONS - self.withdrawals;
                added += usize::from(is_new && rows.insert(row));
            }
            if tries > 1_000_000 {
                return Err("there is no room for the additions".to_owned());
            }
        }

        let assignments = AssignmentTable::from_names(rows.iter().map(|(set, account, who)| (set, account, who)));
        Ok(Declared {
            version: "bench".to_owned(),
            permission_sets: observed.permission_sets.values().map(|set| (set.name.clone(), declared(set))).collect(),
            sources: vec![source()],
            assignment_sources: vec![0; assignments.rows().len()],
            assignments,
            ..Declared::default()
        })
    }
}

fn pick<'a, T>(random: &mut fastrand::Rng, values: &'a [T]) -> Result<&'a T, String> {
    random.choice(values).ok_or_else(|| "there is nothing to choose from".to_owned())
}

fn source() -> Source {
    Source { origin: "assignments/bench.yaml".to_owned(), line: 1, column: 1 }
}

fn declared(set: &ObservedPermissionSet) -> DeclaredPermissionSet {
    DeclaredPermissionSet {
        name: set.name.clone(),
        title: None,
        attributes: set.attributes.clone(),
        managed_policies: set.managed_policies.value().cloned().unwrap_or_default(),
        customer_managed_policies: set.customer_managed_policies.value().cloned().unwrap_or_default(),
        inline_policy: set.inline_policy.value().cloned().unwrap_or_default(),
        permissions_boundary: set.permissions_boundary.value().cloned().unwrap_or_default(),
        tags: set.tags.value().cloned().unwrap_or_default(),
        owners: Vec::new(),
        source: source(),
    }
}
